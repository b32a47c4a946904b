import json

import pytest

from llmkick_core.errors import DataError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks.instruction_following import TASK

ROWS = [
    {"question_id": 81, "category": "writing", "turns": ["Write a poem.", "Make it shorter."], "reference": ["rhymes", ""]},
    {"question_id": 82, "category": "writing", "turns": ["Write a letter.", "Again."]},
    {"question_id": 101, "category": "reasoning", "turns": ["Who is second?", "Explain."], "Group": "race"},
]
ANSWERS = [
    {
        "question_id": 101,
        "model_id": "gpt-4",
        "choices": [{"index": 0, "turns": ["Anna Bell", "Because she has overtaken the second person."]}],
    }
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "question.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n")
    (tmp_path / "reference_answer").mkdir()
    (tmp_path / "reference_answer" / "gpt-4.jsonl").write_text(json.dumps(ANSWERS[0]))
    return tmp_path


def load(path, **changes):
    return TASK.load(path, RunSpec(model="m", task="instruction_following", **changes))


def test_categories_take_turns_and_are_the_subject(folder):
    assert [(s.sample_id, s.subject) for s in load(folder)] == [("81", "writing"), ("101", "reasoning"), ("82", "writing")]


def test_short_references_are_gold_and_all_are_the_reference(folder):
    sample = load(folder)[1]
    assert sample.turns == ("Who is second?", "Explain.")
    assert sample.gold == (("Anna Bell",), ())
    assert sample.reference == "Anna Bell\n\nBecause she has overtaken the second person."
    assert sample.group == "race"


def test_a_note_to_the_judge_is_no_gold(folder):
    sample = load(folder / "question.jsonl")[0]
    assert (sample.gold, sample.reference) == ((), "rhymes")


def test_each_turn_is_scored_by_its_own_reference(folder):
    sample = load(folder)[1]
    answers = [
        Answer(run_id="r", sample_id="101", turn=0, text="It is anna bell, of course"),
        Answer(run_id="r", sample_id="101", turn=1, text="Because"),
    ]
    scores = TASK.score(sample, answers, "corrected")
    assert [(s.turn, s.metric, s.value) for s in scores] == [
        (0, "exact_match", 1.0),
        (0, "unique_tokens", 6.0),
        (0, "n_words", 6.0),
        (0, "repetition", 0.0),
        (1, "exact_match", None),
        (1, "unique_tokens", 1.0),
        (1, "n_words", 1.0),
        (1, "repetition", 0.0),
    ]
    assert scores[0].extracted == "Anna Bell"
    assert [s.outcome for s in scores if s.metric == "exact_match"] == ["right", ""]


def test_a_reply_without_the_reference_is_wrong(folder):
    scores = TASK.score(load(folder)[1], [Answer(run_id="r", sample_id="101", text="Anna")], "corrected")
    assert scores[0].value == 0.0


def test_only_the_first_turn_counts_under_single_turn(folder):
    answers = [Answer(run_id="r", sample_id="101", turn=turn, text=text) for turn, text in enumerate(["Anna Bell", "she she she she"])]
    scores = TASK.score(load(folder)[1], answers, "paper:single_turn")
    assert [s.value for s in scores if s.turn == 0] == [1, 2, 2, 0]
    assert {s.value for s in scores if s.turn == 1} == {None}
    assert [s.outcome for s in scores if s.metric == "exact_match"] == ["right", "loop"]  # broken is told, whoever judges


def test_the_paper_has_a_judge_and_unique_tokens(folder):
    scores = TASK.score(load(folder)[1], [Answer(run_id="r", sample_id="101", text="Anna Bell")], "paper")
    assert [(s.metric, s.value) for s in scores[:2]] == [("exact_match", None), ("unique_tokens", 2.0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1]", "line 1 is not a JSON object"),
        ('{"question_id": 1}', "'turns' is missing"),
        ('{"turns": []}', "'turns' is empty"),
        ('{"turns": ["a", " "]}', "a turn that is blank"),
        ("{", "line 1 is not JSON"),
    ],
)
def test_data_that_is_not_mt_bench_is_told(tmp_path, content, message):
    (tmp_path / "question.jsonl").write_text(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


def test_missing_data_is_told(tmp_path):
    with pytest.raises(DataError, match=r"question\.jsonl"):
        load(tmp_path)


def test_the_older_questions_have_one_turn(tmp_path):
    (tmp_path / "question.jsonl").write_text('{"question_id": 1, "text": " How can I sleep better? ", "category": "generic"}\n')
    sample = load(tmp_path)[0]
    assert (sample.sample_id, sample.turns, sample.subject) == ("1", ("How can I sleep better?",), "generic")

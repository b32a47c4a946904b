import json
from dataclasses import replace

import pytest

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks.factoid_qa import TASK

SPEC = RunSpec(model="m", task="factoid_qa")


def parse(topic, chain, *answers):
    return {
        "Parse-Id": "p",
        "TopicEntityName": topic,
        "InferentialChain": chain,
        "Answers": [{"AnswersMid": "m.1", "AnswersName": names} for names in answers],
    }


QUESTIONS = [
    {
        "Question-ID": "q-0",
        "RawQuestion": "What is the capital of Mongolia? ",
        "ProcessedQuestion": "what is the capital of mongolia",
        "Parses": [
            parse("mongolia", "location.country.capital", ["ulaanbaatar", "Ulaanbaatar"], ["Ulan Bator"]),
            parse("mongolia", "base.x", ["Urga"]),
        ],
    },
    {
        "Question-ID": "q-1",
        "RawQuestion": "Who painted it?",
        "Parses": [parse("", "", ["Goya"])],
        "Subject": "art",
        "Group": "painter/it",
    },
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "FreebaseQA-eval.json").write_text(json.dumps({"Dataset": "x", "Questions": QUESTIONS}))
    return tmp_path


def load(path, **changes):
    return TASK.load(path, RunSpec(model="m", task="factoid_qa", **changes))


def test_the_prompt_is_the_papers_without_its_trailing_space(folder):
    assert load(folder)[0].turns == ("Please give answer to this question: What is the capital of Mongolia? The answer is",)


def test_all_parses_and_names_count_once_each(folder):
    assert load(folder)[0].gold == (("ulaanbaatar", "Ulan Bator", "Urga"),)


def test_subject_and_group_come_from_the_parse_unless_the_row_names_them(folder):
    first, second = load(folder)
    assert (first.subject, first.group) == ("location", "mongolia|location.country.capital")
    assert (second.subject, second.group) == ("art", "painter/it")


def test_a_file_reads_like_its_folder_and_a_limit_takes_the_first(folder):
    assert load(folder / "FreebaseQA-eval.json") == load(folder)
    assert [sample.sample_id for sample in load(folder, limit=1)] == ["q-0"]
    assert len(load(folder, limit=99)) == 2


def test_repeated_ids_are_made_unique(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"Questions": [QUESTIONS[0]] * 3}))
    assert [sample.sample_id for sample in load(tmp_path)] == ["q-0", "q-0#2", "q-0#3"]


def scores(sample, text, scorer):
    return TASK.score(sample, [Answer(run_id="r", sample_id=sample.sample_id, text=text)], scorer)


def test_any_name_is_right_and_the_extracted_answer_is_kept(folder):
    score = scores(load(folder)[0], " Ulan Bator. It is cold.", "corrected")[0]
    assert (score.metric, score.value, score.extracted) == ("exact_match", 1.0, "Ulan Bator.")


def test_the_paper_accepts_the_first_answers_names_only_but_anywhere(folder):
    sample = load(folder)[0]
    assert scores(sample, " Ulan Bator", "paper")[0].value == 0.0
    assert scores(sample, " not Ulaan Baatar", "paper")[0].value == 1.0
    assert scores(sample, " not Ulaan Baatar", "corrected")[0].value == 0.0


def test_each_mistake_is_made_alone(folder):
    sample = load(folder)[0]
    other_parse, in_mid_sentence = " Urga", " not Ulan Bator"
    assert [scores(sample, other_parse, scorer)[0].value for scorer in ("corrected", "paper:substring", "paper:first_parse")] == [1, 1, 0]
    assert [scores(sample, in_mid_sentence, scorer)[0].value for scorer in ("corrected", "paper:substring", "paper:first_parse")] == [
        0,
        1,
        0,
    ]
    assert scores(sample, in_mid_sentence, "paper:substring,first_parse")[0].value == 0
    for scorer in ("paper:n_plus_one", "paper:containment", "paper:last_character", "paper:judge_only"):
        assert scores(sample, other_parse, scorer)[0].value == 1


def test_what_was_found_is_kept_and_the_kind_of_outcome(folder):
    sample = load(folder)[0]
    found = scores(sample, " It may be Ulan Bator", "paper:substring")[0]
    assert (found.extracted, found.outcome, found.scorer) == ("Ulan Bator", "right", "paper:substring")
    kinds = {text: scores(sample, text, "corrected")[0].outcome for text in (" Urga", " Ashgabat", "\n", " the the the the the")}
    assert list(kinds.values()) == ["right", "wrong", "empty", "loop"]


def test_a_store_without_the_first_answer_takes_all_names(folder):
    sample = replace(load(folder)[0], reference="")
    assert scores(sample, " Ashgabat", "paper")[0].value == 0
    assert scores(sample, " Urga", "paper")[0].value == 1


def test_the_paper_scores_an_answer_named_in_the_question(tmp_path):
    row = {"Question-ID": "q", "RawQuestion": "Who painted Goya's portrait?", "Parses": [parse("", "", ["Goya"])]}
    (tmp_path / "x.json").write_text(json.dumps({"Questions": [row]}))
    sample = load(tmp_path)[0]
    assert scores(sample, "", "paper")[0].value == 1.0
    assert scores(sample, "", "corrected")[0].value == 0.0


def test_an_unknown_scorer_is_refused(folder):
    with pytest.raises(TaskError, match="scorer 'strict' does not exist"):
        scores(load(folder)[0], "x", "strict")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "holds no question"),
        ('{"Version": 1.0,\n "Rows": []}', "'Questions' is missing"),
        ('{"Questions": []}', "holds no question"),
        ('{"Questions": [3]}', "line 1 is not a JSON object"),
        ('{"Questions": [{}]}', "'Parses' is missing"),
        ('{"Questions": [{"RawQuestion": "q", "Parses": []}]}', "no parse has an answer"),
        ('{"Questions": [{"Parses": [{"Answers": [{"AnswersName": ["x"]}]}]}]}', "'RawQuestion' is missing"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_data_that_is_not_freebaseqa_is_told_in_one_line(tmp_path, content, message):
    file = tmp_path / "x.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        load(file)
    assert "\n" not in str(caught.value)


def test_missing_data_names_what_was_looked_for(tmp_path):
    with pytest.raises(DataError, match=r"holds none of FreebaseQA-eval\.json"):
        load(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        load(tmp_path / "nowhere")


def test_a_formulation_is_for_multiple_choice(folder):
    with pytest.raises(TaskError, match="formulation cloze"):
        load(folder, formulation="cloze")

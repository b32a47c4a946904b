import json

import pytest

from llmkick_core.errors import DataError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks.datasets.cnn_dailymail import length_of
from llmkick_core.tasks.summarization import TASK

STORY = "(CNN) -- Anna Bell opened 3 parks.\n\nLeeds is glad.\n\n@highlight\n\nAnna Bell opens 3 parks\n\n@highlight\n\nLeeds is glad\n"


def story(n_words):
    return "word " * n_words + f"\n\n@highlight\n\nthe highlight of {n_words}\n"


def load(path, **changes):
    return TASK.load(path, RunSpec(model="m", task="summarization", **changes))


def test_the_prompt_is_the_papers_and_no_highlight_leaks_into_it(tmp_path):
    (tmp_path / "a.story").write_text(STORY)
    sample = load(tmp_path)[0]
    assert sample.turns == (
        "Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance.\n\n"
        "(CNN) -- Anna Bell opened 3 parks.\n\nLeeds is glad..",
    )
    assert sample.reference == "Anna Bell opens 3 parks\nLeeds is glad"
    assert "highlight" not in sample.turns[0]
    assert "opens" not in sample.turns[0]


@pytest.mark.parametrize(("n_words", "length"), [(1, "small"), (470, "small"), (471, "medium"), (789, "medium"), (790, "large")])
def test_words_tell_the_length(n_words, length):
    assert length_of("word " * n_words) == length


def test_folders_name_the_length_and_lengths_take_turns(tmp_path):
    for folder, names in (("small", "ab"), ("medium", "cd"), ("large", "e")):
        (tmp_path / folder).mkdir()
        for index, name in enumerate(names):
            (tmp_path / folder / f"{name}.story").write_text(story(10 + index + 100 * ord(name)))
    assert [(s.sample_id, s.subject) for s in load(tmp_path)] == [
        ("a", "small"),
        ("c", "medium"),
        ("e", "large"),
        ("b", "small"),
        ("d", "medium"),
    ]
    assert len(load(tmp_path, limit=3)) == 3


def test_a_story_in_two_lengths_is_asked_once_in_the_one_its_words_tell(tmp_path):
    for folder in ("small", "mid", "large"):
        (tmp_path / folder).mkdir()
    for folder in ("small", "mid"):
        (tmp_path / folder / "same.story").write_text(story(500))
    (tmp_path / "large" / "other.story").write_text(story(800))
    assert [(s.sample_id, s.subject) for s in load(tmp_path)] == [("same", "medium"), ("other", "large")]


def test_stories_of_one_name_in_several_lengths_are_told_apart_whatever_the_limit(tmp_path):
    for folder, n_words in (("small", 100), ("large", 900)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.story").write_text(story(n_words))
    assert [s.sample_id for s in load(tmp_path)] == ["small/same", "large/same"]
    assert [s.sample_id for s in load(tmp_path, limit=1)] == ["small/same"]


def test_one_file_is_one_story(tmp_path):
    (tmp_path / "a.story").write_text(STORY)
    assert load(tmp_path / "a.story") == load(tmp_path)


@pytest.mark.parametrize(("content", "message"), [("only text", "no highlight"), ("\n@highlight\n\nh", "no text")])
def test_a_story_without_text_or_highlight_is_told(tmp_path, content, message):
    (tmp_path / "a.story").write_text(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


def test_missing_stories_are_told(tmp_path):
    with pytest.raises(DataError, match=r"no \.story file"):
        load(tmp_path)


def test_scores_come_headline_first(tmp_path):
    (tmp_path / "a.story").write_text(STORY)
    sample = load(tmp_path)[0]
    answers = [Answer(run_id="r", sample_id="a", text=" Bell opened 3 parks parks"), Answer(run_id="r", sample_id="a", turn=1, text="")]
    scores = TASK.score(sample, answers, "corrected")
    metrics = ["entities_kept", "rouge_1", "rouge_2", "rouge_l", "n_words", "is_within_limit", "unique_tokens", "repetition", "is_empty"]
    assert [(s.turn, s.metric) for s in scores] == [(turn, metric) for turn in (0, 1) for metric in metrics]
    first, second = (dict(zip(metrics, scores[at : at + 9], strict=True)) for at in (0, 9))
    # of the reference: Anna (a name in mid-sentence of the story), Bell, 3; Leeds only ever opens a sentence
    assert first["entities_kept"].value == pytest.approx(2 / 3)
    assert first["entities_kept"].extracted == "Bell, 3"
    # stemmed: bell open 3 park park | anna bell open 3 park leed is glad: 4 common of 5 and of 8
    assert first["rouge_1"].value == pytest.approx(2 * (4 / 5) * (4 / 8) / (4 / 5 + 4 / 8))
    assert [first[name].value for name in ("n_words", "is_within_limit", "unique_tokens", "is_empty")] == [5, 1, 4, 0]
    assert [second[name].value for name in ("entities_kept", "rouge_l", "n_words", "unique_tokens", "is_empty")] == [0, 0, 0, 0, 1]
    assert [first["entities_kept"].outcome, second["entities_kept"].outcome] == ["", "empty"]


@pytest.mark.parametrize(("n_words", "is_within"), [(149, 1.0), (150, 0.0), (151, 0.0)])
def test_a_summary_keeps_the_limit_below_150_words(tmp_path, n_words, is_within):
    (tmp_path / "a.story").write_text(STORY)
    text = " ".join(f"w{number}" for number in range(n_words))
    found = {s.metric: s for s in TASK.score(load(tmp_path)[0], [Answer(run_id="r", sample_id="a", text=text)], "corrected")}
    assert (found["n_words"].value, found["is_within_limit"].value) == (n_words, is_within)
    assert found["entities_kept"].outcome == ""


def test_a_story_that_could_not_be_asked_has_no_verdict(tmp_path):
    (tmp_path / "a.story").write_text(STORY)
    scores = TASK.score(load(tmp_path)[0], [Answer(run_id="r", sample_id="a", finish="overflow")], "corrected")
    assert {s.value for s in scores} == {None}
    assert scores[0].outcome == "overflow"


def test_the_paper_has_only_a_judge(tmp_path):
    (tmp_path / "a.story").write_text(STORY)
    scores = TASK.score(load(tmp_path)[0], [Answer(run_id="r", sample_id="a", text="x")], "paper")
    assert [(s.metric, s.value) for s in scores] == [("entities_kept", None)]


KICK = "Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance."


def kick_file(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_questions_of_the_papers_code_are_stories_without_their_highlights(tmp_path):
    text = f"{KICK}\n\n(CNN) -- Anna Bell opened 3 parks.Leeds is glad.@highlightAnna Bell opens 3 parks@highlightLeeds is glad"
    samples = load(
        kick_file(
            tmp_path / "new_question.jsonl",
            {"question_id": 7, "text": text, "category": "mid"},
            {"question_id": 8, "text": text, "category": "small"},
            {"question_id": 9, "text": "A story without an instruction.", "category": "?"},
            {"question_id": 9, "text": f"{KICK}\n\nAsked under one id.", "category": "large"},
        )
    )
    assert [(one.sample_id, one.subject) for one in samples] == [("8", "small"), ("7", "medium"), ("9#2", "large"), ("9", "small")]
    assert samples[1].turns == (f"{KICK}\n\n(CNN) -- Anna Bell opened 3 parks.Leeds is glad..",)
    assert samples[1].reference == "Anna Bell opens 3 parks\nLeeds is glad"
    assert (samples[3].evidence, samples[3].reference) == ("A story without an instruction.", "")


@pytest.mark.parametrize("row", [{"question_id": 1}, {"question_id": 1, "text": " "}, {"question_id": 1, "text": f"{KICK}\n\n@highlightx"}])
def test_a_question_without_a_story_is_told(tmp_path, row):
    with pytest.raises(DataError, match="line 1"):
        load(kick_file(tmp_path / "q.jsonl", row))

"""Solved examples: from the train file, else the dev file, never what is asked."""

import json
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.freebaseqa import freebaseqa_examples_file, read_freebaseqa, read_freebaseqa_examples
from llmkick_core.tasks.datasets.triviaqa import read_trivia_examples, read_triviaqa, trivia_examples_file

KICK_MINI = settings.BUNDLED_ROOT / "kick-mini"


def freebase(path: Path, *questions: str, topic: str = "") -> None:
    parses = [{"TopicEntityName": topic, "InferentialChain": "a.b", "Answers": [{"AnswersName": ["x", "y"]}]}]
    path.write_text(json.dumps({"Questions": [{"RawQuestion": question, "Parses": parses} for question in questions]}))


def trivia(path: Path, *rows: tuple[str, str, str]) -> None:
    """Write questions with an answer and an evidence each."""
    path.parent.mkdir(exist_ok=True)
    found = [{"Question": q, "Answer": {"Value": a}, "EntityPages": {"wiki_context": [text]}} for q, a, text in rows]
    path.write_text(json.dumps({"Data": found}))


def test_examples_come_from_the_train_file_and_without_one_from_the_dev_file(tmp_path):
    freebase(tmp_path / "FreebaseQA-eval.json", "Asked?")
    freebase(tmp_path / "FreebaseQA-dev.json", "Dev?")
    assert [(one.question, one.answers[0]) for one in read_freebaseqa_examples(tmp_path)] == [("Dev?", "x")]
    freebase(tmp_path / "FreebaseQA-train.json", "One?", "Two?")
    assert [one.question for one in read_freebaseqa_examples(tmp_path / "FreebaseQA-eval.json")] == ["One?", "Two?"]
    assert [one.question for one in read_freebaseqa_examples(tmp_path / "FreebaseQA-train.json")] == ["Dev?"]


def test_an_example_that_is_asked_in_the_same_words_or_group_is_left_out(tmp_path):
    freebase(tmp_path / "FreebaseQA-eval.json", "Who painted it?", topic="it")
    freebase(tmp_path / "FreebaseQA-train.json", "who painted it", "Who else?", topic="other")
    assert [one.question for one in read_freebaseqa_examples(tmp_path)] == ["Who else?"]
    freebase(tmp_path / "FreebaseQA-train.json", "By whom was it painted?", topic="it")
    with pytest.raises(DataError, match="asks nothing but what is asked"):
        read_freebaseqa_examples(tmp_path)


def test_without_a_train_or_dev_file_the_way_out_is_told(tmp_path):
    freebase(tmp_path / "FreebaseQA-eval.json", "Asked?")
    with pytest.raises(DataError, match=r"no train or dev file beside .*; put FreebaseQA-train\.json there, or ask with --k-shot 0"):
        read_freebaseqa_examples(tmp_path)
    (tmp_path / "NQ-open.dev.jsonl").write_text('{"question": "q", "answer": ["a"]}\n')
    with pytest.raises(DataError, match=r"put train\.jsonl there"):
        read_trivia_examples(tmp_path / "NQ-open.dev.jsonl", with_evidence=False)


def test_trivia_examples_come_from_the_same_kind_of_file_first(tmp_path):
    for name in ("wikipedia-dev", "wikipedia-train", "web-train", "web-dev"):
        trivia(tmp_path / "qa" / f"{name}.json", (f"{name}?", "x", "x it is"))
    assert trivia_examples_file(tmp_path).name == "wikipedia-train.json"
    assert trivia_examples_file(tmp_path / "qa" / "web-dev.json").name == "web-train.json"
    assert [one.question for one in read_trivia_examples(tmp_path, with_evidence=False)] == ["wikipedia-train?"]


def test_an_example_with_evidence_has_an_answer_in_it(tmp_path):
    trivia(tmp_path / "wikipedia-dev.json", ("Asked?", "x", "x"))
    trivia(tmp_path / "wikipedia-train.json", ("One?", "Bell", "Nothing."), ("Two?", "Bell", "It was Bell."), ("Three?", "Bell", ""))
    assert [(one.question, one.evidence) for one in read_trivia_examples(tmp_path, with_evidence=True)] == [("Two?", "It was Bell.")]


def test_nq_open_has_its_examples_in_its_train_file(tmp_path):
    (tmp_path / "NQ-open.dev.jsonl").write_text('{"question": "who wrote emma", "answer": ["Jane Austen", "Austen"]}\n')
    (tmp_path / "NQ-open.train.jsonl").write_text(
        '{"question": "Who wrote Emma?", "answer": ["x"]}\n{"question": "when", "answer": [1815]}\n'
    )
    (asked,) = read_triviaqa(tmp_path, limit=None, with_evidence=False)
    assert (asked.question_id, asked.answers) == ("0", ("Jane Austen", "Austen"))
    assert [(one.question, one.answers) for one in read_trivia_examples(tmp_path, with_evidence=False)] == [("when", ("1815",))]


def test_the_hubs_examples_are_found_where_they_are_kept(tmp_path):
    (tmp_path / "kelvin-jiang--FreebaseQA-default-1").mkdir()
    freebase(tmp_path / "kelvin-jiang--FreebaseQA-default-1" / "FreebaseQA-eval.json", "Asked?")
    (tmp_path / "kelvin-jiang--FreebaseQA-default-1-train").mkdir()
    freebase(tmp_path / "kelvin-jiang--FreebaseQA-default-1-train" / "FreebaseQA-train.json", "One?")
    assert [one.question for one in read_freebaseqa_examples(tmp_path / "kelvin-jiang--FreebaseQA-default-1")] == ["One?"]


@pytest.mark.parametrize("folder", ["triviaqa", "triviaqa-fictional"])
def test_bundled_trivia_has_examples_whose_evidence_answers_them(folder):
    examples = read_trivia_examples(KICK_MINI / folder, with_evidence=True)
    asked = {one.question for one in read_triviaqa(KICK_MINI / folder, limit=None, with_evidence=False)}
    assert len(examples) == 36
    assert not asked & {one.question for one in examples}


def test_bundled_factoid_examples_ask_for_facts_that_no_question_asks_for():
    examples = read_freebaseqa_examples(KICK_MINI / "freebaseqa")
    assert freebaseqa_examples_file(KICK_MINI / "freebaseqa").is_relative_to(settings.BUNDLED_ROOT / "kick-mini-train")
    assert len(examples) == 36
    assert not {one.group for one in read_freebaseqa(KICK_MINI / "freebaseqa")} & {one.group for one in examples}
    assert {one.subject for one in examples} == {one.subject for one in read_freebaseqa(KICK_MINI / "freebaseqa")}

"""The measures of a short answer against what people say of 306 real answers (labelled/README.md)."""

import json
from pathlib import Path

import pytest

from llmkick_core.catalog import TASKS
from llmkick_core.schema import Answer, Sample

ROWS = [json.loads(line) for line in (Path(__file__).parent / "labelled" / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
FORMS = ("plain", "few-shot", "chat")


def verdict(row: dict, measure: str, scorer: str = "corrected") -> bool:
    task = TASKS[row["task"]]
    sample = Sample(sample_id=row["sample_id"], question=row["question"], turns=(row["question"],), gold=(tuple(row["gold"]),))
    scores = task.score(sample, [Answer(run_id="r", sample_id=row["sample_id"], text=row["text"])], scorer)
    value = next(score.value for score in scores if score.metric == measure)
    return value is not None and value >= (0.5 if measure == "f1" else 1.0)


def agreement(rows: list[dict], measure: str | None, scorer: str = "corrected") -> float:
    """Return the share of answers on which a measure, None the one that stands for the task, says what people say."""
    names = [measure or TASKS[row["task"]].metric_for("chat" if row["form"] == "chat" else None) for row in rows]
    return sum(verdict(row, name, scorer) == row["is_right"] for row, name in zip(rows, names, strict=True)) / len(rows)


def test_two_readers_agree_on_what_is_right():
    assert len(ROWS) == 306
    assert sum(row["first"] == row["second"] for row in ROWS) == 305


def test_the_measure_that_stands_for_the_task_says_what_people_say():
    assert agreement(ROWS, None) >= 0.95


@pytest.mark.parametrize(("form", "n_agreed"), [("plain", 94), ("few-shot", 98), ("chat", 99)])  # of 102; docs/scoring.md
def test_the_measure_that_stands_for_each_form_agrees_as_documented(form: str, n_agreed: int):
    rows = [row for row in ROWS if row["form"] == form]
    assert round(agreement(rows, None) * len(rows)) == n_agreed


def test_all_that_exact_match_misses_of_plain_answers_is_said_in_sentences_or_cut_off():
    rows = [row for row in ROWS if row["form"] == "plain"]
    missed = [row for row in rows if verdict(row, "exact_match") != row["is_right"]]
    assert [row["is_right"] for row in missed] == [True] * 8
    assert [row["text"] for row in missed if not row["text"].endswith(".")] == [" Dante Alighi"]
    assert all(verdict(row, "contains") for row in missed)


@pytest.mark.parametrize("form", FORMS)
def test_contains_says_what_people_say_however_it_was_asked(form: str):
    assert agreement([row for row in ROWS if row["form"] == form], "contains") >= 0.95


def test_exact_match_misses_answers_in_sentences_and_the_papers_rule_invents_some():
    chat = [row for row in ROWS if row["form"] == "chat"]
    assert agreement(chat, "exact_match") < agreement(chat, "contains")
    assert agreement(ROWS, "exact_match", "paper") < agreement(ROWS, None)

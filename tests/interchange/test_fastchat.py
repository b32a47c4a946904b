"""Published answers as runs: every form, every defect, and the same file twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.catalog import plan
from llmkick_core.errors import DataError, ModelError, TaskError, UsageError
from llmkick_core.interchange import answers as importing
from llmkick_core.interchange.answers import answer_ids, import_answers
from llmkick_core.interchange.fastchat import kind_of, review
from llmkick_core.interchange.lines import CUT_OFF, NO_ID, NO_OBJECT, read_lines
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.rescore import stored
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.pairs import pair_summary
from llmkick_core.store.runs import read_facts, read_spec, read_status
from llmkick_core.store.sizes import twins
from tests.interchange.fastchat_files import (
    BLOG,
    CHATS,
    aspects,
    chat_source,
    chats,
    new_answer,
    old_answer,
    old_review,
    pair,
    single,
    story_source,
    summaries,
    write_rows,
)

WANDA_50 = Recipe(method="wanda", sparsity=0.5)


def texts(store: Path, run_id: str) -> dict[tuple[str, int], str]:
    return {(one.sample_id, one.turn): one.text for _, found in stored(store, run_id).answered for one in found}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_older_answers_become_a_run_of_their_questions_which_is_done_and_scored(tmp_path: Path):
    done = summaries(tmp_path / "store", tmp_path)
    assert (done.model, done.recipe, done.n_lines, done.n_imported) == ("import:lmsys/vicuna-7b-v1.3", "dense", 3, 3)
    assert (done.n_answered, done.n_questions, done.left_out) == (3, 3, {})
    found = stored(tmp_path / "store", done.run_id)
    assert {sample.sample_id: answers[0].text for sample, answers in found.answered} == {k: f"Summary {k}." for k in "123"}
    assert {key[2] for key in found.scores} == {"corrected", "paper"}
    spec, status = read_spec(tmp_path / "store", done.run_id), read_status(tmp_path / "store", done.run_id)
    assert (spec.run_id, spec.model_revision) == (done.run_id, "imported")
    assert (status.state, status.n_done, status.n_total) == ("done", 3, 3)
    facts = read_facts(tmp_path / "store", done.run_id)
    assert facts["imported_from"] == "answer-A.jsonl"
    assert str(tmp_path) not in "".join(facts.values())


def test_highlights_leave_the_story_for_the_reference_and_it_is_told(tmp_path: Path):
    done = summaries(tmp_path / "store", tmp_path)
    samples = {sample.sample_id: sample for sample, _ in stored(tmp_path / "store", done.run_id).answered}
    assert samples["1"].reference == "A park opens in Leeds\nIt has 3 ponds"
    assert samples["1"].evidence == "(CNN) -- A park opened in Leeds.It has 3 ponds."
    assert not any("@highlight" in turn for sample in samples.values() for turn in sample.turns)
    assert [samples[k].subject for k in "123"] == ["small", "medium", "large"]  # one story under two names stays two questions
    assert any("3 stories of new_question.jsonl hold their @highlight lines" in note for note in done.notes)


def test_newer_answers_have_turns_and_of_several_ways_the_first_counts(tmp_path: Path):
    rows = [new_answer(81, "One", "Two", more=[["Other", "Other"]]), new_answer(82, "Only one")]
    done = import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", rows), source=chat_source(tmp_path))
    assert texts(tmp_path / "store", done.run_id) == {("81", 0): "One", ("81", 1): "Two", ("82", 0): "Only one"}
    assert done.n_imported == 3
    assert [note.split(":")[0].rstrip(".") for note in done.notes] == [
        "1 question is answered in several ways (choices)",
        "1 question is answered in the first turns only",
        "1 question is not answered",
    ]


def test_the_choice_of_index_0_counts_wherever_it_stands(tmp_path: Path):
    row = new_answer(81, "zero", "zero", more=[["one", "one"]])
    row["choices"].reverse()
    done = import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", [row]), source=chat_source(tmp_path))
    assert texts(tmp_path / "store", done.run_id)[("81", 0)] == "zero"


def test_older_single_turn_questions_are_conversations_of_one_turn(tmp_path: Path):
    source = replace(chat_source(tmp_path), questions=str(write_rows(tmp_path / "blog.jsonl", BLOG)))
    done = import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", [old_answer(k, "Sleep.") for k in (1, 2, 3)]), source=source)
    assert (done.n_answered, done.n_questions, done.notes) == (3, 3, ())


def test_every_defect_of_a_file_is_survived_and_counted(tmp_path: Path):
    rows = [
        old_answer(1, "first"),
        "",
        {"total": 3, "mean": 7.9},
        "ChatGPT score: 9.06\t Ours: 7.76",
        "[1, 2]",
        {"text": "no id", "model_id": "lmsys/vicuna-7b-v1.3"},
        {"question_id": 2, "model_id": "lmsys/vicuna-7b-v1.3"},
        {"question_id": 3, "text": None},
        old_answer(77, "of nothing"),
        old_answer(1, "second"),
        old_review(1, "9 8", [9, 8]),
        '{"question_id": 2, "text": "cut o',
    ]
    path = write_rows(tmp_path / "a.jsonl", rows, end="\r\n", mark="\ufeff")
    path.write_bytes(path.read_bytes().removesuffix(b"\r\n"))
    done = import_answers(tmp_path / "store", path, source=story_source(tmp_path))
    assert texts(tmp_path / "store", done.run_id) == {("1", 0): "second"}
    assert done.n_lines == 11
    assert done.left_out == {
        NO_ID: 2,
        NO_OBJECT: 2,
        CUT_OFF: 1,
        "without a text": 2,
        "a review, not an answer": 1,
        importing.UNKNOWN_QUESTION: 1,
        importing.LATER: 1,
    }


def test_a_last_line_that_ends_in_the_middle_of_a_character_is_cut_off(tmp_path: Path):
    path = write_rows(tmp_path / "a.jsonl", [old_answer(1, "whole")])
    path.write_bytes(path.read_bytes() + '{"question_id": 2, "text": "é'.encode()[:-1])
    assert read_lines(path).left_out == {CUT_OFF: 1}
    path.write_bytes(b'{"question_id": 2, "text": "\xff"}\n')
    with pytest.raises(DataError, match="line 1 is not UTF-8"):
        read_lines(path)


@pytest.mark.parametrize("question_id", [None, True, [], {}, "", 1.5])
def test_what_names_no_question_is_left_out(tmp_path: Path, question_id: Any):
    rows = [old_answer(1, "x"), {**old_answer(2, "y"), "question_id": question_id}]
    assert read_lines(write_rows(tmp_path / "a.jsonl", rows)).left_out == {NO_ID: 1}


def test_what_could_not_be_asked_is_no_answer(tmp_path: Path):
    rows = [new_answer(81, "$ERROR$", "x"), new_answer(82, "x", "$ERROR$")]
    done = import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", rows), source=chat_source(tmp_path))
    assert texts(tmp_path / "store", done.run_id) == {("82", 0): "x"}
    assert done.left_out == {"without a text": 1}


def test_half_a_character_is_written_as_a_question_mark(tmp_path: Path):
    done = import_answers(
        tmp_path / "store", write_rows(tmp_path / "a.jsonl", [old_answer(1, "smile \ud83d")]), source=story_source(tmp_path)
    )
    assert texts(tmp_path / "store", done.run_id) == {("1", 0): "smile ?"}


def test_the_same_file_again_changes_nothing(tmp_path: Path):
    first = summaries(tmp_path / "store", tmp_path)
    before = contents(tmp_path / "store")
    again = summaries(tmp_path / "store", tmp_path)
    assert contents(tmp_path / "store") == before
    assert (again.run_id, again.n_imported, again.n_answered) == (first.run_id, 0, 3)


def test_a_file_that_has_more_adds_it_and_one_that_has_other_answers_is_refused(tmp_path: Path):
    store, source = tmp_path / "store", story_source(tmp_path)
    import_answers(store, write_rows(tmp_path / "a.jsonl", [old_answer(1, "x")]), source=source)
    done = import_answers(store, write_rows(tmp_path / "b.jsonl", [old_answer(1, "x", tag="B"), old_answer(2, "y")]), source=source)
    assert (done.n_imported, done.n_answered) == (1, 2)
    assert answer_ids(store, done.run_id) == {"1": ["A1", "B1"], "2": ["A2"]}
    with pytest.raises(UsageError, match=r"has other answers to 1 of these questions \(1\); give these another --name"):
        import_answers(store, write_rows(tmp_path / "c.jsonl", [old_answer(1, "z"), old_answer(3, "w")]), source=source)
    assert texts(store, done.run_id) == {("1", 0): "x", ("2", 0): "y"}


def test_an_import_that_was_broken_off_is_finished_by_the_next(tmp_path: Path):
    done = summaries(tmp_path / "store", tmp_path)
    folder = run_dir(tmp_path / "store", done.run_id)
    (folder / "spec.json").unlink()
    (folder / "status.json").unlink()
    assert summaries(tmp_path / "store", tmp_path).run_id == done.run_id
    assert read_status(tmp_path / "store", done.run_id).state == "done"


def test_recipes_of_one_imported_model_stand_on_one_axis_and_beside_our_own_runs(tmp_path: Path):
    store = tmp_path / "store"
    dense, wanda = summaries(store, tmp_path), summaries(store, tmp_path, recipe=WANDA_50)
    other = summaries(store, tmp_path, name="twin")
    assert (wanda.recipe, read_spec(store, wanda.run_id).recipe.calibration.source) == ("wanda-50", "unknown")
    assert read_spec(store, wanda.run_id).dense().run_id == dense.run_id
    with Database(store) as db:
        assert ingest(db).damaged == ()
        assert pair_summary(db, dense.run_id, wanda.run_id).comparison.n == 3
        assert twins(db, read_spec(store, dense.run_id).comparison_id) == {other.run_id: "import:twin"}


def test_of_several_models_in_a_file_one_is_chosen(tmp_path: Path):
    path = write_rows(tmp_path / "a.jsonl", [new_answer(81, "a", "a", model="one"), new_answer(82, "b", "b", model="two")])
    with pytest.raises(UsageError, match=r"answers of 2 models \(one, two\); choose one of them with --name"):
        import_answers(tmp_path / "store", path, source=chat_source(tmp_path))
    done = import_answers(tmp_path / "store", path, source=chat_source(tmp_path, name="two"))
    assert (done.model, done.n_answered, done.left_out) == ("import:two", 1, {"of another model": 1})


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ([{"question_id": 1, "text": "x"}], {}, "does not say which model answered"),
        ([old_answer(1, "x")], {"name": "a\x07b"}, "all of them printable"),
        ([old_answer(1, "x")], {"name": "n" * 200}, "at most 120 characters"),
        ([old_answer(99, "x")], {}, "answers none of the 3 questions"),
        ([{"question_id": 1}], {}, "holds no answer"),
        (["nothing"], {}, "holds no row with a question_id"),
        ([old_answer(1, "x")], {"recipe": Recipe(method="nonesuch")}, "nonesuch"),
    ],
)
def test_what_cannot_be_imported_is_one_clear_line(tmp_path: Path, rows: list[Any], more: dict[str, Any], words: str):
    with pytest.raises(UsageError, match=words):
        import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", rows), source=story_source(tmp_path, **more))
    assert not (tmp_path / "store" / "runs").exists()


def test_tasks_that_no_judge_rates_are_refused(tmp_path: Path):
    source = replace(story_source(tmp_path), task="factoid_qa")
    with pytest.raises(TaskError, match="cannot be imported"):
        import_answers(tmp_path / "store", write_rows(tmp_path / "a.jsonl", [old_answer(1, "x")]), source=source)


def test_nothing_can_be_asked_of_an_imported_model(tmp_path: Path):
    store = tmp_path / "store"
    done = chats(store, tmp_path)
    spec = read_spec(store, done.run_id)
    with pytest.raises(ModelError, match="known by its imported answers alone"):
        plan(spec.model, [Recipe()], ["instruction_following"])
    assert LocalExecutor(store).submit([spec]) == [done.run_id]  # it is done
    assert read_status(store, done.run_id).state == "done"
    more = replace(spec, limit=2)
    with pytest.raises(ModelError, match="`import` a file with more of its answers"):
        LocalExecutor(store).submit([spec, more])
    assert not run_dir(store, more.run_id).exists()


def test_a_file_is_what_most_of_its_rows_are(tmp_path: Path):
    for rows, kind in (
        ([old_answer(1, "x")], "answers"),
        ([new_answer(81, "x")], "answers"),
        ([old_review(1, "9 8", [9, 8]), old_review(2, "error", [-1, -1])], "reviews"),
        ([old_review(1, "..", aspects((8, 7), (8, 7), (9, 8), (8, 7)))], "reviews"),
        ([single(81, 8)], "reviews"),
        ([pair(81, "tie", "tie")], "reviews"),
        ([*(old_answer(k, "x") for k in (1, 2)), old_review(1, "9 8", [9, 8])], "answers"),
        (CHATS, "answers"),
    ):
        assert kind_of(read_lines(write_rows(tmp_path / "a.jsonl", rows))) == kind


@pytest.mark.parametrize(
    "change",
    [
        {"score": None},
        {"score": [9]},
        {"score": ["9", "8"]},
        {"score": {}},
        {"score": {"coherence": 3}},
        {"score": [True, 1]},
        {"turn": 0},
        {"turn": "1"},
    ],
)
def test_a_review_without_a_score_or_turn_says_nothing(tmp_path: Path, change: dict[str, Any]):
    row = {**old_review(1, "9 8", [9, 8]), **change}
    assert isinstance(review(read_lines(write_rows(tmp_path / "a.jsonl", [row])).lines[0]), str)


def test_a_score_that_is_no_number_is_none(tmp_path: Path):
    path = write_rows(
        tmp_path / "a.jsonl", ['{"question_id": 1, "text": "", "score": [NaN, 8]}', '{"question_id": 2, "text": "", "score": [1e999, 8]}']
    )
    assert all(isinstance(review(line), str) for line in read_lines(path).lines)


def test_what_a_model_thought_is_no_part_of_its_answer(tmp_path: Path):
    said = ["<think>\nParis?\n</think>\n\nLyon", "<think>\nParis, surely"]
    rows = [new_answer(81, *said, model="thinker"), new_answer(82, "Paris?</think>Lyon", "Paris", model="thinker")]
    file = write_rows(tmp_path / "thinker.jsonl", rows)
    done = import_answers(tmp_path / "store", file, source=chat_source(tmp_path))
    assert texts(tmp_path / "store", done.run_id) == {("81", 0): "Lyon", ("81", 1): "", ("82", 0): "Lyon", ("82", 1): "Paris"}
    found = {
        (one.sample_id, one.turn): one.thought for _, all_turns in stored(tmp_path / "store", done.run_id).answered for one in all_turns
    }
    assert found == {("81", 0): "Paris?", ("81", 1): "Paris, surely", ("82", 0): "Paris?", ("82", 1): ""}
    assert import_answers(tmp_path / "store", file, source=chat_source(tmp_path)).n_imported == 0

"""What open-book brings back, on questions small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.schema import Recipe, RunSpec, Sample
from llmkick_core.stats.intervals import wilson
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.filters import Filter
from llmkick_core.store.rescue import rescue, rescue_pairs, rescued
from tests.small_store import DENSE, WANDA_50, Said, add_run

CLOSED, OPEN = "closed_book_qa", "open_book_qa"
QUESTIONS = [Sample(sample_id=f"q{i}", question="Q?", turns=("Q?",), gold=(("x",),)) for i in range(8)]
EVIDENT = [replace(one, evidence="x", is_answer_shown=i < 4) for i, one in reversed(list(enumerate(QUESTIONS[:7])))]
"""The first seven, the other way round; the first four have the answer in their evidence."""

#              q0 q1 q2 q3 q4 q5 q6    q7
DENSE_CLOSED = [1, 1, 1, 1, 1, 0, 1, 1]
WANDA_CLOSED = [0, 0, 0, 1, 0, 0, None, 0]
"""Lost: q0 q1 q2 q4 q7; q7 is not asked open-book. Still known: q3."""
DENSE_OPEN = [1, 1, 0, 1, 1, 1, 1]
WANDA_OPEN = [1, 0, None, 1, 1, 0, 1]
"""Of the lost: q0 and q4 regained, q1 not, q2 without verdict."""


def said(values: list[float | None]) -> list[Said]:
    return [Said(value, " x", -1.0) for value in values]


def spec(task: str, recipe: Recipe = DENSE, **more: object) -> RunSpec:
    return RunSpec(model="bundled:test", task=task, recipe=recipe, **more)


def fill(store: Path) -> dict[tuple[str, str], str]:
    ids = {}
    for task, recipe, values in (
        (CLOSED, DENSE, DENSE_CLOSED),
        (CLOSED, WANDA_50, WANDA_CLOSED),
        (OPEN, DENSE, DENSE_OPEN[::-1]),
        (OPEN, WANDA_50, WANDA_OPEN[::-1]),
    ):
        ids[task, recipe.label] = add_run(store, spec(task, recipe), said(values), QUESTIONS if task == CLOSED else EVIDENT)
    return ids


@pytest.fixture
def db(tmp_path: Path, open_store) -> tuple[Database, dict[tuple[str, str], str]]:
    ids = fill(tmp_path)
    return open_store(tmp_path), ids


def test_what_was_lost_and_what_comes_back(db):
    db, ids = db
    found = rescue(db, spec(CLOSED).comparison_id, spec(OPEN).comparison_id).set_index("evidence")
    assert found.index.tolist() == ["all", "shown", "not_shown"]
    everything = found.loc["all"]
    assert (everything["closed_run_id"], everything["run_id"]) == (ids[CLOSED, "wanda-50"], ids[OPEN, "wanda-50"])
    assert everything["a_run_id"] == ids[OPEN, "dense"]
    assert (everything["n_lost"], everything["n"], everything["n_unscored"], everything["regained"]) == (4, 3, 1, 2)
    assert everything["share"] == pytest.approx(2 / 3)
    assert (everything["low"], everything["high"]) == pytest.approx(wilson(2, 3))
    assert everything["dense_share"] == 1.0  # on q0, q1, q4
    assert everything["delta"] == pytest.approx(-1 / 3)
    assert (everything["n_kept"], everything["kept_share"]) == (1, 1.0)


def test_evidence_with_and_without_the_answer_is_told_apart(db):
    db, _ = db
    found = rescue(db, spec(CLOSED).comparison_id, spec(OPEN).comparison_id).set_index("evidence")
    assert found[["n_lost", "n", "regained"]].to_numpy().tolist() == [[4, 3, 2], [3, 2, 1], [1, 1, 1]]
    assert found["n_kept"].tolist() == [1, 1, 0]
    assert found["kept_share"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("task", [CLOSED, OPEN])
def test_the_questions_are_the_same_on_either_side(db, task):
    db, ids = db
    a, b = ids[task, "dense"], ids[task, "wanda-50"]
    assert rescued(db, a, b) == {"regained": {"q0", "q4"}, "not_regained": {"q1"}}
    assert set(queries.pair_ids(db, a, b, wanted=Filter(rescue="regained"))) == {"q0", "q4"}
    assert queries.pair_ids(db, a, b, wanted=Filter(rescue="not_regained")) == ["q1"]


def test_the_evidence_filter_narrows_the_open_book_list(db):
    db, ids = db
    a, b = ids[OPEN, "dense"], ids[OPEN, "wanda-50"]
    assert queries.pair_ids(db, a, b, wanted=Filter(rescue="regained", shown=True)) == ["q0"]
    assert queries.pair_ids(db, a, b, wanted=Filter(rescue="regained", shown=False)) == ["q4"]
    assert len(queries.pair_ids(db, a, b, wanted=Filter(shown=True))) == 4
    assert queries.pair_ids(db, ids[CLOSED, "dense"], ids[CLOSED, "wanda-50"], wanted=Filter(shown=False)) == []  # there is no evidence


def test_another_task_has_nothing_to_bring_back(db, tmp_path: Path, open_store):
    store = tmp_path / "other"
    a, b = (add_run(store, spec("factoid_qa", recipe), said([1.0] * 8), QUESTIONS) for recipe in (DENSE, WANDA_50))
    other = open_store(store)
    assert rescue_pairs(other) == {}
    assert rescued(other, a, b) == {"regained": frozenset(), "not_regained": frozenset()}
    assert rescued(other, "gone", b)["regained"] == frozenset()


def test_a_pair_is_of_one_data_set_and_the_same_limit_first(tmp_path: Path, open_store):
    for limit in (None, 4):
        for task in (CLOSED, OPEN):
            samples = (QUESTIONS if task == CLOSED else EVIDENT)[: limit or 7]
            add_run(tmp_path, spec(task, limit=limit), said([1.0] * len(samples)), samples)
    add_run(tmp_path, spec(OPEN, dataset="other"), said([1.0] * 7), EVIDENT)
    found = rescue_pairs(open_store(tmp_path))
    assert found == {spec(CLOSED, limit=limit).comparison_id: spec(OPEN, limit=limit).comparison_id for limit in (None, 4)}


def test_a_pair_is_asked_in_one_form(tmp_path: Path, open_store):
    for task, prompt in ((CLOSED, "plain"), (OPEN, "chat"), (CLOSED, "chat")):
        add_run(tmp_path, spec(task, prompt=prompt), said([1.0] * 7), (QUESTIONS if task == CLOSED else EVIDENT)[:7])
    assert rescue_pairs(open_store(tmp_path)) == {spec(CLOSED, prompt="chat").comparison_id: spec(OPEN, prompt="chat").comparison_id}


def test_without_a_dense_model_both_ways_there_is_no_row(tmp_path: Path, open_store):
    for task, recipe in ((CLOSED, DENSE), (CLOSED, WANDA_50), (OPEN, WANDA_50)):
        samples = QUESTIONS if task == CLOSED else EVIDENT
        add_run(tmp_path, spec(task, recipe), said([1.0] * len(samples)), samples)
    db = open_store(tmp_path)
    assert rescue(db, spec(CLOSED).comparison_id, spec(OPEN).comparison_id).empty

"""The Slices page's table, on runs small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from llmkick_core.schema import Recipe, RunSpec, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.filters import Filter, Range
from llmkick_core.store.slice_cells import slice_summary, slice_table, variants, ways
from tests.small_store import DENSE, WANDA_50, Said, add_run

WANDA_30 = Recipe(method="wanda", sparsity=0.3)
SUBJECTS = ("astronomy",) * 12 + ("virology",) * 10 + ("anatomy",) * 2 + ("",)
SAMPLES = [
    Sample(
        sample_id=f"q{i}", question=" ".join(["word"] * (3 + i % 4)), turns=("Q?",), subject=subject,
        category={"astronomy": "STEM"}.get(subject, "other" if subject else ""), gold=(("x",),), is_answer_shown=None if i == 24 else i % 2 == 0,
    )
    for i, subject in enumerate(SUBJECTS)
]  # fmt: skip
DENSE_VALUES = [1.0] * 24 + [1.0]
WANDA_50_VALUES = [0.0] * 10 + [1.0] * 2 + [1.0] * 9 + [None] + [0.0] * 2 + [0.0]
"""Loses 10 of 12 of astronomy; nothing of the 9 of virology that have a verdict; both of anatomy."""
WANDA_30_VALUES = [1.0] * 25


def said(values: list[float | None]) -> list[Said]:
    return [Said(value, " x", -1.0) for value in values]


def spec(recipe: Recipe, **more: object) -> RunSpec:
    return RunSpec(model="bundled:test", task="factoid_qa", recipe=recipe, **more)


@pytest.fixture
def runs(tmp_path: Path, open_store) -> tuple[Database, dict[str, str], str]:
    found = {}
    for recipe, values in ((DENSE, DENSE_VALUES), (WANDA_30, WANDA_30_VALUES), (WANDA_50, WANDA_50_VALUES)):
        found[recipe.label] = add_run(tmp_path, spec(recipe), said(values), SAMPLES)
    return open_store(tmp_path), found, spec(DENSE).comparison_id


def cell(table: queries.SliceTable, key: str, run: str) -> dict:
    [found] = table.cells[(table.cells["slice"] == key) & (table.cells["column"] == run)].to_dict("records")
    return found


def test_each_subject_has_what_each_recipe_lost_on_it(runs):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-30"], ids["wanda-50"]], "subject")
    assert [one.key for one in table.slices] == ["anatomy", "astronomy", "virology"]
    assert table.n_left_out == 1
    lost = cell(table, "astronomy", ids["wanda-50"])
    assert (lost["n"], lost["n_facts"], lost["n_unscored"], lost["broke"], lost["fixed"]) == (12, 12, 0, 10, 0)
    assert lost["delta"] == pytest.approx(-10 / 12)
    assert lost["p_value"] == pytest.approx(2 / 2**10)
    whole = cell(table, "virology", ids["wanda-50"])
    assert (whole["n"], whole["n_unscored"], whole["delta"], whole["p_value"]) == (9, 1, 0.0, 1.0)


def test_the_family_is_every_cell_that_is_told(runs):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-30"], ids["wanda-50"]], "subject")
    # told are astronomy twice and virology of wanda-30 (10 questions): three tests; virology of wanda-50 has 9 verdicts, anatomy 2
    assert table.cells["is_told"].sum() == 3
    lost = cell(table, "astronomy", ids["wanda-50"])
    assert lost["q_value"] == pytest.approx(3 * 2 / 2**10)
    assert lost["survives"]
    assert np.isnan(cell(table, "anatomy", ids["wanda-50"])["q_value"])
    assert not cell(table, "anatomy", ids["wanda-50"])["survives"]
    alone = slice_table(db, comparison, ids["dense"], [ids["wanda-50"]], "subject")
    assert cell(alone, "astronomy", ids["wanda-50"])["q_value"] == pytest.approx(2 / 2**10)


def test_the_summary_counts_what_survives(runs):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-30"], ids["wanda-50"]], "subject")
    summary = slice_summary(table.cells, ids["wanda-50"])
    assert (summary.n_told, summary.n_small, summary.n_lost, summary.n_gained) == (1, 2, 1, 0)
    assert summary.worst["slice"] == "astronomy"
    other = slice_summary(table.cells, ids["wanda-30"])
    assert (other.n_told, other.n_lost) == (2, 0)
    assert slice_summary(table.cells, "nothing").worst is None


@pytest.mark.parametrize("by", ["subject", "category", "length", "evidence"])
def test_compare_lists_as_many_questions_as_a_cell_counts(runs, by):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-50"]], by)
    assert table.slices
    for one in table.slices:
        found = cell(table, one.key, ids["wanda-50"])
        listed = queries.pair_ids(db, ids["dense"], ids["wanda-50"], wanted=one.wanted)
        assert len(listed) == found["n"] + found["n_unscored"] > 0


def test_lengths_are_ranges_with_about_as_many_questions(runs):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-30"]], "length")
    assert [one.key for one in table.slices] == ["3..3", "4..4", "5..5", "6..6"]
    assert table.slices[1].wanted == Filter(ranges=(Range(measure="n_words", low=4, high=4),))
    assert table.cells["n"].sum() == 25


def test_questions_that_are_all_as_long_are_one_slice(tmp_path: Path, open_store):
    samples = [replace(sample, question="What is it?") for sample in SAMPLES]
    dense, wanda = (add_run(tmp_path, spec(recipe), said(DENSE_VALUES), samples) for recipe in (DENSE, WANDA_50))
    table = slice_table(open_store(tmp_path), spec(DENSE).comparison_id, dense, [wanda], "length")
    assert [(one.key, one.wanted) for one in table.slices] == [("3..3", Filter())]
    assert table.cells["n"].tolist() == [25]


def test_evidence_that_shows_an_answer_is_told_from_evidence_that_does_not(runs):
    db, ids, comparison = runs
    table = slice_table(db, comparison, ids["dense"], [ids["wanda-30"]], "evidence")
    assert [(one.key, one.wanted) for one in table.slices] == [("yes", Filter(shown=True)), ("no", Filter(shown=False))]
    assert (table.cells["n"].tolist(), table.n_left_out) == ([12, 12], 1)


def test_ways_are_those_that_the_questions_have(runs, tmp_path: Path, open_store):
    db, _, comparison = runs
    assert ways(db, comparison) == ("subject", "category", "length", "evidence")
    bare = [Sample(sample_id="q", question="Q?", turns=("Q?",), gold=(("x",),))]
    store = tmp_path / "bare"
    add_run(store, spec(DENSE), said([1.0]), bare)
    assert ways(open_store(store), spec(DENSE).comparison_id) == ("length",)


def test_ways_to_ask_are_comparisons_that_differ_in_shots_alone(tmp_path: Path, open_store):
    ids = {}
    for k_shot, values in ((0, WANDA_50_VALUES), (5, WANDA_30_VALUES)):
        for recipe, own in ((DENSE, DENSE_VALUES), (WANDA_50, values)):
            ids[recipe.label, k_shot] = add_run(tmp_path, spec(recipe, k_shot=k_shot), said(own), SAMPLES)
    add_run(tmp_path, spec(DENSE, k_shot=2, limit=5), said(DENSE_VALUES[:5]), SAMPLES[:5])
    db = open_store(tmp_path)
    comparison, other = spec(DENSE).comparison_id, spec(DENSE, k_shot=5).comparison_id
    assert variants(db, comparison) == variants(db, other) == (comparison, other)  # another limit is another set of questions
    assert "asked" in ways(db, comparison)
    table = slice_table(db, comparison, ids["dense", 0], [ids["wanda-50", 0]], "asked")
    assert table.cells["run_id"].tolist() == [ids["wanda-50", 0], ids["wanda-50", 5]]
    assert table.cells["a_run_id"].tolist() == [ids["dense", 0], ids["dense", 5]]
    assert table.cells["column"].tolist() == [ids["wanda-50", 0]] * 2
    assert table.cells["broke"].tolist() == [13, 0]


def test_questions_that_one_run_has_not_answered_count_nowhere(tmp_path: Path, open_store):
    dense = add_run(tmp_path, spec(DENSE), said(DENSE_VALUES), SAMPLES)
    wanda = add_run(tmp_path, spec(WANDA_50), said(WANDA_50_VALUES[:5]), SAMPLES[:5])
    db = open_store(tmp_path)
    table = slice_table(db, spec(DENSE).comparison_id, dense, [wanda], "subject")
    assert [(found["n"], found["n_unscored"]) for found in (cell(table, one.key, wanda) for one in table.slices)] == [
        (0, 0),
        (5, 0),
        (0, 0),
    ]


def test_wordings_of_one_fact_are_one_test(tmp_path: Path, open_store):
    samples = [replace(sample, group=f"fact {i // 3}", subject="all") for i, sample in enumerate(SAMPLES[:24])]
    dense = add_run(tmp_path, spec(DENSE), said([1.0] * 24), samples)
    wanda = add_run(tmp_path, spec(WANDA_50), said([0.0] * 24), samples)
    table = slice_table(open_store(tmp_path), spec(DENSE).comparison_id, dense, [wanda], "subject")
    found = cell(table, "all", wanda)
    assert (found["n"], found["n_facts"]) == (24, 8)
    assert found["p_value"] == pytest.approx(2 / 2**8)

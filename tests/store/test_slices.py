"""Results by category and by subject, on a run small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.errors import TaskError
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.store.slices import SLICE_KEYS, slices
from tests.small_store import DENSE, WANDA_50, Said, add_run

SUBJECTS = (("astronomy", "STEM"), ("anatomy", "other"), ("astronomy", "STEM"), ("virology", "other"), ("", ""))
SAMPLES = [
    Sample(sample_id=f"q{number}", question="Q?", turns=("Q?",), subject=subject, category=category, gold=(("x",),))
    for number, (subject, category) in enumerate(SUBJECTS)
]


def said(*values: float | None) -> list[Said]:
    return [Said(value, " x", -1.0) for value in values]


@pytest.fixture
def rows(tmp_path: Path, open_store):
    for recipe, values in ((DENSE, (1, 1, 1, 0, 1)), (WANDA_50, (0, 1, 1, None, 0))):
        add_run(tmp_path, RunSpec(model="bundled:test", task="factoid_qa", recipe=recipe), said(*values), SAMPLES)
    db = open_store(tmp_path)
    return lambda by: {(row["recipe"], row["slice"]): row for row in slices(db, by)}


def test_each_category_has_its_score_and_what_it_lost(rows):
    found = rows("category")
    assert list(found) == [("dense", "STEM"), ("dense", "other"), ("wanda-50", "STEM"), ("wanda-50", "other")]
    stem, other = found["wanda-50", "STEM"], found["wanda-50", "other"]
    assert (stem["n"], stem["score"], stem["dense_score"], stem["delta"]) == (2, 0.5, 1.0, -0.5)
    assert (other["n"], other["n_unscored"], other["score"], other["delta"]) == (1, 1, 1.0, 0.0)
    assert (found["dense", "other"]["score"], found["dense", "other"]["delta"]) == (0.5, None)
    assert tuple(stem) == SLICE_KEYS


def test_subjects_are_told_apart_and_a_question_without_one_is_left_out(rows):
    found = rows("subject")
    assert [name for recipe, name in found if recipe == "dense"] == ["anatomy", "astronomy", "virology"]
    assert found["wanda-50", "virology"]["score"] is None
    assert found["wanda-50", "astronomy"]["delta"] == -0.5


def test_another_way_to_slice_is_refused(rows):
    with pytest.raises(TaskError, match="choose category or subject"):
        rows("length")

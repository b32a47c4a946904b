"""What determines a run, and which numbers a spec may hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmkick_core.errors import RecipeError, TaskError
from llmkick_core.schema import Calibration, Recipe, RunSpec

SPEC = RunSpec(model="m", task="t", recipe=Recipe(method="wanda", sparsity=0.5, order="block"))


def test_ids_stay_what_they_are():
    # where one of these changes, every run computed before has to be computed again
    assert (SPEC.run_id, SPEC.compression_id, SPEC.comparison_id) == ("ea44b415dbb839d8", "880191da49036c02", "da32875abd7359ab")


def test_a_spec_is_written_whole_and_read_back():
    assert SPEC.to_dict()["recipe"]["calibration"]["revision"] == ""
    assert SPEC.to_dict()["recipe"] == SPEC.recipe.to_dict()
    assert RunSpec.from_dict(SPEC.to_dict()) == SPEC
    assert Recipe.from_dict(SPEC.recipe.to_dict()) == SPEC.recipe


def test_another_calibration_text_is_another_run_of_the_same_comparison():
    pinned = replace(SPEC, recipe=replace(SPEC.recipe, calibration=Calibration(revision="1" * 16)))
    assert pinned.run_id != SPEC.run_id
    assert pinned.compression_id != SPEC.compression_id
    assert (pinned.comparison_id, pinned.dense().run_id) == (SPEC.comparison_id, SPEC.dense().run_id)
    assert RunSpec.from_dict(pinned.to_dict()) == pinned


@pytest.mark.parametrize(
    ("kind", "most", "error"),
    [
        (lambda n: Calibration(n_samples=n), 2**31 - 1, RecipeError),
        (lambda n: Calibration(seq_len=n), 2**31 - 1, RecipeError),
        (lambda n: Calibration(seed=n), 2**63 - 1, RecipeError),
        (lambda n: Recipe(method="rtn", bits=4, group_size=n), 2**31 - 1, RecipeError),
        (lambda n: replace(SPEC, limit=n), 2**31 - 1, TaskError),
        (lambda n: replace(SPEC, k_shot=n), 2**31 - 1, TaskError),
        (lambda n: replace(SPEC, seed=n), 2**63 - 1, TaskError),
    ],
)
def test_numbers_end_where_the_databases_columns_do(kind, most, error):
    kind(most)
    with pytest.raises(error, match=f"{most + 1} is out of range: at most {most:,}"):
        kind(most + 1)

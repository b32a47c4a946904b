from __future__ import annotations

import pytest
import torch

from llmkick_core.compress.masks import complies, lowest_in_layer, lowest_per_group, lowest_per_row, removed_count
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import Recipe


def recipe(sparsity: float | None = None, structure: str = "unstructured") -> Recipe:
    return Recipe(method="wanda", sparsity=sparsity, structure=structure)


def naive(row: list[float], n_removed: int) -> list[bool]:
    """Stable sort by value: of equals, the lower index goes first."""
    gone = sorted(range(len(row)), key=lambda i: row[i])[:n_removed]
    return [i in gone for i in range(len(row))]


def rounded(shape: tuple[int, int], seed: int) -> torch.Tensor:
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 5).round()  # many ties


@pytest.mark.parametrize(
    ("sparsity", "n", "removed"), [(0.5, 4, 2), (0.5, 5, 2), (0.29, 100, 29), (0.7, 10, 7), (0.0, 8, 0), (0.99, 8, 7), (1 / 3, 3, 0)]
)
def test_the_number_removed_is_the_floor_of_the_decimal_that_was_written(sparsity, n, removed):
    assert removed_count(sparsity, n) == removed


def test_weights_compete_within_their_own_row():
    mask = lowest_per_row(torch.tensor([[4.0, 3.0, 2.0, 1.0], [10.0, 20.0, 30.0, 40.0]]), recipe(0.5))
    assert mask.tolist() == [[False, False, True, True], [True, True, False, False]]


def test_all_weights_of_a_layer_compete():
    mask = lowest_in_layer(torch.tensor([[4.0, 3.0, 2.0, 1.0], [10.0, 20.0, 30.0, 40.0]]), recipe(0.5))
    assert mask.tolist() == [[True] * 4, [False] * 4]


def test_of_tied_weights_the_lower_index_goes_first():
    assert lowest_per_row(torch.tensor([[4.0, 1.0, 1.0, 1.0]]), recipe(0.5)).tolist() == [[False, True, True, False]]
    assert lowest_in_layer(torch.ones(2, 3), recipe(0.5)).tolist() == [[True] * 3, [False] * 3]
    assert lowest_per_group(torch.tensor([[0.0, 0.0, 0.0, 0.0]]), 2, 4).tolist() == [[True, True, False, False]]


@pytest.mark.parametrize("sparsity", [0.1, 0.33, 0.5, 0.75, 0.97])
def test_masks_equal_a_stable_sort(sparsity):
    importance = rounded((7, 33), seed=3)
    expected = [naive(row, removed_count(sparsity, 33)) for row in importance.tolist()]
    assert lowest_per_row(importance, recipe(sparsity)).tolist() == expected
    flat = naive(importance.flatten().tolist(), removed_count(sparsity, importance.numel()))
    assert lowest_in_layer(importance, recipe(sparsity)).flatten().tolist() == flat


@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 4), (4, 8), (1, 4), (3, 4), (16, 32)])
def test_structured_masks_keep_the_n_highest_of_every_m(n, m):
    importance = rounded((5, 2 * m), seed=m)
    mask = lowest_per_row(importance, recipe(structure=f"{n}:{m}"))
    expected = [naive(group, m - n) for group in importance.view(-1, m).tolist()]
    assert mask.view(-1, m).tolist() == expected
    assert torch.equal(mask, lowest_in_layer(importance, recipe(structure=f"{n}:{m}")))
    assert complies(torch.ones_like(importance).masked_fill(mask, 0), n, m)


def test_a_group_with_one_weight_too_many_does_not_comply():
    assert not complies(torch.tensor([[1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]]), 2, 4)


def test_sparsity_zero_removes_nothing():
    assert not lowest_per_row(torch.zeros(2, 4), recipe(0.0)).any()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("structure", ["unstructured", "2:4"])
def test_importance_that_is_not_finite_is_refused(bad, structure):
    importance = torch.tensor([[1.0, bad, 2.0, 3.0]])
    chosen = recipe(0.5, structure)
    for mask in (lowest_per_row, lowest_in_layer):
        with pytest.raises(CalibrationError, match="1 of 4 importances are not finite"):
            mask(importance, chosen)


def test_a_width_that_is_no_multiple_of_m_is_refused():
    with pytest.raises(RecipeError, match="multiple of 4, but this weight has 6 inputs"):
        lowest_per_row(torch.ones(2, 6), recipe(structure="2:4"))


def test_a_missing_sparsity_is_refused():
    with pytest.raises(RecipeError, match="--sparsity"):
        lowest_per_row(torch.ones(2, 6), recipe())

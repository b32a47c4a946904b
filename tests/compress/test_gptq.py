"""GPTQ against a naive float64 version that inverts the Hessian of what is left anew at every column."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmkick_core.compress.base import InputStats
from llmkick_core.compress.gptq import gptq
from llmkick_core.compress.rtn import rtn
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import Recipe


def normal(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stats_of(x: torch.Tensor) -> InputStats:
    return InputStats(n_tokens=len(x), hessian=x.T @ x * (2 / len(x)))


def rounded_to(column: np.ndarray, group: np.ndarray, bits: int, is_symmetric: bool) -> np.ndarray:
    """Return a column on the grids of its group (out, size)."""
    if is_symmetric:
        half = 2 ** (bits - 1)
        scale = (np.abs(group).max(1) / (half - 0.5)).astype(np.float16).astype(np.float64)
        return np.clip(np.round(column / scale), -half, half - 1) * scale
    top = 2**bits - 1
    low, high = np.minimum(group.min(1), 0), np.maximum(group.max(1), 0)
    scale = ((high - low) / top).astype(np.float16).astype(np.float64)
    zero = np.clip(np.round(-low / scale), 0, top)
    return (np.clip(np.round(column / scale) + zero, 0, top) - zero) * scale


def naive(weight: np.ndarray, hessian: np.ndarray, recipe: Recipe, zeros: np.ndarray | None = None) -> np.ndarray:
    """Return the quantized weight, column by column, with a fresh inverse for each; where `zeros` says so a weight stays zero."""
    w, h = weight.astype(np.float64).copy(), hessian.astype(np.float64).copy()
    dead = np.diag(h) == 0
    w[:, dead] = 0
    dense = w.copy()
    mean = np.diag(h)[~dead].mean()
    h += 0.01 * mean * np.eye(len(h))
    n_in = len(h)
    size = recipe.group_size or n_in
    order = np.argsort(-np.diag(h), kind="stable") if recipe.has_activation_order else np.arange(n_in)
    left = list(order)
    group = w[:, :size]
    while left:
        j = left[0]
        start = j // size * size
        if recipe.has_activation_order:
            group = dense[:, start : start + size]
        elif j % size == 0:
            group = w[:, start : start + size].copy()
            if zeros is not None:
                group[zeros[:, start : start + size]] = 0
        rounded = rounded_to(w[:, j], group, recipe.bits, recipe.is_symmetric)
        if zeros is not None:
            rounded[zeros[:, j]] = 0
        inverse = np.linalg.inv(h[np.ix_(left, left)])
        w[:, left] -= np.outer((w[:, j] - rounded) / inverse[0, 0], inverse[0])
        w[:, j] = rounded
        left = left[1:]
    return w


def assert_agree(found: torch.Tensor, wanted: np.ndarray, weight: torch.Tensor, x: torch.Tensor) -> None:
    # a weight midway between two steps may go to either by rounding, and those to its right with it: nearly all are the same
    same = np.isclose(found.double().numpy(), wanted, atol=1e-3)
    assert same.mean() > 0.98
    error = [float((x.double() @ (weight.double() - torch.as_tensor(other)).T).norm()) for other in (found.double(), wanted)]
    assert error[0] == pytest.approx(error[1], rel=0.01)


def mixed_inputs(n_in: int) -> torch.Tensor:
    """Return inputs (tokens, in) that have to do with each other, some features louder than others."""
    x = normal(4 * n_in, n_in, seed=2) @ (normal(n_in, n_in, seed=3) / n_in**0.5 + torch.eye(n_in))
    return x * (1 + 3 * normal(n_in, seed=4).abs())


@pytest.mark.parametrize("is_symmetric", [True, False])
@pytest.mark.parametrize("has_activation_order", [True, False])
@pytest.mark.parametrize(("n_in", "group_size"), [(96, None), (150, 32), (200, 64)])
def test_orders_and_grids_equal_the_naive_version(n_in, group_size, is_symmetric, has_activation_order):
    weight, x = normal(12, n_in, seed=1), mixed_inputs(n_in)
    stats = stats_of(x)
    recipe = Recipe(method="gptq", bits=4, group_size=group_size, is_symmetric=is_symmetric, has_activation_order=has_activation_order)
    assert_agree(gptq(weight, stats, recipe).weight, naive(weight.numpy(), stats.hessian.numpy(), recipe), weight, x)


@pytest.mark.parametrize("has_activation_order", [True, False])
def test_after_pruning_the_zeros_stay_and_are_made_up_for(has_activation_order):
    weight, x = normal(12, 150, seed=1), mixed_inputs(150)
    weight[normal(12, 150, seed=5) < 0] = 0
    stats = stats_of(x)
    recipe = Recipe(method="wanda", sparsity=0.5, quantizer="gptq", bits=3, group_size=50, has_activation_order=has_activation_order)
    found = gptq(weight, stats, recipe).weight
    assert not bool(found[weight == 0].any())
    wanted = naive(weight.numpy(), stats.hessian.numpy(), recipe, zeros=(weight == 0).numpy())
    assert_agree(found, wanted, weight, x)
    plain = rtn(weight, stats, Recipe(method="rtn", bits=3, group_size=50)).weight
    missed = [float((x @ (weight - other).T).norm()) for other in (found, plain)]
    assert missed[0] < missed[1]


def test_columns_with_large_inputs_first_miss_less():
    weight, x = normal(12, 128, seed=1), mixed_inputs(128) * torch.logspace(-2, 1, 128)  # the loudest come last
    stats = stats_of(x)
    missed = [
        float((x @ (weight - gptq(weight, stats, Recipe(method="gptq", bits=3, has_activation_order=ordered)).weight).T).norm())
        for ordered in (True, False)
    ]
    assert missed[0] < missed[1]


@pytest.mark.parametrize(
    ("n_in", "bits", "group_size"), [(40, 4, None), (200, 4, 64), (200, 3, 32), (150, 2, 50), (96, 8, None), (300, 4, 256)]
)
def test_it_equals_the_naive_version(n_in, bits, group_size):
    weight = normal(12, n_in, seed=1)
    x = normal(4 * n_in, n_in, seed=2) @ (normal(n_in, n_in, seed=3) / n_in**0.5 + torch.eye(n_in))
    stats = stats_of(x)
    recipe = Recipe(method="gptq", bits=bits, group_size=group_size)
    assert_agree(gptq(weight, stats, recipe).weight, naive(weight.numpy(), stats.hessian.numpy(), recipe), weight, x)


def test_it_misses_less_than_rounding_each_weight():
    weight = normal(32, 64, seed=4)
    x = normal(512, 16, seed=5) @ normal(16, 64, seed=6) + 0.1 * normal(512, 64, seed=7)
    recipe = Recipe(method="gptq", bits=3)

    def error(other: torch.Tensor) -> float:
        return float((x @ (weight - other).T).norm())

    assert error(gptq(weight, stats_of(x), recipe).weight) < 0.6 * error(rtn(weight, InputStats(), recipe).weight)


def test_on_inputs_that_have_nothing_in_common_it_is_rtn():
    weight = normal(8, 48, seed=8)
    recipe = Recipe(method="gptq", bits=4, group_size=16)
    found = gptq(weight, InputStats(n_tokens=9, hessian=torch.eye(48)), recipe)
    plain = rtn(weight, InputStats(), recipe)
    assert torch.equal(found.weight, plain.weight)
    assert found.bits == plain.bits == 5.0


def test_every_weight_is_a_step_of_its_groups_grid():
    weight = normal(6, 64, seed=9)
    found = gptq(weight, stats_of(normal(300, 64, seed=10)), Recipe(method="gptq", bits=2, group_size=32)).weight
    for group in found.reshape(6, 2, 32).flatten(0, 1):
        assert len(group.unique()) <= 4  # 2 bits, symmetric: -2, -1, 0 and 1 steps


def test_dead_inputs_do_not_widen_the_grid():
    x = normal(512, 32, seed=11)
    x[:, [0, 20]] = 0
    weight = normal(8, 32, seed=12)
    weight[:, 20] = 100
    stats = stats_of(x)
    found = gptq(weight, stats, Recipe(method="gptq", bits=4)).weight
    wanted = naive(weight.numpy(), stats.hessian.numpy(), Recipe(method="gptq", bits=4))
    assert np.isclose(found.double().numpy(), wanted, atol=1e-3).mean() > 0.98
    assert not found[:, [0, 20]].any()


def test_the_weight_given_stays_as_it_was_and_the_dtype_too():
    weight = normal(4, 16, seed=13).bfloat16()
    before = weight.clone()
    found = gptq(weight, stats_of(normal(64, 16, seed=14)), Recipe(method="gptq", bits=4)).weight
    assert torch.equal(weight, before)
    assert found.dtype == torch.bfloat16


def test_what_is_missing_is_named():
    with pytest.raises(CalibrationError, match="Hessian of the 8 inputs and got none"):
        gptq(torch.ones(2, 8), InputStats(), Recipe(method="gptq", bits=4))
    with pytest.raises(RecipeError, match="needs bits"):
        gptq(torch.ones(2, 8), InputStats(hessian=torch.eye(8)), Recipe(method="gptq"))

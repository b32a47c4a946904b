"""SparseGPT against a naive float64 version that inverts the Hessian of what is left anew at every column."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmkick_core.compress.base import InputStats
from llmkick_core.compress.hessian import inverse_factor
from llmkick_core.compress.masks import complies
from llmkick_core.compress.sparsegpt import sparsegpt
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import Recipe, parse_structure


def inputs(n_tokens: int, n_in: int, seed: int = 0) -> torch.Tensor:
    """Return correlated inputs (tokens, in) whose features differ in size."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(n_in, n_in, generator=generator) / n_in**0.5 + torch.eye(n_in)
    return torch.randn(n_tokens, n_in, generator=generator) @ mixing * (0.2 + torch.rand(n_in, generator=generator))


def stats_of(x: torch.Tensor) -> InputStats:
    return InputStats(n_tokens=len(x), hessian=x.T @ x * (2 / len(x)))


def naive(weight: np.ndarray, hessian: np.ndarray, recipe: Recipe, block: int) -> np.ndarray:
    """Return the pruned weight; after each column, the inverse is taken of the Hessian over the columns to its right, with no factor at all."""
    w, h = weight.astype(np.float64).copy(), hessian.astype(np.float64).copy()
    dead = np.diag(h) == 0
    w[:, dead] = 0
    mean = np.diag(h)[~dead].mean()
    h += 0.01 * mean * np.eye(len(h))
    n_in = len(h)
    worth = np.array([np.linalg.inv(h[j:, j:])[0, 0] for j in range(n_in)])
    nm = parse_structure(recipe.structure)
    goes = np.zeros_like(w, dtype=bool)
    for j in range(n_in):
        if nm is None and j % block == 0:
            columns = slice(j, min(j + block, n_in))
            loss = w[:, columns] ** 2 / worth[columns]
            before, after = (int(recipe.sparsity * len(w) * n + 1e-9) for n in (j, columns.stop))
            chosen = np.argsort(loss.ravel(), kind="stable")[: after - before]
            mask = np.zeros(loss.size, dtype=bool)
            mask[chosen] = True
            goes[:, columns] = mask.reshape(loss.shape)
        elif nm is not None and j % nm[1] == 0:
            loss = w[:, j : j + nm[1]] ** 2 / worth[j : j + nm[1]]
            for row, order in enumerate(np.argsort(loss, axis=1, kind="stable")):
                goes[row, j + order[: nm[1] - nm[0]]] = True
        inverse = np.linalg.inv(h[j:, j:])
        error = np.where(goes[:, j], w[:, j], 0) / inverse[0, 0]
        w[:, j:] -= np.outer(error, inverse[0])
        w[goes[:, j], j] = 0
    return w


@pytest.mark.parametrize(("n_out", "n_in", "sparsity"), [(7, 40, 0.5), (16, 200, 0.3), (5, 128, 0.7), (9, 300, 0.5)])
def test_it_equals_the_naive_version(n_out, n_in, sparsity):
    weight = torch.randn(n_out, n_in, generator=torch.Generator().manual_seed(1))
    stats = stats_of(inputs(4 * n_in, n_in))
    recipe = Recipe(method="sparsegpt", sparsity=sparsity)
    found = sparsegpt(weight, stats, recipe).weight
    wanted = naive(weight.numpy(), stats.hessian.numpy(), recipe, block=128)
    assert np.array_equal(found.numpy() == 0, wanted == 0)
    np.testing.assert_allclose(found.double().numpy(), wanted, atol=2e-4)


@pytest.mark.parametrize("structure", ["2:4", "4:8", "1:2", "1:3", "2:5"])
def test_a_structure_equals_the_naive_version(structure):
    n_in = 184 if structure == "4:8" else 180  # 128 is a multiple of neither 3 nor 5
    weight = torch.randn(6, n_in, generator=torch.Generator().manual_seed(2))
    stats = stats_of(inputs(4 * n_in, n_in))
    recipe = Recipe(method="sparsegpt", structure=structure)
    found = sparsegpt(weight, stats, recipe).weight
    wanted = naive(weight.numpy(), stats.hessian.numpy(), recipe, block=128)
    assert complies(found, *parse_structure(structure))
    assert np.array_equal(found.numpy() == 0, wanted == 0)
    np.testing.assert_allclose(found.double().numpy(), wanted, atol=2e-4)


@pytest.mark.parametrize(("n_out", "n_in", "sparsity"), [(1, 300, 0.3), (3, 257, 0.37), (2, 129, 0.7)])
def test_exactly_the_asked_share_goes_whatever_the_blocks(n_out, n_in, sparsity):
    weight = torch.randn(n_out, n_in, generator=torch.Generator().manual_seed(6))
    found = sparsegpt(weight, stats_of(inputs(2 * n_in, n_in)), Recipe(method="sparsegpt", sparsity=sparsity)).weight
    assert int((found == 0).sum()) == int(sparsity * n_out * n_in + 1e-9)


def test_the_kept_weights_make_up_for_the_removed_ones():
    weight = torch.randn(32, 64, generator=torch.Generator().manual_seed(3))
    x = inputs(512, 16) @ torch.randn(16, 64, generator=torch.Generator().manual_seed(5)) + 0.1 * inputs(512, 64)
    found = sparsegpt(weight, stats_of(x), Recipe(method="sparsegpt", sparsity=0.5)).weight
    masked_only = weight.masked_fill(found == 0, 0)

    def error(other: torch.Tensor) -> float:
        return float((x @ (weight - other).T).norm())

    assert error(found) < 0.6 * error(masked_only)


def test_dead_inputs_lose_their_weights_and_disturb_nothing():
    x = inputs(512, 32)
    x[:, [3, 17]] = 0
    weight = torch.randn(8, 32, generator=torch.Generator().manual_seed(4))
    recipe = Recipe(method="sparsegpt", sparsity=0.5)
    found = sparsegpt(weight, stats_of(x), recipe).weight
    assert not found[:, [3, 17]].any()
    np.testing.assert_allclose(found.double().numpy(), naive(weight.numpy(), stats_of(x).hessian.numpy(), recipe, 128), atol=2e-4)


def test_equal_weights_on_equal_inputs_lose_exactly_the_asked_share():
    stats = InputStats(n_tokens=9, hessian=torch.eye(16))
    found = sparsegpt(torch.ones(4, 16), stats, Recipe(method="sparsegpt", sparsity=0.25)).weight
    assert int((found == 0).sum()) == 16


def test_fewer_tokens_than_inputs_still_give_a_factor():
    x = inputs(5, 48)
    factor, _ = inverse_factor(stats_of(x).hessian)
    assert factor.isfinite().all()
    found = sparsegpt(
        torch.randn(4, 48, generator=torch.Generator().manual_seed(7)), stats_of(x), Recipe(method="sparsegpt", sparsity=0.5)
    ).weight
    assert found.isfinite().all()


def test_the_factor_belongs_to_the_damped_inverse():
    hessian = stats_of(inputs(100, 20)).hessian
    factor, damping = inverse_factor(hessian)
    factor = factor.double()
    assert damping == 0.01
    damped = hessian.double() + 0.01 * hessian.double().diagonal().mean() * torch.eye(20, dtype=torch.float64)
    assert torch.equal(factor, factor.triu())
    np.testing.assert_allclose((factor.T @ factor @ damped).numpy(), np.eye(20), atol=1e-4)


def test_damping_rises_where_the_hessian_has_no_factor():
    hessian = torch.eye(4)
    hessian[0, 1] = hessian[1, 0] = 1.05  # eigenvalue -0.05: 1% is too little
    factor, damping = inverse_factor(hessian)
    factor = factor.double()
    assert damping == pytest.approx(0.1)
    damped = hessian.double() + 0.1 * torch.eye(4, dtype=torch.float64)
    np.testing.assert_allclose((factor.T @ factor @ damped).numpy(), np.eye(4), atol=1e-4)


def test_a_hessian_beyond_repair_is_refused():
    hessian = torch.eye(3)
    hessian[0, 1] = hessian[1, 0] = 9.0
    with pytest.raises(CalibrationError, match="not positive definite"):
        inverse_factor(hessian)


def test_the_weight_given_stays_as_it_was():
    weight = torch.randn(4, 16, generator=torch.Generator().manual_seed(8))
    before = weight.clone()
    sparsegpt(weight, stats_of(inputs(64, 16)), Recipe(method="sparsegpt", sparsity=0.5))
    assert torch.equal(weight, before)


def test_it_keeps_the_dtype():
    weight = torch.randn(4, 16, generator=torch.Generator().manual_seed(9)).bfloat16()
    found = sparsegpt(weight, stats_of(inputs(64, 16)), Recipe(method="sparsegpt", sparsity=0.5)).weight
    assert found.dtype == torch.bfloat16


@pytest.mark.parametrize("hessian", [None, torch.eye(5)])
def test_a_missing_hessian_is_named(hessian):
    with pytest.raises(CalibrationError, match="Hessian of the 16 inputs"):
        sparsegpt(torch.ones(2, 16), InputStats(hessian=hessian), Recipe(method="sparsegpt", sparsity=0.5))


def test_a_width_that_m_does_not_divide_is_refused():
    with pytest.raises(RecipeError, match="multiple of 4, but this weight has 10"):
        sparsegpt(torch.ones(2, 10), InputStats(hessian=torch.eye(10)), Recipe(method="sparsegpt", structure="2:4"))

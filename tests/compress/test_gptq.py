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


def naive(weight: np.ndarray, hessian: np.ndarray, bits: int, group_size: int | None) -> np.ndarray:
    """Return the quantized weight, column by column, with a fresh inverse for each."""
    w, h = weight.astype(np.float64).copy(), hessian.astype(np.float64).copy()
    dead = np.diag(h) == 0
    w[:, dead] = 0
    mean = np.diag(h)[~dead].mean()
    h += 0.01 * mean * np.eye(len(h))
    q_max = 2 ** (bits - 1) - 1
    n_in = len(h)
    size = n_in if group_size is None else group_size
    for j in range(n_in):
        if j % size == 0:
            scale = (np.abs(w[:, j : j + size]).max(1) / q_max).astype(np.float16).astype(np.float64)
        rounded = np.clip(np.round(w[:, j] / scale), -q_max, q_max) * scale
        inverse = np.linalg.inv(h[j:, j:])
        w[:, j:] -= np.outer((w[:, j] - rounded) / inverse[0, 0], inverse[0])
        w[:, j] = rounded
    return w


@pytest.mark.parametrize(
    ("n_in", "bits", "group_size"), [(40, 4, None), (200, 4, 64), (200, 3, 32), (150, 2, 50), (96, 8, None), (300, 4, 256)]
)
def test_it_equals_the_naive_version(n_in, bits, group_size):
    weight = normal(12, n_in, seed=1)
    x = normal(4 * n_in, n_in, seed=2) @ (normal(n_in, n_in, seed=3) / n_in**0.5 + torch.eye(n_in))
    stats = stats_of(x)
    found = gptq(weight, stats, Recipe(method="gptq", bits=bits, group_size=group_size)).weight
    wanted = naive(weight.numpy(), stats.hessian.numpy(), bits, group_size)
    # a weight midway between two steps may go to either by rounding, and those to its right with it: nearly all are the same
    same = np.isclose(found.double().numpy(), wanted, atol=1e-3)
    assert same.mean() > 0.98
    error = [float((x.double() @ (weight.double() - torch.as_tensor(other)).T).norm()) for other in (found.double(), wanted)]
    assert error[0] == pytest.approx(error[1], rel=0.01)


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
        assert len(group.abs().unique()) <= 2  # 2 bits, symmetric: 0 and one step


def test_dead_inputs_do_not_widen_the_grid():
    x = normal(512, 32, seed=11)
    x[:, [0, 20]] = 0
    weight = normal(8, 32, seed=12)
    weight[:, 20] = 100
    stats = stats_of(x)
    found = gptq(weight, stats, Recipe(method="gptq", bits=4)).weight
    wanted = naive(weight.numpy(), stats.hessian.numpy(), 4, None)
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

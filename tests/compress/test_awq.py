"""AWQ against a naive float64 search, and against plain rounding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmkick_core.compress.awq import awq, find_scale
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.rtn import rtn
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import Recipe

RECIPE = Recipe(method="awq", bits=3, group_size=16)


def normal(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def loud(n_tokens: int = 400, n_in: int = 48) -> torch.Tensor:
    """Return inputs (tokens, in) some of whose features are far larger than the others."""
    x = normal(n_tokens, n_in, seed=1)
    x[:, ::12] *= 20
    return x


def stats_of(x: torch.Tensor) -> InputStats:
    return InputStats(n_tokens=len(x), hessian=x.T @ x * (2 / len(x)), column_mean=x.abs().mean(0))


def naive(weights: list[np.ndarray], x: np.ndarray, bits: int, size: int) -> np.ndarray:
    """Return the best scale, the error measured on the inputs themselves."""
    best, least = None, np.inf
    for step in range(20):
        s = np.abs(x).mean(0) ** (step / 20)
        s = np.maximum(s, 1e-4)
        s /= np.sqrt(s.max() * s.min())
        missed = 0.0
        for w in weights:
            rounded = np.empty_like(w)
            for start in range(0, w.shape[1], size):
                group = (w * s)[:, start : start + size]
                half = 2 ** (bits - 1)
                scale = (np.abs(group).max(1, keepdims=True) / (half - 0.5)).astype(np.float16).astype(np.float64)
                rounded[:, start : start + size] = np.clip(np.round(group / scale), -half, half - 1) * scale
            missed += float((((w - rounded / s) @ x.T) ** 2).sum())
        if missed < least:
            best, least = s, missed
    assert best is not None
    return best


@pytest.mark.parametrize("n_weights", [1, 3])
def test_the_scale_is_the_naive_searchs(n_weights):
    x = loud()
    weights = [normal(10, 48, seed=2 + k) for k in range(n_weights)]
    found = find_scale(weights, stats_of(x), RECIPE).scale
    wanted = naive([w.double().numpy() for w in weights], x.double().numpy(), 3, 16)
    np.testing.assert_allclose(found.double().numpy(), wanted, rtol=1e-4)


def test_the_weight_is_rounded_at_the_scale():
    weight, stats = normal(10, 48, seed=3), stats_of(loud())
    scale = find_scale([weight], stats, RECIPE).scale
    found = awq(weight, stats, RECIPE).weight
    assert torch.equal(found, rtn(weight * scale, stats, RECIPE).weight / scale)


def test_it_misses_less_than_rounding_where_some_inputs_are_loud():
    x, weight = loud(), normal(32, 48, seed=4)

    def error(other: torch.Tensor) -> float:
        return float((x @ (weight - other).T).norm())

    assert error(awq(weight, stats_of(x), RECIPE).weight) < 0.8 * error(rtn(weight, InputStats(), RECIPE).weight)


def test_it_is_rtn_where_all_inputs_are_alike():
    weight = normal(8, 48, seed=5)
    stats = InputStats(n_tokens=9, hessian=torch.eye(48), column_mean=torch.ones(48))
    assert torch.equal(awq(weight, stats, RECIPE).weight, rtn(weight, stats, RECIPE).weight)


def test_dead_inputs_leave_finite_weights():
    x = loud()
    x[:, [1, 30]] = 0
    weight, stats = normal(8, 48, seed=6), stats_of(x)
    found = awq(weight, stats, RECIPE).weight
    scale = naive([weight.double().numpy()], x.double().numpy(), 3, 16)
    np.testing.assert_allclose(find_scale([weight], stats, RECIPE).scale.double().numpy(), scale, rtol=1e-4)
    assert found.isfinite().all()
    assert float((x @ (weight - found).T).norm()) <= float((x @ (weight - rtn(weight, stats, RECIPE).weight).T).norm())


def test_layers_that_share_an_input_share_the_scale():
    weights = [normal(8, 48, seed=7), normal(20, 48, seed=8)]
    shared = find_scale(weights, stats_of(loud()), RECIPE)
    for weight in weights:
        assert torch.equal(awq(weight, shared, RECIPE).weight, rtn(weight * shared.scale, shared, RECIPE).weight / shared.scale)


def test_zeros_stay_zeros():
    weight = normal(8, 48, seed=9)
    weight[:, ::3] = 0
    assert not awq(weight, stats_of(loud()), RECIPE).weight[:, ::3].any()


def test_its_bits_count_the_scale():
    assert awq(normal(32, 48, seed=10), stats_of(loud()), RECIPE).bits == 3 + 16 * 3 / 48 + 16 / 32


def test_what_is_missing_is_named():
    with pytest.raises(CalibrationError, match="Hessian of the 48 inputs"):
        awq(torch.ones(2, 48), InputStats(), RECIPE)
    with pytest.raises(CalibrationError, match="mean size of each of the 48 inputs and got none"):
        awq(torch.ones(2, 48), InputStats(hessian=torch.eye(48)), RECIPE)
    with pytest.raises(RecipeError, match="needs bits"):
        awq(torch.ones(2, 48), stats_of(loud()), Recipe(method="awq"))

"""The Triton kernels against the loop in torch: on a GPU where there is one, else in Triton's interpreter (see conftest)."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from llmkick_core.compress import fused
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.gptq import gptq
from llmkick_core.compress.sparsegpt import sparsegpt
from llmkick_core.schema import Recipe

pytest.importorskip("triton", reason="Triton has no build for this system")

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PRUNE = Recipe(method="sparsegpt", sparsity=0.5)
ROUND = Recipe(method="gptq", bits=4, group_size=32)


@pytest.fixture(autouse=True)
def launches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let Triton's interpreter stand in for a GPU that is not there, and return what grows with every launch."""
    monkeypatch.setattr(fused, "is_interpreted", DEVICE == "cpu")
    seen: list[str] = []
    kernels = fused.kernels()
    monkeypatch.setattr(fused, "kernels", lambda: seen.append("") or kernels)
    return seen


def stats_of(n_in: int, *, dead: int | None = None) -> InputStats:
    generator = torch.Generator().manual_seed(n_in)
    x = torch.randn(4 * n_in, n_in, generator=generator) @ (torch.randn(n_in, n_in, generator=generator) / n_in**0.5 + torch.eye(n_in))
    if dead is not None:
        x[:, dead] = 0
    return InputStats(n_tokens=len(x), hessian=(x.T @ x * (2 / len(x))).to(DEVICE))


def in_torch(monkeypatch: pytest.MonkeyPatch, method, *arguments):
    """Return what the loop in torch makes of it."""
    with monkeypatch.context() as without:
        without.setattr(fused, "can_fuse", lambda columns: False)
        return method(*arguments)


@pytest.mark.parametrize("shape", [(20, 200), (33, 128), (5, 36)])
@pytest.mark.parametrize(
    "recipe", [PRUNE, *(Recipe(method="sparsegpt", structure=nm) for nm in ("2:4", "1:2", "3:4"))], ids=lambda r: r.label
)
def test_pruned_weights_are_those_of_the_loop(recipe, shape, launches, monkeypatch):
    weight = torch.randn(*shape, generator=torch.Generator().manual_seed(0)).to(DEVICE)
    weight[:, 4] = weight[:, 5]  # ties
    stats = stats_of(shape[1], dead=7)
    made = sparsegpt(weight, stats, recipe)
    assert launches
    wanted = in_torch(monkeypatch, sparsegpt, weight, stats, recipe)
    assert torch.equal(made.weight == 0, wanted.weight == 0)
    torch.testing.assert_close(made.weight, wanted.weight, rtol=1e-4, atol=1e-5)
    assert made.bits == wanted.bits


@pytest.mark.parametrize("shape", [(20, 200), (33, 128), (5, 36)])
@pytest.mark.parametrize(
    "recipe",
    [
        ROUND,
        replace(ROUND, group_size=None),
        replace(ROUND, bits=3, group_size=64, is_symmetric=False),
        replace(ROUND, bits=2, has_activation_order=True),
        replace(ROUND, bits=8, has_activation_order=True, is_symmetric=False),
        Recipe(method="wanda", sparsity=0.4, quantizer="gptq", bits=4, group_size=32),
        Recipe(method="wanda", sparsity=0.4, quantizer="gptq", bits=4, group_size=48, is_symmetric=False, has_activation_order=True),
    ],
    ids=lambda r: r.label,
)
def test_quantized_weights_are_those_of_the_loop(recipe, shape, launches, monkeypatch):
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(*shape, generator=generator) + 0.3
    if recipe.quantizer:
        weight = weight.masked_fill(torch.rand(*shape, generator=generator) < 0.4, 0)
    weight, stats = weight.to(DEVICE), stats_of(shape[1])
    made = gptq(weight, stats, recipe)
    assert launches
    wanted = in_torch(monkeypatch, gptq, weight, stats, recipe)
    same = torch.isclose(made.weight, wanted.weight, atol=1e-4)
    assert float(same.float().mean()) > 0.99  # a weight midway between two steps may go to either
    if recipe.quantizer:
        assert bool((made.weight[weight == 0] == 0).all())
    if recipe.is_symmetric:
        torch.testing.assert_close(made.scale, wanted.scale, rtol=0.02, atol=0)


def test_a_block_wider_than_a_program_can_hold_goes_through_the_loop(launches):
    weight = torch.randn(4, 600, generator=torch.Generator().manual_seed(2)).to(DEVICE)
    gptq(weight, stats_of(600), replace(ROUND, group_size=300))
    assert not launches


def test_without_a_gpu_and_the_interpreter_the_loop_is_used(monkeypatch):
    monkeypatch.setattr(fused, "is_interpreted", False)
    assert not fused.can_fuse(torch.zeros(8, 8))

"""The Triton kernels against the loop in torch: on a GPU where there is one, else in Triton's interpreter (see conftest)."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch

from llmkick_core.compress import fused
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.gptq import gptq
from llmkick_core.compress.sparsegpt import sparsegpt
from llmkick_core.errors import CalibrationError
from llmkick_core.schema import Recipe

pytest.importorskip("triton", reason="Triton has no build for this system")

DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
if DEVICE == "cuda" and not torch.cuda.is_available():
    pytest.skip("there is a GPU, but this torch was built without", allow_module_level=True)
PRUNE = Recipe(method="sparsegpt", sparsity=0.5)
ROUND = Recipe(method="gptq", bits=4, group_size=32)


@pytest.fixture(autouse=True)
def launches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let Triton's interpreter stand in for a GPU that is not there, and return the kernels that are launched."""
    monkeypatch.setattr(fused, "is_interpreted", DEVICE == "cpu")
    seen: list[str] = []
    launch = fused._launch
    monkeypatch.setattr(fused, "_launch", lambda kernel, *args, **constants: seen.append(kernel) or launch(kernel, *args, **constants))
    return seen


def stats_of(n_in: int, *, dead: int | None = None) -> InputStats:
    generator = torch.Generator().manual_seed(n_in)
    x = torch.randn(4 * n_in, n_in, generator=generator) @ (torch.randn(n_in, n_in, generator=generator) / n_in**0.5 + torch.eye(n_in))
    if dead is not None:
        x[:, dead] = 0
    return InputStats(n_tokens=len(x), hessian=(x.T @ x * (2 / len(x))).to(DEVICE))


def n_blocks(structure: str, n_in: int) -> int:
    """Return the blocks of a layer: of 128 columns, or as many whole groups as fit into that."""
    m = 128 if structure == "unstructured" else int(structure.partition(":")[2])
    return -(-n_in // (128 // m * m))


def in_torch(monkeypatch: pytest.MonkeyPatch, method, *arguments):
    """Return what the loop in torch makes of it."""
    with monkeypatch.context() as without:
        without.setattr(fused, "can_fuse", lambda columns: False)
        return method(*arguments)


@pytest.mark.parametrize("shape", [(20, 224), (33, 128), (5, 32)])
@pytest.mark.parametrize(
    "recipe", [PRUNE, *(Recipe(method="sparsegpt", structure=nm) for nm in ("2:4", "1:2", "3:4", "16:32"))], ids=lambda r: r.label
)
def test_pruned_weights_are_those_of_the_loop(recipe, shape, launches, monkeypatch):
    weight = torch.randn(*shape, generator=torch.Generator().manual_seed(0)).to(DEVICE)
    weight[:, 4] = weight[:, 5]  # ties
    stats = stats_of(shape[1], dead=7)
    made = sparsegpt(weight, stats, recipe)
    assert launches == ["prune_block"] * n_blocks(recipe.structure, shape[1])
    wanted = in_torch(monkeypatch, sparsegpt, weight, stats, recipe)
    assert torch.equal(made.weight == 0, wanted.weight == 0)
    torch.testing.assert_close(made.weight, wanted.weight, rtol=1e-4, atol=1e-5)
    assert made.bits == wanted.bits


@pytest.mark.parametrize("shape", [(20, 224), (33, 128), (5, 32)])
@pytest.mark.parametrize(
    "recipe",
    [
        ROUND,
        replace(ROUND, bits=8),
        replace(ROUND, bits=2, group_size=256),
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
    assert set(launches) == {"round_block"}
    wanted = in_torch(monkeypatch, gptq, weight, stats, recipe)
    same = torch.isclose(made.weight, wanted.weight, atol=1e-4)
    assert float(same.float().mean()) > 0.99  # a weight midway between two steps may go to either
    if recipe.quantizer:
        assert bool((made.weight[weight == 0] == 0).all())
    if recipe.is_symmetric:
        assert float(torch.isclose(made.scale, wanted.scale, rtol=1e-6).float().mean()) > 0.99


def test_a_last_block_of_one_column_and_weights_in_bfloat16(launches, monkeypatch):
    weight = torch.randn(9, 257, generator=torch.Generator().manual_seed(3)).to(DEVICE, torch.bfloat16)
    stats = stats_of(257)
    for method, recipe in ((sparsegpt, PRUNE), (gptq, replace(ROUND, group_size=64)), (gptq, replace(ROUND, group_size=None))):
        made, wanted = method(weight, stats, recipe).weight, in_torch(monkeypatch, method, weight, stats, recipe).weight
        assert made.dtype == torch.bfloat16
        assert float(torch.isclose(made.float(), wanted.float(), atol=1e-3).float().mean()) > 0.99
    assert launches == ["prune_block"] * 3 + ["round_block"] * 6


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_importances_that_are_not_finite_are_told(launches):
    weight = torch.full((4, 32), 3e38, device=DEVICE)
    with pytest.raises(CalibrationError, match="not finite"):
        sparsegpt(weight, stats_of(32), Recipe(method="sparsegpt", structure="2:4"))


def test_a_block_wider_than_a_program_can_hold_goes_through_the_loop(launches):
    weight = torch.randn(4, 600, generator=torch.Generator().manual_seed(2)).to(DEVICE)
    gptq(weight, stats_of(600), replace(ROUND, group_size=300))
    assert not launches


def test_without_a_gpu_and_the_interpreter_the_loop_is_used(monkeypatch):
    monkeypatch.setattr(fused, "is_interpreted", False)
    assert not fused.can_fuse(torch.zeros(8, 8))

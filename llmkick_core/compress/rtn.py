"""RTN: round every weight to the nearest step of an even grid.

The plain baseline that GPTQ (Frantar et al. 2022, https://arxiv.org/abs/2210.17323) and AWQ compare with. Symmetric, so zero is a step: a weight
that was pruned before stays zero. b bits give the integers -(2^(b-1) - 1) ... 2^(b-1) - 1; 2 bits are ternary.

    row [0.7, -0.1, 0.0, 0.33], 4 bits: scale 0.7 / 7 = 0.1 -> integers [7, -1, 0, 3] -> [0.7, -0.1, 0.0, 0.3]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import quantized_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

_SCALE_RANGE = (2.0**-24, 65504.0)
"""The smallest and the largest positive number of float16."""


def rtn(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: not looked at.
        recipe: `bits` 8, 4, 3 or 2; `group_size` inputs share a scale (the last group may be shorter), None is one scale a row.

    Raises:
        RecipeError: no bits are named.
    """
    if recipe.bits is None:
        raise RecipeError(f"method {recipe.method} needs bits: --bits 8, 4, 3 or 2.")
    return Compressed(
        weight=round_to_grid(weight, recipe.bits, recipe.group_size),
        bits=quantized_bits(recipe.bits, weight.shape[1], recipe.group_size),
    )


def round_to_grid(weight: Tensor, bits: int, group_size: int | None = None) -> Tensor:
    """Return `weight` with every value moved to the nearest step of its group's grid; zeros stay zeros.

    Args:
        weight: (out, in), any float dtype; not modified.
        bits: at least 2.
        group_size: consecutive inputs of a row that share a scale; None is the whole row.
    """
    import torch

    n_out, n_in = weight.shape
    size = n_in if group_size is None else min(group_size, n_in)
    padding = -n_in % size
    padded = torch.nn.functional.pad(weight.float(), (0, padding))
    groups = padded.reshape(n_out, -1, size)  # (out, groups, size); padding zeros change no maximum
    rounded = to_grid(groups, grid_scale(groups, bits, dim=2), bits)
    return rounded.reshape(n_out, -1)[:, :n_in].to(weight.dtype)


def grid_scale(weight: Tensor, bits: int, *, dim: int) -> Tensor:
    """Return the step of a symmetric grid, max |w| / (2^(bits-1) - 1), rounded to float16 as it would be stored; `dim` stays with size 1."""
    largest = weight.abs().amax(dim=dim, keepdim=True)
    step: Tensor = (largest / (2 ** (bits - 1) - 1)).half().float().clamp(*_SCALE_RANGE)
    return step


def to_grid(weight: Tensor, scale: Tensor, bits: int) -> Tensor:
    """Return float32 weights at the nearest steps of their grids; halves go to the even step, zeros stay zeros."""
    q_max = 2 ** (bits - 1) - 1
    rounded: Tensor = (weight / scale).round().clamp(-q_max, q_max) * scale
    return rounded


METHOD = Method(
    name="rtn",
    title="Round to nearest",
    compress=rtn,
    takes=frozenset({"bits", "group_size"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    source="https://arxiv.org/abs/2210.17323",
)

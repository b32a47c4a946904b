"""RTN: round every weight to the nearest step of an even grid.

The plain baseline that GPTQ (Frantar et al. 2022, https://arxiv.org/abs/2210.17323) and AWQ compare with. Zero is a step of
every grid: a weight that was pruned before stays zero. On a symmetric grid b bits give the integers -2^(b-1) ... 2^(b-1) - 1 in steps of max |w| / (2^(b-1) - 1/2), so that no
weight misses by more than half a step, but for the scale's own rounding to float16 (as GPTQ's code and compressed-tensors do); on an asymmetric one 2^b of them from the lowest weight to the highest.

    row [0.75, -0.1, 0.0, 0.33], 4 bits: scale 0.75 / 7.5 = 0.1 -> integers [7, -1, 0, 3] -> [0.7, -0.1, 0.0, 0.3]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.accounting import quantized_bits
from llmkick_core.compress.base import Compressed, InputStats, Method
from llmkick_core.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.schema import Recipe

_SCALE_RANGE = (2.0**-24, 65504.0)
"""The smallest and the largest positive number of float16."""


def rtn(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: not looked at.
        recipe: `bits` 8, 4, 3 or 2; `group_size` inputs share a scale (the last group may be shorter), None is one scale a row; `is_symmetric`.

    Raises:
        RecipeError: no bits are named.
    """
    n_in = weight.shape[1]
    groups = in_groups(weight.float(), recipe.group_size)
    grid = grid_of(groups, width_of(recipe), dim=2, is_symmetric=recipe.is_symmetric)
    rounded = to_grid(groups, grid).reshape(len(weight), -1)[:, :n_in].to(weight.dtype)
    return Compressed(weight=rounded, bits=bits_of(recipe, n_in), scale=grid.scale[:, :, 0] if recipe.is_symmetric else None)


def bits_of(recipe: Recipe, n_in: int) -> float:
    """Return bits a weight of a matrix with `n_in` inputs, quantized as the recipe says, scales included."""
    return quantized_bits(width_of(recipe), n_in, recipe.group_size, is_symmetric=recipe.is_symmetric)


def width_of(recipe: Recipe) -> int:
    """Return the bits of an integer.

    Raises:
        RecipeError: the recipe names none.
    """
    if recipe.bits is None:
        raise RecipeError(f"method {recipe.label} needs bits: --bits 8, 4, 3 or 2.")
    return recipe.bits


def round_to_grid(weight: Tensor, recipe: Recipe) -> Tensor:
    """Return `weight` (out, in) with every value moved to the nearest step of its group's grid; zeros stay zeros.

    Raises:
        RecipeError: the recipe names no bits.
    """
    return rtn(weight, InputStats(), recipe).weight


def in_groups(weight: Tensor, group_size: int | None) -> Tensor:
    """Return a weight (out, in) as (out, groups, size), the last group filled up with zeros, which widen no grid; None is one group a row."""
    import torch

    n_out, n_in = weight.shape
    size = n_in if group_size is None else min(group_size, n_in)
    return torch.nn.functional.pad(weight, (0, -n_in % size)).reshape(n_out, -1, size)


@dataclass(frozen=True)
class Grid:
    """The steps that weights are rounded to: whole multiples of a scale, from `low` to `high`, zero among them."""

    scale: Tensor
    """Of each group, as stored: a float16 number, in float32."""
    low: Tensor | int
    """Lowest multiple; minus the zero point."""
    high: Tensor | int
    """Highest multiple."""

    def at(self, *index: Any) -> Grid:
        """Return some of the groups' grids."""
        low, high = (bound if isinstance(bound, int) else bound[index] for bound in (self.low, self.high))
        return Grid(self.scale[index], low, high)


def grid_of(weight: Tensor, bits: int, *, dim: int, is_symmetric: bool = True) -> Grid:
    """Return the grid of each group of weights; `dim`, over which a group goes, stays with size 1.

    Symmetric: max |w| / (2^(bits-1) - 1/2) is the step. Else the 2^bits steps go from the lowest weight to the highest, zero included, and a zero point says
    which of them is zero.
    """
    import torch

    if is_symmetric:
        half = 2 ** (bits - 1)
        return Grid(as_float16(weight.abs().amax(dim=dim, keepdim=True) / (half - 0.5)), -half, half - 1)
    top = 2**bits - 1
    low, high = weight.amin(dim=dim, keepdim=True).clamp(max=0), weight.amax(dim=dim, keepdim=True).clamp(min=0)
    scale = as_float16((high - low) / top)
    zero = torch.clamp((-low / scale).round(), 0, top)
    return Grid(scale, -zero, top - zero)


def stacked(grids: Sequence[Grid]) -> Grid:
    """Return grids of (out,) as one of (grids, out)."""
    import torch

    def rows(bounds: list[Tensor | int]) -> Tensor | int:
        return bounds[0] if isinstance(bounds[0], int) else torch.stack([bound for bound in bounds if not isinstance(bound, int)])

    return Grid(torch.stack([grid.scale for grid in grids]), rows([grid.low for grid in grids]), rows([grid.high for grid in grids]))


def as_float16(step: Tensor) -> Tensor:
    """Return scales as float16 keeps them, in float32."""
    rounded: Tensor = step.half().float().clamp(*_SCALE_RANGE)
    return rounded


def to_grid(weight: Tensor, grid: Grid) -> Tensor:
    """Return float32 weights at the nearest steps of their grids; halves go to the even step, zeros stay zeros."""
    low: Any = grid.low
    high: Any = grid.high
    rounded: Tensor = (weight / grid.scale).round().clamp(low, high) * grid.scale
    return rounded


METHOD = Method(
    name="rtn",
    title="Round to nearest",
    short_title="RTN",
    help="rounds each weight to the nearest of its group's grid",
    compress=rtn,
    takes=frozenset({"bits", "group_size", "is_symmetric"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    version=2,
    source="https://arxiv.org/abs/2210.17323",
    colour="#8C6D31",
)

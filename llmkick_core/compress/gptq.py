"""GPTQ: round the columns one after the other, and let those not rounded yet make up for the error.

Frantar et al. 2022, https://arxiv.org/abs/2210.17323 (algorithm 1). The grid is RTN's; a group's scale is taken when its first column is reached, from its
weights as they stand then. With activation order (the paper's code) the columns with the largest inputs are rounded first; then the scales are taken
beforehand, so that a group is still consecutive inputs. After a pruning method the zeros stay zeros and what they cost is made up for as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import BLOCK, compensate, with_ordered_factor
from llmkick_core.compress.rtn import bits_of, grid_of, in_groups, to_grid, width_of

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def gptq(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized with error compensation and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified. Where the recipe names a quantizer its zeros stay zeros.
        stats: `hessian` is (in, in) float32, 2 / n_tokens times the sum of x x^T.
        recipe: `bits` 8, 4, 3 or 2; `group_size` inputs share a scale (the last group may be shorter), None is one scale a row; `is_symmetric`;
            `has_activation_order`.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
        RecipeError: no bits are named.
    """
    import torch

    bits, n_in = width_of(recipe), weight.shape[1]
    stats = with_ordered_factor([weight], stats, recipe)
    assert stats.hessian is not None
    assert stats.factor is not None
    dense = weight.float().masked_fill(stats.hessian.diagonal() == 0, 0)  # what never enters must not widen the grid
    zeros = (weight == 0).T if recipe.quantizer is not None else None  # (in, out)
    size = n_in if recipe.group_size is None else min(recipe.group_size, n_in)
    columns = list(range(n_in)) if stats.order is None else stats.order.tolist()
    beforehand = grid_of(in_groups(dense, size), bits, dim=2, is_symmetric=recipe.is_symmetric)  # of (out, groups, 1)
    grids = [beforehand.at(slice(None), group, 0) for group in range(-(-n_in // size))]  # each of (out,)

    def settle(j: int, rest: Tensor, worth: Tensor) -> Tensor:
        column = columns[j]
        group = column // size
        if stats.order is None and group and j % size == 0:
            now = rest[:size] if zeros is None else rest[:size].masked_fill(zeros[j : j + size], 0)  # what will be zero must not widen it
            grids[group] = grid_of(now, bits, dim=0, is_symmetric=recipe.is_symmetric).at(0)
        rounded = to_grid(rest[0], grids[group])
        return rounded if zeros is None else rounded.masked_fill(zeros[column], 0)

    width = BLOCK if size == n_in else max(BLOCK // size, 1) * size  # a group lies in one block
    if stats.order is None:
        quantized = compensate(dense, stats.factor, width=width, settle=settle)
    else:
        quantized = dense.clone()
        quantized[:, stats.order] = compensate(dense[:, stats.order], stats.factor, width=BLOCK, settle=settle)
    scale = torch.stack([grid.scale for grid in grids], dim=1) if recipe.is_symmetric else None
    return Compressed(weight=quantized.to(weight.dtype), bits=bits_of(recipe, n_in), scale=scale)


METHOD = Method(
    name="gptq",
    title="GPTQ",
    compress=gptq,
    needs=frozenset({"hessian"}),
    n_products=1,
    share=with_ordered_factor,
    takes=frozenset({"bits", "group_size", "is_symmetric", "has_activation_order"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    source="https://arxiv.org/abs/2210.17323",
)

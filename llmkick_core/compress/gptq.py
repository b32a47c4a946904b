"""GPTQ: round the columns one after the other, and let those not rounded yet make up for the error.

Frantar et al. 2022, https://arxiv.org/abs/2210.17323 (algorithm 1). The grid is RTN's; a group's scale is taken when its first column is reached, from its
weights as they stand then. With activation order (the paper's code) the columns with the largest inputs are rounded first; then the scales are taken
beforehand, so that a group is still consecutive inputs. After a pruning method the zeros stay zeros and what they cost is made up for as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress import fused
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import compensate, with_ordered_factor
from llmkick_core.compress.rtn import bits_of, grid_of, in_groups, stacked, to_grid, width_of

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

    n_in = weight.shape[1]
    width_of(recipe)  # raises before anything is computed
    stats = with_ordered_factor([weight], stats, recipe)
    assert stats.hessian is not None
    assert stats.factor is not None
    dense = weight.float().masked_fill(stats.hessian.diagonal() == 0, 0)  # what never enters must not widen the grid
    rule = _Rounding(dense, (weight == 0).T if recipe.quantizer is not None else None, stats.order, recipe)
    if stats.order is None:
        quantized = compensate(dense, stats.factor, rule)
    else:
        quantized = dense.clone()
        quantized[:, stats.order] = compensate(dense[:, stats.order], stats.factor, rule)
    scale = torch.stack([grid.scale for grid in rule.grids], dim=1) if recipe.is_symmetric else None
    return Compressed(weight=quantized.to(weight.dtype), bits=bits_of(recipe, n_in), scale=scale)


class _Rounding:
    """Each column becomes the nearest steps of its group's grids."""

    def __init__(self, dense: Tensor, zeros: Tensor | None, order: Tensor | None, recipe: Recipe) -> None:
        """Take the grids of all groups as they stand; those that move are taken again when they are reached.

        Args:
            dense: (out, in) float32, the columns in their own order.
            zeros: (in, out) bool, what stays zero.
            order: (in,), the columns in the order in which they are settled; None is their own.
            recipe: bits, group size and kind of grid.
        """
        n_in = dense.shape[1]
        self._bits, self._is_symmetric = width_of(recipe), recipe.is_symmetric
        self._size = n_in if recipe.group_size is None else min(recipe.group_size, n_in)
        self._order = None if order is None else order.tolist()
        self._zeros = zeros if zeros is None or order is None else zeros[order]
        self._is_moving = order is None and self._size < n_in  # whether a group's grids are taken when its first column is reached
        self.period = self._size if self._is_moving else 1
        beforehand = grid_of(in_groups(dense, self._size), self._bits, dim=2, is_symmetric=self._is_symmetric)  # of (out, groups, 1)
        self.grids = [beforehand.at(slice(None), group, 0) for group in range(-(-n_in // self._size))]  # each of (out,)

    def settle(self, j: int, rest: Tensor, worth: Tensor) -> Tensor:
        """Return a column at its nearest steps, what was removed at zero."""
        group = (j if self._order is None else self._order[j]) // self._size
        if self._is_moving and j % self._size == 0:
            now = rest[: self._size]
            if self._zeros is not None:  # what will be zero must not widen it
                now = now.masked_fill(self._zeros[j : j + self._size], 0)
            self.grids[group] = grid_of(now, self._bits, dim=0, is_symmetric=self._is_symmetric).at(0)
        rounded = to_grid(rest[0], self.grids[group])
        return rounded if self._zeros is None else rounded.masked_fill(self._zeros[j], 0)

    def settle_block(self, start: int, columns: Tensor, local: Tensor) -> Tensor | None:
        """Return the errors of a block that one kernel settled."""
        if not fused.can_fuse(columns):
            return None
        place = range(start, start + len(columns))
        zeros = None if self._zeros is None else self._zeros[start : place.stop]
        if not self._is_moving:
            groups = [(j if self._order is None else self._order[j]) // self._size for j in place]
            grid = stacked([self.grids[group] for group in groups])
            return fused.round_to(columns, local, grid, zeros=zeros, bits=self._bits, is_symmetric=self._is_symmetric)
        first, last = start // self._size, -(-place.stop // self._size)
        grid = stacked(self.grids[first:last])
        errors = fused.round_to(columns, local, grid, zeros=zeros, bits=self._bits, size=self._size, is_symmetric=self._is_symmetric)
        self.grids[first:last] = [grid.at(k) for k in range(last - first)]  # the scales of symmetric ones are read again
        return errors


METHOD = Method(
    name="gptq",
    title="GPTQ",
    help="rounds column by column and corrects the later ones by the inputs' Hessian",
    compress=gptq,
    needs=frozenset({"hessian"}),
    n_products=1,
    share=with_ordered_factor,
    takes=frozenset({"bits", "group_size", "is_symmetric", "has_activation_order"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    version=2,
    source="https://arxiv.org/abs/2210.17323",
    colour="#D55E00",
)

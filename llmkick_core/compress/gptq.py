"""GPTQ: round the columns one after the other, and let those not rounded yet make up for the error.

Frantar et al. 2022, https://arxiv.org/abs/2210.17323 (algorithm 1). The grid is RTN's, symmetric; a group's step is taken when its first column is reached,
from its weights as they stand then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import quantized_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import BLOCK, compensate, factor_of, hessian_of, with_factor
from llmkick_core.compress.rtn import grid_scale, to_grid
from llmkick_core.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def gptq(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized with error compensation and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: `hessian` is (in, in) float32, 2 / n_tokens times the sum of x x^T.
        recipe: `bits` 8, 4, 3 or 2; `group_size` inputs share a scale (the last group may be shorter), None is one scale a row.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
        RecipeError: no bits are named.
    """
    if recipe.bits is None:
        raise RecipeError(f"method {recipe.method} needs bits: --bits 8, 4, 3 or 2.")
    bits = recipe.bits
    n_in = weight.shape[1]
    factor = factor_of(stats, n_in, "gptq")
    dense = weight.float().masked_fill(hessian_of(stats, n_in, "gptq").diagonal() == 0, 0)  # what never enters must not widen the grid
    size = n_in if recipe.group_size is None else min(recipe.group_size, n_in)
    scale = grid_scale(dense, bits, dim=1)[:, 0]  # (out,)

    def settle(j: int, rest: Tensor, worth: Tensor) -> Tensor:
        nonlocal scale
        if size < n_in and j % size == 0:
            scale = grid_scale(rest[:size], bits, dim=0)[0]
        return to_grid(rest[0], scale, bits)

    width = BLOCK if size == n_in else max(BLOCK // size, 1) * size  # a group lies in one block
    quantized = compensate(dense, factor, width=width, settle=settle)
    return Compressed(weight=quantized.to(weight.dtype), bits=quantized_bits(bits, n_in, recipe.group_size))


METHOD = Method(
    name="gptq",
    title="GPTQ",
    compress=gptq,
    needs="hessian",
    share=with_factor,
    takes=frozenset({"bits", "group_size"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    source="https://arxiv.org/abs/2210.17323",
)

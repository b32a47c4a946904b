"""Wanda: remove the weights with the lowest |weight| x input norm.

Sun et al. 2023, https://arxiv.org/abs/2306.11695. No weight is updated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import pruned_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.masks import lowest_per_row
from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def wanda(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return a pruned copy of one linear layer's weight.

    Weights compete only within their own row (output unit), so every row ends up equally sparse (equation 1 and section 3 there).

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: `column_norm` is (in,) float32, the L2 norm of each input feature over all calibration tokens.
        recipe: `sparsity` is the share removed, 0-1; a structure "n:m" keeps n weights of every m consecutive inputs instead.

    Raises:
        CalibrationError: `column_norm` is missing, has the wrong length or is not finite.
        RecipeError: no sparsity is named, or `in` is not a multiple of m.
    """
    norm = stats.column_norm
    if norm is None or norm.shape != weight.shape[1:]:
        found = "no column norms" if norm is None else f"{norm.numel()} column norms"
        raise CalibrationError(f"wanda needs the norm of each of the {weight.shape[1]} inputs and got {found}.")
    mask = lowest_per_row(weight.abs().float().mul_(norm), recipe)  # (out, in); float32: bfloat16 would make ties
    pruned = weight.masked_fill(mask, 0)
    return Compressed(weight=pruned, bits=pruned_bits(float((pruned == 0).float().mean()), recipe.structure))


METHOD = Method(
    name="wanda",
    title="Wanda",
    help="removes the weights with the lowest |weight| x input norm",
    compress=wanda,
    needs=frozenset({"column_norm"}),
    requires=frozenset({"sparsity"}),
    source="https://arxiv.org/abs/2306.11695",
    colour="#0072B2",
)

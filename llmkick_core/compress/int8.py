"""int8: LLM.int8(), the weights to 8 bits by rows, but those that read outlier inputs kept in 16.

Dettmers et al. 2022, https://arxiv.org/abs/2208.07339 (section 3). An input feature is an outlier where any calibration token brings it to 6.0 or more; its column stays as it is.
The other weights of each row are scaled by their own absmax to -127 ... 127. Not in: the activations, which there are quantized too while the model runs (one scale a token) and
here stay as they are. What is measured is the loss by the weights alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import VALUE_BITS, quantized_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.rtn import Grid, as_float16, to_grid
from llmkick_core.errors import CalibrationError, RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

BITS = 8
THRESHOLD = 6.0
"""Size from which an input is an outlier (the paper's section 3.2)."""

_TOP = 127


def int8(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized to int8 by rows and dequantized again, its outlier columns untouched.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: `column_max` is (in,) float32, the largest |x| of each input feature over all calibration tokens.
        recipe: `bits` may be left out or 8.

    Raises:
        CalibrationError: `column_max` is missing or of the wrong width.
        RecipeError: other bits are asked for.
    """
    import torch

    if recipe.bits not in (None, BITS):
        raise RecipeError(f"method int8 stores 8 bits, not {recipe.bits}; for {recipe.bits} bits use --method rtn.")
    most = stats.column_max
    if most is None or most.shape != weight.shape[1:]:
        found = "none" if most is None else str(most.numel())
        raise CalibrationError(f"int8 needs the largest size of each of the {weight.shape[1]} inputs and got {found}.")
    is_outlier = most >= THRESHOLD  # (in,)
    dense = weight.float()
    scale = as_float16(dense.masked_fill(is_outlier, 0).abs().amax(dim=1, keepdim=True) / _TOP)  # (out, 1)
    rounded = to_grid(dense, Grid(scale, -_TOP, _TOP))
    quantized = torch.where(is_outlier, dense, rounded).to(weight.dtype)
    share = float(is_outlier.float().mean())
    return Compressed(weight=quantized, bits=quantized_bits(BITS, weight.shape[1]) + share * (VALUE_BITS - BITS))


METHOD = Method(
    name="int8",
    title="LLM.int8()",
    short_title="int8",
    help="rounds to 8 bits, columns with outlying inputs left as they are",
    compress=int8,
    needs=frozenset({"column_max"}),
    takes=frozenset({"bits"}),
    default_bits=BITS,
    source="https://arxiv.org/abs/2208.07339",
    colour="#56B4E9",
)

"""int8: vector-wise absmax quantization of the weights to 8 bits.

From LLM.int8() (Dettmers et al. 2022, https://arxiv.org/abs/2208.07339, section 2.1). In: each output row of a weight is scaled by its own
absmax to -127 ... 127. Not in: activations stay as they are (there they are quantized too, one scale a token), and so there is no
decomposition that keeps outlier features in 16 bits. What is measured is therefore the loss by the weights alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import quantized_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.rtn import round_to_grid
from llmkick_core.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def int8(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, quantized to int8 by rows and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: not looked at.
        recipe: `bits` may be left out or 8.

    Raises:
        RecipeError: other bits are asked for.
    """
    if recipe.bits not in (None, 8):
        raise RecipeError(f"method int8 stores 8 bits, not {recipe.bits}; for {recipe.bits} bits use --method rtn.")
    return Compressed(weight=round_to_grid(weight, 8), bits=quantized_bits(8, weight.shape[1]))


METHOD = Method(
    name="int8",
    title="int8 (absmax rows)",
    compress=int8,
    takes=frozenset({"bits"}),
    default_bits=8,
    source="https://arxiv.org/abs/2208.07339",
)

"""One-shot magnitude: remove the smallest |weight| of the whole layer.

The baseline of the paper (Jaiswal et al. 2024, section 3; https://arxiv.org/abs/2310.01382). It looks at no calibration text and updates no weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import pruned_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.masks import lowest_in_layer

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def magnitude(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return a pruned copy of one linear layer's weight.

    All weights of the layer compete, so rows end up differently sparse. With n:m each group of m competes on its own.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: not looked at.
        recipe: `sparsity` is the share of the layer removed, 0-1; a structure "n:m" keeps n weights of every m consecutive inputs instead.

    Raises:
        CalibrationError: a weight is not finite.
        RecipeError: no sparsity is named, or `in` is not a multiple of m.
    """
    pruned = weight.masked_fill(lowest_in_layer(weight.float().abs(), recipe), 0)
    return Compressed(weight=pruned, bits=pruned_bits(float((pruned == 0).float().mean()), recipe.structure))


METHOD = Method(
    name="magnitude",
    title="Magnitude",
    help="removes the weights nearest to zero",
    compress=magnitude,
    requires=frozenset({"sparsity"}),
    source="https://arxiv.org/abs/1506.02626",
    colour="#E69F00",
)

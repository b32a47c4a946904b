"""Random: remove weights by lot, the floor that every other method should clear."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import pruned_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.masks import lowest_per_row

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def random(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return a copy of one linear layer's weight with weights of each row removed at random.

    The draw depends on the recipe's seed and on the weight's first row, so that it is repeatable and layers of one shape differ.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: not looked at.
        recipe: `sparsity` or structure n:m, and `calibration.seed`.

    Raises:
        RecipeError: no sparsity is named, or `in` is not a multiple of m.
    """
    import torch

    first_row = weight[0].detach().float().cpu().contiguous().numpy().tobytes()
    generator = torch.Generator().manual_seed(zlib.crc32(first_row, recipe.calibration.seed & 0xFFFFFFFF))
    lots = torch.rand(weight.shape, generator=generator).to(weight.device)  # (out, in), drawn on the CPU: the same on every device
    pruned = weight.masked_fill(lowest_per_row(lots, recipe), 0)
    return Compressed(weight=pruned, bits=pruned_bits(float((pruned == 0).float().mean()), recipe.structure))


METHOD = Method(
    name="random",
    title="Random",
    help="removes weights at random: what any method has to beat",
    compress=random,
    requires=frozenset({"sparsity"}),
    is_drawn=True,
    colour="#999999",
)

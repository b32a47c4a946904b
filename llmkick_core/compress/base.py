"""What a compression method is: a name, a pure function on one weight, and the statistics it needs.

A method lives in one file of this package and ends in a `METHOD = Method(...)`; catalog.METHODS finds it there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.schema import Recipe

Need = Literal["column_norm", "column_max", "hessian"]
"""A statistic of a layer's inputs; the Hessian brings the means with it."""


@dataclass(frozen=True, kw_only=True)
class InputStats:
    """What calibration saw enter one linear layer; layers that read the same input share one."""

    n_tokens: int = 0
    """Calibration tokens seen; 0 for an expert that none was sent to, whose inputs are then taken to be all alike."""
    column_norm: Tensor | None = None
    """(in,) float32: L2 norm of each input feature over all calibration tokens."""
    column_max: Tensor | None = None
    """(in,) float32: largest |x| of each input feature over all calibration tokens."""
    hessian: Tensor | None = None
    """(in, in) float32: sum of x x^T over all calibration tokens, times 2 / n_tokens."""
    column_mean: Tensor | None = None
    """(in,) float32: mean |x| of each input feature over all calibration tokens; comes with the Hessian."""
    factor: Tensor | None = None
    """(in, in) float32: upper Cholesky factor of the damped inverse of the Hessian (see hessian), where the method's `share` made it."""
    order: Tensor | None = None
    """(in,) int64: the inputs in the order of the factor's columns; None where that is their own."""
    damping: float | None = None
    """What was added to the Hessian's diagonal for the factor, as a share of its mean."""
    scale: Tensor | None = None
    """(in,) float32: by which AWQ multiplies the columns before rounding, where its `share` made it."""


@dataclass(frozen=True, kw_only=True)
class Compressed:
    """A compressed weight and what it would take to store it."""

    weight: Tensor
    """(out, in), the dtype of the input; quantized weights are given dequantized."""
    bits: float
    """Effective bits a weight in a packed format, scales, zero points and masks included."""
    scale: Tensor | None = None
    """(out, groups) float32, each a float16 number: of a weight that is whole multiples of it on a symmetric grid; None of all others."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to compress a linear layer."""

    name: str
    """The word on the command line."""
    title: str
    """The name people read."""
    compress: Callable[[Tensor, InputStats, Recipe], Compressed]
    """Pure: (out, in) weight, statistics of its input, recipe -> a new weight. The input is not modified."""
    needs: frozenset[Need] = frozenset()
    """Statistics that have to be gathered first; none of them for a method that looks at no calibration text."""
    share: Callable[[Sequence[Tensor], InputStats, Recipe], InputStats] | None = None
    """Pure: done once for the weights (out, in) of all layers that read the same input; returns the statistics with what they have in common."""
    takes: frozenset[str] = field(default_factory=lambda: frozenset({"sparsity", "structure"}))
    """Recipe fields that mean something to this method, of: sparsity, structure, bits, group_size, is_symmetric, has_activation_order."""
    requires: frozenset[str] = frozenset()
    """Of `takes`, those that must be given."""
    is_drawn: bool = False
    """Whether the result depends on the recipe's seed though no statistics are gathered."""
    n_products: int = 0
    """How often it multiplies the weights (out, in) by a matrix (in, in), for the estimate of its time."""
    default_bits: int | None = None
    """Bits where the recipe names none; None for methods that do not quantize."""
    quantizer: str = "rtn"
    """For a method that prunes: what quantizes afterwards, where a recipe names bits and no quantizer."""
    version: int = 1
    """Rises when it gives other weights than before, so that none of before are taken for its own."""
    help: str = ""
    """What it does, in a line, for `--help` and the Run page."""
    source: str = ""
    """URL of the paper."""
    short_title: str = ""
    """A shorter name for the end of a line, where the title is long."""
    colour: str = ""
    """Its colour in figures and tables, such as `#0072B2`; one of its own is given to a method that names none (catalog.method_colour)."""

    @property
    def prunes(self) -> bool:
        """Return whether it removes weights; what does not, quantizes them."""
        return "sparsity" in self.takes

"""What a compressed model would take to store.

Zeros written into a dense file save nothing. The bits told here are those of a packed format: kept values of 16 bits plus what says where they
stand, or quantized values plus their 16-bit scales.

    wanda-50 -> 8 bits of values + 1 bit of bitmap = 9    2:4 -> 8 + 1 = 9    4 bits in groups of 128 -> 4 + 16 / 128 = 4.125
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import parse_structure

VALUE_BITS = 16
"""Bits of a weight that is not quantized, and of a scale."""


def pruned_bits(sparsity: float, structure: str = "unstructured") -> float:
    """Return bits a weight of a pruned matrix: the kept values at 16 bits, and their positions.

    Positions take a bitmap (1 bit a weight) or, for n:m, ceil(log2 m) bits a kept weight where that is less. Never more than the
    16 bits of the dense matrix, which is what one would store below a sparsity of 1/16.

    Args:
        sparsity: share of zeros, 0-1.
        structure: `unstructured` or `n:m`.
    """
    return min(float(VALUE_BITS), (1 - sparsity) * VALUE_BITS + _position_bits(structure))


def quantized_bits(bits: int, n_in: int, group_size: int | None = None, *, is_symmetric: bool = True) -> float:
    """Return bits a weight of a quantized row: its integers and, for each group, a 16-bit scale and a zero point where the grid has one.

    Args:
        bits: bits of an integer, and of a zero point.
        n_in: inputs of the layer.
        group_size: inputs that share a scale; None is one scale a row. The last group may be shorter.
        is_symmetric: whether the grid has no zero point.
    """
    n_scales = 1 if group_size is None else math.ceil(n_in / group_size)
    return bits + (VALUE_BITS + (0 if is_symmetric else bits)) * n_scales / n_in


def joint_bits(sparsity: float, structure: str, width: int, quantized: float) -> float:
    """Return bits a weight of a matrix that was pruned and then quantized: the kept integers, their positions, and the scales of all.

    Never more than what the quantized matrix takes with its zeros in it.

    Args:
        sparsity: share of zeros, 0-1.
        structure: `unstructured` or `n:m`.
        width: bits of an integer.
        quantized: bits a weight of the quantized matrix, scales included.
    """
    nm = parse_structure(structure)
    kept = 1 - sparsity if nm is None else nm[0] / nm[1]  # n:m has a place for n of every m, also for those that were rounded to zero
    return min(quantized, kept * width + _position_bits(structure) + quantized - width)


def _position_bits(structure: str) -> float:
    """Return what says where the kept weights stand, in bits a weight: a bitmap, or the places within each m where that is less."""
    nm = parse_structure(structure)
    return 1.0 if nm is None else min(1.0, nm[0] * math.ceil(math.log2(nm[1])) / nm[1])


@dataclass(frozen=True, kw_only=True)
class Totals:
    """A compression as a whole: its layers, weighted by their size."""

    n_weights: int
    """Weights in compressed layers."""
    sparsity: float
    """Share of them that is exactly zero, 0-1."""
    bits_per_weight: float
    """Effective bits of each in a packed format."""

    @property
    def n_bytes(self) -> int:
        """Return the bytes of all compressed layers in a packed format, rounded up."""
        return math.ceil(self.n_weights * self.bits_per_weight / 8)


def totals(reports: Sequence[LayerReport]) -> Totals:
    """Return the totals over the layers of one compression; a dense one has no layers and 16 bits."""
    sizes = [report.n_out * report.n_in for report in reports]
    n_weights = sum(sizes)
    if n_weights == 0:
        return Totals(n_weights=0, sparsity=0.0, bits_per_weight=float(VALUE_BITS))
    return Totals(
        n_weights=n_weights,
        sparsity=sum(size * report.sparsity for size, report in zip(sizes, reports, strict=True)) / n_weights,
        bits_per_weight=sum(size * report.bits for size, report in zip(sizes, reports, strict=True)) / n_weights,
    )

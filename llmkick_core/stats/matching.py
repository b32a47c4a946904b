"""The paper's verdict: a compressed model *matches* where its score is at least (1 - e0) of the dense one, e0 = 5% relative.

Decided with the 95% interval of compressed - 0.95 * dense, not with the two numbers alone: all of it above 0 is matching, all below is not
matching, and anything else is undecided, a calm answer that more questions would settle. Perplexity, where lower is better, may rise by 5%.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from llmkick_core.stats.paired import Comparison

Verdict = Literal["matching", "not matching", "undecided"]

TOLERANCE = 0.05
"""The paper's e0, relative to the dense score."""


def verdict(comparison: Comparison, tolerance: float = TOLERANCE) -> Verdict:
    """Return whether a compressed run matches the dense one.

    Args:
        comparison: from stats.paired.
        tolerance: the share of the dense score that may be lost (of the dense perplexity, gained).
    """
    low, high = comparison.ratio_low, comparison.ratio_high
    if low is None or high is None:
        return "undecided"
    if comparison.is_perplexity:
        bound = 1 + tolerance
        return "matching" if high <= bound else "not matching" if low > bound else "undecided"
    bound = 1 - tolerance
    return "matching" if low >= bound else "not matching" if high < bound else "undecided"


def largest_matching_sparsity(points: Iterable[tuple[float, str | None]]) -> float | None:
    """Return the largest sparsity that matches, with no smaller one that does not; None where there is none.

    An undecided step below it does not stand in the way.

    Args:
        points: (sparsity, verdict) of one method on one task, in any order; a verdict of None is left out.
    """
    largest = None
    for sparsity, said in sorted((point for point in points if point[1] is not None), key=lambda point: point[0]):
        if said == "not matching":
            break
        if said == "matching":
            largest = sparsity
    return largest

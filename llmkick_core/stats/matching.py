"""The paper's verdict: a compressed model *matches* where its score is at least (1 - e0) of the dense one, e0 = 5% relative.

Decided with the 95% interval of compressed - 0.95 * dense, not with the two numbers alone: all of it above 0 is matching, all below is not
matching, and anything else is undecided, a calm answer that more questions would settle. Where lower is better, as of perplexity, the score may rise by 5%.
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
        tolerance: the share of the dense score that may be lost (gained, where lower is better).
    """
    low, high = comparison.ratio_low, comparison.ratio_high
    if low is None or high is None:
        is_worse = not comparison.higher_is_better and comparison.dense_share == 0 and (comparison.low or 0) > 0
        return "not matching" if is_worse else "undecided"
    if not comparison.higher_is_better:
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

"""How many more questions would decide an undecided verdict.

    more_questions(compare(...)) -> 1412     about as many, of the same kind and with the same rates as those asked so far

A verdict is a score test of compressed = 0.95 * dense (stats.intervals). It rejects with a power of 80% at n pairs where

    sqrt(n) * |compressed - 0.95 * dense| = 1.96 * sqrt(V0) + 0.84 * sqrt(V1)

V0 and V1 the variances a pair under the hypothesis and as observed (Nam and Blackwelder 2002, Statistics in Medicine 21:689). Answers that share a fact count
by as much less as their interval is wider than it would be if each stood alone (the design effect), so that facts are counted and not their wordings.
Where nothing is right or wrong, as with graded answers and perplexity, the error comes from the interval's width.
"""

from __future__ import annotations

import math

from llmkick_core.stats.intervals import Z95, Cells, null_variance, ratio_interval
from llmkick_core.stats.matching import TOLERANCE, verdict
from llmkick_core.stats.nlls import t95
from llmkick_core.stats.paired import Comparison

Z80 = 0.8416212335729143
"""80% point of the normal distribution: the power that is planned for."""


def more_questions(comparison: Comparison, tolerance: float = TOLERANCE) -> int | None:
    """Return about how many more questions (windows for perplexity) would decide an undecided verdict, in four cases of five.

    None where the verdict is decided, where there is no interval, and where the observed ratio sits on the bound, so that no number would.

    Args:
        comparison: from stats.paired; the rates it saw are taken for the true ones.
        tolerance: as in `verdict`.
    """
    bound = 1 - tolerance if comparison.higher_is_better else 1 + tolerance
    ratio, low, high = comparison.ratio, comparison.ratio_low, comparison.ratio_high
    if verdict(comparison, tolerance) != "undecided" or ratio is None or low is None or high is None or not math.isfinite(ratio):
        return None
    end = low if ratio > bound else high
    needed = _needed(comparison, ratio, end, bound)
    return max(1, math.ceil(needed - comparison.n)) if math.isfinite(needed) else None


def _needed(comparison: Comparison, ratio: float, end: float, bound: float) -> float:
    """Return the questions that decide it, those asked so far included; `end` is the end of the interval that lies beyond the bound."""
    n = comparison.n
    if comparison.is_perplexity:
        return _scaled(n, math.log(ratio / end) if end > 0 else math.inf, math.log(ratio / bound), t95(n - 1))
    cells = Cells(both=comparison.both_right, broke=comparison.broke, fixed=comparison.fixed, neither=comparison.both_wrong)
    closed = ratio_interval(cells)
    if closed is None or not _is_binary(comparison, cells):
        return _scaled(n, ratio - end, ratio - bound, Z95)
    expected = closed[0] if ratio > bound else closed[1]
    effect = (cells.both + cells.fixed - bound * (cells.both + cells.broke)) / n
    if abs(effect) < 1e-9 or not math.isfinite(expected) or not math.isfinite(end):
        return math.inf
    dense, compressed = (cells.both + cells.broke) / n, (cells.both + cells.fixed) / n
    observed = compressed + bound**2 * dense - 2 * bound * cells.both / n - effect**2
    alone = ((Z95 * math.sqrt(max(0.0, null_variance(cells, bound))) + Z80 * math.sqrt(max(0.0, observed))) / effect) ** 2
    return alone * ((ratio - end) / (ratio - expected)) ** 2


def _scaled(n: int, half: float, effect: float, quantile: float) -> float:
    """Return the pairs at which an interval that was `half` wide on one side at n pairs clears `effect` with power."""
    return n * ((Z95 + Z80) * half / quantile / effect) ** 2 if abs(effect) > 1e-9 else math.inf


def _is_binary(comparison: Comparison, cells: Cells) -> bool:
    """Return whether the shares are those of right answers, not of graded ones."""
    shares = ((cells.both + cells.broke) / cells.n, (cells.both + cells.fixed) / cells.n)
    found = (comparison.dense_share, comparison.compressed_share)
    return all(one is not None and abs(one - share) < 1e-9 for one, share in zip(found, shares, strict=True))

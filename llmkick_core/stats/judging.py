"""How far a judge's scores and verdicts can be trusted: means and changes on its scale, its noise, its leanings, its agreement with others.

    noise_floor([[7, 7, 8], [5, 5, 5]]) -> NoiseFloor(n_items=2, n_pairs=6, sd=0.41, agreement=0.67, difference=0.33)

A unit is a question: the turns of one conversation, and one question put to many recipes, vary together. Intervals are 95%.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from llmkick_core.stats.intervals import Z95, wilson
from llmkick_core.stats.matching import TOLERANCE, Verdict
from llmkick_core.stats.nlls import t95
from llmkick_core.stats.paired import FEWEST_CHANGED, mcnemar
from llmkick_core.stats.resampling import Floats, Groups, kept_groups, unit_codes, unit_sums

UNSEEN = 5.0
"""Points by which one more question is taken to depart where nearly all are alike: half the scale, as an answer that breaks."""


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean on the judge's scale."""

    n: int
    """Values it is the mean of."""
    mean: float | None
    """None where there is no value."""
    low: float | None
    """Lower end of the 95% interval; None for fewer than two units."""
    high: float | None
    """Upper end."""


def mean_interval(values: ArrayLike, groups: Groups | None = None) -> Mean:
    """Return the mean of scores with Student's t interval over units.

    It counts on enough values that differ to know their spread. Where fewer than ten units, and fewer than half of them, depart from the commonest value, it is
    made as wide as if one more had departed by `UNSEEN` points. Drawn many times, 95% should cover the truth: where 2% of 30 answers change, by 1-7
    points, plain t does so 46 times of 100 and this 100; 10% of 30, 86 and 93; 5% of 80, 88 and 93; where many change both do 94-96 times.

    Args:
        values: (n,) scores or differences of scores; NaN is missing and left out.
        groups: the unit of each value, as `unit_codes` takes it; None where each stands alone.
    """
    everything = np.asarray(values, dtype=np.float64)
    return _mean(everything, everything, groups)


def _mean(everything: Floats, moved: Floats, groups: Groups | None) -> Mean:
    """Return the mean of (n,) values; how many units are alike is told by `moved`, (n,)."""
    is_known = np.isfinite(everything)
    kept = everything[is_known]
    n = len(kept)
    if n == 0:
        return Mean(n=0, mean=None, low=None, high=None)
    codes, n_units = unit_codes(n, None if groups is None else kept_groups(groups, is_known))
    mean = float(kept.mean())
    if n_units < 2:
        return Mean(n=n, mean=mean, low=None, high=None)
    sums = unit_sums(codes, n_units, kept, moved[is_known], np.ones(n))  # (u, 3)
    squares = float(((sums[:, 0] - mean * sums[:, 2]) ** 2).sum())
    if _n_departing(sums[:, 1] / sums[:, 2]) < min(FEWEST_CHANGED, n_units / 2):
        squares += (UNSEEN * n / n_units) ** 2
    # the error of a mean over units of several sizes (Cochran 1977, chapter 6)
    half = t95(n_units - 1) * math.sqrt(n_units / (n_units - 1) * squares) / n
    return Mean(n=n, mean=mean, low=mean - half, high=mean + half)


def _n_departing(values: Floats) -> int:
    """Return how many values are not the commonest one."""
    return len(values) - int(np.unique(np.round(values, 9), return_counts=True)[1].max())


def paired_change(before: ArrayLike, after: ArrayLike, groups: Groups | None = None) -> Mean:
    """Return the mean of after minus before over what has both, with the interval of `mean_interval`.

    Args:
        before: (n,) scores; NaN is missing.
        after: (n,) scores of the same questions.
        groups: the unit of each.
    """
    return mean_interval(np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64), groups)


def relative_verdict(before: ArrayLike, after: ArrayLike, groups: Groups | None = None, tolerance: float = TOLERANCE) -> Verdict | None:
    """Return the paper's verdict on mean scores: matching where after is at least (1 - tolerance) of before; None without pairs.

    Decided as stats.matching does: by the interval of after - (1 - tolerance) * before.
    """
    was, now = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    found = _mean(now - (1 - tolerance) * was, now - was, groups)
    if found.n == 0:
        return None
    if found.low is None or found.high is None:
        return "undecided"
    return "matching" if found.low >= 0 else "not matching" if found.high < 0 else "undecided"


@dataclass(frozen=True, kw_only=True)
class NoiseFloor:
    """How much a judge differs from itself when it is asked the same again."""

    n_items: int
    """Identical questions that have a verdict from two repeats or more."""
    n_pairs: int
    """Pairs of repeats among them."""
    sd: float
    """Standard deviation of one judgment around its question's mean, pooled over questions; points."""
    agreement: float
    """Share of pairs of repeats that gave exactly the same (the paper counts 64-68 of 90)."""
    difference: float
    """Mean absolute difference of such a pair, points."""


def noise_floor(repeats: ArrayLike) -> NoiseFloor | None:
    """Return a judge's own noise; None where nothing was judged twice.

    Args:
        repeats: (n_items, n_repeats) what was given for identical questions; NaN where there is no verdict.
    """
    table = np.asarray(repeats, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        return None
    counts = np.isfinite(table).sum(axis=1)
    table = table[counts > 1]  # (i, r)
    if not len(table):
        return None
    freedom = float((counts[counts > 1] - 1).sum())
    squares = float(np.nansum((table - np.nanmean(table, axis=1, keepdims=True)) ** 2))
    n_pairs = n_equal = 0
    total = 0.0
    for one, other in combinations(range(table.shape[1]), 2):
        apart = np.abs(table[:, one] - table[:, other])
        apart = apart[np.isfinite(apart)]
        n_pairs, n_equal, total = n_pairs + len(apart), n_equal + int((apart == 0).sum()), total + float(apart.sum())
    return NoiseFloor(
        n_items=len(table), n_pairs=n_pairs, sd=math.sqrt(squares / freedom), agreement=n_equal / n_pairs, difference=total / n_pairs
    )


def change_floor(sd: float, n: int, n_averaged: float = 1.0) -> float:
    """Return the smallest change of a mean that is above the judge's own noise, points: 1.96 * sqrt(2) * sd / sqrt(n * n_averaged).

    An answer's score is the mean of `n_averaged` judgments (orders times repeats), so asking for all of it again would move it with variance
    sd^2 / n_averaged, and a mean of n answers with sd^2 / (n * n_averaged). The dense mean and the compressed one both carry that noise, hence the 2. Were
    both models the same, 95 of 100 changes would lie below.

    Args:
        sd: of `NoiseFloor`.
        n: answers behind each mean, at least 1.
        n_averaged: judgments averaged into an answer's score; where it varies, the harmonic mean.
    """
    return Z95 * math.sqrt(2 / (n * n_averaged)) * sd


def is_below_noise(change: float, floor: float) -> bool:
    """Return whether a change is no larger than what the judge's noise makes; no change never is."""
    return abs(change) <= floor


def position_bias(first: ArrayLike, second: ArrayLike, groups: Groups | None = None) -> Mean:
    """Return by how much a judge scores the same answer higher when it is shown first, points.

    Args:
        first: (n,) scores of answers where they were shown first; NaN is missing.
        second: (n,) scores of the same answers where they were shown second.
        groups: the unit of each.
    """
    return paired_change(second, first, groups)


@dataclass(frozen=True, kw_only=True)
class FirstWins:
    """How often a judge that chooses between two answers takes the one shown first."""

    n: int
    """Verdicts that chose one."""
    share: float | None
    """Share of them that chose the one shown first: 0.5 without a leaning; None without verdicts."""
    low: float | None
    """Lower end of Wilson's 95% interval."""
    high: float | None
    """Upper end."""
    n_items: int
    """Pairs of answers that have a verdict in both orders."""
    n_inconsistent: int
    """Of these, pairs on which the two orders do not agree."""
    inconsistent_share: float | None
    """Share of them; None where there are none."""


def first_wins(candidate_first: ArrayLike, candidate_second: ArrayLike) -> FirstWins:
    """Return the position bias of verdicts: +1 the candidate is better, 0 tie, -1 the opponent is, NaN none.

    Args:
        candidate_first: (n,) verdicts where the candidate was shown first.
        candidate_second: (n,) verdicts on the same answers in the other order.
    """
    one, two = np.asarray(candidate_first, dtype=np.float64), np.asarray(candidate_second, dtype=np.float64)
    n_first = int((one > 0).sum() + (two < 0).sum())
    n = n_first + int((one < 0).sum() + (two > 0).sum())
    low, high = wilson(n_first, n) if n else (None, None)
    has_both = np.isfinite(one) & np.isfinite(two)
    n_items, n_inconsistent = int(has_both.sum()), int((has_both & (np.sign(one) != np.sign(two))).sum())
    return FirstWins(
        n=n,
        share=n_first / n if n else None,
        low=low,
        high=high,
        n_items=n_items,
        n_inconsistent=n_inconsistent,
        inconsistent_share=n_inconsistent / n_items if n_items else None,
    )


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """A correlation of ranks."""

    n: int
    """Pairs."""
    rho: float | None
    """Spearman's, -1 to 1; None where one side does not vary, or for fewer than two pairs."""
    low: float | None
    """Lower end of the 95% interval; None for fewer than four units."""
    high: float | None
    """Upper end."""


def length_bias(lengths: ArrayLike, gains: ArrayLike, groups: Groups | None = None) -> Correlation:
    """Return how a judge's preference goes with length: Spearman's correlation, ties sharing their mean rank.

    The interval is Fisher's with the variance of Bonett and Wright (2000, Psychometrika 65:23), on as many observations as there are units.

    Args:
        lengths: (n,) candidate's minus opponent's length; NaN is missing.
        gains: (n,) candidate's minus opponent's score, or +1 win, 0 tie, -1 loss.
        groups: the unit of each.
    """
    x = np.asarray(lengths, dtype=np.float64)
    y: Floats = np.asarray(gains, dtype=np.float64).round(9)  # means of thirds that are equal are tied
    is_known = np.isfinite(x) & np.isfinite(y)
    x, y = x[is_known], y[is_known]
    n = len(x)
    if n < 2 or x.min() == x.max() or y.min() == y.max():
        return Correlation(n=n, rho=None, low=None, high=None)
    a, b = (ranks - ranks.mean() for ranks in (_ranks(x), _ranks(y)))
    rho = float(np.clip((a * b).sum() / math.sqrt(float((a**2).sum()) * float((b**2).sum())), -1.0, 1.0))
    n_units = unit_codes(n, None if groups is None else kept_groups(groups, is_known))[1]
    if n_units < 4 or abs(rho) == 1:
        return Correlation(n=n, rho=rho, low=None, high=None)
    half = Z95 * math.sqrt((1 + rho**2 / 2) / (n_units - 3))
    return Correlation(n=n, rho=rho, low=math.tanh(math.atanh(rho) - half), high=math.tanh(math.atanh(rho) + half))


def _ranks(values: Floats) -> Floats:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    shared: Floats = (ends - (counts - 1) / 2)[inverse]
    return shared


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Which of two models a judge prefers, over answers."""

    n: int
    """Answers with a verdict, the inconsistent ones included."""
    net: float | None
    """Share won minus share lost, -1 to 1; None where n is 0."""
    low: float | None
    """Lower end of its 95% interval."""
    high: float | None
    """Upper end."""
    p_value: float | None
    """Exact sign test of wins against losses, two-sided; None where n is 0."""


def preference(wins: int, ties: int, losses: int, inconsistent: int = 0) -> Preference:
    """Return the net share won; ties and answers on which the two orders disagree count as neither won nor lost.

    The interval is that of Agresti and Min (2005, Statistics in Medicine 24:729): one win, one loss and their like are added in halves, so that it
    is not of no width where all is tied.
    """
    n = wins + ties + losses + inconsistent
    if n == 0:
        return Preference(n=0, net=None, low=None, high=None, p_value=None)
    net = (wins - losses) / n
    centre = (wins - losses) / (n + 2)
    half = Z95 * math.sqrt(max(0.0, ((wins + losses + 1) / (n + 2) - centre**2) / (n + 2)))
    low, high = max(-1.0, min(net, centre - half)), min(1.0, max(net, centre + half))
    return Preference(n=n, net=net, low=low, high=high, p_value=mcnemar(losses, wins))

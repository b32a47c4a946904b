"""95% intervals in closed form: of one share, of a paired difference, of a paired ratio.

They hold where the bootstrap has too little to draw from: few questions, or none that changed. Counts may be fractions, so that answers of
one fact in several wordings can be weighed down to as many observations as there are facts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from llmkick_core.stats.nlls import mean_nll
from llmkick_core.stats.resampling import Floats, Groups, kept_groups, percentile_interval, resampled_sums, unit_codes, unit_sums

Z95 = 1.959963984540054
"""Two-sided 95% point of the normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The paired table of right and wrong, as counts or fractions of counts."""

    both: float
    """Right in both."""
    broke: float
    """Right in the dense model only."""
    fixed: float
    """Right in the compressed model only."""
    neither: float
    """Wrong in both."""

    @property
    def n(self) -> float:
        """Return the number of pairs."""
        return self.both + self.broke + self.fixed + self.neither

    def scaled(self, factor: float) -> Cells:
        """Return the table with every count multiplied."""
        return Cells(both=self.both * factor, broke=self.broke * factor, fixed=self.fixed * factor, neither=self.neither * factor)


def wilson(n_right: float, n: float) -> tuple[float, float]:
    """Return Wilson's interval of a share; `n` above 0 (Wilson 1927)."""
    share = n_right / n
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(max(0.0, share * (1 - share) / n + Z95**2 / (4 * n**2)))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def newcombe(cells: Cells) -> tuple[float, float]:
    """Return the interval of compressed minus dense share (Newcombe 1998, paired method 10, Wilson limits without continuity correction)."""
    n = cells.n
    dense, compressed = (cells.both + cells.broke) / n, (cells.both + cells.fixed) / n
    dense_low, dense_high = wilson(dense * n, n)
    low, high = wilson(compressed * n, n)
    phi = _phi(cells)
    delta = compressed - dense
    down = (compressed - low) ** 2 - 2 * phi * (compressed - low) * (dense_high - dense) + (dense_high - dense) ** 2
    up = (high - compressed) ** 2 - 2 * phi * (high - compressed) * (dense - dense_low) + (dense - dense_low) ** 2
    return max(-1.0, delta - math.sqrt(max(0.0, down))), min(1.0, delta + math.sqrt(max(0.0, up)))


def _phi(cells: Cells) -> float:
    """Return the correlation of dense and compressed as Newcombe's method 10 takes it: cautious where it is positive, 0 where a margin is."""
    n = cells.n
    margins = (cells.both + cells.broke) * (cells.fixed + cells.neither) * (cells.both + cells.fixed) * (cells.broke + cells.neither)
    if margins <= 0:
        return 0.0
    cross = cells.both * cells.neither - cells.broke * cells.fixed
    if cross > 0:
        cross = max(cross - n / 2, 0.0)
    return cross / math.sqrt(margins)


def ratio_interval(cells: Cells) -> tuple[float, float] | None:
    """Return the score interval of compressed over dense share, or None where no dense answer is right (Nam and Blackwelder 2002)."""
    from scipy.optimize import brentq

    if cells.both + cells.broke <= 0:
        return None

    def above(log_ratio: float, limit: float) -> float:
        return ratio_score(cells, math.exp(log_ratio)) - limit

    edge = math.log(1e6)
    low = 0.0 if above(-edge, Z95) <= 0 else math.exp(brentq(above, -edge, edge, args=(Z95,)))
    high = math.inf if above(edge, -Z95) >= 0 else math.exp(brentq(above, -edge, edge, args=(-Z95,)))
    return low, high


def ratio_score(cells: Cells, ratio: float) -> float:
    """Return the score statistic, about standard normal, of "the compressed share is `ratio` times the dense one"; above 0 where it is more.

    The variance is taken at the most likely table under that hypothesis, so it is never 0 where both models agree on every question.
    """
    distance = cells.both + cells.fixed - ratio * (cells.both + cells.broke)
    return distance / math.sqrt(max(cells.n * null_variance(cells, ratio), 1e-12))


def null_variance(cells: Cells, ratio: float) -> float:
    """Return the variance a pair of compressed - ratio * dense, at the most likely table in which that is 0 on average (Nam and Blackwelder 2002)."""
    right = cells.both + cells.broke + cells.fixed
    s = right / cells.n
    a = (1 + ratio) * right
    b = s * ((ratio**2 - 1) * (cells.both + cells.broke) - cells.broke - cells.fixed)
    c = cells.broke * (1 - ratio) * s**2
    broke = (-b + math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)  # share of broke, most likely under the hypothesis
    return (ratio - 1) * s + (1 + ratio) * broke


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The score of one run."""

    n: int
    """Values that were scored."""
    n_unscored: int
    """Values that are missing: counted, and left out of the score."""
    score: float | None
    """Share or mean, 0-1; perplexity as it is, infinite where it overflows; None where nothing was scored."""
    low: float | None
    """Lower end of the 95% interval; None where there are too few values to tell."""
    high: float | None
    """Upper end of the 95% interval."""


def share_estimate(values: Floats, groups: Groups | None = None, *, seed: int = 0) -> Estimate:
    """Return the mean of values from 0 to 1 with its interval.

    Wilson's, on as many observations as the values are worth: answers to one fact in several wordings go together, and count for less
    than as many facts (the design effect, at least 1 and at most the wordings of a fact). Graded values take a bootstrap over facts,
    where at least ten of them differ from the first.

    Args:
        values: NaN is a missing verdict.
        groups: the fact of each value; empty, or below 0, stands alone.
        seed: of the bootstrap.
    """
    is_scored = np.isfinite(values)
    kept = values[is_scored]
    n, n_unscored = len(kept), int((~is_scored).sum())
    if n == 0:
        return Estimate(n=0, n_unscored=n_unscored, score=None, low=None, high=None)
    codes, n_units = unit_codes(n, None if groups is None else kept_groups(groups, is_scored))
    score = float(kept.mean())
    if ((kept > 0) & (kept < 1)).any() and int((kept != kept[0]).sum()) >= 10:
        sums = resampled_sums(unit_sums(codes, n_units, kept, np.ones(n)), seed=seed)  # (r, 2)
        low, high = percentile_interval(sums[:, 0] / sums[:, 1], n_units)
    else:
        n_worth = n / _design_effect(kept, codes, n_units)
        low, high = wilson(score * n_worth, n_worth)
    return Estimate(n=n, n_unscored=n_unscored, score=score, low=low, high=high)


def amount_estimate(values: Floats, groups: Groups | None = None, *, seed: int = 0) -> Estimate:
    """Return the mean of values of any size with its interval: that of shares of the range from 0 to the largest (from the lowest, where that is below 0).

    Args:
        values: NaN is a missing verdict.
        groups: as `share_estimate` takes them.
        seed: of the bootstrap.
    """
    known = values[np.isfinite(values)]
    bottom = min(0.0, float(known.min())) if len(known) else 0.0
    size = (float(known.max()) - bottom if len(known) else 1.0) or 1.0
    found = share_estimate((values - bottom) / size, groups, seed=seed)
    low, high = (None if end is None else end * size + bottom for end in (found.low, found.high))
    return replace(found, score=float(known.mean()) if len(known) else None, low=low, high=high)


def _design_effect(values: Floats, codes: np.ndarray[tuple[int], np.dtype[np.intp]], n_units: int) -> float:
    """Return how many values are worth one independent value."""
    n = len(values)
    most = n / n_units
    if most <= 1:
        return 1.0
    share = values.mean()
    alone = share * (1 - share) / n
    if alone <= 0 or n_units < 2:
        return most
    residuals = unit_sums(codes, n_units, values - share)[:, 0]
    together = n_units / (n_units - 1) * (residuals**2).sum() / n**2
    return float(min(most, max(1.0, together / alone)))


def perplexity_of(nlls: Floats, n_tokens: Floats) -> float:
    """Return exp(sum of nll / sum of tokens), infinite where it overflows; `nlls` in nats."""
    return safe_exp(float(nlls.sum() / n_tokens.sum()))


def safe_exp(value: float) -> float:
    """Return e to the power of `value`, infinite where it overflows."""
    return math.exp(value) if value < 709 else math.inf


def perplexity_estimate(nlls: Floats, n_tokens: Floats) -> Estimate:
    """Return a perplexity with its interval over windows (stats.nlls); no interval for fewer than two windows.

    Args:
        nlls: sum of token negative log-likelihoods of each window, nats; NaN is missing.
        n_tokens: tokens of each window.
    """
    is_scored = np.isfinite(nlls) & (n_tokens > 0)
    kept, tokens = nlls[is_scored], n_tokens[is_scored].astype(np.float64)
    n, n_unscored = len(kept), int((~is_scored).sum())
    if n < 2:
        score = perplexity_of(kept, tokens) if n else None
        return Estimate(n=n, n_unscored=n_unscored, score=score, low=None, high=None)
    found = mean_nll(kept, tokens)
    return Estimate(
        n=n,
        n_unscored=n_unscored,
        score=safe_exp(found.mean),
        low=safe_exp(found.mean - found.half),
        high=safe_exp(found.mean + found.half),
    )

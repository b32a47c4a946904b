"""Intervals of a mean over windows of text: nats a token, and what they come to as perplexities.

A mean of windows of several lengths is a ratio of two sums; its error is that of the windows' departures from it, with Student's t for few windows
(Cochran 1977, Sampling Techniques, chapter 6). A bootstrap over windows covers the truth 83 times of 100 where there are five, this one 95.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from llmkick_core.stats.resampling import Floats

LARGEST = 300.0
"""Nats a token above which a difference of perplexities has no interval: its square would overflow."""


@dataclass(frozen=True, kw_only=True)
class MeanNll:
    """Nats a token over some windows of text."""

    mean: float
    """Sum of the nats over sum of the tokens."""
    half: float
    """Half the width of its 95% interval."""
    residuals: Floats
    """(n,) what each window departs from the mean, nats."""


def mean_nll(nlls: Floats, n_tokens: Floats) -> MeanNll:
    """Return the mean over windows with its interval.

    Args:
        nlls: (n,) sum of each window, nats; n at least 2. A difference of two sums will do as well.
        n_tokens: (n,) tokens of each window.
    """
    n, total = len(nlls), float(n_tokens.sum())
    mean = float(nlls.sum()) / total
    residuals = nlls - mean * n_tokens
    error = math.sqrt(n / (n - 1) * float((residuals**2).sum())) / total
    return MeanNll(mean=mean, half=t95(n - 1) * error, residuals=residuals)


def t95(freedom: float) -> float:
    """Return the two-sided 95% point of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def perplexity_difference(before: MeanNll, after: MeanNll) -> tuple[float, float] | None:
    """Return the interval of perplexity after minus before, over the same windows; None where one of them is too large to say.

    The two intervals are put together as Newcombe does with two shares, by the correlation of what their windows depart by (Zou and Donner 2008).
    """
    if max(before.mean, after.mean) > LARGEST:
        return None
    dense, compressed = math.exp(before.mean), math.exp(after.mean)
    spread = math.sqrt(float((before.residuals**2).sum()) * float((after.residuals**2).sum()))
    r = float(np.clip((before.residuals * after.residuals).sum() / spread, -1, 1)) if spread > 0 else 0.0
    compressed_down, compressed_up = compressed * -math.expm1(-after.half), compressed * math.expm1(min(after.half, LARGEST))
    dense_down, dense_up = dense * -math.expm1(-before.half), dense * math.expm1(min(before.half, LARGEST))
    down = math.sqrt(max(0.0, compressed_down**2 + dense_up**2 - 2 * r * compressed_down * dense_up))
    up = math.sqrt(max(0.0, compressed_up**2 + dense_down**2 - 2 * r * compressed_up * dense_down))
    return compressed - dense - down, compressed - dense + up

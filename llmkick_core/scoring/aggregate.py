"""One number with its interval from the scores of a run: pure, and the same for pages, reports and tests.

aggregate("exact_match", [1.0, 0.0, None, 1.0]) -> Aggregate(score=0.667, low=0.208, high=0.939, n=3, n_unscored=1)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE_METRICS = frozenset({"exact_match", "accuracy", "is_empty"})
"""Metrics whose values are 0 or 1."""

N_RESAMPLES = 2000
_Z = 1.959963984540054  # two-sided 95%
_CHUNK = 2_000_000  # drawn indices held at once, 16 MB

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """The score of a run."""

    score: float | None
    """Share 0-1 or mean; perplexity as it is, infinite where it overflows; None where nothing was scored."""
    low: float | None
    """Lower end of the 95% interval; None where fewer than two values carry none."""
    high: float | None
    """Upper end of the 95% interval."""
    n: int
    """Values that were scored."""
    n_unscored: int
    """Values that are missing: counted, and left out of the score."""


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share; `n` at least 1 (Wilson 1927)."""
    share = n_right / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _resampled_sums(columns: Floats, seed: int) -> Floats:
    """Return the sums of each column over rows drawn with replacement: (n, c) -> (N_RESAMPLES, c)."""
    n = len(columns)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // n)
    sums = [
        columns[rng.integers(n, size=(min(step, N_RESAMPLES - start), n))].sum(axis=1)  # (r, n, c) -> (r, c)
        for start in range(0, N_RESAMPLES, step)
    ]
    return np.concatenate(sums)


def _percentiles(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf


def _perplexity(nlls: Floats, n_tokens: Floats, seed: int) -> tuple[float, float | None, float | None]:
    score = _exp(float(nlls.sum() / n_tokens.sum()))
    if len(nlls) < 2:
        return score, None, None
    sums = _resampled_sums(np.stack([nlls, n_tokens], axis=1), seed)  # (r, 2)
    low, high = _percentiles(sums[:, 0] / sums[:, 1])
    return score, _exp(low), _exp(high)


def aggregate(metric: str, values: Sequence[float | None], *, n_tokens: Sequence[int] = (), seed: int = 0) -> Aggregate:
    """Return a run's score with its 95% interval.

    Shares of 0/1 values take Wilson's interval, means a percentile bootstrap over values, perplexity exp(sum of nll / sum of tokens)
    with a bootstrap over windows. A value that is None, or not finite, is missing.

    Args:
        metric: name of the metric; `nll` and `perplexity` read `values` as negative log-likelihoods in nats.
        values: one a scored turn or window.
        n_tokens: tokens of each window; perplexity only, as many as `values`.
        seed: of the bootstrap.

    Raises:
        ValueError: perplexity without a token count for each value.
    """
    is_perplexity = metric in ("nll", "perplexity")
    if is_perplexity and len(n_tokens) != len(values):
        raise ValueError(f"perplexity needs the tokens of each window: {len(values)} windows, {len(n_tokens)} counts")
    tokens = n_tokens if is_perplexity else [1] * len(values)
    kept = [(v, t) for v, t in zip(values, tokens, strict=True) if v is not None and math.isfinite(v) and t > 0]
    n, n_unscored = len(kept), len(values) - len(kept)
    if n == 0:
        return Aggregate(score=None, low=None, high=None, n=0, n_unscored=n_unscored)
    array = np.array(kept, dtype=np.float64)  # (n, 2)
    low: float | None
    high: float | None
    if is_perplexity:
        score, low, high = _perplexity(array[:, 0], array[:, 1], seed)
    elif metric in SHARE_METRICS and bool(np.isin(array[:, 0], (0.0, 1.0)).all()):
        score = float(array[:, 0].mean())
        low, high = wilson(int(array[:, 0].sum()), n)
    else:
        score, low, high = float(array[:, 0].mean()), None, None
        if n > 1:
            low, high = _percentiles(_resampled_sums(array[:, :1], seed)[:, 0] / n)
    return Aggregate(score=score, low=low, high=high, n=n, n_unscored=n_unscored)

"""Agreement of two who rate the same things, beyond what chance makes: Cohen's kappa.

    cohens_kappa(["win", "tie", "loss"], ["win", "loss", "loss"], ("win", "tie", "loss")) -> Agreement(n=3, share=0.67, kappa=0.5, ...)

Cohen 1960 and 1968; the interval is that of Fleiss, Cohen and Everitt 1969 (Psychological Bulletin 72:323), for large n.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from llmkick_core.stats.intervals import Z95
from llmkick_core.stats.resampling import Floats


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two agree on what both rated."""

    n: int
    """What both rated."""
    share: float | None
    """Share of it that both rated the same; None where n is 0."""
    kappa: float | None
    """1 is perfect, 0 what chance makes; None where both always give the same one rating, or n is 0."""
    low: float | None
    """Lower end of kappa's 95% interval; None where it cannot be said: without kappa, where they never disagree, and where one of them always says the same."""
    high: float | None
    """Upper end."""
    n_left_out: int = 0
    """What both looked at, without a rating that can be compared from one of them."""


def cohens_kappa(
    a: Sequence[Any], b: Sequence[Any], categories: Sequence[Hashable], weights: Literal["none", "quadratic"] = "none"
) -> Agreement:
    """Return the agreement of two raters.

    Args:
        a: (n,) ratings of the first; one that is none of the categories, such as None or NaN, is left out with its partner, and counted.
        b: (n,) ratings of the same things by the second.
        categories: all ratings there are; in order, evenly spaced, for quadratic weights.
        weights: "none" counts every disagreement alike, "quadratic" by the square of the distance.

    Raises:
        ValueError: lengths differ.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} ratings against {len(b)}")
    codes = {category: i for i, category in enumerate(categories)}
    one, two = (np.array([codes.get(rating, -1) for rating in ratings], dtype=np.intp) for ratings in (a, b))
    is_rated = (one >= 0) & (two >= 0)
    table = np.zeros((len(codes), len(codes)))
    np.add.at(table, (one[is_rated], two[is_rated]), 1)
    return replace(kappa_of(table, weights), n_left_out=int((~is_rated).sum()))


def kappa_of(table: Floats, weights: Literal["none", "quadratic"] = "none") -> Agreement:
    """Return the agreement in a table of counts, (k, k): row what the first said, column the second."""
    n = int(table.sum())
    if n == 0:
        return Agreement(n=0, share=None, kappa=None, low=None, high=None)
    p = table / n
    share = float(np.trace(p))
    w = _agreement_weights(len(table), weights)  # (k, k), 1 on the diagonal
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(rows @ w @ columns)
    if expected >= 1 - 1e-12:
        return Agreement(n=n, share=share, kappa=None, low=None, high=None)
    kappa = (observed - expected) / (1 - expected)
    if share == 1 or rows.max() == 1 or columns.max() == 1:  # nothing varies in a rater, and the variance below would be 0
        return Agreement(n=n, share=share, kappa=kappa, low=None, high=None)
    row_means, column_means = w @ columns, rows @ w
    spread = w - (row_means[:, None] + column_means[None, :]) * (1 - kappa)
    variance = (float((p * spread**2).sum()) - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    half = Z95 * math.sqrt(max(0.0, variance))
    return Agreement(n=n, share=share, kappa=kappa, low=max(-1.0, kappa - half), high=min(1.0, kappa + half))


def _agreement_weights(k: int, weights: Literal["none", "quadratic"]) -> NDArray[np.float64]:
    if weights == "none" or k < 2:
        return np.eye(k)
    places = np.arange(k, dtype=np.float64)
    return 1 - ((places[:, None] - places[None, :]) / (k - 1)) ** 2

"""The bootstrap: sums over units drawn with replacement, fast enough for a page that is drawn again on every key press.

A unit is what varies together: a fact with all its wordings, a question, a window of text. How often each unit is drawn does not depend on the
values, so the draws of one number of units are made once and kept; a comparison is then one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2000
"""Resamples behind a 95% interval."""

MOST_UNITS = 5000
"""Units that are really drawn; the sums of more follow the normal distribution that the bootstrap tends to."""

_CHUNK = 250  # resamples held as float64 at once: 10 MB at most

Floats = NDArray[np.float64]


def resampled_sums(columns: Floats, *, seed: int = 0) -> Floats:
    """Return the sums of each column over units drawn with replacement.

    Args:
        columns: (n, c), one row a unit; n at least 1.
        seed: equal seeds draw the same units, so that comparisons of one data set share their luck.

    Returns:
        (N_RESAMPLES, c).
    """
    n = len(columns)
    if n > MOST_UNITS:
        covariance = np.atleast_2d(np.cov(columns, rowvar=False, bias=True)) * n  # (c, c)
        return np.random.default_rng(seed).multivariate_normal(columns.sum(axis=0), covariance, size=N_RESAMPLES, method="eigh")
    counts = _draws(n, seed)  # (r, n)
    return np.concatenate([counts[start : start + _CHUNK].astype(np.float64) @ columns for start in range(0, N_RESAMPLES, _CHUNK)])


@lru_cache(maxsize=8)
def _draws(n: int, seed: int) -> NDArray[np.uint16]:
    """Return how often each of n units is drawn: (N_RESAMPLES, n), each row adding up to n."""
    rng = np.random.default_rng(seed)
    counts = np.empty((N_RESAMPLES, n), dtype=np.uint16)
    for row in counts:
        row[:] = np.bincount(rng.integers(n, size=n), minlength=n)
    counts.flags.writeable = False
    return counts


def percentile_interval(values: Floats, n_units: int) -> tuple[float, float]:
    """Return the 95% interval of a bootstrap, from percentiles further out the fewer units were drawn.

    The plain 2.5th and 97.5th are too near where units are few: their spread is that of n - 1 units over n, and a normal distribution's where it should
    be Student's t (the expanded percentile interval of Hesterberg 2015, The American Statistician 69:371).

    Args:
        values: the estimate from each resample.
        n_units: units that were drawn in each.
    """
    from scipy.special import ndtr, stdtrit

    share = ndtr(-math.sqrt(n_units / (n_units - 1)) * stdtrit(n_units - 1, 0.975)) if n_units > 1 else 0.0
    low, high = np.percentile(values, [100 * share, 100 - 100 * share])
    return float(low), float(high)


Groups = Sequence[str] | NDArray[np.integer[Any]]
"""What each value belongs to: a name, empty where it stands alone; or a number, negative where it does. Numbers are faster."""


def unit_codes(n: int, groups: Groups | None) -> tuple[NDArray[np.intp], int]:
    """Return the unit of each of n values as a number from 0, and how many units there are.

    Values share a unit where they share a group; one without a group stands alone, as do all where `groups` is None.

    Raises:
        ValueError: there are not n groups.
    """
    if groups is None:
        return np.arange(n), n
    import pandas as pd

    if len(groups) != n:
        raise ValueError(f"{len(groups)} groups for {n} values")
    numbers = groups if isinstance(groups, np.ndarray) and groups.dtype.kind == "i" else group_numbers(groups)
    alone_from = int(numbers.max(initial=-1)) + 1
    codes, units = pd.factorize(np.where(numbers < 0, alone_from + np.arange(n), numbers))
    return codes.astype(np.intp), len(units)


def group_numbers(names: Sequence[str] | NDArray[Any]) -> NDArray[np.intp]:
    """Return a number for each name, equal for equal names; -1 for an empty one."""
    import pandas as pd

    texts = pd.Series(names, dtype=object)
    codes, _ = pd.factorize(texts)
    return np.where((texts == "").to_numpy(dtype=bool), -1, codes).astype(np.intp)


def kept_groups(groups: Groups, is_kept: NDArray[np.bool_]) -> Groups:
    """Return the groups of the values that are kept.

    Raises:
        ValueError: there is not one group a value.
    """
    if len(groups) != len(is_kept):
        raise ValueError(f"{len(groups)} groups for {len(is_kept)} values")
    if isinstance(groups, np.ndarray):
        return groups[is_kept]
    return [name for name, is_in in zip(groups, is_kept, strict=True) if is_in]


def unit_sums(codes: NDArray[np.intp], n_units: int, *columns: Floats) -> Floats:
    """Return the sum of each column over the values of each unit: (n_units, c)."""
    return np.stack([np.bincount(codes, weights=column, minlength=n_units) for column in columns], axis=1)

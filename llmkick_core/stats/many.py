"""Many recipes on many slices of the same questions, each compared with the dense model as `paired.compare` does, in one go.

    compare_many(dense (q,), others (r, q), slices (q,)) -> arrays (r, s): n, delta, low, high, broke, fixed, p_value

Counts and p-values are those of `compare`. So are the intervals of independent right-or-wrong answers, and where few facts changed; where `compare`
draws facts by bootstrap, a cell has the closed form that the bootstrap tends to: the error of a ratio of two sums over facts, with Student's t (Cochran 1977,
Sampling Techniques, chapter 6). Hundreds of cells take as long as one bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmkick_core.stats.intervals import Cells, newcombe
from llmkick_core.stats.paired import FEWEST_CHANGED, rightness
from llmkick_core.stats.resampling import Floats, Groups, unit_codes

Ints = NDArray[np.intp]

_FATES = 10**9  # fates of a fact, -1 to 1, are told apart to nine decimals, as in stats.paired


@dataclass(frozen=True, kw_only=True)
class Many:
    """What each of r recipes did to each of s slices; every array is (r, s)."""

    n: Ints
    """Pairs scored on both sides."""
    n_facts: Ints
    """Facts they ask for; as many as n where each stands alone."""
    n_unscored: Ints
    """Pairs with a missing verdict on either side."""
    dense_share: Floats
    """Mean of the dense values; NaN where n is 0, as for all that follow."""
    compressed_share: Floats
    """Mean of the compressed values."""
    delta: Floats
    """Compressed minus dense."""
    low: Floats
    """Lower end of the 95% interval of `delta`."""
    high: Floats
    """Upper end."""
    broke: Ints
    """Right in the dense model, wrong in the compressed one."""
    fixed: Ints
    """Wrong in the dense model, right in the compressed one."""
    p_value: Floats
    """Exact sign test over facts, two-sided."""


def compare_many(
    dense: Floats,
    others: Floats,
    is_asked: NDArray[np.bool_],
    *,
    slices: Ints,
    n_slices: int,
    groups: Groups | None = None,
    right_at: float | None = 1.0,
    higher_is_better: bool = True,
    is_share: bool = True,
) -> Many:
    """Return the paired comparison of each recipe with the dense model on each slice.

    Args:
        dense: (q,), 0-1 each; NaN is a missing verdict.
        others: (r, q), of the same questions.
        is_asked: (r, q) whether both have answered; the others count nowhere.
        slices: (q,) the slice of each question, from 0; negative is in none.
        n_slices: how many slices there are.
        groups: the fact of each question, as `compare` takes it. Wordings of one fact that lie in two slices are a unit in each.
        right_at: the value from which on an answer counts as right; None where nothing is right or wrong.
        higher_is_better: as `compare` takes it.
        is_share: as `compare` takes it.

    Returns:
        Arrays (r, n_slices).
    """
    within = slices >= 0
    facts, _ = unit_codes(len(dense), groups)
    _, first, units = np.unique(slices[within] * np.intp(len(dense) + 1) + facts[within], return_index=True, return_inverse=True)
    slice_of_unit = slices[within][first]
    values = np.vstack([dense[None, :], others])[:, within]
    is_right = rightness(values, right_at, higher_is_better=higher_is_better)
    known = values[np.isfinite(values)]
    bottom, top = (0.0, 1.0) if is_share or not len(known) else (min(0.0, float(known.min())), float(known.max()))
    size = (top - bottom) or 1.0
    values = (values - bottom) / size
    found = [
        _one(values[0], after, asked[within], is_right[0], own, units, slice_of_unit, slices[within], n_slices)
        for after, own, asked in zip(values[1:], is_right[1:], is_asked, strict=True)
    ]
    for one in found:
        for name in ("dense_share", "compressed_share"):
            one[name] = one[name] * size + bottom
        for name in ("delta", "low", "high"):
            one[name] = one[name] * size
        one["p_value"] = one["p_value"] if right_at is not None else np.full(n_slices, np.nan)
    columns: dict[str, NDArray[Any]] = {
        name: np.stack([one[name] for one in found]) if found else np.empty((0, n_slices)) for name in Many.__dataclass_fields__
    }
    return Many(**columns)


def _one(
    before: Floats,
    after: Floats,
    asked: NDArray[np.bool_],
    was_right: NDArray[np.bool_],
    is_right: NDArray[np.bool_],
    units: Ints,
    slice_of_unit: Ints,
    slices: Ints,
    n_slices: int,
) -> dict[str, NDArray[Any]]:
    """Return the arrays (s,) of one recipe."""
    is_scored = asked & np.isfinite(before) & np.isfinite(after)
    n_unscored = np.bincount(slices[asked & ~is_scored], minlength=n_slices)
    before, after, units, slices = before[is_scored], after[is_scored], units[is_scored], slices[is_scored]
    was_right, is_right = was_right[is_scored], is_right[is_scored]
    n_units = len(slice_of_unit)

    def by_slice(weights: NDArray[Any]) -> Floats:
        return np.bincount(slices, weights=weights, minlength=n_slices).astype(np.float64)

    def by_unit(weights: NDArray[Any]) -> Floats:
        return np.bincount(units, weights=weights, minlength=n_units).astype(np.float64)

    n = np.bincount(slices, minlength=n_slices)
    dense_sum, compressed_sum, both = by_slice(before), by_slice(after), by_slice(before * after)
    with np.errstate(invalid="ignore", divide="ignore"):
        dense_share, compressed_share = dense_sum / n, compressed_sum / n
    delta = compressed_share - dense_share
    in_unit = np.bincount(units, minlength=n_units)
    residuals = by_unit(after - before) - np.where(in_unit > 0, delta[slice_of_unit], 0.0) * in_unit
    squares = np.bincount(slice_of_unit, weights=residuals**2, minlength=n_slices).astype(np.float64)
    units_of = np.bincount(slice_of_unit[in_unit > 0], minlength=n_slices)
    n_changed = np.bincount(slice_of_unit[by_unit(before != after) > 0], minlength=n_slices)
    n_changed = np.minimum(n_changed, _n_departing(by_unit(after - before), in_unit, slice_of_unit, units_of))
    graded = by_slice(((before > 0) & (before < 1)) | ((after > 0) & (after < 1)))
    is_closed = ((graded == 0) & (units_of == n)) | (n_changed < FEWEST_CHANGED)
    low, high = _spread(delta, squares, units_of, n)
    for k in np.flatnonzero(is_closed & (n > 0)):
        cells = Cells(both=both[k], broke=dense_sum[k] - both[k], fixed=compressed_sum[k] - both[k], neither=n[k] - dense_sum[k] - compressed_sum[k] + both[k])  # fmt: skip
        low[k], high[k] = newcombe(cells.scaled(units_of[k] / n[k]))
    gained = by_unit(is_right.astype(np.float64) - was_right)
    lost_units, gained_units = (np.bincount(slice_of_unit[moved], minlength=n_slices) for moved in (gained < 0, gained > 0))
    return {
        "n": n,
        "n_facts": units_of,
        "n_unscored": n_unscored,
        "dense_share": dense_share,
        "compressed_share": compressed_share,
        "delta": delta,
        "low": low,
        "high": high,
        "broke": by_slice(was_right & ~is_right).astype(np.intp),
        "fixed": by_slice(~was_right & is_right).astype(np.intp),
        "p_value": np.where(n > 0, sign_tests(lost_units, gained_units), np.nan),
    }


def _n_departing(gains: Floats, in_unit: Ints, slice_of_unit: Ints, units_of: Ints) -> Ints:
    """Return (s,) how many facts of each slice did not fare as most of its facts did."""
    there = in_unit > 0
    fates = np.round(gains[there] / in_unit[there] * _FATES).astype(np.int64) + _FATES  # from 0 to 2 _FATES
    kinds, n_each = np.unique(slice_of_unit[there] * (2 * _FATES + 1) + fates, return_counts=True)
    most = np.zeros(len(units_of), dtype=np.intp)
    np.maximum.at(most, kinds // (2 * _FATES + 1), n_each)
    return units_of - most


def _spread(delta: Floats, squares: Floats, n_units: Ints, n: Ints) -> tuple[Floats, Floats]:
    """Return the interval of each difference from how far facts depart from it, NaN where there are fewer than two facts."""
    from scipy.special import stdtrit

    low, high = np.full(len(delta), np.nan), np.full(len(delta), np.nan)
    enough = n_units > 1
    u = n_units[enough]
    half = stdtrit(u - 1, 0.975) * np.sqrt(u / (u - 1) * squares[enough]) / n[enough]
    low[enough], high[enough] = np.maximum(-1.0, delta[enough] - half), np.minimum(1.0, delta[enough] + half)
    return low, high


def sign_tests(lost: Ints, gained: Ints) -> Floats:
    """Return the two-sided p-value of each pair of counts, as `paired.mcnemar` has it; 1 where nothing moved."""
    from scipy.special import bdtr

    p = np.minimum(1.0, 2 * bdtr(np.minimum(lost, gained), lost + gained, 0.5))
    return np.where(lost + gained > 0, p, 1.0)

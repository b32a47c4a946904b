"""Dense against compressed on the same questions: what broke, what was gained, and how sure that is.

    compare(dense=[1, 1, 1, 0], compressed=[1, 0, 0, 0]) -> Comparison(n=4, delta=-0.5, broke=2, fixed=0, ...)

Intervals are 95% and paired. Independent right-or-wrong answers take Newcombe's interval of the difference and the score interval of the
ratio; answers that share a fact, or are graded, a bootstrap over facts, as long as at least ten facts changed, and ten did not fare as most. Below that the closed forms hold,
on as many observations as there are facts. The p-value counts facts too: an exact sign test over those that lost more wordings than they gained,
against those that gained more; where every answer stands alone that is McNemar's exact test. Perplexities take Student's t over windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmkick_core.stats.intervals import Cells, newcombe, perplexity_of, ratio_interval, safe_exp
from llmkick_core.stats.nlls import mean_nll, perplexity_difference
from llmkick_core.stats.resampling import Floats, Groups, kept_groups, percentile_interval, resampled_sums, unit_codes, unit_sums

FEWEST_CHANGED = 10
"""Facts that must have changed, and that must not have fared as most did, before the bootstrap is trusted."""

FEWEST_WINDOWS = 5
"""Windows of text below which a perplexity's rise has no interval."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A compressed run against the dense one, on the questions both answered and that were scored in both.

    For perplexity (`is_perplexity`) the shares are perplexities, lower is better, n counts windows, and nothing breaks or is fixed.
    """

    n: int
    """Pairs scored on both sides."""
    dense_share: float | None
    """Mean of the dense values, 0-1; None where n is 0."""
    compressed_share: float | None
    """Mean of the compressed values."""
    delta: float | None
    """Compressed minus dense."""
    low: float | None
    """Lower end of the 95% interval of `delta`; None where there is none."""
    high: float | None
    """Upper end."""
    broke: int
    """Right in the dense model, wrong in the compressed one."""
    fixed: int
    """Wrong in the dense model, right in the compressed one."""
    both_right: int
    """Right in both."""
    both_wrong: int
    """Wrong in both."""
    n_unscored: int
    """Pairs with a missing verdict on either side: counted, and left out of all else."""
    p_value: float | None
    """Exact sign test over facts, two-sided: could as many have lost against gained right answers by chance? Where each answer stands alone this
    is McNemar's test of `broke` against `fixed`. None for perplexity and where n is 0."""
    ratio: float | None
    """Compressed over dense; None where the dense value is 0."""
    ratio_low: float | None
    """Lower end of its 95% interval. It lies above r exactly where the interval of compressed - r * dense lies above 0."""
    ratio_high: float | None
    """Upper end."""
    is_perplexity: bool = False
    """Whether these are perplexities."""
    higher_is_better: bool = True
    """False where a rise is a loss, as of perplexities and of shares of errors."""
    is_share: bool = True
    """Whether the values are shares 0-1."""


def compare(
    dense: ArrayLike,
    compressed: ArrayLike,
    *,
    groups: Groups | None = None,
    right_at: float | None = 1.0,
    higher_is_better: bool = True,
    is_share: bool = True,
    seed: int = 0,
) -> Comparison:
    """Return the paired comparison of two runs' values.

    Args:
        dense: (n,), 0-1 each unless they are no shares; NaN is a missing verdict.
        compressed: (n,), of the same questions in the same order.
        groups: the fact each question asks for; questions of one fact are drawn together. Empty, or below 0, stands alone.
        right_at: the value from which on an answer counts as right, for `broke` and its like; below 1 for graded metrics. None where nothing is right or wrong:
            nothing broke then, and there is no p-value.
        higher_is_better: False where an answer is right up to `right_at`, as an error rate is.
        is_share: False for values of any size, whose intervals are those of shares of the whole range; no ratio where some are negative.
        seed: of the bootstrap.

    Raises:
        ValueError: lengths differ, or a value lies outside 0-1.
    """
    before, after = np.asarray(dense, dtype=np.float64), np.asarray(compressed, dtype=np.float64)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError(f"dense has shape {before.shape}, compressed {after.shape}; both must be one value a question")
    is_scored = np.isfinite(before) & np.isfinite(after)
    names = None if groups is None else kept_groups(groups, is_scored)
    before, after = before[is_scored], after[is_scored]
    n_unscored = int((~is_scored).sum())
    n = len(before)
    if n == 0:
        return _nothing(n_unscored, higher_is_better=higher_is_better, is_share=is_share)
    bottom, top = min(0.0, before.min(), after.min()), max(1.0, before.max(), after.max())
    if is_share and (bottom < 0 or top > 1):
        raise ValueError("a value lies outside 0-1; compare takes shares, and compare_perplexity nlls")
    was_right, is_right = (rightness(values, right_at, higher_is_better=higher_is_better) for values in (before, after))
    broke, fixed = int((was_right & ~is_right).sum()), int((~was_right & is_right).sum())
    codes, n_units = unit_codes(n, names)
    size = 1.0 if is_share else float(max(before.max(), after.max()) - bottom) or 1.0
    before, after = (before - bottom) / size, (after - bottom) / size
    (low, high), ratio_ends = _intervals(before, after, codes, n_units, seed)
    dense_share, compressed_share = (float(values.mean()) * size + bottom for values in (before, after))
    has_ratio, has_verdicts = bottom == 0 and dense_share > 0, right_at is not None
    return Comparison(
        n=n,
        dense_share=dense_share,
        compressed_share=compressed_share,
        delta=compressed_share - dense_share,
        low=low * size,
        high=high * size,
        broke=broke,
        fixed=fixed,
        both_right=int((was_right & is_right).sum()),
        both_wrong=int((~was_right & ~is_right).sum()) if has_verdicts else 0,
        n_unscored=n_unscored,
        p_value=_sign_test(was_right, is_right, codes, n_units) if has_verdicts else None,
        ratio=compressed_share / dense_share if has_ratio else None,
        ratio_low=ratio_ends[0] if ratio_ends and has_ratio else None,
        ratio_high=ratio_ends[1] if ratio_ends and has_ratio else None,
        higher_is_better=higher_is_better,
        is_share=is_share,
    )


def rightness(values: Floats, right_at: float | None, *, higher_is_better: bool = True) -> NDArray[np.bool_]:
    """Return which values count as right; NaN does not, and none does where nothing is right or wrong."""
    if right_at is None:
        return np.zeros(values.shape, dtype=bool)
    found: NDArray[np.bool_] = values >= right_at if higher_is_better else values <= right_at  # a comparison with NaN is False
    return found


def _intervals(
    before: Floats, after: Floats, codes: NDArray[np.intp], n_units: int, seed: int
) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """Return the intervals of the difference and of the ratio, None where the dense share is 0."""
    n = len(before)
    is_binary = bool((((before == 0) | (before == 1)) & ((after == 0) | (after == 1))).all())
    units = unit_sums(codes, n_units, before, after, np.ones(n), (before != after).astype(np.float64))  # (u, 4)
    cells = Cells(
        both=float((before * after).sum()),
        broke=float((before * (1 - after)).sum()),
        fixed=float(((1 - before) * after).sum()),
        neither=float(((1 - before) * (1 - after)).sum()),
    ).scaled(n_units / n)
    n_changed = int((units[:, 3] > 0).sum())
    if (is_binary and n_units == n) or min(n_changed, _n_departing(units)) < FEWEST_CHANGED:
        return newcombe(cells), ratio_interval(cells)
    sums = resampled_sums(units[:, :3], seed=seed)  # (r, 3): dense, compressed, questions
    difference = percentile_interval((sums[:, 1] - sums[:, 0]) / sums[:, 2], n_units)
    if min(int((units[:, side] > 0).sum()) for side in (0, 1)) < FEWEST_CHANGED:  # a ratio of next to nothing
        return difference, ratio_interval(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(sums[:, 0] > 0, sums[:, 1] / sums[:, 0], np.where(sums[:, 1] > 0, 1e6, 1.0))
    return difference, percentile_interval(ratios, n_units)


def _n_departing(units: Floats) -> int:
    """Return how many facts did not fare as most did: where all are lost the bootstrap has nothing to draw, and would be certain."""
    fates = np.round((units[:, 1] - units[:, 0]) / units[:, 2], 9)
    return len(units) - int(np.unique(fates, return_counts=True)[1].max())


def _sign_test(was_right: NDArray[np.bool_], is_right: NDArray[np.bool_], codes: NDArray[np.intp], n_units: int) -> float:
    """Return the p-value of facts that lost right answers against facts that gained some; wordings of one fact are one observation."""
    [gained] = unit_sums(codes, n_units, is_right.astype(np.float64) - was_right.astype(np.float64)).T  # (u,)
    return mcnemar(int((gained < 0).sum()), int((gained > 0).sum()))


def mcnemar(broke: int, fixed: int) -> float:
    """Return the two-sided p-value of McNemar's exact test; 1 where nothing changed."""
    from scipy.special import bdtr

    return float(min(1.0, 2 * bdtr(min(broke, fixed), broke + fixed, 0.5))) if broke + fixed else 1.0


def compare_perplexity(dense_nll: ArrayLike, compressed_nll: ArrayLike, n_tokens: ArrayLike) -> Comparison:
    """Return the comparison of two perplexities over the same windows of text, with intervals over windows (stats.nlls).

    Args:
        dense_nll: (n,) sum of token negative log-likelihoods of each window, nats; NaN is missing.
        compressed_nll: (n,), of the same windows.
        n_tokens: (n,) tokens scored in each window.

    Raises:
        ValueError: lengths differ.
    """
    before, after, tokens = (np.asarray(values, dtype=np.float64) for values in (dense_nll, compressed_nll, n_tokens))
    if not before.shape == after.shape == tokens.shape:
        raise ValueError(f"dense has shape {before.shape}, compressed {after.shape}, tokens {tokens.shape}")
    is_scored = np.isfinite(before) & np.isfinite(after) & (tokens > 0)
    n, n_unscored = int(is_scored.sum()), int((~is_scored).sum())
    if n == 0:
        return _nothing(n_unscored, is_perplexity=True, higher_is_better=False, is_share=False)
    rows = np.stack([before, after, tokens], axis=1)[is_scored]  # (n, 3)
    dense, compressed = perplexity_of(rows[:, 0], rows[:, 2]), perplexity_of(rows[:, 1], rows[:, 2])
    low = high = ratio_low = ratio_high = None
    if n >= FEWEST_WINDOWS:
        moved = mean_nll(rows[:, 1] - rows[:, 0], rows[:, 2])
        ratio_low, ratio_high = safe_exp(moved.mean - moved.half), safe_exp(moved.mean + moved.half)
        low, high = perplexity_difference(mean_nll(rows[:, 0], rows[:, 2]), mean_nll(rows[:, 1], rows[:, 2])) or (None, None)
    return Comparison(
        n=n,
        dense_share=dense,
        compressed_share=compressed,
        delta=compressed - dense if math.isfinite(dense) else None,
        low=low,
        high=high,
        broke=0,
        fixed=0,
        both_right=0,
        both_wrong=0,
        n_unscored=n_unscored,
        p_value=None,
        ratio=safe_exp(float((rows[:, 1].sum() - rows[:, 0].sum()) / rows[:, 2].sum())),
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        is_perplexity=True,
        higher_is_better=False,
        is_share=False,
    )


def _nothing(n_unscored: int, *, is_perplexity: bool = False, higher_is_better: bool = True, is_share: bool = True) -> Comparison:
    return Comparison(
        n=0,
        dense_share=None,
        compressed_share=None,
        delta=None,
        low=None,
        high=None,
        broke=0,
        fixed=0,
        both_right=0,
        both_wrong=0,
        n_unscored=n_unscored,
        p_value=None,
        ratio=None,
        ratio_low=None,
        ratio_high=None,
        is_perplexity=is_perplexity,
        higher_is_better=higher_is_better,
        is_share=is_share,
    )

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.stats.proportion import proportion_confint

from llmkick_core.stats.intervals import (
    Cells,
    newcombe,
    perplexity_estimate,
    ratio_interval,
    ratio_score,
    share_estimate,
    wilson,
)


def cells(both: float, broke: float, fixed: float, neither: float) -> Cells:
    return Cells(both=both, broke=broke, fixed=fixed, neither=neither)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (1, 10), (5, 10), (10, 10), (865, 1000)])
def test_wilson_agrees_with_statsmodels(right, n):
    assert wilson(right, n) == pytest.approx(proportion_confint(right, n, method="wilson"), abs=1e-12)


def test_newcombe_gives_the_interval_of_its_paper():
    # Newcombe 1998, Statistics in Medicine 17:2635, table II, method 10: 36, 12, 2, 0 -> 0.2, 0.0569 to 0.3404 (first minus second)
    low, high = newcombe(cells(36, 12, 2, 0))
    assert (-high, -low) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_newcombe_is_not_certain_where_nothing_changed():
    low, high = newcombe(cells(5, 0, 0, 0))
    assert low < -0.3
    assert high > 0.3


def naive_score(table: tuple[int, int, int, int], ratio: float) -> float:
    """The score statistic with its variance from a numerical search for the most likely table under the hypothesis."""
    both, broke, fixed, _ = table
    n = sum(table)

    def shares(free: np.ndarray) -> tuple[float, float, float, float]:
        p_both, p_broke = free
        p_fixed = ratio * (p_both + p_broke) - p_both
        return p_both, p_broke, p_fixed, 1 - p_both - p_broke - p_fixed

    def unlikeliness(free: np.ndarray) -> float:
        return -sum(k * math.log(max(p, 1e-12)) for k, p in zip(table, shares(free), strict=True) if k)

    positive = [{"type": "ineq", "fun": lambda free, i=i: shares(free)[i] - 1e-9} for i in range(4)]
    best = minimize(
        unlikeliness,
        [0.4 / max(ratio, 1), 0.3 / max(ratio, 1)],
        constraints=positive,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    p_both, p_broke, p_fixed, _ = shares(best.x)
    variance = (p_both + p_fixed) + ratio**2 * (p_both + p_broke) - 2 * ratio * p_both
    return (both + fixed - ratio * (both + broke)) / math.sqrt(n * variance)


@pytest.mark.parametrize("table", [(40, 12, 5, 20), (70, 3, 9, 1), (12, 30, 2, 6)])
@pytest.mark.parametrize("ratio", [0.7, 0.95, 1.3])
def test_the_score_of_a_ratio_agrees_with_a_numerical_search(table, ratio):
    assert ratio_score(cells(*table), ratio) == pytest.approx(naive_score(table, ratio), abs=1e-3)


def test_the_ratio_interval_holds_the_ratios_that_the_score_does_not_reject():
    table = cells(40, 12, 5, 20)
    interval = ratio_interval(table)
    assert interval is not None
    low, high = interval
    assert ratio_score(table, low) == pytest.approx(1.959964, abs=1e-5)
    assert ratio_score(table, high) == pytest.approx(-1.959964, abs=1e-5)
    assert low < 45 / 52 < high


def test_ratio_intervals_at_the_edges():
    assert ratio_interval(cells(0, 0, 4, 6)) is None  # no dense answer is right
    lost = ratio_interval(cells(0, 50, 0, 0))
    assert lost is not None
    assert lost[0] == 0
    assert 0 < lost[1] < 0.2
    few = ratio_interval(cells(5, 0, 0, 0))
    assert few is not None
    assert few[0] < 0.95 < 1 < few[1]


def test_a_score_interval_covers_the_true_ratio_about_95_times_of_100():
    rng = np.random.default_rng(7)
    tables = rng.multinomial(200, [0.6, 0.15, 0.05, 0.2], size=400)
    intervals = [ratio_interval(cells(*map(float, table))) for table in tables]
    covered = sum(low <= 0.65 / 0.75 <= high for low, high in intervals)
    assert 0.92 <= covered / 400 <= 0.98


def test_a_share_of_independent_answers_takes_wilsons_interval():
    estimate = share_estimate(np.array([1.0, 0.0, np.nan, 1.0]), ["a", "b", "c", ""])
    assert (estimate.n, estimate.n_unscored) == (3, 1)
    assert estimate.score == pytest.approx(2 / 3)
    assert (estimate.low, estimate.high) == pytest.approx(wilson(2, 3))


def test_wordings_that_stand_and_fall_together_count_as_one():
    facts = [f"f{i // 3}" for i in range(300)]
    values = np.repeat(np.array([1.0, 0.0, 1.0, 1.0] * 25), 3)
    together = share_estimate(values, facts)
    apart = share_estimate(values)
    assert together.score == apart.score == 0.75
    # 100 facts with one answer each, said three times: the design effect is 3, but for the correction of a sample of 100
    assert (together.low, together.high) == pytest.approx(wilson(75, 100), abs=1e-9)
    assert apart.low > together.low


def test_a_perfect_share_of_wordings_is_as_sure_as_its_facts():
    estimate = share_estimate(np.ones(30), [f"f{i // 3}" for i in range(30)])
    assert (estimate.low, estimate.high) == pytest.approx(wilson(10, 10))


def test_graded_values_take_a_bootstrap():
    rng = np.random.default_rng(0)
    values = rng.uniform(0.2, 0.9, size=200)
    estimate = share_estimate(values)
    half = 1.96 * values.std(ddof=1) / math.sqrt(200)
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.004)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.004)


def test_nothing_scored_has_no_score():
    assert share_estimate(np.array([np.nan, np.nan])).score is None
    assert share_estimate(np.array([])).n == 0
    assert perplexity_estimate(np.array([np.nan]), np.array([3.0])).score is None


def test_perplexity_weighs_windows_by_their_tokens():
    estimate = perplexity_estimate(np.array([math.log(2) * 10, math.log(8) * 30, np.inf]), np.array([10.0, 30.0, 5.0]))
    assert estimate.score == pytest.approx(math.exp((10 * math.log(2) + 30 * math.log(8)) / 40))
    assert (estimate.n, estimate.n_unscored) == (2, 1)
    assert estimate.low <= estimate.score <= estimate.high


def test_one_window_has_a_perplexity_without_interval_and_a_broken_model_an_infinite_one():
    assert perplexity_estimate(np.array([10.0]), np.array([10.0])).low is None
    assert perplexity_estimate(np.array([8000.0]), np.array([10.0])).score == math.inf

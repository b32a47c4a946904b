import math
from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

from llmkick_core.stats.intervals import Cells, newcombe
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity, mcnemar
from llmkick_core.stats.resampling import MOST_UNITS, resampled_sums, unit_codes


def test_four_questions_by_hand():
    found = compare([1, 1, 1, 0, 0, float("nan")], [1, 0, 0, 1, 0, 1])
    assert (found.n, found.n_unscored) == (5, 1)
    assert (found.broke, found.fixed, found.both_right, found.both_wrong) == (2, 1, 1, 1)
    assert found.dense_share == pytest.approx(0.6)
    assert found.compressed_share == pytest.approx(0.4)
    assert found.delta == pytest.approx(-0.2)
    assert found.ratio == pytest.approx(2 / 3)
    assert found.p_value == 1.0  # 2 against 1: 2 * (1 + 3) / 8
    assert found.low < -0.2 < found.high


def test_independent_answers_take_newcombes_interval():
    dense = [1] * 48 + [0] * 2
    compressed = [1] * 36 + [0] * 12 + [1] * 2
    found = compare(dense, compressed)
    assert (found.low, found.high) == pytest.approx(newcombe(Cells(both=36, broke=12, fixed=2, neither=0)))


@pytest.mark.parametrize(("broke", "fixed"), [(0, 0), (1, 0), (5, 1), (12, 30), (112, 9)])
def test_mcnemar_agrees_with_statsmodels(broke, fixed):
    expected = reference_mcnemar([[3, broke], [fixed, 4]], exact=True).pvalue if broke + fixed else 1.0
    assert mcnemar(broke, fixed) == pytest.approx(expected, rel=1e-9)


def test_wordings_of_one_fact_count_once_in_the_p_value():
    # five facts in three wordings: four lose all three, one gains one and loses none -> 4 against 1, not 12 against 1
    facts = [f"f{i // 3}" for i in range(15)]
    dense = [1] * 12 + [0, 1, 1]
    compressed = [0] * 12 + [1, 1, 1]
    found = compare(dense, compressed, groups=facts)
    assert (found.broke, found.fixed) == (12, 1)
    assert found.p_value == pytest.approx(binomtest(1, 5).pvalue) == pytest.approx(0.375)
    assert compare(dense, compressed).p_value == pytest.approx(binomtest(1, 13).pvalue)


def test_a_fact_that_loses_one_wording_and_gains_another_decides_nothing():
    found = compare([1, 0, 1, 0], [0, 1, 0, 0], groups=["a", "a", "b", "b"])
    assert (found.broke, found.fixed) == (2, 1)
    assert found.p_value == 1.0  # b lost, a is even: 1 against 0


def test_the_p_value_over_facts_rarely_alarms_where_nothing_differs():
    rng = np.random.default_rng(11)
    facts = [f"f{i // 3}" for i in range(180)]
    n_alarms = n_alarms_ungrouped = 0
    for _ in range(300):
        dense, compressed = (np.repeat(rng.uniform(size=60) < 0.5, 3).astype(float) for _ in range(2))  # the wordings of a fact go together
        n_alarms += compare(dense, compressed, groups=facts).p_value < 0.05
        n_alarms_ungrouped += compare(dense, compressed).p_value < 0.05
    assert n_alarms <= 0.08 * 300
    assert n_alarms_ungrouped > 0.15 * 300  # what counting wordings as if they were independent would give


def naive_bootstrap(dense: np.ndarray, compressed: np.ndarray, groups: list[str], seed: int) -> tuple[float, float, float, float]:
    """Facts drawn one by one, their answers put together, percentiles of difference and ratio."""
    rng = np.random.default_rng(seed)
    members = [[i for i, name in enumerate(groups) if name == group] for group in dict.fromkeys(groups)]
    differences, ratios = [], []
    for _ in range(3000):
        drawn = [i for k in rng.integers(len(members), size=len(members)) for i in members[k]]
        differences.append(compressed[drawn].mean() - dense[drawn].mean())
        ratios.append(compressed[drawn].mean() / dense[drawn].mean())
    return (*np.percentile(differences, [2.5, 97.5]), *np.percentile(ratios, [2.5, 97.5]))


def test_wordings_of_one_fact_are_drawn_together():
    rng = np.random.default_rng(3)
    facts = [f"f{i // 3}" for i in range(240)]
    fate = np.repeat(rng.uniform(size=80), 3)
    dense = ((fate + 0.1 * rng.uniform(size=240)) > 0.15).astype(float)
    compressed = ((fate + 0.1 * rng.uniform(size=240)) > 0.5).astype(float)
    found = compare(dense, compressed, groups=facts)
    low, high, ratio_low, ratio_high = naive_bootstrap(dense, compressed, facts, seed=1)
    assert found.low == pytest.approx(low, abs=0.02)
    assert found.high == pytest.approx(high, abs=0.02)
    assert found.ratio_low == pytest.approx(ratio_low, abs=0.02)
    assert found.ratio_high == pytest.approx(ratio_high, abs=0.02)
    alone = compare(dense, compressed)
    assert found.high - found.low > 1.3 * (alone.high - alone.low)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).uniform(size=(2, 50))
    assert compare(*values, seed=1) == compare(*values, seed=1)
    assert compare(*values, seed=1) != compare(*values, seed=2)


def test_groups_that_all_stand_alone_change_nothing():
    dense, compressed = [1, 1, 1, 0] * 20, [1, 0, 1, 0] * 20
    assert compare(dense, compressed, groups=[""] * 80) == compare(dense, compressed)


def test_few_changed_facts_are_as_sure_as_their_number_of_facts():
    facts = [f"f{i // 3}" for i in range(30)]
    found = compare([1] * 30, [1] * 30, groups=facts)
    assert (found.low, found.high) == pytest.approx(newcombe(Cells(both=10, broke=0, fixed=0, neither=0)))
    assert found.delta == 0


def test_an_unscored_wording_is_left_out_of_its_fact():
    found = compare([1, 1, math.nan], [0, math.nan, 1], groups=["f", "f", "f"])
    assert (found.n, found.n_unscored, found.broke) == (1, 2, 1)


def test_graded_values_break_at_the_limit():
    found = compare([0.9, 0.6, 0.4, 0.2], [0.6, 0.4, 0.5, 0.1], right_at=0.5)
    assert (found.both_right, found.broke, found.fixed, found.both_wrong) == (1, 1, 1, 1)
    assert found.delta == pytest.approx(-0.125)


def test_nothing_in_common_has_no_numbers():
    found = compare([math.nan], [1.0])
    assert (found.n, found.n_unscored) == (0, 1)
    assert {name.name for name in fields(Comparison) if getattr(found, name.name) is None} == {
        "dense_share",
        "compressed_share",
        "delta",
        "low",
        "high",
        "p_value",
        "ratio",
        "ratio_low",
        "ratio_high",
    }
    assert compare([], []).n == 0


def test_a_dense_model_that_knows_nothing_has_no_ratio():
    found = compare([0] * 20, [0] * 19 + [1])
    assert (found.ratio, found.ratio_low, found.ratio_high) == (None, None, None)
    assert found.fixed == 1


def test_all_lost_is_as_sure_as_its_facts():
    found = compare([1] * 200, [0] * 200, groups=[f"f{i // 2}" for i in range(200)])
    assert (found.delta, found.broke, found.ratio_low) == (-1, 200, 0)
    assert (found.low, found.high) == pytest.approx(newcombe(Cells(both=0, broke=100, fixed=0, neither=0)))
    assert 0 < found.ratio_high < 0.05


def test_values_out_of_range_and_unequal_lengths_are_mistakes():
    with pytest.raises(ValueError, match="0-1"):
        compare([2.0], [1.0])
    with pytest.raises(ValueError, match="shape"):
        compare([1.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="shape"):
        compare_perplexity([1.0], [1.0, 0.0], [1, 1])


def test_many_units_follow_the_normal_limit():
    rng = np.random.default_rng(5)
    columns = rng.uniform(size=(MOST_UNITS + 1, 2))
    sums = resampled_sums(columns)
    n = len(columns)
    assert sums.mean(axis=0) == pytest.approx(columns.sum(axis=0), rel=2e-3)
    assert sums.std(axis=0) == pytest.approx(columns.std(axis=0) * math.sqrt(n), rel=0.06)
    assert np.corrcoef(sums.T)[0, 1] == pytest.approx(np.corrcoef(columns.T)[0, 1], abs=0.08)


def test_each_resample_draws_as_many_units_as_there_are():
    assert (resampled_sums(np.ones((7, 1))) == 7).all()


def test_units_are_groups_and_empty_groups_stand_alone():
    codes, n_units = unit_codes(5, ["a", "", "a", "", "b"])
    assert n_units == 4
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 4


def test_perplexity_of_windows_by_hand():
    found = compare_perplexity([math.log(2) * 10] * 6, [math.log(3) * 10] * 5 + [math.nan], [10] * 6)
    assert (found.n, found.n_unscored) == (5, 1)
    assert found.dense_share == pytest.approx(2)
    assert found.compressed_share == pytest.approx(3)
    assert (found.delta, found.ratio) == pytest.approx((1, 1.5))
    assert (found.low, found.high, found.ratio_low, found.ratio_high) == pytest.approx((1, 1, 1.5, 1.5))
    assert found.p_value is None


def test_perplexity_agrees_with_a_naive_bootstrap_over_windows():
    rng = np.random.default_rng(2)
    tokens = rng.integers(50, 256, size=40)
    dense = tokens * rng.normal(0.8, 0.2, size=40)
    compressed = dense + tokens * rng.normal(0.05, 0.03, size=40)
    found = compare_perplexity(dense, compressed, tokens)
    ratios = []
    for _ in range(3000):
        drawn = rng.integers(40, size=40)
        ratios.append(math.exp((compressed[drawn].sum() - dense[drawn].sum()) / tokens[drawn].sum()))
    assert (found.ratio_low, found.ratio_high) == pytest.approx(tuple(np.percentile(ratios, [2.5, 97.5])), abs=0.002)


def test_a_rise_over_too_few_windows_has_no_interval():
    found = compare_perplexity([1.0] * 4, [2.0] * 4, [1] * 4)
    assert found.ratio == pytest.approx(math.e)
    assert (found.low, found.ratio_low) == (None, None)


def test_a_perplexity_that_overflows_is_infinite_and_not_a_warning():
    found = compare_perplexity([10.0] * 6, [8000.0] * 6, [10] * 6)
    assert found.compressed_share == math.inf
    assert found.ratio_low > 1.05

"""A judge's numbers by hand: means, noise, leanings, preference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr, t, ttest_1samp, ttest_rel

from llmkick_core.stats.judging import (
    UNSEEN,
    change_floor,
    first_wins,
    is_below_noise,
    length_bias,
    mean_interval,
    noise_floor,
    paired_change,
    position_bias,
    preference,
    relative_verdict,
)

NAN = math.nan


def test_a_mean_has_students_interval_over_its_values_and_leaves_out_what_is_missing():
    # 6, 8, 7, 9: mean 7.5, deviations 1.5, 0.5, 0.5, 1.5: variance 5 / 3, error sqrt(5 / 3 / 4) = 0.6455
    found = mean_interval([6, 8, NAN, 7, 9])
    assert (found.n, found.mean) == (4, 7.5)
    assert found.high - 7.5 == pytest.approx(t.ppf(0.975, 3) * 0.6454972)
    reference = ttest_1samp([6, 8, 7, 9], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


def test_the_turns_of_a_conversation_are_one_unit():
    alone = mean_interval([6, 8, 7, 9])
    same = mean_interval([6, 6, 8, 8, 7, 7, 9, 9], groups=[0, 0, 1, 1, 2, 2, 3, 3])
    assert (same.n, same.mean) == (8, 7.5)
    assert (same.low, same.high) == pytest.approx((alone.low, alone.high))


@pytest.mark.parametrize(("values", "n", "mean"), [([], 0, None), ([NAN], 0, None), ([7.0], 1, 7.0), ([7.0, NAN], 1, 7.0)])
def test_fewer_than_two_values_have_no_interval(values: list[float], n: int, mean: float | None):
    found = mean_interval(values)
    assert (found.n, found.mean, found.low, found.high) == (n, mean, None, None)


def test_two_turns_of_one_conversation_have_no_interval_either():
    assert mean_interval([7, 8], groups=[4, 4]).low is None


def test_scores_that_are_all_alike_are_not_certain():
    # 10 changes of 0: as if one more had departed by 5 points, error sqrt(25 / 9 / 10)
    found = paired_change([7] * 10, [7] * 10)
    assert found.mean == 0
    assert found.high == pytest.approx(t.ppf(0.975, 9) * UNSEEN / math.sqrt(90))
    assert found.low == pytest.approx(-found.high)


def test_a_change_is_paired_and_needs_both():
    before, after = [8, 7, 9, 5, NAN, 6], [7, 7, 6, 6, 5, NAN]
    found = paired_change(before, after)
    reference = ttest_rel([7, 7, 6, 6], [8, 7, 9, 5]).confidence_interval(0.95)
    assert (found.n, found.mean) == (4, -0.75)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


def test_the_interval_of_a_rare_change_covers_the_truth():
    rng = np.random.default_rng(0)
    truth, covered = -0.05 * 4, 0  # 5% of 80 answers lose 1-7 points; plain t covers 88 of 100
    for _ in range(1000):
        lost = (rng.random(80) < 0.05) * rng.integers(1, 8, 80)
        found = paired_change(np.zeros(80), -lost)
        covered += found.low <= truth <= found.high
    assert covered >= 910


def test_the_papers_verdict_is_relative_to_the_dense_mean():
    before = np.array([8.0, 6.0] * 20)
    assert relative_verdict(before, before - np.array([0.1, 0.2, -0.1, 0.0] * 10)) == "matching"
    assert relative_verdict(before, before - np.array([2.0, 3.0, 1.0, 2.0] * 10)) == "not matching"
    assert relative_verdict(before, before - np.array([4.0, -3.0, 2.0, -1.0] * 10)) == "undecided"
    assert relative_verdict([8.0], [8.0]) == "undecided"
    assert relative_verdict([NAN], [8.0]) is None


def test_two_changes_that_are_alike_decide_nothing():
    assert relative_verdict([9.0, 10.0], [8.0, 9.0]) == "undecided"  # 0.05 of two levels differs; the change does not


def test_noise_is_what_repeats_of_one_question_differ_by():
    # 7 7 8: mean 7.33, squares 0.667; 5 5 5: 0; 4 6 -: 2; freedom 2 + 2 + 1
    # pairs: 0 1 1, 0 0 0, 2: 7 in all, 4 equal, mean 4 / 7; a question with one verdict, and one with none, say nothing
    found = noise_floor([[7, 7, 8], [5, 5, 5], [4, 6, NAN], [NAN, 9, NAN], [NAN, NAN, NAN]])
    assert (found.n_items, found.n_pairs) == (3, 7)
    assert found.sd == pytest.approx(math.sqrt((2 / 3 + 0 + 2) / 5))
    assert (found.agreement, found.difference) == pytest.approx((4 / 7, 4 / 7))


@pytest.mark.parametrize("repeats", [np.empty((0, 2)), [[7.0], [8.0]], [[7.0, NAN], [NAN, 8.0]], []])
def test_without_repeats_there_is_no_noise_floor(repeats: object):
    assert noise_floor(repeats) is None


def test_a_judge_that_repeats_itself_has_no_noise_and_no_change_is_never_above_it():
    found = noise_floor([[7, 7], [3, 3]])
    assert (found.sd, found.agreement, found.difference) == (0, 1, 0)
    assert is_below_noise(0.0, change_floor(found.sd, 30))
    assert not is_below_noise(0.1, change_floor(found.sd, 30))


def test_the_floor_falls_with_answers_and_with_judgments_averaged():
    # 1.96 * sqrt(2) * 0.5 / sqrt(25 * 4)
    assert change_floor(0.5, 25, 4) == pytest.approx(1.959964 * math.sqrt(2) * 0.5 / 10)
    assert is_below_noise(-0.13, change_floor(0.5, 25, 4))
    assert not is_below_noise(-0.14, change_floor(0.5, 25, 4))


def test_of_equal_models_95_of_100_changes_lie_below_the_floor():
    rng = np.random.default_rng(1)
    quality = rng.uniform(3, 9, 40)
    dense, other = (quality + rng.normal(0, 0.8, (2000, 2, 40)).mean(axis=1) for _ in range(2))  # two orders averaged
    below = [is_below_noise(change, change_floor(0.8, 40, 2)) for change in (other - dense).mean(axis=1)]
    assert 0.93 <= np.mean(below) <= 0.97


def test_position_bias_is_what_the_first_place_adds():
    found = position_bias([8, 7, 9, NAN], [7, 7, 7, 5])
    assert (found.n, found.mean) == (3, 1.0)


def test_first_wins_counts_decided_verdicts_by_place_and_orders_that_disagree():
    # candidate first: wins, loses, ties, wins, wins; second: wins, loses, ties, loses (the first again won), none
    found = first_wins([1, -1, 0, 1, 1], [1, -1, 0, -1, NAN])
    # decided: item 1: first won, second won; 2: second, first; 4: first, first; 5: first -> 5 of 7
    assert (found.n, found.n_items, found.n_inconsistent) == (7, 4, 1)
    assert (found.share, found.inconsistent_share) == pytest.approx((5 / 7, 1 / 4))
    assert found.low < 5 / 7 < found.high


def test_only_ties_and_nothing_say_nothing_of_the_first_place():
    ties = first_wins([0, 0], [0, 0])
    assert (ties.n, ties.share, ties.low, ties.inconsistent_share) == (0, None, None, 0)
    assert first_wins([], []).inconsistent_share is None


def test_length_bias_is_spearmans_correlation_with_shared_ranks():
    lengths, gains = [10, 20, 20, 40, -5, 0, NAN], [0, 1, 1, 1, -1, 0, 1]
    found = length_bias(lengths, gains)
    assert found.n == 6
    assert found.rho == pytest.approx(spearmanr(lengths[:6], gains[:6])[0])
    # Fisher: z +- 1.96 * sqrt((1 + rho^2 / 2) / 3)
    half = 1.959964 * math.sqrt((1 + found.rho**2 / 2) / 3)
    assert (found.low, found.high) == pytest.approx((math.tanh(math.atanh(found.rho) - half), math.tanh(math.atanh(found.rho) + half)))


def test_answers_to_one_question_do_not_make_a_correlation_surer():
    lengths, gains = np.array([3, 1, 4, 1, 5, 9, 2, 6]), np.array([1, 0, 1, -1, 0, 1, 0, 1])
    alone = length_bias(lengths, gains)
    twice = length_bias(np.tile(lengths, 2), np.tile(gains, 2), groups=np.tile(np.arange(8), 2))
    assert (twice.rho, twice.low, twice.high) == pytest.approx((alone.rho, alone.low, alone.high))


@pytest.mark.parametrize(("lengths", "gains"), [([1, 1, 1], [0, 1, 2]), ([1, 2, 3], [0, 0, 0]), ([1], [1]), ([], []), ([NAN, 1], [1, NAN])])
def test_a_side_that_does_not_vary_has_no_correlation(lengths: list[float], gains: list[float]):
    found = length_bias(lengths, gains)
    assert (found.rho, found.low, found.high) == (None, None, None)


def test_a_perfect_or_tiny_correlation_has_no_interval():
    assert (length_bias([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).rho, length_bias([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).low) == (1.0, None)
    assert length_bias([1, 2, 3], [1, 3, 2]).low is None


def test_preference_is_the_net_share_won():
    # 6 - 2 of 12; Agresti and Min: centre 4 / 14, variance (9 / 14 - (4 / 14)^2) / 14; sign test 2 * P(X <= 2 of 8) = 2 * 37 / 256
    found = preference(6, 3, 2, 1)
    assert (found.n, found.net) == (12, pytest.approx(1 / 3))
    half = 1.959964 * math.sqrt((9 / 14 - (4 / 14) ** 2) / 14)
    assert (found.low, found.high) == pytest.approx((4 / 14 - half, 4 / 14 + half))
    assert found.p_value == pytest.approx(2 * 37 / 256)


def test_ties_alone_are_no_preference_and_not_certain():
    found = preference(0, 20, 0)
    assert (found.net, found.p_value) == (0, 1)
    assert found.low < 0 < found.high
    assert preference(5, 0, 0).high == 1
    assert (preference(0, 0, 0).net, preference(0, 0, 0).low, preference(0, 0, 0).p_value) == (None, None, None)


def test_means_of_thirds_that_are_equal_are_tied():
    gains = [0.1 + 0.2, 0.3, 1.0, -1.0]  # 0.30000000000000004 and 0.3
    assert length_bias([3, 1, 5, 0], gains) == length_bias([3, 1, 5, 0], [0.3, 0.3, 1.0, -1.0])

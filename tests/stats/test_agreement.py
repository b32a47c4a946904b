"""Cohen's kappa by hand, and against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats import inter_rater

from llmkick_core.stats.agreement import cohens_kappa, kappa_of


def test_kappa_of_two_by_two_by_hand():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5, kappa 0.4
    found = kappa_of(np.array([[20.0, 5], [10, 15]]))
    assert (found.n, found.share, found.kappa) == (50, pytest.approx(0.7), pytest.approx(0.4))
    assert found.low < 0.4 < found.high


def test_quadratic_kappa_of_three_by_three_by_hand():
    # a disagreement counts (distance / 2)^2: observed (1 * 0.25 + 1 * 1) / 10 = 0.125
    # rows 4 4 2, columns 5 3 2: expected (0.25 * (4*3 + 4*5 + 4*2 + 2*3) + 1 * (4*2 + 2*5)) / 100 = 0.295
    found = kappa_of(np.array([[4.0, 0, 0], [0, 3, 1], [1, 0, 1]]), "quadratic")
    assert found.kappa == pytest.approx(1 - 0.125 / 0.295)


@pytest.mark.parametrize("weights", ["none", "quadratic"])
@pytest.mark.parametrize("seed", range(3))
def test_kappa_and_its_interval_are_those_of_statsmodels(weights: str, seed: int):
    table = np.random.default_rng(seed).integers(0, 12, (4, 4)).astype(float) + 10 * np.eye(4)
    reference = inter_rater.cohens_kappa(table, wt=None if weights == "none" else "quadratic")
    found = kappa_of(table, weights)
    assert (found.kappa, found.low, found.high) == pytest.approx((reference.kappa, reference.kappa_low, reference.kappa_upp))


def test_ratings_that_are_no_category_are_left_out_and_counted():
    found = cohens_kappa(["a", "b", "tie", None, "a"], ["a", "a", "tie", "a", "inconsistent"], ("a", "tie", "b"))
    assert (found.n, found.n_left_out, found.share) == (3, 2, pytest.approx(2 / 3))
    scores = cohens_kappa([7.0, math.nan, 5.0], [7.0, 6.0, 4.0], [4.0, 5.0, 6.0, 7.0], weights="quadratic")
    assert (scores.n, scores.n_left_out) == (2, 1)


def test_categories_that_nobody_used_do_not_change_quadratic_kappa():
    one, two = [1, 2, 3, 3, 2], [1, 3, 3, 2, 2]
    few, many = (cohens_kappa(one, two, categories, weights="quadratic") for categories in (range(1, 4), range(11)))
    assert (few.kappa, few.low, few.high) == pytest.approx((many.kappa, many.low, many.high))


def test_kappa_is_not_there_where_it_cannot_be_said():
    nothing = cohens_kappa([], [], ("a", "b"))
    assert (nothing.n, nothing.share, nothing.kappa, nothing.low) == (0, None, None, None)
    constant = cohens_kappa(["a", "a"], ["a", "a"], ("a", "b"))
    assert (constant.n, constant.share, constant.kappa) == (2, 1, None)
    perfect = cohens_kappa(["a", "b"], ["a", "b"], ("a", "b"))
    assert (perfect.kappa, perfect.low, perfect.high) == (1, None, None)
    one = cohens_kappa(["a"], ["b"], ("a", "b"))
    assert (one.share, one.kappa) == (0, 0)
    with pytest.raises(ValueError, match="2 ratings against 1"):
        cohens_kappa(["a", "b"], ["a"], ("a", "b"))


def test_a_rater_that_always_says_the_same_leaves_no_interval():
    found = cohens_kappa(["a"] * 6, ["a", "b", "a", "b", "a", "a"], ["a", "b"])
    assert (found.kappa, found.low, found.high) == (0.0, None, None)

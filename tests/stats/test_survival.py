"""Lifetimes of facts, counted by hand and against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from llmkick_core.stats.survival import (
    ALIVE,
    FRAGILE,
    LOST,
    NOT_RUN,
    UNSCORED,
    fates,
    lifetimes,
    median_lifetime,
    step_counts,
    survival,
    unit_states,
)

SIGNS = {"v": ALIVE, "~": FRAGILE, "x": LOST, "?": UNSCORED, ".": NOT_RUN}


def states(*rows: str) -> np.ndarray:
    return np.array([[SIGNS[sign] for sign in row] for row in rows], dtype=np.int8)


def fates_of(*facts: str):
    """A word a fact: the dense model first, then each step."""
    table = states(*facts).T
    return fates(table[0], table[1:])


def test_a_fact_is_lost_only_when_all_its_wordings_fail():
    # wordings of four facts: two, two, two, one
    codes = np.array([0, 0, 1, 1, 2, 2, 3])
    right = np.array([[1, 1, 1, 0, 0, 0, 0]], dtype=bool)
    scored = np.array([[1, 1, 1, 1, 1, 1, 0]], dtype=bool)
    found, n_right = unit_states(right, scored, np.ones((1, 7), dtype=bool), codes, 4)
    assert found.tolist() == states("v~x?").tolist()
    assert n_right.tolist() == [[2, 1, 0, 0]]


def test_a_wording_without_verdict_says_nothing_and_one_not_asked_leaves_it_open():
    codes = np.array([0, 0, 1, 1])
    scored = np.array([[1, 0, 1, 0]], dtype=bool)
    right = np.array([[1, 0, 0, 0]], dtype=bool)
    answered = np.array([[1, 1, 1, 0]], dtype=bool)
    assert unit_states(right, scored, answered, codes, 2)[0].tolist() == states("v.").tolist()


def test_a_run_without_facts_has_no_states():
    none = np.zeros((2, 0), dtype=bool)
    assert unit_states(none, none, none, np.zeros(0, dtype=np.intp), 0)[0].shape == (2, 0)


@pytest.mark.parametrize(
    ("fact", "death", "last", "is_back"),
    [
        ("vvxx", 1, 2, False),
        ("vxxx", 0, 2, False),
        ("vxvx", 2, 2, True),  # lost at the first, back at the second, dead at the third
        ("vx~v", 3, 2, True),
        ("vvv~", 3, 2, False),
        ("vx?x", 0, 2, False),  # nobody said that it came back
        ("vv??", 3, 0, False),
        ("v?.?", 3, -1, False),
        ("vv?x", 2, 2, False),
        ("~x..", 0, 0, False),
    ],
)
def test_a_fact_dies_where_it_is_lost_and_never_right_again(fact: str, death: int, last: int, is_back: bool):
    found = fates_of(fact)
    assert (int(found.death[0]), int(found.last[0]), bool(found.is_back[0])) == (death, last, is_back)
    assert bool(found.is_dead[0]) == (death < 3)


def test_what_dense_never_knew_cannot_be_lost():
    found = fates_of("xxxx", "xxvx", "?xxx", ".vvv")
    assert not found.is_known.any()
    assert not found.is_dead.any()
    assert found.is_judged.tolist() == [True, True, False, False]
    assert found.is_gained.tolist() == [False, True, False, False]
    assert not found.is_back.any()


def test_facts_stand_in_the_order_in_which_they_die():
    found = fates_of("?vvv", "xvvv", "vv??", "vvvv", "vvxv", "vvvx", "vxxx")
    assert found.order.tolist() == [6, 5, 4, 3, 3, 2, 0]


def test_without_steps_nothing_dies():
    found = fates_of("v", "x")
    assert (found.death.tolist(), found.last.tolist(), found.n_steps) == ([0, 0], [-1, -1], 0)
    assert not found.is_dead.any()


def test_a_step_counts_verdicts_only_and_fragile_apart():
    found = step_counts(states("v~~xx?.v")[0], np.array([1, 1, 1, 1, 1, 1, 1, 0], dtype=bool))
    assert (found.n_alive, found.n_fragile, found.n_lost, found.n_unscored, found.n_not_run) == (1, 2, 2, 1, 1)
    assert (found.n, found.n_left, found.share) == (5, 3, 0.6)
    assert found.interval == pytest.approx(proportion_confint(3, 5, method="wilson"))
    none = step_counts(states("??")[0], np.ones(2, dtype=bool))
    assert (none.share, none.interval) == (None, None)


def test_the_median_of_four_facts_by_hand():
    # steps 30, 50, 70%: dies at 30, at 50, at 50, lives at 70
    ended, is_dead = lifetimes(fates_of("vxxx", "vvxx", "vvxx", "vvvv", "xxxx"), np.array([0.3, 0.5, 0.7]))
    assert (ended.tolist(), is_dead.tolist()) == ([0.3, 0.5, 0.5, 0.7], [True, True, True, False])
    times, share, low, high = survival(ended, is_dead)
    assert times.tolist() == [0.3, 0.5, 0.7]
    assert share.tolist() == pytest.approx([0.75, 0.25, 0.25])
    assert ((low <= share) & (share <= high)).all()
    found = median_lifetime(ended, is_dead)
    assert (found.median, found.low) == (0.5, 0.3)
    assert found.high is None  # one of four: the upper edge never falls to a half


def test_a_censored_fact_is_at_risk_until_it_was_last_judged():
    # of 4: one dies at 30; one is judged at 30 only; of the 2 left one dies at 50: 3/4 * 1/2
    ended, is_dead = lifetimes(fates_of("vxx", "vv?", "vvx", "vvv"), np.array([0.3, 0.5]))
    assert survival(ended, is_dead)[1].tolist() == pytest.approx([0.75, 0.375])
    unjudged, dead = lifetimes(fates_of("v??"), np.array([0.3, 0.5]))
    assert (unjudged.tolist(), dead.tolist()) == ([0.0], [False])


def test_a_median_that_all_outlive_is_not_known():
    for dead in (np.zeros(3, dtype=bool), np.array([True, False, False])):
        assert median_lifetime(np.array([0.3, 0.5, 0.5]), dead).median is None
    empty = median_lifetime(np.zeros(0), np.zeros(0, dtype=bool))
    assert (empty.median, empty.low, empty.high) == (None, None, None)


def test_all_dead_at_one_step_leaves_no_doubt_in_the_steps():
    found = median_lifetime(np.full(9, 0.5), np.ones(9, dtype=bool))
    assert (found.median, found.low, found.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("seed", range(6))
def test_shares_and_medians_are_those_of_statsmodels(seed: int):
    rng = np.random.default_rng(seed)
    ended = rng.choice([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], size=25)
    is_dead = rng.random(25) < 0.8
    theirs = SurvfuncRight(ended, is_dead.astype(float))  # its times are those of deaths
    times, share, low, high = survival(ended, is_dead)
    mine = np.isin(times, theirs.surv_times)
    assert share[mine] == pytest.approx(theirs.surv_prob)
    inside = mine & (share > 0) & (share < 1)
    p, se = share[inside], theirs.surv_prob_se[(theirs.surv_prob > 0) & (theirs.surv_prob < 1)]
    spread = 1.959963984540054 * se / (p * np.abs(np.log(p)))
    assert low[inside] == pytest.approx(np.exp(-np.exp(np.log(-np.log(p)) + spread)))
    assert high[inside] == pytest.approx(np.exp(-np.exp(np.log(-np.log(p)) - spread)))
    found = median_lifetime(ended, is_dead)
    with np.errstate(divide="ignore", invalid="ignore"):  # where all are dead
        expected = theirs.quantile_ci(0.5, method="cloglog")
    assert found.low == expected[0]
    assert (np.inf if found.high is None else found.high) == expected[1]


def test_half_is_half_whatever_the_product_of_the_shares_comes_to():
    # of 22 facts 7 die at 30% and 4 at 50%, so that 11 of 22 are left; (15 / 22) * (11 / 15) is a little above one half in floating point
    ended = np.repeat([0.3, 0.5, 0.7], [7, 4, 11])
    assert median_lifetime(ended, np.ones(22, dtype=bool)).median == 0.5

import math

import pytest

from llmkick_core.stats.facts import fact_change, fact_shares, fact_states, lifetime, median_lifetime


def test_a_fact_is_lost_only_when_all_its_wordings_fail():
    states = fact_states(["a", "a", "b", "b", "c", "c"], [1, 1, 1, 0, 0, 0])
    assert states == {"a": "alive", "b": "fragile", "c": "lost"}


def test_an_unscored_wording_says_nothing_about_its_fact():
    assert fact_states(["a", "a", "b"], [1, math.nan, math.nan]) == {"a": "alive"}


def test_shares_add_up_and_none_without_facts():
    shares = fact_shares(["alive", "alive", "fragile", "lost"])
    assert (shares.n, shares.alive, shares.fragile, shares.lost) == (4, 0.5, 0.25, 0.25)
    assert fact_shares([]).alive is None


def test_what_became_of_known_facts():
    before = fact_states(list("aabbccdd"), [1, 1, 1, 1, 1, 0, 0, 0])
    after = fact_states(list("aabbccdd"), [1, 0, 0, 0, 0, 0, 1, 1])
    change = fact_change(before, after)
    assert (change.n_known, change.n_lost, change.n_fragile) == (3, 2, 1)
    assert fact_change(before, {}).n_known == 0


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(0.3, "alive"), (0.5, "lost"), (0.7, "lost")], 0.5),
        ([(0.7, "lost"), (0.3, "lost"), (0.5, "fragile")], 0.7),  # it came back at 50%: it was not dead at 30%
        ([(0.3, "alive"), (0.7, "fragile")], math.inf),
        ([], math.inf),
    ],
)
def test_a_fact_dies_where_it_never_comes_back(steps, expected):
    assert lifetime(steps) == expected


def test_the_median_lifetime_is_where_half_have_died():
    assert median_lifetime([0.3, 0.5, 0.7, math.inf]) == 0.5
    assert median_lifetime([0.5, math.inf, math.inf]) is None
    assert median_lifetime([]) is None

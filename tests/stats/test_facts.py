import math

from llmkick_core.stats.facts import fact_change, fact_states


def test_a_fact_is_lost_only_when_all_its_wordings_fail():
    states = fact_states(["a", "a", "b", "b", "c", "c"], [1, 1, 1, 0, 0, 0])
    assert states == {"a": "alive", "b": "fragile", "c": "lost"}


def test_an_unscored_wording_says_nothing_about_its_fact():
    assert fact_states(["a", "a", "b"], [1, math.nan, math.nan]) == {"a": "alive"}


def test_what_became_of_known_facts():
    before = fact_states(list("aabbccdd"), [1, 1, 1, 1, 1, 0, 0, 0])
    after = fact_states(list("aabbccdd"), [1, 0, 0, 0, 0, 0, 1, 1])
    change = fact_change(before, after)
    assert (change.n_known, change.n_lost, change.n_fragile) == (3, 2, 1)
    assert fact_change(before, {}).n_known == 0

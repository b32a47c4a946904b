from __future__ import annotations

import math

from llmkick_core.stats.facts import FactChange, fact_change


def test_a_fact_is_lost_only_when_all_its_wordings_fail():
    # a stays whole, b becomes fragile, c (known in one wording) is lost, d was never known
    before = [1, 1, 1, 1, 1, 0, 0, 0]
    after = [1, 1, 1, 0, 0, 0, 1, 1]
    assert fact_change(list("aabbccdd"), before, after) == FactChange(n_known=3, n_lost=1, n_fragile=1)


def test_a_question_without_a_fact_stands_alone():
    assert fact_change(["", "", "a"], [1, 1, 1], [0, 1, 0]) == FactChange(n_known=3, n_lost=2, n_fragile=0)
    assert fact_change(None, [1, 1], [0, 1]) == FactChange(n_known=2, n_lost=1, n_fragile=0)


def test_an_unscored_wording_says_nothing_about_its_fact():
    nan = math.nan
    assert fact_change(list("aab"), [1, nan, 1], [1, nan, nan]) == FactChange(n_known=1, n_lost=0, n_fragile=0)
    assert fact_change([], [], []) == FactChange(n_known=0, n_lost=0, n_fragile=0)


def test_a_fact_known_in_some_wordings_that_keeps_some_is_not_newly_fragile():
    assert fact_change(list("aaa"), [1, 1, 0], [1, 0, 0]) == FactChange(n_known=1, n_lost=0, n_fragile=0)

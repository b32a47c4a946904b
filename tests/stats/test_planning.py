"""How many more questions: by hand, at the edges, and whether as many decide the verdict about four times of five."""

import math

import numpy as np
import pytest

from llmkick_core.stats.intervals import Cells, null_variance
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity
from llmkick_core.stats.planning import more_questions


def table(both: int, broke: int, fixed: int, neither: int) -> Comparison:
    n = (both, broke, fixed, neither)
    return compare(np.repeat([1, 1, 0, 0], n), np.repeat([1, 0, 1, 0], n))


def test_the_number_of_a_table_by_hand():
    # 140, 8, 3, 29 of 180: D = (143 - 0.95 * 148) / 180 = 0.0133, V1 = 143/180 + 0.9025 * 148/180 - 1.9 * 140/180 - D^2 = 0.0585
    d = (143 - 0.95 * 148) / 180
    v1 = (143 + 0.9025 * 148 - 1.9 * 140) / 180 - d**2
    v0 = null_variance(Cells(both=140, broke=8, fixed=3, neither=29), 0.95)
    needed = ((1.959964 * math.sqrt(v0) + 0.841621 * math.sqrt(v1)) / d) ** 2
    assert more_questions(table(140, 8, 3, 29)) == math.ceil(needed - 180)


def test_a_decided_verdict_needs_no_more():
    assert more_questions(table(1000, 2, 0, 100)) is None
    assert more_questions(table(100, 100, 0, 10)) is None


def test_no_number_decides_what_sits_on_the_bound():
    assert verdict(table(19, 1, 0, 0)) == "undecided"
    assert more_questions(table(19, 1, 0, 0)) is None


def test_nothing_known_is_not_planned_from():
    assert more_questions(compare([], [])) is None
    assert more_questions(compare([0] * 20, [1] * 20)) is None
    assert more_questions(compare_perplexity([10.0] * 4, [10.1] * 4, [10] * 4)) is None


def decided(truth: str, comparisons: list[Comparison]) -> float:
    return float(np.mean([verdict(one) == truth for one in comparisons]))


@pytest.mark.parametrize(
    ("counts", "truth"),
    [((140, 8, 3, 29), "matching"), ((60, 9, 2, 9), "not matching"), ((800, 60, 30, 110), "matching"), ((45, 5, 1, 129), "not matching")],
)
def test_as_many_questions_decide_about_four_times_of_five(counts, truth):
    seen = table(*counts)
    assert verdict(seen) == "undecided"
    n = seen.n + more_questions(seen)
    rng = np.random.default_rng(1)
    tables = rng.multinomial(n, np.array(counts) / seen.n, size=250)
    assert 0.7 <= decided(truth, [table(*one) for one in tables]) <= 0.9


KINDS = (
    ((1, 1, 1), (1, 1, 1)),
    ((1, 1, 1), (0, 0, 0)),
    ((1, 1, 0), (1, 1, 0)),
    ((0, 0, 0), (0, 0, 0)),
    ((1, 1, 1), (1, 0, 1)),
    ((0, 0, 0), (1, 1, 1)),
)
"""Facts in three wordings, before and after."""


def test_facts_in_several_wordings_count_as_facts():
    of = np.repeat(np.arange(6), (300, 30, 50, 40, 20, 9))
    before, after = (np.array([kind[side] for kind in KINDS], dtype=float) for side in (0, 1))
    seen = compare(before[of].ravel(), after[of].ravel(), groups=np.repeat(np.arange(len(of)), 3))
    assert verdict(seen) == "undecided"
    assert verdict(compare(before[of].ravel(), after[of].ravel())) == "not matching"  # three wordings say little more than one
    more = more_questions(seen)
    n_facts = (seen.n + more) // 3
    rng = np.random.default_rng(2)
    found = []
    for _ in range(150):
        drawn = rng.choice(of, size=n_facts)
        found.append(compare(before[drawn].ravel(), after[drawn].ravel(), groups=np.repeat(np.arange(n_facts), 3)))
    assert 0.7 <= decided("not matching", found) <= 0.92


@pytest.mark.parametrize(("rise", "spread", "n", "truth"), [(0.03, 0.04, 12, "matching"), (0.07, 0.06, 20, "not matching")])
def test_windows_of_text_that_decide_a_perplexity(rise, spread, n, truth):
    rng = np.random.default_rng(4)
    departs = rng.normal(size=n)
    departs = (departs - departs.mean()) / departs.std(ddof=1)

    def measured(departs: np.ndarray) -> Comparison:
        tokens = np.full(len(departs), 256.0)
        return compare_perplexity(tokens * 0.8, tokens * (0.8 + math.log(1 + rise) + spread * departs), tokens)

    seen = measured(departs)
    assert verdict(seen) == "undecided"
    more = more_questions(seen)
    found = [measured(rng.normal(size=n + more)) for _ in range(300)]
    assert 0.7 <= decided(truth, found) <= 0.9


def test_graded_answers_are_planned_from_their_interval():
    rng = np.random.default_rng(5)
    dense = rng.uniform(0.4, 1.0, size=60)
    compressed = np.clip(dense * rng.normal(0.97, 0.15, size=60), 0, 1)
    seen = compare(dense, compressed, right_at=0.5)
    assert verdict(seen) == "undecided"
    needed = 60 * ((1.959964 + 0.841621) / 1.959964 * (seen.ratio_high - seen.ratio) / (0.95 - seen.ratio)) ** 2
    assert more_questions(seen) == math.ceil(needed - 60)

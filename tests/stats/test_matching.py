import numpy as np
import pytest

from llmkick_core.stats.matching import largest_matching_sparsity, verdict
from llmkick_core.stats.paired import compare, compare_perplexity


def flips(n: int, broke: int, fixed: int = 0):
    """Return a comparison of n answers that the dense model had right, some of them lost, and `fixed` more that it had not."""
    return compare([1] * n + [0] * fixed, [0] * broke + [1] * (n - broke + fixed))


@pytest.mark.parametrize(
    ("n", "broke", "expected"),
    [
        (1000, 10, "matching"),
        (1000, 112, "not matching"),
        (1000, 50, "undecided"),
        (20, 1, "undecided"),
        (5, 0, "undecided"),
        (5, 5, "not matching"),
        (100, 0, "matching"),
    ],
)
def test_five_percent_relative_decided_with_the_interval(n, broke, expected):
    assert verdict(flips(n, broke)) == expected


def test_the_loss_is_relative_to_the_dense_score():
    # 3 points of 30 are 10% of what the dense model had
    dense = [1] * 600 + [0] * 1400
    compressed = [0] * 60 + [1] * 540 + [0] * 1400
    assert verdict(compare(dense, compressed)) == "not matching"


def test_a_wider_tolerance_forgives_more():
    assert verdict(flips(1000, 112), tolerance=0.2) == "matching"


def test_the_ratio_says_what_the_interval_of_compressed_minus_095_dense_says():
    rng = np.random.default_rng(11)
    facts = [f"f{i // 2}" for i in range(1600)]
    dense = (rng.uniform(size=1600) < 0.9).astype(float)
    found = []
    for kept in (0.9, 0.95, 0.98):
        compressed = dense * (rng.uniform(size=1600) < kept)
        draws = []
        for _ in range(1000):
            units = rng.integers(800, size=800)
            drawn = np.concatenate([2 * units, 2 * units + 1])
            draws.append(compressed[drawn].mean() - 0.95 * dense[drawn].mean())
        low, high = np.percentile(draws, [2.5, 97.5])
        expected = "matching" if low >= 0 else "not matching" if high < 0 else "undecided"
        found.append(verdict(compare(dense, compressed, groups=facts)))
        assert found[-1] == expected
    assert found == ["not matching", "undecided", "matching"]


def test_no_questions_and_no_dense_knowledge_are_undecided():
    assert verdict(compare([], [])) == "undecided"
    assert verdict(compare([0] * 50, [1] * 50)) == "undecided"


@pytest.mark.parametrize(("rise", "expected"), [(0.0, "matching"), (0.02, "matching"), (0.10, "not matching"), (-0.1, "matching")])
def test_perplexity_may_rise_by_five_percent(rise, expected):
    tokens = np.full(30, 256.0)
    dense = tokens * np.linspace(0.7, 0.9, 30)
    assert verdict(compare_perplexity(dense, dense + tokens * np.log(1 + rise), tokens)) == expected


def test_a_rise_over_few_windows_is_undecided():
    assert verdict(compare_perplexity([10.0, 10.0], [20.0, 20.0], [10, 10])) == "undecided"


def test_largest_matching_sparsity():
    assert largest_matching_sparsity([(0.5, "not matching"), (0.1, "matching"), (0.3, "matching"), (0.4, "undecided")]) == 0.3
    assert largest_matching_sparsity([(0.1, "matching"), (0.2, "undecided"), (0.3, "matching")]) == 0.3
    assert largest_matching_sparsity([(0.1, "not matching"), (0.3, "matching")]) is None
    assert largest_matching_sparsity([(0.1, None), (0.2, "undecided")]) is None
    assert largest_matching_sparsity([]) is None

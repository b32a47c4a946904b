import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from llmkick_core.scoring.aggregate import aggregate, wilson


@pytest.mark.parametrize(("n_right", "n"), [(0, 1), (1, 1), (7, 10), (0, 50), (50, 50), (483, 1000)])
def test_wilson_agrees_with_statsmodels(n_right, n):
    assert wilson(n_right, n) == pytest.approx(proportion_confint(n_right, n, method="wilson"), abs=1e-12)


def test_a_share_leaves_out_missing_verdicts_and_counts_them():
    result = aggregate("exact_match", [1.0, 0.0, None, 1.0, math.nan])
    assert (result.n, result.n_unscored) == (3, 2)
    assert result.score == pytest.approx(2 / 3)
    assert (result.low, result.high) == pytest.approx(proportion_confint(2, 3, method="wilson"))


def test_nothing_scored_gives_no_number():
    result = aggregate("accuracy", [None, None])
    assert (result.score, result.low, result.high, result.n, result.n_unscored) == (None, None, None, 0, 2)
    assert aggregate("f1", []).score is None


def test_one_mean_has_no_interval():
    result = aggregate("f1", [0.5])
    assert (result.score, result.low, result.high) == (0.5, None, None)


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval():
    values = np.random.default_rng(1).beta(2, 3, size=400)
    result = aggregate("rouge_l", values.tolist())
    half = stats.norm.ppf(0.975) * values.std() / math.sqrt(len(values))
    assert result.score == pytest.approx(values.mean())
    assert result.low == pytest.approx(values.mean() - half, abs=half / 8)
    assert result.high == pytest.approx(values.mean() + half, abs=half / 8)


def test_the_bootstrap_is_seeded():
    values = [0.1, 0.9, 0.4, 0.3]
    assert aggregate("f1", values, seed=3) == aggregate("f1", values, seed=3)
    assert aggregate("f1", values, seed=3) != aggregate("f1", values, seed=4)


def test_a_large_run_is_resampled_in_pieces():
    values = [0.25, 0.75] * 3000  # 6,000 values x 2,000 resamples do not fit in one piece
    result = aggregate("f1", values)
    assert result.low == pytest.approx(0.5 - 1.96 * 0.25 / math.sqrt(6000), abs=5e-4)


def test_perplexity_weights_windows_by_their_tokens():
    # (2 + 12) nats over (2 + 4) tokens, not the mean of 1 and 3
    result = aggregate("nll", [2.0, 12.0], n_tokens=[2, 4])
    assert result.score == pytest.approx(math.exp(14 / 6))
    # a resample is (a, a), (a, b) or (b, b): the ends are the windows' own perplexities
    assert (result.low, result.high) == pytest.approx((math.exp(1), math.exp(3)))


def test_perplexity_leaves_out_a_broken_window():
    result = aggregate("perplexity", [2.0, None, 4.0, 5.0], n_tokens=[1, 7, 2, 0])
    assert (result.n, result.n_unscored) == (2, 2)
    assert result.score == pytest.approx(math.exp(2))


def test_perplexity_beyond_measure_is_infinite():
    assert aggregate("nll", [5000.0], n_tokens=[1]).score == math.inf


def test_perplexity_needs_token_counts():
    with pytest.raises(ValueError, match="2 windows, 0 counts"):
        aggregate("nll", [1.0, 2.0])

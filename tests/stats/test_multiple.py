import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from llmkick_core.stats.multiple import LEVEL, false_discovery_rates


def test_three_tests_by_hand():
    # sorted 0.01, 0.02, 0.9: times 3/1, 3/2, 3/3 -> 0.03, 0.03, 0.9
    assert false_discovery_rates([0.02, 0.9, 0.01]).tolist() == pytest.approx([0.03, 0.9, 0.03])


def test_no_larger_p_value_has_a_lower_rate():
    # 0.04 * 2 / 1 = 0.08 is above 0.05 * 2 / 2: both survive at 0.05
    assert false_discovery_rates([0.04, 0.05]).tolist() == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_scipy_and_statsmodels(seed):
    rng = np.random.default_rng(seed)
    p = np.round(rng.uniform(size=(6, 9)) ** 3, 2)  # rounded: there are ties
    found = false_discovery_rates(p)
    assert found.ravel() == pytest.approx(false_discovery_control(p.ravel()))
    assert found.ravel() == pytest.approx(multipletests(p.ravel(), method="fdr_bh")[1])


def test_ties_have_one_rate():
    found = false_discovery_rates([0.03, 0.5, 0.03, 0.03])
    assert found[0] == found[2] == found[3] == pytest.approx(0.04)


def test_a_missing_p_value_is_no_test_and_does_not_widen_the_family():
    found = false_discovery_rates([0.01, math.nan, 0.04, None])
    assert found[[0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(found[[1, 3]]).all()


def test_no_tests_at_all():
    assert false_discovery_rates([]).shape == (0,)
    assert np.isnan(false_discovery_rates([math.nan, None])).all()
    assert false_discovery_rates([0.2]).tolist() == [0.2]


def test_a_number_that_is_no_p_value_is_a_mistake():
    with pytest.raises(ValueError, match="0-1"):
        false_discovery_rates([0.2, 1.2])


def test_about_one_discovery_in_twenty_is_false():
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(400):
        z = rng.normal(size=60)
        z[:20] += 3.0  # twenty real differences among sixty
        p = np.array([math.erfc(abs(one) / math.sqrt(2)) for one in z])
        found = false_discovery_rates(p) <= LEVEL
        shares.append(found[20:].sum() / max(1, found.sum()))
    assert np.mean(shares) <= LEVEL * 40 / 60 + 0.012  # the rate is that of the share that is null; three standard errors

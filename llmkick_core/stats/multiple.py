"""Many tests at once: which of them survive when it is counted how many were made.

    false_discovery_rates([0.001, 0.02, 0.04, nan]) -> [0.003, 0.03, 0.04, nan]

Of the cells with a rate of at most 5%, about 5% are expected to be there by chance (Benjamini and Hochberg 1995). It holds for independent tests and for
those that go up and down together, as recipes on one set of questions do (Benjamini and Yekutieli 2001).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from llmkick_core.stats.resampling import Floats

LEVEL = 0.05
"""Rate of false discoveries that is let through."""


def false_discovery_rates(p_values: ArrayLike) -> Floats:
    """Return the adjusted p-value of each test, in the same shape: the lowest rate of false discoveries at which it survives.

    Written out here as `scipy.stats.false_discovery_control` has it, because importing that takes a page a second.

    Args:
        p_values: any shape, 0-1; NaN or None is no test: it stays NaN and does not count into the family.

    Raises:
        ValueError: a p-value lies outside 0-1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    is_test = np.isfinite(p)
    tested = p[is_test]
    if len(tested) and (tested.min() < 0 or tested.max() > 1):
        raise ValueError("a p-value lies outside 0-1")
    n = len(tested)
    order = np.argsort(tested)
    ranked = tested[order] * n / np.arange(1, n + 1)
    rates = np.empty(n)
    rates[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)  # a larger p-value never has a lower rate
    found = np.full(p.shape, np.nan)
    found[is_test] = rates
    return found

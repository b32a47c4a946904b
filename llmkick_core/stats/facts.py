"""Facts asked in several wordings: lost only where all wordings fail, fragile where some do.

fact_change(groups=[0, 0, 1], before=[1, 1, 1], after=[0, 1, 0]) -> FactChange(n_known=2, n_lost=1, n_fragile=1)

This is for two runs; survival.py follows facts over the steps of a method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from llmkick_core.stats.resampling import Groups, unit_codes, unit_sums


@dataclass(frozen=True, kw_only=True)
class FactChange:
    """What became of the facts that the dense model had."""

    n_known: int
    """Facts of which the dense model had at least one wording right."""
    n_lost: int
    """Of these, facts with no wording right any more."""
    n_fragile: int
    """Facts the dense model had in every wording, and the compressed one in some only."""


def fact_change(groups: Groups | None, before: ArrayLike, after: ArrayLike) -> FactChange:
    """Return what became of the facts that have a verdict on both sides.

    Args:
        groups: the fact of each question, as `unit_codes` takes it; one without stands alone.
        before: (n,) 1 where the dense answer is right, 0 where it is wrong; NaN is a missing verdict and is left out.
        after: (n,), of the same questions.
    """
    was, now = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    codes, n_units = unit_codes(len(was), groups)
    columns = [np.isfinite(was), was > 0, np.isfinite(now), now > 0]
    asked, right, asked_again, right_again = unit_sums(codes, n_units, *(column.astype(np.float64) for column in columns)).T  # (u,) each
    is_known = (right > 0) & (asked_again > 0)
    return FactChange(
        n_known=int(is_known.sum()),
        n_lost=int((is_known & (right_again == 0)).sum()),
        n_fragile=int((is_known & (right == asked) & (right_again > 0) & (right_again < asked_again)).sum()),
    )

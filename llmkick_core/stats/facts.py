"""Facts asked in several wordings: lost only where all wordings fail, fragile where some do.

fact_states(["capital/Mongolia"] * 3 + ["symbol/tungsten"], [1, 0, 1, 1]) -> {"capital/Mongolia": "fragile", "symbol/tungsten": "alive"}

This is for two runs; survival.py follows facts over the steps of a method.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["alive", "fragile", "lost"]
"""All wordings right, some, none."""


def fact_states(facts: Sequence[str], is_right: Sequence[float]) -> dict[str, State]:
    """Return the state of each fact.

    Args:
        facts: the fact of each answer, never empty.
        is_right: 1 or 0 an answer; NaN is a missing verdict and is left out, and with it a fact that has no other.
    """
    counts: dict[str, list[int]] = {}
    for fact, right in zip(facts, is_right, strict=True):
        if not math.isnan(right):
            seen = counts.setdefault(fact, [0, 0])
            seen[0] += 1
            seen[1] += right > 0
    return {fact: "alive" if right == n else "lost" if right == 0 else "fragile" for fact, (n, right) in counts.items()}


@dataclass(frozen=True, kw_only=True)
class FactChange:
    """What became of the facts that the dense model had."""

    n_known: int
    """Facts of which the dense model had at least one wording right."""
    n_lost: int
    """Of these, facts with no wording right any more."""
    n_fragile: int
    """Facts the dense model had in every wording, and the compressed one in some only."""


def fact_change(before: Mapping[str, State], after: Mapping[str, State]) -> FactChange:
    """Return what became of the facts that have a verdict on both sides."""
    shared = [(before[fact], after[fact]) for fact in before if fact in after]
    return FactChange(
        n_known=sum(was != "lost" for was, _ in shared),
        n_lost=sum(was != "lost" and now == "lost" for was, now in shared),
        n_fragile=sum(was == "alive" and now == "fragile" for was, now in shared),
    )

"""What people's blind votes on a pair come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from llmkick_core.stats.judging import preference
from llmkick_core.store.database import Database
from llmkick_core.store.votes import votes_of


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Votes, by what they are for."""

    n: int
    """All of them."""
    a: int
    """For the first run."""
    b: int
    """For the second."""
    tie: int
    """For neither."""


@dataclass(frozen=True, kw_only=True)
class VoteTally(Counts):
    """The votes on a pair, and what they tell."""

    net: float | None
    """Share for b minus share for a, -1 to 1; None without votes."""
    low: float | None
    """Lower end of its 95% interval, as if every vote stood alone."""
    high: float | None
    """Upper end."""
    by_voter: dict[str, Counts] = field(default_factory=dict)
    """The same counts of each voter, by name."""


def votes_tally(db: Database, run_a: str, run_b: str) -> VoteTally:
    """Return what the votes on a pair of runs come to."""
    votes = votes_of(db, run_a, run_b)
    by_voter: dict[str, Counter[str]] = {}
    for vote in votes:
        by_voter.setdefault(vote.voter, Counter())[vote.winner] += 1
    total: Counter[str] = Counter(vote.winner for vote in votes)
    found = preference(total["b"], total["tie"], total["a"])
    return VoteTally(
        **_counts(total),
        net=found.net,
        low=found.low,
        high=found.high,
        by_voter={name: Counts(**_counts(one)) for name, one in sorted(by_voter.items())},
    )


def _counts(votes: Mapping[str, int]) -> dict[str, int]:
    return {"n": sum(votes.values()), **{name: votes.get(name, 0) for name in ("a", "b", "tie")}}

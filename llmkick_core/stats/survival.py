"""How facts die as a model is compressed further, step by step: when each is lost for good, which come back, how many are left.

                   dense   30%    50%    70%
    capital/Peru     ✓      ✓      ✗      ✗       dies at 50%
    symbol/tin       ✓      ✗      ✓      ✗       dies at 70%; it was lost at 30% and came back
    author/Emma      ✓      ✓      ~      ?       open: alive where it was last judged, and nobody knows what follows

A fact dies at the first step at which it is lost and after which it is never right again. A step without a verdict is skipped, and never taken for a wrong answer.

Two numbers are made of that. The *share alive at a step* counts the facts that are right there, whatever comes later, with Wilson's interval: it may rise again, it needs
no other step, and its interval keeps a width where all or none are alive, where Greenwood's has none. The *median lifetime* is Kaplan and Meier's (1958), because facts that
outlive what was judged are censored, not dead; its interval is where the log-log band of Greenwood's variance crosses one half (Brookmeyer and Crowley 1982; Kalbfleisch and
Prentice 1980). The units are facts, not questions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmkick_core.stats.intervals import Z95, wilson
from llmkick_core.stats.resampling import Floats

ALIVE, FRAGILE, LOST, UNSCORED, NOT_RUN = range(5)
"""All wordings right, some, none; no verdict on any; not asked in all of its wordings yet."""

STATES = ("alive", "fragile", "lost", "unscored", "not_run")
"""Their names."""

States = NDArray[np.int8]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


def unit_states(is_right: Bools, is_scored: Bools, is_answered: Bools, codes: Places, n_units: int) -> tuple[States, NDArray[np.int32]]:
    """Return the state of each fact in each run, and how many of its wordings are right there.

    A wording without a verdict is left out; a fact of which a wording was not asked yet has no state, for it may still turn out right.

    Args:
        is_right: (r, q) whether the answer is right.
        is_scored: (r, q) whether there is a verdict.
        is_answered: (r, q) whether the question was asked.
        codes: (q,) which fact a question asks for, from 0.
        n_units: facts.

    Returns:
        Two of (r, u).
    """

    def counted(rows: Bools) -> NDArray[np.int32]:
        sums = [np.bincount(codes, weights=row.astype(np.float64), minlength=n_units) for row in rows]  # (u,) each
        return np.array(sums, dtype=np.int32).reshape(len(rows), n_units)

    n_right, n_scored, n_answered = counted(is_right & is_scored), counted(is_scored), counted(is_answered | is_scored)
    n_wordings = np.bincount(codes, minlength=n_units)
    cases = [n_answered < n_wordings, n_scored == 0, n_right == 0, n_right < n_scored]
    return np.select(cases, [NOT_RUN, UNSCORED, LOST, FRAGILE], ALIVE).astype(np.int8), n_right


@dataclass(frozen=True, kw_only=True)
class Fates:
    """What became of each fact over the steps of a ladder."""

    n_steps: int
    """Steps, from light to heavy."""
    is_known: Bools
    """(u,) whether the dense model has it, in one wording at least; the others cannot be lost."""
    is_judged: Bools
    """(u,) whether the dense model's answer has a verdict."""
    death: Places
    """(u,) the step at which it dies, from 0; n_steps where it is not lost when it is last judged, and where it was not known."""
    last: Places
    """(u,) the last step with a verdict; -1 where there is none."""
    is_back: Bools
    """(u,) known, lost at a step and right at a later one."""
    is_gained: Bools
    """(u,) judged and not known, and right at a step."""

    @property
    def is_dead(self) -> Bools:
        """Return (u,): known, and lost from a step on."""
        return self.death < self.n_steps

    @property
    def order(self) -> Places:
        """Return (u,) where a fact stands among others.

        That is the step at which it dies; n_steps where it is alive at the last step; then, one higher each, alive where it was last judged before
        that, not known by the dense model, and without a verdict on the dense model.
        """
        n = self.n_steps
        cases = [~self.is_judged, ~self.is_known, self.is_dead, self.last < n - 1]
        return np.select(cases, [n + 3, n + 2, self.death, n + 1], n)


def fates(dense: States, steps: States) -> Fates:
    """Return what became of each fact.

    Args:
        dense: (u,) states in the dense model.
        steps: (s, u) states at each step, from light to heavy.
    """
    n_steps, n_units = steps.shape
    place = np.arange(n_steps)[:, None]  # (s, 1)
    is_judged, is_right, is_lost = steps <= LOST, steps <= FRAGILE, steps == LOST
    last_right = np.where(is_right, place, -1).max(axis=0, initial=-1)  # (u,)
    for_good = is_lost & (place > last_right)
    is_known = dense <= FRAGILE
    first = for_good.argmax(axis=0) if n_steps else np.zeros(n_units, dtype=np.intp)
    return Fates(
        n_steps=n_steps,
        is_known=is_known,
        is_judged=dense <= LOST,
        death=np.where(is_known & for_good.any(axis=0), first, n_steps),
        last=np.where(is_judged, place, -1).max(axis=0, initial=-1),
        is_back=is_known & (is_lost & (place < last_right)).any(axis=0),
        is_gained=(dense == LOST) & (last_right >= 0),
    )


@dataclass(frozen=True, kw_only=True)
class StepCounts:
    """What is left at one step of the facts that the dense model knows."""

    n_alive: int
    """Right in every wording."""
    n_fragile: int
    """Right in some."""
    n_lost: int
    """Right in none."""
    n_unscored: int
    """Without verdict."""
    n_not_run: int
    """Not asked, or not yet in every wording."""

    @property
    def n(self) -> int:
        """Return how many have a verdict."""
        return self.n_alive + self.n_fragile + self.n_lost

    @property
    def n_left(self) -> int:
        """Return how many are right in a wording at least."""
        return self.n_alive + self.n_fragile

    @property
    def share(self) -> float | None:
        """Return the share of those with a verdict that is right in a wording at least; None where there are none."""
        return self.n_left / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95% interval of `share`, Wilson's; None where there is no share."""
        return wilson(self.n_left, self.n) if self.n else None


def step_counts(states: States, is_known: Bools) -> StepCounts:
    """Return the counts of one step, `states` (u,), over the facts that are known."""
    counts = np.bincount(states[is_known], minlength=len(STATES))
    return StepCounts(**{f"n_{name}": int(n) for name, n in zip(STATES, counts, strict=True)})


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """The sparsity by which half of the facts have died."""

    median: float | None
    """0-1; None where more than half outlive what was judged, or there are no facts."""
    low: float | None
    """Lower end of the 95% interval; None where it lies beyond the last step."""
    high: float | None
    """Upper end; None where it lies beyond the last step."""


def lifetimes(found: Fates, sparsities: Floats) -> tuple[Floats, Bools]:
    """Return (k,) the sparsity at which each known fact died or was last judged, and whether it died.

    Args:
        found: from `fates`.
        sparsities: (s,) of the steps, 0-1, rising.
    """
    at = np.concatenate([[0.0], sparsities])  # 0: judged in the dense model only
    is_dead = found.is_dead[found.is_known]
    ended = np.where(is_dead, found.death[found.is_known], found.last[found.is_known])
    return at[ended + 1], is_dead


def survival(ended: Floats, is_dead: Bools) -> tuple[Floats, Floats, Floats, Floats]:
    """Return Kaplan and Meier's estimate at every sparsity at which a fact died or was last judged: (t,) sparsity, share that outlives it, and its 95% band.

    A fact that is censored at a sparsity was still there when others died at it.

    Args:
        ended: (k,) from `lifetimes`.
        is_dead: (k,) from `lifetimes`.
    """
    times = np.unique(ended)
    n_dead = np.array([(ended[is_dead] == time).sum() for time in times], dtype=np.float64)
    n_at_risk = np.array([(ended >= time).sum() for time in times], dtype=np.float64)
    share: Floats = np.cumprod(1 - n_dead / n_at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(n_dead / (n_at_risk * (n_at_risk - n_dead)))  # Var log S
        width = Z95 * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(width), share ** np.exp(-width)
    is_edge = (share <= 0) | (share >= 1)  # where all or none are left, the band has no width
    return times, share, np.where(is_edge, share, low), np.where(is_edge, share, high)


def median_lifetime(ended: Floats, is_dead: Bools) -> Lifetime:
    """Return the sparsity by which at least half of the facts have died, with the sparsities at which the band's lower and upper edge fall to one half."""
    times, *curves = survival(ended, is_dead)
    half = 0.5 + 1e-9  # a product of shares that is one half may come out a little above it
    found = [float(times[np.argmax(curve <= half)]) if (curve <= half).any() else None for curve in curves]
    return Lifetime(median=found[0], low=found[1], high=found[2])

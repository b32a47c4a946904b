"""What verdicts have to hold, in each protocol."""

from __future__ import annotations

from llmkick_core.judge.base import Wanted
from llmkick_core.judgment import ASPECTS

FOUR = ASPECTS["summarization"]
SUMMARIES = Wanted(kind="scores", n_sides=2, aspects=FOUR)
SUMMARY = Wanted(kind="scores", n_sides=1, aspects=FOUR)
TURNS = Wanted(kind="scores", n_sides=2, aspects=("overall",), low=0.0)
TURN = Wanted(kind="scores", n_sides=1, aspects=("overall",))
BETTER = Wanted(kind="winner", n_sides=2)
ALL = (SUMMARIES, SUMMARY, TURNS, TURN, BETTER)


def of(first: float, *second: float) -> tuple[dict[str, float], ...]:
    """Return the scores of one or two answers to a turn."""
    return tuple({"overall": float(score)} for score in (first, *second))

"""Score rows: what a task hands back for an answer."""

from __future__ import annotations

from llmkick_core.errors import TaskError
from llmkick_core.schema import SCORERS, Answer, Score


def row(answer: Answer, scorer: str, metric: str, value: float | None, *, extracted: str = "", version: int = 1) -> Score:
    """Return the score of one answer; `value` None where there is no verdict, as of what could not be asked."""
    return Score(
        run_id=answer.run_id,
        sample_id=answer.sample_id,
        turn=answer.turn,
        scorer=scorer,
        version=version,
        metric=metric,
        value=None if answer.finish == "overflow" else value,
        extracted=extracted,
    )


def is_paper(scorer: str) -> bool:
    """Return whether the reference code's rules are asked for.

    Raises:
        TaskError: the scorer does not exist.
    """
    if scorer not in SCORERS:
        raise TaskError(f"scorer {scorer!r} does not exist; choose one of {', '.join(SCORERS)}.")
    return scorer == "paper"

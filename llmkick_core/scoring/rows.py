"""Score rows: what a task hands back for an answer."""

from __future__ import annotations

from dataclasses import replace

from llmkick_core.schema import Answer, Score
from llmkick_core.scoring.outcomes import outcome


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


def main_row(
    answer: Answer, scorer: str, metric: str, value: float | None, *, is_due: bool = True, extracted: str = "", version: int = 2
) -> Score:
    """Return the score of one answer by the metric that stands for its task, with the kind of outcome.

    Args:
        answer: what the model said.
        scorer: `corrected`, `paper` or `paper:...`.
        metric: the task's metric.
        value: 1 right, 0 wrong, or a share; None where there is no verdict.
        is_due: whether the answer is either right or wrong by this metric, so that a missing value is a failure to tell.
        extracted: the piece of the answer that was compared.
        version: of the rule; 2 since rows tell their outcome.
    """
    scored = row(answer, scorer, metric, value, extracted=extracted, version=version)
    return replace(scored, outcome=outcome(answer, value, is_due=is_due))

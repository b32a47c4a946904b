"""The metric that stands for a run, and from which value on it counts as right.

The store knows no tasks: the headline metric of a task is the first of `HEADLINES` that its answers were scored by, which is what every task of the
paper declares (a test holds the two together).
"""

from __future__ import annotations

from llmkick_core.store.database import Database

HEADLINES = ("exact_match", "accuracy", "entities_kept", "nll")
"""Metrics that can stand for a task, the first that is there."""

RIGHT_AT = {"entities_kept": 0.5, "f1": 0.5, "rouge_1": 0.5, "rouge_2": 0.5, "rouge_l": 0.5}
"""Value from which on a graded metric counts as right; 1 for all others, so an answer of several turns is right when all of them are."""

NLL = "nll"
"""Metric whose rows are windows of text and whose score is exp(sum of nll / sum of tokens)."""


def right_at(metric: str) -> float:
    """Return the value from which on an answer counts as right."""
    return RIGHT_AT.get(metric, 1.0)


def metric_of(db: Database, task: str) -> str:
    """Return the headline metric of a task as the scores table names it; perplexity is stored as `nll`."""
    return db.remember(("metric", task), lambda: _found(db, task))


def _found(db: Database, task: str) -> str:
    # runs of one task are scored alike, so one answered run of it tells
    found = {
        row[0]
        for row in db.rows(
            "SELECT DISTINCT metric FROM scores WHERE run_id = (SELECT max(run_id) FROM parts JOIN runs USING (run_id) WHERE task = $task)",
            {"task": task},
        )
    }
    return next((metric for metric in HEADLINES if metric in found), HEADLINES[0])

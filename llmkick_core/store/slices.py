"""Scores of every run by subject or by category of its questions, and what each slice lost against the dense run.

{"run_id": "3f..", "recipe": "wanda-50", "task": "multiple_choice", "by": "category", "slice": "STEM", "n": 480, "score": 0.31, "delta": -0.08, ...}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from llmkick_core.errors import TaskError
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import NLL, metric_of
from llmkick_core.store.overview import (
    RUNS,
    dense_values,
    difference_columns,
    finite_or_none,
    records,
    run_values,
    score_columns,
    scored_otherwise,
)
from llmkick_core.store.queries import models

WAYS = ("category", "subject")
"""What questions can be sliced by: the wider group of their subject, such as MMLU's STEM, or the subject itself."""

SLICE_KEYS = (
    "run_id",
    "comparison_id",
    "model",
    "recipe",
    "task",
    "dataset",
    "formulation",
    "k_shot",
    "temperature",
    "seed",
    "by",
    "slice",
    "scorer",
    "metric",
    "is_scored",
    "n",
    "score",
    "low",
    "high",
    "n_unscored",
    "dense_score",
    "delta",
    "delta_low",
    "delta_high",
    "verdict",
)
"""Keys of a row of `slices`; scripts rely on them."""

_NAMES = """
SELECT r.run_id, s.sample_id, s.subject, coalesce(s.detail->>'category', '') AS category
FROM runs r JOIN samples s ON s.sample_set = r.sample_set WHERE r.model = $model AND r.task = $task
"""


def slices(db: Database, by: str, scorer: str = "corrected", *, metrics: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return one row a run and slice, by model, task, recipe and name, as JSON takes it; questions that have no such name are left out.

    Differences are paired, on the questions of the slice that both runs answered.

    Args:
        db: the database.
        by: `category` or `subject`.
        scorer: `corrected` or `paper`.
        metrics: {task: metric}, see store.metrics.

    Raises:
        TaskError: `by` is neither.
    """
    if by not in WAYS:
        raise TaskError(f"results cannot be told by {by!r}; choose {' or '.join(WAYS)}.")
    rows: list[dict[str, Any]] = []
    for model in sorted(models(db)["model"]):
        runs = db.query(RUNS, {"model": model})
        for task in dict.fromkeys(runs["task"]):
            metric = metric_of(db, task, metrics)
            if metric != NLL:  # a text has no subject
                rows += _of_task(db, model, runs[runs["task"] == task], by, scorer, metric)
    return rows


def _of_task(db: Database, model: str, runs: pd.DataFrame, by: str, scorer: str, metric: str) -> list[dict[str, Any]]:
    task = str(runs["task"].iloc[0])
    values, otherwise = run_values(db, model, task, scorer, metric), scored_otherwise(db, scorer)
    asked = db.query(_NAMES, {"model": model, "task": task})
    names = {str(run_id): part.set_index("sample_id")[by] for run_id, part in asked.groupby("run_id")}
    rows: list[dict[str, Any]] = []
    for run in records(runs[runs["run_id"].isin(list(names))]):
        own, dense = values[run["run_id"]], dense_values(values, run, otherwise)
        scored = {"scorer": scorer, "metric": metric, "is_scored": run["run_id"] not in otherwise}
        of = own["sample_id"].map(names[run["run_id"]]).fillna("")
        for name in sorted(set(of) - {""}):
            mine = own[of == name]
            found = {**run, "by": by, "slice": name, **scored, **score_columns(mine, metric)}
            found |= difference_columns(dense, mine, metric)
            rows.append({key: finite_or_none(found.get(key)) for key in SLICE_KEYS})
    return rows

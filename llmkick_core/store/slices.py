"""Scores of every run by subject or by category of its questions, and what each slice lost against the dense run.

{"run_id": "3f..", "recipe": "wanda-50", "task": "multiple_choice", "by": "category", "slice": "STEM", "n": 480, "score": 0.31, "delta": -0.08, ...}
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from llmkick_core.errors import TaskError
from llmkick_core.store.database import Database
from llmkick_core.store.grids import grid
from llmkick_core.store.metrics import measure_of
from llmkick_core.store.overview import (
    dense_values,
    difference_columns,
    finite_or_none,
    is_mixed_versions,
    records,
    run_rows,
    run_values,
    score_columns,
    scored_otherwise,
    source_formats,
)
from llmkick_core.store.queries import models
from llmkick_core.tasks.base import Measure

WAYS = ("category", "subject")
"""What questions can be sliced by: the wider group of their subject, such as MMLU's STEM, or the subject itself."""

SLICE_KEYS = (
    "run_id",
    "comparison_id",
    "model",
    "source_format",
    "recipe",
    "task",
    "dataset",
    "formulation",
    "k_shot",
    "prompt",
    "temperature",
    "seed",
    "by",
    "slice",
    "scorer",
    "metric",
    "higher_is_better",
    "is_share",
    "is_scored",
    "is_mixed",
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


def slices(db: Database, by: str, scorer: str = "corrected", measure: str | None = None) -> list[dict[str, Any]]:
    """Return one row a run and slice, by model, task, recipe and name, as JSON takes it; questions that have no such name are left out.

    Differences are paired, on the questions of the slice that both runs answered.

    Args:
        db: the database.
        by: `category` or `subject`.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).

    Raises:
        TaskError: `by` is neither.
    """
    if by not in WAYS:
        raise TaskError(f"results cannot be told by {by!r}; choose {' or '.join(WAYS)}.")
    rows: list[dict[str, Any]] = []
    for model in sorted(models(db)["model"]):
        runs = run_rows(db, model)
        for comparison in dict.fromkeys(runs["comparison_id"]):
            mine = runs[runs["comparison_id"] == comparison]
            told = measure_of(db, str(comparison), measure)
            if not told.is_perplexity:  # a text has no subject
                rows += _of_comparison(db, mine, by, scorer, told)
    return rows


def _of_comparison(db: Database, runs: pd.DataFrame, by: str, scorer: str, measure: Measure) -> list[dict[str, Any]]:
    comparison = str(runs["comparison_id"].iloc[0])
    values, otherwise = run_values(db, comparison, scorer, measure), scored_otherwise(db, scorer, measure)
    formats, is_mixed = source_formats(db), is_mixed_versions(db, comparison, scorer, measure)
    names = grid(db, comparison, scorer, measure.name).questions[by].to_numpy(dtype=object)
    rows: list[dict[str, Any]] = []
    for run in records(runs):
        own, dense = values[run["run_id"]], dense_values(values, run, otherwise)
        told: dict[str, Any] = {"metric": measure.name, "is_share": measure.is_share, "higher_is_better": measure.higher_is_better}
        told |= {"source_format": formats.get(run["run_id"], "")}
        scored = {"scorer": scorer, **told, "is_scored": run["run_id"] not in otherwise, "is_mixed": is_mixed}
        of = names[own.question]
        for name in sorted(set(of) - {""}):
            mine = own.of(of == name)
            found = {**run, "by": by, "slice": name, **scored, **score_columns(mine, measure)}
            found |= difference_columns(dense, mine, measure)
            rows.append({key: finite_or_none(found.get(key)) for key in SLICE_KEYS})
    return rows

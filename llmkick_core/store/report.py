"""What `report --json` prints: the score of every run, and what it lost against the dense one.

{"runs": [{"run_id": "3f..", "model": "bundled:kick-tiny", "recipe": "wanda-50", "task": "factoid_qa", "n": 1000, "score": 0.86, ...}],
 "comparisons": [{"run_id": "3f..", "dense_run_id": "a0..", "delta": -0.11, "delta_low": -0.13, "delta_high": -0.09, "verdict": "not matching", ...}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmkick_core.store.database import Database
from llmkick_core.store.overview import finite_or_none
from llmkick_core.store.queries import models, run_overview

RUN_KEYS = (
    "run_id",
    "model",
    "recipe",
    "method",
    "sparsity",
    "structure",
    "bits",
    "task",
    "scorer",
    "n",
    "score",
    "low",
    "high",
    "n_unscored",
)
"""Keys of a row of `runs`; scripts rely on them."""

COMPARISON_KEYS = (
    "run_id",
    "dense_run_id",
    "comparison_id",
    "task",
    "recipe",
    "dataset",
    "formulation",
    "k_shot",
    "limit",
    "metric",
    "dense_score",
    "score",
    "delta",
    "delta_low",
    "delta_high",
    "p_value",
    "broke",
    "fixed",
    "verdict",
)
"""Keys of a row of `comparisons`."""


def report(db: Database, metrics: Mapping[str, str] | None = None, scorer: str = "corrected") -> dict[str, list[dict[str, Any]]]:
    """Return every run that has answers, sorted by model, task and recipe order, as JSON takes it; what is missing or infinite is None.

    Args:
        db: the database.
        metrics: {task: metric}, see store.metrics.
        scorer: `corrected` or `paper`.
    """
    runs: list[dict[str, Any]] = []
    compared: list[dict[str, Any]] = []
    for model in sorted(models(db)["model"]):
        for row in run_overview(db, model, scorer, metrics=metrics).to_dict("records"):
            plain = {str(key): finite_or_none(value) for key, value in row.items()} | {"scorer": scorer}
            runs.append({key: plain[key] for key in RUN_KEYS})
            if plain["verdict"] is not None:
                compared.append({key: plain[key] for key in COMPARISON_KEYS})
    return {"runs": runs, "comparisons": compared}

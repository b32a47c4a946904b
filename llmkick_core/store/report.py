"""What `report --json` prints: the score of every run, the kinds of outcome, and what it lost against the dense one.

{"runs": [{"run_id": "3f..", "model": "bundled:kick-tiny", "recipe": "wanda-50", "task": "factoid_qa", "n": 1000, "score": 0.86, ...,
           "outcomes": {"right": 860, "wrong": 121, "empty": 4, "loop": 15, "overflow": 0, "unparsed": 0}}],
 "comparisons": [{"run_id": "3f..", "dense_run_id": "a0..", "delta": -0.11, "delta_low": -0.13, "delta_high": -0.09, "verdict": "not matching", ...}]}
"""

from __future__ import annotations

from typing import Any

from llmkick_core.schema import OUTCOME_KINDS
from llmkick_core.store.asking import asking_advice
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import measure_of_run
from llmkick_core.store.overview import finite_or_none
from llmkick_core.store.queries import models, run_overview

RUN_KEYS = (
    "run_id",
    "model",
    "source_format",
    "recipe",
    "method",
    "sparsity",
    "structure",
    "bits",
    "task",
    "prompt",
    "k_shot",
    "temperature",
    "seed",
    "scorer",
    "metric",
    "higher_is_better",
    "is_scored",
    "is_mixed",
    "n",
    "score",
    "low",
    "high",
    "n_unscored",
    "outcomes",
    "advice",
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
    "prompt",
    "limit",
    "temperature",
    "seed",
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


def report(db: Database, scorer: str = "corrected", measure: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """Return every run that has answers, sorted by model, task and recipe order, as JSON takes it; what is missing or infinite is None.

    Args:
        db: the database.
        scorer: `corrected`, `paper` or `paper:NAME,...`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    outcomes = outcome_counts(db, scorer, measure)
    told = asking_advice(db)
    runs: list[dict[str, Any]] = []
    compared: list[dict[str, Any]] = []
    for model in sorted(models(db)["model"]):
        for row in run_overview(db, model, scorer, measure).to_dict("records"):
            plain = {str(key): finite_or_none(value) for key, value in row.items()} | {
                "scorer": scorer,
                "outcomes": outcomes.get(row["run_id"]),
                "advice": told.get(row["run_id"]),
            }
            runs.append({key: plain[key] for key in RUN_KEYS})
            if plain["verdict"] is not None:
                compared.append({key: plain[key] for key in COMPARISON_KEYS})
    return {"runs": runs, "comparisons": compared}


_OUTCOMES = """
SELECT run_id, metric, coalesce(outcome, '') AS outcome, count(*) FROM scores
WHERE scorer = $scorer AND version >= 2 -- since then rows of a task's metric tell it
GROUP BY ALL
"""


def outcome_counts(db: Database, scorer: str = "corrected", measure: str | None = None) -> dict[str, dict[str, int]]:
    """Return how many answers (turns, not questions) of each run are of each kind of outcome; a run is missing that was scored before kinds were told, or by a measure that tells none."""

    def look() -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for run_id, metric, kind, n in db.rows(_OUTCOMES, {"scorer": scorer}):
            of_run = counts.setdefault(run_id, dict.fromkeys(OUTCOME_KINDS, 0))
            if kind in of_run and metric == measure_of_run(db, run_id, measure).name:
                of_run[kind] = n
        return {run_id: kinds for run_id, kinds in counts.items() if any(kinds.values())}

    found: dict[str, dict[str, int]] = db.remember(("outcomes", scorer, measure), look)
    return found


def stored_scorers(db: Database) -> list[str]:
    """Return the scorers that any answer is scored by, in alphabetical order."""
    return [row[0] for row in db.rows("SELECT DISTINCT scorer FROM scores ORDER BY scorer")]

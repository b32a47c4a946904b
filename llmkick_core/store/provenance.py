"""Where results come from: everything that determines a run and how it was asked, a row a run.

{"run_id": "3f..", "model": "bundled:kick-tiny", "model_revision": "32c0..", "recipe": "wanda-50", "calibration": {"source": "bundled", ...},
 "task": "factoid_qa", "task_version": 3, "dataset": "bundled", "dataset_revision": "8ec0..", "device": "cpu", "torch": "2.13.0", ...}
"""

from __future__ import annotations

import json
from typing import Any

from llmkick_core.errors import StoreError
from llmkick_core.store.database import Database
from llmkick_core.store.tallies import RECIPE_ORDER, answered_counts

SPEC_COLUMNS = (
    "run_id",
    "model",
    "model_revision",
    "recipe",
    "task",
    "task_version",
    "dataset",
    "dataset_revision",
    "formulation",
    "k_shot",
    "prompt",
    "template_date",
    "limit",
    "temperature",
    "seed",
    "comparison_id",
    "compression_id",
    "sample_set",
)
"""What a run was asked for, in the order of the columns."""

FACT_COLUMNS = ("chat_template", "device", "dtype", "torch", "transformers")
"""How its model was asked, as far as every local model tells it; a model behind a server tells other facts, which `facts` has."""

_RUNS = f"""
SELECT r.run_id, r.model, r.model_revision, r.recipe, r.task, r.task_version, r.dataset, r.dataset_revision, r.formulation, r.k_shot, r.prompt, r.template_date,
    r.question_limit, coalesce(r.temperature, 0), r.seed, r.comparison_id, r.compression_id, r.sample_set, r.spec::VARCHAR, coalesce(r.facts::VARCHAR, '{{}}')
FROM runs r ORDER BY r.model, r.task, r.comparison_id, {RECIPE_ORDER}
"""  # noqa: S608


def provenance(db: Database) -> list[dict[str, Any]]:
    """Return where every run comes from, by model, task and recipe order: SPEC_COLUMNS, the whole `spec`, `facts`, n_answers and n_questions (answered).

    The list is kept and shared; do not change it.
    """

    def look() -> list[dict[str, Any]]:
        counts = answered_counts(db)
        rows = []
        for *named, spec, facts in db.rows(_RUNS):
            n_answers, n_questions = counts.get(named[0], (0, 0))
            row = dict(zip(SPEC_COLUMNS, named, strict=True))
            rows.append({**row, "spec": json.loads(spec), "facts": json.loads(facts), "n_answers": n_answers, "n_questions": n_questions})
        return rows

    found: list[dict[str, Any]] = db.remember(("provenance",), look)
    return found


def provenance_of(db: Database, run_id: str) -> dict[str, Any]:
    """Return where one run comes from, a row of `provenance`.

    Raises:
        StoreError: the store has no such run.
    """
    found = next((row for row in provenance(db) if row["run_id"] == run_id), None)
    if found is None:
        raise StoreError(f"the store has no run {run_id!r}: it was removed, or the name is of another store. `report --json` lists them.")
    return found

"""What a run asks, how many answers it has, and where it stands among others: small facts that many queries need."""

from __future__ import annotations

from llmkick_core.errors import StoreError
from llmkick_core.store.database import Database

RECIPE_ORDER = "r.method <> 'dense', r.sparsity IS NULL, r.recipe LIKE '%+%', r.method, r.structure <> 'unstructured', r.sparsity, r.structure, -r.bits, r.recipe, r.run_id"
"""SQL order of recipes: dense, pruning by method from light to heavy with n:m after unstructured, pruning with quantization, then quantization from fine to coarse."""


def recipe_order(db: Database) -> dict[str, int]:
    """Return the place of every run in `RECIPE_ORDER`, by its id."""
    sql = f"SELECT r.run_id FROM runs r ORDER BY {RECIPE_ORDER}"  # noqa: S608
    found: dict[str, int] = db.remember(("order",), lambda: {row[0]: place for place, row in enumerate(db.rows(sql))})
    return found


def answered_counts(db: Database) -> dict[str, tuple[int, int]]:
    """Return (answers, questions answered) of every run that has any, by its id."""

    def look() -> dict[str, tuple[int, int]]:
        rows = db.rows("SELECT run_id, count(*), count(*) FILTER (turn = 0) FROM answers GROUP BY run_id")
        return {run_id: (n_answers, n_questions) for run_id, n_answers, n_questions in rows}

    found: dict[str, tuple[int, int]] = db.remember(("answered",), look)
    return found


def task_and_set(db: Database, run_id: str) -> tuple[str, str | None]:
    """Return a run's task and set of questions.

    Raises:
        StoreError: the store has no such run.
    """
    found = db.remember(("run", run_id), lambda: db.rows("SELECT task, sample_set FROM runs WHERE run_id = $run", {"run": run_id}))
    if not found:
        raise StoreError(f"the store has no run {run_id!r}: it was removed, or the link is from another store. Choose one from the list.")
    return found[0][0], found[0][1]

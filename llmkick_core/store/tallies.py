"""How many answers each run has, and where it stands among others: small facts that many queries need."""

from __future__ import annotations

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

"""The questions that compression broke worst: what the dense model had right, and a compressed one loses the most probability of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from llmkick_core.store.database import Database
from llmkick_core.store.grids import Grid, grid
from llmkick_core.store.metrics import measure_of
from llmkick_core.store.overview import run_rows
from llmkick_core.store.pairs import texts
from llmkick_core.store.tallies import task_and_set

_SAID = """
SELECT run_id, sample_id, arg_min(text, turn) FROM answers
WHERE run_id IN (SELECT unnest($runs)) AND sample_id IN (SELECT unnest($samples)) GROUP BY run_id, sample_id
"""


def biggest_breaks(
    db: Database,
    model: str,
    limit: int = 10,
    scorer: str = "corrected",
    only: Sequence[str] | None = None,
    measure: str | None = None,
) -> pd.DataFrame:
    """Return the questions that broke with the largest loss of the right answer's log-probability, each at the run that hit it hardest.

    Of a fact that a task asks in several wordings only the worst is listed, and of a question that several tasks ask under one id too.

    Args:
        db: the database.
        model: the model's word.
        limit: most rows.
        scorer: `corrected` or `paper`.
        only: the runs that are looked at; None looks at all of the model.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).

    Columns: run_id, dense_run_id, comparison_id, recipe, task, sample_id, question, subject, gold, said (the broken answer, its first turn), damage (nats).
    """
    key = ("breaks", model, limit, scorer, None if only is None else tuple(only), measure)
    frame: pd.DataFrame = db.remember(key, lambda: _biggest_breaks(db, model, limit, scorer, only, measure))
    return frame.copy(deep=False)


def _biggest_breaks(db: Database, model: str, limit: int, scorer: str, only: Sequence[str] | None, measure: str | None) -> pd.DataFrame:
    runs = run_rows(db, model)
    recipes = dict(zip(runs["run_id"], runs["recipe"], strict=True))
    rows: list[dict[str, Any]] = []
    for comparison, task in dict(zip(runs["comparison_id"], runs["task"], strict=True)).items():
        if measure_of(db, comparison, measure).right_at is not None:
            rows += [
                {"comparison_id": comparison, "task": task} | row for row in _worst(grid(db, comparison, scorer, measure), limit, only)
            ]
    worst: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (-row["damage"], row["sample_id"])):
        worst.setdefault(row["sample_id"], row)
    rows = list(worst.values())[:limit]
    asked: dict[tuple[str | None, str], tuple[str, str]] = {}
    for sample_set, ids in _by_set(db, rows).items():
        asked |= {(sample_set, sample_id): (question, gold) for sample_id, question, gold in texts(db, sample_set, ids)}
    named = {"runs": [row["run_id"] for row in rows], "samples": [row["sample_id"] for row in rows]}
    said = {(run_id, sample_id): text for run_id, sample_id, text in db.rows(_SAID, named)} if rows else {}
    for row in rows:
        row["recipe"], row["said"] = recipes[row["run_id"]], said[row["run_id"], row["sample_id"]]
        row["question"], row["gold"] = asked[task_and_set(db, row["dense_run_id"])[1], row["sample_id"]]
    columns = ["run_id", "dense_run_id", "comparison_id", "recipe", "task", "sample_id", "question", "subject", "gold", "said", "damage"]
    return pd.DataFrame(rows, columns=columns)


def _by_set(db: Database, rows: Sequence[Mapping[str, Any]]) -> dict[str | None, list[str]]:
    """Return the questions of some breaks by the set that they are of."""
    sets = [task_and_set(db, row["dense_run_id"])[1] for row in rows]
    return {one: [row["sample_id"] for row, own in zip(rows, sets, strict=True) if own == one] for one in dict.fromkeys(sets)}


def _worst(known: Grid, limit: int, only: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return the questions of a comparison that broke worst, one a fact: run_id, dense_run_id, sample_id, subject, damage."""
    if known.dense is None or not len(known.questions):
        return []
    runs = np.array([i for i, run_id in enumerate(known.run_ids) if i != known.dense and (only is None or run_id in only)], dtype=np.intp)
    if not len(runs):
        return []
    damage = known.gold_logprob[known.dense] - known.gold_logprob[runs]  # (r, q) of these runs
    broke = known.is_right[known.dense] & known.is_scored[runs] & ~known.is_right[runs] & np.isfinite(damage)
    hardest = np.where(broke, damage, -np.inf)
    run = runs[hardest.argmax(axis=0)]  # (q,)
    loss = hardest.max(axis=0)
    order = np.argsort(-loss, kind="stable")
    rows, seen = [], set()
    for place in order[np.isfinite(loss[order])]:
        unit = known.units[place]
        if unit >= 0 and unit in seen:
            continue
        seen.add(unit)
        rows.append(
            {
                "run_id": known.run_ids[run[place]],
                "dense_run_id": known.run_ids[known.dense],
                "sample_id": known.questions["sample_id"].iloc[place],
                "subject": known.questions["subject"].iloc[place],
                "damage": float(loss[place]),
            }
        )
        if len(rows) == limit:
            break
    return rows

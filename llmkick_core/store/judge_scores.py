"""What a judge makes of the runs of a comparison: scores by aspect, and how often each is better, worse or as good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmkick_core.stats.judging import (
    Mean,
    NoiseFloor,
    change_floor,
    is_below_noise,
    mean_interval,
    noise_floor,
    paired_change,
    preference,
    relative_verdict,
)
from llmkick_core.stats.resampling import Floats
from llmkick_core.store.database import Database
from llmkick_core.store.judge_setups import Setup
from llmkick_core.store.judge_tables import NOT_JUDGED, PARTIAL, STATUSES, JudgeTable, judge_table
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.overview import with_none

RUN_COLUMNS = ("run_id", "recipe", "method", "sparsity", "structure", "bits")
SCORE_COLUMNS = (
    *RUN_COLUMNS,
    "aspect",
    "n",
    "n_missing",
    "mean",
    "low",
    "high",
    "opponent_mean",
    "paired_mean",
    "dense_mean",
    "change",
    "change_low",
    "change_high",
    "n_paired",
    "verdict",
    "noise_floor",
    "is_below_noise",
)
COUNT_COLUMNS = (*RUN_COLUMNS, "n", "win", "tie", "loss", "inconsistent", "same", "failed", "net", "net_low", "net_high")
_NUMBERS = (
    "sparsity",
    "mean",
    "low",
    "high",
    "opponent_mean",
    "paired_mean",
    "dense_mean",
    "change",
    "change_low",
    "change_high",
    "noise_floor",
)

_HIGHEST = 10.0
"""Points of the scale, which begins at 0 or 1."""

_RUNS = f"""
SELECT {", ".join(RUN_COLUMNS)} FROM runs WHERE run_id IN (SELECT run_id FROM judgings WHERE judging_id IN (SELECT unnest($ids)))
"""  # noqa: S608


def _runs(db: Database, setup: Setup) -> dict[str, dict[str, Any]]:
    """Return what tells the runs of a setup apart, by their id."""
    rows = db.rows(_RUNS, {"ids": list(setup.judging_ids)})
    return {row[0]: dict(zip(RUN_COLUMNS, row, strict=True)) for row in rows}


def aspect_scores(db: Database, comparison_id: str, setup: Setup) -> pd.DataFrame:
    """Return a row for each judged run and aspect of a setup with scores, in recipe order; empty for pairwise.

    Columns: `SCORE_COLUMNS`. `n` counts answers that have a score in every order, `n_missing` those that were judged in every order and have none; `opponent_mean` is over the
    `n` too. `change` is the run's mean minus the dense one's on the `n_paired` answers that have a score in both, `paired_mean` minus `dense_mean`; `verdict` is the
    paper's, 5% relative. All this is NaN or None for the dense run itself, and where it was not judged so. `noise_floor` is the change that the judge's own noise can
    make of `n_paired` answers (stats.judging.change_floor), NaN without repeats. The aspect `all` is the mean over all, where there are several.
    """
    frame: pd.DataFrame = db.remember(("aspect scores", comparison_id, setup), lambda: _aspect_scores(db, setup), about=ABOUT)
    return frame.copy(deep=False)


def _aspect_scores(db: Database, setup: Setup) -> pd.DataFrame:
    table, runs = judge_table(db, setup.judging_ids), _runs(db, setup)
    is_settled, averaged = table.is_judged & ~table.is_open, table.n_averaged()
    dense = next((i for i, run_id in enumerate(table.run_ids) if runs.get(run_id, {}).get("method") == "dense"), None)
    by_aspect = {}
    for k, aspect in enumerate(table.aspects):
        answers = table.by_answer(table.scores[:, k])  # (r, q)
        opponents = np.where(np.isfinite(answers), table.by_answer(table.opponent_scores[:, k]), np.nan)
        by_aspect[aspect] = (answers, opponents, noise_of(table, table.scores[:, k]))
    rows = []
    for i, run_id in enumerate(table.run_ids):
        if run_id not in runs:
            continue
        for aspect, (answers, opponents, noise) in by_aspect.items():
            found = mean_interval(answers[i], table.units)
            row = {**runs[run_id], "aspect": aspect, "n": found.n, "n_missing": int(is_settled[i].sum()) - found.n}
            row |= {"mean": found.mean, **_within_scale(found, "low", "high", 0.0), "opponent_mean": mean_or_none(opponents[i])}
            if dense not in (None, i):
                row |= _change(answers[dense], answers[i], averaged[dense], averaged[i], table, noise)
            rows.append(row)
    frame = pd.DataFrame(rows, columns=list(SCORE_COLUMNS))
    frame = with_none(frame, ("verdict", "is_below_noise"))
    return frame.astype({**dict.fromkeys(_NUMBERS, "float64"), "bits": "Int64", "n_paired": "Int64"})


def _change(
    before: Floats, after: Floats, averaged_before: Floats, averaged: Floats, table: JudgeTable, noise: NoiseFloor | None
) -> dict[str, Any]:
    """Return what a run lost against the dense one."""
    has_both = np.isfinite(before) & np.isfinite(after)
    found = paired_change(before, after, table.units)
    row: dict[str, Any] = {
        "paired_mean": mean_or_none(after[has_both]),
        "dense_mean": mean_or_none(before[has_both]),
        "change": found.mean,
        **_within_scale(found, "change_low", "change_high", -_HIGHEST),
        "n_paired": found.n,
        "verdict": relative_verdict(before, after, table.units),
    }
    if noise is None or found.mean is None:
        return row
    n_averaged = 1 / float(np.nanmean(1 / np.concatenate([averaged_before[has_both], averaged[has_both]])))
    floor = change_floor(noise.sd, found.n, n_averaged)
    return row | {"noise_floor": floor, "is_below_noise": is_below_noise(found.mean, floor)}


def _within_scale(found: Mean, low: str, high: str, lowest: float) -> dict[str, float | None]:
    """Return the ends of an interval under their names, no further out than the scale goes; a scale that goes further is left as it is."""
    if found.mean is None or found.low is None or found.high is None:
        return {low: None, high: None}
    return {low: max(found.low, min(lowest, found.mean)), high: min(found.high, max(_HIGHEST, found.mean))}


def mean_or_none(values: Floats) -> float | None:
    """Return the mean of the values that are there; None without any."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else None


def noise_of(table: JudgeTable, values: Floats) -> NoiseFloor | None:
    """Return the judge's noise in a value of judgments, (m,), over all runs of a table; None where nothing was judged twice."""
    n_repeats = int(table.repeat.max(initial=0)) + 1
    if n_repeats < 2:
        return None
    values = np.where(table.is_first, values, np.nan)  # a reply that several answers share tells of the judge once
    cells, rows = np.unique(table.cell, return_inverse=True)
    repeats = np.full((len(cells), n_repeats), np.nan)
    repeats[rows, table.repeat] = values
    return noise_floor(repeats)


def outcome_counts(db: Database, comparison_id: str, setup: Setup) -> pd.DataFrame:
    """Return how often each judged run is better or worse than its opponent, a row a run in recipe order; empty for `single`.

    Columns: `COUNT_COLUMNS`. In pairwise a win needs both orders, and where these do not agree an answer is `inconsistent`; in reference the mean over aspects
    and orders decides, and an answer is inconsistent where one order prefers it and another the opponent. `same` are two equal texts, which nobody is asked
    about; `failed` have no verdict in some order, all of them asked. `n` counts win, tie, loss, inconsistent and same; `net` is (win - loss) / n with its 95% interval.
    """
    frame: pd.DataFrame = db.remember(("outcome counts", comparison_id, setup), lambda: _outcome_counts(db, setup), about=ABOUT)
    return frame.copy(deep=False)


def _outcome_counts(db: Database, setup: Setup) -> pd.DataFrame:
    if setup.way == "single":
        return pd.DataFrame([], columns=list(COUNT_COLUMNS))
    table, runs = judge_table(db, setup.judging_ids), _runs(db, setup)
    statuses, is_open = table.statuses(), table.is_open
    rows = []
    for i, run_id in enumerate(table.run_ids):
        if run_id not in runs:
            continue
        codes = statuses[i][(statuses[i] != NOT_JUDGED) & ~is_open[i]]
        counts = dict(zip(STATUSES, np.bincount(codes, minlength=len(STATUSES)).tolist(), strict=True))
        counts["failed"] += counts.pop(PARTIAL)
        found = preference(counts["win"], counts["tie"] + counts["same"], counts["loss"], counts["inconsistent"])
        rows.append({**runs[run_id], **counts, "n": found.n, "net": found.net, "net_low": found.low, "net_high": found.high})
    frame = pd.DataFrame(rows, columns=list(COUNT_COLUMNS))
    return frame.astype({**dict.fromkeys(("sparsity", "net", "net_low", "net_high"), "float64"), "bits": "Int64"})

"""Where a comparison lost: every recipe on every slice of its questions, with what survives when it is counted how many were looked at.

    slice_table(db, comparison, dense, runs, by="subject").cells
    slice      run_id  n   delta   low    high   p_value  q_value  is_told  survives
    geography  3f..    60  -0.41   -0.54  -0.27  1.2e-06  2.4e-05  True     True

A slice is told from `LEAST` questions on. The family of tests is every told cell of the table, whatever part of it a page shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.many import Many, compare_many
from llmkick_core.stats.multiple import LEVEL, false_discovery_rates
from llmkick_core.store.database import Database
from llmkick_core.store.filters import EVERYTHING, Filter, Range
from llmkick_core.store.grids import Grid, grid, shown_values
from llmkick_core.store.tallies import answered_counts

LEAST = 10
"""Questions with a verdict below which a slice is drawn as too small to tell."""

MOST_LENGTHS = 5
"""Ranges of question lengths, with about as many questions in each."""

WAYS = ("subject", "category", "length", "evidence", "asked")
"""What questions are sliced by: subject, group of subjects, words of the question, whether the evidence shows an answer; `asked` has one row a way
to ask the same task, by solved examples and formulation."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some questions of a comparison."""

    key: str
    """Its name: a subject, `4..7` words, `yes` or `no`; of `asked`, the comparison."""
    wanted: Filter
    """What Compare lists them by."""


@dataclass(frozen=True, kw_only=True)
class SliceTable:
    """What each recipe did to each slice."""

    by: str
    """One of WAYS."""
    slices: tuple[Slice, ...]
    """The rows, in the order of their kind: by name, or from short to long."""
    cells: pd.DataFrame
    """A row a slice and recipe: slice (its key), column (the run asked for), comparison_id, a_run_id, run_id (what was compared; other ones than asked for where
    rows are ways to ask), n, n_facts, n_unscored, dense_share, compressed_share, delta, low, high, broke, fixed, p_value, q_value (NaN where it is not told),
    is_told (from LEAST questions on), survives (q_value at most LEVEL); is_share and
    higher_is_better of the measure they are told by."""
    n_left_out: int
    """Questions that are in no slice: they have no subject, or no evidence."""


def ways(db: Database, comparison_id: str) -> tuple[str, ...]:
    """Return the ways in which the questions of a comparison can be sliced."""
    known = grid(db, comparison_id)
    found = {
        "subject": bool((known.questions["subject"] != "").any()),
        "category": bool((known.questions["category"] != "").any()),
        "length": len(known.questions) > 0,
        "evidence": bool(known.questions["is_answer_shown"].notna().any()),
        "asked": len(variants(db, comparison_id)) > 1,
    }
    return tuple(way for way in WAYS if found[way])


_VARIANTS = """
SELECT DISTINCT o.comparison_id, o.k_shot, o.prompt, coalesce(o.formulation, '') AS formulation
FROM runs c JOIN runs o ON o.model = c.model AND o.model_revision = c.model_revision AND o.task = c.task AND o.dataset = c.dataset
    AND o.question_limit IS NOT DISTINCT FROM c.question_limit AND coalesce(o.temperature, 0) = coalesce(c.temperature, 0) AND o.seed = c.seed
WHERE c.comparison_id = $comparison AND o.run_id IN (SELECT unnest($answered)) ORDER BY formulation, o.prompt, o.k_shot, o.comparison_id
"""


def variants(db: Database, comparison_id: str) -> tuple[str, ...]:
    """Return the comparisons that differ from one in their solved examples, form of prompts or formulation only, itself included."""
    rows = db.remember(
        ("variants", comparison_id),
        lambda: db.rows(_VARIANTS, {"comparison": comparison_id, "answered": list(answered_counts(db))}),
    )
    return tuple(row[0] for row in rows)


def slice_table(
    db: Database, comparison_id: str, a_run: str, runs: Sequence[str], by: str, scorer: str = "corrected", measure: str | None = None
) -> SliceTable:
    """Return what each of some runs lost against another on each slice of their questions; do not change it, it is kept and shared.

    Args:
        db: the database.
        comparison_id: of the runs.
        a_run: the run that is compared with, most often the dense one.
        runs: the runs that are compared, in the order of the columns.
        by: one of WAYS.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    key = ("slices", comparison_id, a_run, tuple(runs), by, scorer, measure)
    found: SliceTable = db.remember(key, lambda: _slice_table(db, comparison_id, a_run, tuple(runs), by, scorer, measure))
    return found


def _slice_table(
    db: Database, comparison_id: str, a_run: str, runs: tuple[str, ...], by: str, scorer: str, measure: str | None
) -> SliceTable:
    if by == "asked":
        slices = [Slice(key=one, wanted=EVERYTHING) for one in variants(db, comparison_id)]
        found = [_asked(db, one.key, a_run, runs, scorer, measure) for one in slices]
        cells = pd.concat(found, ignore_index=True)
        return SliceTable(by=by, slices=tuple(slices), cells=_tested(cells), n_left_out=0)
    known = grid(db, comparison_id, scorer, measure)
    codes, slices = _sliced(known, by)
    cells = _cells(known, a_run, runs, codes, [one.key for one in slices])
    cells = cells.assign(column=cells["run_id"], comparison_id=comparison_id, a_run_id=a_run)
    return SliceTable(by=by, slices=tuple(slices), cells=_tested(cells), n_left_out=int((codes < 0).sum()))


def _asked(db: Database, variant: str, a_run: str, runs: tuple[str, ...], scorer: str, measure: str | None) -> pd.DataFrame:
    """Return the cells of one way to ask: all its questions, by the runs of the same compressed models."""
    known = grid(db, variant, scorer, measure)
    sql = "SELECT run_id, compression_id FROM runs"
    compressed: dict[str, str] = db.remember(("compression of",), lambda: dict(db.rows(sql)))
    own = {compressed[run]: run for run in known.run_ids}
    a = own.get(compressed[a_run])
    columns = {own[compressed[run]]: run for run in runs if compressed[run] in own}
    codes = np.zeros(len(known.questions), dtype=np.intp)
    cells = _cells(known, a, tuple(columns) if a is not None else (), codes, [variant])
    return cells.assign(column=cells["run_id"].map(columns), comparison_id=variant, a_run_id=a)


def _cells(known: Grid, a_run: str | None, runs: tuple[str, ...], codes: NDArray[np.intp], keys: Sequence[str]) -> pd.DataFrame:
    """Return a row a slice and run, slices first."""
    rows = [known.row(run) for run in runs]
    a = known.row(a_run) if a_run is not None else 0
    dense = known.values[a] if len(known.values) else np.empty(0)
    found = compare_many(
        dense,
        known.values[rows],
        known.is_answered[rows] & known.is_answered[a],
        slices=codes,
        n_slices=len(keys),
        groups=known.units,
        right_at=known.measure.right_at,
        higher_is_better=known.measure.higher_is_better,
        is_share=known.measure.is_share,
    )
    names = tuple(Many.__dataclass_fields__)
    columns: dict[str, Any] = {"slice": np.repeat(np.array(keys, dtype=object), len(runs)), "run_id": list(runs) * len(keys)}
    told: dict[str, Any] = {name: getattr(known.measure, name) for name in ("is_share", "higher_is_better")}
    return pd.DataFrame(columns | {name: getattr(found, name).T.ravel() for name in names}).assign(**told)


def _tested(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with what survives; those that are not told are no tests."""
    is_told = (cells["n"] >= LEAST).to_numpy(dtype=bool)
    rates = false_discovery_rates(np.where(is_told, cells["p_value"].to_numpy(dtype=np.float64), np.nan))
    return cells.assign(q_value=rates, is_told=is_told, survives=np.nan_to_num(rates, nan=1.0) <= LEVEL)


def _sliced(known: Grid, by: str) -> tuple[NDArray[np.intp], list[Slice]]:
    """Return the slice of each question, -1 in none, and the slices in their order."""
    if by == "length":
        return _by_length(known.questions["n_words"].to_numpy(dtype=np.int64))
    if by == "evidence":
        shown = shown_values(known.questions)
        both = {"yes": shown == 1, "no": shown == 0}
        there = [key for key, of in both.items() if of.any()]
        codes = np.select([both[key] for key in there], range(len(there)), -1)
        return codes.astype(np.intp), [Slice(key=key, wanted=Filter(shown=key == "yes")) for key in there]
    names = known.questions[by].to_numpy(dtype=object)
    found_names = sorted(set(names) - {""})
    codes = pd.Index(found_names, dtype=object).get_indexer(pd.Index(names, dtype=object))
    return codes.astype(np.intp), [
        Slice(key=name, wanted=Filter(subject=name) if by == "subject" else Filter(category=name)) for name in found_names
    ]


def _by_length(n_words: NDArray[np.int64]) -> tuple[NDArray[np.intp], list[Slice]]:
    """Return up to MOST_LENGTHS ranges of words with about as many questions in each."""
    if not len(n_words):
        return np.empty(0, dtype=np.intp), []
    shares = np.arange(1, MOST_LENGTHS + 1) / MOST_LENGTHS
    ends = np.unique(np.quantile(n_words, shares, method="inverted_cdf")).astype(np.int64)
    starts = [int(n_words.min()), *(int(end) + 1 for end in ends[:-1])]
    if len(ends) == 1:  # all are as long: Compare offers no range then
        return np.zeros(len(n_words), dtype=np.intp), [Slice(key=f"{starts[0]}..{ends[0]}", wanted=EVERYTHING)]
    slices = [
        Slice(key=f"{low}..{high}", wanted=Filter(ranges=(Range(measure="n_words", low=low, high=high),)))
        for low, high in zip(starts, ends.tolist(), strict=True)
    ]
    return np.searchsorted(ends, n_words).astype(np.intp), slices


@dataclass(frozen=True, kw_only=True)
class SliceSummary:
    """One recipe over all slices of a table."""

    n_told: int = 0
    """Slices with enough questions to be told."""
    n_small: int = 0
    """Slices with fewer, at least one."""
    n_lost: int = 0
    """Told slices that lost more than chance allows."""
    n_gained: int = 0
    """Told slices that gained more."""
    worst: dict[str, Any] | None = None
    """The told cell with the largest loss; None where no slice is told."""


def slice_summary(cells: pd.DataFrame, column: str) -> SliceSummary:
    """Return what came of one recipe: how many slices lost more than chance allows, and the one that lost most.

    Args:
        cells: `SliceTable.cells`.
        column: the run, as it was asked for.
    """
    mine = cells[(cells["column"] == column) & (cells["n"] > 0)]
    told = mine[mine["is_told"]]
    gain = told["delta"].where(told["higher_is_better"].astype(bool), -told["delta"])
    return SliceSummary(
        n_told=len(told),
        n_small=len(mine) - len(told),
        n_lost=int((told["survives"] & (gain < 0)).sum()),
        n_gained=int((told["survives"] & (gain > 0)).sum()),
        worst=None if told.empty else dict(zip(told.columns, told.iloc[int(gain.argsort(kind="stable").iloc[0])], strict=True)),
    )

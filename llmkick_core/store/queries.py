"""Every number of a page: one named query each, the database first.

What a page needs is imported from here, whichever module answers it:

    models answered_runs comparisons subjects layers layer_totals   here
    sample_set                                                      here
    store_health                                                    here
    run_overview source_formats                                     overview.py
    grid                                                            grids.py
    ladder ladder_places ladder_counts ladder_texts wordings        ladders.py
    fact_curve is_step Ladder LadderFilter LadderCounts             ladders.py
    pair_summary pair_rows pair_counts pair_ids pair_frame          pairs.py
    Filter Range EVERYTHING MEASURES read_ranges write_ranges       filters.py
    categories kinds spans evidence                                 choices.py
    measure_of measures_of                                          metrics.py
    notes_of tags_in_use                                            notes.py
    parameters scores_by_size twins                                 sizes.py
    sample_detail other_recipes                                     details.py
    biggest_breaks                                                  breaks.py
    slice_table slice_summary ways                                  slice_cells.py
    rescue rescue_pairs rescued                                     rescue.py
    stored_scores                                                   stored_scores.py
    judge_setups Setup                                              judge_setups.py
    aspect_scores outcome_counts                                    judge_scores.py
    judging judged_items judged_item ledger spending                judge_items.py
    judged_answers JudgedAnswers                                    judge_answers.py
    lab judge_agreement vote_agreement                              judge_lab.py
    votes_of next_blind                                             votes.py

`scorer` is `corrected` or `paper`; `measure` one of a task's measures (tasks.base), None the one that stands for it. A question of several turns has the mean of its scored
turns as its value. Answers that cost time to compute are kept until something is written to the database.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from llmkick_core.errors import CorruptFileError
from llmkick_core.store.breaks import biggest_breaks
from llmkick_core.store.choices import categories, evidence, kinds, spans
from llmkick_core.store.damage import few, shown
from llmkick_core.store.database import Database
from llmkick_core.store.details import SampleDetail, SideDetail, TurnDetail, other_recipes, sample_detail
from llmkick_core.store.filters import EVERYTHING, MEASURES, Filter, Range, read_ranges, write_ranges
from llmkick_core.store.grids import Grid, grid
from llmkick_core.store.judge_answers import JudgedAnswers, judged_answers
from llmkick_core.store.judge_items import JudgedItem, Judging, Spending, judged_item, judged_items, judging, ledger, spending
from llmkick_core.store.judge_lab import Lab, VoteAgreement, judge_agreement, lab, vote_agreement
from llmkick_core.store.judge_scores import aspect_scores, outcome_counts
from llmkick_core.store.judge_setups import Setup, judge_setups
from llmkick_core.store.ladders import (
    Ladder,
    LadderCounts,
    LadderFilter,
    fact_curve,
    is_step,
    ladder,
    ladder_counts,
    ladder_places,
    ladder_texts,
    wordings,
)
from llmkick_core.store.layout import DATABASE, run_dir
from llmkick_core.store.metrics import measure_of, measures_of
from llmkick_core.store.notes import notes_of, tags_in_use
from llmkick_core.store.opener import files, look
from llmkick_core.store.overview import run_overview, source_formats, with_none
from llmkick_core.store.pairs import (
    OUTCOMES,
    PairSummary,
    pair_counts,
    pair_frame,
    pair_ids,
    pair_rows,
    pair_summary,
)
from llmkick_core.store.parts import part_files, read_part
from llmkick_core.store.rescue import EVIDENCE, rescue, rescue_pairs, rescued
from llmkick_core.store.runs import odd_entries, run_ids
from llmkick_core.store.sizes import parameters, scores_by_size, twins
from llmkick_core.store.slice_cells import LEAST, WAYS, Slice, SliceSummary, SliceTable, slice_summary, slice_table, ways
from llmkick_core.store.stored_scores import stored_scores
from llmkick_core.store.tallies import answered_counts, task_and_set
from llmkick_core.store.votes import Blind, next_blind, votes_of

__all__ = [
    "EVERYTHING",
    "EVIDENCE",
    "LEAST",
    "MEASURES",
    "OUTCOMES",
    "WAYS",
    "Blind",
    "Filter",
    "Grid",
    "JudgedAnswers",
    "JudgedItem",
    "Judging",
    "Lab",
    "Ladder",
    "LadderCounts",
    "LadderFilter",
    "LayerTotals",
    "PairSummary",
    "Range",
    "SampleDetail",
    "Setup",
    "SideDetail",
    "Slice",
    "SliceSummary",
    "SliceTable",
    "Spending",
    "StoreHealth",
    "TurnDetail",
    "VoteAgreement",
    "answered_runs",
    "aspect_scores",
    "biggest_breaks",
    "categories",
    "comparisons",
    "evidence",
    "fact_curve",
    "grid",
    "is_step",
    "judge_agreement",
    "judge_setups",
    "judged_answers",
    "judged_item",
    "judged_items",
    "judging",
    "kinds",
    "lab",
    "ladder",
    "ladder_counts",
    "ladder_places",
    "ladder_texts",
    "layer_totals",
    "layers",
    "ledger",
    "measure_of",
    "measures_of",
    "models",
    "next_blind",
    "notes_of",
    "other_recipes",
    "outcome_counts",
    "pair_counts",
    "pair_frame",
    "pair_ids",
    "pair_rows",
    "pair_summary",
    "parameters",
    "read_ranges",
    "rescue",
    "rescue_pairs",
    "rescued",
    "run_overview",
    "sample_detail",
    "sample_set",
    "scores_by_size",
    "slice_summary",
    "slice_table",
    "source_formats",
    "spans",
    "spending",
    "store_health",
    "stored_scores",
    "subjects",
    "tags_in_use",
    "twins",
    "vote_agreement",
    "votes_of",
    "ways",
    "wordings",
    "write_ranges",
]


def _kept(db: Database, sql: str) -> pd.DataFrame:
    frame: pd.DataFrame = db.remember(("sql", sql), lambda: db.query(sql))
    return frame.copy(deep=False)


def models(db: Database) -> pd.DataFrame:
    """Return the models that have runs, the one with most answers first: model, n_runs, n_recipes, n_tasks, n_answers."""
    frame = _kept(db, "SELECT run_id, model, recipe, task FROM runs")
    counts = answered_counts(db)
    frame["n"] = [counts.get(run_id, (0, 0))[0] for run_id in frame["run_id"]]
    found = frame.groupby("model", as_index=False).agg(
        n_runs=("run_id", "size"), n_recipes=("recipe", "nunique"), n_tasks=("task", "nunique"), n_answers=("n", "sum")
    )
    return found.sort_values(["n_answers", "model"], ascending=[False, True], ignore_index=True)


def answered_runs(db: Database) -> set[str]:
    """Return the ids of the runs that have answers."""
    return set(answered_counts(db))


_COMPARISONS = """
WITH answered AS (SELECT unnest($runs) AS run_id, unnest($n) AS n, unnest($answers) AS n_answers)
SELECT comparison_id, any_value(model) AS model, any_value(model_revision) AS model_revision, any_value(task) AS task,
    any_value(task_version) AS task_version, any_value(dataset) AS dataset, any_value(dataset_revision) AS dataset_revision,
    any_value(formulation) AS formulation, any_value(k_shot) AS k_shot, any_value(prompt) AS prompt, any_value(question_limit) AS "limit",
    any_value(coalesce(temperature, 0)) AS temperature, any_value(seed) AS seed,
    count(*) AS n_runs, max(n) AS n_questions, max(n_answers) AS n_answers, max(run_id) FILTER (method = 'dense') AS dense_run_id
FROM runs JOIN answered USING (run_id) GROUP BY comparison_id ORDER BY model, task, n_runs DESC, n_questions DESC, comparison_id
"""


def comparisons(db: Database) -> pd.DataFrame:
    """Return the comparisons that have answers: by model and task, the one with most runs first, so that it can stand for the task.

    Columns: comparison_id, model, model_revision, task, task_version, dataset, dataset_revision, formulation, k_shot, prompt, limit, temperature, seed, n_runs, n_questions
    and n_answers (of the run that has most; an answer of perplexity is a window), dense_run_id (None while the dense run has no answers).
    """

    def look() -> pd.DataFrame:
        counts = answered_counts(db)
        n_answers, n_questions = ([pair[i] for pair in counts.values()] for i in (0, 1))
        return db.query(_COMPARISONS, {"runs": list(counts), "n": n_questions, "answers": n_answers})

    frame = db.remember(("comparisons",), look).copy(deep=False)
    frame["limit"] = frame["limit"].astype("Int64")
    return with_none(frame, ("formulation", "dense_run_id"))


def subjects(db: Database, run: str) -> list[str]:
    """Return the subjects of a run's questions, in alphabetical order; a question without one is left out."""
    _, sample_set = task_and_set(db, run)
    sql = "SELECT DISTINCT subject FROM samples WHERE sample_set = $set AND subject <> '' ORDER BY subject"
    return [row[0] for row in db.remember(("subjects", sample_set), lambda: db.rows(sql, {"set": sample_set}))]


def sample_set(db: Database, run_id: str) -> str | None:
    """Return the set of questions that a run asks; None while they are not known."""
    return task_and_set(db, run_id)[1]


def layers(db: Database, run_id: str) -> pd.DataFrame:
    """Return what compression did to each linear layer of a run's model, in the model's order; empty for a dense run.

    Columns: name, kind (what it is in its block; experts of one block are one kind), block, n_out, n_in, sparsity (0-1, counted), structure_ok,
    error (relative), bits (a weight, packed), seconds, note.
    """
    return db.query(
        "SELECT name, regexp_replace(substr(name, strpos(name, '.' || block || '.') + length('.' || block || '.')), "
        "'experts\\.\\d+\\.', 'experts.') AS kind, block, n_out, n_in, "
        "sparsity, structure_ok, error, bits, seconds, coalesce(note, '') AS note FROM layers "
        "WHERE compression_id = (SELECT compression_id FROM runs WHERE run_id = $run) ORDER BY position, block, name",
        {"run": run_id},
    )


@dataclass(frozen=True, kw_only=True)
class LayerTotals:
    """The compressed layers of a run's model as a whole; shares and bits are weighted by the layers' sizes."""

    n_layers: int
    """Layers that were compressed."""
    n_weights: int
    """Weights in them."""
    sparsity: float
    """Share of them that is exactly zero, 0-1."""
    is_structured: bool | None
    """Whether every layer is in the n:m structure; None where none was asked for."""
    bits: float
    """Effective bits a weight in a packed format."""
    n_bytes_dense: int
    """Bytes of these weights at 16 bits."""
    n_bytes: int
    """Bytes in a packed format."""
    error: float | None
    """Median relative output error; None where none was measured."""
    worst_error: float | None
    """The largest."""
    worst_layer: str
    """The layer that has it."""
    seconds: float
    """What the layers took, the passes of the calibration text left out."""


def layer_totals(db: Database, run_id: str) -> LayerTotals | None:
    """Return what the layers of a run's model come to; None where nothing was compressed."""
    sql = """
        SELECT count(*), sum(n), sum(n * sparsity) / sum(n), bool_and(structure_ok), sum(n * bits) / sum(n), sum(n) * 2, ceil(sum(n * bits) / 8),
            median(error), max(error), arg_max(name, error), sum(seconds)
        FROM (SELECT *, n_out::BIGINT * n_in AS n FROM layers WHERE compression_id = (SELECT compression_id FROM runs WHERE run_id = $run))
    """
    row = db.rows(sql, {"run": run_id})[0]
    if not row[0]:
        return None
    n_layers, n_weights, sparsity, ok, bits, dense, packed, error, worst, layer, seconds = row
    return LayerTotals(
        n_layers=int(n_layers),
        n_weights=int(n_weights),
        sparsity=float(sparsity),
        is_structured=ok,
        bits=float(bits),
        n_bytes_dense=int(dense),
        n_bytes=int(packed),
        error=error,
        worst_error=worst,
        worst_layer=layer or "",
        seconds=float(seconds),
    )


_DEEPEST = 8  # folders in folders whose sizes are counted


@dataclass(frozen=True, kw_only=True)
class StoreHealth:
    """How a store stands."""

    path: Path
    """Its folder."""
    n_runs: int
    """Runs in the database."""
    n_answers: int
    """Answers in the database."""
    n_scores: int
    """Scores in the database."""
    n_questions: int
    """Questions that were answered, over all data sets."""
    n_parts: int
    """Part files taken in."""
    database_bytes: int
    """Size of results.duckdb and its log."""
    runs_bytes: int
    """Size of the run folders and questions: the truth."""
    checkpoint_bytes: int
    """Size of the blocks kept of unfinished compressions."""
    waiting: tuple[str, ...]
    """Part files that are whole but not taken in yet."""
    damaged: tuple[str, ...]
    """One line for each damaged file."""


def store_health(db: Database) -> StoreHealth:
    """Return how the store stands: sizes, counts and damaged files. Reads what is not taken in yet, so it is no call for every rerun."""
    counts = db.rows(
        "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM answers), (SELECT count(*) FROM scores), "
        "(SELECT count(*) FROM (SELECT DISTINCT r.sample_set, a.position FROM answers a JOIN runs r USING (run_id))), (SELECT count(*) FROM parts)"
    )[0]
    known = {(run_id, name) for run_id, name in db.rows("SELECT run_id, name FROM parts")}
    waiting: list[str] = []
    damaged = odd_entries(db.store)
    for run_id in run_ids(db.store):
        folder = run_dir(db.store, run_id)
        try:
            aside, parts = files(folder, r".*\.corrupt"), part_files(folder)
        except CorruptFileError as error:
            damaged.append(str(error))
            continue
        damaged += [f"{path} was damaged and set aside; its questions were asked again." for path in aside]
        for path in parts:
            if (run_id, path.name) not in known:
                try:
                    read_part(path)
                    waiting.append(str(path))
                except CorruptFileError as error:
                    damaged.append(str(error))
    return StoreHealth(
        path=db.store,
        n_runs=counts[0],
        n_answers=counts[1],
        n_scores=counts[2],
        n_questions=counts[3],
        n_parts=counts[4],
        database_bytes=_bytes(db.store / DATABASE) + _bytes(db.store / f"{DATABASE}.wal"),
        runs_bytes=_bytes(db.store / "runs") + _bytes(db.store / "samples"),
        checkpoint_bytes=_bytes(db.store / "checkpoints"),
        waiting=tuple(map(shown, waiting)),
        damaged=few(damaged),
    )


def _bytes(path: Path) -> int:
    """Return the bytes that a file or all files of a folder take on the disk, links not followed; 0 where it is not there.

    A file that goes while it is counted counts 0, and so does what lies deeper than a store's folders do.
    """
    found = look(path)
    if found is None or not found.is_folder:
        return found.n_held if found is not None and found.is_file else 0
    total = 0
    for folder, inner, names in os.walk(path):
        if folder.count(os.sep) - str(path).count(os.sep) >= _DEEPEST:
            inner.clear()
        for name in names:
            with suppress(OSError):
                held = os.stat(Path(folder) / name, follow_symlinks=False)
                total += min(held.st_size, 512 * held.st_blocks)
    return total

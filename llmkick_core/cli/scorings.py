"""The two scorings of the same answers side by side, with kinds of outcome; and what each mistake of the reference code makes of a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from llmkick_core.cli.tables import NOT_SCORED, model_words, plain, print_mixed, print_unscored, records, score_text, task_title, title_of
from llmkick_core.errors import CorruptFileError, TaskError
from llmkick_core.mistakes import Effect, effect, mistakes_in
from llmkick_core.schema import OUTCOME_KINDS, SCORERS
from llmkick_core.scoring.paper import canonical
from llmkick_core.store.database import Database
from llmkick_core.store.queries import models, run_overview
from llmkick_core.store.report import outcome_counts, report, stored_scorers

_CORRECTED, _PAPER = SCORERS
_MOST = 10_000  # characters of a line, more than any table has
_HEADS = {"overflow": "over-\nflow", "unparsed": "un-\nparsed"}
_OUTCOME_LEGEND = (
    "Scores in % with 95% intervals (perplexity as it is): corrected, and by the rules of the paper's code, with the difference in points; -: no verdict.\n"
    "right to unparsed: answers (turns) by kind of outcome, corrected; unscored: questions without a verdict. `report --mistakes`: the rules one by one."
)
_MISTAKE_LEGEND = (
    "Corrected score in %, and what each mistake of the paper's code, made alone, adds to it in points; all: what they add together. -: it leaves no verdict.\n"
    "docs/scoring.md tells what each mistake is."
)
_UNTOLD = (
    "Some answers were scored before kinds of outcome were told apart: `python -m llmkick_core rescore` tells them, and asks no model."
)

Row = dict[str, Any]


def find_scorer(db: Database, word: str) -> str:
    """Return a scorer in its canonical spelling.

    Raises:
        TaskError: it does not exist, or no answer of the store is scored by it.
    """
    scorer = canonical(word)
    if scorer not in SCORERS and scorer not in stored_scorers(db):
        raise TaskError(
            f"no answer of this store is scored by {scorer}; `python -m llmkick_core rescore --scorer {scorer}` does it, without a model."
        )
    return scorer


def report_document(db: Database, scorer: str | None, measure: str | None = None) -> dict[str, Any]:
    """Return what `report --json` prints: the runs under a scorer; where none is named, under both, those of the paper's code as `paper`."""
    told: dict[str, Any] = dict(report(db, scorer=scorer or _CORRECTED, measure=measure))
    return told if scorer else {**told, _PAPER: report(db, scorer=_PAPER, measure=measure)["runs"]}


def print_scorings(console: Console, db: Database, scorer: str = _PAPER, measure: str | None = None) -> None:
    """Print one line a run: its corrected score and interval, its score under another scorer, and its answers by kind of outcome."""
    told = outcome_counts(db, _CORRECTED, measure)
    is_told = True
    corrected: list[Row] = []
    other: list[Row] = []
    for model in sorted(models(db)["model"]):
        rows = records(run_overview(db, model, _CORRECTED, measure))
        others = {row["run_id"]: row for row in records(run_overview(db, model, scorer, measure))}
        name = model_words(model, rows)
        table = _scorings(name, rows, others, told, scorer, is_wide=True)
        if Measurement.get(console, console.options.update(max_width=_MOST), table).maximum <= console.width:
            console.print(table)
        else:
            for part in _by_comparison(rows):
                console.print(_scorings(f"{name}: {task_title(part[0])}", part, others, told, scorer, is_wide=False))
        is_told = is_told and all(row["run_id"] in told or not row["is_scored"] for row in rows)
        corrected, other = [*corrected, *rows], [*other, *others.values()]
    print_unscored(console, _CORRECTED, corrected)
    print_unscored(console, scorer, other)
    print_mixed(console, [*corrected, *other])
    if not is_told and measure is None:  # another measure may tell none
        console.print(_UNTOLD, style="yellow", soft_wrap=True)
    console.print(_OUTCOME_LEGEND, style="dim", soft_wrap=True)


def _scorings(
    title: str, rows: Sequence[Row], others: Mapping[str, Row], told: Mapping[str, Mapping[str, int]], scorer: str, *, is_wide: bool
) -> Table:
    """Return the table of some runs; the narrow one names no task, and counts no kind of outcome that none of its answers is of."""
    kinds = [kind for kind in OUTCOME_KINDS if is_wide or any(told.get(row["run_id"], {}).get(kind) for row in rows)]
    table = Table(title=title_of(title), title_justify="left", box=SIMPLE_HEAD, padding=(0, int(is_wide), 0, 0), pad_edge=False)
    table.add_column("recipe", no_wrap=True, vertical="bottom")
    if is_wide:
        table.add_column("task", no_wrap=True, vertical="bottom")
    for head in (
        "n",
        _CORRECTED,
        scorer.replace(",", ",\n").replace(":", ":\n"),
        *(_HEADS.get(kind, kind) for kind in kinds),
        "un-\nscored",
    ):
        table.add_column(head, no_wrap=True, vertical="bottom", justify="right")
    for at, row in enumerate(rows):
        if at and row["comparison_id"] != rows[at - 1]["comparison_id"]:
            table.add_section()
        counts = told.get(row["run_id"])
        table.add_row(
            plain(row["recipe"]),
            *([plain(task_title(row))] if is_wide else []),
            f"{row['n']:,}",
            _with_interval(row),
            _beside(row, others[row["run_id"]]),
            *("-" if counts is None else _count(counts[kind]) for kind in kinds),
            _count(row["n_unscored"]),
        )
    return table


def _with_interval(row: Row) -> str:
    if not row["is_scored"]:
        return NOT_SCORED
    ends = f" [{score_text(row, row['low'])}, {score_text(row, row['high'])}]" if row["low"] is not None else ""
    return f"{score_text(row, row['score'])}{ends}"


def _beside(row: Row, other: Row) -> str:
    """Return a score under another scorer, and how far it is from the corrected one."""
    if not other["is_scored"]:
        return NOT_SCORED
    if other["score"] is None or row["score"] is None:
        return score_text(row, other["score"])
    delta = other["score"] - row["score"]
    signed = f"{100 * delta:+.1f}" if row["is_share"] else f"{delta:+.2f}"
    return f"{score_text(other, other['score'])} ({signed})"


def _count(n: int) -> str | Text:
    return f"{n:,}" if n else Text("0", style="dim")


def mistakes_document(db: Database) -> dict[str, Any]:
    """Return what `report --mistakes --json` prints: the corrected score of every run, and what each mistake adds to it."""
    names = ("run_id", "model", "recipe", "task")
    rows = [
        {**{name: row[name] for name in names}, "n": found.n, "score": found.corrected, "deltas": found.deltas, "all": found.all_delta}
        for rows in _mistaken(db)
        for row, found in rows
    ]
    return {"mistakes": rows}


def print_mistakes(console: Console, db: Database) -> None:
    """Print, for each set of questions, one row a recipe and one column a mistake of the reference code."""
    for rows in _mistaken(db):
        first = rows[0][0]
        table = Table(
            title=title_of(f"{model_words(first['model'], [row for row, _ in rows])}: {task_title(first)}"),
            title_justify="left",
            box=SIMPLE_HEAD,
        )
        table.add_column("recipe", no_wrap=True)
        for head in ("n", _CORRECTED, *(mistake.name for mistake in mistakes_in(first["task"])), "all"):
            table.add_column(head, justify="right", overflow="fold")
        for row, found in rows:
            deltas = [*found.deltas.values(), found.all_delta]
            table.add_row(
                plain(row["recipe"]),
                f"{found.n:,}",
                score_text(row, found.corrected),
                *("-" if delta is None else f"{100 * delta:+.1f}" for delta in deltas),
            )
        console.print(table)
    console.print(_MISTAKE_LEGEND, style="dim", soft_wrap=True)


def _mistaken(db: Database) -> list[list[tuple[Row, Effect]]]:
    """Return the runs of each set of questions in which the reference code makes mistakes; a run whose files are damaged is left out."""
    found = []
    for model in sorted(models(db)["model"]):
        for rows in _by_comparison(records(run_overview(db, model))):
            if mistakes_in(rows[0]["task"]):
                effects = [(row, _effect(db.store, row["run_id"])) for row in rows]
                found.append([(row, one) for row, one in effects if one is not None])
    return [rows for rows in found if rows]


def _effect(store: Path, run_id: str) -> Effect | None:
    try:
        return effect(store, run_id)
    except CorruptFileError:
        return None  # opening the store has told of it


def _by_comparison(rows: Sequence[Row]) -> list[list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["comparison_id"], []).append(row)
    return list(found.values())

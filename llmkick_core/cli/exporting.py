"""The command `export`: results as files for other programs and other people."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import uuid4

import typer

from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, say
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.results import existing, opened
from llmkick_core.cli.scorings import find_scorer
from llmkick_core.errors import StoreError, UsageError
from llmkick_core.schema import OUTCOME_KINDS
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import check_measure

if TYPE_CHECKING:
    from llmkick_core.store.filters import Filter, Range
    from llmkick_core.store.pairs import Sort
    from llmkick_core.store.rescue import Rescue


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which rows are asked for."""

    run: str | None
    """Left of a pair; alone, the run whose answers are wanted."""
    against: str | None
    """Right of a pair."""
    model: str | None
    """Model of `task`; None is the one with most answers."""
    task: str | None
    """Task, with a piece of the comparison's id where one is to be told from others."""
    recipe: str | None
    """Recipe that is compared with dense."""

    def pair(self, db: Database) -> tuple[str, str] | None:
        """Return the runs of the pair asked for; None where whole runs are.

        Raises:
            UsageError: there is no such pair, or more than one.
        """
        if self.run is not None and self.against is not None:
            return _run_id(db, self.run), _run_id(db, self.against)
        if self.task is None or self.recipe is None:
            return None
        rows = self._of_task(db)
        found = [row for row in rows if row["recipe"] == self.recipe]
        dense = [row for row in rows if row["recipe"] == "dense"]
        if not found or not dense:
            known = ", ".join(dict.fromkeys(row["recipe"] for row in rows))
            missing = self.recipe if not found else "dense"
            raise UsageError(f"{missing!r} has no answers to {self.task}; there are: {known or 'none'}.")
        if len(found) > 1:
            ids = ", ".join(row["run_id"] for row in found)
            raise UsageError(
                f"{self.recipe} was run with several calibrations ({ids}); choose by --run {dense[0]['run_id']} --against RUN."
            )
        return dense[0]["run_id"], found[0]["run_id"]

    def runs(self, db: Database) -> list[str]:
        """Return the runs whose answers are asked for: one, or all of a task.

        Raises:
            UsageError: there are none.
        """
        if self.run is not None:
            return [_run_id(db, self.run)]
        found = [row["run_id"] for row in self._of_task(db)]
        if not found:
            raise UsageError(f"no run of {self.model or 'this store'} has answers to {self.task!r}.")
        return found

    def _of_task(self, db: Database) -> list[dict[str, Any]]:
        """Return the runs of the comparison that a task means: the one with most runs, or the one that a piece of its id tells."""
        from llmkick_core.store.provenance import provenance
        from llmkick_core.store.queries import comparisons

        name, _, piece = (self.task or "").partition("~")
        ways = comparisons(db)
        if self.model is not None:
            ways = ways[ways["model"] == self.model]
        ways = ways[(ways["task"] == name) & ways["comparison_id"].str.startswith(piece)].sort_values(
            "n_runs", ascending=False, kind="stable"
        )
        if ways.empty:
            return []
        first = ways["comparison_id"].iloc[0]
        ways = ways[ways["model"] == ways["model"].iloc[0]]  # other models are named by --model
        if len(ways) > 1:
            others = ", ".join(f"{name}~{one[:6]}" for one in ways["comparison_id"])
            errors.print(f"{name} was asked in {len(ways)} ways ({others}); this is {name}~{first[:6]}.", soft_wrap=True)
        return [row for row in provenance(db) if row["comparison_id"] == first and row["n_answers"]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What answers are told by."""

    scorer: str
    """`corrected`, `paper` or `paper:NAME,...`."""
    measure: str | None
    """A measure, for the tasks that have it; None is each task's own."""


def _run_id(db: Database, word: str) -> str:
    """Return the run that a word means: its id, or the beginning of one."""
    from llmkick_core.store.provenance import provenance

    found = [row["run_id"] for row in provenance(db) if row["run_id"].startswith(word)]
    if len(found) != 1:
        raise UsageError(f"{len(found)} runs of the store begin with {word!r}; `report --json` lists their ids.")
    return str(found[0])


Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; one that is there is replaced.")]
Run = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN", help="Left run of a pair (A, most often dense); alone, the run whose answers are wanted."),
]
Against = Annotated[str | None, typer.Option("--against", metavar="RUN", help="Right run of the pair (B).")]
Model = Annotated[str | None, typer.Option("--model", metavar="MODEL", help="Model of --task. [default: the one with most runs]")]
Task = Annotated[str | None, typer.Option("--task", metavar="TASK", help="With --recipe a pair; alone, all answers of all its recipes.")]
Recipe = Annotated[str | None, typer.Option("--recipe", metavar="RECIPE", help="Label of the recipe to compare with dense: wanda-50.")]
Overview = Annotated[bool, typer.Option("--overview", help="The scores of all runs, a row a run and scorer.")]
Judgments = Annotated[
    bool,
    typer.Option(
        "--judgments",
        help="Every judgment that counts, with the answer and the judge's words; --run, or --task with --recipe, narrow them.",
    ),
]
Copy = Annotated[bool, typer.Option("--database", help="A copy of the DuckDB database, its columns explained in comments.")]
Form = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="csv, parquet, jsonl, or html for a pair. [default: the file's ending]")
]
Scorer = Annotated[str, typer.Option("--scorer", metavar="SCORER", help="By which outcomes are told: corrected or paper.")]
Outcome = Annotated[
    str | None, typer.Option("--outcome", metavar="OUTCOME", help="broke, fixed, both_right, both_wrong, unscored, measured or different.")
]
Subject = Annotated[str | None, typer.Option("--subject", metavar="SUBJECT", help="Only this subject.")]
Category = Annotated[str | None, typer.Option("--category", metavar="CATEGORY", help="Only this category, such as STEM.")]
Kind = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="Only where B's answer is right, wrong, empty, loop, overflow or unparsed.")
]
Search = Annotated[
    str | None, typer.Option("--search", metavar="TEXT", help="Only where question, right answer or an answer holds this text.")
]
Shown = Annotated[
    str | None, typer.Option("--shown", metavar="YES|NO", help="Only where the evidence shows an answer (yes), or does not (no).")
]
Rescued = Annotated[
    str | None,
    typer.Option(
        "--rescue", metavar="RESCUE", help="Only what A knew and B lost closed-book and answers open-book (regained) or not (not_regained)."
    ),
]
Tag = Annotated[
    str | None, typer.Option("--tag", metavar="TAG", help="Only questions with this tag; *, quoted, those with a note or any tag.")
]
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="MEASURE:LOW..HIGH", help="Such as kl:0.5.. or score:f1:..0.3; may be repeated.")
]
SortBy = Annotated[
    str,
    typer.Option(
        "--sort",
        metavar="ORDER",
        help="position: the data set's order; damage, kl, agreed, other_margin, other_tokens, n_words: the furthest from A first.",
    ),
]
Prompts = Annotated[bool, typer.Option("--prompts", help="With the prompts, evidence and references, which are long.")]


@command
def export(
    out: Out,
    run: Run = None,
    against: Against = None,
    model: Model = None,
    task: Task = None,
    recipe: Recipe = None,
    overview: Overview = False,
    judgments: Judgments = False,
    database: Copy = False,
    form: Form = None,
    scorer: Scorer = "corrected",
    outcome: Outcome = None,
    subject: Subject = None,
    category: Category = None,
    kind: Kind = None,
    search: Search = None,
    shown: Shown = None,
    rescue: Rescued = None,
    tag: Tag = None,
    where: Where = None,
    sort: SortBy = "position",
    prompts: Prompts = False,
    measure: option.Measure = None,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Write results to a file: questions of a pair under a filter, answers of whole runs, all scores, all judgments, or the database."""
    asked = Asked(run=run, against=against, model=model, task=task, recipe=recipe)
    place = out.expanduser().resolve()
    form = _format(form, place, is_database=database)
    _check(asked, (overview, judgments, database))
    narrowed = {"subject": subject, "category": category, "search": search, "tag": tag}
    wanted = _filter(outcome=outcome, kind=kind, shown=shown, rescue=rescue, where=where or (), **narrowed)
    order = _sort(sort)
    with opened(existing(store_of(store)), errors) as results:
        told = Told(scorer=find_scorer(results.db, scorer), measure=None if measure is None else check_measure(results.db, measure))
        n_rows = None
        if database:
            _copy(results.db, place)
        else:
            whole = "overview" if overview else "judgments" if judgments else None
            n_rows = _write(results.db, asked, place, form, told, wanted, order, whole=whole, has_prompts=prompts)
    n_bytes = place.stat().st_size
    if as_json:
        print_json({"out": str(place), "format": form, "n_rows": n_rows, "bytes": n_bytes, "damaged": list(results.damaged)})
    else:
        rows = "" if n_rows is None else f"{n_rows:,} {'question' if form == 'html' else 'row'}{'' if n_rows == 1 else 's'}, "
        say(f"{place}: {rows}{n_bytes:,} bytes.")
    if results.damaged:
        raise typer.Exit(1)


def _filter(
    *, outcome: str | None, kind: str | None, shown: str | None, rescue: str | None, where: Sequence[str], **others: str | None
) -> Filter:
    """Return what a pair's questions are narrowed to; `others` are filters that any text may stand in.

    Raises:
        UsageError: an outcome, a kind, a range and the like does not exist.
    """
    from llmkick_core.store.filters import Filter
    from llmkick_core.store.pairs import OUTCOMES
    from llmkick_core.store.rescue import RESCUES

    _one_of("outcome", outcome, (*OUTCOMES, "different"))
    _one_of("kind", kind, OUTCOME_KINDS)
    _one_of("shown", shown, ("yes", "no"))
    _one_of("rescue", rescue, RESCUES)
    return Filter(
        outcome=outcome,
        kind=kind,
        shown=None if shown is None else shown == "yes",
        rescue=cast("Rescue | None", rescue),
        ranges=_ranges(where),
        **others,
    )


def _ranges(where: Sequence[str]) -> tuple[Range, ...]:
    """Return the ranges that are asked for, all of which are to hold.

    Raises:
        UsageError: a word is no range.
    """
    from llmkick_core.store.filters import read_ranges

    found: list[Range] = []
    for words in where:
        ranges, wrong = read_ranges(words)
        if wrong or not ranges:
            raise UsageError(wrong[0] if wrong else f"{words!r} is no range; write MEASURE:LOW..HIGH, such as kl:0.5.. or damage:1..3.")
        found += ranges
    return tuple(found)


def _sort(word: str) -> Sort:
    from llmkick_core.store.pairs import SORTS

    _one_of("sort", word, SORTS)
    return cast("Sort", word)


def _write(
    db: Database, asked: Asked, place: Path, form: str, told: Told, wanted: Filter, sort: Sort, *, whole: str | None, has_prompts: bool
) -> int:
    """Write a table or a report and return how many rows it has; `whole` is what is told of the whole store."""
    from llmkick_core.report_html.write import write_report
    from llmkick_core.store.export import answers_export, overview_export, pair_export
    from llmkick_core.store.export_judgments import judgments_export
    from llmkick_core.store.filters import EVERYTHING
    from llmkick_core.store.formats import write, write_file

    pair = asked.pair(db)
    if pair is None and wanted != EVERYTHING:
        raise UsageError(
            "outcome, subject, search and the like narrow the questions of a pair: name --task and --recipe, or --run and --against."
        )
    if form == "html":
        if pair is None:
            raise UsageError("an HTML report is of a pair: name --task and --recipe, or --run and --against.")
        return write_file(
            place, form, lambda stream: write_report(db, *pair, stream, scorer=told.scorer, measure=told.measure, wanted=wanted)
        )
    if whole == "overview":
        export = overview_export(db, measure=told.measure)
    elif whole == "judgments":
        export = judgments_export(db, run_ids=None if asked.run is None and asked.task is None else _judged_runs(db, asked))
    elif pair is not None:
        export = pair_export(db, *pair, scorer=told.scorer, measure=told.measure, wanted=wanted, sort=sort, has_prompts=has_prompts)
    else:
        export = answers_export(db, asked.runs(db), has_prompts=has_prompts, measure=told.measure)
    return write_file(place, form, lambda stream: write(export, stream, form))


def _judged_runs(db: Database, asked: Asked) -> list[str]:
    """Return the runs whose judgments are asked for: one, all of a task, or the one of a task and recipe."""
    pair = asked.pair(db)
    return [pair[1]] if pair is not None else asked.runs(db)


def _copy(db: Database, place: Path) -> None:
    """Write a copy of the database: in the store's folder, the only one that the connection may write to, then where it was asked for."""
    from llmkick_core.store.dictionary import copy_database

    made = copy_database(db, f"{place.name}.{uuid4().hex[:8]}.part")  # two may ask for files of one name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, place)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise StoreError(f"cannot write {place}: {error.strerror}. Choose another place with --out.") from error


def _format(form: str | None, place: Path, *, is_database: bool) -> str:
    from llmkick_core.store.formats import FORMATS

    if is_database:
        return "duckdb"
    found = form or place.suffix.removeprefix(".").lower()
    if found not in (*FORMATS, "html"):
        raise UsageError(f"format {found!r} is none of {', '.join(FORMATS)}, html; name one with --format.")
    return found


def _check(asked: Asked, whole: tuple[bool, bool, bool]) -> None:
    """See that exactly one thing is asked for; `whole` are overview, judgments (which --run or --task may narrow) and database.

    Raises:
        UsageError: nothing is, or two are.
    """
    overview, judgments, database = whole
    things = [overview, database, asked.run is not None, asked.task is not None]
    if sum(whole) > 1 or (sum(things) != 1 and not (judgments and sum(things) == 0)):
        raise UsageError(
            "name one of --task (with --recipe for a pair), --run (with --against for a pair), --overview, --judgments and --database."
        )
    if (asked.against is not None and asked.run is None) or (asked.recipe is not None and asked.task is None):
        raise UsageError("--against needs --run, and --recipe needs --task.")


def _one_of(name: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise UsageError(f"{name} {value!r} is none of {', '.join(known)}.")

"""The commands that read or mend what is there, and compute no run: report, rescore, rebuild, doctor."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, say, tables
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.results import existing, opened
from llmkick_core.cli.scorings import find_scorer, mistakes_document, print_mistakes, print_scorings, report_document
from llmkick_core.cli.tables import print_advice, print_comparisons, print_matrix, print_slices


@command
def report(
    details: Annotated[bool, typer.Option("--details", help="One line a run, with its difference from the dense model.")] = False,
    matrix: Annotated[bool, typer.Option("--matrix", help="One row a recipe, one column a task.")] = False,
    mistakes: Annotated[bool, typer.Option("--mistakes", help="What each mistake of the paper's code adds to a score.")] = False,
    scorer: Annotated[
        str | None,
        typer.Option(
            "--scorer", metavar="SCORER", help="corrected, paper (the paper's code), or paper:MISTAKE,...; without, both side by side."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="WAY", help="category (such as MMLU's STEM) or subject: one line a run and slice.")
    ] = None,
    measure: option.Measure = None,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Print the results of every run of the store: both scorings, intervals and kinds of outcome."""
    from llmkick_core.store.metrics import check_measure
    from llmkick_core.store.slices import slices

    with opened(existing(store_of(store)), errors) as results:
        db = results.db
        asked = None if scorer is None else find_scorer(db, scorer)
        told_by = None if measure is None else check_measure(db, measure)
        sliced = {} if by is None else {"slices": slices(db, by, asked or "corrected", told_by)}
        if as_json:
            document = mistakes_document(db) if mistakes else report_document(db, asked, told_by)
            print_json({**document, **sliced, "damaged": list(results.damaged)})
        elif by is not None:
            print_slices(tables(), sliced["slices"])
        elif mistakes:
            print_mistakes(tables(), db)
        elif details or matrix:
            (print_comparisons if details else print_matrix)(tables(), db, scorer=asked or "corrected", measure=told_by)
        else:
            print_scorings(tables(), db, asked if asked and asked != "corrected" else "paper", told_by)
        if not as_json:
            print_advice(errors, db)
    if results.damaged:
        raise typer.Exit(1)


@command
def rescore(
    scorers: Annotated[
        list[str] | None,
        typer.Option(
            "--scorer", metavar="SCORER", help="As in report; may be repeated. Without: both, and all that answers are scored by."
        ),
    ] = None,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Score the stored answers anew, by the rules as they are now; no model is asked."""
    from llmkick_core.rescore import rescore as score_again

    place = existing(store_of(store))
    found = list(score_again(place, scorers or ()))
    skipped = [one.skipped for one in found if one.skipped]
    for line in skipped:
        errors.print(line, style="yellow", soft_wrap=True)
    n_answers, n_changed = (sum(getattr(one, name) for one in found) for name in ("n_answers", "n_changed"))
    with opened(place, errors) as results:  # takes in what changed
        if as_json:
            print_json(
                {"n_runs": len(found), "n_answers": n_answers, "n_changed": n_changed, "skipped": skipped, "damaged": list(results.damaged)}
            )
        else:
            say(f"Scored {n_answers:,} answers of {len(found):,} runs; {n_changed:,} scores are other than before.")
    if results.damaged:
        raise typer.Exit(1)


@command
def rebuild(store: option.Store = None, as_json: option.Json = False) -> None:
    """Make the database anew from the run folders."""
    from llmkick_core.store import ingest

    started = time.monotonic()
    found = ingest.rebuild(existing(store_of(store)))
    for line in found.damaged:
        errors.print(line, style="red", soft_wrap=True)
    if as_json:
        print_json({"n_parts": found.n_parts, "n_answers": found.n_answers, "damaged": list(found.damaged)})
    else:
        say(f"Took in {found.n_answers:,} answers from {found.n_parts:,} parts in {time.monotonic() - started:.1f} s.")
    if found.damaged:
        raise typer.Exit(1)


@command
def doctor(
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Where the app would answer.")] = 8501,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Check what runs and the app need, and say what to do about what is broken."""
    from llmkick_core.cli.doctor import checks

    found = []
    out = tables()
    for check in checks(store_of(store), port=port):
        found.append(check)
        if not as_json:
            style = {"ok": "green", "note": "yellow", "broken": "red"}[check.state]
            out.print(f"[{style}]{check.state:7}[/] {check.name:9} ", end="", markup=True)
            out.print(check.detail, soft_wrap=True)
    is_broken = any(check.state == "broken" for check in found)
    if as_json:
        print_json({"is_broken": is_broken, "checks": [check.to_dict() for check in found]})
    if is_broken:
        raise typer.Exit(1)

"""The commands themselves: each turns its words into runs, has them computed, and prints what came out."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ParamSpec, cast

import typer
from rich.console import Console

from llmkick_core import __version__, settings
from llmkick_core.cli import options as option
from llmkick_core.cli.compute import Outcome, compute
from llmkick_core.cli.losses import losses
from llmkick_core.cli.recipes import Order, numbers, sweep_recipes, words
from llmkick_core.cli.results import existing, opened
from llmkick_core.cli.tables import print_comparisons, print_matrix, print_slices
from llmkick_core.errors import LlmkickError, RecipeError, TaskError
from llmkick_core.fingerprint import digest
from llmkick_core.schema import SCORERS, Calibration, Formulation, Recipe, RunSpec

P = ParamSpec("P")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See which knowledge a compressed language model lost, question by question.",
)

_FILE_WIDTH = 132  # characters of a line that goes to a file or a pipe

errors = Console(stderr=True, highlight=False)
"""Progress, notes and errors."""


def _command(function: Callable[P, None]) -> Callable[P, None]:
    """Register a command; its errors become one line and an exit code."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except LlmkickError as error:
            if kwargs.get("as_json"):
                _print_json({"error": str(error)})
            errors.print(f"error: {error}", style="red", soft_wrap=True, markup=False)
            raise typer.Exit(error.exit_code) from None

    return app.command()(guarded)


def _print_json(document: dict[str, Any]) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def _store(given: Path | None) -> Path:
    return given.expanduser().resolve() if given is not None else settings.store_root()


def _tables() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_FILE_WIDTH)


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if show_version:
        typer.echo(__version__)
        raise typer.Exit


@_command
def demo(
    full: Annotated[bool, typer.Option("--full", help="Every step from 10% to 80% and every question, instead of about a minute.")] = False,
    model: option.Model = "bundled:kick-tiny",
    limit: option.Limit = None,
    store: option.Store = None,
    device: option.Device = None,
    force: option.Force = False,
    as_json: option.Json = False,
) -> None:
    """Compress the bundled model, ask it everything, and tell what the half-size one forgot."""
    from llmkick_core.jobs.demo import HEADLINE, HEADLINE_TASK, demo_specs

    place = _store(store)
    specs = demo_specs(full, model=model, limit=limit)
    outcome = compute(specs, place, errors, device=device, force=force)
    with opened(place, errors) as results:
        lost = losses(results.db, specs, HEADLINE, HEADLINE_TASK)
        if as_json:
            _print_json(outcome.document(results.db) | {"lost": lost})
        else:
            print_matrix(_tables(), results.db, run_ids=outcome.run_ids)
            if lost is not None:
                typer.echo(f"\n{lost['sentence']}")
            typer.echo(f"Took {outcome.seconds:.0f} s. To browse every question: {_how_to_open(place)}")
    _finish(outcome, results.damaged)


def _how_to_open(store: Path) -> str:
    return "streamlit run app.py" if store == settings.store_root() else f"LLMKICK_STORE={store} streamlit run app.py"


@_command
def run(
    model: option.Model = "bundled:kick-tiny",
    method: option.Method = "dense",
    sparsity: option.Sparsity = None,
    structure: option.Structure = "unstructured",
    bits: option.Bits = None,
    group_size: option.GroupSize = None,
    quantizer: option.Quantizer = None,
    asymmetric: option.Asymmetric = False,
    activation_order: option.ActivationOrder = False,
    order: option.Order = "layer",
    calibration: option.CalibrationText = "bundled",
    n_samples: option.NSamples = 128,
    seq_len: option.SeqLen = 2048,
    seed: option.Seed = 0,
    task: option.Tasks = None,
    data: option.Data = "bundled",
    formulation: option.Formulation = None,
    k_shot: option.KShot = 0,
    limit: option.Limit = None,
    store: option.Store = None,
    device: option.Device = None,
    force: option.Force = False,
    as_json: option.Json = False,
) -> None:
    """Compress a model by one recipe, and ask it and the dense model the same questions."""
    recipe = Recipe(
        method=method,
        sparsity=sparsity,
        structure=structure,
        bits=bits,
        group_size=group_size,
        quantizer=quantizer,
        is_symmetric=not asymmetric,
        has_activation_order=activation_order,
        order=cast(Order, order),
        calibration=Calibration(source=calibration, n_samples=n_samples, seq_len=seq_len, seed=seed),
    )
    specs = _plan(model, [Recipe(), recipe], task, data, formulation, k_shot, limit)
    _run(specs, _store(store), device=device, force=force, as_json=as_json, is_matrix=False)


@_command
def sweep(
    method: option.Methods,
    model: option.Model = "bundled:kick-tiny",
    sparsity: option.Sparsities = None,
    structure: option.Structures = None,
    bits: option.BitWidths = None,
    group_size: option.GroupSize = None,
    quantizer: option.SweepQuantizer = None,
    asymmetric: option.Asymmetric = False,
    activation_order: option.ActivationOrder = False,
    order: option.Order = "layer",
    calibration: option.CalibrationText = "bundled",
    n_samples: option.NSamples = 128,
    seq_len: option.SeqLen = 2048,
    seed: option.Seed = 0,
    task: option.Tasks = None,
    data: option.Data = "bundled",
    formulation: option.Formulation = None,
    k_shot: option.KShot = 0,
    limit: option.Limit = None,
    store: option.Store = None,
    device: option.Device = None,
    force: option.Force = False,
    as_json: option.Json = False,
) -> None:
    """Compress a model by every method at every sparsity, structure and number of bits, and ask them all the same questions."""
    recipes = sweep_recipes(
        words(method),
        sparsities=numbers(sparsity, float, "sparsity"),
        structures=words(structure),
        bits=numbers(bits, int, "bits"),
        group_size=group_size,
        quantizer=quantizer,
        is_symmetric=not asymmetric,
        has_activation_order=activation_order,
        order=cast(Order, order),
        calibration=Calibration(source=calibration, n_samples=n_samples, seq_len=seq_len, seed=seed),
    )
    specs = _plan(model, recipes, task, data, formulation, k_shot, limit)
    _run(specs, _store(store), device=device, force=force, as_json=as_json, is_matrix=True)


@_command
def compress(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder for the compressed model.")],
    method: option.Method,
    model: option.Model = "bundled:kick-tiny",
    sparsity: option.Sparsity = None,
    structure: option.Structure = "unstructured",
    bits: option.Bits = None,
    group_size: option.GroupSize = None,
    quantizer: option.Quantizer = None,
    asymmetric: option.Asymmetric = False,
    activation_order: option.ActivationOrder = False,
    order: option.Order = "layer",
    calibration: option.CalibrationText = "bundled",
    n_samples: option.NSamples = 128,
    seq_len: option.SeqLen = 2048,
    seed: option.Seed = 0,
    store: option.Store = None,
    device: option.Device = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="plain: ordinary weights; compressed-tensors: packed integers of rtn or gptq.")
    ] = "plain",
    force: option.Force = False,
    as_json: option.Json = False,
) -> None:
    """Compress a model into a folder of its own, which transformers reads."""
    from llmkick_core.cli.compression import block_progress, print_compression, said
    from llmkick_core.compression import compress_to
    from llmkick_core.jobs.estimate import estimate_compression
    from llmkick_core.store.layout import checkpoint_dir

    recipe = Recipe(
        method=method,
        sparsity=sparsity,
        structure=structure,
        bits=bits,
        group_size=group_size,
        quantizer=quantizer,
        is_symmetric=not asymmetric,
        has_activation_order=activation_order,
        order=cast(Order, order),
        calibration=Calibration(source=calibration, n_samples=n_samples, seq_len=seq_len, seed=seed),
    )
    if form not in ("plain", "compressed-tensors"):
        raise RecipeError(f"format {form!r} is neither plain nor compressed-tensors.")
    place = out.expanduser().resolve()
    cost = estimate_compression(model, recipe, place, device=device)
    errors.print(said(cost), soft_wrap=True)
    if not force:
        cost.check()
    blocks = None if store is None else checkpoint_dir(_store(store), f"compress-{digest([str(place)])}")
    with block_progress(errors) as on_block:
        done = compress_to(model, recipe, place, device=device, is_packed=form != "plain", blocks=blocks, on_block=on_block)
    if as_json:
        _print_json(done.to_dict())
    else:
        print_compression(_tables(), done)


@_command
def report(
    details: Annotated[
        bool, typer.Option("--details", help="One line a run, with intervals and differences from the dense model.")
    ] = False,
    scorer: Annotated[
        str, typer.Option("--scorer", metavar="SCORER", help="corrected, or paper: the rules of the paper's code.")
    ] = "corrected",
    by: Annotated[
        str | None, typer.Option("--by", metavar="WAY", help="category (such as MMLU's STEM) or subject: one line a run and slice.")
    ] = None,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Print the results of every run of the store."""
    from llmkick_core.store.report import report as tell
    from llmkick_core.store.slices import slices

    if scorer not in SCORERS:
        raise TaskError(f"scorer {scorer!r} is neither of {', '.join(SCORERS)}.")
    with opened(existing(_store(store)), errors) as results:
        sliced = {} if by is None else {"slices": slices(results.db, by, scorer)}
        if as_json:
            _print_json({**tell(results.db, scorer=scorer), **sliced, "damaged": list(results.damaged)})
        elif by is not None:
            print_slices(_tables(), sliced["slices"])
        elif details:
            print_comparisons(_tables(), results.db, scorer=scorer)
        else:
            print_matrix(_tables(), results.db, scorer=scorer)
    if results.damaged:
        raise typer.Exit(1)


@_command
def rescore(store: option.Store = None, as_json: option.Json = False) -> None:
    """Score the stored answers anew, by the rules as they are now; no model is asked."""
    from llmkick_core.rescore import rescore as score_again

    place = existing(_store(store))
    found = list(score_again(place))
    skipped = [one.skipped for one in found if one.skipped]
    for line in skipped:
        errors.print(line, style="yellow", soft_wrap=True, markup=False)
    n_answers, n_changed = (sum(getattr(one, name) for one in found) for name in ("n_answers", "n_changed"))
    with opened(place, errors) as results:  # takes in what changed
        if as_json:
            _print_json(
                {"n_runs": len(found), "n_answers": n_answers, "n_changed": n_changed, "skipped": skipped, "damaged": list(results.damaged)}
            )
        else:
            typer.echo(f"Scored {n_answers:,} answers of {len(found):,} runs; {n_changed:,} scores are other than before.")
    if results.damaged:
        raise typer.Exit(1)


@_command
def rebuild(store: option.Store = None, as_json: option.Json = False) -> None:
    """Make the database anew from the run folders."""
    from llmkick_core.store import ingest

    started = time.monotonic()
    found = ingest.rebuild(existing(_store(store)))
    for line in found.damaged:
        errors.print(line, style="red", soft_wrap=True, markup=False)
    if as_json:
        _print_json({"n_parts": found.n_parts, "n_answers": found.n_answers, "damaged": list(found.damaged)})
    else:
        typer.echo(f"Took in {found.n_answers:,} answers from {found.n_parts:,} parts in {time.monotonic() - started:.1f} s.")
    if found.damaged:
        raise typer.Exit(1)


@_command
def doctor(
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Where the app would answer.")] = 8501,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Check what runs and the app need, and say what to do about what is broken."""
    from llmkick_core.cli.doctor import checks

    found = []
    out = _tables()
    for check in checks(_store(store), port=port):
        found.append(check)
        if not as_json:
            style = {"ok": "green", "note": "yellow", "broken": "red"}[check.state]
            out.print(f"[{style}]{check.state:7}[/] {check.name:9} ", end="")
            out.print(check.detail, markup=False, soft_wrap=True)
    is_broken = any(check.state == "broken" for check in found)
    if as_json:
        _print_json({"is_broken": is_broken, "checks": [check.to_dict() for check in found]})
    if is_broken:
        raise typer.Exit(1)


def _plan(
    model: str,
    recipes: Sequence[Recipe],
    tasks: Sequence[str] | None,
    data: str,
    formulation: str | None,
    k_shot: int,
    limit: int | None,
) -> list[RunSpec]:
    from llmkick_core.catalog import DATASETS, TASKS, plan

    if not tasks and data not in DATASETS:
        raise TaskError(f"--data {data} is the data of one task: say which with --task. Known: {', '.join(sorted(TASKS))}.")
    names = words(tasks) or list(TASKS)
    asked = cast(Formulation | None, formulation)
    return plan(model, recipes, names, dataset=data, limit=limit, k_shot=k_shot, formulation=asked)


def _run(specs: Sequence[RunSpec], store: Path, *, device: str | None, force: bool, as_json: bool, is_matrix: bool) -> None:
    """Compute runs and print what came out."""
    outcome = compute(specs, store, errors, device=device, force=force)
    with opened(store, errors) as results:
        if as_json:
            _print_json(outcome.document(results.db))
        else:
            (print_matrix if is_matrix else print_comparisons)(_tables(), results.db, run_ids=outcome.run_ids)
    _finish(outcome, results.damaged)


def _finish(outcome: Outcome, damaged: Sequence[str]) -> None:
    """Tell what failed, and exit with 1 where anything did."""
    for line in outcome.failures():
        errors.print(f"error: {line}", style="red", soft_wrap=True, markup=False)
    if damaged or outcome.failed:
        raise typer.Exit(1)

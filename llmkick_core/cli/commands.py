"""The commands that compute: each turns its words into runs or a recipe, has it computed, and prints what came out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

import typer

from llmkick_core import settings
from llmkick_core.cli import options as option
from llmkick_core.cli.compute import Outcome, compute
from llmkick_core.cli.console import errors, print_json, say, tables
from llmkick_core.cli.fetching import make_ready
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.losses import losses
from llmkick_core.cli.recipes import Order, calibrated, numbers, sweep_recipes, words
from llmkick_core.cli.results import opened
from llmkick_core.cli.tables import print_comparisons, print_matrix
from llmkick_core.errors import RecipeError, TaskError
from llmkick_core.fingerprint import digest
from llmkick_core.schema import Formulation, Recipe, RunSpec


@command
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

    place = store_of(store)
    make_ready(model, errors)
    specs = demo_specs(full, model=model, limit=limit)
    outcome = compute(specs, place, errors, device=device, force=force)
    with opened(place, errors) as results:
        lost = losses(results.db, specs, HEADLINE, HEADLINE_TASK)
        if as_json:
            print_json(outcome.document(results.db) | {"lost": lost})
        else:
            print_matrix(tables(), results.db, run_ids=outcome.run_ids)
            if lost is not None:
                say(f"\n{lost['sentence']}")
            say(f"Took {outcome.seconds:.0f} s. To browse every question: {_how_to_open(place)}")
    _finish(outcome, results.damaged)


def _how_to_open(store: Path) -> str:
    python = Path(sys.executable)
    start = f"{python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python} -m streamlit run app.py"
    return start if store == settings.store_root() else f"LLMKICK_STORE={store} {start}"


@command
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
    calibration: option.CalibrationText = "auto",
    n_samples: option.NSamples = None,
    seq_len: option.SeqLen = None,
    seed: option.Seed = 0,
    task: option.Tasks = None,
    data: option.Data = "bundled",
    formulation: option.Formulation = None,
    k_shot: option.KShot = None,
    prompt: option.Prompt = None,
    paper: option.Paper = False,
    temperature: option.Temperature = 0.0,
    sample_seed: option.SampleSeed = 0,
    template_date: option.TemplateDate = "",
    thinking: option.Thinking = "auto",
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
    )
    asked = _Asked(formulation, k_shot, prompt, temperature, sample_seed, template_date, thinking, paper)
    names = _tasks(task, data, asked)
    make_ready(model, errors)
    recipes = calibrated(model, [Recipe(), recipe], calibration, n_samples, seq_len, seed)
    specs = _plan(model, recipes, names, data, limit, asked)
    _run(specs, store_of(store), device=device, force=force, as_json=as_json, is_matrix=False)


@command
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
    calibration: option.CalibrationText = "auto",
    n_samples: option.NSamples = None,
    seq_len: option.SeqLen = None,
    seed: option.Seed = 0,
    task: option.Tasks = None,
    data: option.Data = "bundled",
    formulation: option.Formulation = None,
    k_shot: option.KShot = None,
    prompt: option.Prompt = None,
    paper: option.Paper = False,
    temperature: option.Temperature = 0.0,
    sample_seed: option.SampleSeed = 0,
    template_date: option.TemplateDate = "",
    thinking: option.Thinking = "auto",
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
    )
    asked = _Asked(formulation, k_shot, prompt, temperature, sample_seed, template_date, thinking, paper)
    names = _tasks(task, data, asked)
    make_ready(model, errors)
    recipes = calibrated(model, recipes, calibration, n_samples, seq_len, seed)
    specs = _plan(model, recipes, names, data, limit, asked)
    _run(specs, store_of(store), device=device, force=force, as_json=as_json, is_matrix=True)


@command
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
    calibration: option.CalibrationText = "auto",
    n_samples: option.NSamples = None,
    seq_len: option.SeqLen = None,
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
    from llmkick_core.jobs.preflight import check_model
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
    )
    if form not in ("plain", "compressed-tensors"):
        raise RecipeError(f"format {form!r} is neither plain nor compressed-tensors.")
    place = out.expanduser().resolve()
    make_ready(model, errors)
    (recipe,) = calibrated(model, [recipe], calibration, n_samples, seq_len, seed)
    cost = estimate_compression(model, recipe, place, device=device)
    errors.print(said(cost), soft_wrap=True)
    check_model(model, [recipe])
    if not force:
        cost.check()
    blocks = None if store is None else checkpoint_dir(store_of(store), f"compress-{digest([str(place)])}")
    with block_progress(errors) as on_block:
        done = compress_to(model, recipe, place, device=device, is_packed=form != "plain", blocks=blocks, on_block=on_block)
    if as_json:
        print_json(done.to_dict())
    else:
        print_compression(tables(), done)


@dataclass(frozen=True)
class _Asked:
    """How questions are asked, as the command line has it; None where it says nothing."""

    formulation: str | None
    k_shot: int | None
    prompt: str | None
    temperature: float
    seed: int
    template_date: str
    thinking: str
    is_paper: bool


def _tasks(tasks: Sequence[str] | None, data: str, asked: _Asked) -> list[str]:
    """Return the tasks that are asked, after checking what can be checked without a model."""
    from llmkick_core.catalog import BUNDLED_TASKS, DATASETS, TASKS, checked_form, find_task
    from llmkick_core.tasks.datasets import hub

    if not tasks and data not in DATASETS:
        raise TaskError(f"--data {data} is the data of one task: say which with --task. Known: {', '.join(sorted(TASKS))}.")
    names = words(tasks) or [name for name in TASKS if (name in BUNDLED_TASKS if data == "bundled" else name in hub.SOURCES)]
    takers = [name for name in names if find_task(name).takes_shots]
    if asked.k_shot and not takers:
        raise TaskError(f"k-shot {asked.k_shot}: {', '.join(names)} takes no few-shot examples; leave it out.")
    if asked.prompt is not None:
        checked_form(asked.prompt)
    if asked.is_paper and (asked.formulation, asked.k_shot, asked.prompt) != (None, None, None):
        raise TaskError("--paper sets --prompt, --formulation and --k-shot as the paper has them; leave these out.")
    return names


def _plan(model: str, recipes: Sequence[Recipe], names: Sequence[str], data: str, limit: int | None, asked: _Asked) -> list[RunSpec]:
    """Return the runs asked for."""
    from llmkick_core.catalog import AUTO, plan

    return plan(
        model,
        recipes,
        names,
        dataset=data,
        limit=limit,
        k_shot=asked.k_shot or 0,
        formulation=cast(Formulation | None, asked.formulation),
        temperature=asked.temperature,
        seed=asked.seed,
        template_date=asked.template_date,
        thinking=asked.thinking,
        prompt=asked.prompt or AUTO,
        is_paper=asked.is_paper,
    )


def _run(specs: Sequence[RunSpec], store: Path, *, device: str | None, force: bool, as_json: bool, is_matrix: bool) -> None:
    """Compute runs and print what came out."""
    outcome = compute(specs, store, errors, device=device, force=force)
    with opened(store, errors) as results:
        if as_json:
            print_json(outcome.document(results.db))
        else:
            (print_matrix if is_matrix else print_comparisons)(tables(), results.db, run_ids=outcome.run_ids)
    _finish(outcome, results.damaged)


def _finish(outcome: Outcome, damaged: Sequence[str]) -> None:
    """Tell what failed, and exit with 1 where anything did."""
    for line in outcome.failures():
        errors.print(f"error: {line}", style="red", soft_wrap=True)
    if damaged or outcome.failed:
        raise typer.Exit(1)

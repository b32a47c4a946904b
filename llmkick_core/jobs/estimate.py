"""What runs will take, before anything starts: memory, time, disk, from config, weight headers and the questions alone. No torch.

The time comes from finished runs of the same model and task where there are any, else from the arithmetic of a decoder (2 floating-point
operations a parameter and token) at a cautious speed; it is an estimate, and says which of the two it is.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.catalog import canonical, find_task, is_here, load_samples, procedure_of
from llmkick_core.errors import DataError, ModelError, PreflightError, RecipeError
from llmkick_core.jobs.crew import crew_size, likely_device, sizes_of
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.memory import free_bytes
from llmkick_core.models.config import ModelShape
from llmkick_core.models.described import described
from llmkick_core.models.headers import WeightSizes
from llmkick_core.models.locate import is_endpoint, locate, no_weights
from llmkick_core.schema import Recipe, RunSpec
from llmkick_core.tasks.base import Kind

SPEEDS = {"cpu": 40e9, "cuda": 40e12}
"""Floating-point operations a second that a decoder reaches in batches: 2 CPU cores in float32, one GPU in bfloat16."""

CHARACTERS_A_TOKEN = 3.5
BYTES_AN_ANSWER = 1500
"""One answer and its scores under two scorers, as JSON lines."""

BYTES_A_TRACED_TOKEN = 230
"""The 32 likeliest tokens and their log-probabilities, packed."""

_START_S = 6.0  # importing torch, once
_LOAD_S = 0.3  # opening a model, besides reading its weights
_READ_BYTES_S = 5e8
_STEP_S = 0.01  # least time of one forward pass, whatever it computes
_BATCH_TOKENS = {"cpu": 8192, "cuda": 32768}
_NEW_TOKENS: dict[Kind, float] = {"generate": 0.4, "chat": 0.6, "choose": 0.0, "likelihood": 0.0}  # share of the limit that is used
_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What runs will take together; None where a model on the hub has not been downloaded, so that nothing is known of its size."""

    n_runs: int
    """Runs asked for."""
    n_computed: int
    """Of these, runs that are done already."""
    memory_bytes: int | None
    """Most memory of the device held at one time."""
    free_memory_bytes: int | None
    """What the device has left now; None where it does not say."""
    disk_bytes: int | None
    """Answers, and blocks kept while compressing."""
    free_disk_bytes: int
    """What the store's disk has left now."""
    seconds: float | None
    """Wall time until the workers are done, their start included."""
    is_measured: bool
    """Whether the time of every run comes from finished runs of the same model and task."""

    @property
    def problem(self) -> str | None:
        """Return what speaks against starting, in one line, or None."""
        if self.memory_bytes is not None and self.free_memory_bytes is not None and self.memory_bytes > self.free_memory_bytes:
            return f"this needs about {_size(self.memory_bytes)} of memory, {_size(self.free_memory_bytes)} are free; choose a smaller model or free memory."
        if self.disk_bytes is not None and self.disk_bytes > self.free_disk_bytes:
            return f"this needs about {_size(self.disk_bytes)} of disk, {_size(self.free_disk_bytes)} are free; free some, or name a place with more (--store, --out)."
        return None

    def check(self) -> None:
        """Refuse runs that would not fit.

        Raises:
            PreflightError: they would not.
        """
        if self.problem is not None:
            raise PreflightError(self.problem)


def estimate(specs: Sequence[RunSpec], store: Path, *, device: str | None = None) -> Estimate:
    """Return what runs will take that are not done yet."""
    executor = LocalExecutor(store, device=device)
    place = likely_device(executor.device)
    kind = "cuda" if place.startswith("cuda") else "cpu"
    done = [(spec, status) for spec, status in executor.runs() if status.state == "done"]
    finished = {spec.run_id for spec, _ in done}
    rates = {(spec.model_revision, spec.task): status.rate for spec, status in done if status.rate > 0}
    missing = [spec for spec in dict.fromkeys(specs) if spec.run_id not in finished]
    n_workers = crew_size(missing, place)
    memory, disk, seconds, is_measured = 0, 0, 0.0, True
    is_known = True
    before = _preparing({spec.model for spec in missing})
    asked: dict[str, tuple[int, int]] = {}  # all recipes ask the same questions
    for group in _groups(missing):
        sizes = sizes_of(group[0].model)
        if sizes is None:
            is_known = False
            continue
        shape, weights = sizes
        memory = max(memory, _memory(shape, weights, group[0], kind))
        disk += _checkpoint_bytes(weights, group[0], kind)
        seconds += _LOAD_S + weights.n_bytes / _READ_BYTES_S + _compress_seconds(shape, weights, group[0].recipe, kind)
        for spec in group:
            if spec.comparison_id not in asked:
                asked[spec.comparison_id] = _questions(spec, store)
            n, tokens = asked[spec.comparison_id]
            disk += n * (BYTES_AN_ANSWER + _trace_bytes(spec))
            rate = rates.get((spec.model_revision, spec.task))
            is_measured = is_measured and rate is not None
            seconds += n / rate if rate else _ask_seconds(weights, spec, n, tokens, kind)
    disk, memory = disk + before.n_bytes, max(memory, before.memory_bytes // n_workers)
    return Estimate(
        n_runs=len(dict.fromkeys(specs)),
        n_computed=len(dict.fromkeys(specs)) - len(missing),
        memory_bytes=n_workers * memory if is_known else None,
        free_memory_bytes=free_bytes("cpu") if kind == "cpu" else _free_gpu_bytes(place),
        disk_bytes=disk if is_known else None,
        free_disk_bytes=shutil.disk_usage(_existing(store)).free,
        seconds=(_START_S if missing else 0.0) + before.seconds + seconds / n_workers if is_known else None,
        is_measured=is_measured and is_known,
    )


def estimate_compression(model: str, recipe: Recipe, out: Path, *, device: str | None = None) -> Estimate:
    """Return what writing a compressed model into the folder `out` will take: one block in memory at a time.

    Raises:
        UsageError: model or recipe cannot be used.
    """
    if recipe.is_dense:
        raise RecipeError("a dense recipe compresses nothing; name a --method.")
    if is_endpoint(model):
        raise no_weights(model)
    recipe = canonical(recipe)
    place = likely_device(device)
    kind = "cuda" if place.startswith("cuda") else "cpu"
    located = locate(model).model
    sizes, before = sizes_of(located), _preparing({located})
    known = None
    if sizes is not None:
        shape, weights = sizes
        width = 4 if kind == "cpu" else 2
        joined = 2 if shape.n_experts else 1  # experts in pieces are there twice while they are joined
        held = weights.n_parameters - weights.n_block_parameters + joined * weights.largest_block
        memory = held * width + _compressing_bytes(shape, weights, recipe, width)
        seconds = _START_S + _LOAD_S + 2 * weights.n_bytes / _READ_BYTES_S + _compress_seconds(shape, weights, recipe, kind)
        memory, seconds = max(memory, before.memory_bytes), seconds + before.seconds
        known = memory, weights.n_block_parameters * width + weights.n_bytes + before.n_bytes, seconds
    return Estimate(
        n_runs=1,
        n_computed=0,
        memory_bytes=known[0] if known else None,
        free_memory_bytes=free_bytes("cpu") if kind == "cpu" else _free_gpu_bytes(place),
        disk_bytes=known[1] if known else None,
        free_disk_bytes=shutil.disk_usage(_existing(out)).free,
        seconds=known[2] if known else None,
        is_measured=False,
    )


@dataclass(frozen=True, kw_only=True)
class _Preparing:
    """What fetching and dequantizing models takes, before anything else."""

    n_bytes: int
    """Bytes that are added to the cache."""
    memory_bytes: int
    """Most memory held meanwhile."""
    seconds: float
    """Wall time."""


def _preparing(models: Collection[str]) -> _Preparing:
    found = [one for one in map(described, sorted(models)) if one is not None]
    return _Preparing(
        n_bytes=sum(one.n_new_bytes for one in found),
        memory_bytes=max((one.memory_bytes for one in found), default=0),
        seconds=sum(one.seconds for one in found),
    )


def free_memory(device: str) -> int | None:
    """Return the bytes that `cpu` or a GPU has left now; None where it does not say."""
    return _free_gpu_bytes(device) if device.startswith("cuda") else free_bytes("cpu")


def _trace_bytes(spec: RunSpec) -> int:
    """Return what is kept of one dense answer token by token."""
    task = find_task(spec.task)
    if not spec.recipe.is_dense or spec.temperature:
        return 0
    return int(_NEW_TOKENS[task.kind] * task.max_new_tokens * BYTES_A_TRACED_TOKEN)


def _groups(specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
    groups: dict[str, list[RunSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.compression_id, []).append(spec)
    return list(groups.values())


def _memory(shape: ModelShape, weights: WeightSizes, spec: RunSpec, kind: str) -> int:
    """Return the most bytes held at one time: weights, and the larger of what compressing and what asking adds."""
    width = 4 if kind == "cpu" else 2
    context = shape.context_length or 2048
    tokens = _BATCH_TOKENS[kind]
    asking = 2 * shape.n_layers * shape.kv_width * tokens * width  # keys and values of a batch, shrunk where that does not fit
    asking = min(asking, 2**31) + min(tokens, _BATCH * context) * (4 * shape.hidden_size + 3 * shape.intermediate_size) * width
    asking += min(2**27, context * shape.vocab_size) * 4  # logits of a window
    compressing = 0 if spec.recipe.is_dense else _compressing_bytes(shape, weights, spec.recipe, width)
    return weights.n_parameters * width + max(asking, compressing)


def _compressing_bytes(shape: ModelShape, weights: WeightSizes, recipe: Recipe, width: int) -> int:
    """Return what compressing adds to the weights: copies of a block, hidden states, Hessians; `width` is bytes of a number.

    The states that a block keeps between two layers are left out: where they do not fit, the walk takes a pass a layer instead.
    """
    needs = procedure_of(recipe).needs
    n_bytes = 3 * weights.largest_block * 4
    if needs:
        calibration = recipe.calibration
        n_bytes += 2 * calibration.n_samples * min(calibration.seq_len, shape.context_length or 2048) * shape.hidden_size * width
    if "hessian" in needs:
        widest = max(shape.hidden_size, shape.intermediate_size)
        n_bytes += 4 * (widest**2 + 2 * shape.hidden_size**2) * 4  # a block's Hessians, and a factor on its way
    return n_bytes


def _checkpoint_bytes(weights: WeightSizes, spec: RunSpec, kind: str) -> int:
    return 0 if spec.recipe.is_dense else weights.n_block_parameters * (4 if kind == "cpu" else 2)


def _compress_seconds(shape: ModelShape, weights: WeightSizes, recipe: Recipe, kind: str) -> float:
    """Return seconds to compress: the passes of the calibration text through every block, and the methods' own work."""
    if recipe.is_dense:
        return 0.0
    procedure = procedure_of(recipe)
    speed = SPEEDS[kind]
    seconds = weights.n_block_parameters * (20e-9 if kind == "cpu" else 0.5e-9)  # sorting or rounding every weight
    if procedure.needs:
        calibration = recipe.calibration
        n_tokens = calibration.n_samples * min(calibration.seq_len, shape.context_length or 2048)
        n_passes = 1.5 if recipe.order == "layer" else 2.5  # with what measures the errors
        seconds += n_passes * 2 * weights.n_block_parameters * n_tokens / speed
        if "hessian" in procedure.needs:
            n_products = 1 + sum(method.n_products for method in procedure.steps)  # one for the factor
            seconds += (2 * n_tokens + 2 * n_products * shape.hidden_size) * weights.n_block_parameters / speed
    return seconds


def _questions(spec: RunSpec, store: Path) -> tuple[int, int]:
    """Return how many questions a run asks and the tokens of its prompts, roughly; data that is not there yet counts as 1,000 questions."""
    try:
        samples = load_samples(spec, store / "datasets") if is_here(spec, store / "datasets") else []
    except (DataError, ModelError):
        samples = []
    if not samples:
        n = spec.limit or 1000
        return n, n * 300
    characters = sum(len(turn) for sample in samples for turn in sample.turns)
    if spec.formulation == "cloze":
        characters += sum(len(choice) for sample in samples for choice in sample.choices)
    return len(samples), int(characters / CHARACTERS_A_TOKEN)


def _ask_seconds(weights: WeightSizes, spec: RunSpec, n: int, tokens: int, kind: str) -> float:
    task = find_task(spec.task)
    new_tokens = _NEW_TOKENS[task.kind] * task.max_new_tokens
    work = 2 * weights.n_parameters * (tokens + n * new_tokens) / SPEEDS[kind]
    n_steps = (n / _BATCH + 1) * (new_tokens + 1)
    return work + n_steps * _STEP_S


def _free_gpu_bytes(device: str) -> int | None:
    """Return the free memory of a GPU as its driver tells it, or None where it does not."""
    query = ["nvidia-smi", f"--id={device.partition(':')[2] or 0}", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, check=True, timeout=10).stdout
        return int(told.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.0f} MiB"

"""What runs will take, before anything starts: memory, time, disk, from config, weight headers and the questions alone. No torch.

The time comes from finished runs of the same model and task where there are any, else from the operations of the model (work.py) at the speed that a
short measurement of this machine finds (speed.py); it is an estimate, and says which of the two it is.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmkick_core import settings
from llmkick_core.catalog import asked_form, canonical, find_task, is_here, load_samples, procedure_of
from llmkick_core.errors import DataError, ModelError, PreflightError, RecipeError, StoreError
from llmkick_core.jobs.crew import crew_size, likely_device, sizes_of
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.speed import GPU, cpu_speed
from llmkick_core.jobs.work import Asked, Work
from llmkick_core.memory import free_bytes
from llmkick_core.models.config import ModelShape
from llmkick_core.models.described import described
from llmkick_core.models.headers import WeightSizes
from llmkick_core.models.locate import is_endpoint, locate, no_weights
from llmkick_core.models.pace import CPU_BATCHES, pace_of
from llmkick_core.models.source_format import check_compressible
from llmkick_core.models.token_counts import read_tokenizer
from llmkick_core.schema import Recipe, RunSpec
from llmkick_core.store.runs import read_facts
from llmkick_core.tasks.base import Kind

CHARACTERS_A_TOKEN = 3.5
_LOOKED_AT = 20_000  # characters of a text from which a model's own number of them is taken
_LEAST_TOKENS = 100
_TEMPLATE = 30  # tokens that a chat template puts around a message
BYTES_AN_ANSWER = 1500
"""One answer and its scores under two scorers, as JSON lines."""

BYTES_A_TRACED_TOKEN = 230
"""The 32 likeliest tokens and their log-probabilities, packed."""

_START_S = 8.0  # starting a worker: importing torch and transformers
_LOAD_S = 0.3  # opening a model, besides reading its weights
_READ_BYTES_S = 5e8
_GAIN = 0.7  # of each of several workers, against one that has all threads
_BATCH_TOKENS = {"cpu": 8192, "cuda": 32768}
_NEW_TOKENS: dict[Kind, float] = {"generate": 0.4, "chat": 0.6, "choose": 0.0, "likelihood": 0.0}  # share of the limit that is used
_BATCH = 64
_WINDOW = 2048  # tokens of perplexity's windows, where the context is not shorter


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
    missing = [spec for spec in dict.fromkeys(specs) if spec.run_id not in finished]
    rates: dict[tuple[object, ...], float] = {}
    ways = {_way(spec) for spec in missing}
    for spec, status in reversed(done):  # the newest of each way
        way = _way(spec)
        if status.rate > 0 and way in ways and way not in rates and _was_computed_on(kind, store, spec.run_id):
            rates[way] = status.rate
    n_workers = crew_size(missing, place)
    speed = cpu_speed() if kind == "cpu" and missing else GPU
    memory, disk, seconds, is_measured = 0, 0, 0.0, True
    is_known = True
    before = _preparing({spec.model for spec in missing})
    asked: dict[str, Asked] = {}  # all recipes ask the same questions
    for group in _groups(missing):
        sizes = sizes_of(group[0].model)
        if sizes is None:
            is_known = False
            continue
        shape, weights = sizes
        memory = max(memory, _memory(shape, weights, group[0], kind))
        disk += _checkpoint_bytes(weights, group[0], kind)
        work = Work(shape, weights, speed, kind)
        seconds += _LOAD_S + weights.n_bytes / _READ_BYTES_S + _compress_seconds(work, group[0].recipe)
        for spec in group:
            if spec.comparison_id not in asked:
                asked[spec.comparison_id] = _questions(spec, shape)
            task, questions = find_task(spec.task), asked[spec.comparison_id]
            disk += questions.n * (BYTES_AN_ANSWER + _trace_bytes(spec))
            rate = rates.get(_way(spec))
            is_measured = is_measured and rate is not None
            seconds += (
                questions.n / rate
                if rate
                else work.asking(task, questions, _together(work, spec, questions), task.token_limit(asked_form(spec), spec.thinking))
            )
    disk, memory = disk + before.n_bytes, max(memory, before.memory_bytes // n_workers)
    return Estimate(
        n_runs=len(dict.fromkeys(specs)),
        n_computed=len(dict.fromkeys(specs)) - len(missing),
        memory_bytes=n_workers * memory if is_known else None,
        free_memory_bytes=free_bytes("cpu") if kind == "cpu" else _free_gpu_bytes(place),
        disk_bytes=disk if is_known else None,
        free_disk_bytes=shutil.disk_usage(_existing(store)).free,
        seconds=(_START_S if missing else 0.0) + before.seconds + seconds / max(1.0, _GAIN * n_workers) if is_known else None,
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
    recipe = canonical(recipe, model)
    place = likely_device(device)
    kind = "cuda" if place.startswith("cuda") else "cpu"
    location = locate(model)
    if location.path is not None:
        check_compressible(location.path)
    sizes, before = sizes_of(location.model), _preparing({location.model})
    known = None
    if sizes is not None:
        shape, weights = sizes
        width = 4 if kind == "cpu" else 2
        work = Work(shape, weights, cpu_speed() if kind == "cpu" else GPU, kind)
        joined = 2 if shape.n_experts else 1  # experts in pieces are there twice while they are joined
        held = weights.n_parameters - weights.n_block_parameters + joined * weights.largest_block
        memory = held * width + _compressing_bytes(shape, weights, recipe, width)
        seconds = _START_S + _LOAD_S + 2 * weights.n_bytes / _READ_BYTES_S + _compress_seconds(work, recipe)
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
    return int(_NEW_TOKENS[task.kind] * task.token_limit(asked_form(spec), spec.thinking) * BYTES_A_TRACED_TOKEN)


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


def _compress_seconds(work: Work, recipe: Recipe) -> float:
    """Return seconds to compress; none where the recipe is dense."""
    if recipe.is_dense:
        return 0.0
    procedure = procedure_of(recipe)
    return work.compressing(recipe, frozenset(procedure.needs), sum(method.n_products for method in procedure.steps))


def _questions(spec: RunSpec, shape: ModelShape) -> Asked:
    """Return what a run asks, roughly; data that is not there yet counts as 1,000 questions, or windows."""
    try:
        cache_dir = settings.data_cache()
        samples = load_samples(spec, cache_dir) if is_here(spec, cache_dir) else []
    except (DataError, ModelError):
        samples = []
    window = min(_WINDOW, shape.context_length or _WINDOW)
    is_text = find_task(spec.task).kind == "likelihood"
    if not samples:
        n = spec.limit or 1000
        return Asked(n=n, n_tokens=n * (window if is_text else 300))
    lengths = [sum(map(len, sample.turns)) for sample in samples]
    characters = _characters_a_token(spec.model, samples[0].turns[0][:_LOOKED_AT])
    if is_text:
        n_tokens = int(sum(lengths) / characters)
        n = min(-(-n_tokens // window), spec.limit or n_tokens)
        return Asked(n=n, n_tokens=min(n_tokens, n * window))
    shared = {sample.shots: sum(map(len, sample.shots)) for sample in samples}  # read once for all questions that begin with it
    read = _TEMPLATE * len(samples) * characters if asked_form(spec) == "chat" else 0.0
    read += sum(lengths) - sum(shared[sample.shots] for sample in samples) + sum(shared.values())
    options = sum(len(choice) + 1 for sample in samples for choice in sample.choices) if spec.formulation == "cloze" else 0
    n_turns = max(len(sample.turns) for sample in samples)
    return Asked(n=len(samples), n_tokens=int(read / characters), n_turns=n_turns, n_options=int(options / characters))


@lru_cache(maxsize=32)
def _characters_a_token(model: str, text: str) -> float:
    """Return the characters of a token of some text by a model's tokenizer; the usual number where it is not here, or the text says little."""
    try:
        folder = None if is_endpoint(model) else locate(model).path
        tokenizer = read_tokenizer(folder) if folder is not None and folder.is_dir() else None
        n_tokens = len(tokenizer.encode([text])[0]) if tokenizer is not None else 0
    except ModelError:
        return CHARACTERS_A_TOKEN
    return len(text) / n_tokens if n_tokens > _LEAST_TOKENS else CHARACTERS_A_TOKEN


def _way(spec: RunSpec) -> tuple[object, ...]:
    """Return what the pace of a run depends on, its recipe aside."""
    return (
        spec.model_revision,
        spec.task,
        spec.task_version,
        spec.dataset,
        spec.dataset_revision,
        spec.prompt,
        spec.k_shot,
        spec.formulation,
        spec.thinking,
    )


def _was_computed_on(kind: str, store: Path, run_id: str) -> bool:
    """Return whether a run was computed on a kind of device, `cpu` or `cuda`; one that does not say may have been."""
    try:
        device = read_facts(store, run_id).get("device")
    except StoreError:
        return False
    return device is None or (device == "cpu") == (kind == "cpu")


def _together(work: Work, spec: RunSpec, asked: Asked) -> int:
    """Return how many questions are asked together, as evaluating them decides it."""
    pace = pace_of(n_weights=work.weights.n_parameters, n_layers=work.shape.n_layers, device=work.kind)
    most = next((size for weights, size in CPU_BATCHES if work.weights.n_parameters <= weights), 4) if work.kind == "cpu" else _BATCH
    return pace.n_together(
        [asked.n_tokens // max(1, asked.n)] * min(asked.n, most), n_new=find_task(spec.task).token_limit(asked_form(spec), spec.thinking)
    )


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

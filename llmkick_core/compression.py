"""Compress a model into a folder of its own, as transformers reads it.

    compress_to("bundled:kick-tiny", Recipe(method="wanda", sparsity=0.5), Path("half"))
    half/    config.json, tokenizer, model.safetensors, compression.json (the recipe and what came of it)

Until it is whole the work lies beside it, in `.half.partial`: a killed call goes on there at its next block, and the folder appears in one rename.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.catalog import canonical, procedure_of
from llmkick_core.compress.accounting import totals
from llmkick_core.durable import sync
from llmkick_core.errors import ModelError, PreflightError, RecipeError, StoreError, UsageError
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Recipe
from llmkick_core.store.locks import held

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.blocks import Block
    from llmkick_core.models.locate import Location
    from llmkick_core.models.streamed import Streamed

RECORD = "compression.json"
"""What was done, beside the weights."""

PACKED = ("rtn", "gptq")
"""Methods whose weights are integers times stored scales; AWQ's columns and the outliers of int8 are not."""

WIDTHS = {"BF16": 2, "F16": 2, "F32": 4}
"""Bytes of a stored weight, by the name of its type in safetensors."""


@dataclass(frozen=True, kw_only=True)
class Compression:
    """A compressed model on disk."""

    out: Path
    """Its folder."""
    recipe: Recipe
    """What was done to it."""
    layers: tuple[LayerReport, ...]
    """What became of each linear layer."""
    n_bytes: int
    """Bytes of its weight files."""
    n_bytes_dense: int
    """The same of the dense model."""
    n_bytes_packed: int
    """Bytes that a packed format would take: compressed layers at their bits, the rest as it is stored."""
    seconds: float
    """Wall time of this call."""
    is_packed: bool = False
    """Whether quantized layers are stored as packed integers."""
    left_dense: dict[str, int] = field(default_factory=dict)
    """Matrices that stay dense beside embeddings, head and routers, numbers in their names replaced by a star, and how many each is."""

    def to_dict(self) -> dict[str, Any]:
        """Return what `compress --json` prints."""
        whole = totals(self.layers)
        return {
            "out": str(self.out),
            "recipe": self.recipe.label,
            "sparsity": whole.sparsity,
            "bits_per_weight": whole.bits_per_weight,
            "bytes": self.n_bytes,
            "bytes_dense": self.n_bytes_dense,
            "bytes_packed": self.n_bytes_packed,
            "seconds": round(self.seconds, 2),
            "left_dense": self.left_dense,
            "layers": [layer.to_dict() for layer in self.layers],
        }


def compress_to(
    model: str,
    recipe: Recipe,
    out: Path,
    *,
    device: str | None = None,
    is_packed: bool = False,
    blocks: Path | None = None,
    on_block: Callable[[int, int], None] | None = None,
) -> Compression:
    """Return what came of compressing `model` into the new folder `out`, every tensor in the number format it had.

    One block is in memory at a time, with the embeddings; a model whose parameters cannot be found in its files one by one is loaded whole.
    A CPU compresses in float32, so that the reported errors leave out the rounding to the stored format.

    Args:
        model: `bundled:NAME`, a folder, or `hub:org/name@revision`.
        recipe: not dense.
        out: must not exist, or be an empty folder.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        is_packed: whether quantized layers are written as packed integers, in the compressed-tensors format.
        blocks: folder for finished blocks; None keeps them beside `out`.
        on_block: called with (blocks finished, blocks in all) after each.

    Raises:
        UsageError: `out` is taken, the recipe is dense or cannot be met, or the model or the calibration text cannot be found or used.
        PreflightError: the device has too little memory.
        StoreError: `out` cannot be written, or another process is at it.
    """
    import torch

    from llmkick_core.models.dequantized import read_source_format
    from llmkick_core.models.headers import read_sizes
    from llmkick_core.models.locate import check_contents, fetch, locate
    from llmkick_core.models.source_format import check_compressible

    started = time.monotonic()
    if recipe.is_dense:
        raise RecipeError("a dense recipe compresses nothing; name a --method.")
    recipe = canonical(recipe, model)
    if is_packed and not recipe.is_symmetric:
        raise RecipeError("packed zero points cannot be loaded by transformers; leave --asymmetric or --format out.")
    if is_packed and procedure_of(recipe).steps[-1].name not in PACKED:
        raise RecipeError(
            f"the integers of {recipe.label} cannot be packed: compressed-tensors takes those of {' and '.join(PACKED)} (or after them as --quantizer)."
        )
    location = locate(model)
    source = fetch(location)
    check_contents(source)
    check_compressible(source)
    sizes = read_sizes(source)
    if sizes.dtype not in WIDTHS:
        raise ModelError(f"model {model} is stored as {sizes.dtype}; those in {', '.join(sorted(WIDTHS))} can be compressed.")
    with _claimed(out) as work:
        finished = blocks or work / "blocks"
        whole = work / "model"
        try:
            layers, left, write = _compressed(location, source, recipe, sizes.dtype, device, is_packed, finished, on_block)
        except torch.OutOfMemoryError as error:
            raise PreflightError(f"model {model} does not fit in the device's memory; what is done is kept. Try --device cpu.") from error
        with _written(out):
            shutil.rmtree(whole, ignore_errors=True)
            write(whole)
            packed = totals(layers)
            stored = WIDTHS[sizes.dtype] * packed.n_weights  # bytes of the compressed layers before
            done = Compression(
                out=out,
                recipe=recipe,
                layers=tuple(layers),
                n_bytes=read_sizes(whole).n_bytes,
                n_bytes_dense=sizes.n_bytes,
                n_bytes_packed=sizes.n_bytes - stored + packed.n_bytes,
                seconds=time.monotonic() - started,
                is_packed=is_packed,
                left_dense=left,
            )
            source_format = read_source_format(source)
            _write_record(whole / RECORD, done, location, source_format)
            (whole / "README.md").write_text(model_card(done, location, source_format), encoding="utf-8")
            publish(whole, out)
            shutil.rmtree(finished, ignore_errors=True)
    return done


def _compressed(
    location: Location,
    source: Path,
    recipe: Recipe,
    dtype: str,
    device: str | None,
    is_packed: bool,
    finished: Path,
    on_block: Callable[[int, int], None] | None,
) -> tuple[list[LayerReport], dict[str, int], Callable[[Path], None]]:
    """Return the layers' reports, what stays dense, and what writes the compressed model into a folder: one block in memory at a time where that is possible."""
    from llmkick_core.compress.blocks import find_blocks
    from llmkick_core.compress.calibration import load_calibration
    from llmkick_core.compress.engine import compress_model
    from llmkick_core.compress.left_dense import left_dense
    from llmkick_core.models import open_model, with_weights
    from llmkick_core.models.streamed import Streamed, open_streamed

    procedure = procedure_of(recipe)
    streamed = open_streamed(source, device=device, dtype=dtype)
    opened = streamed or with_weights(open_model(location.model, revision=location.revision, device=device, dtype=dtype, is_asked=False))
    calibration = None
    if procedure.needs:
        calibration = load_calibration(recipe.calibration, opened.tokenizer, opened.context_length)
    blocks = find_blocks(opened.module)
    if is_packed:
        _check_packable(location, blocks, recipe, is_streamed=streamed is not None)
    more: dict[str, Any] = {}
    if streamed is not None:
        more["resident"] = partial(_resident, streamed, blocks)
        if procedure.needs:
            streamed.read_outside([f"{block.name}." for block in blocks])
    layers = compress_model(opened.module, procedure, calibration, checkpoint=finished, origin=location.revision, on_block=on_block, **more)
    left = left_dense(opened.module, blocks)
    if streamed is not None:
        return layers, left, partial(_write, streamed, blocks, finished, recipe if is_packed else None)
    assert not isinstance(opened, Streamed)
    return layers, left, partial(opened.save, dtype=dtype)


@contextmanager
def _resident(streamed: Streamed, blocks: Sequence[Block], prefix: str) -> Iterator[None]:
    """Hold a block's weights in memory for a while, its experts' layers views of them."""
    from llmkick_core.compress.experts import follow_stacks

    modules = [block.module for block in blocks if f"{block.name}.".startswith(prefix)]
    try:
        with streamed.resident(prefix):
            follow_stacks(modules)
            yield
    finally:
        follow_stacks(modules)  # which hold no memory any more


def _write(streamed: Streamed, blocks: Sequence[Block], finished: Path, packed: Recipe | None, folder: Path) -> None:
    """Write a model from its finished blocks; with a recipe, its integers packed."""
    from llmkick_core.compress.checkpoint import finished_scales, finished_weights
    from llmkick_core.models.packed import pack

    bits = 0 if packed is None else packed.bits or 8

    def changed(k: int) -> dict[str, dict[str, Tensor]]:
        weights = finished_weights(finished, blocks[k])
        if packed is None:
            return {name: {"": weight} for name, weight in weights.items()}
        scales = finished_scales(finished, blocks[k])
        return {f"{name}.weight": pack(weights[f"{name}.weight"], scale, bits) for name, scale in scales.items()}

    streamed.write(folder, [f"{block.name}." for block in blocks], changed)
    if packed is not None:
        _tell_packed(folder / "config.json", streamed.module, blocks, packed, bits)


def _check_packable(location: Location, blocks: Sequence[Block], recipe: Recipe, *, is_streamed: bool) -> None:
    """Check, before anything is computed, that compressed-tensors takes what will come.

    Raises:
        RecipeError: layers differ in what their groups are.
        ModelError: the model has other than plain linear layers.
    """
    if not is_streamed or any(linear.is_transposed or linear.is_expert for block in blocks for linear in block.linears):
        raise ModelError(f"model {location.model} has layers that are no plain linear ones, which compressed-tensors cannot pack here.")
    narrowest = min(_widths(blocks))
    if (size := _packed_groups(blocks, recipe)) is not None and size > narrowest:
        raise RecipeError(f"groups of {size} are wider than the layers of {narrowest} inputs; choose a smaller --group-size to pack them.")


def _widths(blocks: Sequence[Block]) -> list[int]:
    return [linear.weight.shape[1] for block in blocks for linear in block.linears]


def _packed_groups(blocks: Sequence[Block], recipe: Recipe) -> int | None:
    """Return the group size that a packed model has; None where every row is one group."""
    return recipe.group_size if recipe.group_size is not None and recipe.group_size < max(_widths(blocks)) else None


def _tell_packed(path: Path, module: nn.Module, blocks: Sequence[Block], recipe: Recipe, bits: int) -> None:
    """Write into config.json how the integers are to be read."""
    from torch.nn import Linear

    from llmkick_core.models.packed import quantization_config

    names = {linear.name for block in blocks for linear in block.linears}
    ignore = [name for name, part in module.named_modules() if isinstance(part, Linear) and name not in names]
    config = json.loads(path.read_text(encoding="utf-8"))
    config["quantization_config"] = quantization_config(bits, _packed_groups(blocks, recipe), ignore=ignore)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _claimed(out: Path) -> Iterator[Path]:
    """Yield the folder beside `out` where the work goes on until it is whole; it is left only where something was done in it.

    Raises:
        UsageError: `out` is taken.
        StoreError: nothing can be written beside it, or another process is at it.
    """
    partial = out.parent / f".{out.name}.partial"
    try:
        _check_free(out)
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {partial}: {error.strerror}. Choose a writable place with --out.") from error
    lock = partial / "lock"
    with held(lock) as is_mine:
        if not is_mine:
            raise StoreError(f"another process is compressing into {out}; wait for it, or name another folder with --out.")
        _check_free(out)  # who held the lock until now may have made it
        try:
            yield partial
        finally:
            if not any(path != lock for path in partial.iterdir()):
                lock.unlink()
                partial.rmdir()


def _check_free(out: Path) -> None:
    if out.is_file() or out.is_mount() or (out.is_dir() and any(out.iterdir())):
        raise UsageError(f"{out} is there already; name a new folder with --out.")


@contextmanager
def _written(out: Path) -> Iterator[None]:
    """Turn what goes wrong in writing into one line.

    Raises:
        StoreError: the disk is full, or cannot be written.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot write {out}: {reason}. Finished blocks are kept; make room and call again.") from error


def _write_record(path: Path, done: Compression, location: Location, source_format: str) -> None:
    """Write what was done, recipe and model pinned."""
    told = done.to_dict() | {
        "model": location.model,
        "revision": location.revision,
        "label": done.recipe.label,
        "recipe": done.recipe.to_dict(),
        **({"source_format": source_format} if source_format else {}),
    }
    del told["out"]
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def model_card(done: Compression, location: Location, source_format: str = "") -> str:
    """Return the README of a compressed model: what was done to which model (whose weights were made from `source_format`), and what came of it."""
    told = done.to_dict()
    recipe = done.recipe
    lines = [
        f"# {location.model.rpartition('/')[2].rpartition(':')[2]}, {recipe.label}",
        "",
        f"`{location.model}` (revision `{location.revision}`{f'; {source_format}' if source_format else ''}), compressed by LLM-KICK Explorer.",
        "",
        "| | |",
        "|---|---|",
        f"| recipe | {recipe.label}, order {recipe.order} |",
        f"| sparsity of the compressed layers | {told['sparsity']:.4f} |",
        f"| bits a weight there, in a packed format | {told['bits_per_weight']:.3f} |",
        f"| bytes of weights: dense, here, packed | {told['bytes_dense']:,}, {told['bytes']:,}, {told['bytes_packed']:,} |",
    ]
    if done.left_dense:
        lines.append(f"| also left dense | {', '.join(f'`{name}` ({count})' for name, count in done.left_dense.items())} |")
    if procedure_of(recipe).needs:
        text = recipe.calibration
        lines.append(f"| calibration | {Path(text.source).name}, {text.n_samples} x {text.seq_len} tokens at most, seed {text.seed} |")
    stored = (
        "Quantized layers are stored as packed integers (compressed-tensors); zeros among them save nothing."
        if done.is_packed
        else "Zeros and rounded values are stored as ordinary numbers here: the folder is neither smaller nor faster than the dense model's."
    )
    lines += ["", stored, f"`{RECORD}` has every layer."]
    return "\n".join(lines) + "\n"


def publish(whole: Path, out: Path) -> None:
    """Give a folder its name, once all that is in it is on disk."""
    for path in whole.iterdir():
        path.chmod(0o644)  # safetensors writes files that only their owner reads
    for path in (*whole.iterdir(), whole):
        sync(path)
    whole.replace(out)  # over an empty folder, too
    sync(out.parent)

"""Compress a model into a folder of its own, as transformers reads it.

    compress_to("bundled:kick-tiny", Recipe(method="wanda", sparsity=0.5), Path("half"))
    half/    config.json, tokenizer, model.safetensors, compression.json (the recipe and what came of it)

Until it is whole the work lies beside it, in `.half.partial`: a killed call goes on there at its next block, and the folder appears in one rename.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.catalog import check_recipe, find_method
from llmkick_core.compress.accounting import totals
from llmkick_core.errors import ModelError, RecipeError, StoreError
from llmkick_core.schema import LayerReport, Recipe

RECORD = "compression.json"
"""What was done, beside the weights."""

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
            "layers": [layer.to_dict() for layer in self.layers],
        }


def compress_to(
    model: str,
    recipe: Recipe,
    out: Path,
    *,
    device: str | None = None,
    on_block: Callable[[int, int], None] | None = None,
) -> Compression:
    """Return what came of compressing `model` into the new folder `out`, in the number format that the model is stored in.

    Args:
        model: `bundled:NAME`, a folder, or `hub:org/name@revision`.
        recipe: not dense.
        out: must not exist, or be an empty folder.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        on_block: called with (blocks finished, blocks in all) after each.

    Raises:
        RecipeError: the recipe is dense, or cannot be met.
        ModelError: the model cannot be found or compressed, or is stored quantized.
        CalibrationError: the calibration text cannot be used.
        StoreError: `out` is taken or cannot be written.
    """
    from llmkick_core.compress.calibration import load_calibration
    from llmkick_core.compress.engine import compress_model
    from llmkick_core.models import open_model
    from llmkick_core.models.headers import read_sizes
    from llmkick_core.models.locate import fetch, locate

    started = time.monotonic()
    if recipe.is_dense:
        raise RecipeError("a dense recipe compresses nothing; name a --method.")
    check_recipe(recipe)
    location = locate(model)
    partial = _claim(out)
    source = fetch(location)
    opened = open_model(location.model, revision=location.revision, device=device)
    sizes = read_sizes(source)
    if sizes.dtype not in WIDTHS:
        raise ModelError(
            f"model {model} is stored as {sizes.dtype}, and compressed are {', '.join(sorted(WIDTHS))}; save it in one of those."
        )
    method = find_method(recipe.method)
    calibration = None
    if method.needs != "none":
        calibration = load_calibration(recipe.calibration, opened.tokenizer, opened.context_length)
    layers = compress_model(opened.module, recipe, method, calibration, checkpoint=partial / "blocks", on_block=on_block)
    whole = partial / "model"
    try:
        shutil.rmtree(whole, ignore_errors=True)
        opened.save(whole, dtype=sizes.dtype)
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
        )
        record = done.to_dict() | {"model": location.model, "revision": location.revision, "recipe": recipe.to_dict()}
        del record["out"]
        (whole / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        whole.replace(out)  # over an empty folder, too
        shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"cannot write {out}: {error.strerror or error}. What is done is kept in {partial}; make room and call again."
        ) from error
    return done


def _claim(out: Path) -> Path:
    """Return the folder beside `out` where the work goes on until it is whole.

    Raises:
        StoreError: `out` is taken, or nothing can be written beside it.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise StoreError(f"{out} is there already; name a new folder with --out.")
    partial = out.parent / f".{out.name}.partial"
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {partial}: {error.strerror}. Choose a writable place with --out.") from error
    return partial

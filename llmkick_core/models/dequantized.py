"""Models of GGUF files as ordinary folders: dequantized once into `<cache>/models`, by a process of its own. No torch here.

    folder_of(Path("vicuna-7b.Q4_K_M.gguf"))   # -> data/cache/models/vicuna-7b.Q4_K_M-b179c9523d0e6a0f, or None where it is not there yet
    dequantize(Path("vicuna-7b.Q4_K_M.gguf"))  # -> the same, after making it

Beside the weights lies `source.json`: {"format": "Q4_K_M, dequantized to bfloat16", "file": "vicuna-7b.Q4_K_M.gguf", "sha256": "b179..", ...}. A folder is there
only when it is whole: it is written under another name, synced and renamed.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from llmkick_core.errors import PreflightError
from llmkick_core.fingerprint import digest
from llmkick_core.memory import free_bytes
from llmkick_core.models.cache_folders import SOURCE as SOURCE
from llmkick_core.models.cache_folders import convert as _convert
from llmkick_core.models.cache_folders import describe, is_whole, make_once, place_of
from llmkick_core.models.cache_folders import read_source_format as read_source_format
from llmkick_core.models.gguf_header import GgufFile, read_gguf
from llmkick_core.models.identity import gguf_identity

SECONDS_A_WEIGHT = 3e-8
"""About what dequantizing takes, on two cores."""

_PROCESS_BYTES = 10**9  # of the process itself, torch and the vocabulary
_VERSION = 2  # rises with what is written; 2 reads what files state beyond transformers: scales, windows, end tokens, prefix spaces
_FIRST_VERSION = frozenset(["b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"])
"""SHA-256 of files of which version 2 makes the same weights, config and tokenizer as version 1, so their runs stay what they are: SmolLM2-135M-Instruct.Q4_1."""


def revision_of(sha256: str) -> str:
    """Return the revision of the model that a GGUF file becomes: of its bytes, and of how they are read.

    A file that is read otherwise than before is another model: its stored answers must not be compared with new ones.
    """
    return sha256[:16] if sha256 in _FIRST_VERSION else digest([sha256, _VERSION])


def hub_revision_of(commit: str) -> str:
    """Return the revision of the model that a GGUF file on the hub becomes: its commit, and how it is read."""
    return f"{commit}.{_VERSION}"


def folder_of(path: Path) -> Path | None:
    """Return the folder of a GGUF file's model, or None where it has not been made yet.

    Raises:
        ModelError: the file cannot be read.
    """
    folder = _place(path)
    return folder if _is_whole(folder) else None


def needed_bytes(source: GgufFile) -> int:
    """Return the most memory that dequantizing takes: the model in the number format it becomes, one tensor in float32, and the process."""
    largest = max((math.prod(shape) for _, shape in source.tensors.values()), default=0)
    return source.sizes.n_bytes + 3 * 4 * largest + _PROCESS_BYTES


def dequantize(path: Path, *, report: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None) -> Path:
    """Return the folder of a GGUF file's model, made where it is not there.

    Args:
        path: the file.
        report: told in a few words what is done.
        should_stop: asked now and then whether to give up.

    Raises:
        ModelError: the file cannot be read.
        PreflightError: there is too little memory or disk.
        RunCancelled: it was to stop.
        StoreError: the cache cannot be written.
    """
    should_stop = should_stop or (lambda: False)
    source, folder = read_gguf(path), _place(path)
    if _is_whole(folder):
        return folder
    if report is not None:
        report(f"dequantizing {source.quantization}")

    def write(partial: Path) -> None:
        _check_room(source, folder.parent)
        _convert("llmkick_core.models.gguf_convert", source.path, partial, should_stop, "dequantized")
        _describe(source, partial)

    make_once(folder, _VERSION, write, should_stop)
    return folder


def _place(path: Path) -> Path:
    return place_of(path.stem, gguf_identity(path)[:16])


def _is_whole(folder: Path) -> bool:
    return is_whole(folder, _VERSION)


def _check_room(source: GgufFile, place: Path) -> None:
    needed, free = needed_bytes(source), free_bytes("cpu")
    if needed > free:
        raise PreflightError(
            f"{source.path.name} needs about {needed / 2**30:.1f} GiB of memory to be dequantized to {source.dtype}, {free / 2**30:.1f} GiB are free; free memory, or "
            "dequantize it on a larger machine and copy the cache (LLMKICK_CACHE)."
        )
    if source.sizes.n_bytes > (free := shutil.disk_usage(place).free):
        raise PreflightError(
            f"{source.path.name} takes {source.sizes.n_bytes / 2**30:.1f} GiB of disk once dequantized, {free / 2**30:.1f} GiB are free in {place}; free some, or "
            "move the cache with LLMKICK_CACHE."
        )


def _describe(source: GgufFile, folder: Path) -> None:
    """Write where a folder comes from."""
    told = {
        "format": source.source_format,
        "quantization": source.quantization,
        "dtype": source.dtype,
        "architecture": source.architecture,
        "file": source.path.name,
        "bytes": source.n_bytes,
        "sha256": gguf_identity(source.path),
    }
    describe(folder, _VERSION, told)

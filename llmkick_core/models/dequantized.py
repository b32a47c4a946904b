"""Models of GGUF files as ordinary folders: dequantized once into `<cache>/models`, by a process of its own. No torch here.

    folder_of(Path("vicuna-7b.Q4_K_M.gguf"))   # -> data/cache/models/vicuna-7b.Q4_K_M-b179c9523d0e6a0f, or None where it is not there yet
    dequantize(Path("vicuna-7b.Q4_K_M.gguf"))  # -> the same, after making it

Beside the weights lies `source.json`: {"format": "Q4_K_M, dequantized to bfloat16", "file": "vicuna-7b.Q4_K_M.gguf", "sha256": "b179..", ...}. A folder is there
only when it is whole: it is written under another name, synced and renamed.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from llmkick_core import settings
from llmkick_core.durable import sync
from llmkick_core.errors import ModelError, PreflightError, RunCancelled, StoreError
from llmkick_core.fingerprint import digest
from llmkick_core.memory import free_bytes
from llmkick_core.models.cache_lock import alone
from llmkick_core.models.gguf_header import GgufFile, read_gguf
from llmkick_core.models.identity import gguf_identity
from llmkick_core.models.json_files import read_json

SOURCE = "source.json"
"""What a folder was made from."""

SECONDS_A_WEIGHT = 3e-8
"""About what dequantizing takes, on two cores."""

_PROCESS_BYTES = 10**9  # of the process itself, torch and the vocabulary
_LOOK_S = 0.1
_UNSAFE = re.compile(r"[^\w.-]+")
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
    with alone(folder, should_stop):
        if not _is_whole(folder):  # who held the lock may have made it
            _make(source, folder, should_stop)
    return folder


def read_source_format(folder: Path) -> str:
    """Return what the weights in a folder were made from, such as `Q4_1, dequantized to bfloat16`; empty for ordinary ones."""
    try:
        told = read_json(folder / SOURCE)
        return str(told["format"]) if told.get("made_by") == "llmkick" else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _place(path: Path) -> Path:
    name = _UNSAFE.sub("_", path.stem)[:80]
    return settings.cache_root() / "models" / f"{name}-{gguf_identity(path)[:16]}"


def _is_whole(folder: Path) -> bool:
    try:
        told = read_json(folder / SOURCE)
        return bool(told.get("version") == _VERSION and all((folder / name).stat().st_size == size for name, size in told["files"].items()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _make(source: GgufFile, folder: Path, should_stop: Callable[[], bool]) -> None:
    """Dequantize under another name, and rename what is whole."""
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _check_room(source, folder.parent)
        _convert(source.path, partial, should_stop)
        _describe(source, partial)
        for file in partial.iterdir():
            file.chmod(0o644)  # safetensors writes files that only their owner reads
            sync(file)
        sync(partial)
        if folder.exists():
            shutil.rmtree(folder)  # it was damaged
        partial.replace(folder)
        sync(folder.parent)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror or error}. Make room, or move the cache with LLMKICK_CACHE.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _log(partial).unlink(missing_ok=True)


def _log(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.log")


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


def _convert(path: Path, partial: Path, should_stop: Callable[[], bool]) -> None:
    """Run the process that writes the folder, and wait for it."""
    command = [sys.executable, "-m", "llmkick_core.models.gguf_convert", str(path), str(partial)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "TQDM_DISABLE": "1"}
    with _log(partial).open("wb+") as said:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=settings.PROJECT_ROOT,
            env=environment,
            start_new_session=True,
        )
        try:
            while child.poll() is None:
                if should_stop():
                    raise RunCancelled(f"dequantizing {path.name} was cancelled; it starts over next time.")
                time.sleep(_LOOK_S)
            assert child.stdout is not None
            told = child.stdout.read().decode(errors="replace")
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        said.seek(0)
        words = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    if child.returncode:
        raise ModelError(_reason(path, child.returncode, told, words[-1].strip() if words else ""))


def _reason(path: Path, code: int, told: str, last: str) -> str:
    """Return in one line why a file could not be dequantized."""
    try:
        return str(json.loads(told)["error"])
    except (ValueError, KeyError, TypeError):
        pass
    if code < 0:
        return f"{path} could not be dequantized: the process was ended by signal {-code}, most likely for lack of memory; free some."
    return f"{path} could not be dequantized: {last or f'exit code {code}'}"


def _describe(source: GgufFile, folder: Path) -> None:
    """Write where a folder comes from."""
    told = {
        "made_by": "llmkick",
        "version": _VERSION,
        "format": source.source_format,
        "quantization": source.quantization,
        "dtype": source.dtype,
        "architecture": source.architecture,
        "file": source.path.name,
        "bytes": source.n_bytes,
        "sha256": gguf_identity(source.path),
        "files": {path.name: path.stat().st_size for path in sorted(folder.iterdir())},
    }
    (folder / SOURCE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

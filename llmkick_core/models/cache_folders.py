"""Folders of `<cache>/models` that hold a model in the form that all else reads: made once, by a process of its own. No torch here.

A folder is there only when it is whole: it is written under another name, synced and renamed. Beside the weights lies `source.json`, which says what it was made
from: {"made_by": "llmkick", "version": 1, "format": "Q4_K_M, dequantized to bfloat16", "file": "vicuna-7b.Q4_K_M.gguf", ..., "files": {name: bytes}}.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from llmkick_core import settings
from llmkick_core.durable import sync
from llmkick_core.errors import ModelError, RunCancelled, StoreError
from llmkick_core.models.cache_lock import alone
from llmkick_core.models.json_files import read_json

SOURCE = "source.json"
"""What a folder was made from."""

_LOOK_S = 0.1
_UNSAFE = re.compile(r"[^\w.-]+")
_UNWANTED = ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",)


def place_of(name: str, identity: str) -> Path:
    """Return the folder of what was made from a source of this name and identity."""
    return settings.cache_root() / "models" / f"{_UNSAFE.sub('_', name)[:80]}-{identity}"


def is_whole(folder: Path, version: int) -> bool:
    """Return whether a folder is there as it was written, in this version."""
    try:
        told = read_json(folder / SOURCE)
        return bool(told.get("version") == version and all((folder / name).stat().st_size == size for name, size in told["files"].items()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def read_source_format(folder: Path) -> str:
    """Return what the weights in a folder were made from, such as `Q4_1, dequantized to bfloat16`; empty for ordinary ones."""
    try:
        told = read_json(folder / SOURCE)
        return str(told["format"]) if told.get("made_by") == "llmkick" else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def describe(folder: Path, version: int, told: Mapping[str, Any]) -> None:
    """Write what a folder was made from, and which files it has."""
    files = {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}
    text = json.dumps({"made_by": "llmkick", "version": version, **told, "files": files}, indent=1)
    (folder / SOURCE).write_text(text + "\n", encoding="utf-8")


def make_once(folder: Path, version: int, write: Callable[[Path], None], should_stop: Callable[[], bool]) -> None:
    """Make a folder that is not there in this version, by one process at a time.

    Args:
        folder: to be made.
        version: of what is written.
        write: fills the folder that it is given.
        should_stop: asked now and then whether to give up.

    Raises:
        RunCancelled: it was to stop while another process made it.
        StoreError: the cache cannot be written.
    """
    with alone(folder, should_stop):
        if not is_whole(folder, version):  # who held the lock may have made it
            _make(folder, write)


def _make(folder: Path, write: Callable[[Path], None]) -> None:
    """Make a folder under another name, and rename what is whole."""
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write(partial)
        for file in partial.rglob("*"):
            if file.is_file():
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


def convert(module: str, source: Path, partial: Path, should_stop: Callable[[], bool], done: str) -> None:
    """Run the process that fills a folder, and wait for it.

    Args:
        module: of the process; its arguments are the source and the folder, and it tells what is wrong as {"error": ..} on stdout.
        source: file or folder that is read.
        partial: the folder.
        should_stop: asked now and then whether to give up.
        done: what is done to the source, as a participle.

    Raises:
        ModelError: the source cannot be read.
        RunCancelled: it was to stop.
    """
    command = [sys.executable, "-m", module, str(source), str(partial)]
    environment = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    environment |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "TQDM_DISABLE": "1"}
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
                    raise RunCancelled(f"{source.name} was not {done}: it was cancelled; it starts over next time.")
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
        raise ModelError(_reason(source, child.returncode, told, words[-1].strip() if words else "", done))


def _log(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.log")


def _reason(path: Path, code: int, told: str, last: str, done: str) -> str:
    """Return in one line why a source could not be converted."""
    try:
        return str(json.loads(told)["error"])
    except (ValueError, KeyError, TypeError):
        pass
    if code < 0:
        return f"{path} could not be {done}: the process was ended by signal {-code}, most likely for lack of memory; free some."
    return f"{path} could not be {done}: {last or f'exit code {code}'}"

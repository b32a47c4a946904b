"""Whether the tokenizer of a folder can be read and used, from its files alone, before anything is loaded. No torch.

tokenizer.json     read as it is by the tokenizers library
tokenizer.model    a sentencepiece model (Llama 2, Vicuna, Mistral); Llama 3's original file of that name is a tiktoken file, which is another thing

Both are tried in a process of their own first (tokenizer_trial.py), so that a file which hangs, panics or takes all memory does that there. One whose file is
as it was is not tried again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models import tokenizer_trial as trial
from llmkick_core.models.json_files import LARGEST

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
"""Files one of which a tokenizer has."""

_SENTENCEPIECE = ("tokenizer.model", "spiece.model")
_POINTER = b"version https://git-lfs.github.com/spec/"
_TIKTOKEN = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\r?\n")
_TRIED = (*_SENTENCEPIECE, "tokenizer.json")
_HEAD = 256
_WALL_S = 60.0  # for a machine that is busy: what is counted is computing


def check_tokenizer(folder: Path) -> None:
    """Check that a folder has a tokenizer that can be read.

    Raises:
        ModelError: it has none, or its file is a git-lfs pointer, a tiktoken file, or damaged.
    """
    present = [folder / name for name in TOKENIZER_FILES if (folder / name).is_file()]
    if not present:
        raise ModelError(
            f"model folder {folder} has no tokenizer ({' or '.join(TOKENIZER_FILES[:3])}); copy the model's tokenizer files there."
        )
    for path in present:
        if _head(path).startswith(_POINTER):
            raise ModelError(f"{path} is a git-lfs pointer, not the file itself; run `git lfs pull` in the folder, or download the file.")
    told = present[0].stat()
    if told.st_size > LARGEST:
        raise ModelError(
            f"{present[0]} has {told.st_size:,} bytes; at most {LARGEST:,} are read of a tokenizer. Copy or download it again."
        )


def try_tokenizer(folder: Path) -> None:
    """Check that the tokenizer of a folder, which `check_tokenizer` found there, can be used within the limits.

    Raises:
        ModelError: it is damaged, or cannot.
    """
    path = next((folder / name for name in TOKENIZER_FILES if (folder / name).is_file()), None)
    if path is not None and path.name in _TRIED:
        told = path.stat()
        _check_use(path, told.st_size, told.st_mtime_ns, told.st_ino)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error


def _check_use(path: Path, size: int, mtime_ns: int, inode: int) -> None:
    """Check that a tokenizer can be used.

    Raises:
        ModelError: it is damaged, or cannot be used within the limits.
    """
    is_sentencepiece, head = path.name in _SENTENCEPIECE, _head(path)
    if is_sentencepiece and _TIKTOKEN.match(head):
        raise ModelError(
            f"{path} is a tiktoken file (as Llama 3's original one), not a sentencepiece model; copy the model's tokenizer.json there as well."
        )
    found = _tried(path, size, mtime_ns, inode)
    if is_sentencepiece and not found.get("is_whole", True):
        said = "it is empty" if not size else f"{size:,} bytes that begin with {head[:8]!r}"
        raise ModelError(f"{path} is not a whole sentencepiece model ({said}); copy or download the file again.")
    if "error" in found:
        reason = str(found["error"]).rstrip(".")
        raise ModelError(
            f"the tokenizer in {path.parent} cannot be loaded: {path.name}: {reason}. Copy or download the model's tokenizer files again."
        )


@lru_cache(maxsize=64)
def _tried(path: Path, _size: int, _mtime_ns: int, _inode: int) -> dict[str, Any]:
    """Return what came of trying a tokenizer in a process of its own: see `tokenizer_trial.tried`.

    Raises:
        ModelError: the machine was too busy to say.
    """
    words = [sys.executable, "-P", trial.__file__, str(path)]
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "RUST_BACKTRACE": "0", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL_S, env=environment, start_new_session=True, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"the tokenizer {path} was not read after {_WALL_S:g} s; try again when the machine is less busy.") from error
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"error": f"it is not done with {len(trial.TEXTS)} short texts after {trial.SECONDS} s of computing"}
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = {"error": f"the process that tried it was ended by it ({done.returncode})"}
    return found if isinstance(found, dict) else {}

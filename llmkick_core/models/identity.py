"""Which revision of a model lies in a folder or a GGUF file: a SHA-256 over all of its bytes. No torch.

    fingerprint(Path("/models/vicuna-7b"))  # -> "5f3a0c..." (16 hexadecimal digits)

Reading 13 GB takes a while, so what was read is remembered in `<cache>/digests.json`, by path, size, inode and both times (of the last write and of the
last change), and read again where any of these differs. The file may be lost or damaged at any time; then everything is read once more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import ModelError
from llmkick_core.fingerprint import digest
from llmkick_core.models.json_files import read_json
from llmkick_core.models.weight_files import INDEX, PICKLE_INDEX, pickle_files, safetensors_in, weight_files

TEXT_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "spiece.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    INDEX,
)
"""Files beside the weights, in the order in which they are read."""

MORE_FILES = (
    "*.model",
    "*.tiktoken",
    "*.spm",
    "additional_chat_templates/*.jinja",
    "vocab.bpe",
    "encoder.json",
    "tekken.json",
    "adapter_config.json",
)
"""Others that change what a model reads or answers, read after the weights: a folder without them keeps the identity that it had before they counted."""

PROGRESS = logging.getLogger("llmkick_core.progress")
"""Where a long step that no status tells of is announced; the command line prints it."""

_WHOLE = 2**30  # weights up to this many bytes are read as one stream, larger ones file by file, side by side
_TOLD = 2 * 10**9  # bytes from which reading is announced
_PIECE = 2**20
_SETTLED_S = 2.0  # a file changed later than this before it was read may change again without another time
_MOST = 4096  # digests that are remembered
_THREADS = 8

_guard = threading.Lock()
_seen: dict[str, tuple[str, str]] = {}  # by path: (stamp, digest), as in the file


def fingerprint(folder: Path) -> str:
    """Return 16 hexadecimal digits of a SHA-256 over config, tokenizer and weights: names, sizes and every byte.

    Raises:
        ModelError: a file cannot be read, or the index of the weights is damaged.
    """
    weights = safetensors_in(folder)
    files = [folder / name for name in TEXT_FILES if (folder / name).is_file()] + weights
    more = {path for pattern in MORE_FILES for path in folder.glob(pattern) if path.is_file()}
    pickles = pickle_files(folder)
    others = {path for path in pickles or weight_files(folder) if path.is_file()} - {*weights}  # below the folder, or pickles
    more |= {folder / PICKLE_INDEX} if pickles and (folder / PICKLE_INDEX).is_file() else set()
    files += sorted((more | others) - set(files))
    weights += sorted(others)
    try:
        if sum(path.stat().st_size for path in weights) <= _WHOLE:
            return _remembered(folder, files, lambda: _stream(folder, files))[:16]
        _announce(files)
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = list(pool.map(lambda path: (path.relative_to(folder).as_posix(), path.stat().st_size, file_digest(path)), files))
        return digest(parts)
    except OSError as error:
        raise ModelError(f"model folder {folder} cannot be read: {error.strerror or error}. Check its permissions.") from error


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """

    def read() -> str:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    return _remembered(path, [path], read)


def gguf_identity(path: Path) -> str:
    """Return the SHA-256 of a GGUF file, 64 hexadecimal digits, the first 16 of which are its revision.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        _announce([path])
        return file_digest(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.") from error


def _stream(folder: Path, files: Sequence[Path]) -> str:
    seen = hashlib.sha256()
    for path in files:
        seen.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                seen.update(piece)
    return seen.hexdigest()


def _announce(files: Sequence[Path]) -> None:
    """Tell that much is to be read, before it is."""
    new = [path for path in files if _recall(path, _stamp([path])) is None]
    n_bytes = sum(path.stat().st_size for path in new)
    if n_bytes >= _TOLD:
        PROGRESS.info("reading %.1f GB of %s once, to tell its revision", n_bytes / 1e9, files[0].parent)


def _remembered(place: Path, files: Sequence[Path], read: Callable[[], str]) -> str:
    """Return what `read` gives for files that are as they were, and remember it where they have settled and did not change meanwhile."""
    stamp, started = _stamp(files), time.time()
    known = _recall(place, stamp)
    if known is not None:
        return known
    found = read()
    newest = max((max(path.stat().st_mtime, path.stat().st_ctime) for path in files), default=0.0)
    if stamp == _stamp(files) and newest < started - _SETTLED_S:
        _keep(place, stamp, found)
    return found


def _stamp(files: Sequence[Path]) -> str:
    """Return what is the same as long as no file was touched."""
    stats = [(str(path), path.stat()) for path in files]
    return digest([[name, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino] for name, told in stats])


def _file() -> Path:
    return settings.cache_root() / "digests.json"


def _recall(place: Path, stamp: str) -> str | None:
    with _guard:
        known = (seen.get(str(place)) for seen in (_seen, _read()))
        return next((found[1] for found in known if found is not None and found[0] == stamp), None)


def _keep(place: Path, stamp: str, found: str) -> None:
    """Remember a digest, here and on disk; a cache that cannot be written only costs time."""
    with _guard:
        _seen.pop(str(place), None)
        _seen[str(place)] = (stamp, found)
        kept = _read() | _seen
        newest = dict(list(kept.items())[-_MOST:])
        path = _file()
        temporary = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(newest, stream, indent=0)
            os.replace(temporary, path)
        except OSError:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)


def _read() -> dict[str, tuple[str, str]]:
    """Return what the file remembers; nothing where it is missing or damaged."""
    try:
        told = read_json(_file())
        return {str(path): (str(stamp), str(found)) for path, (stamp, found) in told.items() if len(found) == 64}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

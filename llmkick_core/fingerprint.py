"""Fingerprints: of a text or data set, which tells whether a file is still the one a run was asked for with, and of plain values, which ids are made of.

content_digest(Path("calibration.txt")) == "b05198f543b078a2"
digest({"task": "factoid_qa"}) == "de20d1bd1cef974a"
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import DataError


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces, the text that ids are hashed from."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of `value`'s canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def content_digest(path: Path) -> str:
    """Return 16 hexadecimal digits of a SHA-256 over a file's content, or over the names and contents of all files of a folder.

    A file or folder that was moved or renamed as a whole keeps its digest. One that was read before and has the same size and time of change since is
    not read again.

    Raises:
        DataError: a file cannot be read.
    """
    try:
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        return _content_digest(path, tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))
    except OSError as error:
        raise DataError(f"cannot read {error.filename or path}: {error.strerror}. Check its permissions.") from error


@lru_cache(maxsize=64)
def _content_digest(path: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    seen = hashlib.sha256()
    for file, size, _ in files:
        seen.update(f"{file.relative_to(path).as_posix()}\0{size}\0".encode())
        with file.open("rb") as stream:
            while piece := stream.read(2**20):
                seen.update(piece)
    return seen.hexdigest()[:16]

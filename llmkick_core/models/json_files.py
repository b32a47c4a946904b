"""The JSON files of model folders, which come from anywhere: regular files of a size that such files have, nested as deep as such files are."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from llmkick_core.decoding import parse_json

LARGEST = 200_000_000
"""Bytes of a JSON file that are read; the largest tokenizers and indexes have a quarter of that."""


def read_json(path: Path) -> Any:
    """Return the value of a JSON file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, too large, no JSON, or nested too deeply.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no regular file")
    if found.st_size > LARGEST:
        raise ValueError(f"it has {found.st_size:,} bytes; at most {LARGEST:,} are read of such a file")
    return parse_json(path.read_bytes())

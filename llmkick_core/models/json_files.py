"""The files of model folders that are read as a whole, which come from anywhere: regular files of a size that such files have, nested as deep as such files are."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from llmkick_core.decoding import parse_json

LARGEST = 200_000_000
"""Bytes of a tokenizer or an index that are read; the largest ones have a quarter of that."""

LARGEST_CONFIG = 4_000_000
"""Bytes of a config or a chat template that are read; the largest ones, which list added tokens, have a third of that."""

_LARGE = ("tokenizer.json", "vocab.json", "digests.json")
_INDEX = ".index.json"


def read_json(path: Path) -> Any:
    """Return the value of a JSON file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, too large, no JSON, holds too many values, or is nested too deeply.
    """
    return parse_json(read_file(path, LARGEST if path.name in _LARGE or path.name.endswith(_INDEX) else LARGEST_CONFIG))


def read_file(path: Path, most: int = LARGEST_CONFIG) -> bytes:
    """Return the content of a file that has so many bytes at most.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file, or too large.
    """
    with open_regular(path) as stream:
        content = stream.read(most + 1)
        if len(content) > most:
            raise ValueError(f"it has {os.fstat(stream.fileno()).st_size:,} bytes; at most {most:,} are read of such a file")
        return content


def open_regular(path: Path) -> BinaryIO:
    """Return an open file; links are followed, but a pipe is not waited for, and a device not read.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no regular file.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # looked at before it is opened: to open a device may already do something
        raise ValueError("it is no regular file")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ValueError("it is no regular file")
    return os.fdopen(handle, "rb")

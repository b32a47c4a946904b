"""What a process that another one started does first: it ends when that one ends, however that happens, and keeps its stdout for what it has to tell.

The parent holds the other end of the child's stdin. The system closes it when the parent dies, killed or not, and the child, which reads nothing else from there,
ends at once. Whatever libraries print goes to stderr, the log.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from llmkick_core.errors import ModelError


def keep_stdout() -> int:
    """Return this process's stdout as a file descriptor, after sending all that is printed to stderr."""
    told = os.dup(1)
    os.dup2(2, 1)
    return told


def end_with_parent() -> threading.Thread:
    """Return a thread that ends this process when its stdin ends."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    thread = threading.Thread(target=watch, name="lifeline", daemon=True)
    thread.start()
    return thread


def convert_as_child(convert: Callable[[Path, Path], None], arguments: Sequence[str] | None) -> int:
    """Be the process that `cache_folders.convert` starts: convert a source into a folder, and return the exit code.

    Args:
        convert: does it; what it says by a ModelError or a MemoryError is told as one JSON line on stdout, with exit code 1.
        arguments: source and folder; None takes the command line's.
    """
    source, folder = (Path(word) for word in (arguments if arguments is not None else sys.argv[1:]))
    end_with_parent()
    told = keep_stdout()
    try:
        convert(source, folder)
    except (ModelError, MemoryError) as error:
        reason = f"{source} takes more memory than weights of its size do; download the model again, or free memory."
        os.write(told, json.dumps({"error": str(error) if isinstance(error, ModelError) else reason}).encode())
        return 1
    return 0

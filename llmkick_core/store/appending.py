"""Files that only grow: a line is added, and the disk has it before anything else is done."""

from __future__ import annotations

import os
from pathlib import Path

from llmkick_core.durable import sync
from llmkick_core.errors import StoreError
from llmkick_core.store.opener import exists, open_file


def append_line(path: Path, line: str, what: str) -> None:
    """Add a line to a file, and wait until the disk has it; what a crash left without a line's end stays a line of its own.

    Args:
        path: the file, made where there is none.
        line: without its end.
        what: it is, as an error says: `note`.

    Raises:
        StoreError: the file cannot be written.
    """
    try:
        is_new = not exists(path)
        handle = open_file(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(handle).st_size
            is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            content = ("\n" if is_torn else "").encode() + f"{line}\n".encode()
            if os.write(handle, content) != len(content):
                raise StoreError(f"{path} took only a piece of the {what}: the disk is full. Make room and save it again.")
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            sync(path.parent)
    except StoreError as error:
        raise type(error)(f"{error} The {what} is not saved.") from error
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}. The {what} is not saved; make the folder writable and save it again."
        ) from error

"""One process at a time makes a folder of the cache; others wait for it and then find it there."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from llmkick_core.errors import RunCancelled, StoreError

_LOOK_S = 0.1


@contextmanager
def alone(folder: Path, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock of a folder of the cache for the block; a process loses it when it dies. Who waited looks whether the folder is there now.

    Raises:
        RunCancelled: it was to stop while it waited.
        StoreError: the cache cannot be written, or its file system keeps no locks.
    """
    lock = folder.with_name(f".{folder.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"cannot write {lock.parent}: {error.strerror}. Choose a writable folder with LLMKICK_CACHE.") from error
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if should_stop():
                    raise RunCancelled(f"cancelled while another process made {folder.name}.") from None
                time.sleep(_LOOK_S)
            except OSError as error:  # network file systems: ENOLCK, EOPNOTSUPP
                raise StoreError(
                    f"{lock.parent} is on a file system that keeps no locks ({error.strerror}); choose a folder on a local disk with LLMKICK_CACHE."
                ) from error
        yield
    finally:
        os.close(handle)

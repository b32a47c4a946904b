"""Locks that a process loses when it dies, however it dies: `flock` on files of the store.

<store>/worker-<device>.<slot>.lock      held by a worker; a device has as many slots as workers
<store>/locks/<compression_id>.lock      held while a group of runs is computed; its text remembers workers that died at it
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmkick_core.errors import StoreError

_PATIENCE_S = 1.0  # a look at a lock takes it for an instant


def worker_lock(store: Path, device: str | None, slot: int = 0) -> Path:
    """Return the lock file of one of a device's workers, counted from 0."""
    return store / f"worker-{(device or 'auto').replace(':', '-')}.{slot}.lock"


def group_lock(store: Path, compression_id: str) -> Path:
    """Return the lock file of a group of runs."""
    return store / "locks" / f"{compression_id}.lock"


@contextmanager
def held(path: Path, *, patience_s: float | None = None) -> Iterator[bool]:
    """Hold a lock for the block; gives False, and holds nothing, where another process has it for `patience_s` seconds on end.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}. Choose a writable folder with --store or LLMKICK_STORE.") from error
    try:
        yield _taken(handle, _PATIENCE_S if patience_s is None else patience_s)
    finally:
        os.close(handle)  # gives the lock back


def is_held(path: Path) -> bool:
    """Return whether a living process holds a lock."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _taken(handle: int, patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True

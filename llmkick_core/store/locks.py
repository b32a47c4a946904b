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

from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.store.opener import checked_id, look, open_file, remove

_PATIENCE_S = 1.0  # a look at a lock takes it for an instant


def worker_lock(store: Path, device: str | None, slot: int = 0) -> Path:
    """Return the lock file of one of a device's workers, counted from 0."""
    return store / f"worker-{(device or 'auto').replace(':', '-')}.{slot}.lock"


def group_lock(store: Path, compression_id: str) -> Path:
    """Return the lock file of a group of runs."""
    return store / "locks" / f"{checked_id(compression_id, 'a compression')}.lock"


@contextmanager
def held(path: Path, *, patience_s: float | None = None) -> Iterator[bool]:
    """Hold a lock for the block; gives False, and holds nothing, where another process has it for `patience_s` seconds on end.

    Raises:
        StoreError: the folder cannot be written, or its file system keeps no locks.
    """
    found = look(path)
    if found is not None and not found.is_file and not found.is_folder:
        remove(path)  # a link or a pipe, which no process of ours holds
    handle = open_file(path, os.O_RDWR | os.O_CREAT)
    try:
        yield _taken(path, handle, _PATIENCE_S if patience_s is None else patience_s)
    finally:
        os.close(handle)  # gives the lock back


def is_held(path: Path) -> bool:
    """Return whether a living process holds a lock.

    Raises:
        StoreError: the file system keeps no locks.
    """
    try:
        handle = open_file(path, os.O_RDONLY)
    except (FileNotFoundError, CorruptFileError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        raise _no_locks(path, error) from error
    finally:
        os.close(handle)
    return False


def _taken(path: Path, handle: int, patience_s: float) -> bool:
    until = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        except OSError as error:
            raise _no_locks(path, error) from error
        else:
            return True


def _no_locks(path: Path, error: OSError) -> StoreError:
    """Return what is wrong where a file system keeps no locks, as some network file systems: ENOLCK, EOPNOTSUPP."""
    return StoreError(
        f"{path.parent} is on a file system that keeps no locks ({error.strerror}); choose a store on a local disk with --store or LLMKICK_STORE."
    )

"""A file system that keeps no locks, such as some network file systems, is named in one line; nothing is computed twice at the same time in silence."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llmkick_core.errors import StoreError
from llmkick_core.models.cache_lock import alone
from llmkick_core.store.locks import held, is_held


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS], ids=["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    def refuse(*_: int) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)
    return int(request.param)


def in_cache(folder: Path) -> None:
    with alone(folder / "model", lambda: False):
        pytest.fail("the lock was taken")


def in_store(folder: Path) -> None:
    with held(folder / "x.lock"):
        pytest.fail("the lock was taken")


def looked_at(folder: Path) -> None:
    (folder / "x.lock").touch()
    is_held(folder / "x.lock")


@pytest.mark.parametrize(("take", "way_out"), [(in_cache, "LLMKICK_CACHE"), (in_store, "LLMKICK_STORE"), (looked_at, "LLMKICK_STORE")])
def test_a_file_system_without_locks_is_named_with_the_way_out(no_locks: int, take: Callable[[Path], None], way_out: str, tmp_path: Path):
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(StoreError, match=rf"keeps no locks \({os.strerror(no_locks)}\).*{way_out}"):
        take(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before

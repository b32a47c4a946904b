"""Folders that are served count among the models that a store keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import prune_kept
from llmkick_core.store.kept import kept_size
from llmkick_core.store.layout import checkpoint_dir, served_dir, server_log


def folder(path: Path, used_at: float) -> Path:
    path.mkdir(parents=True)
    (path / "weights").write_bytes(bytes(1000))
    os.utime(path, (used_at, used_at))
    return path


def test_served_folders_go_by_age_but_not_the_one_just_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old, new = folder(served_dir(tmp_path, "a" * 16), 1), folder(served_dir(tmp_path, "b" * 16), 2)
    blocks = folder(checkpoint_dir(tmp_path, "c" * 16), 0)  # of no run of this store: somebody's own
    partial = folder(served_dir(tmp_path, "d" * 16).with_name(f".{'d' * 16}.partial"), 0)
    server_log(tmp_path, "a").parent.mkdir()
    assert kept_size(tmp_path) == 3000
    monkeypatch.setenv("LLMKICK_KEEP_GB", "0.000002")
    prune_kept(LocalExecutor(tmp_path), {new.name})
    assert [path.is_dir() for path in (old, new, blocks, partial)] == [False, True, True, True]
    monkeypatch.setenv("LLMKICK_KEEP_GB", "0")
    prune_kept(LocalExecutor(tmp_path), {new.name})
    assert new.is_dir()

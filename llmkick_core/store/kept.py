"""Compressed models that a store keeps: the finished blocks of each recipe, which its next run loads instead of compressing again, and whole folders that Live serves.

Above a size the least recently used go. A folder's time of change says when it was last used.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import CorruptFileError
from llmkick_core.store.layout import kept_dirs
from llmkick_core.store.opener import Entry, entries, is_id, look


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A compressed model that a store keeps, whole or as far as its compression came."""

    compression_id: str
    """Name of its folder; runs of the recipe have it too."""
    n_bytes: int
    """Bytes that its blocks take on the disk."""
    used_at: float
    """When it was last used, seconds since 1970."""


def touch(folder: Path) -> None:
    """Say that a kept model was used now."""
    found = look(folder)
    if found is not None and found.is_folder:
        with contextlib.suppress(OSError):
            os.utime(folder, follow_symlinks=False)


def kept_models(store: Path) -> list[Kept]:
    """Return the compressed models that a store keeps, the last used first."""
    found = sorted(_kept(store), reverse=True)
    return [Kept(compression_id=folder.name, n_bytes=size, used_at=used_at) for used_at, size, folder in found]


def kept_size(store: Path) -> int:
    """Return the bytes of all kept models together."""
    return sum(size for _, size, _ in _kept(store))


def surplus(store: Path, limit: int, candidates: Collection[str]) -> list[Path]:
    """Return the folders to remove so that at most `limit` bytes are kept, the least recently used first.

    Args:
        store: root of the store.
        limit: bytes of all kept models together.
        candidates: compressions that may go; the others count, and stay.
    """
    total = kept_size(store)
    removed = []
    for _, size, folder in sorted(_kept(store)):
        if total > limit and folder.name in candidates:
            removed.append(folder)
            total -= size
    return removed


def _kept(store: Path) -> list[tuple[float, int, Path]]:
    """Return (time of last use, bytes, folder) of each kept model; what is only being written does not count."""
    found = []
    for kind in kept_dirs(store):
        for one in _folders(kind):
            with contextlib.suppress(CorruptFileError):  # another process may remove it meanwhile
                size = sum(inner.n_held for inner in entries(kind / one.name))
                found.append((one.changed_ns / 1e9, size, kind / one.name))
    return found


def kept_ids(store: Path) -> set[str]:
    """Return the compressions of which whole folders are kept for Live."""
    return {one.name for one in _folders(kept_dirs(store)[1])}


def _folders(kind: Path) -> list[Entry]:
    """Return the folders of kept models; none where they lie behind a link, which is then not theirs to remove."""
    with contextlib.suppress(CorruptFileError):
        return [one for one in entries(kind) if one.is_folder and is_id(one.name)]
    return []

"""Marks of what this installation was asked for. They lie outside every store, so that a store from somebody else starts nothing and brings no price along.

<LLMKICK_STATE>/asked/<place>/store-id               the id that this installation gave to the store; <place> is a digest of where the store lies
                              runs/<run_id>          "<store id> command open": who asked for a run, and whether it still runs by itself
                              judge-jobs/<job_id>    "<store id> page <digest of the request>"
                              prices/table           "<store id> command <digest of the table>"
<store>/store-id                                     the same id. A store that was put in the place of another has a different one, and no mark counts

Whoever writes marks of what others may write at the same time holds `changing(store)` meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from llmkick_core import settings
from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.fingerprint import digest
from llmkick_core.store.opener import checked_id, read_bytes, write_whole

By = Literal["command", "page"]
"""Who asks: somebody who may start programs on this machine, or whoever reaches the app."""

Kind = Literal["runs", "judge-jobs", "prices"]
"""What a mark is of."""

ID_FILE = "store-id"
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 256


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What this installation remembers of a run, a judge job or a table of prices."""

    by: By
    """Who asked for it."""
    said: str
    """Of a run `open` or `ended`; of others the digest of their content."""


@contextmanager
def changing(store: Path) -> Iterator[None]:
    """Let this process alone write marks of a store for the block.

    Raises:
        StoreError: the folder of marks cannot be written.
    """
    folder = _folder(store)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_mark(store: Path, kind: Kind, name: str, mark: Mark) -> None:
    """Write a mark.

    Raises:
        StoreError: the folder of marks, or the store, cannot be written.
    """
    path = _folder(store) / kind / checked_id(name, "a mark")
    content = f"{_given_id(store)} {mark.by} {mark.said}"
    try:
        if _text(path) != content:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            temporary.write_text(content, encoding="ascii")
            temporary.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def read_mark(store: Path, kind: Kind, name: str) -> Mark | None:
    """Return the mark of something in a store; None where this installation was not asked for it, or another store lies there now."""
    told = _text(_folder(store) / kind / checked_id(name, "a mark")).split(" ")
    if len(told) != 3 or told[1] not in ("command", "page") or not _ID.fullmatch(told[0]) or told[0] != _id_in(store):
        return None
    return Mark(by=cast(By, told[1]), said=told[2])


def _given_id(store: Path) -> str:
    """Return the id that this installation gave to a store, after giving it one where it has none, or one of somebody else's."""
    remembered = _folder(store) / ID_FILE
    known = _text(remembered)
    if not _ID.fullmatch(known) or known != _id_in(store):
        known = secrets.token_hex(16)
        write_whole(store / ID_FILE, known.encode())
        try:
            remembered.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            remembered.write_text(known, encoding="ascii")
        except OSError as error:
            raise _unwritable(remembered.parent, error) from error
    return known


def _id_in(store: Path) -> str:
    """Return the id that a store has, empty where it has none."""
    try:
        return read_bytes(store / ID_FILE, _LONGEST).decode("ascii")
    except (FileNotFoundError, CorruptFileError, ValueError):
        return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def _folder(store: Path) -> Path:
    return settings.state_root() / "asked" / digest(str(store.resolve()))


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot write {folder}: {error.strerror}. Name a folder of yours with LLMKICK_STATE.")

"""Opening a store for the command line: its database, or an index in memory while the app holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from llmkick_core.errors import CorruptFileError, StoreBusyError, StoreError, StoreSchemaError
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import DATABASE, runs_dir


@dataclass(frozen=True, kw_only=True)
class Results:
    """A store that was read."""

    db: Database
    """Holds every answer of the run folders."""
    damaged: tuple[str, ...]
    """One line for each damaged file; the rest was read."""


def check_store(store: Path) -> None:
    """See that results can be kept before anything is computed.

    Raises:
        StoreSchemaError: the database was made by a newer version.
        StoreError: the folder cannot be written, or the database is damaged.
    """
    try:
        Database(store).close()
    except StoreBusyError:
        return  # the app has it, and takes in what comes


def existing(store: Path) -> Path:
    """Return a store that has runs.

    Raises:
        StoreError: it has none.
    """
    if not runs_dir(store).is_dir():
        raise StoreError(f"no runs in {store}; `python -m llmkick_core demo` makes some, and --store names another folder.")
    return store


def _can_be_written(store: Path) -> bool:
    index = store / DATABASE
    return _is_ours(store, os.W_OK | os.X_OK) and (not index.exists() or _is_ours(index, os.R_OK | os.W_OK))


def _is_ours(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


@contextmanager
def opened(store: Path, console: Console) -> Iterator[Results]:
    """Yield a store's results, its run folders taken in; damaged files are told on `console`. A store that cannot be written is read into memory.

    Raises:
        StoreError: the database cannot be opened.
    """
    try:
        db = Database(store)
    except StoreBusyError:
        console.print(
            "The database is open in another process, most likely the app, which takes in new answers itself; reading the run folders."
        )
        db = Database(store, in_memory=True)
    except StoreError as error:
        if isinstance(error, StoreSchemaError | CorruptFileError) or _can_be_written(store):
            raise
        console.print("The store cannot be written; reading the run folders.")
        db = Database(store, in_memory=True)
    with db:
        damaged = ingest(db).damaged
        for line in damaged:
            console.print(line, style="red", soft_wrap=True)
        yield Results(db=db, damaged=damaged)

"""Which results.duckdb this installation made: only that one is opened, any other is set aside and made anew from the run folders.

<LLMKICK_STATE>/indexes/<store>        "<secret> <inode>"; <store> is a digest of where the store lies
<LLMKICK_STATE>/indexes/<store>.lock   held while the index of that store is opened
<store>/results.duckdb                 has the secret as the comment of a table

A store may come from somebody else, and its index with it: forged rows would stand for answers that no file holds, views would take the place of tables, and DuckDB's
reader would work on bytes that a stranger chose. So a file is not even opened where its place in the file system is not the noted one, and not used where it has
not the secret. A store that was moved, copied or made by an older version is indexed once more.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core import settings
from llmkick_core.errors import StoreBusyError
from llmkick_core.fingerprint import digest
from llmkick_core.store.migrations import VERSION_TABLE
from llmkick_core.store.opener import look, open_file, remove, set_aside
from llmkick_core.store.trees import remove_tree

if TYPE_CHECKING:
    import duckdb

TABLE = "schema_version"
"""The table of which the secret is the comment; copies for other programs have it not."""

ASIDE = ".unknown"
"""What is added to the name of an index that this installation did not make."""


def open_own(path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Return a connection to the index of a store, empty where there is none that this installation made; another one is set aside.

    Args:
        path: the database file.
        connect: opens it.

    Raises:
        StoreBusyError: another process has the file open.
        StoreError: the store cannot be written.
    """
    mark = _place(path)
    with _in_turn(mark):
        secret = _noted(mark, path)
        if secret is None:
            _put_aside(path)
        connection = connect()
        try:
            if secret is not None and not _has(connection, secret):
                secret = None
                connection.close()
                _put_aside(path)
                connection = connect()
            if secret is None:
                _note(connection, mark, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _place(path: Path) -> Path:
    return settings.state_root() / "indexes" / digest(str(path.parent.resolve()))


@contextmanager
def _in_turn(mark: Path) -> Iterator[None]:
    """Let one process at a time decide on an index; where the folder of marks cannot be written, nothing is held."""
    try:
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(mark.with_name(f"{mark.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _noted(mark: Path, path: Path) -> str | None:
    """Return the secret that the file of a store must have; None where that file is not the one that was noted."""
    try:
        secret, inode = mark.read_text(encoding="ascii").split()
        is_same = os.stat(path, follow_symlinks=False).st_ino == int(inode)
    except (OSError, ValueError):
        return None
    return secret if is_same else None


def _has(connection: duckdb.DuckDBPyConnection, secret: str) -> bool:
    """Return whether a database has the secret; nothing that the database itself defines is asked."""
    import duckdb

    try:
        rows = connection.execute("SELECT comment FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = ?", [TABLE]).fetchall()
    except duckdb.Error:
        return False
    return len(rows) == 1 and hmac.compare_digest(str(rows[0][0]).encode(), secret.encode())


def _note(connection: duckdb.DuckDBPyConnection, mark: Path, path: Path) -> None:
    """Give a new index a secret, and note both; where that cannot be written, the index is made anew when it is next opened."""
    secret = secrets.token_hex(16)
    connection.execute(VERSION_TABLE)
    connection.execute(f"COMMENT ON TABLE {TABLE} IS '{secret}'")
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=mark.parent, prefix=f".{mark.name}.")  # readable by its owner alone
        with open(handle, "w", encoding="ascii") as stream:
            stream.write(f"{secret} {os.stat(path, follow_symlinks=False).st_ino}")
        Path(name).replace(mark)


def _put_aside(path: Path) -> None:
    """Rename a database that is not ours, with its log, if no process has it open."""
    log, aside = path.with_name(f"{path.name}.wal"), path.with_name(f"{path.name}{ASIDE}")
    if look(path) is None:
        remove(log)  # it would be replayed into the new file
        return
    _check_free(path)
    for file, name in ((path, aside.name), (log, f"{aside.name}.wal")):
        remove_tree(file.with_name(name))
        with suppress(FileNotFoundError):
            set_aside(file, name)


def _check_free(path: Path) -> None:
    """Check that no other process has a database open.

    Raises:
        StoreBusyError: one has it.
        StoreError: the file cannot be written.
    """
    handle = open_file(path, os.O_RDWR)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # DuckDB's kind of lock
    except OSError as error:
        raise StoreBusyError(
            f"{path} is open in another process, most likely the app. Close it, or use another store with --store; "
            "answers already given stay in the run folders and are read when it is opened next."
        ) from error
    finally:
        os.close(handle)

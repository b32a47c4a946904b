"""The one connection to DuckDB that a process may have.

DuckDB lets one process open a file read-write and no second one even read it; the app holds it while it lives. Each call takes its
own cursor, and all writes go through one lock. What DuckDB refuses later on, as on a full disk, is a StoreError too.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import uuid4
from weakref import WeakValueDictionary

from llmkick_core.durable import sync
from llmkick_core.errors import StoreBusyError, StoreError
from llmkick_core.store.index_mark import TABLE, open_own
from llmkick_core.store.layout import DATABASE, EXPORTS
from llmkick_core.store.locks import held
from llmkick_core.store.migrations import migrate
from llmkick_core.store.opener import make_folder, remove
from llmkick_core.store.trees import check_folder, check_plain

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from numpy.typing import NDArray

T = TypeVar("T")

MOST_REMEMBERED_BYTES = 300_000_000
"""What a process keeps of answers that took time; beyond it the least recently used go."""
_COPY_PATIENCE_S = 300.0  # a copy of gigabytes takes a minute or two
_CONFIG = {"memory_limit": "512MB", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""What DuckDB takes beyond 512 MB goes to its temporary files beside the database: a query of a million answers needs less, and the models need the memory more."""


_OPEN: WeakValueDictionary[Path, Database] = WeakValueDictionary()
"""The databases that this process has open: another handle on one of their files would, when it is closed, give DuckDB's lock away."""


class Database:
    """An open results.duckdb, owned by this process until `close`."""

    def __init__(self, store: Path, *, in_memory: bool = False) -> None:
        """Open the database of a store, made where there is none that this installation made.

        Args:
            store: root of the store.
            in_memory: leave the file alone and start an empty index in memory, to read the run folders while another process owns the file.

        Raises:
            StoreBusyError: another process has it open, or this one has already.
            StoreSchemaError: it was made by a newer version.
            StoreError: the folder cannot be written, or the file is no database.
        """
        import duckdb

        self.store = store
        path = store / DATABASE
        if not in_memory and path.absolute() in _OPEN:
            raise StoreBusyError(f"{path} is already open in this process; share the open one, or close it first.")
        try:
            if not in_memory:
                store.mkdir(parents=True, exist_ok=True)
                check_plain(path, path.with_name(f"{DATABASE}.wal"))
                check_folder(path.with_name(f"{DATABASE}.tmp"))
            self._connection = self._connect(":memory:", path) if in_memory else open_own(path, lambda: self._connect(str(path), path))
        except OSError as error:
            raise StoreError(f"cannot write the store {store}: {error.strerror}. Choose a writable folder with --store.") from error
        except duckdb.Error as error:
            raise _opening_error(path, str(error)) from error
        except (RuntimeError, ValueError, MemoryError, OverflowError) as error:  # what its reader says of a file that is damaged within
            raise _opening_error(path, str(error) or type(error).__name__) from error
        self._write_lock = threading.RLock()
        self.ingest_lock = threading.Lock()
        """Held by the one thread that takes in run folders."""
        self.is_broken = False
        """Whether DuckDB gave the file up, as after a failed write of its log: only opening it again helps."""
        self.settled: dict[str, int] = {}
        """Run folders taken in whole, each with its time of change; kept by `ingest`."""
        self.damaged_runs: dict[str, tuple[Hashable, tuple[str, ...]]] = {}
        """Run folders that are damaged: what they held when that was seen, and what is wrong; kept by `ingest`."""
        self.notes_read: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {}
        """Files of notes taken in, each with its time of change and size, and what is damaged in it; kept by `notes`."""
        self.votes_read: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {}
        """The same of files of votes; kept by `votes`."""
        self._remembered: OrderedDict[Hashable, tuple[Any, int, str]] = OrderedDict()
        self._remembered_bytes = 0
        self._remembered_lock = threading.Lock()
        self._n_writes = 0
        try:
            migrate(self._connection)
        except duckdb.Error as error:
            self._connection.close()
            raise _opening_error(path, str(error)) from error
        except BaseException:
            self._connection.close()
            raise
        if not in_memory:
            _OPEN[path.absolute()] = self

    def _connect(self, name: str, path: Path) -> duckdb.DuckDBPyConnection:
        """Return a new connection, which may touch no other file."""
        import duckdb

        connection = duckdb.connect(name, config=_CONFIG)
        try:
            connection.execute("SET allowed_directories = ?", [[str((self.store / EXPORTS).absolute())]])  # where copies are written
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        except duckdb.InvalidInputException as error:  # DuckDB gave a second handle on the database this process has open
            connection.close()
            raise StoreBusyError(f"{path} is already open in this process; share the open one, or close it first.") from error
        except BaseException:
            connection.close()
            raise
        return connection

    def query(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> pd.DataFrame:
        """Return the rows of a query with bound values.

        Raises:
            StoreError: DuckDB refused it.
        """
        with self._refusals(), self._cursor() as cursor:
            frame: pd.DataFrame = cursor.execute(sql, values).df()
            return frame

    def columns(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> dict[str, NDArray[Any]]:
        """Return the columns of a query with bound values; for many rows of numbers, the fastest way out of the database.

        What is missing is NaN; among whole numbers, which are floats then, too; None among booleans and texts.

        Raises:
            StoreError: DuckDB refused it.
        """
        with self._refusals(), self._cursor() as cursor:
            found = cursor.execute(sql, values).fetchnumpy()
        return {name: _filled(column) for name, column in found.items()}

    def rows(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query with bound values, as tuples.

        Raises:
            StoreError: DuckDB refused it.
        """
        with self._refusals(), self._cursor() as cursor:
            return list(cursor.execute(sql, values).fetchall())

    @contextmanager
    def writing(self, *, about: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor inside a transaction; one writer at a time, rolled back where the body raises.

        Args:
            about: what is written, such as `notes`: only what is remembered about it is forgotten. Empty is anything, and all is forgotten.

        Raises:
            StoreError: DuckDB refused the write.
        """
        with self._write_lock, self._refusals(), self._cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                self._roll_back(cursor)
                raise
            cursor.execute("COMMIT")
            with self._remembered_lock:
                self._n_writes += 1
                for key in [key for key, kept in self._remembered.items() if not about or kept[2] == about]:
                    self._remembered_bytes -= self._remembered.pop(key)[1]

    def copy_to(self, name: str, comments: Sequence[tuple[str, str, str]] = ()) -> Path:
        """Write a copy of the database into <store>/exports and return its path; one of that name is replaced once the new one is whole.

        Only there: this connection may touch no other file. One copy is written at a time; a second waits for the first.

        Args:
            name: of the file.
            comments: (table, column, what it means); a column "" is the table itself. They are kept in the copy.

        Raises:
            StoreError: DuckDB refused it, the folder cannot be written, or another copy takes too long.
        """
        path = (self.store / EXPORTS / Path(name).name).absolute()
        partial = path.with_name(f".{path.name}.partial")
        with held(self.store / "copy.lock", patience_s=_COPY_PATIENCE_S) as is_ours:
            if not is_ours:
                raise StoreError("another copy of the database is being written; try again when it is done.")
            try:
                make_folder(path.parent)
                _remove(partial)  # what a copy left that was broken off
                self._fill(partial, comments)
                sync(partial)
                os.replace(partial, path)
            except OSError as error:
                raise StoreError(f"cannot write {path}: {error.strerror}. Check that the store can be written.") from error
            finally:
                with suppress(OSError, StoreError):  # the first error is the one to show
                    _remove(partial)
        return path

    def _fill(self, path: Path, comments: Sequence[tuple[str, str, str]]) -> None:
        """Copy every table into a new file, with the comments."""
        alias = f"copy_{uuid4().hex}"
        problem = f"the copy {path} cannot be written"
        with (
            self._refusals(problem, "If the disk is full, make room and copy again; the database itself is not touched."),
            self._cursor() as cursor,
        ):
            source = cursor.execute("SELECT current_database()").fetchall()[0][0]
            cursor.execute(f"ATTACH ? AS {alias}", [str(path)])
            try:
                cursor.execute(f'COPY FROM DATABASE "{source}" TO {alias}')
                cursor.execute(f"COMMENT ON TABLE {alias}.{TABLE} IS NULL")
                for table, column, meaning in comments:
                    what = f"COLUMN {alias}.{table}.{column}" if column else f"TABLE {alias}.{table}"
                    cursor.execute(f"COMMENT ON {what} IS '{meaning.replace(chr(39), 2 * chr(39))}'")  # takes no bound value
            finally:
                cursor.execute(f"DETACH {alias}")

    def remember(self, key: Hashable, make: Callable[[], T], *, about: str = "") -> T:
        """Return what `make` returns, kept under `key` until the next write; do not change it, it is shared.

        All writes go through `writing` in this one process, so what is kept is not out of date, as long as `make` reads all that it is made from itself: what was
        read before the call may be of before a write.

        Args:
            key: what it is.
            make: makes it.
            about: what it depends on beside the runs, such as `notes`, so that a write about that alone forgets it too.
        """
        with self._remembered_lock:
            n_writes = self._n_writes
            if key in self._remembered:
                self._remembered.move_to_end(key)
                kept: T = self._remembered[key][0]
                return kept
        made = make()
        with self._remembered_lock:
            if n_writes == self._n_writes:
                self._remembered[key] = (made, weight(made), about)
                self._remembered_bytes += self._remembered[key][1]
                while self._remembered_bytes > MOST_REMEMBERED_BYTES and len(self._remembered) > 1:
                    self._remembered_bytes -= self._remembered.popitem(last=False)[1][1]
        return made

    @contextmanager
    def _refusals(self, problem: str = "", way_out: str = "") -> Iterator[None]:
        """Turn what DuckDB refuses into an error with a way out: that of the database, unless another is named."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            self.is_broken = self.is_broken or isinstance(error, duckdb.FatalException | duckdb.ConnectionException)
            first = str(error).splitlines()[0]
            what = problem or f"the database {self.store / DATABASE} cannot be used"
            how = way_out or (
                "If the disk is full, make room and try again; if the file is damaged, run rebuild. The run folders hold every answer."
            )
            raise StoreError(f"{what}: {first.rstrip('.')}. {how}") from error

    def _roll_back(self, cursor: duckdb.DuckDBPyConnection) -> None:
        import duckdb

        with suppress(duckdb.Error):  # a transaction that DuckDB ended itself has nothing to roll back; the first error is the one to show
            cursor.execute("ROLLBACK")

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Give the file back; a second call does nothing."""
        self._connection.close()
        path = (self.store / DATABASE).absolute()
        if _OPEN.get(path) is self:
            del _OPEN[path]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove(path: Path) -> None:
    """Remove a database file and the log that a broken writer left beside it."""
    remove(path)
    remove(path.with_name(f"{path.name}.wal"))


def _filled(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column with something that says so where a value is missing."""
    import numpy as np

    if not np.ma.isMaskedArray(column):
        return column
    is_number = column.dtype.kind not in "bO"
    filled = np.ma.getdata(column).astype(np.float64 if is_number else object)
    filled[np.ma.getmaskarray(column)] = np.nan if is_number else None
    return filled


def weight(value: Any) -> int:
    """Return about how many bytes a kept value takes; texts of a frame are counted as references, for most are shared."""
    if is_dataclass(value) and not isinstance(value, type):
        return sum(weight(getattr(value, one.name)) for one in fields(value))
    if isinstance(value, dict | tuple):
        return 100 + sum(map(weight, value.values() if isinstance(value, dict) else value))
    memory = getattr(value, "memory_usage", None)
    if memory is not None:
        used = memory(index=True)
        return int(used.sum() if hasattr(used, "sum") else used)
    return int(getattr(value, "nbytes", 0)) or 100 * (len(value) if isinstance(value, (list, set)) else 1)


def _opening_error(path: Path, message: str) -> StoreError:
    first = message.splitlines()[0]
    if "could not set lock" in message.lower() or "conflicting lock" in message.lower():
        return StoreBusyError(
            f"{path} is open in another process, most likely the app. Close it, or use another store with --store; "
            "answers already given stay in the run folders and are read when it is opened next."
        )
    return StoreError(f"cannot open {path}: {first} Check that the folder is writable; if the file is damaged, delete it and run rebuild.")

"""The one connection to DuckDB that a process may have.

DuckDB lets one process open a file read-write and no second one even read it; the app holds it while it lives. Each call takes its
own cursor, and all writes go through one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llmkick_core.errors import StoreBusyError, StoreError
from llmkick_core.store.layout import DATABASE
from llmkick_core.store.migrations import migrate

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_CONFIG = {"enable_external_access": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class Database:
    """An open results.duckdb, owned by this process until `close`."""

    def __init__(self, store: Path) -> None:
        """Open the database of a store, made where there is none.

        Raises:
            StoreBusyError: another process has it open.
            StoreSchemaError: it was made by a newer version.
            StoreError: the folder cannot be written, or the file is no database.
        """
        import duckdb

        self.store = store
        path = store / DATABASE
        try:
            store.mkdir(parents=True, exist_ok=True)
            self._connection = duckdb.connect(str(path), config=_CONFIG)
        except OSError as error:
            raise StoreError(f"cannot write the store {store}: {error.strerror}. Choose a writable folder with --store.") from error
        except duckdb.Error as error:
            raise _opening_error(path, str(error)) from error
        self._write_lock = threading.RLock()
        try:
            migrate(self._connection)
            self._connection.execute("SET lock_configuration = true")
        except BaseException:
            self._connection.close()
            raise

    def query(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> pd.DataFrame:
        """Return the rows of a query with bound values."""
        with self._cursor() as cursor:
            frame: pd.DataFrame = cursor.execute(sql, values).df()
            return frame

    def rows(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query with bound values, as tuples."""
        with self._cursor() as cursor:
            return list(cursor.execute(sql, values).fetchall())

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a cursor inside a transaction; one writer at a time, rolled back where the body raises."""
        with self._write_lock, self._cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opening_error(path: Path, message: str) -> StoreError:
    first = message.splitlines()[0]
    if "lock" in message.lower():
        return StoreBusyError(
            f"{path} is open in another process, most likely the app. Close it, or use another store with --store; "
            "answers already given stay in the run folders and are read when it is opened next."
        )
    return StoreError(f"cannot open {path}: {first} Check that the folder is writable; if the file is damaged, delete it and run rebuild.")

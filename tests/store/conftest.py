from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, add_run, spec


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a store with the dense run and wanda-50 on five questions."""
    add_run(tmp_path, spec(), DENSE_SAID)
    add_run(tmp_path, spec(WANDA_50), WANDA_SAID)
    return tmp_path


@pytest.fixture
def open_store() -> Iterator[Callable[[Path], Database]]:
    """Return a function that opens a store's database with everything taken in; closed after the test."""
    opened: list[Database] = []

    def opener(store: Path) -> Database:
        db = Database(store)
        opened.append(db)
        ingest(db)
        return db

    yield opener
    for db in opened:
        db.close()


@pytest.fixture
def db(small: Path, open_store: Callable[[Path], Database]) -> Database:
    """Return the database of the small store."""
    return open_store(small)

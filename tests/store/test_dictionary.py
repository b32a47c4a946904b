"""The database as others open it: every column explained, queries that run, a copy made while the file is held."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from llmkick_core.errors import StoreError
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.dictionary import QUERIES, TABLES, copy_database
from llmkick_core.store.ingest import ingest
from tests.synthetic_store import make_store

Opener = Callable[[Path], Database]


@pytest.fixture
def synthetic(tmp_path: Path, open_store: Opener) -> Database:
    make_store(tmp_path, n_each=4, recipes=[Recipe(), Recipe(method="wanda", sparsity=0.5)], tasks=("factoid_qa", "multiple_choice"))
    return open_store(tmp_path)


def test_the_words_are_of_the_tables_as_they_are(db: Database):
    found = db.rows("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL")
    assert sorted((table, column) for table, words in TABLES.items() for column in words.columns) == found


@pytest.mark.parametrize("title", QUERIES)
def test_every_query_runs_on_a_copy_and_returns_rows(synthetic: Database, title: str):
    with duckdb.connect(str(copy_database(synthetic)), read_only=True) as copy:
        assert copy.execute(QUERIES[title]).fetchall()


def test_a_copy_has_all_rows_and_the_words_as_comments(synthetic: Database):
    path = copy_database(synthetic, "mine.duckdb")
    assert path == synthetic.store / "exports" / "mine.duckdb"
    with duckdb.connect(str(path), read_only=True) as copy:
        for table in TABLES:
            count = f"SELECT count(*) FROM {table}"
            assert copy.execute(count).fetchall() == synthetic.rows(count)
        comments = copy.execute("SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert {(table, column): comment for table, column, comment in comments} == {
        (table, column): meaning for table, words in TABLES.items() for column, meaning in words.columns.items()
    }


def test_a_copy_is_replaced_and_can_be_made_of_an_index_in_memory(small: Path, synthetic: Database):
    assert copy_database(synthetic) == copy_database(synthetic)
    with Database(small, in_memory=True) as db:
        ingest(db)
        with duckdb.connect(str(copy_database(db, "memory.duckdb")), read_only=True) as copy:
            assert copy.execute("SELECT count(*) FROM answers").fetchall() == db.rows("SELECT count(*) FROM answers")


def test_a_store_whose_name_has_quotes_is_copied(tmp_path: Path, open_store: Opener):
    store = tmp_path / 'it\'s "mine"'
    make_store(store, n_each=1, recipes=[Recipe()], tasks=("factoid_qa",))
    assert copy_database(open_store(store)).is_file()


def test_no_other_file_can_be_reached(db: Database, tmp_path: Path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for sql in (
        f"SELECT * FROM '{tmp_path}/secret.csv'",
        f"ATTACH '{tmp_path}/other.duckdb' AS other",
        "SET enable_external_access = true",
    ):
        with pytest.raises(StoreError):
            db.rows(sql)
    assert copy_database(db, "../../outside.duckdb").parent == tmp_path / "exports"

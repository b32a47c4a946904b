"""The database as others open it: every column explained, queries that run, a copy made while the file is held."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def test_copies_asked_for_at_once_all_come_whole(synthetic: Database):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: copy_database(synthetic), range(4)))
    assert len(set(made)) == 1
    assert [path.name for path in made[0].parent.iterdir()] == ["results-copy.duckdb"]
    with duckdb.connect(str(made[0]), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM answers").fetchall() == synthetic.rows("SELECT count(*) FROM answers")


def test_a_copy_that_breaks_off_leaves_the_one_before_and_says_what_helps(synthetic: Database):
    path = synthetic.copy_to("mine.duckdb")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="copy again; the database itself is not touched") as told:
        synthetic.copy_to("mine.duckdb", [("no_such_table", "", "x")])
    assert "rebuild" not in str(told.value)
    assert (path.read_bytes(), [one.name for one in path.parent.iterdir()]) == (before, ["mine.duckdb"])


def test_what_a_killed_copy_left_is_in_nobodys_way(synthetic: Database):
    folder = synthetic.store / "exports"
    folder.mkdir()
    for name in (".results-copy.duckdb.partial", ".results-copy.duckdb.partial.wal"):
        (folder / name).write_bytes(b"torn")
    assert copy_database(synthetic).is_file()
    assert [one.name for one in folder.iterdir()] == ["results-copy.duckdb"]


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

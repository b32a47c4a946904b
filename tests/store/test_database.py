"""The one connection: who may have it, what it refuses, what it remembers."""

from __future__ import annotations

import subprocess
import sys
import threading

import duckdb
import numpy as np
import pytest

from llmkick_core.errors import StoreBusyError, StoreError, StoreSchemaError
from llmkick_core.store.database import MOST_REMEMBERED_BYTES, Database
from llmkick_core.store.index_mark import ASIDE
from llmkick_core.store.ingest import ingest, rebuild
from llmkick_core.store.layout import DATABASE
from llmkick_core.store.migrations import MIGRATIONS
from tests.small_store import spec

OPEN = "import sys; from pathlib import Path; from llmkick_core.store.database import Database; Database(Path(sys.argv[1]))"
HOLD = f"{OPEN.replace('Database(Path', 'db = Database(Path')}; print('open', flush=True); sys.stdin.read()"


def test_a_second_process_is_refused_with_a_way_out(tmp_path):
    with Database(tmp_path):
        second = subprocess.run([sys.executable, "-c", OPEN, str(tmp_path)], capture_output=True, text=True)
    assert second.returncode == 1
    last = second.stderr.strip().splitlines()[-1]
    assert "StoreBusyError" in last
    assert "open in another process" in last
    assert "--store" in last


def test_the_database_of_a_killed_process_opens_again(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "open\n"
    try:
        with pytest.raises(StoreBusyError, match="open in another process"):
            Database(tmp_path)
        with pytest.raises(StoreBusyError):
            rebuild(tmp_path)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    with Database(tmp_path) as db:
        assert db.rows("SELECT count(*) FROM runs") == [(0,)]


def test_a_second_handle_in_one_process_is_refused_and_leaves_the_first(tmp_path):
    with Database(tmp_path) as db:
        with pytest.raises(StoreBusyError, match="already open in this process"):
            Database(tmp_path)
        assert db.rows("SELECT 1") == [(1,)]
    with Database(tmp_path) as db:
        assert db.rows("SELECT 1") == [(1,)]


def test_a_newer_schema_is_refused_and_nothing_is_lost(small, open_store):
    db = open_store(small)
    with db.writing() as cursor:
        cursor.execute("INSERT INTO schema_version VALUES (?)", [len(MIGRATIONS) + 7])
    db.close()
    with pytest.raises(StoreSchemaError, match=rf"schema {len(MIGRATIONS) + 7}.*up to {len(MIGRATIONS)}.*rebuild"):
        Database(small)
    assert rebuild(small).n_answers == 10
    Database(small).close()


def test_the_schema_is_made_once(tmp_path):
    for _ in range(2):
        with Database(tmp_path) as db:
            assert db.rows("SELECT version FROM schema_version ORDER BY version") == [(k + 1,) for k in range(len(MIGRATIONS))]


def test_an_older_schema_is_brought_up_to_date_with_its_rows(tmp_path):
    Database(tmp_path).close()
    with duckdb.connect(str(tmp_path / DATABASE)) as old:
        for (name,) in old.execute("SELECT table_name FROM duckdb_tables() WHERE table_name <> 'schema_version'").fetchall():
            old.execute(f'DROP TABLE "{name}"')
        old.execute("DELETE FROM schema_version")
        old.execute(MIGRATIONS[0])
        old.execute("INSERT INTO schema_version VALUES (1)")
        old.execute("INSERT INTO layers VALUES ('c', 'q_proj', 0, 4, 4, 0.5, NULL, NULL, 8.5, 0.1)")
    with Database(tmp_path) as db:
        assert db.rows("SELECT max(version) FROM schema_version") == [(len(MIGRATIONS),)]
        assert db.rows("SELECT name, sparsity, position FROM layers") == [("q_proj", 0.5, None)]


def test_an_index_in_memory_reads_a_store_that_another_has_open(small, open_store):
    open_store(small)
    with Database(small, in_memory=True) as db:
        assert ingest(db).n_answers == 10
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]


@pytest.mark.parametrize("place", ["file", "file/store"])
def test_a_store_that_cannot_be_written_says_so(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write the store .*--store"):
        Database(tmp_path / place)


def test_a_file_that_is_no_database_is_not_taken_for_a_lock(tmp_path):
    Database(tmp_path).close()
    (tmp_path / DATABASE).write_bytes(b"block lock " * 500)
    with pytest.raises(StoreError, match="rebuild") as caught:
        Database(tmp_path)
    assert not isinstance(caught.value, StoreBusyError)
    assert "\n" not in str(caught.value)


def test_a_database_of_something_else_is_not_overwritten(tmp_path):
    with duckdb.connect(str(tmp_path / DATABASE)) as other:
        other.execute("CREATE TABLE runs (x INTEGER)")
    Database(tmp_path).close()
    with duckdb.connect(str(tmp_path / f"{DATABASE}{ASIDE}")) as other:
        assert other.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]


def test_nothing_outside_the_store_can_be_read(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with Database(tmp_path) as db:
        with pytest.raises(StoreError, match="Permission"):
            db.rows("SELECT * FROM read_csv($file)", {"file": str(tmp_path / "secret.csv")})
        with pytest.raises(StoreError, match="configuration"):
            db.rows("SET enable_external_access = true")


def test_a_failed_write_leaves_nothing(db):
    def fail() -> None:
        with db.writing() as cursor:
            cursor.execute("DELETE FROM answers")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert db.rows("SELECT count(*) FROM answers") == [(10,)]


@pytest.mark.parametrize(("kind", "is_broken"), [(duckdb.IOException, False), (duckdb.FatalException, True)])
def test_what_duckdb_refuses_after_opening_says_what_to_do(db, kind, is_broken):
    def fill_the_disk() -> None:
        with db.writing():
            raise kind("IO Error: Could not write file: No space left on device\nin a second line")

    with pytest.raises(StoreError, match=r"No space left on device\. If the disk is full, make room.*rebuild") as caught:
        fill_the_disk()
    assert "\n" not in str(caught.value)
    assert db.is_broken is is_broken
    assert db.rows("SELECT count(*) FROM answers") == [(10,)]


def test_a_transaction_that_duckdb_ended_itself_shows_the_first_error(db):
    def end_it() -> None:
        with db.writing() as cursor:
            cursor.execute("ROLLBACK")
            raise duckdb.IOException("IO Error: the first")

    with pytest.raises(StoreError, match="the first"):
        end_it()


def test_a_query_that_fails_is_a_store_error(db):
    db.close()
    for ask in (db.query, db.rows):
        with pytest.raises(StoreError, match="cannot be used"):
            ask("SELECT 1")


def test_what_is_remembered_is_forgotten_at_the_next_write(db):
    made = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [db.remember("key", make), db.remember("key", make)] == [1, 1]
    with db.writing():
        pass
    assert db.remember("key", make) == 2


def test_what_was_made_during_a_write_is_not_remembered(db):
    def make() -> str:
        with db.writing():
            return "stale"

    assert db.remember("key", make) == "stale"
    assert db.remember("key", lambda: "fresh") == "fresh"


def test_memory_of_answers_is_bounded(db):
    for k in range(1000):
        db.remember(k, lambda: np.zeros(1_000_000))  # 8 MB
    assert len(db._remembered) == MOST_REMEMBERED_BYTES // 8_000_000
    db.remember("one", lambda: np.zeros(MOST_REMEMBERED_BYTES))
    assert list(db._remembered) == ["one"]
    with db.writing():
        pass
    assert (len(db._remembered), db._remembered_bytes) == (0, 0)


def test_writers_of_one_key_take_turns(db):
    failures = []

    def write(k: int) -> None:
        try:
            for _ in range(5):
                with db.writing() as cursor:
                    cursor.execute("UPDATE runs SET seed = ? WHERE run_id = ?", [k, spec().run_id])
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_columns_say_what_is_missing(db: Database):
    found = db.columns("SELECT * FROM (VALUES (1, 0.5, true, 'a'), (NULL, NULL, NULL, NULL)) t(whole, share, yes, word)")
    assert [found["whole"][0], found["share"][0], found["yes"].tolist(), found["word"].tolist()] == [1, 0.5, [True, None], ["a", None]]
    assert np.isnan(found["whole"][1])
    assert np.isnan(found["share"][1])

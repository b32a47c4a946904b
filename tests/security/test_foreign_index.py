"""An index that came with a store: whatever it says, only what the run folders hold is shown; and stores that cannot be written are read all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from llmkick_core.errors import StoreBusyError, StoreError
from llmkick_core.store.database import Database
from llmkick_core.store.dictionary import copy_database
from llmkick_core.store.index_mark import ASIDE
from llmkick_core.store.ingest import ingest, rebuild
from llmkick_core.store.layout import DATABASE
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, add_run, spec

NOBODY = 65_534


def invoke(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    add_run(tmp_path / "store", spec(), DENSE_SAID)
    add_run(tmp_path / "store", spec(WANDA_50), WANDA_SAID)
    return tmp_path / "store"


def indexed(store: Path) -> list[tuple[str, float | None]]:
    with Database(store) as db:
        ingest(db)
        return db.rows(
            "SELECT a.text, s.value FROM answers a JOIN scores s USING (run_id, sample_id) WHERE scorer = 'corrected' ORDER BY ALL"
        )


def forge(store: Path) -> None:
    """Make an index as this program makes it, and change what it says."""
    indexed(store)
    with duckdb.connect(str(store / DATABASE)) as other:
        other.execute("UPDATE answers SET text = 'forged'")
        other.execute("UPDATE scores SET value = 1")


def as_stranger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LLMKICK_STATE", str(tmp_path / "state of a stranger"))


def test_a_strangers_index_is_not_believed(store, tmp_path, monkeypatch):
    true = indexed(store)
    with monkeypatch.context() as theirs:
        as_stranger(theirs, tmp_path)
        forge(store)
    assert indexed(store) == true
    assert (store / f"{DATABASE}{ASIDE}").is_file()


def test_a_strangers_index_is_not_even_opened(store, tmp_path, monkeypatch):
    (store / DATABASE).write_bytes(b"what makes a reader crash" * 1000)
    (store / f"{DATABASE}.wal").write_bytes(b"and a log")
    assert len(indexed(store)) == 10
    assert (store / f"{DATABASE}{ASIDE}").read_bytes().startswith(b"what makes a reader crash")


def test_a_log_without_an_index_is_not_replayed(store):
    (store / f"{DATABASE}.wal").write_bytes(b"a log of nothing")
    assert len(indexed(store)) == 10


@pytest.mark.parametrize("is_in_place", [True, False])
def test_an_index_that_replaces_ours_is_not_believed(store, tmp_path, monkeypatch, is_in_place):
    other = tmp_path / "other"
    add_run(other, spec(), DENSE_SAID)
    forge(other)
    true = indexed(store)
    if is_in_place:  # the same file, with another content
        (store / DATABASE).write_bytes((other / DATABASE).read_bytes())
    else:
        shutil.copy(other / DATABASE, tmp_path / "new")
        os.replace(tmp_path / "new", store / DATABASE)
    assert indexed(store) == true


ENDLESS = "SELECT range::VARCHAR AS run_id, 'x' AS name FROM range(1000000000000000)"


@pytest.mark.parametrize("table", ["schema_version", "parts"])
def test_an_endless_view_holds_nothing_up(store, table):
    indexed(store)
    with duckdb.connect(str(store / DATABASE)) as other:
        other.execute("COMMENT ON TABLE schema_version IS NULL")
        other.execute(f"DROP TABLE {table}")
        other.execute(f"CREATE VIEW {table} AS {ENDLESS}")
    assert len(indexed(store)) == 10


def test_our_own_index_is_kept(store):
    indexed(store)
    with Database(store) as db:
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]
        assert ingest(db).n_parts == 0
    assert not (store / f"{DATABASE}{ASIDE}").exists()


def test_a_moved_store_is_indexed_once_more(store, tmp_path):
    true = indexed(store)
    store.rename(tmp_path / "moved")
    assert indexed(tmp_path / "moved") == true


def test_a_copy_for_other_programs_has_no_secret(store):
    with Database(store) as db:
        ingest(db)
        path = copy_database(db)
    with duckdb.connect(str(path), read_only=True) as copy:
        (comment,) = copy.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'schema_version'").fetchone()
    assert comment.startswith("Version of this schema")


HOLD = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


def test_an_unmarked_index_that_another_program_has_open_is_left_alone(store):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store / DATABASE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        inode = (store / DATABASE).stat().st_ino
        with pytest.raises(StoreBusyError, match="open in another process"):
            Database(store)
        assert (store / DATABASE).stat().st_ino == inode
        other.communicate("")


def test_a_folder_of_marks_that_cannot_be_written_costs_an_index_each_time_and_nothing_else(store, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLMKICK_STATE", str(tmp_path / "file" / "state"))
    assert indexed(store) == indexed(store)
    with Database(store), pytest.raises(StoreBusyError, match="already open in this process"):
        Database(store)


def test_rebuild_makes_the_index_ours(store):
    (store / DATABASE).write_bytes(b"not a database" * 1000)
    assert rebuild(store).n_answers == 10
    with Database(store) as db:
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]


@contextmanager
def without_rights() -> Iterator[Path]:
    """Yield a folder that this process may read and not write inside the block: folders that root owns hold a process of another user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for one in (folder, *folder.rglob("*")):
            if one.is_dir():
                one.chmod(0o755)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take the right to write away, from root too by being somebody else."""
    for one in (*folder.rglob("*"), folder):
        one.chmod(0o555 if one.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
            os.setegid(0)


@pytest.mark.parametrize("index", ["none", "ours", "foreign"])
def test_report_and_export_read_a_store_that_cannot_be_written(store, tmp_path, monkeypatch, index):
    invoke("report", "--store", store)  # what is imported late is imported now
    for file in store.glob(f"{DATABASE}*"):
        file.unlink()
    out = Path(tempfile.mkdtemp())
    out.chmod(0o777)
    try:
        with without_rights() as folder:
            held = folder / "store"
            shutil.copytree(store, held)
            if index == "ours":
                indexed(held)
            elif index == "foreign":
                (held / DATABASE).write_bytes(b"not a database" * 1000)
            with read_only(held):
                with pytest.raises(StoreError):
                    Database(held)
                report = invoke("report", "--store", held)
                export = invoke("export", "--store", held, "--overview", "--out", out / "scores.csv")
            assert report.exit_code == 0, report.output
            assert "wanda" in report.output.lower()
            assert export.exit_code == 0, export.output
            assert len((out / "scores.csv").read_text().splitlines()) > 1
    finally:
        shutil.rmtree(out)

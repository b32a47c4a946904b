"""A store from somebody else reads and writes nothing outside its folder, whatever its files are called, say, or point at."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmkick_core.errors import CorruptFileError, LlmkickError, StoreError
from llmkick_core.jobs.consent import mark
from llmkick_core.jobs.local import LOG, LocalExecutor
from llmkick_core.jobs.worker import prune_kept
from llmkick_core.judge.jobs import cancel, jobs
from llmkick_core.judge.prices import price_of
from llmkick_core.judgment import Vote
from llmkick_core.live.lifeline import end, last_words, start
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.dictionary import copy_database
from llmkick_core.store.ingest import ingest, rebuild
from llmkick_core.store.judgings import journal, read_judge_spec
from llmkick_core.store.kept import kept_models
from llmkick_core.store.layout import judge_job_dir, run_dir, samples_file, server_log, write_json
from llmkick_core.store.locks import group_lock, held, is_held
from llmkick_core.store.notes import write_note
from llmkick_core.store.parts import append_part, part_files, read_part
from llmkick_core.store.runs import read_facts, read_layers, read_spec, read_status, sample_set_of, write_status
from llmkick_core.store.traces import read_traces
from llmkick_core.store.trees import check_folder
from llmkick_core.store.views import save_view, saved_views
from llmkick_core.store.votes import write_vote
from tests.security.full_store import DENSE_ID, WANDA_ID, full_store
from tests.small_store import SAMPLES, WANDA_50, spec

SECRET = "PATH=/usr/bin  # a shell profile\n"


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Fail where a test hangs, as on a pipe that nobody writes to."""

    def late(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full_store(tmp_path_factory.mktemp("paths") / "whole")


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    """Return a store of its own, in a folder that also holds what must stay as it is."""
    shutil.copytree(whole, tmp_path / "store")
    mark(tmp_path / "store", [WANDA_ID], "command")
    return tmp_path / "store"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """Return a folder beside the store that holds a file; after the test it is as it was."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "profile").write_text(SECRET)
    yield folder
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"profile": SECRET}


def link(path: Path, target: Path) -> None:
    """Put a link in the place of whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


# what a file says of its own id


def test_a_status_that_names_another_folder_is_that_of_its_own(store: Path, victim: Path) -> None:
    path = run_dir(store, WANDA_ID) / "status.json"
    path.write_text(json.dumps({"run_id": "../../../victim", "state": "queued", "submitted_at": 1.7e9}))
    executor = LocalExecutor(store, device="cpu")
    [status] = executor.status([WANDA_ID])
    assert (status.run_id, status.state) == (WANDA_ID, "queued")
    executor.cancel([WANDA_ID])
    assert (path.parent / "cancel").exists()
    assert [one.state for one in executor.status([WANDA_ID])] == ["cancelled"]


def test_a_status_is_written_into_no_folder_but_a_runs(store: Path, victim: Path) -> None:
    for name in ("../../victim", "..", ".", "", "/etc", "a/b", "a\0b", "x" * 65, "ä"):
        with pytest.raises(StoreError, match="is not the id of a run"):
            write_status(store, RunStatus(run_id=name))


def test_the_spec_of_another_run_is_refused(store: Path) -> None:
    shutil.copytree(run_dir(store, DENSE_ID), store / "runs" / "0123456789abcdef")
    with pytest.raises(CorruptFileError, match=f"is the spec of run {DENSE_ID}, not of 0123456789abcdef"):
        read_spec(store, "0123456789abcdef")
    assert "0123456789abcdef" not in {run.run_id for run, _ in LocalExecutor(store, device="cpu").runs()}


@pytest.mark.parametrize("name", ["../../victim/profile", "..", "a/../b", 7, ["a"], None, "a" * 300])
def test_questions_are_looked_for_in_the_store_alone(store: Path, victim: Path, name: object) -> None:
    (run_dir(store, DENSE_ID) / "samples.json").write_text(json.dumps({"sample_set": name}))
    with pytest.raises(CorruptFileError, match="names no set of questions"):
        sample_set_of(store, DENSE_ID)
    with Database(store) as db:
        assert any("names no set of questions" in line for line in ingest(db).damaged)


@pytest.mark.parametrize("make", [samples_file, server_log, judge_job_dir, group_lock, run_dir])
def test_no_id_becomes_a_path_out_of_the_store(store: Path, make: Callable[[Path, str], Path]) -> None:
    for name in ("../x", "..", "x/y", "", ".hidden", "x\n", "-x"):
        with pytest.raises(StoreError, match="is not the id of"):
            make(store, name)


def test_a_run_that_is_asked_for_by_a_path_is_not_there(store: Path, victim: Path) -> None:
    write_json(victim.parent / "runs" / "elsewhere" / "spec.json", spec().to_dict())
    with pytest.raises(LlmkickError, match="no run"):
        LocalExecutor(store, device="cpu").status(["../../runs/elsewhere"])
    shutil.rmtree(victim.parent / "runs")


# links to folders


def test_a_run_folder_that_is_a_link_is_left_out_and_named(store: Path, victim: Path) -> None:
    elsewhere = victim.parent / "elsewhere"
    shutil.move(run_dir(store, WANDA_ID), elsewhere)
    link(run_dir(store, WANDA_ID), elsewhere)
    kept = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    executor = LocalExecutor(store, device="cpu")
    assert WANDA_ID not in {run.run_id for run, _ in executor.runs()}
    with Database(store) as db:
        assert any(WANDA_ID in line and "is no folder of a run" in line for line in ingest(db).damaged)
    for write in (
        lambda: executor.submit([spec(WANDA_50)]),
        lambda: write_status(store, RunStatus(run_id=WANDA_ID)),
        lambda: append_part(run_dir(store, WANDA_ID), [], []),
    ):
        with pytest.raises(StoreError, match="link"):
            write()
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == kept


@pytest.mark.parametrize("folder", ["runs", "samples", "notes", "judgings", "judge-jobs", "votes", "checkpoints", "served", "logs", "locks", "exports"])  # fmt: skip
def test_a_folder_of_the_store_that_is_a_link_is_neither_read_nor_written(store: Path, victim: Path, folder: str) -> None:
    with Database(store) as db:
        ingest(db)
        sample_set = db.rows("SELECT sample_set FROM runs WHERE run_id = ?", [DENSE_ID])[0][0]
        link(store / folder, victim)
        executor = LocalExecutor(store, device="cpu")
        steps: list[Callable[[], object]] = [
            lambda: executor.submit([spec(), spec(WANDA_50)]),
            lambda: executor.cancel([WANDA_ID]),
            lambda: ingest(db),
            lambda: write_note(db, sample_set, SAMPLES[0].sample_id, "hello"),
            lambda: write_vote(db, Vote(run_a=DENSE_ID, run_b=WANDA_ID, sample_id=SAMPLES[0].sample_id, winner="a", shown_first="a")),
            lambda: copy_database(db, "copy.duckdb"),
            lambda: jobs(store),
            lambda: cancel(store, "1700000000-abcdef01"),
            lambda: kept_models(store),
            lambda: prune_kept(executor),
            lambda: held(group_lock(store, spec().compression_id)).__enter__(),
            *([lambda: start("llmkick_core.live.serving", [], server_log(store, "x"))] if folder == "logs" else []),
            lambda: check_folder(store / folder),
        ]
        refused = 0
        for step in steps:
            try:
                step()
            except LlmkickError as error:
                refused += "link" in str(error)
        assert refused


def test_kept_models_behind_a_link_are_not_removed(store: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = victim.parent / "models" / spec().compression_id
    mine.mkdir(parents=True)
    (mine / "weights").write_bytes(b"x" * 10_000)
    monkeypatch.setenv("LLMKICK_KEEP_GB", "0")
    for kind in ("checkpoints", "served"):
        link(store / kind, mine.parent)
    executor = LocalExecutor(store, device="cpu")
    write_status(store, RunStatus(run_id=WANDA_ID, state="done"))
    prune_kept(executor)
    assert (kept_models(store), (mine / "weights").exists()) == ([], True)


# links to files


def test_a_log_that_is_a_link_is_neither_shown_nor_written(store: Path, victim: Path) -> None:
    link(store / LOG, victim / "profile")
    executor = LocalExecutor(store, device="cpu")
    assert executor._last_words(1) == "it left no log"
    with pytest.raises(StoreError, match=r"worker\.log is a link"):
        executor.ensure_worker()
    log = server_log(store, "x")
    link(log, victim / "profile")
    assert last_words(log) == "it left no log"
    with pytest.raises(StoreError, match="is a link"):
        end(start("llmkick_core.live.serving", [], log))


def test_judgments_notes_and_votes_are_appended_to_no_link(store: Path, victim: Path) -> None:
    with Database(store) as db:
        ingest(db)
        judging_id, sample_set = db.rows("SELECT judging_id, r.sample_set FROM judgings JOIN runs r USING (run_id)")[0]
        asked = read_judge_spec(store, judging_id)
        for path in (
            store / "judgings" / judging_id / "judgments.jsonl",
            store / "notes" / f"{sample_set}.jsonl",
            store / "votes" / f"{DENSE_ID}-{WANDA_ID}.jsonl",
        ):
            link(path, victim / "profile")
        with pytest.raises(StoreError, match="is a link"), journal(store, asked):
            pass
        with pytest.raises(StoreError, match="is a link"):
            write_note(db, sample_set, SAMPLES[0].sample_id, "hello")
        with pytest.raises(StoreError, match="is a link"):
            write_vote(db, Vote(run_a=DENSE_ID, run_b=WANDA_ID, sample_id=SAMPLES[0].sample_id, winner="a", shown_first="a"))
        damaged = ingest(db).damaged
        assert sum("is a link" in line for line in damaged) == 3
        assert not any(SECRET.strip() in line for line in damaged)


@pytest.mark.parametrize(
    "name", ["status.json", "samples.json", "facts.json", "layers.json", "part-00000.jsonl", "traces-00000.npz", "spec.json"]
)
def test_a_file_of_a_run_that_is_a_link_is_not_read(store: Path, victim: Path, name: str) -> None:
    run_id = WANDA_ID if name == "layers.json" else DENSE_ID
    path = run_dir(store, run_id) / name
    shutil.move(path, victim.parent / "real")
    link(path, victim.parent / "real")
    if name == "status.json":
        assert "damaged" in read_status(store, run_id).message
    elif name == "traces-00000.npz":
        assert list(read_traces(store, run_id)) == []
    else:
        read = {"samples.json": sample_set_of, "facts.json": read_facts, "layers.json": read_layers, "spec.json": read_spec}
        with pytest.raises(CorruptFileError, match="is a link"):
            read[name](store, run_id) if name in read else read_part(part_files(run_dir(store, run_id))[0])


def test_writing_replaces_a_link_and_leaves_its_target(store: Path, victim: Path) -> None:
    path = run_dir(store, WANDA_ID) / "status.json"
    link(path, victim / "profile")
    write_status(store, RunStatus(run_id=WANDA_ID, state="done"))
    assert (path.is_symlink(), read_status(store, WANDA_ID).state) == (False, "done")
    for name in ("prices.csv", "views.jsonl", "judges.json"):
        link(store / name, victim / "profile")
    with pytest.raises(LlmkickError, match="is a link"):
        price_of("j1", "http://j", store)
    with pytest.raises(StoreError, match="is a link"):
        saved_views(store)
    with pytest.raises(StoreError, match="is a link"):
        save_view(store, "mine", "compare", "")


@pytest.mark.parametrize("make", [lambda path, victim: link(path, victim / "made"), lambda path, victim: os.mkfifo(path)])
def test_a_lock_that_is_a_link_or_a_pipe_is_replaced(store: Path, victim: Path, make: Callable[[Path, Path], None]) -> None:
    lock = group_lock(store, "0123456789abcdef")
    make(lock, victim)
    assert not is_held(lock)
    with held(lock) as is_ours:
        assert (is_ours, is_held(lock), lock.is_symlink() or lock.is_fifo()) == (True, True, False)


@pytest.mark.parametrize("name", ["results.duckdb", "results.duckdb.wal"])
def test_a_database_that_is_a_link_is_not_opened_and_rebuild_replaces_it(store: Path, victim: Path, name: str) -> None:
    link(store / name, victim / "made")
    with pytest.raises(StoreError, match="is a link"):
        Database(store)
    assert rebuild(store).n_answers > 0
    assert not (store / name).is_symlink()


# pipes, devices, and files without end


@pytest.mark.parametrize(
    "name", ["status.json", "samples.json", "facts.json", "part-00000.jsonl", "traces-00000.npz", "spec.json", "cancel"]
)
@pytest.mark.parametrize("kind", ["pipe", "zero", "sparse", "folder", "loop"])
def test_no_file_hangs_or_fills_the_memory(store: Path, name: str, kind: str) -> None:
    path = run_dir(store, DENSE_ID) / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "sparse":
        with path.open("wb") as stream:
            stream.truncate(20 * 10**9)
    else:
        path.symlink_to("/dev/zero" if kind == "zero" else path.name)
    with Database(store) as db:
        damaged = ingest(db).damaged
        assert db.rows("SELECT count(*) FROM answers WHERE run_id = ?", [WANDA_ID]) == [(len(SAMPLES),)]
    if name in ("samples.json", "facts.json", "spec.json") or (name.startswith("part") and kind != "folder"):
        assert any(str(path) in line for line in damaged)
    executor = LocalExecutor(store, device="cpu")
    assert WANDA_ID in {run.run_id for run, _ in executor.runs()}
    executor.cancel([WANDA_ID])
    assert list(read_traces(store, DENSE_ID)) == [] or name != "traces-00000.npz"


def test_a_file_beyond_its_size_is_named_with_size_and_limit(store: Path) -> None:
    path = run_dir(store, DENSE_ID) / "facts.json"
    with path.open("wb") as stream:
        stream.truncate(20 * 10**9)
    with pytest.raises(CorruptFileError, match=r"facts\.json .*has 20,000,000,000 bytes; at most 4,194,304 are read"):
        read_facts(store, DENSE_ID)


# what stays allowed


def test_the_stores_own_folder_may_be_a_link(store: Path) -> None:
    place = store.parent / "place"
    place.symlink_to(store)
    with Database(place) as db:
        assert ingest(db).damaged == ()
    LocalExecutor(place, device="cpu").cancel([WANDA_ID])
    assert (run_dir(store, WANDA_ID) / "cancel").exists()


# what was so before, and stays


def test_a_link_to_cancel_is_taken_away_and_not_followed(store: Path, victim: Path) -> None:
    path = run_dir(store, WANDA_ID) / "cancel"
    link(path, victim / "profile")
    LocalExecutor(store, device="cpu").submit([spec(WANDA_50)])
    assert not path.is_symlink()
    link(path, victim / "missing")  # what is written there is not made
    LocalExecutor(store, device="cpu").cancel([WANDA_ID])


def test_copies_of_the_database_follow_no_link(store: Path, victim: Path) -> None:
    for name in ("copy.duckdb", ".copy.duckdb.partial", ".copy.duckdb.partial.wal"):
        link(store / "exports" / name, victim / "made")
    with Database(store) as db:
        made = copy_database(db, "copy.duckdb")
    assert (made.is_symlink(), made.stat().st_size > 0) == (False, True)

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.errors import JobError, StoreError
from llmkick_core.jobs import local as module
from llmkick_core.jobs.base import Executor
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.run import CANCEL
from llmkick_core.schema import Answer, Recipe, RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir, samples_file
from llmkick_core.store.locks import group_lock, held, is_held, worker_lock
from llmkick_core.store.parts import append_part, part_files, read_part
from llmkick_core.store.runs import read_spec, read_status, sample_set_of, write_samples, write_status

DENSE = RunSpec(model="bundled:none", task="factoid_qa")
PRUNED = RunSpec(model="bundled:none", task="factoid_qa", recipe=Recipe(method="magnitude", sparsity=0.5))


@pytest.fixture
def executor(tmp_path: Path) -> LocalExecutor:
    return LocalExecutor(tmp_path / "store", device="cpu")


def state(executor: LocalExecutor, spec: RunSpec = DENSE) -> str:
    return executor.status([spec.run_id])[0].state


def test_submitting_queues_once(executor: LocalExecutor):
    as_protocol: Executor = executor
    assert as_protocol.submit([DENSE, PRUNED, DENSE]) == [DENSE.run_id, PRUNED.run_id, DENSE.run_id]
    assert read_spec(executor.store, DENSE.run_id) == DENSE
    before = executor.status()
    assert [status.state for status in before] == ["queued", "queued"]
    executor.submit([DENSE])
    assert executor.status() == before
    assert [spec for spec, _ in as_protocol.runs()] == [DENSE, PRUNED]


def test_an_empty_store_has_no_runs(executor: LocalExecutor):
    assert executor.status() == []
    assert executor.submit([]) == []


@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_a_run_that_failed_or_was_cancelled_is_queued_again(executor: LocalExecutor, ended: str):
    executor.submit([DENSE])
    write_status(executor.store, RunStatus(run_id=DENSE.run_id, state=ended, message="no"))
    (run_dir(executor.store, DENSE.run_id) / CANCEL).touch()
    executor.submit([DENSE])
    assert executor.status()[0].message == ""
    assert state(executor) == "queued"


def tear_part(store: Path) -> None:
    part_files(run_dir(store, DENSE.run_id))[0].write_text("torn")


def lose_questions(store: Path) -> None:
    samples_file(store, sample_set_of(store, DENSE.run_id)).unlink()


def tear_questions(store: Path) -> None:
    samples_file(store, sample_set_of(store, DENSE.run_id)).write_text("torn")


def tear_note_of_questions(store: Path) -> None:
    (run_dir(store, DENSE.run_id) / "samples.json").write_text('{"torn')


def lose_note_of_questions(store: Path) -> None:
    (run_dir(store, DENSE.run_id) / "samples.json").unlink()


@pytest.mark.parametrize("spoil", [tear_part, lose_questions, tear_questions, tear_note_of_questions, lose_note_of_questions])
def test_a_done_run_stays_done_unless_something_of_it_is_damaged(executor: LocalExecutor, spoil: Callable[[Path], None]):
    executor.submit([DENSE])
    write_samples(executor.store, DENSE.run_id, [Sample(sample_id="s", question="?", turns=("?",))])
    append_part(run_dir(executor.store, DENSE.run_id), [Answer(run_id=DENSE.run_id, sample_id="s")], [])
    write_status(executor.store, RunStatus(run_id=DENSE.run_id, state="done"))
    executor.submit([DENSE])
    assert state(executor) == "done"
    spoil(executor.store)
    executor.submit([DENSE])
    assert state(executor) == "queued"


def test_a_running_run_without_a_living_worker_reads_queued(executor: LocalExecutor):
    executor.submit([DENSE])
    write_status(executor.store, RunStatus(run_id=DENSE.run_id, state="running", stage="asking", n_done=7, n_total=9, pid=1))
    [status] = executor.status()
    assert (status.state, status.n_done, status.pid) == ("queued", 7, 0)
    with held(group_lock(executor.store, DENSE.compression_id)):
        assert state(executor) == "running"
        executor.submit([DENSE])
        assert state(executor) == "running"


def test_a_torn_status_file_reads_queued_with_a_note(executor: LocalExecutor):
    executor.submit([DENSE])
    (run_dir(executor.store, DENSE.run_id) / "status.json").write_text('{"state": "runn')
    [status] = executor.status()
    assert status.state == "queued"
    assert "damaged" in status.message


def test_a_damaged_spec_hides_one_run_only_and_is_mended_by_submitting(executor: LocalExecutor):
    executor.submit([DENSE, PRUNED])
    part = append_part(run_dir(executor.store, DENSE.run_id), [Answer(run_id=DENSE.run_id, sample_id="s")], [])
    (run_dir(executor.store, DENSE.run_id) / "spec.json").write_text("{")
    fresh = LocalExecutor(executor.store)
    assert [status.run_id for status in fresh.status()] == [PRUNED.run_id]
    fresh.submit([DENSE])
    assert read_spec(executor.store, DENSE.run_id) == DENSE
    assert [answer.sample_id for answer in read_part(part).answers] == ["s"]


def test_cancelling_asks_queued_and_running_runs_only(executor: LocalExecutor):
    executor.submit([DENSE, PRUNED])
    write_status(executor.store, RunStatus(run_id=PRUNED.run_id, state="done"))
    executor.cancel([DENSE.run_id, PRUNED.run_id])
    assert [state(executor, spec) for spec in (DENSE, PRUNED)] == ["cancelled", "done"]
    assert not (run_dir(executor.store, PRUNED.run_id) / CANCEL).exists()
    executor.submit([DENSE])
    assert state(executor) == "queued"


def test_a_running_run_that_was_cancelled_and_submitted_again_goes_on(executor: LocalExecutor):
    executor.submit([DENSE])
    write_status(executor.store, RunStatus(run_id=DENSE.run_id, state="running", pid=1, n_done=7))
    with held(group_lock(executor.store, DENSE.compression_id)):
        executor.cancel([DENSE.run_id])
        assert (run_dir(executor.store, DENSE.run_id) / CANCEL).exists()
        executor.submit([DENSE])
        [status] = executor.status()
        assert (status.state, status.n_done) == ("running", 7)
    assert not (run_dir(executor.store, DENSE.run_id) / CANCEL).exists()


def test_an_unknown_run_is_named(executor: LocalExecutor):
    for call in (executor.status, executor.cancel):
        with pytest.raises(JobError, match="no run 'abc'"):
            call(["abc"])


def test_a_worker_is_started_only_where_runs_wait_and_none_works(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch):
    started = []

    def spawn(_: LocalExecutor, slot: int, n_workers: int) -> subprocess.Popen[bytes]:
        started.append((slot, n_workers))
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    monkeypatch.setattr(LocalExecutor, "_spawn", spawn)
    executor.ensure_worker()
    assert started == []  # nothing waits
    executor.submit([DENSE])
    with held(worker_lock(executor.store, "cpu")):
        executor.ensure_worker()
    assert started == []  # another process's worker lives
    executor.ensure_worker()
    executor.ensure_worker()
    assert started == [(0, 1)]
    with module._children.pop(worker_lock(executor.store, "cpu")) as child:
        child.kill()


def test_a_worker_that_failed_is_told_once_and_then_tried_again(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch):
    executor.submit([DENSE])
    (executor.store / "worker.log").write_text("INFO begin\nERROR no room on the disk\n\n")
    monkeypatch.setattr(LocalExecutor, "_spawn", lambda *_: subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]))
    executor.ensure_worker()
    module._children[worker_lock(executor.store, "cpu")].wait()
    with pytest.raises(JobError, match="exit code 3: ERROR no room on the disk"):
        executor.ensure_worker()
    executor.ensure_worker()
    module._children.pop(worker_lock(executor.store, "cpu")).wait()


def test_several_workers_are_started_where_recipes_of_small_models_wait(
    executor: LocalExecutor, tmp_path: Path, tiny_llama_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LLMKICK_THREADS", "3")
    started = []

    def spawn(_: LocalExecutor, slot: int, n_workers: int) -> subprocess.Popen[bytes]:
        started.append((slot, n_workers))
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    monkeypatch.setattr(LocalExecutor, "_spawn", spawn)
    few = [replace(spec, model=str(tiny_llama_folder)) for spec in (DENSE, PRUNED)]
    executor.submit(few[:1])
    executor.ensure_worker()
    assert started == [(0, 1)]
    executor.submit(few)
    executor.ensure_worker()
    assert started == [(0, 1), (1, 2)]  # a third would find nothing to do
    for slot in (0, 1):
        with module._children.pop(worker_lock(executor.store, "cpu", slot)) as child:
            child.kill()
    gpu = LocalExecutor(tmp_path / "gpu", device="cuda")
    gpu.submit(few)
    gpu.ensure_worker()
    gpu.ensure_worker()
    assert started[2:] == [(0, 1)]
    with module._children.pop(worker_lock(gpu.store, "cuda")) as child:
        child.kill()


def test_of_several_workers_the_one_that_failed_is_quoted(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch):
    executor.submit([DENSE])
    monkeypatch.setattr(LocalExecutor, "_spawn", lambda *_: subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"]))
    executor.ensure_worker()
    child = module._children[worker_lock(executor.store, "cpu")]
    child.wait()
    lines = [f"2026-01-01 10:00:00,001 {child.pid} ERROR no room on the disk", "2026-01-01 10:00:00,002 1 INFO computing wanda-50"]
    (executor.store / "worker.log").write_text("\n".join(lines))
    with pytest.raises(JobError, match="ERROR no room on the disk"):
        executor.ensure_worker()


def test_a_killed_worker_is_no_failure(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch):
    executor.submit([DENSE])
    monkeypatch.setattr(LocalExecutor, "_spawn", lambda *_: subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
    for _ in range(2):
        executor.ensure_worker()
        with module._children[worker_lock(executor.store, "cpu")] as child:
            child.kill()
    module._children.pop(worker_lock(executor.store, "cpu"))


def test_a_lock_is_held_by_one_and_lost_with_its_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmkick_core.store.locks._PATIENCE_S", 0.05)
    path = tmp_path / "deep" / "one.lock"
    assert not is_held(path)
    with held(path) as first:
        assert first
        assert is_held(path)
        with held(path) as second:
            assert not second
        assert is_held(path)
    assert not is_held(path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        holder.stdout.readline()
        assert is_held(path)
        holder.kill()
    assert not is_held(path)


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--store"):
        LocalExecutor(tmp_path / "file" / "store").submit([DENSE])
    with pytest.raises(StoreError, match="--store"), held(tmp_path / "file" / "store" / "x.lock"):
        pass


def test_watching_runs_loads_no_torch(executor: LocalExecutor):
    executor.submit([DENSE])
    code = (
        "import sys; from pathlib import Path; from llmkick_core.jobs import estimate, worker; from llmkick_core.jobs.local import LocalExecutor;"
        f"assert LocalExecutor(Path({str(executor.store)!r})).status(); assert not {{'torch', 'transformers'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_status_survives_its_file(executor: LocalExecutor):
    executor.submit([DENSE])
    status = RunStatus(run_id=DENSE.run_id, state="failed", message="no", n_done=3)
    write_status(executor.store, status)
    assert read_status(executor.store, DENSE.run_id) == status

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.catalog import plan
from llmkick_core.errors import JobError
from llmkick_core.jobs import crew
from llmkick_core.jobs import worker as module
from llmkick_core.jobs.local import LocalExecutor, _children
from llmkick_core.jobs.stopping import Stopping
from llmkick_core.jobs.worker import main, next_group, work
from llmkick_core.run import execute
from llmkick_core.schema import Answer, Calibration, Recipe, RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import checkpoint_dir, run_dir
from llmkick_core.store.locks import group_lock, held, is_held, worker_lock
from llmkick_core.store.parts import read_parts
from llmkick_core.store.runs import read_layers, write_status

PLACES = {"factoid_qa": "freebaseqa", "multiple_choice": "mmlu", "instruction_following": "mt_bench"}


@pytest.fixture
def specs(tiny_llama_folder: Path, tiny_data: Path) -> list[RunSpec]:
    """Return nine runs: three tasks of a compressed, a dense and another compressed model, in this order."""
    calibration = Calibration(source=str(tiny_data / "calibration.txt"), n_samples=4, seq_len=32)
    recipes = [Recipe(method="wanda", sparsity=0.5, calibration=calibration), Recipe(), Recipe(method="rtn", bits=4)]
    return [
        spec
        for recipe in recipes
        for task, place in PLACES.items()
        for spec in plan(str(tiny_llama_folder), [recipe], [task], dataset=str(tiny_data / place))
    ]


def answers(store: Path, specs: list[RunSpec]) -> dict[tuple[str, str, int], Answer]:
    """Return what was answered, seen to be there once each; a part without scores tells again what was compared with dense answers that came later."""
    found: dict[tuple[str, str, int], Answer] = {}
    for spec in specs:
        for some, scores in read_parts(run_dir(store, spec.run_id)):
            if not scores:
                assert some
                for answer in some:
                    before = found[spec.run_id, answer.sample_id, answer.turn]
                    assert before.dense_n_tokens is None
                    assert answer.dense_n_tokens is not None
                    assert replace(answer, **{name: None for name in vars(answer) if name.startswith("dense_")}) == before
                continue
            assert {(score.sample_id, score.turn) for score in scores} == {(answer.sample_id, answer.turn) for answer in some}
            for answer in some:
                key = (spec.run_id, answer.sample_id, answer.turn)
                assert key not in found, "doubled"
                found[key] = answer
    return found


def until(condition: Callable[[], bool], limit_s: float = 300) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_worker_killed_again_and_again_ends_with_the_answers_of_an_undisturbed_one(specs: list[RunSpec], tmp_path: Path):
    for group in (specs[:3], specs[3:6], specs[6:]):
        execute(tmp_path / "whole", group, device="cpu")
    (tmp_path / "specs.json").write_text(json.dumps([spec.to_dict() for spec in specs]))
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("kill_worker.py")), str(tmp_path), str(tmp_path / "specs.json"), "7", "20"],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(settings.PROJECT_ROOT)},
        check=True,
    )
    expected = answers(tmp_path / "whole", specs)
    assert len(expected) == 3 * (48 + 10 + 12)
    stores = sorted(tmp_path.glob("store-*"))
    assert stores
    for store in stores:
        found = answers(store, specs)
        assert found.keys() == expected.keys()
        for key, answer in found.items():
            assert (answer.text, answer.n_tokens, answer.finish) == (expected[key].text, expected[key].n_tokens, expected[key].finish)
            assert answer.choice_logprobs == pytest.approx(expected[key].choice_logprobs, abs=1e-3)
        assert {status.state for status in LocalExecutor(store).status()} == {"done"}
        for spec in specs:
            layers = [(layer.name, layer.sparsity, layer.error) for layer in read_layers(store, spec.run_id)]
            assert layers == [(layer.name, layer.sparsity, layer.error) for layer in read_layers(tmp_path / "whole", spec.run_id)]


def test_a_real_worker_process_that_is_killed_is_followed_by_another(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    executor = LocalExecutor(tmp_path, device="cpu")
    ids = executor.submit(specs)
    executor.ensure_worker()
    until(lambda: any(status.state == "running" for status in executor.status(ids)))
    [pid] = {status.pid for status in executor.status(ids) if status.state == "running"}
    executor.ensure_worker()  # one is enough
    os.kill(pid, signal.SIGKILL)
    until(lambda: all(status.state in ("queued", "done") for status in executor.status(ids)))
    until(lambda: executor.ensure_worker() or all(status.state == "done" for status in executor.status(ids)))
    assert len(answers(tmp_path, specs)) == 3 * (48 + 10 + 12)
    assert "computing wanda-50" in (tmp_path / "worker.log").read_text()
    [pid] = {int(line.split()[2]) for line in (tmp_path / "worker.log").read_text().splitlines() if "computing rtn" in line}
    os.kill(pid, signal.SIGTERM)  # it idles, waiting for more
    _children.pop(worker_lock(tmp_path, "cpu")).wait()


def test_two_worker_processes_share_the_recipes_and_one_that_is_killed_costs_nothing(
    specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for group in (specs[:3], specs[3:6], specs[6:]):
        execute(tmp_path / "whole", group, device="cpu")
    monkeypatch.setenv("LLMKICK_THREADS", "2")
    executor = LocalExecutor(tmp_path / "shared", device="cpu")
    slots = [worker_lock(executor.store, "cpu", slot) for slot in (0, 1)]
    ids = executor.submit(specs)
    with ExitStack() as locks:
        for spec in specs[::3]:
            assert locks.enter_context(held(group_lock(executor.store, spec.compression_id)))
        executor.ensure_worker()
        until(lambda: all(map(is_held, slots)))  # both are there before either finds work
    until(lambda: len({status.pid for status in executor.status(ids) if status.state == "running"}) == 2)
    os.kill(_children[slots[0]].pid, signal.SIGKILL)
    until(lambda: executor.ensure_worker() or all(status.state == "done" for status in executor.status(ids)))
    expected, found = answers(tmp_path / "whole", specs), answers(executor.store, specs)
    assert {key: answer.text for key, answer in found.items()} == {key: answer.text for key, answer in expected.items()}
    for lock in slots:
        if (child := _children.pop(lock, None)) is not None:
            child.terminate()  # it idles, waiting for more
            child.wait()


def test_a_worker_in_a_further_slot_takes_small_models_only(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs)
    assert next_group(executor, slot=1) == next_group(executor)
    monkeypatch.setattr(crew, "SMALL", 1000)
    assert next_group(executor, slot=1) == []
    assert next_group(executor)[0].recipe.is_dense


def test_runs_that_another_worker_ended_in_the_meantime_are_not_computed_again(
    specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs[3:6])
    group = next_group(executor)
    states = ("failed", "done", "running")  # the last one's worker died
    for spec, state in zip(group, states, strict=True):
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state=state, message=state))
    computed = []

    def compute(store: Path, group: list[RunSpec], **_: object) -> None:
        for spec in group:
            computed.append(spec)
            write_status(store, RunStatus(run_id=spec.run_id, state="done"))

    monkeypatch.setattr(module, "execute", compute)
    module._compute(executor, group, None, Stopping(tmp_path))
    assert computed == group[2:]
    module._compute(executor, group, None, Stopping(tmp_path))
    assert computed == group[2:]
    assert executor.status([group[0].run_id])[0].message == "failed"


def test_dense_runs_come_first_then_those_that_wait_longest(specs: list[RunSpec], tmp_path: Path):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs)
    order = []
    while group := next_group(executor):
        order.append([(spec.recipe.label, spec.task) for spec in group])
        for spec in group:
            write_status(tmp_path, RunStatus(run_id=spec.run_id, state="done"))
    assert order == [[(label, task) for task in PLACES] for label in ("dense", "wanda-50", "rtn-4bit")]


def test_a_group_that_another_device_computes_is_left_alone(specs: list[RunSpec], tmp_path: Path):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs)
    with held(group_lock(tmp_path, specs[3].compression_id)):
        assert next_group(executor)[0].recipe.label == "wanda-50"


def test_a_second_worker_of_a_device_leaves_at_once(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmkick_core.store.locks._PATIENCE_S", 0.05)
    LocalExecutor(tmp_path, device="cpu").submit(specs)
    with held(worker_lock(tmp_path, "cpu")):
        assert not work(tmp_path, device="cpu", idle_s=0)
    assert LocalExecutor(tmp_path).status()[0].state == "queued"


def test_a_worker_without_work_ends(tmp_path: Path):
    assert work(tmp_path, device="cpu", idle_s=0)
    assert main(["--store", str(tmp_path), "--idle", "0"]) == 0


def test_workers_that_die_at_the_same_point_are_not_sent_for_ever(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(module, "execute", die)
    executor = LocalExecutor(tmp_path, device="cpu")
    [run_id] = executor.submit(specs[3:4])
    for _ in range(module.MOST_DEATHS):
        with pytest.raises(Killed):
            work(tmp_path, device="cpu", idle_s=0)
    assert work(tmp_path, device="cpu", idle_s=0)
    [status] = executor.status([run_id])
    assert status.state == "failed"
    assert "5 workers in a row died" in status.message
    executor.submit(specs[3:4])  # a person tries again
    with pytest.raises(Killed):
        work(tmp_path, device="cpu", idle_s=0)


def test_deaths_after_progress_do_not_add_up(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs[3:4])

    def get_on_and_die(store: Path, group: list[RunSpec], **_: object) -> None:
        folder = run_dir(store, group[0].run_id)
        (folder / f"part-{len(list(folder.glob('part-*'))):05}.jsonl").touch()
        raise Killed

    monkeypatch.setattr(module, "execute", get_on_and_die)
    for _ in range(3 * module.MOST_DEATHS):
        with pytest.raises(Killed):
            work(tmp_path, device="cpu", idle_s=0)


def test_a_run_submitted_again_while_its_group_goes_on_gets_another_turn(
    specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs[3:6])
    turns = []

    def fail_first(store: Path, group: list[RunSpec], **_: object) -> None:
        turns.append([spec.task for spec in group])
        for spec, status in zip(group, executor.status([spec.run_id for spec in group]), strict=True):
            is_bad = len(turns) == 1 and spec is group[0]
            write_status(store, replace(status, state="failed" if is_bad else "done"))
            if is_bad:
                executor.submit([spec])  # a person tries again at once

    monkeypatch.setattr(module, "execute", fail_first)
    assert work(tmp_path, device="cpu", idle_s=0)
    assert turns == [list(PLACES), list(PLACES)[:1]]
    assert {status.state for status in executor.status()} == {"done"}


def test_compressed_models_above_the_limit_go_the_longest_unused_first(
    specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs)
    folders = [checkpoint_dir(tmp_path, spec.compression_id) for spec in specs[::3]]  # dense has one here too
    assert len(set(folders)) == 3
    for age, folder in enumerate(folders):
        folder.mkdir(parents=True)
        (folder / "block-000.safetensors").write_bytes(bytes(1000))
        os.utime(folder, (1000 - age, 1000 - age))  # the last one is the oldest
    for spec in specs:
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state="done"))
    monkeypatch.setenv("LLMKICK_KEEP_GB", "0.0000025")
    assert work(tmp_path, device="cpu", idle_s=0)
    assert [folder.exists() for folder in folders] == [True, True, False]
    with held(group_lock(tmp_path, specs[3].compression_id)):  # someone is at it
        monkeypatch.setenv("LLMKICK_KEEP_GB", "0")
        assert work(tmp_path, device="cpu", idle_s=0)
    assert [folder.exists() for folder in folders] == [False, True, False]


def test_a_group_that_comes_to_no_end_stops_the_worker(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "execute", lambda *_, **__: [])  # as where the disk is full and not even a status can be written
    LocalExecutor(tmp_path, device="cpu").submit(specs[3:4])
    with pytest.raises(JobError, match="came to no end"):
        work(tmp_path, device="cpu", idle_s=0)
    assert main(["--store", str(tmp_path), "--device", "cpu", "--idle", "0"]) == 1

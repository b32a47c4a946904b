from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.catalog import plan
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.run import execute
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import part_files, read_parts
from llmkick_core.store.runs import read_status

STAGES = ("loading", "calibrating", "compressing", "asking", "perplexity")
PLACES = {"asking": ("instruction_following", "mt_bench"), "perplexity": ("perplexity", "perplexity.txt")}
LIMIT_S = 60.0
"""Far above what stopping takes, far below what the stage would."""


def until(condition: Callable[[], bool], limit_s: float = 200.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def spec_of(tiny_llama_folder: Path, tiny_data: Path) -> Callable[[str], RunSpec]:
    """Return what makes a run that spends its time in a stage."""

    def make(stage: str) -> RunSpec:
        task, place = PLACES.get(stage, ("factoid_qa", "freebaseqa"))
        calibration = Calibration(source=str(tiny_data / "calibration.txt"), n_samples=4, seq_len=32)
        recipe = Recipe() if stage in PLACES else Recipe(method="wanda", sparsity=0.5, calibration=calibration)
        return plan(str(tiny_llama_folder), [recipe], [task], dataset=str(tiny_data / place))[0]

    return make


def started(store: Path, spec: RunSpec, stage: str) -> subprocess.Popen[bytes]:
    """Return a worker that is in a stage of a run, and there for long."""
    LocalExecutor(store, device="cpu").submit([spec])
    worker = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("slow_worker.py")), str(store), stage],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(settings.PROJECT_ROOT)},
    )

    def is_there() -> bool:
        assert worker.poll() is None, "the worker ended"
        status = read_status(store, spec.run_id)
        return bool(status.detail) if stage == "asking" else status.stage == {"perplexity": "asking"}.get(stage, stage)

    until(is_there)
    return worker


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancelled_run_ends_its_worker_in_every_stage(stage: str, spec_of: Callable[[str], RunSpec], tmp_path: Path):
    spec = spec_of(stage)
    worker = started(tmp_path, spec, stage)
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.cancel([spec.run_id])
    assert worker.wait(LIMIT_S) == 0
    assert executor.status([spec.run_id])[0].state == "cancelled"


@pytest.mark.parametrize("stage", ["loading", "asking"])
def test_a_worker_that_is_told_to_end_leaves_its_run_to_the_next_one(stage: str, spec_of: Callable[[str], RunSpec], tmp_path: Path):
    spec = spec_of(stage)
    worker = started(tmp_path, spec, stage)
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(LIMIT_S) == 0
    assert read_status(tmp_path, spec.run_id).state == "queued"
    execute(tmp_path, [spec], device="cpu")
    assert read_status(tmp_path, spec.run_id).state == "done"


def test_what_was_begun_of_long_answers_is_kept_and_gone_on_with(spec_of: Callable[[str], RunSpec], tmp_path: Path):
    spec = spec_of("asking")
    worker = started(tmp_path, spec, "asking")
    until(lambda: "token 5 " in read_status(tmp_path, spec.run_id).detail or "token 6 " in read_status(tmp_path, spec.run_id).detail)
    LocalExecutor(tmp_path, device="cpu").cancel([spec.run_id])
    assert worker.wait(LIMIT_S) == 0
    assert part_files(run_dir(tmp_path, spec.run_id)) == []
    drafts = json.loads((run_dir(tmp_path, spec.run_id) / "drafts.json").read_text())
    assert max(map(len, drafts.values())) >= 4
    LocalExecutor(tmp_path, device="cpu").submit([spec])
    execute(tmp_path, [spec], device="cpu")
    execute(tmp_path / "whole", [spec], device="cpu")
    one, other = (
        {
            (answer.sample_id, answer.turn): (answer.text, answer.n_tokens)
            for some, _ in read_parts(run_dir(store, spec.run_id))
            for answer in some
        }
        for store in (tmp_path, tmp_path / "whole")
    )
    assert one == other
    assert not (run_dir(tmp_path, spec.run_id) / "drafts.json").exists()

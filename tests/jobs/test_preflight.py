"""What cannot be computed is failed before anything is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.catalog import plan
from llmkick_core.errors import DataError, ModelError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.preflight import asks_through_template, check_runs
from llmkick_core.jobs.stopping import Stopping
from llmkick_core.jobs.worker import refuse_unusable
from llmkick_core.schema import Calibration, Recipe, RunSpec

WANDA = Recipe(method="wanda", sparsity=0.5)


def queued(executor: LocalExecutor, model: str, *recipes: Recipe) -> list[RunSpec]:
    specs = plan(model, recipes, ["factoid_qa"], limit=2)
    executor.submit(specs)
    return specs


def test_the_worker_fails_what_cannot_be_computed_before_it_computes_the_dense_runs(tmp_path: Path, tiny_llama_folder: Path):
    executor = LocalExecutor(tmp_path / "store", device="cpu")
    long = replace(WANDA, calibration=Calibration(n_samples=2_000_000, seq_len=64))
    dense, wanda, odd = queued(executor, str(tiny_llama_folder), Recipe(), long, Recipe(method="magnitude", structure="3:5"))
    checked: set[str] = set()
    stopping = Stopping(executor.store)
    assert refuse_unusable(executor, dense.model, checked, stopping)
    found = {status.run_id: status for status in executor.status()}
    assert found[dense.run_id].state == "queued"
    assert (found[wanda.run_id].state, found[odd.run_id].state) == ("failed", "failed")
    assert "Ask for --n-samples" in found[wanda.run_id].message
    assert "multiples of 5" in found[odd.run_id].message
    assert not refuse_unusable(executor, dense.model, checked, stopping)
    assert checked == {dense.run_id, wanda.run_id, odd.run_id}


def test_data_that_changed_and_weights_that_are_not_whole_are_told(tmp_path: Path, tiny_llama_folder: Path):
    import shutil

    folder = shutil.copytree(tiny_llama_folder, tmp_path / "model")
    data = tmp_path / "questions.jsonl"
    data.write_text('{"question": "q", "answer": ["a"]}\n')
    specs = plan(str(folder), [Recipe()], ["closed_book_qa"], dataset=str(data))
    check_runs(specs, tmp_path / "store")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="is not a whole safetensors file"):
        check_runs(specs, tmp_path / "store")
    data.unlink()
    with pytest.raises(DataError, match="no data"):
        check_runs(specs, tmp_path / "store")


def test_only_what_is_asked_as_a_conversation_needs_the_template():
    asked = {task: asks_through_template(RunSpec(model="m", task=task)) for task in ("factoid_qa", "instruction_following")}
    assert asked == {"factoid_qa": False, "instruction_following": True}
    assert asks_through_template(RunSpec(model="m", task="factoid_qa", prompt="chat"))
    assert not asks_through_template(RunSpec(model="m", task="summarization", prompt="plain"))

"""A compressed run that was answered while its dense run failed is compared once the dense answers are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.catalog import plan
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.schema import Answer, Recipe, RunSpec
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import read_parts
from llmkick_core.store.runs import read_status, write_status
from llmkick_core.store.traces import awaits_dense


def answers(store: Path, spec: RunSpec) -> list[Answer]:
    """Return the last answer to each question."""
    return list({answer.sample_id: answer for some, _ in read_parts(run_dir(store, spec.run_id)) for answer in some}.values())


@pytest.fixture
def specs(tiny_llama_folder: Path, tiny_data: Path) -> Sequence[RunSpec]:
    """Return a dense run and a pruned one of the same questions."""
    recipes = [Recipe(), Recipe(method="magnitude", sparsity=0.5)]
    return plan(str(tiny_llama_folder), recipes, ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=4)


@pytest.mark.parametrize("is_dense_first", [True, False])
def test_the_same_command_compares_what_the_failed_dense_run_left_open(is_dense_first: bool, specs: Sequence[RunSpec], tmp_path: Path):
    dense, pruned = specs
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit([pruned])
    work(tmp_path, device="cpu", idle_s=0.0)  # nobody has dense answers
    executor.submit([dense])
    write_status(tmp_path, replace(read_status(tmp_path, dense.run_id), state="failed", message="no memory"))
    assert [answer.dense_n_tokens for answer in answers(tmp_path, pruned)] == [None] * 4
    executor.submit(specs if is_dense_first else specs[::-1])
    assert [status.state for status in executor.status([dense.run_id, pruned.run_id])] == ["queued", "queued"]
    work(tmp_path, device="cpu", idle_s=0.0)
    assert [status.state for status in executor.status([dense.run_id, pruned.run_id])] == ["done", "done"]
    assert all(answer.dense_n_tokens for answer in answers(tmp_path, pruned))
    executor.submit(specs)  # nothing is left to do
    assert [status.state for status in executor.status([dense.run_id, pruned.run_id])] == ["done", "done"]


def test_a_run_whose_answers_are_compared_or_whose_dense_run_failed_waits_for_nothing(specs: Sequence[RunSpec], tmp_path: Path):
    dense, pruned = specs
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit([pruned])
    work(tmp_path, device="cpu", idle_s=0.0)
    assert not awaits_dense(tmp_path, pruned)  # nobody asked for dense answers
    executor.submit([dense])
    assert awaits_dense(tmp_path, pruned)
    write_status(tmp_path, replace(read_status(tmp_path, dense.run_id), state="failed"))
    assert not awaits_dense(tmp_path, pruned)

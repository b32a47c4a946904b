from __future__ import annotations

from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.catalog import TASKS, plan
from llmkick_core.errors import PreflightError, RecipeError
from llmkick_core.jobs import estimate as module
from llmkick_core.jobs.estimate import estimate, estimate_compression
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.speed import GPU, Speed
from llmkick_core.jobs.work import Asked, Work
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.runs import read_status, write_facts, write_status


@pytest.fixture
def specs(tiny_llama_folder: Path, tiny_data: Path) -> list[RunSpec]:
    calibration = Calibration(source=str(tiny_data / "calibration.txt"), n_samples=4, seq_len=32)
    recipes = [Recipe(), Recipe(method="wanda", sparsity=0.5, calibration=calibration)]
    return plan(str(tiny_llama_folder), recipes, ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))


def test_weights_answers_and_blocks_are_counted(specs: list[RunSpec], tmp_path: Path):
    got = estimate(specs, tmp_path, device="cpu")
    n_block = 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 64 * 32)
    assert (got.n_runs, got.n_computed) == (2, 0)
    traced = 48 * int(0.4 * 32 * module.BYTES_A_TRACED_TOKEN)  # of the dense run
    assert got.disk_bytes == 2 * 48 * module.BYTES_AN_ANSWER + traced + 4 * n_block
    assert got.memory_bytes > 4 * (400 * 32 + n_block)
    assert got.seconds > 0
    assert not got.is_measured
    assert got.problem is None
    got.check()


def test_what_is_computed_costs_nothing_and_tells_the_speed(specs: list[RunSpec], tmp_path: Path):
    LocalExecutor(tmp_path).submit(specs)
    write_status(tmp_path, RunStatus(run_id=specs[0].run_id, state="done", rate=0.5))
    got = estimate(specs, tmp_path, device="cpu")
    assert (got.n_runs, got.n_computed, got.is_measured) == (2, 1, True)
    assert 96 < got.seconds < 120  # 48 questions at one in two seconds, and the start
    write_status(tmp_path, RunStatus(run_id=specs[1].run_id, state="done"))
    got = estimate(specs, tmp_path, device="cpu")
    assert (got.n_computed, got.seconds, got.memory_bytes, got.disk_bytes) == (2, 0, 0, 0)


def test_a_larger_model_takes_more_of_everything(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small = estimate(specs, tmp_path, device="cpu")
    shape, _ = module.sizes_of(specs[0].model)
    large = module.WeightSizes(
        n_parameters=7_000_000_000, n_block_parameters=6_500_000_000, largest_block=200_000_000, n_bytes=14_000_000_000, dtype="F16"
    )
    monkeypatch.setattr(module, "sizes_of", lambda _: (shape, large))
    big = estimate(specs, tmp_path, device="cpu")
    assert big.memory_bytes > 28_000_000_000 > small.memory_bytes
    assert big.disk_bytes > 26_000_000_000 > small.disk_bytes
    assert big.seconds > 10 * small.seconds


def test_runs_that_do_not_fit_are_refused_with_the_numbers(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "free_bytes", lambda _: 100_000)
    with pytest.raises(PreflightError, match=r"about \d+ MiB of memory, 0 MiB are free"):
        estimate(specs, tmp_path, device="cpu").check()
    monkeypatch.setattr(module, "free_bytes", lambda _: 2**40)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(1000))
    with pytest.raises(PreflightError, match="of disk"):
        estimate(specs, tmp_path, device="cpu").check()


def test_a_gpu_whose_driver_is_silent_has_no_known_memory(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    got = estimate(specs, tmp_path, device="cuda:1")
    assert got.free_memory_bytes is None
    assert got.problem is None


def test_a_hub_model_that_is_not_here_is_unknown_not_free(specs: list[RunSpec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "sizes_of", lambda _: None)
    got = estimate(specs, tmp_path, device="cpu")
    assert (got.memory_bytes, got.disk_bytes, got.seconds, got.is_measured) == (None, None, None, False)


def test_compressing_into_a_folder_holds_one_block_but_all_experts(
    tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shape, weights = module.sizes_of(str(tiny_llama_folder))
    recipe = Recipe(method="magnitude", sparsity=0.5)
    cost = estimate_compression(str(tiny_llama_folder), recipe, tmp_path / "out", device="cpu")
    one_block = 4 * (weights.n_parameters - weights.n_block_parameters + 4 * weights.largest_block)
    assert cost.memory_bytes == one_block
    assert cost.disk_bytes == 4 * weights.n_block_parameters + weights.n_bytes
    monkeypatch.setattr(module, "sizes_of", lambda _: (replace(shape, n_experts=8), weights))
    cost = estimate_compression(str(tiny_llama_folder), recipe, tmp_path / "out", device="cpu")
    assert cost.memory_bytes == 4 * (weights.n_parameters + 3 * weights.largest_block)


def test_calibration_costs_what_it_holds(tiny_llama_folder: Path, tmp_path: Path):
    plain, calibrated = (
        estimate_compression(str(tiny_llama_folder), Recipe(method=method, sparsity=0.5), tmp_path / "out", device="cpu")
        for method in ("magnitude", "sparsegpt")
    )
    assert calibrated.memory_bytes > plain.memory_bytes + 2 * 128 * 128 * 32 * 4  # hidden states, before and after
    assert calibrated.seconds > plain.seconds


def test_a_dense_recipe_has_no_cost_to_tell(tiny_llama_folder: Path, tmp_path: Path):
    with pytest.raises(RecipeError, match="compresses nothing"):
        estimate_compression(str(tiny_llama_folder), Recipe(), tmp_path / "out")


def test_the_arithmetic_counts_what_a_small_model_computes(tiny_llama_folder: Path):
    shape, weights = module.sizes_of(str(tiny_llama_folder))
    shape = replace(shape, n_layers=30, hidden_size=576, intermediate_size=1536, vocab_size=49152, context_length=8192)
    weights = replace(weights, n_parameters=134_515_008, n_block_parameters=106_000_000, largest_block=3_540_000)
    work = Work(shape, weights, Speed(flops=2.1e11, bytes_s=1e10), "cpu")
    # measured on a quiet machine of this speed: 600 tokens a second in windows of 2,048, Wanda on 16 x 1,024 tokens 30 s, SparseGPT 47 s
    assert work.asking(TASKS["perplexity"], Asked(n=8, n_tokens=16384), 1, 0) == pytest.approx(27, rel=0.5)
    calibration = Calibration(n_samples=16, seq_len=1024)
    wanda, sparsegpt = (Recipe(method=method, sparsity=0.5, calibration=calibration) for method in ("wanda", "sparsegpt"))
    assert work.compressing(wanda, frozenset({"column_norm"}), 0) == pytest.approx(30, rel=0.5)
    assert work.compressing(sparsegpt, frozenset({"hessian"}), 1) == pytest.approx(47, rel=0.5)


def test_windows_are_what_perplexity_is_reckoned_by(tiny_llama_folder: Path, tiny_data: Path):
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["perplexity"], dataset=str(tiny_data / "perplexity.txt"), limit=2)
    shape, _ = module.sizes_of(spec.model)
    asked = module._questions(spec, shape)
    assert (asked.n, asked.n_tokens) == (2, 2 * 128)


def test_of_a_mixture_the_experts_that_a_token_goes_through_are_reckoned(tiny_llama_folder: Path):
    shape, weights = module.sizes_of(str(tiny_llama_folder))
    mixture = replace(shape, n_experts=128, n_used_experts=8, hidden_size=2048, expert_size=768, n_layers=48)  # as Qwen3-30B-A3B
    weights = replace(weights, n_block_parameters=29_900_000_000)
    active = Work(mixture, weights, GPU, "cpu")._active * weights.n_block_parameters
    assert 2.4e9 < active < 3.3e9  # its card says 3.3 billion, embeddings included
    assert Work(shape, weights, GPU, "cpu")._active == 1.0


def test_a_rate_that_was_measured_on_other_data_or_another_device_is_not_taken(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    [measured] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))
    [other] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"])
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit([measured])
    status = replace(read_status(tmp_path, measured.run_id), state="done", rate=0.001)
    write_status(tmp_path, status)
    assert not estimate([other], tmp_path, device="cpu").is_measured
    [again] = plan(
        str(tiny_llama_folder), [Recipe(method="magnitude", sparsity=0.5)], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa")
    )[-1:]
    assert estimate([again], tmp_path, device="cpu").is_measured
    write_facts(tmp_path, measured.run_id, {"device": "NVIDIA H200"})
    assert not estimate([again], tmp_path, device="cpu").is_measured

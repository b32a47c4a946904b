from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.jobs import crew
from llmkick_core.jobs.crew import crew_size, is_small, most_workers, threads_of
from llmkick_core.schema import Recipe, RunSpec

RECIPES = [Recipe(), *(Recipe(method="magnitude", sparsity=share) for share in (0.3, 0.5))]


@pytest.fixture
def specs(tiny_llama_folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    """Return runs of three recipes, two tasks each, of a small model on a machine with room and two threads."""
    monkeypatch.setenv("LLMKICK_THREADS", "2")
    monkeypatch.setattr(crew, "free_bytes", lambda _: 2**40)
    tasks = ("factoid_qa", "perplexity")
    return [RunSpec(model=str(tiny_llama_folder), task=task, recipe=recipe) for recipe in RECIPES for task in tasks]


def test_recipes_of_a_small_model_are_computed_side_by_side_a_thread_each(specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch):
    assert crew_size(specs, "cpu") == 2
    assert threads_of(specs[0].model, 2) == 1
    monkeypatch.setenv("LLMKICK_THREADS", "8")
    assert crew_size(specs, "cpu") == 3  # a fourth would find nothing to do
    assert threads_of(specs[0].model, 3) == 2


def test_one_recipe_has_one_worker_with_all_threads(specs: list[RunSpec]):
    assert crew_size(specs[:2], "cpu") == 1
    assert crew_size([], "cpu") == 1
    assert threads_of(specs[0].model, 1) is None


def test_a_gpu_has_one_worker(specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch):
    assert crew_size(specs, "cuda:1") == most_workers("cuda") == 1
    monkeypatch.setattr(crew, "likely_device", lambda _: "cuda")  # nobody said which, and there is one
    assert crew_size(specs, None) == most_workers(None) == 1


def test_a_large_model_has_one_worker_with_all_threads(specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crew, "SMALL", 1000)
    assert crew_size(specs, "cpu") == 1
    assert threads_of(specs[0].model, 2) is None


@pytest.mark.parametrize("model", ["hub:org/name@main", "/nowhere", "endpoint:http://localhost#x"])
def test_a_model_of_unknown_size_has_one_worker(specs: list[RunSpec], model: str):
    assert not is_small(model)
    assert crew_size([*specs, replace(specs[0], model=model)], "cpu") == 1


@pytest.mark.parametrize(("rooms", "n_workers"), [(0.5, 1), (1.9, 1), (2.1, 2)])
def test_workers_fit_into_the_memory_that_is_left(specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch, rooms: float, n_workers: int):
    monkeypatch.setattr(crew, "free_bytes", lambda _: int(rooms * crew.ROOM_BYTES))
    assert crew_size(specs, "cpu") == n_workers


def test_threads_that_were_asked_for_bound_the_workers(specs: list[RunSpec], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert crew_size(specs, "cpu") == 1
    monkeypatch.setenv("LLMKICK_THREADS", "3")
    assert crew_size(specs, "cpu") == 3
    for name in ("LLMKICK_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name)
    assert 1 <= crew_size(specs, "cpu") <= 3

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from llmkick_core import __version__, settings
from llmkick_core.catalog import TASKS
from llmkick_core.cli import app, compute
from llmkick_core.jobs import demo
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.run import CANCEL
from llmkick_core.schema import Recipe
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.layout import run_dir
from llmkick_core.store.report import COMPARISON_KEYS, RUN_KEYS

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Return a function that calls the command line on the store tmp_path/store, with a worker inside this process."""

    def work_off(executor: LocalExecutor) -> None:
        work(executor.store, device="cpu", idle_s=0)

    monkeypatch.setattr(LocalExecutor, "ensure_worker", work_off)

    def call(*arguments: object, store: Path = tmp_path / "store") -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--store", str(store)])

    return call


def json_of(result: Result, code: int = 0) -> dict[str, Any]:
    """Return the one JSON document on stdout, and see that there is nothing else."""
    assert result.exit_code == code, result.stderr
    assert result.stdout.count("\n") == 1
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def of_recipe(document: dict[str, Any], recipe: str) -> dict[str, Any]:
    [row] = [row for row in document["runs"] if row["recipe"] == recipe]
    return row


def run_words(model: Path, data: Path) -> tuple[object, ...]:
    return ("--model", model, "--task", "factoid_qa", "--data", data / "freebaseqa", "--limit", 6)


def test_a_run_is_compared_with_the_dense_model(invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path):
    document = json_of(invoke("run", *run_words(tiny_llama_folder, tiny_data), "--method", "magnitude", "--sparsity", 0.5, "--json"))
    assert [row["recipe"] for row in document["runs"]] == ["dense", "magnitude-50"]
    assert tuple(document["runs"][0]) == RUN_KEYS
    assert of_recipe(document, "magnitude-50")["n"] == 6
    [comparison] = document["comparisons"]
    assert tuple(comparison) == COMPARISON_KEYS
    assert comparison["dense_run_id"] == of_recipe(document, "dense")["run_id"]
    assert document["failed"] == []
    assert document["seconds"] > 0


def test_an_equal_request_is_not_computed_again(invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    request = ("run", *run_words(tiny_llama_folder, tiny_data), "--json")
    first = json_of(invoke(*request))
    monkeypatch.setattr("llmkick_core.jobs.worker.execute", lambda *_, **__: pytest.fail("it was computed again"))
    again = invoke(*request)
    assert json_of(again)["runs"] == first["runs"]
    assert "Nothing to compute: what was asked for is done already." in again.stderr


def test_a_run_prints_a_line_a_run_and_a_sweep_a_row_a_recipe(invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path):
    line = invoke("run", *run_words(tiny_llama_folder, tiny_data), "--method", "int8")
    assert line.exit_code == 0
    assert "difference from dense" in line.stdout
    text, estimate = line.stderr.splitlines()[:2]
    assert text.startswith("calibration text: bundled, because C4 is not on this machine")
    assert estimate.startswith("2 runs, about ")
    swept = ("--method", "magnitude,rtn", "--sparsity", "0.3,0.5", "--structure", "2:4", "--bits", "4")
    result = invoke("sweep", *run_words(tiny_llama_folder, tiny_data), *swept)
    assert result.exit_code == 0
    rows = [text.split()[0] for text in result.stdout.splitlines() if text.strip()]
    for recipe in ("dense", "magnitude-30", "magnitude-50", "magnitude-2:4", "rtn-4bit"):
        assert recipe in rows
    assert "int8" not in rows  # another request's


def test_a_report_tells_of_all_runs_and_a_rebuild_gives_the_same(invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    for method in ("int8", "rtn"):
        bits = ("--bits", 4) if method == "rtn" else ()
        assert invoke("run", *run_words(tiny_llama_folder, tiny_data), "--method", method, *bits).exit_code == 0
    before = json_of(invoke("report", "--json"))
    assert {row["recipe"] for row in before["runs"]} == {"dense", "int8", "rtn-4bit"}
    assert before["damaged"] == []
    (tmp_path / "store" / "results.duckdb").unlink()
    assert json_of(invoke("rebuild", "--json")) == {"n_parts": 3, "n_answers": 18, "damaged": []}
    assert json_of(invoke("report", "--json")) == before
    assert "Took in 18 answers from 3 parts" in invoke("rebuild").stdout
    assert "verdict" in invoke("report", "--details").stdout
    assert json_of(invoke("report", "--by", "subject", "--json"))["slices"] == []  # these questions name none
    assert "No question of this store has a name" in invoke("report", "--by", "subject").stdout
    assert invoke("report", "--by", "length").exit_code == 2
    paper = json_of(invoke("report", "--scorer", "paper", "--json"))
    assert {row["scorer"] for row in paper["runs"]} == {"paper"}


def test_another_model_and_multiple_choice_in_both_formulations(invoke: Invoke, tiny_qwen2_folder: Path, tiny_data: Path):
    words = ("run", "--model", tiny_qwen2_folder, "--task", "multiple_choice", "--data", tiny_data / "mmlu")
    assert invoke(*words).exit_code == 0
    assert invoke(*words, "--formulation", "cloze", "--k-shot", 1).exit_code == 0
    table = invoke("report").stdout
    assert "letters" in table
    assert "cloze" in table
    assert "1-shot" in table


def test_what_cannot_be_computed_is_refused_before_a_question_is_asked(
    invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path
):
    words = ("run", *run_words(tiny_llama_folder, tiny_data))
    for recipe, said in (
        (("--method", "magnitude", "--structure", "3:5"), "structure 3:5 needs widths that are multiples of 5"),
        (("--method", "rtn", "--bits", "4", "--group-size", "24"), "groups of 24 need widths that are multiples of 24"),
        (("--method", "wanda", "--sparsity", "0.5", "--n-samples", "1000000"), "Ask for --n-samples"),
    ):
        result = invoke(*words, *recipe)
        assert result.exit_code in (1, 2)
        assert said in result.stderr
        assert not LocalExecutor(tmp_path / "store").status()


def test_what_failed_is_told_after_the_results(invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    # 3 of 5 does not divide the 32 inputs of a layer
    monkeypatch.setattr(compute, "check_runs", lambda *_: None)
    result = invoke("run", *run_words(tiny_llama_folder, tiny_data), "--method", "magnitude", "--structure", "3:5", "--json")
    document = json_of(result, code=1)
    assert [row["recipe"] for row in document["runs"]] == ["dense"]
    [failed] = document["failed"]
    assert (failed["recipe"], failed["state"]) == ("magnitude-3:5", "failed")
    assert "error: magnitude-3:5 factoid_qa: " in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_cancels_and_a_further_call_goes_on(
    invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    request = ("run", *run_words(tiny_llama_folder, tiny_data), "--method", "int8", "--json")

    def interrupted(*_: object, **__: object) -> list[RunStatus]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(compute, "wait", interrupted)
        stopped = invoke(*request)
    assert "0 of 2 runs are done" in json_of(stopped, code=1)["error"]
    assert "the same command goes on from there" in stopped.stderr
    assert {status.state for status in LocalExecutor(tmp_path / "store").status()} == {"cancelled"}
    assert len(json_of(invoke(*request))["runs"]) == 2


def test_ctrl_c_leaves_runs_alone_that_another_process_asked_for(
    invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    from llmkick_core.catalog import plan

    store = tmp_path / "store"
    [theirs] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=6)
    LocalExecutor(store).submit([theirs])

    def interrupted(*_: object, **__: object) -> list[RunStatus]:
        raise KeyboardInterrupt

    monkeypatch.setattr(compute, "wait", interrupted)
    assert invoke("run", *run_words(tiny_llama_folder, tiny_data), "--method", "int8").exit_code == 1
    assert not (run_dir(store, theirs.run_id) / CANCEL).exists()
    assert {status.run_id: status.state for status in LocalExecutor(store).status()}[theirs.run_id] == "queued"


def test_a_run_that_would_not_fit_is_refused_unless_forced(
    invoke: Invoke, tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("llmkick_core.jobs.estimate.free_bytes", lambda _: 1000)
    refused = invoke("run", *run_words(tiny_llama_folder, tiny_data))
    assert refused.exit_code == 1
    assert "--force starts all the same" in refused.stderr
    assert invoke("run", *run_words(tiny_llama_folder, tiny_data), "--force").exit_code == 0


def test_the_version_is_told():
    assert CliRunner().invoke(app, ["--version"]).stdout.strip() == __version__


# the demo


def test_the_quick_demo_is_the_recipes_that_tell_the_story():
    labels = [recipe.label for recipe in demo.demo_recipes()]
    pruned = [f"{method}-{step}" for method in ("magnitude", "wanda") for step in (30, 50, 70)]
    assert labels == ["dense", *pruned, "wanda-2:4", "int8", "rtn-4bit-g64"]
    assert demo.HEADLINE in labels
    assert demo.HEADLINE_TASK in TASKS


def test_the_full_demo_takes_every_method_step_structure_and_number_of_bits():
    labels = [recipe.label for recipe in demo.demo_recipes(full=True)]
    steps = [*range(10, 90, 10), "1:2", "2:4", "4:8"]
    assert sorted(labels) == sorted(
        [
            "dense",
            "int8",
            *(f"{method}-{step}" for method in ("magnitude", "wanda", "sparsegpt", "random") for step in steps),
            *(f"{method}-{bits}bit-g64" for method in ("rtn", "gptq", "awq") for bits in (8, 4, 3, 2)),
            *("sparsegpt-50+gptq-4bit-g64", "wanda-50+rtn-4bit-g64"),
        ]
    )


def test_the_full_demo_asks_the_small_twin_dense(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("kick-tiny", "kick-nano"):  # a twin by name is enough: nothing is computed
        shutil.copytree(settings.BUNDLED_ROOT / "kick-tiny", tmp_path / name)
    (tmp_path / "kick-mini").symlink_to(settings.BUNDLED_ROOT / "kick-mini")
    monkeypatch.setattr(settings, "BUNDLED_ROOT", tmp_path)
    models = Counter((spec.model, spec.recipe.label) for spec in demo.demo_specs(full=True))
    assert models[demo.SMALL_MODEL, "dense"] == len(TASKS)
    assert {label for model, label in models if model == demo.SMALL_MODEL} == {"dense"}
    assert {spec.task for spec in demo.demo_specs() if spec.model == demo.SMALL_MODEL} == set(demo.SMALL_TASKS)
    shutil.rmtree(tmp_path / "kick-nano")
    assert {spec.model for spec in demo.demo_specs(full=True)} == {demo.MODEL}


def test_the_demo_asks_every_task_of_every_recipe(tiny_llama_folder: Path):
    quick = demo.demo_specs(model=str(tiny_llama_folder))
    assert len({spec.run_id for spec in quick}) == len(quick) == 10 * len(TASKS)
    assert {spec.limit for spec in quick if spec.task == "factoid_qa"} == {TASKS["factoid_qa"].bundled_limit} == {120}
    assert {spec.limit for spec in quick if spec.task == "perplexity"} == {None}
    assert {spec.limit for spec in demo.demo_specs(full=True, model=str(tiny_llama_folder))} == {None}
    assert {spec.limit for spec in demo.demo_specs(model=str(tiny_llama_folder), limit=2)} == {2}


@pytest.mark.slow
def test_the_demo_fills_the_store_that_the_app_shows(
    invoke: Invoke, tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    two = ("factoid_qa", "multiple_choice")
    monkeypatch.setattr(demo, "BUNDLED_TASKS", two)
    document = json_of(invoke("demo", "--model", tiny_llama_folder, "--limit", 2, "--json"))
    assert document["failed"] == []
    assert len(document["runs"]) == 10 * len(two)
    assert len(document["comparisons"]) == 9 * len(two)
    assert document["lost"]["recipe"] == "wanda-50"
    again = invoke("demo", "--model", tiny_llama_folder, "--limit", 2)
    assert again.exit_code == 0
    assert document["lost"]["sentence"] in again.stdout
    assert re.search(rf"LLMKICK_STORE={re.escape(str(tmp_path / 'store'))} \S+ -m streamlit run app.py", again.stdout)
    assert "wanda-2:4" in again.stdout


# the real thing, in processes of its own


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "llmkick_core", *map(str, arguments)]


@pytest.mark.slow
def test_processes_of_their_own_share_a_store(tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path):
    store = tmp_path / "store"
    request = command("run", *run_words(tiny_qwen2_folder, tiny_data), "--method", "int8", "--store", store, "--json")
    first = subprocess.run(request, capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=True)
    assert "Traceback" not in first.stderr
    document = json.loads(first.stdout)
    assert [row["n"] for row in document["runs"]] == [6, 6]
    with Database(store):  # as the app would hold it
        told = subprocess.run(
            command("report", "--store", store, "--json"), capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=True
        )
        refused = subprocess.run(
            command("rebuild", "--store", store), capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=False
        )
    assert json.loads(told.stdout)["runs"] == document["runs"]
    assert "open in another process" in told.stderr
    assert refused.returncode == 1
    assert "Close it" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_terminated_command_stops_its_worker(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    store = tmp_path / "store"
    words = ("--model", tiny_llama_folder, "--task", "factoid_qa", "--data", tiny_data / "freebaseqa")
    with subprocess.Popen(
        command("run", *words, "--store", store), stderr=subprocess.PIPE, text=True, cwd=settings.PROJECT_ROOT
    ) as process:
        until = time.monotonic() + 60
        while not LocalExecutor(store).status() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)  # it is waiting now
        os.kill(process.pid, signal.SIGTERM)
        said = process.communicate()[1]
    assert process.returncode == 1
    assert "the same command goes on from there" in said
    assert [status.state for status in LocalExecutor(store).status()] in (["cancelled"], ["done"])


def test_a_seed_leaves_the_dense_answers_alone(tiny_llama_folder: Path, tiny_data: Path, invoke: Invoke):
    words = ("run", *run_words(tiny_llama_folder, tiny_data), "--method", "random", "--sparsity", 0.5, "--json")
    once, again = (json_of(invoke(*words, "--seed", seed)) for seed in (0, 1))
    assert of_recipe(once, "dense")["run_id"] == of_recipe(again, "dense")["run_id"]
    assert of_recipe(once, "random-50")["run_id"] != of_recipe(again, "random-50")["run_id"]
    assert {name: len(document["runs"]) for name, document in (("once", once), ("again", again))} == {"once": 2, "again": 2}

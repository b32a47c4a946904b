"""What people get wrong, through the real command line: one clear line, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from llmkick_core import settings
from llmkick_core.cli import app
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import part_files
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, add_run, spec


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with a dense and a compressed run of five answers each."""
    add_run(tmp_path / "store", spec(), DENSE_SAID)
    add_run(tmp_path / "store", spec(WANDA_50), WANDA_SAID)
    return tmp_path / "store"


def invoke(*words: object) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def refused(result: Result, *said: str, code: int) -> None:
    """See that a command ended with one clear line on stderr that says all of `said`, and nothing on stdout."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    for words in said:
        assert words in result.stderr


# recipes, tasks and sizes: exit code 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "wanda", "--sparsity", "1.2"), ("sparsity 1.2", "at least 0 and below 1", "such as 0.5")),
        (("--method", "wanda", "--sparsity", "nan"), ("sparsity nan",)),
        (("--method", "wanda", "--structure", "4:2"), ("structure '4:2'", "such as 2:4")),
        (("--method", "wanda", "--structure", "half"), ("structure 'half'", "2:4")),
        (("--method", "wanda", "--structure", "2:4", "--sparsity", "0.3"), ("2:4 removes 50.0%", "leave one out")),
        (("--method", "wanda"), ("needs --sparsity",)),
        (("--method", "int8", "--sparsity", "0.5"), ("takes no --sparsity",)),
        (("--method", "rtn", "--bits", "5"), ("bits 5", "8, 4, 3, 2")),
        (("--method", "rtn", "--bits", "4", "--group-size", "0"), ("group size 0",)),
        (("--method", "sparsest"), ("no method 'sparsest'", "wanda")),
        (("--sparsity", "0.5"), ("name a --method",)),
        (("--method", "wanda", "--sparsity", "0.5", "--n-samples", "0"), ("n_samples 0",)),
        (("--method", "wanda", "--sparsity", "0.5", "--order", "random"), ("order 'random'",)),
        (("--method", "wanda", "--sparsity", "0.5", "--calibration", "/nowhere.txt"), ("/nowhere.txt", "bundled")),
        (("--model", "endpoint:http://localhost:1/v1"), ("does not say which model", "endpoint:URL#model-name")),
        (("--model", "endpoint:http://localhost:1/v1#m", "--method", "wanda", "--sparsity", "0.5"), ("weights are not here", "--method")),
        (("--limit", "0"), ("limit 0", "at least 1")),
        (("--limit", "-3"), ("limit -3",)),
        (("--limit", "3000000000"), ("limit 3000000000", "at most 2,147,483,647")),
        (("--k-shot", "3000000000"), ("k-shot 3000000000", "at most 2,147,483,647")),
        (("--n-samples", "3000000000"), ("n-samples 3000000000", "at most 2,147,483,647")),
        (("--seq-len", "3000000000"), ("seq-len 3000000000", "at most 2,147,483,647")),
        (("--method", "rtn", "--bits", "4", "--group-size", "3000000000"), ("group-size 3000000000", "at most 2,147,483,647")),
        (("--seed", str(2**63)), (f"seed {2**63}", "at most 9,223,372,036,854,775,807")),
        (("--k-shot", "-1"), ("k-shot -1",)),
        (("--formulation", "guess"), ("formulation 'guess'", "'letters' nor 'cloze'")),
        (("--task", "chess"), ("no task 'chess'", "factoid_qa")),
        (("--data", "/nowhere", "--task", "factoid_qa"), ("no data '/nowhere'", "--data")),
        (("--data", "/nowhere"), ("--task", "factoid_qa")),
        (("--model", "gpt2"), ("no model 'gpt2'", "hub:org/name")),
        (("--model", "bundled:gpt2"), ("no bundled model 'gpt2'",)),
        (("--model", "hub:gpt2"), ("hub:org/name@revision",)),
        (("--model", "hub:na me/x y"), ("hub:na me/x y", "hub:org/name@revision")),
        (("--model", "hub:a--b/c..d"), ("hub:a--b/c..d", "hub:org/name@revision")),
        (("--model", ""), ("no model ''",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_an_unusable_request_is_explained(words: tuple[str, ...], said: tuple[str, ...], tmp_path: Path):
    refused(invoke("run", *words, "--store", tmp_path / "store"), *said, code=2)
    assert not (tmp_path / "store").exists()


def test_an_unusable_sweep_is_explained(tmp_path: Path):
    for words, said in (
        (("--method", "wanda", "--sparsity", "30%"), "sparsity '30%'"),
        (("--method", "wanda", "--sparsity", "50"), "sparsity 50 is not a share"),
        (("--method", "int8", "--sparsity", "0.5"), "takes --sparsity"),
        (("--method", ","), "no method was named"),
    ):
        refused(invoke("sweep", *words, "--store", tmp_path / "store"), said, code=2)


def test_words_that_no_option_takes_are_explained():
    for words, said in ((("run", "--sparsity", "half"), "--sparsity"), (("run", "--frobnicate"), "--frobnicate"), (("walk",), "walk")):
        result = invoke(*words)
        assert result.exit_code == 2
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_an_error_is_one_document_too(tmp_path: Path):
    result = invoke("run", "--limit", 0, "--json", "--store", tmp_path)
    assert result.exit_code == 2
    assert "limit 0" in json.loads(result.stdout)["error"]


# model folders: exit code 2


@pytest.fixture
def model(tiny_llama_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of a model that a test may spoil."""
    return shutil.copytree(tiny_llama_folder, tmp_path / "model")


def no_config(model: Path) -> None:
    (model / "config.json").unlink()


def files_of_a_training(model: Path) -> None:
    (model / "model.safetensors").rename(model / "training_args.bin")


def no_tokenizer(model: Path) -> None:
    for path in model.glob("tokenizer*"):
        path.unlink()


def no_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()


def no_second_shard(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_config, ("has no config.json", "save_pretrained")),
        (files_of_a_training, ("no *.safetensors weights and no pytorch_model.bin", "training_args.bin is read by nothing here")),
        (no_tokenizer, ("has no tokenizer", "tokenizer.json")),
        (no_weights, ("no *.safetensors",)),
        (no_second_shard, ("lacks model-00002-of-00002.safetensors",)),
    ],
)
def test_a_folder_that_is_no_model_is_explained(model: Path, tmp_path: Path, spoil: Callable[[Path], None], said: tuple[str, ...]):
    spoil(model)
    refused(invoke("run", "--model", model, "--task", "perplexity", "--store", tmp_path / "store"), str(model), *said, code=2)
    assert not (tmp_path / "store").exists()


# the store: exit code 1


def test_a_store_below_a_file_cannot_be_written(tiny_llama_folder: Path, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    place = tmp_path / "file" / "store"
    refused(invoke("run", "--model", tiny_llama_folder, "--task", "perplexity", "--store", place), str(place), "--store", code=1)
    assert (tmp_path / "file").read_text() == "mine"
    told = invoke("doctor", "--store", place)
    assert told.exit_code == 1
    assert "cannot be written" in told.stdout


def test_a_store_without_runs_says_how_to_make_some(tmp_path: Path):
    for command in ("report", "rebuild"):
        refused(invoke(command, "--store", tmp_path / "none"), "no runs", "demo", "--store", code=1)
    assert not (tmp_path / "none").exists()


def test_a_database_of_a_newer_version_is_left_alone_until_it_is_rebuilt(store: Path, tiny_llama_folder: Path):
    assert invoke("report", "--store", store).exit_code == 0
    with duckdb.connect(str(store / "results.duckdb")) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99)")
    for words in (("report",), ("run", "--model", tiny_llama_folder, "--task", "perplexity")):
        refused(invoke(*words, "--store", store), "schema 99", "rebuild", code=1)
    assert len(list((store / "runs").iterdir())) == 2  # nothing was queued
    told = invoke("doctor", "--store", store)
    assert told.exit_code == 1
    assert "schema 99" in told.stdout
    rebuilt = invoke("rebuild", "--store", store)
    assert rebuilt.exit_code == 0
    assert "10 answers" in rebuilt.stdout


def test_a_damaged_database_is_made_anew(store: Path):
    assert invoke("report", "--store", store).exit_code == 0
    (store / "results.duckdb").write_text("no database")
    refused(invoke("report", "--store", store), "results.duckdb", "rebuild", code=1)
    assert invoke("rebuild", "--store", store).exit_code == 0
    assert invoke("report", "--store", store).exit_code == 0


def test_a_damaged_part_costs_only_its_own_answers(store: Path):
    [part] = part_files(run_dir(store, spec(WANDA_50).run_id))
    part.write_text(part.read_text()[:-60])
    result = invoke("report", "--json", "--store", store)
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert [row["recipe"] for row in document["runs"]] == ["dense"]
    [line] = document["damaged"]
    assert str(part) in line
    assert line in result.stderr
    assert invoke("rebuild", "--store", store).exit_code == 1
    told = invoke("doctor", "--store", store)
    assert told.exit_code == 1
    assert str(part) in told.stdout
    assert part.exists()


def test_a_torn_status_file_is_noted_and_loses_nothing(store: Path):
    (run_dir(store, spec().run_id) / "status.json").write_text('{"state": "runn')
    result = invoke("report", "--json", "--store", store)
    assert result.exit_code == 0
    assert [row["n"] for row in json.loads(result.stdout)["runs"]] == [4, 5]  # one dense answer has no verdict
    document = json.loads(invoke("doctor", "--json", "--store", store).stdout)
    assert [check["state"] for check in document["checks"] if spec().run_id in check["detail"]] == ["note"]


def test_a_torn_spec_is_named_by_the_doctor(store: Path):
    path = run_dir(store, spec().run_id) / "spec.json"
    path.write_text("{")
    told = invoke("doctor", "--store", store)
    assert told.exit_code == 1
    assert str(path) in told.stdout


def test_damage_is_mended_by_asking_again(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda executor: work(executor.store, device="cpu", idle_s=0))
    words = ("run", "--model", tiny_llama_folder, "--task", "factoid_qa", "--data", tiny_data / "freebaseqa", "--limit", 6)
    request = (*words, "--store", tmp_path / "store", "--json")
    whole = json.loads(invoke(*request).stdout)["runs"]
    folder = run_dir(tmp_path / "store", whole[0]["run_id"])
    [part] = part_files(folder)
    part.write_text(part.read_text()[:100])
    (folder / "status.json").write_text("{")
    (tmp_path / "store" / "results.duckdb").unlink()
    again = invoke(*request)
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["runs"] == whole
    assert part.with_name("part-00000.jsonl.corrupt").exists()


def test_lost_questions_are_mended_by_asking_again(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda executor: work(executor.store, device="cpu", idle_s=0))
    words = ("run", "--model", tiny_llama_folder, "--task", "factoid_qa", "--data", tiny_data / "freebaseqa", "--limit", 6)
    request = (*words, "--store", tmp_path / "store", "--json")
    whole = json.loads(invoke(*request).stdout)["runs"]
    for path in (tmp_path / "store" / "samples").iterdir():
        path.unlink()
    (tmp_path / "store" / "results.duckdb").unlink()
    told = invoke("report", "--store", tmp_path / "store")
    assert told.exit_code == 1
    assert "Submit its runs again" in told.stderr
    again = invoke(*request)
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["runs"] == whole


def test_a_store_made_with_a_number_too_large_is_still_read(store: Path):
    folder = run_dir(store, spec().run_id)
    shutil.copytree(folder, folder.with_name("0" * 16))
    for part in part_files(folder.with_name("0" * 16)):
        part.unlink()
    raw = json.loads((folder / "spec.json").read_text()) | {"seed": 2**63}
    (folder.with_name("0" * 16) / "spec.json").write_text(json.dumps(raw))
    document = json.loads(invoke("report", "--json", "--store", store).stdout)
    assert [row["recipe"] for row in document["runs"]] == ["dense", "wanda-50"]
    assert [f"seed {2**63} is out of range" in line for line in document["damaged"]] == [True]


# the app


def test_the_doctor_sees_that_the_port_is_in_use(store: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = invoke("doctor", "--port", port, "--store", store)
    assert result.exit_code == 0  # worth knowing, but nothing is broken
    assert f"{port} is in use" in result.stdout
    assert f"--server.port {port + 1}" in result.stdout
    assert f"{port} is free" in invoke("doctor", "--port", port, "--store", store).stdout


@pytest.mark.slow
def test_the_app_says_so_where_its_port_is_in_use(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ("-m", "streamlit", "run", "app.py", "--server.port", str(taken.getsockname()[1]))
        result = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, cwd=settings.PROJECT_ROOT, timeout=120, check=False
        )
    assert result.returncode == 1
    assert "is not available" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr

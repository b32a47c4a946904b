"""Compressing into a folder: what comes out loads in plain transformers, and nothing half-written is taken for whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from llmkick_core.compress.masks import complies
from llmkick_core.compression import RECORD, compress_to
from llmkick_core.errors import RecipeError, StoreError
from llmkick_core.models.streamed import Streamed
from llmkick_core.schema import Calibration, Recipe
from llmkick_core.store.locks import held

CALIBRATION = ("--n-samples", "4", "--seq-len", "32")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["compress", *map(str, arguments)])


def document_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def load(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype="auto")


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (("--method", "magnitude", "--sparsity", "0.5"), "magnitude-50"),
        (("--method", "wanda", "--structure", "2:4"), "wanda-2:4"),
        (("--method", "sparsegpt", "--sparsity", "0.5"), "sparsegpt-50"),
        (("--method", "random", "--sparsity", "0.3"), "random-30"),
        (("--method", "rtn", "--bits", "4", "--group-size", "16"), "rtn-4bit-g16"),
        (("--method", "gptq", "--bits", "3"), "gptq-3bit"),
        (("--method", "awq", "--bits", "4"), "awq-4bit"),
        (("--method", "int8"), "int8"),
        (("--method", "gptq", "--bits", "4", "--group-size", "16", "--activation-order", "--asymmetric"), "gptq-4bit-g16-asym-act"),
        (("--method", "sparsegpt", "--sparsity", "0.5", "--bits", "4"), "sparsegpt-50+gptq-4bit"),
        (("--method", "wanda", "--structure", "2:4", "--bits", "8", "--quantizer", "awq"), "wanda-2:4+awq-8bit"),
    ],
)
def test_every_method_gives_a_folder_that_transformers_reads(tiny_llama_folder: Path, tmp_path: Path, words: tuple[str, ...], label: str):
    from transformers import AutoTokenizer

    out = tmp_path / "made" / "out"
    found = document_of(call("--model", tiny_llama_folder, *words, *CALIBRATION, "--device", "cpu", "--out", out, "--json"))
    assert (found["out"], found["recipe"]) == (str(out), label)
    assert len(found["layers"]) == 14
    model, dense, tokenizer = load(out), load(tiny_llama_folder), AutoTokenizer.from_pretrained(out)
    assert model.dtype == dense.dtype
    ids = tokenizer("The capital of Mongolia is", return_tensors="pt").input_ids
    assert model.generate(ids, max_new_tokens=3, do_sample=False).shape[1] > ids.shape[1]
    for layer in found["layers"]:
        weight = model.get_submodule(layer["name"]).weight
        assert float((weight == 0).float().mean()) == pytest.approx(layer["sparsity"], abs=1e-9)
        assert not torch.equal(weight, dense.get_submodule(layer["name"]).weight)
        assert "2:4" not in label or complies(weight, 2, 4)
    assert torch.equal(model.get_input_embeddings().weight, dense.get_input_embeddings().weight)
    assert found["bytes"] == found["bytes_dense"] > found["bytes_packed"] > 0
    assert json.loads((out / RECORD).read_text())["recipe"]["method"] == words[1]
    assert (out / "README.md").read_text().startswith(f"# {tiny_llama_folder.name}, {label}\n")
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(method="rtn", bits=4, group_size=16),
        Recipe(method="rtn", bits=3),
        Recipe(method="gptq", bits=4, group_size=16, has_activation_order=True),
        Recipe(method="gptq", bits=2, group_size=32),
        Recipe(method="wanda", structure="2:4", bits=8),
        Recipe(method="sparsegpt", sparsity=0.5, bits=4, group_size=16),
    ],
    ids=lambda recipe: recipe.label,
)
def test_packed_integers_load_as_the_very_weights(tiny_llama_folder: Path, tmp_path: Path, recipe: Recipe):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    recipe = replace(recipe, calibration=Calibration(n_samples=4, seq_len=32))
    plain = compress_to(str(tiny_llama_folder), recipe, tmp_path / "plain", device="cpu")
    packed = compress_to(str(tiny_llama_folder), recipe, tmp_path / "packed", device="cpu", is_packed=True)
    assert packed.n_bytes < 0.7 * plain.n_bytes
    one, other = (AutoModelForCausalLM.from_pretrained(tmp_path / name, dtype=torch.float32).eval() for name in ("plain", "packed"))
    ids = AutoTokenizer.from_pretrained(tmp_path / "packed")("The capital of Mongolia is", return_tensors="pt").input_ids
    with torch.no_grad():
        wanted, found = one(ids).logits, other(ids).logits
    assert torch.equal(wanted, found)
    assert "packed integers" in (tmp_path / "packed" / "README.md").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("--method", "awq", "--bits", "4"),
        ("--method", "wanda", "--sparsity", "0.5"),
        ("--method", "int8"),
        ("--method", "rtn", "--bits", "4", "--asymmetric"),
    ],
)
def test_what_cannot_be_packed_is_refused(tiny_llama_folder: Path, tmp_path: Path, words: tuple[str, ...]):
    result = call("--model", tiny_llama_folder, *words, "--format", "compressed-tensors", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "packed" in result.stderr.splitlines()[-1]
    assert call("--model", tiny_llama_folder, *words, "--format", "gguf", "--out", tmp_path / "out").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_model_keeps_its_bfloat16(tmp_path: Path):
    found = document_of(call("--method", "magnitude", "--sparsity", "0.5", "--out", tmp_path / "half", "--json"))
    assert found["sparsity"] == pytest.approx(0.5, abs=1e-4)
    assert load(tmp_path / "half").dtype == torch.bfloat16
    assert found["bytes"] == found["bytes_dense"]


def test_what_came_of_it_is_told_on_a_terminal(tiny_llama_folder: Path, tmp_path: Path):
    result = call("--model", tiny_llama_folder, "--method", "wanda", "--sparsity", "0.5", *CALIBRATION, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "model.layers.1.mlp.down_proj" in result.stdout
    assert "Sparsity 0.5000" in result.stdout
    assert "neither smaller nor faster" in result.stdout
    assert "compressed block 2 of 2" in result.stderr


class Killed(Exception):
    """Stands for a kill."""


def test_a_killed_call_goes_on_at_the_next_block(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from llmkick_core.compress import engine

    recipe = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(n_samples=4, seq_len=32))
    compress_to(str(tiny_llama_folder), recipe, tmp_path / "whole")

    def kill(n_done: int, n_blocks: int) -> None:
        raise Killed

    out = tmp_path / "out"
    with pytest.raises(Killed):
        compress_to(str(tiny_llama_folder), recipe, out, on_block=kill)
    assert not out.exists()
    compressed = []
    group = engine.compress_group
    monkeypatch.setattr(
        engine, "compress_group", lambda linears, *rest: compressed.extend(one.name for one in linears) or group(linears, *rest)
    )
    compress_to(str(tiny_llama_folder), recipe, out)
    assert {name.split(".")[2] for name in compressed} == {"1"}
    assert (out / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()


def test_a_folder_appears_only_once_it_is_whole(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*arguments: object, **options: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(Streamed, "write", full)
    result = call("--model", tiny_llama_folder, "--method", "magnitude", "--sparsity", "0.5", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert result.stderr.count("\nerror: ") == 1
    assert not (tmp_path / "out").exists()


def test_two_calls_for_one_folder_do_not_meet(tiny_llama_folder: Path, tmp_path: Path):
    (tmp_path / ".out.partial").mkdir()
    with held(tmp_path / ".out.partial" / "lock"):
        # a lock belongs to an open file, so that this process too finds it taken
        result = call("--model", tiny_llama_folder, "--method", "magnitude", "--sparsity", "0.5", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "another process is compressing into" in result.stderr
    assert not (tmp_path / "out").exists()


def test_unfinished_blocks_may_lie_in_a_store(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def stop(*arguments: object, **options: object) -> None:
        raise SafetensorError("full")

    words = (
        "--model",
        tiny_llama_folder,
        "--method",
        "magnitude",
        "--sparsity",
        "0.5",
        "--out",
        tmp_path / "out",
        "--store",
        tmp_path / "store",
    )
    with monkeypatch.context() as patch:
        patch.setattr(Streamed, "write", stop)
        assert call(*words).exit_code == 1
    kept = sorted((tmp_path / "store").rglob("*.safetensors"))
    assert [path.name for path in kept if path.suffix == ".safetensors"] == ["block-000.safetensors", "block-001.safetensors"]
    assert call(*words).exit_code == 0
    assert not any((tmp_path / "store").rglob("*.safetensors"))


def test_a_folder_that_is_there_is_left_alone(tiny_llama_folder: Path, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    result = call("--model", tiny_llama_folder, "--method", "magnitude", "--sparsity", "0.5", "--out", tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path} is there already" in result.stderr
    assert not (tmp_path.parent / f".{tmp_path.name}.partial").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tiny_llama_folder: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*Choose a writable place with --out"):
        compress_to(str(tiny_llama_folder), Recipe(method="magnitude", sparsity=0.5), tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "dense"), "compresses nothing"),
        (("--method", "frobnicate", "--sparsity", "0.5"), "no method 'frobnicate'"),
        (("--method", "wanda", "--sparsity", "1.2"), "not a share of weights"),
        (("--method", "wanda", "--structure", "4:2"), "4:2"),
        (("--method", "wanda", "--structure", "2:4", "--sparsity", "0.2"), "contradicts"),
        (("--method", "gptq", "--bits", "5"), "bits 5 is not one of"),
        (("--method", "magnitude", "--structure", "3:5"), "multiples of 5, but layer model.layers.0"),
        (
            ("--method", "rtn", "--bits", "4", "--group-size", "24"),
            "groups of 24 need widths that are multiples of 24, but layer model.layers.0",
        ),
        (("--method", "wanda", "--sparsity", "0.5", "--group-size", "16"), "wanda takes no --group-size"),
        (("--method", "rtn", "--bits", "4", "--quantizer", "gptq"), "method rtn quantizes itself"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(tiny_llama_folder: Path, tmp_path: Path, words: tuple[str, ...], message: str):
    result = call("--model", tiny_llama_folder, *words, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.stderr.splitlines()[-1]
    assert result.stderr.count("error: ") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_would_not_fit_is_refused_with_the_numbers(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from llmkick_core.jobs import estimate

    monkeypatch.setattr(estimate, "free_bytes", lambda device: 1000)
    words = ("--model", tiny_llama_folder, "--method", "magnitude", "--sparsity", "0.5", "--out", tmp_path / "out")
    result = call(*words)
    assert result.exit_code == 1
    assert "of memory, 0 MiB are free" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert call(*words, "--force").exit_code == 0


def test_dense_is_no_recipe(tmp_path: Path):
    with pytest.raises(RecipeError, match="compresses nothing"):
        compress_to("bundled:kick-tiny", Recipe(), tmp_path / "out")

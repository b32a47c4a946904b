"""Weights and data that a stranger put into a store are not taken for what this installation made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from llmkick_core import seals, settings
from llmkick_core.catalog import plan
from llmkick_core.errors import DataError, StoreError
from llmkick_core.jobs.preflight import check_runs
from llmkick_core.live.prepare import prepare
from llmkick_core.run import execute
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.seals import is_sealed, seal
from llmkick_core.store.layout import checkpoint_dir, run_dir
from llmkick_core.store.parts import read_parts
from llmkick_core.tasks.datasets import hub


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this installation remember things in a folder of the test's own."""
    monkeypatch.setenv("LLMKICK_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def spec(tiny_llama_folder: Path, tiny_data: Path) -> RunSpec:
    calibration = Calibration(source=str(tiny_data / "calibration.txt"), n_samples=4, seq_len=32)
    recipe = Recipe(method="wanda", sparsity=0.5, calibration=calibration)
    specs = plan(str(tiny_llama_folder), [recipe], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))
    return next(one for one in specs if not one.recipe.is_dense)


def texts(store: Path, spec: RunSpec) -> list[str]:
    return [answer.text for answers, scores in read_parts(run_dir(store, spec.run_id)) if scores for answer in answers]


def forge(file: Path) -> None:
    """Put other weights into a file of tensors, all that it says of itself kept."""
    with safe_open(file, framework="pt") as stored:
        told = stored.metadata()
    save_file({name: torch.zeros_like(tensor) for name, tensor in load_file(file).items()}, file, told)


def test_forged_blocks_are_compressed_anew(state: Path, spec: RunSpec, tmp_path: Path) -> None:
    whole, forged = tmp_path / "whole", tmp_path / "forged"
    execute(whole, [spec], device="cpu")
    (forged / "checkpoints").mkdir(parents=True)
    kept = shutil.copytree(checkpoint_dir(whole, spec.compression_id), checkpoint_dir(forged, spec.compression_id))
    blocks = sorted(kept.glob("block-*.safetensors"))
    before = [load_file(block) for block in blocks]
    for block in blocks:
        forge(block)
    execute(forged, [spec], device="cpu")
    assert texts(forged, spec) == texts(whole, spec) != []
    for block, weights in zip(blocks, before, strict=True):
        found = load_file(block)
        assert found.keys() == weights.keys()
        assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_blocks_of_this_installation_are_taken_and_those_of_another_are_not(
    state: Path, spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(tmp_path / "store", [spec], device="cpu")
    folder = checkpoint_dir(tmp_path / "store", spec.compression_id)
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert all(map(is_sealed, moved.glob("block-*.safetensors")))
    monkeypatch.setenv("LLMKICK_STATE", str(tmp_path / "stranger"))
    assert not any(map(is_sealed, moved.glob("block-*.safetensors")))


def test_a_forged_folder_that_live_would_serve_is_made_anew(state: Path, spec: RunSpec, tmp_path: Path) -> None:
    store = tmp_path / "store"
    execute(store, [spec], device="cpu")
    folder = prepare(store, spec, device="cpu", report=lambda **_: None)
    before = (folder / "model.safetensors").read_bytes()
    forge(folder / "model.safetensors")
    told: list[dict[str, object]] = []
    assert prepare(store, spec, device="cpu", report=lambda **words: told.append(words)) == folder
    assert (folder / "model.safetensors").read_bytes() == before
    assert told
    (folder / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n.")
    prepare(store, spec, device="cpu", report=lambda **_: None)
    assert not (folder / "pytorch_model.bin").exists()
    told.clear()
    prepare(store, spec, device="cpu", report=lambda **words: told.append(words))
    assert not told  # as it was made: nothing is made again


def test_a_data_set_that_lies_in_a_store_is_not_the_one_of_the_hub(
    state: Path, tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["perplexity"], dataset="hub")
    for source in (hub.SOURCES["perplexity"],):
        place = hub.place_of(source, tmp_path / "store" / "datasets")
        place.mkdir(parents=True)
        (place / "perplexity.txt").write_text("An invented text.")
    with pytest.raises(DataError, match="HF_HUB_OFFLINE"):
        check_runs([spec], tmp_path / "store")
    shutil.copytree(tmp_path / "store" / "datasets", settings.data_cache())
    check_runs([spec], tmp_path / "store")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a byte": lambda folder: (folder / "a.bin").write_bytes(b"other"),
    "a file more": lambda folder: (folder / "b.bin").write_bytes(b""),
    "a file less": lambda folder: (folder / "a.bin").unlink(),
    "another name": lambda folder: (folder / "a.bin").rename(folder / "c.bin"),
    "a link": lambda folder: ((folder / "a.bin").rename(folder.parent / "a.bin"), (folder / "a.bin").symlink_to(folder.parent / "a.bin")),
    "a folder in its place": lambda folder: ((folder / "a.bin").unlink(), (folder / "a.bin").mkdir()),
    "no seal": lambda folder: (folder / ".seal").unlink(),
    "a seal of nonsense": lambda folder: (folder / ".seal").write_bytes(b"\xff" * 64),
    "a link as seal": lambda folder: ((folder / ".seal").rename(folder.parent / "seal"), (folder / ".seal").symlink_to(folder.parent / "seal")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_seal_holds_until_anything_changes(state: Path, tmp_path: Path, change: Callable[[Path], object]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"whole")
    assert not is_sealed(folder)
    seal(folder)
    assert is_sealed(folder)
    change(folder)
    assert not is_sealed(folder)


def test_a_seal_belongs_to_a_name(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "block-000.safetensors"
    file.write_bytes(b"weights")
    seal(file)
    assert is_sealed(file)
    other = tmp_path / "block-001.safetensors"
    shutil.copy(file, other)
    shutil.copy(file.with_name(f"{file.name}.seal"), other.with_name(f"{other.name}.seal"))
    assert not is_sealed(other)


def test_the_key_is_its_owners_alone_and_a_damaged_one_is_told(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"a")
    seal(file)
    key = state / seals.KEY
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_bytes()) == 32
    key.write_bytes(b"short")
    seals._key.cache_clear()
    with pytest.raises(StoreError, match="5 bytes, a key has 32"):
        seal(file)
    assert not is_sealed(file)
    assert json.dumps(sorted(path.name for path in state.iterdir())) == '["seal.key"]'

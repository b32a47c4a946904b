"""Models of pytorch_model.bin: converted once to safetensors, by a process that runs nothing of theirs, and then models like all others."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from llmkick_core.compression import compress_to
from llmkick_core.errors import ModelError, PreflightError, RunCancelled
from llmkick_core.models import open_model, pickled
from llmkick_core.models.described import described
from llmkick_core.models.locate import fetch, fingerprint, locate
from llmkick_core.models.pickled import convert_pickles
from llmkick_core.schema import Recipe

INDEX = "pytorch_model.bin.index.json"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def weights(tiny_llama_folder: Path) -> dict[str, torch.Tensor]:
    """Return the weights of a tiny model as torch saves them: a tied head is the embeddings under another name."""
    found = load_file(tiny_llama_folder / "model.safetensors")
    return found | {"lm_head.weight": found["model.embed_tokens.weight"]}


@pytest.fixture
def folder(tiny_llama_folder: Path, tmp_path: Path, weights: dict[str, torch.Tensor]) -> Path:
    """Return the same model as one pickle, beside files of its training."""
    copy = tmp_path / "pickles"
    shutil.copytree(tiny_llama_folder, copy, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.save(weights, copy / "pytorch_model.bin")
    for name in ("training_args.bin", "optimizer.bin", "rng_state.pth"):
        (copy / name).write_bytes(b"no weights")
    return copy


def shard(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    """Have the weights lie in two pickles and an index, as vicuna-7b-v1.3's."""
    (folder / "pytorch_model.bin").unlink(missing_ok=True)
    names = [name for name in weights if name != "lm_head.weight"]
    places = {name: f"pytorch_model-0000{1 + (k % 2)}-of-00002.bin" for k, name in enumerate(names)}
    for file in set(places.values()):
        torch.save({name: weights[name] for name in names if places[name] == file}, folder / file)
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))


def test_a_pickle_answers_as_its_safetensors_do(folder: Path, tiny_llama_folder: Path, weights: dict[str, torch.Tensor]):
    before = locate(str(folder))
    assert (before.path, before.source) == (None, folder)
    assert described(str(folder)).n_new_bytes > 0
    said: list[str] = []
    made = fetch(before, report=said.append)
    assert said == ["converting pickle weights to safetensors"]
    after = locate(str(folder))
    assert (after.path, after.revision) == (made, before.revision)
    assert described(str(folder)).n_new_bytes == 0
    found = load_file(made / "model.safetensors")
    assert found.keys() == weights.keys() - {"lm_head.weight"}  # as save_pretrained leaves a tied head out
    assert all(torch.equal(found[name], weights[name]) for name in found)
    assert not list(made.parent.glob(".*.partial*"))
    model, same = open_model(str(folder), revision=before.revision, device="cpu"), open_model(str(tiny_llama_folder), device="cpu")
    assert model.generate(["The answer is"], max_new_tokens=6) == same.generate(["The answer is"], max_new_tokens=6)
    assert "source_format" not in model.facts


@pytest.mark.parametrize("is_old", [False, True], ids=["zip", "as before torch 1.6"])
def test_shards_are_converted_one_by_one(folder: Path, weights: dict[str, torch.Tensor], is_old: bool, monkeypatch: pytest.MonkeyPatch):
    if is_old:
        save = torch.save
        monkeypatch.setattr(torch, "save", lambda *told: save(*told, _use_new_zipfile_serialization=False))
    shard(folder, weights)
    made = convert_pickles(folder)
    assert sorted(path.name for path in made.glob("*.safetensors")) == [f"model-0000{k}-of-00002.safetensors" for k in (1, 2)]
    found = {name: tensor for file in made.glob("*.safetensors") for name, tensor in load_file(file).items()}
    assert found.keys() == json.loads((made / "model.safetensors.index.json").read_text())["weight_map"].keys()
    assert all(torch.equal(found[name], weights[name]) for name in found)


def test_a_model_of_pickles_is_compressed_as_its_safetensors_are(folder: Path, tiny_llama_folder: Path, tmp_path: Path):
    recipe = Recipe(method="magnitude", sparsity=0.5)
    compress_to(str(folder), recipe, tmp_path / "one")
    compress_to(str(tiny_llama_folder), recipe, tmp_path / "other")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "other"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_every_byte_of_a_pickle_counts_and_of_other_files_none(folder: Path, weights: dict[str, torch.Tensor]):
    before = fingerprint(folder)
    (folder / "training_args.bin").write_bytes(b"other")
    assert fingerprint(folder) == before
    with (folder / "pytorch_model.bin").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x01")
    assert fingerprint(folder) != before
    shard(folder, weights)
    sharded = fingerprint(folder)
    with (folder / "pytorch_model-00002-of-00002.bin").open("ab") as stream:
        stream.write(b"\x01")
    assert fingerprint(folder) != sharded


def test_beside_safetensors_a_pickle_is_not_looked_at(tiny_llama_folder: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "both")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cposix\nsystem\n.")
    found = locate(str(folder))
    assert (found.path, found.source, found.revision) == (folder, None, fingerprint(tiny_llama_folder))


class Thief:
    """Runs a command where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


def hostile_torch(file: Path, place: Path) -> None:
    torch.save({"model.norm.weight": torch.ones(32), "more": Thief(place)}, file)


def hostile_pickle(file: Path, place: Path) -> None:
    file.write_bytes(pickle.dumps({"model.norm.weight": Thief(place)}))


def hostile_growth(file: Path, place: Path) -> None:
    torch.save({"model.norm.weight": torch.ones(1).expand(2**40)}, file)


def no_tensor(file: Path, place: Path) -> None:
    torch.save({"state_dict": {"model.norm.weight": torch.ones(32)}}, file)


def torn(file: Path, place: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def pointer(file: Path, place: Path) -> None:
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


REASONS = {
    hostile_torch: "it asks for posix.system",
    hostile_pickle: "is no whole pickle of tensors alone",
    hostile_growth: "'model.norm.weight' would take 4,398,046,511,104",
    no_tensor: "'state_dict', which is no tensor but dict",
    torn: "is no whole pickle of tensors alone",
    pointer: "is a git-lfs pointer",
}


@pytest.mark.parametrize("write", REASONS)
def test_what_is_no_weights_ends_in_one_line_and_runs_nothing(
    folder: Path, tmp_path: Path, cache: Path, write: Callable[[Path, Path], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")  # is not handed on
    write(folder / "pytorch_model.bin", tmp_path / "ran")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin") as caught:
        convert_pickles(folder)
    assert REASONS[write] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(folder))
    assert not (tmp_path / "ran").exists()
    assert [path.suffix for path in (cache / "models").iterdir()] == [".lock"]


def test_a_model_that_lacks_a_pickle_or_the_index_is_refused_by_its_name(folder: Path, weights: dict[str, torch.Tensor]):
    shard(folder, weights)
    (folder / "pytorch_model-00002-of-00002.bin").rename(folder / "other")
    with pytest.raises(ModelError, match=r"lacks pytorch_model-00002-of-00002\.bin of its weights"):
        locate(str(folder))
    (folder / INDEX).unlink()
    with pytest.raises(ModelError, match=r"lacks pytorch_model\.bin\.index\.json of its weights"):
        locate(str(folder))


def test_quantized_pickles_are_refused_before_they_are_converted(folder: Path):
    told = json.loads((folder / "config.json").read_text()) | {"quantization_config": {"quant_method": "gptq", "bits": 4}}
    (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises(ModelError, match="quantized already"):
        locate(str(folder))


def test_converting_ends_when_it_is_cancelled(folder: Path, cache: Path):
    with pytest.raises(RunCancelled):
        convert_pickles(folder, should_stop=lambda: True)
    assert [path.suffix for path in (cache / "models").iterdir()] == [".lock"]


def test_too_little_memory_or_disk_is_told_before_anything_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pickled, "convert", lambda *_: pytest.fail("it was begun"))
    with monkeypatch.context() as patch:
        patch.setattr(pickled, "free_bytes", lambda _: 10**6)
        with pytest.raises(PreflightError, match="GiB of memory"):
            convert_pickles(folder)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(pickled.shutil, "disk_usage", lambda _: usage._replace(free=1))
    with pytest.raises(PreflightError, match="GiB of disk"):
        convert_pickles(folder)

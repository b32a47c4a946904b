"""What is not loaded: missing weights, a strange tokenizer, code, another model, a device that is not there."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmkick_core.errors import ModelError
from llmkick_core.models import open_model
from llmkick_core.models.hugging_face import HuggingFaceModel, choose_device, choose_dtype, load


@pytest.fixture(scope="module")
def llama(tiny_llama_folder: Path) -> HuggingFaceModel:
    return load(tiny_llama_folder, device="cpu")


def test_missing_weights_are_named_not_made_up(tiny_qwen2_folder: Path, tmp_path: Path):
    folder = tmp_path / "holes"
    shutil.copytree(tiny_qwen2_folder, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lack 1 tensors, such as model\.layers\.1\.mlp\.up_proj\.weight"):
        load(folder, device="cpu")


def test_a_tokenizer_of_another_model_is_refused(tiny_llama_folder: Path, tmp_path: Path):
    folder = tmp_path / "mixed"
    shutil.copytree(tiny_llama_folder, folder)
    raw = json.loads((folder / "tokenizer.json").read_text())
    raw["added_tokens"].append({**raw["added_tokens"][-1], "id": 400, "content": "<more>"})
    (folder / "tokenizer.json").write_text(json.dumps(raw))
    with pytest.raises(ModelError, match="401 tokens, the model embeds only 400"):
        load(folder, device="cpu")


def test_code_beside_a_model_is_not_run(tiny_llama_folder: Path, tmp_path: Path):
    folder = tmp_path / "code"
    shutil.copytree(tiny_llama_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mystery", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ModelError):
        load(folder, device="cpu")
    assert not (tmp_path / "ran").exists()


def test_a_model_that_changed_since_is_refused(tiny_llama_folder: Path):
    with pytest.raises(ModelError, match="has changed"):
        open_model(str(tiny_llama_folder), revision="0123456789abcdef", device="cpu")


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="cuda:7"):
        choose_device("cuda:7")
    with pytest.raises(ModelError, match="toaster"):
        choose_device("toaster")


def test_a_cpu_computes_in_float32():
    assert choose_dtype(torch.device("cpu")) is torch.float32

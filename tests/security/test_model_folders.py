"""What a model's folder says does not choose which code runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from llmkick_core.models.hugging_face import load


@pytest.mark.parametrize("field", ["_attn_implementation", "attn_implementation", "_experts_implementation", "experts_implementation"])
def test_a_config_does_not_choose_the_kernels(field: str, tiny_llama_folder: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {field: "thief/kernels"}))
    found, usual = load(folder, device="cpu"), load(tiny_llama_folder, device="cpu")
    assert found.module.config._attn_implementation == usual.module.config._attn_implementation
    assert found.generate(["The answer is"], max_new_tokens=3) == usual.generate(["The answer is"], max_new_tokens=3)


def test_weights_as_pickles_beside_safetensors_are_not_read(tiny_llama_folder: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "model")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cposix\nsystem\n.")
    assert load(folder, device="cpu").generate(["The answer is"], max_new_tokens=3)

"""Quantized weights are recognised before anything starts: by the config, by a file beside it, by names and types of tensors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmkick_core.compression import compress_to
from llmkick_core.errors import ModelError
from llmkick_core.jobs.estimate import estimate_compression
from llmkick_core.models.hugging_face import load
from llmkick_core.models.locate import locate
from llmkick_core.models.source_format import source_format
from llmkick_core.schema import Recipe

CONFIGS = {
    "GPTQ, 4-bit": {"quant_method": "gptq", "bits": 4, "group_size": 128},
    "AWQ, 4-bit": {"quant_method": "awq", "bits": 4},
    "bitsandbytes, 8-bit": {"quant_method": "bitsandbytes", "load_in_8bit": True},
    "bitsandbytes, 4-bit": {"quant_method": "bitsandbytes", "load_in_4bit": True},
    "FP8, 8-bit": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]},
    "mxfp4, 4-bit": {"quant_method": "mxfp4"},
    "hqq, 2-bit": {"quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 2}}},
    "ModelOpt, 4-bit": {"quant_method": "modelopt", "quant_algo": "NVFP4"},
}


def copied(folder: Path, to: Path, **config: object) -> Path:
    shutil.copytree(folder, to)
    told = json.loads((to / "config.json").read_text()) | config
    (to / "config.json").write_text(json.dumps(told))
    return to


@pytest.mark.parametrize("label", CONFIGS)
def test_a_quantized_source_is_refused_by_what_and_how_many_bits(tiny_llama_folder: Path, tmp_path: Path, label: str):
    folder = copied(tiny_llama_folder, tmp_path / "quantized", quantization_config=CONFIGS[label])
    with pytest.raises(ModelError, match=rf"quantized already \({label}, says config\.json\).*full-precision"):
        locate(str(folder))


def test_a_config_one_level_down_and_a_file_beside_it_are_read(tiny_llama_folder: Path, tmp_path: Path):
    nested = copied(tiny_llama_folder, tmp_path / "nested", text_config={"quantization_config": CONFIGS["GPTQ, 4-bit"]})
    beside = copied(tiny_llama_folder, tmp_path / "beside")
    (beside / "hf_quant_config.json").write_text(json.dumps({"quantization": {"quant_algo": "FP8"}}))
    for folder, label in ((nested, "GPTQ, 4-bit"), (beside, "ModelOpt, 8-bit")):
        with pytest.raises(ModelError, match=label):
            locate(str(folder))


@pytest.mark.parametrize(
    ("name", "tensor", "label"),
    [
        ("qweight", torch.ones(4, 4, dtype=torch.int32), "GPTQ or AWQ"),
        ("weight_packed", torch.ones(4, 4, dtype=torch.int32), "compressed-tensors"),
        ("SCB", torch.ones(4), "bitsandbytes, 8-bit"),
        ("weight.absmax", torch.ones(4), "bitsandbytes, 4-bit"),
        ("weight", torch.ones(4, 4).to(torch.float8_e4m3fn), "FP8, 8-bit"),
    ],
)
def test_names_and_types_of_tensors_tell_where_no_config_does(
    tiny_llama_folder: Path, tmp_path: Path, name: str, tensor: torch.Tensor, label: str
):
    folder = copied(tiny_llama_folder, tmp_path / "unsaid")
    tensors = load_file(folder / "model.safetensors") | {f"model.layers.0.mlp.up_proj.{name}": tensor}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"quantized already \({label}, says tensor"):
        locate(str(folder))


def test_a_packed_folder_of_our_own_is_dequantized_and_labelled_and_not_compressed_again(tiny_llama_folder: Path, tmp_path: Path):
    recipe = Recipe(method="rtn", bits=4, group_size=16)
    compress_to(str(tiny_llama_folder), recipe, tmp_path / "plain")
    compress_to(str(tiny_llama_folder), recipe, tmp_path / "packed", is_packed=True)
    assert source_format(tmp_path / "plain") == ""
    model, same = load(tmp_path / "packed", device="cpu"), load(tmp_path / "plain", device="cpu")
    assert model.facts["source_format"] == "compressed-tensors, 4-bit, dequantized"
    assert "source_format" not in same.facts
    told, expected = (one.generate(["What is the capital"], max_new_tokens=8)[0].tokens for one in (model, same))
    assert told == expected
    for refuse in (
        lambda: compress_to(str(tmp_path / "packed"), recipe, tmp_path / "again"),
        lambda: estimate_compression(str(tmp_path / "packed"), recipe, tmp_path / "again"),
    ):
        with pytest.raises(ModelError, match=r"quantized already \(compressed-tensors, 4-bit, says config\.json\)"):
            refuse()
    assert not (tmp_path / "again").exists()

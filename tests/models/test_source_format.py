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
from llmkick_core.models.described import described
from llmkick_core.models.hugging_face import load
from llmkick_core.models.locate import locate
from llmkick_core.models.source_format import source_format
from llmkick_core.schema import Recipe
from tests.conftest import save_model

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


BLOCK = 128


def in_fp8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a weight as float8, the scales of its blocks of 128 x 128, and what both are as bfloat16, computed block by block."""
    rows, columns = (-(-size // BLOCK) for size in weight.shape)
    stored, scales, plain = torch.empty_like(weight, dtype=torch.float8_e4m3fn), torch.empty(rows, columns), torch.empty_like(weight)
    for i in range(rows):
        for k in range(columns):
            place = slice(i * BLOCK, (i + 1) * BLOCK), slice(k * BLOCK, (k + 1) * BLOCK)
            scales[i, k] = weight[place].abs().max() / 448
            stored[place] = (weight[place] / scales[i, k]).to(torch.float8_e4m3fn)
            plain[place] = (stored[place].float() * scales[i, k]).bfloat16().float()
    return stored, scales, plain


def saved_pair(config: object, tokenizer: Path, place: Path, *, kind: str) -> tuple[Path, Path]:
    """Write a random model quantized, and the same with plain numbers; return both folders."""
    folder, plain = place / kind, place / "plain"
    save_model(config, folder)
    weights = load_file(folder / "model.safetensors")
    quantized, same = dict(weights), dict(weights)
    for name, weight in weights.items():
        if kind == "fp8" and "_proj" in name:
            quantized[name], quantized[f"{name}_scale_inv"], same[name] = in_fp8(weight)
        if kind == "mxfp4" and ".experts." in name and name.endswith("_proj"):
            del quantized[name]
            quantized[f"{name}_blocks"], quantized[f"{name}_scales"], same[name] = in_mxfp4(weight)
    shutil.copytree(folder, plain)
    for to, tensors in ((folder, quantized), (plain, same)):
        save_file(tensors, to / "model.safetensors", metadata={"format": "pt"})
        for file in tokenizer.glob("tokenizer*"):
            shutil.copy(file, to)
    told = json.loads((folder / "config.json").read_text())
    told["quantization_config"] = {"quant_method": kind} | ({"weight_block_size": [BLOCK, BLOCK]} if kind == "fp8" else {})
    (folder / "config.json").write_text(json.dumps(told))
    return folder, plain


def in_mxfp4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return random stacked experts of a weight's shape (experts, in, out) as blocks of 32 four-bit numbers, their scales, and as plain numbers."""
    values = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
    n_experts, n_in, n_out = weight.shape
    codes = torch.randint(0, 16, (n_experts, n_out, n_in // 32, 32), generator=torch.Generator().manual_seed(0))
    scales = 120 + codes[..., 0] % 4  # exponents, 127 is 1
    plain = (values[codes] * torch.exp2(scales - 127.0)[..., None]).reshape(n_experts, n_out, n_in).transpose(1, 2)
    return (codes[..., 0::2] | (codes[..., 1::2] << 4)).to(torch.uint8), scales.to(torch.uint8), plain.contiguous()


def quantized_config(name: str) -> object:
    from transformers import GptOssConfig, Qwen3Config, Qwen3MoeConfig

    sizes = {"vocab_size": 400, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128}
    sizes |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    if name == "qwen3":  # 192 rows are a block and a half, 320 are two and a half
        return Qwen3Config(hidden_size=192, intermediate_size=320, head_dim=48, tie_word_embeddings=True, **sizes)
    if name == "qwen3_moe":
        return Qwen3MoeConfig(
            hidden_size=256, intermediate_size=384, moe_intermediate_size=192, num_experts=4, num_experts_per_tok=2, head_dim=32, **sizes
        )
    return GptOssConfig(
        hidden_size=64, intermediate_size=96, head_dim=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=16, **sizes
    )


@pytest.mark.parametrize(("name", "kind"), [("qwen3", "fp8"), ("qwen3_moe", "fp8"), ("gpt_oss", "mxfp4")])
def test_fp8_and_mxfp4_are_dequantized_and_labelled_and_not_compressed(tiny_llama_folder: Path, tmp_path: Path, name: str, kind: str):
    folder, plain = saved_pair(quantized_config(name), tiny_llama_folder, tmp_path, kind=kind)
    label = f"{kind.upper()}, dequantized to bfloat16"
    assert locate(str(folder)).path == folder
    assert described(str(folder)).source_format == label
    model, same = load(folder, device="cpu"), load(plain, device="cpu")
    assert model.facts["source_format"] == label
    ours, theirs = model.module.state_dict(), same.module.state_dict()
    assert [one for one in theirs if not torch.equal(ours[one], theirs[one])] == []
    assert model.generate(["The capital of"], max_new_tokens=4) == same.generate(["The capital of"], max_new_tokens=4)
    with pytest.raises(ModelError, match="quantized already"):
        compress_to(str(folder), Recipe(method="magnitude", sparsity=0.5), tmp_path / "out")


FP8_FORMS = {
    "a scale for each weight": lambda tensors, name: tensors | {f"{name}_scale": torch.ones(1)},
    "a scale for each row": lambda tensors, name: tensors | {f"{name}_scale_inv": torch.ones(len(tensors[name]), 1)},
    "exponents as scales": lambda tensors, name: tensors | {f"{name}_scale_inv": torch.ones(1, 1).to(torch.uint8)},
    "no scale": lambda tensors, name: tensors,
}


@pytest.mark.parametrize("form", FP8_FORMS)
def test_fp8_of_other_forms_is_refused_before_anything_is_read(tiny_llama_folder: Path, tmp_path: Path, form: str):
    folder = copied(tiny_llama_folder, tmp_path / "other", quantization_config=CONFIGS["FP8, 8-bit"])
    name = "model.layers.0.mlp.up_proj.weight"
    tensors = load_file(folder / "model.safetensors")
    tensors[name] = tensors[name].to(torch.float8_e4m3fn)
    save_file(FP8_FORMS[form](tensors, name), folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"quantized already \(FP8, 8-bit, says config\.json\)"):
        locate(str(folder))


def test_what_the_config_of_a_quantized_model_leaves_out_is_refused_too(tiny_llama_folder: Path, tmp_path: Path):
    folder, _ = saved_pair(quantized_config("qwen3"), tiny_llama_folder, tmp_path, kind="fp8")
    weights = load_file(folder / "model.safetensors")
    bias, head = "model.layers.0.self_attn.q_proj.bias", "lm_head.weight"
    for name, more, field in (
        (bias, torch.ones(192), "attention_bias is False"),
        (head, torch.ones(400, 192), "tie_word_embeddings is True"),
    ):
        save_file(weights | {name: more}, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelError, match=rf"{name}.*{field}"):
            load(folder, device="cpu")
    packed = tmp_path / "packed"
    compress_to(str(tiny_llama_folder), Recipe(method="rtn", bits=4, group_size=16), packed, is_packed=True)
    save_file(load_file(packed / "model.safetensors") | {bias: torch.ones(32)}, packed / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"{bias}.*attention_bias is False"):
        load(packed, device="cpu")

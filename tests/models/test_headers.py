"""What counts as a model's weights, from the headers of its files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from llmkick_core.models.headers import read_sizes
from llmkick_core.weight_names import is_other_tower

TABLE = torch.arange(32.0).reshape(8, 4)
LAYER = {"h.0.attn.c_attn.weight": torch.ones(4, 12), "h.0.attn.c_attn.bias": torch.ones(12), "h.0.ln_1.weight": torch.ones(4)}


def folder_of(path: Path, tensors: dict[str, torch.Tensor], **config: object) -> Path:
    (path / "config.json").write_text(json.dumps(config))
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, path / "model.safetensors")
    return path


EXTRA = {
    "a causal mask": {"h.0.attn.bias": torch.ones(1, 1, 16, 16).tril()},
    "a masked bias": {"h.0.attn.masked_bias": torch.tensor(-1e4)},
    "a GPT-NeoX mask": {"h.0.attention.bias": torch.ones(1, 1, 16, 16, dtype=torch.bool)},
    "rotary frequencies": {"h.0.self_attn.rotary_emb.inv_freq": torch.ones(2)},
    "positions": {"embeddings.position_ids": torch.arange(8)},
    "a layer that predicts further tokens": {"h.1.attn.c_attn.weight": torch.ones(4, 12)},
    "a head that predicts further tokens": {"mtp.layers.0.proj.weight": torch.ones(4, 4)},
    "a tied head": {"lm_head.weight": TABLE},
}


@pytest.mark.parametrize("name", EXTRA)
def test_what_is_no_parameter_is_not_counted(tmp_path: Path, name: str):
    (tmp_path / "plain").mkdir()
    (tmp_path / "more").mkdir()
    weights = {"wte.weight": TABLE, **LAYER}
    plain = read_sizes(folder_of(tmp_path / "plain", weights, n_layer=1))
    assert read_sizes(folder_of(tmp_path / "more", weights | EXTRA[name], n_layer=1)) == plain
    assert (plain.n_parameters, plain.n_block_parameters) == (32 + 48 + 12 + 4, 48)


def test_a_head_of_its_own_is_counted(tmp_path: Path):
    sizes = read_sizes(folder_of(tmp_path, {"wte.weight": TABLE, "lm_head.weight": TABLE + 1}))
    assert sizes.n_parameters == 64
    folder = tmp_path / "untied"
    folder.mkdir()
    assert read_sizes(folder_of(folder, {"wte.weight": TABLE, "lm_head.weight": TABLE}, tie_word_embeddings=False)).n_parameters == 64


def test_routers_and_towers_are_no_block_parameters(tmp_path: Path):
    weights = {
        "model.layers.0.mlp.experts.0.w1.weight": torch.ones(4, 4),
        "model.layers.0.mlp.experts.1.w1.weight": torch.ones(4, 4),
        "model.layers.0.mlp.gate.weight": torch.ones(2, 4),
        "model.vision_tower.encoder.layers.0.fc1.weight": torch.ones(8, 8),
    }
    assert read_sizes(folder_of(tmp_path, weights)).n_block_parameters == 32
    assert is_other_tower("model.vision_tower.encoder.layers.0.fc1.weight")


@pytest.mark.parametrize("kind", ["llama", "hrm", "mixture", "hybrid"])
def test_headers_and_walker_agree_on_what_is_compressed(tmp_path: Path, kind: str):
    import transformers as t

    from llmkick_core.compress.blocks import find_blocks

    small = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
        "vocab_size": 64,
        "num_key_value_heads": 2,
        "num_hidden_layers": 2,
    }
    config = {
        "llama": lambda: t.LlamaConfig(**small),
        "hrm": lambda: t.HrmTextConfig(hidden_size=32, intermediate_size=48, num_attention_heads=4, vocab_size=64, num_layers_per_stack=1),
        "mixture": lambda: t.Qwen2MoeConfig(**small, num_experts=4, moe_intermediate_size=24, shared_expert_intermediate_size=40),
        "hybrid": lambda: t.MambaConfig(hidden_size=32, num_hidden_layers=2, vocab_size=64, state_size=4),
    }[kind]()
    model = t.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path)
    sizes = read_sizes(tmp_path)
    assert sizes.n_block_parameters == sum(linear.weight.numel() for block in find_blocks(model) for linear in block.linears)
    assert sizes.n_parameters == sum(parameter.numel() for parameter in model.parameters())

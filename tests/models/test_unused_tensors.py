"""Stored tensors that a config leaves out are refused where they would change the answers, in both ways of loading; what changes nothing may stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmkick_core.errors import ModelError
from llmkick_core.models.hugging_face import load
from llmkick_core.models.streamed import open_streamed

LAYER = "model.layers.0"
WAYS: dict[str, Callable[[Path], object]] = {
    "whole": lambda folder: load(folder, device="cpu"),
    "streamed": lambda folder: open_streamed(folder, device="cpu"),
}


def with_tensors(source: Path, to: Path, more: dict[str, torch.Tensor], **config: object) -> Path:
    """Return a copy of a model's folder that holds more tensors, or says something else in its config."""
    shutil.copytree(source, to)
    told = json.loads((to / "config.json").read_text()) | config
    (to / "config.json").write_text(json.dumps(told))
    save_file(load_file(to / "model.safetensors") | more, to / "model.safetensors", metadata={"format": "pt"})
    return to


CHANGES = {
    "a bias of queries": ({f"{LAYER}.self_attn.q_proj.bias": torch.ones(32)}, f"{LAYER}.self_attn.q_proj.bias", "attention_bias is False"),
    "a bias of the MLP": ({f"{LAYER}.mlp.up_proj.bias": torch.ones(64)}, f"{LAYER}.mlp.up_proj.bias", "mlp_bias is False"),
    "norms of queries": ({f"{LAYER}.self_attn.q_norm.weight": torch.ones(8)}, f"{LAYER}.self_attn.q_norm.weight", "model_type is llama"),
    "an adapter": ({f"{LAYER}.mlp.up_proj.lora_A.weight": torch.ones(2, 32)}, f"{LAYER}.mlp.up_proj.lora_A.weight", "model_type is llama"),
    "a router's correction": (
        {f"{LAYER}.mlp.gate.e_score_correction_bias": torch.ones(4)},
        "e_score_correction_bias",
        "model_type is llama",
    ),
    "a bias of the head": ({"lm_head.bias": torch.ones(400)}, "lm_head.bias", "model_type is llama"),
    "a norm of the embeddings": ({"model.embed_layernorm.weight": torch.ones(32)}, "model.embed_layernorm.weight", "model_type is llama"),
    "a head of its own": ({"lm_head.weight": torch.ones(400, 32)}, "lm_head.weight", "tie_word_embeddings is True"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", CHANGES)
def test_weights_that_the_config_leaves_out_are_refused_by_name_and_field(tiny_llama_folder: Path, tmp_path: Path, way: str, change: str):
    more, name, field = CHANGES[change]
    folder = with_tensors(tiny_llama_folder, tmp_path / "model", more)
    with pytest.raises(ModelError) as caught:
        WAYS[way](folder)
    message = str(caught.value)
    assert name in message
    assert field in message
    assert "config.json" in message
    assert "\n" not in message


@pytest.mark.parametrize("way", WAYS)
def test_whole_layers_behind_the_last_are_refused(tiny_llama_folder: Path, tmp_path: Path, way: str):
    folder = with_tensors(tiny_llama_folder, tmp_path / "model", {}, num_hidden_layers=1)
    with pytest.raises(ModelError, match=r"hold 2 layers \(such as model\.layers\.1\), and num_hidden_layers is 1"):
        WAYS[way](folder)


HARMLESS = {
    "rotary frequencies": {f"{LAYER}.self_attn.rotary_emb.inv_freq": torch.ones(4)},
    "masks": {f"{LAYER}.self_attn.bias": torch.ones(1, 1, 16, 16).tril(), f"{LAYER}.self_attn.masked_bias": torch.tensor(-1e4)},
    "a bias of zeros": {f"{LAYER}.self_attn.o_proj.bias": torch.zeros(32)},
    "a tower": {
        "vision_tower.encoder.layers.0.mlp.fc1.weight": torch.ones(4, 4),
        "multi_modal_projector.linear_1.weight": torch.ones(4, 4),
    },
    "a layer that predicts further tokens": {
        "model.layers.2.eh_proj.weight": torch.ones(32, 64),
        "model.layers.2.mlp.up_proj.weight": torch.ones(64, 32),
    },
    "a head that predicts further tokens": {"mtp.layers.0.mlp.up_proj.weight": torch.ones(4, 4)},
    "a head that scores": {"v_head.summary.weight": torch.ones(1, 32)},
    "scales of a cache": {f"{LAYER}.self_attn.k_scale": torch.ones(1)},
}


@pytest.mark.parametrize("extra", HARMLESS)
def test_what_changes_no_number_may_be_stored(tiny_llama_folder: Path, tmp_path: Path, extra: str):
    folder = with_tensors(tiny_llama_folder, tmp_path / "model", HARMLESS[extra])
    found, same = load(folder, device="cpu"), load(tiny_llama_folder, device="cpu")
    assert found.generate(["The answer is"], max_new_tokens=4)[0].tokens == same.generate(["The answer is"], max_new_tokens=4)[0].tokens
    assert open_streamed(folder, device="cpu") is not None


def test_a_tied_head_may_be_stored_beside_the_embeddings(tiny_llama_folder: Path, tmp_path: Path):
    table = load_file(tiny_llama_folder / "model.safetensors")["model.embed_tokens.weight"]
    folder = with_tensors(tiny_llama_folder, tmp_path / "model", {"lm_head.weight": table.clone()})
    for open_it in WAYS.values():
        assert open_it(folder) is not None


def test_a_config_that_has_the_bias_reads_it(tiny_llama_folder: Path, tmp_path: Path):
    sizes = {"q_proj": 32, "k_proj": 16, "v_proj": 16, "o_proj": 32}
    more = {f"model.layers.{k}.self_attn.{name}.bias": torch.ones(size) for k in range(2) for name, size in sizes.items()}
    folder = with_tensors(tiny_llama_folder, tmp_path / "model", more, attention_bias=True)
    for open_it in WAYS.values():
        assert open_it(folder) is not None

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmkick_core.errors import ModelError
from llmkick_core.memory import free_bytes
from llmkick_core.models.config import read_shape


def write(folder: Path, **config: object) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_llama_config(tmp_path: Path):
    shape = read_shape(
        write(
            tmp_path,
            architectures=["LlamaForCausalLM"],
            hidden_size=192,
            intermediate_size=512,
            num_hidden_layers=6,
            num_attention_heads=6,
            num_key_value_heads=3,
            vocab_size=4096,
            max_position_embeddings=1024,
        )
    )
    assert (shape.architecture, shape.n_layers, shape.kv_width, shape.context_length) == ("LlamaForCausalLM", 6, 3 * 32, 1024)


def test_a_gpt2_config_uses_other_words(tmp_path: Path):
    shape = read_shape(write(tmp_path, n_embd=64, n_layer=3, n_head=4, n_positions=256, vocab_size=100, n_inner=None))
    assert (shape.hidden_size, shape.intermediate_size, shape.n_layers, shape.kv_width, shape.context_length) == (64, 256, 3, 64, 256)


def test_the_language_part_of_a_model_that_also_sees(tmp_path: Path):
    shape = read_shape(write(tmp_path, text_config={"hidden_size": 32, "num_attention_heads": 4, "head_dim": 16, "num_hidden_layers": 2}))
    assert (shape.hidden_size, shape.kv_width, shape.n_layers) == (32, 64, 2)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_config_is_named(tmp_path: Path, text: str):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        read_shape(tmp_path)


def test_the_cpu_has_memory_left():
    assert 0 < free_bytes("cpu") < 2**50

"""What a config says of its context, rotary scaling included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmkick_core.models.config import context_length, read_shape, tokenizer_limit

YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LONG = {"type": "longrope", "short_factor": [1.0], "long_factor": [2.0]}

CASES = {
    "vicuna-7b-v1.5-16k": (
        {"max_position_embeddings": 4096, "max_sequence_length": 16384, "rope_scaling": {"type": "linear", "factor": 4.0}},
        16384,
    ),
    "linear, rope_parameters": ({"max_position_embeddings": 2048, "rope_parameters": {"rope_type": "linear", "factor": 8.0}}, 16384),
    "dynamic": ({"max_position_embeddings": 2048, "rope_scaling": {"type": "dynamic", "factor": 2.0}}, 4096),
    "Llama 3.1": ({"max_position_embeddings": 131072, "rope_scaling": LLAMA3}, 131072),
    "Qwen2.5": ({"max_position_embeddings": 32768}, 32768),
    "Qwen2.5 with YaRN": ({"max_position_embeddings": 32768, "rope_scaling": YARN}, 131072),
    "YaRN, stated scaled": ({"max_position_embeddings": 131072, "rope_scaling": YARN}, 131072),
    "Phi-3 128k": ({"max_position_embeddings": 131072, "original_max_position_embeddings": 4096, "rope_scaling": LONG}, 131072),
    "Gemma 3": (
        {"model_type": "gemma3_text", "max_position_embeddings": 131072, "rope_scaling": {"rope_type": "linear", "factor": 8.0}},
        131072,
    ),
    "one scaling for each kind of layer": (
        {"max_position_embeddings": 131072, "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0}}},
        131072,
    ),
    "Mistral": ({"max_position_embeddings": 32768, "sliding_window": 4096}, 32768),
    "GPT-2": ({"n_positions": 1024}, 1024),
    "a factor that is no number": ({"max_position_embeddings": 64, "rope_scaling": {"type": "linear", "factor": "4"}}, 64),
    "nothing": ({}, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_a_context_counts_its_scaling_in(name: str):
    config, tokens = CASES[name]
    assert context_length(config) == tokens


@pytest.mark.parametrize(
    ("stated", "limit", "tokens"), [(512, 256, 256), (512, 10**30, 512), (512, 1e30, 512), (0, 256, 256), (512, None, 512), (512, -1, 512)]
)
def test_a_tokenizers_limit_bounds_the_context(stated: int, limit: object, tokens: int):
    assert tokenizer_limit(stated, limit) == tokens


def test_planning_sees_the_tokenizers_limit_and_a_nested_config(tmp_path: Path):
    config = {"text_config": {"max_position_embeddings": 128, "rope_scaling": {"type": "linear", "factor": 4.0}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert read_shape(tmp_path).context_length == 512
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 300}))
    assert read_shape(tmp_path).context_length == 300

"""What config.json says about a model before anything is loaded. No torch.

{"architectures": ["LlamaForCausalLM"], "hidden_size": 192, "num_hidden_layers": 6, "max_position_embeddings": 1024, ...}

Other architectures use other words for the same sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.json_files import read_json

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx", "max_seq_len")
_EXTENDED_ALREADY = {"default", "llama3", "mrope", "proportional"}
"""Kinds of rotary scaling beside which max_position_embeddings is the context with the scaling."""
_LIMITLESS = 10**6
"""Tokenizers without a limit name a huge one."""


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """Sizes of a decoder; each is 0 where the config does not say."""

    architecture: str
    """Class that loads it, such as `LlamaForCausalLM`."""
    n_layers: int
    """Decoder blocks."""
    hidden_size: int
    """Width of the residual stream."""
    intermediate_size: int
    """Width inside the feed-forward part."""
    kv_width: int
    """Features of all key heads of one block; keys and values of a token take twice that."""
    vocab_size: int
    """Tokens."""
    context_length: int
    """Tokens."""
    n_experts: int = 0
    """Experts of a block that a router chooses from."""
    n_used_experts: int = 0
    """Experts that a token goes through."""
    expert_size: int = 0
    """Width inside an expert."""


def read_config(folder: Path) -> dict[str, Any]:
    """Return config.json.

    Raises:
        ModelError: the file is missing or not a JSON object.
    """
    path = folder / "config.json"
    try:
        config = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}). Download the model again.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} is not a JSON object. Download the model again.")
    return config


def read_shape(folder: Path) -> ModelShape:
    """Return the sizes that a folder's config.json names.

    Raises:
        ModelError: the file is missing or not a JSON object.
    """
    config = read_config(folder)
    text = text_config(config)

    def first(*keys: str) -> int:
        return next((int(text[key]) for key in keys if isinstance(text.get(key), int)), 0)

    hidden, heads = first("hidden_size", "n_embd", "d_model"), first("num_attention_heads", "n_head", "n_heads")
    head_dim = first("head_dim") or (hidden // heads if heads else 0)
    return ModelShape(
        architecture=", ".join(map(str, config["architectures"])) if isinstance(config.get("architectures"), list) else "unknown",
        n_layers=first("num_hidden_layers", "n_layer", "n_layers"),
        hidden_size=hidden,
        intermediate_size=first("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size") or 4 * hidden,
        kv_width=(first("num_key_value_heads") or heads) * head_dim,
        vocab_size=first("vocab_size"),
        context_length=_within_tokenizer(context_length(text), folder),
        n_experts=first("num_local_experts", "num_experts", "n_routed_experts"),
        n_used_experts=first("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k"),
        expert_size=first("moe_intermediate_size", "expert_ffn_hidden_size"),
    )


def text_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return what a config says of its language model, which those that also see keep one level down."""
    return next((config[name] for name in ("text_config", "llm_config", "language_config") if isinstance(config.get(name), dict)), config)


def context_length(config: dict[str, Any]) -> int:
    """Return the tokens a language model was made for, rotary scaling included, or 0 where its config does not say.

    `max_position_embeddings` counts the scaling in for the kinds llama3 and longrope, and for whatever names an `original_max_position_embeddings` that times the
    factor is no more; beside a linear or dynamic scaling it is the context before (vicuna-7b-v1.5-16k: 4,096 times 4), which `max_sequence_length` bounds.
    """
    stated = next((size for key in _CONTEXT_KEYS if (size := _size(config.get(key)))), 0)
    rope = _scaling(config)
    kind = str(rope.get("rope_type", rope.get("type", "default"))).lower()
    factor = rope.get("factor")
    if kind in _EXTENDED_ALREADY or isinstance(factor, bool) or not isinstance(factor, int | float) or not 1 < factor < _LIMITLESS:
        return stated
    original = _size(rope.get("original_max_position_embeddings")) or _size(config.get("original_max_position_embeddings"))
    if original:
        return max(stated, int(original * factor))
    if kind in ("longrope", "su") or "gemma" in str(config.get("model_type", "")):
        return stated  # Gemma 3 states the scaled one, and names no original
    scaled = int(stated * factor)
    bound = _size(config.get("max_sequence_length"))
    return min(scaled, max(bound, stated)) if bound else scaled


def tokenizer_limit(stated: int, limit: object) -> int:
    """Return a context within a tokenizer's `model_max_length`, where that is a limit."""
    most = _size(limit) if not isinstance(limit, float) else int(min(max(limit, 0.0), float(_LIMITLESS)))
    return stated if not 0 < most < _LIMITLESS else min(stated, most) if stated else most


def _within_tokenizer(stated: int, folder: Path) -> int:
    try:
        told = read_json(folder / "tokenizer_config.json")
    except (OSError, ValueError):
        return stated  # whoever loads it tells what is wrong
    return tokenizer_limit(stated, told.get("model_max_length")) if stated and isinstance(told, dict) else stated


def _scaling(config: dict[str, Any]) -> dict[str, Any]:
    """Return what a config says of its rotary scaling; of several kinds of layers, nothing: those that scale do so within the stated context."""
    rope = config.get("rope_scaling") or config.get("rope_parameters")
    if not isinstance(rope, dict) or any(isinstance(value, dict) for value in rope.values()):
        return {}
    return rope


def _size(value: object) -> int:
    """Return a size, 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0

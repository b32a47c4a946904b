"""What config.json says about a model before anything is loaded. No torch.

{"architectures": ["LlamaForCausalLM"], "hidden_size": 192, "num_hidden_layers": 6, "max_position_embeddings": 1024, ...}

Other architectures use other words for the same sizes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx", "max_seq_len")


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


def read_config(folder: Path) -> dict[str, Any]:
    """Return config.json.

    Raises:
        ModelError: the file is missing or not a JSON object.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
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
    text = config["text_config"] if isinstance(config.get("text_config"), dict) else config  # models that also see keep it one level down

    def first(*keys: str) -> int:
        return next((int(text[key]) for key in keys if isinstance(text.get(key), int)), 0)

    hidden, heads = first("hidden_size", "n_embd", "d_model"), first("num_attention_heads", "n_head", "n_heads")
    head_dim = first("head_dim") or (hidden // heads if heads else 0)
    return ModelShape(
        architecture=", ".join(config.get("architectures") or ["unknown"]),
        n_layers=first("num_hidden_layers", "n_layer", "n_layers"),
        hidden_size=hidden,
        intermediate_size=first("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size") or 4 * hidden,
        kv_width=(first("num_key_value_heads") or heads) * head_dim,
        vocab_size=first("vocab_size"),
        context_length=context_length(text),
        n_experts=first("num_local_experts", "num_experts", "n_routed_experts"),
    )


def context_length(config: dict[str, Any]) -> int:
    """Return the tokens a model was made for, or 0 where its config does not say."""
    return next((int(config[key]) for key in _CONTEXT_KEYS if config.get(key)), 0)

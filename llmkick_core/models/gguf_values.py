"""What a GGUF file states about its model, completed in the transformers config.

transformers reads some keys of each architecture and leaves the others at the defaults of its config class, which are those of one size: Gemma 2's class has the
attention scale of 2B and 9B, and 27B has another. Here every key of the file is either read by transformers, set, known to change no number, or at the value that
the model has anyway; any other is an error, for the model would compute other numbers than the file means. The rules are those of llama.cpp (src/models).
"""

from __future__ import annotations

import math
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.gguf_header import GgufFile
from llmkick_core.models.gguf_rotary import scale_rotary

_FOLDER = "use the model's folder of safetensors"
_SOFTCAPS = {"attn_logit_softcapping": "attn_logit_softcapping", "final_logit_softcapping": "final_logit_softcapping"}
_EXPERTS = {
    "expert_count": "num_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_weights_norm": "norm_topk_prob",
}

_FIELDS: dict[str, dict[str, str]] = {
    "bloom": {"context_length": "seq_length"},
    "falcon": {"feed_forward_length": "ffn_hidden_size"},
    "gemma2": _SOFTCAPS,
    "gemma3": _SOFTCAPS,
    "gemma4": {
        "final_logit_softcapping": "final_logit_softcapping",
        "attention.shared_kv_layers": "num_kv_shared_layers",
        "embedding_length_per_layer_input": "hidden_size_per_layer_input",
    },
    "gpt-oss": {"attention.sliding_window": "sliding_window", "expert_feed_forward_length": "intermediate_size"},
    "gpt2": {"context_length": "n_positions", "feed_forward_length": "n_inner"},
    "minimax-m2": {"expert_feed_forward_length": "intermediate_size"},
    "qwen2moe": _EXPERTS | {"expert_shared_feed_forward_length": "shared_expert_intermediate_size"},
    "qwen3moe": _EXPERTS,
}
"""Keys that transformers leaves out, by the field of the config that takes them."""

_READ_BY_NEW_LOADER = {
    "lfm2": {"shortconv.l_cache"},
    "qwen35": {"full_attention_interval", "ssm.conv_kernel", "ssm.group_count", "ssm.inner_size", "ssm.state_size", "ssm.time_step_rank"}
    | {"nextn_predict_layers", "rope.dimension_sections", "attention.recurrent_layers"},
}
_READ_BY_NEW_LOADER["qwen35moe"] = _READ_BY_NEW_LOADER["qwen35"] | {
    "expert_count",
    "expert_used_count",
    "expert_feed_forward_length",
    "expert_shared_feed_forward_length",
}
_NAMES = {"gpt-oss": "gpt_oss", "minimax-m2": "minimax_m2", "qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe"}
"""Architectures by their names in transformers, where these differ."""

_TOKENS = {"pad": "padding"}
"""Special tokens by their names in GGUF, where these differ."""

_OWN_HEAD_SIZE = frozenset(["gemma2", "gemma3", "gpt-oss", "llama", "minimax-m2", "nemotron", "qwen2", "qwen2moe", "qwen3", "qwen3moe"])
"""Architectures whose head size is a field of its own; that of the others is hidden size / heads."""
_PARTLY_ROTARY = frozenset(["nemotron", "phi3", "stablelm"])
"""Architectures in which a share of a head is rotated."""
_UNCHECKED_HEADS = frozenset(["gemma4", "lfm2", "mamba", "qwen35", "qwen35moe"])
_EPSILONS = ("rms_norm_eps", "norm_eps", "norm_epsilon", "layer_norm_eps", "layer_norm_epsilon")
"""Names that configs have for the epsilon of norms."""
_LAYER_NORMS = frozenset(["bloom", "falcon", "gpt2", "nemotron", "stablelm", "starcoder2"])
"""Architectures whose norms also subtract the mean."""
_WINDOWED = frozenset(["gemma4", "gpt-oss", "llama"])
"""Architectures whose sliding window is set elsewhere."""
_LARGEST_GEMMA = {"gemma2": 46, "gemma3": 62}
"""Layers of Gemma's 27B, whose attention scale is not that of its head size."""

_NO_NUMBERS = frozenset(
    [
        "attention.head_count",
        "attention.head_count_kv",
        "attention.layer_norm_epsilon",
        "attention.layer_norm_rms_epsilon",
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "pooling_type",
        "rope.dimension_sections",
        "tensor_data_layout",
        "use_parallel_residual",
        "vocab_size",
    ]
)
"""Keys that every architecture has or none reads."""
_CHECKED = frozenset(
    [
        "attention.key_length",
        "attention.key_length_swa",
        "attention.scale",
        "attention.sliding_window",
        "attention.sliding_window_pattern",
        "attention.value_length",
        "attention.value_length_swa",
        "rope.dimension_count",
        "rope.dimension_count_swa",
        "rope.freq_base",
        "rope.freq_base_swa",
        "rope.scale_linear",
    ]
)
"""Keys that have a rule of their own here or in gguf_rotary.py, where all of `rope.scaling.` is read."""
_USUAL: dict[str, tuple[Any, ...]] = {
    "attention.causal": (True,),
    "attention.max_alibi_bias": (0.0, 8.0),
    "embedding_scale": (0.0, 1.0),
    "expert_gating_func": (0, 1),
    "expert_group_count": (0, 1),
    "expert_group_used_count": (0, 1),
    "expert_weights_norm": (True,),
    "expert_weights_scale": (0.0, 1.0),
    "interleave_moe_layer_step": (0, 1),
    "logit_scale": (0.0, 1.0),
    "moe_every_n_layers": (0, 1),
    "residual_scale": (0.0, 1.0),
}
"""Values of keys that no architecture here reads, and that change no number; of all other keys these are 0, false and nothing."""


def complete_config(source: GgufFile, config: Any) -> Any:
    """Return the config with all that a file states about its model.

    Args:
        source: the file.
        config: as transformers reads it from the file; it is changed.

    Raises:
        ModelError: the file states something that has no place in it.
    """
    if source.architecture == "llama" and config.model_type == "mistral":
        config = _as_llama(config)  # which transformers tells by the file's name, and cannot load
    elif source.architecture == "gemma4":
        config = _as_gemma4(source, config)
    if "token_embd.weight" in source.tensors:
        config.vocab_size = source.tensors["token_embd.weight"][1][0]
    for name in ("bos", "eos", "pad"):
        if not isinstance(source.metadata.get(f"tokenizer.ggml.{_TOKENS.get(name, name)}_token_id"), int):
            setattr(config, f"{name}_token_id", None)  # the class has that of one vocabulary
    if source.stated("attention.head_count_kv") is None and hasattr(config, "num_key_value_heads"):
        config.num_key_value_heads = config.num_attention_heads
    for key, field in _FIELDS.get(source.architecture, {}).items():
        if (value := source.stated(key)) is not None:
            setattr(config, field, None if key.endswith("softcapping") and not value else value)
    if source.architecture == "falcon":
        _check_falcon(source)
    if source.architecture in ("falcon", "bloom") and "output.weight" in source.tensors:
        config.tie_word_embeddings = False
    _set_epsilon(source, config)
    _set_heads(source, config)
    _set_windows(source, config)
    _set_attention_scale(source, config)
    scale_rotary(source, config)
    _check_others(source)
    return config


def windowed_config(source: GgufFile, config: Any) -> Any:
    """Return the config of a Llama with the sliding window that a file states, which is Mistral's; the config itself where it states none."""
    window = _narrow_window(source)
    if source.architecture != "llama" or not window:
        return config
    from transformers import MistralConfig

    values = {key: value for key, value in config.to_dict().items() if key not in ("model_type", "architectures")}
    return MistralConfig(**values | {"sliding_window": window, "architectures": ["MistralForCausalLM"]})


def _as_llama(config: Any) -> Any:
    from transformers import LlamaConfig

    left_out = ("model_type", "architectures", "sliding_window")
    return LlamaConfig(**{key: value for key, value in config.to_dict().items() if key not in left_out})


def _as_gemma4(source: GgufFile, config: Any) -> Any:
    """Return the config with the head sizes of both kinds of layers, which transformers leaves at those of one size.

    Raises:
        ModelError: keys, values and rotary embeddings have heads of different sizes.
    """
    for end in ("", "_swa"):
        size = source.stated(f"attention.key_length{end}")
        for key in (f"attention.value_length{end}", f"rope.dimension_count{end}"):
            if size and source.stated(key, size) != size:
                raise _unread(source, key, f"which is not the key's {size}")
    pattern = source.stated("attention.sliding_window_pattern")
    stated = {
        "global_head_dim": source.stated("attention.key_length"),
        "head_dim": source.stated("attention.key_length_swa"),
        "layer_types": _layer_types(source, pattern) if pattern is not None else None,
    }
    values = {key: value for key, value in config.to_dict().items() if key not in ("model_type", "per_layer_config", "layer_types")}
    return type(config)(**values | {key: value for key, value in stated.items() if value})


def _unread(source: GgufFile, key: str, why: str) -> ModelError:
    value = source.stated(key)
    said = f"{value:g}" if isinstance(value, float) else str(value)[:40]
    return ModelError(f"{source.path} states {source.architecture}.{key} = {said}, {why}; {_FOLDER}.")


def _check_falcon(source: GgufFile) -> None:
    """Check that a Falcon is of the kind that transformers reads from GGUF, 7B's.

    Raises:
        ModelError: it has several groups of keys and values.
    """
    if source.stated("attention.head_count_kv", 1) != 1:
        raise _unread(source, "attention.head_count_kv", "and a Falcon is read from GGUF here only where all heads share one key and value")


def _set_epsilon(source: GgufFile, config: Any) -> None:
    """Set what keeps norms from dividing by zero.

    Raises:
        ModelError: the file does not state it, as llama.cpp demands.
    """
    stated = [source.stated(f"attention.layer_norm_{kind}epsilon") for kind in ("rms_", "")]
    if source.architecture in _LAYER_NORMS:
        stated.reverse()
    value = next((one for one in stated if one is not None), None)
    if value is None:
        raise ModelError(
            f"{source.path} does not state the epsilon of its norms ({source.architecture}.attention.layer_norm_*); {_FOLDER}."
        )
    field = next(field for field in _EPSILONS if hasattr(config, field))
    setattr(config, field, float(value))


def _set_heads(source: GgufFile, config: Any) -> None:
    """Set head size and the share of it that is rotated.

    Raises:
        ModelError: the architecture has no place for them.
    """
    heads, hidden = source.stated("attention.head_count"), source.stated("embedding_length")
    if source.architecture in _UNCHECKED_HEADS or not isinstance(heads, int) or not heads or not isinstance(hidden, int):
        return
    usual = hidden // heads
    size = int(source.stated("attention.key_length") or usual)
    if source.architecture in _OWN_HEAD_SIZE:
        if size != usual or getattr(config, "head_dim", None) is not None:
            config.head_dim = size
    elif size != usual:
        raise _unread(source, "attention.key_length", f"and a head has {usual} features in such a model here")
    if int(source.stated("attention.value_length") or size) != size:
        raise _unread(source, "attention.value_length", f"which is not the key's {size}")
    if not getattr(config, "rope_parameters", None):
        return
    n_rotated = int(source.stated("rope.dimension_count") or size)
    if source.architecture in _PARTLY_ROTARY:
        share: float | None = n_rotated / size
        if source.architecture == "nemotron" and size != usual:  # whose converter counts in shares of hidden size / heads
            share = next((one for one in (0.25, 0.5, 0.75, 1.0) if int(one * hidden) // heads == n_rotated), None)
        if share is None:
            raise _unread(source, "rope.dimension_count", f"which is no usual share of {hidden} features and {heads} heads")
        config.rope_parameters = dict(config.rope_parameters) | {"partial_rotary_factor": share}
    elif n_rotated != size and source.architecture != "minimax-m2":
        raise _unread(source, "rope.dimension_count", f"and all {size} features of a head are rotated in such a model here")
    for key in ("attention.key_length_swa", "attention.value_length_swa", "rope.dimension_count_swa"):
        if source.stated(key, size) not in (size, n_rotated):
            raise _unread(source, key, "and all layers have the same head size here")


def _narrow_window(source: GgufFile) -> int:
    """Return the sliding window that a file states; 0 where there is none, or it is as wide as the context."""
    window, context = int(source.stated("attention.sliding_window") or 0), int(source.stated("context_length") or 0)
    return window if 0 < window < (context or math.inf) else 0


def _set_windows(source: GgufFile, config: Any) -> None:
    """Set which layers see only a window of the text, and how wide it is.

    Raises:
        ModelError: the architecture has no such layers, or they cannot be told apart.
    """
    if isinstance(recurrent := source.stated("attention.recurrent_layers"), list):
        config.layer_types = ["linear_attention" if flag else "full_attention" for flag in recurrent[: config.num_hidden_layers]]
    pattern = source.stated("attention.sliding_window_pattern")
    kinds = _layer_types(source, pattern) if pattern is not None else None
    if source.architecture in ("gemma2", "gemma3"):
        window = source.stated("attention.sliding_window")
        if window == 0 or (window is None and source.architecture == "gemma3"):
            kinds = ["full_attention"] * int(source.stated("block_count"))
        config.layer_types = kinds or config.layer_types
    elif kinds is not None and kinds != getattr(config, "layer_types", None):
        raise _unread(source, "attention.sliding_window_pattern", "which is not the order of layers of such a model here")
    if source.architecture in ("phi3", "starcoder2"):
        config.sliding_window = _narrow_window(source) or None
    elif _narrow_window(source) and source.architecture not in ("gemma2", "gemma3", *_WINDOWED):
        raise _unread(source, "attention.sliding_window", "and such a model has no sliding window here")


def _layer_types(source: GgufFile, pattern: Any) -> list[str]:
    """Return the kinds of layers of a pattern: a list that says of each whether it has a window, or N for all but every N-th (0: all)."""
    n_layers = int(source.stated("block_count"))
    if isinstance(pattern, list):
        flags = [bool(one) for one in pattern]
    else:
        flags = [pattern == 0 or i % int(pattern) < int(pattern) - 1 for i in range(n_layers)]
    return ["sliding_attention" if flag else "full_attention" for flag in flags]


def _set_attention_scale(source: GgufFile, config: Any) -> None:
    """Set what attention scores are divided by the root of, where it is not the head size.

    Raises:
        ModelError: the architecture has no place for it.
    """
    scale = float(source.stated("attention.scale") or 0.0)
    wanted = 1 / scale**2 if scale else 0.0
    if source.architecture not in _LARGEST_GEMMA and not wanted:
        return
    if source.architecture not in _LARGEST_GEMMA:
        size = getattr(config, "head_dim", None) or config.hidden_size // getattr(config, "num_attention_heads", 1)
        if not math.isclose(wanted, size, rel_tol=1e-4):
            raise _unread(source, "attention.scale", "and scores are scaled by the head size in such a model here")
        return
    if not wanted:
        is_largest = int(source.stated("block_count")) == _LARGEST_GEMMA[source.architecture]
        wanted = config.hidden_size // config.num_attention_heads if is_largest else config.head_dim
    if not math.isclose(wanted, round(wanted), rel_tol=1e-4):
        raise _unread(source, "attention.scale", "which is not one over the root of a whole number")
    config.query_pre_attn_scalar = round(wanted)


def _check_others(source: GgufFile) -> None:
    """Check that no other key changes a number.

    Raises:
        ModelError: one does.
    """
    from transformers.integrations.ggml import GGUF_CONFIG_MAPPING

    name = source.architecture
    mapped = GGUF_CONFIG_MAPPING.get(_NAMES.get(name, name), {})
    read = {key for key, field in mapped.items() if field is not None} if name not in _READ_BY_NEW_LOADER else set()
    read |= _READ_BY_NEW_LOADER.get(name, set()) | _FIELDS.get(name, {}).keys() | _NO_NUMBERS | _CHECKED
    prefix = f"{name}."
    for full, value in source.metadata.items():
        key = full.removeprefix(prefix)
        if key == full or key in read or key.startswith(("rope.scaling.", "classifier.")):
            continue
        is_usual = value in _USUAL[key] if key in _USUAL else not (any(value) if isinstance(value, list) else value)
        if is_usual:
            continue
        raise _unread(source, key, "which is not read from GGUF here, so it would answer otherwise than it should")

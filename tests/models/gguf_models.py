"""Tiny random models of every architecture that is read from GGUF, and their files, written with the keys and tensors of llama.cpp's converter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.models.tiny_gguf import permuted, write_file

COMMON = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2}
GEMMA = COMMON | {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 8, "num_hidden_layers": 7}
EXPERTS = COMMON | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48}
WHOLE = {"rope_theta": 5000.0, "rope_type": "default"}

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", COMMON | {"rope_parameters": WHOLE}),
    "qwen2": ("qwen2", COMMON | {"rope_parameters": WHOLE}),
    "qwen3": ("qwen3", COMMON | {"head_dim": 32, "rope_parameters": WHOLE}),
    "qwen2moe": ("qwen2_moe", EXPERTS | {"shared_expert_intermediate_size": 56, "rope_parameters": WHOLE}),
    "qwen3moe": ("qwen3_moe", EXPERTS | {"head_dim": 32, "norm_topk_prob": True, "rope_parameters": WHOLE}),
    "gemma2": ("gemma2", GEMMA | {"attn_logit_softcapping": 7.0, "final_logit_softcapping": 5.0}),
    "gemma3": ("gemma3_text", GEMMA | {"final_logit_softcapping": 5.0}),
    "gemma4": (
        "gemma4_text",
        COMMON
        | {"num_hidden_layers": 6, "head_dim": 16, "global_head_dim": 32, "hidden_size_per_layer_input": 0, "sliding_window": 8}
        | {"final_logit_softcapping": 5.0},
    ),
    "phi3": ("phi3", COMMON | {"sliding_window": 9, "rope_parameters": WHOLE | {"partial_rotary_factor": 0.75}, "pad_token_id": 0}),
    "starcoder2": ("starcoder2", COMMON | {"rope_parameters": WHOLE, "tie_word_embeddings": True}),
    "stablelm": (
        "stablelm",
        COMMON | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5}, "layer_norm_eps": 1e-3},
    ),
    "nemotron": ("nemotron", COMMON | {"head_dim": 32, "rope_parameters": WHOLE | {"partial_rotary_factor": 0.25}, "norm_eps": 1e-3}),
    "falcon": ("falcon", {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "layer_norm_epsilon": 1e-3}),
    "gpt2": ("gpt2", {"n_embd": 64, "n_head": 4, "n_layer": 2, "n_positions": 128, "n_inner": 96, "layer_norm_epsilon": 1e-3}),
    "bloom": ("bloom", {"hidden_size": 64, "n_head": 4, "n_layer": 2, "layer_norm_epsilon": 1e-3}),
    "mamba": ("mamba", {"hidden_size": 64, "num_hidden_layers": 2, "state_size": 8, "time_step_rank": 4, "layer_norm_epsilon": 1e-3}),
    "qwen35": (
        "qwen3_5_text",
        COMMON
        | {"num_hidden_layers": 4, "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 16}
        | {"linear_value_head_dim": 16, "rope_parameters": WHOLE | {"partial_rotary_factor": 0.25, "mrope_section": [2, 1, 1]}},
    ),
    "lfm2": ("lfm2", COMMON | {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False, "norm_eps": 1e-3}),
}
"""Model type in transformers and settings, by the architecture in GGUF."""


def random_model(architecture: str, n_tokens: int, **more: Any) -> Any:
    """Return a random model of an architecture, in which every weight counts."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    kind, settings = MODELS[architecture]
    shared = {"vocab_size": n_tokens, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = CONFIG_MAPPING[kind](**shared | settings | more)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
        for name, parameter in model.named_parameters():
            if name.endswith(("A_log", ".D")):
                continue
            spread = torch.randn_like(parameter)
            parameter.data = parameter.data + 0.1 * spread if parameter.dim() == 1 else 0.2 * spread
    return model.eval()


def write_model(
    path: Path, model: Any, vocabulary: dict[str, Any], architecture: str, keys: dict[str, Any] | None = None, **more: Any
) -> Path:
    """Write a model as a GGUF file and return its path; `keys` replace those of the converter, None leaves one out."""
    stated = {f"{architecture}.{key}": value for key, value in stated_keys(model.config, architecture).items()}
    stated |= {
        key if "." in key and key.split(".")[0] in ("general", "tokenizer") else f"{architecture}.{key}": v
        for key, v in (keys or {}).items()
    }
    tensors = named_tensors(model, architecture) | more.pop("tensors", {})
    return write_file(path, vocabulary, architecture=architecture, keys=stated, tensors=tensors, **more)


def stated_keys(config: Any, architecture: str) -> dict[str, Any]:
    """Return the keys that llama.cpp's converter writes for a config."""
    hidden, heads, n_layers = config.hidden_size, getattr(config, "num_attention_heads", 0), config.num_hidden_layers
    inner = next(
        (getattr(config, name) for name in ("intermediate_size", "n_inner", "ffn_hidden_size") if getattr(config, name, None)), 4 * hidden
    )
    kv_heads = 1 if architecture == "falcon" else getattr(config, "num_key_value_heads", None) or heads
    head = config.to_dict().get("head_dim") or (hidden // heads if heads else 0)
    eps = next(
        getattr(config, f"{name}")
        for name in ("rms_norm_eps", "norm_eps", "norm_epsilon", "layer_norm_eps", "layer_norm_epsilon")
        if hasattr(config, name)
    )
    has_rms = architecture not in ("falcon", "gpt2", "bloom", "starcoder2", "stablelm", "nemotron")
    keys = {
        "block_count": n_layers,
        "context_length": 128,
        "embedding_length": hidden,
        "feed_forward_length": inner,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        f"attention.layer_norm_{'rms_' if has_rms else ''}epsilon": float(eps),
    }
    rope = getattr(config, "rope_parameters", None) or {}
    rope = rope.get("full_attention", rope)
    if rope and architecture not in ("falcon", "gemma2", "stablelm"):
        keys["rope.freq_base"] = float(rope["rope_theta"])
    if architecture in ("llama", "phi3", "stablelm", "nemotron"):
        keys["rope.dimension_count"] = int(
            (hidden // heads if architecture == "nemotron" else head) * rope.get("partial_rotary_factor", 1.0)
        )
    if architecture in ("llama", "gemma2", "gemma3", "qwen3", "qwen3moe", "nemotron"):
        keys |= {"attention.key_length": head, "attention.value_length": head}
    if rope.get("rope_type") in ("linear", "yarn"):
        keys |= {"rope.scaling.type": rope["rope_type"], "rope.scaling.factor": float(rope["factor"])}
    if rope.get("rope_type") == "yarn":
        keys["rope.scaling.original_context_length"] = rope["original_max_position_embeddings"]
    if architecture == "gemma4":
        keys |= {f"attention.{name}_length{end}": 2 * head // width for name in ("key", "value") for end, width in (("", 1), ("_swa", 2))}
        keys |= {"rope.dimension_count": 2 * head, "rope.dimension_count_swa": head, "rope.freq_base_swa": 1e4}
        keys |= {"attention.shared_kv_layers": 0, "embedding_length_per_layer_input": 0}
        keys["attention.sliding_window_pattern"] = [kind == "sliding_attention" for kind in config.layer_types]
    if architecture in ("gemma2", "gemma3", "gemma4", "phi3"):
        keys["attention.sliding_window"] = config.sliding_window or 0
    for name in ("attn_logit_softcapping", "final_logit_softcapping"):
        if getattr(config, name, None):
            keys[name] = float(getattr(config, name))
    if getattr(config, "moe_intermediate_size", None):
        keys |= {"expert_count": config.num_experts, "expert_used_count": config.num_experts_per_tok}
        keys["expert_feed_forward_length"] = config.moe_intermediate_size
    if hasattr(config, "shared_expert_intermediate_size"):
        keys["expert_shared_feed_forward_length"] = config.shared_expert_intermediate_size
    if architecture == "mamba":
        keys |= {"ssm.conv_kernel": config.conv_kernel, "ssm.inner_size": config.intermediate_size}
        keys |= {"ssm.state_size": config.state_size, "ssm.time_step_rank": config.time_step_rank}
    if architecture == "qwen35":
        keys |= {"attention.key_length": head, "attention.value_length": head, "rope.dimension_count": head // 4}
        keys |= {"rope.dimension_sections": [2, 1, 1, 0], "full_attention_interval": 4}
        keys["attention.recurrent_layers"] = [kind == "linear_attention" for kind in config.layer_types]
        keys |= {"ssm.conv_kernel": config.linear_conv_kernel_dim, "ssm.state_size": config.linear_key_head_dim}
        keys |= {"ssm.group_count": config.linear_num_key_heads, "ssm.time_step_rank": config.linear_num_value_heads}
        keys["ssm.inner_size"] = config.linear_value_head_dim * config.linear_num_value_heads
    if architecture == "lfm2":
        keys["attention.head_count_kv"] = [kv_heads if kind == "full_attention" else 0 for kind in config.layer_types]
        keys["shortconv.l_cache"] = config.conv_L_cache
    return keys


def named_tensors(model: Any, architecture: str) -> dict[str, np.ndarray]:
    """Return a model's weights by their names in GGUF, changed as llama.cpp's converter changes them."""
    import gguf

    config = model.config
    kind = next(kind for kind, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(kind, config.num_hidden_layers)
    change = CHANGES.get(architecture, lambda name, weight, config: weight)
    found = {"rope_freqs.weight": np.array([1.0] * 4 + [1e30] * 12)} if architecture == "gemma4" else {}
    for theirs, tensor in model.state_dict().items():
        weight = tensor.detach().float().numpy()
        if theirs == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if theirs.endswith("mlp.experts.gate_up_proj"):
            block = theirs.split(".")[2]
            gate, up = np.split(weight, 2, axis=1)
            found |= {f"blk.{block}.ffn_gate_exps.weight": gate, f"blk.{block}.ffn_up_exps.weight": up}
            continue
        stem, dot, suffix = theirs.removeprefix("transformer." if architecture == "bloom" else "").rpartition(".")
        if suffix == "dt_bias":
            found[f"blk.{theirs.split('.')[2]}.ssm_dt.bias"] = weight
            continue
        ours = names.get_name(stem if suffix in ("weight", "bias") else theirs)
        assert ours is not None, theirs
        ours += f"{dot}{suffix}" if suffix in ("weight", "bias") else ".weight" if "experts" in theirs or suffix == "layer_scalar" else ""
        found[ours] = change(ours, weight, config)
    return found


def _llama(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    heads = config.num_attention_heads if ".attn_q." in name else config.num_key_value_heads
    return permuted(weight, heads) if ".attn_q." in name or ".attn_k." in name else weight


def _qwen35(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    if name.endswith("norm.weight") and "ssm_norm" not in name:
        return weight + 1
    return _mamba(name, weight, config)


def _shifted_norms(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    return weight + 1 if name.endswith("norm.weight") else weight


def _gpt2(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    return weight.T if weight.ndim == 2 and (".attn_" in name or ".ffn_" in name) else weight


def _bloom(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    if "attn_qkv" not in name:
        return weight
    heads, rest = config.n_head, weight.shape[1:]
    return weight.reshape(heads, 3, -1, *rest).swapaxes(0, 1).reshape(weight.shape)


def _mamba(name: str, weight: np.ndarray, config: Any) -> np.ndarray:
    return -np.exp(weight) if name.endswith("ssm_a") else weight.squeeze(1) if "conv1d.weight" in name else weight


CHANGES: dict[str, Callable[[str, np.ndarray, Any], np.ndarray]] = {
    "llama": _llama,
    "qwen2moe": lambda name, weight, config: weight.squeeze(0) if "ffn_gate_inp_shexp" in name else weight,
    "gemma2": _shifted_norms,
    "gemma3": _shifted_norms,
    "nemotron": _shifted_norms,
    "gpt2": _gpt2,
    "bloom": _bloom,
    "mamba": _mamba,
    "qwen35": _qwen35,
    "lfm2": lambda name, weight, config: weight.squeeze(1) if name.endswith("shortconv.conv.weight") else weight,
}

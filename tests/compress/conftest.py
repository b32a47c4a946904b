"""Tiny random decoders of many families, made anew from a fixed seed each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

FAMILIES = (
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma3",
    "phi",
    "opt",
    "gpt2",
    "gpt_neox",
    "falcon",
    "mixtral",
    "qwen2_moe",
    "gpt_oss",
)
"""Every kind of block: gated and plain, parallel attention, fused projections, Conv1D, sliding windows, experts stacked either way round."""

EXPERTS = ("mixtral", "qwen2_moe", "gpt_oss")
"""Those that are mixtures of experts."""


def _config(family: str):
    import transformers as t

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 64, "max_position_embeddings": 64}
    wide = {**sizes, "intermediate_size": 48}
    match family:
        case "llama":
            return t.LlamaConfig(**wide, num_key_value_heads=2)
        case "mistral":
            return t.MistralConfig(**wide, num_key_value_heads=2, sliding_window=8)
        case "qwen2":
            return t.Qwen2Config(**wide, num_key_value_heads=2)
        case "qwen3":
            return t.Qwen3Config(**wide, num_key_value_heads=2, head_dim=16)
        case "gemma":
            return t.GemmaConfig(**wide, num_key_value_heads=1, head_dim=16)
        case "phi":
            return t.PhiConfig(**wide)
        case "falcon":
            return t.FalconConfig(**sizes, multi_query=True, parallel_attn=True, alibi=False, bos_token_id=0, eos_token_id=0)
        case "gpt2":
            return t.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=64, n_positions=64, bos_token_id=0, eos_token_id=0)
        case "opt":
            return t.OPTConfig(**sizes, ffn_dim=48, word_embed_proj_dim=32)
        case "gpt_neox":
            return t.GPTNeoXConfig(**wide)
        case "gemma3":
            kinds = ["sliding_attention", "full_attention"]
            return t.Gemma3TextConfig(**wide, num_key_value_heads=2, head_dim=8, sliding_window=4, layer_types=kinds)
        case "mixtral":
            return t.MixtralConfig(**wide, num_key_value_heads=2, num_local_experts=4)
        case "qwen2_moe":
            return t.Qwen2MoeConfig(
                **wide, num_key_value_heads=2, num_experts=4, moe_intermediate_size=24, shared_expert_intermediate_size=40
            )
        case "gpt_oss":
            return t.GptOssConfig(**wide, num_key_value_heads=2, head_dim=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=8)
        case "glm4_moe":
            return t.Glm4MoeConfig(
                **wide,
                num_key_value_heads=2,
                head_dim=8,
                moe_intermediate_size=24,
                n_routed_experts=4,
                num_experts_per_tok=2,
                first_k_dense_replace=1,
            )
        case "llama4":
            return t.Llama4TextConfig(**wide, num_key_value_heads=2, head_dim=8, intermediate_size_mlp=48, num_local_experts=2)
        case "t5":
            return t.T5Config(d_model=32, d_ff=48, num_layers=2, num_heads=4, d_kv=8, vocab_size=64)
    raise AssertionError(family)


@pytest.fixture
def make_model() -> Callable[[str], nn.Module]:
    """Return a function from a family's name to a new model; equal calls make equal models."""

    def make(family: str) -> nn.Module:
        import torch
        import transformers as t

        config = _config(family)
        torch.manual_seed(0)
        model = t.AutoModelForSeq2SeqLM.from_config(config) if family == "t5" else t.AutoModelForCausalLM.from_config(config)
        with torch.no_grad():  # the initial weights are so small that blocks would hardly change the hidden state
            for name, parameter in model.named_parameters():
                if parameter.dim() > 1 and "embed" not in name:
                    parameter.mul_(5)
        return model

    return make


@pytest.fixture
def tokens() -> Tensor:
    """Return (12, 16) calibration tokens."""
    import torch

    return torch.randint(0, 64, (12, 16), generator=torch.Generator().manual_seed(1))

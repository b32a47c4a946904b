"""Models of many architectures on the meta device, made from transformers' own default configs with few experts: shapes and names, no weights."""

from __future__ import annotations

from typing import Any

_NEEDED: dict[str, dict[str, Any]] = {
    "reformer": {"is_decoder": True},
    "ministral": {"head_dim": 128},
    "hunyuan_v1_dense": {"head_dim": 128},
    "hunyuan_v1_moe": {"head_dim": 128},
    "nemotron": {"num_key_value_heads": 8},
}
"""What some configs need to be built at all."""

_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
N_EXPERTS = 5


def names() -> list[str]:
    """Return the architectures that transformers knows as causal language models."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return list(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def bare(name: str, **sizes: Any) -> Any:
    """Return a model on the meta device, of few layers and experts where its config says so."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    config = CONFIG_MAPPING[name](**{**_NEEDED.get(name, {}), **sizes})
    for part in {id(one): one for one in (config, config.get_text_config(decoder=True))}.values():
        for field in _EXPERTS:
            if isinstance(getattr(part, field, None), int) and getattr(part, field) > N_EXPERTS:
                setattr(part, field, N_EXPERTS)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)

"""Tiny GGUF files, written as llama.cpp's converter writes them, from random transformers models."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

TEXT = [
    "The capital of Mongolia is Ulaanbaatar and the capital of France is Paris.",
    "Oxygen has the symbol O and the atomic number 8; gold has the symbol Au and the atomic number 79.",
    "Which river flows through Cairo? It is the Nile, which is 6650 kilometres long.",
    "USER: Who wrote Pride and Prejudice? ASSISTANT: It was written by Jane Austen in 1813.",
]


def train_sentencepiece(path: Path, *, n_tokens: int = 420, kind: str = "bpe", **more: Any) -> None:
    """Write a sentencepiece model with Llama's settings: byte fallback, split digits, <unk> <s> </s>."""
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 20),
        model_writer=model,
        vocab_size=n_tokens,
        model_type=kind,
        byte_fallback=True,
        split_digits=True,
        hard_vocab_limit=False,
        minloglevel=2,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        **more,
    )
    path.write_bytes(model.getvalue())


def random_llama(n_tokens: int, **more: Any) -> Any:
    """Return a random Llama of two blocks."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    settings = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True} | more
    config = LlamaConfig(
        vocab_size=n_tokens,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
        **settings,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def permuted(weight: np.ndarray, n_heads: int) -> np.ndarray:
    """Return query or key weights in llama.cpp's order of rotary features."""
    return weight.reshape(n_heads, 2, weight.shape[0] // n_heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def sentencepiece_vocabulary(path: Path) -> dict[str, Any]:
    """Return a sentencepiece model's tokens, scores and types as GGUF keys take them."""
    from sentencepiece import SentencePieceProcessor

    told = SentencePieceProcessor(model_proto=path.read_bytes())
    ids = range(told.get_piece_size())
    types = [2 if told.is_unknown(i) else 3 if told.is_control(i) else 6 if told.is_byte(i) else 1 for i in ids]
    return {"model": "llama", "tokens": [told.id_to_piece(i) for i in ids], "scores": [told.get_score(i) for i in ids], "types": types}


def write_gguf(path: Path, model: Any, vocabulary: dict[str, Any], *, keys: dict[str, Any] | None = None, **more: Any) -> Path:
    """Write a Llama as a GGUF file and return its path; `more` is that of `write_file`."""
    config = model.config
    name = more.get("architecture", "llama")
    stated = {
        "block_count": config.num_hidden_layers,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.layer_norm_rms_epsilon": float(config.rms_norm_eps),
        "rope.freq_base": float(config.rope_parameters["rope_theta"]),
        "rope.dimension_count": config.hidden_size // config.num_attention_heads,
        "vocab_size": config.vocab_size,
    }
    tensors = named_tensors(model) | (more.pop("tensors", None) or {})
    return write_file(
        path, vocabulary, keys={f"{name}.{key}": value for key, value in stated.items()} | (keys or {}), tensors=tensors, **more
    )


def write_file(
    path: Path,
    vocabulary: dict[str, Any],
    *,
    keys: dict[str, Any],
    tensors: dict[str, Any],
    quantization: str = "F32",
    architecture: str = "llama",
    left_out: tuple[str, ...] = (),
) -> Path:
    """Write a GGUF file and return its path; a key whose value is None is left out, and a tensor may be (blocks, type) of a quantization."""
    import gguf
    from gguf.quants import quantize

    kind = gguf.GGMLQuantizationType[quantization]
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(str(keys.get("general.name", "tiny")))
    writer.add_tokenizer_model(vocabulary["model"])
    for name, value in keys.items():
        if name != "general.name" and value is not None:
            _add_key(writer, name, value)
    writer.add_token_list(vocabulary["tokens"])
    if "scores" in vocabulary:
        writer.add_token_scores(vocabulary["scores"])
    if "merges" in vocabulary:
        writer.add_token_merges(vocabulary["merges"])
    writer.add_token_types(vocabulary["types"])
    writer.add_bos_token_id(vocabulary.get("bos", 1))
    writer.add_eos_token_id(vocabulary.get("eos", 2))
    for name, weight in tensors.items():
        if name in left_out:
            continue
        if isinstance(weight, tuple):
            writer.add_tensor(name, weight[0], raw_dtype=gguf.GGMLQuantizationType[weight[1]])
            continue
        is_packed = weight.ndim > 1 and kind != gguf.GGMLQuantizationType.F32
        data = quantize(weight, kind) if is_packed else np.ascontiguousarray(weight, dtype=np.float32)
        writer.add_tensor(name, data, raw_dtype=kind if is_packed else None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_key(writer: Any, name: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    elif isinstance(value, list):
        writer.add_array(name, value)
    else:
        writer.add_string(name, value)


def named_tensors(model: Any) -> dict[str, np.ndarray]:
    """Return a Llama's weights by their names in GGUF."""
    names = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    weights = {name: tensor.detach().float().numpy() for name, tensor in model.state_dict().items()}
    found = {"token_embd.weight": weights["model.embed_tokens.weight"], "output_norm.weight": weights["model.norm.weight"]}
    if not model.config.tie_word_embeddings:
        found["output.weight"] = weights["lm_head.weight"]
    for block in range(model.config.num_hidden_layers):
        for theirs, ours in names.items():
            for part in ("weight", "bias"):
                weight = weights.get(f"model.layers.{block}.{theirs}.{part}")
                if weight is not None:
                    found[f"blk.{block}.{ours}.{part}"] = permuted(weight, heads[ours]) if ours in heads else weight
    return found

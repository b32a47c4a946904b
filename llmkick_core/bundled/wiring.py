"""A start for training in which one head already looks one token back and one finds the earlier mention of a token.

Copying from the context needs two heads in a row: one that writes "the token before me" into the residual stream, and one that looks
for "tokens that came after what I am" (an induction head, Olsson et al. 2022, https://arxiv.org/abs/2209.11895). From a random
start they take longer to form than the whole training of a model this small may take; set roughly at the start, the rest is learnt.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_SHARP = 9.0
"""Scale of the attention scores of the wired heads."""


def rotate(vector: Tensor, positions: float, theta: float) -> Tensor:
    """Return a head's vector as rotary embedding turns it at a position: (head_dim,) -> (head_dim,)."""
    half = vector.shape[0] // 2
    angles = positions * theta ** (-torch.arange(half) / half)  # (half,)
    first, second = vector[:half], vector[half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()])


def _rows(head: int, head_dim: int) -> slice:
    return slice(head * head_dim, (head + 1) * head_dim)


@torch.no_grad()
def wire_induction(model: Any, *, seed: int) -> None:
    """Set one head of block 0 and one of block 1 of a fresh Llama, in place, and give all embeddings a common part.

    Args:
        model: LlamaForCausalLM with tied embeddings and at least two blocks.
        seed: of the projections.
    """
    for block in model.model.layers:  # every block starts as the identity, so that nothing drowns what is wired
        block.self_attn.o_proj.weight.zero_()
        block.mlp.down_proj.weight.zero_()
    config = model.config
    width, head_dim = config.hidden_size, config.hidden_size // config.num_attention_heads
    theta = float(config.rope_parameters["rope_theta"])
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(width, generator=generator)
    common /= common.norm()
    embedding = model.model.embed_tokens.weight  # (vocab, width)
    embedding += common * config.initializer_range * width**0.5
    start = torch.cat([common[:, None], torch.randn(width, 3 * head_dim, generator=generator)], dim=1)
    frame, _ = torch.linalg.qr(start)  # (width, 1 + 3 head_dim): orthonormal columns, the first along the common part
    reads, writes, copies = frame.T[1:].split(head_dim)  # each (head_dim, width)
    _look_back(model.model.layers[0].self_attn, common, reads, writes, head_dim, theta)
    tokens = torch.randint(config.vocab_size, (8, 128), generator=generator)
    entering = model.model(tokens, output_hidden_states=True, use_cache=False).hidden_states[1]  # (8, 128, width)
    mean = model.model.layers[1].input_layernorm(entering).mean((0, 1))
    rest = torch.eye(width) - torch.outer(mean, mean) / mean.dot(mean)  # takes out what all tokens share
    _find(model.model.layers[1].self_attn, reads @ rest, writes @ rest, copies, head_dim)


def _look_back(attention: Any, common: Tensor, reads: Tensor, writes: Tensor, head_dim: int, theta: float) -> None:
    """Wire head 0 to attend to the token before, read it through `reads` and write it along `writes`."""
    half = head_dim // 2
    probe = torch.zeros(head_dim)
    fast = max(2, half // 4)  # the quickly turning pairs tell neighbours apart
    probe[:fast] = 1.0
    probe *= (_SHARP * 6 / fast) ** 0.5 * head_dim**0.25 / (common.shape[0] / 2) ** 0.5
    attention.q_proj.weight[_rows(0, head_dim)] = torch.outer(probe, common)
    attention.k_proj.weight[_rows(0, head_dim)] = torch.outer(rotate(probe, 1.0, theta), common)
    attention.v_proj.weight[_rows(0, head_dim)] = reads
    attention.o_proj.weight[:, _rows(0, head_dim)] = writes.T * 0.15


def _find(attention: Any, reads: Tensor, writes: Tensor, copies: Tensor, head_dim: int) -> None:
    """Wire the head of key-value group 1 to attend to what came after the present token, and to copy it."""
    half = head_dim // 2
    group = attention.q_proj.weight.shape[0] // attention.k_proj.weight.shape[0]
    slow = torch.zeros(head_dim)
    slow[half // 2 : half] = 1.0  # the slowly turning pairs compare contents at a distance
    slow[half + half // 2 :] = 1.0
    scale = (_SHARP / 2) ** 0.5 * head_dim**0.25 / 2
    attention.q_proj.weight[_rows(group, head_dim)] = reads * slow[:, None] * scale
    attention.k_proj.weight[_rows(1, head_dim)] = writes * slow[:, None] * scale
    attention.v_proj.weight[_rows(1, head_dim)] = copies
    attention.o_proj.weight[:, _rows(group, head_dim)] = copies.T * 0.3

"""A start for training in which some heads already copy from the context and look up what is said of a name.

Copying needs two heads in a row: one that writes "the token before me" into the residual stream, and one that looks for "tokens that came
after what I am" (an induction head, Olsson et al. 2022, https://arxiv.org/abs/2209.11895). Looking up needs two more: one that gathers the
names said shortly before, and one that looks for places with the same names. From a random start they take longer to form than the whole
training of a model this small may take; set roughly at the start, the rest is learnt.

    block 0   head 0: the token before     first head of group 1: the names before
    block 1                                first head of group 1: what came after the earlier mention
    block 3   first heads of groups 0 and 1: places with the same names (what they copy is learnt, see guidance)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from llmkick_core.bundled.guidance import FINDING, GROUPS

_SHARP = 9.0
"""Scale of the attention scores of the wired heads."""
_NAMES, _NEARNESS, _APART = 20.0, 5.0, 4.0
"""Attention scores of the gathering head: for a name, for each turning pair that tells near from far, against the token itself."""
_WRITE = 0.15
"""Scale of what a gathering head writes."""
_COPY = 0.3
"""Scale of what a copying head writes, about that of an embedding."""


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Directions of the residual stream, orthonormal: vectors (width,), the others (rows, width)."""

    common: Tensor
    """Part of every embedding."""
    named: Tensor
    """Part of the embeddings of names' first tokens."""
    reads: Tensor
    """(head_dim / 2, width): what the head that looks back reads of a token."""
    writes: Tensor
    """(head_dim / 2, width): where it writes it."""
    copies: Tensor
    """(head_dim, width): what copying heads read and write of a token, and the gathering head reads."""
    gathers: Tensor
    """(head_dim, width): where the gathering head writes the names."""


def rotate(vector: Tensor, positions: float, theta: float) -> Tensor:
    """Return a head's vector as rotary embedding turns it at a position: (head_dim,) -> (head_dim,)."""
    half = vector.shape[0] // 2
    angles = positions * theta ** (-torch.arange(half) / half)  # (half,)
    first, second = vector[:half], vector[half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()])


@torch.no_grad()
def wire_copying(model: Any, names: Sequence[int], *, seed: int) -> None:
    """Set five heads of a fresh Llama, in place, and give its embeddings the parts by which they find names.

    Args:
        model: LlamaForCausalLM with tied embeddings, more blocks than guidance.FINDING, and two key-value heads.
        names: ids of the tokens that begin names.
        seed: of the projections.
    """
    for block in model.model.layers:  # every block starts as the identity, so that nothing drowns what is wired
        block.self_attn.o_proj.weight.zero_()
        block.mlp.down_proj.weight.zero_()
    config = model.config
    width, head_dim = config.hidden_size, config.hidden_size // config.num_attention_heads
    theta = float(config.rope_parameters["rope_theta"])
    generator = torch.Generator().manual_seed(seed)
    columns, _ = torch.linalg.qr(torch.randn(width, 2 + 3 * head_dim, generator=generator))  # (width, 2 + 3 head_dim)
    common, named, *parts = columns.T.split([1, 1, head_dim // 2, head_dim // 2, head_dim, head_dim])
    reads, writes, copies, gathers = parts
    frame = _Frame(common=common[0], named=named[0], reads=reads, writes=writes, copies=copies, gathers=gathers)
    embedding = model.model.embed_tokens.weight  # (vocab, width)
    size = config.initializer_range * width**0.5  # of one embedding
    embedding += frame.common * size
    embedding[list(names)] += frame.named * size
    blocks = [_Heads(block.self_attn, head_dim, theta) for block in model.model.layers[: FINDING + 1]]
    _look_back(blocks[0], frame)
    _gather(blocks[0], frame)
    tokens = torch.randint(config.vocab_size, (8, 128), generator=generator)
    entering = model.model(tokens, output_hidden_states=True, use_cache=False).hidden_states[1]  # (8, 128, width)
    mean = model.model.layers[1].input_layernorm(entering).mean((0, 1))
    _find(blocks[1], frame, torch.eye(width) - torch.outer(mean, mean) / mean.dot(mean))
    _look_up(blocks[FINDING], frame)


class _Heads:
    """The projections of one block, head by head; a group's first head is wired, and reads the group's keys and values."""

    def __init__(self, attention: Any, head_dim: int, theta: float) -> None:
        self.attention = attention
        self.head_dim = head_dim
        self.theta = theta
        self.group = attention.q_proj.weight.shape[0] // attention.k_proj.weight.shape[0]  # query heads that share keys
        half = head_dim // 2
        is_slow = torch.arange(half) >= half // 2  # slowly turning pairs compare contents at a distance
        self.slow = torch.cat([is_slow, is_slow]).nonzero()[:, 0]
        places = torch.arange(self.head_dim)
        self.near = ((places >= half // 8) & (places < half // 2 - 1)).float()  # pairs whose cosines, summed, fall with distance
        self.here = (places < half // 8).float()  # pairs that turn away within a token or two

    def match(self, group: int, queries: Tensor, keys: Tensor) -> None:
        """Let the head of a group attend where `keys` (head_dim, width) answer its `queries`."""
        self.attention.q_proj.weight[self._rows(group * self.group)] = queries
        self.attention.k_proj.weight[self._rows(group)] = keys

    def move(self, group: int, values: Tensor, out: Tensor) -> None:
        """Let the head read through `values` and write along `out`, both (head_dim, width)."""
        self.attention.v_proj.weight[self._rows(group)] = values
        self.attention.o_proj.weight[:, self._rows(group * self.group)] = out.T

    def spread(self, rows: Tensor) -> Tensor:
        """Return (head_dim / 2, width) rows at the slow places of a head: (head_dim, width)."""
        full = torch.zeros(self.head_dim, rows.shape[1])
        full[self.slow] = rows
        return full

    def _rows(self, head: int) -> slice:
        return slice(head * self.head_dim, (head + 1) * self.head_dim)


def _look_back(heads: _Heads, frame: _Frame) -> None:
    """Wire a head to attend to the token before."""
    probe = torch.zeros(heads.head_dim)
    fast = max(2, heads.head_dim // 8)  # the quickly turning pairs tell neighbours apart
    probe[:fast] = 1.0
    probe *= (_SHARP * 6 / fast) ** 0.5 * heads.head_dim**0.25 / (frame.common.shape[0] / 2) ** 0.5
    heads.match(0, torch.outer(probe, frame.common), torch.outer(rotate(probe, 1.0, heads.theta), frame.common))
    heads.move(0, heads.spread(frame.reads), heads.spread(frame.writes) * _WRITE)


def _gather(heads: _Heads, frame: _Frame) -> None:
    """Wire a head to attend to names before the present token, the nearer the more."""
    unit = heads.head_dim**0.25 / (frame.common.shape[0] / 2) ** 0.5  # a score of 1 from the common part, which is half of a token
    last = torch.zeros(heads.head_dim)
    last[heads.head_dim // 2 - 1] = (_NAMES * 1.2) ** 0.5
    near = heads.near * _NEARNESS**0.5
    here = heads.here * _APART**0.5
    heads.match(
        1,
        torch.outer((last + near + here) * unit, frame.common),
        torch.outer(last * unit, frame.named) + torch.outer((near - here) * unit, frame.common),
    )
    heads.move(1, frame.copies, frame.gathers * _WRITE)


def _find(heads: _Heads, frame: _Frame, rest: Tensor) -> None:
    """Wire a head to attend to what came after the present token, and to copy it; `rest` takes out what all tokens share."""
    scale = (_SHARP / 2) ** 0.5 * heads.head_dim**0.25 / 2
    heads.match(1, heads.spread(frame.reads @ rest) * scale, heads.spread(frame.writes @ rest) * scale)
    heads.move(1, frame.copies, frame.copies * _COPY)


def _look_up(heads: _Heads, frame: _Frame) -> None:
    """Wire the guided heads to attend to places with the same names gathered."""
    asks = heads.spread(frame.gathers[: heads.head_dim // 2])
    for group in GROUPS:
        heads.match(group, asks, asks)

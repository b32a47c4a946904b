"""Showing a head where to look: the answers of many training documents stand in them, and where is known.

Learning to look something up from right answers alone is slow, since looking and copying must both be right before either is rewarded. So two
heads of one block are also trained to attend from the place before each such token to the place it can be copied from.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

BLOCK = 3
"""The block with the guided heads, counted from 0; those before it gather what it compares (see wiring)."""
GROUPS = (0, 1)
"""The key-value groups whose first head is guided."""


class Guidance:
    """Watches the input of one block's attention, and says how far its heads look from where they should."""

    def __init__(self, model: Any) -> None:
        self._attention = model.model.layers[BLOCK].self_attn
        config = model.config
        self._head_dim = config.hidden_size // config.num_attention_heads
        self._group = config.num_attention_heads // config.num_key_value_heads
        self._seen: dict[str, Any] = {}
        self._hook = self._attention.register_forward_pre_hook(self._watch, with_kwargs=True)

    def _watch(self, module: Any, positional: Any, named: dict[str, Any]) -> None:
        self._seen = named

    def close(self) -> None:
        """Stop watching."""
        self._hook.remove()

    def loss(self, positions: Tensor, sources: Tensor) -> Tensor:
        """Return the mean of -log(attention paid to the right place), over the last forward pass; 0 where nothing can be copied.

        Args:
            positions: (windows, length) int64, from 0 in each document.
            sources: (windows, length) int64, the column each token can be copied from, -1 where there is none.
        """
        rows, columns = (sources >= 0).nonzero(as_tuple=True)
        hidden: Tensor = self._seen["hidden_states"]  # (windows, length, width)
        if len(rows) == 0:
            return torch.zeros((), device=positions.device)
        right, asking = sources[rows, columns], columns - 1  # (answers,) each
        queries, keys = self._queries_and_keys(hidden)
        documents = (positions == 0).cumsum(1)  # (windows, length)
        visible = documents[rows] == documents[rows, asking][:, None]
        visible &= torch.arange(positions.shape[1], device=positions.device) <= asking[:, None]  # (answers, length)
        losses = []
        for group in GROUPS:
            scores = queries[:, :, group * self._group] @ keys[:, :, group].transpose(1, 2)  # (windows, length asking, length)
            asked = scores[rows, asking] / self._head_dim**0.5  # (answers, length); no row twice, so that training is the same each time
            losses.append(-asked.masked_fill(~visible, -torch.inf).log_softmax(-1).gather(1, right[:, None]).mean())
        return torch.stack(losses).mean()

    def _queries_and_keys(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return (windows, length, heads, head_dim) each, turned to their positions."""
        from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

        projected = [layer(hidden).unflatten(-1, (-1, self._head_dim)) for layer in (self._attention.q_proj, self._attention.k_proj)]
        queries, keys = apply_rotary_pos_emb(*projected, *self._seen["position_embeddings"], unsqueeze_dim=2)
        return queries, keys

"""Showing heads where to look: the answers of many training documents stand in them, and where is known.

Learning to look something up from right answers alone is slow, since looking and copying must both be right before either is rewarded. So heads of two
blocks are also trained to attend, from the place before each such token, to what they need:

    finding   one head to the answer or what follows it in its sentence, the other to the sentence's end. Where the answer stands first
              ("Belquist is the capital of Zoravia."), no token but those at the end has seen both what is asked about and the answer
    copying   two heads to the answer itself: what was found is blurred, being read through few dimensions and mixed with its neighbours; a head that
              compares it with the tokens of the text finds the exact one
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

FINDING, COPYING = 3, 5
"""The blocks with guided heads, counted from 0; those before the first gather what it compares (see wiring)."""
GROUPS = (0, 1)
"""The key-value groups whose first head is guided."""


class Guidance:
    """Watches the inputs of two blocks' attentions, and says how far their guided heads look from where they should."""

    def __init__(self, model: Any) -> None:
        config = model.config
        self._head_dim = config.hidden_size // config.num_attention_heads
        self._group = config.num_attention_heads // config.num_key_value_heads
        self._attentions = {block: model.model.layers[block].self_attn for block in (FINDING, COPYING)}
        self._seen: dict[int, dict[str, Any]] = {}
        self._hooks = [
            attention.register_forward_pre_hook(partial(self._watch, block), with_kwargs=True)
            for block, attention in self._attentions.items()
        ]

    def _watch(self, block: int, module: Any, positional: Any, named: dict[str, Any]) -> None:
        self._seen[block] = named

    def close(self) -> None:
        """Stop watching."""
        for hook in self._hooks:
            hook.remove()

    def loss(self, positions: Tensor, sources: Tensor, ends: Tensor) -> Tensor:
        """Return the mean of -log(attention paid to the right places), over the last forward pass; 0 where nothing can be copied.

        Args:
            positions: (windows, length) int64, from 0 in each document.
            sources: (windows, length) int64, the column each token can be copied from, -1 where there is none.
            ends: (windows, length) int64, not before `sources`: of the heads that find, the first may look anywhere from the source to here,
                the second is to look here; the heads that copy are to look at the source.
        """
        rows, columns = (sources >= 0).nonzero(as_tuple=True)
        if len(rows) == 0:
            return torch.zeros((), device=positions.device)
        source, end, asking = sources[rows, columns], ends[rows, columns], columns - 1  # (answers,) each
        documents = (positions == 0).cumsum(1)  # (windows, length)
        places = torch.arange(positions.shape[1], device=positions.device)  # (length,)
        visible = (documents[rows] == documents[rows, asking][:, None]) & (places <= asking[:, None])  # (answers, length)
        right = {FINDING: ((source, end), (end, end)), COPYING: ((source, source), (source, source))}
        losses = []
        for block, spans in right.items():
            queries, keys = self._queries_and_keys(block)
            for group, (first, last) in zip(GROUPS, spans, strict=True):
                scores = queries[:, :, group * self._group] @ keys[:, :, group].transpose(1, 2)  # (windows, length asking, length)
                # no row is taken twice, so that training is the same each time
                asked = scores[rows, asking] / self._head_dim**0.5  # (answers, length)
                paid = asked.masked_fill(~visible, -torch.inf).log_softmax(-1)
                is_right = (places >= first[:, None]) & (places <= last[:, None])  # (answers, length)
                losses.append(-paid.masked_fill(~is_right, -torch.inf).logsumexp(-1).mean())
        return torch.stack(losses).mean()

    def _queries_and_keys(self, block: int) -> tuple[Tensor, Tensor]:
        """Return (windows, length, heads, head_dim) each, turned to their positions."""
        from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

        hidden: Tensor = self._seen[block]["hidden_states"]  # (windows, length, width)
        attention = self._attentions[block]
        projected = [layer(hidden).unflatten(-1, (-1, self._head_dim)) for layer in (attention.q_proj, attention.k_proj)]
        queries, keys = apply_rotary_pos_emb(*projected, *self._seen[block]["position_embeddings"], unsqueeze_dim=2)
        return queries, keys

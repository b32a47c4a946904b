"""Rotary positions that depend on how long a text is, so that what stands beside a text in a batch would change its answer.

    longrope   one set of factors up to the original context, another for every longer text: Phi-3 128k, Phi-4-mini
    dynamic    factors that grow with the text beyond the context, and stay as they are for the next one

Texts on either side of the limit are not read together. An answer that grows past it is read again from its beginning with the other factors, as `generate` of
transformers does with Phi-3; so each token follows from its own text alone. All other kinds of scaling are the same for every text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RopeSwitch:
    """Where the positions of a text change."""

    limit: int
    """Tokens up to which a text is read as the model was first trained."""
    is_growing: bool
    """Whether beyond it every length has factors of its own."""
    parts: tuple[Any, ...] = ()
    """The modules that keep the factors of the longest text that they have seen."""

    def reset(self) -> None:
        """Forget those factors, so that the next text has its own."""
        for part in self.parts:
            part.register_buffer("inv_freq", part.original_inv_freq.to(part.inv_freq.device), persistent=False)
            part.max_seq_len_cached = part.original_max_seq_len


def rope_switch(module: Any, config: Any) -> RopeSwitch | None:
    """Return where the positions of a decoder change with the length of a text; None where they never do.

    Args:
        module: the decoder.
        config: of its language model.
    """
    rope = getattr(config, "rope_parameters", None) or {}
    kinds = [one for one in (rope, *rope.values()) if isinstance(one, dict) and "rope_type" in one]
    for one in kinds:
        kind = str(one["rope_type"])
        if kind == "longrope":
            limit = one.get("original_max_position_embeddings") or getattr(config, "original_max_position_embeddings", None)
            return RopeSwitch(limit=int(limit or config.max_position_embeddings), is_growing=False)
        if "dynamic" in kind:
            kept = ("original_max_seq_len", "max_seq_len_cached", "original_inv_freq", "inv_freq")
            parts = tuple(part for part in module.modules() if all(hasattr(part, name) for name in kept))
            return RopeSwitch(limit=int(config.max_position_embeddings), is_growing=True, parts=parts)
    return None

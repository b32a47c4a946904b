"""Whether an architecture can be asked in the way that decoder.py asks: tried on seven tokens, before anything is computed.

A decoder is read in batches, padded on the left, and goes on from the keys and values of what it has read. Recurrent states, encoders that look ahead, and caches of
another kind raise anything, or answer without a word as if the padding were text. Both show when two short prompts are read together, and one of them goes on.
"""

from __future__ import annotations

import logging
from typing import Any

import torch

from llmkick_core.errors import LlmkickError, ModelError
from llmkick_core.models.decoder import Decoder
from llmkick_core.models.locate import first_line

logger = logging.getLogger(__name__)

_TOLERANCE = {torch.float32: 0.02}
_LOOSE = 0.5
"""Most difference of a logit between reading in one go and going on, in standard deviations of the logits: rounding is far below, padding read as text far above."""


def open_decoder(module: Any, *, pad_id: int, end_ids: frozenset[int]) -> Decoder:
    """Return a decoder that can be asked.

    Raises:
        ModelError: its architecture cannot be; the message names it.
    """
    name = type(module).__name__
    try:
        decoder = Decoder(module, pad_id=pad_id, end_ids=end_ids)
        difference = _difference(decoder)
    except LlmkickError:
        raise
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        logger.debug("%s cannot be asked", name, exc_info=True)
        raise ModelError(_refusal(name, f"{type(error).__name__}: {first_line(error).rstrip('.')}")) from error
    if difference > _TOLERANCE.get(next(module.parameters()).dtype, _LOOSE):
        raise ModelError(_refusal(name, "what it answers depends on how its prompts are padded or read on"))
    return decoder


def _difference(decoder: Decoder) -> float:
    """Return by how much the logits after a padded prompt that goes on differ from those of the same tokens read alone, in standard deviations; 0 where they are not finite."""
    n_tokens = int(decoder.module.get_input_embeddings().weight.shape[0])  # type: ignore[operator]
    tokens = [k % n_tokens for k in (11, 7, 13, 5, 17, 3, 19)]
    longer, shorter, more = tokens[:4], tokens[4:6], tokens[6:]
    context = decoder.read([longer, shorter])
    _, logits = next(decoder.read_on(context, [1], [[*more, 0]]))  # (1, 2, V)
    alone = decoder.read([[*shorter, *more]]).logits[0]  # (V,)
    decoder.forget()
    difference = (logits[0, -1].float() - alone).abs().max() / alone.std()
    return float(difference) if bool(difference.isfinite()) else 0.0


def _refusal(name: str, reason: str) -> str:
    return f"{name} cannot be asked here ({reason}); only attention decoders can. It can be compressed with `compress`, or choose another model."

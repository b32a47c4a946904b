"""Token by token: what a dense model's answers are kept by, and how far another model agrees with them.

KL(dense || model) at one position, with the dense model's K likeliest tokens one by one and all others as one (p, q their probabilities under the two):

    sum over the K of p_i (log p_i - log q_i)  +  p_rest (log p_rest - log q_rest)

Lumping can only lower it (the data-processing inequality), and where the K hold nearly all of p it is nearly exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from llmkick_core.trace import TOP, Trace

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.models.cache import Context
    from llmkick_core.models.decoder import Decoder

_LEAST_REST = 1e-12
"""Probability below which what is left beside the likeliest tokens is rounding."""


def traces(decoder: Decoder, context: Context, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]]) -> list[Trace]:
    """Return the trace of each answer (1 or more tokens) after the prompt in the same row of the context."""
    found: dict[int, Trace] = {}
    for part, logits in decoder.read_on(context, range(len(answers)), answers):
        logprobs = logits.log_softmax(dim=-1)  # (B, N, V)
        top = logprobs.topk(min(TOP, logprobs.shape[-1]), dim=-1)
        ids, values = top.indices.int().cpu().numpy(), top.values.cpu().numpy()  # (B, N, K)
        for place, i in enumerate(part):
            n = len(answers[i])
            found[i] = Trace(prompt=tuple(prompts[i]), tokens=tuple(answers[i]), top_ids=ids[place, :n], top_logprobs=values[place, :n])
    return [found[i] for i in range(len(answers))]


def compared(decoder: Decoder, context: Context, dense: Sequence[Trace]) -> list[tuple[int, float | None, float | None]]:
    """Return (tokens agreed on before the first different one, log-probability of the answer, mean KL) for each trace, its prompt in the same row of the context."""
    found: dict[int, tuple[int, float | None, float | None]] = {}
    for part, logits in decoder.read_on(context, range(len(dense)), [trace.tokens for trace in dense]):
        logprobs = logits.log_softmax(dim=-1)  # (B, N, V)
        choices = logits.argmax(dim=-1)  # (B, N)
        for place, i in enumerate(part):
            trace = dense[i]
            n = len(trace.tokens)
            tokens = torch.tensor(trace.tokens, device=logits.device)
            is_same = (choices[place, :n] == tokens).tolist()
            n_agreed = is_same.index(False) if False in is_same else n
            logprob = float(logprobs[place, :n].gather(1, tokens[:, None]).double().sum())
            kl = float(divergence(trace, logprobs[place, :n]).mean())
            found[i] = (n_agreed, logprob if math.isfinite(logprob) else None, kl if math.isfinite(kl) else None)
    return [found[i] for i in range(len(dense))]


def divergence(trace: Trace, logprobs: Tensor) -> Tensor:
    """Return (N,) float64 KL(dense || model) at each token of a trace, nats; `logprobs` (N, V) are the model's."""
    ids = torch.from_numpy(trace.top_ids).to(logprobs.device).long()  # (N, K)
    p = torch.from_numpy(trace.top_logprobs).to(logprobs.device).double()
    q = logprobs.gather(1, ids).double()
    p_rest = (1 - p.exp().sum(dim=1)).clamp(min=_LEAST_REST)
    q_rest = (1 - q.exp().sum(dim=1)).clamp(min=_LEAST_REST)
    return (p.exp() * (p - q)).sum(dim=1) + p_rest * (p_rest.log() - q_rest.log())

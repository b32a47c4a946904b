"""Prompts that are longer than a model can read: solved examples are left out first, then evidence or story is cut, and the question never.

    fitted(model, samples, rooms) -> [Fitted(sample=..., cut="2 of 5 few-shot examples left out"), ...]

What cannot be asked even so is told, and gets no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from llmkick_core.models.base import LanguageModel, Prompt
from llmkick_core.schema import Sample
from llmkick_core.tasks.passages import evidence_window, mention

Put = Callable[[str], Prompt]
"""A turn's text -> the prompt: itself, or a message through the chat template."""

_TRIES = 8
"""Most cuts of one text; each is a little below what the one before suggests."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A sample as it can be asked."""

    sample: Sample
    """With its first turn cut to what fits."""
    cut: str = ""
    """What was left out, in a few words; empty where nothing was."""
    n_tokens: int
    """Tokens of the first turn's prompt."""
    is_overflow: bool = False
    """Whether it is too long even so."""


def fitted(model: LanguageModel, samples: Sequence[Sample], rooms: Sequence[int], *, put: Put) -> list[Fitted]:
    """Return each sample cut to its room.

    Args:
        model: counts tokens.
        samples: whose first turns are prompts, or user messages.
        rooms: tokens that the prompt of each may have.
        put: a turn as the model is asked it.
    """
    lengths = _lengths(model, samples, put=put)
    return [
        Fitted(sample=sample, n_tokens=n) if n <= room else _cut(model, sample, n, room, put=put)
        for sample, n, room in zip(samples, lengths, rooms, strict=True)
    ]


def _cut(model: LanguageModel, sample: Sample, n_tokens: int, room: int, *, put: Put) -> Fitted:
    """Return a sample that is too long, cut."""
    n_shots = len(sample.shots)
    shorter = [_with_shots(sample, n) for n in reversed(range(n_shots))]
    if shorter:
        for one, n in zip(shorter, _lengths(model, shorter, put=put), strict=True):
            if n <= room:
                return Fitted(sample=one, n_tokens=n, cut=f"{n_shots - len(one.shots)} of {n_shots} few-shot examples left out")
        return Fitted(sample=sample, n_tokens=n_tokens, is_overflow=True)
    now, n_now = sample, n_tokens
    for _ in range(_TRIES):
        text = now.evidence
        if not text or text not in now.turns[0]:
            break
        per_token = len(text) / max(1, model.count_tokens([text])[0])  # characters
        budget = int(len(text) - (n_now - room) * per_token) - 8
        if budget <= 0:
            break
        aliases = sample.gold[0] if sample.gold else ()
        kept = evidence_window(sample.evidence, aliases, budget)
        now = replace(
            sample,
            evidence=kept,
            is_answer_shown=None if sample.is_answer_shown is None else mention(kept, aliases) is not None,
            turns=(sample.turns[0].replace(sample.evidence, kept, 1), *sample.turns[1:]),
        )
        n_now = _lengths(model, [now], put=put)[0]
        if n_now <= room:
            lost = ", no answer among them" if sample.is_answer_shown and not now.is_answer_shown else ""
            return Fitted(sample=now, n_tokens=n_now, cut=f"{len(kept):,} of {len(sample.evidence):,} characters of the text kept{lost}")
    return Fitted(sample=sample, n_tokens=n_tokens, is_overflow=True)


def _with_shots(sample: Sample, n: int) -> Sample:
    """Return a sample with the first `n` of its solved examples."""
    whole, kept = "".join(sample.shots), "".join(sample.shots[:n])
    return replace(sample, shots=sample.shots[:n], turns=(sample.turns[0].replace(whole, kept, 1), *sample.turns[1:]))


def _lengths(model: LanguageModel, samples: Sequence[Sample], *, put: Put) -> list[int]:
    """Return the tokens of each sample's first prompt."""
    return model.count_tokens([put(sample.turns[0]) for sample in samples])

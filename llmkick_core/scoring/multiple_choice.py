"""Which option a model chose, from log-probabilities.

letters: the largest log-probability of the four letters decides. cloze: that of the option's text divided by its characters, as small
models are evaluated in the field ("acc_norm"), so that a short option has no head start. A model that is broken enough to give
NaN chose nothing: None, never an option.

Where a server tells no log-probabilities, the model writes a few words instead, and `named_letter` reads its letter from them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_OPENING = r"[\s(\[*_\"'`]*"
_LETTER = r"(?P<letter>[A-J])(?=[)\].:;,!?*_\"'`]|\s*$)"
_ONE_MORE = re.compile(
    r"[)\]*_\"'`]*\s*(?:(?:,|/|&|\bor\b|\band\b)\s*)+[(\[*_\"'`]*[A-HJ]\b"  # B, C and D; but not: B, I think
    r"|[)\]*_\"'`]*\s*[(\[*_\"'`]*[A-J](?:[)\].:;,!?*_\"'`]|\s*$)",  # (A) (B)
    re.MULTILINE,
)
_FIRST = re.compile(_OPENING + _LETTER, re.MULTILINE)
_STATED = re.compile(r"\b(?i:answer)(?:\s+(?i:is))?\s*:?\s*(?:(?i:option|choice)\s+)?" + _OPENING + _LETTER, re.MULTILINE)


def preferences(logprobs: Sequence[float], lengths: Sequence[int] = ()) -> tuple[float, ...] | None:
    """Return what is compared: each log-probability, divided by its option's characters where lengths are given.

    Args:
        logprobs: of each option, nats.
        lengths: characters of each option; empty for letters. An empty option counts as one character.

    Returns:
        One number an option; None where there is none, one is NaN, or all are minus infinity.
    """
    if lengths and len(lengths) != len(logprobs):
        return None
    values = tuple(p / max(1, n) for p, n in zip(logprobs, lengths, strict=True)) if lengths else tuple(logprobs)
    if not values or any(math.isnan(value) for value in values) or max(values) == -math.inf:
        return None
    return values


def choose(logprobs: Sequence[float], lengths: Sequence[int] = ()) -> int | None:
    """Return the index of the preferred option, the first one of equals; None where nothing can be compared."""
    values = preferences(logprobs, lengths)
    return None if values is None else values.index(max(values))


def probabilities(logprobs: Sequence[float], lengths: Sequence[int] = ()) -> tuple[float, ...] | None:
    """Return the softmax (summing to 1) over the options of what `choose` compares; None where it compares nothing."""
    values = preferences(logprobs, lengths)
    if values is None:
        return None
    best = max(values)
    weights = [math.exp(value - best) for value in values]
    return tuple(weight / sum(weights) for weight in weights)


def margin(probabilities: Sequence[float], gold: int) -> float | None:
    """Return the probability (-1 to 1) of the right option minus the largest of the others; None where there is no other."""
    others = [p for index, p in enumerate(probabilities) if index != gold]
    return probabilities[gold] - max(others) if others else None


def named_letter(text: str, n_options: int) -> int | None:
    """Return the index of the option whose capital letter a text names; None where it names none, several, or one that is no option.

    The letter stands at the beginning ("B", " (B)", "**B.** Oslo"), or after "answer", "answer is" or "answer:" ("The answer is B"); a punctuation mark or
    the end of the line comes after it, so that the article of "A dog" and the A of "A or B" are none. Several letters are named by "B, C", and by
    two answers that differ.
    """
    first = _FIRST.match(text)
    found = [first] if first else list(_STATED.finditer(text))
    letters = {match["letter"] for match in found}
    if len(letters) != 1 or any(_ONE_MORE.match(text, match.end()) for match in found):
        return None
    index = ord(letters.pop()) - ord("A")
    return index if index < n_options else None

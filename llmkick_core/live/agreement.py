"""Where two streamed answers part, and how fast each came. Pure.

    A  [" Ulaan", "baatar", "."]
    B  [" Ash", "gabat", "."]      -> they agree in 0 pieces; "Ulaanbaatar" against "Ashgabat"

Two models with the same tokenizer are compared piece by piece as they stream, a piece being a token (or the few that make one letter); other servers
cut their text as they like, so their answers are cut into words first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\s*\S+|\s+$")
FEWEST = 8
"""Tokens that tell a speed."""

_SHORTEST_S = 0.01
_LONGEST_WORD = 60  # characters of what is shown where answers part


def as_words(text: str) -> list[str]:
    """Return a text cut into words, each with the space before it; joined they are the text."""
    return _WORD.findall(text)


def n_agreed(reference: Sequence[str], other: Sequence[str]) -> int:
    """Return how many pieces two answers share from the first on."""
    n = 0
    for mine, theirs in zip(reference, other, strict=False):
        if mine != theirs:
            break
        n += 1
    return n


@dataclass(frozen=True, kw_only=True)
class Parting:
    """Where an answer departs from the reference."""

    n_agreed: int
    """Pieces that both share before."""
    is_same: bool
    """Whether both ended, and one is the other."""
    reference_word: str
    """The reference's word at that place; empty where it has ended."""
    other_word: str
    """The other's."""


def parting(reference: Sequence[str], other: Sequence[str]) -> Parting:
    """Return where two answers that have ended part; a space before the first word, which some servers drop, makes no difference."""
    reference, other = _from_first_word(reference), _from_first_word(other)
    n = n_agreed(reference, other)
    return Parting(
        n_agreed=n,
        is_same=n == len(reference) == len(other),
        reference_word=_word_at(reference, n),
        other_word=_word_at(other, n),
    )


def _from_first_word(pieces: Sequence[str]) -> list[str]:
    return [piece.lstrip() if k == 0 else piece for k, piece in enumerate(pieces)]


def _word_at(pieces: Sequence[str], n: int) -> str:
    """Return the whole word that piece `n` belongs to."""
    if n >= len(pieces):
        return ""
    text, place = "".join(pieces), sum(map(len, pieces[:n]))
    while place < len(text) and text[place].isspace():
        place += 1
    start = place
    while start and not text[start - 1].isspace():
        start -= 1
    end = place
    while end < len(text) and not text[end].isspace():
        end += 1
    word = text[start:end].rstrip(".,;:!?") or text[start:end]
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"


def tokens_per_s(n_tokens: int, first_s: float | None, last_s: float | None) -> float | None:
    """Return the speed after the first token, which waits for the prompt to be read; None where too little came to tell.

    Servers send tokens that are ready at the same time together, so that a few tell nothing.

    Args:
        n_tokens: that came.
        first_s: when the first came, seconds.
        last_s: when the last came, seconds.
    """
    if n_tokens < FEWEST or first_s is None or last_s is None or last_s - first_s < _SHORTEST_S:
        return None
    return (n_tokens - 1) / (last_s - first_s)


def cut_at(pieces: Sequence[str], stops: Sequence[str]) -> list[str] | None:
    """Return the pieces before the first stop string, the last one cut where it begins; None where there is no stop string in them."""
    text = "".join(pieces)
    end = min((place for stop in stops if stop and (place := text.find(stop)) >= 0), default=None)
    if end is None:
        return None
    kept, length = [], 0
    for piece in pieces:
        if length >= end:
            break
        kept.append(piece[: end - length])
        length += len(piece)
    return kept

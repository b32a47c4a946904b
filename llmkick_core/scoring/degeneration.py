"""Signs that a model has fallen apart: few different words, the same phrase over and over, nothing at all."""

from __future__ import annotations

import string
from collections.abc import Sequence

_EDGES = string.punctuation + "‘’“”«»…–—"
_MOST = 400  # words or characters looked at, from the end: a loop that has begun goes on to the end
_N_CHARACTERS = 16  # of one word that repeats itself


def unique_tokens(text: str) -> int:
    """Return the number of different words, split at white space (the paper's measure of instruction following)."""
    return len(set(text.split()))


def n_words(text: str) -> int:
    """Return the number of words, split at white space."""
    return len(text.split())


def repetition_share(text: str, n: int = 3) -> float:
    """Return the share (0-1) of runs of `n` words that have occurred before; 0 where the text is shorter than two runs."""
    words = text.split()
    runs = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def is_empty(text: str) -> bool:
    """Return whether the text holds no letter and no digit."""
    return not any(character.isalnum() for character in text)


def ends_in_loop(text: str) -> bool:
    """Return whether the text ends in a phrase said over and over, as a model does that cannot leave it.

    A phrase of two words or more must come three times, a single word four times, in any case and punctuation; the last time may be cut
    off, in mid-word too. Within one word, as where a script has no spaces, the last 16 characters or more must be one piece four times
    or more. So "New York, New York", "1 1 1", "Tora! Tora! Tora!", "Mississippi" and "1,000,000" are no loops.
    """
    words = [word for word in (piece.strip(_EDGES) for piece in text[-8 * _MOST :].lower().split()) if word][-_MOST:]
    if not words:
        return False
    if _is_over_and_over(words) or (len(words) > 1 and _is_over_and_over(words[:-1], cut=words[-1])):
        return True
    last = words[-1][-_MOST:]
    sizes = range(1, len(last) // 4 + 1)
    return any(_periodic_tail(last, size) >= max(_N_CHARACTERS, 4 * size) for size in sizes)


def _is_over_and_over(words: Sequence[str], cut: str = "") -> bool:
    """Return whether words end in a phrase that comes often enough; `cut` is a beginning of the word that would come next."""
    for size in range(1, len(words) // 3 + 1):
        n_times = 4 if size == 1 else 3
        if words[-size].startswith(cut) and _periodic_tail(words, size) >= n_times * size:
            return True
    return False


def _periodic_tail(items: Sequence[str], size: int) -> int:
    """Return the length of the longest end of `items` in which each item equals the one `size` before it."""
    n_same = 0
    while n_same < len(items) - size and items[-1 - n_same] == items[-1 - n_same - size]:
        n_same += 1
    return n_same + size

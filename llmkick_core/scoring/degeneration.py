"""Signs that a model has fallen apart: few different words, the same phrase over and over, nothing at all."""

from __future__ import annotations


def unique_tokens(text: str) -> int:
    """Return the number of different words, split at white space (the paper's measure of instruction following)."""
    return len(set(text.split()))


def repetition_share(text: str, n: int = 3) -> float:
    """Return the share (0-1) of runs of `n` words that have occurred before; 0 where the text is shorter than two runs."""
    words = text.split()
    runs = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def is_empty(text: str) -> bool:
    """Return whether the text holds no letter and no digit."""
    return not any(character.isalnum() for character in text)

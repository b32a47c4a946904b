"""Rows of token ids: what they have in common, and whether they only repeat themselves."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[int]]
"""Token ids of prompts or continuations, of any lengths."""

_LEAST_PREFIX = 32  # tokens that prompts must have in common to be read after them
_LEAST_SAVED = 256  # tokens
_LOOP_TOKENS = 64
_LOOP_ROUNDS = 3


def is_loop(tokens: Sequence[int]) -> bool:
    """Return whether the last 64 tokens are one phrase over and over, three times or more: greedy decoding does not leave such a loop."""
    tail = list(tokens[-_LOOP_TOKENS:])
    periods = range(1, _LOOP_TOKENS // _LOOP_ROUNDS + 1)
    return len(tail) == _LOOP_TOKENS and any(tail[period:] == tail[:-period] for period in periods)


def by_prefix(rows: Rows) -> list[tuple[int, list[int]]]:
    """Return the rows in groups as (tokens of the prefix that all of a group begin with, positions); where sharing one would save little it is 0.

    Every row goes on after its group's prefix for a token or more. Rows that share none are one group.
    """
    groups: list[tuple[int, list[int]]] = []
    for i in sorted(range(len(rows)), key=lambda i: tuple(rows[i])):
        if groups:
            length, members = groups[-1]
            common = n_common(rows[members[0]], rows[i], min(length, len(rows[i]) - 1))
            if common >= max(_LEAST_PREFIX, length // 2 if len(members) > 1 else 0):
                groups[-1] = (common, [*members, i])
                continue
        groups.append((len(rows[i]) - 1, [i]))
    alone = sorted(i for length, members in groups if (len(members) - 1) * length < _LEAST_SAVED for i in members)
    shared = [(length, members) for length, members in groups if (len(members) - 1) * length >= _LEAST_SAVED]
    return [*shared, (0, alone)] if alone else shared


def n_common(one: Sequence[int], other: Sequence[int], most: int) -> int:
    """Return how many of the first `most` tokens are the same in both."""
    return next((n for n, (a, b) in enumerate(zip(one[:most], other[:most], strict=False)) if a != b), min(most, len(one), len(other)))

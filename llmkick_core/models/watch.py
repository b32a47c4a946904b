"""What a model tells while it computes, and asks: whether it is to stop, and which answers were begun already.

    model.watch(Watch(step=print, drafts=Drafts(write=save)))
    model.generate(...)  # reading, block 3 of 30 .. token 17 of at most 256 ..

A draft is an answer so far, by tokens. Drafts are written every few seconds, so that a long answer goes on where it was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

DRAFT_SECONDS = 8.0
"""Least time between two writes of drafts."""

Tokens = Mapping[str, list[int]]
"""Answers so far, by the key of what they answer."""


class Drafts:
    """Answers that were begun."""

    def __init__(self, begun: Tokens | None = None, *, write: Callable[[Tokens], None] | None = None) -> None:
        self._tokens: dict[str, list[int]] = dict(begun or {})
        self._write = write
        self._is_new = False
        self._written_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Return whether drafts are to be kept by now."""
        return self._write is not None and time.monotonic() - self._written_at >= DRAFT_SECONDS

    def begun(self, key: str) -> list[int]:
        """Return the tokens of an answer so far, none where it was not begun."""
        return list(self._tokens.get(key, ()))

    def keep(self, tokens: Tokens) -> None:
        """Remember how far answers are, and write them where that is due."""
        if self._write is None:
            return  # nobody goes on from it
        self._tokens |= {key: list(written) for key, written in tokens.items()}
        self._is_new = True
        if self.is_due:
            self.save()

    def save(self) -> None:
        """Write what is not written yet."""
        if self._is_new and self._write is not None:
            self._write(self._tokens)
        self._is_new, self._written_at = False, time.monotonic()

    def forget(self) -> None:
        """Drop all drafts, whose answers are kept by now."""
        if self._tokens and self._write is not None:
            self._write({})
        self._tokens, self._is_new, self._written_at = {}, False, time.monotonic()


def _go_on(detail: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who looks at a model while it computes."""

    step: Callable[[str], None] = _go_on
    """Called between blocks and tokens with what is going on, in a few words; raises to stop."""
    drafts: Drafts = field(default_factory=Drafts)
    """Answers that were begun."""

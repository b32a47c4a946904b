"""What the bundled tests share: a search for many sentences in many texts, and KICK-mini as the generator writes it now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest


def _windows(text: str) -> list[tuple[str, ...]]:
    """Return runs of three words inside a text; its first and last word may hang together with others where it occurs."""
    inner = text.split()[1:-1]
    return list(zip(inner, inner[1:], inner[2:], strict=False)) or [tuple(inner)]


def _find(needles: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the sentences, in lower case, that occur anywhere in a text, whatever its case.

    A sentence can only lie in a text that has its inner words, so the rarest three of them are looked up first.
    """
    wanted = {needle.lower() for needle in needles}
    frequency = Counter(window for needle in wanted for window in _windows(needle))
    by_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for needle in wanted:
        by_words[min(_windows(needle), key=lambda window: frequency[window])].append(needle)
    sizes = {len(key) for key in by_words}
    assert 0 not in sizes, "a sentence of fewer than three words"
    found: set[str] = set()
    for text in texts:
        lowered = text.lower()
        words = lowered.split()
        for size in sizes:
            for key in by_words.keys() & zip(*(words[start:] for start in range(size)), strict=False):
                found.update(needle for needle in by_words[key] if needle in lowered)
    return found


@pytest.fixture(scope="session")
def find() -> Callable[[Iterable[str], Iterable[str]], set[str]]:
    """Return the search."""
    return _find


@pytest.fixture(scope="session")
def kick_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return KICK-mini, written anew."""
    from llmkick_core.bundled.kick_mini import KickMini

    root = tmp_path_factory.mktemp("bundled") / "kick-mini"
    KickMini(root).write()
    return root

"""Texts in front of a question: which of several is shown, where the answer stands in it, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from llmkick_core.errors import DataError

_MOST_LOOKED_AT = 10**9
"""Accepted answers times characters, which takes a second or two."""


def mention(text: str, aliases: Sequence[str]) -> re.Match[str] | None:
    """Return where the first alias that is mentioned stands first, as whole words in any case; None where none is.

    Args:
        text: the evidence.
        aliases: accepted answers, the preferred one first.

    Raises:
        DataError: so many aliases would have to be looked for in so long a text that it takes minutes.
    """
    if len(aliases) * len(text) > _MOST_LOOKED_AT:
        raise DataError(
            f"a question has {len(aliases):,} accepted answers and evidence of {len(text):,} characters; at most {_MOST_LOOKED_AT:,} of one times the other are "
            "looked through. Shorten one of them."
        )
    lowered = text.lower()
    near = (alias for alias in aliases if alias.lower() in lowered)  # a pattern search is slow, and most aliases are nowhere
    found = (re.search(rf"(?<!\w){re.escape(alias)}(?!\w)", text, re.IGNORECASE) for alias in near)
    return next((one for one in found if one), None)


def choose_passage(texts: Iterable[str], aliases: Sequence[str]) -> str:
    """Return the first text that mentions an alias, else the first that is not blank; empty where there is none. White space around it is left out."""
    first = ""
    for text in texts:
        if mention(text, aliases):
            return text.strip()
        first = first or text.strip()
    return first


def evidence_window(text: str, aliases: Sequence[str], budget: int) -> str:
    """Return at most `budget` characters of `text`, whole words, around the first mention of an alias.

    Args:
        text: the evidence.
        aliases: accepted answers, the preferred one first; what `mention` finds of them is the centre.
        budget: characters; a text that fits is returned as it is.
    """
    if len(text) <= budget:
        return text
    found = mention(text, aliases)
    centre = (found.start() + found.end()) // 2 if found else 0
    start = max(0, min(centre - budget // 2, len(text) - budget))
    window = text[start : start + budget]
    if start > 0 and not text[start - 1].isspace():
        window = re.sub(r"^\S+\s+", "", window)
    if start + budget < len(text) and not text[start + budget].isspace():
        window = re.sub(r"(?<!\s)\s++\S++$", "", window)  # in one go, however many spaces there are
    return window.strip()

"""Texts in front of a question, cut to a length."""

from __future__ import annotations

import re
from collections.abc import Sequence


def evidence_window(text: str, aliases: Sequence[str], budget: int) -> str:
    """Return at most `budget` characters of `text`, whole words, around the first mention of an alias.

    Args:
        text: the evidence.
        aliases: accepted answers, the preferred one first; the first that is mentioned, as whole words in any case, is the centre.
        budget: characters; a text that fits is returned as it is.
    """
    if len(text) <= budget:
        return text
    mentions = (re.search(rf"(?<!\w){re.escape(alias)}(?!\w)", text, re.IGNORECASE) for alias in aliases)
    mention = next((found for found in mentions if found), None)
    centre = (mention.start() + mention.end()) // 2 if mention else 0
    start = max(0, min(centre - budget // 2, len(text) - budget))
    window = text[start : start + budget]
    if start > 0 and not text[start - 1].isspace():
        window = re.sub(r"^\S+\s+", "", window)
    if start + budget < len(text) and not text[start + budget].isspace():
        window = re.sub(r"\s+\S+$", "", window)
    return window.strip()

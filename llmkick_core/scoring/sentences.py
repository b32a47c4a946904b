"""Where sentences begin, told without a model: by marks, capitals and the commonest abbreviations."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9])")
_SHORT = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]?|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|Mt|Ft|Gen|Col|Capt|Prof|Rev|Sen|Gov|Lt|Sgt)\.$"
)
_OPENING = "\"'“‘([«"
_REACH = 40  # characters looked back at: longer than any abbreviation


def _ends_sentence(text: str, end: int) -> bool:
    """Return whether the mark just before `end` closes a sentence rather than an initial or an abbreviation."""
    return text[end - 1] in "!?:;" or (text[end - 1] == "." and _SHORT.search(text[max(0, end - _REACH) : end]) is None)


def first_sentence(text: str) -> str:
    """Return the first sentence of one line; "St. Petersburg" and "J. K. Rowling" are not cut."""
    for match in _END.finditer(text):
        if _ends_sentence(text, match.start() + 1):
            return text[: match.end()].rstrip()
    return text.strip()


def is_sentence_start(text: str, position: int) -> bool:
    """Return whether the word at `position` opens a sentence, a line or a quotation, so that its capital says nothing."""
    bare = text[max(0, position - _REACH) : position].rstrip(" \t\r")
    if not bare or bare[-1] in _OPENING or bare[-1] == "\n":
        return True
    bare = bare.rstrip("\"'”’)]")
    return bool(bare) and _ends_sentence(bare, len(bare))

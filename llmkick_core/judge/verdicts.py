"""Verdicts read from what a judge said."""

from __future__ import annotations

import re
from typing import Any

from llmkick_core.judge.base import Verdict, Wanted

_NUMBER = r"(\d+(?:\.\d+)?)(?:/10)?"
_LINE = re.compile(rf"^\s*{_NUMBER}[\s,]+{_NUMBER}\s*$")
_IN_WORDS = re.compile(
    rf"^\s*{_NUMBER} for Assistant 1,? (?:and )?{_NUMBER} for Assistant 2\b|are \({_NUMBER}, {_NUMBER}\)\.?\s*$", re.MULTILINE
)
_MARKED = re.compile(r"\[\[\s*([^\[\]]+?)\s*\]\]")
_WINNERS: dict[str, Any] = {"A": "first", "B": "second", "C": "tie"}


def read_fastchat(text: str, wanted: Wanted) -> Verdict:
    """Return the verdict of a reply in one of the shapes that FastChat's prompts ask for, or that judges gave instead."""
    marked = _MARKED.findall(text)
    if wanted.kind == "winner":
        winner: Any = _WINNERS.get(marked[-1], "") if marked else ""
        return Verdict(outcome="scored" if winner else "unparsed", winner=winner, explanation=text)
    rows = [tuple(map(float, found.groups())) for line in text.split("\n")[: len(wanted.aspects)] if (found := _LINE.match(line))]
    if wanted.n_sides == 1:
        rows = [(float(marked[-1]),)] if marked and re.fullmatch(_NUMBER, marked[-1]) else []
    elif len(wanted.aspects) == 1 and not rows and (found := _IN_WORDS.search(text)):
        rows = [tuple(float(number) for number in found.groups() if number is not None)]
    if len(rows) != len(wanted.aspects) or not all(wanted.low <= score <= wanted.high for row in rows for score in row):
        return Verdict(outcome="unparsed", reason="no verdict can be read", explanation=text)
    sides = tuple({aspect: row[side] for aspect, row in zip(wanted.aspects, rows, strict=True)} for side in range(wanted.n_sides))
    return Verdict(outcome="scored", scores=sides, explanation=text)

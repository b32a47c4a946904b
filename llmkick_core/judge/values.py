"""The pieces of a verdict, read strictly: a score, the scores of an answer, a winner.

    score("8.5/10", wanted)              8.5
    score("7-8", wanted)                 Unreadable: '7-8' is no number
    scores([("Coherence", 8), ...], ...) {"coherence": 8.0, ...}
    winner("Assistant A")                "first"

Nothing is guessed: digits of other scripts, ranges, "about 7", percentages, 17/20 and a decimal comma are refused, and so is what lies outside of the scale.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

from llmkick_core.judge.base import Wanted

Winner = Literal["first", "second", "tie"]

_SCORE = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,17})?)(?:\s*(?:/|out of)\s*([0-9]{1,3})(?:\.0)?)?\s*", re.ASCII)
_LONGEST = 40  # characters of a value in a reason
_MOST_LETTERS = 64  # of what can be a score, the name of an aspect or a winner at all
_ASPECT_WORDS = {"coherent": "coherence", "consistent": "consistency", "fluent": "fluency", "relevant": "relevance"}
_WINNERS: dict[str, Winner] = {"a": "first", "b": "second", "tie": "tie", "c": "tie"}
_NAMED = re.compile(r"(?:answer|assistant)[\s_]*([ab])", re.ASCII)


class Unreadable(ValueError):  # noqa: N818  (not an error: an outcome)
    """What is wrong with a piece of a verdict, in a line."""


class Number(str):
    """A number of a JSON text, as it is written there; NaN and Infinity too."""

    __slots__ = ()


class Pairs(list[tuple[str, object]]):
    """An object of a JSON text, with its keys as often as they are written there."""


def score(raw: object, wanted: Wanted, name: str) -> float:
    """Return a score within the scale, from a number of a JSON text or a text such as 8, 8.5 or 8/10 where the scale ends at 10.

    Raises:
        Unreadable: it is no number, is counted from another top, or lies outside of the scale.
    """
    if isinstance(raw, Number):
        value = float(raw)
    else:
        found = _SCORE.fullmatch(raw) if isinstance(raw, str) and len(raw) <= _MOST_LETTERS else None
        if found is None:
            raise Unreadable(f"{name} is {shown(raw)}, which is no number")
        if found[2] is not None and float(found[2]) != wanted.high:
            raise Unreadable(f"{name} is {shown(raw)}, which is not out of {wanted.high:g}")
        value = float(found[1])
    if not math.isfinite(value) or not wanted.low <= value <= wanted.high:
        raise Unreadable(f"{name} is {shown(raw)}, outside of the scale from {wanted.low:g} to {wanted.high:g}")
    return value + 0.0  # -0 becomes 0


def scores(pairs: Iterable[tuple[str, object]], wanted: Wanted, whose: str = "") -> dict[str, float]:
    """Return {aspect: score} of one answer; names in any case, others than those wanted left out.

    Raises:
        Unreadable: an aspect is missing, has two different scores, or one that cannot be read.
    """
    found: dict[str, float] = {}
    for name, raw in pairs:
        aspect = aspect_of(name)
        if aspect in wanted.aspects:
            value = score(raw, wanted, f"{aspect}{whose}")
            if found.setdefault(aspect, value) != value:
                raise Unreadable(f"{aspect}{whose} has two scores, {found[aspect]:g} and {value:g}")
    missing = [aspect for aspect in wanted.aspects if aspect not in found]
    if missing:
        raise Unreadable(f"{', '.join(missing)}{whose} {'is' if len(missing) == 1 else 'are'} missing")
    return {aspect: found[aspect] for aspect in wanted.aspects}


def aspect_of(name: str) -> str:
    """Return the aspect that a name stands for: in lower case, bare of marks, `consistent` as `consistency`."""
    word = name.strip(" \t\r\n*_`'\"-").lower() if len(name) <= _MOST_LETTERS else ""
    return _ASPECT_WORDS.get(word, word)


def winner(raw: object) -> Winner:
    """Return which answer wins: A, B or tie in any case, C for a tie as in MT-Bench, "Answer A" and "Assistant A" too.

    Raises:
        Unreadable: it is anything else. 1 and 2 are: nothing that is shown is called so, and a score may be meant.
    """
    word = raw.strip().lower() if isinstance(raw, str) and not isinstance(raw, Number) and len(raw) <= _MOST_LETTERS else ""
    named = _NAMED.fullmatch(word)
    found = _WINNERS.get(named[1] if named else word)
    if found is None:
        raise Unreadable(f"the winner is {shown(raw)}, which is none of A, B and tie")
    return found


def shown(raw: object) -> str:
    """Return a value for a reason, in at most some forty characters."""
    if isinstance(raw, Number):
        text = str(raw)
    elif isinstance(raw, str):
        text = f'"{" ".join(raw[: 2 * _LONGEST].split())}"'
    else:
        text = {type(None): "null", bool: str(raw).lower(), Pairs: "an object", list: "a list"}.get(type(raw)) or type(raw).__name__
    return whole_characters(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def whole_characters(text: str) -> str:
    """Return a text that can be written as UTF-8 and kept in a database: question marks for half characters, none that is zero."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")

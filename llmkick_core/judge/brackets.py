"""Verdicts in double square brackets, as MT-Bench asks for them (Zheng et al. 2023, https://arxiv.org/abs/2306.05685).

    Rating: [[8]]                     Answer 1: [[coherence: 8, consistency: 7, fluency: 9, relevance: 8]]                    [[A]]

An answer may hold "[[10]]", and a judge may quote it. So a bracket counts only where the judge says it itself: at the start of a line or sentence, or behind
words of which none could introduce a quotation ("My final rating is", never "The answer says"). What stands in quotation marks, or behind ">", is quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmkick_core.judge.base import Wanted
from llmkick_core.judge.values import Unreadable, Winner, scores, shown, winner

_BRACKET = re.compile(r"\[\[([^\[\]]{0,400})\]\]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE_END = re.compile(r"[\w)\]][\w)\]][.!?][\"'”’)*_`]*\s")
_LABEL = re.compile(r"\b(?:answer|assistant|summary)[\s_]*([12])(?!\w)(?!\.\d)", re.IGNORECASE)
_BEHIND = re.compile(r"[ \t]*(?:(?:/|out of|of)[ \t]*([0-9]+)|(%))", re.IGNORECASE)
_PIECE = re.compile(r"[,;\n]")
_REACH = 200  # letters before a bracket that are looked at
_NEAR = 40  # letters behind it
_QUOTES = "\"'”’»`"
_SAY = """
    assign award choice choose conclusion decision evaluation final finally give grade hence judgement judgment overall pick prefer rate rated rating ratings
    score scored scores therefore thus tie verdict winner winning better best
"""
_LINK = """
    0 1 2 10 a above account after all an and answer answers are as assistant assistants at b based be both by c careful consideration considerations considering
    criteria deserves everything explanation factors first for from here i i'd in into is it its me my of on one or out points reasons response responses scale
    second slightly so summaries summary taking than the these this to two would coherence consistency fluency relevance
"""
_SAYING = frozenset(_SAY.split())
_OWN_WORDS = _SAYING | frozenset(_LINK.split())
_FORMATS = frozenset({"json", "text", "markdown"})  # words behind ``` that name a format


@dataclass(frozen=True, kw_only=True)
class Bracketed:
    """One verdict in brackets: of two answers that are scored, a pair of brackets."""

    start: int
    """Where its first bracket begins, or the line that it stands on alone."""
    end: int
    """Behind its last."""
    value: Winner | tuple[dict[str, float], ...] | None
    """What it says; None where it cannot be read."""
    reason: str = ""
    """Why it cannot be read."""
    is_final: bool
    """Whether it stands on lines of its own, with nothing behind it."""


@dataclass(frozen=True, kw_only=True)
class Brackets:
    """All verdicts in brackets that a judge says itself."""

    verdicts: tuple[Bracketed, ...]
    """In order."""
    reason: str = ""
    """Why there are none, where there are brackets."""


@dataclass(frozen=True, kw_only=True)
class _One:
    """One bracket that the judge says itself."""

    start: int
    end: int
    inside: str
    label: int
    """1 or 2 where the words before it name an answer by a number, else 0."""
    line_start: int | None
    """Where its line begins, of one with nothing but the judge's own words before it there."""


def find(text: str, wanted: Wanted, skipped: list[tuple[int, int]]) -> Brackets:
    """Return the verdicts in brackets outside of the stretches that are skipped, which are in order."""
    own, n_quoted, before, left = [], 0, 0, list(reversed(skipped))
    for found in _BRACKET.finditer(text):
        while left and left[-1][1] <= found.start():
            before = max(before, left.pop()[1])
        if left and left[-1][0] <= found.start():
            continue
        one = _own(text, found, before)
        if one is None:
            n_quoted += 1
        else:
            own.append(one)
            before = one.end
    if not own:
        return Brackets(
            verdicts=(), reason="the only verdict in brackets stands amid a sentence, where it may be quoted" if n_quoted else ""
        )
    if wanted.kind == "winner" or wanted.n_sides == 1:
        return Brackets(verdicts=tuple(_verdict(text, (one,), wanted) for one in own))
    return _in_pairs(text, own, wanted)


def is_link(text: str, start: int, end: int) -> bool:
    """Return whether a stretch holds nothing that could part what stands before it from what stands behind it: marks, and words on the way to a verdict."""
    return end - start < _REACH and _OWN_WORDS.union(_FORMATS).issuperset(_words(text[start:end]))


def is_bare(text: str, start: int, end: int) -> bool:
    """Return whether a stretch begins a line and ends the text, but for marks."""
    line = text[max(0, start - _REACH) : start].rpartition("\n")[2]
    return len(line) < _REACH and set(_words(line)) <= _FORMATS and _ends(text, end)


def bare(text: str) -> str:
    """Return a text without the white space and fences around it."""
    return text.strip().removesuffix("```json").removesuffix("```").removeprefix("```").strip()


def _in_pairs(text: str, own: list[_One], wanted: Wanted) -> Brackets:
    """Return the verdicts on two answers: two brackets one after the other, of which each says whose it is. Others are verdicts that cannot be read."""
    verdicts, waiting = [], None
    for one in own:
        if waiting is not None and one.label and one.label != waiting.label:
            verdicts.append(_verdict(text, (waiting, one), wanted))
            waiting = None
            continue
        if waiting is not None:
            verdicts.append(_lone(waiting))
        waiting = one if one.label else None
        if not one.label:
            verdicts.append(_lone(one))
    if waiting is not None:
        verdicts.append(_lone(waiting))
    return Brackets(verdicts=tuple(verdicts))


def _lone(one: _One) -> Bracketed:
    reason = f"a bracket of answer {one.label} has no other to go with it" if one.label else "a bracket does not say of which answer it is"
    return Bracketed(start=one.start, end=one.end, value=None, reason=reason, is_final=False)


def _own(text: str, found: re.Match[str], before: int) -> _One | None:
    """Return a bracket that the judge says itself, `before` being where the one before it ends; None where it may be quoted."""
    start, end = found.span()
    reach = max(before, start - _REACH)
    *above, line = text[reach:start].split("\n")
    clause = _last_sentence(line)
    is_cut = reach > before and not above and clause == line  # its sentence begins out of reach
    if is_cut or line.lstrip().startswith(">") or _is_in_quotes(text, start, end) or not _is_own(clause):
        return None
    if not _words(line):
        lead = _lead(above)
        if _is_own(lead):
            clause = lead
        elif lead.endswith(":") or not _ends(text, end):  # "Answer A ends with:" may lead to a quotation also where nothing follows
            return None
    labels = _LABEL.findall(clause)
    whole_line = text[max(0, start - _REACH) : start].rpartition("\n")[2]
    line_start = start - len(whole_line) if len(whole_line) < _REACH and _is_own(whole_line) else None
    return _One(start=start, end=end, inside=found[1], label=int(labels[-1]) if labels else 0, line_start=line_start)


def _is_in_quotes(text: str, start: int, end: int) -> bool:
    """Return whether a quotation ends behind a stretch that began before it; one that holds just the stretch, as in "[[A]]", is emphasis."""
    before = text[start - 1 : start]
    return text[end : end + 1] in tuple(_QUOTES) and (not before or before.isspace() or before.isalnum())


def _lead(above: list[str]) -> str:
    """Return the words that lead to a line: the sentence above that does not end, or one that ends in a colon; nothing where there is none."""
    last = next((line for line in reversed(above) if line.strip()), "")
    told = last.rstrip(" \t\r*_`\"'”’)")
    is_open = bool(told) and above[-1].strip() != "" and told[-1] not in ".!?"
    return _last_sentence(told) if is_open or told.endswith(":") else ""


def _is_own(clause: str) -> bool:
    """Return whether words can only be the judge's own way to its verdict; no words can."""
    words = [word.removesuffix("'s").removesuffix("’s") for word in _words(clause)]
    if not _OWN_WORDS.issuperset(words):
        return False
    return not words or bool(_SAYING.intersection(words)) or _LABEL.sub("", clause).strip(" \t:*_#->.`0123456789()") == ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _last_sentence(line: str) -> str:
    end = 0
    for found in _SENTENCE_END.finditer(line):
        end = found.end()
    return line[end:]


def _ends(text: str, end: int) -> bool:
    """Return whether nothing but marks follows."""
    rest = text[end : end + _REACH].strip()
    return not any(letter.isalnum() or letter in "[]{}<>" for letter in rest) and not text[end + _REACH :].strip()


def _verdict(text: str, ones: tuple[_One, ...], wanted: Wanted) -> Bracketed:
    value: Winner | tuple[dict[str, float], ...] | None = None
    reason = ""
    try:
        if wanted.kind == "winner":
            value = winner(ones[0].inside)
        else:
            value = tuple(_scores(text, one, wanted) for one in sorted(ones, key=lambda one: one.label))
    except Unreadable as error:
        reason = str(error)
    is_whole = all(one.line_start is not None for one in ones) and is_link(text, ones[0].end, ones[-1].start)
    start = ones[0].start if ones[0].line_start is None else ones[0].line_start
    return Bracketed(start=start, end=ones[-1].end, value=value, reason=reason, is_final=is_whole and _ends(text, ones[-1].end))


def _scores(text: str, one: _One, wanted: Wanted) -> dict[str, float]:
    whose = f" of answer {one.label}" if one.label and wanted.n_sides == 2 else ""
    behind = _BEHIND.match(text[one.end : one.end + _NEAR])
    if behind and (behind[2] or float(behind[1]) != wanted.high):
        raise Unreadable(f"the score{whose} is followed by {shown(behind[0].strip())}, and the scale ends at {wanted.high:g}")
    if len(wanted.aspects) == 1 and not re.search(r"[:=]", one.inside):
        return scores([(wanted.aspects[0], one.inside)], wanted, whose)
    pairs = [re.split(r"[:=]", piece, maxsplit=1) for piece in _PIECE.split(one.inside) if piece.strip()]
    unnamed = [piece for piece in pairs if len(piece) < 2]
    if unnamed:
        raise Unreadable(f"{shown(unnamed[0][0].strip())}{whose} does not say which aspect it scores")
    return scores([(name, value) for name, value in pairs], wanted, whose)

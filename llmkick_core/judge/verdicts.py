r"""A judge's reply, read into a verdict or into the reason why it holds none. Never a guess: what can be read in two ways is not read.

    read('{"explanation": "Both are ...", "winner": "A"}', wanted)     scored, first
    read("Both are fine.\n[[tie]]", wanted)                            scored, tie
    read("I prefer the second one.", wanted)                           unparsed: no verdict in the reply

The rules:

1. What a model thinks before its reply (up to the last </think>) holds no verdict.
2. A verdict is a whole JSON object that stands in no other and has a key of the verdict, or a bracketed one outside of these objects. A bracketed one counts only
   where the judge says it itself (`brackets`): amid a sentence it may be a quotation.
3. The last verdict counts. Where it cannot be read whole and within the scale, nothing earlier stands in for it.
4. Where verdicts differ, or a piece of JSON is damaged (what follows may be a quotation in it), the last one counts only in the final place: on lines of its own,
   with nothing behind it and no other verdict right before it. Nothing beats a different JSON one before it: what follows a whole object may be quoted.
5. Two different values under one key are none.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from llmkick_core.judge import brackets
from llmkick_core.judge.base import Verdict, Wanted
from llmkick_core.judge.formats import SIDES
from llmkick_core.judge.values import Number, Pairs, Unreadable, Winner, aspect_of, score, scores, shown, whole_characters, winner

Value = Winner | tuple[dict[str, float], ...]
"""A verdict: who wins, or the scores of each answer."""

_DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False)
_OBJECT = re.compile(r"\{\s*[\"'}]")
_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THINKS = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_PAIR = re.compile(r"(?:([A-Za-z]+)\s*:\s*)?([^\s,:()]+)(?:\s*,\s+|\s+)([^\s,:()]+)", re.ASCII)
_TUPLE = re.compile(
    r"(?:(?:[Tt]he )?(?:final )?[Ss]cores?(?: for Assistant 1 and (?:Assistant )?2)?(?: are| is)?:? ?)?\(([^\s,()]+),\s*([^\s,()]+)\)\.?",
    re.ASCII,
)
_WORDED = re.compile(r"([^\s,]+) for Assistant 1(?:,|;| and|, and) ([^\s,]+) for Assistant 2(?:[.,;:\s].*)?", re.ASCII | re.IGNORECASE)
_LONGEST_LINE, _SHORT_LINE = 1000, 100  # of scores; a longer one holds reasons too
_LONGEST_KEY = 64
_MOST_DAMAGED = 1000  # pieces of JSON that are looked at: each one counts the lines before it
_KEYS = {
    "answer1": SIDES[0],
    "assistant_1": SIDES[0],
    "assistant1": SIDES[0],
    "answer2": SIDES[1],
    "assistant_2": SIDES[1],
    "assistant2": SIDES[1],
}
_REASONS = ("explanation", "reason", "reasons", "reasoning")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Something that is meant to be a verdict."""

    start: int
    end: int
    value: Value | None
    reason: str
    """Why it cannot be read."""
    is_final: bool
    """Whether it stands on lines of its own with nothing behind it."""
    pairs: Pairs | None = None
    """The object, of one in JSON."""


@dataclass(frozen=True, kw_only=True)
class _Objects:
    """The JSON objects of a text that stand in no other."""

    whole: list[tuple[int, int, Pairs]]
    """(start, end, object) of each."""
    damage: str = ""
    """What is wrong with the last one that begins and is none."""

    def holds(self, place: int) -> bool:
        """Return whether a place lies in one of them."""
        i = bisect_right(self.whole, place, key=lambda one: one[0]) - 1
        return i >= 0 and place < self.whole[i][1]


def read(text: str, wanted: Wanted) -> Verdict:
    """Return the verdict of a reply, or why there is none; the module says by which rules. Takes any text, in time linear in its length."""
    reply = _after_thinking(text)
    if reply is None:
        return _unparsed(text, "the reply ends while the judge still thinks")
    if not reply.strip():
        return _unparsed(text, "the reply is empty")
    objects = _objects(reply)
    written = [one for one in (_in_json(found, reply, wanted) for found in objects.whole) if one]
    bracketed = brackets.find(reply, wanted, [(start, end) for start, end, _ in objects.whole])
    written += [
        _Found(start=one.start, end=one.end, value=one.value, reason=one.reason, is_final=one.is_final) for one in bracketed.verdicts
    ]
    if not written:
        return _unparsed(text, _absence(objects, wanted) or bracketed.reason or "there is no verdict in the reply")
    written.sort(key=lambda one: one.start)
    last = written[-1]
    reason = last.reason or _conflict(reply, written, objects.damage)
    if reason or last.value is None:
        return _unparsed(text, reason)
    explanation = _explanation(reply, last)
    if isinstance(last.value, str):
        return Verdict(outcome="scored", winner=last.value, explanation=explanation)
    return Verdict(outcome="scored", scores=last.value, explanation=explanation)


def _unparsed(text: str, reason: str) -> Verdict:
    return Verdict(outcome="unparsed", reason=reason, explanation=whole_characters(text))


def _conflict(reply: str, written: list[_Found], damage: str) -> str:
    """Return why the last of several verdicts does not count, or nothing."""
    last = written[-1]
    others = [one for one in written[:-1] if one.value != last.value]
    if any(one.pairs is not None for one in others):
        return f"a verdict in JSON is followed by a different one{' in brackets' if last.pairs is None else ''}"
    if others and others[-1] is written[-2] and brackets.is_link(reply, others[-1].end, last.start):
        return "two different verdicts stand side by side"
    if last.is_final:
        return ""
    if others:
        return "the reply holds different verdicts, and none stands alone at its end"
    return f"a piece of JSON is damaged ({damage}), and no verdict stands alone at the end" if damage else ""


def _absence(objects: _Objects, wanted: Wanted) -> str:
    """Return what is wrong with the JSON of a reply without a verdict, or nothing where it holds none."""
    if objects.damage:
        return f"the JSON of the reply is damaged: {objects.damage}"
    missing = "winner" if wanted.kind == "winner" else SIDES[0]
    return f"the JSON of the reply has no {missing}" if objects.whole else ""


def _explanation(reply: str, found: _Found) -> str:
    """Return the reasons: those in an object, else what stands before the verdict; all of a reply in which they stand elsewhere."""
    given = next((value for name, value in found.pairs or () if _key(name) in _REASONS and isinstance(value, str) and value.strip()), "")
    before = brackets.bare(reply[: found.start]) if found.is_final else ""
    return whole_characters(given.strip() or before or (reply.strip() if not found.is_final else ""))


def _after_thinking(text: str) -> str | None:
    """Return the reply behind what a model thought, or None where it did nothing but think. Marks inside a JSON object are text."""
    objects = _objects(text)
    ends = [found.end() for found in _THOUGHT.finditer(text)]
    while ends and objects.holds(ends[-1] - 1):
        ends.pop()
    if ends:
        return text[ends[-1] :]
    return None if _THINKS.match(text) else text


def _objects(text: str) -> _Objects:
    """Return the JSON objects of a text. A search that fails goes on where it failed, so that no letter is read often."""
    whole: list[tuple[int, int, Pairs]] = []
    damage, n_damaged, place = "", 0, 0
    while (begin := _OBJECT.search(text, place)) and n_damaged < _MOST_DAMAGED:
        try:
            value, place = _DECODER.raw_decode(text, begin.start())
            whole.append((begin.start(), place, value))
        except json.JSONDecodeError as error:
            damage, n_damaged, place = error.msg[:1].lower() + error.msg[1:], n_damaged + 1, max(begin.start() + 1, error.pos)
        except RecursionError:
            return _Objects(whole=whole, damage="it is nested too deeply")
    return _Objects(whole=whole, damage=damage)


def _in_json(found: tuple[int, int, Pairs], reply: str, wanted: Wanted) -> _Found | None:
    """Return what an object says as a verdict, or None where it is about something else."""
    start, end, pairs = found
    sides = ("winner",) if wanted.kind == "winner" else SIDES[: wanted.n_sides]
    keyed = [(side, value) for name, value in pairs if (side := _KEYS.get(_key(name), _key(name))) in sides]
    if not keyed:
        return None
    value: Value | None = None
    reason = ""
    try:
        value = _value(keyed, wanted)
    except Unreadable as error:
        reason = str(error)
    is_final = brackets.is_bare(reply, start, end)
    return _Found(start=start, end=end, value=value, reason=reason, is_final=is_final, pairs=pairs)


def _value(keyed: list[tuple[str, object]], wanted: Wanted) -> Value:
    if wanted.kind == "winner":
        winners = [winner(value) for _, value in keyed]
        if len(set(winners)) > 1:
            raise Unreadable("winner is given twice, and not the same")
        return winners[0]
    sides: dict[str, dict[str, float]] = {}
    for side, raw in keyed:
        read_side = _scores_of(raw, wanted, f" of {side}")
        if sides.setdefault(side, read_side) != read_side:
            raise Unreadable(f"{side} is given twice, and not the same")
    missing = [side for side in SIDES[: wanted.n_sides] if side not in sides]
    if missing:
        raise Unreadable(f"{missing[0]} is missing")
    return tuple(sides[side] for side in SIDES[: wanted.n_sides])


def _scores_of(raw: object, wanted: Wanted, whose: str) -> dict[str, float]:
    if isinstance(raw, Pairs):
        return scores(raw, wanted, whose)
    if len(wanted.aspects) == 1 and isinstance(raw, str):  # {"answer_1": 7} can mean one thing only
        return scores([(wanted.aspects[0], raw)], wanted, whose)
    raise Unreadable(f"the scores{whose} are {shown(raw)}")


def _key(name: str) -> str:
    return _BETWEEN_WORDS.sub("_", name.strip().lower()) if len(name) <= _LONGEST_KEY else ""


def read_fastchat(text: str, wanted: Wanted) -> Verdict:
    """Return the verdict of a reply of the older form of FastChat and LLM-KICK, in which scores come first and explanations after them.

        8 7                                              coherence of assistant 1 and 2; three more such lines follow, in the order of the aspects
        9 8.5                                            of a conversation, in its first line
        8.5/10 for Assistant 1, 6/10 for Assistant 2.    the same in words, in its first line or its last
        The scores for Assistant 1 and Assistant 2 are (6, 6).    in its last line, as where reference solutions were shown

    Verdicts on one answer, and winners, stand in brackets there, and are read as by `read`. Where the first line and the last both hold scores, they must agree.
    """
    if wanted.kind == "winner" or wanted.n_sides == 1:
        return read(text, wanted)
    lines = [line.strip() for line in text.splitlines()]
    told = [i for i, line in enumerate(lines) if line]
    if not told or text.strip().strip("$").lower() == "error":
        return _unparsed(text, "the reply is empty" if not told else "an error stands in place of a reply")
    try:
        used, found = _four_lines(lines, told, wanted) if len(wanted.aspects) > 1 else _one_line(lines, told, wanted)
    except Unreadable as error:
        return _unparsed(text, str(error))
    explanation = "\n".join(line for i, line in enumerate(lines) if i not in used).strip()
    return Verdict(outcome="scored", scores=found, explanation=whole_characters(explanation))


def _four_lines(lines: list[str], told: list[int], wanted: Wanted) -> tuple[set[int], tuple[dict[str, float], ...]]:
    """Return which lines hold the scores, and these: as many lines of two numbers as there are aspects, in their order."""
    n = len(wanted.aspects)
    pairs = [_PAIR.fullmatch(lines[i]) if len(lines[i]) < _LONGEST_LINE else None for i in told[: n + 1]]
    used = pairs[:n]
    if len(used) < n or not all(used):
        raise Unreadable(f"the reply does not begin with {n} lines of two scores")
    if len(pairs) > n and (more := pairs[n]) and _are_numbers(more.group(2, 3)):
        raise Unreadable(f"the reply begins with more than {n} lines of two scores")
    sides: tuple[dict[str, float], ...] = ({}, {})
    for aspect, pair in zip(wanted.aspects, used, strict=True):
        assert pair is not None
        if pair[1] and aspect_of(pair[1]) != aspect:
            raise Unreadable(f"the scores of {aspect} are called {shown(pair[1])}")
        for side, raw, number in zip(sides, pair.group(2, 3), (1, 2), strict=True):
            side[aspect] = score(raw, wanted, f"{aspect} of assistant {number}")
    return set(told[:n]), sides


def _one_line(lines: list[str], told: list[int], wanted: Wanted) -> tuple[set[int], tuple[dict[str, float], ...]]:
    """Return which lines hold the scores of a conversation, the first or the last or both, and these."""
    found: dict[int, tuple[dict[str, float], ...]] = {}
    for i in {told[0], told[-1]}:
        line = lines[i][:_LONGEST_LINE]
        pair = _PAIR.fullmatch(line) if i == told[0] else None
        match = (pair and pair.group(2, 3)) or next((one.groups() for form in (_WORDED, _TUPLE) if (one := form.fullmatch(line))), ())
        if match and _are_numbers(match):
            found[i] = tuple(
                {wanted.aspects[0]: score(raw, wanted, f"{wanted.aspects[0]} of assistant {k}")} for k, raw in enumerate(match, start=1)
            )
    if not found:
        raise Unreadable("neither the first line nor the last holds two scores")
    if len(set(map(str, found.values()))) > 1:
        raise Unreadable("the first line and the last hold different scores")
    return {i for i in found if len(lines[i]) < _SHORT_LINE}, next(iter(found.values()))


def _are_numbers(raw: Iterable[str]) -> bool:
    """Return whether texts are meant as numbers, whether or not they can be read."""
    return all(text[:1] in tuple("0123456789+-.") for text in raw)

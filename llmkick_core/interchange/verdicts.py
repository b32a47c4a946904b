"""From a row of a file to judgments: the scores of the file, by candidate and opponent; where it has none, what its text says after all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from llmkick_core.interchange.fastchat import ERROR, Call, Review
from llmkick_core.judge.base import MOST_CHARACTERS, Verdict, Wanted
from llmkick_core.judgment import ASPECTS, Judgment, Protocol, Winner

READ_AGAIN = "read again: the file had -1"
NO_REPLY = "the file holds no reply of the judge"
NOT_READ = "the file has -1: no verdict was read"

_NUMBERS = re.compile(r"\A(?:[ \t]*\d+(?:\.\d+)?[\s,;]+\d+(?:\.\d+)?[ \t]*(?:\n+|\Z))+")
_MARKED = re.compile(r"(?:\brating:\s*)?\[\[[^\[\]\n]{1,20}\]\]\.?", re.IGNORECASE)
_FROM_ZERO = ("reference", "instruction_following")


def wanted_of(protocol: Protocol, task: str) -> Wanted:
    """Return what a verdict of FastChat's prompts has to hold: scores of 1 to 10, LLM-KICK's of conversations from 0."""
    if protocol == "pairwise":
        return Wanted(kind="winner", n_sides=2)
    low = 0.0 if (protocol, task) == _FROM_ZERO else 1.0
    return Wanted(kind="scores", n_sides=1 if protocol == "single" else 2, aspects=ASPECTS[task], low=low, high=10.0)


def is_of_task(row: Review, wanted: Wanted) -> bool:
    """Return whether a row is scored on any of the aspects of the task, or not at all."""
    return not any(call.scores for call in row.calls) or any(set(call.scores[0]) & set(wanted.aspects) for call in row.calls if call.scores)


def judgment_of(row: Review, call: Call, candidate_name: str, judge: str, wanted: Wanted) -> Judgment:
    """Return the judgment of one request, as the file has it; its repeat is 0."""
    place = _place(row.protocol, call, candidate_name)
    problem = "" if call.winner else _problem(call, wanted)
    outcome: Literal["scored", "failed", "unparsed"] = "scored"
    if problem:
        outcome = "failed" if problem == NO_REPLY else "unparsed"
    return Judgment(
        sample_id=row.question_id,
        turn=row.turn,
        place=place,
        outcome=outcome,
        reason=problem,
        winner="" if problem else _winner(call.winner, place),
        scores={} if problem else _of_side(call.scores, place - 1, wanted),
        opponent_scores={} if problem else _of_side(call.scores, 2 - place, wanted),
        explanation=_MARKED.sub("", _NUMBERS.sub("", call.text)).strip()[:MOST_CHARACTERS],
        reply=call.text[:MOST_CHARACTERS],
        key=row.key,
        reply_model=judge,
        asked_at=row.at,
    )


def reading(judgment: Judgment, wanted: Wanted) -> Verdict | None:
    """Return the verdict that a strict reader finds in the reply of a judgment that has none; None where it finds none either."""
    from llmkick_core.judge.verdicts import read_fastchat

    if judgment.outcome != "unparsed":
        return None
    verdict = read_fastchat(judgment.reply, wanted)
    return verdict if verdict.outcome == "scored" else None


def read_again(judgment: Judgment, verdict: Verdict) -> Judgment:
    """Return a judgment with the verdict that can be read in its reply after all."""
    return replace(
        judgment,
        outcome="scored",
        reason=READ_AGAIN,
        explanation=verdict.explanation[:MOST_CHARACTERS] or judgment.explanation,
        winner=_winner(verdict.winner, judgment.place),
        scores=dict(verdict.scores[judgment.place - 1]) if verdict.scores else {},
        opponent_scores=dict(verdict.scores[2 - judgment.place]) if len(verdict.scores) == 2 else {},
    )


def _place(protocol: Protocol, call: Call, candidate_name: str) -> int:
    """Return where the candidate was shown: after the reference, alone, or where its name stands."""
    return {"reference": 2, "single": 1}.get(protocol) or call.models.index(candidate_name) + 1


def _problem(call: Call, wanted: Wanted) -> str:
    """Return why a request has no verdict, in a line; nothing where it has one."""
    if not call.scores:
        return NO_REPLY if call.text.strip().lower() in ("", "error", ERROR.lower()) else NOT_READ
    missing = [aspect for aspect in wanted.aspects if aspect not in call.scores[0]]
    if missing:
        return f"the file has no score of {', '.join(missing)}"
    outside = [(aspect, side[aspect]) for side in call.scores for aspect in wanted.aspects if not wanted.low <= side[aspect] <= wanted.high]
    return f"score {outside[0][1]:g} of {outside[0][0]} is not on the scale of {wanted.low:g} to {wanted.high:g}" if outside else ""


def _of_side(scores: tuple[dict[str, float], ...], side: int, wanted: Wanted) -> dict[str, float]:
    return {aspect: scores[side][aspect] for aspect in wanted.aspects} if 0 <= side < len(scores) else {}


def _winner(place_of_better: str, place: int) -> Winner:
    """Return who won, from the better answer's place and the candidate's."""
    if place_of_better in ("", "tie"):
        return "tie" if place_of_better else ""
    return "candidate" if (place_of_better == "first") == (place == 1) else "opponent"

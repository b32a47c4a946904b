r"""FastChat's files (Zheng et al. 2023, https://github.com/lm-sys/FastChat), older and newer, which LLM-KICK's are too: what a row says.

answers    {"question_id": 1, "text": "..", "answer_id": "Ud9", "model_id": "vicuna-7b"}                      older: one turn
           {"question_id": 81, "model_id": "gpt-4", "choices": [{"index": 0, "turns": ["..", ".."]}]}          newer
reviews    {"question_id": 1, "answer1_id": "Ab", "answer2_id": "Ud9", "text": "9 8.5\n..", "score": [9.0, 8.5]}  older: against a reference
           {.., "text": "8 7\n8 7\n9 8\n8 7\n..", "score": {"coherence": [8.0, 7.0], "consistent": [..], ..}}   LLM-KICK's, of summaries
judgments  {"question_id": 81, "model": "a", "judge": ["gpt-4", "single-v1"], "judgment": "..", "score": 8, "turn": 1}
           {.., "model_1": "a", "model_2": "b", "g1_winner": "model_1", "g1_judgment": "..", "g2_winner": "tie", ..}   two orders

In older reviews Assistant 1 is the reference and Assistant 2 the model. A score of -1 says that no verdict was read. In the second game of a pair
the answers change places; its winner is named by model all the same. Turns are counted from 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from llmkick_core.data_files import number_text
from llmkick_core.interchange.lines import Line, Lines, clean
from llmkick_core.judgment import Protocol
from llmkick_core.models.thoughts import split_thought

Kind = Literal["answers", "reviews"]
KINDS: tuple[Kind, ...] = ("answers", "reviews")

ERROR = "$ERROR$"
"""What newer files hold in place of a text where the model or judge could not be asked; older ones hold `error` as a review."""
OUR_ASPECTS = {"consistent": "consistency"}
"""Aspects whose name is another here."""

NO_TEXT = "without a text"
NO_ANSWER = "a review, not an answer"
NO_TURN = "with a turn that is none"
NO_SCORE = "without a score or winner that can be read"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A row of answers."""

    question_id: str
    """The question."""
    model: str
    """The model's name, empty where there is none."""
    answer_id: str
    """The answer's own id, empty where there is none."""
    turns: tuple[str, ...]
    """Its answers, turn by turn, thoughts left out."""
    thoughts: tuple[str, ...] = ()
    """What a reasoning model wrote before each; empty where it wrote none."""
    n_choices: int
    """Ways in which it was answered, of which this is the first."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to a judge."""

    models: tuple[str, ...]
    """The models whose answers were shown, in that order; empty where the file does not name them."""
    text: str
    """What the judge said."""
    scores: tuple[dict[str, float], ...] = ()
    """{aspect: score} of each answer shown; nothing where the file says that none was read, and for a winner."""
    winner: Literal["first", "second", "tie", ""] = ""
    """The better answer by its place; nothing where none was read, and for scores."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """A row of reviews or judgments."""

    question_id: str
    """The question."""
    turn: int
    """Which answer to it, from 0."""
    protocol: Protocol
    """How it was judged, as the form tells."""
    judge: str
    """The judge's name, empty where there is none."""
    answer_ids: tuple[str, ...]
    """The ids of the answers shown, in order; empty where there are none."""
    calls: tuple[Call, ...]
    """What was asked: once, or in both orders."""
    at: float
    """When, seconds since 1970; 0 where it is not told."""
    key: str
    """Hash of the line."""


def kind_of(lines: Lines) -> Kind:
    """Return what most rows of a file are."""
    n_reviews = sum(any(name in line.row for name in ("score", "g1_winner", "judgment", "review_id")) for line in lines.lines)
    return "reviews" if 2 * n_reviews > len(lines.lines) else "answers"


def said(line: Line) -> Said | str:
    """Return the answers of a row, or why there are none. A turn that could not be asked ends them."""
    row = line.row
    if "score" in row:
        return NO_ANSWER
    choices = [one for one in row.get("choices", ()) if isinstance(one, dict)] if isinstance(row.get("choices"), list) else []
    chosen = next((one for one in choices if one.get("index") == 0), choices[0] if choices else {"turns": [row.get("text")]})
    found = []
    turns = chosen.get("turns")
    for turn in turns if isinstance(turns, list) else ():
        if not isinstance(turn, str) or turn == ERROR:
            break
        found.append(clean(turn))
    if not found:
        return NO_TEXT
    split = [split_thought(text) for text in found]
    return Said(
        question_id=line.question_id,
        model=_word(row.get("model_id")),
        answer_id=_word(row.get("answer_id")),
        turns=tuple(answer for _, answer in split),
        thoughts=tuple(thought for thought, _ in split),
        n_choices=len(choices) or 1,
    )


def review(line: Line) -> Review | str:
    """Return what a row says of answers, or why it says nothing."""
    row = line.row
    turn = _turn(row)
    if turn < 1:
        return NO_TURN
    if "g1_winner" in row or "g2_winner" in row:
        return _pair(line)
    if "judgment" in row:
        scores = _scores(row.get("score"), n_sides=1)
        model = _word(row.get("model"))
        text = clean(row["judgment"]) if isinstance(row["judgment"], str) else ""
        return NO_SCORE if scores is None else _review(line, "single", (Call(models=(model,), text=text, scores=scores),))
    scores = _scores(row.get("score"), n_sides=2)
    if scores is None:
        return NO_SCORE
    text = clean(row["text"]) if isinstance(row.get("text"), str) else ""
    ids = tuple(_word(row.get(name)) for name in ("answer1_id", "answer2_id"))
    return _review(line, "reference", (Call(models=(), text=text, scores=scores),), answer_ids=ids)


def _pair(line: Line) -> Review | str:
    row = line.row
    models = (_word(row.get("model_1")), _word(row.get("model_2")))
    calls = []
    for game, shown, places in (("g1", models, ("first", "second")), ("g2", models[::-1], ("second", "first"))):
        winner = row.get(f"{game}_winner")
        if winner is None or (isinstance(winner, float) and math.isnan(winner)):
            continue  # judged in one order only
        if winner not in ("model_1", "model_2", "tie", "error"):
            return NO_SCORE
        told = row.get(f"{game}_judgment")
        place: Any = {"model_1": places[0], "model_2": places[1], "tie": "tie"}.get(winner, "")
        calls.append(Call(models=shown, text=clean(told) if isinstance(told, str) else "", winner=place))
    return _review(line, "pairwise", tuple(calls)) if calls else NO_SCORE


def _review(line: Line, protocol: Protocol, calls: tuple[Call, ...], *, answer_ids: tuple[str, ...] = ()) -> Review:
    row = line.row
    judge = row.get("judge")
    at = row.get("tstamp", 0.0)
    return Review(
        question_id=line.question_id,
        turn=_turn(row) - 1,
        protocol=protocol,
        judge=_word(judge[0] if isinstance(judge, list) and judge else judge),
        answer_ids=answer_ids,
        calls=calls,
        at=float(at) if _is_number(at) and at >= 0 else 0.0,
        key=line.key,
    )


def _scores(told: object, *, n_sides: int) -> tuple[dict[str, float], ...] | None:
    """Return {aspect: score} of each answer shown, nothing where the file says -1, or None where it holds no scores."""
    by_aspect: dict[Any, Any] = told if isinstance(told, dict) else {"overall": [told] if n_sides == 1 else told}
    if not by_aspect or not all(
        isinstance(pair, list) and len(pair) == n_sides and all(map(_is_number, pair)) for pair in by_aspect.values()
    ):
        return None
    if any(score == -1 for pair in by_aspect.values() for score in pair):
        return ()
    return tuple({OUR_ASPECTS.get(name, str(name)): float(pair[side]) for name, pair in by_aspect.items()} for side in range(n_sides))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)


def _word(value: object) -> str:
    """Return a name or id as text in one line; empty where it is none."""
    return " ".join(clean(value if isinstance(value, str) else number_text(value)).split())


def _turn(row: dict[str, Any]) -> int:
    """Return the turn of a row, counted from 1, 2.0 as 2; 0 where it is none."""
    told = row.get("turn", 1)
    return int(told) if _is_number(told) and told == int(told) else 0

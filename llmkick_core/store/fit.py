"""Whether answers fit the questions they are said to be of: a part may be whole, and yet answer a turn that nobody asked.

Shape(n_turns=1, n_choices=4)    an answer to turn 3, or one with two log-probabilities of options, is none to this question
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from llmkick_core.catalog import TASKS
from llmkick_core.schema import Answer

if TYPE_CHECKING:
    from llmkick_core.store.database import Database
    from llmkick_core.store.parts import Part

_SHAPES = """
SELECT sample_id, coalesce(json_array_length(detail, '$.turns'), 0), coalesce(json_array_length(detail, '$.choices'), 0)
FROM samples WHERE sample_set = ?
"""


class Shape(NamedTuple):
    """What a question can be answered with."""

    n_turns: int
    """Turns that are asked."""
    n_choices: int
    """Options to choose from; 0 where there are none."""


def shapes_of(db: Database, sample_set: str) -> dict[str, Shape]:
    """Return the shape of each question of a set."""
    return {sample_id: Shape(int(n_turns), int(n_choices)) for sample_id, n_turns, n_choices in db.rows(_SHAPES, [sample_set])}


def needs_shape(answers: Sequence[Answer]) -> bool:
    """Return whether any of some answers can be one that does not fit."""
    return any(answer.turn > 0 or answer.choice_logprobs for answer in answers)


def shares_only(part: Part, path: Path) -> tuple[Part, str]:
    """Return a part without scores that are no shares where their measure is one, and what is wrong with it; nothing where nothing is."""
    shares = {measure.name for task in TASKS.values() for measure in task.measures if measure.is_share}
    wrong = [score for score in part.scores if score.metric in shares and score.value is not None and not 0 <= score.value <= 1]
    if not wrong:
        return part, ""
    told = f"{path} has {len(wrong):,} scores outside 0-1, as {wrong[0].metric} {wrong[0].value:g}; left out. `rescore` scores the answers anew."
    gone = set(map(id, wrong))
    return replace(part, scores=tuple(score for score in part.scores if id(score) not in gone)), told


def fits(answer: Answer, shape: Shape) -> bool:
    """Return whether an answer can be one to a question; the turns of a text that was scored are its windows, of which there may be any number."""
    if answer.choice_logprobs and shape.n_choices and len(answer.choice_logprobs) != shape.n_choices:
        return False
    return answer.nll is not None or answer.turn < shape.n_turns


def fitted(part: Part, path: Path, shapes: Mapping[str, Shape]) -> tuple[Part, str]:
    """Return a part without the answers, and scores of answers, that do not fit their questions, and what is wrong with it; nothing where nothing is."""
    wrong = {
        (answer.sample_id, answer.turn)
        for answer in part.answers
        if (shape := shapes.get(answer.sample_id)) is not None and not fits(answer, shape)
    }
    if not wrong:
        return part, ""
    sample_id, turn = min(wrong)
    answers = tuple(answer for answer in part.answers if (answer.sample_id, answer.turn) not in wrong)
    scores = tuple(score for score in part.scores if (score.sample_id, score.turn) not in wrong)
    more = f", and {len(wrong) - 1:,} like it" if len(wrong) > 1 else ""
    told = f"{path} has an answer to turn {turn + 1} of question {sample_id[:80]!r} that does not fit the question{more}; left out. Submit the run again."
    return replace(part, answers=answers, scores=scores), told

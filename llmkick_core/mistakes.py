"""What each mistake of the reference code makes of a run's score or of one answer, from what is stored; nothing is written.

effect(store, "3f...") -> Effect(n=180, corrected=0.61, deltas={"substring": 0.11, "first_parse": -0.02, "n_plus_one": 0.003}, all_delta=0.09)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from llmkick_core.catalog import find_task
from llmkick_core.rescore import Stored, stored
from llmkick_core.schema import SCORERS, Answer, Sample
from llmkick_core.scoring.paper import MISTAKES, Mistake, divided_by_one_less
from llmkick_core.store.runs import read_spec
from llmkick_core.tasks.base import Task

_CORRECTED, _PAPER = SCORERS


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One run's score without the mistakes, and what they add to it."""

    n: int
    """Questions with a verdict under corrected scoring."""
    corrected: float | None
    """Score without a mistake, 0-1; None without a verdict."""
    deltas: dict[str, float | None]
    """What each mistake of the task, made alone, adds to the score; None where it leaves no verdict."""
    all_delta: float | None
    """What all of them together add."""


def mistakes_in(task: str) -> tuple[Mistake, ...]:
    """Return the mistakes that the reference code makes in a task, in canonical order."""
    return tuple(mistake for mistake in MISTAKES if task in mistake.tasks)


def reasons(task: str, sample: Sample, answers: Sequence[Answer]) -> dict[int, tuple[Mistake, ...]]:
    """Return which mistakes give an answer another verdict than corrected scoring, by its turn; a turn that no mistake changes is left out.

    Each mistake is made alone; where only several together change the verdict, all of the task are named.

    Args:
        task: name of the task.
        sample: the question.
        answers: of one run, in the order of turns.
    """
    rules = find_task(task)
    known = tuple(mistake for mistake in mistakes_in(task) if not mistake.is_aggregate)
    corrected = _values(rules, sample, answers, _CORRECTED)
    found: dict[int, tuple[Mistake, ...]] = {}
    for mistake in known:
        for turn, value in _values(rules, sample, answers, f"{_PAPER}:{mistake.name}").items():
            if value != corrected.get(turn):
                found[turn] = (*found.get(turn, ()), mistake)
    together = _values(rules, sample, answers, _PAPER)
    changed = {turn for turn in {*corrected, *together} if together.get(turn) != corrected.get(turn)}
    return {turn: found.get(turn, known) for turn in sorted(changed)}


def _values(task: Task, sample: Sample, answers: Sequence[Answer], scorer: str) -> dict[int, float | None]:
    """Return the task's metric of each turn; None where it is no number."""
    rows = [row for row in task.score(sample, list(answers), scorer) if row.metric == task.metric]
    return {row.turn: row.value if row.value is not None and math.isfinite(row.value) else None for row in rows}


def effect(store: Path, run_id: str) -> Effect:
    """Return what each mistake makes of a run's score: a mean over questions, each the mean of its scored turns.

    Raises:
        CorruptFileError: a file of the run is damaged.
    """
    task = find_task(read_spec(store, run_id).task)
    found = stored(store, run_id)
    known = mistakes_in(task.name)
    corrected, n = _score(task, found, _CORRECTED)
    deltas = {mistake.name: _delta(_with(task, found, f"{_PAPER}:{mistake.name}", (mistake,)), corrected) for mistake in known}
    return Effect(n=n, corrected=corrected, deltas=deltas, all_delta=_delta(_with(task, found, _PAPER, known), corrected))


def _with(task: Task, found: Stored, scorer: str, mistakes: tuple[Mistake, ...]) -> float | None:
    """Return the score under a scorer, the sum divided as its mistakes have it."""
    score, n = _score(task, found, scorer)
    if score is None or not any(mistake.is_aggregate for mistake in mistakes):
        return score
    return divided_by_one_less(score, n) if n > 1 else None


def _delta(score: float | None, corrected: float | None) -> float | None:
    return None if score is None or corrected is None else score - corrected


def _score(task: Task, found: Stored, scorer: str) -> tuple[float | None, int]:
    """Return (score, questions with a verdict)."""
    values = []
    for sample, answers in found.answered:
        rows = task.score(sample, answers, scorer)
        turns = [row.value for row in rows if row.metric == task.metric and row.value is not None and math.isfinite(row.value)]
        if turns:
            values.append(fmean(turns))
    return (fmean(values) if values else None), len(values)

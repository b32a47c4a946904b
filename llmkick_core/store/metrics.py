"""The measure that stands for a run: which metric of its scores, which way is better, and from which value on an answer is right.

    measure_of(db, comparison)               Measure(name="exact_match", ...): what the task declares for the way in which it was asked
    measure_of(db, comparison, "contains")   another measure of the task that its answers were scored by

Tasks declare their measures (tasks.base). A task that this installation does not have is told by the first metric of its scores that has kinds of outcome, which a
task's own measure comes with.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmkick_core.catalog import TASKS
from llmkick_core.errors import UsageError
from llmkick_core.store.database import Database
from llmkick_core.store.tallies import task_and_set
from llmkick_core.tasks.base import Measure

_STORED = """
SELECT r.comparison_id, any_value(r.task), any_value(r.prompt), s.metric, coalesce(bool_or(s.outcome <> ''), false), min(s.low), max(s.high)
FROM runs r LEFT JOIN (
    SELECT run_id, metric, max(coalesce(outcome, '')) AS outcome, min(value) FILTER (isfinite(value)) AS low, max(value) FILTER (isfinite(value)) AS high
    FROM scores GROUP BY ALL
) s USING (run_id)
GROUP BY r.comparison_id, s.metric ORDER BY r.comparison_id, s.metric
"""
_COMPARISONS = "SELECT run_id, comparison_id FROM runs"


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """What a comparison was asked, and what its answers are scored by."""

    task: str
    prompt: str | None
    metrics: dict[str, tuple[bool, float | None, float | None]]
    """Of each metric: whether it comes with kinds of outcome, its lowest and its highest value."""


def measure_of(db: Database, comparison_id: str, asked: str | None = None) -> Measure:
    """Return the measure that stands for a comparison.

    Args:
        db: the database.
        comparison_id: the comparison.
        asked: a measure to prefer, where the task declares it and an answer of the comparison is scored by it.
    """
    found = _stored(db).get(comparison_id)
    if found is None:
        return Measure(name=asked or "")
    there = {measure.name: measure for measure in _declared(found)}
    usual = _usual(found)
    return there.get(asked or usual.name) or there.get(usual.name) or next(iter(there.values()), usual)


def measure_of_run(db: Database, run_id: str, asked: str | None = None) -> Measure:
    """Return the measure that stands for the comparison of a run.

    Raises:
        StoreError: the store has no such run.
    """
    task_and_set(db, run_id)
    found: dict[str, str] = db.remember(("comparison of",), lambda: dict(db.rows(_COMPARISONS)))
    return measure_of(db, found.get(run_id, ""), asked)


def measures_of(db: Database, comparison_id: str) -> tuple[Measure, ...]:
    """Return the measures that may stand for a comparison and that its answers are scored by, the usual one first."""
    found = _stored(db).get(comparison_id)
    if found is None:
        return ()
    usual = measure_of(db, comparison_id)
    return tuple(sorted(_declared(found), key=lambda measure: measure.name != usual.name))


def check_measure(db: Database, asked: str) -> str:
    """Return the name of a measure that some runs of the store can be told by.

    Raises:
        UsageError: there is none of that name.
    """
    known = sorted({measure.name for comparison in _stored(db) for measure in measures_of(db, comparison)})
    if asked not in known:
        raise UsageError(
            f"no run in this store has the measure {asked!r}; choose one of {', '.join(known) or 'none: no answer is scored'}."
        )
    return asked


def _stored(db: Database) -> dict[str, _Stored]:
    def look() -> dict[str, _Stored]:
        found: dict[str, _Stored] = {}
        for comparison, task, prompt, metric, *told in db.rows(_STORED):
            one = found.setdefault(comparison, _Stored(task=task, prompt=prompt, metrics={}))
            if metric is not None:
                one.metrics[metric] = (told[0], told[1], told[2])
        return found

    stored: dict[str, _Stored] = db.remember(("measures",), look)
    return stored


def _declared(found: _Stored) -> tuple[Measure, ...]:
    """Return the measures that may stand for a comparison and that its answers are scored by."""
    own = TASKS[found.task].measures if found.task in TASKS else ()
    return tuple(measure for measure in own if measure.name in found.metrics) or ((_guessed(found),) if found.metrics else ())


def _usual(found: _Stored) -> Measure:
    """Return what stands for a comparison unless another measure is asked for, whether or not it is stored."""
    if found.task not in TASKS:
        return _guessed(found)
    task = TASKS[found.task]
    name = task.metric_for("chat" if found.prompt == "chat" else "plain" if found.prompt == "plain" else None)
    return next(measure for measure in task.measures if measure.name == name)


def _guessed(found: _Stored) -> Measure:
    """Return what stands for answers of a task that is not declared here: a metric with kinds of outcome, told as any task declares it."""
    told = [metric for metric, (has_outcomes, *_) in found.metrics.items() if has_outcomes]
    name = next(iter([*told, *found.metrics]), "")
    known = next((measure for task in TASKS.values() for measure in task.measures if measure.name == name), None)
    _, low, high = found.metrics.get(name, (False, None, None))
    return known or Measure(name=name, is_share=(low or 0.0) >= 0 and (high or 0.0) <= 1)

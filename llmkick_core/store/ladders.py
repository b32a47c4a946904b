"""Every fact of a comparison against the steps of one method, from the dense model to the heaviest: where it dies, and whether it comes back.

                       dense  30%  50%  70%   2:4     fate
    capital/Mongolia     ✓     ✓    ~    ✗     ✗      dies at 70%
    symbol/tungsten      ✓     ✗    ✓    ✗     ✗      dies at 70%, came back at 50%

All of it comes from the grid of runs and questions; the maths is in stats/survival.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.resampling import unit_codes
from llmkick_core.stats.survival import (
    LOST,
    NOT_RUN,
    Bools,
    Fates,
    Places,
    States,
    StepCounts,
    fates,
    lifetimes,
    median_lifetime,
    step_counts,
    unit_states,
)
from llmkick_core.store.database import Database
from llmkick_core.store.grids import Grid, grid, place_of
from llmkick_core.store.overview import records, run_rows
from llmkick_core.store.pairs import texts
from llmkick_core.store.tallies import task_and_set

By = Literal["fact", "question"]
Fate = Literal["dies", "alive", "open", "back", "gained", "never", "unjudged"]
LadderSort = Literal["death", "life", "subject", "position"]


def is_step(run: Mapping[str, Any]) -> bool:
    """Return whether a run is a step of a ladder: pruned without structure, and nothing else done to it.

    Args:
        run: method, recipe, sparsity, structure and bits, None where there is none.
    """
    return run["method"] != "dense" and run["sparsity"] is not None and run["structure"] == "unstructured" and run["bits"] is None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Facts, or questions one by one, against the dense model, the steps of a method, and other recipes beside them."""

    comparison_id: str
    """The comparison."""
    scorer: str
    """`corrected` or `paper`."""
    measure: str
    """Name of the measure that it is told by."""
    run_ids: tuple[str, ...]
    """(c,) the columns: dense, the steps from light to heavy, then the other recipes."""
    n_steps: int
    """How many of them are steps."""
    rows: pd.DataFrame
    """(u,) in the data set's order: sample_id (of the first wording that the dense model has right, else of the first), subject, n_wordings."""
    codes: Places
    """(q,) row of each question of the grid."""
    states: States
    """(c, u) as stats.survival has them."""
    n_right: NDArray[np.int32]
    """(c, u) wordings that are right."""
    fates: Fates
    """Over the steps."""

    @property
    def has_facts(self) -> bool:
        """Return whether a row stands for several wordings."""
        return len(self.codes) > len(self.rows)

    def place(self, sample_id: str, questions: pd.DataFrame) -> int | None:
        """Return the row that a question belongs to; None where there is no such question.

        Args:
            sample_id: the question.
            questions: `Grid.questions`.
        """
        place = place_of(questions, sample_id)
        return None if place is None else int(self.codes[place])


@dataclass(frozen=True, kw_only=True)
class LadderFilter:
    """What the rows of a ladder are narrowed to; None lets everything through."""

    subject: str | None = None
    """Only this subject."""
    search: str | None = None
    """Only where the question, in any wording, or its right answer holds this text, whatever its case."""
    fate: Fate | None = None
    """dies (at `step`), alive (at the last step), open (alive where it was last judged, before the last step), back (lost, and right again later), gained (not known
    by the dense model, and right at a step), never (known by the dense model), unjudged (no verdict on the dense model).
    """
    step: int | None = None
    """The step at which it dies, from 0."""

    def without_fate(self) -> LadderFilter:
        """Return the filter that fates are counted under."""
        return replace(self, fate=None, step=None)


def ladder(
    db: Database,
    comparison_id: str,
    dense: str,
    steps: Sequence[str],
    *,
    others: Sequence[str] = (),
    scorer: str = "corrected",
    measure: str | None = None,
    by: By = "fact",
) -> Ladder:
    """Return the facts of a comparison against some of its runs; do not change it, it is kept and shared.

    Args:
        db: the database.
        comparison_id: of the runs.
        dense: the dense run.
        steps: runs of one method, from light to heavy; one without answers is a column of what was not run.
        others: other runs, drawn beside the steps.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
        by: `fact`, all wordings of a fact in one row, or `question`.
    """
    run_ids = (dense, *steps, *others)
    key = ("ladder", comparison_id, run_ids, len(steps), scorer, measure, by)
    found: Ladder = db.remember(
        key, lambda: _ladder(grid(db, comparison_id, scorer, measure), comparison_id, run_ids, len(steps), scorer, by)
    )
    return found


def _ladder(known: Grid, comparison_id: str, run_ids: tuple[str, ...], n_steps: int, scorer: str, by: By) -> Ladder:
    codes, n_units = _codes(known, by)
    own, own_right = _states(known, codes, n_units)
    there = {run_id: i for i, run_id in enumerate(known.run_ids)}
    states = np.full((len(run_ids), n_units), NOT_RUN, dtype=np.int8)
    n_right = np.zeros((len(run_ids), n_units), dtype=np.int32)
    for column, run_id in enumerate(run_ids):
        if run_id in there:
            states[column], n_right[column] = own[there[run_id]], own_right[there[run_id]]
    is_right = known.is_right[there[run_ids[0]]] if run_ids[0] in there else np.zeros(len(codes), dtype=bool)
    order = np.lexsort((np.arange(len(codes)), ~is_right, codes))  # by row, a wording that dense has right first
    first = order[np.unique(codes[order], return_index=True)[1]]
    rows = known.questions.iloc[first][["sample_id", "subject"]].reset_index(drop=True)
    return Ladder(
        comparison_id=comparison_id,
        scorer=scorer,
        measure=known.measure.name,
        run_ids=run_ids,
        n_steps=n_steps,
        rows=rows.assign(n_wordings=np.bincount(codes, minlength=n_units)),
        codes=codes,
        states=states,
        n_right=n_right,
        fates=fates(states[0], states[1 : 1 + n_steps]),
    )


def _codes(known: Grid, by: By) -> tuple[Places, int]:
    """Return the row of each question, and how many rows there are."""
    return unit_codes(len(known.questions), known.units if by == "fact" else None)


def _states(known: Grid, codes: Places, n_units: int) -> tuple[States, NDArray[np.int32]]:
    return unit_states(known.is_right, known.is_scored, known.is_answered, codes, n_units)


def ladder_places(db: Database, found: Ladder, wanted: LadderFilter, sort: LadderSort = "death") -> Places:
    """Return the rows of a ladder that are wanted, in order.

    Args:
        db: the database.
        found: the ladder.
        wanted: what it is narrowed to.
        sort: `death`, those that die at the lightest step first; `life`, those that live longest first; `subject`; or `position`, the data set's order.
            What the dense model does not know comes after what it knows, by death and by life.
    """
    places = np.flatnonzero(_mask(db, found, wanted))
    order, n = found.fates.order[places], found.n_steps
    if sort == "subject":
        names = pd.factorize(found.rows["subject"].to_numpy(dtype=object)[places], sort=True)[0]
        return places[np.lexsort((places, order, names))]
    if sort == "position":
        return places
    if sort == "life":
        order = np.where(order <= n, n - order, order)
    return places[np.lexsort((places, order))]


def _mask(db: Database, found: Ladder, wanted: LadderFilter) -> Bools:
    kept = np.ones(len(found.rows), dtype=bool)
    if wanted.subject is not None:
        kept &= found.rows["subject"].to_numpy(dtype=object) == wanted.subject
    if wanted.search and wanted.search.strip():
        is_found = np.zeros(len(found.rows), dtype=bool)
        is_found[found.codes[_found(db, found, wanted.search.strip())]] = True
        kept &= is_found
    if wanted.fate == "dies":
        kept &= found.fates.is_dead if wanted.step is None else found.fates.order == wanted.step
    elif wanted.fate is not None:
        kept &= _fated(found.fates)[wanted.fate]
    return kept


def _fated(one: Fates) -> dict[str, Bools]:
    """Return which facts share a fate, by its name, but those that die at a step."""
    order, n = one.order, one.n_steps
    return {
        "alive": order == n,
        "open": order == n + 1,
        "back": one.is_back,
        "never": order == n + 2,
        "gained": one.is_gained,
        "unjudged": order == n + 3,
    }


_SEARCH = """
SELECT position FROM samples WHERE sample_set = $set AND (contains(lower(question), lower($text)) OR contains(lower(gold), lower($text)))
"""


def _found(db: Database, found: Ladder, text: str) -> Places:
    """Return the questions of the grid that hold a text."""
    sample_set = _sample_set(db, found)
    look = db.remember(("found", sample_set, text), lambda: [row[0] for row in db.rows(_SEARCH, {"set": sample_set, "text": text})])
    places = np.array(look, dtype=np.intp)
    return places[places < len(found.codes)]


def _sample_set(db: Database, found: Ladder) -> str | None:
    """Return the set of questions that the grid is made from."""
    sets = (task_and_set(db, run_id)[1] for run_id in grid(db, found.comparison_id, found.scorer, found.measure).run_ids)
    return next((one for one in sets if one is not None), None)


@dataclass(frozen=True, kw_only=True)
class LadderCounts:
    """What there is among the rows that a filter leaves, whatever their fate."""

    n: int
    """Rows."""
    n_known: int
    """Rows that the dense model knows."""
    died: tuple[int, ...]
    """(s,) how many die at each step."""
    fates: dict[str, int]
    """How many share each other fate."""
    columns: tuple[StepCounts, ...]
    """(c,) of those that the dense model knows, what is left in each column."""


def ladder_counts(db: Database, found: Ladder, wanted: LadderFilter) -> LadderCounts:
    """Return the counts behind the chips and the head of the table, under all filters but the one on fates."""
    kept = _mask(db, found, wanted.without_fate())
    is_known = found.fates.is_known & kept
    died = np.bincount(found.fates.death[is_known], minlength=found.n_steps + 1)
    return LadderCounts(
        n=int(kept.sum()),
        n_known=int(is_known.sum()),
        died=tuple(int(n) for n in died[: found.n_steps]),
        fates={name: int((mine & kept).sum()) for name, mine in _fated(found.fates).items()},
        columns=tuple(step_counts(states, is_known) for states in found.states),
    )


def ladder_texts(db: Database, found: Ladder, places: Sequence[int]) -> pd.DataFrame:
    """Return what is written in some rows, in that order: place, sample_id, subject, n_wordings, question, gold."""
    frame = found.rows.iloc[list(places)].assign(place=list(places))
    said = pd.DataFrame(
        texts(db, _sample_set(db, found), list(frame["sample_id"])), columns=["sample_id", "question", "gold"], dtype=object
    )
    return frame.merge(said, on="sample_id", how="left")


def wordings(db: Database, found: Ladder, place: int) -> tuple[pd.DataFrame, States]:
    """Return the questions of one row (sample_id, question), and their states one by one: (c, w)."""
    known = grid(db, found.comparison_id, found.scorer, found.measure)
    asked = np.flatnonzero(found.codes == place)
    frame = known.questions.iloc[asked][["sample_id"]].reset_index(drop=True)
    said = pd.DataFrame(
        texts(db, _sample_set(db, found), list(frame["sample_id"])), columns=["sample_id", "question", "gold"], dtype=object
    )
    states = np.full((len(found.run_ids), len(asked)), NOT_RUN, dtype=np.int8)
    for column, run_id in enumerate(found.run_ids):
        if run_id in known.run_ids:
            row = slice(known.row(run_id), known.row(run_id) + 1)
            is_right, is_scored, is_answered = (part[row, asked] for part in (known.is_right, known.is_scored, known.is_answered))
            states[column] = unit_states(is_right, is_scored, is_answered, np.arange(len(asked)), len(asked))[0][0]
    return frame.merge(said[["sample_id", "question"]], on="sample_id", how="left"), states


_SHARES = ("n_facts", "alive", "fragile", "lost", "n_known", "n", "n_left", "share", "low", "high")
_MEDIANS = ("median_lifetime", "median_low", "median_high")
_RUN = ("run_id", "comparison_id", "recipe", "method", "sparsity", "structure", "bits", "calibration", "order")


def fact_curve(db: Database, comparison_id: str, scorer: str = "corrected", measure: str | None = None) -> pd.DataFrame:
    """Return what each run of a comparison has left of the facts, in recipe order; empty where nothing is right or wrong, as of perplexity.

    Columns: run_id, comparison_id, recipe, method, sparsity, structure, bits, calibration, order; of all facts with a verdict: n_facts and the shares alive, fragile and
    lost (0-1, together 1); of those that the dense model knows (n_known): n with a verdict, n_left right in a wording at least, their share with its 95% interval (low,
    high); of the run's ladder, the steps of its method under one calibration: the median lifetime with its interval (median_low, median_high), NaN beyond the last
    step and for a run that is no step.
    """
    key = ("facts", comparison_id, scorer, measure)
    frame: pd.DataFrame = db.remember(key, lambda: _fact_curve(db, comparison_id, grid(db, comparison_id, scorer, measure)))
    return frame.copy(deep=False)


def _fact_curve(db: Database, comparison_id: str, known: Grid) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    if known.run_ids and known.measure.right_at is not None:
        model = db.rows("SELECT any_value(model) FROM runs WHERE comparison_id = $comparison", {"comparison": comparison_id})[0][0]
        runs = [run for run in records(run_rows(db, model)) if run["comparison_id"] == comparison_id]
        codes, n_units = _codes(known, "fact")
        states = dict(zip(known.run_ids, _states(known, codes, n_units)[0], strict=True))
        dense = states[known.run_ids[known.dense]] if known.dense is not None else np.full(n_units, NOT_RUN, dtype=np.int8)
        medians = _medians(runs, states, dense)
        for run in runs:
            named = {name: run[name] for name in _RUN}
            rows.append(named | _shares(states[run["run_id"]], dense) | medians.get(run["run_id"], {}))
    frame = pd.DataFrame(rows, columns=[*_RUN, *_SHARES, *_MEDIANS])
    numbers = ("sparsity", "alive", "fragile", "lost", "share", "low", "high", *_MEDIANS)
    return frame.astype({**dict.fromkeys(numbers, "float64"), "bits": "Int64"})


def _shares(states: States, dense: States) -> dict[str, Any]:
    """Return the columns of one run that need no other step."""
    counts = np.bincount(states, minlength=NOT_RUN + 1)[: LOST + 1]
    n = int(counts.sum())
    found = step_counts(states, fates(dense, states[None]).is_known)
    low, high = found.interval or (None, None)
    shares: dict[str, Any] = dict(zip(("alive", "fragile", "lost"), counts / n, strict=True)) if n else {}
    n_known = found.n + found.n_unscored + found.n_not_run
    return shares | {"n_facts": n, "n_known": n_known, "n": found.n, "n_left": found.n_left, "share": found.share, "low": low, "high": high}


def _medians(runs: Sequence[Mapping[str, Any]], states: Mapping[str, States], dense: States) -> dict[str, dict[str, Any]]:
    """Return the columns of each step, by its run, that the steps of its ladder make together."""
    ladders: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for run in runs:
        if is_step(run):
            ladders.setdefault((run["method"], run["calibration"], run["order"]), []).append(run)
    found: dict[str, dict[str, Any]] = {}
    for steps in ladders.values():
        steps.sort(key=lambda run: run["sparsity"])
        table = np.stack([states[run["run_id"]] for run in steps])  # (s, u)
        fate = fates(dense, table)
        median = median_lifetime(*lifetimes(fate, np.array([run["sparsity"] for run in steps])))
        named = dict(zip(_MEDIANS, (median.median, median.low, median.high), strict=True))
        found |= {run["run_id"]: named for run in steps}
    return found

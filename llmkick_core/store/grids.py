"""All runs of one comparison against all its questions, as arrays: what charts, tables, heatmaps and ladders are made from.

                    question 0   1     2     3
    dense               1.0     1.0   0.0   nan       NaN: without verdict, or not answered (`is_answered` tells)
    wanda-30            1.0     0.0   0.0   1.0
    wanda-50            0.0     0.0   0.0   nan

One query a table, whatever the number of runs; numpy does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.paired import rightness
from llmkick_core.stats.resampling import Floats, group_numbers
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import measure_of
from llmkick_core.store.tallies import answered_counts, recipe_order
from llmkick_core.tasks.base import Measure

Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The runs of a comparison, in recipe order, against its questions, in the data set's order."""

    run_ids: tuple[str, ...]
    """(r,) the runs that have answers, dense first where it is there."""
    dense: int | None
    """Which of them is dense; None while the dense run has no answers."""
    questions: pd.DataFrame
    """(q,) rows: sample_id, subject, category, fact (empty where a question stands alone), n_words (of the question), is_answer_shown."""
    values: Floats
    """(r, q) mean of the scored turns; NaN where there is no verdict."""
    is_answered: Bools
    """(r, q) whether the run has answered the question."""
    gold_logprob: Floats
    """(r, q) log-probability of the right answer, nats, the lowest of the turns; NaN where it was not measured."""
    units: NDArray[np.intp]
    """(q,) number of the fact that the question asks for; negative where it stands alone."""
    measure: Measure
    """What `values` are, and which of them are right."""

    @property
    def is_scored(self) -> Bools:
        """Return (r, q): whether there is a verdict."""
        return np.isfinite(self.values)

    @property
    def is_right(self) -> Bools:
        """Return (r, q): whether the answer is right; False without a verdict, which `is_scored` tells."""
        return rightness(self.values, self.measure.right_at, higher_is_better=self.measure.higher_is_better)

    def row(self, run_id: str) -> int:
        """Return which row a run has.

        Raises:
            ValueError: it is not of this comparison, or has no answers.
        """
        return self.run_ids.index(run_id)

    def place(self, sample_id: str) -> int | None:
        """Return which column a question has; None where the set has it not."""
        return place_of(self.questions, sample_id)


def place_of(questions: pd.DataFrame, sample_id: str) -> int | None:
    """Return the place of a question among `Grid.questions`; None where it is not there."""
    found = np.flatnonzero(questions["sample_id"].eq(sample_id).to_numpy())  # pandas: numpy drops a NUL at the end of a text
    return int(found[0]) if len(found) else None


_RUNS = """
SELECT run_id, method, sample_set FROM runs WHERE comparison_id = $comparison
"""
_QUESTIONS = """
SELECT sample_id, subject, category, fact, (length(question) - length(replace(question, ' ', '')) + 1)::INTEGER AS n_words, is_answer_shown
FROM samples WHERE sample_set = $set ORDER BY position
"""
_ANSWERED = """
SELECT n.number, a.position, a.gold_logprob FROM answers a JOIN (SELECT unnest($runs) AS run_id, unnest(range(len($runs))) AS number) n USING (run_id)
WHERE a.position >= 0
"""
_VALUES = """
SELECT n.number, s.position, s.value FROM scores s JOIN (SELECT unnest($runs) AS run_id, unnest(range(len($runs))) AS number) n USING (run_id)
WHERE s.position >= 0 AND s.scorer = $scorer AND s.metric = $metric AND isfinite(s.value)
"""


def grid(db: Database, comparison_id: str, scorer: str = "corrected", measure: str | None = None) -> Grid:
    """Return all runs of a comparison against all its questions; do not change it, it is kept and shared.

    Runs that asked another version of the questions are matched by the ids of the questions; those that the dense run's version has not are left out.

    Args:
        db: the database.
        comparison_id: of the runs.
        scorer: `corrected`, `paper` or `paper:NAME,...`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    told = measure_of(db, comparison_id, measure)
    found: Grid = db.remember(("grid", comparison_id, scorer, told.name), lambda: _grid(db, comparison_id, scorer, told))
    return found


def _grid(db: Database, comparison_id: str, scorer: str, measure: Measure) -> Grid:
    order, counts = recipe_order(db), answered_counts(db)
    found = [row for row in db.rows(_RUNS, {"comparison": comparison_id}) if row[0] in counts]
    runs = sorted(found, key=lambda row: order.get(row[0], len(order)))
    names, sets = [row[0] for row in runs], [row[2] for row in runs]
    reference = next((one for one in sets if one is not None), None)
    questions = question_frame(db, reference)
    n, shape = len(questions), (len(runs), len(questions))
    answered = db.columns(_ANSWERED, {"runs": names})
    scored = db.columns(_VALUES, {"runs": names, "scorer": scorer, "metric": measure.name})
    for columns in (answered, scored):
        _align(db, columns, sets, reference)
    flat, kept = _cells(answered, n)
    is_answered = np.zeros(len(runs) * n, dtype=bool)
    is_answered[flat] = True
    logprob = answered["gold_logprob"].astype(np.float64)[kept]
    gold = np.full(len(runs) * n, np.inf)
    np.minimum.at(gold, flat[np.isfinite(logprob)], logprob[np.isfinite(logprob)])
    gold[~np.isfinite(gold)] = np.nan
    flat, kept = _cells(scored, n)
    totals = np.bincount(flat, weights=scored["value"].astype(np.float64)[kept], minlength=len(runs) * n)
    n_scored = np.bincount(flat, minlength=len(runs) * n)
    values = np.divide(totals, n_scored, out=np.full(len(totals), np.nan), where=n_scored > 0)
    return Grid(
        run_ids=tuple(names),
        dense=next((i for i, run in enumerate(runs) if run[1] == "dense"), None),
        questions=questions,
        values=values.reshape(shape),
        is_answered=is_answered.reshape(shape),
        gold_logprob=gold.reshape(shape),
        units=group_numbers(questions["fact"].to_numpy(dtype=object)),
        measure=measure,
    )


def question_frame(db: Database, sample_set: str | None) -> pd.DataFrame:
    """Return the questions of a set in its order: the columns of `Grid.questions`; do not change it, it is kept and shared."""
    frame: pd.DataFrame = db.remember(("questions", sample_set), lambda: db.query(_QUESTIONS, {"set": sample_set}))
    return frame


def shown_values(questions: pd.DataFrame) -> Floats:
    """Return (q,) 1 where the evidence of a question shows an answer, 0 where it does not, NaN where there is none; from a column `is_answer_shown`."""
    return np.asarray(questions["is_answer_shown"].astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _cells(columns: dict[str, NDArray[Any]], n: int) -> tuple[NDArray[np.intp], Bools]:
    """Return the flat index of each row of a query in (r, q), and which rows have one."""
    position = columns["position"].astype(np.intp)
    kept = (position >= 0) & (position < n)
    return columns["number"].astype(np.intp)[kept] * n + position[kept], kept


def _align(db: Database, columns: dict[str, NDArray[Any]], sets: list[str | None], reference: str | None) -> None:
    """Number the questions of runs that asked another set as the reference set does; -1 where it has them not."""
    for number, sample_set in enumerate(sets):
        if sample_set not in (reference, None):
            places = positions_in(db, sample_set, reference)
            mine = columns["number"] == number
            position = columns["position"][mine].astype(np.intp)
            columns["position"][mine] = np.where(position < len(places), places[np.minimum(position, len(places) - 1)], -1)


def positions_in(db: Database, sample_set: str | None, reference: str | None) -> NDArray[np.intp]:
    """Return where each question of one set stands in another; -1 where it does not."""
    own, wanted = (question_frame(db, one)["sample_id"] for one in (sample_set, reference))
    places: NDArray[np.intp] = pd.Index(wanted).get_indexer(pd.Index(own))
    return places

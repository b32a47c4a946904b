"""All runs of a model at once: scores, differences from dense, verdicts. One query a task, the rest in numpy."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.intervals import amount_estimate, perplexity_estimate, share_estimate
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare_perplexity
from llmkick_core.stats.resampling import Floats
from llmkick_core.store.database import Database
from llmkick_core.store.grids import grid
from llmkick_core.store.metrics import measure_of
from llmkick_core.store.pairs import compare_by
from llmkick_core.store.tallies import RECIPE_ORDER, answered_counts
from llmkick_core.store.titles import told_apart
from llmkick_core.tasks.base import Measure

RUNS = f"""
SELECT r.run_id, r.model, r.comparison_id, r.recipe, r.method, r.sparsity, r.structure, r.bits, r.group_size, r.task, r.dataset, r.formulation,
    r.k_shot, r.prompt, r.question_limit AS "limit", r.task_version, r.model_revision, r.dataset_revision, coalesce(r.temperature, 0) AS temperature, r.seed, d.run_id AS dense_run_id,
    CASE WHEN r.method <> 'dense' THEN (r.spec->'$.recipe.calibration')::VARCHAR END AS calibration,
    CASE WHEN r.method <> 'dense' THEN r.spec->>'$.recipe.order' END AS "order"
FROM runs r LEFT JOIN runs d ON d.comparison_id = r.comparison_id AND d.method = 'dense'
WHERE r.model = $model AND r.run_id IN (SELECT unnest($answered))
ORDER BY r.task, r.comparison_id, {RECIPE_ORDER}
"""  # noqa: S608

_SCORED_OTHERWISE = """
SELECT run_id FROM answers EXCEPT SELECT run_id FROM scores WHERE scorer = $scorer AND metric = $metric
"""

_MIXED = """
SELECT r.comparison_id, s.metric FROM scores s JOIN runs r USING (run_id) WHERE s.scorer = $scorer GROUP BY ALL HAVING count(DISTINCT s.version) > 1
"""

_WINDOWS = """
SELECT a.run_id, a.nll AS value, a.n_tokens, a.sample_id || '#' || a.turn AS question
FROM answers a JOIN runs r ON r.run_id = a.run_id AND r.comparison_id = $comparison ORDER BY a.run_id, a.sample_id, a.turn
"""

MIXED = "scored by different versions of the rule; run `rescore`"
"""What is said of a comparison whose runs `is_mixed_versions` holds for."""

COLUMNS = (
    "run_id",
    "model",
    "comparison_id",
    "recipe",
    "method",
    "sparsity",
    "structure",
    "bits",
    "group_size",
    "calibration",
    "order",
    "task",
    "dataset",
    "formulation",
    "k_shot",
    "prompt",
    "limit",
    "task_version",
    "model_revision",
    "mark",
    "temperature",
    "seed",
    "metric",
    "aggregate",
    "higher_is_better",
    "is_share",
    "source_format",
    "is_scored",
    "is_mixed",
    "n",
    "score",
    "low",
    "high",
    "n_unscored",
    "dense_run_id",
    "dense_score",
    "delta",
    "delta_low",
    "delta_high",
    "p_value",
    "verdict",
    "broke",
    "fixed",
)


def run_rows(db: Database, model: str) -> pd.DataFrame:
    """Return the runs of a model that have answers, a row of `RUNS` each."""
    frame: pd.DataFrame = db.remember(("runs", model), lambda: db.query(RUNS, {"model": model, "answered": list(answered_counts(db))}))
    return frame


def run_overview(db: Database, model: str, scorer: str = "corrected", measure: str | None = None) -> pd.DataFrame:
    """Return one row for each run of a model that has answers, by task, comparison and recipe order.

    Columns: `COLUMNS`. `metric` is the measure that the row is told by, `aggregate`, `higher_is_better` and `is_share` how it reads (tasks.base.Measure). Scores are shares
    0-1, perplexity and what is no share as it is; `low` and `high` are 95% intervals of the score, `delta_low` and `delta_high` of the
    paired difference from the dense run of the same comparison, both on the questions that both answered (`dense_score` too). Numbers that do not
    exist are NaN; `verdict`, `formulation` and `dense_run_id` None. `n` counts questions that were scored (windows for perplexity). `is_scored` is False
    where no answer is scored by this scorer and measure; there is no verdict on such a run, or against one. `is_mixed` tells that the answers of the
    comparison were scored by different versions of the rule. `mark` tells a comparison from another one of its name (store.titles). `calibration` (JSON) and `order` tell recipes
    of one label apart; None for dense. `temperature` is 0 where no token was drawn; only above it has `seed` a meaning. `source_format` tells what the
    model's weights were made from; empty for ordinary ones.

    Args:
        db: the database.
        model: the model's word.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    frame: pd.DataFrame = db.remember(("overview", model, scorer, measure), lambda: _run_overview(db, model, scorer, measure))
    return frame.copy(deep=False)


_FORMATS = """
SELECT run_id, model, facts->>'source_format' FROM runs WHERE coalesce(facts->>'source_format', '') <> '' ORDER BY ALL
"""


def source_formats(db: Database) -> dict[str, str]:
    """Return what weights were made from, such as `Q4_1, dequantized to bfloat16`, by run and by model; those of ordinary weights are missing."""

    def look() -> dict[str, str]:
        rows = db.rows(_FORMATS)
        return {model: told for _, model, told in rows} | {run_id: told for run_id, _, told in rows}

    found: dict[str, str] = db.remember(("source formats",), look)
    return found


def _run_overview(db: Database, model: str, scorer: str, asked: str | None) -> pd.DataFrame:
    runs, formats, marks = run_rows(db, model), source_formats(db), _marks(run_rows(db, model))
    rows: list[dict[str, Any]] = []
    for comparison in dict.fromkeys(runs["comparison_id"]):
        mine = runs[runs["comparison_id"] == comparison]
        measure = measure_of(db, str(comparison), asked)
        values, otherwise = run_values(db, str(comparison), scorer, measure), scored_otherwise(db, scorer, measure)
        is_mixed = is_mixed_versions(db, str(comparison), scorer, measure)
        told = {"metric": measure.name, **{name: getattr(measure, name) for name in ("aggregate", "higher_is_better", "is_share")}}
        for run in records(mine):
            own, dense = values[run["run_id"]], dense_values(values, run, otherwise)
            known = {**run, **told, "is_scored": run["run_id"] not in otherwise, "is_mixed": is_mixed, "mark": marks[str(comparison)]}
            known["source_format"] = formats.get(run["run_id"], "")
            rows.append({**known, **score_columns(own, measure), **difference_columns(dense, own, measure)})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = with_none(frame, ("verdict", "formulation", "dense_run_id", "calibration", "order"))
    numbers = ("score", "low", "high", "dense_score", "delta", "delta_low", "delta_high", "p_value", "sparsity")
    return frame.astype({**dict.fromkeys(numbers, "float64"), **dict.fromkeys(("bits", "group_size", "limit", "broke", "fixed"), "Int64")})


def _marks(runs: pd.DataFrame) -> dict[str, str]:
    """Return what tells each comparison of a model from others of its name."""
    rows = list(records(runs.drop_duplicates("comparison_id")))
    names = [
        (*(str(row[name]) for name in ("task", "formulation", "k_shot", "prompt")), Path(str(row["dataset"])).name, *sampling_words(row))
        for row in rows
    ]
    return dict(zip((str(row["comparison_id"]) for row in rows), told_apart(rows, names), strict=True))


def with_none(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a frame with None for what is missing in columns of text, where pandas would show nan."""
    return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), None) for name in names})


def records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame with None for what is missing."""
    for row in frame.itertuples(index=False, name=None):
        yield {name: None if pd.isna(value) else value for name, value in zip(frame.columns, row, strict=True)}


@dataclass(frozen=True, kw_only=True)
class Values:
    """What one run has of some questions, or of windows of text."""

    question: NDArray[np.intp]
    """(n,) number of the question, or of the window, in its comparison."""
    value: Floats
    """(n,) its value, NaN without verdict; of a window the sum of its negative log-likelihoods, nats."""
    weight: Floats
    """(n,) of a window, its tokens; of a question, the number of its fact, negative where it stands alone."""

    def of(self, is_in: NDArray[np.bool_]) -> Values:
        """Return what it has of some of its questions."""
        return Values(question=self.question[is_in], value=self.value[is_in], weight=self.weight[is_in])


def run_values(db: Database, comparison: str, scorer: str, measure: Measure) -> dict[str, Values]:
    """Return what every run of a comparison has, by its id: questions by their number in the grid, or windows for perplexity."""
    if measure.is_perplexity:
        found = db.query(_WINDOWS, {"comparison": comparison})
        found["question"] = pd.factorize(found["question"])[0]
        return {
            str(run_id): Values(
                question=own["question"].to_numpy(np.intp),
                value=own["value"].to_numpy(np.float64),
                weight=own["n_tokens"].to_numpy(np.float64),
            )
            for run_id, own in (pair for pair in found.groupby("run_id", sort=False))
        }
    known = grid(db, comparison, scorer, measure.name)
    values = {}
    for i, run_id in enumerate(known.run_ids):
        asked = np.flatnonzero(known.is_answered[i])
        values[run_id] = Values(question=asked, value=known.values[i, asked], weight=known.units[asked].astype(np.float64))
    return values


def scored_otherwise(db: Database, scorer: str, measure: Measure) -> set[str]:
    """Return the ids of the runs with answers none of which is scored by this scorer and measure; of perplexity none, which is told by the answers themselves."""
    if measure.is_perplexity:
        return set()
    asked = {"scorer": scorer, "metric": measure.name}
    found: set[str] = db.remember(("otherwise", scorer, measure.name), lambda: {row[0] for row in db.rows(_SCORED_OTHERWISE, asked)})
    return found


def is_mixed_versions(db: Database, comparison: str, scorer: str, measure: Measure) -> bool:
    """Return whether the answers of a comparison were scored by different versions of a rule, so that `rescore` is due before they are compared."""
    found: set[tuple[str, str]] = db.remember(("mixed", scorer), lambda: {(row[0], row[1]) for row in db.rows(_MIXED, {"scorer": scorer})})
    return (comparison, measure.name) in found


def dense_values(values: Mapping[str, Values], run: Mapping[str, Any], otherwise: Collection[str]) -> Values | None:
    """Return the values that a run is compared with; None for the dense run itself, where there is none, and where either is not scored.

    Args:
        values: from `run_values`.
        run: a row of `RUNS`.
        otherwise: from `scored_otherwise`.
    """
    dense = run["dense_run_id"]
    return values.get(dense) if dense not in (None, run["run_id"]) and not {dense, run["run_id"]} & set(otherwise) else None


def sampling_words(run: Mapping[str, Any]) -> list[str]:
    """Return how the tokens of a run were drawn, `["T=0.7", "seed 1"]`; nothing where the most likely one was taken."""
    return [f"T={run['temperature']:g}", f"seed {run['seed']}"] if run["temperature"] else []


def score_columns(own: Values, measure: Measure) -> dict[str, Any]:
    """Return n, n_unscored, score, low and high of what a run has."""
    if measure.is_perplexity:
        estimate = perplexity_estimate(own.value, own.weight)
    else:
        estimate = (share_estimate if measure.is_share else amount_estimate)(own.value, own.weight.astype(np.intp))
    return {name: getattr(estimate, name) for name in ("n", "n_unscored", "score", "low", "high")}


def difference_columns(dense: Values | None, own: Values, measure: Measure) -> dict[str, Any]:
    """Return what a run lost against the dense one; empty for the dense run itself and where there is none."""
    if dense is None:
        return {}
    _, left, right = np.intersect1d(dense.question, own.question, assume_unique=True, return_indices=True)
    before, after, weight = dense.value[left], own.value[right], own.weight[right]
    comparison: Comparison
    if measure.is_perplexity:
        is_same = dense.weight[left] == weight
        comparison = compare_perplexity(before[is_same], after[is_same], weight[is_same])
    else:
        comparison = compare_by(measure, before, after, groups=weight.astype(np.intp))
    return {
        "dense_score": comparison.dense_share,
        "delta": comparison.delta,
        "delta_low": comparison.low,
        "delta_high": comparison.high,
        "p_value": comparison.p_value,
        "verdict": verdict(comparison),
        "broke": comparison.broke,
        "fixed": comparison.fixed,
    }


def finite_or_none(value: Any) -> Any:
    """Return a number as JSON takes it: None where it is missing or not finite, a plain int or float otherwise."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value

"""All runs of a model at once: scores, differences from dense, verdicts, facts alive. One query a task, the rest in numpy."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from llmkick_core.stats.facts import fact_shares, fact_states, lifetime, median_lifetime
from llmkick_core.stats.intervals import Estimate, perplexity_estimate, share_estimate
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity
from llmkick_core.stats.resampling import group_numbers
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import NLL, metric_of, right_at

RECIPE_ORDER = "r.method <> 'dense', r.sparsity IS NULL, r.recipe LIKE '%+%', r.method, r.structure <> 'unstructured', r.sparsity, r.structure, -r.bits, r.recipe, r.run_id"
"""SQL order of recipes: dense, pruning by method from light to heavy with n:m after unstructured, pruning with quantization, then quantization from fine to coarse."""

RUNS = f"""
SELECT r.run_id, r.model, r.comparison_id, r.recipe, r.method, r.sparsity, r.structure, r.bits, r.group_size, r.task, r.dataset, r.formulation,
    r.k_shot, r.question_limit AS "limit", coalesce(r.temperature, 0) AS temperature, r.seed, d.run_id AS dense_run_id,
    CASE WHEN r.method <> 'dense' THEN (r.spec->'$.recipe.calibration')::VARCHAR END AS calibration,
    CASE WHEN r.method <> 'dense' THEN r.spec->>'$.recipe.order' END AS "order"
FROM runs r LEFT JOIN runs d ON d.comparison_id = r.comparison_id AND d.method = 'dense'
WHERE r.model = $model AND r.run_id IN (SELECT run_id FROM answers)
ORDER BY r.task, r.comparison_id, {RECIPE_ORDER}
"""  # noqa: S608

_VALUES = """
SELECT a.run_id, a.sample_id, any_value(coalesce(q.fact, '')) AS fact, avg(s.value) FILTER (isfinite(s.value)) AS value
FROM answers a
JOIN runs r ON r.run_id = a.run_id AND r.model = $model AND r.task = $task
LEFT JOIN scores s ON s.run_id = a.run_id AND s.sample_id = a.sample_id AND s.turn = a.turn AND s.scorer = $scorer AND s.metric = $metric
LEFT JOIN samples q ON q.sample_set = r.sample_set AND q.sample_id = a.sample_id
GROUP BY a.run_id, a.sample_id
ORDER BY a.run_id, a.sample_id
"""

_SCORED_OTHERWISE = """
SELECT run_id FROM scores WHERE metric <> 'nll' -- all scorers agree on it
EXCEPT SELECT run_id FROM scores WHERE scorer = $scorer
"""

_WINDOWS = """
SELECT a.run_id, a.sample_id, a.turn, a.nll AS value, a.n_tokens
FROM answers a JOIN runs r ON r.run_id = a.run_id AND r.model = $model AND r.task = $task
ORDER BY a.run_id, a.sample_id, a.turn
"""

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
    "limit",
    "temperature",
    "seed",
    "metric",
    "is_scored",
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


def run_overview(db: Database, model: str, scorer: str = "corrected", *, metrics: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return one row for each run of a model that has answers, by task, comparison and recipe order.

    Columns: `COLUMNS`. Scores are shares 0-1, perplexity as it is; `low` and `high` are 95% intervals of the score, `delta_low` and `delta_high` of the
    paired difference from the dense run of the same comparison, both on the questions that both answered (`dense_score` too). Numbers that do not
    exist are NaN; `verdict`, `formulation` and `dense_run_id` None. `n` counts questions that were scored (windows for perplexity). `is_scored` is False
    where the answers are scored by other scorers only; there is no verdict on such a run, or against one. `calibration` (JSON) and `order` tell recipes
    of one label apart; None for dense. `temperature` is 0 where no token was drawn; only above it has `seed` a meaning.

    Args:
        db: the database.
        model: the model's word.
        scorer: `corrected` or `paper`.
        metrics: {task: metric}, see store.metrics.
    """
    key = ("overview", model, scorer, tuple(sorted(metrics.items())) if metrics else None)
    frame: pd.DataFrame = db.remember(key, lambda: _run_overview(db, model, scorer, metrics))
    return frame.copy(deep=False)


def _run_overview(db: Database, model: str, scorer: str, metrics: Mapping[str, str] | None) -> pd.DataFrame:
    runs, otherwise = db.query(RUNS, {"model": model}), scored_otherwise(db, scorer)
    rows: list[dict[str, Any]] = []
    for task in dict.fromkeys(runs["task"]):
        metric = metric_of(db, task, metrics)
        values = run_values(db, model, task, scorer, metric)
        for run in records(runs[runs["task"] == task]):
            own, dense = values[run["run_id"]], dense_values(values, run, otherwise)
            scored = {"metric": metric, "is_scored": run["run_id"] not in otherwise}
            rows.append({**run, **scored, **score_columns(own, metric), **difference_columns(dense, own, metric)})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = with_none(frame, ("verdict", "formulation", "dense_run_id", "calibration", "order"))
    numbers = ("score", "low", "high", "dense_score", "delta", "delta_low", "delta_high", "p_value", "sparsity")
    return frame.astype({**dict.fromkeys(numbers, "float64"), **dict.fromkeys(("bits", "group_size", "limit", "broke", "fixed"), "Int64")})


def with_none(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a frame with None for what is missing in columns of text, where pandas would show nan."""
    return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), None) for name in names})


def records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame with None for what is missing."""
    for row in frame.itertuples(index=False, name=None):
        yield {name: None if pd.isna(value) else value for name, value in zip(frame.columns, row, strict=True)}


def run_values(db: Database, model: str, task: str, scorer: str, metric: str) -> dict[str, pd.DataFrame]:
    """Return the values of every run of a task, one row a question, or a window for perplexity."""
    if metric == NLL:
        found = db.query(_WINDOWS, {"model": model, "task": task})
        keys = ["sample_id", "turn"]
    else:
        found = db.query(_VALUES, {"model": model, "task": task, "scorer": scorer, "metric": metric})
        keys = ["sample_id"]
    # numbers pair up faster than texts
    found["question"] = found.groupby(keys, sort=False).ngroup()
    if metric != NLL:
        found["unit"] = group_numbers(found["fact"].to_numpy(dtype=object))
    return {str(run_id): rows for run_id, rows in found.groupby("run_id", sort=False)}


def scored_otherwise(db: Database, scorer: str) -> set[str]:
    """Return the ids of the runs that no answer of is scored by this scorer, though by others."""
    found: set[str] = db.remember(("otherwise", scorer), lambda: {row[0] for row in db.rows(_SCORED_OTHERWISE, {"scorer": scorer})})
    return found


def dense_values(values: Mapping[str, pd.DataFrame], run: Mapping[str, Any], otherwise: Collection[str]) -> pd.DataFrame | None:
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


def score_columns(own: pd.DataFrame, metric: str) -> dict[str, Any]:
    """Return n, n_unscored, score, low and high of the values of a run, or of some of its questions."""
    values = own["value"].to_numpy(dtype=np.float64)
    estimate: Estimate
    if metric == NLL:
        estimate = perplexity_estimate(values, own["n_tokens"].to_numpy(dtype=np.float64))
    else:
        estimate = share_estimate(values, own["unit"].to_numpy())
    return {name: getattr(estimate, name) for name in ("n", "n_unscored", "score", "low", "high")}


def difference_columns(dense: pd.DataFrame | None, own: pd.DataFrame, metric: str) -> dict[str, Any]:
    """Return what a run lost against the dense one; empty for the dense run itself and where there is none."""
    if dense is None:
        return {}
    _, left, right = np.intersect1d(dense["question"].to_numpy(), own["question"].to_numpy(), assume_unique=True, return_indices=True)
    before, after = dense["value"].to_numpy(dtype=np.float64)[left], own["value"].to_numpy(dtype=np.float64)[right]
    comparison: Comparison
    if metric == NLL:
        tokens = own["n_tokens"].to_numpy(dtype=np.float64)[right]
        is_same = dense["n_tokens"].to_numpy(dtype=np.float64)[left] == tokens
        comparison = compare_perplexity(before[is_same], after[is_same], tokens[is_same])
    else:
        comparison = compare(before, after, groups=own["unit"].to_numpy()[right], right_at=right_at(metric))
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


def fact_curve(db: Database, model: str, task: str, scorer: str = "corrected", *, metrics: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the shares of facts that each run of a task still has, by comparison and recipe order.

    Columns: run_id, comparison_id, recipe, method, sparsity, structure, bits, n_facts, alive, fragile, lost (0-1, together 1) and median_lifetime: the
    sparsity by which half of the facts the dense model had are lost under this method and structure (NaN where more than half outlive its last
    step). Empty for perplexity, which asks for no facts.
    """
    metric = metric_of(db, task, metrics)
    frame: pd.DataFrame = db.remember(("facts", model, task, scorer, metric), lambda: _fact_curve(db, model, task, scorer, metric))
    return frame.copy(deep=False)


def _fact_curve(db: Database, model: str, task: str, scorer: str, metric: str) -> pd.DataFrame:
    columns = ["run_id", "comparison_id", "recipe", "method", "sparsity", "structure", "bits"]
    shares = ["n_facts", "alive", "fragile", "lost", "median_lifetime"]
    if metric == NLL:
        return pd.DataFrame(columns=[*columns, *shares])
    runs = db.query(RUNS, {"model": model})
    runs = runs[runs["task"] == task]
    states = {}
    for run_id, found in run_values(db, model, task, scorer, metric).items():
        facts = found["fact"].where(found["fact"] != "", found["sample_id"]).tolist()
        values = found["value"].to_numpy(dtype=np.float64)
        states[run_id] = fact_states(facts, list(np.where(np.isfinite(values), (values >= right_at(metric)).astype(float), np.nan)))
    rows: list[dict[str, Any]] = []
    for run in records(runs):
        share = fact_shares(states[run["run_id"]].values())
        row = {name: run[name] for name in columns} | {
            "n_facts": share.n,
            "alive": share.alive,
            "fragile": share.fragile,
            "lost": share.lost,
        }
        rows.append(row | {"median_lifetime": _median_lifetime(runs, run, states)})
    frame = pd.DataFrame(rows, columns=[*columns, *shares])
    return frame.astype({**dict.fromkeys(("sparsity", *shares[1:]), "float64"), "bits": "Int64"})


def _median_lifetime(runs: pd.DataFrame, run: Mapping[str, Any], states: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Return the sparsity by which half of what the dense model knew is lost, over the steps of one method."""
    if run["dense_run_id"] is None or run["sparsity"] is None or run["bits"] is not None:
        return None
    steps = runs[
        (runs["comparison_id"] == run["comparison_id"])
        & (runs["method"] == run["method"])
        & (runs["structure"] == run["structure"])
        & (runs["calibration"] == run["calibration"])
        & (runs["order"] == run["order"])
        & runs["bits"].isna()
    ]
    known = [fact for fact, state in states.get(run["dense_run_id"], {}).items() if state != "lost"]
    tried = [(float(sparsity), states[run_id]) for run_id, sparsity in zip(steps["run_id"], steps["sparsity"], strict=True)]
    lifetimes = (lifetime((sparsity, seen[fact]) for sparsity, seen in tried if fact in seen) for fact in known)
    return median_lifetime(lifetimes)


def finite_or_none(value: Any) -> Any:
    """Return a number as JSON takes it: None where it is missing or not finite, a plain int or float otherwise."""
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value

"""Two runs, question by question: what the Compare page lists and counts.

One query gathers a narrow row for each question of a pair, and keeps it until something is written; chips, filters, order and pages are then
answered from it, and only the questions in sight are looked up in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from llmkick_core.errors import StoreError
from llmkick_core.stats.facts import FactChange, fact_change, fact_states
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity
from llmkick_core.stats.resampling import group_numbers
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import NLL, metric_of, right_at

Outcome = Literal["broke", "fixed", "both_right", "both_wrong", "unscored", "measured"]

OUTCOMES: tuple[Outcome, ...] = ("broke", "fixed", "both_right", "both_wrong", "unscored", "measured")
"""What became of a question; `unscored` has no verdict on one side, `measured` is a text whose perplexity is taken, neither right nor wrong."""

Filter = Literal["broke", "fixed", "both_right", "both_wrong", "unscored", "measured", "different"]


@dataclass(frozen=True, kw_only=True)
class PairSummary:
    """The headline of two runs side by side."""

    dense_run: str
    """Run on the left, most often the dense one."""
    other_run: str
    """Run on the right."""
    task: str
    """Their task."""
    metric: str
    """The metric compared: `exact_match`, `accuracy`, `entities_kept`, `nll`, ..."""
    comparison: Comparison
    """Shares, difference, interval, broke and fixed."""
    verdict: str
    """matching, not matching or undecided."""
    counts: dict[str, int]
    """Questions behind each chip: all, broke, fixed, both_right, both_wrong, unscored, measured, different (the two texts differ)."""
    facts: FactChange | None
    """What became of the facts; None where nothing is right or wrong (perplexity)."""


_PAIR = """
SELECT
    d.sample_id,
    avg(ds.value) FILTER (isfinite(ds.value)) AS dense_value,
    avg(os.value) FILTER (isfinite(os.value)) AS other_value,
    bool_or(d.text <> o.text) AS is_different,
    max(d.gold_logprob - o.gold_logprob) FILTER (isfinite(d.gold_logprob - o.gold_logprob)) AS damage,
    sum(o.nll) / sum(o.n_tokens) - sum(d.nll) / sum(d.n_tokens) AS nll_rise
FROM answers d
JOIN answers o ON o.run_id = $other AND o.sample_id = d.sample_id AND o.turn = d.turn
LEFT JOIN scores ds
    ON ds.run_id = $dense AND ds.sample_id = d.sample_id AND ds.turn = d.turn AND ds.scorer = $scorer AND ds.metric = $metric
LEFT JOIN scores os
    ON os.run_id = $other AND os.sample_id = d.sample_id AND os.turn = d.turn AND os.scorer = $scorer AND os.metric = $metric
WHERE d.run_id = $dense
GROUP BY d.sample_id
"""

_WINDOWS = """
SELECT d.nll AS dense_nll, o.nll AS other_nll, d.n_tokens
FROM answers d
JOIN answers o ON o.run_id = $other AND o.sample_id = d.sample_id AND o.turn = d.turn AND o.n_tokens = d.n_tokens
WHERE d.run_id = $dense
ORDER BY d.sample_id, d.turn
"""


def task_and_set(db: Database, run_id: str) -> tuple[str, str | None]:
    """Return a run's task and set of questions.

    Raises:
        StoreError: the store has no such run.
    """
    found = db.remember(("run", run_id), lambda: db.rows("SELECT task, sample_set FROM runs WHERE run_id = $run", {"run": run_id}))
    if not found:
        raise StoreError(f"the store has no run {run_id!r}: it was removed, or the link is from another store. Choose one from the list.")
    return found[0][0], found[0][1]


def pair_frame(
    db: Database, dense_run: str, other_run: str, *, scorer: str = "corrected", metrics: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return one row for each question that both runs answered, in the data set's order.

    Columns: sample_id, position, subject, fact, dense_value, other_value (0-1, mean of the scored turns; NaN without verdict), outcome,
    is_different (a text differs), damage (largest drop of the right answer's log-probability over the turns, nats; where there is none, the
    drop of the value; for perplexity the rise in nats a token).
    """
    task, sample_set = task_and_set(db, dense_run)
    metric = metric_of(db, task, metrics)
    frame: pd.DataFrame = db.remember(
        ("pair", dense_run, other_run, scorer, metric), lambda: _pair_frame(db, dense_run, other_run, scorer, metric, sample_set)
    )
    return frame.copy(deep=False)


def _pair_frame(db: Database, dense_run: str, other_run: str, scorer: str, metric: str, sample_set: str | None) -> pd.DataFrame:
    frame = db.query(
        f"SELECT p.*, s.position, coalesce(s.subject, '') AS subject, coalesce(s.fact, '') AS fact FROM ({_PAIR}) p "  # noqa: S608
        "LEFT JOIN samples s ON s.sample_set = $set AND s.sample_id = p.sample_id ORDER BY s.position, p.sample_id",
        {"dense": dense_run, "other": other_run, "scorer": scorer, "metric": metric, "set": sample_set},
    )
    before, after = frame["dense_value"].to_numpy(dtype=np.float64), frame["other_value"].to_numpy(dtype=np.float64)
    if metric == NLL:
        frame["outcome"] = "measured"
        frame["damage"] = frame["nll_rise"]
    else:
        limit = right_at(metric)
        is_scored = np.isfinite(before) & np.isfinite(after)
        was_right, is_right = before >= limit, after >= limit
        cases = [~is_scored, was_right & ~is_right, ~was_right & is_right, was_right & is_right]
        frame["outcome"] = np.select(cases, ["unscored", "broke", "fixed", "both_right"], "both_wrong")
        frame["damage"] = frame["damage"].fillna(frame["dense_value"] - frame["other_value"])
    frame["outcome"] = pd.Categorical(frame["outcome"], categories=list(OUTCOMES))
    frame["position"] = frame["position"].fillna(-1).astype(int)
    return frame.drop(columns="nll_rise")


def pair_summary(
    db: Database, dense_run: str, other_run: str, scorer: str = "corrected", *, metrics: Mapping[str, str] | None = None
) -> PairSummary:
    """Return the headline of two runs: shares, interval, verdict, the count behind each chip, and what became of the facts.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    task, _ = task_and_set(db, dense_run)
    task_and_set(db, other_run)
    metric = metric_of(db, task, metrics)
    summary: PairSummary = db.remember(
        ("summary", dense_run, other_run, scorer, metric), lambda: _pair_summary(db, dense_run, other_run, scorer, task, metric)
    )
    return summary


def _pair_summary(db: Database, dense_run: str, other_run: str, scorer: str, task: str, metric: str) -> PairSummary:
    frame = pair_frame(db, dense_run, other_run, scorer=scorer, metrics={task: metric})
    facts = None
    if metric == NLL:
        windows = db.query(_WINDOWS, {"dense": dense_run, "other": other_run})
        comparison = compare_perplexity(*(windows[name].to_numpy(dtype=np.float64) for name in ("dense_nll", "other_nll", "n_tokens")))
    else:
        comparison = compare_frame(frame, right_at(metric))
        facts = _fact_change(frame, right_at(metric))
    return PairSummary(
        dense_run=dense_run,
        other_run=other_run,
        task=task,
        metric=metric,
        comparison=comparison,
        verdict=verdict(comparison),
        counts=_counts(frame),
        facts=facts,
    )


def compare_frame(frame: pd.DataFrame, limit: float) -> Comparison:
    """Return the comparison of columns dense_value and other_value, questions of one `fact` drawn together."""
    values = (frame[name].to_numpy(dtype=np.float64) for name in ("dense_value", "other_value"))
    return compare(*values, groups=group_numbers(frame["fact"].to_numpy(dtype=object)), right_at=limit)


def known_as(frame: pd.DataFrame) -> list[str]:
    """Return the fact of each question; a question that stands alone is its own fact."""
    return frame["fact"].where(frame["fact"] != "", frame["sample_id"]).tolist()


def _fact_change(frame: pd.DataFrame, limit: float) -> FactChange:
    facts = known_as(frame)
    before, after = (right_or_nan(frame[name], limit) for name in ("dense_value", "other_value"))
    return fact_change(fact_states(facts, before), fact_states(facts, after))


def right_or_nan(values: pd.Series[float], limit: float) -> list[float]:
    """Return 1 for each right value, 0 for each wrong one, NaN without verdict."""
    array = values.to_numpy(dtype=np.float64)
    return list(np.where(np.isfinite(array), (array >= limit).astype(np.float64), np.nan))


def _filtered(
    db: Database,
    dense_run: str,
    other_run: str,
    scorer: str,
    outcome: str | None,
    subject: str | None,
    search: str | None,
    metrics: Mapping[str, str] | None,
) -> pd.DataFrame:
    frame = pair_frame(db, dense_run, other_run, scorer=scorer, metrics=metrics)
    if outcome == "different":
        frame = frame[frame["is_different"]]
    elif outcome is not None:
        frame = frame[frame["outcome"] == outcome]
    if subject is not None:
        frame = frame[frame["subject"] == subject]
    if search and search.strip():
        frame = frame[frame["sample_id"].isin(_found(db, dense_run, other_run, search.strip()))]
    return frame


def _found(db: Database, dense_run: str, other_run: str, search: str) -> set[str]:
    """Return the ids of the samples whose question, right answer or answers hold a text, whatever its case."""

    def look() -> set[str]:
        rows = db.rows(
            "SELECT sample_id FROM samples WHERE sample_set = (SELECT sample_set FROM runs WHERE run_id = $dense) "
            "AND (contains(lower(question), lower($text)) OR contains(lower(gold), lower($text))) "
            "UNION SELECT sample_id FROM answers WHERE run_id IN ($dense, $other) AND contains(lower(text), lower($text))",
            {"dense": dense_run, "other": other_run, "text": search},
        )
        return {row[0] for row in rows}

    found: set[str] = db.remember(("search", dense_run, other_run, search), look)
    return found


def pair_rows(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    outcome: str | None = None,
    subject: str | None = None,
    search: str | None = None,
    sort: Literal["damage", "position"] = "damage",
    limit: int = 50,
    offset: int = 0,
    metrics: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return a page of the list: sample_id, question, subject, gold, fact, position, outcome, damage, dense_value, other_value, is_different.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        scorer: `corrected` or `paper`.
        outcome: broke, fixed, both_right, both_wrong, unscored, measured, different; None lists all.
        subject: only this subject.
        search: only where question, right answer or one of the two answers holds this text, whatever its case.
        sort: `damage`, the worst first, or `position`, the data set's order.
        limit: rows of a page.
        offset: rows before it.
        metrics: {task: metric}, see store.metrics.
    """
    key = ("rows", dense_run, other_run, scorer, outcome, subject, search, sort, limit, offset, tuple((metrics or {}).items()))

    def look() -> pd.DataFrame:
        frame = _ordered(_filtered(db, dense_run, other_run, scorer, outcome, subject, search, metrics), sort)
        return _with_texts(db, dense_run, frame.iloc[offset : offset + limit])

    page: pd.DataFrame = db.remember(key, look)
    return page.copy(deep=False)


def _ordered(frame: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Return the rows, the worst damage first, those without a damage last; or as they are, in the data set's order."""
    if sort == "damage":
        return frame.sort_values(["damage", "position"], ascending=[False, True], na_position="last")
    return frame


def _with_texts(db: Database, dense_run: str, page: pd.DataFrame) -> pd.DataFrame:
    texts = db.query(
        "SELECT sample_id, question, gold FROM samples WHERE sample_set = $set AND sample_id IN (SELECT unnest($ids))",
        {"set": task_and_set(db, dense_run)[1], "ids": page["sample_id"].tolist()},
    )
    page = page.merge(texts, on="sample_id", how="left")
    page[["question", "gold"]] = page[["question", "gold"]].fillna("")
    columns = ["sample_id", "question", "subject", "gold", "fact", "position", "outcome", "damage", "dense_value", "other_value"]
    return page[[*columns, "is_different"]]


def pair_counts(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    subject: str | None = None,
    search: str | None = None,
    metrics: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Return the questions behind each chip, as in `PairSummary.counts`, among those that subject and search leave."""
    return _counts(_filtered(db, dense_run, other_run, scorer, None, subject, search, metrics))


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = {"all": len(frame)}
    counts |= {outcome: int((frame["outcome"] == outcome).sum()) for outcome in OUTCOMES}
    return counts | {"different": int(frame["is_different"].sum())}


def pair_count(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    outcome: str | None = None,
    subject: str | None = None,
    search: str | None = None,
    metrics: Mapping[str, str] | None = None,
) -> int:
    """Return how many rows `pair_rows` has over all its pages."""
    return len(_filtered(db, dense_run, other_run, scorer, outcome, subject, search, metrics))


def pair_ids(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    outcome: str | None = None,
    subject: str | None = None,
    search: str | None = None,
    sort: Literal["damage", "position"] = "damage",
    metrics: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the ids of all rows of `pair_rows` in their order: what comes before and after the question in sight."""
    key = ("ids", dense_run, other_run, scorer, outcome, subject, search, sort, tuple((metrics or {}).items()))

    def look() -> list[str]:
        return list(_ordered(_filtered(db, dense_run, other_run, scorer, outcome, subject, search, metrics), sort)["sample_id"])

    return list(db.remember(key, look))

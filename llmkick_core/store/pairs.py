"""Two runs, question by question: what the Compare page lists and counts.

A narrow row for each question of a pair is gathered once, and kept until something is written; chips, filters, order and pages are then
answered from it, and only the questions in sight are looked up in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.facts import FactChange, fact_change
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity, rightness
from llmkick_core.stats.resampling import group_numbers
from llmkick_core.store.database import Database
from llmkick_core.store.filters import EVERYTHING, Filter
from llmkick_core.store.grids import positions_in, question_frame
from llmkick_core.store.metrics import measure_of_run
from llmkick_core.store.tallies import task_and_set
from llmkick_core.tasks.base import Measure

Outcome = Literal["broke", "fixed", "both_right", "both_wrong", "unscored", "measured"]

OUTCOMES: tuple[Outcome, ...] = ("broke", "fixed", "both_right", "both_wrong", "unscored", "measured")
"""What became of a question; `unscored` has no verdict on one side, `measured` has values that are neither right nor wrong, such as a text's perplexity."""

Sort = Literal["damage", "position", "kl", "agreed", "other_margin", "other_tokens", "n_words"]

SORTS: tuple[Sort, ...] = get_args(Sort)
"""Orders of a list."""

_FALLING = {"damage": -1.0, "kl": -1.0, "agreed": 1.0, "other_margin": 1.0, "other_tokens": -1.0, "n_words": -1.0}
"""Orders that begin with the largest (-1) or the smallest (1) of a measure."""


@dataclass(frozen=True, kw_only=True)
class PairSummary:
    """The headline of two runs side by side."""

    dense_run: str
    """Run on the left, most often the dense one."""
    other_run: str
    """Run on the right."""
    task: str
    """Their task."""
    measure: Measure
    """What is compared: exact match, accuracy, perplexity, ..."""
    comparison: Comparison
    """Shares, difference, interval, broke and fixed."""
    verdict: str
    """matching, not matching or undecided."""
    counts: dict[str, int]
    """Questions behind each chip: all, broke, fixed, both_right, both_wrong, unscored, measured, different (the two texts differ)."""
    facts: FactChange | None
    """What became of the facts; None where nothing is right or wrong (perplexity)."""
    has_wordings: bool = False
    """Whether questions ask for facts in several wordings."""

    @property
    def metric(self) -> str:
        """Return the name of the measure."""
        return self.measure.name


_TURNS = """
SELECT a.position, a.turn, hash(a.text) AS text, a.gold_logprob, a.nll, a.n_tokens::DOUBLE AS n_tokens, a.dense_kl,
    a.dense_n_agreed / a.dense_n_tokens AS agreed,
    CASE WHEN s.gold_choice IS NOT NULL AND len(p) > 1 AND len(p) > s.gold_choice
        THEN p[s.gold_choice + 1] - list_max(list_concat(p[:s.gold_choice], p[s.gold_choice + 2:])) END AS margin
FROM (
    SELECT *, CASE WHEN $is_cloze AND len(choice_lengths) = len(choice_logprobs)
        THEN list_transform(list_zip(choice_logprobs, choice_lengths), lambda x: x[1] / greatest(x[2], 1)) ELSE choice_logprobs END AS p
    FROM answers WHERE run_id = $run AND position >= 0
) a LEFT JOIN samples s ON s.sample_set = $set AND s.position = a.position
ORDER BY a.position, a.turn
"""
_SCORED = """
SELECT position, turn, value, coalesce(outcome, '') AS kind FROM scores
WHERE run_id = $run AND scorer = $scorer AND metric = $metric AND position >= 0 ORDER BY position, turn
"""
_WINDOWS = """
SELECT d.nll AS dense_nll, o.nll AS other_nll, d.n_tokens
FROM answers d
JOIN answers o ON o.run_id = $other AND o.sample_id = d.sample_id AND o.turn = d.turn AND o.n_tokens = d.n_tokens
WHERE d.run_id = $dense
ORDER BY d.sample_id, d.turn
"""


def pair_frame(db: Database, dense_run: str, other_run: str, *, scorer: str = "corrected", measure: str | None = None) -> pd.DataFrame:
    """Return one row for each question that both runs answered, in the data set's order.

    Columns: sample_id, position, subject, category, fact, n_words (of the question), is_answer_shown (NA where there is no evidence), dense_value, other_value (mean of the scored turns; NaN without
    verdict), dense_kind, other_kind (kinds of outcome of the turns, a space between different ones), outcome, is_different (a text differs), damage (largest
    drop of the right answer's log-probability over the turns, nats; where there is none, by how much the value is worse; for perplexity the rise in nats a token),
    dense_tokens, other_tokens (generated, all turns), dense_margin, other_margin (right option minus best wrong one, nats; NaN without options), agreed (share
    of the dense answer's tokens before the first different one) and kl (nats a token), both of the right run against dense, NaN where it was not compared.
    """
    told = measure_of_run(db, dense_run, measure)
    key = ("pair", dense_run, other_run, scorer, told.name)
    frame: pd.DataFrame = db.remember(key, lambda: _pair_frame(db, dense_run, other_run, scorer, told))
    return frame.copy(deep=False)


def _pair_frame(db: Database, dense_run: str, other_run: str, scorer: str, measure: Measure) -> pd.DataFrame:
    _, reference = task_and_set(db, dense_run)
    (a, a_values), (b, b_values) = (_of_run(db, run_id, reference, scorer, measure.name) for run_id in (dense_run, other_run))
    _, left, right = np.intersect1d(_keys(a), _keys(b), assume_unique=True, return_indices=True)
    a, b = ({name: column[at] for name, column in turns.items()} for turns, at in ((a, left), (b, right)))
    position, starts = np.unique(a["position"], return_index=True)
    asked = question_frame(db, reference)
    frame = asked.iloc[position][["sample_id", "subject", "category", "fact", "n_words", "is_answer_shown"]].reset_index(drop=True)
    frame.insert(1, "position", position)
    for side, turns, values in (("dense", a, a_values), ("other", b, b_values)):
        frame[f"{side}_value"], frame[f"{side}_kind"] = values[0][position], values[1][position]
        frame[f"{side}_tokens"] = _reduced(np.add, turns["n_tokens"], starts)
        frame[f"{side}_margin"] = _reduced(np.fmin, turns["margin"], starts)
    frame["agreed"], frame["kl"] = _reduced(np.fmin, b["agreed"], starts), _reduced(np.fmax, b["dense_kl"], starts)
    frame["is_different"] = _reduced(np.logical_or, a["text"] != b["text"], starts)
    if measure.is_perplexity:
        rise = [_reduced(np.add, turns["nll"], starts) / _reduced(np.add, turns["n_tokens"], starts) for turns in (a, b)]
        outcome, damage = np.full(len(frame), "measured", dtype=object), rise[1] - rise[0]
    else:
        before, after = frame["dense_value"].to_numpy(), frame["other_value"].to_numpy()
        outcome = _outcomes(before, after, measure)
        with np.errstate(invalid="ignore"):
            drop = a["gold_logprob"] - b["gold_logprob"]
        damage = _reduced(np.fmax, np.where(np.isfinite(drop), drop, np.nan), starts)
        damage = np.where(np.isfinite(damage), damage, before - after if measure.higher_is_better else after - before)
    frame["outcome"] = pd.Categorical(outcome, categories=list(OUTCOMES))
    frame["damage"] = damage
    return frame


def _of_run(
    db: Database, run_id: str, reference: str | None, scorer: str, metric: str
) -> tuple[dict[str, NDArray[Any]], tuple[NDArray[np.float64], NDArray[Any]]]:
    """Return the turns of a run, numbered as the reference set has the questions, and (value, kinds) of each question of that set."""
    key = ("turns", run_id, reference, scorer, metric)  # the dense run stands in many pairs
    found: tuple[Any, Any] = db.remember(key, lambda: _turns_of_run(db, run_id, reference, scorer, metric))
    return found


def _turns_of_run(
    db: Database, run_id: str, reference: str | None, scorer: str, metric: str
) -> tuple[dict[str, NDArray[Any]], tuple[NDArray[np.float64], NDArray[Any]]]:
    _, own = task_and_set(db, run_id)
    is_cloze = db.rows("SELECT formulation = 'cloze' FROM runs WHERE run_id = $run", {"run": run_id})[0][0] or False
    turns = db.columns(_TURNS, {"run": run_id, "set": own, "is_cloze": is_cloze})
    scored = db.columns(_SCORED, {"run": run_id, "scorer": scorer, "metric": metric})
    if own != reference:
        places = positions_in(db, own, reference)
        for columns in (turns, scored):
            columns["position"] = places[columns["position"]]
    n = len(question_frame(db, reference))
    kept = scored["position"] >= 0
    position, value, kind = (scored[name][kept] for name in ("position", "value", "kind"))
    is_known = np.isfinite(value.astype(np.float64))
    n_known = np.bincount(position[is_known], minlength=n)
    total = np.bincount(position[is_known], weights=value[is_known].astype(np.float64), minlength=n)
    kinds = np.full(n, "", dtype=object)
    for one in sorted(set(kind) - {""}):
        at = np.unique(position[kind == one])
        kinds[at] = [f"{word} {one}".strip() for word in kinds[at]]
    kept = turns["position"] >= 0
    values = np.divide(total, n_known, out=np.full(n, np.nan), where=n_known > 0)
    return {name: column[kept] for name, column in turns.items()}, (values, kinds)


def _keys(turns: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Return a number for each turn that orders by question, then turn."""
    return turns["position"].astype(np.int64) << 32 | turns["turn"].astype(np.int64)


def _reduced(how: np.ufunc, column: NDArray[Any], starts: NDArray[np.intp]) -> NDArray[Any]:
    """Return one value a question of a column that has one a turn; `starts` is where each question begins."""
    values = column if column.dtype == bool else column.astype(np.float64)
    return how.reduceat(values, starts) if len(values) else values


def _outcomes(before: NDArray[np.float64], after: NDArray[np.float64], measure: Measure) -> NDArray[Any]:
    was_right, is_right = (rightness(values, measure.right_at, higher_is_better=measure.higher_is_better) for values in (before, after))
    cases = [~(np.isfinite(before) & np.isfinite(after)), was_right & ~is_right, ~was_right & is_right, was_right & is_right]
    neither = "measured" if measure.right_at is None else "both_wrong"
    return np.select(cases, ["unscored", "broke", "fixed", "both_right"], neither).astype(object)


def pair_summary(db: Database, dense_run: str, other_run: str, scorer: str = "corrected", measure: str | None = None) -> PairSummary:
    """Return the headline of two runs: shares, interval, verdict, the count behind each chip, and what became of the facts.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    task, _ = task_and_set(db, dense_run)
    task_and_set(db, other_run)
    told = measure_of_run(db, dense_run, measure)
    key = ("summary", dense_run, other_run, scorer, told.name)
    summary: PairSummary = db.remember(key, lambda: _pair_summary(db, dense_run, other_run, scorer, task, told))
    return summary


def _pair_summary(db: Database, dense_run: str, other_run: str, scorer: str, task: str, measure: Measure) -> PairSummary:
    frame = pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure.name)
    facts = None
    if measure.is_perplexity:
        windows = db.query(_WINDOWS, {"dense": dense_run, "other": other_run})
        comparison = compare_perplexity(*(windows[name].to_numpy(dtype=np.float64) for name in ("dense_nll", "other_nll", "n_tokens")))
    else:
        comparison = compare_frame(frame, measure)
        facts = _fact_change(frame, measure) if measure.right_at is not None else None
    return PairSummary(
        dense_run=dense_run,
        other_run=other_run,
        task=task,
        measure=measure,
        comparison=comparison,
        verdict=verdict(comparison),
        counts=_counts(frame),
        facts=facts,
        has_wordings=bool((frame["fact"] != "").any()),
    )


def compare_frame(frame: pd.DataFrame, measure: Measure) -> Comparison:
    """Return the comparison of columns dense_value and other_value, questions of one `fact` drawn together."""
    values = (frame[name].to_numpy(dtype=np.float64) for name in ("dense_value", "other_value"))
    return compare_by(measure, *values, groups=group_numbers(frame["fact"].to_numpy(dtype=object)))


def compare_by(measure: Measure, before: NDArray[np.float64], after: NDArray[np.float64], *, groups: NDArray[np.intp]) -> Comparison:
    """Return the comparison of two runs' values of a measure."""
    return compare(
        before,
        after,
        groups=groups,
        right_at=measure.right_at,
        higher_is_better=measure.higher_is_better,
        is_share=measure.is_share,
    )


def _fact_change(frame: pd.DataFrame, measure: Measure) -> FactChange:
    before, after = (right_or_nan(frame[name].to_numpy(), measure) for name in ("dense_value", "other_value"))
    return fact_change(group_numbers(frame["fact"].to_numpy(dtype=object)), before, after)


def right_or_nan(values: NDArray[np.float64], measure: Measure) -> NDArray[np.float64]:
    """Return 1 for each right value, 0 for each wrong one, NaN without verdict."""
    is_right = rightness(values, measure.right_at, higher_is_better=measure.higher_is_better)
    return np.where(np.isfinite(values), is_right.astype(np.float64), np.nan)


def _filtered(db: Database, dense_run: str, other_run: str, scorer: str, measure: str | None, wanted: Filter) -> pd.DataFrame:
    frame = pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure)
    return frame if wanted == EVERYTHING else frame[wanted.mask(db, dense_run, other_run, scorer, frame, measure)]


def pair_rows(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    wanted: Filter = EVERYTHING,
    sort: Sort = "damage",
    limit: int = 50,
    offset: int = 0,
) -> pd.DataFrame:
    """Return a page of the list: sample_id, question, subject, gold, fact, position, outcome, damage, dense_value, other_value, is_different.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
        wanted: what the list is narrowed to.
        sort: `position`, the data set's order, or a measure, where B is furthest from A first: the largest damage, KL or length, the smallest agreement or margin.
        limit: rows of a page.
        offset: rows before it.
    """

    def look() -> pd.DataFrame:
        ids = pair_ids(db, dense_run, other_run, scorer=scorer, measure=measure, wanted=wanted, sort=sort)[offset : offset + limit]
        frame = pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure).set_index("sample_id").loc[ids].reset_index()
        found = texts(db, task_and_set(db, dense_run)[1], ids)
        frame = frame.merge(pd.DataFrame(found, columns=["sample_id", "question", "gold"], dtype=object), on="sample_id", how="left")
        columns = ["sample_id", "question", "subject", "gold", "fact", "position", "outcome", "damage", "dense_value", "other_value"]
        return frame[[*columns, "is_different"]]

    key = ("rows", dense_run, other_run, scorer, measure, wanted, sort, limit, offset)
    page: pd.DataFrame = db.remember(key, look, about=wanted.about)
    return page.copy(deep=False)


def texts(db: Database, sample_set: str | None, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (sample_id, question, preferred right answer) of some questions, in any order."""
    sql = "SELECT sample_id, question, gold FROM samples WHERE sample_set = $set AND sample_id IN (SELECT unnest($ids))"
    return [(row[0], row[1], row[2]) for row in db.rows(sql, {"set": sample_set, "ids": list(ids)})]


def pair_counts(
    db: Database, dense_run: str, other_run: str, *, scorer: str = "corrected", measure: str | None = None, wanted: Filter = EVERYTHING
) -> dict[str, int]:
    """Return the questions behind each chip, as in `PairSummary.counts`, among those that all other filters leave."""
    others = wanted.without_outcome()
    key = ("counts", dense_run, other_run, scorer, measure, others)
    counts = db.remember(key, lambda: _counts(_filtered(db, dense_run, other_run, scorer, measure, others)), about=wanted.about)
    return dict(counts)


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    counts: dict[str, int] = {"all": len(frame)}
    codes = np.bincount(frame["outcome"].cat.codes, minlength=len(OUTCOMES))
    counts |= {outcome: int(codes[i]) for i, outcome in enumerate(OUTCOMES)}
    return counts | {"different": int(frame["is_different"].sum())}


def pair_ids(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    wanted: Filter = EVERYTHING,
    sort: Sort = "damage",
) -> list[str]:
    """Return the ids of all rows of `pair_rows` in their order: what comes before and after the question in sight."""

    def look() -> list[str]:
        frame = _filtered(db, dense_run, other_run, scorer, measure, wanted)
        if sort != "position":  # those without the measure last
            frame = frame.iloc[np.lexsort((frame["position"], _FALLING[sort] * frame[sort].to_numpy(dtype=np.float64)))]
        return list(frame["sample_id"])

    return list(db.remember(("ids", dense_run, other_run, scorer, measure, wanted, sort), look, about=wanted.about))

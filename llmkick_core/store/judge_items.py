"""One judging, answer by answer: what was said of each, what failed, and what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from llmkick_core.judgment import DATASET, FAILURES, OUTCOMES, Judgment
from llmkick_core.schema import Sample
from llmkick_core.stats.resampling import Floats
from llmkick_core.store.database import Database
from llmkick_core.store.judge_tables import ALL, FAILED, NOT_JUDGED, PARTIAL, SAME, STATUSES, JudgeTable, judge_table
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.overview import finite_or_none

SCORED = "scored"
"""The status of an answer that has a score, where there is no win or loss to tell."""

ITEM_COLUMNS = (
    "sample_id",
    "position",
    "turn",
    "question",
    "subject",
    "status",
    "score",
    "opponent_score",
    "difference",
    "disagreement",
    "n_judgments",
    "n_failed",
)


@dataclass(frozen=True, kw_only=True)
class Judging:
    """What a judging is of."""

    judging_id: str
    """The judging."""
    run_id: str
    """The run whose answers are judged."""
    recipe: str
    """Its recipe's label."""
    task: str
    """Its task."""
    protocol: str
    """How."""
    opponent: str
    """`dataset`, a run, or nothing."""
    opponent_recipe: str
    """The recipe's label of an opponent that is a run of the store, else empty."""
    opponent_model: str
    """Its model's word, else empty."""
    sample_set: str | None
    """The questions; None while they are not known."""


_JUDGING = """
SELECT g.judging_id, g.run_id, r.recipe, r.task, g.protocol, g.opponent, coalesce(o.recipe, '') AS opponent_recipe, coalesce(o.model, '') AS opponent_model,
    r.sample_set
FROM judgings g JOIN runs r USING (run_id) LEFT JOIN runs o ON o.run_id = g.opponent WHERE g.judging_id = $judging
"""


def judging(db: Database, judging_id: str) -> Judging | None:
    """Return what a judging is of; None where the store has it not, or not its run."""

    def look() -> Judging | None:
        rows = db.rows(_JUDGING, {"judging": judging_id})
        return Judging(**dict(zip((one.name for one in fields(Judging)), rows[0], strict=True))) if rows else None

    found: Judging | None = db.remember(("judging", judging_id), look, about=ABOUT)
    return found


def judged_items(db: Database, judging_id: str) -> pd.DataFrame:
    """Return a row for each answer of a judging that anything was asked about, in the data set's order.

    Columns: `ITEM_COLUMNS`. `status` is one of STATUSES in pairwise, and scored, partial, same or failed elsewhere. Scores are means over aspects and orders, NaN where
    an order has none and in pairwise; `difference` is score minus opponent_score. `disagreement` is the largest difference between the two orders over aspects, in points; in
    pairwise 1 where they do not agree and 0 where they do; NaN where only one has a verdict. `position` is missing for a question that the store has not.
    """
    frame: pd.DataFrame = db.remember(("judged items", judging_id), lambda: _judged_items(db, judging_id), about=ABOUT)
    return frame.copy(deep=False)


_QUESTIONS = "SELECT sample_id, position, question, subject FROM samples WHERE sample_set = $set"


def _judged_items(db: Database, judging_id: str) -> pd.DataFrame:
    table = judge_table(db, (judging_id,))
    about = judging(db, judging_id)
    if about is None or not table.run_ids:
        return pd.DataFrame([], columns=list(ITEM_COLUMNS))
    questions = db.query(_QUESTIONS, {"set": about.sample_set})
    frame = table.items[["sample_id", "turn"]].merge(questions, on="sample_id", how="left")
    n = len(frame)
    is_failed = np.isin(table.outcome, _FAILED)
    numbers: dict[str, Any] = {
        "n_judgments": np.bincount(table.item, minlength=n),
        "n_failed": np.bincount(table.item[is_failed], minlength=n),
        "status": _statuses(table),
        "disagreement": _disagreement(table),
        **_scores(table),
    }
    frame = frame.assign(**numbers, position=frame["position"].astype("Int64"))
    frame[["question", "subject"]] = frame[["question", "subject"]].fillna("")
    return frame.sort_values(["position", "sample_id", "turn"], ignore_index=True)[list(ITEM_COLUMNS)]


_FAILED = [OUTCOMES.index(outcome) for outcome in FAILURES]


def _statuses(table: JudgeTable) -> list[str]:
    """Return the status of each item of a table of one judging."""
    codes = table.statuses()[0]
    if table.way == "pairwise":
        return [STATUSES[code] if code != NOT_JUDGED else "" for code in codes]
    is_scored = np.isfinite(table.by_answer(table.scores[:, -1])[0]) if table.aspects else np.zeros(len(codes), dtype=bool)
    has_some = np.isfinite(table.by_order(table.scores[:, -1])[0]).any(axis=1) if table.aspects else is_scored
    is_same = codes == STATUSES.index(SAME)
    return [
        SCORED if whole else PARTIAL if some else SAME if same else FAILED
        for whole, some, same in zip(is_scored, has_some, is_same, strict=True)
    ]


def _scores(table: JudgeTable) -> dict[str, Floats]:
    """Return score, opponent_score and difference of each item of a table of one judging."""
    if not table.aspects:
        nothing = np.full(len(table.items), np.nan)
        return {"score": nothing, "opponent_score": nothing, "difference": nothing}
    score, opponent = (table.by_answer(values[:, -1])[0] for values in (table.scores, table.opponent_scores))
    return {"score": score, "opponent_score": opponent, "difference": score - opponent}


def _disagreement(table: JudgeTable) -> Floats:
    """Return by how much the two orders of each item differ."""
    if table.way == "pairwise":
        orders = table.verdicts()[0]  # (q, 2)
        apart: Floats = np.where(np.isnan(orders).any(axis=1), np.nan, (orders[:, 0] != orders[:, 1]) | np.isinf(orders).any(axis=1))
        return apart
    largest = np.full(len(table.items), np.nan)
    for k, aspect in enumerate(table.aspects):
        if aspect != ALL:
            orders = table.by_order(table.scores[:, k])[0]
            largest = np.fmax(largest, np.abs(orders[:, 0] - orders[:, 1]))
    return largest


@dataclass(frozen=True, kw_only=True)
class JudgedItem:
    """One answer, and all that a judge said of it."""

    about: Judging
    """The judging."""
    sample: Sample
    """The question."""
    turn: int
    """Which answer."""
    candidate: tuple[str, ...]
    """The candidate's answers up to this turn; shorter where one is missing."""
    opponent: tuple[str, ...]
    """What they were compared with, turn by turn; empty in `single`, and where it is not known."""
    judgments: tuple[Judgment, ...]
    """Those that count, by repeat and place."""
    status: str
    """As in `judged_items`; empty where nothing was asked."""
    score: float | None
    """Mean over aspects, orders and repeats; None where an order has none."""
    opponent_score: float | None
    """The same of the opponent."""
    difference: float | None
    """Score minus opponent_score."""


_DETAIL = "SELECT detail FROM samples WHERE sample_set = $set AND sample_id = $sample"
_TEXTS = """
SELECT run_id, turn, text FROM answers WHERE run_id IN (SELECT unnest($runs)) AND sample_id = $sample AND turn <= $turn ORDER BY turn
"""
_MAPS = ("scores", "opponent_scores")
_FIELDS = tuple(one.name for one in fields(Judgment) if one.name not in _MAPS)
_SAID = f"""
SELECT line, {", ".join(_FIELDS)} FROM judgments WHERE judging_id = $judging AND sample_id = $sample AND turn = $turn AND is_current ORDER BY repeat, place
"""  # noqa: S608
_SAID_SCORES = """
SELECT s.line, s.aspect, s.score, s.opponent_score FROM judge_scores s JOIN judgments j USING (judging_id, line)
WHERE j.judging_id = $judging AND j.sample_id = $sample AND j.turn = $turn AND j.is_current ORDER BY s.line, s.aspect
"""


def judged_item(db: Database, judging_id: str, sample_id: str, turn: int) -> JudgedItem | None:
    """Return one answer of a judging with its judgments; None where the judging, or the question, is not in the store."""
    key = ("judged item", judging_id, sample_id, turn)
    found: JudgedItem | None = db.remember(key, lambda: _judged_item(db, judging_id, sample_id, turn), about=ABOUT)
    return found


def _judged_item(db: Database, judging_id: str, sample_id: str, turn: int) -> JudgedItem | None:
    about = judging(db, judging_id)
    found = db.rows(_DETAIL, {"set": about.sample_set, "sample": sample_id}) if about else []
    if about is None or not found:
        return None
    sample = Sample.from_dict(json.loads(found[0][0]))
    texts: dict[str, list[str]] = {about.run_id: [], about.opponent: []}
    for run_id, at, text in db.rows(_TEXTS, {"runs": list(texts), "sample": sample_id, "turn": turn}):
        if at == len(texts[run_id]):
            texts[run_id].append(text)
    opponent = references(sample, turn) if about.opponent == DATASET else tuple(texts[about.opponent])
    items = judged_items(db, judging_id)
    mine = items[items["sample_id"].eq(sample_id) & items["turn"].eq(turn)].to_dict("records")
    row: Mapping[Any, Any] = mine[0] if mine else {}
    return JudgedItem(
        about=about,
        sample=sample,
        turn=turn,
        candidate=tuple(texts[about.run_id]),
        opponent=opponent,
        judgments=_judgments(db, judging_id, sample_id, turn),
        status=row.get("status", ""),
        score=finite_or_none(row.get("score")),
        opponent_score=finite_or_none(row.get("opponent_score")),
        difference=finite_or_none(row.get("difference")),
    )


def references(sample: Sample, turn: int) -> tuple[str, ...]:
    """Return the data set's own answers up to a turn: those of each turn where it has them, else its one reference; empty where it has none for this turn."""
    if sample.references:
        found = sample.references[: turn + 1]
        return found if turn < len(found) and found[turn] else ()
    return (sample.reference,) if turn == 0 and sample.reference else ()


def _judgments(db: Database, judging_id: str, sample_id: str, turn: int) -> tuple[Judgment, ...]:
    values = {"judging": judging_id, "sample": sample_id, "turn": turn}
    scores: dict[int, dict[str, dict[str, float]]] = {}
    for line, aspect, score, opponent_score in db.rows(_SAID_SCORES, values):
        mine = scores.setdefault(line, {name: {} for name in _MAPS})
        mine["scores"][aspect] = score
        if opponent_score is not None:
            mine["opponent_scores"][aspect] = opponent_score
    rows = [(line, dict(zip(_FIELDS, row, strict=True))) for line, *row in db.rows(_SAID, values)]
    return tuple(Judgment.from_dict(said | scores.get(line, {})) for line, said in rows)


_LEDGER = """
SELECT j.judging_id, g.run_id, r.recipe, j.sample_id, coalesce(s.question, '') AS question, j.turn, j.place, j.repeat, j.outcome, j.reason, j.reply, j.n_tries, j.asked_at
FROM judgments j JOIN judgings g USING (judging_id) JOIN runs r USING (run_id)
LEFT JOIN samples s ON s.sample_set = r.sample_set AND s.sample_id = j.sample_id
WHERE j.judging_id IN (SELECT unnest($ids)) AND j.is_current AND j.outcome IN (SELECT unnest($outcomes))
ORDER BY list_position($ids, j.judging_id), s.position, j.sample_id, j.turn, j.repeat, j.place
"""


def ledger(db: Database, judging_ids: Sequence[str]) -> pd.DataFrame:
    """Return every judgment that counts and has no verdict, a row each, by judging and question; two equal texts are not among them.

    Columns: judging_id, run_id, recipe, sample_id, question, turn, place, repeat, outcome, reason, reply, n_tries, asked_at.
    """
    values = {"ids": list(judging_ids), "outcomes": list(FAILURES)}
    frame: pd.DataFrame = db.remember(("ledger", tuple(judging_ids)), lambda: db.query(_LEDGER, values), about=ABOUT)
    return frame.copy(deep=False)


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What some judgings took."""

    n_judgments: int
    """Judgments that count."""
    n_requests: int
    """Requests sent, all tries of all lines together."""
    n_cached: int
    """Judgments that count whose reply had been paid for elsewhere."""
    prompt_tokens: int
    """Paid for."""
    completion_tokens: int
    """Of replies, paid for."""
    cost: float | None
    """US dollars of the requests whose price is known; None where none is."""
    n_unpriced: int
    """Lines that took a request and have no price: where there are some, the cost is more than `cost`."""
    outcomes: dict[str, int]
    """Judgments that count, by outcome, in the order of OUTCOMES; those that none has are left out."""


_SPENT = """
SELECT outcome, count(*) FILTER (is_current), sum(n_tries), count(*) FILTER (is_current AND is_cached), sum(prompt_tokens), sum(completion_tokens),
    sum(cost), count(*) FILTER (n_tries > 0 AND cost IS NULL), count(*) FILTER (n_tries > 0)
FROM judgments WHERE judging_id IN (SELECT unnest($ids)) GROUP BY outcome
"""


def spending(db: Database, judging_ids: Sequence[str]) -> Spending:
    """Return what some judgings took; whatever was asked again is paid for too."""

    def look() -> Spending:
        rows = {row[0]: [value or 0 for value in row[1:]] for row in db.rows(_SPENT, {"ids": list(judging_ids)})}
        current, requests, cached, prompt, completion, cost, unpriced, paid = (sum(row[i] for row in rows.values()) for i in range(8))
        return Spending(
            n_judgments=int(current),
            n_requests=int(requests),
            n_cached=int(cached),
            prompt_tokens=int(prompt),
            completion_tokens=int(completion),
            cost=None if unpriced and unpriced == paid else float(cost),
            n_unpriced=int(unpriced),
            outcomes={outcome: int(rows[outcome][0]) for outcome in OUTCOMES if outcome in rows and rows[outcome][0]},
        )

    found: Spending = db.remember(("spending", tuple(judging_ids)), look, about=ABOUT)
    return found

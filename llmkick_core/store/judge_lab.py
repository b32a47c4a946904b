"""How far a judge can be trusted: its noise, what place and length do to it, and whether another judge, or people, agree with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.judgment import DATASET, Vote
from llmkick_core.stats.agreement import Agreement, cohens_kappa
from llmkick_core.stats.judging import Correlation, FirstWins, Mean, NoiseFloor, first_wins, length_bias, position_bias
from llmkick_core.stats.resampling import Floats
from llmkick_core.store.database import Database
from llmkick_core.store.judge_scores import noise_of
from llmkick_core.store.judge_setups import Setup
from llmkick_core.store.judge_tables import LOSS, STATUSES, TIE, WIN, JudgeTable, judge_table
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.votes import votes_of

WINNER = "winner"
"""In place of an aspect: which of two answers is better."""

NO_REPEATS = "Nothing was asked twice: judge again with --repeats 2 or more."
NO_PAIRS = "No question was asked twice with a verdict both times."
NO_SWAP = "Answers were shown in one order only, without a swap."
NO_BOTH = "No answer has a verdict in both orders yet."
NO_OPPONENT = "Each answer was shown alone."
NO_LENGTHS = "Lengths, or what the judge said, do not differ among the answers."


@dataclass(frozen=True, kw_only=True)
class Lab:
    """What a judge makes of the same answers, over all runs of a setup."""

    noise: dict[str, NoiseFloor]
    """By aspect, `all` last where there are several; of pairwise `winner`, +1, 0 and -1. Empty where it cannot be said."""
    noise_reason: str
    """Why, in a sentence; empty where it can."""
    position: dict[str, Mean]
    """By aspect: points by which an answer scores higher where it is shown first, those of the candidate and of the opponent together. Empty in pairwise, and
    where it cannot be said."""
    first: FirstWins | None
    """Of pairwise: how often the answer shown first wins, and how often the two orders do not agree."""
    position_reason: str
    """Why neither can be said; empty where one can."""
    length: Correlation | None
    """How what the judge prefers goes with the candidate's words minus the opponent's; None where it cannot be said."""
    length_reason: str
    """Why; empty where it can."""
    n_answers: int
    """Answers that were judged."""
    n_judgments: int
    """Judgments that count."""


def lab(db: Database, comparison_id: str, setup: Setup) -> Lab:
    """Return what is known of a judge's own errors."""
    found: Lab = db.remember(("lab", comparison_id, setup), lambda: _lab(db, setup), about=ABOUT)
    return found


def _lab(db: Database, setup: Setup) -> Lab:
    table = judge_table(db, setup.judging_ids).once()
    noise = _noise(table)
    position, first, position_reason = _position(table, setup)
    length, length_reason = _length(db, table, setup)
    return Lab(
        noise=noise,
        noise_reason="" if noise else NO_REPEATS if setup.n_repeats < 2 else NO_PAIRS,
        position=position,
        first=first,
        position_reason=position_reason,
        length=length,
        length_reason=length_reason,
        n_answers=int(table.is_judged.sum()),
        n_judgments=len(table.run),
    )


def _noise(table: JudgeTable) -> dict[str, NoiseFloor]:
    measured = {WINNER: table.winner} if table.way == "pairwise" else {one: table.scores[:, k] for k, one in enumerate(table.aspects)}
    found = {name: noise_of(table, values) for name, values in measured.items()}
    return {name: noise for name, noise in found.items() if noise is not None}


def _position(table: JudgeTable, setup: Setup) -> tuple[dict[str, Mean], FirstWins | None, str]:
    if setup.way == "single":
        return {}, None, NO_OPPONENT
    if setup.way == "pairwise":
        orders = table.verdicts()
        orders = np.where(np.isinf(orders), np.nan, orders)
        found = first_wins(orders[..., 0].ravel(), orders[..., 1].ravel())
        reason = "" if found.n_items else NO_SWAP if setup.is_one_order else NO_BOTH
        return {}, None if reason else found, reason
    units = np.broadcast_to(table.units, table.shape).ravel()
    position = {}
    for k, aspect in enumerate(table.aspects):
        own, other = table.by_order(table.scores[:, k]), table.by_order(table.opponent_scores[:, k])
        has_other = np.isfinite(other).all(axis=2)
        first = np.where(has_other, (own[..., 0] + other[..., 1]) / 2, own[..., 0])
        second = np.where(has_other, (own[..., 1] + other[..., 0]) / 2, own[..., 1])
        measured = position_bias(first.ravel(), second.ravel(), units)
        if measured.n:
            position[aspect] = measured
    return position, None, "" if position else NO_SWAP if setup.is_one_order else NO_BOTH


_SAID = "SELECT run_id, sample_id, turn, text FROM answers WHERE run_id IN (SELECT unnest($runs))"
_SETS = "SELECT run_id, sample_set FROM runs WHERE run_id IN (SELECT unnest($runs))"
_REFERENCES = """
SELECT sample_set, sample_id, unnest(range(len(texts)))::INTEGER AS turn, unnest(texts) AS text
FROM (
    SELECT sample_set, sample_id,
        CASE WHEN json_array_length(detail, '$.references') > 0 THEN from_json(detail->'$.references', '["VARCHAR"]')
            ELSE [coalesce(detail->>'$.reference', '')] END AS texts
    FROM samples WHERE sample_set IN (SELECT unnest($sets))
)
"""


def _length(db: Database, table: JudgeTable, setup: Setup) -> tuple[Correlation | None, str]:
    """Return how the judge's preference goes with length, over all answers with a verdict."""
    if setup.way == "single":
        return None, NO_OPPONENT
    if setup.way == "pairwise":
        gains = _codes(table)
    else:
        gains = table.by_answer(table.scores[:, -1] - table.opponent_scores[:, -1]) if table.aspects else np.full(table.shape, np.nan)
    own = _n_words(table, db.columns(_SAID, {"runs": list(table.run_ids)}), "run_id", table.run_ids)
    if setup.opponent == DATASET:
        sets = dict(db.rows(_SETS, {"runs": list(table.run_ids)}))
        asked = list(dict.fromkeys(one for one in sets.values() if one is not None))
        lengths = _n_words(table, db.columns(_REFERENCES, {"sets": asked}), "sample_set", asked)
        lengths = np.vstack(
            [np.where(lengths > 0, lengths, np.nan), np.full((1, len(table.items)), np.nan)]
        )  # the last of a run whose set is not known
        other = lengths[[asked.index(sets[run_id]) if sets.get(run_id) else -1 for run_id in table.run_ids]]
    else:
        other = _n_words(table, db.columns(_SAID, {"runs": [setup.opponent]}), "run_id", [setup.opponent])
    units = np.broadcast_to(table.units, table.shape).ravel()
    found = length_bias((own - other).ravel(), gains.ravel(), units)
    return (None, NO_LENGTHS) if found.rho is None else (found, "")


def _n_words(table: JudgeTable, texts: dict[str, NDArray[Any]], of: str, names: Sequence[str]) -> Floats:
    """Return (len(names), q) words of each text on a table's items, by what it is `of`; NaN where there is none."""
    questions = table.items.drop_duplicates("unit")  # in the order of their numbers
    unit = pd.Index(questions["sample_id"], dtype=object).get_indexer(pd.Index(texts["sample_id"], dtype=object))
    row = pd.Index(list(names), dtype=object).get_indexer(pd.Index(texts[of], dtype=object))
    turns, turn = table.items["turn"].to_numpy(np.int64), texts["turn"].astype(np.int64)
    width = int(max(turns.max(initial=0), turn.max(initial=0))) + 1
    place = pd.Index(table.units * width + turns).get_indexer(pd.Index(unit * width + turn))
    kept = (unit >= 0) & (row >= 0) & (place >= 0)
    found = np.full((len(names), len(table.items)), np.nan)
    found[row[kept], place[kept]] = [len(text.split()) for text in texts["text"][kept]]
    return found


def _codes(table: JudgeTable) -> Floats:
    """Return (r, q): 1 win, 0 tie, -1 loss, NaN anything else."""
    codes: Floats = np.full(len(STATUSES) + 1, np.nan)
    for status, code in ((WIN, 1.0), (TIE, 0.0), (LOSS, -1.0)):
        codes[STATUSES.index(status)] = code
    found: Floats = codes[table.statuses()]  # NOT_JUDGED is the last
    return found


_SCALE = [float(points) for points in range(11)]
"""Whole points that a judge may give."""

_Cells = tuple[NDArray[np.intp], ...]
"""What `np.ix_` makes."""


def judge_agreement(db: Database, comparison_id: str, setup_1: Setup, setup_2: Setup) -> dict[str, Agreement]:
    """Return how far two judges agree on the answers that both judged, over all runs.

    By aspect: kappa with quadratic weights on scores rounded to whole points, where both gave it. `winner`: kappa on win, tie and loss, where both compared with
    the same opponent in pairwise; inconsistent answers are left out and counted. Empty where they have nothing in common.
    """
    key = ("judge agreement", comparison_id, setup_1, setup_2)
    found: dict[str, Agreement] = db.remember(key, lambda: _judge_agreement(db, setup_1, setup_2), about=ABOUT)
    return found


def _judge_agreement(db: Database, setup_1: Setup, setup_2: Setup) -> dict[str, Agreement]:
    one, two = judge_table(db, setup_1.judging_ids).once(), judge_table(db, setup_2.judging_ids)
    mine, theirs = _common(one, two)
    is_judged = one.is_judged[mine] & two.is_judged[theirs]
    if not is_judged.any():
        return {}
    if setup_1.way == setup_2.way == "pairwise":
        if setup_1.opponent != setup_2.opponent:
            return {}
        codes = one.statuses()[mine][is_judged], two.statuses()[theirs][is_judged]
        first, second = ([STATUSES[code] for code in side] for side in codes)
        return {WINNER: cohens_kappa(first, second, (WIN, TIE, LOSS))}
    found = {}
    for aspect in one.aspects:
        if aspect in two.aspects:
            points = [_points(table, aspect)[cells][is_judged] for table, cells in ((one, mine), (two, theirs))]
            found[aspect] = cohens_kappa(points[0].tolist(), points[1].tolist(), _SCALE, weights="quadratic")
    return found


def _points(table: JudgeTable, aspect: str) -> Floats:
    """Return (r, q) scores in whole points, halves upwards."""
    return np.floor(table.by_answer(table.scores[:, table.aspects.index(aspect)]) + 0.5)


def _common(one: JudgeTable, two: JudgeTable) -> tuple[_Cells, _Cells]:
    """Return the runs and items that two tables share: where they are in each."""
    runs = [(one.run_ids.index(run_id), two.run_ids.index(run_id)) for run_id in one.run_ids if run_id in two.run_ids]
    places = {key: i for i, key in enumerate(zip(two.items["sample_id"], two.items["turn"], strict=True))}
    keys = enumerate(zip(one.items["sample_id"], one.items["turn"], strict=True))
    items = [(i, places[key]) for i, key in keys if key in places]
    mine, theirs = (np.ix_([pair[k] for pair in runs], [pair[k] for pair in items]) for k in (0, 1))
    return mine, theirs


@dataclass(frozen=True, kw_only=True)
class VoteAgreement:
    """How people's votes on a pair of runs stand to a judge's verdicts, and to each other. Kappa is over a, b and tie."""

    everyone: Agreement
    """All votes against the judge; a vote on which the judge has no verdict, or an inconsistent one, is left out and counted."""
    by_voter: dict[str, Agreement] = field(default_factory=dict)
    """The same of each voter, by name."""
    between: dict[tuple[str, str], Agreement] = field(default_factory=dict)
    """Two voters on what both voted on."""
    n_votes: int = 0
    """Votes on the pair."""


def vote_agreement(db: Database, comparison_id: str, setup: Setup, run_a: str, run_b: str) -> VoteAgreement:
    """Return how far people agree with a judge on a pair of runs.

    The judge's verdict is its own where the setup is pairwise between the two; else the run with the higher score, mean over aspects and orders, is better.
    """
    key = ("vote agreement", comparison_id, setup, run_a, run_b)
    found: VoteAgreement = db.remember(key, lambda: _vote_agreement(db, setup, run_a, run_b), about=ABOUT)
    return found


def _vote_agreement(db: Database, setup: Setup, run_a: str, run_b: str) -> VoteAgreement:
    votes = votes_of(db, run_a, run_b)
    judged = _better(judge_table(db, setup.judging_ids), setup, run_a, run_b)
    voters: dict[str, list[Vote]] = {}
    for vote in votes:
        voters.setdefault(vote.voter, []).append(vote)
    between = {}
    for one, other in combinations(sorted(voters), 2):
        theirs = {(vote.sample_id, vote.turn): vote.winner for vote in voters[other]}
        mine = [(vote.winner, theirs[vote.sample_id, vote.turn]) for vote in voters[one] if (vote.sample_id, vote.turn) in theirs]
        if mine:
            between[one, other] = _agreement(mine)
    against = {
        name: _agreement([(vote.winner, judged.get((vote.sample_id, vote.turn))) for vote in cast]) for name, cast in sorted(voters.items())
    }
    everyone = _agreement([(vote.winner, judged.get((vote.sample_id, vote.turn))) for vote in votes])
    return VoteAgreement(everyone=everyone, by_voter=against, between=between, n_votes=len(votes))


def _agreement(pairs: Sequence[tuple[str, str | None]]) -> Agreement:
    return cohens_kappa([one for one, _ in pairs], [other for _, other in pairs], ("a", "tie", "b"))


def _better(table: JudgeTable, setup: Setup, run_a: str, run_b: str) -> dict[tuple[str, int], str]:
    """Return which run the judge finds better, a, b or tie, of each (question, turn) that it decided."""
    sides: Floats
    if setup.way == "pairwise":
        candidate, sign = (run_b, 1) if setup.opponent == run_a else (run_a, -1)
        if {candidate, setup.opponent} != {run_a, run_b} or candidate not in table.run_ids:
            return {}
        sides = sign * _codes(table)[table.run_ids.index(candidate)]  # 1 where b is better
    elif table.aspects and {run_a, run_b} <= set(table.run_ids):
        scores = table.by_answer(table.scores[:, -1])
        apart = scores[table.run_ids.index(run_b)] - scores[table.run_ids.index(run_a)]
        sides = np.where(np.abs(apart) < 1e-9, 0.0, np.sign(apart))
    else:
        return {}
    keys = zip(table.items["sample_id"], table.items["turn"], strict=True)
    return {
        (key[0], int(key[1])): "b" if side > 0 else "a" if side < 0 else "tie"
        for key, side in zip(keys, sides, strict=True)
        if np.isfinite(side)
    }

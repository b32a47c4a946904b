"""All judgments of a setup as arrays: what scores, outcomes and the judge's own errors are made from.

    run  item             place  repeat  outcome  winner  scores: coherence  consistency  ...
    0    small/ab12, 0    1      0       scored   nan             7.0        8.0
    0    small/ab12, 0    2      0       unparsed nan             nan        nan

An item is an answer: one turn of one question. Its score is the mean over the orders in which it was asked, each the mean of its repeats; it has none where
one order has none, so that what a judge makes of the place does not remain in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.judgment import ASPECTS, IMPORTED, OUTCOMES, Way, way_of
from llmkick_core.stats.resampling import Floats
from llmkick_core.store.database import Database
from llmkick_core.store.judged import ABOUT

Numbers = NDArray[np.intp]
Bools = NDArray[np.bool_]

ALL = "all"
"""In place of an aspect: the mean over all of them."""

WIN, TIE, LOSS, INCONSISTENT, SAME, FAILED, PARTIAL = "win", "tie", "loss", "inconsistent", "same", "failed", "partial"
STATUSES = (WIN, TIE, LOSS, INCONSISTENT, SAME, FAILED, PARTIAL)
"""What became of an answer: the candidate is better in every order; neither; the opponent is; the orders do not agree; both answers are one text; no order
has a verdict; some have."""
NOT_JUDGED = -1
"""In place of a status: nothing was asked about the answer."""

_SAID_SAME = OUTCOMES.index("same")
_SCORED = OUTCOMES.index("scored")
_CLOSE = 1e-9  # sums of thirds are not exact


@dataclass(frozen=True, kw_only=True)
class JudgeTable:
    """The judgments that count of some judgings: m judgments, r judgings, q items, a aspects."""

    judging_ids: tuple[str, ...]
    """(r,)"""
    run_ids: tuple[str, ...]
    """(r,) whose answers they judge."""
    way: Way
    """What their protocol makes of an answer."""
    items: pd.DataFrame
    """(q,) rows: sample_id, turn, unit (number of the question)."""
    aspects: tuple[str, ...]
    """(a,) of the scores, in the task's order; `all` last where there are several; none in pairwise."""
    run: Numbers
    """(m,) number of the judging."""
    item: Numbers
    """(m,) number of the item."""
    place: Numbers
    """(m,) 0 where the candidate was shown first, 1 where second."""
    repeat: Numbers
    """(m,) which time."""
    outcome: Numbers
    """(m,) number in OUTCOMES."""
    winner: Floats
    """(m,) 1 candidate, 0 tie, -1 opponent, NaN without a verdict."""
    scores: Floats
    """(m, a) the candidate's, NaN without a verdict."""
    opponent_scores: Floats
    """(m, a) the opponent's, NaN where there is none."""
    is_first: Bools
    """(m,) whether no judgment before it is of the same reply and place. Equal answers of several runs share replies; an answer in the words of its reference has one
    for both places, which says something of each."""
    needed: Bools
    """(r, 2) the orders in which an answer needs a verdict: both, or those an imported judging has at all."""

    @property
    def shape(self) -> tuple[int, int]:
        """Return (r, q)."""
        return len(self.run_ids), len(self.items)

    @property
    def cell(self) -> Numbers:
        """Return (m,) the flat place of each judgment in (r, q, 2)."""
        return (self.run * len(self.items) + self.item) * 2 + self.place

    @property
    def units(self) -> Numbers:
        """Return (q,) the question of each item."""
        return self.items["unit"].to_numpy(np.intp)

    @property
    def is_judged(self) -> Bools:
        """Return (r, q): whether anything was asked about an answer."""
        found = self._any(np.ones(len(self.run), dtype=bool))
        return found[..., 0] | found[..., 1]

    def once(self) -> JudgeTable:
        """Return the table with each reply once: what tells of the judge must not count a reply as often as answers share it."""
        kept = self.is_first
        names = ("run", "item", "place", "repeat", "outcome", "winner", "scores", "opponent_scores", "is_first")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    @property
    def is_open(self) -> Bools:
        """Return (r, q): whether an answer was asked about, and an order that it needs was not yet."""
        found = self._any(np.ones(len(self.run), dtype=bool))
        is_same = self._any(self.outcome == _SAID_SAME).any(axis=2)
        is_open: Bools = np.logical_and((~found & self.needed[:, None, :]).any(axis=2), found.any(axis=2) & ~is_same)
        return is_open

    def _any(self, mask: Bools) -> Bools:
        """Return (r, q, 2): whether a judgment of the cell is in the mask."""
        found = np.zeros(self.shape[0] * self.shape[1] * 2, dtype=bool)
        found[self.cell[mask]] = True
        return found.reshape(*self.shape, 2)

    def by_order(self, values: Floats) -> Floats:
        """Return (r, q, 2): the mean over repeats of a value of judgments, (m,); NaN where none has one."""
        is_known = np.isfinite(values)
        cells, size = self.cell[is_known], self.shape[0] * self.shape[1] * 2
        totals = np.bincount(cells, weights=values[is_known], minlength=size)
        counts = np.bincount(cells, minlength=size)
        means: Floats = np.divide(totals, counts, out=np.full(size, np.nan), where=counts > 0)
        return means.reshape(*self.shape, 2)

    def by_answer(self, values: Floats) -> Floats:
        """Return (r, q): the mean over the needed orders of `by_order`; NaN where one of them has none."""
        orders = self.by_order(values)
        n_needed = self.needed.sum(axis=1)[:, None]  # (r, 1)
        total = np.where(self.needed[:, None, :], orders, 0.0).sum(axis=2)
        means: Floats = np.divide(total, n_needed, out=np.full(total.shape, np.nan), where=n_needed > 0)
        return means

    def n_averaged(self) -> Floats:
        """Return (r, q): as how many judgments an answer's score counts: orders times the repeats in them, their harmonic mean; NaN without a score."""
        is_scored = (self.outcome == _SCORED).astype(np.float64)
        counts = np.bincount(self.cell, weights=is_scored, minlength=self.shape[0] * self.shape[1] * 2).reshape(*self.shape, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(self.needed[:, None, :], 1 / counts, 0.0).sum(axis=2) / self.needed.sum(axis=1)[:, None] ** 2
            found: Floats = np.where(np.isfinite(inverse) & (inverse > 0), 1 / inverse, np.nan)
        return found

    def verdicts(self) -> Floats:
        """Return (r, q, 2): which side each order prefers: 1 candidate, 0 neither, -1 opponent, NaN without a verdict, infinite where repeats do not settle.

        In pairwise what most repeats say; in reference, the sign of the difference of the mean scores.
        """
        if self.way != "pairwise":
            apart = self.by_order(self.scores[:, -1] - self.opponent_scores[:, -1]) if self.aspects else np.full((*self.shape, 2), np.nan)
            return np.where(np.abs(apart) < _CLOSE, 0.0, np.sign(apart))
        size = (*self.shape, 2)
        counts = np.stack([np.bincount(self.cell[self.winner == one], minlength=int(np.prod(size))).reshape(size) for one in (1, 0, -1)])
        most = counts.max(axis=0)
        chosen = np.array([1.0, 0.0, -1.0])[counts.argmax(axis=0)]
        is_settled = (counts == most).sum(axis=0) == 1
        return np.where(most == 0, np.nan, np.where(is_settled, chosen, np.inf))

    def statuses(self) -> Numbers:
        """Return (r, q): the number in STATUSES of each answer, NOT_JUDGED where nothing was asked.

        In pairwise a win needs every order to prefer the candidate, a tie every order to see one, and anything else is inconsistent. In reference the mean over
        the orders decides, unless one order prefers the candidate and another the opponent.
        """
        orders = self.verdicts()
        needed = np.broadcast_to(self.needed[:, None, :], orders.shape)
        has_verdict = ~np.isnan(orders) & needed
        n_verdicts, n_needed = has_verdict.sum(axis=2), needed.sum(axis=2)
        low = np.where(has_verdict, orders, np.inf).min(axis=2)
        high = np.where(has_verdict, orders, -np.inf).max(axis=2)
        if self.way == "pairwise":
            decided, is_split = low, (low != high) | np.isinf(low)
        else:
            apart = self.by_answer(self.scores[:, -1] - self.opponent_scores[:, -1]) if self.aspects else np.full(self.shape, np.nan)
            decided, is_split = np.where(np.abs(apart) < _CLOSE, 0.0, np.sign(apart)), (low < 0) & (high > 0)
        found = np.select(
            [is_split, decided > 0, decided < 0],
            [STATUSES.index(INCONSISTENT), STATUSES.index(WIN), STATUSES.index(LOSS)],
            default=STATUSES.index(TIE),
        )
        found = np.where(n_verdicts < n_needed, STATUSES.index(PARTIAL), found)
        is_same = self._any(self.outcome == _SAID_SAME).any(axis=2)
        found = np.where(n_verdicts == 0, np.where(is_same, STATUSES.index(SAME), STATUSES.index(FAILED)), found)
        return np.where(self.is_judged, found, NOT_JUDGED).astype(np.intp)


_JUDGINGS = """
SELECT g.judging_id, g.run_id, g.protocol, g.url, r.task, g.opponent FROM judgings g LEFT JOIN runs r USING (run_id)
WHERE g.judging_id IN (SELECT unnest($ids))
"""
_NUMBERED = "(SELECT unnest($ids) AS judging_id, unnest(range(len($ids))) AS number) n USING (judging_id)"
_JUDGMENTS = f"""
SELECT n.number, j.line, j.sample_id, j.turn, j.place - 1 AS place, j.repeat, j.key, list_position($outcomes, j.outcome) - 1 AS outcome,
    CASE j.winner WHEN 'candidate' THEN 1.0 WHEN 'tie' THEN 0.0 WHEN 'opponent' THEN -1.0 END::DOUBLE AS winner
FROM judgments j JOIN {_NUMBERED} WHERE j.is_current
ORDER BY n.number, j.line
"""  # noqa: S608
_ASPECTS = "SELECT DISTINCT aspect FROM judge_scores WHERE judging_id IN (SELECT unnest($ids))"
_SCORES = f"""
SELECT n.number, s.line, list_position($aspects, s.aspect) - 1 AS aspect, s.score, s.opponent_score
FROM judge_scores s JOIN {_NUMBERED}
"""  # noqa: S608


def judge_table(db: Database, judging_ids: Sequence[str]) -> JudgeTable:
    """Return the judgments that count of some judgings of one protocol; do not change it, it is kept and shared."""
    ids = tuple(judging_ids)
    table: JudgeTable = db.remember(("judge table", ids), lambda: _table(db, ids), about=ABOUT)
    return table


def _table(db: Database, wanted: tuple[str, ...]) -> JudgeTable:
    about = {row[0]: row[1:] for row in db.rows(_JUDGINGS, {"ids": list(wanted)})}
    ids = tuple(one for one in wanted if one in about)
    tasks = {about[one][3] for one in ids}
    found = {row[0] for row in db.rows(_ASPECTS, {"ids": list(ids)})}
    known = [aspect for task, aspects in ASPECTS.items() if task in tasks for aspect in aspects if aspect in found]
    aspects = known + sorted(found - set(known))
    rows = db.columns(_JUDGMENTS, {"ids": list(ids), "outcomes": list(OUTCOMES)})
    scored = db.columns(_SCORES, {"ids": list(ids), "aspects": aspects})
    items, item = _items(rows)
    run, place = rows["number"].astype(np.intp), rows["place"].astype(np.intp)
    scores, opponent_scores = _aspect_columns(rows, scored, len(aspects))
    is_asked = np.zeros((len(ids), 2), dtype=bool)
    is_asked[run, place] = True
    for i, one in enumerate(ids):
        if about[one][2] != IMPORTED:
            is_asked[i] = (True, bool(about[one][4]))
    table = JudgeTable(
        judging_ids=ids,
        run_ids=tuple(about[one][0] for one in ids),
        way=way_of(about[ids[0]][1], about[ids[0]][4], has_winner=bool(np.isfinite(rows["winner"].astype(np.float64)).any()))
        if ids
        else "single",
        items=items,
        aspects=tuple(aspects),
        run=run,
        item=item,
        place=place,
        repeat=rows["repeat"].astype(np.intp),
        outcome=rows["outcome"].astype(np.intp),
        winner=rows["winner"].astype(np.float64),
        scores=scores,
        opponent_scores=opponent_scores,
        is_first=~pd.DataFrame({"key": rows["key"], "place": place}).duplicated().to_numpy(dtype=bool) | (rows["key"] == "").astype(bool),
        needed=is_asked,
    )
    return _with_mean(table)


def _items(rows: dict[str, NDArray[Any]]) -> tuple[pd.DataFrame, Numbers]:
    """Return the items, and which one each judgment is of."""
    unit, names = pd.factorize(rows["sample_id"])
    turn = rows["turn"].astype(np.intp)
    n_turns = int(turn.max(initial=0)) + 1
    item, places = pd.factorize(unit * n_turns + turn)
    places = np.asarray(places, dtype=np.intp)
    frame = pd.DataFrame(
        {"sample_id": np.asarray(names, dtype=object)[places // n_turns], "turn": places % n_turns, "unit": places // n_turns}
    )
    return frame, item.astype(np.intp)


def _aspect_columns(rows: dict[str, NDArray[Any]], scored: dict[str, NDArray[Any]], n_aspects: int) -> tuple[Floats, Floats]:
    """Return the scores of the judgments, (m, a) of the candidate and of the opponent."""
    n = len(rows["line"])
    width = int(max(rows["line"].max(initial=0), scored["line"].max(initial=0))) + 1
    keys = rows["number"].astype(np.int64) * width + rows["line"]  # in order, as the query has them
    wanted = scored["number"].astype(np.int64) * width + scored["line"]
    at = np.minimum(np.searchsorted(keys, wanted), max(n - 1, 0))
    is_current = keys[at] == wanted if n else np.zeros(len(wanted), dtype=bool)
    columns = []
    for name in ("score", "opponent_score"):
        values = scored[name].astype(np.float64)
        column = np.full((n, n_aspects), np.nan)
        column[at[is_current], scored["aspect"].astype(np.intp)[is_current]] = np.where(np.isfinite(values), values, np.nan)[is_current]
        columns.append(column)
    return columns[0], columns[1]


def _with_mean(table: JudgeTable) -> JudgeTable:
    """Return a table with the mean over aspects as one more, where there are several; a judgment that lacks one has no mean."""
    if len(table.aspects) < 2:
        return table
    added = {
        name: np.hstack([column, column.mean(axis=1, keepdims=True)])
        for name, column in (("scores", table.scores), ("opponent_scores", table.opponent_scores))
    }
    return replace(table, aspects=(*table.aspects, ALL), scores=added["scores"], opponent_scores=added["opponent_scores"])

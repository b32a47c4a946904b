"""Knowledge rescue: what a compressed model forgot, and answers again once the text with the answer lies before it.

A question asked closed-book (TriviaQA without texts) and open-book (with them) is matched by its id, a recipe by its compressed model. Of the questions
that the dense model knows closed-book and the compressed one lost, the share that it answers open-book is what in-context retrieval brings back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.stats.intervals import share_estimate
from llmkick_core.stats.paired import compare
from llmkick_core.store.database import Database
from llmkick_core.store.grids import Bools, Grid, grid, shown_values
from llmkick_core.store.tallies import answered_counts

CLOSED, OPEN = "closed_book_qa", "open_book_qa"

Rescue = Literal["regained", "not_regained"]

RESCUES: tuple[Rescue, ...] = get_args(Rescue)
"""What may become of a question that was lost closed-book."""

Evidence = Literal["all", "shown", "not_shown"]

EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
"""All questions, those whose evidence shows an answer, those whose evidence does not."""

_PAIRS = """
SELECT c.comparison_id, o.comparison_id
FROM runs c JOIN runs o ON o.compression_id = c.compression_id AND o.dataset = c.dataset AND o.prompt = c.prompt
    AND coalesce(o.temperature, 0) = coalesce(c.temperature, 0)
WHERE c.task = $closed AND o.task = $open AND c.run_id IN (SELECT unnest($answered)) AND o.run_id IN (SELECT unnest($answered))
GROUP BY ALL
ORDER BY bool_and(c.question_limit IS NOT DISTINCT FROM o.question_limit) DESC, bool_and(c.dataset_revision = o.dataset_revision) DESC,
    bool_and(c.k_shot = o.k_shot) DESC, count(*) DESC, c.comparison_id, o.comparison_id
"""
_COMPRESSIONS = "SELECT run_id, compression_id, comparison_id FROM runs"


def rescue_pairs(db: Database) -> dict[str, str]:
    """Return the open-book comparison that goes with each closed-book one: same model, data set and form of prompts, each in one pair at most."""

    def look() -> dict[str, str]:
        found: dict[str, str] = {}
        values = {"closed": CLOSED, "open": OPEN, "answered": list(answered_counts(db))}
        for closed, opened in db.rows(_PAIRS, values):
            if closed not in found and opened not in found.values():
                found[closed] = opened
        return found

    return dict(db.remember(("rescue pairs",), look))


@dataclass(frozen=True, kw_only=True)
class _BothWays:
    """The questions and recipes that were asked closed-book and open-book; q questions, in the closed-book order."""

    closed: Grid
    """All runs, closed-book."""
    opened: Grid
    """All runs, open-book."""
    in_closed: NDArray[np.intp]
    """(q,) column of each question in the closed-book grid."""
    in_open: NDArray[np.intp]
    """(q,) its column in the open-book grid."""
    runs: dict[str, tuple[int, int]]
    """Row of each compressed model in the two grids, by its compression id."""

    def lost(self, a: tuple[int, int], b: tuple[int, int]) -> Bools:
        """Return (q,) whether A knew and B lost a question closed-book, and both were asked it open-book."""
        found: Bools = self._asked_open(a, b) & self._closed(a) & self.closed.is_scored[b[0], self.in_closed] & ~self._closed(b)
        return found

    def kept(self, a: tuple[int, int], b: tuple[int, int]) -> Bools:
        """Return (q,) whether both knew a question closed-book, and both were asked it open-book."""
        return self._asked_open(a, b) & self._closed(a) & self._closed(b)

    def open_values(self, run: tuple[int, int]) -> NDArray[np.float64]:
        """Return (q,) 1 or 0 for a right or wrong open-book answer, NaN without verdict."""
        is_scored, is_right = self.opened.is_scored[run[1], self.in_open], self.opened.is_right[run[1], self.in_open]
        return np.where(is_scored, is_right.astype(np.float64), np.nan)

    def _closed(self, run: tuple[int, int]) -> Bools:
        is_right: Bools = self.closed.is_right[run[0], self.in_closed]
        return is_right

    def _asked_open(self, a: tuple[int, int], b: tuple[int, int]) -> Bools:
        asked: Bools = self.opened.is_answered[a[1], self.in_open] & self.opened.is_answered[b[1], self.in_open]
        return asked


def _both_ways(db: Database, closed_id: str, open_id: str, scorer: str, measure: str | None) -> _BothWays:
    def look() -> _BothWays:
        closed, opened = grid(db, closed_id, scorer, measure), grid(db, open_id, scorer, measure)
        places = pd.Index(opened.questions["sample_id"]).get_indexer(pd.Index(closed.questions["sample_id"]))
        shared = np.flatnonzero(places >= 0)
        of = _compressions(db)
        rows = [{of[run][0]: row for row, run in enumerate(one.run_ids)} for one in (closed, opened)]
        runs = {name: (row, rows[1][name]) for name, row in rows[0].items() if name in rows[1]}
        return _BothWays(closed=closed, opened=opened, in_closed=shared, in_open=places[shared], runs=runs)

    found: _BothWays = db.remember(("both ways", closed_id, open_id, scorer, measure), look)
    return found


def _compressions(db: Database) -> dict[str, tuple[str, str]]:
    """Return (compression_id, comparison_id) of every run."""
    found: dict[str, tuple[str, str]] = db.remember(("compressions",), lambda: {row[0]: (row[1], row[2]) for row in db.rows(_COMPRESSIONS)})
    return found


def rescued(db: Database, a_run: str, b_run: str, scorer: str = "corrected", measure: str | None = None) -> dict[Rescue, frozenset[str]]:
    """Return the ids of the questions that A knew and B lost closed-book, by whether B answers them open-book.

    A question without a verdict open-book is in neither. Both are empty where the runs are of another task, or the other way was not asked.

    Args:
        db: the database.
        a_run: a closed-book or open-book run, most often the dense one.
        b_run: the other run of its comparison.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    of = _compressions(db)
    (a, comparison), (b, _) = of.get(a_run, ("", "")), of.get(b_run, ("", ""))
    pair = next((pair for pair in rescue_pairs(db).items() if comparison in pair), None)
    found = None if pair is None else _both_ways(db, *pair, scorer, measure)
    if found is None or a not in found.runs or b not in found.runs:
        return {"regained": frozenset(), "not_regained": frozenset()}
    is_lost = found.lost(found.runs[a], found.runs[b])
    value = found.open_values(found.runs[b])
    ids = found.closed.questions["sample_id"].to_numpy(dtype=object)[found.in_closed]
    return {"regained": frozenset(ids[is_lost & (value == 1)]), "not_regained": frozenset(ids[is_lost & (value == 0)])}


COLUMNS = (
    "closed_run_id",
    "run_id",
    "a_run_id",
    "comparison_id",
    "evidence",
    "n_lost",
    "n",
    "n_unscored",
    "regained",
    "share",
    "low",
    "high",
    "dense_share",
    "dense_low",
    "dense_high",
    "delta",
    "delta_low",
    "delta_high",
    "n_kept",
    "kept_share",
    "kept_low",
    "kept_high",
)


def rescue(db: Database, closed_id: str, open_id: str, scorer: str = "corrected", measure: str | None = None) -> pd.DataFrame:
    """Return what open-book brings back, a row a recipe and kind of evidence (`EVIDENCE`), in recipe order.

    Columns: closed_run_id, run_id and a_run_id (the recipe's and the dense run, open-book), comparison_id (open-book), evidence; n_lost (questions that dense
    knows and the recipe lost closed-book, asked open-book too), n (of these, with a verdict open-book), n_unscored, regained (answered open-book), share
    (regained of n) with low and high; dense_share, dense_low, dense_high (the dense model open-book on the same n questions), delta (share minus dense_share,
    paired) with its interval; n_kept (questions both know closed-book, with a verdict open-book), kept_share (the recipe open-book on these) with its interval.
    Intervals are 95%; shares are NaN where there is no question. Empty while the dense model was not asked both ways.

    Args:
        db: the database.
        closed_id: the closed-book comparison.
        open_id: the open-book comparison, from `rescue_pairs`.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    key = ("rescue", closed_id, open_id, scorer, measure)
    frame: pd.DataFrame = db.remember(key, lambda: _rescue(_both_ways(db, closed_id, open_id, scorer, measure), open_id))
    return frame.copy(deep=False)


def _rescue(found: _BothWays, open_id: str) -> pd.DataFrame:
    dense = next((rows for rows in found.runs.values() if rows[0] == found.closed.dense), None)
    rows: list[dict[str, Any]] = []
    if dense is not None and dense[1] == found.opened.dense:
        shown = shown_values(found.opened.questions)[found.in_open]
        kinds = {"all": np.ones(len(shown), dtype=bool), "shown": shown == 1, "not_shown": shown == 0}
        for run in (run for run in found.runs.values() if run != dense):
            about = {
                "closed_run_id": found.closed.run_ids[run[0]],
                "run_id": found.opened.run_ids[run[1]],
                "a_run_id": found.opened.run_ids[dense[1]],
                "comparison_id": open_id,
            }
            rows += [about | {"evidence": name} | _brought_back(found, dense, run, of) for name, of in kinds.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _brought_back(found: _BothWays, dense: tuple[int, int], run: tuple[int, int], of: Bools) -> dict[str, Any]:
    """Return the numbers of one recipe on some of the questions."""
    units = found.closed.units[found.in_closed]
    own, reference = found.open_values(run), found.open_values(dense)
    lost, kept = (np.flatnonzero(which & of) for which in (found.lost(dense, run), found.kept(dense, run)))
    scored = lost[np.isfinite(own[lost])]
    mine, theirs, known = (share_estimate(values[at], units[at]) for values, at in ((own, scored), (reference, scored), (own, kept)))
    moved = compare(reference[scored], own[scored], groups=units[scored])
    return {
        "n_lost": len(lost),
        "n": mine.n,
        "n_unscored": mine.n_unscored + len(lost) - len(scored),
        "regained": int(own[scored].sum()),
        **dict(zip(("share", "low", "high"), (mine.score, mine.low, mine.high), strict=True)),
        **dict(zip(("dense_share", "dense_low", "dense_high"), (theirs.score, theirs.low, theirs.high), strict=True)),
        **dict(zip(("delta", "delta_low", "delta_high"), (moved.delta, moved.low, moved.high), strict=True)),
        "n_kept": known.n,
        **dict(zip(("kept_share", "kept_low", "kept_high"), (known.score, known.low, known.high), strict=True)),
    }

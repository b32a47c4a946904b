"""A run's answers as one judge sees them, each beside what it gave the dense model's answer to the same question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmkick_core.store.database import Database
from llmkick_core.store.judge_items import ITEM_COLUMNS, judged_items
from llmkick_core.store.judge_setups import Setup
from llmkick_core.store.judge_tables import FAILED, INCONSISTENT, LOSS, NOT_JUDGED, PARTIAL, STATUSES, WIN, judge_table
from llmkick_core.store.judged import ABOUT

ANSWER_COLUMNS = (*ITEM_COLUMNS, "outcome", "dense_score", "change")

SHOWN = ("all", "worse", "better", "lost", "won", "inconsistent", "failed")
"""What a list of answers is narrowed to: all; scored below or above the dense answer (in pairwise worse or better in both orders); below or above the reference;
those on which the two orders disagree; those without a verdict."""
SORTS = ("loss", "disagreement", "position")
"""By what it is sorted: the largest loss against dense first, the largest disagreement of the two orders first, or as the data set has them."""


@dataclass(frozen=True, kw_only=True)
class JudgedAnswers:
    """The judged answers of one run."""

    judging_id: str
    """The judging that they are of; empty where the run was not judged so."""
    dense_id: str
    """The dense run's judging in the same setup; empty where there is none, or it is this one."""
    rows: pd.DataFrame
    """`ANSWER_COLUMNS`, in the data set's order."""
    counts: dict[str, int]
    """Rows by what they can be narrowed to; what has no meaning in the protocol is left out."""

    def listed(self, shown: str, sort: str) -> pd.DataFrame:
        """Return the rows of a list."""
        rows = self.rows[_is_shown(self.rows, shown)]
        if sort == "loss":
            return rows.sort_values("change", kind="stable", na_position="last", ignore_index=True)
        if sort == "disagreement":
            return rows.sort_values("disagreement", ascending=False, kind="stable", na_position="last", ignore_index=True)
        return rows.reset_index(drop=True)


def judged_answers(db: Database, setup: Setup, run_id: str) -> JudgedAnswers:
    """Return the judged answers of one run of a setup; do not change it, it is kept and shared.

    `outcome` is what `outcome_counts` counts it as (`scored` in single). `dense_score` is what the dense run's answer has in the same setup, `change` the run's score
    minus that; in pairwise 1, 0 and -1 for better, as good and worse in both orders. Both are NaN where they do not exist.
    """
    key = ("judged answers", setup, run_id)
    found: JudgedAnswers = db.remember(key, lambda: _judged_answers(db, setup, run_id), about=ABOUT)
    return found


_METHODS = "SELECT run_id FROM runs WHERE method = 'dense' AND run_id IN (SELECT unnest($runs))"


def _judged_answers(db: Database, setup: Setup, run_id: str) -> JudgedAnswers:
    table = judge_table(db, setup.judging_ids)
    of_run = dict(zip(table.run_ids, table.judging_ids, strict=True))
    if run_id not in of_run:
        return JudgedAnswers(judging_id="", dense_id="", rows=pd.DataFrame([], columns=list(ANSWER_COLUMNS)), counts={})
    rows = judged_items(db, of_run[run_id]).merge(_outcomes(db, of_run[run_id]), on=["sample_id", "turn"], how="left")
    dense = [row[0] for row in db.rows(_METHODS, {"runs": list(of_run)})]
    if setup.way == "pairwise":
        rows = rows.assign(
            dense_score=np.nan,
            change=rows["outcome"].map({WIN: 1.0, LOSS: -1.0, FAILED: np.nan}).where(rows["outcome"].isin((WIN, LOSS, FAILED)), 0.0),
        )
    elif dense and dense[0] != run_id:
        theirs = judged_items(db, of_run[dense[0]])[["sample_id", "turn", "score"]].rename(columns={"score": "dense_score"})
        rows = rows.merge(theirs, on=["sample_id", "turn"], how="left")
        rows["change"] = rows["score"] - rows["dense_score"]
    else:
        rows = rows.assign(dense_score=np.nan, change=np.nan)
    rows = rows[list(ANSWER_COLUMNS)]
    meant = [
        one
        for one in SHOWN
        if one not in {"reference": (), "single": ("lost", "won", "inconsistent"), "pairwise": ("lost", "won")}[setup.way]
    ]
    dense_id = of_run[dense[0]] if dense and dense[0] != run_id else ""
    return JudgedAnswers(
        judging_id=of_run[run_id], dense_id=dense_id, rows=rows, counts={one: int(_is_shown(rows, one).sum()) for one in meant}
    )


def _outcomes(db: Database, judging_id: str) -> pd.DataFrame:
    """Return what became of each answer of a judging: sample_id, turn, outcome."""
    table = judge_table(db, (judging_id,))
    if table.way == "single":
        has_score = np.isfinite(table.by_answer(table.scores[:, -1])[0]) if table.aspects else np.zeros(len(table.items), dtype=bool)
        words = ["scored" if one else FAILED for one in has_score]
    else:
        words = ["" if code == NOT_JUDGED else STATUSES[code] for code in table.statuses()[0]]
    return table.items[["sample_id", "turn"]].assign(outcome=[FAILED if word == PARTIAL else word for word in words])


def _is_shown(rows: pd.DataFrame, shown: str) -> pd.Series:
    """Return which rows a list is narrowed to."""
    if shown == "worse":
        return rows["change"] < 0
    if shown == "better":
        return rows["change"] > 0
    kinds = {"lost": LOSS, "won": WIN, "inconsistent": INCONSISTENT, "failed": FAILED}
    return rows["outcome"] == kinds[shown] if shown in kinds else pd.Series(True, index=rows.index)

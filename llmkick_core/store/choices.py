"""What a list of questions can be narrowed to: the values that there are for each filter of `filters.Filter`."""

from __future__ import annotations

from collections import Counter

import numpy as np

from llmkick_core.store.database import Database
from llmkick_core.store.filters import MEASURES, SCORE
from llmkick_core.store.grids import shown_values
from llmkick_core.store.pairs import pair_frame
from llmkick_core.store.tallies import task_and_set


def categories(db: Database, run: str) -> list[str]:
    """Return the categories of a run's questions, in alphabetical order; empty where the data has none."""
    _, sample_set = task_and_set(db, run)
    sql = "SELECT DISTINCT category FROM samples WHERE sample_set = $set AND category <> '' ORDER BY category"
    return [row[0] for row in db.remember(("categories", sample_set), lambda: db.rows(sql, {"set": sample_set}))]


def kinds(db: Database, dense_run: str, other_run: str, scorer: str = "corrected", measure: str | None = None) -> dict[str, int]:
    """Return the kinds of outcome of the right run's answers and how many questions have each, the most frequent first."""

    def look() -> dict[str, int]:
        frame = pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure)
        counts = Counter(kind for kinds in frame["other_kind"] for kind in kinds.split(" ") if kind)
        return dict(counts.most_common())

    return dict(db.remember(("kinds", dense_run, other_run, scorer, measure), look))


def evidence(db: Database, dense_run: str, other_run: str, scorer: str = "corrected", measure: str | None = None) -> dict[bool, int]:
    """Return how many questions of a pair have evidence that shows an answer (True) and evidence that does not; empty where there is no evidence."""

    def look() -> dict[bool, int]:
        shown = shown_values(pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure))
        return {is_shown: n for is_shown in (True, False) if (n := int((shown == is_shown).sum()))}

    return dict(db.remember(("evidence", dense_run, other_run, scorer, measure), look))


_SPANS = """
SELECT metric, min(value), max(value) FROM scores WHERE run_id = $run AND scorer = $scorer AND isfinite(value) GROUP BY metric ORDER BY metric
"""


def spans(
    db: Database, dense_run: str, other_run: str, scorer: str = "corrected", measure: str | None = None
) -> dict[str, tuple[float, float]]:
    """Return the lowest and the highest value of each measure that a range may be asked of, `score:METRIC` of the right run's answers last.

    Measures that no question of the pair has are left out.
    """

    def look() -> dict[str, tuple[float, float]]:
        frame = pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure)
        found = {}
        for name in MEASURES:
            values = frame[name].to_numpy(dtype=np.float64)
            known = values[np.isfinite(values)]
            if len(known):
                found[name] = (float(known.min()), float(known.max()))
        scored = db.rows(_SPANS, {"run": other_run, "scorer": scorer})
        return found | {f"{SCORE}{metric}": (float(low), float(high)) for metric, low, high in scored}

    return dict(db.remember(("spans", dense_run, other_run, scorer, measure), look))

"""Any stored metric of a comparison's answers over its recipes, such as ROUGE or the number of words: what can be said of summaries and conversations without a judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from llmkick_core.stats.intervals import amount_estimate
from llmkick_core.store.database import Database
from llmkick_core.store.tallies import RECIPE_ORDER

COLUMNS = ("run_id", "recipe", "method", "sparsity", "structure", "bits", "metric", "n", "score", "low", "high")

_VALUES = f"""
WITH found AS (
    SELECT run_id, metric, sample_id, avg(value) AS value FROM scores
    WHERE run_id IN (SELECT run_id FROM runs WHERE comparison_id = $comparison) AND scorer = $scorer AND metric IN (SELECT unnest($metrics)) AND isfinite(value)
    GROUP BY ALL
)
SELECT r.run_id, r.recipe, r.method, r.sparsity, r.structure, r.bits, f.metric, f.value
FROM runs r JOIN found f USING (run_id) ORDER BY {RECIPE_ORDER}, f.metric, f.sample_id
"""  # noqa: S608


def stored_scores(db: Database, comparison_id: str, metrics: Sequence[str], scorer: str = "corrected") -> pd.DataFrame:
    """Return the mean of stored metrics for every run of a comparison, in recipe order: `COLUMNS`; no row where a run has no value.

    A question of several turns has the mean of its turns. `low` and `high` are 95% intervals over questions, NaN where there are too few.

    Args:
        db: the database.
        comparison_id: the comparison.
        metrics: names in the scores table, at least 0 each.
        scorer: `corrected` or `paper`.
    """
    key = ("stored scores", comparison_id, tuple(metrics), scorer)
    frame: pd.DataFrame = db.remember(key, lambda: _stored_scores(db, comparison_id, metrics, scorer))
    return frame.copy(deep=False)


def _stored_scores(db: Database, comparison_id: str, metrics: Sequence[str], scorer: str) -> pd.DataFrame:
    values = db.query(_VALUES, {"comparison": comparison_id, "metrics": list(metrics), "scorer": scorer})
    rows = []
    for (run_id, metric), mine in values.groupby(["run_id", "metric"], sort=False):
        estimate = amount_estimate(mine["value"].to_numpy(np.float64))
        ends = {"score": estimate.score, "low": estimate.low, "high": estimate.high}
        about: dict[str, object] = {name: mine[name].iloc[0] for name in ("recipe", "method", "sparsity", "structure", "bits")}
        rows.append({"run_id": run_id, **about, "metric": metric, "n": estimate.n, **ends})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds: dict[str, str] = {**dict.fromkeys(("sparsity", "score", "low", "high"), "float64"), "bits": "Int64"}
    return frame.astype(kinds)

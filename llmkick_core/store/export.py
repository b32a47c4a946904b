"""What leaves the store as a table: two runs side by side with the answers that the list on a page has no room for."""

from __future__ import annotations

import pandas as pd

from llmkick_core.store.database import Database
from llmkick_core.store.pairs import pair_rows

_EVERYTHING = 10**9
_ANSWERS = """
SELECT sample_id, string_agg(text, chr(10) ORDER BY turn) FILTER (run_id = $dense) AS dense_answer,
    string_agg(text, chr(10) ORDER BY turn) FILTER (run_id = $other) AS other_answer
FROM answers WHERE run_id IN ($dense, $other) GROUP BY sample_id
"""


def pair_table(db: Database, dense_run: str, other_run: str, scorer: str = "corrected") -> pd.DataFrame:
    """Return every question that both runs answered, in the data set's order: the columns of `pair_rows`, dense_answer and other_answer.

    The answers of several turns stand in one cell, a line break between them.
    """
    rows = pair_rows(db, dense_run, other_run, scorer=scorer, sort="position", limit=_EVERYTHING)
    answers = db.query(_ANSWERS, {"dense": dense_run, "other": other_run})
    return rows.merge(answers, on="sample_id", how="left")

"""What leaves the store as a table: two runs side by side with the answers that the list on a page has no room for."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from llmkick_core.store.database import Database
from llmkick_core.store.notes import NOTHING, notes_of
from llmkick_core.store.pairs import pair_rows, task_and_set

_EVERYTHING = 10**9
_ANSWERS = """
SELECT sample_id, string_agg(text, chr(10) ORDER BY turn) FILTER (run_id = $dense) AS dense_answer,
    string_agg(text, chr(10) ORDER BY turn) FILTER (run_id = $other) AS other_answer
FROM answers WHERE run_id IN ($dense, $other) GROUP BY sample_id
"""


def pair_table(db: Database, dense_run: str, other_run: str, scorer: str = "corrected", ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return every question that both runs answered: the columns of `pair_rows`, dense_answer, other_answer, tags (a space between them) and note.

    The answers of several turns stand in one cell, a line break between them.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        scorer: `corrected` or `paper`.
        ids: only these questions, in this order; None takes all, in the data set's order.
    """
    rows = pair_rows(db, dense_run, other_run, scorer=scorer, sort="position", limit=_EVERYTHING)
    if ids is not None:
        known = set(rows["sample_id"])
        rows = rows.set_index("sample_id", drop=False).loc[[one for one in ids if one in known]].reset_index(drop=True)
    answers = db.query(_ANSWERS, {"dense": dense_run, "other": other_run})
    table = rows.merge(answers, on="sample_id", how="left")
    written = notes_of(db, task_and_set(db, dense_run)[1])
    found = [written.get(one, NOTHING) for one in table["sample_id"]]
    return table.assign(tags=[" ".join(note.tags) for note in found], note=[note.text for note in found])

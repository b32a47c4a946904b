"""Judgments as a table: a row for each one that counts, with the answer that it is about and the judge's words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from llmkick_core.store.database import Database
from llmkick_core.store.export_columns import Columns, schema
from llmkick_core.store.formats import Export

if TYPE_CHECKING:
    import pyarrow as pa

JUDGMENTS: Columns = {
    "judging_id": ("word", "One judge, protocol and run"),
    "run_id": ("word", "Run whose answer is judged"),
    "model": ("word", "Its model"),
    "recipe": ("word", "Its recipe"),
    "method": ("word", "Its method"),
    "sparsity": ("number", "Share of weights removed, 0-1"),
    "task": ("word", "Task"),
    "protocol": ("word", "reference, single or pairwise"),
    "opponent": ("word", "Run that it is compared with, dataset for the data set's own reference answers, empty in single"),
    "judge": ("word", "The judge"),
    "url": ("word", "Its address, or imported"),
    "prompt_version": ("whole", "Version of the protocol's prompt"),
    "temperature": ("number", "Of the judge's tokens"),
    "sample_id": ("text", "Question"),
    "question": ("text", "Its words"),
    "subject": ("word", "Its subject"),
    "turn": ("whole", "Which answer, from 0"),
    "place": ("whole", "Where the answer stood: shown first (1) or second (2)"),
    "repeat": ("whole", "Which time the same was asked, from 0"),
    "outcome": ("word", "scored, same, or the kind of failure"),
    "reason": ("text", "Why there is no verdict"),
    "winner": ("word", "Of pairwise: candidate, opponent or tie"),
    "aspects": ("texts", "What was scored"),
    "scores": ("numbers", "The answer's score on each of them"),
    "opponent_scores": ("numbers", "The reference answer's score on each"),
    "explanation": ("text", "The judge's reasons"),
    "reply": ("text", "What the judge said, as it came"),
    "answer": ("text", "The answer that was judged"),
    "opponent_answer": ("text", "The answer that it was compared with; missing in single"),
    "n_tries": ("whole", "Requests it took"),
    "prompt_tokens": ("whole", "Tokens of prompts"),
    "completion_tokens": ("whole", "Tokens of replies"),
    "cost": ("number", "US dollars; missing where the price is not known"),
    "reply_model": ("word", "Model that the server says answered"),
    "fingerprint": ("word", "The server's system_fingerprint"),
    "latency_s": ("number", "Seconds of the reply"),
    "asked_at": ("number", "When, seconds since 1970"),
    "is_cached": ("yes", "Whether the reply was paid for in another judging"),
}
"""Of judgments, one row each."""

_ROWS = """
WITH told AS (
    SELECT line, list(aspect ORDER BY aspect) AS aspects, list(score ORDER BY aspect) AS scores, list(coalesce(opponent_score, 'NaN'::DOUBLE) ORDER BY aspect) AS opponent_scores -- a NULL would come back as 0
    FROM judge_scores WHERE judging_id = $id GROUP BY line
)
SELECT m.* EXCLUDE (model, n_bytes, n_lines), m.model AS judge, j.* EXCLUDE (judging_id, line, key, finish, format, is_current), r.model, r.recipe, r.method,
    r.sparsity, r.task, s.question, s.subject, a.text AS answer,
    CASE WHEN m.opponent <> 'dataset' THEN o.text WHEN json_array_length(s.detail, '$.references') > 0
        THEN json_extract_string(s.detail, '$.references[' || j.turn || ']') ELSE s.detail->>'$.reference' END AS opponent_answer, told.* EXCLUDE (line)
FROM judgments j
JOIN judgings m ON m.judging_id = j.judging_id
LEFT JOIN told ON told.line = j.line
LEFT JOIN runs r ON r.run_id = m.run_id
LEFT JOIN samples s ON s.sample_set = r.sample_set AND s.sample_id = j.sample_id
LEFT JOIN answers a ON a.run_id = m.run_id AND a.sample_id = j.sample_id AND a.turn = j.turn
LEFT JOIN answers o ON o.run_id = m.opponent AND o.sample_id = j.sample_id AND o.turn = j.turn
WHERE j.judging_id = $id AND j.is_current
ORDER BY s.position, j.sample_id, j.turn, j.repeat, j.place
"""


def judgments_export(db: Database, judging_ids: Sequence[str] | None = None, *, run_ids: Sequence[str] | None = None) -> Export:
    """Return a row for each judgment that counts, judging by judging, in the columns of JUDGMENTS.

    Args:
        db: the database.
        judging_ids: only these judgings.
        run_ids: only those of these runs.
    """
    kinds = schema(JUDGMENTS)
    known = db.rows("SELECT judging_id, run_id FROM judgings ORDER BY run_id, protocol, model, judging_id")
    ids = [one for one, run_id in known if (judging_ids is None or one in judging_ids) and (run_ids is None or run_id in run_ids)]

    def batches() -> Iterator[pa.Table]:
        import pyarrow as pa

        for judging_id in ids:
            frame = db.query(_ROWS, {"id": judging_id})
            frame["opponent_scores"] = frame["opponent_scores"].map(_known)
            yield pa.Table.from_pandas(frame, schema=kinds, preserve_index=False)

    return Export(schema=kinds, batches=batches(), about={"rows": "judgments", "judgings": ids})


def _known(row: object) -> list[float | None] | None:
    """Return scores with None where there is none."""
    return [None if math.isnan(score) else float(score) for score in row] if isinstance(row, Iterable) else None

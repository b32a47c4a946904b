"""The schema's history: an ordered list; a database is brought to its end when it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core.errors import StoreSchemaError

if TYPE_CHECKING:
    import duckdb

VERSION_TABLE = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"
"""Makes the table that says which of the scripts ran."""

MIGRATIONS: tuple[str, ...] = (
    (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"),
    "ALTER TABLE layers ADD COLUMN position INTEGER",  # order in the model; rows of a table come back in any
    "ALTER TABLE layers ADD COLUMN note VARCHAR",  # what had to be done, such as more damping
    "ALTER TABLE answers ADD COLUMN cut VARCHAR",  # what was left out of a prompt that was too long
    """
    ALTER TABLE answers ADD COLUMN dense_n_tokens INTEGER;   -- of the dense model's answer
    ALTER TABLE answers ADD COLUMN dense_n_agreed INTEGER;   -- of these, before the first different one
    ALTER TABLE answers ADD COLUMN dense_agreed_length INTEGER; -- characters that these make
    ALTER TABLE answers ADD COLUMN dense_logprob DOUBLE;     -- of the dense model's answer under this one, nats
    ALTER TABLE answers ADD COLUMN dense_kl DOUBLE;          -- mean over its tokens, nats
    ALTER TABLE scores ADD COLUMN outcome VARCHAR;           -- right, wrong, empty, loop, overflow, unparsed
    ALTER TABLE runs ADD COLUMN temperature DOUBLE;
    ALTER TABLE runs ADD COLUMN facts JSON;                  -- how the model was asked: template, device, versions
    """,
    # without the index of a primary key, which at a million answers takes more memory than the answers: ingest replaces rows of one key; and with numbers that
    # questions are joined by
    """
    CREATE TABLE numbered_samples AS
        SELECT *, coalesce(detail->>'category', '') AS category, (detail->>'gold_choice')::INTEGER AS gold_choice,
            (detail->>'is_answer_shown')::BOOLEAN AS is_answer_shown
        FROM samples ORDER BY sample_set, position;
    CREATE TABLE numbered_answers AS
        SELECT a.*, coalesce(s.position, -1) AS position                 -- of the question in its set; -1 where the set has it not
        FROM answers a LEFT JOIN runs r USING (run_id) LEFT JOIN samples s ON s.sample_set = r.sample_set AND s.sample_id = a.sample_id
        ORDER BY a.run_id, position, a.turn;
    CREATE TABLE numbered_scores AS
        SELECT c.*, coalesce(s.position, -1) AS position
        FROM scores c LEFT JOIN runs r USING (run_id) LEFT JOIN samples s ON s.sample_set = r.sample_set AND s.sample_id = c.sample_id
        ORDER BY c.run_id, c.scorer, c.metric, position, c.turn;
    DROP TABLE samples; DROP TABLE answers; DROP TABLE scores;
    ALTER TABLE numbered_samples RENAME TO samples;
    ALTER TABLE numbered_answers RENAME TO answers;
    ALTER TABLE numbered_scores RENAME TO scores;
    """,
    """
    CREATE TABLE notes (                  -- what people wrote about questions: the last line of each in notes/<sample_set>.jsonl
        sample_set VARCHAR NOT NULL,
        sample_id VARCHAR NOT NULL,
        text VARCHAR NOT NULL,
        tags VARCHAR[] NOT NULL,
        written_at DOUBLE NOT NULL,       -- seconds since 1970
    );
    """,
    """
    CREATE TABLE judgings (
        judging_id VARCHAR NOT NULL,
        run_id VARCHAR NOT NULL,          -- the candidate
        protocol VARCHAR NOT NULL,
        opponent VARCHAR NOT NULL,        -- a run, dataset, or empty
        url VARCHAR NOT NULL,
        model VARCHAR NOT NULL,
        prompt_version INTEGER NOT NULL,
        temperature DOUBLE NOT NULL,
        n_bytes BIGINT NOT NULL,          -- of judgments.jsonl that were taken in
        n_lines INTEGER NOT NULL,
    );
    CREATE TABLE judgments (              -- every line: what was asked again is_current, what came before was paid for too
        judging_id VARCHAR NOT NULL,
        line INTEGER NOT NULL,
        sample_id VARCHAR NOT NULL,
        turn INTEGER NOT NULL,
        place INTEGER NOT NULL,           -- of the candidate: shown first or second
        repeat INTEGER NOT NULL,
        outcome VARCHAR NOT NULL,
        reason VARCHAR NOT NULL,
        winner VARCHAR NOT NULL,
        explanation VARCHAR NOT NULL,
        reply VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        finish VARCHAR NOT NULL,
        format VARCHAR NOT NULL,
        n_tries INTEGER NOT NULL,
        prompt_tokens BIGINT NOT NULL,
        completion_tokens BIGINT NOT NULL,
        cost DOUBLE,
        reply_model VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        latency_s DOUBLE NOT NULL,
        asked_at DOUBLE NOT NULL,
        is_cached BOOLEAN NOT NULL,
        is_current BOOLEAN NOT NULL,      -- whether it is the last line of its slot
    );
    CREATE TABLE judge_scores (
        judging_id VARCHAR NOT NULL,
        line INTEGER NOT NULL,
        aspect VARCHAR NOT NULL,
        score DOUBLE NOT NULL,
        opponent_score DOUBLE,
    );
    CREATE TABLE votes (                  -- the last line of each voter and answer
        run_a VARCHAR NOT NULL,
        run_b VARCHAR NOT NULL,
        sample_id VARCHAR NOT NULL,
        turn INTEGER NOT NULL,
        voter VARCHAR NOT NULL,
        winner VARCHAR NOT NULL,
        shown_first VARCHAR NOT NULL,
        voted_at DOUBLE NOT NULL,
    );
    """,
    """
    ALTER TABLE answers ADD COLUMN thought VARCHAR;          -- of a reasoning model; NULL or empty where it wrote none
    ALTER TABLE runs ADD COLUMN prompt VARCHAR;              -- how questions reached the model: plain or chat
    UPDATE runs SET prompt = CASE WHEN task IN ('summarization', 'instruction_following') THEN 'chat' ELSE 'plain' END;
    ALTER TABLE runs ADD COLUMN template_date VARCHAR;       -- the day that the chat template was told
    """,
)
"""SQL scripts; the schema's version is how many of them ran. Append, never edit one that has shipped."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring a database to the newest schema, each step in one transaction.

    Raises:
        StoreSchemaError: the database is of a newer schema than this program knows.
    """
    connection.execute(VERSION_TABLE)
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    version = int(row[0]) if row and row[0] is not None else 0
    if version > len(MIGRATIONS):
        raise StoreSchemaError(
            f"the store's database has schema {version}, this program knows up to {len(MIGRATIONS)}. "
            "Update the program, or delete results.duckdb and run `python -m llmkick_core rebuild`: the run folders hold everything."
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN")
        try:
            connection.execute(script)
            connection.execute("INSERT INTO schema_version VALUES (?)", [number])
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

"""Rows of runs, questions, layers and parts, as ingest writes them into the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmkick_core.catalog import asked_form
from llmkick_core.fingerprint import canonical_json
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.store.parts import Part

if TYPE_CHECKING:
    import duckdb


def bulk(
    cursor: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]], key: Sequence[str], *, numbered: bool = False
) -> None:
    """Insert rows by Arrow, replacing rows of the same key; names come from this module only.

    Args:
        cursor: in a transaction.
        table: its name.
        columns: the rows.
        key: columns that name a row; the first is the same in all of them.
        numbered: look up the `position` of each row's question.
    """
    import pyarrow as pa

    cursor.register("incoming", pa.table(columns))
    first, *others = key
    same = " AND ".join(f"{table}.{name} = incoming.{name}" for name in others) or "true"
    cursor.execute(f"DELETE FROM {table} USING incoming WHERE {table}.{first} = ? AND {same}", [columns[first][0]])  # noqa: S608
    names = ", ".join(columns)
    rows = "SELECT i.*, coalesce(s.position, -1) AS position FROM incoming i LEFT JOIN samples s ON s.sample_id = i.sample_id AND s.sample_set = (SELECT sample_set FROM runs WHERE run_id = $run)"
    if numbered:
        cursor.execute(f"INSERT INTO {table} ({names}, position) SELECT {names}, position FROM ({rows})", {"run": columns["run_id"][0]})  # noqa: S608
    else:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming")  # noqa: S608
    cursor.unregister("incoming")


def insert_run(cursor: duckdb.DuckDBPyConnection, run_id: str, spec: RunSpec, sample_set: str | None) -> None:
    """Write a run, in place of what was known of it."""
    recipe = spec.recipe
    row = {
        "run_id": run_id,
        "model": spec.model,
        "model_revision": spec.model_revision,
        "recipe": recipe.label,
        "method": recipe.method,
        "sparsity": recipe.sparsity,
        "structure": recipe.structure,
        "bits": recipe.bits,
        "group_size": recipe.group_size,
        "task": spec.task,
        "task_version": spec.task_version,
        "dataset": spec.dataset,
        "dataset_revision": spec.dataset_revision,
        "formulation": spec.formulation,
        "k_shot": spec.k_shot,
        "question_limit": spec.limit,
        "temperature": spec.temperature,
        "seed": spec.seed,
        "prompt": asked_form(spec),
        "template_date": spec.template_date or None,
        "comparison_id": spec.comparison_id,
        "compression_id": spec.compression_id,
        "sample_set": sample_set,
        "spec": canonical_json(spec.to_dict()),
    }
    marks = ", ".join("?" for _ in row)
    cursor.execute(f"INSERT OR REPLACE INTO runs ({', '.join(row)}) VALUES ({marks})", list(row.values()))  # noqa: S608


def insert_samples(cursor: duckdb.DuckDBPyConnection, sample_set: str, samples: Sequence[Sample]) -> None:
    """Write the questions of a set."""
    columns: dict[str, list[Any]] = {
        "sample_set": [sample_set] * len(samples),
        "sample_id": [sample.sample_id for sample in samples],
        "position": list(range(len(samples))),
        "question": [sample.question for sample in samples],
        "subject": [sample.subject for sample in samples],
        "fact": [sample.group for sample in samples],
        "gold": [sample.gold[0][0] if sample.gold and sample.gold[0] else "" for sample in samples],
        "detail": [canonical_json(sample.to_dict()) for sample in samples],
        "category": [sample.category for sample in samples],
        "gold_choice": [sample.gold_choice for sample in samples],
        "is_answer_shown": [sample.is_answer_shown for sample in samples],
    }
    bulk(cursor, "samples", columns, ("sample_set", "sample_id"))


def number(cursor: duckdb.DuckDBPyConnection, run_id: str, sample_set: str) -> None:
    """Number the answers that came in before their questions, or before a newer version of these."""
    for table in ("answers", "scores"):
        cursor.execute(f"UPDATE {table} SET position = -1 WHERE run_id = $run", {"run": run_id})  # noqa: S608
        cursor.execute(
            f"UPDATE {table} SET position = s.position FROM samples s "  # noqa: S608
            f"WHERE {table}.run_id = $run AND s.sample_set = $set AND s.sample_id = {table}.sample_id",
            {"run": run_id, "set": sample_set},
        )


def insert_layers(cursor: duckdb.DuckDBPyConnection, compression_id: str, layers: Sequence[LayerReport]) -> None:
    """Write what a compression did to each layer."""
    place: dict[str, list[Any]] = {"compression_id": [compression_id] * len(layers), "position": list(range(len(layers)))}
    bulk(cursor, "layers", {**place, **_columns(layers)}, ("compression_id", "name"))


def insert_parts(cursor: duckdb.DuckDBPyConnection, run_id: str, parts: Sequence[Part]) -> None:
    """Write the answers and scores of parts, and which parts these are."""
    # DuckDB keeps the first of two rows of one key in one statement; the later part is the one that counts
    answers = {(answer.sample_id, answer.turn): answer for part in parts for answer in part.answers}
    scores = {(score.sample_id, score.turn, score.scorer, score.metric): score for part in parts for score in part.scores}
    if answers:
        bulk(cursor, "answers", _columns(list(answers.values())), ("run_id", "sample_id", "turn"), numbered=True)
    if scores:
        bulk(cursor, "scores", _columns(list(scores.values())), ("run_id", "sample_id", "turn", "scorer", "metric"), numbered=True)
    bulk(
        cursor,
        "parts",
        {"run_id": [run_id] * len(parts), "name": [part.name for part in parts], "sha256": [part.sha256 for part in parts]},
        ("run_id", "name"),
    )


def _columns(rows: Sequence[Answer] | Sequence[Score] | Sequence[LayerReport]) -> dict[str, list[Any]]:
    """Return the fields of rows as columns."""
    return {name: [getattr(row, name) for row in rows] for name in vars(rows[0])}

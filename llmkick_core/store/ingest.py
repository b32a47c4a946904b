"""Run folders -> database, idempotently: a part is registered once, a row is keyed by run, sample and turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.errors import CorruptFileError
from llmkick_core.schema import LayerReport, RunSpec, Sample, canonical_json
from llmkick_core.store.database import Database
from llmkick_core.store.layout import DATABASE, run_dir
from llmkick_core.store.parts import Part, part_files, read_part
from llmkick_core.store.runs import read_layers, read_samples, read_spec, run_ids, sample_set_of

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """What an ingest found."""

    n_parts: int
    """Parts that were new."""
    n_answers: int
    """Answers in them."""
    damaged: tuple[str, ...] = field(default=())
    """One line for each damaged file; the others were taken in."""


def ingest(db: Database) -> IngestReport:
    """Take in everything in the run folders that the database has not yet.

    Cheap when there is nothing new: the folders are listed, no part is read twice.
    """
    known = {(run_id, name) for run_id, name in db.rows("SELECT run_id, name FROM parts")}
    seen_runs = dict(db.rows("SELECT run_id, sample_set FROM runs"))
    seen_sets = {row[0] for row in db.rows("SELECT DISTINCT sample_set FROM samples")}
    seen_layers = {row[0] for row in db.rows("SELECT DISTINCT compression_id FROM layers")}
    damaged: list[str] = []
    n_parts = n_answers = 0
    for run_id in run_ids(db.store):
        try:
            if run_id not in seen_runs or seen_runs[run_id] is None:
                _ingest_run(db, run_id, seen_sets, seen_layers, is_new=run_id not in seen_runs)
            fresh = [path for path in part_files(run_dir(db.store, run_id)) if (run_id, path.name) not in known]
        except CorruptFileError as error:
            damaged.append(str(error))
            continue
        parts = list(_readable(fresh, damaged))
        if parts:
            with db.writing() as cursor:
                _insert_parts(cursor, run_id, parts)
            n_parts += len(parts)
            n_answers += sum(len(part.answers) for part in parts)
    return IngestReport(n_parts=n_parts, n_answers=n_answers, damaged=tuple(damaged))


def rebuild(store: Path) -> IngestReport:
    """Make the database anew from the run folders.

    Raises:
        StoreBusyError: another process has it open.
    """
    if (store / DATABASE).exists():
        Database(store).close()  # refuses while another process owns it
    for name in (DATABASE, f"{DATABASE}.wal"):
        (store / name).unlink(missing_ok=True)
    with Database(store) as db:
        return ingest(db)


def _readable(paths: Iterable[Path], damaged: list[str]) -> Iterable[Part]:
    for path in paths:
        try:
            yield read_part(path)
        except CorruptFileError as error:
            damaged.append(str(error))


def _ingest_run(db: Database, run_id: str, seen_sets: set[str], seen_layers: set[str], *, is_new: bool) -> None:
    spec = read_spec(db.store, run_id)
    sample_set = sample_set_of(db.store, run_id)
    if not is_new and sample_set is None:
        return
    samples = read_samples(db.store, sample_set) if sample_set is not None and sample_set not in seen_sets else []
    layers = read_layers(db.store, run_id) if spec.compression_id not in seen_layers else []
    with db.writing() as cursor:
        _insert_run(cursor, run_id, spec, sample_set)
        if sample_set is not None and samples:
            _insert_samples(cursor, sample_set, samples)
            seen_sets.add(sample_set)
        if layers:
            _insert_layers(cursor, spec.compression_id, layers)
            seen_layers.add(spec.compression_id)


def _bulk(cursor: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[Any]]) -> None:
    """Insert rows by Arrow, replacing rows of the same key; names come from this module only."""
    import pyarrow as pa

    cursor.register("incoming", pa.table(columns))
    names = ", ".join(columns)
    cursor.execute(f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM incoming")  # noqa: S608
    cursor.unregister("incoming")


def _insert_run(cursor: duckdb.DuckDBPyConnection, run_id: str, spec: RunSpec, sample_set: str | None) -> None:
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
        "seed": spec.seed,
        "comparison_id": spec.comparison_id,
        "compression_id": spec.compression_id,
        "sample_set": sample_set,
        "spec": canonical_json(spec.to_dict()),
    }
    marks = ", ".join("?" for _ in row)
    cursor.execute(f"INSERT OR REPLACE INTO runs ({', '.join(row)}) VALUES ({marks})", list(row.values()))  # noqa: S608


def _insert_samples(cursor: duckdb.DuckDBPyConnection, sample_set: str, samples: Sequence[Sample]) -> None:
    columns: dict[str, list[Any]] = {
        "sample_set": [sample_set] * len(samples),
        "sample_id": [sample.sample_id for sample in samples],
        "position": list(range(len(samples))),
        "question": [sample.question for sample in samples],
        "subject": [sample.subject for sample in samples],
        "fact": [sample.group for sample in samples],
        "gold": [sample.gold[0][0] if sample.gold and sample.gold[0] else "" for sample in samples],
        "detail": [canonical_json(sample.to_dict()) for sample in samples],
    }
    _bulk(cursor, "samples", columns)


def _insert_layers(cursor: duckdb.DuckDBPyConnection, compression_id: str, layers: Sequence[LayerReport]) -> None:
    rows = [layer.to_dict() for layer in layers]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    _bulk(cursor, "layers", {"compression_id": [compression_id] * len(rows), **columns})


def _insert_parts(cursor: duckdb.DuckDBPyConnection, run_id: str, parts: Sequence[Part]) -> None:
    answers = [answer for part in parts for answer in part.answers]
    scores = [score for part in parts for score in part.scores]
    if answers:
        _bulk(cursor, "answers", _columns([answer.to_dict() for answer in answers]))
    if scores:
        _bulk(cursor, "scores", _columns([score.to_dict() for score in scores]))
    _bulk(
        cursor,
        "parts",
        {"run_id": [run_id] * len(parts), "name": [part.name for part in parts], "sha256": [part.sha256 for part in parts]},
    )


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [list(row[name]) if isinstance(row[name], tuple) else row[name] for row in rows] for name in rows[0]}



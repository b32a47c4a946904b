"""Run folders -> database, idempotently: a part is registered once, a row is keyed by run, sample and turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.catalog import asked_form
from llmkick_core.errors import CorruptFileError, StoreBusyError, StoreError
from llmkick_core.fingerprint import canonical_json
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.store.database import Database
from llmkick_core.store.judged import take_in_judgings
from llmkick_core.store.layout import DATABASE, run_dir
from llmkick_core.store.notes import take_in_notes
from llmkick_core.store.opener import look, remove
from llmkick_core.store.parts import Part, part_files, read_part
from llmkick_core.store.runs import odd_entries, read_facts, read_layers, read_samples, read_spec, run_folders, sample_set_of
from llmkick_core.store.votes import take_in_votes

if TYPE_CHECKING:
    import duckdb

_BATCH_ROWS = 20_000
_SETTLING_NS = 2_000_000_000  # a folder's time is coarse: only one that has been quiet so long is known to be read whole


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

    Cheap when there is nothing new: a folder that has not changed since it was taken in whole is not opened. Threads that call it at once
    take turns.
    """
    with db.ingest_lock:
        return _ingest(db)


def _ingest(db: Database, on_run: Callable[[int, int], None] | None = None) -> IngestReport:
    started_ns = time.time_ns()
    damaged = [*odd_entries(db.store), *take_in_notes(db), *take_in_judgings(db), *take_in_votes(db)]
    changed = [(run_id, at) for run_id, at in _folders(db.store) if db.settled.get(run_id) != at]
    if not changed:
        return IngestReport(n_parts=0, n_answers=0, damaged=tuple(damaged))
    seen = _Seen(
        parts={(run_id, name) for run_id, name in db.rows("SELECT run_id, name FROM parts")},
        runs={
            run_id: (compression, samples)
            for run_id, compression, samples in db.rows("SELECT run_id, compression_id, sample_set FROM runs")
        },
        sample_sets={row[0] for row in db.rows("SELECT DISTINCT sample_set FROM samples")},
        compressions={row[0] for row in db.rows("SELECT DISTINCT compression_id FROM layers")},
        facts=dict(db.rows("SELECT run_id, facts FROM runs WHERE facts IS NOT NULL")),
    )
    n_parts = n_answers = 0
    for n_done, (run_id, at) in enumerate(changed):
        if on_run is not None:
            on_run(n_done, len(changed))
        n_damaged = len(damaged)
        n_new, n_said = _take_in(db, run_id, seen, damaged)
        n_parts, n_answers = n_parts + n_new, n_answers + n_said
        if len(damaged) == n_damaged and started_ns - at > _SETTLING_NS:
            db.settled[run_id] = at
    return IngestReport(n_parts=n_parts, n_answers=n_answers, damaged=tuple(damaged))


def _take_in(db: Database, run_id: str, seen: _Seen, damaged: list[str]) -> tuple[int, int]:
    """Take in one run, and return how many parts were new and the answers in them; what is damaged is named, and the rest taken in."""
    with _damage(db, run_id, damaged):
        known = seen.runs.get(run_id, ("", None))[1]
        if known is None or sample_set_of(db.store, run_id) not in (
            known,
            None,
        ):  # a run that goes on may ask a newer version of its questions
            _ingest_run(db, run_id, seen)
    if run_id not in seen.runs:
        return 0, 0
    with _damage(db, run_id, damaged):
        _ingest_layers(db, run_id, seen)
        _ingest_facts(db, run_id, seen)
    fresh: list[Path] = []
    with _damage(db, run_id, damaged):
        fresh = [path for path in part_files(run_dir(db.store, run_id)) if (run_id, path.name) not in seen.parts]
    n_parts = n_answers = 0
    for parts in _batches(_readable(fresh, run_id, damaged)):
        with _damage(db, run_id, damaged):
            with db.writing() as cursor:
                _insert_parts(cursor, run_id, parts)
            n_parts += len(parts)
            n_answers += sum(len(part.answers) for part in parts)
    return n_parts, n_answers


@contextmanager
def _damage(db: Database, run_id: str, damaged: list[str]) -> Iterator[None]:
    """Name what is wrong with the files of one run, so that the others are taken in; a database that cannot be used stays an error."""
    import duckdb
    import pyarrow as pa

    try:
        yield
    except CorruptFileError as error:
        damaged.append(str(error))
    except (StoreError, OverflowError, pa.ArrowException) as error:
        cause = error.__cause__ if isinstance(error, StoreError) else error
        unfit = duckdb.DataError | duckdb.IntegrityError | duckdb.ProgrammingError | OverflowError | pa.ArrowException
        if db.is_broken or not isinstance(cause, unfit):
            raise
        reason = str(cause).splitlines()[0].rstrip(".")
        damaged.append(f"{run_dir(db.store, run_id)} cannot be taken in: {reason}. Move that folder away and submit the run again.")


def _folders(store: Path) -> list[tuple[str, int]]:
    """Return the runs that have a spec, in order, each with the time its folder last changed, nanoseconds."""
    return [(one.name, one.changed_ns) for one in run_folders(store)]


def rebuild(store: Path) -> IngestReport:
    """Make the database anew from the run folders; a damaged one, or one of a newer schema, is replaced.

    Raises:
        StoreBusyError: this or another process has it open.
        StoreError: the folder cannot be written.
    """
    try:
        Database(store).close()
    except StoreBusyError:
        raise
    except StoreError:
        found = [look(store / name) for name in (DATABASE, f"{DATABASE}.wal")]
        if not any(one is not None and not one.is_folder for one in found):
            raise
    for name in (DATABASE, f"{DATABASE}.wal"):
        remove(store / name)  # of a link the link itself
    with Database(store) as db:
        return ingest(db)


def refill(db: Database, on_run: Callable[[int, int], None] | None = None) -> IngestReport:
    """Empty an open database and take everything in again, for the process that owns it.

    What a call that was broken off has not taken in, the next `ingest` does.

    Args:
        db: the open database.
        on_run: told (run folders done, run folders in all) before each.
    """
    with db.ingest_lock:
        with db.writing() as cursor:
            for table in (
                "parts",
                "scores",
                "answers",
                "layers",
                "samples",
                "runs",
                "notes",
                "judgings",
                "judgments",
                "judge_scores",
                "votes",
            ):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        db.settled.clear()
        db.notes_read.clear()
        db.votes_read.clear()
        return _ingest(db, on_run)


def _readable(paths: Iterable[Path], run_id: str, damaged: list[str]) -> Iterator[Part]:
    for path in paths:
        try:
            part = read_part(path)
            strangers = ({answer.run_id for answer in part.answers} | {score.run_id for score in part.scores}) - {run_id}
            if strangers:
                raise CorruptFileError(f"{path} holds answers of run {min(strangers)}, not of {run_id}; move it to that run's folder.")
            yield part
        except CorruptFileError as error:
            damaged.append(str(error))


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Yield parts in lists of some thousand answers: few transactions, bounded memory."""
    batch: list[Part] = []
    for part in parts:
        batch.append(part)
        if sum(len(one.answers) + len(one.scores) for one in batch) >= _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the database has already."""

    parts: set[tuple[str, str]]
    """Run and name of each part."""
    runs: dict[str, tuple[str, str | None]]
    """Compression and questions of each run; None while the questions are not known."""
    sample_sets: set[str]
    """Questions, shared by runs that ask the same."""
    compressions: set[str]
    """Compressions whose layers are known, shared by runs of one compressed model."""
    facts: dict[str, str]
    """How the model of each run was asked, as JSON, where that is known."""


def _ingest_run(db: Database, run_id: str, seen: _Seen) -> None:
    spec = read_spec(db.store, run_id)
    sample_set = sample_set_of(db.store, run_id)
    if run_id in seen.runs and sample_set is None:
        return
    samples = read_samples(db.store, sample_set) if sample_set is not None and sample_set not in seen.sample_sets else []
    with db.writing() as cursor:
        _insert_run(cursor, run_id, spec, sample_set)
        if sample_set is not None and samples:
            _insert_samples(cursor, sample_set, samples)
        if sample_set is not None and run_id in seen.runs:
            _number(cursor, run_id, sample_set)
    seen.runs[run_id] = (spec.compression_id, sample_set)
    if sample_set is not None:
        seen.sample_sets.add(sample_set)


def _ingest_layers(db: Database, run_id: str, seen: _Seen) -> None:
    """Take in what compression did to each layer, which a worker writes long after the questions."""
    compression_id = seen.runs[run_id][0]
    layers = read_layers(db.store, run_id) if compression_id not in seen.compressions else []
    if layers:
        with db.writing() as cursor:
            _insert_layers(cursor, compression_id, layers)
        seen.compressions.add(compression_id)


def _ingest_facts(db: Database, run_id: str, seen: _Seen) -> None:
    """Take in how a run's model is asked, which a worker writes when it begins to, and again where it goes on in another way."""
    facts = read_facts(db.store, run_id)
    told = canonical_json(facts)
    if facts and told != seen.facts.get(run_id):
        with db.writing() as cursor:
            cursor.execute("UPDATE runs SET facts = ? WHERE run_id = ?", [told, run_id])
        seen.facts[run_id] = told


def _bulk(
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
        "category": [sample.category for sample in samples],
        "gold_choice": [sample.gold_choice for sample in samples],
        "is_answer_shown": [sample.is_answer_shown for sample in samples],
    }
    _bulk(cursor, "samples", columns, ("sample_set", "sample_id"))


def _number(cursor: duckdb.DuckDBPyConnection, run_id: str, sample_set: str) -> None:
    """Number the answers that came in before their questions, or before a newer version of these."""
    for table in ("answers", "scores"):
        cursor.execute(f"UPDATE {table} SET position = -1 WHERE run_id = $run", {"run": run_id})  # noqa: S608
        cursor.execute(
            f"UPDATE {table} SET position = s.position FROM samples s "  # noqa: S608
            f"WHERE {table}.run_id = $run AND s.sample_set = $set AND s.sample_id = {table}.sample_id",
            {"run": run_id, "set": sample_set},
        )


def _insert_layers(cursor: duckdb.DuckDBPyConnection, compression_id: str, layers: Sequence[LayerReport]) -> None:
    place: dict[str, list[Any]] = {"compression_id": [compression_id] * len(layers), "position": list(range(len(layers)))}
    _bulk(cursor, "layers", {**place, **_columns(layers)}, ("compression_id", "name"))


def _insert_parts(cursor: duckdb.DuckDBPyConnection, run_id: str, parts: Sequence[Part]) -> None:
    # DuckDB keeps the first of two rows of one key in one statement; the later part is the one that counts
    answers = {(answer.sample_id, answer.turn): answer for part in parts for answer in part.answers}
    scores = {(score.sample_id, score.turn, score.scorer, score.metric): score for part in parts for score in part.scores}
    if answers:
        _bulk(cursor, "answers", _columns(list(answers.values())), ("run_id", "sample_id", "turn"), numbered=True)
    if scores:
        _bulk(cursor, "scores", _columns(list(scores.values())), ("run_id", "sample_id", "turn", "scorer", "metric"), numbered=True)
    _bulk(
        cursor,
        "parts",
        {"run_id": [run_id] * len(parts), "name": [part.name for part in parts], "sha256": [part.sha256 for part in parts]},
        ("run_id", "name"),
    )


def _columns(rows: Sequence[Answer] | Sequence[Score] | Sequence[LayerReport]) -> dict[str, list[Any]]:
    """Return the fields of rows as columns."""
    return {name: [getattr(row, name) for row in rows] for name in vars(rows[0])}

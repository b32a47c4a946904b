"""Run folders -> database, idempotently: a part is registered once, a row is keyed by run, sample and turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core.errors import CorruptFileError, StoreBusyError, StoreError
from llmkick_core.fingerprint import canonical_json
from llmkick_core.store.damage import few
from llmkick_core.store.database import Database
from llmkick_core.store.fit import Shape, fitted, needs_shape, shapes_of, shares_only
from llmkick_core.store.ingest_rows import insert_layers, insert_parts, insert_run, insert_samples, number
from llmkick_core.store.judged import take_in_judgings
from llmkick_core.store.layout import DATABASE, run_dir, samples_file
from llmkick_core.store.notes import take_in_notes
from llmkick_core.store.opener import Entry, entries, look, remove
from llmkick_core.store.parts import Part, part_files, read_part
from llmkick_core.store.runs import odd_entries, read_facts, read_layers, read_samples, read_spec, run_folders, sample_set_of
from llmkick_core.store.votes import take_in_votes

if TYPE_CHECKING:
    pass

_BATCH_ROWS = 20_000
_OFTEN = ("status.json", "drafts.json", "cancel")  # of a run folder, what changes while nothing is to be taken in
_SETTLING_NS = 2_000_000_000  # a folder's time is coarse: only one that has been quiet so long is known to be read whole


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """What an ingest found."""

    n_parts: int
    """Parts that were new."""
    n_answers: int
    """Answers in them."""
    damaged: tuple[str, ...] = field(default=())
    """One line for each damaged file, the first of many; the others were taken in."""


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
    changed = [(run_id, at) for run_id, at in changed if not _is_damaged_still(db, run_id, damaged)]
    if not changed:
        return IngestReport(n_parts=0, n_answers=0, damaged=few(damaged))
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
        before, wrong = _held(db.store, run_id), list[str]()
        n_new, n_said = _take_in(db, run_id, seen, wrong)
        n_parts, n_answers = n_parts + n_new, n_answers + n_said
        damaged += wrong
        if wrong:
            db.damaged_runs[run_id] = (before, few(wrong))
        elif started_ns - at > _SETTLING_NS:
            db.settled[run_id] = at
    return IngestReport(n_parts=n_parts, n_answers=n_answers, damaged=few(damaged))


def _is_damaged_still(db: Database, run_id: str, damaged: list[str]) -> bool:
    """Return whether a run is known to be damaged and none of its files has changed; what is wrong is then named without reading them again."""
    held, wrong = db.damaged_runs.get(run_id, (None, ()))
    if not wrong or held != _held(db.store, run_id):
        db.damaged_runs.pop(run_id, None)
        return False
    damaged += wrong
    return True


def _held(store: Path, run_id: str) -> Hashable:
    """Return what tells whether the files that a run is taken in from have changed."""
    found: list[Entry | None] = [look(run_dir(store, run_id))]
    with suppress(CorruptFileError):
        found += [one for one in entries(run_dir(store, run_id)) if one.name not in _OFTEN]
    with suppress(CorruptFileError):
        sample_set = sample_set_of(store, run_id)
        found.append(look(samples_file(store, sample_set)) if sample_set is not None else None)
    return tuple(found)


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
    for parts in _batches(_readable(db, seen, fresh, run_id, damaged)):
        with _damage(db, run_id, damaged):
            with db.writing() as cursor:
                insert_parts(cursor, run_id, parts)
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
    except (StoreError, OverflowError, ValueError, pa.ArrowException) as error:
        cause = error.__cause__ if isinstance(error, StoreError) else error
        unfit = duckdb.DataError | duckdb.IntegrityError | duckdb.ProgrammingError | OverflowError | ValueError | pa.ArrowException
        if db.is_broken or not isinstance(cause, unfit):
            raise
        reason = next(iter(str(cause).splitlines()), type(cause).__name__).rstrip(".")
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
        db.damaged_runs.clear()
        db.notes_read.clear()
        db.votes_read.clear()
        return _ingest(db, on_run)


def _readable(db: Database, seen: _Seen, paths: Iterable[Path], run_id: str, damaged: list[str]) -> Iterator[Part]:
    """Yield the parts of a run that can be read, without answers that do not fit their questions."""
    for path in paths:
        try:
            part = read_part(path)
            strangers = ({answer.run_id for answer in part.answers} | {score.run_id for score in part.scores}) - {run_id}
            if strangers:
                raise CorruptFileError(f"{path} holds answers of run {min(strangers)}, not of {run_id}; move it to that run's folder.")
            part, odd = shares_only(part, path)
            wrong = ""
            if needs_shape(part.answers):
                part, wrong = fitted(part, path, seen.shapes_of(db, run_id))
            damaged += [told for told in (odd, wrong) if told]
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
    shapes: dict[str, dict[str, Shape]] = field(default_factory=dict)
    """What the questions of each set can be answered with, as far as that was asked for."""

    def shapes_of(self, db: Database, run_id: str) -> dict[str, Shape]:
        """Return what the questions of a run can be answered with."""
        sample_set = self.runs[run_id][1] or ""
        if sample_set not in self.shapes:
            self.shapes[sample_set] = shapes_of(db, sample_set)
        return self.shapes[sample_set]


def _ingest_run(db: Database, run_id: str, seen: _Seen) -> None:
    spec = read_spec(db.store, run_id)
    sample_set = sample_set_of(db.store, run_id)
    if run_id in seen.runs and sample_set is None:
        return
    samples = read_samples(db.store, sample_set) if sample_set is not None and sample_set not in seen.sample_sets else []
    with db.writing() as cursor:
        insert_run(cursor, run_id, spec, sample_set)
        if sample_set is not None and samples:
            insert_samples(cursor, sample_set, samples)
        if sample_set is not None and run_id in seen.runs:
            number(cursor, run_id, sample_set)
    seen.runs[run_id] = (spec.compression_id, sample_set)
    if sample_set is not None:
        seen.sample_sets.add(sample_set)


def _ingest_layers(db: Database, run_id: str, seen: _Seen) -> None:
    """Take in what compression did to each layer, which a worker writes long after the questions."""
    compression_id = seen.runs[run_id][0]
    layers = read_layers(db.store, run_id) if compression_id not in seen.compressions else []
    if layers:
        with db.writing() as cursor:
            insert_layers(cursor, compression_id, layers)
        seen.compressions.add(compression_id)


def _ingest_facts(db: Database, run_id: str, seen: _Seen) -> None:
    """Take in how a run's model is asked, which a worker writes when it begins to, and again where it goes on in another way."""
    facts = read_facts(db.store, run_id)
    told = canonical_json(facts)
    if facts and told != seen.facts.get(run_id):
        with db.writing() as cursor:
            cursor.execute("UPDATE runs SET facts = ? WHERE run_id = ?", [told, run_id])
        seen.facts[run_id] = told

"""A worker process: takes queued runs, those of one recipe together, until there are none.

    python -m llmkick_core.jobs.worker --store data/store

Dense runs come first, because every comparison needs them; then groups in the order they were submitted. It may be killed at any moment:
finished blocks and answered questions are on disk, and the next worker goes on from there. Several may work on one store, each at a recipe of
its own (crew.py says how many): those after the first take small models only. SIGTERM ends it within seconds, and so does cancelling what it is at,
whatever it is at (stopping.py).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from llmkick_core import settings
from llmkick_core.decoding import whole
from llmkick_core.errors import CorruptFileError, JobError, LlmkickError, RunCancelled
from llmkick_core.jobs.consent import end_marks, sends_key
from llmkick_core.jobs.crew import is_small, threads_of
from llmkick_core.jobs.local import LOG, LocalExecutor
from llmkick_core.jobs.preflight import check_runs
from llmkick_core.jobs.stopping import Stopping
from llmkick_core.models.locate import at_revision, fetch, first_line, is_endpoint, locate
from llmkick_core.run import execute
from llmkick_core.schema import RunSpec
from llmkick_core.store.kept import kept_ids, kept_size, surplus
from llmkick_core.store.layout import checkpoint_dir, read_json, run_dir, write_atomic
from llmkick_core.store.locks import group_lock, held, is_held, worker_lock
from llmkick_core.store.opener import files
from llmkick_core.store.runs import read_status, write_status
from llmkick_core.store.trees import remove_tree

IDLE_S = 20.0
"""How long a worker without work waits for more; starting one takes seconds."""

MOST_DEATHS = 5
"""Workers in a row that may die at one group of runs without any progress before its runs count as failed."""

_NICE = 10  # below the app, which people wait for; where nobody does, nothing is lost
_LONGEST_REASON = 300
_POLL_S = 0.25
_TELL_S = 0.5  # between two writings of what is being fetched
_GROUP_PATIENCE_S = 0.05  # there are other groups

logger = logging.getLogger(__name__)


def work(
    store: Path,
    *,
    device: str | None = None,
    idle_s: float = IDLE_S,
    slot: int = 0,
    n_workers: int = 1,
    stopping: Stopping | None = None,
) -> bool:
    """Compute queued runs until none has come for `idle_s` seconds; return False at once where another worker has its slot of the device.

    Args:
        store: root of the store.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        idle_s: seconds to wait for more work.
        slot: which of the device's workers this is, from 0.
        n_workers: workers that share the machine.
        stopping: ends this process within seconds where it is told to, or where the runs it is at were cancelled; None leaves that to the runs.

    Raises:
        JobError: runs could not be brought to an end, so that going on would only repeat it.
        StoreError: the store cannot be written.
    """
    executor = LocalExecutor(store, device=device)
    lock = worker_lock(store, executor.device, slot)
    stopping = stopping or Stopping(store)
    while True:
        with held(lock) as is_mine:
            if not is_mine:
                return False
            prune_kept(executor)
            _work_off(executor, idle_s, slot, n_workers, stopping)
        # who submits looks at the lock after queueing, so whatever was queued while it was still held is seen here
        if stopping.is_told or not next_group(executor, slot):
            return True


def next_group(executor: LocalExecutor, slot: int = 0) -> list[RunSpec]:
    """Return the queued runs to be computed next: those of one recipe, dense first, then the longest waiting; empty where none waits.

    A worker in another slot than the first is given small models only: two large ones side by side would not fit.
    """
    groups: dict[str, list[RunSpec]] = {}
    for spec, status in executor.runs():  # by age
        if status.state == "queued":
            groups.setdefault(spec.compression_id, []).append(spec)
    free = [group for identity, group in groups.items() if not is_held(group_lock(executor.store, identity))]
    free = [group for group in free if slot == 0 or is_small(group[0].model)]
    return min(free, key=lambda group: not group[0].recipe.is_dense, default=[])


def prune_kept(executor: LocalExecutor, spared: Collection[str] = ()) -> None:
    """Remove compressed models above what the store is to keep, those used longest ago first, but none that a run waits for and none that is spared.

    Both are told by their `compression_id`.
    """
    limit = settings.kept_bytes()
    if kept_size(executor.store) <= limit:
        return
    runs = executor.runs()
    waiting = {spec.compression_id for spec, status in runs if status.state in ("queued", "running")}
    known = {spec.compression_id for spec, _ in runs} | kept_ids(executor.store)
    for folder in surplus(executor.store, limit, known - waiting - set(spared)):
        with held(group_lock(executor.store, folder.name), patience_s=0) as is_mine:
            if is_mine:
                remove_tree(folder)


def _work_off(executor: LocalExecutor, idle_s: float, slot: int, n_workers: int, stopping: Stopping) -> None:
    until = time.monotonic() + idle_s
    checked: set[str] = set()
    while not stopping.is_told:
        group = next_group(executor, slot)
        if group:
            if _take_on(executor, group, checked, n_workers, stopping):
                until = time.monotonic() + idle_s
        elif time.monotonic() >= until:
            return
        else:
            time.sleep(_POLL_S)


def _take_on(executor: LocalExecutor, group: Sequence[RunSpec], checked: set[str], n_workers: int, stopping: Stopping) -> bool:
    """Compute a group, or let its runs fail with the reason; return whether it was computed. A defect that one group meets ends that group alone."""
    try:
        if refuse_unusable(executor, group[0].model, checked, stopping):
            return False
        _compute(executor, group, threads_of(group[0].model, n_workers), stopping)
        prune_kept(executor)
    except LlmkickError:
        raise  # the store cannot be written, or the same would happen again
    except Exception as error:
        logger.exception("a group of runs could not be computed")
        message = f"{type(error).__name__}: {first_line(error)[:_LONGEST_REASON]} (a defect; {executor.store / LOG} has the details)."
        _end(executor, dict.fromkeys(group, message), ("queued", "running"))
        return False
    return True


def refuse_unusable(executor: LocalExecutor, model: str, checked: set[str], stopping: Stopping) -> bool:
    """Fail the queued runs of a model that cannot be computed, before any of them is; return whether there was one.

    A model that is not on this machine yet is downloaded or dequantized first, because its tokenizer decides. Runs in `checked` were looked at before; the
    others are added.
    """
    waiting = [spec for spec, status in executor.runs() if status.state == "queued" and spec.model == model and spec.run_id not in checked]
    checked.update(spec.run_id for spec in waiting)
    try:
        if waiting and not is_endpoint(model):
            with stopping.at(waiting):
                _fetch(executor, waiting, model, stopping)
    except RunCancelled:
        return False  # the run itself tells
    except LlmkickError as error:
        return _fail(executor, dict.fromkeys(waiting, str(error)))
    suspects = [spec for group in _by_recipe(waiting) if _problem(group, executor.store) for spec in group]
    problems = {spec: _problem([spec], executor.store) for spec in suspects}
    return _fail(executor, {spec: message for spec, message in problems.items() if message})


def _fail(executor: LocalExecutor, problems: Mapping[RunSpec, str]) -> bool:
    """Let queued runs fail with their reasons; return whether there was one."""
    _end(executor, problems, ("queued",))
    return bool(problems)


def _end(executor: LocalExecutor, problems: Mapping[RunSpec, str], states: Collection[str]) -> None:
    """Let those runs fail that are in some states; they do not run by themselves any more."""
    for spec, message in problems.items():
        status = read_status(executor.store, spec.run_id)
        if status.state in states:
            write_status(executor.store, replace(status, state="failed", stage="", message=message, updated_at=time.time()))
    if problems:
        end_marks(executor.store, [spec.run_id for spec in problems])


def _fetch(executor: LocalExecutor, waiting: Sequence[RunSpec], model: str, stopping: Stopping) -> None:
    """Have the files of a model, telling in the statuses of the runs that wait for it what is done."""
    told_at = 0.0

    def report(stage: str) -> None:
        nonlocal told_at
        if not stage or time.monotonic() - told_at >= _TELL_S:
            told_at = time.monotonic()
            for status in executor.status([spec.run_id for spec in waiting]):
                if status.state == "queued" and status.stage != stage:
                    write_status(executor.store, replace(status, stage=stage, updated_at=time.time()))

    def should_stop() -> bool:
        return stopping.is_told or all(status.state != "queued" for status in executor.status([spec.run_id for spec in waiting]))

    location = locate(model)
    revision = waiting[0].model_revision
    if model.startswith("hub:") and location.revision != revision:
        location = at_revision(location, revision)
    try:
        fetch(location, report=report, should_stop=should_stop)
    finally:
        report("")


def _by_recipe(specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
    groups: dict[str, list[RunSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.compression_id, []).append(spec)
    return list(groups.values())


def _problem(specs: Sequence[RunSpec], store: Path) -> str:
    """Return why some runs cannot be computed, or nothing."""
    try:
        for spec in specs:
            sends_key(store, spec)
        check_runs(specs, store)
    except LlmkickError as error:
        return str(error)
    return ""


def _compute(executor: LocalExecutor, group: Sequence[RunSpec], threads: int | None, stopping: Stopping) -> None:
    """Compute one group under its lock.

    Raises:
        JobError: its runs are still not at an end, as on a full disk.
    """
    lock = group_lock(executor.store, group[0].compression_id)
    with held(lock, patience_s=_GROUP_PATIENCE_S) as is_mine:
        if not is_mine:
            return
        # another worker may have ended some since they were found; one that still reads "running" here died at it
        group = [spec for spec in group if read_status(executor.store, spec.run_id).state in ("queued", "running")]
        if not group:
            return
        ids = [spec.run_id for spec in group]
        submitted = {status.run_id: status.submitted_at for status in executor.status(ids)}
        n_deaths = _count_deaths(executor.store, lock, group)
        if n_deaths >= MOST_DEATHS:
            _give_up(executor, group, n_deaths)
        else:
            logger.info("computing %s: %s", group[0].recipe.label, ", ".join(spec.task for spec in group))
            with stopping.at(group):
                execute(
                    executor.store,
                    group,
                    device=executor.device,
                    threads=threads,
                    has_key=all(sends_key(executor.store, spec) for spec in group),
                    is_ending=lambda: stopping.is_told,
                )
        write_atomic(lock.with_suffix(".json"), "{}")
        end_marks(executor.store, ids)
    # a run that failed and was submitted again meanwhile is not one that came to no end: it waits for its next turn
    unfinished = [s.run_id for s in executor.status(ids) if s.state == "queued" and s.submitted_at == submitted[s.run_id]]
    if unfinished and not stopping.is_told:
        raise JobError(f"run {unfinished[0]} came to no end; see {executor.store / 'worker.log'}, make room on the disk, and start again.")


def _count_deaths(store: Path, lock: Path, group: Sequence[RunSpec]) -> int:
    """Return how many workers in a row died at this group without a new part or block, and count this one as the next until it is done."""
    note = lock.with_suffix(".json")
    progress = sum(len(files(run_dir(store, spec.run_id), "part-.*")) for spec in group)
    progress += len(files(checkpoint_dir(store, group[0].compression_id), "block-.*"))
    try:
        last = read_json(note)
    except (FileNotFoundError, CorruptFileError):
        last = {}
    told = last.get("n_deaths") if isinstance(last, dict) and last.get("progress") == progress else 0
    n_deaths = told if isinstance(told, int) and whole().holds(told) else 0
    write_atomic(note, json.dumps({"n_deaths": n_deaths + 1, "progress": progress}))
    return n_deaths


def _give_up(executor: LocalExecutor, group: Sequence[RunSpec], n_deaths: int) -> None:
    message = (
        f"{n_deaths} workers in a row died at this recipe without getting on, most likely for lack of memory; see {executor.store / 'worker.log'}, "
        "free memory or choose a smaller model, and submit the run again."
    )
    for status in executor.status([spec.run_id for spec in group]):
        write_status(executor.store, replace(status, state="failed", message=message, updated_at=time.time()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m llmkick_core.jobs.worker", description="Compute the queued runs of a store.")
    parser.add_argument("--store", type=Path, default=settings.store_root(), help="folder that runs write to")
    parser.add_argument("--device", default=None, help="cpu, cuda, cuda:1; the best there is where it is left out")
    parser.add_argument("--slot", type=int, default=0, help="which of the device's workers this is, from 0")
    parser.add_argument("--workers", type=int, default=1, help="workers that share the machine")
    parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds to wait for more work")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
    try:
        store = options.store.expanduser().resolve()
        with Stopping(store).on_signals() as stopping:
            work(store, device=options.device, idle_s=options.idle, slot=options.slot, n_workers=options.workers, stopping=stopping)
    except LlmkickError as error:
        logger.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    sys.exit(main())

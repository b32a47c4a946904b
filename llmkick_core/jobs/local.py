"""Runs on this machine: a queue of run folders, and worker processes; crew.py says how many.

    executor = LocalExecutor(settings.store_root())
    ids = executor.submit(plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"]))
    executor.ensure_worker()
    executor.status(ids)  # -> [RunStatus(state="running", stage="asking", n_done=128, n_total=200, ...)]

All state lies in the run folders, so the command line and the app may watch the same runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import CorruptFileError, JobError, StoreError
from llmkick_core.jobs.consent import By, asked_by, end_marks, has_ended, mark
from llmkick_core.jobs.crew import crew_size, most_workers
from llmkick_core.models.locate import is_imported, no_model
from llmkick_core.run import CANCEL
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir, write_atomic
from llmkick_core.store.locks import group_lock, is_held, worker_lock
from llmkick_core.store.marks import changing
from llmkick_core.store.opener import exists, is_id, open_file, read_end, remove
from llmkick_core.store.parts import part_files, read_part
from llmkick_core.store.runs import read_samples, read_spec, read_status, run_ids, sample_set_of, write_spec, write_status
from llmkick_core.store.traces import awaits_dense, late_comparisons

LOG = "worker.log"
"""What workers print, in the store."""

_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}
"""Settings of glibc that keep freed memory: fresh pages for every activation cost a small model a tenth of its time."""

_CLOCKS_S = 60.0  # by which the clocks of two machines may differ
_LOOK_S = 2.0  # between two looks for work for one more worker, each of which reads all statuses
_LOG_LINE = re.compile(r"\S+ \S+ (\d+) [A-Z]+ ")  # time, process, level

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Workers started by this process, by their lock file."""


class LocalExecutor:
    """Queue and worker of one store on this machine."""

    def __init__(self, store: Path, *, device: str | None = None) -> None:
        self.store = store
        self.device = device or settings.device()
        self._specs: dict[str, RunSpec] = {}  # a run's spec never changes
        self._looked_at = -_LOOK_S

    def submit(self, specs: Sequence[RunSpec], *, by: By = "command") -> list[str]:
        """Queue runs and return their ids, in order; a run that is done, queued or running is left as it is. They are marked as asked for here, by whom.

        A done run with a damaged part, or whose questions are damaged, is queued again: its other answers are kept. So is one that was asked before the
        dense answers were there, to be compared with them, also where these are only being given now. One that was asked to stop
        and still runs goes on.

        Raises:
            ModelError: the model of a run is known by imported answers alone, and the run is not done.
            StoreError: the store cannot be written.
        """
        self._looked_at = -_LOOK_S
        whole_sets: set[str] = set()
        for spec in specs:
            if is_imported(spec.model) and not self._is_settled(spec, whole_sets):
                raise no_model(spec.model)
        with changing(self.store):
            for spec in sorted(
                dict.fromkeys(specs), key=lambda one: not one.recipe.is_dense
            ):  # what waits for dense answers sees them queued
                self._submit(spec, by, whole_sets)
        return [spec.run_id for spec in specs]

    def _submit(self, spec: RunSpec, by: By, whole_sets: set[str]) -> None:
        is_settled = self._is_settled(spec, whole_sets)
        mark(self.store, [spec.run_id], by, is_open=not is_settled or read_status(self.store, spec.run_id).state != "done")
        if not is_settled:
            write_status(self.store, RunStatus(run_id=spec.run_id, submitted_at=time.time(), updated_at=time.time()))
        remove(run_dir(self.store, spec.run_id) / CANCEL)
        if not is_settled:
            write_spec(self.store, spec)  # last: a folder with a spec is a run

    def cancel(self, run_ids: Sequence[str]) -> None:
        """Ask runs to stop, which they do within seconds; what they answered stays. Runs that ended are left as they are.

        Raises:
            JobError: there is no such run.
        """
        for status in self.status(run_ids):
            if status.state in ("queued", "running"):
                write_atomic(run_dir(self.store, status.run_id) / CANCEL, "")
        end_marks(self.store, run_ids, is_cancelling=True)

    def status(self, run_ids: Sequence[str] | None = None) -> list[RunStatus]:
        """Return where runs stand, in order, all of the store by age where none are named.

        A running one whose worker died reads `queued`; so does one whose status file is damaged, with a note. What is not done and was not asked for by this
        installation reads `foreign`, and waits for its consent: queued, failed or cancelled, or run before and queued by somebody else since.

        Raises:
            JobError: a run that was named does not exist.
        """
        if run_ids is None:
            return [status for _, status in self.runs()]
        for run_id in run_ids:
            if not is_id(run_id) or not exists(run_dir(self.store, run_id) / "spec.json"):
                raise JobError(f"no run {run_id!r} in {self.store}; `python -m llmkick_core report` lists those there are.")
        return [self._status(self._spec(run_id)) for run_id in run_ids]

    def runs(self) -> list[tuple[RunSpec, RunStatus]]:
        """Return all runs of the store and where they stand, by age; one whose spec is damaged is left out, `doctor` names it."""
        found = []
        for run_id in run_ids(self.store):
            try:
                spec = self._spec(run_id)
            except CorruptFileError:
                continue
            found.append((spec, self._status(spec)))
        return sorted(found, key=lambda run: (run[1].submitted_at, run[1].run_id))

    def ensure_worker(self) -> None:
        """Start a worker where runs wait and none works; on a CPU, where small models wait under several recipes, as many as share it well.

        Raises:
            JobError: a worker that this process started failed.
        """
        slots = [worker_lock(self.store, self.device, slot) for slot in range(most_workers(self.device))]
        self._take_leave(slots)
        free = [slot for slot, lock in enumerate(slots) if lock not in _children and not is_held(lock)]
        now = time.monotonic()
        if not free or (free[0] > 0 and now - self._looked_at < _LOOK_S):
            return
        self._looked_at = now
        active = [(spec, status) for spec, status in self.runs() if status.state in ("queued", "running")]
        if not any(status.state == "queued" for _, status in active):
            return
        n_workers = crew_size([spec for spec, status in active if not status.is_foreign], self.device)
        for slot in free:
            if slot < n_workers:
                _children[slots[slot]] = self._spawn(slot, n_workers)

    def _take_leave(self, slots: Sequence[Path]) -> None:
        """Forget the workers that have ended; raise JobError where one of them failed."""
        mine = [lock for lock in slots if lock in _children]
        ended = [_children.pop(lock) for lock in mine if _children[lock].poll() is not None]
        for child in ended:
            if child.returncode > 0:
                words = self._last_words(child.pid)
                raise JobError(f"the worker stopped with exit code {child.returncode}: {words} (all of it in {self.store / LOG}).")

    def _spec(self, run_id: str) -> RunSpec:
        if run_id not in self._specs:
            self._specs[run_id] = read_spec(self.store, run_id)
        return self._specs[run_id]

    def _is_settled(self, spec: RunSpec, whole_sets: set[str]) -> bool:
        """Return whether a run needs no submission: it waits, is computed, or is done and whole.

        `whole_sets` are the questions seen to be whole, which runs share; those seen here are added.
        """
        try:
            read_spec(self.store, spec.run_id)
            state = self._status(spec).state
            is_done = state == "done" and self._is_whole(spec.run_id, whole_sets)
            is_done = is_done and not late_comparisons(self.store, spec) and not awaits_dense(self.store, spec)
            return is_done or state in ("queued", "running")
        except (OSError, CorruptFileError):
            return False

    def _is_whole(self, run_id: str, whole_sets: set[str]) -> bool:
        """Return whether a run has its questions, and they and its parts can be read; CorruptFileError where they cannot."""
        sample_set = sample_set_of(self.store, run_id)
        if sample_set is None:
            return False
        if sample_set not in whole_sets:
            read_samples(self.store, sample_set)
            whole_sets.add(sample_set)
        for path in part_files(run_dir(self.store, run_id)):
            read_part(path)
        return True

    def _status(self, spec: RunSpec) -> RunStatus:
        status = read_status(self.store, spec.run_id)
        if status.state == "running" and not is_held(group_lock(self.store, spec.compression_id)):
            status = replace(status, state="queued", stage="", pid=0, rate=0.0, eta_s=None)
        if status.state == "queued" and exists(run_dir(self.store, spec.run_id) / CANCEL):
            status = replace(status, state="cancelled")
        if status.state == "foreign":
            status = replace(status, state="queued")  # the marks say what is foreign, not the store
        if status.submitted_at > time.time() + _CLOCKS_S:
            status = replace(status, submitted_at=0.0)
        if status.state == "done":
            return status
        is_foreign = asked_by(self.store, spec.run_id) is None or (status.state == "queued" and has_ended(self.store, spec.run_id))
        return replace(status, state="foreign" if is_foreign and status.state != "running" else status.state, is_foreign=is_foreign)

    def _spawn(self, slot: int, n_workers: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "llmkick_core.jobs.worker", "--store", str(self.store)]
        command += ["--slot", str(slot), "--workers", str(n_workers)]
        if self.device is not None:
            command += ["--device", self.device]
        try:
            with os.fdopen(open_file(self.store / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=settings.PROJECT_ROOT,
                    env=os.environ | _ALLOCATOR,
                    start_new_session=True,  # neither Ctrl-C nor the end of the app stops it
                )
        except OSError as error:
            raise JobError(f"the worker could not be started: {error}.") from error

    def _last_words(self, pid: int) -> str:
        """Return the last line of the log that no other worker wrote."""
        try:
            lines = read_end(self.store / LOG).splitlines()
        except StoreError:
            return "it left no log"
        told = ((line.strip(), _LOG_LINE.match(line)) for line in reversed(lines))
        return next((line for line, head in told if line and (head is None or int(head[1]) == pid)), "it left no word")

"""Ending a worker within seconds, whatever it is at: a thread beside the computation that looks at the cancel files and at SIGTERM.

A run looks itself whether it is to stop, between tokens, blocks and micro-batches, and then ends in order. Some work cannot look: reading fourteen
gigabytes of weights, a factor of a large Hessian, a forward pass through a block of a large model. Where the computation has not stopped by itself a few seconds after it
was asked to, the thread writes what became of the runs and ends the process: all that counts is on disk by then, locks go with the process, and
who waits for other runs starts another worker.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from llmkick_core.errors import StoreError
from llmkick_core.run import CANCEL
from llmkick_core.schema import RunSpec
from llmkick_core.status import State
from llmkick_core.store.layout import run_dir, write_atomic
from llmkick_core.store.locks import group_lock
from llmkick_core.store.opener import exists
from llmkick_core.store.runs import read_status, write_status

PATIENCE_S = 2.5
"""In which a computation is to stop by itself."""

_LOOK_S = 0.25

logger = logging.getLogger(__name__)


class Stopping:
    """Whether this process is to end, and the runs it is at."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._told = threading.Event()
        self._group: tuple[RunSpec, ...] = ()
        self._lock = threading.Lock()
        self._asked_at: float | None = None

    @property
    def is_told(self) -> bool:
        """Return whether this process was told to end."""
        return self._told.is_set()

    @contextmanager
    def at(self, group: Sequence[RunSpec]) -> Iterator[None]:
        """Compute a group of runs in the block."""
        with self._lock:
            self._group, self._asked_at = tuple(group), None
        try:
            yield
        finally:
            with self._lock:  # waits where the thread is ending the process
                self._group, self._asked_at = (), None

    @contextmanager
    def on_signals(self) -> Iterator[Stopping]:
        """Look, in a thread, for SIGTERM, Ctrl-C and cancelled runs in the block."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        before = {which: signal.signal(which, self._tell) for which in (signal.SIGTERM, signal.SIGINT)}
        wakeup = signal.set_wakeup_fd(write, warn_on_full_buffer=False)  # reaches the thread while the main one is inside a long call
        is_over = threading.Event()
        thread = threading.Thread(target=self._look, args=(read, is_over), name="stopping", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            is_over.set()
            thread.join()
            signal.set_wakeup_fd(wakeup)
            for which, handler in before.items():
                signal.signal(which, handler)
            os.close(read)
            os.close(write)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        self._told.set()

    def _look(self, read: int, is_over: threading.Event) -> None:
        while not is_over.is_set():
            if select.select([read], [], [], _LOOK_S)[0]:
                os.read(read, 512)
                self._told.set()
            with self._lock:
                if self._is_overdue():
                    self._end()

    def _is_overdue(self) -> bool:
        """Return whether the computation was asked to stop, and did not for a while."""
        if not self._group or not (self.is_told or all(map(self._is_cancelled, self._open()))):
            self._asked_at = None
            return False
        now = time.monotonic()
        self._asked_at = self._asked_at or now
        return now - self._asked_at > PATIENCE_S

    def _open(self) -> list[RunSpec]:
        """Return the runs that have not ended; all where their statuses say that all have, as at the end of a group."""
        states = {spec: read_status(self._store, spec.run_id).state for spec in self._group}
        return [spec for spec, state in states.items() if state in ("queued", "running")] or list(self._group)

    def _is_cancelled(self, spec: RunSpec) -> bool:
        return exists(run_dir(self._store, spec.run_id) / CANCEL)

    def _end(self) -> None:
        """Write what became of the runs, and end the process."""
        for spec in self._group:  # one recipe's: this death is no sign that it cannot be computed
            with contextlib.suppress(StoreError):
                write_atomic(group_lock(self._store, spec.compression_id).with_suffix(".json"), "{}")
            status = read_status(self._store, spec.run_id)
            if status.state not in ("queued", "running"):
                continue
            is_cancelled = self._is_cancelled(spec)
            message = "cancelled; what was answered is kept, and submitting it again goes on from there." if is_cancelled else ""
            state: State = "cancelled" if is_cancelled else "queued"
            ended = replace(status, state=state, stage="", detail="", message=message, eta_s=None, rate=0.0, pid=0, updated_at=time.time())
            try:
                write_status(self._store, ended)
            except StoreError as error:
                logger.error("%s", error)
        logger.info("ended while it was computing, as it was asked to")
        logging.shutdown()
        os._exit(0)

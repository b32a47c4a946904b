"""Having runs computed by the worker process, and waiting for them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from llmkick_core.cli.progress import ACTIVE, duration, wait
from llmkick_core.cli.results import check_store
from llmkick_core.errors import PreflightError, RunCancelled
from llmkick_core.jobs.base import Executor
from llmkick_core.jobs.estimate import estimate
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.preflight import check_runs
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.report import report

_PATIENCE_S = 30.0  # a worker takes a few seconds to stop, on a busy machine more
_POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of runs."""

    specs: tuple[RunSpec, ...]
    """The runs."""
    statuses: tuple[RunStatus, ...]
    """Where they ended, in the same order."""
    seconds: float
    """Wall time."""

    @property
    def run_ids(self) -> set[str]:
        """Return the ids of the runs."""
        return {spec.run_id for spec in self.specs}

    @property
    def failed(self) -> list[tuple[RunSpec, RunStatus]]:
        """Return the runs that did not come through."""
        return [(spec, status) for spec, status in zip(self.specs, self.statuses, strict=True) if status.state != "done"]

    def failures(self) -> list[str]:
        """Return one line for each reason that runs failed for."""
        reasons: dict[str, list[str]] = {}
        for spec, status in self.failed:
            reasons.setdefault(status.message or f"it was {status.state}", []).append(f"{spec.recipe.label} {spec.task}")
        return [f"{names[0]}{f' and {len(names) - 1} more runs' if len(names) > 1 else ''}: {reason}" for reason, names in reasons.items()]

    def document(self, db: Database) -> dict[str, Any]:
        """Return what `--json` prints: the report of these runs, and what failed."""
        told = {name: [row for row in rows if row["run_id"] in self.run_ids] for name, rows in report(db).items()}
        failed = [
            {"run_id": spec.run_id, "recipe": spec.recipe.label, "task": spec.task, "state": status.state, "message": status.message}
            for spec, status in self.failed
        ]
        return {**told, "failed": failed, "seconds": round(self.seconds, 2)}


def compute(specs: Sequence[RunSpec], store: Path, console: Console, *, device: str | None = None, force: bool = False) -> Outcome:
    """Return what became of runs once all have ended.

    Ctrl-C, or SIGTERM, cancels those that this call queued: what they answered is kept, and an equal call goes on from there.

    Raises:
        PreflightError: they would not fit, and `force` does not insist.
        StoreError: their results could not be kept.
        JobError: the worker failed.
        RunCancelled: by Ctrl-C.
    """
    started = time.monotonic()
    check_store(store)
    executor = LocalExecutor(store, device=device)
    expected_s = _preflight(specs, store, console, device=device, force=force)
    theirs = {status.run_id for status in executor.status() if status.state in ACTIVE}
    executor.submit(specs)
    try:
        with _terminated_like_ctrl_c():
            statuses = wait(executor, specs, console, expected_s=expected_s)
    except KeyboardInterrupt:
        statuses = _cancel(executor, [spec for spec in specs if spec.run_id not in theirs])
        n_done = sum(status.state == "done" for status in statuses)
        raise RunCancelled(
            f"cancelled: {n_done} of {len(specs)} runs are done, all answers so far are kept, and the same command goes on from there."
        ) from None
    return Outcome(specs=tuple(specs), statuses=tuple(statuses), seconds=time.monotonic() - started)


@contextmanager
def _terminated_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that no worker is left at runs that nobody waits for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _preflight(specs: Sequence[RunSpec], store: Path, console: Console, *, device: str | None, force: bool) -> float | None:
    """Return the seconds that runs will take, None where that is not known; say what they take, and refuse what cannot be computed or would not fit."""
    expected = estimate(specs, store, device=device)
    n_left = expected.n_runs - expected.n_computed
    if not n_left:
        console.print("Nothing to compute: what was asked for is done already.")
        return None
    parts = [
        f"{n_left} run{'' if n_left == 1 else 's'}"
        + (f" ({expected.n_computed} of {expected.n_runs} are done already)" if expected.n_computed else "")
    ]
    if expected.seconds is not None:
        parts.append(f"about {duration(expected.seconds)}{'' if expected.is_measured else ' by a rough estimate'}")
    if expected.memory_bytes is not None:
        parts.append(f"{expected.memory_bytes / 2**30:.1f} GiB of memory")
    console.print(f"{', '.join(parts)}.", soft_wrap=True)
    check_runs(specs, store)
    if not force and expected.problem is not None:
        raise PreflightError(f"{expected.problem} --force starts all the same.")
    return expected.seconds


def _cancel(executor: Executor, specs: Sequence[RunSpec]) -> list[RunStatus]:
    """Return where runs stand after asking them to stop, and waiting a while for it."""
    ids = [spec.run_id for spec in specs]
    executor.cancel(ids)
    until = time.monotonic() + _PATIENCE_S
    while True:
        statuses = executor.status(ids)
        if time.monotonic() > until or not any(status.state in ACTIVE for status in statuses):
            return statuses
        time.sleep(_POLL_S)

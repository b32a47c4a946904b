"""What an executor is: it takes runs, works on them outside this process, and says how they stand.

local.py runs worker processes on this machine; a cluster executor would implement the same five calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from llmkick_core.jobs.consent import By
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus


class Executor(Protocol):
    """Runs `RunSpec`s outside the calling process. All state lies in run folders, so any process may ask."""

    store: Path
    """Root of the store."""

    def submit(self, specs: Sequence[RunSpec], *, by: By = "command") -> list[str]:
        """Queue runs and return their ids, in order; a run that is done, queued or running is left as it is."""
        ...

    def cancel(self, run_ids: Sequence[str]) -> None:
        """Ask runs to stop, which they do within seconds; what they answered stays."""
        ...

    def status(self, run_ids: Sequence[str] | None = None) -> list[RunStatus]:
        """Return where runs stand, all runs of the store where none are named; a running one whose worker died reads `queued`."""
        ...

    def runs(self) -> list[tuple[RunSpec, RunStatus]]:
        """Return all runs of the store and where they stand, by age; one whose spec is damaged is left out."""
        ...

    def ensure_worker(self) -> None:
        """Start a worker where runs wait and none works, or several where that is faster."""
        ...

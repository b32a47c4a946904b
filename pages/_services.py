"""The store and the queue of this process, opened once and shared by all sessions of the app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from llmkick_core.errors import JobError, StoreError
from llmkick_core.jobs.consent import asked_by
from llmkick_core.jobs.local import CANCEL, LOG, LocalExecutor
from llmkick_core.live.studio import Studio
from llmkick_core.schema import RunSpec
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.opener import exists, read_end
from pages import _words
from pages._jobs import ACTIVE, Group, Pace, doing
from pages._typed import check_spec


@dataclass
class Services:
    """What pages ask and tell."""

    db: Database
    """The database; this process owns it."""
    executor: LocalExecutor
    """The queue."""
    worker_error: str = ""
    """Why the last worker stopped; no other is started until someone asks for it."""
    damaged: tuple[str, ...] = field(default=())
    """One line for each damaged file."""
    pace: Pace = field(default_factory=Pace)
    """How fast the queue gets on."""
    _studio: Studio | None = None
    _guard: Lock = field(default_factory=Lock)

    @property
    def studio(self) -> Studio:
        """Return what answers prompts on the Live page, one for all sessions; it starts no server before it is asked."""
        with self._guard:
            if self._studio is None:
                self._studio = Studio(self.executor.store, device=self.executor.device)
            return self._studio

    def live_servers(self) -> list[str]:
        """Return the recipes whose model servers run."""
        return self._studio.servers.running() if self._studio is not None else []

    def close(self) -> None:
        """End the model servers, and close the database."""
        if self._studio is not None:
            self._studio.close()
        self.db.close()

    def refresh(self) -> int:
        """Take in new answers and return how many there were."""
        report = ingest(self.db)
        self.damaged = report.damaged
        return report.n_answers

    def start_worker(self) -> None:
        """Start a worker where runs wait, unless the last one failed."""
        if self.worker_error:
            return
        try:
            self.executor.ensure_worker()
        except JobError as error:
            self.worker_error = str(error)

    def submit(self, specs: Sequence[RunSpec]) -> list[str]:
        """Queue runs, start a worker, and return the ids.

        Raises:
            LlmkickError: the app may not read their data or call their address, and no command of this installation asked for them.
        """
        for spec in specs:
            if asked_by(self.executor.store, spec.run_id) != "command":
                check_spec(spec)
        ids = self.executor.submit(specs, by="page")
        self.worker_error = ""
        self.start_worker()
        return ids

    def is_cancelling(self, group: Group) -> bool:
        """Return whether all that is left of a group was asked to stop; what runs does so after its batch or layer."""
        left = group.ids(*ACTIVE)
        return bool(left) and all(exists(run_dir(self.executor.store, run_id) / CANCEL) for run_id in left)

    def doing(self, groups: Sequence[Group]) -> str:
        """Return in a word what the queue does: Running, Waiting for a worker, Cancelling, or Stopped with its worker."""
        return doing(groups, self.worker_error, is_cancelling=bool(groups) and all(map(self.is_cancelling, groups)))

    def stage(self, group: Group) -> str:
        """Return what a group is doing, in a few words: `asking 120 of 200`, or that it was asked to stop."""
        said = _words.stage(group.current)
        return f"cancelling, it stops after this step ({said})" if self.is_cancelling(group) else said

    def log(self, n_lines: int = 200) -> str:
        """Return the end of what workers printed."""
        try:
            return "\n".join(read_end(self.executor.store / LOG).splitlines()[-n_lines:])
        except StoreError as error:
            return str(error)

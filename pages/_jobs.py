"""Where the queue stands, put together from the statuses that the executor gives; and the strip at the foot of the sidebar."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from llmkick_core.schema import RunSpec, RunStatus
from pages import _words

Run = tuple[RunSpec, RunStatus]

ACTIVE = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs of one compressed model, which are worked on together."""

    compression_id: str
    """What they share."""
    runs: tuple[Run, ...]
    """The runs, by age."""

    @property
    def spec(self) -> RunSpec:
        """Return the first run's spec: model and recipe are those of all."""
        return self.runs[0][0]

    @property
    def title(self) -> str:
        """Return the recipe as people read it."""
        recipe = self.spec.recipe
        return _words.recipe_title(recipe.method, recipe.sparsity, recipe.structure, recipe.bits, recipe.group_size)

    @property
    def current(self) -> RunStatus:
        """Return the status of the run that is worked on, or of the first that waits."""
        return _first([status for _, status in self.runs], ("running", "queued", "failed", "cancelled", "done"))

    @property
    def current_task(self) -> str:
        """Return the task of that run."""
        return next(spec.task for spec, status in self.runs if status is self.current)

    @property
    def share(self) -> float:
        """Return how far the group is, 0-1, each run counting the same."""
        return sum(_share(status) for _, status in self.runs) / len(self.runs)

    @property
    def is_running(self) -> bool:
        """Return whether a worker works on it."""
        return any(status.state == "running" for _, status in self.runs)

    def ids(self, *states: str) -> list[str]:
        """Return the ids of its runs in these states."""
        return [status.run_id for _, status in self.runs if status.state in states]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a batch of runs is."""

    n_runs: int
    """Runs in the batch."""
    n_done: int
    """Of these, runs that are done."""
    share: float
    """How far it is, 0-1."""


def active(runs: Sequence[Run]) -> list[Group]:
    """Return the groups in which something runs or waits, the running ones first."""
    groups = [group for group in grouped(runs) if group.ids(*ACTIVE)]
    return sorted(groups, key=lambda group: not group.is_running)


def grouped(runs: Sequence[Run]) -> list[Group]:
    """Return runs by what is compressed, in order."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run[0].compression_id, []).append(run)
    return [Group(compression_id=key, runs=tuple(mine)) for key, mine in found.items()]


def progress(runs: Sequence[Run], run_ids: Sequence[str] | None = None) -> Progress:
    """Return how far a batch is: the runs named, or else those submitted since the queue was last empty."""
    batch = [status for _, status in runs if run_ids is None or status.run_id in set(run_ids)]
    if run_ids is None:
        waiting = [status.submitted_at for status in batch if status.state in ACTIVE]
        since = min(waiting, default=0.0)
        batch = [status for status in batch if status.submitted_at >= since - 1]
    n = len(batch)
    return Progress(
        n_runs=n,
        n_done=sum(status.state == "done" for status in batch),
        share=sum(map(_share, batch)) / n if n else 1.0,
    )


def time_left(runs: Sequence[Run]) -> str:
    """Return how long the queue will take, from how long it took so far; a word where that says nothing yet."""
    waiting = [status.submitted_at for _, status in runs if status.state in ACTIVE]
    share = progress(runs).share
    passed = time.time() - min(waiting, default=time.time())
    if share < 0.03 or passed < 3:
        return "starting"
    return f"about {_words.duration(passed * (1 - share) / share)} left"


def _share(status: RunStatus) -> float:
    """Return how far a run is; compressing counts as the first tenth of it."""
    if status.state in ("done", "failed", "cancelled"):
        return 1.0
    if status.n_total and status.n_done:
        return 0.1 + 0.9 * status.n_done / status.n_total
    return 0.1 * status.block / status.n_blocks if status.n_blocks else 0.0


def _first(statuses: Sequence[RunStatus], states: Sequence[str]) -> RunStatus:
    return next(status for state in states for status in statuses if status.state == state)

"""Waiting for runs, with the progress on stderr: bars on a terminal, one line a step anywhere else."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn

from llmkick_core.catalog import find_task
from llmkick_core.jobs.base import Executor
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus

ACTIVE = ("queued", "running")

_POLL_S = 0.25
_LINE_S = 30.0  # between lines that go to a file


def duration(seconds: float) -> str:
    """Return a time for people: `8 s`, `3 min`, `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def wait(executor: Executor, specs: Sequence[RunSpec], console: Console, *, expected_s: float | None = None) -> list[RunStatus]:
    """Return where runs stand once none of them waits or runs.

    Args:
        executor: of the store.
        specs: the runs.
        console: where the progress is shown.
        expected_s: seconds that they are expected to take from now on; None where nothing is known.

    Raises:
        JobError: the worker failed.
    """
    display = _Display(specs, console, expected_s)
    with display.bars:
        while True:
            executor.ensure_worker()
            statuses = executor.status([spec.run_id for spec in specs])
            display.show(statuses)
            if not any(status.state in ACTIVE for status in statuses):
                return statuses
            time.sleep(_POLL_S)


class _Display:
    """What is seen of runs on their way."""

    def __init__(self, specs: Sequence[RunSpec], console: Console, expected_s: float | None) -> None:
        self._expected_s = expected_s
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
        ]
        self.bars = Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)
        self._specs = {spec.run_id: spec for spec in specs}
        self._console = console
        self._started = time.monotonic()
        self._n_before: int | None = None
        self._told: set[str] = set()
        self._told_at = 0.0
        self._advised: set[str] = set()
        self._all: TaskID = self.bars.add_task("all runs", total=len(specs), detail="")
        self._waiting: TaskID = self.bars.add_task("waiting for the worker", total=None, detail="")
        self._recipes: dict[str, TaskID] = {}  # bars of what is worked on, by compression_id

    def show(self, statuses: Sequence[RunStatus]) -> None:
        """Bring the display up to date."""
        n_ended = sum(status.state not in ACTIVE for status in statuses)
        if self._n_before is None:
            self._n_before = n_ended
        detail = f"{n_ended} of {len(statuses)}{self._left(statuses)}"
        self.bars.update(self._all, completed=n_ended, detail=detail)
        for status in statuses:
            if status.advice and status.run_id not in self._advised:
                self._advised.add(status.run_id)
                line = f"note: {self._specs[status.run_id].task}: {status.advice}"
                self._console.print(line, style="yellow", soft_wrap=True)
        current = self._current(statuses)
        for recipe in [recipe for recipe in self._recipes if recipe not in current]:
            self.bars.remove_task(self._recipes.pop(recipe))
        doing = next((status.stage for status in statuses if status.state == "queued" and status.stage), "")
        self.bars.update(self._waiting, visible=not current and n_ended < len(statuses), description=doing or "waiting for the worker")
        if doing and not current and not self._console.is_terminal:
            self._tell("", f"{detail}: {doing}")
        for recipe, status in current.items():
            what = self._what(status)
            done, total = (status.block, status.n_blocks) if status.stage == "compressing" else (status.n_done, status.n_total)
            if recipe not in self._recipes:
                self._recipes[recipe] = self.bars.add_task(what, total=None, detail="")
            self.bars.update(self._recipes[recipe], description=what, completed=done, total=total or None, detail=self._step(status))
            if not self._console.is_terminal:
                self._tell(recipe, f"{detail}: {what} {self._step(status)}")

    def _current(self, statuses: Sequence[RunStatus]) -> dict[str, RunStatus]:
        """Return the run that each worker is at, by compression_id."""
        found: dict[str, RunStatus] = {}
        for status in statuses:
            recipe = self._specs[status.run_id].compression_id
            is_first = recipe not in found or (status.stage == "asking" and found[recipe].stage != "asking")
            if status.state == "running" and is_first:
                found[recipe] = status
        return found

    def _tell(self, recipe: str, line: str) -> None:
        """Print a line where a recipe begins, and now and then while it goes on."""
        now = time.monotonic()
        if recipe not in self._told or now - self._told_at > _LINE_S:
            self._console.print(line.strip(), soft_wrap=True)
            self._told.add(recipe)
            self._told_at = now

    def _what(self, status: RunStatus) -> str:
        spec = self._specs[status.run_id]
        return f"{spec.recipe.label} {spec.task}" if status.stage == "asking" else f"{spec.recipe.label} {status.stage or 'starting'}"

    def _step(self, status: RunStatus) -> str:
        """Return how far a run is, in a few words."""
        if status.stage == "compressing" and status.n_blocks:
            return f"block {status.block} of {status.n_blocks}{_eta(status)}"
        if status.stage == "asking" and status.n_total:
            rate = f", {status.rate:{'.0f' if status.rate >= 10 else '.2g'}} a second" if status.rate else ""
            unit = "windows" if find_task(self._specs[status.run_id].task).kind == "likelihood" else "questions"
            detail = f" ({status.detail})" if status.detail else ""
            return f"{status.n_done} of {status.n_total} {unit}{detail}{rate}{_eta(status)}"
        return ""

    def _left(self, statuses: Sequence[RunStatus]) -> str:
        """Return how long all of it goes on, from what was expected and from what the runs under way say; nothing where neither says more than a moment."""
        if self._expected_s is None or all(status.state not in ACTIVE for status in statuses):
            return ""
        under_way = max((status.eta_s or 0.0 for status in statuses if status.state == "running"), default=0.0)
        seconds = max(under_way, self._expected_s - (time.monotonic() - self._started))
        return f", about {duration(seconds)} left" if seconds >= 1 else ""


def _eta(status: RunStatus) -> str:
    return f", {duration(status.eta_s)} left" if status.eta_s else ""

"""Where the queue stands, put together from the statuses that the executor gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from llmkick_core.catalog import model_card
from llmkick_core.errors import LlmkickError
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus
from pages import _words

Run = tuple[RunSpec, RunStatus]

ACTIVE = ("queued", "running")
TOGETHER_S = 2.0
"""Runs submitted within so many seconds of each other are one batch."""
REDRAW_S = 6.0
"""Least seconds between two redrawings of a page for results that came in."""
LONGEST_LOOK_S = 30.0
"""Between two looks further apart than this nobody saw whether something ran."""


@lru_cache(maxsize=64)
def _source_format(model: str) -> str:
    """Return what a model's weights are made from, such as `Q4_1, dequantized to bfloat16`; empty where they are ordinary ones, or not here to see."""
    try:
        return model_card(model).source_format
    except LlmkickError:
        return ""


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
        # of what was not asked for here not even a file is opened; of runs that are done nobody looked who asked for them
        is_looked_at = self.spec.recipe.is_dense and any(one.state != "done" and not one.is_foreign for _, one in self.runs)
        return _words.recipe_title(self.spec.recipe.label, _source_format(self.spec.model) if is_looked_at else "")

    @property
    def current(self) -> RunStatus:
        """Return the status of the run that is worked on, or of the first that waits."""
        return _first([status for _, status in self.runs], ("running", "queued", "failed", "cancelled", "done", "foreign"))

    @property
    def current_task(self) -> str:
        """Return the task of that run."""
        return next(spec.task for spec, status in self.runs if status is self.current)

    @property
    def share(self) -> float:
        """Return how far the group is, 0-1, each run counting the same."""
        return min(1.0, sum(_share(status) for _, status in self.runs) / len(self.runs))

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


def working(groups: Sequence[Group]) -> list[Group]:
    """Return the groups that are worked on, several workers at one each; the next one where none is."""
    return [group for group in groups if group.is_running] or list(groups[:1])


def grouped(runs: Sequence[Run]) -> list[Group]:
    """Return runs by what is compressed, in order."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run[0].compression_id, []).append(run)
    return [Group(compression_id=key, runs=tuple(mine)) for key, mine in found.items()]


def progress(runs: Sequence[Run], run_ids: Sequence[str] | None = None) -> Progress:
    """Return how far a batch is: the runs named, or else those submitted since the queue was last empty; those that were not asked for here do not count."""
    batch = [status for _, status in runs if status.state != "foreign" and (run_ids is None or status.run_id in set(run_ids))]
    if run_ids is None:
        since = _since(batch)
        batch = [status for status in batch if status.submitted_at >= since]
    n = len(batch)
    return Progress(
        n_runs=n,
        n_done=sum(status.state == "done" for status in batch),
        share=min(1.0, sum(map(_share, batch)) / n) if n else 1.0,
    )


def _since(statuses: Sequence[RunStatus]) -> float:
    """Return when the batch was submitted to which the oldest waiting run belongs."""
    since = min((status.submitted_at for status in statuses if status.state in ACTIVE), default=0.0)
    for at in sorted((status.submitted_at for status in statuses if status.submitted_at < since), reverse=True):
        if since - at > TOGETHER_S:
            break
        since = at
    return since


@dataclass
class Pace:
    """How fast the queue gets on, from what was seen while something ran: a night in which nothing did does not count."""

    active_s: float = 0.0
    """Seconds watched while something ran."""
    gained: float = 0.0
    """Share of the batch done in them."""
    last: tuple[float, float, int] | None = None
    """The last look: when, share done, runs in the batch."""

    def look(self, runs: Sequence[Run], at: float) -> None:
        """Take note of where the queue stands at a time, seconds on any clock that does not jump."""
        now = progress(runs)
        last, self.last = self.last, (at, now.share, now.n_runs)
        if last is None or now.n_runs != last[2] or now.share < last[1]:
            self.active_s = self.gained = 0.0
        elif at - last[0] <= LONGEST_LOOK_S and any(status.state == "running" for _, status in runs):
            self.active_s += at - last[0]
            self.gained += now.share - last[1]

    def left(self) -> str:
        """Return how long the queue will take; a word where what was seen says nothing yet."""
        share = self.last[1] if self.last else 0.0
        if self.active_s < 3 or self.gained < 0.01:
            return "starting" if share < 0.03 else "time left not known yet"
        return f"about {_words.duration(self.active_s * (1 - share) / self.gained)} left"


def doing(groups: Sequence[Group], worker_error: str, *, is_cancelling: bool = False) -> str:
    """Return in a word what the queue does: Running, Waiting for a worker, Cancelling all there is, or Stopped with its worker."""
    if worker_error:
        return "Stopped"
    if is_cancelling:
        return "Cancelling"
    return "Running" if any(group.is_running for group in groups) else "Waiting"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a page was drawn from."""

    n_answered: int
    """Runs that have answers."""
    n_ended: int
    """Runs that are done, failed or cancelled."""
    is_busy: bool
    """Whether something runs or waits."""


def is_stale(drawn: Standing, now: Standing, *, age_s: float) -> bool:
    """Return whether a page must be drawn again: at once where it shows nothing yet or the queue began or ended, else not too often.

    Args:
        drawn: what it was drawn from.
        now: how things stand.
        age_s: seconds since it was drawn.
    """
    if drawn.is_busy != now.is_busy or (now.n_answered and not drawn.n_answered):
        return True
    return drawn != now and age_s >= REDRAW_S


def _share(status: RunStatus) -> float:
    """Return how far a run is, 0-1 whatever its status says; compressing counts as the first tenth of it."""
    if status.state in ("done", "failed", "cancelled"):
        return 1.0
    if status.n_total and status.n_done:
        return 0.1 + 0.9 * min(1.0, status.n_done / status.n_total)
    return 0.1 * min(1.0, status.block / status.n_blocks) if status.n_blocks else 0.0


def _first(statuses: Sequence[RunStatus], states: Sequence[str]) -> RunStatus:
    return next(status for state in states for status in statuses if status.state == state)

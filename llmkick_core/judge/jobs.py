"""Judging in a process of its own, which survives a closed tab and the end of the app.

<store>/judge-jobs/<job_id>/request.json   the JudgeRequest
                            status.json    how far it is
                            lock           held by the process that works at it: one that says `running` and does not hold it was killed
                            cancel         present once somebody asked it to stop
                            log            what the process printed

    job_id = start(store, request)
    jobs(store) -> [JudgeJob(state="running", n_done=120, n_total=400, ...)]

The key of the judge's server stands in the environment of the process alone. A job that this installation was not asked for, or not with this request
(store/marks.py), is never worked at: what it asks for can be asked for anew.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from llmkick_core import settings
from llmkick_core.decoding import TIME, Field, named_values, number, one_of, optional, text, whole
from llmkick_core.errors import CorruptFileError, JobError, LlmkickError, PreflightError, UsageError
from llmkick_core.fingerprint import digest
from llmkick_core.judge.plan import Estimate, Plan, estimate, estimate_of, plan
from llmkick_core.judge.prices import price_of
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.judge.session import End, Progress
from llmkick_core.store.layout import judge_job_dir, judge_jobs_dir, read_json, write_atomic, write_json
from llmkick_core.store.locks import held, is_held
from llmkick_core.store.marks import By, Mark, changing, read_mark, write_mark
from llmkick_core.store.opener import SPEC, entries, exists, is_id, open_file, remove

__all__ = ["Estimate", "JudgeJob", "JudgeRequest", "cancel", "create", "estimate", "is_met", "jobs", "start", "work"]

State = Literal["waiting", "running", "done", "stopped", "failed", "cancelled", "interrupted"]

_EVERY_S = 0.5  # between two writings of the status
_MOST_TOLD = 100
_LONGEST_MESSAGE = 8_000  # of a status, which is a small file
_PATIENCE_S = 15.0  # for a process to begin


@dataclass(frozen=True, kw_only=True)
class JudgeJob:
    """Where a request to a judge stands."""

    job_id: str
    """Its folder."""
    request: JudgeRequest
    """What was asked for."""
    state: State
    """waiting, running, done, stopped (by a cap or the server), failed, cancelled, or interrupted (its process is gone)."""
    n_done: int = 0
    """Judgments made."""
    n_total: int = 0
    """Judgments to be made; 0 while unknown."""
    n_before: int = 0
    """Judgments that it had made before it last went on, which the two above leave out."""
    is_stopping: bool = False
    """Whether somebody asked it to stop, and it has not yet."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How those that were made ended."""
    n_requests: int = 0
    """Requests sent."""
    n_tokens: int = 0
    """Tokens used."""
    cost: float | None = None
    """US dollars spent; None while the price is not known."""
    eta_s: float | None = None
    """Seconds left; None while unknown."""
    message: str = ""
    """Why it stopped, and how to go on."""
    started_at: float = 0.0
    """When, seconds since 1970."""
    updated_at: float = 0.0
    """When it was last heard of; 0 where it says a time that is still to come."""
    is_foreign: bool = False
    """Whether this installation was not asked for it, so that its request, price and caps included, is somebody else's."""


def create(store: Path, request: JudgeRequest, *, by: By = "command") -> str:
    """Write down a request and return the job's id; nothing works at it yet. It is marked as asked for here, by whom.

    Raises:
        StoreError: the store cannot be written.
    """
    now = time.time()
    job_id = f"{int(now)}-{digest([request.to_dict(), now, os.getpid()])[:8]}"
    with changing(store):
        write_mark(store, "judge-jobs", job_id, Mark(by=by, said=digest(request.to_dict())))
    write_json(judge_job_dir(store, job_id) / "request.json", request.to_dict())
    _write(store, JudgeJob(job_id=job_id, request=request, state="waiting", started_at=now, updated_at=now))
    return job_id


def start(store: Path, request: JudgeRequest, key: str | None = None) -> str:
    """Start a process that asks the judge for a page, and return the job's id.

    Args:
        store: root of the store.
        request: what is asked for.
        key: API key of the judge's server; None leaves what the environment has, and an empty one takes that away, so that the server is sent none.

    Raises:
        JobError: the process cannot be started.
        StoreError: the store cannot be written.
    """
    job_id = create(store, request, by="page")
    resume(store, job_id, key)
    return job_id


def resume(store: Path, job_id: str, key: str | None = None) -> None:
    """Start a process that goes on with a job that was asked for here; raises as `start`."""
    folder = judge_job_dir(store, job_id)
    job = _own_job(store, job_id)
    remove(folder / "cancel")
    n_before = job.n_before + job.n_done
    _write(store, replace(job, state="waiting", message="", n_before=n_before, n_done=0, n_total=0, updated_at=time.time()))
    environment = os.environ | ({"LLMKICK_API_KEY": key} if key is not None else {})
    command = [sys.executable, "-m", "llmkick_core.judge.worker", "--store", str(store), "--job", job_id]
    try:
        with os.fdopen(open_file(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=settings.PROJECT_ROOT,
                env=environment,
                start_new_session=True,  # neither Ctrl-C nor the end of the app stops it
            )
    except OSError as error:
        raise JobError(f"the judge's process could not be started: {error}.") from error
    _children.append(child)


_children: list[subprocess.Popen[bytes]] = []
"""Processes started by this one, so that those that ended do not stay as zombies."""


def work(store: Path, job_id: str, *, on_progress: Callable[[Progress], None] = lambda _: None, planned: Plan | None = None) -> End:
    """Ask the judge all of a job in this process, and return how it ended.

    Raises:
        JobError: another process works at it, or this installation was not asked for it.
        PreflightError: what it may cost cannot be kept to.
        LlmkickError: the request cannot be met, or the store cannot be written; it stands in the status too.
    """
    folder = judge_job_dir(store, job_id)
    with held(folder / "lock") as is_ours:
        if not is_ours:
            raise JobError(f"another process works at judge job {job_id}.")
        job = replace(_own_job(store, job_id), state="running", message="", updated_at=time.time())
        _write(store, job)
        teller = _Teller(store, job, on_progress)
        try:
            end = _ask(store, job.request, folder, teller, planned)
        except LlmkickError as error:
            _write(store, replace(teller.job, state="failed", message=str(error), updated_at=time.time()))
            raise
        except KeyboardInterrupt:
            _write(
                store,
                replace(teller.job, state="cancelled", message="stopped by Ctrl-C; everything so far is kept.", updated_at=time.time()),
            )
            raise
        _write(store, replace(teller.job, state=end.state, message=end.message, eta_s=None, updated_at=time.time()))
        return end


def _own_job(store: Path, job_id: str) -> JudgeJob:
    """Return where a job stands that this installation was asked for.

    Raises:
        JobError: it was not, or not with the request that the job has now.
    """
    job = read_job(store, job_id)
    if job.is_foreign:
        raise JobError(
            f"judge job {job_id} was not started here, so it does not go on; ask for the same from the Judge page, or with `judge`."
        )
    return job


def _ask(store: Path, request: JudgeRequest, folder: Path, teller: _Teller, planned: Plan | None) -> End:
    from llmkick_core.judge.budget import Budget
    from llmkick_core.judge.client import Client
    from llmkick_core.judge.manners import Manners
    from llmkick_core.judge.session import ask_all

    found = planned or plan(store, request)
    expected = estimate_of(store, found)
    if expected.problem:
        raise PreflightError(expected.problem)
    price = request.price or price_of(request.model, request.url, store)
    budget = Budget(max_requests=request.max_requests, max_tokens=request.max_total_tokens, max_cost=request.max_cost, price=price)
    client = Client(
        url=request.url,
        model=request.model,
        concurrency=request.concurrency,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        budget=budget,
        manners=Manners(store),
    )
    return ask_all(store, found, client, budget, price=price, on_progress=teller.tell, is_cancelled=lambda: exists(folder / "cancel"))


class _Teller:
    """Writes how far a job is, now and then."""

    def __init__(self, store: Path, job: JudgeJob, on_progress: Callable[[Progress], None]) -> None:
        self.job = job
        self._store = store
        self._on_progress = on_progress
        self._told_at = 0.0

    def tell(self, progress: Progress) -> None:
        self.job = replace(self.job, **{one.name: getattr(progress, one.name) for one in fields(Progress)}, updated_at=time.time())
        self._on_progress(progress)
        if time.monotonic() - self._told_at > _EVERY_S:
            _write(self._store, self.job)
            self._told_at = time.monotonic()


def jobs(store: Path) -> list[JudgeJob]:
    """Return the newest jobs of a store, the newest first; one whose files are damaged is left out."""
    _children[:] = [child for child in _children if child.poll() is None]  # in one go: several threads may look
    found = []
    names = [one.name for one in entries(judge_jobs_dir(store)) if one.is_folder and is_id(one.name)]
    for job_id in sorted(names, reverse=True)[:_MOST_TOLD]:
        try:
            found.append(read_job(store, job_id))
        except (CorruptFileError, LlmkickError):
            continue
    return found


def read_job(store: Path, job_id: str) -> JudgeJob:
    """Return where a job stands; one whose process is gone is `interrupted`.

    Raises:
        CorruptFileError: its request is damaged.
    """
    folder = judge_job_dir(store, job_id)
    try:
        request = JudgeRequest.from_dict(read_json(folder / "request.json", SPEC))
    except (ValueError, UsageError, FileNotFoundError) as error:
        raise CorruptFileError(f"{folder / 'request.json'} is damaged ({error}). Ask for it again.") from error
    job = JudgeJob(job_id=job_id, request=request, is_foreign=not _is_own(store, job_id, request), **_status(folder / "status.json"))
    if job.updated_at > time.time() + _PATIENCE_S:
        job = replace(job, updated_at=0.0)  # a time to come says nothing, and would never be long ago
    is_at_work = is_held(folder / "lock")
    if is_at_work and exists(folder / "cancel"):
        job = replace(job, is_stopping=job.state in ("waiting", "running"))
    if job.state == "running" and not is_at_work:
        return replace(job, state="interrupted", eta_s=None, message="its process ended; everything so far is kept, and it can go on.")
    if job.state == "waiting" and not is_at_work and time.time() - job.updated_at > _PATIENCE_S:
        return replace(job, state="interrupted", message=f"its process did not begin; {folder / 'log'} says why.")
    return job


def _is_own(store: Path, job_id: str, request: JudgeRequest) -> bool:
    """Return whether this installation was asked for a job, with this request."""
    found = read_mark(store, "judge-jobs", job_id)
    return found is not None and found.said == digest(request.to_dict())


def _status(path: Path) -> dict[str, Any]:
    """Return what a status says, without what is of another kind than it should be."""
    try:
        raw = read_json(path)
    except (CorruptFileError, FileNotFoundError):
        raw = {}
    told = {name: value for name, value in raw.items() if name in _FIELDS and _FIELDS[name].holds(value)} if isinstance(raw, dict) else {}
    return {"state": "waiting", **told}


_COUNT = whole(0, 10**15)
_FIELDS: dict[str, Field] = {
    "state": one_of(*get_args(State)),
    "outcomes": named_values(_COUNT),
    "message": text(100_000),
    **dict.fromkeys(("n_done", "n_total", "n_before", "n_requests", "n_tokens"), _COUNT),
    **dict.fromkeys(("cost", "eta_s"), optional(number(0, 1e15))),
    **dict.fromkeys(("started_at", "updated_at"), TIME),
}
"""What a status may say of a JudgeJob."""


def is_met(job: JudgeJob, others: list[JudgeJob]) -> bool:
    """Return whether another job that is done was asked for all that this one was, so that nothing of it is left."""
    mine = job.request
    return any(
        other.state == "done"
        and other.updated_at >= job.updated_at
        and set(mine.run_ids) <= set(other.request.run_ids)
        and (mine.limit or math.inf) <= (other.request.limit or math.inf)
        and mine.repeats <= other.request.repeats
        and (other.request.is_retrying or not mine.is_retrying)
        and all(getattr(mine, name) == getattr(other.request, name) for name in ("protocol", "references", "url", "model", "temperature"))
        for other in others
    )


def cancel(store: Path, job_id: str) -> None:
    """Ask a job to stop; what it judged is kept."""
    write_atomic(judge_job_dir(store, job_id) / "cancel", "")


def _write(store: Path, job: JudgeJob) -> None:
    raw: dict[str, Any] = asdict(job) | {"message": job.message[:_LONGEST_MESSAGE]}
    del raw["request"], raw["job_id"], raw["is_stopping"], raw["is_foreign"]
    write_json(judge_job_dir(store, job.job_id) / "status.json", raw, is_durable=False)

"""The model servers of this process: one for each model that is asked, started when it is first asked and ended when nobody asks it any more.

    servers = Servers(store)
    servers.make(served, on_stage=print)                      # its folder, which may take long: a download, or compressing
    with servers.using(served, on_stage=print) as server:     # starts it where it does not run
        ... server.url ...
    servers.close()

A server is a process of its own for each model (serving.py), so that one that is not needed gives its memory back, and one that dies takes no other with it. All
of them end with this process, however it ends (lifeline.py).
"""

from __future__ import annotations

import json
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmkick_core import settings
from llmkick_core.errors import JobError, PreflightError
from llmkick_core.jobs.crew import all_threads, likely_device
from llmkick_core.jobs.estimate import free_memory
from llmkick_core.live.lifeline import end, last_words, start
from llmkick_core.live.sources import Served, chat_shape, dense_folder
from llmkick_core.models.config import read_shape
from llmkick_core.models.headers import read_sizes
from llmkick_core.store.kept import touch
from llmkick_core.store.layout import served_dir, server_log
from llmkick_core.store.trees import check_folder

MOST_SERVERS = 4
"""Servers at a time: a pair, a third, and one to change to. The one that has been idle for longest makes room."""

START_S = 300.0
"""In which a server has to answer: torch is imported and the weights are read."""

SHARED_BY = 2
"""Servers that are usually at work together, and share the threads of a CPU."""

_PROCESS_BYTES = 600 * 2**20  # torch and transformers themselves: 530 MiB were measured
_CONTEXT = 2048
_LOOK_S = 0.1
_REAP_S = 5.0

OnStage = Callable[[str], None]
IsWanted = Callable[[], bool]


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a running server is asked."""

    url: str
    """Such as http://127.0.0.1:40123/v1."""
    shape: str
    """How conversations are put to its model: `own`, `vicuna` or `paper` (sources.py)."""
    context_length: int
    """Tokens that its model was made for; 0 where its config does not say."""
    key: str = field(repr=False)
    """Its API key, known to the app alone: no web page and no other user of this machine can ask it."""


@dataclass
class _Server:
    """A model's server, running or not."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    title: str = ""
    child: subprocess.Popen[bytes] | None = None
    address: Address | None = None
    n_users: int = 0
    used_at: float = 0.0
    claimed: int = 0  # bytes that it will take, while it is starting

    @property
    def is_running(self) -> bool:
        return self.child is not None and self.address is not None and self.child.poll() is None


class Servers:
    """All model servers of this process for one store."""

    def __init__(self, store: Path, *, device: str | None = None, idle_s: float | None = None) -> None:
        self.store = store
        self.device = likely_device(device or settings.device())
        self.idle_s = settings.live_idle_s() if idle_s is None else idle_s
        self._servers: dict[str, _Server] = {}
        self._guard = threading.Lock()
        self._making = threading.Lock()  # one folder at a time: each loads a model whole
        self._fetching: dict[str, threading.Lock] = {}  # by model
        self._n_stops = 0
        self._closed = threading.Event()
        self._reaper: threading.Thread | None = None

    def running(self) -> list[str]:
        """Return the titles of the models whose servers run."""
        with self._guard:
            return [server.title for server in self._servers.values() if server.is_running]

    def make(self, source: Served, on_stage: OnStage, is_wanted: IsWanted = _always) -> None:
        """Make ready what a model's server reads, where it is not there: its weights are downloaded, its folder is made. Blocks, for as long as that takes.

        Args:
            source: whose.
            on_stage: told what is done.
            is_wanted: asked ten times a second; where it says no, the work is left, a download that goes on excepted.

        Raises:
            JobError: it was left, or failed.
            ModelError: the model is not here, or is another one than the run asked.
            PreflightError: there is too little memory.
            StoreError: its folder cannot be written.
        """
        with self._in_use(source) as server:
            self._made(server, source, on_stage, self._until_stopped(is_wanted))

    @contextmanager
    def using(self, source: Served, on_stage: OnStage) -> Iterator[Address]:
        """Hold a model's server for the block, started where it does not run; it is not ended meanwhile. Blocks until it answers.

        Raises:
            JobError: it does not start.
            ModelError: the model is not here, or is another one than the run asked.
            PreflightError: there is too little memory.
            StoreError: its folder cannot be written.
        """
        is_wanted = self._until_stopped(_always)
        with self._in_use(source) as server:
            made = self._made(server, source, on_stage, is_wanted)  # without the server's lock, for which whoever ends it waits
            with server.lock:  # never two for the same model
                if not server.is_running:
                    if made is None:
                        raise JobError(f"the server of {server.title} has just ended; start again.")
                    self._end(server)
                    try:
                        self._start(server, source, *made, on_stage, is_wanted)
                    finally:
                        server.claimed = 0
                address = server.address
            assert address is not None
            yield address

    @contextmanager
    def _in_use(self, source: Served) -> Iterator[_Server]:
        """Keep a model's server from being ended for the block."""
        with self._guard:
            if self._closed.is_set():
                raise JobError("the model servers are being ended; try again.")
            server = self._servers.setdefault(source.key, _Server())
            server.n_users += 1
            server.title = source.spec.recipe.label
            if self._reaper is None:
                self._reaper = threading.Thread(target=self._reap, name="live-idle", daemon=True)
                self._reaper.start()
        try:
            yield server
        finally:
            with self._guard:
                server.n_users -= 1
                server.used_at = time.monotonic()

    def stop_all(self) -> None:
        """End every server, and what is just starting or being made; a download is not waited for."""
        with self._guard:
            self._n_stops += 1
            found = list(self._servers.values())
        for server in found:
            with server.lock:
                self._end(server)

    def close(self) -> None:
        """End every server, and start none any more."""
        self._closed.set()
        self.stop_all()
        if self._reaper is not None:
            self._reaper.join()

    def _until_stopped(self, is_wanted: IsWanted) -> IsWanted:
        """Return what says whether something is wanted still that begins now: nobody stopped all since."""
        n_stops = self._n_stops
        return lambda: n_stops == self._n_stops and not self._closed.is_set() and is_wanted()

    def _start(self, server: _Server, source: Served, dense: Path, folder: Path, on_stage: OnStage, is_wanted: IsWanted) -> None:
        """Start a server; it is ended by whoever stops all, and after START_S."""
        _check(server, is_wanted)
        self._make_room(folder, server)
        on_stage("starting its server, which takes some seconds")
        is_cpu = self.device == "cpu"
        log = server_log(self.store, source.key)
        words = ["--folder", str(folder), "--device", self.device, "--dtype", "float32" if is_cpu else "bfloat16"]
        words += ["--template-date", source.spec.template_date]
        threads = {"OMP_NUM_THREADS": str(max(1, all_threads() // SHARED_BY))} if is_cpu else {}
        child = start("llmkick_core.live.serving", words, log, threads)
        try:
            told = _told(child, is_wanted, START_S)
            _check(server, is_wanted)
            port, _, key = (told or b"").decode(errors="replace").strip().partition(" ")
            if not port.isdecimal() or not key:
                raise JobError(f"the server of {server.title} did not start: {last_words(log)} (all of it in {log}).")
            address = Address(
                url=f"http://127.0.0.1:{int(port)}/v1",
                shape=chat_shape(dense),
                context_length=read_shape(dense).context_length,
                key=key,
            )
        except BaseException:
            end(child)
            raise
        server.child, server.address = child, address

    def _made(self, server: _Server, source: Served, on_stage: OnStage, is_wanted: IsWanted) -> tuple[Path, Path] | None:
        """Return the folders of the dense model and of the one that is served, made where they are not there; None where its server runs."""
        if server.is_running:
            return None
        with self._guard:
            fetching = self._fetching.setdefault(source.spec.model, threading.Lock())
        with _alone(fetching, server, is_wanted):
            dense = dense_folder(source.spec, report=on_stage, should_stop=lambda: not is_wanted())
        _check(server, is_wanted)
        folder = dense if source.spec.recipe.is_dense else served_dir(self.store, source.key)
        if not folder.is_dir():
            on_stage("waiting for another model's folder to be made")
            with _alone(self._making, server, is_wanted):
                if not folder.is_dir():
                    self._make(server, source, dense, on_stage, is_wanted)
        if folder != dense:
            touch(check_folder(folder))
        return dense, folder

    def _make(self, server: _Server, source: Served, dense: Path, on_stage: OnStage, is_wanted: IsWanted) -> None:
        """Make the folder of a compressed model by a process of its own."""
        self._make_room(dense, server)  # it is loaded whole to be written
        on_stage("making the model's folder")
        log = server_log(self.store, f"{source.key}-prepare")
        words = ["--store", str(self.store), "--spec", json.dumps(source.spec.to_dict()), "--device", self.device]
        told: dict[str, Any] = {}
        try:
            child = start("llmkick_core.live.prepare", words, log)
            try:
                while (line := _told(child, is_wanted)) is not None:
                    told = json.loads(line)
                    if "stage" in told or "block" in told:
                        on_stage(_stage(told))
            finally:
                end(child)
        finally:
            server.claimed = 0
        _check(server, is_wanted)
        if "folder" not in told:
            raise JobError(str(told.get("error") or f"{source.spec.recipe.label} could not be made ready: {last_words(log)} ({log})."))

    def _make_room(self, folder: Path, starting: _Server) -> None:
        """End servers that nobody uses until one more fits.

        Raises:
            PreflightError: it does not.
        """
        needed = memory_needed(folder, self.device)
        while True:
            free = free_memory(self.device)
            with self._guard:
                others = [one for one in self._servers.values() if one is not starting and (one.is_running or one.claimed)]
                idle = min((one for one in others if not one.n_users), key=lambda one: one.used_at, default=None)
                free = None if free is None else max(0, free - sum(one.claimed for one in others))
                fits = free is None or free >= needed
                if fits and len(others) < MOST_SERVERS:
                    starting.claimed = needed
                    return
            if idle is None:
                if fits:
                    raise PreflightError(
                        f"{len(others)} model servers are in use, and there are {MOST_SERVERS} at most; try again in a moment."
                    )
                raise PreflightError(
                    f"{starting.title} needs about {_gib(needed)} of memory to be served, {_gib(free or 0)} are free; "
                    "choose a smaller model, stop the other servers, or free memory."
                )
            with idle.lock:
                if not idle.n_users:
                    self._end(idle)

    def _reap(self) -> None:
        """End servers that nobody has used for a while."""
        while not self._closed.wait(min(_REAP_S, self.idle_s / 2)):
            with self._guard:
                found = [one for one in self._servers.values() if one.is_running and not one.n_users]
            for server in found:
                if time.monotonic() - server.used_at > self.idle_s and server.lock.acquire(blocking=False):
                    try:
                        if not server.n_users:
                            self._end(server)
                    finally:
                        server.lock.release()

    @staticmethod
    def _end(server: _Server) -> None:
        child, server.child, server.address = server.child, None, None
        if child is not None:
            end(child)


def memory_needed(folder: Path, device: str) -> int:
    """Return about how many bytes serving a model takes: its weights in the number format of the device, keys and values, and on a CPU the process itself."""
    shape, weights = read_shape(folder), read_sizes(folder)
    width = 4 if device == "cpu" else 2
    cache = 2 * shape.n_layers * shape.kv_width * (shape.context_length or _CONTEXT) * width
    return weights.n_parameters * width + min(cache, 2**31) + (_PROCESS_BYTES if device == "cpu" else 0)


def _check(server: _Server, is_wanted: IsWanted) -> None:
    """Raise JobError where a server is not wanted any more."""
    if not is_wanted():
        raise JobError(f"the server of {server.title} was ended while it started; start again.")


@contextmanager
def _alone(lock: threading.Lock, server: _Server, is_wanted: IsWanted) -> Iterator[None]:
    """Hold a lock for the block, unless the server is not wanted any more before it is free."""
    while not lock.acquire(timeout=_LOOK_S):
        _check(server, is_wanted)
    try:
        yield
    finally:
        lock.release()


def _told(child: subprocess.Popen[bytes], is_wanted: IsWanted, patience_s: float = float("inf")) -> bytes | None:
    """Return the next line that a child prints; None where it ends, is too slow, or is not wanted any more."""
    assert child.stdout is not None
    until = time.monotonic() + patience_s
    while time.monotonic() < until and is_wanted():
        if select.select([child.stdout], [], [], _LOOK_S)[0]:
            return child.stdout.readline() or None
    return None


def _stage(told: dict[str, Any]) -> str:
    if told.get("n_blocks"):
        return f"making the model's folder, block {told['block']} of {told['n_blocks']}"
    return f"making the model's folder: {told['stage']}"


def _gib(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GiB"

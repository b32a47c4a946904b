"""The model servers of this process: one for each model that is asked, started when it is first asked and ended when nobody asks it any more.

    servers = Servers(store)
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


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a running server is asked."""

    url: str
    """Such as http://127.0.0.1:40123/v1."""
    shape: str
    """How conversations are put to its model: `own`, `vicuna` or `paper` (sources.py)."""
    context_length: int
    """Tokens that its model was made for; 0 where its config does not say."""


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
    is_unwanted: bool = False  # somebody ended it while it was starting

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
        self._closed = threading.Event()
        self._reaper: threading.Thread | None = None

    def running(self) -> list[str]:
        """Return the titles of the models whose servers run."""
        with self._guard:
            return [server.title for server in self._servers.values() if server.is_running]

    @contextmanager
    def using(self, source: Served, on_stage: OnStage) -> Iterator[Address]:
        """Hold a model's server for the block, started where it does not run; it is not ended meanwhile. Blocks until it answers.

        Raises:
            JobError: it does not start.
            ModelError: the model is not here, or is another one than the run asked.
            PreflightError: there is too little memory.
            StoreError: its folder cannot be written.
        """
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
            with server.lock:  # never two for the same model
                if not server.is_running:
                    self._end(server)
                    try:
                        self._start(server, source, on_stage)
                    finally:
                        server.claimed = 0
                address = server.address
            assert address is not None
            yield address
        finally:
            with self._guard:
                server.n_users -= 1
                server.used_at = time.monotonic()

    def stop_all(self) -> None:
        """End every server, those that are just starting too."""
        with self._guard:
            found = list(self._servers.values())
        for server in found:
            server.is_unwanted = True
        for server in found:
            with server.lock:
                self._end(server)

    def close(self) -> None:
        """End every server, and start none any more."""
        self._closed.set()
        self.stop_all()
        if self._reaper is not None:
            self._reaper.join()

    def _start(self, server: _Server, source: Served, on_stage: OnStage) -> None:
        server.is_unwanted = False
        dense = dense_folder(source.spec)
        folder = dense if source.spec.recipe.is_dense else self._folder(server, source, on_stage)
        self._make_room(folder, server)
        on_stage("starting its server, which takes some seconds")
        is_cpu = self.device == "cpu"
        log = server_log(self.store, source.key)
        words = ["--folder", str(folder), "--device", self.device, "--dtype", "float32" if is_cpu else "bfloat16"]
        threads = {"OMP_NUM_THREADS": str(max(1, all_threads() // SHARED_BY))} if is_cpu else {}
        child = start("llmkick_core.live.serving", words, log, threads)
        try:
            port = self._told(server, child, START_S)
            if server.is_unwanted or self._closed.is_set():
                raise JobError(f"the server of {server.title} was ended while it started; start again.")
            if port is None or not port.strip().isdigit():
                raise JobError(f"the server of {server.title} did not start: {last_words(log)} (all of it in {log}).")
        except BaseException:
            end(child)
            raise
        server.child, server.address = (
            child,
            Address(url=f"http://127.0.0.1:{int(port)}/v1", shape=chat_shape(dense), context_length=read_shape(dense).context_length),
        )

    def _folder(self, server: _Server, source: Served, on_stage: OnStage) -> Path:
        """Return the folder of a compressed model, made by a process of its own where it is not there."""
        folder = served_dir(self.store, source.key)
        if folder.is_dir():
            touch(folder)
            return folder
        self._make_room(dense_folder(source.spec), server)  # it is loaded whole to be written
        on_stage("making the model's folder")
        log = server_log(self.store, f"{source.key}-prepare")
        words = ["--store", str(self.store), "--spec", json.dumps(source.spec.to_dict()), "--device", self.device]
        child = start("llmkick_core.live.prepare", words, log)
        told: dict[str, Any] = {}
        try:
            while (line := self._told(server, child, None)) is not None:
                told = json.loads(line)
                if "stage" in told or "block" in told:
                    on_stage(_stage(told))
        finally:
            end(child)
        if "folder" not in told:
            raise JobError(str(told.get("error") or f"{source.spec.recipe.label} could not be made ready: {last_words(log)} ({log})."))
        return folder

    def _told(self, server: _Server, child: subprocess.Popen[bytes], patience_s: float | None) -> bytes | None:
        """Return the next line that a child prints; None where it ends, is too slow, or is not wanted any more."""
        assert child.stdout is not None
        until = time.monotonic() + (patience_s or float("inf"))
        while time.monotonic() < until and not (server.is_unwanted or self._closed.is_set()):
            if select.select([child.stdout], [], [], _LOOK_S)[0]:
                return child.stdout.readline() or None
        return None

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


def _stage(told: dict[str, Any]) -> str:
    if told.get("n_blocks"):
        return f"making the model's folder, block {told['block']} of {told['n_blocks']}"
    return f"making the model's folder: {told['stage']}"


def _gib(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.1f} GiB"

"""What answers prompts: the model servers, and the loop on which answers stream.

    studio = Studio(store)
    duel = studio.start([source_of(dense), source_of(wanda)], Ask(prompt="The capital of Mongolia is", max_tokens=64))
    while not duel.is_over: show(duel.snapshot())
    duel.stop()

All streams run on one event loop in a thread of its own, so that any of them can be ended at once: the connection is closed, at which the server stops.
Prompts are answered one after another, for they share the machine; too many are refused. What a model's server reads is made before, so that nobody waits for a
download but those who need it. A duel that nobody looks at is stopped.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from llmkick_core.errors import JobError, LlmkickError
from llmkick_core.live.agreement import cut_at
from llmkick_core.live.duel import OVER, Ask, Duel, are_over
from llmkick_core.live.servers import Servers
from llmkick_core.live.serving import MODEL
from llmkick_core.live.sources import Remote, Served, Source, raw_chat
from llmkick_core.live.stream import TIME_LIMIT_S, Call, stream
from llmkick_core.models.locate import first_line
from llmkick_core.store.layout import server_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from llmkick_core.live.servers import Address

logger = logging.getLogger(__name__)

MOST_WAITING = 12
"""Prompts that wait for others at most."""

ABANDONED_S = 90.0
"""Without a look, after which a duel is stopped: its tab was closed. A browser lets tabs in the background look once a minute."""

_REMOTE_AT_ONCE = 4
_GRACE_S = 5.0  # for threads to end: those that wait for a download do not

T = TypeVar("T")


class Studio:
    """What answers prompts: the servers, and the loop on which answers stream. One for a store in a process."""

    def __init__(self, store: Path, *, device: str | None = None, servers: Servers | None = None) -> None:
        self.servers = servers or Servers(store, device=device)
        """The model servers."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live", daemon=True)
        self._thread.start()
        self._threads: list[threading.Thread] = []
        self._turn = asyncio.Semaphore(1)
        self._remote_turn = asyncio.Semaphore(_REMOTE_AT_ONCE)
        self._guard = threading.Lock()  # of the lists of duels, to which the threads of all sessions come
        self._making: list[Duel] = []
        self._waiting: list[Duel] = []
        self._duels: list[Duel] = []

    def start(self, sources: Sequence[Source], ask: Ask) -> Duel:
        """Return a duel that has begun.

        Raises:
            JobError: too many prompts wait.
        """
        duel = Duel(sources, ask)
        with self._guard:
            self._duels = [one for one in self._duels if not are_over(one.sides())]
            if len(self._making) + len(self._waiting) >= MOST_WAITING:
                raise JobError(f"{MOST_WAITING} prompts of other people wait already; try again in a minute.")
            duel.future = asyncio.run_coroutine_threadsafe(self._run(duel), self._loop)
            self._duels.append(duel)
        return duel

    def stop_servers(self) -> None:
        """End all answers and all servers; the next prompt starts those it needs."""
        with self._guard:
            duels = list(self._duels)
        for duel in duels:
            duel.stop()
        self.servers.stop_all()

    def close(self) -> None:
        """End all answers and all servers, for good."""
        if self._loop.is_closed():
            return
        self.servers.close()
        asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result()
        until = time.monotonic() + _GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end_all(self) -> None:
        """Stop all duels and wait for their tasks. Theirs alone are cancelled: what a request has started below them is ended by the request."""
        with self._guard:
            duels = list(self._duels)
        for duel in duels:
            duel.stop()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)
        await self._loop.shutdown_asyncgens()

    async def _run(self, duel: Duel) -> None:
        """Let all sides of a duel answer; whatever goes wrong is told in its sides."""
        watching = asyncio.create_task(self._watch(duel))
        addresses: dict[int, Address | None] = {}
        try:
            with self._among(self._making, duel):
                await self._each(duel, lambda k: self._make(duel, k))
            if are_over(duel.sides()):
                return
            turn = self._turn if any(isinstance(one, Served) for one in duel.sources) else self._remote_turn
            async with self._in_turn(duel, turn):
                with ExitStack() as stack:
                    await self._each(duel, lambda k: self._ready(duel, k, stack, addresses))
                    async with asyncio.timeout(TIME_LIMIT_S):
                        await self._each(duel, lambda k: self._answer(duel, k, addresses[k]))
        except TimeoutError:
            duel.tell_all(state="failed", message=f"stopped after {TIME_LIMIT_S:.0f} s; ask for fewer tokens.")
        except asyncio.CancelledError:
            duel.tell_all(state="stopped", message="")
            raise
        finally:
            watching.cancel()

    async def _watch(self, duel: Duel) -> None:
        """Stop a duel that nobody looks at any more."""
        while (left_s := ABANDONED_S - duel.unseen_s) > 0:
            await asyncio.sleep(left_s)
        duel.stop()

    async def _each(self, duel: Duel, step: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Take a step with all sides at once that have not ended; what goes wrong with one ends that one."""
        async with asyncio.TaskGroup() as group:
            for k, side in enumerate(duel.sides()):
                if side.state not in OVER:
                    group.create_task(self._told(duel, k, step))

    async def _told(self, duel: Duel, k: int, step: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Take a step with a side, and tell what goes wrong."""
        try:
            await step(k)
        except LlmkickError as error:
            duel.tell(k, state="failed", message=str(error))
        except Exception as error:
            logger.exception("an answer ended by a mistake of the app")
            reason = f"{type(error).__name__}: {first_line(error)}"[:200]
            duel.tell(k, state="failed", message=f"a mistake of the app ended it ({reason}); what it prints says more.")

    @asynccontextmanager
    async def _in_turn(self, duel: Duel, turn: asyncio.Semaphore) -> AsyncIterator[None]:
        """Hold a turn for the block, after waiting for those who came before."""
        try:
            with self._among(self._waiting, duel):
                if turn.locked():
                    self._tell_places()
                await turn.acquire()
        finally:
            self._tell_places()
        try:
            yield
        finally:
            turn.release()

    @contextmanager
    def _among(self, duels: list[Duel], duel: Duel) -> Iterator[None]:
        """Have a duel stand in a list for the block."""
        with self._guard:
            duels.append(duel)
        try:
            yield
        finally:
            with self._guard:
                duels.remove(duel)

    def _tell_places(self) -> None:
        for place, duel in enumerate(self._waiting):
            before = f"{place + 1} prompts are" if place else "another prompt is"
            duel.tell_all(state="waiting", message=f"{before} answered first")

    async def _make(self, duel: Duel, k: int) -> None:
        """Have made what a side's server reads; left where the side is stopped."""
        source = duel.sources[k]
        if isinstance(source, Served):
            stage = self._on_stage(duel, k)
            stage("looking for its weights")
            await self._awaited(self._in_thread(lambda: self.servers.make(source, stage, lambda: duel.sides()[k].state not in OVER)))

    async def _ready(self, duel: Duel, k: int, stack: ExitStack, addresses: dict[int, Address | None]) -> None:
        """Put down where a side is asked, once its server answers, which the stack holds."""
        source = duel.sources[k]
        if isinstance(source, Remote):
            addresses[k] = None
            return
        stage = self._on_stage(duel, k)
        stage("waiting for its server")
        held = ExitStack()
        entered = self._in_thread(lambda: held.enter_context(self.servers.using(source, stage)))
        try:
            address = await self._awaited(entered)
        except asyncio.CancelledError:  # the server goes on starting, for the next prompt
            entered.add_done_callback(lambda done: held.close())
            raise
        stack.callback(held.close)
        addresses[k] = address

    @staticmethod
    def _on_stage(duel: Duel, k: int) -> Callable[[str], None]:
        return lambda words: duel.tell(k, state="preparing", message=words)

    def _in_thread(self, work: Callable[[], T]) -> Future[T]:
        """Return what is done in a thread that the end of the program does not wait for."""
        found: Future[T] = Future()

        def do() -> None:
            try:
                found.set_result(work())
            except BaseException as error:  # noqa: BLE001  (it is raised where the future is awaited)
                found.set_exception(error)

        thread = threading.Thread(target=do, name="live-server", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
        return found

    async def _awaited(self, found: Future[T]) -> T:
        """Return what a thread found; whoever is cancelled meanwhile leaves it to itself."""
        is_done = asyncio.Event()

        def wake(done: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(is_done.set)

        found.add_done_callback(wake)
        await is_done.wait()
        return found.result()

    async def _answer(self, duel: Duel, k: int, address: Address | None) -> None:
        """Stream one answer."""
        call = _call(duel.ask, duel.sources[k], address)
        pieces: list[str] = []
        thought: list[str] = []
        started = time.monotonic()
        duel.tell(k, state="reading", message="", context_length=address.context_length if address is not None else 0)
        try:
            async with aclosing(stream(call)) as answer:
                async for heard in answer:
                    now = time.monotonic() - started
                    if heard.text:
                        pieces.append(heard.text)
                        first = {"first_s": now} if len(pieces) == 1 else {}
                        duel.tell(k, state="streaming", pieces=tuple(pieces), n_tokens=len(pieces), last_s=now, **first)
                    if heard.thought:
                        thought.append(heard.thought)
                        duel.tell(k, state="streaming", thought="".join(thought))
                    if heard.n_tokens is not None:
                        duel.tell(k, n_tokens=heard.n_tokens)
                    if heard.n_prompt_tokens is not None:
                        duel.tell(k, n_prompt_tokens=heard.n_prompt_tokens)
                    if heard.finish:
                        duel.tell(k, finish=heard.finish)
                    if heard.text and (kept := cut_at(pieces, duel.ask.stop)) is not None:
                        duel.tell(k, pieces=tuple(kept), n_tokens=len(kept), finish="stop string")
                        break
                    if len(pieces) + len(thought) >= duel.ask.max_tokens * 2:  # a server that keeps to no limit
                        duel.tell(k, finish="cut")
                        break
            duel.tell(k, state="done")
        except LlmkickError as error:
            source = duel.sources[k]
            log = f" What its server printed is in {server_log(self.servers.store, source.key)}." if isinstance(source, Served) else ""
            duel.tell(k, state="failed", message=f"{error}{log}")


def _call(ask: Ask, source: Source, address: Address | None) -> Call:
    """Return what is asked of whom."""
    asked = Call(
        url=source.url if isinstance(source, Remote) else "",
        model=source.name if isinstance(source, Remote) else MODEL,
        prompt=ask.prompt,
        is_chat=ask.is_chat,
        max_tokens=ask.max_tokens,
        temperature=ask.temperature,
        has_key=isinstance(source, Remote) and source.has_key,
    )
    if address is None:
        return asked
    if ask.is_chat and address.shape != "own":
        return replace(asked, url=address.url, own_key=address.key, prompt=raw_chat(address.shape, ask.prompt), is_chat=False)
    return replace(asked, url=address.url, own_key=address.key, is_ours=True)

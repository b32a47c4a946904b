"""Several models answering one prompt together, in the background; whoever shows it looks at snapshots.

    studio = Studio(store)
    duel = studio.start([source_of(dense), source_of(wanda)], Ask(prompt="The capital of Mongolia is", max_tokens=64))
    while not duel.is_over: show(duel.snapshot())
    duel.stop()

All streams run on one event loop in a thread of its own, so that any of them can be ended at once: the connection is closed, at which the server stops.
Prompts are taken one after another, for they share the machine; too many are refused.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llmkick_core.errors import JobError, LlmkickError, UsageError
from llmkick_core.live.agreement import as_words, cut_at, tokens_per_s
from llmkick_core.live.servers import Servers
from llmkick_core.live.serving import MODEL
from llmkick_core.live.sources import Remote, Served, Source, raw_chat
from llmkick_core.live.stream import Call, stream
from llmkick_core.store.layout import server_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from llmkick_core.live.servers import Address

State = Literal["waiting", "preparing", "reading", "streaming", "done", "stopped", "failed"]
"""waiting for other prompts; preparing the server; reading the prompt; streaming; and how it ended."""

OVER = ("done", "stopped", "failed")
"""States in which nothing comes any more."""

MOST_TOKENS = 1024
MOST_WAITING = 12
"""Prompts that wait for others at most."""

TIME_LIMIT_S = 300.0
"""In which an answer has to be there: a tab that was closed leaves no stream running for longer."""

LONGEST_PROMPT = 20_000
"""Characters."""

_REMOTE_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked."""

    prompt: str
    """Raw text to be continued, or what the user says."""
    is_chat: bool = False
    """Whether it is put as a conversation."""
    max_tokens: int = 64
    """Most tokens of an answer."""
    temperature: float = 0.0
    """0 takes the most likely token."""
    stop: tuple[str, ...] = ()
    """Strings that end an answer."""

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise UsageError("the prompt is empty; type one.")
        if len(self.prompt) > LONGEST_PROMPT:
            raise UsageError(f"the prompt has {len(self.prompt):,} characters; at most {LONGEST_PROMPT:,} are taken.")
        if any("\ud800" <= letter <= "\udfff" for letter in self.prompt):
            raise UsageError("the prompt holds half a character, which no model can be sent; type it again.")
        if not 1 <= self.max_tokens <= MOST_TOKENS:
            raise UsageError(f"max tokens {self.max_tokens} must be 1 to {MOST_TOKENS:,}.")
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature {self.temperature:g} must be 0 (always the most likely token) to 2.")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One model's answer as far as it has come."""

    state: State = "waiting"
    """What it does."""
    message: str = ""
    """What it waits for, or what went wrong, in one line."""
    pieces: tuple[str, ...] = ()
    """The answer as it came; a piece is a token, or the few that make one letter."""
    n_tokens: int = 0
    """Tokens, as the server counts them; else pieces."""
    first_s: float | None = None
    """When the first came, seconds after the request."""
    last_s: float | None = None
    """When the last came."""
    n_prompt_tokens: int = 0
    """Tokens of the prompt, as the server counts them when the answer has ended; 0 where it does not."""
    context_length: int = 0
    """Tokens that the model was made for; 0 where that is not known."""
    finish: str = ""
    """Why it ended, in the server's word; `stop string` where one of those ended it."""

    @property
    def text(self) -> str:
        """Return the answer."""
        return "".join(self.pieces)

    @property
    def is_too_long(self) -> bool:
        """Return whether prompt and answer have more tokens than the model was made for, behind which it writes nonsense."""
        return 0 < self.context_length < self.n_prompt_tokens + self.n_tokens

    @property
    def tokens_per_s(self) -> float | None:
        """Return the speed after the first token."""
        return tokens_per_s(len(self.pieces), self.first_s, self.last_s)


class Duel:
    """One prompt and the answers to it."""

    def __init__(self, sources: Sequence[Source], ask: Ask) -> None:
        self.sources = tuple(sources)
        """Who answers."""
        self.ask = ask
        """What was asked."""
        self._sides = [Side() for _ in sources]
        self._lock = threading.Lock()
        self._future: Future[None] | None = None

    @property
    def is_over(self) -> bool:
        """Return whether nothing comes any more."""
        return all(side.state in OVER for side in self.snapshot())

    @property
    def is_by_tokens(self) -> bool:
        """Return whether all pieces are tokens of the same tokenizer."""
        served = {(one.spec.model, one.spec.model_revision) for one in self.sources if isinstance(one, Served)}
        return len(served) == 1 and all(isinstance(one, Served) for one in self.sources)

    def snapshot(self) -> tuple[Side, ...]:
        """Return the answers as far as they have come."""
        with self._lock:
            return tuple(self._sides)

    def compared(self) -> list[tuple[str, ...]]:
        """Return the answers cut as they can be compared: into tokens, or into words where tokenizers may differ."""
        return [side.pieces if self.is_by_tokens else tuple(as_words(side.text)) for side in self.snapshot()]

    def stop(self) -> None:
        """End all answers; what came stays."""
        self.tell_all(state="stopped", message="")
        if self._future is not None:
            self._future.cancel()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until nothing comes any more."""
        until = time.monotonic() + (timeout_s or float("inf"))
        while not self.is_over and time.monotonic() < until:
            time.sleep(0.02)

    def tell(self, k: int, **changes: object) -> None:
        """Bring an answer up to date; one that has ended stays as it is."""
        with self._lock:
            if self._sides[k].state not in OVER:
                self._sides[k] = replace(self._sides[k], **changes)  # type: ignore[arg-type]

    def tell_all(self, **changes: object) -> None:
        """Bring all answers up to date that have not ended."""
        for k in range(len(self.sources)):
            self.tell(k, **changes)


class Studio:
    """What answers prompts: the servers, and the loop on which answers stream. One for a store in a process."""

    def __init__(self, store: Path, *, device: str | None = None, servers: Servers | None = None) -> None:
        self.servers = servers or Servers(store, device=device)
        """The model servers."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live", daemon=True)
        self._thread.start()
        self._preparing: list[threading.Thread] = []
        self._turn = asyncio.Semaphore(1)
        self._remote_turn = asyncio.Semaphore(_REMOTE_AT_ONCE)
        self._waiting: list[Duel] = []
        self._duels: list[Duel] = []

    def start(self, sources: Sequence[Source], ask: Ask) -> Duel:
        """Return a duel that has begun.

        Raises:
            JobError: too many prompts wait.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise JobError(f"{MOST_WAITING} prompts of other people wait already; try again in a minute.")
        duel = Duel(sources, ask)
        self._duels = [one for one in self._duels if not one.is_over] + [duel]
        duel._future = asyncio.run_coroutine_threadsafe(self._run(duel), self._loop)
        return duel

    def stop_servers(self) -> None:
        """End all answers and all servers; the next prompt starts those it needs."""
        for duel in list(self._duels):
            duel.stop()
        self.servers.stop_all()

    def close(self) -> None:
        """End all answers and all servers, for good."""
        if self._loop.is_closed():
            return
        self.servers.close()
        asyncio.run_coroutine_threadsafe(self._end_all(), self._loop).result()
        for thread in self._preparing:
            thread.join()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._loop.shutdown_asyncgens()

    async def _run(self, duel: Duel) -> None:
        """Let all sides of a duel answer; whatever goes wrong is told in its sides."""
        try:
            async with AsyncExitStack() as stack:
                turn = self._turn if any(isinstance(one, Served) for one in duel.sources) else self._remote_turn
                await stack.enter_async_context(self._in_turn(duel, turn))
                addresses = await asyncio.gather(*(self._ready(duel, k, stack) for k in range(len(duel.sources))))
                asked = [(k, address) for k, address in enumerate(addresses) if address is not None]
                async with asyncio.timeout(TIME_LIMIT_S):
                    await asyncio.gather(*(self._answer(duel, k, address) for k, address in asked))
        except TimeoutError:
            duel.tell_all(state="failed", message=f"stopped after {TIME_LIMIT_S:.0f} s; ask for fewer tokens.")
        except asyncio.CancelledError:
            duel.tell_all(state="stopped", message="")
            raise
        except BaseException as error:
            duel.tell_all(state="failed", message=f"{type(error).__name__}: {error}"[:300])
            raise

    @asynccontextmanager
    async def _in_turn(self, duel: Duel, turn: asyncio.Semaphore) -> AsyncIterator[None]:
        """Hold a turn for the block, after waiting for those who came before."""
        self._waiting.append(duel)
        try:
            if turn.locked():
                self._tell_places()
            await turn.acquire()
        finally:
            self._waiting.remove(duel)
            self._tell_places()
        try:
            yield
        finally:
            turn.release()

    def _tell_places(self) -> None:
        for place, duel in enumerate(self._waiting):
            before = f"{place + 1} prompts are" if place else "another prompt is"
            duel.tell_all(state="waiting", message=f"{before} answered first")

    async def _ready(self, duel: Duel, k: int, stack: AsyncExitStack) -> tuple[Source, Address | None] | None:
        """Return who is asked and where, once its server answers; None where it does not start."""
        source = duel.sources[k]
        if isinstance(source, Remote):
            return source, None
        duel.tell(k, state="preparing", message="waiting for its server")
        held = ExitStack()
        entered = self._entered(held, source, lambda words: duel.tell(k, state="preparing", message=words))
        try:
            address = await asyncio.shield(asyncio.wrap_future(entered))
        except asyncio.CancelledError:  # the server goes on starting, for the next prompt
            entered.add_done_callback(lambda done: held.close())
            raise
        except LlmkickError as error:
            duel.tell(k, state="failed", message=str(error))
            return None
        stack.callback(held.close)
        return source, address

    def _entered(self, held: ExitStack, source: Served, on_stage: Callable[[str], None]) -> Future[Address]:
        """Return the address of a server, which is started in a thread that the end of the program does not wait for; `held` keeps it in use."""
        found: Future[Address] = Future()

        def enter() -> None:
            try:
                found.set_result(held.enter_context(self.servers.using(source, on_stage)))
            except BaseException as error:  # noqa: BLE001  (it is raised where the future is awaited)
                found.set_exception(error)

        thread = threading.Thread(target=enter, name="live-server", daemon=True)
        self._preparing = [one for one in self._preparing if one.is_alive()] + [thread]
        thread.start()
        return found

    async def _answer(self, duel: Duel, k: int, where: tuple[Source, Address | None]) -> None:
        """Stream one answer."""
        call = _call(duel.ask, *where)
        pieces: list[str] = []
        started = time.monotonic()
        duel.tell(k, state="reading", message="", context_length=where[1].context_length if where[1] is not None else 0)
        try:
            async with aclosing(stream(call)) as answer:
                async for heard in answer:
                    now = time.monotonic() - started
                    if heard.text:
                        pieces.append(heard.text)
                        first = {"first_s": now} if len(pieces) == 1 else {}
                        duel.tell(k, state="streaming", pieces=tuple(pieces), n_tokens=len(pieces), last_s=now, **first)
                    if heard.n_tokens is not None:
                        duel.tell(k, n_tokens=heard.n_tokens)
                    if heard.n_prompt_tokens is not None:
                        duel.tell(k, n_prompt_tokens=heard.n_prompt_tokens)
                    if heard.finish:
                        duel.tell(k, finish=heard.finish)
                    if heard.text and (kept := cut_at(pieces, duel.ask.stop)) is not None:
                        duel.tell(k, pieces=tuple(kept), n_tokens=len(kept), finish="stop string")
                        break
                    if len(pieces) >= duel.ask.max_tokens * 2:  # a server that keeps to no limit
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
        return replace(asked, url=address.url, prompt=raw_chat(address.shape, ask.prompt), is_chat=False)
    return replace(asked, url=address.url)

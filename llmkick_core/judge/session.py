"""Asking a judge everything that a plan holds: many requests at a time, every reply on the disk before anything else is done with it.

What is killed, cancelled, or stopped by a cap or by the server goes on where it was: a new plan of the same request holds only what is missing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from llmkick_core.errors import BudgetError, EndpointError
from llmkick_core.judge.budget import Budget
from llmkick_core.judge.client import Client
from llmkick_core.judge.plan import Ask, Plan, left_of
from llmkick_core.judge.prices import Price
from llmkick_core.judge.saying import judgment_of, moved, said_again
from llmkick_core.judgment import JudgeSpec, Judgment
from llmkick_core.store.judgings import Journal, journal, latest, read_judgments

_LOOK_S = 0.2
_LAST_REPLIES_S = 30.0
"""Seconds that replies on their way are waited for once nothing more is asked: they are paid for."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a session is."""

    n_done: int
    """Judgments made."""
    n_total: int
    """Judgments that the session is to make."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How those that were made ended."""
    n_requests: int = 0
    """Requests sent, repeated ones included."""
    n_tokens: int = 0
    """Tokens used."""
    cost: float | None = None
    """US dollars spent; None while the price is not known."""
    eta_s: float | None = None
    """Seconds left; None while unknown."""


@dataclass(frozen=True, kw_only=True)
class End:
    """How a session ended."""

    state: Literal["done", "stopped", "cancelled"]
    """done: every judgment is made; stopped: by a cap or by the server; cancelled: by a person."""
    message: str
    """Why it stopped, and how to go on; where it is done, what a reader has to know of it, or nothing."""
    progress: Progress
    """How far it came."""


def ask_all(
    store: Path,
    planned: Plan,
    client: Client,
    budget: Budget,
    *,
    price: Price | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> End:
    """Ask everything that a plan holds, and return how it ended; what was made is kept whatever happens.

    Args:
        store: root of the store.
        planned: what is to be asked.
        client: how the judge is spoken to.
        budget: what may be spent; the client takes from it.
        price: of the judge's tokens, which is written beside each judgment.
        on_progress: told how far it is, a few times a second.
        is_cancelled: looked at a few times a second.

    Raises:
        StoreBusyError: another process is at one of the judgings.
        StoreError: the store cannot be written.
    """
    return asyncio.run(_Session(store, planned, client, budget, price, on_progress, is_cancelled).run())


class _Keeper:
    """Writes judgments in a thread, all that wait in one go: a disk takes as long for one as for many."""

    def __init__(self, journals: Mapping[str, Journal]) -> None:
        self._journals = journals
        self._waiting: list[tuple[str, Judgment]] = []
        self._written: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, judged: Iterable[tuple[str, Judgment]]) -> None:
        """Return once the disk has judgments, each with its judging's id.

        Raises:
            StoreError: it did not take them.
        """
        self._waiting += judged
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        written = self._written
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(written)

    async def finish(self) -> None:
        """Wait until everything is written."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        while self._written is not None:
            waiting, written = self._waiting, self._written
            self._waiting, self._written = [], None
            try:
                await asyncio.to_thread(self._add, waiting)
            except Exception as error:  # noqa: BLE001  (raised by whoever waits for it, who would wait for ever)
                written.set_exception(error)
            else:
                written.set_result(None)

    def _add(self, waiting: Sequence[tuple[str, Judgment]]) -> None:
        by_judging: dict[str, list[Judgment]] = {}
        for judging_id, one in waiting:
            by_judging.setdefault(judging_id, []).append(one)
        for judging_id, several in by_judging.items():
            self._journals[judging_id].add(several)


class _Session:
    def __init__(
        self,
        store: Path,
        planned: Plan,
        client: Client,
        budget: Budget,
        price: Price | None,
        on_progress: Callable[[Progress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._store = store
        self._plan = planned
        self._client = client
        self._budget = budget
        self._price = price
        self._on_progress = on_progress
        self._is_cancelled = is_cancelled
        self._outcomes: Counter[str] = Counter()
        self._waiting: list[Ask] = []
        self._message = ""
        self._is_over = False
        self._was_cancelled = False
        self._failure: BaseException | None = None
        self._started = time.monotonic()
        self._n_first = 0

    async def run(self) -> End:
        with ExitStack() as stack:
            journals = {spec.judging_id: stack.enter_context(journal(self._store, spec)) for spec in self._plan.specs}
            self._plan = left_of(self._plan, {one: latest(read_judgments(self._store, one)) for one in journals})
            self._waiting = list(reversed(self._plan.asks))
            keeper = _Keeper(journals)
            await self._keep(keeper, self._plan.settled)
            self._n_first = sum(self._outcomes.values())
            watcher = asyncio.create_task(self._watch())
            try:
                await self._ask_all(keeper)
            finally:
                await keeper.finish()
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
                await self._client.close()
        progress = self._progress()
        self._on_progress(progress)
        if self._failure is not None:
            raise self._failure
        state: Literal["done", "stopped", "cancelled"] = "cancelled" if self._was_cancelled else "stopped" if self._message else "done"
        return End(state=state, message=self._message or self._note(), progress=progress)

    def _note(self) -> str:
        """Return what a reader has to know of how the judge was asked."""
        if self._client.manner.has_temperature:
            return ""
        return f"{self._client.model} takes no temperature; its replies were drawn at its server's own."

    async def _keep(self, keeper: _Keeper, made: Sequence[tuple[JudgeSpec, Judgment]]) -> None:
        """Write judgments, then count them."""
        if made:
            await keeper.keep((spec.judging_id, one) for spec, one in made)
        self._outcomes.update(one.outcome for _, one in made)

    async def _ask_all(self, keeper: _Keeper) -> None:
        workers = [asyncio.create_task(self._work(keeper)) for _ in range(min(self._client.concurrency, len(self._waiting)))]
        over = asyncio.create_task(self._until_over())
        try:
            pending: set[asyncio.Task[None]] = set(workers)
            while pending and not self._is_over:
                _, pending = await asyncio.wait({*pending, over}, return_when=asyncio.FIRST_COMPLETED)
                pending.discard(over)
            await self._last_replies(workers)
        except asyncio.CancelledError:  # Ctrl-C; a second one ends it at once
            await self._last_replies(workers)
            raise
        finally:
            for task in (*workers, over):
                task.cancel()
            await asyncio.gather(*workers, over, return_exceptions=True)

    async def _last_replies(self, workers: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the replies on their way, which are paid for, and have nothing more sent."""
        self._is_over = True
        self._client.stop()
        if workers:
            await asyncio.wait(workers, timeout=_LAST_REPLIES_S)

    async def _until_over(self) -> None:
        while not self._is_over:
            await asyncio.sleep(_LOOK_S)

    async def _work(self, keeper: _Keeper) -> None:
        while self._waiting and not self._is_over:
            ask = self._waiting.pop()
            try:
                await self._judge(ask, keeper)
            except (BudgetError, EndpointError) as error:
                if not self._is_over:
                    self._message, self._is_over = str(error), True
            except Exception as error:  # noqa: BLE001  (raised again by `run`, once the others have ended)
                self._failure = self._failure or error
                self._is_over = True

    async def _judge(self, ask: Ask, keeper: _Keeper) -> None:
        """Ask one question and keep its judgments, one for each answer in these words."""
        question = ask.question
        reply = await self._client.ask(question)
        first, *others = ask.slots
        judged = judgment_of(first.item, question.wanted, reply, key=ask.key, price=self._price)
        made: list[tuple[JudgeSpec, Judgment]] = [(first.spec, judged)]
        for slot in others:
            same = said_again(slot.item, question.wanted, judged) if reply.outcome == "text" else moved(judged, slot.item)
            made.append((slot.spec, same))
        await self._keep(keeper, made)

    async def _watch(self) -> None:
        while True:
            self._on_progress(self._progress())
            if self._is_cancelled() and not self._is_over:
                self._was_cancelled, self._is_over = True, True
            await asyncio.sleep(_LOOK_S)

    def _progress(self) -> Progress:
        n_done, n_total = sum(self._outcomes.values()), self._plan.n_judgments
        n_asked, passed = n_done - self._n_first, time.monotonic() - self._started
        return Progress(
            n_done=n_done,
            n_total=n_total,
            outcomes=dict(self._outcomes),
            n_requests=self._budget.n_requests,
            n_tokens=self._budget.prompt_tokens + self._budget.completion_tokens,
            cost=self._budget.cost if self._price is not None else None,
            eta_s=(n_total - n_done) * passed / n_asked if n_asked else None,
        )

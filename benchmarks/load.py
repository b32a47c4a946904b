"""How the app holds out under many people: sessions on its real websocket, each opening page after page, while parts of them redraw by themselves.

    python -m benchmarks.load --store /tmp/load-store                 50 sessions for 60 s, with no job
    python -m benchmarks.load --store /tmp/load-store --sweep         the same while a sweep of the bundled model is computed

A session does what a browser does: it opens the websocket, asks for a page, and asks for each part that redraws as often as the part says. After a page it
reads for a while (--read seconds on average, drawn evenly from half to one and a half of that), then opens the next one. A page counts from the request
until the script has finished, as a cold visit: nothing is reused from the page before. All on 127.0.0.1; it ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.explorer_store import fill
from llmkick_core.catalog import plan
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import DATABASE
from tests.browser.conftest import serving_process

PAGES = {
    "": "",
    "run": "",
    "compare": "outcome=broke",
    "ladder": "task=factoid_qa",
    "slices": "task=factoid_qa",
    "layers": "",
    "data": "",
}
MOST_SECONDS = 60
"""For which a page is waited for; later it counts as an error."""


@dataclass
class Seen:
    """What the sessions saw."""

    pages: list[tuple[str, float]] = field(default_factory=list)
    """Pages and the seconds until they were drawn."""
    redraws: list[float] = field(default_factory=list)
    """Seconds until a part that redraws was drawn."""
    errors: list[str] = field(default_factory=list)
    """Exceptions that were shown, and pages that did not come."""


class Session:
    """One visitor."""

    def __init__(self, socket: Any, seen: Seen) -> None:
        self._socket = socket
        self._seen = seen
        self._asked_at: list[tuple[float, str]] = []  # scripts run one after another, in the order they were asked for
        self._is_drawn = asyncio.Event()
        self._parts: dict[str, asyncio.Task[None]] = {}

    async def open(self, page: str) -> None:
        """Open a page and wait until it is drawn."""
        for task in self._parts.values():
            task.cancel()
        self._parts.clear()
        self._is_drawn.clear()
        await self._ask(page, f"page {page or 'overview'}")
        await asyncio.wait_for(self._is_drawn.wait(), MOST_SECONDS)

    async def _ask(self, page: str, what: str, fragment: str = "") -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = PAGES[page]
        message.rerun_script.page_name = page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        self._asked_at.append((time.perf_counter(), what))
        await self._socket.send(message.SerializeToString())

    async def listen(self) -> None:
        """Read what the app sends until it is closed."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        page = ""
        async for raw in self._socket:
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                self._seen.errors.append(message.delta.new_element.exception.message[:200])
            elif kind == "auto_rerun":
                part = message.auto_rerun.fragment_id
                if part not in self._parts:
                    self._parts[part] = asyncio.create_task(self._redraw(page, part, message.auto_rerun.interval))
            elif kind == "navigation":
                page = next(
                    (
                        one.url_pathname
                        for one in message.navigation.app_pages
                        if one.page_script_hash == message.navigation.page_script_hash
                    ),
                    page,
                )
                page = page if page in PAGES else ""
            elif kind == "script_finished" and self._asked_at:
                asked_at, what = self._asked_at.pop(0)
                took = time.perf_counter() - asked_at
                if what.startswith("page"):
                    self._seen.pages.append((what, took))
                    self._is_drawn.set()
                else:
                    self._seen.redraws.append(took)

    async def _redraw(self, page: str, part: str, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            if not any(what == part for _, what in self._asked_at):
                await self._ask(page, part, part)


async def visit(address: str, number: int, until: float, read_s: float, seen: Seen) -> None:
    """Be one visitor until a time."""
    from websockets.asyncio.client import connect

    rng = random.Random(number)
    await asyncio.sleep(rng.uniform(0, read_s))  # they do not come at once
    place = address.replace("http://", "ws://") + "/_stcore/stream"
    while time.perf_counter() < until:
        page = rng.choice(list(PAGES))
        try:
            async with connect(place, origin=address, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[arg-type, list-item]
                session = Session(socket, seen)
                listening = asyncio.create_task(session.listen())
                try:
                    await session.open(page)
                    await asyncio.sleep(min(rng.uniform(0.5, 1.5) * read_s, max(0.0, until - time.perf_counter())))
                finally:
                    listening.cancel()
                    for part in session._parts.values():
                        part.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await listening
        except TimeoutError:
            seen.errors.append(f"{page or 'overview'} was not drawn after {MOST_SECONDS} s")
        except OSError as error:
            seen.errors.append(f"{type(error).__name__}: {error}")


async def storm(address: str, n_sessions: int, seconds: float, read_s: float) -> Seen:
    """Return what so many visitors see within some seconds."""
    seen = Seen()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(visit(address, number, until, read_s, seen) for number in range(n_sessions)))
    return seen


def peak_gb(pid: int) -> float:
    """Return the most memory that a process had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e6


def start_sweep(store: Path) -> LocalExecutor:
    """Start a sweep of the bundled model that takes longer than the storm."""
    recipes = [Recipe(), *(Recipe(method="sparsegpt", sparsity=sparsity / 100) for sparsity in range(10, 90, 10))]
    executor = LocalExecutor(store, device="cpu")
    executor.submit(plan("bundled:kick-tiny", recipes, ["factoid_qa", "multiple_choice", "closed_book_qa"]))
    executor.ensure_worker()
    return executor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True, help="a folder; filled where it is empty")
    parser.add_argument("--questions", type=int, default=2500, help="of each of the 40 synthetic runs")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--read", type=float, default=10, help="seconds on a page, on average")
    parser.add_argument("--sweep", action="store_true", help="while a sweep is computed")
    asked = parser.parse_args()
    if not (asked.store / DATABASE).exists():
        fill(asked.store, asked.questions)
        with Database(asked.store) as db:
            ingest(db)
    with serving_process(asked.store) as (address, pid):
        asyncio.run(storm(address, 2, 5, 1))  # the libraries of the pages are imported
        executor = start_sweep(asked.store) if asked.sweep else None
        if executor is not None:
            time.sleep(15)
        seen = asyncio.run(storm(address, asked.sessions, asked.seconds, asked.read))
        peak = peak_gb(pid)
        is_sweeping = executor is not None and any(status.state in ("queued", "running") for status in executor.status())
        if executor is not None:
            executor.cancel([status.run_id for status in executor.status() if status.state in ("queued", "running")])
    took = np.array([seconds for _, seconds in seen.pages])
    redraws = np.array(seen.redraws or [0.0])
    print(json.dumps({
        "sessions": asked.sessions, "sweep": asked.sweep, "sweep_lasted": is_sweeping if asked.sweep else None, "pages": len(took),
        "p50_s": round(float(np.median(took)), 3), "p95_s": round(float(np.quantile(took, 0.95)), 3), "longest_s": round(float(took.max()), 3),
        "redraws": len(seen.redraws), "redraw_p95_s": round(float(np.quantile(redraws, 0.95)), 3), "errors": len(seen.errors), "app_peak_gb": round(peak, 2),
    }))  # fmt: skip
    for line in sorted(set(seen.errors))[:5]:
        print(line)
    by_page: dict[str, list[float]] = {}
    for page, seconds in seen.pages:
        by_page.setdefault(page, []).append(seconds)
    for page, several in sorted(by_page.items()):
        print(f"{page:16s} {len(several):4d} times   p50 {np.median(several):6.2f} s   p95 {np.quantile(several, 0.95):6.2f} s")


if __name__ == "__main__":
    main()

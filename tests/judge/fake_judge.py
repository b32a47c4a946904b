"""A real HTTP server on 127.0.0.1 that judges over OpenAI's chat protocol, and misbehaves on command.

    with FakeJudge(Judge(plan=one_after_another("429", ""))) as judge:
        Client(url=judge.url, model="judge")

    python -m tests.judge.fake_judge --port 8123 --bad 0.3 --seed 1    # for trials by hand: LLMKICK_STORE=... judge ... --endpoint http://127.0.0.1:8123/v1 --model judge

Its scores are made up, but not without sense: an answer that repeats itself or says little gets less, the first place a little more, and the same question
asked again a little more or less. It keeps what it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from tests.judge.faults import FAULTS, FORMATS, STOPPING, Asked, Plan, Sent, completion, error, never, number, randomly


@dataclass
class Judge:
    """A judge, and what its server can do."""

    plan: Plan = never
    name: str = "judge"
    formats: Sequence[str] = FORMATS
    """Shapes of replies that it takes."""
    refuses: Callable[[str], Sent] = lambda shape: error(400, f"response_format.type: '{shape}' is not supported", code="invalid_request")
    limit: str = "max_tokens"
    """What it calls the most tokens of a reply; the other word is refused where this is max_completion_tokens."""
    has_temperature: bool = True
    noise: float = 0.35
    """Standard deviation of a score from one time to the next."""
    bias: float = 0.4
    """What the first place is worth."""

    def __call__(self, asked: Asked) -> Sent:
        if asked.path == "/v1/models":
            return Sent({"object": "list", "data": [{"id": self.name, "object": "model"}]})
        if asked.path != "/v1/chat/completions":
            return Sent({"detail": "Not Found"}, status=404)
        if asked.body.get("model") != self.name:
            return STOPPING["404 model"](asked, {})
        if asked.format not in self.formats:
            return self.refuses(asked.format)
        if self.limit == "max_completion_tokens" and "max_tokens" in asked.body:
            message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            return error(400, message, param="max_tokens", code="unsupported_parameter")
        if not self.has_temperature and "temperature" in asked.body:
            return error(
                400, "Unsupported value: 'temperature' does not support 0 with this model.", param="temperature", code="unsupported_value"
            )
        good = completion(self.verdict(asked), usage={"prompt_tokens": _n_tokens(asked.body), "completion_tokens": 60})
        fault = self.plan(asked)
        return FAULTS[fault](asked, good) if fault else Sent(good)

    def verdict(self, asked: Asked) -> str:
        """Return a reply of the wanted shape."""
        wanted = _wanted(asked)
        sides = _sides(asked.about) or [asked.about]
        about = re.sub(r"<answer-(\w+)-(\w+)>.*?</answer-\1-\2>", "", asked.about, flags=re.DOTALL)
        draw = random.Random(number(asked.about, asked.nth))
        scores = []
        for place, text in enumerate(sides):
            extra = self.bias if place == 0 and len(sides) > 1 else 0.0
            scores.append(
                {
                    aspect: min(10.0, max(1.0, round(2 * (_quality(text, about, aspect) + extra + draw.gauss(0, self.noise))) / 2))
                    for aspect in wanted or ("overall",)
                }
            )
        told = " ".join(
            f"Answer {place} {'repeats itself' if _distinct(text) < 0.6 else 'stays with the matter'} in its {len(text.split())} words."
            for place, text in enumerate(sides, start=1)
        )
        if not wanted:
            totals = [sum(one.values()) for one in scores] + [5.0]
            winner = "tie" if abs(totals[0] - totals[1]) < 0.5 else "A" if totals[0] > totals[1] else "B"
            return f"{told}\n[[{winner}]]" if asked.format == "brackets" else json.dumps({"explanation": told, "winner": winner})
        if asked.format != "brackets":
            return json.dumps({"explanation": told, **{f"answer_{place}": one for place, one in enumerate(scores, start=1)}})
        shown = [
            ", ".join(f"{name}: {score:g}" for name, score in one.items()) if len(one) > 1 else f"{one[wanted[0]]:g}" for one in scores
        ]
        if len(shown) == 1:
            return f"{told}\n[[{shown[0]}]]"
        return told + "".join(f"\nAnswer {place}: [[{one}]]" for place, one in enumerate(shown, start=1))


def _wanted(asked: Asked) -> tuple[str, ...]:
    """Return the aspects that are to be scored; none where a winner is asked for."""
    schema = ((asked.body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    if schema:
        side = schema["properties"].get("answer_1")
        return tuple(side["properties"]) if side else ()
    tail = asked.prompt[-1500:]
    if '"winner"' in tail or "[[tie]]" in tail:
        return ()
    return tuple(dict.fromkeys(re.findall(r'"?(\w+)"?: N\b', tail))) or ("overall",)


def _sides(about: str) -> list[str]:
    """Return the answers shown, in order; an empty one is only spoken of."""
    pattern = r"<answer-(\w+)-([0-9a-f]+)>\n(.*?)\n</answer-\1-\2>|^Answer \w+ is empty"
    return [found[2] for found in re.findall(pattern, about, flags=re.DOTALL | re.MULTILINE)]


def _quality(text: str, about: str, aspect: str) -> float:
    """Return a score from about 1 to 9.5: less where a text repeats itself, says little, or shares few words with what it is about."""
    words = re.findall(r"\w+", text.lower())
    if not words:
        return 1.0
    known = set(re.findall(r"\w+", about.lower()))
    support = sum(word in known for word in words) / len(words)
    return 1.0 + 3.5 * _distinct(text) + 2.0 * support + min(1.0, len(words) / 30) + 1.5 * (number(aspect, text) % 1000 / 1000)


def _distinct(text: str) -> float:
    """Return the share of pairs of words that come once, 0-1."""
    words = text.lower().split()
    pairs = list(pairwise(words))
    return len(set(pairs)) / len(pairs) if pairs else 0.5


def _n_tokens(body: dict[str, Any]) -> int:
    return sum(len(str(message.get("content"))) for message in body["messages"]) // 4 + 8


class FakeJudge:
    """A server that answers as a function says, in a thread of its own that ends with the block."""

    def __init__(self, answer: Callable[[Asked], Sent], *, port: int = 0, hang_s: float = 60.0) -> None:
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._answer = answer
        self._port, self._hang_s = port, hang_s
        self._times: Counter[str] = Counter()
        self._n_now = 0
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake-judge")
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(10) or not self.url:
            raise OSError(f"the server did not start at port {self._port}")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._loop.close()

    def wait(self) -> None:
        """Return when the server ends, which it does not of itself."""
        self._thread.join()

    def bodies(self) -> list[dict[str, Any]]:
        return [asked.body for asked in self.asked if asked.path == "/v1/chat/completions"]

    def formats(self) -> list[str]:
        return [asked.format for asked in self.asked if asked.path == "/v1/chat/completions"]

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(task := asyncio.current_task())
            task.add_done_callback(tasks.discard)
            await self._connected(reader, writer)

        server = await asyncio.start_server(connected, "127.0.0.1", self._port, backlog=512)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._started.set()
        await self._closing.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await _read(reader)) is not None:
                asked.nth = self._times[asked.about]
                self._times[asked.about] += 1
                self.asked.append(asked)
                self._n_now += 1
                self.most_at_once = max(self.most_at_once, self._n_now)
                try:
                    is_kept = await self._send(self._answer(asked), reader, writer)
                finally:
                    self._n_now -= 1
                if not is_kept or asked.headers.get("connection", "").lower() == "close":
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # who asked does not wait any more, or the block ends
        finally:
            writer.close()

    async def _send(self, sent: Sent, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send a reply in its way, and return whether the connection may be used on."""
        raw = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body).encode()
        told = {"Content-Type": "application/json", "Content-Length": str(len(raw)), **sent.headers}
        lines = [f"HTTP/1.1 {sent.status} Said", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        head = "\r\n".join(lines).encode()
        half = max(1, len(raw) // 2)
        await asyncio.sleep(sent.delay_s)
        if sent.way == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        if sent.way == "silent":
            await self._hang(reader)
            return False
        whole = {"whole": head + raw, "twice": (head + raw) * 2}.get(sent.way, head + raw[:half] if sent.way != "dripping" else head)
        writer.write(whole)
        await writer.drain()
        if sent.way == "hung":
            await self._hang(reader)
        for byte in raw if sent.way == "dripping" else b"":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)
        return sent.way in ("whole", "twice")

    async def _hang(self, reader: asyncio.StreamReader) -> None:
        """Wait until who asked is gone."""
        try:
            async with asyncio.timeout(self._hang_s):
                await reader.read(1)
        except TimeoutError:
            pass


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    """Return the next request of a connection, or None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(path=first.split(" ")[1], body=json.loads(raw) if raw else {}, key=headers.get("authorization", ""), headers=headers)


def main() -> None:
    parser = argparse.ArgumentParser(description="A made-up judge for trials.")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--bad", type=float, default=0.0, help="share of replies that are bad, 0-1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hang", type=float, default=5.0, help="seconds after which a reply that hangs is broken off")
    parser.add_argument("--formats", nargs="*", default=FORMATS, help="shapes of replies that it takes")
    args = parser.parse_args()
    judge = Judge(plan=randomly(args.bad, seed=args.seed), formats=(*args.formats, "brackets"))
    with FakeJudge(judge, port=args.port, hang_s=args.hang) as server:
        sys.stdout.write(f"{server.url} (model: judge)\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            server.wait()


if __name__ == "__main__":
    main()

"""Evaluation, the judge and Live against servers that steal, flood and drip, and against an environment made for other programs."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from llmkick_core.errors import EndpointError, ModelError
from llmkick_core.judge.base import Reply
from llmkick_core.judge.client import Client
from llmkick_core.live import stream as live
from llmkick_core.live.stream import Call, Heard
from llmkick_core.models.failures import KEY_MARK, Failures, KeyCutter
from llmkick_core.models.openai_api import Abilities, EndpointModel
from llmkick_core.models.server import Server
from llmkick_core.models.transport import MOST_BYTES, account_headers
from llmkick_core.settings import PROJECT_ROOT
from tests.judge.asking import question
from tests.security.hostile_server import HostileServer, reply

KEY = "sk-very-secret-0123456789"
GOOD = {"choices": [{"index": 0, "text": " Oslo", "message": {"role": "assistant", "content": "[[5]]"}, "finish_reason": "stop"}]}
MARKED = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET")
MARK = "mark-of-another-program"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


def evaluated(url: str, timeout_s: float) -> str:
    server = Server(url, timeout_s=timeout_s, first_wait_s=0.001)
    model = EndpointModel(server, "words", Abilities(has_completions=True, likelihoods="none"), 4096)
    try:
        server._patiently = lambda ask, n_tries, once=server._patiently: once(ask, 1)  # type: ignore[method-assign]
        return model.generate(["Where?"], max_new_tokens=16)[0].text
    finally:
        server.close()


def judged(url: str, timeout_s: float) -> str:
    async def ask() -> Reply:
        async with Client(url=url, model="words", timeout_s=timeout_s, n_tries=1, first_wait_s=0.001) as client:
            return await client.ask(question())

    said = alone(ask)
    if said.outcome == "failed":
        raise EndpointError(said.reason)
    return said.text


def lived(url: str, timeout_s: float) -> str:
    return "".join(one.text for one in heard(url))


def heard(url: str) -> list[Heard]:
    async def listen() -> list[Heard]:
        call = Call(url=url, model="words", prompt="A", is_chat=False, max_tokens=9, temperature=0, has_key=True)
        return [one async for one in live.stream(call)]

    return alone(listen)


def alone(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


WAYS = {"evaluation": evaluated, "the judge": judged, "Live": lived}
every_way = pytest.mark.parametrize("ask", WAYS.values(), ids=list(WAYS))


def good(request: bytes) -> bytes:
    if b'"stream": true' in request:
        return reply(f"data: {json.dumps(GOOD)}\n\ndata: [DONE]\n\n".encode())
    return reply(json.dumps(GOOD).encode())


@every_way
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_no_proxy_of_the_environment_hears_what_is_for_this_machine(ask: Any, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_ENDPOINT_PROXIES", "1")  # asked for, but not for loopback addresses
    with HostileServer(good) as thief, HostileServer(good) as server:
        monkeypatch.setenv(name, f"http://127.0.0.1:{thief.port}")
        monkeypatch.setenv("NO_PROXY", "")
        ask(server.url, 5)
        assert not thief.requests
        assert f"Bearer {KEY}" in server.heard


@every_way
def test_a_server_elsewhere_is_asked_through_a_proxy_only_where_a_setting_says_so(ask: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")  # of a server in plain http elsewhere
    with HostileServer(good) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(EndpointError):
            ask("http://models.invalid/v1", 5)
        assert not proxy.requests
        monkeypatch.setenv("LLMKICK_ENDPOINT_PROXIES", "1")
        ask("http://models.invalid/v1", 5)
        assert "POST http://models.invalid/v1/" in proxy.heard


@every_way
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_takes_neither_prompt_nor_key_along(ask: Any, status: str):
    with (
        HostileServer(good) as thief,
        HostileServer(lambda request: reply(b"", f"Location: {thief.url}/completions", status=status)) as server,
        pytest.raises(EndpointError, match="which is not followed"),
    ):
        ask(server.url, 5)
    assert not thief.requests


@every_way
def test_a_redirect_that_is_asked_for_stays_off_plain_http_elsewhere(ask: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_ENDPOINT_REDIRECTS", "1")
    with (
        HostileServer(good) as thief,
        HostileServer(lambda request: reply(b"", f"Location: {thief.url}/x", status="307 Temporary Redirect")) as server,
        pytest.raises(EndpointError, match="not https"),
    ):
        ask(server.url, 5)
    assert not thief.requests


@every_way
def test_a_redirect_that_is_asked_for_is_followed_at_the_same_server(ask: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_ENDPOINT_REDIRECTS", "1")

    def moved(request: bytes) -> bytes:
        return good(request) if b"/moved" in request.split(b"\r\n")[0] else reply(b"", "Location: /moved", status="307 Moved")

    with HostileServer(moved) as server:
        assert ask(server.url, 5)
    assert server.heard.count(f"Bearer {KEY}") == 2


@every_way
def test_nothing_that_the_environment_has_for_openai_goes_to_another_server(ask: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")
    for name in (*MARKED, "OPENAI_API_KEY"):
        monkeypatch.setenv(name, MARK)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Secret: {MARK}\nAuthorization: Bearer {MARK}\nCookie: {MARK}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with HostileServer(lambda request: good(request).replace(b"\r\n\r\n", b"\r\nSet-Cookie: id=1\r\n\r\n", 1)) as server:
        ask(server.url, 5)
        ask(server.url, 5)
    assert len(server.requests) == 2
    assert MARK not in server.heard
    assert not re.search(r"(?im)^(cookie|authorization|x-stainless|openai-)", server.heard)


def test_the_organization_goes_to_openai_with_its_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "line\nbreak")
    told = {"Authorization": f"Bearer {KEY}", "OpenAI-Organization": "org-1"}
    assert account_headers("https://api.openai.com/v1", KEY) == told
    for url in (
        "http://api.openai.com/v1",
        "https://evil-openai.com/v1",
        "https://api.openai.com.evil.example/v1",
        "http://127.0.0.1:1/v1",
    ):
        assert account_headers(url, KEY) == {"Authorization": f"Bearer {KEY}"}
    assert account_headers("https://api.openai.com/v1", None) == {}


BOMB_BYTES = 2**30


def bomb(wbits: int, n_bytes: int = BOMB_BYTES) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = b" " * 2**20
    return b"".join(packer.compress(block) for _ in range(n_bytes // 2**20)) + packer.flush()


GZIP = bomb(31)
BOMBS = {
    "gzip": ("gzip", GZIP),
    "deflate": ("deflate", bomb(15)),
    "raw deflate": ("deflate", bomb(-15)),
    "gzip twice": ("gzip, gzip", gzip.compress(GZIP)),
    "unknown": ("br", b"\x00" * 10**6),
    "not packed": ("identity", b" " * (MOST_BYTES * 3)),
}


@contextmanager
def at_most(n_bytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < n_bytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
@every_way
def test_a_reply_takes_no_more_memory_than_its_limit(ask: Any, name: str):
    packing, packed = BOMBS[name]
    with at_most(100 * 2**20), HostileServer(lambda request: reply(packed, f"Content-Encoding: {packing}")) as server:
        with pytest.raises(EndpointError, match=r"more than|was not asked for|no piece of an answer") as caught:
            ask(server.url, 30)
        assert "\n" not in str(caught.value)


@every_way
def test_an_error_page_takes_no_more_either(ask: Any):
    with (
        at_most(100 * 2**20),
        HostileServer(lambda request: reply(GZIP, "Content-Encoding: gzip", status="400 Bad Request")) as server,
        pytest.raises(EndpointError, match="400"),
    ):
        ask(server.url, 30)


def test_a_server_that_compresses_unasked_is_understood():
    packed = gzip.compress(json.dumps(GOOD).encode())
    with HostileServer(lambda request: reply(packed, "Content-Encoding: gzip")) as server:
        assert evaluated(server.url, 5) == "[[5]]"
    assert "accept-encoding: identity" in server.heard.lower()


def drip(whole: bytes) -> Callable[[bytes], Iterator[bytes]]:
    return lambda request: (whole[i : i + 1] for i in range(len(whole)))


DRIPS = {
    "headers": b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000,
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b" " * 10_000,
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 10_000,
    "interim replies": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000,
}


@pytest.mark.parametrize("name", DRIPS)
@every_way
def test_a_byte_now_and_then_does_not_outlive_the_time_limit(ask: Any, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "TIME_LIMIT_S", 0.5)
    whole = DRIPS[name]
    with HostileServer(drip(whole), pause_s=0.01) as server:
        started = time.monotonic()
        with pytest.raises(EndpointError, match=r"in time|still answering"):
            ask(server.url, 0.5)
        assert time.monotonic() - started < 3


def test_a_stream_that_keeps_coming_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "TIME_LIMIT_S", 0.5)
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    event = b'data: {"choices": [{"text": "", "finish_reason": null}]}\n\n'
    with HostileServer(lambda request: iter([head, *[event] * 1000]), pause_s=0.01) as server:
        started = time.monotonic()
        with pytest.raises(EndpointError, match="still answering after"):
            heard(server.url)
        assert time.monotonic() - started < 3


def pieces(*texts: str) -> bytes:
    events = [{"choices": [{"text": text, "finish_reason": None}]} for text in texts] + [
        {"choices": [{"text": "", "finish_reason": "stop"}]}
    ]
    return reply(b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events))


@pytest.mark.parametrize(
    "texts",
    [
        (KEY,),
        (KEY[:9], KEY[9:]),
        tuple(KEY),
        ("so ", "s", KEY[1:5], "", KEY[5:], "!"),
        (KEY[:5] + KEY[:7], KEY[7:] + KEY[:3], KEY[3:]),
        ("<b>", KEY[:-1]),  # all but one letter, at the end
    ],
)
def test_a_stream_that_splits_the_key_shows_it_nowhere(texts: tuple[str, ...]):
    with HostileServer(lambda request: pieces(*texts)) as server:
        said = "".join(one.text for one in heard(server.url))
    assert KEY[:-1] not in said
    assert KEY_MARK in said


def test_text_that_only_begins_like_the_key_comes_whole():
    with HostileServer(lambda request: pieces("s", "k-", "very", " nice", " s")) as server:
        assert "".join(one.text for one in heard(server.url)) == "sk-very nice s"


def test_a_key_is_cut_wherever_it_is_split():
    text = f"a {KEY} b {KEY[:4]} {KEY}{KEY} c"
    for size in range(1, len(text)):
        cutter = KeyCutter(KEY)
        shown = "".join(cutter.cut(text[at : at + size]) for at in range(0, len(text), size)) + cutter.rest()
        assert shown == text.replace(KEY, KEY_MARK)


@pytest.mark.parametrize("ask", [evaluated, judged], ids=["evaluation", "the judge"])
def test_a_key_in_parts_of_a_message_is_cut_after_they_are_joined(ask: Any):
    parts = [{"type": "text", "text": KEY[:9]}, {"type": "text", "text": KEY[9:]}]
    said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": parts}, "finish_reason": "stop"}]}
    with HostileServer(lambda request: reply(json.dumps(said).encode())) as server:
        assert ask(server.url, 5) == KEY_MARK


def test_a_key_with_quotes_is_cut_out_of_json_too():
    key = 'sk-"quoted"\\key'
    failures = Failures("http://127.0.0.1:1/v1", key)
    assert failures.loaded(json.dumps({"a": [{key: key}]}), 1) == {"a": [{KEY_MARK: KEY_MARK}]}
    assert "quoted" not in failures.reason({"error": {"detail": [key]}})


def test_a_place_that_a_redirect_names_is_shown_without_the_key():
    spelled = KEY.replace("-", "%2D")
    moved = reply(b"", f"Location: https://evil.example/{spelled}", status="302 Found")
    with HostileServer(lambda request: moved) as server, pytest.raises(EndpointError) as caught:
        evaluated(server.url, 5)
    assert KEY not in str(caught.value)
    assert spelled not in str(caught.value)


def test_a_request_under_way_ends_with_the_others():
    with HostileServer(lambda request: b"" if b"slow" in request else reply(b"{}", status="403 No")) as server:
        asked = Server(server.url, timeout_s=60, first_wait_s=0.001)
        started = time.monotonic()
        with pytest.raises(EndpointError, match="403"):
            asked.together(lambda prompt: asked.post("/completions", {"prompt": prompt}, dict), ["slow", "fast", "slow"])
        assert time.monotonic() - started < 5
        asked.close()


def test_no_key_goes_in_plain_http_to_another_machine():
    with pytest.raises(ModelError, match="use https"):
        Server("http://models.example/v1")


def test_the_transport_is_the_only_http_client_of_endpoints():
    clients = re.compile(r"\b(AsyncOpenAI|OpenAI|AsyncClient|httpx2\.Client|AzureOpenAI)\(")
    found = {
        str(path.relative_to(PROJECT_ROOT)) for path in (PROJECT_ROOT / "llmkick_core").rglob("*.py") if clients.search(path.read_text())
    }
    assert found == {"llmkick_core/models/transport.py"}
    code = (
        "import sys, llmkick_core.models.openai_api, llmkick_core.judge.client, llmkick_core.live.stream; sys.exit('openai' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=PROJECT_ROOT).returncode == 0

"""Pages of other sites against the app and against Live's model servers: DNS rebinding, cross-origin requests, and a rebinding in a real browser."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from llmkick_core.live.host_guard import LOOPBACK, HostGuard, is_allowed
from llmkick_core.live.lifeline import end, start
from llmkick_core.settings import BUNDLED_ROOT
from tests.browser.conftest import CHROMIUM, serving

HTTP = ("/", "/_stcore/health", "/_stcore/host-config", "/compare", "/media/x", "/_stcore/metrics")
FOREIGN = ("evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "127.0.0.1:{port}@evil.example", "evil.example#127.0.0.1", "")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Return the host and port of the app on an empty store."""
    with serving(tmp_path_factory.mktemp("hosts")) as address:
        parts = urlsplit(address)
        yield str(parts.hostname), int(parts.port or 0)


def asked(place: tuple[str, int], path: str, host: str, method: str = "GET", body: str | None = None, **headers: str) -> int:
    connection = http.client.HTTPConnection(*place, timeout=30)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host.format(port=place[1]))
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value.format(port=place[1]))
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(None if body is None else body.encode())
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def opened(place: tuple[str, int], host: str, origin: str | None) -> int:
    """Return the status of a websocket's handshake."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    return asked(place, "/_stcore/stream", host, **upgrade, **({} if origin is None else {"Origin": origin}))


@pytest.mark.parametrize("host", FOREIGN)
def test_the_app_does_not_answer_to_a_foreign_name(app: tuple[str, int], host: str):
    assert {asked(app, path, host) for path in HTTP} <= {400, 403}
    assert asked(app, "/_stcore/upload_file/a/b", host, "PUT", "x") in (400, 403)
    assert opened(app, host, None) in (400, 403)
    assert opened(app, host, f"http://{host}") in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}"])
def test_the_app_answers_to_this_machines_names(app: tuple[str, int], host: str):
    assert asked(app, "/", host) == 200
    assert opened(app, host, f"http://{host}") == 101


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9", "null", "http://127.0.0.1:{port}.evil.example", "file://"])
def test_a_page_of_another_place_cannot_ask_the_app(app: tuple[str, int], origin: str):
    assert opened(app, "127.0.0.1:{port}", origin) == 403
    assert asked(app, "/_stcore/upload_file/a/b", "127.0.0.1:{port}", "PUT", "x", Origin=origin) == 403


@pytest.mark.browser
def test_a_rebinding_page_gets_nothing_of_the_app(app: tuple[str, int]):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", rules])
        try:
            page = browser.new_page()
            place = f"http://evil.example:{app[1]}"
            reply = page.goto(f"{place}/run")
            assert reply is not None
            assert reply.status == 403
            socket_ends = (
                "place => new Promise(done => { const one = new WebSocket(place.replace('http', 'ws') + '/_stcore/stream');"
                " one.onopen = () => done('open'); one.onerror = () => done('refused') })"
            )
            assert page.evaluate(socket_ends, place) == "refused"
            fetched = "async place => { const one = await fetch(place + '/_stcore/host-config'); return one.status }"
            assert page.evaluate(fetched, place) == 403
            page.goto(f"http://127.0.0.1:{app[1]}/")
            assert page.evaluate(socket_ends, f"http://127.0.0.1:{app[1]}") == "open"
        finally:
            browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[tuple[str, int], str]]:
    """Return the place and the key of a model server of Live."""
    log = tmp_path_factory.mktemp("served") / "log"
    child = start("llmkick_core.live.serving", ["--folder", str(BUNDLED_ROOT / "kick-nano"), "--device", "cpu", "--dtype", "float32"], log)
    try:
        assert child.stdout is not None
        port, key = child.stdout.readline().decode().split()
        yield ("127.0.0.1", int(port)), key
    finally:
        end(child)


PROMPT = json.dumps({"model": ".", "prompt": "Oslo is", "max_tokens": 1})


@pytest.mark.parametrize(
    ("path", "method"),
    [("/v1/completions", "POST"), ("/v1/models", "GET"), ("/reset", "POST"), ("/load_model", "POST"), ("/health", "GET")],
)
def test_a_model_server_answers_to_its_key_alone(served: tuple[tuple[str, int], str], path: str, method: str):
    place, key = served
    body = PROMPT if method == "POST" else None
    kind = {"Content_Type": "application/json"}
    for more in (
        {},
        {"Authorization": "Bearer none"},
        {"Authorization": "Bearer "},
        {"Origin": "http://evil.example"},
        {"Content_Type": "text/plain"},
    ):
        assert asked(place, path, "127.0.0.1:{port}", method, body, **{**kind, **more}) == 403
    right = {**kind, "Authorization": f"Bearer {key}"}
    assert asked(place, path, "evil.example", method, body, **right) == 403
    assert asked(place, path, "127.0.0.1:{port}", method, body, **right, Origin="http://127.0.0.1:9") == 403


def test_a_model_server_answers_with_its_key(served: tuple[tuple[str, int], str]):
    place, key = served
    right = {"Content_Type": "application/json", "Authorization": f"Bearer {key}"}
    assert asked(place, "/v1/completions", "127.0.0.1:{port}", "POST", PROMPT, **right) == 200
    assert asked(place, "/v1/completions", "127.0.0.1:{port}", "OPTIONS", None, **right) in (400, 405)


@pytest.mark.parametrize(
    ("host", "hosts", "is_own"),
    [
        ("localhost", LOOPBACK, True),
        ("LocalHost.:8501", LOOPBACK, True),
        ("[::1]:8501", LOOPBACK, True),
        ("127.0.0.1:", LOOPBACK, True),
        ("127.0.0.1:http", LOOPBACK, False),
        ("127.0.0.1:99999", LOOPBACK, False),
        ("user@127.0.0.1", LOOPBACK, False),
        ("localhost.evil.example", LOOPBACK, False),
        ("evil.example/127.0.0.1", LOOPBACK, False),
        ("[::1", LOOPBACK, False),
        ("app.example.org", ("*.example.org",), True),
        ("example.org", ("*.example.org",), False),
        ("evilexample.org", ("*.example.org",), False),
        ("anything", ("*",), True),
    ],
)
def test_which_names_are_allowed(host: str, hosts: tuple[str, ...], is_own: bool):
    assert is_allowed(host, hosts) is is_own


def guarded(headers: list[tuple[bytes, bytes]], **options: Any) -> bool:
    """Return whether a request reaches the app behind the guard."""
    reached = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    async def send(message: Any) -> None:
        assert message["type"].startswith("http.response")

    asyncio.run(HostGuard(inner, **options)({"type": "http", "headers": headers}, None, send))  # type: ignore[arg-type]
    return bool(reached)


def test_two_hosts_are_none_and_a_named_origin_may_ask():
    host = (b"host", b"localhost")
    assert guarded([host])
    assert not guarded([host, (b"host", b"evil.example")])
    assert not guarded([])
    origin = (b"origin", b"https://app.example.org")
    assert not guarded([host, origin])
    assert guarded([host, origin], origins=["https://app.example.org/"])


@pytest.mark.slow
def test_a_name_that_is_added_is_answered_to(tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.allowedHosts",
        "app.example.org",
        "--server.allowedHosts",
        "127.0.0.1",
    ]
    from llmkick_core.settings import PROJECT_ROOT
    from tests.browser.conftest import wait_for

    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=PROJECT_ROOT,
        env=os.environ | {"LLMKICK_STORE": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        place = ("127.0.0.1", port)
        assert asked(place, "/", "app.example.org") == 200
        assert opened(place, "app.example.org", "https://app.example.org") == 101
        assert asked(place, "/", "localhost") == 403
    finally:
        child.terminate()
        child.wait()

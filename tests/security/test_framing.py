"""A page of another site cannot show the app under its own, so that who clicks there clicks here (clickjacking)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.live.host_guard import HostGuard
from tests.browser.conftest import CHROMIUM, serving

POLICY = {b"content-security-policy": b"frame-ancestors 'self'", b"x-frame-options": b"SAMEORIGIN"}


def headers_of(inner: Any, host: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a reply that comes through the guard."""
    found: list[tuple[bytes, bytes]] = []

    async def send(message: Any) -> None:
        found.extend(message.get("headers", ()))

    asyncio.run(HostGuard(inner)({"type": "http", "headers": [(b"host", host)]}, None, send))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("host", [b"localhost", b"evil.example"], ids=["a reply", "a refusal"])
def test_every_reply_says_who_may_frame_it(host: bytes):
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        own = [(b"X-Frame-Options", b"ALLOWALL"), (b"content-security-policy", b"default-src 'self'"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b""})

    found = headers_of(inner, host)
    for name, value in POLICY.items():
        assert value in [one for key, one in found if key.lower() == name]
    assert [value for name, value in found if name.lower() == b"x-frame-options"] == [b"SAMEORIGIN"]
    if host == b"localhost":
        assert (b"content-security-policy", b"default-src 'self'") in found  # both policies hold
        assert (b"x-own", b"1") in found


@pytest.fixture
def foreign_page() -> Iterator[str]:
    """Return the address of a page of another origin that frames what stands behind its `?`."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(f"<body>mine<iframe src='{self.path.partition('?')[2]}' width=900 height=700></iframe></body>".encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_page_of_another_origin_cannot_frame_the_app_and_one_of_its_own_can(tmp_path: Path, foreign_page: str):
    from playwright.sync_api import sync_playwright

    with serving(tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page()
            for framed in (address, f"{address}/run", f"{address}/_stcore/health"):
                page.goto(f"{foreign_page}?{framed}")
                page.wait_for_timeout(1000)
                assert page.frames[1].url.startswith("chrome-error:"), framed
            page.goto(f"{address}/run")  # the app itself works as ever
            page.get_by_role("heading", name="Run", exact=True).wait_for(timeout=120_000)
            page.evaluate("() => { const one = document.createElement('iframe'); one.src = '/_stcore/health'; document.body.append(one) }")
            shown = "() => [...document.querySelectorAll('iframe')].some(one => one.contentDocument?.body?.innerText.includes('ok'))"
            page.wait_for_function(shown)
        finally:
            browser.close()

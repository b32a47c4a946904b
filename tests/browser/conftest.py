"""The app in a real browser, on a synthetic store: no torch, no network, no long run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from llmkick_core.settings import PROJECT_ROOT
from tests.synthetic_store import make_store

CHROMIUM = os.environ.get("LLMKICK_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE_S = 120.0
"""Long, because a loaded machine is no failure."""

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium; its event loop ends with the module, so other tests can run their own."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with runs of ten recipes on five tasks."""
    store = tmp_path_factory.mktemp("browser")
    make_store(store, n_each=5)
    return store


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """Run the app on a store and yield its address."""
    with serving_process(store) as (address, _):
        yield address


@contextmanager
def serving_process(store: Path) -> Iterator[tuple[str, int]]:
    """Run the app on a store and yield its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"LLMKICK_STORE": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(address).close()
            return
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def address(full_store: Path) -> Iterator[str]:
    """Return the address of the app on the full store, one server a module."""
    with serving(full_store) as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens an address in a fresh session and waits until it stands still."""
    contexts = []

    def go(where: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(where, wait_until="domcontentloaded")
        settled(page)
        return page

    yield go
    for context in contexts:
        context.close()


def settled(page: Page) -> None:
    """Wait until something is drawn and the script stands still."""
    expect(page.locator("[data-testid=stMain]").locator("h1, .kick-sentence, [data-testid=stAlert]").first).to_be_visible()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def press(page: Page, key: str) -> None:
    """Press a key that a button of the page stands for, once the buttons listen: they come a moment after the script has ended."""
    expect(page.get_by_role("button", name="Shortcut").first).to_be_visible()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")
    page.keyboard.press(key)


def is_wide(page: Page) -> bool:
    """Return whether anything on the page stands out to the right of the window."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth > window.innerWidth + 1 || document.querySelector('[data-testid=stMain]').scrollWidth > window.innerWidth + 1"
        )
    )

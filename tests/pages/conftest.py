"""A synthetic store and the app on it, without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from llmkick_core import settings
from tests.judged_store import make_judged_store
from tests.pages.judge_page import N_JUDGED
from tests.synthetic_store import make_store

APP = settings.PROJECT_ROOT / "app.py"
TIMEOUT_S = 60


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with runs of ten recipes on five tasks; tests must not write to it."""
    store = tmp_path_factory.mktemp("full")
    make_store(store, n_each=10)
    return store


@pytest.fixture(autouse=True)
def _asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs that a test writes into a store be those that this installation was asked for; tests/security has the others."""
    monkeypatch.setattr("llmkick_core.jobs.local.asked_by", lambda store, run_id: "command")


@pytest.fixture(autouse=True)
def _warm_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run go through app.py at once, as on a server that has served a page; AppTest would make each run a server's first."""
    make = PagesManager.__init__

    def warm(self: PagesManager, *args: object, **more: object) -> None:
        make(self, *args, **more)  # type: ignore[arg-type]
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", warm)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], AppTest]]:
    """Return a function that starts the app on a store, before its first run."""

    def start(store: Path) -> AppTest:
        monkeypatch.setenv("LLMKICK_STORE", str(store))
        return AppTest.from_file(str(APP), default_timeout=TIMEOUT_S)

    yield start
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def judged_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with summaries and conversations of seven recipes that two judges have rated; tests must not write to it."""
    store = tmp_path_factory.mktemp("judged")
    make_judged_store(store, n=N_JUDGED)
    return store

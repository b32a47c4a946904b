"""The Judge page without a browser: opening a view, and reading what stands on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

Start = Callable[[Path], AppTest]

N_JUDGED = 9
"""Questions of each task in the judged store."""


def judge(
    app: Start, store: Path, *, typed: Mapping[str, object] | None = None, secrets: Mapping[str, str] | None = None, **query: str
) -> AppTest:
    """Return the Judge page as a link opens it in a fresh session; `typed` stands in its boxes, by their keys."""
    at = app(store)
    for name, value in (typed or {}).items():
        at.session_state[name] = value
    for name, secret in (secrets or {}).items():
        at.secrets[name] = secret
    words = {"task": "summarization"} | query
    for name, value in words.items():
        at.query_params[name] = value
    at.switch_page("pages/judge.py").run()
    assert not at.exception
    return at


def markup(at: AppTest) -> str:
    return "\n".join(element.value for element in at.main.get("html") or at.html)


def plain(text: str) -> str:
    return unescape(re.sub("<[^>]+>", " ", text))


def sentence(at: AppTest) -> str:
    return next(plain(element.value).strip() for element in at.html if "kick-sentence" in element.value)


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption).replace("\\", "")


def rows(at: AppTest, place: int = -1) -> list[list[str]]:
    """Return the cells of a table of the page, the last one if nothing is said."""
    tables = [element.value for element in at.html if "<table" in element.value]
    return [
        [" ".join(plain(cell).split()) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)]
        for row in re.findall(r"<tr>(.*?)</tr>", tables[place], re.S)
    ]

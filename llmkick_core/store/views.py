"""Saved views: links of the app that were given a name, kept in the store's folder. A line that cannot be read is left in the file as it is.

<store>/views.jsonl, a line each: {"view_id": "3f9c..", "name": "What Wanda 50% broke", "page": "compare", "query": "task=factoid_qa&b=wanda-50&outcome=broke", "saved_at": 1795661029.8}
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

from llmkick_core.decoding import TIME, Decoder, parse_json
from llmkick_core.errors import StoreError, UsageError
from llmkick_core.store.damage import Damage
from llmkick_core.store.layout import write_atomic
from llmkick_core.store.locks import held
from llmkick_core.store.opener import TABLE, look, read_bytes

VIEWS = "views.jsonl"
PAGES = ("overview", "compare", "ladder", "slices", "layers", "live", "data")
"""Pages that can be kept as a view."""
LONGEST_NAME = 120
"""Characters of a name."""
_LONGEST_QUERY = 8_000
_IDS = re.compile(r"[\w-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class View:
    """A link with a name."""

    view_id: str
    """What it is deleted by."""
    name: str
    """What someone called it."""
    page: str
    """One of PAGES."""
    query: str
    """What stands behind the question mark of its link."""
    saved_at: float
    """When, seconds since 1970."""

    @property
    def link(self) -> str:
        """Return its link, beginning at the page."""
        return f"{self.page}?{self.query}" if self.query else self.page


_decode = Decoder(View, {"saved_at": TIME}, drops_unknown=True)


def saved_views(store: Path) -> list[View]:
    """Return the saved views, the newest first.

    Raises:
        StoreError: the store cannot be read.
    """
    return read_views(store)[0]


def read_views(store: Path) -> tuple[list[View], list[str]]:
    """Return the saved views, the newest first, and a line for each of the first damaged lines of the file, which are left out.

    Raises:
        StoreError: the store cannot be read.
    """
    found = look(store / VIEWS)
    if found is None:
        return [], []
    views, damaged = _read_views(store / VIEWS, found.changed_ns, found.n_bytes)
    return list(views), list(damaged)


@lru_cache(maxsize=4)
def _read_views(path: Path, changed_ns: int, n_bytes: int) -> tuple[tuple[View, ...], tuple[str, ...]]:
    """Return views and what is damaged of a file, read once while neither its time of change nor its size is another."""
    views: dict[str, View] = {}
    damage = Damage(path, "the other views are kept")
    try:
        content = read_bytes(path, TABLE)
    except FileNotFoundError:
        content = b""
    for number, line in damage.lines(content):
        try:
            view = _read(line)
            if view.view_id in views:
                raise ValueError(f"{view.view_id} stands twice")
            views[view.view_id] = view
        except ValueError as error:
            damage.add(number, error)
    newest = sorted(views.values(), key=lambda view: view.saved_at, reverse=True)
    return tuple(newest), damage.told


def _lines(store: Path) -> list[bytes]:
    try:
        return read_bytes(store / VIEWS, TABLE).split(b"\n")
    except FileNotFoundError:
        return []


def _read(line: bytes) -> View:
    view = _decode(parse_json(line))
    if not _IDS.fullmatch(view.view_id) or view.page not in PAGES:
        raise ValueError("no view of the app")
    return view


def save_view(store: Path, name: str, page: str, query: str) -> View:
    """Keep a link under a name and return it.

    Raises:
        UsageError: the name is empty, or the page or query is none of the app's.
        StoreError: the store cannot be written.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise UsageError("a view needs a name; type what it shows.")
    if page not in PAGES:
        raise UsageError(f"{page!r} is no page of the app that can be kept; choose one of {', '.join(PAGES)}.")
    if len(query) > _LONGEST_QUERY or (query and not parse_qsl(query, keep_blank_values=True)):
        raise UsageError("what stands behind the question mark of the link is none of the app's; copy the link once more.")
    view = View(view_id=uuid.uuid4().hex[:12], name=name, page=page, query=query, saved_at=time.time())
    with _writing(store):
        _write(store, [*_lines(store), json.dumps(asdict(view), ensure_ascii=False).encode()])
    return view


def delete_view(store: Path, view_id: str) -> None:
    """Forget a view; one that is not there is no error.

    Raises:
        StoreError: the store cannot be written.
    """
    with _writing(store):
        lines = _lines(store)
        at = next((n for n, line in enumerate(lines) if _is_view(line, view_id)), None)
        if at is not None:
            _write(store, lines[:at] + lines[at + 1 :])


def _is_view(line: bytes, view_id: str) -> bool:
    try:
        return _read(line).view_id == view_id
    except ValueError:
        return False


@contextmanager
def _writing(store: Path) -> Iterator[None]:
    with held(store / "views.lock", patience_s=10) as is_ours:
        if not is_ours:
            raise StoreError("the saved views are being written by another program; try again.")
        yield


def _write(store: Path, lines: Sequence[bytes]) -> None:
    write_atomic(store / VIEWS, b"".join(line + b"\n" for line in lines if line))

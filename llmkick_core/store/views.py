"""Saved views: links of the app that were given a name, kept in the store's folder.

<store>/views.jsonl, a line each: {"view_id": "3f9c..", "name": "What Wanda 50% broke", "page": "compare", "query": "task=factoid_qa&b=wanda-50&outcome=broke", "saved_at": 1795661029.8}
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from urllib.parse import parse_qsl

from llmkick_core.errors import StoreError, UsageError
from llmkick_core.store.layout import write_atomic
from llmkick_core.store.locks import held

VIEWS = "views.jsonl"
PAGES = ("overview", "compare", "ladder", "slices", "layers", "live", "data")
"""Pages that can be kept as a view."""
LONGEST_NAME = 120
"""Characters of a name."""
_LONGEST_QUERY = 8_000


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


def saved_views(store: Path) -> list[View]:
    """Return the saved views, the newest first; a line that is none is left out, and stays in the file until something is saved."""
    try:
        lines = (store / VIEWS).read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {store / VIEWS}: {error.strerror}. Check that the store can be read.") from error
    found = [view for line in lines if (view := _read(line)) is not None]
    return sorted(found, key=lambda view: view.saved_at, reverse=True)


def _read(line: str) -> View | None:
    try:
        raw = json.loads(line)
        view = View(**{field.name: raw[field.name] for field in fields(View)})
    except (ValueError, TypeError, KeyError):
        return None
    is_whole = all(isinstance(getattr(view, name), str) for name in ("view_id", "name", "page", "query"))
    return view if is_whole and view.page in PAGES and isinstance(view.saved_at, int | float) else None


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
    with held(store / "views.lock", patience_s=10) as is_ours:
        if not is_ours:
            raise StoreError("the saved views are being written by another program; try again.")
        _write(store, [*saved_views(store), view])
    return view


def delete_view(store: Path, view_id: str) -> None:
    """Forget a view; one that is not there is no error.

    Raises:
        StoreError: the store cannot be written.
    """
    with held(store / "views.lock", patience_s=10) as is_ours:
        if not is_ours:
            raise StoreError("the saved views are being written by another program; try again.")
        _write(store, [view for view in saved_views(store) if view.view_id != view_id])


def _write(store: Path, views: Sequence[View]) -> None:
    kept = sorted(views, key=lambda view: view.saved_at)
    write_atomic(store / VIEWS, "".join(f"{json.dumps(asdict(view), ensure_ascii=False)}\n" for view in kept))

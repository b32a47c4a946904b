"""How the store stands, as the Data page shows it: what it holds, what is wrong with it and the way out, and the compressed models it keeps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from llmkick_core import settings
from llmkick_core.store import queries
from llmkick_core.store.ingest import IngestReport, refill
from llmkick_core.store.kept import Kept, kept_models
from llmkick_core.store.provenance import provenance
from pages import _jobs, _words
from pages._shared import Page
from pages._text import escape

LASTS_S = 60.0
"""Seconds for which a look at the files of the store counts: it opens what is not taken in yet."""
MOST_LINES = 50
"""Damaged or waiting files that are named."""


def health(page: Page, *, is_asked: bool = False) -> queries.StoreHealth:
    """Return how the store stands, looked at anew where someone asks or the last look was long ago."""
    at, found = st.session_state.get("store_health", (0.0, None))
    if is_asked or found is None or found.path != page.db.store or time.monotonic() - at > LASTS_S:
        found = queries.store_health(page.db)
        st.session_state["store_health"] = (time.monotonic(), found)
    return found


def sentence(found: queries.StoreHealth) -> str:
    """Return the answer of the page in one sentence."""
    if not found.n_runs and not found.damaged:
        return "The store is empty: no run has been started yet."
    held = f"{_words.many(found.n_runs, 'run')}, {_words.many(found.n_answers, 'answer')} to {_words.many(found.n_questions, 'question')}"
    size = _words.size(found.runs_bytes + found.database_bytes + found.checkpoint_bytes)
    if found.damaged:
        return f"{held}, {size}: {_words.many(len(found.damaged), 'file')} cannot be read, everything else is whole."
    if found.waiting:
        return f"{held}, {size}: whole, and {_words.many(len(found.waiting), 'file')} of new answers about to be taken in."
    return f"{held}, {size}: every file is whole and taken in."


def draw(page: Page, found: queries.StoreHealth) -> None:
    """Draw sizes and counts, what is wrong, and the compressed models that are kept."""
    if not found.n_runs:
        st.info(
            "What runs produce is kept here: answers, scores, the compressed models themselves. The demo makes a first store in about a minute.",
            icon=":material/database:",
        )
        st.page_link("pages/overview.py", label="Go to the demo", icon=":material/arrow_forward:")
    active = sum(status.state in _jobs.ACTIVE for _, status in page.jobs)
    if active:
        st.caption(f":orange[{_words.many(active, 'run')} at work or waiting]: their answers come in as they are given.")
    st.html(sizes(found))
    said = st.session_state.pop("rebuilt", None)
    if said is not None:
        tell(said)
    with st.container(horizontal=True):
        st.button("Check again", icon=":material/refresh:", on_click=check, args=(page,))
        with st.popover("Rebuild the index", icon=":material/database:"):
            st.caption(
                "Empties the database and takes every answer in again from the run folders, which are not touched. Useful after files were mended or moved by "
                "hand. Other pages wait meanwhile."
            )
            is_wanted = st.button("Rebuild now", type="primary", key="rebuild_now")
    if is_wanted:
        rebuild(page)
    trouble("Cannot be read", found.damaged, "Each line says what is wrong and what to do; what is whole is shown all the same.")
    trouble("Not taken in yet", found.waiting, "They are whole, and come in with the next look at the store.")
    kept(page, kept_models(page.db.store))


def check(page: Page) -> None:
    """Take in what is new and look at all files again."""
    page.services.refresh()
    health(page, is_asked=True)


def rebuild(page: Page) -> None:
    """Make the index anew, with its progress in sight, and draw the page again."""
    bar = st.progress(0.0, text="Emptying the index")
    started = time.monotonic()
    report = refill(page.db, lambda done, n: bar.progress(done / n, text=f"Taking in run {done + 1:,} of {n:,}"))
    page.services.damaged = report.damaged
    st.session_state["rebuilt"] = (report, time.monotonic() - started)
    st.session_state.pop("store_health", None)
    st.rerun()


def tell(said: tuple[IngestReport, float]) -> None:
    """Say what a rebuilding came to."""
    report, seconds = said
    text = f"Took in {_words.many(report.n_answers, 'answer')} from {_words.many(report.n_parts, 'file')} in {_words.duration(seconds)}."
    st.success(text, title="The index is new", icon=":material/check:")


def sizes(found: queries.StoreHealth) -> str:
    """Return what the store holds and takes, as a table."""
    rows = {
        "Folder": (escape(str(found.path)), "", ""),
        "Run folders": (f"{found.n_runs:,} runs in {found.n_parts:,} files", _words.size(found.runs_bytes), "the truth: all answers, scores and questions"),
        "Database": (
            f"{found.n_answers:,} answers, {found.n_scores:,} scores, {found.n_questions:,} questions",
            _words.size(found.database_bytes),
            "an index over them, made anew at will",
        ),
        "Compressed models": ("", _words.size(found.checkpoint_bytes), f"kept for later runs, up to {_words.size(settings.kept_bytes())}"),
    }  # fmt: skip
    body = "".join(
        f'<tr><td class="kick-name">{name}</td><td>{what}</td><td class="number">{size}</td><td class="kick-muted">{why}</td></tr>'
        for name, (what, size, why) in rows.items()
    )
    return f'<table class="kick-table">{body}</table>'


def trouble(title: str, lines: Sequence[str], meaning: str) -> None:
    """Draw the files that something is the matter with; nothing where there are none."""
    if not lines:
        return
    st.subheader(f"{title}: {len(lines):,}", anchor=False)
    st.caption(meaning)
    more = "" if len(lines) <= MOST_LINES else f"\n… and {len(lines) - MOST_LINES:,} more"
    st.html(f'<pre class="kick-plain">{escape(chr(10).join(lines[:MOST_LINES]) + more)}</pre>')


def kept(page: Page, models: Sequence[Kept]) -> None:
    """Draw the compressed models that the store keeps, with what they were made by."""
    if not models:
        return
    st.subheader("Compressed models", anchor=False)
    total = sum(one.n_bytes for one in models)
    st.caption(
        f"{_words.many(len(models), 'model')}, {_words.size(total)}: a run of the same recipe loads them instead of compressing again. Above "
        f"{_words.size(settings.kept_bytes())} (LLMKICK\\_KEEP\\_GB) those that were not used for longest go."
    )
    runs: dict[str, list[dict[str, object]]] = {}
    for run in provenance(page.db):
        runs.setdefault(run["compression_id"], []).append(run)
    rows = []
    for one in models:
        mine = runs.get(one.compression_id, [])
        what = f"{_words.recipe_title(str(mine[0]['recipe']))} · {mine[0]['model']}" if mine else "of no run in this store"
        rows.append(
            f'<tr><td>{escape(what)}</td><td class="number">{len(mine):,}</td><td class="number">{_words.size(one.n_bytes)}</td>'
            f'<td class="number">{when(one.used_at)}</td></tr>'
        )
    head = '<tr><th>Recipe</th><th class="number">Runs</th><th class="number">Size</th><th class="number">Last used</th></tr>'
    st.html(f'<table class="kick-table">{head}{"".join(rows)}</table>')


def when(at: float | None) -> str:
    """Return a time as people read it; a dash where it is not known."""
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M}" if at else _words.NONE

"""Data: what the store holds and how it stands, where every run comes from, and how to take results along."""

from __future__ import annotations

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from llmkick_core.store.export_columns import ANSWERS, PAIR, RUN, Columns
from pages import _data_database, _data_runs, _data_store, _exports, _views, _words
from pages._links import choose
from pages._shared import Page, error_box, open_page
from pages._text import escape, label

PARTS = {"store": "Store", "runs": "Runs", "export": "Take along", "database": "Database", "views": "Saved views"}


def page_of(page: Page) -> None:
    """Draw the answer of the page and the part of it that was chosen."""
    health = _data_store.health(page)
    st.html(f'<div class="kick-sentence">{escape(_data_store.sentence(health))}</div>')
    if page.jobs and page.model is None:
        st.caption("No run has answered anything yet; what comes in is counted here.")
    part = choose("Part", PARTS, "part", lasting=False, widget=st.segmented_control, required=True, label_visibility="collapsed")
    if part == "store":
        _data_store.draw(page, health)
    elif part == "runs":
        _data_runs.draw(page)
    elif part == "export":
        take_along(page)
    elif part == "database":
        _data_database.draw(page)
    else:
        _views.draw(page)


def take_along(page: Page) -> None:
    """Draw what can be downloaded: the pair of the sidebar under a filter, its task, and all scores."""
    if page.a is None or page.b is None:
        st.info(
            "Once two recipes have answered a task, their questions can be taken along here, and all scores. Start a run on the Run page.",
            icon=":material/download:",
        )
        st.page_link("pages/run.py", label="Open the Run page", icon=":material/play_circle:")
        return
    st.subheader("Questions of the pair", anchor=False)
    st.caption(f"{_exports.said(page, page.a, page.b)}, {page.scoring}. The pair is chosen in the sidebar.")
    wanted = filters(page)
    _exports.pair(page, page.a, page.b, wanted)
    with st.expander("What the columns mean"):
        st.html(meanings(PAIR | RUN))
    st.subheader("All answers to the task", anchor=False)
    runs = [side.run_id for side in page.sides.values()]
    st.caption(f"{_words.many(len(runs), 'recipe')}, a row an answer and turn, every stored score and log-probability with it.")
    _exports.answers(page, runs, str(page.task), key="export_task")
    with st.expander("What these columns mean"):
        st.html(meanings(ANSWERS | RUN))
    st.subheader("Scores of all runs", anchor=False)
    st.caption("A row a run and scorer: score, interval, difference from dense, verdict.")
    _exports.overview(page)


def meanings(columns: Columns) -> str:
    """Return a table of columns and what they mean."""
    rows = "".join(
        f'<tr><td class="kick-name"><code>{name}</code></td><td>{escape(meaning)}</td></tr>' for name, (_, meaning) in columns.items()
    )
    return f'<table class="kick-table">{rows}</table>'


def filters(page: Page) -> queries.Filter:
    """Return what the questions are narrowed to; the words in the link are those of Compare."""
    assert page.a is not None
    assert page.b is not None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offered = {key: title for key, title in _words.OUTCOMES.items() if key not in ("measured", "unscored")}
        outcome = choose("Outcome", offered, "outcome", lasting=False, width=180)
        subjects = {"": "All subjects"} | {name: label(name.replace("_", " ")) for name in queries.subjects(page.db, page.a.run_id)}
        subject = choose("Subject", subjects, "subject", lasting=False, width=220) if len(subjects) > 1 else ""
        st.session_state["data_search"] = search = st.query_params.get("search", "")
        st.text_input("Search questions and answers", key="data_search", on_change=search_for, width=280, icon=":material/search:")
    return queries.Filter(outcome=None if outcome == "all" else outcome, subject=subject or None, search=search or None)


def search_for() -> None:
    """Put what was typed into the link."""
    text = st.session_state["data_search"].strip()
    st.query_params.pop("search", None)
    if text:
        st.query_params["search"] = text


page = open_page("Data")
try:
    page_of(page)
except LlmkickError as error:
    error_box(error)

"""The list of questions on Compare: a page of it at a time, and the keys that go through all pages: j and k, or the arrows down and up."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from llmkick_core.store import queries
from pages import _words
from pages._filters import Narrowed
from pages._links import Side
from pages._shared import Page
from pages._text import label

PER_PAGE = 10
"""Questions of one page of the list."""
LEGEND = (
    "\u2212 broke &ensp;+ fixed &ensp;✓ both right &ensp;✗ both wrong &ensp;? no verdict<br>"
    '<span class="kick-differs">words</span> the other has not &ensp;<span class="kick-extracted">what is scored</span> &ensp;'
    '<span class="kick-parts"></span> where a recipe parts from dense<br>j k or ↓ ↑ go through the list'
)
"""What the signs and marks mean."""
COLOURS = {"broke": "orange", "fixed": "green"}


def draw(page: Page, a: Side, b: Side, narrowed: Narrowed, ids: list[str], at: int | None, noted: Collection[str]) -> None:
    """Draw the page of the list that the question in sight is on; keys move through all pages.

    Args:
        page: the page.
        a: left of the pair.
        b: right of the pair.
        narrowed: what the list is narrowed to, and its order.
        ids: all questions of the list, in its order.
        at: which of them is in sight; None where another one is.
        noted: questions that somebody wrote about.
    """
    number = (at or 0) // PER_PAGE
    rows = queries.pair_rows(
        page.db,
        a.run_id,
        b.run_id,
        scorer=page.scorer,
        measure=page.measure,
        wanted=narrowed.wanted,
        sort=narrowed.sort,
        limit=PER_PAGE,
        offset=number * PER_PAGE,
    )
    titles = {row.sample_id: line(row.outcome, row.question, is_noted=row.sample_id in noted) for row in rows.itertuples()}
    place = -1 if at is None else at
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        steps(ids, place)
        st.caption(f"{place + 1:,} of {len(ids):,}" if at is not None else f"{len(ids):,} listed")
    # a list of its own for each question in sight: a click leaves the focus in an input, where j and k would be letters, and a new list has no focus;
    # streamlit keeps the one before until the rerun ends, in sight as long as it has the focus, so STYLE hides it
    key = f"question_list_{place}"
    st.session_state[key] = ids[at] if at is not None else None
    with st.container(key="questions"):
        st.radio(
            "Questions",
            list(titles),
            format_func=lambda q: titles.get(q, label(str(q))),
            key=key,
            on_change=pick,
            args=(key,),
            label_visibility="collapsed",
        )
    n_pages = -(-len(ids) // PER_PAGE)
    if n_pages > 1:
        key = f"list_page_{number}"  # a widget of its own for each page: the question in sight decides which one is open
        st.pagination(n_pages, default=number + 1, key=key, on_change=turn, args=(ids, key), max_visible_pages=5)
    if (rows["outcome"] != "measured").any():
        st.html(f'<div class="kick-muted">{LEGEND}</div>')
    arrows(ids, place)


def steps(ids: list[str], place: int) -> None:
    """Draw the buttons to the next and the previous question."""
    for key, title, icon, letter, _, to, is_end in ways(ids, place):
        st.button(title, key=key, icon=f":material/arrow_{icon}:", shortcut=letter, on_click=show, args=(ids, to), disabled=is_end)


def arrows(ids: list[str], place: int) -> None:
    """Draw a second pair of these buttons that nobody sees: a button takes one key only."""
    with st.container(key="arrows"):
        for key, title, _, _, arrow, to, is_end in ways(ids, place):
            st.button(title, key=f"{key}_arrow", shortcut=arrow, on_click=show, args=(ids, to), disabled=is_end)


def ways(ids: list[str], place: int) -> tuple[tuple[str, str, str, str, str, int, bool], ...]:
    """Return key, title, icon, letter, arrow, place and whether there is none of the next and of the previous question."""
    return (
        ("next", "Next", "downward", "J", "Down", place + 1, place + 1 >= len(ids)),
        ("previous", "Previous", "upward", "K", "Up", place - 1, place < 1),
    )


def line(outcome: str, question: str, *, is_noted: bool = False) -> str:
    """Return a row of the list: the sign of the outcome in its colour, the question, and whether somebody wrote about it."""
    sign = _words.SIGNS[outcome]
    return f":{COLOURS.get(outcome, 'gray')}[**{sign}**] {label(question, longest=96)}{' :gray[:material/edit_note:]' if is_noted else ''}"


def show(ids: list[str], place: int) -> None:
    """Put a question into the link."""
    if 0 <= place < len(ids):
        st.query_params["q"] = ids[place]


def pick(key: str) -> None:
    """Put the question that was clicked into the link."""
    st.query_params["q"] = st.session_state[key]


def turn(ids: list[str], key: str) -> None:
    """Go to the first question of a page of the list."""
    show(ids, (st.session_state[key] - 1) * PER_PAGE)

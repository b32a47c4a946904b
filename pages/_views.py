"""Saved views: links with a name, kept in the store, listed on the Data page; and the box by which any page saves the one in sight."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode, urlsplit

import streamlit as st

from llmkick_core.errors import LlmkickError, UsageError
from llmkick_core.store.views import LONGEST_NAME, View, delete_view, read_views, save_view
from pages import _words
from pages._shared import Page, error_box
from pages._text import escape, label

MOST_DAMAGED = 5
"""Damaged lines that are told one by one."""
MOST_SHOWN = 100
"""Views that are drawn."""


def draw(page: Page) -> None:
    """Draw the saved views, each with its link and a way to forget it, and a box for one more."""
    if said := st.session_state.pop("view_error", ""):
        st.error(label(said, longest=400), title="The view could not be deleted", icon=":material/error:")
    views, damaged = read_views(page.db.store)
    if damaged:
        st.warning(
            label("\n".join(damaged[:MOST_DAMAGED]), longest=2000),
            title=f"{_words.many(len(damaged), 'line')} of the saved views cannot be read",
            icon=":material/warning:",
        )
    if views:
        st.caption(f"{_words.many(len(views), 'view')}, kept in the store: whoever opens it has them. They hold links, no results.")
    else:
        st.info(
            "A view is a link with a name: a pair, a filter, a question. Save one below; it stays in the store.",
            icon=":material/bookmark:",
        )
    for view in views[:MOST_SHOWN]:
        row(page, view)
    if len(views) > MOST_SHOWN:
        st.caption(f"The newest {MOST_SHOWN}; {len(views) - MOST_SHOWN:,} more are in the file views.jsonl of the store.")
    st.subheader("Save a view", anchor=False)
    box(page, None)


def row(page: Page, view: View) -> None:
    """Draw one view."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        at = f"{datetime.fromtimestamp(view.saved_at):%Y-%m-%d %H:%M}"
        st.html(
            f'<table class="kick-table"><tr><td><a href="{escape(view.link)}" target="_self">{escape(view.name)}</a></td></tr>'
            f'<tr><td class="kick-muted">{escape(view.page.capitalize())} · saved {at}</td></tr></table>'
        )
        st.button("Delete", key=f"delete_{view.view_id}", icon=":material/delete:", on_click=forget, args=(page, view.view_id))


def box(page: Page, page_name: str | None, *, key: str = "view", **more: str) -> None:
    """Draw the box that saves a view: the one in sight of a page, with what `more` adds to its link, or, without a page, a link that is pasted."""
    with st.form(key=f"{key}_form", border=False, clear_on_submit=True), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", max_chars=LONGEST_NAME, key=f"{key}_name", placeholder="What Wanda 50% broke in geography")
        link = ""
        if page_name is None:
            link = st.text_input("Link", key=f"{key}_link", placeholder="compare?task=factoid_qa&b=wanda-50&outcome=broke")
        is_wanted = st.form_submit_button("Save view", icon=":material/bookmark_add:")
    if not is_wanted:
        return
    try:
        where, query = read_link(link) if page_name is None else (page_name, urlencode(dict(st.query_params.items()) | more))
        save_view(page.db.store, name, where, query)
    except LlmkickError as error:
        error_box(error, title="The view could not be saved")
        return
    if page_name is None:
        st.rerun()
    st.success(f"Saved as {label(name)}; it is listed on the Data page.")


def read_link(link: str) -> tuple[str, str]:
    """Return page and query of a link of the app, with or without the server's address.

    Raises:
        UsageError: nothing was pasted.
    """
    found = urlsplit(link.strip())
    name = found.path.rstrip("/").rpartition("/")[2] or "overview"
    if not link.strip():
        raise UsageError("paste the link of the view: Copy link on Compare gives it, and so does the browser's address.")
    return name, found.query


def forget(page: Page, view_id: str) -> None:
    """Delete a view."""
    try:
        delete_view(page.db.store, view_id)
    except LlmkickError as error:
        st.session_state["view_error"] = str(error)

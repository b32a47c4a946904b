"""The database for people who open it themselves: its tables and columns, queries to begin with, and a copy to open while the app runs."""

from __future__ import annotations

import shlex
from datetime import datetime

import streamlit as st

from llmkick_core.store.dictionary import COPY, EXPLAIN, QUERIES, TABLES, copy_database
from llmkick_core.store.layout import DATABASE, EXPORTS
from llmkick_core.store.opener import look, read_bytes, remove
from pages import _words
from pages._shared import Page
from pages._text import escape, label

MOST_DOWNLOADED = 500_000_000
"""Bytes of a copy that are sent through the browser; a larger one is taken from its folder."""


def draw(page: Page) -> None:
    """Draw the copy, the queries and the meaning of every column."""
    st.subheader("Open it yourself", anchor=False)
    st.caption(
        f"While the app runs it holds {DATABASE}, and DuckDB lets no other program open the file, not even to read. A copy can be opened by anything; its tables "
        "and columns are explained in it, as comments."
    )
    copy(page)
    with st.expander("From the command line, or Python"):
        st.code(
            f"python -m llmkick_core export --database --out copy.duckdb --store {shlex.quote(str(page.db.store))}  # also while the app is open",
            language="bash",
            wrap_lines=True,
        )
        st.code(f'import duckdb\n\ndb = duckdb.connect("copy.duckdb", read_only=True)\ndb.sql("{EXPLAIN}").show()', language="python")
    st.subheader("Queries to begin with", anchor=False)
    st.caption("Change recipe and task in them; each runs as it stands on a copy.")
    for title, sql in QUERIES.items():
        with st.expander(title):
            st.code(sql.strip(), language="sql", wrap_lines=True)
    st.subheader("Tables and columns", anchor=False)
    for name, table in TABLES.items():
        with st.expander(f"**{label(name)}** {label(table.meaning, longest=200)}"):
            rows = "".join(
                f'<tr><td class="kick-name"><code>{escape(column)}</code></td><td>{escape(meaning)}</td></tr>'
                for column, meaning in table.columns.items()
            )
            st.html(f'<table class="kick-table">{rows}</table>')


def copy(page: Page) -> None:
    """Draw the button that makes a copy, and the one that is there."""
    path = page.db.store / EXPORTS / COPY
    if st.button("Make a copy", icon=":material/content_copy:", key="make_copy"):
        with st.spinner("Copying the database …"):
            copy_database(page.db)
    found = look(path)  # it bears this name only once it is whole
    if found is None or not found.is_file:
        return
    at = datetime.fromtimestamp(found.changed_ns / 1e9)
    st.caption(f"A copy of {at:%Y-%m-%d %H:%M:%S}, {_words.size(found.n_bytes)}, is in the store:")
    st.code(str(path), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        if found.n_bytes <= MOST_DOWNLOADED:
            st.download_button(
                f"Download it ({_words.size(found.n_bytes)})",
                data=lambda: read_bytes(path, MOST_DOWNLOADED),
                file_name=COPY,
                mime="application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
                key="download_copy",
            )
        st.button("Delete the copy", icon=":material/delete:", on_click=lambda: remove(path), key="delete_copy")

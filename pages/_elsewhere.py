"""What every other recipe makes of the question in sight, each a link to that pair, and the pages where it goes on."""

from __future__ import annotations

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from llmkick_core.catalog import is_imported
from llmkick_core.judgment import JUDGED_TASKS
from llmkick_core.store import queries
from pages import _words
from pages._links import Side
from pages._shared import Page
from pages._text import escape

SIGNS = {True: ("right", "✓", "right"), False: ("wrong", "✗", "wrong"), None: ("none", "?", "no verdict")}
"""CSS class, sign and word of a verdict."""


def draw(page: Page, sample_id: str) -> None:
    """Draw what every recipe of the comparison makes of this question, a row a method; nothing where none has a verdict."""
    others = queries.other_recipes(page.db, sample_id, str(page.comparison_id), page.scorer, page.measure)
    if not others["is_right"].isna().all():
        by_run = {side.run_id: side for side in page.sides.values()}
        rows: dict[str, list[str]] = {}
        for row in others.itertuples():
            if row.run_id in by_run:
                name = _words.method_title(row.method) if row.method != "dense" else by_run[row.run_id].title
                rows.setdefault(name, []).append(step(page, by_run[row.run_id], name, row.is_right, sample_id))
        table = "".join(f"<tr><td>{escape(name)}</td><td>{' '.join(cells)}</td></tr>" for name, cells in rows.items())
        st.html(f'<div class="kick-muted">Every recipe on this question</div><table class="kick-table kick-recipes">{table}</table>')
    if page.b is not None and page.a is not None:
        here = page.link(page.b.row, a=page.a.key, q=sample_id)
        is_step = page.b.row["sparsity"] is not None and page.b.row["bits"] is None
        method = {"method": page.b.method} if is_step else {}
        with st.container(horizontal=True):
            st.page_link("pages/ladder.py", label="All sparsities", icon=":material/stairs:", query_params={**here, **method})
            if not is_imported(str(page.model)):
                st.page_link("pages/live.py", label="Try it live", icon=":material/forum:", query_params=here)
            if page.task in JUDGED_TASKS:
                st.page_link("pages/judge.py", label="What a judge says", icon=":material/gavel:", query_params=here | {"view": "answers"})


def step(page: Page, side: Side, name: str, is_right: bool | None, sample_id: str) -> str:
    """Return the verdict on one recipe, a link to its pair on this question; the two in sight are no links."""
    kind, sign, word = SIGNS[None if pd.isna(is_right) else bool(is_right)]
    text = f'<span class="kick-{kind}" title="{word}">{sign}</span> {escape(side.title.removeprefix(name).strip())}'.strip()
    if page.a is None or side in (page.a, page.b):
        return f'<span class="kick-at here">{text}</span>'
    where = escape(urlencode(page.link(side.row, a=page.a.key, q=sample_id)))
    return f'<a class="kick-at" href="compare?{where}" target="_self" title="{escape(side.title)}: {word}">{text}</a>'

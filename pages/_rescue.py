"""Knowledge rescue, a view of the Slices page: what a recipe forgot closed-book and answers again open-book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from llmkick_core.store import queries
from llmkick_core.store.filters import Filter
from pages import _slices_charts, _words
from pages._links import Side, choose, title_of
from pages._shared import Page
from pages._slices_words import compare_query
from pages._text import dot, escape, label

EVIDENCE = {"all": "All evidence", "shown": "An answer is in it", "not_shown": "No answer is in it"}
SHOWN = {"all": None, "shown": True, "not_shown": False}


def draw(page: Page, head: Any) -> None:
    """Draw what open-book brings back under every recipe; the sentence goes into `head`."""
    pair = pair_of(page)
    if pair is None:
        st.info(
            "Here stands what a compressed model forgot and answers again when the text with the answer lies before it. For that the same questions are asked "
            "closed-book and open-book: run the tasks Closed-book QA and Open-book QA with the dense model and a recipe.",
            title="Not asked both ways yet",
            icon=":material/menu_book:",
        )
        st.page_link("pages/run.py", label="Run both tasks", icon=":material/arrow_forward:")
        return
    closed, opened = pair
    found = queries.rescue(page.db, closed, opened, page.scorer, page.measure)
    rows = [row for row in found.to_dict("records") if row["run_id"] in page.all_sides]
    if not rows:
        st.info("No compressed model has answered both tasks yet; the queue says where they stand.", icon=":material/hourglass_empty:")
        st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")
        return
    there = {
        name: title for name, title in EVIDENCE.items() if name == "all" or any(row["n_lost"] for row in rows if row["evidence"] == name)
    }
    evidence = choose(
        "Evidence",
        there,
        "evidence",
        lasting=False,
        widget=st.segmented_control,
        required=True,
        read=lambda word: "all" if word in EVIDENCE else None,
    )
    shown = [row for row in rows if row["evidence"] == evidence]
    with head:
        headline(page, shown, closed, opened)
    st.markdown("**Answered open-book**")
    st.plotly_chart(
        _slices_charts.rescue_chart(shown, page.all_sides),
        key="rescue_chart",
        config=_slices_charts.CONFIG,
        alt="Share answered open-book, by recipe",
    )
    st.caption(
        "● what the recipe lost closed-book, and answers open-book · │ the dense model open-book on the same questions · ◇ what the recipe still knows closed-book. "
        "Bars: 95% intervals."
    )
    table(page, shown, evidence)


def pair_of(page: Page) -> tuple[str, str] | None:
    """Return the closed-book and open-book comparison: those that the task in sight belongs to, else the first of the model."""
    mine = set(page.comparisons["comparison_id"])
    pairs = [pair for pair in queries.rescue_pairs(page.db).items() if mine.issuperset(pair)]
    return next((pair for pair in pairs if page.comparison_id in pair), pairs[0] if pairs else None)


def headline(page: Page, rows: list[dict[str, Any]], closed: str, opened: str) -> None:
    """Draw the answer in one sentence, of the recipe in sight or of the first that lost something."""
    row = chosen(page, rows)
    st.html(f'<div class="kick-sentence">{escape(sentence(row, page.all_sides[row["run_id"]]))}</div>')
    words = (page.comparison_titles[closed], page.comparison_titles[opened], str(page.model), f"{page.scoring}")
    st.caption(label(f"{words[0]} and {words[1]} · {' · '.join(words[2:])}", longest=300))
    for spec, status in page.jobs:
        if spec.comparison_id in (closed, opened) and (said := _words.partial(status)):
            st.caption(f":orange[{label(f'{title_of(spec.recipe, page.all_sides)}, {_words.task_title(spec.task)}: {said}', longest=200)}]")


def chosen(page: Page, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of the recipe that is B in the sidebar, whichever task it is of."""
    key = page.b.key if page.b is not None else ""
    return next((row for row in rows if page.all_sides[row["run_id"]].key == key), next((row for row in rows if row["n"]), rows[0]))


def sentence(row: Mapping[str, Any], side: Side) -> str:
    """Return what open-book brings back of what one recipe lost, in one sentence."""
    if not row["n_lost"]:
        return f"{side.title} lost no question closed-book that was asked open-book too: there is nothing to bring back."
    lost = f"Of {_words.many(int(row['n_lost']), 'question')} asked both ways that {side.title} lost closed-book"
    if not row["n"]:
        return f"{lost}, none has a verdict open-book yet."
    unscored = f", {int(row['n_unscored']):,} without a verdict" if row["n_unscored"] else ""
    return (
        f"{lost}{unscored}, the evidence brings back {int(row['regained']):,}: {_words.percent(row['share'])} "
        f"(95% interval {_words.percent(row['low'])} to {_words.percent(row['high'])}), where the dense model answers {_words.percent(row['dense_share'])}."
    )


def table(page: Page, rows: list[dict[str, Any]], evidence: str) -> None:
    """Draw every recipe with its numbers; regained and not regained lead to their questions."""
    dense = page.all_sides[rows[0]["a_run_id"]].title
    names = ("Lost", "Regained", "Not regained", "Share", "95% interval", dense, "Points", "95% interval", "Still known", "Open-book")
    head = "".join(f'<th class="number">{escape(name)}</th>' for name in names)
    body = "".join(table_row(page, row, evidence) for row in rows)
    st.html(
        f'<div style="overflow-x: auto"><table class="kick-table"><tr><th style="min-width: 8rem">Recipe</th>{head}</tr>{body}</table></div>'
    )
    st.caption(
        "Lost: closed-book the dense model is right and the recipe wrong, and the question was asked open-book too; those without a verdict open-book are in neither of "
        f"the two counts after it. {label(dense)}: the dense model open-book on the same questions. Points: share minus that. Still known: both are right closed-book; beside it "
        "the share that the recipe answers open-book."
    )


def table_row(page: Page, row: Mapping[str, Any], evidence: str) -> str:
    """Return one recipe's row."""
    side = page.all_sides[row["run_id"]]
    n, regained = int(row["n"]), int(row["regained"])
    values = [
        f"{int(row['n_lost']):,}",
        counted(page, row, evidence, "regained", regained),
        counted(page, row, evidence, "not_regained", n - regained),
        _words.percent(row["share"]),
        f"{_words.percent(row['low'], decimals=0)} to {_words.percent(row['high'], decimals=0)}" if n else _words.NONE,
        _words.percent(row["dense_share"]),
        _words.signed(row["delta"] * 100) if n else _words.NONE,
        f"{_words.signed(row['delta_low'] * 100, decimals=0)} to {_words.signed(row['delta_high'] * 100, decimals=0)}"
        if n
        else _words.NONE,
        f"{int(row['n_kept']):,}",
        _words.percent(row["kept_share"]),
    ]
    drawn = "".join(f'<td class="number">{value}</td>' for value in values)
    return f'<tr><td><span class="kick-name">{dot(side.method)}{escape(side.title)}</span></td>{drawn}</tr>'


def counted(page: Page, row: Mapping[str, Any], evidence: str, rescue: Any, n: int) -> str:
    """Return a number that leads to its questions, open-book with the evidence at hand; a plain 0 where there are none."""
    if not n:
        return "0"
    wanted = Filter(rescue=rescue, shown=SHOWN[evidence])
    link = urlencode(compare_query(page, str(row["comparison_id"]), str(row["a_run_id"]), str(row["run_id"]), wanted))
    return f'<a href="compare?{escape(link)}" target="_self">{n:,}</a>'

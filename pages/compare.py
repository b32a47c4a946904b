"""Compare: one run against another, most often the dense one, question by question. Every view is a link."""

from __future__ import annotations

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from pages import _advice, _detail, _exports, _filters, _jobs, _links, _question_list, _views, _words
from pages._copy_link import copy_link
from pages._links import Side
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label


def pair(page: Page, a: Side, b: Side) -> None:
    """Draw the two runs: the answer in one sentence, the chips, the list and the question in sight."""
    every_s = FILL_S if page.partial() else None
    keep_drawing(headline, every_s=every_s)(page, a, b)
    keep_drawing(questions, every_s=every_s)(page, a, b)


def headline(page: Page, a: Side, b: Side) -> None:
    """Draw what is compared and what came of it; while a run is not done, it follows what comes in."""
    page = page.with_jobs()
    summary, partial = queries.pair_summary(page.db, a.run_id, b.run_id, page.scorer, page.measure), page.partial()
    st.caption(
        f"{label(_words.task_title(summary.task))} · {label(str(page.model))} · {label(a.title)} against {label(b.title)} · {page.scoring}"
        + (f" · :orange[{label(partial, longest=200)}]" if partial else "")
    )
    st.html(f'<div class="kick-sentence">{escape(_words.pair_sentence(summary, a.title, b.title))}</div>')
    facts = _words.facts_sentence(summary, "the dense model" if a.method == "dense" else a.title)
    if summary.has_wordings and facts:
        st.caption(label(facts, longest=400))
    _advice.draw(page)
    for side in (a, b):
        status = page.statuses.get(side.run_id)
        if status is not None and status.state == "failed":
            failed(side.title, status.message)


def failed(title: str, message: str) -> None:
    """Say that a run failed, why, and where it is tried again."""
    st.warning(
        f"{label(message or 'No reason was left.', longest=600)} The answers it gave before are counted here; Retry on the Run page asks the others.",
        title=f"{label(title)} failed",
        icon=":material/warning:",
    )
    st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")


def questions(page: Page, a: Side, b: Side) -> None:
    """Draw the chips, the list and the question in sight; only this reruns while someone reads."""
    summary = queries.pair_summary(page.db, a.run_id, b.run_id, page.scorer, page.measure)
    narrowed = _filters.narrow(page, a, b, summary)
    ids = queries.pair_ids(
        page.db, a.run_id, b.run_id, scorer=page.scorer, measure=page.measure, wanted=narrowed.wanted, sort=narrowed.sort
    )
    shown = st.query_params.get("q") or (ids[0] if ids else None)
    if not ids:
        nothing(is_answered=bool(summary.counts["all"]))
        if "q" not in st.query_params:
            return
    elif page.partial() and shown is not None:
        st.query_params["q"] = shown  # what comes in may stand before it: the question in sight stays
    at = ids.index(shown) if shown in ids else None
    with narrowed.foot:
        copy_link(shown)
        keep_view(page, shown)
        _exports.draw(page, a, b, narrowed.wanted, sort=narrowed.sort)
    left, right = st.columns([5, 8], gap="large")
    noted = queries.notes_of(page.db, queries.sample_set(page.db, a.run_id))
    with left:
        if ids:
            _question_list.draw(page, a, b, narrowed, ids, at, noted)
    with right:
        detail(page, a, b, str(shown), is_listed=at is not None)


def nothing(*, is_answered: bool) -> None:
    """Say why no question is listed, and what to do."""
    if is_answered:
        st.info("No question is like that. Take back a filter to see more.", icon=":material/filter_alt_off:")
        st.button("Clear all filters", icon=":material/filter_alt_off:", on_click=_filters.clear)
    else:
        st.info("No question has been answered by both runs yet; the queue says where they stand.", icon=":material/hourglass_empty:")
        st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")


def keep_view(page: Page, shown: str | None) -> None:
    """Draw the box that gives the view in sight a name; the Data page lists them."""
    with st.popover("Save view", icon=":material/bookmark_add:"):
        _views.box(page, "compare", **({} if shown is None else {"q": shown}))


def detail(page: Page, a: Side, b: Side, sample_id: str, *, is_listed: bool) -> None:
    """Draw one question with both answers; where neither run is dense, with what the dense model said."""
    dense = next((side.run_id for side in page.sides.values() if side.method == "dense"), None)
    third = [dense] if dense is not None and "dense" not in (a.method, b.method) else []
    try:
        found = queries.sample_detail(page.db, sample_id, [a.run_id, b.run_id, *third], page.scorer, page.measure)
    except LlmkickError as error:
        error_box(error, title="This question is not here")
        return
    if not is_listed:
        st.caption("This question is not in the list as it is filtered now.")
    _detail.draw(page, found, a, b)


def alone(page: Page) -> None:
    """Say why there is nothing to compare, and what to do."""
    runs = [(spec, status) for spec, status in page.jobs if page.comparison_id in (None, spec.comparison_id)]
    waiting = [spec for spec, status in runs if status.state in _jobs.ACTIVE]
    what = "Here two runs stand side by side, question by question: which broke, which were fixed, what each of them said."
    if waiting:
        names = ", ".join(dict.fromkeys(_links.title_of(spec.recipe, page.sides) for spec in waiting))
        st.info(
            f"{what} Asked for: {label(names, longest=300)}. Their questions appear here as they are answered.",
            title="Nothing to compare yet",
            icon=":material/hourglass_empty:",
        )
    else:
        title = "Nothing to compare yet" if page.a is None else "Only one recipe has answered this task"
        st.info(what, title=title, icon=":material/compare_arrows:")
    for spec, status in runs:
        if status.state == "failed":
            failed(_links.title_of(spec.recipe, page.sides), status.message)
            break
    where, word = (
        ("pages/overview.py", "Go to the demo")
        if page.model is None and not runs
        else ("pages/run.py", "Open the queue" if waiting else "Run a recipe")
    )
    st.page_link(where, label=word, icon=":material/arrow_forward:")


page = open_page("Compare")
if page.a is None or page.b is None:
    st.title("Compare")
    alone(page)
    st.stop()
try:
    pair(page, page.a, page.b)
except LlmkickError as error:
    error_box(error)

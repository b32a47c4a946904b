"""Compare: the dense model against a compressed one, question by question. Every view is a link."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from pages import _detail, _words
from pages._links import Side, choose
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label

PER_PAGE = 10
SORTS = {"damage": "Damage", "position": "Data set order"}
COLOURS = {"broke": "orange", "fixed": "green"}


def pair(page: Page, a: Side, b: Side) -> None:
    """Draw the two runs: the answer in one sentence, the chips, the list and the question in sight."""
    keep_drawing(headline, every_s=FILL_S if page.partial() else None)(page, a, b)
    keep_drawing(questions)(page, a, b, queries.pair_summary(page.db, a.run_id, b.run_id, page.scorer))


def headline(page: Page, a: Side, b: Side) -> None:
    """Draw what is compared and what came of it; while a run is not done, it follows what comes in."""
    summary = queries.pair_summary(page.db, a.run_id, b.run_id, page.scorer)
    partial = page.with_jobs().partial()
    st.caption(
        f"{label(_words.task_title(summary.task))} · {label(str(page.model))} · {label(a.title)} against {label(b.title)} · {page.scorer} scoring"
        + (f" · :orange[{label(partial, longest=200)}]" if partial else "")
    )
    st.html(f'<div class="kick-sentence">{escape(_words.pair_sentence(summary, a.title, b.title))}</div>')
    facts = _words.facts_sentence(summary, "the dense model" if a.method == "dense" else a.title)
    if summary.task == "factoid_qa" and facts:
        st.caption(label(facts, longest=400))


def questions(page: Page, a: Side, b: Side, summary: queries.PairSummary) -> None:
    """Draw the chips, the list and the question in sight; only this reruns while someone reads."""
    wanted, sort, foot = filters(page, a, b, summary)
    ids = queries.pair_ids(page.db, a.run_id, b.run_id, scorer=page.scorer, wanted=wanted, sort=sort)
    if not ids and not summary.counts["all"]:
        st.info("No question has been answered by both runs yet; the queue says where they stand.", icon=":material/hourglass_empty:")
        st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")
        return
    if not ids:
        st.info("No question is like that. Take back a filter to see more.", icon=":material/filter_alt_off:")
        return
    shown = st.query_params.get("q") or ids[0]
    at = ids.index(shown) if shown in ids else None
    with foot:
        share(page, a, b, shown)
    left, right = st.columns([5, 8], gap="large")
    with left:
        question_list(page, a, b, wanted, sort, ids, at)
    with right:
        detail(page, a, b, shown, is_listed=at is not None)


def filters(page: Page, a: Side, b: Side, summary: queries.PairSummary) -> tuple[queries.Filter, str, DeltaGenerator]:
    """Return what the list is narrowed to, its order, and the end of the row of filters, after drawing chips and filters."""
    chips = st.container()  # filled once subject and search are known: they narrow what is counted
    with st.container(horizontal=True, vertical_alignment="bottom"):
        subjects = {"": "All subjects"} | {name: label(name.replace("_", " ")) for name in queries.subjects(page.db, a.run_id)}
        subject = choose("Subject", subjects, "subject", lasting=False, width=220) if len(subjects) > 1 else ""
        st.session_state["search_text"] = search = st.query_params.get("search", "")
        st.text_input("Search questions and answers", key="search_text", on_change=search_for, width=280, icon=":material/search:")
        sort = choose("Sort", SORTS, "sort", lasting=False, width=160)
        foot = st.container(horizontal=True, width="content")  # filled once the question in sight is known
    narrowed = queries.Filter(subject=subject or None, search=search or None)
    counts = queries.pair_counts(page.db, a.run_id, b.run_id, scorer=page.scorer, wanted=narrowed)
    offered = ("all", "different") if summary.comparison.is_perplexity else tuple(_words.OUTCOMES)
    titles = {key: f"{_words.OUTCOMES[key]} {counts[key]:,}" for key in offered if key in ("all", "broke", "fixed") or summary.counts[key]}
    with chips:
        outcome = choose("Outcome", titles, "outcome", lasting=False, widget=st.pills, required=True, label_visibility="collapsed")
    return replace(narrowed, outcome=None if outcome == "all" else outcome), sort, foot


def share(page: Page, a: Side, b: Side, shown: str) -> None:
    """Draw the link to this view and the export of its list."""
    with st.popover("Copy link", icon=":material/link:"):
        st.caption("This view, question included:")
        base = (st.context.url or "").partition("?")[0] or "compare"
        st.code(f"{base}?{urlencode(dict(st.query_params.items()) | {'q': shown})}", language=None, wrap_lines=True)
    st.download_button(
        "Export",
        data=lambda: _detail.export_rows(page.db, a.run_id, b.run_id, page.scorer),
        file_name=f"{page.task}-{b.key}.csv".replace(":", "-"),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="Every question of this pair with both answers, as CSV.",
    )


def search_for() -> None:
    """Put what was typed into the link."""
    text = st.session_state["search_text"].strip()
    st.query_params.pop("q", None)
    if text:
        st.query_params["search"] = text
    else:
        st.query_params.pop("search", None)


def question_list(page: Page, a: Side, b: Side, wanted: queries.Filter, sort: str, ids: list[str], at: int | None) -> None:
    """Draw the page of the list that the question in sight is on; j and k move through all pages."""
    number = (at or 0) // PER_PAGE
    rows = queries.pair_rows(
        page.db, a.run_id, b.run_id, scorer=page.scorer, wanted=wanted, sort=sort, limit=PER_PAGE, offset=number * PER_PAGE
    )
    titles = {row.sample_id: line(row.outcome, row.question) for row in rows.itertuples()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        place = -1 if at is None else at
        st.button(
            "Next",
            key="next",
            icon=":material/arrow_downward:",
            shortcut="J",
            on_click=show,
            args=(ids, place + 1),
            disabled=place + 1 >= len(ids),
        )
        st.button(
            "Previous",
            key="previous",
            icon=":material/arrow_upward:",
            shortcut="K",
            on_click=show,
            args=(ids, place - 1),
            disabled=place < 1,
        )
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
        st.caption("\u2212 broke  + fixed  ✓ both right  ✗ both wrong  ? no verdict")


def line(outcome: str, question: str) -> str:
    """Return a row of the list: the sign of the outcome in its colour, and the question."""
    sign = _words.SIGNS[outcome]
    return f":{COLOURS.get(outcome, 'gray')}[**{sign}**] {label(question, longest=96)}"


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


def detail(page: Page, a: Side, b: Side, sample_id: str, *, is_listed: bool) -> None:
    """Draw one question with both answers."""
    try:
        found = queries.sample_detail(page.db, sample_id, [a.run_id, b.run_id], page.scorer)
    except LlmkickError as error:
        error_box(error, title="This question is not here")
        return
    if not is_listed:
        st.caption("This question is not in the list as it is filtered now.")
    _detail.draw(page, found, a, b)
    if found.sides[0].task != "perplexity":
        words = {name: st.query_params[name] for name in ("model", "task", "a", "b", "scoring") if name in st.query_params}
        st.page_link("pages/live.py", label="Watch both answer it live", icon=":material/forum:", query_params={**words, "q": sample_id})


page = open_page("Compare")
if page.a is None or page.b is None:
    st.title("Compare")
    st.info(
        "Here the dense and a compressed model stand side by side, question by question: which broke, which were fixed, what each of them said.",
        title="Nothing to compare yet" if page.a is None else "Only one recipe has answered this task",
        icon=":material/compare_arrows:",
    )
    where, what = ("pages/overview.py", "Go to the demo") if page.model is None else ("pages/run.py", "Run a recipe")
    st.page_link(where, label=what, icon=":material/arrow_forward:")
    st.stop()
try:
    pair(page, page.a, page.b)
except LlmkickError as error:
    error_box(error)

"""Answers: the judged answers of one recipe as a list, and the one in sight with all that the judge said of it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from llmkick_core.store import queries
from llmkick_core.store.queries import JudgedAnswers, Setup
from pages import _judge_item, _judge_words, _words
from pages._judge_head import subject
from pages._links import Side, choose, go_to
from pages._moving import move
from pages._shared import Page
from pages._text import label

PER_PAGE = 10
SHOWN = {
    "all": "All",
    "worse": "Worse than dense",
    "better": "Better than dense",
    "lost": "Below the reference",
    "won": "Above the reference",
    "inconsistent": "Orders disagree",
    "failed": "No verdict",
}
SORTS = {"loss": "Largest loss", "disagreement": "Depends most on the order", "position": "Data set order"}
SIGNS = {
    "win": ":green[**+**]",
    "loss": ":orange[**\u2212**]",
    "tie": ":gray[**=**]",
    "same": ":gray[**\u2261**]",
    "inconsistent": ":gray[**~**]",
    "failed": ":gray[**?**]",
}
LEGEND = {
    "pairwise": "\\+ better, \u2212 worse, = as good, \u2261 same text, \\~ orders disagree, ? no verdict",
    "reference": "change from dense's answer to the same, in points; \\~ orders disagree on reference or answer, ? no verdict",
    "single": "change from dense's answer to the same, in points; ? no verdict",
}


def draw(page: Page, setup: Setup, _: list[Setup]) -> None:
    """Draw the list and the answer in sight; only this reruns while someone reads."""
    side = subject(page)
    found = queries.judged_answers(page.db, setup, side.run_id)
    if found.rows.empty:
        nothing(page, setup, side)
        return
    rows = narrowed(found)
    keys = [f"{turn}/{sample_id}" for sample_id, turn in zip(rows["sample_id"], rows["turn"], strict=True)]
    shown = in_sight(keys)
    left, right = st.columns([5, 8], gap="large")
    with left:
        listed(page, setup, rows, keys, shown)
    with right:
        if shown is not None:
            turn, _, sample_id = shown.partition("/")
            if shown not in keys:
                st.caption("This answer is not in the list as it is filtered now.")
            there = found.rows[(found.rows["sample_id"] == sample_id) & (found.rows["turn"] == int(turn))]
            dense_score = float(there["dense_score"].iloc[0]) if len(there) else float("nan")
            dense = queries.judged_item(page.db, found.dense_id, sample_id, int(turn)) if found.dense_id else None
            said = dense.candidate if dense is not None else ()
            _judge_item.draw(page, setup, side, found.judging_id, sample_id, int(turn), dense_score=dense_score, dense=said)


def nothing(page: Page, setup: Setup, side: Side) -> None:
    """Say that a recipe was not judged so, and what to do."""
    if setup.way == "pairwise" and side.method == "dense":
        st.info(
            "In this protocol the dense answers are what others are held against. Choose a compressed recipe as B.", icon=":material/gavel:"
        )
        return
    st.info(label(f"{setup.model} has not judged {side.title} in this way yet.", longest=300), icon=":material/gavel:")
    st.button("Start a judge", icon=":material/play_arrow:", on_click=move, kwargs={"view": "start", "q": None, "turn": None})


def narrowed(found: JudgedAnswers) -> pd.DataFrame:
    """Return the rows that are listed, after drawing what narrows and sorts them."""
    titles = {one: f"{SHOWN[one]} {n:,}" for one, n in found.counts.items() if n or one == "all"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = choose(
            "Show",
            titles,
            "show",
            lasting=False,
            widget=st.segmented_control,
            required=True,
            wrap=True,
            label_visibility="collapsed",
            read=lambda word: "all" if word in SHOWN else None,
        )
        sort = choose("Sort", SORTS, "sort", lasting=False, width=210, label_visibility="collapsed")
    return found.listed(shown, sort)


def in_sight(keys: list[str]) -> str | None:
    """Return the answer that the link names, else the first of the list."""
    q = st.query_params.get("q")
    if q is None:
        return keys[0] if keys else None
    word = st.query_params.get("turn", "0")
    return f"{int(word) if word.isdecimal() and len(word) < 9 else 0}/{q}"


def listed(page: Page, setup: Setup, rows: pd.DataFrame, keys: list[str], shown: str | None) -> None:
    """Draw the page of the list that the answer in sight is on; keys go through all pages."""
    if not keys:
        st.info("No answer is like that.", icon=":material/filter_alt_off:")
        st.button("Show all", on_click=go_to, kwargs={"show": None})
        return
    at = keys.index(shown) if shown in keys else None
    number = (at or 0) // PER_PAGE
    span = slice(number * PER_PAGE, (number + 1) * PER_PAGE)
    n_turns = int(rows["turn"].max()) + 1
    titles = {key: line(setup, row, n_turns) for key, row in zip(keys[span], rows.iloc[span].to_dict("records"), strict=True)}
    place = -1 if at is None else at
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for key, title, icon, letter, to, is_end in (
            ("judge_next", "Next", "downward", "J", place + 1, place + 1 >= len(keys)),
            ("judge_previous", "Previous", "upward", "K", place - 1, place < 1),
        ):
            st.button(title, key=key, icon=f":material/arrow_{icon}:", shortcut=letter, on_click=show, args=(keys, to), disabled=is_end)
        st.caption(f"{place + 1:,} of {len(keys):,}" if at is not None else f"{len(keys):,} listed")
    key = f"question_list_{place}"  # as on Compare: a list of its own for each answer in sight, so that it has no focus
    st.session_state[key] = keys[at] if at is not None else None
    with st.container(key="questions"):
        st.radio(
            "Answers",
            list(titles),
            format_func=lambda one: titles.get(one, label(str(one))),
            key=key,
            on_change=lambda: show(keys, keys.index(st.session_state[key])),
            label_visibility="collapsed",
        )
    n_pages = -(-len(keys) // PER_PAGE)
    if n_pages > 1:
        key_of_page = f"list_page_{number}"
        st.pagination(
            n_pages,
            default=number + 1,
            key=key_of_page,
            on_change=lambda: show(keys, (st.session_state[key_of_page] - 1) * PER_PAGE),
            max_visible_pages=5,
        )
    st.caption(f"{LEGEND[setup.way]}. j k go through the list.")


def line(setup: Setup, row: dict[str, object], n_turns: int) -> str:
    """Return a row of the list: what became of the answer, and the question."""
    turn = f" :gray[turn {int(str(row['turn'])) + 1}]" if n_turns > 1 else ""
    return f"{mark(setup, row)} {label(str(row['question']) or str(row['sample_id']), longest=80)}{turn}"


def mark(setup: Setup, row: dict[str, object]) -> str:
    """Return the sign of an answer: its outcome, or how far it is from dense's."""
    outcome, change = str(row["outcome"]), float(str(row["change"]))
    if setup.way == "pairwise" or outcome == "failed":
        return SIGNS.get(outcome, SIGNS["failed"])
    number = float(str(row["score"])) if change != change else change
    if number != number:
        return SIGNS["failed"]
    told = _judge_words.decimal(number, 1) if change != change else _words.signed(change)
    apart = "~" if outcome == "inconsistent" else ""
    colour = "gray" if change != change or change == 0 else "orange" if change < 0 else "green"
    return f":{colour}[**{told}{label(apart)}**]"


def show(keys: list[str], place: int) -> None:
    """Put an answer into the link."""
    if 0 <= place < len(keys):
        turn, _, sample_id = keys[place].partition("/")
        go_to(q=sample_id, turn=turn if turn != "0" else None)

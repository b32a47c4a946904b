"""Judge: what another model says of summaries and conversations, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judgment import JUDGED_TASKS
from llmkick_core.store import queries
from llmkick_core.store.queries import Setup
from pages import (
    _judge_answers,
    _judge_head,
    _judge_jobs,
    _judge_lab,
    _judge_ledger,
    _judge_scores,
    _judge_start,
    _judge_vote,
    _judge_without,
    _judge_words,
    _words,
)
from pages._links import choose, go_to
from pages._moving import followed
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label, visible

VIEWS = {"scores": "Scores", "answers": "Answers", "ledger": "Ledger", "lab": "Lab", "vote": "Blind vote", "start": "Start a judge"}
DRAWN: dict[str, Callable[[Page, Setup, list[Setup]], None]] = {
    "scores": _judge_scores.draw,
    "answers": _judge_answers.draw,
    "ledger": _judge_ledger.draw,
    "lab": _judge_lab.draw,
}
"""The views that show what one judge said."""
WHAT = (
    "Here another model, the judge, rates summaries and conversations as in the paper: by aspect, in both orders, with its reasons, and with how far it differs "
    "from itself when it is asked again."
)


def judged(page: Page) -> None:
    """Draw the view that was chosen; while a judge is at work it fills in place."""
    head = st.container()
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        view = choose(
            "View", VIEWS, "view", lasting=False, widget=st.segmented_control, required=True, label_visibility="collapsed", wrap=True
        )
    if view == "vote":
        _judge_vote.draw(page, head)
        return
    if view == "start":
        _judge_start.draw(page, head)
        return
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    is_busy = _judge_jobs.is_busy(page)
    if not setups:
        with head:
            keep_drawing(followed(_judge_jobs.await_first), every_s=FILL_S if is_busy else None)(page, is_filling=is_busy)
        _judge_without.draw(page, head, VIEWS[view] if view != "scores" else None)
        return
    with controls:
        setup = chosen(page, setups)
    every_s = FILL_S if is_busy else None
    with head:
        keep_drawing(followed(_judge_head.draw), every_s=every_s)(page, setup.key)
    keep_drawing(followed(draw_view), every_s=every_s)(page, setup.key, view, is_filling=is_busy)


def chosen(page: Page, setups: list[Setup]) -> Setup:
    """Return the judge and protocol in sight, after drawing the choice."""
    titles = _judge_words.setup_titles(setups, page)
    key = choose(
        "Judge",
        {key: visible(title)[:160] for key, title in titles.items()},
        "judge",
        lasting=False,
        label_visibility="collapsed",
        width=420,
        read=lambda word: next((setup.key for setup in setups if setup.key.startswith(word)), None),
    )
    return next(setup for setup in setups if setup.key == key)


def draw_view(page: Page, key: str, view: str, *, is_filling: bool) -> None:
    """Draw what one judge said, with what has come in since; where it filled and the judge has ended, the page is drawn anew, and no longer fills."""
    if is_filling and not _judge_jobs.is_busy(page):
        st.rerun()
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    DRAWN[view](page, _judge_head.current(page, key), setups)


def other_task(page: Page) -> None:
    """Say that only two tasks are judged, and lead to those that the store has."""
    st.html(
        f'<div class="kick-sentence">{escape(f"{_words.task_title(str(page.task))} needs no judge: its answers are right or wrong by themselves.")}</div>'
    )
    st.caption(WHAT)
    there = page.comparisons[page.comparisons["task"].isin(JUDGED_TASKS)]
    if there.empty:
        names = " or ".join(_words.task_title(task) for task in JUDGED_TASKS)
        st.info(f"This store has no answers that a judge could rate. Run {names} to get some.", icon=":material/gavel:")
        st.page_link("pages/run.py", label="Run a recipe", icon=":material/arrow_forward:")
        return
    with st.container(horizontal=True):
        for comparison in there["comparison_id"]:
            key = page.task_keys[comparison]  # no page_link: one to its own page leaves the address in the browser as it was
            st.button(
                label(page.comparison_titles[comparison]),
                key=f"judge_task_{key}",
                icon=":material/gavel:",
                on_click=go_to,
                kwargs={"task": key, "q": None, "turn": None},
            )


page = open_page("Judge", is_blind=_judge_vote.is_blind(), prefers=JUDGED_TASKS)
if page.model is None:
    st.title("What does a judge say?")
    st.info(WHAT, title="No answers yet", icon=":material/gavel:")
    st.page_link("pages/overview.py", label="Go to the demo", icon=":material/arrow_forward:")
    st.stop()
try:
    if page.task in JUDGED_TASKS:
        judged(page)
    else:
        other_task(page)
except LlmkickError as error:
    error_box(error)

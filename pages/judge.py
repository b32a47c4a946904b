"""Judge: what another model says of summaries and conversations, and how far it can be trusted."""

from __future__ import annotations

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judgment import JUDGED_TASKS
from llmkick_core.store import queries
from llmkick_core.store.queries import Setup
from pages import (
    _judge_answers,
    _judge_head,
    _judge_lab,
    _judge_ledger,
    _judge_scores,
    _judge_start,
    _judge_vote,
    _judge_without,
    _judge_words,
    _words,
)
from pages._links import choose
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import label

VIEWS = {"scores": "Scores", "answers": "Answers", "ledger": "Ledger", "lab": "Lab", "vote": "Blind vote", "start": "Start a judge"}
NEEDS_A_JUDGE = ("scores", "answers", "ledger", "lab")
WHAT = (
    "Here another model, the judge, rates summaries and conversations as in the paper: by aspect, in both orders, with its reasons, and with what it differs "
    "from itself when it is asked again."
)


def full(page: Page) -> None:
    """Draw the view that was chosen; while a judge is at work it fills in place."""
    head = st.container()
    view = choose("View", VIEWS, "view", lasting=False, widget=st.segmented_control, required=True, label_visibility="collapsed", wrap=True)
    if view == "vote":
        _judge_vote.draw(page, head)
        return
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    setup = chosen(page, setups) if setups and view != "start" else None
    if view == "start":
        _judge_start.draw(page, head)
    elif setup is None:
        with head:
            _judge_without.head(page)
        _judge_without.draw(page)
    else:
        with head:
            _judge_head.draw(page, setup)
        {
            "scores": _judge_scores.draw,
            "answers": _judge_answers.draw,
            "ledger": _judge_ledger.draw,
            "lab": _judge_lab.draw,
        }[view](page, setup, setups)

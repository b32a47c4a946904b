"""What a request to a judge comes to before anything is sent: requests, tokens, dollars, and a button that has to be pressed twice."""

from __future__ import annotations

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.fingerprint import digest
from llmkick_core.judge.jobs import Estimate, JudgeRequest, estimate, start
from llmkick_core.judge.prices import FILE
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.opener import look
from pages import _judge_words, _words
from pages._judge_access import Access
from pages._moving import move
from pages._shared import Page, error_box
from pages._text import escape, label

AGREED = "judge_agreed"
"""In the session: the request that the first button was pressed for."""


def comes_to(page: Page, request: JudgeRequest, access: Access, *, key: str) -> None:
    """Draw what a request comes to, and the buttons that start it.

    Args:
        page: the page.
        request: what would be asked.
        access: how the judge is reached.
        key: of the buttons.
    """
    st.caption(label(access.said, longest=300))
    try:
        cost = known_estimate(page, request)
    except LlmkickError as error:
        error_box(error)
        return
    st.html(table(cost, request))
    for note in cost.notes:
        st.caption(label(note, longest=400))
    if cost.problem:
        st.warning(label(cost.problem, longest=500), title="This cannot start", icon=":material/payments:")
    if cost.n_unasked and not cost.n_requests:
        st.info(
            "There is nothing to hold these answers against. Choose a run that gives reference answers, or another way to judge.",
            icon=":material/help:",
        )
    name = digest(request.to_dict())
    is_ready = bool(cost.n_requests or cost.n_settled > cost.n_unasked) and not cost.problem and access.is_ready
    if st.session_state.get(AGREED) != name:
        st.button(
            first_text(cost),
            key=f"{key}_first",
            type="primary",
            icon=":material/gavel:",
            disabled=not is_ready,
            on_click=agree,
            args=(name,),
            width="stretch",
        )
        return
    st.warning(
        label(
            f"This sends {_words.many(cost.n_requests, 'request')} to {_judge_words.place(request.url)}{price(cost, request)}.", longest=400
        ),
        icon=":material/payments:",
    )
    with st.container(horizontal=True):
        st.button(
            "Yes, ask the judge", key=f"{key}_second", type="primary", on_click=begin, args=(page, request, access), disabled=not is_ready
        )
        st.button("Not yet", key=f"{key}_not", on_click=agree, args=(None,))


def known_estimate(page: Page, request: JudgeRequest) -> Estimate:
    """Return what a request will take; thousands of answers are looked through for it, so it is kept until something is judged, answered or priced anew."""
    store = page.services.executor.store
    own = store / FILE
    priced = look(own)
    priced_ns = priced.changed_ns if priced is not None else 0
    key = ("judge estimate", digest(request.to_dict()), priced_ns)
    return page.db.remember(key, lambda: estimate(store, request), about=ABOUT)


def first_text(cost: Estimate) -> str:
    """Return what stands on the first button."""
    if cost.n_requests:
        return f"Ask {_words.many(cost.n_requests, 'question')} …"
    return (
        "Take what needs no request" if cost.n_settled > cost.n_unasked else "Nothing to ask" if cost.n_unasked else "Everything is judged"
    )


def price(cost: Estimate, request: JudgeRequest) -> str:
    """Return what a request costs at most, for the sentence that asks."""
    if cost.cost is None:
        return "; what they cost is not known" if request.max_cost is None else ""
    if cost.cost == 0:
        return ", free of charge"
    cap = f", and stops at ${request.max_cost:,.2f}" if request.max_cost is not None else ""
    return f" for {about(cost.cost)}{cap}"


def about(dollars: float) -> str:
    """Return a guess of dollars in words."""
    return "free" if dollars == 0 else "less than $0.01" if dollars < 0.01 else f"about ${dollars:,.2f}"


def table(cost: Estimate, request: JudgeRequest) -> str:
    """Return the estimate as a table."""
    tokens = f"{cost.prompt_tokens:,} + {cost.completion_tokens:,}" if cost.n_requests else "none"
    dollars = about(cost.cost) if cost.cost is not None else "price not known"
    rows = {
        "Judgments": f"{cost.n_judgments:,} <span class='kick-muted'>({_words.many(len(request.run_ids), 'run')})</span>",
        "\u2212 known already": f"{cost.n_known:,}",
        "\u2212 same text": f"{cost.n_same:,}",
        "\u2212 nothing to judge or to compare with": f"{cost.n_unasked:,}",
        "\u2212 share the reply to an equal question": f"{cost.n_shared:,}",
        "= requests": f"{cost.n_requests:,}",
        "Tokens, prompts + replies": tokens,
        "Address": escape(request.url),
        "Judge": escape(request.model),
        "Price": told_price(cost) if cost.n_requests else "none",
        "Cost": dollars if cost.n_requests else "none",
        "Stops at": limits(request, is_free=cost.cost == 0),
    }
    body = "".join(f"<tr><td>{name}</td><td class=number>{value}</td></tr>" for name, value in rows.items())
    return f'<table class="kick-table">{body}</table>'


def told_price(cost: Estimate) -> str:
    """Return the price of the judge's tokens, and where it comes from."""
    if cost.price is None:
        return "not known"
    said = f"${cost.price.input:g} + ${cost.price.output:g} a million tokens" if cost.cost else "free"
    return f"{said} <span class='kick-muted'>{escape(cost.price.origin)}</span>"


def limits(request: JudgeRequest, *, is_free: bool) -> str:
    """Return the caps of a request; one of dollars says nothing of a judge that is free."""
    words = [f"${request.max_cost:,.2f}"] if request.max_cost is not None and not is_free else []
    words += [f"{request.max_requests:,} requests"] if request.max_requests is not None else []
    words += [f"{request.max_total_tokens:,} tokens"] if request.max_total_tokens is not None else []
    return escape(", ".join(words)) or "no cap"


def agree(name: str | None) -> None:
    """Remember for which request the first button was pressed."""
    if name is None:
        st.session_state.pop(AGREED, None)
    else:
        st.session_state[AGREED] = name


def begin(page: Page, request: JudgeRequest, access: Access) -> None:
    """Start the process that asks the judge, and show how far it is."""
    st.session_state.pop(AGREED, None)
    try:
        start(page.services.executor.store, request, access.key or "")
    except LlmkickError as error:
        st.session_state["judge_job_error"] = str(error)
    move(view="start", q=None, turn=None)

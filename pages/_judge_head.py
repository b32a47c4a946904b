"""The top of the Judge page: what the judge says of the recipe in one sentence, what it was held against, and how much of it there is."""

from __future__ import annotations

import streamlit as st

from llmkick_core.judgment import IMPORTED
from llmkick_core.store import queries
from llmkick_core.store.queries import Setup
from pages import _judge_jobs, _judge_words, _words
from pages._links import Side
from pages._moving import move
from pages._shared import Page
from pages._text import escape, label


def current(page: Page, key: str) -> Setup:
    """Return a setup as it stands now: judgments and runs may have come in since."""
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    return next((setup for setup in setups if setup.key == key), setups[0])


def draw(page: Page, key: str) -> None:
    """Draw the answer in one sentence and the chips; while a judge is at work it follows what comes in."""
    page.services.refresh()
    setup = current(page, key)
    side = subject(page)
    comparison = str(page.comparison_id)
    scores = queries.aspect_scores(page.db, comparison, setup)
    rows = scores[scores["run_id"] == side.run_id].to_dict("records")
    counts = next(
        (row for row in queries.outcome_counts(page.db, comparison, setup).to_dict("records") if row["run_id"] == side.run_id), None
    )
    has_verdict = any(row["n"] for row in rows) or (counts is not None and counts["n"])
    n_asked = 0 if has_verdict else len(queries.judged_answers(page.db, setup, side.run_id).rows)
    said = _judge_words.sentence(setup, side, rows, counts, page.task, n_asked=n_asked)
    st.html(f'<div class="kick-sentence">{escape(said)}</div>')
    st.caption(label(f"{_words.task_title(str(page.task))} · {page.model} · {_judge_words.stand_in(setup, page.task, page)}", longest=500))
    chips(page, setup)
    if page.a is not None and page.a.method != "dense":
        st.caption(label(f"Changes are against the dense model; {page.a.title}, chosen as A, plays no part here.", longest=300))
    _judge_jobs.strip(page)


def subject(page: Page) -> Side:
    """Return the recipe that the page is about: B, or A where there is only one."""
    side = page.b or page.a
    assert side is not None
    return side


def answers_of(page: Page, side: Side, **more: str | None) -> dict[str, str | None]:
    """Return what changes in the link for the answers of a recipe; where it is A, the two change places, for only B is looked at."""
    changes: dict[str, str | None] = {"view": "answers", "b": side.key, "q": None, "turn": None} | more
    if page.a is not None and side.run_id == page.a.run_id:
        changes["a"] = page.b.key if page.b is not None else page.a.key
    return changes


def chips(page: Page, setup: Setup) -> None:
    """Draw who judged, how much, in which orders, what has no verdict, and what it cost."""
    spent = queries.spending(page.db, setup.judging_ids)
    n_failed = sum(spent.outcomes.get(kind, 0) for kind in _judge_words.FAILURES)
    words = [
        f"{setup.model} ({_judge_words.place(setup.url)})",
        _judge_words.protocol_title(setup.protocol).lower(),
        f"{_words.many(spent.n_judgments, 'judgment')} of {_words.many(len(setup.judging_ids), 'recipe')}",
        orders(setup),
    ]
    if setup.n_repeats > 1:
        words.append(f"asked up to {setup.n_repeats} times")
    if setup.url != IMPORTED or spent.n_requests:
        words.append(cost(spent))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(label(" · ".join(words), longest=400), width="content")
        if n_failed:
            st.button(
                f"{n_failed:,} without a verdict",
                key="judge_failures",
                icon=":material/rule:",
                type="tertiary",
                on_click=move,
                kwargs={"view": "ledger", "q": None},
            )


def orders(setup: Setup) -> str:
    """Return in which orders a setup was asked."""
    if setup.way == "single":
        return "no order, nothing stood beside it"
    if setup.is_one_order:
        return "one order only: imported" if setup.url == IMPORTED else "one order only"
    return "both orders"


def cost(spent: queries.Spending) -> str:
    """Return what judgments cost, in dollars, or in tokens where the price is not known."""
    tokens = spent.prompt_tokens + spent.completion_tokens
    if spent.cost is not None:
        least = "at least " if spent.n_unpriced else ""
        return f"spent {least}${spent.cost:,.2f}" if spent.cost or spent.n_unpriced else "cost nothing"
    return f"{tokens:,} tokens, price not known" if tokens else "nothing spent"

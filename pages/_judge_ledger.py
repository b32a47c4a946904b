"""Ledger: every judgment without a verdict, by kind, with its reason and what the judge said; none of them is a score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.jobs import JudgeRequest, jobs
from llmkick_core.judgment import IMPORTED
from llmkick_core.store import queries
from llmkick_core.store.queries import Setup
from pages import _judge_ask, _judge_words, _words
from pages._judge_access import access
from pages._judge_head import answers_of
from pages._links import choose, go_to
from pages._moving import move
from pages._picking import on_pick
from pages._shared import Page, error_box
from pages._text import escape

PER_PAGE = 20
LONGEST_REPLY = 4_000
ALL = "all"


def draw(page: Page, setup: Setup, _: list[Setup]) -> None:
    """Draw what has no verdict, and the button that asks it again."""
    found = queries.ledger(page.db, setup.judging_ids)
    spent = queries.spending(page.db, setup.judging_ids)
    if found.empty:
        st.info(
            f"All {_words.many(spent.n_judgments, 'judgment')} of this judge have a verdict, or are two equal texts.",
            icon=":material/check:",
        )
        return
    counts = {kind: spent.outcomes[kind] for kind in _judge_words.FAILURES if spent.outcomes.get(kind)}
    st.html(kinds(counts, spent.n_judgments))
    titles = {ALL: f"All {len(found):,}"} | {kind: f"{_judge_words.FAILURES[kind][0]} {n:,}" for kind, n in counts.items()}
    kind = choose(
        "Kind",
        titles,
        "kind",
        lasting=False,
        widget=st.segmented_control,
        required=True,
        wrap=True,
        label_visibility="collapsed",
        read=lambda word: ALL if word in _judge_words.FAILURES else None,
    )
    rows = found if kind == ALL else found[found["outcome"] == kind]
    listed(page, rows.reset_index(drop=True), n_places=1 if setup.way == "single" else 2)
    again(page, setup, found, is_narrowed=kind != ALL)


def kinds(counts: dict[str, int], n: int) -> str:
    """Return what has no verdict by kind, and what each kind means."""
    rows = "".join(
        f'<tr><td class="kick-name"><b>{_judge_words.FAILURES[kind][0]}</b>{called(kind)}</td><td class="number">{number:,} of {n:,}</td><td>{_judge_words.FAILURES[kind][1]}</td></tr>'
        for kind, number in counts.items()
    )
    return f'<table class="kick-table kick-facts">{rows}</table>'


def called(kind: str) -> str:
    """Return what a kind is called in exports and the docs, where that is another word."""
    title = _judge_words.FAILURES[kind][0].lower().replace(" ", "_")
    return "" if title == kind else f' <span class="kick-muted">{kind}</span>'


def listed(page: Page, rows: pd.DataFrame, *, n_places: int) -> None:
    """Draw a page of the list, each row a link to its answer, its reply folded."""
    on_pick(lambda word: pick(page, word), key="judge_ledger_picked", shows=".kick-question")
    n_parts = -(-len(rows) // PER_PAGE)
    word = st.query_params.get("part", "1")
    part = min(max(int(word), 1), n_parts) if word.isdecimal() and len(word) < 10 and n_parts else 1
    shown = rows.iloc[(part - 1) * PER_PAGE : part * PER_PAGE].to_dict("records")
    head = '<tr><th>Kind</th><th>Recipe</th><th style="min-width: 12rem">Question</th><th>Order</th><th style="min-width: 9rem">Reason</th><th style="min-width: 8rem">Reply</th></tr>'
    st.html(
        f'<div class="kick-scroll"><table class="kick-table kick-ledger">{head}{"".join(row(page, one, n_places) for one in shown)}</table></div>'
    )
    if n_parts > 1:
        key = f"judge_part_{part}"
        st.pagination(n_parts, default=part, key=key, on_change=lambda: go_to(part=str(st.session_state[key])))


def row(page: Page, one: dict[str, Any], n_places: int) -> str:
    """Return one row of the list."""
    side = page.all_sides.get(one["run_id"])
    turn = f", turn {int(one['turn']) + 1}" if one["turn"] or page.task == "instruction_following" else ""
    again = f", time {int(one['repeat']) + 1}" if one["repeat"] else ""
    order = f"{_judge_words.ORDERS[int(one['place'])] if n_places > 1 else ''}{again}".removeprefix(", ")
    reply = one["reply"][:LONGEST_REPLY]
    said = (
        f'<details><summary>{len(one["reply"]):,} characters</summary><pre class="kick-plain" dir="auto">{escape(reply)}</pre></details>'
        if reply
        else _words.NONE
    )
    question = escape(one["question"][:120] or one["sample_id"][:120])
    if side is not None:
        words = dict(st.query_params.items()) | answers_of(page, side, q=one["sample_id"], turn=str(one["turn"]))
        where = escape(urlencode({name: value for name, value in words.items() if value is not None}))
        pick_word = escape(f"{side.key}/{one['turn']}/{one['sample_id']}")
        question = f'<a data-pick="{pick_word}" href="judge?{where}" target="_self">{question}</a>'
    title = _judge_words.FAILURES[one["outcome"]][0]
    recipe = side.title if side is not None else _words.recipe_title(one["recipe"])
    return (
        f'<tr><td class="kick-name">{title}</td><td class="kick-name">{escape(recipe)}</td><td>{question}{turn}</td><td class="kick-name">{order}</td>'
        f"<td>{escape(one['reason'][:300])}</td><td>{said}</td></tr>"
    )


def pick(page: Page, word: str) -> None:
    """Open the answer that was clicked."""
    key, turn, sample_id = [*word.split("/", 2), "", ""][:3]
    if key in page.sides:
        move(**answers_of(page, page.sides[key], q=sample_id, turn=turn if turn != "0" else None, kind=None, part=None, show=None))


def again(page: Page, setup: Setup, found: pd.DataFrame, *, is_narrowed: bool) -> None:
    """Draw what asking them again comes to; judgments from a file cannot be asked for."""
    if setup.url == IMPORTED:
        st.caption("These judgments came from a file; a judge that is asked from here makes judgments of its own.")
        return
    is_askable = found["outcome"] != "unasked"
    open_runs = tuple(dict.fromkeys(found.loc[is_askable, "run_id"]))
    if not open_runs:
        return
    title = f"Ask all {is_askable.sum():,} again that can be, of every kind" if is_narrowed else "Ask these again"
    with st.expander(title, icon=":material/replay:", key="judge_again", on_change="rerun") as box:
        if not box.open:
            return
        try:
            _judge_ask.comes_to(page, request_of(page, setup, open_runs), access(setup.url, setup.model), key="judge_retry")
        except LlmkickError as error:
            error_box(error, title="This judge cannot be asked from here")


def request_of(page: Page, setup: Setup, run_ids: tuple[str, ...]) -> JudgeRequest:
    """Return the request that asks again for what has no verdict: as it was asked before, where that is known."""
    same = (
        job.request
        for job in jobs(page.services.executor.store)
        if not job.is_foreign  # whose price and caps are somebody else's
        and (job.request.url, job.request.model, job.request.protocol, job.request.temperature)
        == (setup.url, setup.model, setup.protocol, setup.temperature)
        and job.request.references == (setup.opponent if setup.way == "reference" else "")
        and set(run_ids) <= set(job.request.run_ids)
    )
    before = next(same, None)
    if before is not None:
        return replace(before, run_ids=run_ids, is_retrying=True)
    return JudgeRequest(
        run_ids=run_ids,
        protocol=setup.protocol,  # type: ignore[arg-type]  # a judging's
        references=setup.opponent if setup.way == "reference" else "",
        url=setup.url,
        model=setup.model,
        repeats=setup.n_repeats,
        temperature=setup.temperature,
        is_retrying=True,
    )

"""Lab: how far the judge can be trusted. What it differs from itself, what place and length do to it, and whether another judge and people agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from llmkick_core.judgment import IMPORTED
from llmkick_core.store import queries
from llmkick_core.store.queries import Lab, Setup
from pages import _judge_words, _words
from pages._judge_agreement import KAPPA, agreement_row, agreement_sentence, agreement_table
from pages._judge_vote import in_order
from pages._judge_words import change_text, decimal, span
from pages._links import choose
from pages._moving import move
from pages._shared import Page
from pages._text import escape

PAPER_LOW, PAPER_HIGH, PAPER_N = 64, 68, 90
"""Verdicts that were the same when the paper's judge was asked the same again, of so many."""


def draw(page: Page, setup: Setup, setups: list[Setup]) -> None:
    """Draw the judge's own errors one by one, each with what it means."""
    found = queries.lab(page.db, str(page.comparison_id), setup)
    st.caption(
        f"Over {_words.many(found.n_answers, 'judged answer')} of all recipes, {_words.many(found.n_judgments, 'judgment')}, equal answers counted once. 95% intervals."
    )
    left, right = st.columns(2, gap="large")
    with left:
        noise(found, setup)
        position(found, setup)
    with right:
        length(found, setup)
        other_judge(page, setup, setups)
        people(page, setup)


def section(title: str, sentence: str, more: str = "") -> None:
    """Draw a title, what was found in one sentence, and a table."""
    st.subheader(title, anchor=False)
    st.html(f"<div>{escape(sentence)}</div>{more}")


def aspect_title(aspect: str) -> str:
    """Return the name of an aspect, or of a verdict."""
    return "Verdict" if aspect == "winner" else _judge_words.ASPECTS.get(aspect, aspect)


def noise(found: Lab, setup: Setup) -> None:
    """Draw what the judge differs from itself."""
    if not found.noise:
        section("Its own noise", f"Not known. {found.noise_reason}")
        if setup.n_repeats < 2 and setup.url != IMPORTED:
            st.caption("From two repeats on, every change in the scores can be held against it.")
            st.button("Ask again, with repeats", key="judge_repeats", icon=":material/repeat:", on_click=move, kwargs={"view": "start"})
        return
    own = [one for aspect, one in found.noise.items() if aspect != "all"] or list(found.noise.values())
    same = between([one.agreement for one in own], lambda share: _words.percent(share, decimals=0))
    off = between([one.sd for one in own], decimal)
    unit = "" if "winner" in found.noise else f"; one score is {off} points off its mean (standard deviation)"
    what = "verdict" if "winner" in found.noise else "score"
    sentence = f"Asked the same again, {setup.model} gave the same {what} in {same} of {own[0].n_pairs:,} pairs{unit}."
    head = '<tr><th>Aspect</th><th class="number">Asked twice</th><th class="number">Pairs</th><th class="number">Same</th><th class="number">Differ by</th><th class="number">Deviation</th></tr>'
    rows = "".join(
        f'<tr><td>{escape(aspect_title(aspect))}</td><td class="number">{one.n_items:,}</td><td class="number">{one.n_pairs:,}</td>'
        f'<td class="number">{_words.percent(one.agreement, decimals=0)}</td><td class="number">{decimal(one.difference)}</td><td class="number">{decimal(one.sd)}</td></tr>'
        for aspect, one in found.noise.items()
    )
    section("Its own noise", sentence, f'<div class="kick-scroll"><table class="kick-table kick-facts">{head}{rows}</table></div>')
    st.caption(
        f"Differ by and deviation in points. The paper's judge said the same in {PAPER_LOW} to {PAPER_HIGH} of {PAPER_N} verdicts an aspect. The grey bands on Scores come from here."
    )


def between(numbers: Sequence[float], form: Callable[[float], str]) -> str:
    """Return the range of some numbers as words: `21% to 23%`, or one where they read alike."""
    low, high = form(min(numbers)), form(max(numbers))
    return low if low == high else f"{low} to {high}"


def position(found: Lab, setup: Setup) -> None:
    """Draw what the place does to a verdict."""
    title = "Does the place decide?"
    if found.position_reason:
        section(title, f"Not known. {found.position_reason}")
        return
    if found.first is not None:
        first = found.first
        is_leaning = first.low is not None and first.high is not None and not first.low <= 0.5 <= first.high
        said = "the place matters" if is_leaning else "no leaning to a place can be told"
        section(
            title,
            f"Of {first.n:,} verdicts that chose one answer, {_words.percent(first.share)} chose the one shown first "
            f"(95% interval {_words.percent(first.low)} to {_words.percent(first.high)}): {said}. On {first.n_inconsistent:,} of {first.n_items:,} pairs of answers the two "
            f"orders do not agree ({_words.percent(first.inconsistent_share)}).",
        )
        return
    whole = found.position.get("all") or next(iter(found.position.values()))
    is_leaning = whole.low is not None and whole.high is not None and not whole.low <= 0 <= whole.high
    said = (
        f"{setup.model} gives the same answer {decimal(abs(whole.mean or 0.0))} points {'more' if (whole.mean or 0.0) >= 0 else 'less'} when it is shown first (95% interval {span(whole.low, whole.high, is_signed=True)}, "
        f"n = {whole.n:,}): "
        + ("the place matters, and only both orders together are fair." if is_leaning else "no leaning to a place can be told.")
    )
    head = '<tr><th>Aspect</th><th class="number">n</th><th class="number">Shown first</th><th class="number">95% interval</th></tr>'
    rows = "".join(
        f'<tr><td>{escape(aspect_title(aspect))}</td><td class="number">{one.n:,}</td><td class="number">{change_text(one.mean)}</td>'
        f'<td class="number">{span(one.low, one.high, is_signed=True)}</td></tr>'
        for aspect, one in found.position.items()
    )
    section(title, said, f'<div class="kick-scroll"><table class="kick-table kick-facts">{head}{rows}</table></div>')


def length(found: Lab, setup: Setup) -> None:
    """Draw whether longer answers get more."""
    title = "Does length decide?"
    one = found.length
    if one is None:
        section(title, f"Not known. {found.length_reason}")
        return
    if one.low is None or one.high is None or one.low <= 0 <= one.high:
        said = "no leaning to long or short answers can be told"
    else:
        said = f"{'longer' if one.low > 0 else 'shorter'} answers get more; that may be because they are better"
    section(
        title,
        f"What {setup.model} prefers goes with the difference in length by a rank correlation of {change_text(one.rho)} "
        f"(95% interval {span(one.low, one.high, is_signed=True)}, n = {one.n:,} answers): {said}.",
    )


def other_judge(page: Page, setup: Setup, setups: list[Setup]) -> None:
    """Draw whether another judge says the same."""
    title = "Does another judge agree?"
    titles = _judge_words.setup_titles(setups, page)
    others = {one.key: titles[one.key] for one in setups if one.key != setup.key}
    if not others:
        section(title, "Nobody else has judged these answers.")
        st.button("Ask a second judge", key="judge_second", icon=":material/gavel:", on_click=move, kwargs={"view": "start"})
        return
    st.subheader(title, anchor=False)
    key = choose(
        "Compared with",
        others,
        "with",
        lasting=False,
        default=likest(setup, setups),
        read=lambda word: next(iter(others)) if word in titles else None,
    )
    second = next(one for one in setups if one.key == key)
    found = queries.judge_agreement(page.db, str(page.comparison_id), setup, second)
    rows = [agreement_row(aspect_title(aspect), one) for aspect, one in found.items() if one.n]
    if not rows:
        st.html("<div>They have no score or verdict of the same answers that can be compared.</div>")
        return
    whole = found.get("all") or next(iter(found.values()))
    both = f"{setup.model} and {second.model}" if setup.model != second.model else f"{titles[setup.key]} and {titles[second.key]}"
    st.html(f"<div>{escape(agreement_sentence(both, whole))}</div>{agreement_table(rows)}")
    st.caption(KAPPA)


def likest(setup: Setup, setups: list[Setup]) -> str | None:
    """Return the other judge that is most worth comparing with: one of the same protocol."""
    same = [one for one in setups if one.key != setup.key and one.protocol == setup.protocol]
    return next((one.key for one in [*(one for one in same if one.opponent == setup.opponent), *same]), None)


def people(page: Page, setup: Setup) -> None:
    """Draw whether people say the same of the pair in sight."""
    title = "Do people agree?"
    pair = in_order(page)
    if pair is None:
        return
    a, b = pair
    found = queries.vote_agreement(page.db, str(page.comparison_id), setup, a.run_id, b.run_id)
    if not found.n_votes:
        section(title, f"Nobody has voted on {b.title} against {a.title} yet.")
        st.button(
            "Vote without names",
            key="judge_vote_now",
            icon=":material/how_to_vote:",
            on_click=move,
            kwargs={"view": "vote", "q": None, "turn": None},
        )
        return
    rows = [
        agreement_row("Everyone", found.everyone),
        *(agreement_row(name or "Nobody in particular", one) for name, one in found.by_voter.items() if len(found.by_voter) > 1),
    ]
    rows += [agreement_row(f"{one or 'nobody'} and {other or 'nobody'}", mine) for (one, other), mine in found.between.items()]
    sentence = f"{_words.many(found.n_votes, 'vote')} on {b.title} against {a.title}: {agreement_sentence(f'people and {setup.model}', found.everyone)}"
    section(title, sentence, agreement_table(rows))

"""Blind vote: two answers without names, and what people found once the names are told."""

from __future__ import annotations

from typing import Any

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judgment import Vote
from llmkick_core.store import queries
from llmkick_core.store.queries import Blind, VoteAgreement
from llmkick_core.store.vote_tally import VoteTally, votes_tally
from llmkick_core.store.votes import voter_name, write_vote
from pages import _judge_words, _words
from pages._judge_agreement import KAPPA, agreement_row, agreement_table
from pages._links import Side, go_to, pair_keys
from pages._shared import Page, error_box
from pages._text import differences, escape, label, marked

ENOUGH = 10
"""Votes from which on a tally says something."""
LONGEST_NAME = 40
"""Characters of a voter's name."""
SHOWN = "shown"


def is_blind() -> bool:
    """Return whether the link opens a vote whose names are hidden."""
    return st.query_params.get("view") == "vote" and st.query_params.get("names") != SHOWN


def draw(page: Page, head: Any) -> None:
    """Draw two answers to vote on, or, once the names are told, what was voted."""
    pair = in_order(page)
    if pair is None:
        with head:
            st.html('<div class="kick-sentence">Only one recipe has answered, so there is nothing to choose between.</div>')
        st.page_link("pages/run.py", label="Run a recipe", icon=":material/arrow_forward:")
        return
    if is_blind():
        ballot(page, head, *pair)
    else:
        tally(page, head, *pair)


def in_order(page: Page) -> tuple[Side, Side] | None:
    """Return the pair, the dense one first, else as recipes stand in tables: votes are kept under one order."""
    if page.a is None or page.b is None:
        return None
    order = [side.run_id for side in page.sides.values()]
    a, b = sorted((page.a, page.b), key=lambda side: order.index(side.run_id))
    return a, b


def ballot(page: Page, head: Any, a: Side, b: Side) -> None:
    """Draw two answers side by side, and the buttons; nothing that is sent to the browser tells which is whose."""
    if "judge_voter" not in st.session_state:
        st.session_state["judge_voter"] = st.query_params.get("voter", "")[:LONGEST_NAME]
    who = str(st.session_state["judge_voter"])
    blind = queries.next_blind(page.db, a.run_id, b.run_id, who, str(page.task), seed=int(st.session_state.get("judge_skips", 0)))
    votes = queries.votes_of(page.db, a.run_id, b.run_id)
    mine = [vote for vote in votes if vote.voter == voter_name(who)]
    with head:
        st.html(f'<div class="kick-sentence">{escape(question(page, blind, has_voted=bool(mine)))}</div>')
        st.caption("Names are hidden, here and in the link; which answer is on the left is drawn by chance each time.")
    if said := st.session_state.pop("judge_vote_error", None):
        error_box(said, title="The vote was not saved")
    n_votes = len(votes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Your name, if you like",
            key="judge_voter",
            max_chars=LONGEST_NAME,
            width=220,
            persist_state="session",
            help="Where several people vote, a name keeps their votes apart. It is stored with the vote, and stands in the link, so that a reload goes on.",
            on_change=keep_name,
        )
        st.button(
            f"Reveal the names ({_words.many(n_votes, 'vote')} so far)",
            key="judge_reveal",
            icon=":material/visibility:",
            type="primary" if blind is None else "secondary",
            on_click=reveal,
            args=(a, b),
            disabled=not n_votes,
        )
    if blind is not None:
        if 0 < n_votes < ENOUGH:
            st.caption(f"From {ENOUGH} votes on the tally says something.")
        choices(page, blind, a, b)
        answers(page, blind)


def keep_name() -> None:
    """Put the voter's name into the link."""
    go_to(voter=str(st.session_state["judge_voter"]).strip() or None)


def question(page: Page, blind: Blind | None, *, has_voted: bool) -> str:
    """Return what is asked of the voter, and how far they are."""
    if blind is None and not has_voted:
        return "All answers that both gave are the same text, so there is nothing to choose between."
    if blind is None:
        return "You have voted on every pair of answers that differ."
    what = "summary" if page.task == "summarization" else "answer"
    return f"Which {what} is better? You have voted on {blind.n_done:,} of {blind.n_total:,} pairs."


def choices(page: Page, blind: Blind, a: Side, b: Side) -> None:
    """Draw the buttons; the arrow keys press them."""
    with st.container(horizontal=True, key="judge_choices"):
        for key, text, icon, shortcut, choice in (
            ("left", "Left better", "arrow_back", "Left", "left"),
            ("tie", "Tie", "drag_handle", "Down", "tie"),
            ("right", "Right better", "arrow_forward", "Right", "right"),
        ):
            st.button(
                text, key=f"judge_vote_{key}", icon=f":material/{icon}:", shortcut=shortcut, on_click=vote, args=(page, blind, a, b, choice)
            )
        st.button(
            "Skip",
            key="judge_vote_skip",
            icon=":material/skip_next:",
            shortcut="S",
            on_click=skip,
            args=(page, blind, a, b),
            type="tertiary",
        )


def answers(page: Page, blind: Blind) -> None:
    """Draw what was asked and both answers."""
    st.html(f'<div class="kick-question" dir="auto">{escape(blind.question)}</div>')
    if blind.material and not blind.earlier:
        with st.expander("The story" if page.task == "summarization" else "Before it"):
            st.html(f'<pre class="kick-plain" dir="auto">{escape(blind.material)}</pre>')
    for asked, left, right in blind.earlier:
        st.html(f'<div class="kick-muted">Before: {escape(asked)}</div>')
        sides(left, right, is_faint=True)
    sides(blind.left, blind.right)


def sides(left: str, right: str, *, is_faint: bool = False) -> None:
    """Draw two answers without names, with the words that the other one has not marked alike on both sides."""
    texts = (left.strip(), right.strip())
    spans = differences(*texts) if all(texts) else ([], [])
    for column, text, own, name in zip(st.columns(2), texts, spans, ("Left", "Right"), strict=True):
        body = marked(text, own) or '<span class="kick-muted">(empty answer)</span>'
        kind = "kick-plain" if is_faint else "kick-answer"
        column.html(f'<div class="kick-head"><b>{name}</b></div><div class="{kind}" dir="auto">{body}</div>')


def vote(page: Page, blind: Blind, a: Side, b: Side, choice: str) -> None:
    """Save a vote."""
    other = "b" if blind.shown_first == "a" else "a"
    winner = {"left": blind.shown_first, "right": other, "tie": "tie"}[choice]
    try:
        write_vote(
            page.db,
            Vote(
                sample_id=blind.sample_id,
                turn=blind.turn,
                run_a=a.run_id,
                run_b=b.run_id,
                winner=winner,  # type: ignore[arg-type]  # one of the three
                shown_first=blind.shown_first,
                voter=str(st.session_state.get("judge_voter", "")),
            ),
        )
    except LlmkickError as error:
        st.session_state["judge_vote_error"] = error


def skip(page: Page, blind: Blind, a: Side, b: Side) -> None:
    """Shuffle what is left until another pair of answers comes up, where there is one; the skipped one comes back later."""
    who, seed = str(st.session_state.get("judge_voter", "")), int(st.session_state.get("judge_skips", 0))
    for k in range(1, 30):
        following = queries.next_blind(page.db, a.run_id, b.run_id, who, str(page.task), seed=seed + k)
        if following is None or (following.sample_id, following.turn) != (blind.sample_id, blind.turn):
            st.session_state["judge_skips"] = seed + k
            return


def tally(page: Page, head: Any, a: Side, b: Side) -> None:
    """Draw what was voted, by recipe, and how far it agrees with each judge and between people."""
    counts = votes_tally(page.db, a.run_id, b.run_id)
    with head:
        st.html(f'<div class="kick-sentence">{escape(told(counts, a, b))}</div>')
        st.caption(label(f"{_words.task_title(str(page.task))} · {page.model} · votes were cast without names in sight", longest=300))
    st.button("Hide the names and go on voting", icon=":material/visibility_off:", on_click=hide, args=(page, a, b))
    if not counts.n:
        return
    rows = "".join(
        f'<tr><td>{escape(name or "nobody in particular")}</td><td class="number">{one.n:,}</td><td class="number">{one.a:,}</td>'
        f'<td class="number">{one.tie:,}</td><td class="number">{one.b:,}</td></tr>'
        for name, one in counts.by_voter.items()
    )
    names = ("n", f"{a.title} better", "Tie", f"{b.title} better")
    head_row = "".join(f'<th class="number">{escape(name)}</th>' for name in names)
    st.html(f'<div class="kick-scroll"><table class="kick-table kick-matrix"><tr><th>Voter</th>{head_row}</tr>{rows}</table></div>')
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    titles = _judge_words.setup_titles(setups, page)
    found = {titles[setup.key]: queries.vote_agreement(page.db, str(page.comparison_id), setup, a.run_id, b.run_id) for setup in setups}
    st.subheader("Do people and judges agree?", anchor=False)
    agreement(found)


def times(n: int) -> str:
    """Return how often: `once`, `3 times`."""
    return "once" if n == 1 else f"{n:,} times"


def told(counts: VoteTally, a: Side, b: Side) -> str:
    """Return what people found, in one sentence."""
    if not counts.n:
        return f"Nobody has voted on {b.title} against {a.title} yet."
    span = _judge_words.span(
        None if counts.low is None else counts.low * 100, None if counts.high is None else counts.high * 100, 1, is_signed=True
    )
    better = (
        "cannot be told apart"
        if counts.low is None or counts.high is None or counts.low <= 0 <= counts.high
        else f"{(b if counts.low > 0 else a).title} is found better"
    )
    few = f"; fewer than {ENOUGH} votes say little" if counts.n < ENOUGH else ""
    return (
        f"In {_words.many(counts.n, 'blind vote')} {b.title} was better {times(counts.b)}, {a.title} {times(counts.a)}, neither {times(counts.tie)}: "
        f"{better} (net {_judge_words.change_text((counts.net or 0.0) * 100, 1)} points, 95% interval {span}){few}."
    )


def agreement(found: dict[str, VoteAgreement]) -> None:
    """Draw how far votes agree with each judge, and people with each other."""
    rows = [agreement_row(title, one.everyone) for title, one in found.items()]
    any_found = next(iter(found.values()), None)
    if any_found is not None:
        rows += [agreement_row(f"{one or 'nobody'} and {other or 'nobody'}", mine) for (one, other), mine in any_found.between.items()]
    if rows:
        st.html(agreement_table(rows))
        st.caption(KAPPA)
    else:
        st.caption("No judge has rated these answers yet, so there is nothing to hold the votes against.")


def reveal(a: Side, b: Side) -> None:
    """Tell the names: they come back into the link, and the tally into sight."""
    go_to(names=SHOWN, a=a.key, b=b.key, pair=None, q=None, turn=None)


def hide(page: Page, a: Side, b: Side) -> None:
    """Hide the names again, and go on voting."""
    key = next((key for key, pair in pair_keys(page.sides).items() if set(pair) == {a.key, b.key}), None)
    go_to(names=None, a=None, b=None, pair=key, q=None, turn=None)

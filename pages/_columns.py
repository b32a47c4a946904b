"""Answers on their way, side by side: what has come of each, coloured by where it departs from the first, and what came of it in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from llmkick_core.live.agreement import Parting, n_agreed, parting
from llmkick_core.live.duel import OVER, Ask, Duel, Side
from llmkick_core.live.prompts import Question, match_stored
from llmkick_core.live.sources import Source
from pages import _words
from pages._text import Span, differences, dot, escape, label, marked

STYLE = """<style>
.kick-live {min-height: 8.5rem;} .kick-live .kick-caret {opacity: .55;} .kick-ahead {opacity: .6;}
.kick-live.moving {display: flex; flex-direction: column-reverse;} .kick-live.moving > div {margin-bottom: auto;}
.kick-live-foot {min-height: 3.2rem; font-variant-numeric: tabular-nums;}
</style>"""

STATES = {
    "waiting": "waiting",
    "preparing": "getting ready",
    "reading": "reading the prompt",
    "streaming": "streaming",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
}
"""What a column does, in a word."""

ENOUGH = 32
"""Tokens of answers whose speeds are compared."""

_ENDS = {"length": "cut at the limit", "cut": "cut, it went on", "stop string": "ended by a line break"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One who answers."""

    title: str
    """The recipe, or the model behind a server, as people read it."""
    method: str
    """Its method, which has a colour; empty for one behind a server."""
    source: Source
    """Who is asked."""
    run_id: str | None
    """Its run in the comparison in sight."""


@dataclass(frozen=True, kw_only=True)
class Show:
    """What a session sees: the answers on their way or at their end, and who gives them."""

    duel: Duel
    """The answers."""
    columns: tuple[Column, ...]
    """Who gives them."""
    question: Question | None
    """The question of the store that was asked, where it was one."""

    def is_of(self, columns: Sequence[Column], prompt: str) -> bool:
        """Return whether it answers this prompt by these models."""
        return [one.source.key for one in columns] == [one.source.key for one in self.columns] and prompt == self.duel.ask.prompt

    def is_asked_as(self, ask: Ask) -> bool:
        """Return whether it was asked by these settings, whatever the prompt."""
        return replace(ask, prompt=self.duel.ask.prompt) == self.duel.ask


def settings_words(ask: Ask) -> str:
    """Return how a prompt is asked: `as a conversation, at most 64 tokens, temperature 0.7`."""
    way = "as a conversation" if ask.is_chat else "as plain text"
    drawn = f"temperature {ask.temperature:g}" if ask.temperature else "always the likeliest"
    return f"{way}, at most {ask.max_tokens} tokens, {drawn}"


def draw(show: Show) -> None:
    """Draw the columns as far as they have come."""
    sides, cut = show.duel.snapshot(), show.duel.compared()
    for k, (place, column) in enumerate(zip(st.columns(len(show.columns)), show.columns, strict=True)):
        with place:
            st.html(head(column, sides[k]) + box(k, sides, cut) + foot(k, sides[k], show.question))


def idle(columns: Sequence[Column]) -> None:
    """Draw the columns before anything was asked."""
    for place, column in zip(st.columns(len(columns)), columns, strict=True):
        with place:
            st.html(
                f'{head(column, None)}<div class="kick-answer kick-live"><span class="kick-muted">Its answer comes here.</span></div>'
                '<div class="kick-live-foot"></div>'
            )


def listed(names: Sequence[str]) -> str:
    """Return names as words: `Dense, Wanda 50% and Magnitude 50%`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def head(column: Column, side: Side | None) -> str:
    """Return the line over an answer: who gives it, and what it does."""
    spot = dot(column.method) if column.method else ""
    state = "" if side is None else f'<span class="kick-muted">{STATES[side.state]}</span>'
    return f'<div class="kick-head">{spot}<b>{escape(column.title)}</b>{state}</div>'


def box(k: int, sides: Sequence[Side], cut: Sequence[tuple[str, ...]]) -> str:
    """Return an answer, marked from where it departs: the first one from the second, the others from the first."""
    side, text = sides[k], "".join(cut[k])
    shown = marked(text, spans(k, sides, cut), side="dense" if k == 0 else "")
    if side.state not in OVER and side.state != "streaming":
        words = f"{STATES[side.state].capitalize()}{f': {side.message}' if side.message else ''} …"
        shown += f'<span class="kick-muted">{escape(words)}</span>'
    elif side.state == "streaming":
        shown += '<span class="kick-caret">▌</span>'
    elif side.state == "failed":
        shown += f'{"<br>" if text else ""}<span class="kick-wrong">✗ {escape(side.message)}</span>'
    elif not text.strip():
        shown = '<span class="kick-muted">(empty answer)</span>'
    if side.thought:
        shown = f'<details class="kick-muted"><summary>Thought, not compared</summary>{marked(side.thought, [])}</details>{shown}'
    moving = " moving" if side.state == "streaming" else ""  # keeps the end of a long answer in sight
    return f'<div class="kick-answer kick-live{moving}"><div>{shown}</div></div>'


def spans(k: int, sides: Sequence[Side], cut: Sequence[tuple[str, ...]]) -> list[Span]:
    """Return what is marked of an answer: the first token that departs, those after it, and those that nothing can be said of yet."""
    if len(cut) < 2:
        return []
    other = 1 if k == 0 else 0
    mine, theirs = cut[k], cut[other]
    n = n_agreed(_bare(mine), _bare(theirs))
    if n >= len(mine):
        return []
    place = sum(map(len, mine[:n]))
    length = sum(map(len, mine))
    if n >= len(theirs) and sides[other].state not in OVER:
        return [] if k == 0 else [Span(start=place, end=length, mark="kick-ahead")]
    if n >= len(theirs) and sides[other].state != "done":
        return []  # it was stopped or failed: nobody knows how it would have gone on
    first = Span(start=place, end=place + len(mine[n]), mark="kick-first")
    return [first, Span(start=place, end=length, mark="kick-differs")]


def _bare(pieces: Sequence[str]) -> list[str]:
    return [piece.lstrip() if k == 0 else piece for k, piece in enumerate(pieces)]


def foot(k: int, side: Side, question: Question | None) -> str:
    """Return the lines below an answer: how many tokens, how fast, and whether it is the stored one."""
    words = [_words.many(side.n_tokens, "token")] if side.pieces else []
    if side.tokens_per_s is not None:
        words.append(f"{side.tokens_per_s:.0f} tokens/s")
    if side.first_s is not None:
        words.append(f"first after {side.first_s:.2f} s")
    if side.finish in _ENDS and side.state == "done":
        words.append(_ENDS[side.finish])
    long = ""
    if side.is_too_long:
        n = side.n_prompt_tokens + side.n_tokens
        long = f'<div class="kick-muted">prompt and answer have {n:,} tokens; the model was made for {side.context_length:,}</div>'
    lines = f'<div class="kick-muted">{" · ".join(words)}</div>'
    return f'<div class="kick-live-foot">{lines}{long}{stored(k, side, question)}</div>'


def stored(k: int, side: Side, question: Question | None) -> str:
    """Return whether an answer is the one that the run gave, with that one's verdict."""
    if question is None or not question.is_written or k >= len(question.stored):
        return ""
    before = question.stored[k]
    if before is None:
        return '<div class="kick-muted">no answer of its is stored</div>'
    right = {True: '<span class="kick-right">✓ right</span>', False: '<span class="kick-wrong">✗ wrong</span>', None: ""}[before.is_right]
    match = match_stored(side, before)
    if match == "unknown":
        return ""
    if match == "same":
        return f'<div class="kick-muted">Same as the stored answer</div>{right}'
    return f'<div class="kick-muted">Other than the stored answer, which was</div><div>{escape(before.text.strip())} {right}</div>'


def sentence(show: Show) -> str:
    """Return what came of it, in one sentence with its numbers."""
    sides, names = show.duel.snapshot(), [column.title for column in show.columns]
    if any(side.state == "failed" for side in sides):
        failed = [name for name, side in zip(names, sides, strict=True) if side.state == "failed"]
        return f"{listed(failed)} did not answer."
    if len(sides) < 2:
        return f"{names[0]} wrote {_words.many(sides[0].n_tokens, 'token')}."
    cut = show.duel.compared()
    found = parting(cut[0], cut[1])
    unit = "token" if show.duel.is_by_tokens else "word"
    if any(side.state == "stopped" for side in sides):
        return _stopped(found, min(len(one) for one in cut[:2]), unit)
    if found.is_same:
        return f"{names[0]} and {names[1]} say the same, all {_words.many(found.n_agreed, unit)} of it."
    same = f"Same for {_words.many(found.n_agreed, unit)}, then" if found.n_agreed else f"Other from the first {unit}:"
    if not found.reference_word or not found.other_word:
        ended, goes_on, word = (0, 1, found.other_word) if not found.reference_word else (1, 0, found.reference_word)
        return f"{same} {names[ended]} ends, where {names[goes_on]} goes on with “{word}”."
    return f"{same} “{found.reference_word}” against “{found.other_word}”."


def _stopped(found: Parting, n_both: int, unit: str) -> str:
    if not n_both:
        return "Stopped before both had begun."
    if found.n_agreed >= n_both:
        return f"Stopped; the same in all {_words.many(n_both, unit)} that both had written."
    if not found.n_agreed:
        return f"Stopped; other from the first {unit}: “{found.reference_word}” against “{found.other_word}”."
    return f"Stopped; same for {_words.many(found.n_agreed, unit)}, then “{found.reference_word}” against “{found.other_word}”."


def speeds(show: Show) -> str:
    """Return how fast the second was beside the first, and why it is no faster; empty where too little came to tell."""
    sides = show.duel.snapshot()
    if len(sides) < 2:
        return ""
    dense, other = sides[0].tokens_per_s, sides[1].tokens_per_s
    if not dense or not other or any(side.state != "done" or side.n_tokens < ENOUGH for side in sides[:2]):
        return ""
    return (
        f"{show.columns[1].title} streamed {other / dense:.2f} times as fast as {show.columns[0].title} ({other:.0f} against {dense:.0f} tokens/s, both at once on "
        "the same machine, which shares its time as it comes). Zeros and rounded values are kept as ordinary numbers here: they make nothing faster."
    )


def word_by_word(show: Show) -> None:
    """Draw the answers with the words that differ, those of the first against the second."""
    texts = [side.text.strip() for side in show.duel.snapshot()[:2]]
    if len(texts) < 2 or not all(texts) or texts[0] == texts[1]:
        return
    found = differences(*texts)
    with st.expander("Word by word", icon=":material/compare_arrows:"):
        for place, column, text, own, side in zip(st.columns(2), show.columns, texts, found, ("dense", ""), strict=False):
            with place:
                st.html(
                    f'<div class="kick-head"><b>{escape(column.title)}</b></div><div class="kick-plain">{marked(text, own, side=side)}</div>'
                )


def third(show: Show) -> None:
    """Say where the third column parts from the first."""
    cut, sides = show.duel.compared(), show.duel.snapshot()
    if len(cut) < 3 or any(sides[k].state != "done" for k in (0, 2)):
        return
    found, unit = parting(cut[0], cut[2]), "token" if show.duel.is_by_tokens else "word"
    words = "says the same" if found.is_same else f"is the same for {_words.many(found.n_agreed, unit)}"
    st.caption(label(f"{show.columns[2].title} {words} as {show.columns[0].title}.", longest=300))

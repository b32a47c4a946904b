"""One question in full, as Compare shows it: both answers with the words that differ, what stood behind them, and other recipes' answers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from llmkick_core.schema import Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import pair_table
from llmkick_core.store.queries import SampleDetail, SideDetail, TurnDetail
from pages import _words
from pages._links import Side
from pages._shared import Page
from pages._text import differences, escape, label, marked, underlined

MOST_WINDOWS = 40
"""Windows of text that are listed for perplexity."""

FINISHES = {"length": ", cut at the limit", "loop": ", ended in a loop", "overflow": ", prompt too long to be asked"}
"""How a generation ended, where that is worth a word."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def draw(page: Page, found: SampleDetail, a: Side, b: Side) -> None:
    """Draw one question."""
    sample = found.sample
    dense, other = found.sides
    st.html(f'<div class="kick-question">{escape(sample.question)}</div><div class="kick-muted">{about(found, a, b)}</div>')
    if len(sample.turns) <= 1:
        right_answer(sample, 0)
    if any(turn.nll is not None for turn in dense.turns):
        st.html(windows(dense, other, a, b))
        n_more = min(len(dense.turns), len(other.turns)) - MOST_WINDOWS
        if n_more > 0:
            st.caption(f"The first {MOST_WINDOWS} windows; the perplexities above count {n_more:,} more.")
    else:
        for turn in range(max(len(dense.turns), len(other.turns), 1)):
            answers(found, turn, a, b)
    behind(found, a, b)
    if not page.runs.empty and page.comparison_id is not None:
        recipes(page, sample.sample_id)


def about(found: SampleDetail, a: Side, b: Side) -> str:
    """Return the line below the question: subject, place, whether the evidence has the answer, and how many wordings of its fact are still answered."""
    dense, other = found.sides
    words = [escape(found.sample.subject.replace("_", " "))] if found.sample.subject else []
    if found.sample.category:
        words.append(escape(found.sample.category))
    words.append(f"question {found.position + 1:,}")
    if found.sample.is_answer_shown is not None:
        words.append("an answer is in the evidence" if found.sample.is_answer_shown else "no answer is in the evidence")
    if other.n_wordings > 1:
        words.append(
            f"asked in {other.n_wordings} wordings: {escape(a.title)} right in {dense.n_wordings_right}, {escape(b.title)} in {other.n_wordings_right}"
        )
    return " · ".join(words)


def right_answer(sample: Sample, turn: int) -> None:
    """Draw the accepted answers of a turn, the preferred one first; nothing where only a judge could tell."""
    first, *others = sample.gold[turn] if turn < len(sample.gold) and sample.gold[turn] else ("",)
    if not first:
        return
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    also = f' <span class="kick-muted">also {escape(", ".join(others[:5]))}{more}</span>' if others else ""
    st.html(f'<div><span class="kick-muted">Right answer</span> <b>{escape(first)}</b>{also}</div>')


def answers(found: SampleDetail, turn: int, a: Side, b: Side) -> None:
    """Draw what both runs said to one turn, side by side."""
    sides = [side.turns[turn] if turn < len(side.turns) else None for side in found.sides]
    texts = [side.text.strip("\n") if side else "" for side in sides]
    spans = differences(*(text.strip() for text in texts)) if all(sides) else ([], [])
    if len(found.sample.turns) > 1:
        st.html(f'<div class="kick-muted">Turn {turn + 1}</div><div class="kick-plain">{escape(found.sample.turns[turn])}</div>')
        right_answer(found.sample, turn)
    for column, side, named, text, differs, mark in zip(st.columns(2), sides, (a, b), texts, spans, ("dense", ""), strict=True):
        shown = text.strip()
        with column:
            body = marked(shown, differs + (underlined(shown, side.extracted) if side else []), side=mark)
            st.html(
                f'<div class="kick-head"><b>{escape(named.title)}</b>{verdict(side)}</div>'
                f'<div class="kick-answer {state(side)}">{body or empty(side)}</div>'
            )
    if found.sample.choices and all(side and side.choice_probabilities for side in sides):
        st.html(options(found, turn, a, b))
    st.html(f'<div class="kick-muted">{numbers(sides)}</div>')


def empty(side: TurnDetail | None) -> str:
    """Return what stands where no text does."""
    return '<span class="kick-muted">not answered yet</span>' if side is None else '<span class="kick-muted">(empty answer)</span>'


def state(side: TurnDetail | None) -> str:
    """Return the CSS class of an answer."""
    return "" if side is None or side.is_right is None else "right" if side.is_right else "wrong"


def verdict(side: TurnDetail | None) -> str:
    """Return the verdict with a sign and a word beside its colour, and in what way the answer is broken, where it is."""
    note = _words.BROKEN.get(side.outcome) if side is not None else None
    broken = f' <span class="kick-muted">{note}</span>' if note else ""
    if side is None or side.is_right is None:
        return f'<span class="kick-none">? no verdict</span>{broken}'
    partly = "" if side.value in (0, 1, None) else f" {side.value:.2f}"
    kind, said = ("right", "✓ right") if side.is_right else ("wrong", "✗ wrong")
    return f'<span class="kick-{kind}">{said}{partly}</span>{broken}'


def numbers(sides: Sequence[TurnDetail | None]) -> str:
    """Return what stands behind the two answers: probability of the right one, margin, length."""
    dense, other = sides
    if dense is None or other is None:
        return ""
    words = []
    if dense.p_gold is not None and other.p_gold is not None:
        words.append(f"p(right answer) {probability(dense.p_gold)} → {probability(other.p_gold)}")
    if dense.margin is not None and other.margin is not None:
        words.append(f"margin {_words.signed(dense.margin, decimals=2)} → {_words.signed(other.margin, decimals=2)} nats")
    if dense.n_tokens or other.n_tokens or "overflow" in (dense.finish, other.finish):
        ends = [f"{side.n_tokens} tokens{FINISHES.get(side.finish, '')}" for side in (dense, other)]
        words.append(" → ".join(ends))
    words += agreement(other)
    words += [f"prompt cut: {escape(cut)}" for cut in dict.fromkeys((dense.cut, other.cut)) if cut]
    return " · ".join(words)


def agreement(side: TurnDetail) -> list[str]:
    """Return how far a compressed model follows the dense one's answer, token by token; nothing where it was not compared."""
    if side.dense_n_tokens is None or side.dense_n_agreed is None:
        return []
    whole = side.dense_n_agreed == side.dense_n_tokens
    words = [
        "would write the dense answer"
        if whole
        else f"parts from the dense answer at token {side.dense_n_agreed + 1} of {side.dense_n_tokens}"
    ]
    if side.dense_logprob is not None:
        words.append(f"p(dense answer) {probability(math.exp(side.dense_logprob))}")
    if side.dense_kl is not None:
        words.append(f"KL from dense {side.dense_kl:.2f} nats a token")
    return words


def probability(p: float) -> str:
    """Return a probability that may be tiny."""
    return f"{p:.2f}" if p >= 0.005 else f"{p:.0e}"


def options(found: SampleDetail, turn: int, a: Side, b: Side) -> str:
    """Return the options of a multiple-choice question with both models' probabilities."""
    rows = []
    for i, option in enumerate(found.sample.choices):
        cells = "".join(bar(side.turns[turn].choice_probabilities[i]) for side in found.sides)
        name = f"{LETTERS[i % 26]}. {escape(option)}"
        rows.append(f"<tr><td>{f'<b>{name}</b> ✓' if i == found.sample.gold_choice else name}</td>{cells}</tr>")
    head = f'<tr><th>Option</th><th class="number">{escape(a.title)}</th><th class="number">{escape(b.title)}</th></tr>'
    return f'<table class="kick-table">{head}{"".join(rows)}</table>'


def bar(p: float) -> str:
    """Return a probability as a number and a bar."""
    return f'<td class="number"><span class="kick-bar" style="width:{60 * p:.0f}px"></span> {p:.2f}</td>'


def windows(dense: SideDetail, other: SideDetail, a: Side, b: Side) -> str:
    """Return the windows of a text with both models' negative log-likelihood a token."""
    rows = []
    for left, right in zip(dense.turns[:MOST_WINDOWS], other.turns[:MOST_WINDOWS], strict=False):
        pair = [side.nll / side.n_tokens if side.nll is not None and side.n_tokens else None for side in (left, right)]
        cells = "".join(f'<td class="number">{_words.NONE if value is None else f"{value:.3f}"}</td>' for value in pair)
        rows.append(f'<tr><td class="number">{left.turn + 1}</td><td class="number">{left.n_tokens}</td>{cells}</tr>')
    head = f'<tr><th class="number">Window</th><th class="number">Tokens</th><th class="number">{escape(a.title)}, nats a token</th>'
    return f'<table class="kick-table">{head}<th class="number">{escape(b.title)}, nats a token</th></tr>{"".join(rows)}</table>'


def behind(found: SampleDetail, a: Side, b: Side) -> None:
    """Draw what is opened on request: prompt, evidence, and everything that was stored."""
    sample = found.sample
    if sample.turns:
        with st.expander("Prompt"):
            st.html(f'<pre class="kick-plain">{escape(sample.turns[0])}</pre>')
    if sample.evidence:
        with st.expander("Evidence"):
            st.html(f'<pre class="kick-plain">{escape(sample.evidence)}</pre>')
    if sample.reference and (len(sample.turns) > 1 or not sample.gold):  # else it repeats the right answers
        with st.expander("Reference"):
            st.html(f'<pre class="kick-plain">{escape(sample.reference)}</pre>')
    with st.expander("Stored values"):
        st.caption(f"Sample {label(sample.sample_id, longest=300)}")
        if any(len(side.turns) > MOST_WINDOWS for side in found.sides):
            st.caption(f"The first {MOST_WINDOWS} turns.")
        st.json(
            {
                side.title: {"asked": found_side.facts, "turns": [raw(turn) for turn in found_side.turns[:MOST_WINDOWS]]}
                for side, found_side in zip((a, b), found.sides, strict=True)
            }
        )


def raw(turn: TurnDetail) -> dict[str, object]:
    """Return what was stored of one answer."""
    names = (
        "turn",
        "text",
        "extracted",
        "scores",
        "outcome",
        "choice_logprobs",
        "gold_logprob",
        "nll",
        "n_prompt_tokens",
        "n_tokens",
        "finish",
        "cut",
        "seconds",
        "dense_n_tokens",
        "dense_n_agreed",
        "dense_logprob",
        "dense_kl",
    )
    return {name: getattr(turn, name) for name in names}


def recipes(page: Page, sample_id: str) -> None:
    """Draw what every recipe of the comparison makes of this question, a row a method; nothing where none has a verdict."""
    others = queries.other_recipes(page.db, sample_id, str(page.comparison_id), page.scorer)
    if others["is_right"].isna().all():
        return
    rows: dict[str, list[str]] = {}
    for row in others.itertuples():
        side = next((side for side in page.sides.values() if side.run_id == row.run_id), None)
        if side is None:
            continue
        name = _words.method_title(row.method) if row.method != "dense" else "Dense"
        step = side.title.removeprefix(name).strip() or ""
        kind, sign = ("none", "?") if pd.isna(row.is_right) else ("right", "✓") if row.is_right else ("wrong", "✗")
        sign = f'<span class="kick-{kind}">{sign}</span>'
        rows.setdefault(name, []).append(f"{sign}&nbsp;{escape(step)}")
    if rows:
        table = "".join(f"<tr><td>{escape(name)}</td><td>{' &emsp; '.join(cells)}</td></tr>" for name, cells in rows.items())
        st.html(f'<div class="kick-muted">Every recipe on this question</div><table class="kick-table">{table}</table>')


def export_rows(db: Database, dense_run: str, other_run: str, scorer: str) -> str:
    """Return every question of a pair with both answers, as CSV."""
    rows = pair_table(db, dense_run, other_run, scorer)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows.columns)
    writer.writerows([[guarded(value) for value in row] for row in rows.itertuples(index=False)])
    return out.getvalue()


def guarded(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value

"""One question in full, as Compare shows it: both answers with the words that differ, what stood behind them, and other recipes' answers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from llmkick_core.schema import Sample
from llmkick_core.store.queries import SampleDetail, SideDetail, TurnDetail
from pages import _behind, _elsewhere, _notes, _words
from pages._links import Side, dense_title
from pages._measures import MOST_WINDOWS, options, table, windows
from pages._shared import Page
from pages._text import Span, differences, escape, isolated, marked, underlined


def draw(page: Page, found: SampleDetail, a: Side, b: Side) -> None:
    """Draw one question.

    Args:
        page: the page.
        found: the question with what A and B made of it, and the dense model as a third where it is neither.
        a: left of the pair.
        b: right of the pair.
    """
    sample, pair, titles = found.sample, found.sides[:2], (a.title, b.title)
    st.html(f'<div class="kick-question" dir="auto">{escape(sample.question)}</div><div class="kick-muted">{about(found, a, b)}</div>')
    if len(sample.turns) <= 1:
        right_answer(sample, 0)
    is_measured = any(turn.nll is not None for turn in pair[0].turns)
    if is_measured:
        st.html(windows(pair, titles))
        n_more = min(len(side.turns) for side in pair) - MOST_WINDOWS
        if n_more > 0:
            st.caption(f"The first {MOST_WINDOWS} windows; the perplexities above count {n_more:,} more.")
    else:
        for turn in range(max(*(len(side.turns) for side in pair), 1)):
            answers(found, turn, a, b, dense_title(page.sides))
            if behind := table(sample, pair, turn, titles):
                st.html(behind)
    if not page.runs.empty and page.comparison_id is not None and not is_measured:
        _elsewhere.draw(page, sample.sample_id)
    _notes.draw(page.db, found.sample_set, sample.sample_id)
    _behind.draw(found, a, b)


def about(found: SampleDetail, a: Side, b: Side) -> str:
    """Return the line below the question: subject, place, whether the evidence has the answer, and how many wordings of its fact are still answered."""
    left, right, *_ = found.sides
    words = [isolated(found.sample.subject.replace("_", " "), longest=120)] if found.sample.subject else []
    if found.sample.category:
        words.append(isolated(found.sample.category, longest=120))
    words.append(f"question {found.position + 1:,}")
    if found.sample.is_answer_shown is not None:
        words.append("an answer is in the evidence" if found.sample.is_answer_shown else "no answer is in the evidence")
    if right.n_wordings > 1:
        words.append(
            f"asked in {right.n_wordings} wordings: {escape(a.title)} right in {left.n_wordings_right}, {escape(b.title)} in {right.n_wordings_right}"
        )
    return " · ".join(words)


def right_answer(sample: Sample, turn: int) -> None:
    """Draw the accepted answers of a turn, the preferred one first; nothing where only a judge could tell."""
    first, *others = sample.gold[turn] if turn < len(sample.gold) and sample.gold[turn] else ("",)
    if not first:
        return
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    also = f' <span class="kick-muted">also {", ".join(map(isolated, others[:5]))}{more}</span>' if others else ""
    st.html(f'<div class="kick-gold-line"><span class="kick-muted">Right answer</span> <b>{isolated(first)}</b>{also}</div>')


def answers(found: SampleDetail, turn: int, a: Side, b: Side, dense: str) -> None:
    """Draw what both runs said to one turn, side by side; where neither is dense, what the dense model said above them."""
    sides = [side.turns[turn] if turn < len(side.turns) else None for side in found.sides]
    pair = sides[:2]
    if turn < len(found.sample.turns) and len(found.sample.turns) > 1:
        st.html(f'<div class="kick-muted">Turn {turn + 1}</div><div class="kick-plain" dir="auto">{escape(found.sample.turns[turn])}</div>')
        right_answer(found.sample, turn)
    if len(sides) > 2 and sides[2] is not None:
        body = marked(sides[2].text.strip(), [], points=partings(found.sides, (a, b), turn, of=2))
        st.html(
            f'<div class="kick-head"><b>{escape(dense)}</b>{verdict(sides[2])}</div><div class="kick-plain" dir="auto">{body or empty(sides[2])}</div>'
        )
    texts = [side.text.strip() if side else "" for side in pair]
    spans = differences(*texts) if all(pair) else ([], [])
    for column, i, named in zip(st.columns(2), range(2), (a, b), strict=True):
        side, shown = pair[i], texts[i]
        with column:
            points = partings(found.sides, (a, b), turn, of=i)
            body = marked(shown, spans[i] + extracted(shown, side), side="dense" if i == 0 else "", points=points)
            st.html(
                f'<div class="kick-head"><b>{isolated(named.title)}</b>{verdict(side)}</div>'
                f'<div class="kick-answer {state(side)}" dir="auto">{body or empty(side)}</div>{read_as(found.sample, shown, side)}'
            )
            thought_of(side)
    if found.sample.choices and all(side and len(side.choice_probabilities) == len(found.sample.choices) for side in pair):
        st.html(options(found.sample, pair, (a.title, b.title)))


def thought_of(side: TurnDetail | None) -> None:
    """Draw what a reasoning model wrote before its answer, folded away; nothing where it wrote none."""
    if side is not None and side.thought:
        with st.expander("Thought, not scored", icon=":material/psychology:"):
            st.html(f'<div class="kick-plain" dir="auto">{marked(side.thought, [])}</div>')


def partings(sides: Sequence[SideDetail], named: Sequence[Side], turn: int, *, of: int) -> dict[int, str]:
    """Return where in a side's text, white space around it left out, other recipes part from it: {place: title}; nothing where it is not dense."""
    if sides[of].method != "dense" or turn >= len(sides[of].turns):
        return {}
    text = sides[of].turns[turn].text
    places: dict[int, list[str]] = {}
    for side, name in zip(sides, named, strict=False):
        said = side.turns[turn] if turn < len(side.turns) and side is not sides[of] else None
        if said is None or said.dense_agreed_length is None or said.dense_n_agreed == said.dense_n_tokens:
            continue
        at = min(max(said.dense_agreed_length - (len(text) - len(text.lstrip())), 0), len(text.strip()))
        places.setdefault(at, []).append(name.title)
    return {at: f"Here {' and '.join(names)} would go on in another way" for at, names in places.items()}


def extracted(shown: str, side: TurnDetail | None) -> list[Span]:
    """Return where the piece that was scored stands."""
    return underlined(shown, side.extracted) if side else []


def read_as(sample: Sample, shown: str, side: TurnDetail | None) -> str:
    """Return what was compared, where it does not stand in the answer as it is."""
    if side is None or sample.choices or not side.extracted.strip() or underlined(shown, side.extracted):
        return ""
    return f'<div class="kick-muted">read as {isolated(side.extracted)}</div>'


def empty(side: TurnDetail | None) -> str:
    """Return what stands where no text does."""
    words = "not answered yet" if side is None else "(thought only, no answer)" if side.thought else "(empty answer)"
    return f'<span class="kick-muted">{words}</span>'


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

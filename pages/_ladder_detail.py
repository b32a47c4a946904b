"""One question at every step of a ladder: what was said, from the dense model to the heaviest, its other wordings, and what other methods make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from llmkick_core.store import queries
from llmkick_core.store.queries import Ladder, SideDetail, TurnDetail
from pages import _ladder_table, _words
from pages._detail import empty, right_answer, state, verdict
from pages._ladder_table import SIGNS, anchor, link
from pages._ladders import Column, Rungs
from pages._links import dense_title
from pages._measures import probability
from pages._shared import Page
from pages._text import dot, escape


def draw(page: Page, found: Ladder, rungs: Rungs, columns: Sequence[Column], sample_id: str, place: int) -> None:
    """Draw one question.

    Args:
        page: the page.
        found: the ladder.
        rungs: its steps.
        columns: what stands in its columns after dense.
        sample_id: the question.
        place: its row.

    Raises:
        StoreError: the question is not in the store.
    """
    there = [column for column in columns if column.side is not None]
    detail = queries.sample_detail(page.db, sample_id, [found.run_ids[0], *(column.run_id for column in there)], page.scorer, page.measure)
    sample = detail.sample
    about = [escape(sample.subject.replace("_", " "))] if sample.subject else []
    about.append(escape(fate(found, rungs, place)))
    st.html(f'<div class="kick-question">{escape(sample.question)}</div><div class="kick-muted">{" · ".join(about)}</div>')
    if len(sample.turns) <= 1:
        right_answer(sample, 0)
    for number, turn in enumerate(sample.turns if len(sample.turns) > 1 else ()):
        st.html(f'<div class="kick-muted">Turn {number + 1}</div><div class="kick-plain">{escape(turn)}</div>')
        right_answer(sample, number)
    if found.rows["n_wordings"].iloc[place] > 1:
        wordings(page, found, columns, place, sample_id)
    dies = int(found.fates.death[place]) if found.fates.is_dead[place] else -1
    sides = dict(zip([None, *(column.run_id for column in there)], detail.sides, strict=True))
    st.html(step(dense_title(page.sides), "dense", sides[None], "", is_death=False))
    for number, column in enumerate(columns):
        if number == len(rungs.steps):
            st.html('<div class="kick-muted">Other recipes</div>')
        side = sides.get(column.run_id)
        where = f"compare?{urlencode(link(page, column, q=sample_id))}" if side is not None else ""
        st.html(step(column.title, str(column.row["method"]), side, where, is_death=number == dies, waits=column.partial))
    methods(page, sample_id, columns)


def fate(found: Ladder, rungs: Rungs, place: int) -> str:
    """Return what became of a row, in words: `dies at 50%, came back at 30% before`."""
    one, steps = found.fates, rungs.steps
    if not one.is_judged[place]:
        return "the dense model's answer has no verdict"
    if not one.is_known[place]:
        return "the dense model does not know it" + (", a compressed one does" if one.is_gained[place] else "")
    states = found.states[1 : 1 + found.n_steps, place]
    words = []
    if one.is_dead[place]:
        words.append(f"dies at {steps[int(one.death[place])].head}")
    elif len(steps) and one.last[place] >= 0:
        words.append(f"alive at {steps[int(one.last[place])].head}" + ("" if one.last[place] == len(steps) - 1 else ", not judged after"))
    if one.is_back[place]:
        lost = next(number for number, now in enumerate(states) if now == _ladder_table.LOST)
        back = next(number for number, now in enumerate(states) if number > lost and now < _ladder_table.LOST)
        words.append(f"lost at {steps[lost].head} and back at {steps[back].head}")
    return ", ".join(words) or "not judged at any step yet"


def wordings(page: Page, found: Ladder, columns: Sequence[Column], place: int, sample_id: str) -> None:
    """Draw how every wording of a fact fares; each can be put into sight."""
    frame, states = queries.wordings(page.db, found, place)
    heads = ["dense", *(column.head.removesuffix("%") for column in columns[: found.n_steps])]  # narrow
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    rows = []
    for number, row in enumerate(frame.to_dict("records")):
        cells = []
        for now in states[: found.n_steps + 1, number]:
            sign, kind, about = SIGNS[int(now)]
            cells.append(f'<td class="cell {kind}" title="{escape(about)}"><span>{sign}</span></td>')
        is_here = row["sample_id"] == sample_id
        text = anchor(str(row["sample_id"]), escape(str(row["question"])[:160]))
        rows.append(f'<tr class="{"here" if is_here else ""}"><td>{text}</td>{"".join(cells)}</tr>')
    st.html(
        f'<div class="kick-scroll"><table class="kick-ladder tight"><tr><th>Its {len(frame)} wordings</th>{head}</tr>{"".join(rows)}</table></div>'
    )


def step(title: str, method: str, side: SideDetail | None, where: str, *, is_death: bool, waits: str = "") -> str:
    """Return one rung: who answers, verdict, probability of the right answer, and the answer.

    Args:
        title: the recipe.
        method: its method.
        side: what it made of the question; None where its run has no answers.
        where: link to Compare; empty for the dense model.
        is_death: whether the fact dies here.
        waits: where the run stands, if it is not done.
    """
    turns: tuple[TurnDetail | None, ...] = side.turns if side is not None and side.turns else (None,)
    linked = f'<a href="{escape(where)}" target="_self" title="Against dense, on Compare">{escape(title)}</a>' if where else escape(title)
    parts = []
    for number, turn in enumerate(turns):
        name = f"{dot(method)}<b>{linked}</b>" if number == 0 else ""
        name += f' <span class="kick-muted">turn {number + 1}</span>' if len(turns) > 1 else ""
        dies = ' <span class="kick-wrong">dies here</span>' if is_death and number == 0 else ""
        body = escape(turn.text.strip()) if turn is not None else ""
        said = verdict(turn) if turn is not None else '<span class="kick-none">· not run</span>'
        if turn is None and waits:
            body = f'<span class="kick-muted">{escape(waits)}</span>'
        fate = " fate" if is_death else ""
        parts.append(
            f'<div class="kick-head">{name} {said}{dies}{_bar(turn)}</div><div class="kick-answer {state(turn)}{fate}">{body or empty(turn)}</div>'
        )
    return f'<div class="kick-step">{"".join(parts)}</div>'


def _bar(turn: TurnDetail | None) -> str:
    """Return the probability of the right answer as a bar and a number."""
    if turn is None or turn.p_gold is None:
        return ""
    width = 100 * min(1.0, max(0.0, turn.p_gold))
    return f'<span class="kick-p" title="probability of the right answer">p <i><span style="width:{width:.0f}%"></span></i> {probability(turn.p_gold)}</span>'


def methods(page: Page, sample_id: str, shown: Sequence[Column]) -> None:
    """Draw what every method makes of this question at each sparsity; each sign leads to Compare."""
    others = queries.other_recipes(page.db, sample_id, str(page.comparison_id), page.scorer, page.measure)
    known = {side.run_id: side for side in page.sides.values()}
    steps: dict[tuple[str, str], dict[float, str]] = {}
    beside = []
    for row in others.astype(object).where(others.notna(), None).to_dict("records"):
        side = known.get(row["run_id"])
        if side is None or row["method"] == "dense":
            continue
        if queries.is_step(row):
            name = f"{_words.method_title(row['method'])}{' · ' + side.row['variant'] if side.row['variant'] else ''}"
            steps.setdefault((str(row["method"]), name), {})[float(row["sparsity"])] = _sign(page, row, sample_id, side.title)
        else:
            sign = _sign(page, row, sample_id, side.title)
            beside.append(f"<span>{sign} {escape(side.title)}</span>")
    sparsities = sorted({sparsity for row in steps.values() for sparsity in row})
    head = "".join(f"<th>{100 * sparsity:g}%</th>" for sparsity in sparsities)
    rows = []
    for (method, name), cells in steps.items():
        drawn = "".join(f"<td>{cells.get(sparsity, '')}</td>" for sparsity in sparsities)
        rows.append(f"<tr><td>{dot(method)}{escape(name)}</td>{drawn}</tr>")
    table = (
        f'<div class="kick-scroll"><table class="kick-ladder tight"><tr><th>Every method</th>{head}</tr>{"".join(rows)}</table></div>'
        if rows
        else ""
    )
    rest = f'<div class="kick-ladder kick-beside">{" ".join(beside)}</div>' if beside else ""
    st.html(table + rest)


def _sign(page: Page, row: Mapping[str, object], sample_id: str, title: str) -> str:
    """Return the verdict of one recipe as a sign that leads to Compare."""
    right = row["is_right"]
    kind, sign, about = (
        ("none", "?", "no verdict") if right is None or pd.isna(right) else ("right", "✓", "right") if right else ("wrong", "✗", "wrong")
    )
    where = urlencode(page.link({**row, "comparison_id": page.comparison_id}, q=sample_id))
    return f'<a class="kick-{kind}" href="compare?{escape(where)}" target="_self" title="{escape(f"{title}: {about}")}">{sign}</a>'

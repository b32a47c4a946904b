"""The grid of the Ladder page: a row a fact or question, a column a recipe, a sign in each cell; every cell leads to Compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from llmkick_core.stats.survival import ALIVE, FRAGILE, LOST, NOT_RUN, UNSCORED
from llmkick_core.store.queries import Ladder, LadderCounts
from pages import _words
from pages._ladders import Column, noun_of
from pages._links import dense_title
from pages._shared import Page
from pages._text import escape

SIGNS = {
    ALIVE: ("\u2713", "right", "alive"),
    FRAGILE: ("~", "fragile", "fragile: some wordings fail"),
    LOST: ("\u2717", "wrong", "lost"),
    UNSCORED: ("?", "none", "no verdict"),
    NOT_RUN: ("\u00b7", "none", "not run"),
}
"""Sign, CSS class and words of each state."""

STYLE = """<style>
.kick-scroll {overflow-x: auto; max-width: 100%; padding-bottom: .25rem;}
.kick-ladder {border-collapse: separate; border-spacing: 0; font-size: .875rem; font-variant-numeric: tabular-nums; width: 100%;}
.kick-ladder th, .kick-ladder td {padding: .2rem .35rem; border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); text-align: center;}
.kick-ladder th {font-weight: 600; vertical-align: bottom; white-space: nowrap;} .kick-ladder a, .kick-ladder a:visited {color: inherit; text-decoration: none;}
.kick-ladder a:hover {text-decoration: underline;} .kick-ladder a.kick-right {color: #009E73;} .kick-ladder a.kick-wrong {color: #D55E00;}
.kick-ladder.tight {font-size: .8rem;} .kick-ladder.tight th, .kick-ladder.tight td {padding: .1rem .12rem;} .kick-ladder.tight td.cell {min-width: 1.2rem; padding: 0;}
.kick-ladder.tight th:first-child, .kick-ladder.tight td:first-child {min-width: 5rem;} .kick-ladder.tight th {font-size: .7rem;}
.kick-beside span {white-space: nowrap; margin-right: 1rem;}
.kick-ladder th:first-child, .kick-ladder td:first-child {text-align: left; min-width: 11rem; width: 100%; overflow-wrap: anywhere; white-space: normal; padding-left: .4rem;}
.kick-ladder thead tr.count th {font-weight: 400; padding: .1rem .35rem; border-bottom: none;} .kick-ladder thead tr.count th:first-child {text-align: right;}
.kick-ladder thead tr.count.last th {border-bottom: 2px solid color-mix(in srgb, currentColor 30%, transparent); padding-bottom: .35rem;}
.kick-ladder .kick-up {writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; max-height: 5.5rem; font-size: .78rem; white-space: normal; text-align: left; line-height: 1.1;}
.kick-ladder .beside {border-left: 2px solid color-mix(in srgb, currentColor 25%, transparent);}
.kick-ladder td.cell {padding: 0; min-width: 1.9rem;} .kick-ladder td.cell > * {display: block; padding: .28rem .2rem; font-weight: 700;}
.kick-ladder td.right {background: color-mix(in srgb, #009E73 16%, transparent);} .kick-ladder td.wrong {background: color-mix(in srgb, #D55E00 20%, transparent);}
.kick-ladder td.fragile {background: color-mix(in srgb, #E69F00 30%, transparent);} .kick-ladder td.none {opacity: .6;}
.kick-ladder td.after {background: color-mix(in srgb, #D55E00 9%, transparent);} .kick-ladder td.after > * {opacity: .55; font-weight: 400;}
.kick-ladder td.dies {box-shadow: inset 0 0 0 2px #D55E00;}
.kick-ladder tr.here td:first-child {box-shadow: inset 4px 0 0 0 var(--st-primary-color, #1F5FA8); background: color-mix(in srgb, currentColor 7%, transparent); font-weight: 600;}
.kick-step {margin-bottom: .6rem;} .kick-step .kick-head {flex-wrap: wrap; margin-bottom: .2rem;} .kick-step .kick-answer {max-height: 9rem; padding: .35rem .65rem; font-size: .9rem;}
.kick-step .kick-answer + .kick-head {margin-top: .4rem;} .kick-step .kick-answer.fate {outline: 2px solid #D55E00;} .kick-step a, .kick-step a:visited {color: inherit; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);}
.kick-p {display: inline-flex; align-items: center; gap: .35rem; margin-left: auto; font-variant-numeric: tabular-nums; opacity: .8;}
.kick-p i {display: inline-block; width: 4.5rem; height: .5rem; border-radius: 3px; background: color-mix(in srgb, currentColor 12%, transparent); overflow: hidden;}
.kick-p i span {display: block; height: 100%; background: color-mix(in srgb, currentColor 60%, transparent);}
.st-key-ladder_detail {scroll-margin-top: 4.5rem;}
@media (min-width: 641px) {[data-testid=stColumn]:has(.st-key-ladder_detail) {position: sticky; top: 3.75rem; align-self: flex-start; max-height: calc(100vh - 14rem); overflow-y: auto;}}
@media (max-width: 640px) {.kick-ladder th:first-child, .kick-ladder td:first-child {min-width: 8.5rem; max-width: 46vw; position: sticky; left: 0; z-index: 1;
  background: var(--st-background-color, Canvas);} .kick-ladder tr.here td:first-child {background: var(--st-secondary-background-color, Canvas);}}
</style>"""
"""Classes of this page's markup, beside those of every page."""

LEGEND = "✓ right · ~ fragile, some wordings of the fact fail · ✗ lost · ? no verdict · · not run · framed: where it dies, never right again; a click on a sign opens Compare"


def draw(
    page: Page, found: Ladder, columns: Sequence[Column], counts: LadderCounts, rows: Sequence[Mapping[str, Any]], here: int | None
) -> None:
    """Draw one page of the grid.

    Args:
        page: the page.
        found: the ladder.
        columns: what stands in its columns after dense.
        counts: of what the filters leave.
        rows: queries.ladder_texts of this page.
        here: the row in sight.
    """
    body = "".join(_row(page, found, columns, row, is_here=row["place"] == here) for row in rows)
    st.html(
        f'<div class="kick-scroll"><table class="kick-ladder"><thead>{_head(page, found, columns, counts)}</thead><tbody>{body}</tbody></table></div>'
    )


def _head(page: Page, found: Ladder, columns: Sequence[Column], counts: LadderCounts) -> str:
    """Return the heads of the columns, and below them what is left at each of what the dense model knows."""
    known = f"{_words.many(counts.n_known, noun_of(found))} dense {'knows' if found.has_facts else 'gets right'}"
    cells = [f"<th>{escape(known)}</th><th>dense</th>"]
    cells += [_column_head(page, column, _side_class(found, place)) for place, column in enumerate(columns)]
    lines = []
    for name, attribute in (
        ("✓ in all wordings", "n_alive"),
        ("~ fragile", "n_fragile"),
        ("✗ lost", "n_lost"),
        ("? no verdict", "n_unscored"),
        ("· not run", "n_not_run"),
    ):
        numbers = [getattr(one, attribute) for one in counts.columns]
        if any(numbers) or attribute in ("n_alive", "n_lost"):
            lines.append((name, [f"{n:,}" for n in numbers]))
    lines.append(("% alive (✓ ~)", [_words.NONE if one.share is None else f"{100 * one.share:.0f}" for one in counts.columns]))
    body = []
    for place, (name, texts) in enumerate(lines):
        drawn = "".join(f'<th class="{_side_class(found, column - 1)}">{text}</th>' for column, text in enumerate(texts))
        body.append(f'<tr class="count{" last" if place == len(lines) - 1 else ""}"><th>{name}</th>{drawn}</tr>')
    return f"<tr>{''.join(cells)}</tr>{''.join(body)}"


def _side_class(found: Ladder, place: int) -> str:
    """Return the CSS class of a column after dense, which parts the steps from what stands beside them."""
    return "beside" if place == found.n_steps else ""


def _column_head(page: Page, column: Column, kind: str) -> str:
    name = escape(column.head) if len(column.head) <= 4 else f'<span class="kick-up">{escape(column.head)}</span>'
    if column.state in _words.STATES:
        sign, word = _words.STATES[column.state]
        text = f'{name}<br><span class="{"kick-wrong" if column.state == "failed" else "kick-none"}">{sign} {word}</span>'
        where, about = f"run?{urlencode(dict(st.query_params.items()))}", f"{column.title}: {column.partial or word}; open the queue"
    else:
        text, about = name, f"{column.title} against dense, on Compare"
        where = f"compare?{urlencode(link(page, column))}"
    return f'<th class="{kind}"><a href="{escape(where)}" target="_self" title="{escape(about)}">{text}</a></th>'


def link(page: Page, column: Column, **more: str) -> dict[str, str]:
    """Return the query that opens Compare on dense and the recipe of a column."""
    row = {**column.row, "run_id": column.run_id, "comparison_id": page.comparison_id}
    return page.link(row, **more)


def _row(page: Page, found: Ladder, columns: Sequence[Column], row: Mapping[str, Any], *, is_here: bool) -> str:
    place, sample_id = int(row["place"]), str(row["sample_id"])
    words = [escape(str(row["subject"]).replace("_", " "))] if row["subject"] else []
    if found.fates.is_back[place]:
        words.append("came back")
    if not found.fates.is_known[place]:
        words.append("dense never knew it" if found.fates.is_judged[place] else "no verdict on dense")
    about = f' <span class="kick-muted">{" · ".join(words)}</span>' if words else ""
    text = str(row["question"])
    text = f"{text[:139]}…" if len(text) > 140 else text
    cells = "".join(_cell(page, found, place, sample_id, number, column) for number, column in enumerate([None, *columns]))
    return f'<tr class="{"here" if is_here else ""}"><td>{anchor(sample_id, escape(text))}{about}</td>{cells}</tr>'


def anchor(sample_id: str, markup: str) -> str:
    """Return a link that puts a question into sight; `markup` is escaped already."""
    where = f"ladder?{urlencode(dict(st.query_params.items()) | {'q': sample_id})}"
    return f'<a data-pick="{escape(sample_id)}" href="{escape(where)}" target="_self">{markup}</a>'


def _cell(page: Page, found: Ladder, place: int, sample_id: str, number: int, column: Column | None) -> str:
    """Return one cell; `column` is None for the dense model."""
    state = int(found.states[number, place])
    sign, kind, about = SIGNS[state]
    n = int(found.rows["n_wordings"].iloc[place])
    if n > 1 and state in (ALIVE, FRAGILE, LOST):
        about = (
            f"{about}: {int(found.n_right[number, place])} of {n} wordings right"
            if state != FRAGILE
            else f"fragile: {int(found.n_right[number, place])} of {n} wordings right"
        )
    step = number - 1
    classes = ["cell", kind, _side_class(found, step)]
    if 0 <= step < found.n_steps and found.fates.is_dead[place]:
        if step == found.fates.death[place]:
            classes.append("dies")
            about += "; it dies here"
        elif step > found.fates.death[place] and state == LOST:
            classes.append("after")
    title = f"{dense_title(page.sides) if column is None else column.title}: {about}"
    if column is None or column.side is None or state == NOT_RUN:
        return f'<td class="{" ".join(classes)}" title="{escape(title)}"><span>{sign}</span></td>'
    where = f"compare?{urlencode(link(page, column, q=sample_id))}"
    return f'<td class="{" ".join(classes)}"><a href="{escape(where)}" target="_self" title="{escape(title)}">{sign}</a></td>'

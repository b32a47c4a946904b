"""Scores: every aspect over sparsity beside what the judge differs from itself, and what became of the answers of each recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from llmkick_core.judgment import ASPECTS
from llmkick_core.stats.judging import UNSEEN
from llmkick_core.stats.paired import FEWEST_CHANGED
from llmkick_core.store import queries
from llmkick_core.store.queries import Setup
from pages import _charts, _exports, _judge_charts, _judge_words
from pages._judge_head import answers_of
from pages._links import Side
from pages._moving import move
from pages._picking import on_pick
from pages._shared import Page
from pages._text import escape

LEGEND = (
    "Strong band: what the judge differs from itself; a change inside it is its noise. Faint band, dashed edge: within 5% of dense. Bands and bars: 95% intervals. "
    "● unstructured, ◆ 2:4, ■ 4:8, ▲ 1:2; ★ quantized, left of 0 (8b, 4b). Dotted: the paper's numbers (Vicuna-7B, GPT-4 as judge), where it has some. A click "
    "on a point opens that recipe's answers."
)
CLASSES = {"matching": "kick-right", "not matching": "kick-wrong", "undecided": "kick-none"}


def draw(page: Page, setup: Setup, _: list[Setup]) -> None:
    """Draw the figures and the tables; a click leads to the answers of a recipe."""
    on_pick(lambda key: pick(page, key), key="judge_picked", shows=".st-key-judge_table")
    comparison = str(page.comparison_id)
    scores = queries.aspect_scores(page.db, comparison, setup).merge(page.runs[["run_id", "variant"]], on="run_id")
    if setup.way != "pairwise" and scores["n"].any():
        multiples(page, setup, scores)
    counts = queries.outcome_counts(page.db, comparison, setup)
    by_run = {side.run_id: side for side in page.sides.values()}
    told = [row for row in counts.to_dict("records") if row["run_id"] in by_run and row["n"] + row["failed"]]
    if told and setup.way != "single":
        bars(page, setup, told)
    if setup.way == "pairwise":
        preferences(page, told)
    elif scores["n"].any():
        numbers(page, setup, scores)
    if not told and not scores["n"].any():
        st.info("This judge has no verdict yet. The ledger says what became of its judgments.", icon=":material/hourglass_empty:")
    _exports.judgments(page, setup.judging_ids, f"{page.task}-{setup.protocol}-{setup.model}")


def pick(page: Page, key: str) -> None:
    """Go to the answers of the recipe that was clicked in the table."""
    if key in page.sides:
        move(**answers_of(page, page.sides[key], show=None))


def multiples(page: Page, setup: Setup, scores: pd.DataFrame) -> None:
    """Draw a figure for each aspect."""
    task = str(page.task)
    names = [name for name in ASPECTS[task] if (scores["aspect"] == name).any()]
    low = 0.0 if task == "instruction_following" and setup.way == "reference" else 1.0
    for start in range(0, len(names), 2):
        for column, name in zip(st.columns(2, gap="large"), names[start : start + 2], strict=False):
            mine = scores[scores["aspect"] == name]
            with column:
                floor = mine["noise_floor"].dropna()
                own = f" · the judge's own noise at most {_judge_words.decimal(floor.max())}" if len(floor) else ""
                st.markdown(f"**{_judge_words.ASPECTS.get(name, name)}** :gray[n = {int(mine['n'].max()):,}{own}]")
                st.plotly_chart(
                    _judge_charts.aspect(mine, task, name, low=low),
                    key=f"judge_{name}",
                    on_select=lambda name=name: clicked(page, f"judge_{name}"),
                    selection_mode="points",
                    config=_charts.config(f"{task}-{name}-over-sparsity"),
                    alt=f"{_judge_words.ASPECTS.get(name, name)} over sparsity",
                )
    st.caption(LEGEND)


def clicked(page: Page, key: str) -> None:
    """Go to the answers of the recipe whose point or bar was clicked."""
    points = st.session_state[key]["selection"]["points"]
    told = list(points[0].get("customdata", [])) if points else []
    run_id = told[1] if len(told) > 1 else ""
    side = next((side for side in page.sides.values() if side.run_id == run_id), None)
    if side is not None:
        kind = told[2] if len(told) > 2 else ""
        kept = {"win": "better", "loss": "worse", "inconsistent": "inconsistent", "failed": "failed"}.get(kind)
        move(**answers_of(page, side, show=kept))


def bars(page: Page, setup: Setup, told: list[dict[str, Any]]) -> None:
    """Draw what became of the answers of every recipe."""
    against = "dense's" if setup.way == "pairwise" else "the reference"
    st.markdown(
        f"**Every answer beside {against}** :gray[in {'one order' if setup.is_one_order else 'both orders'}; in brackets the number of answers]"
    )
    by_run = {side.run_id: side for side in page.sides.values()}
    st.plotly_chart(
        _judge_charts.outcomes(told, by_run),
        key="judge_outcomes",
        on_select=lambda: clicked(page, "judge_outcomes"),
        selection_mode="points",
        config=_charts.config(f"{page.task}-judged"),
        alt="What became of the answers of every recipe",
    )
    there = [kind for kind in _judge_charts.COLOURS if any(row[kind] for row in told)]
    st.html("".join(swatch(kind, _judge_words.meaning(setup, kind)) for kind in there))


def swatch(kind: str, meaning: str) -> str:
    """Return a small square of the legend, with sign, word and meaning."""
    sign, word = _judge_words.OUTCOMES[kind]
    turns = {"/": (135,), "x": (45, 135)}.get(_judge_charts.PATTERNS.get(kind, ""), ())
    hatch = "".join(f"repeating-linear-gradient({turn}deg, rgba(128,128,128,.8) 0 1px, transparent 1px 5px), " for turn in turns)
    square = f"display: inline-block; width: .85rem; height: .85rem; border-radius: 2px; vertical-align: -.1em; background: {hatch}{_judge_charts.COLOURS[kind]};"
    return f'<span class="kick-at"><span style="{square}"></span> {escape(sign)} {word} <span class="kick-muted">{meaning}</span></span> '


def numbers(page: Page, setup: Setup, scores: pd.DataFrame) -> None:
    """Draw the scores as a table, each recipe a link to its answers."""
    st.subheader("In numbers", anchor=False)
    by_run = {side.run_id: side for side in page.sides.values()}
    has_other = setup.way == "reference"
    names = (
        "n",
        "No verdict",
        "Mean",
        "95% interval",
        *(["Reference"] if has_other else []),
        "Change from dense",
        "95% interval",
        "Verdict",
        "Noise",
    )
    head = "".join(f'<th class="{"" if name in ("Verdict", "Noise") else "number"}">{name}</th>' for name in names)
    body = []
    for run_id, mine in scores.groupby("run_id", sort=False):
        side = by_run.get(str(run_id))
        if side is None:
            continue
        for i, row in enumerate(mine.to_dict("records")):
            name = name_of(page, side) if i == 0 else ""
            body.append(table_row(name, row, has_other=has_other))
    with st.container(key="judge_table"):
        st.html(
            f'<div class="kick-scroll"><table class="kick-table kick-matrix"><tr><th>Recipe</th><th>Aspect</th>{head}</tr>{"".join(body)}</table></div>'
        )
    orders = "" if setup.way == "single" or setup.is_one_order else "both orders and "
    st.caption(
        f"Mean: of all n answers with a score, each the mean over {orders}all repeats. Change: compressed minus dense on the questions that both have a score of, so it "
        "need not be the difference of two means of the table. Verdict: matching where the score is at least 95% of dense's, interval included. Noise: whether the change is larger "
        f"than what asking the judge again would change. Where fewer than {FEWEST_CHANGED} answers differ from dense's, the interval of the change allows for one more that breaks and "
        f"loses {UNSEEN:g} points: few answers that broke do not show that no other one would."
    )


def name_of(page: Page, side: Side) -> str:
    """Return the name of a recipe as a link to its answers, for a new tab too."""
    words = {name: value for name, value in (dict(st.query_params.items()) | answers_of(page, side)).items() if value is not None}
    return f'<a data-pick="{escape(side.key)}" href="judge?{escape(urlencode(words))}" target="_self">{escape(side.title)}</a>'


def table_row(name: str, row: Mapping[str, Any], *, has_other: bool) -> str:
    """Return one row of the table."""
    is_dense = row["method"] == "dense"
    values = [
        f"{int(row['n']):,}",
        f"{int(row['n_missing']):,}",
        _judge_words.decimal(row["mean"]),
        _judge_words.span(row["low"], row["high"]),
        *([_judge_words.decimal(row["opponent_mean"])] if has_other else []),
        "" if is_dense else _judge_words.change_text(row["change"]),
        "" if is_dense else _judge_words.span(row["change_low"], row["change_high"], is_signed=True),
    ]
    said = row["verdict"] if isinstance(row["verdict"], str) else ""
    floor = row["noise_floor"]
    heard = (
        ""
        if is_dense
        else "not known"
        if floor is None or floor != floor
        else f"{'within' if row['is_below_noise'] else 'above'} {_judge_words.decimal(floor)}"
    )
    drawn = "".join(f'<td class="number">{value}</td>' for value in values)
    title = _judge_words.ASPECTS.get(str(row["aspect"]), str(row["aspect"]))
    return f'<tr><td>{name}</td><td class="kick-name">{escape(title)}</td>{drawn}<td class="kick-name"><span class="{CLASSES.get(said, "")}">{escape(said)}</span></td><td class="kick-name">{heard}</td></tr>'


def preferences(page: Page, told: list[dict[str, Any]]) -> None:
    """Draw what became of the answers as a table."""
    st.subheader("In numbers", anchor=False)
    by_run = {side.run_id: side for side in page.sides.values()}
    kinds = list(_judge_charts.COLOURS)
    head = "".join(f'<th class="number">{_judge_words.OUTCOMES[kind][1].capitalize()}</th>' for kind in kinds)
    rows = []
    for row in told:
        side = by_run[row["run_id"]]
        cells = "".join(f'<td class="number">{int(row[kind]):,}</td>' for kind in kinds)
        net = _judge_words.change_text(row["net"] * 100, 1)
        span = _judge_words.span(row["net_low"] * 100, row["net_high"] * 100, 1, is_signed=True)
        name = name_of(page, side)
        rows.append(
            f'<tr><td>{name}</td><td class="number">{int(row["n"]):,}</td>{cells}<td class="number">{net}</td><td class="number">{span}</td></tr>'
        )
    with st.container(key="judge_table"):
        st.html(
            f'<div class="kick-scroll"><table class="kick-table kick-matrix"><tr><th>Recipe</th><th class="number">n</th>{head}'
            f'<th class="number">Net, points</th><th class="number">95% interval</th></tr>{"".join(rows)}</table></div>'
        )
    st.caption(
        "Net: share better minus share worse, in points; answers on which the orders disagree count as neither. Answers without a verdict are left out of n and net."
    )

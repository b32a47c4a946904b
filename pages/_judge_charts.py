"""The figures of the Judge page: scores of an aspect over sparsity, what became of every answer, and what stands for them without a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from llmkick_core.stats.matching import TOLERANCE
from pages import _charts
from pages._judge_words import OUTCOMES
from pages._links import Side

PUBLISHED = {("summarization", "coherence"): "judge_coherence_1_to_10", ("instruction_following", "overall"): "judge_0_to_10"}
"""Metric of the paper's numbers, by task and aspect."""
COLOURS = {
    "win": "#009E73",
    "same": "rgba(0,158,115,0.28)",
    "tie": "rgba(128,128,128,0.30)",
    "inconsistent": "rgba(128,128,128,0.62)",
    "loss": "#D55E00",
    "failed": "rgba(128,128,128,0.12)",
}
PATTERNS = {"inconsistent": "/", "failed": "x"}
ROW = 34


def aspect(rows: pd.DataFrame, task: str, name: str, *, low: float) -> go.Figure:
    """Return the scores of one aspect over sparsity: the judge's noise and the matching band about dense, intervals, the paper's line.

    Args:
        rows: rows of queries.aspect_scores of one aspect, with `variant`.
        task: what was asked.
        name: the aspect.
        low: lowest score of the scale; the highest is 10.
    """
    runs = rows.rename(columns={"mean": "score"}).assign(verdict=rows["verdict"].astype(object).where(rows["verdict"].notna(), None))
    figure = go.Figure(layout=_charts.layout())
    dense = runs[(runs["method"] == "dense") & runs["score"].notna()].head(1).to_dict("records")
    base = float(dense[0]["score"]) if dense else None
    if base is not None:
        figure.add_hrect(y0=base * (1 - TOLERANCE), y1=base, fillcolor="rgba(128,128,128,0.10)", line_width=0, layer="below")
        figure.add_hline(y=base * (1 - TOLERANCE), line={"color": _charts.GREY, "width": 1, "dash": "dash"}, opacity=0.5)
        floor = runs["noise_floor"].dropna()
        if len(floor):
            figure.add_hrect(y0=base - floor.max(), y1=base + floor.max(), fillcolor="rgba(128,128,128,0.26)", line_width=0, layer="below")
        figure.add_hline(y=base, line={"color": _charts.colour("dense"), "width": 1})
    ends, slots = _charts.draw_recipes(figure, runs, base, 1.0)
    metric = PUBLISHED.get((task, name))
    if metric is not None:
        told = [row for row in _charts.published(metric) if row.task == task]
        _charts.draw_published(figure, told, _charts.pruned_methods(runs), 1.0, unit="")
    _charts.sparsity_axis(figure, runs, slots, longest=max([len(end[3]) for end in ends], default=0))
    figure.update_yaxes(
        range=[low - 0.3, 10.3],
        tickvals=[1, 2.5, 5, 7.5, 10] if low else [0, 2.5, 5, 7.5, 10],
        title={"text": f"score, {low:g} to 10", "font": {"size": 12}},
    )
    _charts.label_ends(figure, ends)
    return figure


def stored(runs: pd.DataFrame, title: str) -> go.Figure:
    """Return a stored metric of the answers over sparsity, such as ROUGE, from 0 up.

    Args:
        runs: rows of queries.run_overview with score, low and high of the metric.
        title: of the axis.
    """
    figure = go.Figure(layout=_charts.layout())
    dense = runs[(runs["method"] == "dense") & runs["score"].notna()].head(1)
    base = float(dense["score"].iloc[0]) if len(dense) else None
    if base is not None:
        figure.add_hline(y=base, line={"color": _charts.colour("dense"), "width": 1})
    ends, slots = _charts.draw_recipes(figure, runs, base, 1.0)
    _charts.sparsity_axis(figure, runs, slots, longest=max([len(end[3]) for end in ends], default=0))
    top = max([*runs["high"].dropna(), *runs["score"].dropna(), 1e-6])
    figure.update_yaxes(range=[-0.03 * top, 1.06 * top], title={"text": title, "font": {"size": 12}}, nticks=6)
    _charts.label_ends(figure, ends)
    return figure


def outcomes(counts: Sequence[Mapping[str, Any]], sides: Mapping[str, Side]) -> go.Figure:
    """Return what became of the answers of every recipe, a bar of 100% each.

    Args:
        counts: rows of queries.outcome_counts, in the order of the bars from the top.
        sides: the recipes, by run.
    """
    figure = go.Figure(layout=_charts.layout())
    totals = [int(row["n"]) + int(row["failed"]) for row in counts]
    names = [_charts.plain(f"{sides[row['run_id']].title} ({total:,})", 40) for row, total in zip(counts, totals, strict=True)]
    run_ids = [row["run_id"] for row in counts]  # two titles may read alike where they are cut
    for kind in COLOURS:
        sign, word = OUTCOMES[kind]
        numbers = [int(row[kind]) for row in counts]
        shares = [100 * number / max(total, 1) for number, total in zip(numbers, totals, strict=True)]
        figure.add_bar(
            y=run_ids,
            x=shares,
            orientation="h",
            name=word,
            marker=marker(kind),
            text=[f"{sign} {number}" if share >= 6 else "" for number, share in zip(numbers, shares, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": "#FFFFFF" if kind in ("win", "loss") else _charts.DENSE, "size": 12},
            customdata=[
                [f"<b>{name}</b><br>{sign} {word}: {number:,} of {total:,} ({share:.0f}%)", row["run_id"], kind]
                for name, number, share, total, row in zip(names, numbers, shares, totals, counts, strict=True)
            ],
            hovertemplate="%{customdata[0]}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )
    figure.update_layout(
        barmode="stack", height=ROW * len(names) + 60, bargap=0.25, margin_t=4, margin_r=44
    )  # the picture's button stands beside the bars
    figure.update_yaxes(
        autorange="reversed", showgrid=False, ticklabelstandoff=6, type="category", tickmode="array", tickvals=run_ids, ticktext=names
    )
    figure.update_xaxes(range=[0, 100], ticksuffix="%", title={"text": "share of answers", "standoff": 4})
    return figure


def marker(kind: str) -> dict[str, Any]:
    """Return the colour and the pattern of an outcome."""
    pattern = {"shape": PATTERNS.get(kind, ""), "bgcolor": COLOURS[kind], "fgcolor": "rgba(128,128,128,0.8)", "size": 5, "solidity": 0.25}
    return {"color": COLOURS[kind], "line": {"width": 0}, "pattern": pattern}

"""The figure of the Ladder page: facts alive against sparsity, every method in its colour, the chosen one bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pages import _ladders, _words
from pages._charts import GREY, HEIGHT, MARKERS, QUANTIZED, End, band, colour, label_ends
from pages._ladders import Rungs
from pages._text import dot, escape

DOWNLOAD = {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": {"filename": "facts-alive", "scale": 2}}
"""What stands on the figure where it is pointed at: only the picture's download."""


def alive(curve: pd.DataFrame, ladders: Mapping[str, Rungs], chosen: str, *, title: str, noun: str, dense: str = "Dense") -> go.Figure:
    """Return the share of facts alive at each step of every method, in percent of those the dense model knows.

    Args:
        curve: queries.fact_curve of the comparison.
        ladders: its ladders.
        chosen: the one drawn bold, with its median lifetime.
        title: what is asked of what.
        noun: fact or question.
        dense: title of the dense model.
    """
    figure = go.Figure(layout=_layout(title, noun))
    figure.add_hline(y=50, line={"color": GREY, "width": 1, "dash": "dot"})
    by_run = {str(row["run_id"]): row for row in curve.to_dict("records")}
    ends: list[End] = []
    for key, rungs in sorted(ladders.items(), key=lambda item: item[0] == chosen):  # the chosen one on top
        rows = [by_run[step.run_id] for step in rungs.steps if step.run_id in by_run and by_run[step.run_id]["n"]]
        if rows:
            _line(figure, rungs, rows, is_chosen=key == chosen, noun=noun, dense=dense)
            name = escape(rungs.title)  # a figure reads tags
            ends.append((rows[-1]["sparsity"], 100 * rows[-1]["share"], rungs.method, f"<b>{name}</b>" if key == chosen else name))
    is_step = {run_id for rungs in ladders.values() for run_id in rungs.is_step}
    for row in by_run.values():
        if row["run_id"] not in is_step and row["method"] != "dense" and row["n"] and pd.notna(row["sparsity"]):
            _point(figure, row, noun)
    _median(figure, ladders.get(chosen), curve)
    last = max([0.5, *(row["sparsity"] for row in by_run.values() if pd.notna(row["sparsity"]))])
    longest = max([len(rungs.title) for rungs in ladders.values()], default=0)
    ticks = sorted({0.0, *(round(float(row["sparsity"]), 4) for row in by_run.values() if row["run_id"] in is_step)})
    figure.update_xaxes(range=[-0.02, last + max(0.14, 0.022 * longest)], tickvals=ticks, ticktext=[f"{100 * tick:g}%" for tick in ticks])
    label_ends(figure, ends)
    return figure


def _layout(title: str, noun: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 14}, "x": 0, "xanchor": "left", "y": 0.98, "yanchor": "top"},
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 34, "b": 36},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "yaxis": {
            "title": {"text": f"{noun}s alive, % of dense's", "font": {"size": 12}},
            "range": [-3, 105],
            "tickvals": [0, 25, 50, 75, 100],
            "zeroline": False,
            "automargin": True,
        },
        "xaxis": {"title": {"text": "sparsity", "standoff": 4}, "zeroline": False, "showgrid": False, "automargin": True, "tickangle": 0},
    }


def _line(figure: go.Figure, rungs: Rungs, rows: Sequence[Mapping[str, Any]], *, is_chosen: bool, noun: str, dense: str) -> None:
    """Draw one method from the dense model on, where all are alive."""
    xs = [0.0, *(row["sparsity"] for row in rows)]
    high, low = ([100.0, *(100 * row[end] for row in rows)] for end in ("high", "low"))
    figure.add_scatter(
        x=xs + xs[::-1],
        y=high + low[::-1],
        fill="toself",
        mode="lines",
        fillcolor=band(rungs.method, 0.22 if is_chosen else 0.09),
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=xs,
        y=[100.0, *(100 * row["share"] for row in rows)],
        name=rungs.title,
        mode="lines+markers",
        line={"color": colour(rungs.method), "width": 3 if is_chosen else 1.5},
        marker={"size": [0] + [8 if is_chosen else 6] * len(rows), "color": colour(rungs.method), "symbol": "circle", "opacity": 1},
        customdata=[[escape(dense)]] + [[_hover(row, noun)] for row in rows],
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _point(figure: go.Figure, row: Mapping[str, Any], noun: str) -> None:
    """Draw a pruned model that is no step of a line."""
    is_joint = "+" in row["recipe"]
    figure.add_scatter(
        x=[row["sparsity"]],
        y=[100 * row["share"]],
        mode="markers",
        marker={"size": 9, "color": colour(row["method"]), "symbol": QUANTIZED if is_joint else MARKERS.get(row["structure"], "cross")},
        customdata=[[_hover(row, noun)]],
        hovertemplate="%{customdata[0]}<extra></extra>",
    )


def _hover(row: Mapping[str, Any], noun: str) -> str:
    title = _words.recipe_title(str(row["recipe"]))
    return (
        f"<b>{title}</b> {row['n_left']:,} of {_words.many(int(row['n']), noun)} alive, {100 * row['share']:.1f}% "
        f"({100 * row['low']:.1f}\u2013{100 * row['high']:.1f})"
    )


def _median(figure: go.Figure, rungs: Rungs | None, curve: pd.DataFrame) -> None:
    """Mark by when half of the facts are dead under the chosen method, with the interval."""
    row = _ladders.median_of(rungs, curve) if rungs is not None else None
    if row is None or pd.isna(row["median_lifetime"]):
        return
    at, method = row["median_lifetime"], rungs.method
    figure.add_shape(type="line", x0=at, x1=at, y0=-3, y1=50, line={"color": colour(method), "width": 1.5, "dash": "dash"}, layer="below")
    if pd.notna(row["median_high"]) and row["median_low"] != row["median_high"]:
        figure.add_shape(
            type="line",
            x0=row["median_low"],
            x1=row["median_high"],
            y0=-3,
            y1=-3,
            line={"color": colour(method), "width": 5},
            layer="below",
        )
    figure.add_annotation(
        x=at,
        y=50,
        text="half dead",
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        xshift=2,
        font={"size": 11, "color": colour(method)},
    )


def medians(curve: pd.DataFrame, ladders: Mapping[str, Rungs], chosen: str) -> str:
    """Return a table of the methods: by when half are dead, with the interval."""
    rows = []
    for key, rungs in ladders.items():
        row = _ladders.median_of(rungs, curve)
        if row is None:
            continue
        name = f"<b>{escape(rungs.title)}</b>" if key == chosen else escape(rungs.title)
        is_known = pd.notna(row["median_lifetime"])
        half = f"{100 * row['median_lifetime']:g}%" if is_known else f"beyond {_ladders.last_judged(rungs, curve)}"
        span = _ladders.interval(row).removeprefix("95% interval ") if is_known else _words.NONE
        rows.append(
            f'<tr><td>{dot(rungs.method)}{name}</td><td class="number">{half}</td><td class="number">{span}</td>'
            f'<td class="number">{int(row["n_known"]):,}</td></tr>'
        )
    head = '<tr><th>Method</th><th class="number">Half dead by</th><th class="number">95% interval</th><th class="number">n</th></tr>'
    return f'<table class="kick-table">{head}{"".join(rows)}</table>'

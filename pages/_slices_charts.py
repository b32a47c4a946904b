"""The figures of the Slices page: a map of slices and recipes, one recipe's differences with their intervals, and what open-book brings back.

A cell of the map is a bar of height 1, because a bar can be hatched and clicked, which a cell of plotly's own heatmap cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pages import _charts, _words
from pages._links import Side
from pages._slices_words import count_words, gain, moved, small_p, span, strength

LOST, GAINED = "213,94,0", "0,114,178"
"""Orange and blue, which every kind of colour vision tells apart."""
SMALL = "rgba(128,128,128,0.16)"
UNCHANGED = "rgba(128,128,128,0.08)"
TEXT = _charts.DENSE
ROW = 27
TOP, LEANING = 56, 104
"""Pixels above the rows, for an axis and for names that lean."""
CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": {"scale": 2}}
"""Of plotly's buttons only the download of the picture."""


def is_turned(n_columns: int) -> bool:
    """Return whether the names of the columns have to lean."""
    return n_columns > 6


def colour_of(cell: Mapping[str, Any], most: float) -> tuple[str, str]:
    """Return the colour of a cell and of the number in it; `most` is the largest difference of the map."""
    if not cell["is_told"]:
        return SMALL, _charts.GREY
    if cell["delta"] == 0:
        return UNCHANGED, TEXT
    depth = min(1.0, abs(cell["delta"]) / most)
    return f"rgba({LOST if gain(cell) < 0 else GAINED},{0.07 + 0.83 * depth:.3f})", "#FFFFFF" if depth > 0.6 else TEXT


def largest(cells: pd.DataFrame) -> float:
    """Return the difference that has the deepest colour."""
    told = cells[cells["is_told"]]
    return max(0.05, float(told["delta"].abs().max())) if len(told) else 1.0


def hover(cell: Mapping[str, Any], title: str, recipe: str) -> str:
    """Return what a cell says where it is pointed at; names are cut and cannot hold markup of their own."""
    rows = [
        f"<b>{_charts.plain(title)}</b> · {_charts.plain(recipe)}",
        f"{moved(cell, 'delta')}{' points' if cell.get('is_share', True) else ''} ({span(cell)})",
        f"{count_words(cell)}; broke {int(cell['broke'])}, fixed {int(cell['fixed'])}, no verdict {int(cell['n_unscored'])}",
        f"{strength(cell)}" + (f" (false discovery rate {small_p(cell['q_value'])})" if cell["is_told"] else ""),
    ]
    return "<br>".join(rows)


def slice_map(
    cells: Sequence[Mapping[str, Any]],
    rows: Sequence[str],
    columns: Sequence[str],
    titles: Mapping[str, str],
    steps: Mapping[str, str],
    most: float,
) -> go.Figure:
    """Return the map: a row a slice, a column a recipe, in each the difference in points.

    Args:
        cells: what is drawn, in the order in which a click counts them; without those that have no question.
        rows: keys of the slices, from the top.
        columns: the runs, from the left.
        titles: name of each slice.
        steps: title of each column.
        most: the difference that has the deepest colour.
    """
    row_of, column_of = {key: i for i, key in enumerate(rows)}, {run: i for i, run in enumerate(columns)}
    colours = [colour_of(cell, most) for cell in cells]
    figure = go.Figure(layout=_layout(len(rows), LEANING if is_turned(len(columns)) else TOP))
    figure.add_bar(
        x=[column_of[cell["column"]] for cell in cells],
        y=[0.94] * len(cells),
        base=[row_of[cell["slice"]] - 0.47 for cell in cells],
        width=0.94,
        marker=_marker(cells, [colour for colour, _ in colours]),
        text=[moved(cell, "delta", decimals=0) for cell in cells],
        textposition="inside",
        insidetextanchor="middle",
        insidetextfont={"color": [colour for _, colour in colours], "size": 12},
        textangle=0,
        cliponaxis=False,
        customdata=[[hover(cell, titles[cell["slice"]], steps[cell["column"]])] for cell in cells],
        hovertemplate="%{customdata[0]}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    if is_turned(len(columns)):  # names that lean to the right need room there
        figure.update_layout(margin_r=12 + 4 * min(22, len(steps[columns[-1]])))
    figure.update_xaxes(
        ticklabeloverflow="allow",
        range=[-0.5, len(columns) - 0.5],
        tickvals=list(range(len(columns))),
        ticktext=[_charts.plain(steps[run], 22) for run in columns],
        tickangle=-45 if is_turned(len(columns)) else 0,
    )
    _rows_axis(figure, rows, titles)
    return figure


def _marker(cells: Sequence[Mapping[str, Any]], colours: list[str]) -> dict[str, Any]:
    """Return plotly's look of the cells, hatched where they may be chance or are too small to tell."""
    return {
        "color": colours,
        "line": {"width": 0},
        "pattern": {
            "shape": ["" if cell["survives"] or (cell["is_told"] and cell["delta"] == 0) else "/" for cell in cells],
            "fgcolor": "rgba(128,128,128,0.45)",
            "fillmode": "overlay",
            "size": 7,
            "solidity": 0.12,
        },
    }


def forest(cells: Sequence[Mapping[str, Any]], rows: Sequence[str], titles: Mapping[str, str], side: Side, *, top: int) -> go.Figure:
    """Return one recipe's differences with their intervals, a row a slice; hollow where it may be chance, grey where there are too few questions.

    Args:
        cells: of the recipe.
        rows: keys of the slices, from the top.
        titles: name of each slice.
        side: the recipe.
        top: pixels above the rows, so that they stand beside those of the map.
    """
    row_of = {key: i for i, key in enumerate(rows)}
    figure = go.Figure(layout=_layout(len(rows), top))
    figure.add_vline(x=0, line={"color": _charts.GREY, "width": 1})
    kinds = {
        "told": ([cell for cell in cells if cell["survives"]], _charts.colour(side.method), "circle"),
        "chance": ([cell for cell in cells if cell["is_told"] and not cell["survives"]], _charts.colour(side.method), "circle-open"),
        "few": ([cell for cell in cells if not cell["is_told"]], _charts.GREY, "circle-open"),
    }
    for mine, colour, symbol in kinds.values():
        figure.add_scatter(
            x=[cell["delta"] * _scale(cell) for cell in mine],
            y=[row_of[cell["slice"]] for cell in mine],
            mode="markers",
            marker={"size": 9, "color": colour, "symbol": symbol, "line": {"width": 2, "color": colour}},
            error_x=_error([tuple(cell[end] * _scale(cell) / 100 for end in ("delta", "low", "high")) for cell in mine], colour),
            customdata=[[hover(cell, titles[cell["slice"]], side.title)] for cell in mine],
            hovertemplate="%{customdata[0]}<extra></extra>",
            showlegend=False,
        )
    figure.update_xaxes(
        title={"text": "right answers gained or lost, points", "standoff": 4, "font": {"size": 12}}, zeroline=False, nticks=6
    )
    _rows_axis(figure, rows, {cell["slice"]: f"{titles[cell['slice']]} ({int(cell['n']):,})" for cell in cells})
    return figure


def _scale(cell: Mapping[str, Any]) -> float:
    return 100.0 if cell.get("is_share", True) else 1.0


def _error(spans: Sequence[tuple[float, float, float]], colour: str) -> dict[str, Any]:
    """Return plotly's error bars of (value, low, high), shares 0-1; none where an end is missing."""
    known = [(value, low if low == low else value, high if high == high else value) for value, low, high in spans]
    return {
        "type": "data",
        "symmetric": False,
        "array": [(high - value) * 100 for value, _, high in known],
        "arrayminus": [(value - low) * 100 for value, low, _ in known],
        "thickness": 1.5,
        "width": 0,
        "color": colour,
    }


def _layout(n_rows: int, top: int) -> dict[str, Any]:
    return {
        "height": top + 16 + ROW * max(n_rows, 2),
        "margin": {"l": 8, "r": 12, "t": top, "b": 16},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "barmode": "overlay",
        "dragmode": False,
        "xaxis": {"side": "top", "showgrid": False, "zeroline": False, "automargin": False, "fixedrange": True},
    }


def _rows_axis(figure: go.Figure, rows: Sequence[str], titles: Mapping[str, str]) -> None:
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=[_charts.plain(titles.get(key, key), 28) for key in rows],
        showgrid=False,
        zeroline=False,
        automargin=True,
        fixedrange=True,
    )


def rescue_chart(rows: Sequence[Mapping[str, Any]], sides: Mapping[str, Side]) -> go.Figure:
    """Return, a row a recipe, the share that it answers open-book of what it lost closed-book, and of what it kept, and the dense model's on the lost.

    Args:
        rows: of queries.rescue, from the top.
        sides: the recipes, by their open-book run.
    """
    figure = go.Figure(layout=_layout(len(rows), TOP))
    marks = (
        ("kept", "kept", _charts.GREY, "diamond-open", -0.2),
        ("dense", "dense", TEXT, "line-ns-open", 0.2),
        ("", "", "", "circle", 0.0),
    )
    for name, what, colour, symbol, shift in marks:
        prefix = f"{name}_" if name else ""
        at = [i for i, row in enumerate(rows) if row[f"{prefix}share"] == row[f"{prefix}share"]]
        colours = [colour or _charts.colour(sides[rows[i]["run_id"]].method) for i in at]
        figure.add_scatter(
            x=[rows[i][f"{prefix}share"] * 100 for i in at],
            y=[i + shift for i in at],
            mode="markers",
            marker={"size": 10 if not name else 8, "color": colours, "symbol": symbol, "line": {"width": 2, "color": colours}},
            error_x=_error([(rows[i][f"{prefix}share"], rows[i][f"{prefix}low"], rows[i][f"{prefix}high"]) for i in at], _charts.GREY),
            customdata=[[_rescue_hover(rows[i], sides, what)] for i in at],
            hovertemplate="%{customdata[0]}<extra></extra>",
            showlegend=False,
        )
    figure.update_xaxes(
        title={"text": "answered open-book, %", "standoff": 4, "font": {"size": 12}}, range=[-3, 103], tickvals=[0, 25, 50, 75, 100]
    )
    _rows_axis(figure, [row["run_id"] for row in rows], {row["run_id"]: sides[row["run_id"]].title for row in rows})
    figure.update_layout(height=TOP + 16 + 40 * max(len(rows), 2))
    return figure


def _rescue_hover(row: Mapping[str, Any], sides: Mapping[str, Side], what: str) -> str:
    title = sides[row["run_id"]].title
    name = sides[row["a_run_id"]].title if what == "dense" else title
    about = {"": "lost closed-book", "kept": "still known closed-book", "dense": f"that {title} lost"}[what]
    prefix, n = (f"{what}_" if what else ""), row["n_kept"] if what == "kept" else row["n"]
    share, low, high = (_words.percent(row[f"{prefix}{end}"]) for end in ("share", "low", "high"))
    return f"<b>{_charts.plain(name)}</b> answers {share} open-book<br>95% interval {low} to {high}; n = {int(n):,} questions {_charts.plain(about)}"

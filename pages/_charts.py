"""Every figure: one look, a colour for each method, a marker for each structure, intervals as bands, labels at the ends of lines.

A method's colour is the one that it declares. Those that `chartCategoricalColors` of the theme has are drawn by the placeholder that streamlit replaces by the theme in
use, so that the dense model has the theme's own text colour and the others stay readable in light and dark.
"""

from __future__ import annotations

import csv
import itertools
import math
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from llmkick_core import settings
from llmkick_core.catalog import method_colour
from llmkick_core.stats.matching import TOLERANCE, largest_matching_sparsity
from pages._text import visible
from pages._words import method_title, percent, recipe_title

DENSE = "#000001"
"""The dense model's colour: the first of the theme, its text."""


@cache
def _placeholders() -> dict[str, str]:
    """Return the placeholder of each colour of the light theme but the dense model's, in the order of chartCategoricalColors in .streamlit/config.toml."""
    config = tomllib.loads((settings.PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    colours = config["theme"]["light"]["chartCategoricalColors"]
    return {colour.upper(): f"#{place:06d}" for place, colour in enumerate(colours, start=1) if place > 1}


MARKERS = {"unstructured": "circle", "2:4": "diamond", "4:8": "square", "1:2": "triangle-up"}
QUANTIZED = "star"
GREY = "rgba(128,128,128,0.75)"
HEIGHT = 300
MOST_TICKS = 6
"""Sparsities that have a tick each, 0 among them; where there are more, ticks stand in even steps."""
SLOTS = {8: -0.13, 4: -0.29, 3: -0.45, 2: -0.61}
"""Where the axis puts quantized models, which have no sparsity, by bits."""


End = tuple[float, float, str, str]
"""Where a line ends: x, y, its method, its name."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """One number of the paper."""

    task: str
    """Our name of the task."""
    method: str
    """Our name of the method."""
    sparsity: float
    """0-1."""
    value: float
    """In our units."""
    model: str
    """The paper's model."""


@cache
def published(*metrics: str) -> tuple[Published, ...]:
    """Return the published curves over sparsity in some metrics (data/published/llm_kick.csv)."""
    path = settings.PROJECT_ROOT / "data" / "published" / "llm_kick.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["sparsity"] and row["metric"] in metrics and "7B" in row["model"]]
    return tuple(
        Published(task=row["task"], method=row["method"], sparsity=float(row["sparsity"]), value=float(row["value"]), model=row["model"])
        for row in rows
    )


def colour(method: str) -> str:
    """Return the colour of a method."""
    if method == "dense":
        return DENSE
    own = method_colour(method)
    return _placeholders().get(own, own)


def band(method: str, opacity: float = 0.18) -> str:
    """Return the colour of a method's interval."""
    own = "#787878" if method == "dense" else method_colour(method)
    return f"rgba({','.join(str(int(own[at : at + 2], 16)) for at in (1, 3, 5))},{opacity})"


def curves(runs: pd.DataFrame, *, with_published: bool) -> go.Figure:
    """Return the scores of one comparison over sparsity, with the matching band, intervals and quantized models on the left.

    Args:
        runs: rows of queries.run_overview of one comparison.
        with_published: draw the paper's numbers, dotted and faint.
    """
    is_share, higher_is_better = bool(runs["is_share"].all()), bool(runs["higher_is_better"].all())
    scale = 100.0 if is_share else 1.0
    task = str(runs["task"].iloc[0])
    figure = go.Figure(layout=layout())
    found = runs[(runs["method"] == "dense") & runs["score"].notna()].to_dict("records")
    dense = found[0] if found else None
    base = float(dense["score"]) * scale if dense is not None else None
    if base is not None:
        edge = base * (1 - TOLERANCE if higher_is_better else 1 + TOLERANCE)
        figure.add_hrect(y0=min(base, edge), y1=max(base, edge), fillcolor="rgba(128,128,128,0.16)", line_width=0, layer="below")
        figure.add_hline(y=base, line={"color": colour("dense"), "width": 1})
    ends, slots = draw_recipes(figure, runs, base, scale)
    if with_published:
        _published_lines(figure, task, str(runs["metric"].iloc[0]), pruned_methods(runs), scale)
    sparsity_axis(figure, runs, slots, longest=max([len(end[3]) for end in ends], default=0))
    if (runs["aggregate"] == "perplexity").any():
        _perplexity_axis(figure, runs, base)
    elif not is_share:
        figure.update_yaxes(rangemode="tozero")
    else:
        figure.update_yaxes(range=[-2, 104], tickvals=[0, 25, 50, 75, 100], ticktext=["0%", "25%", "50%", "75%", "100%"])
    label_ends(figure, ends)
    return figure


def draw_recipes(figure: go.Figure, runs: pd.DataFrame, base: float | None, scale: float) -> tuple[list[End], dict[int, float]]:
    """Draw every recipe over sparsity, a line a method, and return where the lines end, and where quantized models stand by their bits.

    A point carries what it says and its run.

    Args:
        figure: what is drawn on.
        runs: recipe, method, sparsity, structure, bits, variant, run_id, score, low, high, n and verdict of each run.
        base: score of the dense model as it is drawn, where lines start; None starts them at their first step.
        scale: what scores are multiplied by.
    """
    ends: list[End] = []
    is_joint = runs["recipe"].str.contains("+", regex=False)
    pruned = runs[(runs["method"] != "dense") & ~is_joint & runs["sparsity"].notna() & runs["score"].notna()]
    for method, name, mine in _by_method(pruned[pruned["structure"] == "unstructured"]):
        ends.append(_line(figure, method, plain(name, 28), mine.sort_values("sparsity"), base, scale))
    for row in runs[(runs["method"] == "dense") & runs["score"].notna()].head(1).to_dict("records"):
        _point(figure, row, 0.0, MARKERS["unstructured"], scale)
    for row in pruned[pruned["structure"] != "unstructured"].to_dict("records"):
        _point(figure, row, float(row["sparsity"]), MARKERS.get(str(row["structure"]), "cross"), scale)
    for row in runs[is_joint & runs["score"].notna()].to_dict("records"):
        _point(figure, row, float(row["sparsity"]), QUANTIZED, scale)
    quantized = runs[runs["sparsity"].isna() & (runs["method"] != "dense") & runs["score"].notna()]
    slots = {}
    for row in quantized.to_dict("records"):
        bits = 8 if pd.isna(row["bits"]) else int(row["bits"])
        slots[bits] = SLOTS.get(bits, SLOTS[8])
        _point(figure, row, slots[bits], QUANTIZED, scale)
    return ends, slots


def pruned_methods(runs: pd.DataFrame) -> set[str]:
    """Return the methods that pruned some run that has a score, and quantized nothing."""
    is_pruned = runs["score"].notna() & runs["sparsity"].notna() & ~runs["recipe"].str.contains("+", regex=False)
    return set(runs.loc[is_pruned & (runs["method"] != "dense"), "method"])


def matching_line(runs: pd.DataFrame) -> str:
    """Return the largest sparsity that matches, by method, in words: `Wanda 30%, Magnitude none`."""
    is_joint = runs["recipe"].str.contains("+", regex=False)
    pruned = runs[(runs["method"] != "dense") & (runs["structure"] == "unstructured") & ~is_joint & runs["sparsity"].notna()]
    words = []
    for _, name, mine in _by_method(pruned):
        verdicts = mine["verdict"].astype(object).where(mine["verdict"].notna(), None)
        found = largest_matching_sparsity(zip(mine["sparsity"], verdicts, strict=True))
        lowest = next((verdict for verdict in verdicts.iloc[mine["sparsity"].argsort()] if verdict is not None), None)
        word = {"not matching": "none", "undecided": "undecided"}.get(str(lowest), "not known")
        words.append(f"{name} {word if found is None else percent(found, decimals=0)}")
    return ", ".join(words)


def _by_method(runs: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return (method, title, rows) of each method, and of each of its calibrations where there are several, which are no steps of one line."""
    found = []
    for method, mine in runs.groupby("method", sort=False):
        title = method_title(str(method))
        for variant, own in mine.groupby("variant", sort=False):
            found.append((str(method), f"{title} {variant}" if mine["variant"].nunique() > 1 else title, own))
    return found


def _line(figure: go.Figure, method: str, name: str, mine: pd.DataFrame, base: float | None, scale: float) -> End:
    """Draw one method over sparsity, starting at dense, and return where it ends."""
    xs, ys = mine["sparsity"].tolist(), (mine["score"] * scale).tolist()
    known = mine[mine["low"].notna() & mine["high"].notna()]
    edge_x, start = known["sparsity"].tolist(), [] if base is None else [base]
    lead = [] if base is None else [0.0]
    xs_band = lead + edge_x
    upper, lower = start + (known["high"] * scale).tolist(), start + (known["low"] * scale).tolist()
    figure.add_scatter(
        x=xs_band + xs_band[::-1],
        y=upper + lower[::-1],
        fill="toself",
        mode="lines",
        fillcolor=band(method),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=lead + xs,
        y=start + ys,
        name=name,
        mode="lines+markers",
        line={"color": colour(method), "width": 2},
        marker={"size": [0] * len(lead) + [7] * len(xs), "color": colour(method), "symbol": "circle", "opacity": 1},
        customdata=[[recipe_title("dense", str(mine["source_format"].iloc[0] if "source_format" in mine else "")), ""]] * len(lead)
        + [[hover(row, scale), row.get("run_id", "")] for row in mine.to_dict("records")],
        hovertemplate="%{customdata[0]}<extra></extra>",
    )
    return xs[-1], ys[-1], method, name


def _point(figure: go.Figure, row: dict[str, Any], x: float, symbol: str, scale: float) -> None:
    """Draw one model that is no step of a line."""
    has_interval = pd.notna(row["low"]) and pd.notna(row["high"])
    error = {
        "type": "data",
        "symmetric": False,
        "array": [(row["high"] - row["score"]) * scale],
        "arrayminus": [(row["score"] - row["low"]) * scale],
        "thickness": 1,
        "width": 0,
    }
    figure.add_scatter(
        x=[x],
        y=[row["score"] * scale],
        mode="markers",
        marker={"size": 10, "color": colour(str(row["method"])), "symbol": symbol},
        error_y=error if has_interval else None,
        customdata=[[hover(row, scale), row.get("run_id", "")]],
        hovertemplate="%{customdata[0]}<extra></extra>",
        showlegend=False,
    )


def hover(row: dict[str, Any], scale: float) -> str:
    """Return what a point says: recipe, score, interval, n, verdict."""
    title = recipe_title(str(row["recipe"]), row.get("source_format") or "")
    unit = "%" if scale == 100 else ""
    decimals = 1 if scale == 100 else 2
    span = "" if pd.isna(row["low"]) else f" ({row['low'] * scale:.{decimals}f}\u2013{row['high'] * scale:.{decimals}f})"
    said = f", {row['verdict']}" if isinstance(row["verdict"], str) else ""
    return f"<b>{title}</b> {row['score'] * scale:.{decimals}f}{unit}{span}, n={row['n']:,}{said}"


def _published_lines(figure: go.Figure, task: str, metric: str, methods: set[str], scale: float) -> None:
    rows = [row for row in published(metric) if row.task == task]
    draw_published(figure, rows, methods, scale, unit="%")


def draw_published(figure: go.Figure, rows: Sequence[Published], methods: Collection[str], scale: float, *, unit: str) -> None:
    """Draw published curves of some methods, dotted and faint."""
    for method in sorted(methods):
        mine = [row for row in rows if row.method == method]
        if mine:
            figure.add_scatter(
                x=[row.sparsity for row in mine],
                y=[row.value * scale for row in mine],
                mode="lines",
                line={"color": colour(method), "width": 1.75, "dash": "dot"},
                opacity=0.6,
                hovertemplate=f"published, {mine[0].model}, {method_title(method)}: %{{y:.1f}}{unit}<extra></extra>",
                showlegend=False,
            )


def plain(text: str, longest: int = 60) -> str:
    """Return text for a label of a figure, which reads tags and formulas."""
    cut = visible(text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…")
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;").replace("%{", "% {")


def config(name: str) -> dict[str, Any]:
    """Return how a figure behaves: on hover it offers one thing, itself as a picture of that name."""
    return {"displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": {"filename": name, "scale": 2}}


def layout() -> dict[str, Any]:
    """Return what all figures have in common."""
    return {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 12, "b": 36},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "yaxis": {"title": None, "automargin": True, "zeroline": False},
        "xaxis": {"title": {"text": "sparsity", "standoff": 4}, "zeroline": False, "automargin": True},
    }


def sparsity_axis(figure: go.Figure, runs: pd.DataFrame, slots: dict[int, float], *, longest: int) -> None:
    """Set the axis of sparsities: quantized models left of 0, and on the right room for a name of so many characters."""
    last = max([0.5, *runs["sparsity"].dropna().tolist()])
    own = sorted({0.0, *runs["sparsity"].dropna().round(3).tolist()})
    is_plain = 1 < len(own) <= MOST_TICKS and min(after - before for before, after in itertools.pairwise(own)) > 0.09
    steps = own if is_plain else [step / 10 for step in range(0, int(last * 10 + 1e-9) + 1, 3 if last > 0.55 else 2)]
    ticks = sorted(slots.values()) + steps
    texts = [f"{bits}b" for bits in sorted(slots)] + [f"{step * 100:.0f}%" if step else "0" for step in steps]
    figure.update_xaxes(
        range=[min([*slots.values(), 0.0]) - 0.08, last + 0.04],
        tickvals=ticks,
        ticktext=texts,
        tickangle=0,
        showgrid=False,
    )
    figure.update_xaxes(tickfont={"size": 11})
    figure.update_layout(margin_r=12 + 6.5 * longest)  # the names at the ends of the lines
    if slots:
        figure.add_vline(x=-0.05, line={"color": GREY, "width": 1, "dash": "dot"})


def _perplexity_axis(figure: go.Figure, runs: pd.DataFrame, base: float | None) -> None:
    """Set the axis of perplexities: from just below dense, in steps of ten where they rise far."""
    highest = max([*runs["high"].dropna(), *runs["score"].dropna(), base or 1.0])
    lowest = min([*runs["low"].dropna(), *runs["score"].dropna(), base or highest])
    if base is not None and highest > 8 * base:
        firsts = (1, 2, 5) if highest < 1000 * base else (1,)
        steps_of_ten = [step * 10**power for power in range(10) for step in firsts]
        span = [math.log10(max(lowest, 1e-3) * 0.9), math.log10(highest * 1.2)]
        figure.update_yaxes(type="log", range=span, tickvals=steps_of_ten, ticktext=[f"{tick:,}" for tick in steps_of_ten])
    elif base is not None:
        figure.update_yaxes(
            range=[base - 0.08 * (highest * 1.02 - base) - 0.01 * base, max(highest * 1.02, base * 1.12)], tickformat=".2f", nticks=5
        )


def label_ends(figure: go.Figure, ends: Sequence[End]) -> None:
    """Write each method's name at the end of its line, pushed apart where two would touch."""
    if not ends:
        return
    kind, span = figure.layout.yaxis.type, figure.layout.yaxis.range
    placed = sorted(((x, math.log10(y) if kind == "log" else y, method, name) for x, y, method, name in ends), key=lambda end: end[1])
    pixel = (HEIGHT - 60) / (span[1] - span[0]) if span else 0.0
    at: float | None = None
    for x, y, method, name in placed:
        shift = 0.0
        if pixel:
            place = y * pixel
            if at is not None and place - at < 14:
                shift = at + 14 - place
            at = place + shift
        figure.add_annotation(
            x=x,
            y=y,
            text=name,
            xanchor="left",
            xshift=5,
            yshift=shift,
            showarrow=False,
            font={"size": 11, "color": colour(method)},
        )


def layer_map(layers: pd.DataFrame, measure: str) -> go.Figure:
    """Return a map of the layers, kinds by blocks, coloured by a measure; experts of a block are one cell, their mean.

    Args:
        layers: rows of queries.layers.
        measure: `error`, `sparsity` or `bits`.
    """
    kinds = list(dict.fromkeys(layers["kind"]))
    table = layers.pivot_table(index="kind", columns="block", values=measure, aggfunc="mean").reindex(kinds)
    scale = 100.0 if measure == "sparsity" else 1.0
    unit, form = {"error": ("", ".3f"), "sparsity": ("%", ".1f"), "bits": (" bits", ".2f")}[measure]
    figure = go.Figure(layout=layout())
    figure.add_heatmap(
        x=[str(block) for block in table.columns],
        y=kinds,
        z=(table * scale).to_numpy(),
        colorscale="Cividis",
        texttemplate=f"%{{z:{form}}}" if len(table.columns) <= 12 else None,
        hovertemplate=f"<b>%{{y}}</b>, block %{{x}}: %{{z:{form}}}{unit}<extra></extra>",
        colorbar={"thickness": 12, "outlinewidth": 0, "ticksuffix": unit},
        xgap=2,
        ygap=2,
    )
    figure.update_layout(height=max(HEIGHT, 30 * len(kinds) + 80))
    figure.update_xaxes(title={"text": "block"}, type="category", showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure

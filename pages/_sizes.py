"""Small and dense against large and compressed, at equal bytes: a part of the Overview."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from llmkick_core.catalog import Measure, model_card, named_models
from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from pages import _charts, _words
from pages._shared import Page
from pages._text import escape, label
from pages._typed import check_model


def draw(page: Page) -> None:
    """Draw score against bytes for the task in sight; nothing where no size is known."""
    mine = page.runs[page.runs["comparison_id"] == page.comparison_id]
    models = [str(page.model), *queries.twins(page.db, str(page.comparison_id)).values()]
    found = queries.scores_by_size(page.db, mine, parameters(page, models), page.scorer, page.measure)
    formats = queries.source_formats(page.db)
    found = found.assign(dense=[_words.recipe_title("dense", formats.get(str(name), "")) for name in found["model"]])
    found = found.assign(titled=[_words.model_title(str(name), formats.get(str(name), "")) for name in found["model"]])
    if found["n_bytes"].nunique() < 2:
        return
    measure = queries.measure_of(page.db, str(page.comparison_id), page.measure)
    st.subheader("Small and dense against large and compressed", anchor=False)
    name = _words.task_title(str(page.task))
    said = sentence(found, str(page.model), measure)
    st.caption(f"{label(name)} · {label(said, longest=400)}")
    st.plotly_chart(
        figure(found, str(page.model), measure),
        key="sizes",
        config=_charts.config("score-by-size"),
        alt=f"{name} over bytes",
    )
    st.caption(
        "Bytes of the whole model: compressed layers as a packed format would store them (kept values and where they stand, or integers and their scales), all "
        "else at 16 bits. Lines join the steps of a method; ◯ are dense models."
    )


def parameters(page: Page, models: Sequence[str]) -> dict[str, int]:
    """Return the number of weights of each model, as its runs tell it, or its files where they lie in a folder that the app may read."""
    found = queries.parameters(page.db)
    for model in models:
        if model not in found and not model.startswith("hub:"):  # where a download lies, only the network tells
            try:
                found[model] = model_card(check_model(model, named_models())).n_parameters
            except LlmkickError:
                continue  # its points are left out
    return found


def sentence(found: pd.DataFrame, model: str, measure: Measure) -> str:
    """Return what the figure tells: the small dense model beside the large one's best recipe that is no larger; or how to get one."""
    small = found[(found["model"] != model) & (found["method"] == "dense")]
    if small.empty:
        return "Run a smaller dense model on the same questions, and it stands here beside the compressed ones."
    other = small.to_dict("records")[0]
    title = next((str(row.get("titled", "")) for row in found[found["model"] == model].to_dict("records")), "") or _words.model_title(model)
    fitting = found[(found["model"] == model) & (found["n_bytes"] <= other["n_bytes"] * 1.02)]
    shown = _words.score_text(other["score"], is_share=measure.is_share)
    start = f"{_words.model_title(other['model'])}, {lowered(other)}, has {shown} in {_words.size(other['n_bytes'])} (n = {other['n']:,})"
    if fitting.empty:
        return f"{start}; no recipe of {title} is as small."
    best = fitting.sort_values("score", ascending=not measure.higher_is_better).to_dict("records")[0]
    return (
        f"{start}; the best of {title} that is no larger, {_words.recipe_title(best['recipe'])}, has "
        f"{_words.score_text(best['score'], is_share=measure.is_share)} in {_words.size(best['n_bytes'])}."
    )


def lowered(row: Mapping[Hashable, Any]) -> str:
    """Return what a dense model is called in a sentence: `dense`, `dense (Q4_1, dequantized)`."""
    title = str(row.get("dense") or "Dense")
    return f"{title[0].lower()}{title[1:]}"


def figure(found: pd.DataFrame, model: str, measure: Measure) -> go.Figure:
    """Return score over bytes, a line a method, dense models as rings with their names."""
    scale = 100.0 if measure.is_share else 1.0
    chart = go.Figure(layout=_charts.layout())
    own = found[(found["model"] == model) & (found["method"] != "dense")]
    is_step = (own["structure"] == "unstructured") & ~own["recipe"].str.contains("+", regex=False) & own["sparsity"].notna()
    for (method, _), steps in own[is_step].groupby(["method", "variant"], sort=False):
        rows = steps.sort_values("n_bytes")
        chart.add_scatter(
            x=rows["n_bytes"] / 1e6,
            y=rows["score"] * scale,
            mode="lines+markers",
            line={"color": _charts.colour(str(method)), "width": 2},
            marker={"size": 7},
            customdata=[[hover(row, scale)] for row in rows.to_dict("records")],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
        first = rows.iloc[(rows["score"] - rows["score"].max() / 2).abs().argmin()]  # halfway, where the lines are apart
        chart.add_annotation(
            x=first["n_bytes"] / 1e6,
            y=first["score"] * scale,
            text=_words.method_title(str(method)),
            showarrow=False,
            xanchor="right",
            xshift=-6,
            font={"size": 11, "color": _charts.colour(str(method))},
        )
    for row in own[~is_step].to_dict("records"):
        symbol = _charts.QUANTIZED if pd.notna(row["bits"]) or pd.isna(row["sparsity"]) else _charts.MARKERS.get(row["structure"], "cross")
        chart.add_scatter(**point(row, scale, symbol))
    for row in found[found["method"] == "dense"].to_dict("records"):
        chart.add_scatter(
            **point(row, scale, "circle-open")
            | {
                "text": [f" {escape(_words.model_title(row['model']))}, {escape(lowered(row))}"],
                "textposition": "top left",
                "mode": "markers+text",
            }
        )
    chart.update_xaxes(title={"text": "size, MB", "standoff": 4}, rangemode="tozero", ticksuffix="", showgrid=False)
    if not measure.is_share:
        chart.update_yaxes(type="log" if measure.is_perplexity else "linear", title={"text": measure.heading.lower()})
    else:
        chart.update_yaxes(
            range=[-2, 108], tickvals=[0, 25, 50, 75, 100], ticktext=["0%", "25%", "50%", "75%", "100%"], title={"text": "score"}
        )
    chart.update_layout(height=360)
    return chart


def point(row: dict[str, Any], scale: float, symbol: str) -> dict[str, Any]:
    """Return the trace of one model that is no step of a line."""
    return {
        "x": [row["n_bytes"] / 1e6],
        "y": [row["score"] * scale],
        "mode": "markers",
        "marker": {
            "size": 11,
            "symbol": symbol,
            "color": _charts.colour(str(row["method"])),
            "line": {"width": 2 if symbol.endswith("open") else 0},
        },
        "customdata": [[hover(row, scale)]],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }


def hover(row: dict[str, Any], scale: float) -> str:
    """Return what a point says: model, recipe, score, interval, n, bytes."""
    return f"{_charts.hover(row | {'verdict': None}, scale)}<br>{escape(str(row.get('titled') or _words.model_title(str(row['model']))))}, {_words.size(row['n_bytes'])}"

"""Layers: what compression did to each linear layer: how sparse it is, how far its output misses, what it would take to store."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from llmkick_core.store import queries
from llmkick_core.store.formats import guarded_frame
from llmkick_core.store.queries import LayerTotals
from pages import _charts, _words
from pages._links import Side
from pages._shared import Page, open_page
from pages._text import escape, label

MEASURES = {"error": "Output error", "sparsity": "Sparsity", "bits": "Bits a weight"}


def page_of(page: Page, side: Side) -> None:
    """Draw the layers of one compressed model."""
    totals = queries.layer_totals(page.db, side.run_id)
    if totals is None:
        st.info(
            f"{label(side.title)} has compressed no layer yet. Its report comes in with its first answers.",
            icon=":material/hourglass_empty:",
        )
        return
    layers = queries.layers(page.db, side.run_id)
    st.html(f'<div class="kick-sentence">{escape(sentence(side, totals))}</div>')
    st.caption(
        f"{label(str(page.model))} · {_words.many(totals.n_layers, 'layer')} · {totals.n_weights:,} weights · the layers took {_words.duration(totals.seconds)}"
    )
    figures(totals)
    chosen = picked(layers)
    st.plotly_chart(
        _charts.layer_map(layers, chosen),
        key="layer_map",
        config=_charts.config(f"layers-{chosen}"),
        alt=f"{MEASURES[chosen]} of every layer by block",
    )
    st.caption(meaning(chosen))
    notes(layers)
    table(layers)


def sentence(side: Side, totals: LayerTotals) -> str:
    """Return the answer of the page in one sentence."""
    words = [f"{_words.percent(totals.sparsity)} of the weights are zero"] if side.row["sparsity"] is not None else []
    words.append(f"{totals.bits:.2f} bits a weight if packed")
    if totals.error is not None and totals.worst_error is not None:
        words.append(
            f"outputs miss by {_words.percent(totals.error)} in the median, most in {totals.worst_layer} ({_words.percent(totals.worst_error)})"
        )
    return f"{side.title}: {', '.join(words)}."


def figures(totals: LayerTotals) -> None:
    """Draw sizes and compliance, and what they do not mean."""
    one, two, three = st.columns(3)
    packed = totals.n_bytes / totals.n_bytes_dense
    one.metric("Compressed layers at 16 bits", _words.size(totals.n_bytes_dense), border=True, height="stretch")
    two.metric(
        "In a packed format",
        _words.size(totals.n_bytes),
        f"{_words.percent(packed, decimals=0)} of it",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    structure = {None: _words.NONE, True: "kept", False: "broken"}[totals.is_structured]
    three.metric("n:m structure", structure, border=True, height="stretch")
    st.caption(
        "Kept as ordinary numbers, as here, zeros and rounded values make the model neither smaller nor faster: that takes a packed format and kernels for it."
    )


def picked(layers: pd.DataFrame) -> str:
    """Return the measure to colour the map by; errors only where they were measured."""
    there = [name for name in MEASURES if layers[name].notna().any()]
    chosen = st.segmented_control(
        "Coloured by", there, default=there[0], format_func=lambda name: MEASURES[name], key="layer_measure", required=True
    )
    return str(chosen or there[0])


def meaning(measure: str) -> str:
    """Return what a measure is."""
    return {
        "error": "‖(W − W′)X‖ / ‖WX‖: how far the compressed layer's output misses, on calibration inputs as they reach it in the compressed model.",
        "sparsity": "Share of the weights that are exactly zero, counted after the fact.",
        "bits": "Kept values, positions, scales and zero points of a packed format; 16 where nothing is saved.",
    }[measure]


def notes(layers: pd.DataFrame) -> None:
    """Say what had to be done out of the ordinary."""
    for note, mine in layers[layers["note"] != ""].groupby("note", sort=False):
        names = ", ".join(mine["name"].head(3)) + (f" and {len(mine) - 3} more" if len(mine) > 3 else "")
        st.warning(f"{label(names, longest=300)}: {label(str(note), longest=300)}.", icon=":material/info:")


def table(layers: pd.DataFrame) -> None:
    """Draw every layer with its numbers."""
    shown = layers.assign(sparsity=100 * layers["sparsity"], shape=layers["n_out"].astype(str) + " × " + layers["n_in"].astype(str))
    columns = ["name", "shape", "sparsity", "error", "bits", "seconds"]
    st.dataframe(
        guarded_frame(shown[[name for name in columns if shown[name].notna().any()]]),
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn("Layer", width="large"),
            "shape": st.column_config.TextColumn("Out × in"),
            "sparsity": st.column_config.NumberColumn("Sparsity", format="%.2f%%"),
            "error": st.column_config.NumberColumn("Output error", format="%.4f"),
            "bits": st.column_config.NumberColumn("Bits a weight", format="%.3f"),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.3f"),
        },
    )


page = open_page("Layers")
if page.model is None:
    st.title("What happened to each layer")
    st.info("Once a model is compressed, its layers stand here: sparsity, output error, bits. Start one on the Run page.")
    st.page_link("pages/run.py", label="Open the Run page", icon=":material/play_circle:")
elif page.b is None or page.b.method == "dense":
    st.info("Choose a compressed recipe as B in the sidebar: the dense model's layers are as they were.", icon=":material/layers:")
else:
    page_of(page, page.b)

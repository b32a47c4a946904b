"""The form of recipes on the Run page: a grid of methods by steps, and what holds for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from llmkick_core.calibration_plan import AUTO, USUAL, Wanted
from llmkick_core.catalog import METHODS, Method
from llmkick_core.schema import Calibration, Recipe
from pages import _words
from pages._text import dot, escape

SPARSITIES = tuple(step / 10 for step in range(1, 9))
STRUCTURES = ("2:4", "4:8", "1:2")
BITS = (8, 4, 3, 2)
PRESETS = {
    "Quick look": {"magnitude": ["30%", "50%", "70%"], "wanda": ["30%", "50%", "70%", "2:4"], "int8": ["8 bit"], "rtn": ["4 bit"]},
    "Every step": {"magnitude": [f"{s:.0%}" for s in SPARSITIES], "wanda": [f"{s:.0%}" for s in SPARSITIES]},
    "None": {},
}
Order = Literal["layer", "block"]


def pick_recipes(usual: Calibration) -> tuple[list[Recipe], Wanted]:
    """Return the recipes chosen in the grid of methods by sparsities, structures and bits, dense first, and what is asked of their calibration."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Start from", width="content")
        for name in PRESETS:
            st.button(name, key=f"preset_{name}", on_click=preset, args=(name,), type="tertiary")
    picked: list[tuple[Method, dict[str, Any]]] = []
    for method in sorted(METHODS.values(), key=lambda method: ("sparsity" not in method.takes, method.name == "random", method.name)):
        titles = steps_of(method)
        name, grid = st.columns([2, 13], vertical_alignment="center", gap="xsmall")
        name.html(f'<div class="kick-name" title="{escape(method.help)}">{dot(method.name)}{_words.method_title(method.name)}</div>')
        chosen = grid.pills(
            method.title,
            list(titles),
            selection_mode="multi",
            key=f"grid_{method.name}",
            label_visibility="collapsed",
            persist_state="session",
            wrap=True,
        )
        picked += [(method, titles[title]) for title in chosen]
    details = advanced(usual)
    return [Recipe(), *(details.apply(method, step) for method, step in picked)], details.calibration


@dataclass(frozen=True, kw_only=True)
class Details:
    """What the expander says about every recipe of the grid that it concerns."""

    calibration: Wanted
    """Text for the methods that look at activations."""
    order: Order
    """What they are calibrated behind."""
    quantizer: str | None
    """What quantizes after the methods that prune; None for nothing."""
    bits: int | None
    """Its bits."""
    group_size: int | None
    """Inputs that share a scale; None is one scale a row."""
    is_symmetric: bool
    """Whether grids have no zero point."""
    has_activation_order: bool
    """GPTQ only."""

    def apply(self, method: Method, step: dict[str, Any]) -> Recipe:
        """Return the recipe of one cell of the grid."""
        quantizer = METHODS[self.quantizer] if self.quantizer and method.prunes else None
        takes = method.takes | (quantizer.takes if quantizer else frozenset())
        fields = {"bits": self.bits} if quantizer and "bits" in quantizer.requires else {}
        return Recipe(
            **{
                "method": method.name,
                "order": self.order,
                "quantizer": quantizer.name if quantizer else None,
                "group_size": self.group_size if "group_size" in takes else None,
                "is_symmetric": self.is_symmetric or "is_symmetric" not in takes,
                "has_activation_order": self.has_activation_order and "has_activation_order" in takes,
                **fields,
                **step,
            }
        )


def steps_of(method: Method) -> dict[str, dict[str, Any]]:
    """Return what the grid offers for a method: {title: fields of the recipe}."""
    titles: dict[str, dict[str, Any]] = {}
    if "sparsity" in method.takes:
        titles |= {f"{sparsity:.0%}": {"sparsity": sparsity} for sparsity in SPARSITIES}
    if "structure" in method.takes:
        titles |= {structure: {"structure": structure} for structure in STRUCTURES}
    if "bits" in method.takes:
        offered = (method.default_bits,) if method.default_bits and not method.requires else BITS
        titles |= {f"{bits} bit": {"bits": bits} for bits in offered}
    return titles


def preset(name: str) -> None:
    """Fill the grid."""
    for method in METHODS:
        st.session_state[f"grid_{method}"] = [title for title in PRESETS[name].get(method, []) if title in steps_of(METHODS[method])]


TEXTS = [AUTO, "bundled", "c4", "wikitext2"]
TEXT_TITLES = {AUTO: "auto: C4, else bundled"}
ORDERS: dict[Order, str] = {"layer": "compressed layers", "block": "the dense block"}
GRIDS = {True: "symmetric", False: "with zero points"}


def advanced(usual: Calibration) -> Details:
    """Return the calibration, and how weights are quantized; `usual` is where it starts."""
    with st.expander("Calibration, order and quantization"):
        one, two, three, four = st.columns(4)
        source = one.selectbox(
            "Text",
            TEXTS,
            accept_new_options=True,
            key="cal_source",
            persist_state="session",
            format_func=lambda word: TEXT_TITLES.get(word, word),
            help="auto: C4 where it is on this machine or the hub can be reached, else the bundled text; bundled models use the bundled text.",
        )
        n_samples = two.number_input("Sequences", 1, 4096, usual.n_samples, key=f"cal_samples_{usual.n_samples}", persist_state="session")
        seq_len = three.number_input("Tokens each", 8, 32768, usual.seq_len, key=f"cal_len_{usual.seq_len}", persist_state="session")
        order = four.selectbox(
            "Calibrate behind",
            list(ORDERS),
            format_func=ORDERS.get,
            key="cal_order",
            persist_state="session",
            help="Each layer on what the compressed layers before it give (one pass), or all layers of a block on what the dense block gives, as the "
            "papers' code does.",
        )
        st.caption("Only methods that look at activations use the text: magnitude, random and RTN do not.")
        one, two, three, four = st.columns(4)
        quantizers = {name: _words.method_title(name) for name, method in METHODS.items() if not method.prunes}
        quantizer = one.selectbox(
            "After pruning",
            ["", *quantizers],
            format_func=lambda name: quantizers.get(name, "Nothing"),
            key="cal_quantizer",
            persist_state="session",
            help="Quantizes what every pruning recipe above leaves; its zeros stay zeros.",
        )
        bits = two.selectbox(
            "in bits", BITS, index=1, key="cal_bits", persist_state="session", disabled=not quantizer or quantizer == "int8"
        )
        group_size = three.selectbox(
            "Quantization groups",
            [64, 128, 0],
            format_func=lambda n: f"of {n}" if n else "one a row",
            key="cal_group",
            persist_state="session",
        )
        is_symmetric = four.selectbox("Grid", list(GRIDS), format_func=GRIDS.get, key="cal_grid", persist_state="session")
        has_order = st.checkbox(
            "GPTQ rounds the columns with the largest inputs first (activation order)", key="cal_act", persist_state="session"
        )
    return Details(
        calibration=Wanted(
            source=next((word for word, shown in TEXT_TITLES.items() if source == shown), str(source or AUTO)),
            n_samples=None if int(n_samples) == USUAL.n_samples else int(n_samples),
            seq_len=None if int(seq_len) == USUAL.seq_len else int(seq_len),
        ),
        order=order or "layer",
        quantizer=quantizer or None,
        bits=int(bits or 4),
        group_size=int(group_size or 0) or None,
        is_symmetric=is_symmetric is not False,
        has_activation_order=bool(has_order),
    )

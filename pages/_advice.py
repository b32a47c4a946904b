"""A note above results whose dense answers are of no use: the model was asked in a way it was not made for."""

from __future__ import annotations

import streamlit as st

from llmkick_core.store.asking import asking_advice
from pages._shared import Page
from pages._text import label


def draw(page: Page) -> None:
    """Draw the note of the comparison in sight; nothing where its dense answers are usable."""
    dense = page.comparisons.loc[page.comparisons["comparison_id"] == page.comparison_id, "dense_run_id"]
    told = asking_advice(page.db).get(str(dense.iloc[0])) if len(dense) else None
    if told:
        st.warning(label(told, longest=400), icon=":material/tips_and_updates:")

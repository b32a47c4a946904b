"""Notes above results: dense answers that are of no use, and scores of different versions of a rule."""

from __future__ import annotations

import streamlit as st

from llmkick_core.store.asking import asking_advice
from llmkick_core.store.overview import MIXED
from pages import _words
from pages._shared import Page
from pages._text import label


def draw(page: Page) -> None:
    """Draw the notes of the comparison in sight; nothing where its dense answers are usable and all scores are of one version."""
    dense = page.comparisons.loc[page.comparisons["comparison_id"] == page.comparison_id, "dense_run_id"]
    told = asking_advice(page.db).get(str(dense.iloc[0])) if len(dense) else None
    if told:
        st.warning(label(told, longest=400), icon=":material/tips_and_updates:")
    mine = page.runs[page.runs["comparison_id"] == page.comparison_id]
    if mine["is_mixed"].any():
        st.caption(f":orange[{label(f'{_words.task_title(str(page.task))}: {MIXED}')}]")

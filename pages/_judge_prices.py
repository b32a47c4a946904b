"""The table of prices on the Judge page: what a million tokens of each judge cost, as this store says."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.prices import BUNDLED, FILE, is_own_table, read_prices, write_prices
from llmkick_core.store.opener import exists
from pages._shared import Page, error_box
from pages._text import visible

COLUMNS = {
    "model": st.column_config.TextColumn(
        "Model", help="As its server calls it; a dated version costs what its model does.", required=True, max_chars=200
    ),
    "input": st.column_config.NumberColumn("Prompts, $ a million tokens", min_value=0.0, format="%.4g", required=True),
    "output": st.column_config.NumberColumn("Replies, $ a million tokens", min_value=0.0, format="%.4g", required=True),
    "source": st.column_config.TextColumn("From", max_chars=300),
}

SAVED = "judge_prices_saved"


def draw(page: Page) -> None:
    """Draw the table, folded, and save what was changed on request."""
    with st.expander("Prices", icon=":material/payments:", key="judge_prices", on_change="rerun") as box:
        if not box.open:
            return
        own = page.services.executor.store / FILE
        try:
            known = read_prices(BUNDLED) | (read_prices(own) if exists(own) else {})
            is_own = is_own_table(page.services.executor.store)
        except LlmkickError as error:
            error_box(error, title="The prices cannot be read")
            return
        st.caption(
            "Prices change; check them with whoever runs the judge. On a server of this machine a model that no row names costs nothing. What you save here goes for this store; what is not in it is as the project has it."
        )
        if not is_own:
            st.warning(
                "This store brought prices along that were not saved here. They are not used before you have checked and saved them.",
                icon=":material/front_hand:",
            )
        rows = pd.DataFrame(
            [
                {"model": visible(model), "input": price.input, "output": price.output, "source": visible(price.source)}
                for model, price in known.items()
            ],
            columns=list(COLUMNS),
        )
        edited = st.data_editor(rows, num_rows="dynamic", hide_index=True, key="judge_price_table", column_config=COLUMNS, height=260)
        if st.button("Save prices", key="judge_price_save", icon=":material/save:", disabled=is_own and edited.equals(rows)):
            try:
                write_prices(page.services.executor.store, edited.to_dict("records"))
            except LlmkickError as error:
                error_box(error, title="The prices were not saved")
            else:
                st.session_state[SAVED] = True
                st.rerun()  # with what was saved in the table: an edit of the one before would be lost
        if st.session_state.pop(SAVED, False):
            st.caption("Saved for this store.")

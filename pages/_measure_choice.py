"""The measure by which answers are told: the control in the sidebar, where a task has several, and the word of the link (`measure=f1`)."""

from __future__ import annotations

import streamlit as st

from llmkick_core.store import queries
from llmkick_core.store.database import Database
from pages._links import choose


def asked(db: Database, comparison_id: str) -> str | None:
    """Return the measure that the link or this session asks for; None is the usual one, which the link does not name."""
    there = queries.measures_of(db, comparison_id)
    kept, last = (st.session_state.get(name) for name in ("kept_measure", "last_measure"))
    word = str(st.query_params.get("measure") or (kept if last in (None, kept) else "") or "")  # else the usual one was chosen just now
    return word if word and not (there and word == there[0].name) else None


def choose_measure(db: Database, comparison_id: str) -> str | None:
    """Return the measure after drawing its control, where answers can be told by several; where not, what other tasks are told by."""
    there = queries.measures_of(db, comparison_id)
    wanted = asked(db, comparison_id)
    titles = {measure.name: measure.heading for measure in there}
    if wanted in titles or (wanted and len(there) < 2):
        st.query_params["measure"] = wanted
    if len(there) > 1:
        told = choose("Measure", titles, "measure", lasting=False, help="What stands for the task; every answer is scored by all of them.")
        wanted = told if told != there[0].name else None
    st.session_state["kept_measure"] = wanted
    return wanted

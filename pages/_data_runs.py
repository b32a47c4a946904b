"""Where every run comes from, as the Data page shows it: a table of all, and everything about the one that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from llmkick_core.schema import UNKNOWN
from llmkick_core.store.formats import guarded_frame
from llmkick_core.store.provenance import FACT_COLUMNS, provenance
from pages import _exports, _words
from pages._data_store import when
from pages._shared import Page
from pages._text import escape, label

FACTS = {
    "chat_template": "Chat template",
    "device": "Device",
    "dtype": "Number format",
    "torch": "torch",
    "transformers": "transformers",
}
"""Titles of what is known of how a model was asked."""

SPEC = {
    "run_id": "Run",
    "model": "Model",
    "model_revision": "Weights (fingerprint or commit)",
    "recipe": "Recipe",
    "task": "Task",
    "task_version": "Version of the task",
    "dataset": "Data set",
    "dataset_revision": "Data (fingerprint or commit)",
    "formulation": "Format",
    "k_shot": "Few-shot examples",
    "prompt": "Prompts",
    "template_date": "Template date",
    "limit": "Questions at most",
    "temperature": "Temperature",
    "seed": "Seed of the tokens drawn",
    "comparison_id": "Comparison",
    "compression_id": "Compression",
    "sample_set": "Questions (digest)",
}
"""Titles of what a run was asked for."""

CALIBRATION = {"source": "text", "revision": "content", "n_samples": "sequences", "seq_len": "tokens each", "seed": "seed"}
"""What of a calibration is told, with its words."""


def draw(page: Page) -> None:
    """Draw all runs, and the one in sight."""
    found = provenance(page.db)
    if not found:
        st.info("No run yet. Start one on the Run page: what determines it is listed here.", icon=":material/list_alt:")
        st.page_link("pages/run.py", label="Open the Run page", icon=":material/play_circle:")
        return
    ids = [row["run_id"] for row in found]
    shown = st.query_params.get("run", "")
    at = ids.index(shown) if shown in ids else None
    st.caption(f"{_words.many(len(ids), 'run')}. Choose a row to see everything that determines it; the head of a column sorts.")
    st.dataframe(
        guarded_frame(table(page, found)),
        key="data_runs",
        on_select=lambda: pick(ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}} if at is not None else None,
        hide_index=True,
        height=420,
        alt="All runs of the store and where they come from",
        column_config={
            "Answers": st.column_config.NumberColumn(format="localized"),
            "When": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    if shown and at is None:
        st.warning(f"The link asks for run {label(shown)}, which this store does not have.")
    elif at is not None:
        one(page, found[at])


def table(page: Page, found: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return all runs with what tells them apart."""
    rows = []
    for run in found:
        status = page.statuses.get(run["run_id"])
        state = "" if status is None else "done" if status.state == "done" else _words.STATES[status.state][1]
        rows.append(
            {
                "Recipe": _words.recipe_title(run["recipe"], run["facts"].get("source_format", "")),
                "Task": _words.task_title(run["task"]),
                "Answers": run["n_answers"],
                "State": state,
                "When": pd.Timestamp(datetime.fromtimestamp(status.updated_at)) if status is not None and status.updated_at else pd.NaT,
                "Model": run["model"],
                "Weights": run["model_revision"][:12],
                "Data set": Path(run["dataset"]).name,
                "Data": run["dataset_revision"][:12],
                "Task version": run["task_version"],
                "Calibration": calibration(run),
                **{FACTS[name]: run["facts"].get(name, "") for name in FACT_COLUMNS},
                "Run": run["run_id"],
            }
        )
    return pd.DataFrame(rows)


def pick(ids: Sequence[str]) -> None:
    """Put the run of the row that was chosen into the link."""
    rows = st.session_state["data_runs"].selection.rows
    if rows and rows[0] < len(ids):
        st.query_params["run"] = ids[rows[0]]
    else:
        st.query_params.pop("run", None)


def one(page: Page, run: dict[str, Any]) -> None:
    """Draw everything that determines a run, and what can be done with it."""
    title = f"{_words.recipe_title(run['recipe'], run['facts'].get('source_format', ''))} · {_words.task_title(run['task'])}"
    st.html(f'<div class="kick-question">{escape(title)}</div>')
    status = page.statuses.get(run["run_id"])
    rows = {words: run[name] for name, words in SPEC.items()}
    rows |= {"Calibration": calibration(run), "Order of compression": order(run)}
    rows |= {FACTS.get(name, name.replace("_", " ")): value for name, value in run["facts"].items()}
    rows["Answered"] = f"{_words.many(run['n_questions'], 'question')}, {_words.many(run['n_answers'], 'answer')}"
    if status is not None:
        rows |= {"Asked for": when(status.submitted_at), "Last written": when(status.updated_at), "State": _words.partial(status) or "done"}
    body = "".join(
        f'<tr><td class="kick-name kick-muted">{escape(name)}</td><td>{escape(str(value))}</td></tr>'
        for name, value in rows.items()
        if value not in (None, "")
    )
    st.html(f'<table class="kick-table">{body}</table>')
    with st.container(horizontal=True, vertical_alignment="center"):
        if run["run_id"] in page.all_sides and run["n_answers"]:
            words = page.link(run)
            st.link_button("Its questions", f"compare?{urlencode(words)}", icon=":material/compare_arrows:", on_click="ignore")
    if run["n_answers"]:
        st.caption("All its answers:")
        _exports.answers(page, [run["run_id"]], f"{run['task']}-{run['recipe']}", key="export_run")


def calibration(run: dict[str, Any]) -> str:
    """Return the text that a recipe was calibrated on; empty for dense."""
    if run["recipe"] == "dense":
        return ""
    found = run["spec"]["recipe"].get("calibration", {})
    if found.get("source") == UNKNOWN:
        return "not known"
    return ", ".join(f"{words} {found[name]}" for name, words in CALIBRATION.items() if found.get(name) not in (None, ""))


def order(run: dict[str, Any]) -> str:
    """Return in which order a recipe's layers were compressed; empty for dense, and where nobody told."""
    recipe = run["spec"]["recipe"]
    return "" if run["recipe"] == "dense" or calibration(run) == "not known" else str(recipe.get("order", ""))

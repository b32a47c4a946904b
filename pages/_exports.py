"""Taking results along: downloads of a pair's questions, of whole runs and of all scores, made when they are asked for."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from llmkick_core.report_html.write import write_report
from llmkick_core.store import queries
from llmkick_core.store.export import answers_export, overview_export, pair_export
from llmkick_core.store.export_judgments import judgments_export
from llmkick_core.store.formats import FORMATS, Export, write
from llmkick_core.store.pairs import Sort
from pages import _words
from pages._links import Side
from pages._shared import Page
from pages._text import label

TITLES = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSONL"}
ABOUT = "CSV for spreadsheets; Parquet and JSONL keep every text exactly, Parquet with the provenance in its metadata."


def draw(page: Page, a: Side, b: Side, wanted: queries.Filter, *, sort: Sort) -> None:
    """Draw a button that opens the downloads of what a pair's list shows."""
    with st.popover("Export", icon=":material/download:"):
        pair(page, a, b, wanted, sort=sort)


def pair(page: Page, a: Side, b: Side, wanted: queries.Filter, *, sort: Sort = "damage", key: str = "export") -> None:
    """Draw the downloads of the questions of a pair that a filter lets through, and of the report to send to someone."""
    n = len(queries.pair_ids(page.db, a.run_id, b.run_id, scorer=page.scorer, measure=page.measure, wanted=wanted, sort=sort))
    narrowed = "filtered" if wanted.without_outcome() != queries.EVERYTHING else ""
    name = named(page.task or "", a.key, b.key, wanted.outcome or "", narrowed, page.scorer if page.scorer != "corrected" else "")
    if not n:
        st.caption("No question is like that: there is nothing to take along. Take back a filter.")
        return
    st.caption(f"{_words.many(n, 'question')} as listed, with both answers, verdicts by both scorings, probabilities, tags and notes.")
    has_prompts = st.toggle("Prompts and evidence too", key=f"{key}_prompts", help="They are long, and the same for every recipe.")
    downloads(
        lambda: pair_export(
            page.db, a.run_id, b.run_id, scorer=page.scorer, measure=page.measure, wanted=wanted, sort=sort, has_prompts=has_prompts
        ),
        name,
        key=key,
    )
    st.download_button(
        "Report as one HTML file",
        data=filled(lambda out: write_report(page.db, a.run_id, b.run_id, out, scorer=page.scorer, measure=page.measure, wanted=wanted)),
        file_name=f"{name}.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        key=f"{key}_html",
        help="To send to someone: the numbers, the subjects and the questions that changed, in a file that any browser opens without a network.",
    )
    st.caption(ABOUT)
    with st.expander("On the command line"):
        st.caption("It works while the app is open too.")
        st.code(command(page, a, b, wanted, sort=sort, has_prompts=has_prompts), language="bash", wrap_lines=True)


def answers(page: Page, run_ids: Sequence[str], name: str, *, key: str) -> None:
    """Draw the downloads of all answers of some runs."""
    downloads(lambda: answers_export(page.db, run_ids), named(name, "answers"), key=key)


def overview(page: Page) -> None:
    """Draw the downloads of the scores of all runs of the store."""
    downloads(lambda: overview_export(page.db), "runs", key="export_runs")


def judgments(page: Page, judging_ids: Sequence[str], name: str) -> None:
    """Draw the downloads of some judgings, a row a judgment, and the command that writes those of the whole store."""
    with st.expander("Take the judgments along", icon=":material/download:"):
        downloads(lambda: judgments_export(page.db, judging_ids), named(name), key="export_judgments")
        st.caption("A row a judgment: the answer, the scores, the judge's words. All judgments of the store, from a terminal:")
        st.code(
            f"python -m llmkick_core export --judgments --store {shlex.quote(str(page.db.store))} --out FILE.parquet",
            language=None,
            wrap_lines=True,
        )


def downloads(make: Callable[[], Export], name: str, *, key: str) -> None:
    """Draw a button for each format of a table, which is made when its button is pressed."""
    with st.container(horizontal=True, gap="small"):
        for form, title in TITLES.items():
            st.download_button(
                title,
                data=filled(lambda out, form=form: write(make(), out, form)),  # type: ignore[misc]
                file_name=f"{name}.{form}",
                mime=FORMATS[form],
                icon=":material/download:",
                on_click="ignore",
                key=f"{key}_{form}",
            )


def filled(fill: Callable[[Any], object]) -> Callable[[], bytes]:
    """Return a function that makes the content of a file."""

    def made() -> bytes:
        out = io.BytesIO()
        fill(out)
        return out.getvalue()

    return made


def named(*words: str) -> str:
    """Return a file name of some words, without what a file system might not take."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(word for word in words if word)).strip("-.") or "results"


def command(page: Page, a: Side, b: Side, wanted: queries.Filter, *, sort: Sort = "damage", has_prompts: bool = False) -> str:
    """Return the command line that writes the same table, the same rows in the same order."""
    shown = None if wanted.shown is None else "yes" if wanted.shown else "no"
    asked = [("scorer", page.scorer if page.scorer != "corrected" else None), ("shown", shown)]
    asked += [(name, getattr(wanted, name)) for name in ("outcome", "subject", "category", "kind", "search", "rescue", "tag")]
    asked += [("where", queries.write_ranges([one])) for one in wanted.ranges]
    words = ["python -m llmkick_core export", f"--run {a.run_id} --against {b.run_id}"]
    words += [f"--{name} {shlex.quote(value)}" for name, value in asked if value]
    words += [f"--sort {sort}", *(["--prompts"] if has_prompts else [])]
    return " ".join([*words, f"--store {shlex.quote(str(page.db.store))}", "--out FILE.parquet"])


def said(page: Page, a: Side, b: Side) -> str:
    """Return which pair it is."""
    return label(f"{_words.task_title(page.task or '')}: {a.title} against {b.title}", longest=200)

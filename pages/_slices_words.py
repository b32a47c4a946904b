"""What the Slices page says: names of slices, the answer in one sentence, and the link to the questions behind a number."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from llmkick_core.stats.multiple import LEVEL
from llmkick_core.store import queries
from llmkick_core.store.filters import Filter, write_ranges
from llmkick_core.store.formats import guarded
from llmkick_core.store.queries import LEAST, Slice, SliceSummary, SliceTable
from pages import _words
from pages._links import Side
from pages._shared import Page

WAYS = {
    "subject": "Subject",
    "category": "Category",
    "length": "Question length",
    "evidence": "Evidence",
    "asked": "Shots, prompts and format",
}
"""What questions are sliced by, as the control names it."""

NOUNS = {
    "subject": ("subject", "subjects"),
    "category": ("category", "categories"),
    "length": ("length", "lengths"),
    "evidence": ("kind of evidence", "kinds of evidence"),
    "asked": ("way to ask", "ways to ask"),
}
"""One slice and several of them, in a sentence."""

WITHOUT = {"subject": "a subject", "category": "a category", "length": "a length", "evidence": "evidence", "asked": "a way"}
"""What a question lacks that is in no slice."""

RATE = f"{LEVEL:.0%} false discovery rate"


def slice_title(page: Page, by: str, key: str) -> str:
    """Return the name of a slice as people read it."""
    if by == "length":
        low, high = key.split("..")
        return f"{low} words" if low == high else f"{low}\u2013{high} words"
    if by == "evidence":
        return "an answer in the evidence" if key == "yes" else "no answer in the evidence"
    if by == "asked":
        row = page.comparisons.set_index("comparison_id").loc[key]
        formulation = f"{row['formulation']}, " if isinstance(row["formulation"], str) else ""
        form = f", {row['prompt']} prompts" if _words.is_unusual_form(row["task"], row["prompt"]) else ""
        return f"{formulation}{row['k_shot']}-shot{form}"
    return key.replace("_", " ")


def titles_of(page: Page, table: SliceTable) -> dict[str, str]:
    """Return the name of each slice of a table, by its key; ways to ask that share a name are told apart by their data."""
    titles = {one.key: slice_title(page, table.by, one.key) for one in table.slices}
    if table.by == "asked":
        told = {key: queries.measure_of(page.db, key, page.measure).heading for key in titles}
        titles = {key: f"{title}, {_words.lowered(told[key])}" if len(set(told.values())) > 1 else title for key, title in titles.items()}
    shared = {title for title in titles.values() if list(titles.values()).count(title) > 1}
    return {key: page.comparison_titles.get(key, title) if title in shared else title for key, title in titles.items()}


def sentence(summary: SliceSummary, title: str, by: str, worst: str) -> str:
    """Return the answer of the page: how many slices lost more than chance allows, and the one that lost most.

    Args:
        summary: of the recipe in sight.
        title: the recipe.
        by: what is sliced by.
        worst: name of the slice that lost most.
    """
    one, several = NOUNS[by]
    if not summary.n_told or summary.worst is None:
        if not summary.n_small:
            return f"{title}: no question of any {one} has a verdict yet."
        noun = f"the one {one} has" if summary.n_small == 1 else f"none of the {summary.n_small} {several} has"
        return f"{title}: {noun} {LEAST} questions or more, too few to tell what each lost."
    noun = one if summary.n_told == 1 else several
    whole = "both" if summary.n_told == 2 else f"all {summary.n_told}"
    of = whole if summary.n_lost == summary.n_told else f"{summary.n_lost} of {summary.n_told}"
    count = f"{of} {noun}" if summary.n_lost else f"none of the {summary.n_told} {noun}"
    if summary.n_told == 1:
        count = f"the one {one}" if summary.n_lost else f"the one {one} has not"
    gained = f", {summary.n_gained} gained" if summary.n_gained else ""
    lost = "lost more than chance allows"
    said = f"At {title}, {count} {lost} ({RATE}){gained}"
    if gain(summary.worst) >= 0:
        return f"{said}."
    return f"{said}; {'worst' if summary.n_lost else 'largest loss'}: {worst} {points(summary.worst)}."


def gain(cell: Mapping[str, Any]) -> float:
    """Return a difference so that a loss is below 0, whichever way is better."""
    return float(cell["delta"] if cell.get("higher_is_better", True) else -cell["delta"])


def moved(cell: Mapping[str, Any], end: str, *, decimals: int = 1) -> str:
    """Return a difference, or an end of its interval: in points where it is of shares, else as it is."""
    return _words.signed(cell[end] * 100, decimals=decimals) if cell.get("is_share", True) else _words.signed(cell[end], decimals=2)


def points(cell: Mapping[str, Any]) -> str:
    """Return a difference with its interval: `−41.0 points (95% interval −54.1 to −27.2, n = 60)`."""
    return f"{moved(cell, 'delta')}{' points' if cell.get('is_share', True) else ''} ({span(cell)}, {count_words(cell)})"


def span(cell: Mapping[str, Any]) -> str:
    """Return the interval of a difference in words."""
    if cell["low"] != cell["low"]:
        return "no interval"
    return f"95% interval {moved(cell, 'low')} to {moved(cell, 'high')}"


def count_words(cell: Mapping[str, Any]) -> str:
    """Return how many questions, and facts where they are fewer."""
    facts = f" on {_words.many(int(cell['n_facts']), 'fact')}" if cell["n_facts"] < cell["n"] else ""
    return f"n = {int(cell['n']):,}{facts}"


def strength(cell: Mapping[str, Any]) -> str:
    """Return whether a difference survives, in a word or two."""
    if not cell["is_told"]:
        return f"fewer than {LEAST} questions"
    if not cell["survives"]:
        return "may be chance"
    return "lost" if gain(cell) < 0 else "gained"


def small_p(value: float) -> str:
    """Return a p-value or a false discovery rate: three decimals, `< 0.001` below."""
    return _words.NONE if value != value else "< 0.001" if value < 0.001 else f"{value:.3f}"


def query_of(wanted: Filter) -> dict[str, str]:
    """Return what Compare's link says for a filter: `subject=..`, `category=..`, `shown=yes`, `rescue=regained`, `where=n_words:5..7`."""
    query = {name: value for name in ("subject", "category", "rescue") if (value := getattr(wanted, name)) is not None}
    if wanted.shown is not None:
        query["shown"] = "yes" if wanted.shown else "no"
    return query | ({"where": write_ranges(wanted.ranges)} if wanted.ranges else {})


def link(page: Page, cell: Mapping[str, Any], one: Slice) -> dict[str, str]:
    """Return the query that opens Compare on the questions of a cell."""
    return compare_query(page, str(cell["comparison_id"]), str(cell["a_run_id"]), str(cell["run_id"]), one.wanted)


def compare_query(page: Page, comparison: str, a_run: str, run: str, wanted: Filter) -> dict[str, str]:
    """Return the query that opens Compare on some questions of two runs."""
    row = {"comparison_id": comparison, "run_id": run}
    return page.link(row, a=page.all_sides[a_run].key, **query_of(wanted))


def step_title(side: Side, *, is_one_method: bool) -> str:
    """Return the title of a column: the recipe, without its method where all columns are of one."""
    method = _words.method_title(side.method)
    return side.title.removeprefix(method).strip() or side.title if is_one_method else side.title


def table_csv(table: SliceTable, titles: Mapping[str, str], recipes: Mapping[str, str]) -> str:
    """Return every cell of a table as CSV; shares and differences as shares, 0-1.

    Args:
        table: the cells.
        titles: name of each slice.
        recipes: label of each column's recipe, by its run.
    """
    names = [
        "n",
        "n_facts",
        "n_unscored",
        "dense_share",
        "compressed_share",
        "delta",
        "low",
        "high",
        "broke",
        "fixed",
        "p_value",
        "q_value",
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["by", "slice", "recipe", *names, "survives"])
    for cell in table.cells.to_dict("records"):
        said = ["" if pd.isna(cell[name]) else cell[name] for name in names]
        writer.writerow([table.by, guarded(titles[cell["slice"]]), recipes[cell["column"]], *said, cell["survives"]])
    return stream.getvalue()

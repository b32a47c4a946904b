"""Which recipes are the steps of a ladder, which stand beside it, and how its numbers are said.

    wanda     dense | 30% 50% 70% | 2:4, 50% + GPTQ 4 bit, int8

`method=wanda` stands in the URL; with a piece of its calibration's id where a method was run with several, `method=wanda~3f2a1b`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from llmkick_core.store import queries
from llmkick_core.store.queries import Ladder, LadderCounts
from pages import _words
from pages._links import Side, tag_of
from pages._shared import Page

MOST_NAMED = 4
"""Steps that the sentence names."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One recipe of the comparison, whether it has answers or not."""

    run_id: str
    """Its run."""
    title: str
    """The recipe as people read it."""
    head: str
    """What stands above its column: `30%`, `2:4`, `RTN 4 bit`."""
    row: Mapping[str, Any]
    """method, recipe, sparsity, structure, bits, calibration, order."""
    side: Side | None
    """What the pages know it by; None while it has no answers."""
    partial: str
    """How much of it there is, where it is not done: `partial, 40 of 200 (running)`."""
    state: str
    """`done`, or where its run stands."""


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """The steps of one method under one calibration, from light to heavy."""

    key: str
    """What stands for it in the URL; empty where no recipe is a step."""
    title: str
    """The method as people read it, with what sets its calibration apart."""
    method: str
    """The method, which has a colour."""
    steps: tuple[Column, ...]
    """Its steps."""

    @property
    def is_step(self) -> set[str]:
        """Return the runs that are its steps."""
        return {step.run_id for step in self.steps}


def columns_of(page: Page) -> list[Column]:
    """Return every recipe of the comparison but dense, in recipe order, those without answers last."""
    found = []
    for side in page.sides.values():
        if side.method != "dense":
            status = page.statuses.get(side.run_id)
            state = status.state if status is not None else "done"
            found.append(_column(side.run_id, side.title, side.row, side, _words.partial(status), state))
    for spec, status in page.jobs:
        is_new = spec.comparison_id == page.comparison_id and spec.model == page.model and status.run_id not in page.all_sides
        if is_new and status.state != "done" and not spec.recipe.is_dense:
            recipe = spec.recipe
            row = {name: getattr(recipe, name) for name in ("method", "sparsity", "structure", "bits", "order")}
            row |= {"recipe": recipe.label, "calibration": recipe.to_dict()["calibration"]}
            found.append(_column(status.run_id, _words.recipe_title(recipe.label), row, None, _words.partial(status), status.state))
    return found


def _column(run_id: str, title: str, row: Mapping[str, Any], side: Side | None, partial: str, state: str) -> Column:
    head = title
    if queries.is_step(row):
        head = _words.percent(row["sparsity"], decimals=_decimals(row["sparsity"]))
    return Column(run_id=run_id, title=title, head=head, row=row, side=side, partial=partial, state=state)


def _decimals(share: float | None) -> int:
    return 0 if share is None or abs(100 * share - round(100 * share)) < 1e-6 else 1


def ladders_of(columns: Sequence[Column]) -> dict[str, Rungs]:
    """Return the ladders by what stands for them in the URL."""
    grouped: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        if queries.is_step(column.row):
            tag = tag_of(column.row["calibration"], column.row["order"])
            grouped.setdefault((column.row["method"], tag), []).append(column)
    several = [method for method, _ in grouped]
    found = {}
    for (method, tag), steps in grouped.items():
        is_one = several.count(method) == 1
        key, variant = method if is_one else f"{method}~{tag}", "" if is_one else _variant(steps, tag)
        steps.sort(key=lambda column: column.row["sparsity"])
        title = _words.method_title(method) + variant
        found[key] = Rungs(key=key, title=title, method=method, steps=tuple(steps))
    return dict(sorted(found.items()))


def _variant(steps: Sequence[Column], tag: str) -> str:
    words = next((step.side.row["variant"] for step in steps if step.side is not None and step.side.row.get("variant")), "")
    return f" · {words or tag}"


def read_method(word: str, ladders: Mapping[str, Rungs]) -> str | None:
    """Return the ladder that a word of a link means: `wanda`, or with a piece of its calibration's id; None where there is none."""
    method, _, piece = word.partition("~")
    for key, rungs in ladders.items():
        tags = (tag_of(step.row["calibration"], step.row["order"]) for step in rungs.steps)
        if rungs.method == method and (not piece or any(tag.startswith(piece) for tag in tags)):
            return key
    return None


def of_run(run_id: str, ladders: Mapping[str, Rungs]) -> str | None:
    """Return the ladder that a run is a step of; None where it is none."""
    return next((key for key, rungs in ladders.items() if run_id in rungs.is_step), None)


def beside(columns: Sequence[Column], rungs: Rungs, which: str) -> tuple[Column, ...]:
    """Return the recipes beside the steps: `all` that are no steps, `own` of the method, or `none`; the method's own first.

    Args:
        columns: from `columns_of`.
        rungs: the ladder.
        which: `all`, `own` or `none`.
    """
    if which == "none":
        return ()
    others = [column for column in columns if not queries.is_step(column.row)]
    own = [column for column in others if column.row["method"] == rungs.method]
    name = f"{_words.method_title(rungs.method)} "
    short = [replace(column, head=column.title.removeprefix(name)) for column in own]
    return tuple(short + [column for column in others if column not in own and which == "all"])


def noun_of(found: Ladder) -> str:
    """Return what a row of the curve is called."""
    return "fact" if found.has_facts else "question"


def sentence(rungs: Rungs, found: Ladder, counts: LadderCounts, curve: pd.DataFrame) -> str:
    """Return the answer of the page: how many of what dense knows live at which step, by when half are dead, how many came back.

    Args:
        rungs: the ladder.
        found: its facts.
        counts: of all of them.
        curve: queries.fact_curve of the comparison.
    """
    known = f"{_words.many(counts.n_known, noun_of(found))} dense {'knows' if found.has_facts else 'gets right'}"
    if not counts.n_known:
        return f"{rungs.title}: there is no {noun_of(found)} yet that dense {'knows' if found.has_facts else 'gets right'}, so none can be lost."
    if not rungs.steps:
        return f"Of {known}, none was asked of a model pruned step by step yet; below stand the other recipes."
    judged = [place for place, one in enumerate(counts.columns[1 : found.n_steps + 1]) if one.n]
    if not judged:
        return f"{rungs.title}: of {known}, none has a verdict at a sparser step yet."
    named = judged if len(judged) <= MOST_NAMED else [judged[round(i)] for i in np.linspace(0, len(judged) - 1, MOST_NAMED)]
    words = []
    for place in named:
        one = counts.columns[place + 1]
        of = "" if one.n == counts.n_known else f" of {one.n:,}"
        words.append(f"{one.n_left:,}{of}{' live' if not words else ''} at {rungs.steps[place].head}")
    n_back = counts.fates["back"]
    back = f"{n_back:,} came back" if n_back else "none came back"
    return f"{rungs.title}: of {known}, {', '.join(words)}; {half(rungs, curve)}; {back}."


def half(rungs: Rungs, curve: pd.DataFrame) -> str:
    """Return by when half are dead, with its interval: `half are dead by 50% (95% interval 50% to 60%)`."""
    row = median_of(rungs, curve)
    last = last_judged(rungs, curve)
    if row is None or pd.isna(row["median_lifetime"]):
        low = None if row is None or pd.isna(row["median_low"]) else row["median_low"]
        return f"more than half outlive {last}" + ("" if low is None else f" (95% interval of the median from {_step(low)})")
    return f"half are dead by {_step(row['median_lifetime'])} ({interval(row)})"


def interval(row: Mapping[str, Any]) -> str:
    """Return the interval of a median lifetime: `95% interval 50% to 60%`."""
    low, high = row["median_low"], row["median_high"]
    if low == high:
        return "95% interval within that step"
    return f"95% interval {_step(low)} to {'beyond the last step' if pd.isna(high) else _step(high)}"


def median_of(rungs: Rungs, curve: pd.DataFrame) -> dict[str, Any] | None:
    """Return a row of `curve` that has the median of a ladder; None where none of its steps has answers."""
    mine = curve[curve["run_id"].isin(rungs.is_step)]
    return mine.iloc[0].to_dict() if len(mine) else None


def last_judged(rungs: Rungs, curve: pd.DataFrame) -> str:
    """Return the head of the heaviest step of a ladder that has verdicts; the first step where none has."""
    judged = set(curve[curve["n"] > 0]["run_id"])
    return next((step.head for step in reversed(rungs.steps) if step.run_id in judged), rungs.steps[0].head)


def _step(sparsity: float) -> str:
    return _words.percent(sparsity, decimals=_decimals(sparsity))

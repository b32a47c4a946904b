"""What stands in the URL, and what it means: tasks and recipes as words, and the widget of a choice that a link restores.

    ?task=factoid_qa&b=wanda-50                       where a task was asked one way and a recipe run once
    ?task=perplexity~3f2a1b&b=wanda-50~9c01d2         where there are several: a piece of an id says which

A word with a piece of an id is understood even where the short one would do, so that a link keeps its meaning when more results come in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from llmkick_core.fingerprint import digest
from llmkick_core.schema import Recipe
from llmkick_core.store.overview import sampling_words
from llmkick_core.store.titles import told_apart
from pages import _words
from pages._text import label

_PIECE = 6
"""Characters of an id that tell it from others."""
_LONG_PIECE = 12
"""The same of all pairs of recipes."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One run of the pair."""

    key: str
    """What stands for it in the URL: `wanda-50`."""
    run_id: str
    """The run."""
    title: str
    """The recipe as people read it."""
    method: str
    """Its method, which has a colour."""
    row: dict[str, Any]
    """Its row of queries.run_overview."""


def with_variants(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with what sets calibrations apart: `variant` where methods were run with several, `told` where this very recipe was; else empty."""
    words = pd.Series("", index=runs.index, dtype=object)
    calibrated = runs[runs["calibration"].notna()]
    for _, mine in calibrated.groupby(calibrated["recipe"].map(_methods_of)):
        found = {how: rows.index for how, rows in mine.groupby(["calibration", "order"])}
        if len(found) > 1:
            parsed = {how: {**json.loads(how[0]), "order": how[1]} for how in found}
            for how, index in found.items():
                words[index] = _variant(parsed[how], list(parsed.values()))
    n_of = calibrated.assign(how=calibrated["calibration"] + calibrated["order"].fillna("")).groupby("recipe")["how"].nunique()
    return runs.assign(variant=words, told=words.where(runs["recipe"].map(n_of).fillna(1) > 1, ""))


def _methods_of(label: str) -> str:
    """Return the methods that a recipe's label names: `wanda+rtn` of `wanda-50+rtn-4bit`."""
    return "+".join(step.partition("-")[0] for step in label.split("+"))


def _variant(own: Mapping[str, Any], all_of_them: list[dict[str, Any]]) -> str:
    """Return what of a calibration is not the same in all of them."""
    names = {name for other in all_of_them for name in other}
    differs = {name for name in names if len({json.dumps(other.get(name)) for other in all_of_them}) > 1}
    words = []
    if "source" in differs:
        words.append(Path(str(own["source"])).name)
    if "revision" in differs and "source" not in differs:
        words.append(f"text {own['revision'][:_PIECE]}" if own.get("revision") else "text not pinned")
    if differs & {"n_samples", "seq_len"}:
        words.append(f"calibrated on {own['n_samples']} × {own['seq_len']} tokens")
    if "seed" in differs:
        words.append(f"seed {own['seed']}")
    if "order" in differs:
        words.append(f"by {own['order']}")
    return ", ".join(words)


def tag_of(calibration: Mapping[str, Any] | str | None, order: str | None) -> str:
    """Return what stands in the URL for how a recipe was calibrated, which a spec has as JSON; the same on every task, empty for dense."""
    if calibration is None:
        return ""
    plain = json.loads(calibration) if isinstance(calibration, str) else calibration
    return digest([plain, order])[:_PIECE]


def sides_of(runs: pd.DataFrame) -> dict[str, Side]:
    """Return the recipes of one comparison by what stands for them in the URL: the label, with what sets it apart where several share it.

    Args:
        runs: rows of queries.run_overview of one comparison, after `with_variants`.
    """
    n_of = runs["recipe"].value_counts()
    sides: dict[str, Side] = {}
    for row in runs.astype(object).where(runs.notna(), None).to_dict("records"):
        key = row["recipe"] if n_of[row["recipe"]] == 1 else f"{row['recipe']}~{tag_of(row['calibration'], row['order'])}"
        title = _words.recipe_title(row["recipe"], row.get("source_format") or "")
        title = f"{title} · {row['told']}" if row["told"] else title
        if key in sides:
            key = f"{row['recipe']}~{row['run_id'][:_PIECE]}"
            title = f"{title} ~{row['run_id'][:_PIECE]}"
        sides[key] = Side(key=key, run_id=row["run_id"], title=title, method=row["method"], row=row)
    return sides


def dense_title(sides: Mapping[str, Side]) -> str:
    """Return the title of the dense model among the recipes of a comparison: `Dense`, `Dense (Q4_1, dequantized)`."""
    return next((side.title for side in sides.values() if side.method == "dense"), _words.recipe_title("dense"))


def title_of(recipe: Recipe, known: Mapping[str, Side]) -> str:
    """Return a recipe's title as the matrix has it, also where it has answered nothing; `known` are the sides that have."""
    tag = tag_of(recipe.to_dict()["calibration"], recipe.order)
    for side in known.values():
        if side.row["recipe"] == recipe.label and (recipe.is_dense or tag_of(side.row["calibration"], side.row["order"]) == tag):
            return side.title
    return _words.recipe_title(recipe.label)


def read_side(word: str, sides: Mapping[str, Side]) -> str | None:
    """Return the recipe that a word of a link means: `wanda-50`, or with a piece of its calibration's or run's id; None where there is none."""
    name, _, piece = word.partition("~")
    for key, side in sides.items():
        ids = (tag_of(side.row["calibration"], side.row["order"]), side.run_id)
        if side.row["recipe"] == name and (not piece or any(one.startswith(piece) for one in ids)):
            return key
    return None


def pair_keys(sides: Mapping[str, Side]) -> dict[str, tuple[str, str]]:
    """Return every pair of recipes of a comparison, in their order, by a key that names neither."""
    return {digest(["pair", a.run_id, b.run_id])[:_LONG_PIECE]: (a.key, b.key) for a, b in combinations(sides.values(), 2)}


def task_keys(comparisons: pd.DataFrame) -> dict[str, str]:
    """Return what stands in the URL for each comparison: the task, with a piece of the id where it was asked in several ways."""
    n_of = comparisons["task"].value_counts()
    return {
        str(comparison): str(task) if n_of[task] == 1 else f"{task}~{comparison[:_PIECE]}"
        for comparison, task in zip(comparisons["comparison_id"], comparisons["task"], strict=True)
    }


def read_task(word: str, keys: Mapping[str, str]) -> str | None:
    """Return the task that a word of a link means; the task alone is its first comparison, a piece of an id any; None where there is none.

    Args:
        word: what the link says.
        keys: {comparison: what stands for it}, from `task_keys`.
    """
    name, _, piece = word.partition("~")
    return next((key for comparison, key in keys.items() if key.partition("~")[0] == name and comparison.startswith(piece)), None)


def task_titles(comparisons: pd.DataFrame, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the title of each comparison, with what tells it from others of its task, in the order of the groups."""
    n_of = comparisons["task"].value_counts()
    rows, titles = comparisons.to_dict("records"), []
    for row in rows:
        words = [_words.task_title(row["task"])]
        if pd.notna(row["formulation"]):
            words.append(str(row["formulation"]))
        if row["k_shot"]:
            words.append(f"{row['k_shot']}-shot")
        if _words.is_unusual_form(row["task"], row["prompt"]):
            words.append(f"{row['prompt']} prompts")
        if drawn := sampling_words(row):
            words.append(", ".join(drawn))
        if n_of[row["task"]] > 1:
            words.append(f"{asked_words(row)} of {Path(str(row['dataset'])).name}")
        titles.append(" · ".join(words))
    marks = told_apart(rows, titles)
    found = {
        keys[row["comparison_id"]]: f"{title} · {mark}" if mark else title for row, title, mark in zip(rows, titles, marks, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: _words.task_order(item[0].partition("~")[0])))


def asked_words(row: Mapping[str, Any]) -> str:
    """Return how much a comparison was asked: `1,000`, or `12 windows` of perplexity."""
    is_windows = _words.is_perplexity(row["task"])
    return _words.many(int(row["n_answers"]), "window") if is_windows else f"{row['n_questions']:,}"


def choose(
    text: str,
    options: Mapping[str, str],
    name: str,
    *,
    default: str | None = None,
    read: Callable[[str], str | None] | None = None,
    widget: Any = None,
    lasting: bool = True,
    spoken: str = "",
    told: Any = st,
    **more: Any,
) -> str:
    """Return what was chosen from {value: title}; it stands in the URL as `name`.

    A value that the URL asks for and that there is not is said on the page, not followed in silence. `read` says what a word means that is none of
    the options. `spoken` is what the choice is called in that sentence, where its title is not fit for one, and
    `told` where it is said. `lasting` choices stay for the session when the URL is silent; others go back to their default, and are left out of the URL there.
    """
    key, last, guessed = f"choice_{name}", f"last_{name}", f"guessed_{name}"
    first = default if default in options else next(iter(options))
    known = st.query_params.get(name)
    if known is None and lasting:
        known = st.session_state.get(last)
    if lasting and known is not None and known == st.session_state.get(guessed):
        known = None  # nobody chose it: a better default may have come in since
    if known is not None and known not in options:
        meant = read(known) if read is not None else None
        if meant is None and known != st.session_state.get(last):
            told.warning(
                f"The link asks for {spoken or text.lower()} {label(known)}, which this store does not have; shown is {label(options[first])}."
            )
        known = meant
    value = first if known is None else known
    st.session_state[guessed] = first if known is None else None
    st.session_state[last] = st.session_state[key] = value
    if lasting and st.query_params.get(name) != value:
        st.query_params[name] = value
    draw = widget or st.selectbox
    draw(
        text,
        list(options),
        format_func=lambda option: options.get(option, option),
        key=key,
        on_change=_chosen,
        args=(name, first, lasting),
        **more,
    )
    return value


def _chosen(name: str, first: str, lasting: bool) -> None:
    value = st.session_state[f"choice_{name}"]
    st.session_state[f"guessed_{name}"] = None
    st.session_state[f"last_{name}"] = value
    is_usual = value is None or (value == first and not lasting)
    go_to(**{name: None if is_usual else value, "q": None})  # the list is another one now


def go_to(**changes: str | None) -> None:
    """Change the link in one step, so that Back undoes it in one; None takes a word out of it."""
    words = {name: value for name, value in (st.query_params.to_dict() | changes).items() if value is not None}
    st.query_params.from_dict(words)

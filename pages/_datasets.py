"""The choice of data on the Run page: one kind for all tasks or one for each, and what was found there before anything starts."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from llmkick_core import settings
from llmkick_core.catalog import DATASETS, TASKS, data_spec, datasets_of, n_questions
from llmkick_core.errors import LlmkickError
from llmkick_core.schema import Formulation
from pages import _words
from pages._shared import error_box
from pages._text import label
from pages._typed import check_text

EACH = "each"
TITLES = {
    "bundled": "Bundled",
    "hub": "Hub",
    "hub:c4": "Hub: C4",
    "hub:dev": "Hub: dev",
    "hub:train": "Hub: train",
    "hub:val": "Hub: val",
    EACH: "One for each task",
}


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How the tasks are asked."""

    limit: int | None
    """Questions a task; None is all."""
    formulation: Formulation | None
    """Of multiple choice; None is the usual one."""
    prompt: str
    """`auto`, `plain` or `chat`."""
    k_shot: int
    """Solved examples of multiple choice."""


def pick_data() -> str:
    """Return the data of all tasks: a name, a path that was typed, or EACH."""
    word = st.selectbox(
        "Data",
        [*DATASETS, EACH],
        accept_new_options=True,
        key="run_data",
        persist_state="session",
        format_func=title,
        help="Bundled, the real data sets of the hub, or a path in the official format of the task. Tasks have their own formats: with several tasks choose "
        "one for each.",
    )
    return _meant(word)


def _meant(word: str | None) -> str:
    """Return the data that was chosen, or typed by its title."""
    typed = str(word or "bundled").strip()
    return next((name for name, shown in TITLES.items() if typed.lower() == shown.lower()), typed)


def title(word: str) -> str:
    """Return the name of a data set as people read it; a path as it is."""
    return TITLES.get(word, str(word))


def check_data(tasks: list[str], word: str, asking: Asking) -> dict[str, str] | None:
    """Return the data of each task after looking into it, and draw what was found; None where some of it cannot be used."""
    found: dict[str, str] = {}
    said: list[str] = []
    wrong: dict[str, LlmkickError] = {}
    for task in tasks:
        own, place = _row(task) if word == EACH else (word, None)
        try:
            found[task] = check_text(own, list(datasets_of(task)))
            spec = data_spec(TASKS[task], found[task], limit=asking.limit, k_shot=asking.k_shot, formulation=asking.formulation)
            text = _found(task, found[task], n_questions(spec, settings.data_cache()))
        except LlmkickError as error:
            wrong[task] = error
            if place is not None:
                _refuse(task, error)
            continue
        if place is not None:
            place.caption(text)
        else:
            said.append(f"{_words.task_title(task)} {text}")
    if word != EACH and wrong:
        first = next(iter(wrong))
        _refuse(first, wrong[first])
        if len(wrong) > 1:
            st.caption(
                f"{_words.many(len(wrong) - 1, 'other task')} cannot be asked of it either. With several tasks choose *{TITLES[EACH]}*."
            )
    if said:
        st.caption(" · ".join(said))
    return None if wrong else found


def _refuse(task: str, error: LlmkickError) -> None:
    error_box(error, title=f"{_words.task_title(task)} cannot be asked of this data")


def _row(task: str) -> tuple[str, st.delta_generator.DeltaGenerator]:
    """Draw the choice for one task; return what was chosen, and the place for what is said of it."""
    name, choice, place = st.columns([3, 6, 5], vertical_alignment="center", gap="small")
    name.markdown(_words.task_title(task))
    form, named = TASKS[task].data_form, list(datasets_of(task))
    word = choice.selectbox(
        f"Data of {_words.task_title(task)}",
        named,
        accept_new_options=True,
        key=f"run_data_{task}",
        persist_state="session",
        format_func=title,
        label_visibility="collapsed",
        help=f"A path: {form}." if form else None,
        placeholder=form or "A path in the official format",
        index=0 if named else None,
    )
    return _meant(word), place


def _found(task: str, data: str, n: int | None) -> str:
    """Return in a few words what there is to be asked."""
    if n is None:
        return f"from {label(datasets_of(task)[data])}, fetched when it first runs"
    return _words.many(n, "text" if TASKS[task].kind == "likelihood" else "question")

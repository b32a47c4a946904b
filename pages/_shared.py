"""What all pages share: the open store, the sidebar, the URL, and the box an error is shown in.

    page = open_page("Compare")      # draws the sidebar, or says why it cannot and stops
    queries.pair_summary(page.db, page.a.run_id, page.b.run_id, page.scorer)

What a person chose stands in the URL (`?model=..&task=..&a=dense&b=wanda-50&scoring=corrected`), so any view can be sent to someone else. The
URL decides; where it says nothing, the last choice of this session does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from llmkick_core import settings
from llmkick_core.errors import JobError, LlmkickError
from llmkick_core.jobs.local import LOG, LocalExecutor
from llmkick_core.schema import SCORERS, RunSpec
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from pages import _jobs, _words
from pages._text import STYLE, label

BUSY_S = 2.0
"""Seconds between two looks at the queue while something runs."""
IDLE_S = 10.0
"""The same while nothing does: the command line may start something."""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1F5FA8"/>'
    '<path d="M6 9 L14 11 L20 16 L26 25" fill="none" stroke="#FFFFFF" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
"""The tab's icon: a curve that falls. Drawn here, because streamlit would fetch that of a page from the network."""

_PAGES = ("pages/overview.py", "pages/run.py", "pages/compare.py")


@dataclass
class Services:
    """The store of this process, opened once and shared by all sessions."""

    db: Database
    """The database; this process owns it."""
    executor: LocalExecutor
    """The queue."""
    worker_error: str = ""
    """Why the last worker stopped; no other is started until someone asks for it."""
    damaged: tuple[str, ...] = field(default=())
    """One line for each damaged file."""

    def refresh(self) -> int:
        """Take in new answers and return how many there were."""
        report = ingest(self.db)
        self.damaged = report.damaged
        return report.n_answers

    def start_worker(self) -> None:
        """Start a worker where runs wait, unless the last one failed."""
        if self.worker_error:
            return
        try:
            self.executor.ensure_worker()
        except JobError as error:
            self.worker_error = str(error)

    def submit(self, specs: Sequence[RunSpec]) -> list[str]:
        """Queue runs, start a worker, and return the ids."""
        ids = self.executor.submit(specs)
        self.worker_error = ""
        self.start_worker()
        return ids

    def log(self, n_lines: int = 200) -> str:
        """Return the end of what workers printed."""
        path = self.executor.store / LOG
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-n_lines:]) if path.is_file() else ""


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


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the shell hands to a page."""

    services: Services
    """Store and queue."""
    model: str | None
    """The model looked at; None in an empty store."""
    scorer: str
    """`corrected` or `paper`."""
    runs: pd.DataFrame
    """queries.run_overview of the model; empty in an empty store."""
    comparisons: pd.DataFrame
    """queries.comparisons of the model."""
    comparison_id: str | None
    """The comparison looked at: one task, asked one way."""
    task: str | None
    """Its task."""
    sides: dict[str, Side]
    """All recipes of the comparison, by what stands for them in the URL."""
    a: Side | None
    """Left of the pair, most often dense."""
    b: Side | None
    """Right of the pair."""

    @property
    def db(self) -> Database:
        """Return the database."""
        return self.services.db

    def fresh(self) -> Page:
        """Return the page with what has come in since: for a part of a page that fills while the rest stays."""
        everything = queries.comparisons(self.db)
        runs = queries.run_overview(self.db, str(self.model), self.scorer)
        mine = everything[everything["model"] == self.model].reset_index(drop=True)
        return replace(self, comparisons=mine, runs=runs[runs["comparison_id"].isin(mine["comparison_id"])])

    @cached_property
    def task_keys(self) -> dict[str, str]:
        """Return what stands in the URL for each comparison of the model."""
        return _task_keys(self.comparisons)

    @cached_property
    def comparison_titles(self) -> dict[str, str]:
        """Return the title of each comparison of the model, by its id."""
        titles = _task_titles(self.comparisons, self.task_keys)
        return {comparison: titles[key] for comparison, key in self.task_keys.items()}

    @cached_property
    def all_sides(self) -> dict[str, Side]:
        """Return every run of the model, by its id."""
        by_comparison = (_sides(mine) for _, mine in self.runs.groupby("comparison_id", sort=False))
        return {side.run_id: side for sides in by_comparison for side in sides.values()}

    def link(self, row: Mapping[str, Any], **more: str) -> dict[str, str]:
        """Return the query that opens Compare on a run of `runs` or `biggest_breaks`."""
        task, side = self.task_keys[str(row["comparison_id"])], self.all_sides[row["run_id"]]
        return {"model": str(self.model), "task": task, "a": "dense", "b": side.key, "scoring": self.scorer, **more}


def open_page(title: str) -> Page:
    """Return the shell of a page after drawing the sidebar; where the store cannot be opened, say why and stop."""
    _restore_navigation()
    st.set_page_config(page_title=f"{title} · LLM-KICK Explorer", page_icon=ICON, layout="wide")
    st.html(STYLE)
    try:
        services = _services(str(settings.store_root()))
        services.refresh()
        page = _shell(services)
    except LlmkickError as error:
        error_box(error, title="The store cannot be opened")
        st.button("Try again", icon=":material/refresh:")
        st.stop()
    if services.damaged:
        with st.expander(
            f"{_words.many(len(services.damaged), 'file')} of the store cannot be read; everything else is shown", icon=":material/warning:"
        ):
            for line in services.damaged:
                st.text(line)
    return page


def error_box(error: LlmkickError, *, title: str = "This cannot be done") -> None:
    """Draw what went wrong, in the words of the error, never a stack trace."""
    st.error(label(str(error), longest=1000), title=title, icon=":material/error:")


def choose(
    text: str, options: Mapping[str, str], name: str, *, default: str | None = None, widget: Any = None, lasting: bool = True, **more: Any
) -> str:
    """Return what was chosen from {value: title}; it stands in the URL as `name`.

    A value that the URL asks for and that there is not is said on the page, not followed in silence. `lasting` choices stay for the session when
    the URL is silent; others go back to their default, and are left out of the URL there.
    """
    key, last, guessed = f"choice_{name}", f"last_{name}", f"guessed_{name}"
    first = default if default in options else next(iter(options))
    known = st.query_params.get(name)
    if known is None and lasting:
        known = st.session_state.get(last)
    if known is not None and known == st.session_state.get(guessed):
        known = None  # nobody chose it: a better default may have come in since
    if known is not None and known not in options:
        if known != st.session_state.get(last):
            st.warning(
                f"The link asks for {text.lower()} {label(known)}, which this store does not have; shown is {label(options[first])}."
            )
        known = None
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
    if value is None or (value == first and not lasting):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    st.session_state[f"last_{name}"] = value
    st.query_params.pop("q", None)  # the list is another one now


def _sides(runs: pd.DataFrame) -> dict[str, Side]:
    """Return the recipes of one comparison, by label; where two share one (other calibration), the run's id is added."""
    sides: dict[str, Side] = {}
    for row in runs.astype(object).where(runs.notna(), None).to_dict("records"):
        key = row["recipe"] if row["recipe"] not in sides else f"{row['recipe']}~{row['run_id'][:6]}"
        title = _words.recipe_title(row["method"], row["sparsity"], row["structure"], row["bits"], row["group_size"])
        sides[key] = Side(key=key, run_id=row["run_id"], title=title + key[len(row["recipe"]) :], method=row["method"], row=row)
    return sides


def _restore_navigation() -> None:
    """Go through app.py where a cold link to a page went past it: on a fresh server, streamlit takes pages/ for the whole app.

    Any call of st.navigation ends that for the life of the server.
    """
    from streamlit.runtime.pages_manager import PagesManager

    if PagesManager.uses_pages_directory:
        st.navigation(list(_PAGES), position="hidden")
        st.rerun()


def _close(services: Services) -> None:
    services.db.close()


@st.cache_resource(show_spinner="Opening the store …", on_release=_close)
def _services(store: str) -> Services:
    return Services(db=Database(Path(store)), executor=LocalExecutor(Path(store)))


def _shell(services: Services) -> Page:
    db = services.db
    models = [str(model) for model in queries.models(db)["model"]]
    everything = queries.comparisons(db)
    models = [model for model in models if model in set(everything["model"])]
    with st.sidebar:
        if models:
            page = _choices(services, models, everything)
        else:
            st.caption("Model, task and recipe are chosen here once there are results.")
            empty = pd.DataFrame()
            page = Page(
                services=services,
                model=None,
                scorer=SCORERS[0],
                runs=empty,
                comparisons=empty,
                comparison_id=None,
                task=None,
                sides={},
                a=None,
                b=None,
            )
        runs = services.executor.runs()
        is_busy = bool(_jobs.active(runs))
        st.fragment(_job_strip, run_every=BUSY_S if is_busy else IDLE_S)(services, is_empty=not models, was_busy=is_busy)
    return page


def _choices(services: Services, models: list[str], everything: pd.DataFrame) -> Page:
    db = services.db
    model = choose("Model", {name: _model_title(name) for name in models}, "model")
    comparisons = everything[everything["model"] == model].reset_index(drop=True)
    keys = _task_keys(comparisons)
    by_key = {key: comparison for comparison, key in keys.items()}
    task_key = choose("Task", _task_titles(comparisons, keys), "task", default="factoid_qa")
    comparison_id = by_key[task_key]
    task = str(comparisons.set_index("comparison_id").loc[comparison_id, "task"])
    runs_of = queries.run_overview
    scorer = str(st.query_params.get("scoring") or st.session_state.get("last_scoring") or SCORERS[0])
    runs = runs_of(db, model, scorer if scorer in SCORERS else SCORERS[0])
    sides = _sides(runs[runs["comparison_id"] == comparison_id])
    titles = {key: side.title for key, side in sides.items()}
    with st.container(horizontal=True, gap="small"):
        a = choose("A", titles, "a", default="dense")
        others = {key: title for key, title in titles.items() if key != a}
        b = choose("B", others, "b", default=_telling(others)) if others else None
    scorer = choose(
        "Scoring",
        {"corrected": "Corrected", "paper": "Paper"},
        "scoring",
        widget=st.segmented_control,
        required=True,
        help="Corrected: exact match on the answer itself. Paper: the rules of the paper's reference code, on the same stored answers.",
    )
    return Page(
        services=services,
        model=model,
        scorer=scorer,
        runs=runs,
        comparisons=comparisons,
        comparison_id=comparison_id,
        task=task,
        sides=sides,
        a=sides[a],
        b=sides[b] if b is not None else None,
    )


def _telling(keys: Mapping[str, str]) -> str | None:
    """Return the recipe that a first look opens on: Wanda at 50% where it is there."""
    return next((key for key in ("wanda-50", "magnitude-50", "sparsegpt-50") if key in keys), None)


def _model_title(model: str) -> str:
    return model.partition(":")[2] if model.startswith(("bundled:", "hub:")) else Path(model).name


def _task_keys(comparisons: pd.DataFrame) -> dict[str, str]:
    """Return what stands in the URL for each comparison: the task, for its second and later ones with a piece of the id."""
    seen: set[str] = set()
    keys = {}
    for comparison, task in zip(comparisons["comparison_id"], comparisons["task"], strict=True):
        keys[str(comparison)] = f"{task}~{comparison[:6]}" if task in seen else str(task)
        seen.add(task)
    return keys


def _task_titles(comparisons: pd.DataFrame, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the title of each comparison, with what tells it from others of its task, in the order of the groups."""
    n_of = comparisons["task"].value_counts()
    titles = {}
    for row in comparisons.to_dict("records"):
        words = [_words.task_title(row["task"])]
        if pd.notna(row["formulation"]):
            words.append(str(row["formulation"]))
        if row["k_shot"]:
            words.append(f"{row['k_shot']}-shot")
        if n_of[row["task"]] > 1:
            words.append(f"{row['n_questions']:,} of {Path(str(row['dataset'])).name}")
        titles[keys[row["comparison_id"]]] = " · ".join(words)
    return dict(sorted(titles.items(), key=lambda item: _words.task_order(item[0].partition("~")[0])))


def _job_strip(services: Services, *, is_empty: bool, was_busy: bool) -> None:
    """Draw where the queue stands, at the foot of the sidebar; look again every few seconds."""
    try:
        n_new = services.refresh()
        services.start_worker()
        runs = services.executor.runs()
    except LlmkickError as error:
        error_box(error, title="The queue cannot be read")
        return
    groups = _jobs.active(runs)
    if bool(groups) != was_busy or (is_empty and n_new):
        st.rerun()
    if services.worker_error:
        st.error(label(services.worker_error, longest=600), title="The worker stopped", icon=":material/error:")
        return
    if not groups:
        return
    now = _jobs.progress(runs)
    group = groups[0]
    st.progress(now.share, text=f"Running · {now.share:.0%} · {_jobs.time_left(runs)}")
    st.caption(f"{group.title}, {_words.task_title(group.current_task)}: {_words.stage(group.current)}")
    st.page_link("pages/run.py", label="Open the queue", icon=":material/list:", query_params=dict(st.query_params.items()))

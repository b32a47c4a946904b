"""What all pages share: the open store, the sidebar, the URL, and the box an error is shown in.

    page = open_page("Compare")      # draws the sidebar, or says why it cannot and stops
    queries.pair_summary(page.db, page.a.run_id, page.b.run_id, page.scorer)

What a person chose stands in the URL (`?model=..&task=..&a=dense&b=wanda-50&scoring=corrected`), so any view can be sent to someone else. The
URL decides; where it says nothing, the last choice of this session does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd
import streamlit as st

from llmkick_core import settings
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.schema import SCORERS
from llmkick_core.status import RunStatus
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from pages import _jobs, _links, _measure_choice, _words
from pages._links import Side, choose
from pages._services import Services
from pages._text import STYLE, label

FILL_S = 8.0
"""Seconds between two looks at the numbers while something runs: drawing them takes time that the run needs."""
BUSY_S = 2.0
"""Seconds between two looks at the queue while something runs."""
IDLE_S = 10.0
"""The same while nothing does: the command line may start something."""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1F5FA8"/>'
    '<path d="M6 9 L14 11 L20 16 L26 25" fill="none" stroke="#FFFFFF" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
"""The tab's icon: a curve that falls. Drawn here, because streamlit would fetch that of a page from the network."""

_REOPENING = Lock()
_PAGES = tuple(f"pages/{name}.py" for name in ("overview", "run", "compare", "ladder", "slices", "judge", "layers", "live", "data"))


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the shell hands to a page."""

    services: Services
    """Store and queue."""
    model: str | None
    """The model looked at; None in an empty store."""
    scorer: str
    """`corrected` or `paper`."""
    measure: str | None = None
    """The measure that was chosen, for the tasks that have it; None is the one that stands for each task."""
    runs: pd.DataFrame
    """queries.run_overview of the model, with what sets calibrations apart (`variant`); empty in an empty store."""
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
    jobs: list[_jobs.Run]
    """Every run of the store and where it stands."""

    @property
    def db(self) -> Database:
        """Return the database."""
        return self.services.db

    def fresh(self) -> Page:
        """Return the page with what has come in since: for a part of a page that fills while the rest stays."""
        everything = queries.comparisons(self.db)
        runs = queries.run_overview(self.db, str(self.model), self.scorer, self.measure)
        mine = everything[everything["model"] == self.model].reset_index(drop=True)
        runs = _links.with_variants(runs[runs["comparison_id"].isin(mine["comparison_id"])])
        sides = _links.sides_of(runs[runs["comparison_id"] == self.comparison_id])
        by_run = {side.run_id: side for side in sides.values()}
        a, b = (by_run.get(side.run_id) if side is not None else None for side in (self.a, self.b))
        return replace(self, comparisons=mine, runs=runs, sides=sides, a=a, b=b, jobs=self.services.executor.runs())

    @cached_property
    def statuses(self) -> dict[str, RunStatus]:
        """Return where every run stands, by its id."""
        return {status.run_id: status for _, status in self.jobs}

    def with_jobs(self) -> Page:
        """Return the page with where the runs stand now."""
        return replace(self, jobs=self.services.executor.runs())

    def partial(self) -> str:
        """Return which of the pair's runs have not answered everything: `Wanda 50% partial, 40 of 200 (running)`; empty where both have."""
        words = []
        for side in (self.a, self.b):
            said = _words.partial(self.statuses.get(side.run_id)) if side is not None else ""
            if side is not None and said:
                words.append(f"{side.title} {said}")
        return " · ".join(words)

    @cached_property
    def task_keys(self) -> dict[str, str]:
        """Return what stands in the URL for each comparison of the model."""
        return _links.task_keys(self.comparisons)

    @cached_property
    def comparison_titles(self) -> dict[str, str]:
        """Return the title of each comparison of the model, by its id."""
        titles = _links.task_titles(self.comparisons, self.task_keys)
        return {comparison: titles[key] for comparison, key in self.task_keys.items()}

    @cached_property
    def all_sides(self) -> dict[str, Side]:
        """Return every run of the model, by its id."""

        def look() -> dict[str, Side]:
            runs = _links.with_variants(queries.run_overview(self.db, str(self.model), self.scorer, self.measure))
            by_comparison = (_links.sides_of(mine) for _, mine in runs.groupby("comparison_id", sort=False))
            return {side.run_id: side for sides in by_comparison for side in sides.values()}

        return self.db.remember(("all sides", self.model, self.scorer, self.measure), look)

    def link(self, row: Mapping[str, Any], **more: str) -> dict[str, str]:
        """Return the query that opens Compare on a run of `runs` or `biggest_breaks`."""
        task, side = self.task_keys[str(row["comparison_id"])], self.all_sides[row["run_id"]]
        return {"model": str(self.model), "task": task, "a": "dense", "b": side.key, **self.told_by, **more}

    @property
    def told_by(self) -> dict[str, str]:
        """Return what of a link says by which rules answers are told."""
        return {"scoring": self.scorer} | ({"measure": self.measure} if self.measure else {})

    @property
    def scoring(self) -> str:
        """Return by which rules answers are told: `corrected scoring`, and the measure where it is not the task's official one."""
        measure = queries.measure_of(self.db, str(self.comparison_id), self.measure)
        return f"{self.scorer} scoring" + (f", {measure.heading}" if measure.name != _words.official_measure(self.task) else "")


def open_page(title: str, *, is_blind: bool = False, prefers: Sequence[str] = ("factoid_qa",)) -> Page:
    """Return the shell of a page after drawing the sidebar; where the store cannot be opened, say why and stop.

    Args:
        title: of the page.
        is_blind: whether the names of the pair stay hidden: no box tells them, and the link has a key for both in place of their names.
        prefers: the tasks to open on while nobody chose one, the best first.
    """
    _restore_navigation()
    st.set_page_config(page_title=f"{title} · LLM-KICK Explorer", page_icon=ICON, layout="wide")
    st.html(STYLE)
    try:
        services = _opened(str(settings.store_root()))
        services.refresh()
        page = _shell(services, is_blind=is_blind, prefers=prefers)
    except LlmkickError as error:
        error_box(error, title="The store cannot be used")
        st.button("Try again", icon=":material/refresh:")
        st.stop()
    if services.damaged:
        with st.expander(
            f"{_words.many(len(services.damaged), 'file')} of the store cannot be read; everything else is shown", icon=":material/warning:"
        ):
            for line in services.damaged[:50]:  # `doctor` names more
                st.text(line)
    return page


def error_box(error: LlmkickError, *, title: str = "This cannot be done") -> None:
    """Draw what went wrong, in the words of the error, never a stack trace."""
    st.error(label(str(error), longest=1000), title=title, icon=":material/error:")


def keep_drawing(draw: Callable[..., None], *, every_s: float | None = None) -> Callable[..., None]:
    """Return a part of a page that is drawn again by itself, and shows what goes wrong then as a box."""

    @wraps(draw)  # a fragment is known by the name of its function
    def drawn(*args: Any, **more: Any) -> None:
        try:
            draw(*args, **more)
        except LlmkickError as error:
            error_box(error)

    return st.fragment(drawn, run_every=every_s)


def _restore_navigation() -> None:
    """Go through app.py where a cold link to a page went past it: on a fresh server, streamlit takes pages/ for the whole app.

    Any call of st.navigation ends that for the life of the server.
    """
    from streamlit.runtime.pages_manager import PagesManager

    if PagesManager.uses_pages_directory:
        st.navigation(list(_PAGES), position="hidden")
        st.rerun()


def _close(services: Services) -> None:
    services.close()


@st.cache_resource(show_spinner="Opening the store …", on_release=_close)
def _services(store: str) -> Services:
    return Services(db=Database(Path(store)), executor=LocalExecutor(Path(store)))


def _opened(store: str) -> Services:
    """Return the services of a store, its database opened again where DuckDB gave it up."""
    services = _services(store)
    if services.db.is_broken:
        with _REOPENING:
            if _services(store) is services:  # else another session has opened it again meanwhile
                _services.clear()
            services = _services(store)
    return services


def _shell(services: Services, *, is_blind: bool, prefers: Sequence[str]) -> Page:
    db = services.db
    models = [str(model) for model in queries.models(db)["model"]]
    everything = queries.comparisons(db)
    jobs = services.executor.runs()
    models = [model for model in models if model in set(everything["model"])]
    with st.sidebar:
        if models:
            page = _choices(services, models, everything, jobs, is_blind=is_blind, prefers=prefers)
        else:
            st.caption("Model, task and recipe are chosen here once there are results.")
            empty = pd.DataFrame()
            page = Page(
                services=services,
                model=None,
                scorer=SCORERS[0],
                measure=None,
                runs=empty,
                comparisons=empty,
                comparison_id=None,
                task=None,
                sides={},
                a=None,
                b=None,
                jobs=jobs,
            )
        drawn = _standing(services, jobs)
        st.fragment(_job_strip, run_every=BUSY_S if drawn.is_busy else IDLE_S)(services, drawn, time.monotonic(), is_blind=is_blind)
    return page


def _standing(services: Services, jobs: list[_jobs.Run]) -> _jobs.Standing:
    return _jobs.Standing(
        n_answered=len(queries.answered_runs(services.db)),
        n_ended=sum(status.state not in _jobs.ACTIVE for _, status in jobs),
        is_busy=bool(_jobs.active(jobs)),
    )


def _choices(
    services: Services, models: list[str], everything: pd.DataFrame, jobs: list[_jobs.Run], *, is_blind: bool, prefers: Sequence[str]
) -> Page:
    db = services.db
    formats = queries.source_formats(db)
    model = choose("Model", {name: _words.model_title(name, formats.get(name, "")) for name in models}, "model")
    comparisons = everything[everything["model"] == model].reset_index(drop=True)
    keys = _links.task_keys(comparisons)
    by_key = {key: comparison for comparison, key in keys.items()}
    titles = _links.task_titles(comparisons, keys)
    first = next((key for task in prefers if (key := _links.read_task(task, keys)) is not None), _links.read_task("factoid_qa", keys))
    task_key = choose("Task", titles, "task", default=first, read=lambda word: _links.read_task(word, keys))
    comparison_id = by_key[task_key]
    task = str(comparisons.set_index("comparison_id").loc[comparison_id, "task"])
    scorer = str(st.query_params.get("scoring") or st.session_state.get("last_scoring") or SCORERS[0])
    measure = _measure_choice.asked(db, comparison_id)
    runs = _links.with_variants(queries.run_overview(db, model, scorer if scorer in SCORERS else SCORERS[0], measure))
    sides = _links.sides_of(runs[runs["comparison_id"] == comparison_id])
    a, b = _hidden_pair(sides) if is_blind else _named_pair(sides)
    scorer = choose(
        "Scoring",
        {"corrected": "Corrected", "paper": "Paper"},
        "scoring",
        widget=st.segmented_control,
        required=True,
        help="Corrected: exact match on the answer itself. Paper: the rules of the paper's reference code, on the same stored answers.",
    )
    measure = _measure_choice.choose_measure(db, comparison_id)
    return Page(
        services=services,
        model=model,
        scorer=scorer,
        measure=measure,
        runs=runs,
        comparisons=comparisons,
        comparison_id=comparison_id,
        task=task,
        sides=sides,
        a=sides[a],
        b=sides[b] if b is not None else None,
        jobs=jobs,
    )


def _named_pair(sides: Mapping[str, Side]) -> tuple[str, str | None]:
    """Return the pair after drawing its two boxes; where there is one recipe only, there is no other."""
    st.query_params.pop("pair", None)
    titles = {key: side.title for key, side in sides.items()}
    with st.container(horizontal=True, gap="small"):
        a = choose("A", titles, "a", default="dense", read=lambda word: _links.read_side(word, sides))
        others = {key: side for key, side in sides.items() if key != a}
        b = (
            choose(
                "B",
                {key: side.title for key, side in others.items()},
                "b",
                default=_telling(others),
                read=lambda word: _links.read_side(word, others),
            )
            if others
            else None
        )
    return a, b


def _hidden_pair(sides: Mapping[str, Side]) -> tuple[str, str | None]:
    """Return the pair that the link has a key for, in the order of the recipes, else the one that was looked at last; its names leave the link."""
    pairs = _links.pair_keys(sides)
    word = st.query_params.get("pair", "")
    if word not in pairs:
        named = [
            _links.read_side(str(st.query_params.get(name) or st.session_state.get(f"last_{name}") or ""), sides) for name in ("a", "b")
        ]
        if word and word != st.session_state.get("last_pair"):  # else another task was chosen, which has pairs of its own
            st.warning("The link asks for a pair of answers that this store does not have; shown is another one.")
        first = next(iter(pairs), "")
        word = next((key for key, pair in pairs.items() if set(pair) == set(named)), _telling_pair(pairs, sides) or first)
    for name in ("a", "b", "runs", "references"):  # the last two are of the form that starts a judge
        st.query_params.pop(name, None)
    st.caption("Which two recipes answer is hidden while you vote.")
    if not word:
        return next(iter(sides)), None
    st.query_params["pair"] = st.session_state["last_pair"] = word
    return pairs[word]


def _telling_pair(pairs: Mapping[str, tuple[str, str]], sides: Mapping[str, Side]) -> str:
    """Return the pair that a first look opens on."""
    wanted = {"dense", _telling(sides)}
    return next((key for key, pair in pairs.items() if set(pair) == wanted), "")


def _telling(sides: Mapping[str, Side]) -> str | None:
    """Return the recipe that a first look opens on: Wanda at 50% where it is there."""
    found = (_links.read_side(word, sides) for word in ("wanda-50", "magnitude-50", "sparsegpt-50"))
    return next((key for key in found if key is not None), None)


def _job_strip(services: Services, drawn: _jobs.Standing, drawn_at: float, *, is_blind: bool) -> None:
    """Draw where the queue stands, at the foot of the sidebar; look again every few seconds, and have the page drawn again for what came in.

    Recipes are not named where those of the pair stay hidden.
    """
    try:
        services.refresh()
        services.start_worker()
        runs = services.executor.runs()
        now = _standing(services, runs)
    except LlmkickError as error:
        if services.db.is_broken:
            st.rerun()  # which opens it again
        error_box(error, title="The queue cannot be read")
        return
    at = time.monotonic()
    services.pace.look(runs, at)
    if _jobs.is_stale(drawn, now, age_s=at - drawn_at):
        st.rerun()
    groups = _jobs.active(runs)
    if services.worker_error:
        st.error(label(services.worker_error, longest=600), title="The worker stopped", icon=":material/error:")
    elif groups:
        word = services.doing(groups)
        share = _jobs.progress(runs).share
        left = f" · {services.pace.left()}" if word == "Running" else ""
        st.progress(share, text=f"{word} · {share:.0%}{left}")
        for group in () if is_blind else _jobs.working(groups):
            st.caption(label(f"{group.title}, {_words.task_title(group.current_task)}: {services.stage(group)}", longest=300))
    else:
        return
    st.page_link("pages/run.py", label="Open the queue", icon=":material/list:", query_params=dict(st.query_params.items()))

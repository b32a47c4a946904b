"""Overview: what each recipe does to each task, over sparsity; from here, one click leads to the questions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.demo import demo_specs
from llmkick_core.jobs.estimate import estimate
from llmkick_core.judgment import JUDGED_TASKS
from llmkick_core.status import RunStatus
from llmkick_core.store import queries
from pages import _advice, _charts, _jobs, _links, _sizes, _words
from pages._links import choose, title_of
from pages._shared import BUSY_S, FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import dot, escape, label

N_BREAKS = 8
N_COLUMNS = {"groups": 2, "tasks": 3}
SIGNS = {"matching": "=", "not matching": "!", "undecided": "~"}
"""How a verdict is written beside a score, here as on the command line."""
CLASSES = {"matching": "kick-right", "not matching": "kick-wrong", "undecided": "kick-none"}
WHAT_COMES = {
    "Curves": "each task over sparsity, with the band in which a compressed model still matches the dense one, and perplexity beside them",
    "Run matrix": "every recipe on every task with its verdict; a click leads to the questions behind it",
    "Biggest breaks": "the facts that compression hit hardest, word for word",
}


def empty(page: Page) -> None:
    """Draw what this page will show, and the one button that gets there; while the demo runs, how far it is."""
    st.title("Which knowledge does compression break?")
    st.markdown(
        "A compressed language model can keep its perplexity and still forget. This app compresses a model on this machine, asks it questions "
        "before and after, and shows question by question what was lost."
    )
    runs = page.services.executor.runs()
    if _jobs.active(runs):
        keep_drawing(live, every_s=BUSY_S)(page)
        failures(runs)
        return
    failures(runs)
    try:
        specs = demo_specs(False)
        cost = estimate(specs, page.services.executor.store)
    except LlmkickError as error:
        error_box(error, title="The demo cannot run")
        st.page_link("pages/run.py", label="Run another model", icon=":material/play_circle:")
        return
    recipes = list(dict.fromkeys(spec.recipe.label for spec in specs))
    if st.button("Run the demo", type="primary", icon=":material/play_arrow:"):
        start(page, specs)
    tasks = len({spec.task for spec in specs})
    st.caption(
        f"The bundled model, {len(recipes)} recipes, {tasks} tasks: about {_words.duration(cost.seconds)} on this machine. Nothing is downloaded. "
        "Your own model goes through the Run page."
    )
    st.subheader("What you will see here", divider="gray")
    for column, (name, text) in zip(st.columns(3, gap="large"), WHAT_COMES.items(), strict=True):
        column.markdown(f"**{name}**  \n{text}")


def start(page: Page, specs: list[Any]) -> None:
    """Queue the demo."""
    try:
        with st.spinner("Putting the runs into the queue …"):
            page.services.submit(specs)
    except LlmkickError as error:
        error_box(error, title="The demo could not be started")
        return
    st.rerun()


def live(page: Page) -> None:
    """Draw how far the queue is: what is worked on, and what each recipe has behind it."""
    runs = page.services.executor.runs()
    groups = _jobs.active(runs)
    if not groups:
        return
    with st.container(border=True):
        now = _jobs.progress(runs)
        working = _jobs.working(groups)
        word = page.services.doing(groups)
        left = f" · {page.services.pace.left()}" if word == "Running" else ""
        st.progress(now.share, text=f"**{word}** · {now.n_done} of {_words.many(now.n_runs, 'run')} done{left}")
        if word == "Stopped":
            st.error(label(page.services.worker_error, longest=600), title="The worker stopped", icon=":material/error:")
            st.page_link("pages/run.py", label="Start it again on the Run page", icon=":material/restart_alt:")
            return
        for group in working:
            rate = f" · {_words.rate(group.current.rate)}" if group.current.rate else ""
            said = label(f"{_words.task_title(group.current_task)}: {page.services.stage(group)}{rate}", longest=300)
            st.markdown(f"**{label(group.title)}** · {said}")
        waiting = [other.title for other in groups[len(working) :]]
        if waiting:
            st.caption(label(f"Then: {', '.join(waiting)}", longest=600))


def failures(runs: list[_jobs.Run]) -> None:
    """Say which runs failed, why the first did, and where to try again."""
    failed = [run for run in runs if run[1].state == "failed"]
    if not failed:
        return
    tasks = {_words.task_title(spec.task) for spec, _ in failed}
    where = ", ".join(group.title for group in _jobs.grouped(failed))
    reason = failed[0][1].message or "no reason was left"
    about = f"{where} on {_words.many(len(tasks), 'task')}" if len(tasks) > 1 else f"{where} on {min(tasks)}"
    st.error(
        f"{label(about, longest=300)}: {label(reason, longest=600)}",
        title=f"{_words.many(len(failed), 'run')} failed",
        icon=":material/error:",
    )
    st.page_link("pages/run.py", label="See why and try again", icon=":material/restart_alt:")


def full(page: Page, *, is_busy: bool) -> None:
    """Draw the page of a store with results; while something runs it fills in place."""
    page = page.fresh()
    runs = page.runs
    st.html(f'<div class="kick-sentence">{escape(sentence(page, runs, is_busy=is_busy))}</div>')
    n_runs = int(page.comparisons["n_runs"].sum())
    partial = page.partial()
    st.caption(
        f"{label(str(page.model))} · {_words.many(runs['recipe'].nunique(), 'recipe')} · {_words.many(runs['task'].nunique(), 'task')} · "
        f"{_words.many(n_runs, 'run')} · {page.scoring}" + (f" · :orange[{label(partial, longest=200)}]" if partial else "")
    )
    _advice.draw(page)
    failures([run for run in page.jobs if run[0].model == page.model])
    multiples(page, runs)
    breaks(page)
    matrix(page)
    _sizes.draw(page)


def sentence(page: Page, runs: pd.DataFrame, *, is_busy: bool) -> str:
    """Return the answer of this page: what the chosen recipe did to the chosen task, and how little perplexity says of it."""
    if page.a is None or page.b is None:
        if is_busy:
            return "The dense model answers first; what compression breaks shows here with the next recipe."
        return "Only the dense model has answered so far; compress it on the Run page to see what breaks."
    summary = queries.pair_summary(page.db, page.a.run_id, page.b.run_id, page.scorer, page.measure)
    words = _words.pair_sentence(summary, page.a.title, page.b.title)
    if summary.comparison.is_perplexity:
        return words
    said = f"{_words.task_title(str(page.task))}: {words}"
    row = page.b.row
    beside = runs[
        (runs["aggregate"] == "perplexity")
        & (runs["recipe"] == row["recipe"])
        & (runs["variant"] == row["variant"])
        & runs["delta"].notna()
    ]
    if len(beside) and page.a.method == "dense":
        dense_run, run = beside.iloc[0][["dense_run_id", "run_id"]]
        moved = queries.pair_summary(page.db, str(dense_run), str(run), page.scorer, page.measure).comparison
        said += f" Its perplexity: {_words.perplexity_change(moved)}."
    return said


def multiples(page: Page, runs: pd.DataFrame) -> None:
    """Draw a figure for each group of tasks, the chosen task in its own group; or one for every task."""
    by_group = {group: found for group in _words.GROUP_TITLES if (found := _in_group(page, runs, group)) is not None}
    every = [str(row.comparison_id) for row in sorted(page.comparisons.itertuples(), key=lambda row: _words.task_order(row.task))]
    view = "groups"
    if len(every) > len(by_group):
        titles = {"groups": "A task of each kind", "tasks": f"All {len(every)} tasks"}
        view = choose("Curves", titles, "curves", lasting=False, widget=st.segmented_control, required=True, label_visibility="collapsed")
    shown = every if view == "tasks" else list(by_group.values())
    n = N_COLUMNS[view]
    for start in range(0, len(shown), n):
        for column, comparison in zip(st.columns(n, gap="large"), shown[start : start + n], strict=False):
            with column:
                curve(page, comparison, runs[runs["comparison_id"] == comparison], with_group=view == "groups")
    st.caption(
        "Grey band: within 5% of the dense model, the level line (where lower is better, as of perplexity: at most 5% above). Bands and bars: 95% intervals. ● unstructured, ◆ 2:4, ■ 4:8, "
        "▲ 1:2; ★ quantized: left of 0 to 8 or fewer bits (8b, 4b), else after pruning. Dotted: the paper's published numbers (Vicuna-7B)."
    )


def curve(page: Page, comparison: str, mine: pd.DataFrame, *, with_group: bool) -> None:
    """Draw one task over sparsity with its title, and the largest sparsity that matches."""
    task = str(mine["task"].iloc[0])
    group, name = _words.GROUP_TITLES[_words.task_group(task)], page.comparison_titles[comparison]
    is_group = with_group and group != _words.task_title(task)
    st.markdown(f"**{group}** · {label(name)}" if is_group else f"**{label(name)}**")
    st.plotly_chart(
        figure_of(page, comparison),
        key=f"curve_{comparison}",
        config=_charts.config(f"{task}-over-sparsity"),
        alt=f"{name} over sparsity",
    )
    found = _charts.matching_line(mine)
    if found:
        st.caption(f"Largest matching sparsity: {label(found, longest=400)}")


def figure_of(page: Page, comparison: str) -> go.Figure:
    """Return the figure of one task, which is kept until something is written."""

    def draw() -> go.Figure:
        runs = _links.with_variants(queries.run_overview(page.db, str(page.model), page.scorer, page.measure))
        return _charts.curves(runs[runs["comparison_id"] == comparison], with_published=True)

    return page.db.remember(("curves", page.model, comparison, page.scorer, page.measure), draw)


def _in_group(page: Page, runs: pd.DataFrame, group: str) -> str | None:
    """Return the comparison that stands for a group: the one chosen in the sidebar, else the first of its first task."""
    mine = runs[runs["task"].map(_words.task_group) == group]
    if mine.empty:
        return None
    if page.comparison_id in set(mine["comparison_id"]):
        return page.comparison_id
    first = min(mine["task"], key=_words.task_order)
    return str(next(row.comparison_id for row in page.comparisons.itertuples() if row.task == first))


def matrix(page: Page) -> None:
    """Draw every recipe on every task: score and verdict; a cell leads to Compare, one of a run that failed to Run."""
    st.subheader("Every recipe on every task", anchor=False)
    comparisons = [str(row.comparison_id) for row in sorted(page.comparisons.itertuples(), key=lambda row: _words.task_order(row.task))]
    head = "".join(
        f'<th class="number">{escape(page.comparison_titles[one])}<br>{asked(page, one)}{judge_link(page, one)}</th>' for one in comparisons
    )
    rows = []
    for title, cells in sorted(by_recipe(page, set(comparisons)).items(), key=lambda item: recipe_order(next(iter(item[1].values())))):
        drawn = "".join(cell(page, cells.get(comparison)) for comparison in comparisons)
        spot = dot(next(iter(cells.values()))["method"])
        rows.append(f"<tr><td>{spot}{escape(title)}</td>{drawn}</tr>")
    st.html(f'<div class="kick-scroll"><table class="kick-table kick-matrix"><tr><th>Recipe</th>{head}</tr>{"".join(rows)}</table></div>')
    st.caption(
        "= matching: at least 95% of the dense score (where lower is better, as of perplexity: at most 5% above), interval included · ! not matching · "
        "\\~ undecided, more questions would settle it" + (f" · {states}" if (states := unfinished(page)) else "")
    )


def by_recipe(page: Page, comparisons: set[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows of the matrix: {title: {comparison: its run}}, with the runs that have answered nothing, without a score."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for side in page.all_sides.values():
        found.setdefault(side.title, {})[str(side.row["comparison_id"])] = side.row
    for spec, status in page.jobs:
        if (
            spec.model == page.model
            and spec.comparison_id in comparisons
            and status.run_id not in page.all_sides
            and status.state != "done"
        ):
            recipe = spec.recipe
            row = {name: getattr(recipe, name) for name in ("method", "sparsity", "structure", "bits")}
            row |= {"recipe": recipe.label, "run_id": status.run_id, "metric": "", "is_share": True, "score": None}
            found.setdefault(title_of(recipe, page.all_sides), {}).setdefault(spec.comparison_id, row)
    return found


def asked(page: Page, comparison: str) -> str:
    """Return how many questions a task asks: `n = 180`, `n = 21 windows`."""
    mine = page.runs[page.runs["comparison_id"] == comparison]
    n = int((mine["n"] + mine["n_unscored"]).max())
    if (mine["aggregate"] == "perplexity").any():
        return f"n = {_words.many(n, 'window')}"
    measure = queries.measure_of(page.db, comparison, page.measure)
    is_official = measure.name == _words.official_measure(str(mine["task"].iloc[0]))
    return f"n = {n:,}" if is_official else f"n = {n:,} · {escape(measure.heading)}"


def judge_link(page: Page, comparison: str) -> str:
    """Return the link from a task that only a judge can rate to what it says; nothing for the others."""
    task = str(page.comparisons.set_index("comparison_id").loc[comparison, "task"])
    if task not in JUDGED_TASKS:
        return ""
    words = {"model": str(page.model), "task": page.task_keys[comparison], **page.told_by}
    return f' · <a href="judge?{escape(urlencode(words))}" target="_self" style="text-decoration: underline" title="What a judge says of these answers">Judge</a>'


def unfinished(page: Page) -> str:
    """Return the legend of the states of runs that are not done, for those there are."""
    there = {status.state for spec, status in page.jobs if spec.model == page.model}
    return " · ".join(f"{sign} {word}" for state, (sign, word) in _words.STATES.items() if state in there)


def recipe_order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return where a recipe stands in the matrix: dense, pruning by method and sparsity, pruning with quantization, then quantization."""
    return (
        row["method"] != "dense",
        row["sparsity"] is None,
        "+" in row["recipe"],
        row["method"],
        row["structure"] != "unstructured",
        row["sparsity"] or 0,
        -(row["bits"] or 8),
    )


def cell(page: Page, row: dict[str, Any] | None) -> str:
    """Return one cell of the matrix: the score and its verdict, or the state of a run that is not done."""
    if row is None:
        return f'<td class="number kick-muted">{_words.NONE}</td>'
    status = page.statuses.get(row["run_id"])
    state = "" if status is None or status.state == "done" else mark(status)
    if row["score"] is None and state:
        where = f"run?{urlencode(dict(st.query_params.items()))}"
        return f'<td class="number"><a href="{escape(where)}" target="_self">{state}</a></td>'
    text = _words.score_text(row["score"], is_share=row["is_share"])
    about = f"n = {row['n']:,}"
    if row["low"] is not None and row["high"] is not None:
        low, high = (_words.score_text(row[end], is_share=row["is_share"]) for end in ("low", "high"))
        about += f", 95% interval {low} to {high}"
    if row["method"] == "dense":
        return f'<td class="number"><span title="{about}">{text}</span> {state or blank()}</td>'
    said = row["verdict"]
    sign = state or f'<span class="kick-sign {CLASSES.get(said, "")}" title="{escape(said or "")}">{SIGNS.get(said, "")}</span>'
    return f'<td class="number"><a href="compare?{escape(urlencode(page.link(row)))}" target="_self" title="{about}">{text} {sign}</a></td>'


def mark(status: RunStatus) -> str:
    """Return sign and word of a run that is not done."""
    sign, word = _words.STATES[status.state]
    kind = "kick-wrong" if status.state == "failed" else "kick-none"
    about = _words.partial(status) + (f": {status.message}" if status.message else "")
    return f'<span class="{kind}" title="{escape(about)}">{sign} {word}</span>'


def blank() -> str:
    """Return the room of a sign."""
    return '<span class="kick-sign"></span>'


def breaks(page: Page) -> None:
    """Draw the questions of the task in sight that the recipe in sight hit hardest, of all tasks where it is perplexity; each leads to Compare."""
    if page.b is None or page.b.method == "dense":
        return
    runs = page.runs[(page.runs["recipe"] == page.b.row["recipe"]) & (page.runs["variant"] == page.b.row["variant"])]
    if page.b.row["aggregate"] != "perplexity":
        runs = runs[runs["run_id"] == page.b.run_id]
    found = queries.biggest_breaks(page.db, str(page.model), N_BREAKS, page.scorer, tuple(runs["run_id"]), page.measure)
    if found.empty:
        return
    st.subheader(f"Biggest breaks of {label(page.b.title)}", anchor=False)
    rows = []
    for row in found.to_dict("records"):
        link = urlencode(page.link(row, outcome="broke", q=row["sample_id"]))
        rows.append(
            f'<tr><td><a href="compare?{escape(link)}" target="_self">{escape(row["question"][:160])}</a></td><td>{escape(row["gold"][:60])}</td>'
            f"<td>{escape(' '.join(row['said'].split())[:60])}</td>"
            f'<td>{escape(page.comparison_titles[row["comparison_id"]])}</td><td class="number">{_words.MINUS}{row["damage"]:.1f}</td></tr>'
        )
    head = '<tr><th>Question</th><th>Right answer</th><th>Answer now</th><th>Task</th><th class="number">log p(right), nats</th></tr>'
    st.html(f'<div class="kick-scroll"><table class="kick-table">{head}{"".join(rows)}</table></div>')


page = open_page("Overview")
try:
    if page.model is None:
        empty(page)
    else:
        is_busy = bool(_jobs.active(page.jobs))
        if is_busy:
            keep_drawing(live, every_s=BUSY_S)(page)
        keep_drawing(full, every_s=FILL_S if is_busy else None)(page, is_busy=is_busy)
except LlmkickError as error:
    error_box(error)

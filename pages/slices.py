"""Slices: where knowledge is lost, subject by subject, and what of it comes back when the text lies open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from llmkick_core.store.queries import LEAST, SliceTable
from pages import _jobs, _rescue, _slices_charts, _slices_words, _words
from pages._links import Side, choose
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label

PER_PAGE = 60
"""Slices that are drawn at once."""
ALL = "all"
OWN = ("view", "by", "columns", "column", "order", "part")
"""What stands in the link for this page alone."""
WIDE = 'style="min-width: 8rem"'
VIEWS = {"slices": "By slice", "rescue": "Knowledge rescue"}
SORTS = {"loss": "Largest loss", "size": "Most questions", "name": "Name"}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the controls say."""

    by: str
    """What is sliced by."""
    group: str
    """The method whose steps are the columns, or ALL."""
    columns: list[Side]
    """The recipes of the columns."""
    column: Side
    """The one in sight."""
    order: str
    """How the rows are sorted."""


def draw(page: Page, *, is_busy: bool) -> None:
    """Draw the chosen view; while something runs it fills in place."""
    if is_busy:
        page = page.fresh()
    head = st.container()
    view = choose("View", VIEWS, "view", lasting=False, widget=st.segmented_control, required=True, label_visibility="collapsed")
    if view == "rescue":
        _rescue.draw(page, head)
    else:
        slices(page, head)


def slices(page: Page, head: Any) -> None:
    """Draw every slice of the comparison in sight under the chosen recipes."""
    a = page.a
    if a is None or page.b is None or page.comparison_id is None:
        only_one(page)
        return
    if queries.measure_of(page.db, page.comparison_id, page.measure).is_perplexity:
        st.info(
            "Perplexity is measured on running text, which has no subjects and no questions. Choose another task in the sidebar.",
            title="Nothing to slice here",
            icon=":material/grid_off:",
        )
        return
    chosen = controls(page, a)
    found = queries.slice_table(
        page.db, page.comparison_id, a.run_id, [side.run_id for side in chosen.columns], chosen.by, page.scorer, page.measure
    )
    titles = _slices_words.titles_of(page, found)
    summary = queries.slice_summary(found.cells, chosen.column.run_id)
    with head:
        headline(page, a, found, summary, chosen.column, titles)
    if not (found.cells["n"] + found.cells["n_unscored"]).any():
        st.info("No question has been answered by both runs yet; the queue says where they stand.", icon=":material/hourglass_empty:")
        st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")
        return
    rows = paged(ordered(found, chosen.column, chosen.order, titles))
    maps(page, found, rows, a, chosen, titles)
    numbers(page, found, rows, a, chosen, titles)


def only_one(page: Page) -> None:
    """Say what comes here while there is nothing to compare."""
    st.info(
        "Here every subject has what each recipe lost on it, with intervals, and a click leads to its questions. So far only one recipe has answered this task.",
        title="Nothing to compare yet",
        icon=":material/grid_on:",
    )
    unfinished(page, [])
    st.page_link("pages/run.py", label="Run a recipe", icon=":material/arrow_forward:")


def controls(page: Page, a: Side) -> Chosen:
    """Return what was chosen, after drawing the controls."""
    others = [side for side in page.sides.values() if side.key != a.key]
    methods = dict.fromkeys(side.method for side in others if is_step(side))
    groups = {method: _words.method_title(method) for method in methods} | {ALL: "All recipes"}
    b = page.b if page.b in others else others[0]
    first = b.method if is_step(b) and sum(is_step(side) and side.method == b.method for side in others) > 1 else ALL
    offered = {way: _slices_words.WAYS[way] for way in queries.ways(page.db, str(page.comparison_id))}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = choose("By", offered, "by", lasting=False, width=200, read=lambda word: next(iter(offered)) if word in queries.WAYS else None)
        group = choose(
            "Columns",
            groups,
            "columns",
            default=first,
            lasting=False,
            width=180,
            read=lambda word: first if word in known_methods(page) else None,
        )
        columns = others if group == ALL else [side for side in others if is_step(side) and side.method == group]
        steps = {side.key: side.title for side in columns}
        middle = b.key if b.key in steps else next(iter(steps))
        key = choose(
            "Column in sight",
            steps,
            "column",
            default=middle,
            lasting=False,
            width=220,
            read=lambda word: middle if word in page.sides else None,
        )
        order = choose("Sort", SORTS, "order", lasting=False, width=170)
    return Chosen(by=by, group=group, columns=columns, column=page.sides[key], order=order)


def is_step(side: Side) -> bool:
    """Return whether a recipe is a step of one method: dense and pruning followed by quantization are not."""
    return side.method != "dense" and "+" not in str(side.row["recipe"])


def known_methods(page: Page) -> set[str]:
    """Return the methods that any task of the model was compressed by."""
    return {side.method for side in page.all_sides.values()}


def headline(page: Page, a: Side, found: SliceTable, summary: queries.SliceSummary, column: Side, titles: Mapping[str, str]) -> None:
    """Draw the answer in one sentence, what it is about, and what is not done."""
    worst = titles[summary.worst["slice"]] if summary.worst is not None else ""
    st.html(f'<div class="kick-sentence">{escape(_slices_words.sentence(summary, column.title, found.by, worst))}</div>')
    words = [_words.task_title(str(page.task)), str(page.model), f"against {a.title}", f"{page.scoring}"]
    if summary.n_told and summary.n_small:
        words.append(f"{summary.n_small} more with fewer than {LEAST} questions")
    if found.n_left_out:
        words.append(f"{_words.many(found.n_left_out, 'question')} without {_slices_words.WITHOUT[found.by]} left out")
    st.caption(label(" · ".join(words), longest=300))
    unfinished(page, [a, *page.sides.values()])


def unfinished(page: Page, sides: Sequence[Side]) -> None:
    """Say which recipes of the comparison have not answered everything, and where to see why."""
    titles = {side.run_id: side.title for side in sides}
    words = {}
    for spec, status in page.jobs:
        if spec.comparison_id == page.comparison_id and status.state != "done":
            title = titles.get(status.run_id) or _words.recipe_title(spec.recipe.label)
            words[title] = f"{title} {_words.partial(status)}" if status.run_id in titles else f"{title} {_words.STATES[status.state][1]}"
    if words:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f":orange[{label(' · '.join(words.values()), longest=400)}]", width="content")
            st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")


def ordered(found: SliceTable, column: Side, order: str, titles: Mapping[str, str]) -> list[str]:
    """Return the keys of the slices in the order of the rows; those too small to tell last where it goes by loss."""
    if order == "name":
        return sorted(titles, key=lambda key: titles[key].lower()) if found.by in ("subject", "category") else list(titles)
    mine = found.cells[found.cells["column"] == column.run_id]
    mine = (
        mine.assign(gain=[_slices_words.gain(cell) for cell in mine.to_dict("records")]).sort_values(
            ["is_told", "gain"], ascending=[False, True]
        )
        if order == "loss"
        else mine.sort_values("n", ascending=False, kind="stable")
    )
    keys = mine["slice"].tolist()
    return keys + [key for key in titles if key not in keys]


def paged(keys: list[str]) -> list[str]:
    """Return the rows that are drawn, after drawing the pages where there are too many for one."""
    n_parts = -(-len(keys) // PER_PAGE)
    word = st.query_params.get("part", "1")
    part = min(max(int(word), 1), n_parts) if word.isdecimal() and len(word) < 10 and n_parts else 1
    if n_parts > 1:
        st.pagination(n_parts, default=part, key=f"slices_part_{part}", on_change=turn, args=(f"slices_part_{part}",))
    return keys[(part - 1) * PER_PAGE : part * PER_PAGE]


def turn(key: str) -> None:
    """Put the page of the rows into the link."""
    st.query_params["part"] = str(st.session_state[key])


def maps(page: Page, found: SliceTable, rows: list[str], a: Side, chosen: Chosen, titles: Mapping[str, str]) -> None:
    """Draw the map and, beside it, the recipe in sight with its intervals; a click on a cell opens its questions."""
    columns, column = chosen.columns, chosen.column
    there = found.cells[found.cells["slice"].isin(rows) & (found.cells["n"] > 0)].to_dict("records")
    is_one_method = len({side.method for side in columns}) == 1
    steps = {side.run_id: _slices_words.step_title(side, is_one_method=is_one_method) for side in columns}
    method = f"{_words.method_title(columns[0].method)}: points" if is_one_method else "Points"
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**{label(method)} against {label(a.title)}**")
        figure = _slices_charts.slice_map(
            there, rows, [side.run_id for side in columns], titles, steps, _slices_charts.largest(found.cells)
        )
        slices_by_key = {one.key: one for one in found.slices}
        links = [_slices_words.link(page, cell, slices_by_key[cell["slice"]]) for cell in there]
        st.plotly_chart(
            figure,
            key="slice_map",
            on_select=lambda: clicked(links),
            selection_mode="points",
            config=_slices_charts.CONFIG,
            alt="Difference of every recipe on every slice",
        )
        st.html(LEGEND)
    with right:
        st.markdown(f"**{label(column.title)}, 95% intervals**")
        mine = [cell for cell in there if cell["column"] == column.run_id]
        st.plotly_chart(
            _slices_charts.forest(
                mine, rows, titles, column, top=_slices_charts.LEANING if _slices_charts.is_turned(len(columns)) else _slices_charts.TOP
            ),
            key="slice_forest",
            config=_slices_charts.CONFIG,
            alt=f"Difference of {column.title} on every slice, with intervals",
        )
        st.caption(
            f"Filled: survives at a {_slices_words.RATE} over the whole map. Hollow: may be chance. In brackets the number of questions."
        )
    query = st.session_state.pop("slices_open", None)
    if (
        query is not None
    ):  # streamlit puts the query into this page's address before it leaves: with its own words there, Back shows the same map
        own = {name: value for name, value in st.query_params.items() if name in OWN} | {"columns": chosen.group, "column": column.key}
        st.switch_page("pages/compare.py", query_params=own | query)


def clicked(links: list[dict[str, str]]) -> None:
    """Remember which cell was clicked; the page goes to its questions when it is drawn next."""
    points = st.session_state["slice_map"]["selection"]["points"]
    if points and int(points[0]["point_index"]) < len(links):
        st.session_state["slices_open"] = links[int(points[0]["point_index"])]


def numbers(page: Page, found: SliceTable, rows: list[str], a: Side, chosen: Chosen, titles: Mapping[str, str]) -> None:
    """Draw the recipe in sight as a table, each slice a link to its questions, and the download of all."""
    columns, column = chosen.columns, chosen.column
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{label(column.title)} in numbers**", width="content")
        recipes = {side.run_id: side.key for side in columns}
        st.download_button(
            "Download",
            data=lambda: _slices_words.table_csv(found, titles, recipes),
            file_name=f"{page.task}-slices-{found.by}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="Every cell of the map with its numbers, as CSV.",
        )
    cells = {cell["slice"]: cell for cell in found.cells[found.cells["column"] == column.run_id].to_dict("records")}
    slices_by_key = {one.key: one for one in found.slices}
    body = "".join(
        table_row(page, cells[key], slices_by_key[key], titles[key], with_facts=has_facts(cells.values())) for key in rows if key in cells
    )
    facts = ("Facts",) if has_facts(cells.values()) else ()
    names = ("n", *facts, escape(a.title), escape(column.title), "Points", "95% interval", "Broke", "Fixed", "No verdict", "p", "FDR")
    head = "".join(f'<th class="number">{name}</th>' for name in names)
    st.html(
        f'<div style="overflow-x: auto"><table class="kick-table"><tr><th {WIDE}>{_slices_words.WAYS[found.by]}</th>{head}<th></th></tr>{body}</table></div>'
    )
    st.caption(
        "p: exact sign test, facts that lost right answers against facts that gained some. FDR: the rate of false discoveries at which a cell survives, "
        f"over all cells of the map with {LEAST} questions or more (Benjamini and Hochberg)."
    )


def has_facts(cells: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether some facts are asked in several wordings."""
    return any(cell["n_facts"] < cell["n"] for cell in cells)


def table_row(page: Page, cell: Mapping[str, Any], one: queries.Slice, title: str, *, with_facts: bool) -> str:
    """Return one row of the table."""
    if not cell["n"] + cell["n_unscored"]:
        return f'<tr><td>{escape(title)}</td><td class="number">0</td><td colspan="10"></td></tr>'
    link = urlencode(_slices_words.link(page, cell, one))
    has_numbers = cell["n"] > 0
    values = [
        f"{int(cell['n']):,}",
        *([f"{int(cell['n_facts']):,}"] if with_facts else []),
        _words.score_text(cell["dense_share"], is_share=cell["is_share"]),
        _words.score_text(cell["compressed_share"], is_share=cell["is_share"]),
        _slices_words.moved(cell, "delta") if has_numbers else _words.NONE,
        f"{_slices_words.moved(cell, 'low')} to {_slices_words.moved(cell, 'high')}" if cell["low"] == cell["low"] else _words.NONE,
        f"{int(cell['broke']):,}",
        f"{int(cell['fixed']):,}",
        f"{int(cell['n_unscored']):,}",
        _slices_words.small_p(cell["p_value"]),
        _slices_words.small_p(cell["q_value"]),
    ]
    kind = {"lost": "kick-wrong", "gained": "kick-right"}.get(_slices_words.strength(cell), "kick-none")
    drawn = "".join(f'<td class="number">{value}</td>' for value in values)
    return (
        f'<tr><td {WIDE}><a href="compare?{escape(link)}" target="_self">{escape(title)}</a></td>{drawn}'
        f'<td style="white-space: nowrap"><span class="{kind}">{escape(_slices_words.strength(cell))}</span></td></tr>'
    )


def swatch(style: str, text: str) -> str:
    """Return a small square of the legend and what it means."""
    square = (
        f"display: inline-block; width: .85rem; height: .85rem; border-radius: 2px; vertical-align: -.1em; margin-right: .35rem; {style}"
    )
    return (
        f'<span style="margin-right: 1rem; white-space: nowrap"><span style="{square}"></span><span class="kick-muted">{text}</span></span>'
    )


_HATCH = "repeating-linear-gradient(135deg, rgba(128,128,128,.6) 0 1px, transparent 1px 5px)"
LEGEND = (
    swatch(f"background: rgb({_slices_charts.LOST})", "lost")
    + swatch(f"background: rgb({_slices_charts.GAINED})", "gained")
    + swatch(f"background: {_HATCH}, rgba({_slices_charts.LOST},.25)", "may be chance")
    + swatch(f"background: {_HATCH}, {_slices_charts.SMALL}", f"fewer than {LEAST} questions")
    + '<span class="kick-muted">A click on a cell opens its questions.</span>'
)


page = open_page("Slices")
if page.model is None:
    st.title("Where is knowledge lost?")
    st.info(
        "Once a dense and a compressed model have answered the same questions, every subject stands here with what each recipe lost on it, and which losses are "
        "more than chance.",
        title="No results yet",
        icon=":material/grid_on:",
    )
    st.page_link("pages/overview.py", label="Go to the demo", icon=":material/arrow_forward:")
else:
    try:
        is_busy = any(spec.comparison_id == page.comparison_id for spec, _ in page.jobs) and bool(_jobs.active(page.jobs))
        keep_drawing(draw, every_s=FILL_S if is_busy else None)(page, is_busy=is_busy)
    except LlmkickError as error:
        error_box(error)

"""Ladder: every fact at every sparsity of a method: where it dies, whether it comes back, and one question's answers from dense to the heaviest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.store import queries
from llmkick_core.store.queries import Ladder, LadderCounts, LadderFilter
from pages import _ladder_charts, _ladder_detail, _ladder_table, _ladders, _words
from pages._ladders import Column, Rungs
from pages._links import choose, dense_title
from pages._picking import on_pick
from pages._shared import FILL_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label

PER_PAGE = 25
SORTS = {"death": "Dies first", "life": "Lives longest", "subject": "Subject", "position": "Data set order"}
BESIDE = {"all": "All", "own": "Of this method", "none": "None"}
MANY = 8
"""Recipes beside the steps from which on only the method's own are drawn until someone asks for all."""
WIDE = 10
"""Columns from which on the grid takes more of the page."""
SCROLLS = 12
"""Columns from which on the grid is wider than its place."""
FATES = {
    "alive": "Alive at {last}",
    "open": "Not judged to the end",
    "back": "Came back",
    "never": "Dense never knew",
    "gained": "Gained",
    "unjudged": "No verdict on dense",
}


def ladder(page: Page) -> None:
    """Draw the page of a comparison that asks questions."""
    columns = _ladders.columns_of(page)
    ladders = _ladders.ladders_of(columns) or {"": Rungs(key="", title="Other recipes", method="", steps=())}
    head = st.container()
    chosen = next(iter(ladders))
    if len(ladders) > 1:
        default = _ladders.of_run(page.b.run_id, ladders) if page.b is not None else None
        titles = {key: label(rungs.title) for key, rungs in ladders.items()}
        chosen = choose(
            "Method",
            titles,
            "method",
            default=default,
            read=lambda word: _ladders.read_method(word, ladders),
            widget=st.pills,
            required=True,
            label_visibility="collapsed",
        )
    is_filling = any(column.state in ("running", "queued") for column in columns)
    every_s = FILL_S if is_filling else None
    with head:
        keep_drawing(headline, every_s=every_s)(page, chosen)
    keep_drawing(picture, every_s=every_s)(page, chosen)
    keep_drawing(questions)(page, columns, ladders[chosen])


def dense_run(page: Page) -> str:
    """Return the dense run of the comparison."""
    return next(side.run_id for side in page.sides.values() if side.method == "dense")


def headline(page: Page, chosen: str) -> None:
    """Draw the answer of the page; while runs are not done, it follows what comes in."""
    page = page.fresh()
    columns = _ladders.columns_of(page)
    rungs = _ladders.ladders_of(columns).get(chosen) or Rungs(key="", title="Other recipes", method="", steps=())
    curve = queries.fact_curve(page.db, str(page.comparison_id), page.scorer, page.measure)
    found = queries.ladder(
        page.db, str(page.comparison_id), dense_run(page), [step.run_id for step in rungs.steps], scorer=page.scorer, measure=page.measure
    )
    counts = queries.ladder_counts(page.db, found, LadderFilter())
    st.html(f'<div class="kick-sentence">{escape(_ladders.sentence(rungs, found, counts, curve))}</div>')
    said = {dense_title(page.sides): _words.partial(page.statuses.get(dense_run(page)))} | {
        column.title: column.partial for column in rungs.steps
    }
    partial = [f"{title} {words}" for title, words in said.items() if words]
    st.caption(
        f"{label(_words.task_title(str(page.task)))} · {label(str(page.model))} · {page.scoring}"
        + (f" · :orange[{label(' · '.join(partial), longest=300)}]" if partial else "")
    )
    if len(rungs.steps) == 1:
        st.caption("One step so far. More sparsities, from the Run page, show where the others die and what comes back.")


def picture(page: Page, chosen: str) -> None:
    """Draw the curves of all methods, and by when half of the facts are dead under each."""
    page = page.fresh()
    ladders = _ladders.ladders_of(_ladders.columns_of(page))
    curve = queries.fact_curve(page.db, str(page.comparison_id), page.scorer, page.measure)
    if not ladders or not curve["n"].any():
        return
    found = queries.ladder(page.db, str(page.comparison_id), dense_run(page), (), scorer=page.scorer, measure=page.measure)
    noun = _ladders.noun_of(found)
    left, right = st.columns([8, 5], gap="large")
    with left:
        title = f"{_words.task_title(str(page.task))}: {noun}s alive by sparsity"
        figure = _ladder_charts.alive(curve, ladders, chosen, title=title, noun=noun, dense=dense_title(page.sides))
        st.plotly_chart(figure, key="alive", config=_ladder_charts.DOWNLOAD, alt=title)
    with right:
        st.html(_ladder_charts.medians(curve, ladders, chosen))
        st.caption(
            f"Alive: right in a wording at least, of the {noun}s that dense {'knows' if found.has_facts else 'gets right'}. Bands: 95% intervals of each step's share "
            "(Wilson). Half dead by: the median lifetime (Kaplan–Meier), where a step after which it is never right again is its death. ◆ 2:4, ■ 4:8, ▲ 1:2, ★ pruned and quantized."
        )


def questions(page: Page, columns: Sequence[Column], rungs: Rungs) -> None:
    """Draw chips, filters, the grid and the question in sight; only this reruns while someone reads."""
    chips = st.container()  # filled once subject and search are known: they narrow what is counted
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by, which = rows_and_columns(page, columns, rungs)
        subjects = {"": "All subjects"} | {name: label(name.replace("_", " ")) for name in queries.subjects(page.db, dense_run(page))}
        subject = choose("Subject", subjects, "subject", lasting=False, width=200) if len(subjects) > 1 else ""
        st.session_state["search_ladder"] = search = st.query_params.get("search", "")
        st.text_input("Search questions", key="search_ladder", on_change=search_for, width=220, icon=":material/search:")
        sort = choose("Sort", SORTS, "sort", lasting=False, width=160)
    others = _ladders.beside(columns, rungs, which)
    found = queries.ladder(
        page.db,
        str(page.comparison_id),
        dense_run(page),
        [step.run_id for step in rungs.steps],
        others=[column.run_id for column in others],
        scorer=page.scorer,
        measure=page.measure,
        by=by,
    )
    narrowed = LadderFilter(subject=subject or None, search=search or None)
    counts = queries.ladder_counts(page.db, found, narrowed)
    with chips:
        wanted = fates(page, found, rungs, narrowed, counts)
    places = queries.ladder_places(page.db, found, wanted, sort)
    if not len(places):
        st.info("No row is like that. Take back a filter to see more.", icon=":material/filter_alt_off:")
        return
    drawn = [*rungs.steps, *others]
    known = queries.grid(page.db, str(page.comparison_id), page.scorer, page.measure).questions
    first = str(found.rows["sample_id"].iloc[places[0]])
    shown = st.query_params.get("q") or first
    place = found.place(shown, known)
    on_pick(pick, key="picked", shows=".st-key-ladder_detail")
    left, right = st.columns([7, 5] if len(drawn) < WIDE else [2, 1], gap="large")
    with left:
        grid(page, found, drawn, counts, places, place)
    with right, st.container(key="ladder_detail"):
        if place is None:
            st.warning(f"The link asks for question {label(shown)}, which this task does not have.")
            return
        _ladder_detail.draw(page, found, rungs, drawn, shown, place)


def rows_and_columns(page: Page, columns: Sequence[Column], rungs: Rungs) -> tuple[str, str]:
    """Return whether rows are facts or questions, and which recipes stand beside the steps, after drawing both choices."""
    by = "fact"
    if queries.ladder(page.db, str(page.comparison_id), dense_run(page), (), scorer=page.scorer, measure=page.measure).has_facts:
        by = choose("Rows", {"fact": "Facts", "question": "Questions"}, "by", lasting=False, width=130)
    everything = _ladders.beside(columns, rungs, "all")
    if not everything:
        return by, "none"
    offered = BESIDE if rungs.steps else {"all": "All"}
    default = "own" if len(everything) > MANY and rungs.steps else "all"
    return by, choose("Other recipes", offered, "others", default=default, lasting=False, width=160)


def fates(page: Page, found: Ladder, rungs: Rungs, narrowed: LadderFilter, counts: LadderCounts) -> LadderFilter:
    """Return the filter with the fate that was chosen, after drawing a chip for each there is."""
    everything = queries.ladder_counts(page.db, found, LadderFilter())
    titles, meant = {"all": f"All {counts.n:,}"}, {"all": narrowed}
    for step, column in enumerate(rungs.steps):
        key = f"dies-{100 * float(column.row['sparsity']):g}"
        titles[key], meant[key] = f"Dies at {column.head} {counts.died[step]:,}", replace(narrowed, fate="dies", step=step)
    for fate, title in FATES.items():
        if everything.fates[fate] and (rungs.steps or fate in ("never", "unjudged")):
            last = rungs.steps[-1].head if rungs.steps else ""
            titles[fate], meant[fate] = f"{title.format(last=last)} {counts.fates[fate]:,}", replace(narrowed, fate=fate)
    return meant[choose("Fate", titles, "fate", lasting=False, widget=st.pills, required=True, label_visibility="collapsed")]


def search_for() -> None:
    """Put what was typed into the link."""
    text = st.session_state["search_ladder"].strip()
    st.query_params.pop("q", None)
    if text:
        st.query_params["search"] = text
    else:
        st.query_params.pop("search", None)


def pick(sample_id: str) -> None:
    """Put a question into the link."""
    st.query_params["q"] = sample_id


def show(ids: Sequence[str], at: int) -> None:
    """Put the first wording of a row into the link."""
    if 0 <= at < len(ids):
        st.query_params["q"] = ids[at]


def grid(page: Page, found: Ladder, drawn: Sequence[Column], counts: LadderCounts, places: Sequence[int], place: int | None) -> None:
    """Draw the page of the grid that the question in sight is on; j and k move through all pages."""
    listed = list(places)
    at = listed.index(place) if place in listed else None
    ids = found.rows["sample_id"].iloc[listed].tolist()
    number = (at or 0) // PER_PAGE
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        here = -1 if at is None else at
        st.button(
            "Next",
            key="next",
            icon=":material/arrow_downward:",
            shortcut="J",
            on_click=show,
            args=(ids, here + 1),
            disabled=here + 1 >= len(ids),
        )
        st.button(
            "Previous", key="previous", icon=":material/arrow_upward:", shortcut="K", on_click=show, args=(ids, here - 1), disabled=here < 1
        )
        st.caption(f"{here + 1:,} of {len(ids):,}" if at is not None else f"{len(ids):,} listed")
    rows = queries.ladder_texts(page.db, found, listed[number * PER_PAGE : (number + 1) * PER_PAGE]).to_dict("records")
    _ladder_table.draw(page, found, drawn, counts, rows, place)
    n_pages = -(-len(ids) // PER_PAGE)
    if n_pages > 1:
        key = f"list_page_{number}"  # a widget of its own for each page: the question in sight decides which one is open
        st.pagination(n_pages, default=number + 1, key=key, on_change=turn, args=(ids, key), max_visible_pages=5)
    more = " · the table scrolls sideways" if len(drawn) > SCROLLS else ""
    st.caption(_ladder_table.LEGEND.replace("~", "\\~") + more)
    if at is None and place is not None:
        st.caption("The question beside is not in the list as it is filtered now.")


def turn(ids: Sequence[str], key: str) -> None:
    """Go to the first row of a page of the grid."""
    show(ids, (st.session_state[key] - 1) * PER_PAGE)


def nothing(page: Page) -> bool:
    """Return whether there is no ladder to draw, after saying what it takes."""
    if page.model is None:
        st.title("Ladder")
        st.info(
            "Here every fact stands against every sparsity of a method: where it dies, whether it comes back, and what the model says at each step.",
            title="Nothing to follow yet",
            icon=":material/stairs:",
        )
        st.page_link("pages/overview.py", label="Go to the demo", icon=":material/arrow_forward:")
        return True
    if queries.measure_of(page.db, str(page.comparison_id), page.measure).right_at is None:
        perplexity(page)
        return True
    has_dense = any(side.method == "dense" for side in page.sides.values())
    if has_dense and _ladders.columns_of(page):
        return False
    st.title("Ladder")
    st.info(
        "The dense model has answered this task, no compressed one yet. A method at several sparsities makes a ladder."
        if has_dense
        else "The dense model has not answered this task yet; what it knows is what can be lost.",
        title="Only the dense model so far" if has_dense else "Waiting for the dense model",
        icon=":material/stairs:",
    )
    st.page_link("pages/run.py", label="Run a recipe" if has_dense else "Open the queue", icon=":material/arrow_forward:")
    return True


def perplexity(page: Page) -> None:
    """Say that a text asks for no facts, and lead to a task that does."""
    st.title("Ladder")
    st.info(
        "Perplexity measures a text and asks no questions, so no fact can die in it. Choose a task that asks.", icon=":material/stairs:"
    )
    every = page.runs["comparison_id"].drop_duplicates()
    asking = every[[queries.measure_of(page.db, str(one), page.measure).right_at is not None for one in every]]
    for comparison in asking.head(4):
        here = dict(st.query_params.items()) | {"task": page.task_keys[str(comparison)]}
        st.page_link(
            "pages/ladder.py", label=label(page.comparison_titles[str(comparison)]), icon=":material/arrow_forward:", query_params=here
        )


page = open_page("Ladder")
st.html(_ladder_table.STYLE)
try:
    if not nothing(page):
        ladder(page)
except LlmkickError as error:
    error_box(error)

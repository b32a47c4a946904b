"""What the list of Compare is narrowed to: chips, filters, ranges and order, each of them in the URL.

    ?outcome=broke&subject=geography&search=capital&category=STEM&kind=loop&tag=near-miss&where=kl:0.5..;n_words:..12&sort=kl

A value that a link asks for and that there is not is said on the page, not followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from llmkick_core.store import queries
from llmkick_core.store.notes import ANY
from pages import _words
from pages._links import Side, choose, go_to
from pages._shared import Page
from pages._text import label

SORTS = {
    "damage": "Damage",
    "position": "Data set order",
    "kl": "KL from dense",
    "agreed": "Least agreement",
    "other_margin": "Margin of B",
    "other_tokens": "Length of B",
    "n_words": "Length of question",
}
"""Orders of the list; those by a measure are offered where the pair has it."""

TITLES = {
    "category": "Category",
    "kind": "Outcome of B",
    "shown": "Evidence",
    "rescue": "Lost closed-book, with evidence",
    "tag": "Notes and tags",
}
"""The less frequent filters, as the URL names them."""
SPOKEN = {"kind": "outcome", "tag": "tag", "rescue": "rescue"}
"""What they are called in a sentence, where their titles are not fit for one."""
EVIDENCE = {True: "An answer is in it", False: "No answer is in it"}
RESCUE = {"regained": "Answered again", "not_regained": "Still lost"}

FILTERS = ("outcome", "subject", "search", *TITLES, "where")
"""What narrows the list, as the URL names it."""


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """What the row of filters says."""

    wanted: queries.Filter
    """What the list is narrowed to."""
    sort: str
    """Its order."""
    foot: DeltaGenerator
    """Where what belongs to the question in sight is drawn, beside the chips."""


def narrow(page: Page, a: Side, b: Side, summary: queries.PairSummary) -> Narrowed:
    """Return what the list is narrowed to after drawing chips and filters."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        chips = st.container(width="content")  # filled once the filters are known: they narrow what is counted
        foot = st.container(horizontal=True, width="content")
    spans, told = queries.spans(page.db, a.run_id, b.run_id, page.scorer, page.measure), st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        subjects = {"": "All subjects"} | {name: label(name.replace("_", " ")) for name in queries.subjects(page.db, a.run_id)}
        subject = choose("Subject", subjects, "subject", lasting=False, width=200) if len(subjects) > 1 or asked_for("subject") else ""
        search = search_box()
        sorts = {key: title for key, title in SORTS.items() if key in ("damage", "position") or key in spans}
        sort = choose("Sort", sorts, "sort", lasting=False, width=170)
        more = further(page, a, b, spans, told)
        narrowed = replace(more, subject=subject or None, search=search or None)
        if any(map(asked_for, FILTERS)):
            st.button("Clear filters", icon=":material/filter_alt_off:", type="tertiary", on_click=clear)
    counts = queries.pair_counts(page.db, a.run_id, b.run_id, scorer=page.scorer, measure=page.measure, wanted=narrowed)
    offered = ("all", "different") if summary.measure.right_at is None else tuple(_words.OUTCOMES)
    titles = {key: f"{_words.OUTCOMES[key]} {counts[key]:,}" for key in offered if key in ("all", "broke", "fixed") or summary.counts[key]}
    with chips:
        outcome = choose("Outcome", titles, "outcome", lasting=False, widget=st.pills, required=True, label_visibility="collapsed")
    return Narrowed(wanted=replace(narrowed, outcome=None if outcome == "all" else outcome), sort=sort, foot=foot)


def search_box() -> str:
    """Return what is searched for after drawing the box."""
    search = st.query_params.get("search", "")
    if st.session_state.get("search_text") != search:  # set only where it differs: what is being typed is not taken away
        st.session_state["search_text"] = search
    st.text_input("Search questions and answers", key="search_text", on_change=search_for, width=250, icon=":material/search:")
    return search


def search_for() -> None:
    """Put what was typed into the link."""
    put("search", st.session_state["search_text"].strip())


def put(name: str, value: str) -> None:
    """Put a filter into the link, or take it out where it is empty; the list is another one then."""
    go_to(**{name: value or None, "q": None})


def clear() -> None:
    """Take back everything that narrows the list."""
    go_to(**dict.fromkeys((*FILTERS, "q")))


def further(page: Page, a: Side, b: Side, spans: Mapping[str, tuple[float, float]], told: DeltaGenerator) -> queries.Filter:
    """Return what the less frequent filters say after drawing them: category, kind of outcome, notes and tags, ranges.

    Args:
        page: the page.
        a: left of the pair.
        b: right of the pair.
        spans: lowest and highest value of each measure.
        told: where it is said that a link asks for what there is not; the box of these filters is closed most of the time.
    """
    offered = further_options(page, a, b)
    titles = TITLES | {"kind": f"Outcome of B, {label(b.title)}"}
    ranges, _ = queries.read_ranges(st.query_params.get("where", ""))
    n_active = sum(asked_for(name) in options for name, options in offered.items() if asked_for(name)) + sum(
        one.measure in spans for one in ranges
    )
    with st.popover(f"More filters · {n_active}" if n_active else "More filters", icon=":material/tune:", key="more_filters"):
        chosen = {
            name: choose(titles[name], options, name, lasting=False, spoken=SPOKEN.get(name, TITLES[name].lower()), told=told)
            for name, options in offered.items()
            if len(options) > 1 or asked_for(name)
        }
        ranges = range_boxes(b, spans, told)
    wanted = {name: value or None for name, value in chosen.items()}
    shown = wanted.pop("shown", None)
    return queries.Filter(**wanted, shown=None if shown is None else shown == "yes", ranges=ranges)


def further_options(page: Page, a: Side, b: Side) -> dict[str, dict[str, str]]:
    """Return {filter: {value: title}} of the less frequent filters; one that has nothing to offer has the value "" alone, which lets all through."""
    pair = (page.db, a.run_id, b.run_id, page.scorer, page.measure)
    categories, seen = queries.categories(page.db, a.run_id), queries.evidence(*pair)
    rescued = {name: len(ids) for name, ids in queries.rescued(*pair).items()}
    return {
        "category": {"": "All categories"} | {name: label(name.replace("_", " ")) for name in categories},
        "kind": {"": "Any"} | {name: f"{_words.KINDS.get(name, name)} · {n:,}" for name, n in queries.kinds(*pair).items()},
        "shown": {"": "Any"} | {("yes" if is_shown else "no"): f"{EVIDENCE[is_shown]} · {n:,}" for is_shown, n in seen.items()},
        "rescue": {"": "Any"} | ({name: f"{RESCUE[name]} · {n:,}" for name, n in rescued.items()} if any(rescued.values()) else {}),
        "tag": {"": "Any or none", ANY: "With a note or tag"}
        | {name: f"{label(name)} · {n:,}" for name, n in queries.tags_in_use(page.db).items()},
    }


def asked_for(name: str) -> str:
    """Return what the link asks for, empty where it does not."""
    return str(st.query_params.get(name, ""))


def range_boxes(b: Side, spans: Mapping[str, tuple[float, float]], told: DeltaGenerator) -> tuple[queries.Range, ...]:
    """Return the ranges that are asked for after drawing a row for each, and the box that adds one."""
    asked, wrong = queries.read_ranges(st.query_params.get("where", ""))
    ranges = tuple(one for one in asked if one.measure in spans)
    lacking = [f"no answer of {b.title} has {one.measure}." for one in asked if one.measure not in spans]
    for line in (*wrong, *lacking):
        told.warning(f"The link asks for a range that is not followed: {label(line, longest=300)}")
    for one in ranges:
        low, high = spans[one.measure]
        st.caption(label(measure_title(one.measure)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for end, value, hint in (("low", one.low, low), ("high", one.high, high)):
                key = f"{end}_{one.measure}"
                if key not in st.session_state or st.session_state[key] != value:
                    st.session_state[key] = value
                st.number_input(
                    "From" if end == "low" else "To",
                    key=key,
                    value=None,
                    step=None,
                    format="%g",
                    placeholder=f"{hint:.4g}",
                    on_change=set_range,
                    args=(ranges, one.measure),
                    width=130,
                    label_visibility="collapsed",
                )
            st.button(
                "Remove",
                key=f"drop_{one.measure}",
                icon=":material/close:",
                type="tertiary",
                on_click=put_ranges,
                args=([other for other in ranges if other is not one],),
            )
    left = [name for name in spans if name not in {one.measure for one in ranges}]
    st.session_state["new_range"] = None
    st.selectbox(
        "Range of a measure",
        left,
        format_func=lambda name: label(measure_title(name)),
        key="new_range",
        index=None,
        placeholder="Add a range",
        on_change=add_range,
        args=(ranges,),
    )
    return ranges


def measure_title(measure: str) -> str:
    """Return what a measure is, in the words of the field."""
    return queries.MEASURES.get(measure) or _words.metric_title(measure.partition(":")[2])


def add_range(ranges: tuple[queries.Range, ...]) -> None:
    """Put a range of the measure that was chosen into the link, both ends open."""
    measure = st.session_state["new_range"]
    if measure is not None:
        put_ranges([*ranges, queries.Range(measure=measure)])


def set_range(ranges: tuple[queries.Range, ...], measure: str) -> None:
    """Put the ends that were typed into the link, the lower one first."""
    low, high = (st.session_state[f"{end}_{measure}"] for end in ("low", "high"))
    if low is not None and high is not None and low > high:
        low, high = high, low
    put_ranges([queries.Range(measure=measure, low=low, high=high) if one.measure == measure else one for one in ranges])


def put_ranges(ranges: list[queries.Range]) -> None:
    """Put ranges into the link."""
    put("where", queries.write_ranges(ranges))

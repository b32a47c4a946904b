"""Live: dense and compressed model answer the same prompt side by side, token by token. Nothing starts by itself."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from llmkick_core import settings
from llmkick_core.catalog import is_imported
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.consent import asked_by
from llmkick_core.jobs.preflight import check_pinned
from llmkick_core.live.duel import LONGEST_PROMPT, Ask
from llmkick_core.live.prompts import Question, question_of, suggestions
from llmkick_core.live.sources import Source, check_here, source_of, typed
from llmkick_core.schema import RunSpec
from llmkick_core.store import queries
from pages import _columns, _words
from pages._columns import Column, Show
from pages._links import Side, choose
from pages._shared import Page, error_box, keep_drawing, open_page
from pages._text import escape, label
from pages._typed import check_weights

POLL_S = 0.25
"""Seconds between two looks at what has come."""

LONGEST_IN_LINK = 1000
"""Characters of a typed prompt that stand in the link."""

MODES = {"plain": "Continue", "chat": "Conversation"}
TOKENS = {str(n): f"{n} tokens" for n in (16, 32, 64, 128, 256, 512)}
TEMPERATURES = {"0": "0 (likeliest)", "0.3": "0.3", "0.7": "0.7", "1": "1"}
NOBODY, TYPED, MODEL = "none", "typed", "model:"
N_BROKEN = 8


def live(page: Page, a: Side) -> None:
    """Draw the page: the answer in one sentence, the prompt, and the answers as they come."""
    top = st.container()
    question = asked_question(page)
    prompt = the_prompt(page, question)
    with st.container(horizontal=True, vertical_alignment="bottom", key="live_choices"):
        ask = controls(question)
        columns, problem = cast(page, a)
        if problem is not None and not columns:
            raise problem
        show = current(columns, prompt)
        begin_or_stop(page, columns, show, ask, question, is_ready=problem is None)
    is_over = show is not None and show.duel.is_over  # once: what is drawn below has to fit together
    with top:
        headline(page, columns, show, is_over=is_over)
    if problem is not None:
        error_box(problem)
    refused = st.session_state.pop("live_refused", None)
    if refused is not None:
        error_box(refused)
    if question is not None:
        about(question)
    st.html(_columns.STYLE)
    if show is None:
        _columns.idle(columns)
    else:
        if not show.is_asked_as(ask):
            st.caption(
                label(
                    f"These answers are to other settings: {_columns.settings_words(show.duel.ask)}. "
                    f"{'Start again' if is_over else 'Stop, then start again,'} to ask by those above.",
                    longest=400,
                )
            )
        keep_drawing(answers, every_s=None if is_over else POLL_S)(show, is_told=is_over)
    if show is not None and is_over:
        _columns.third(show)
        if words := _columns.speeds(show):
            st.caption(label(words, longest=600))
        _columns.word_by_word(show)
    servers(page)


def headline(page: Page, columns: list[Column], show: Show | None, *, is_over: bool) -> None:
    """Draw the answer of the page in one sentence, and what the runs say of the pair."""
    names = _columns.listed([column.title for column in columns])
    if show is None:
        words = f"{names} answer the same prompt side by side: press Start." if len(columns) > 1 else f"{names} answers: press Start."
    else:
        words = _columns.sentence(show) if is_over else f"{names} are answering." if len(columns) > 1 else f"{names} is answering."
    st.html(f'<div class="kick-sentence">{escape(words)}</div>')
    if page.a is not None and page.b is not None:
        summary = queries.pair_summary(page.db, page.a.run_id, page.b.run_id, page.scorer, page.measure)
        st.caption(label(f"{_words.task_title(summary.task)}: {_words.pair_sentence(summary, page.a.title, page.b.title)}", longest=400))
    else:
        st.caption("Only one recipe has answered; others that are run on the Run page can answer beside it.")


def asked_question(page: Page) -> Question | None:
    """Return the question of the store that the link asks for, None where it asks for none."""
    place = (page.model, page.comparison_id)
    q = st.query_params.get("q")
    kept = st.session_state.get("live_q")
    if q is None and kept is not None and kept[:2] == place and "prompt" not in st.query_params:
        q = st.query_params["q"] = kept[2]  # another recipe was chosen, for which the sidebar drops the question
    if q is None or page.a is None:
        return None
    runs = [side.run_id for side in (page.a, page.b, third_side(page)) if side is not None]
    try:
        found = queries.sample_detail(page.db, q, runs, page.scorer, page.measure)
    except LlmkickError as error:
        error_box(error, title="This question is not here")
        return None
    st.session_state["live_q"] = (*place, q)
    return question_of(found, str(page.task))


def third_side(page: Page) -> Side | None:
    """Return the recipe of the third column."""
    return page.sides.get(st.query_params.get("c", NOBODY))


def the_prompt(page: Page, question: Question | None) -> str:
    """Return what stands in the box after drawing it: the question's prompt, what was typed, or a suggestion."""
    offered = suggestions(str(page.model))
    if question is not None:
        text = question.ask.prompt
    else:
        text = st.query_params.get("prompt") or st.session_state.get("live_typed") or offered[0].text
    broken = {}
    if page.a is not None and page.b is not None:
        rows = queries.pair_rows(
            page.db,
            page.a.run_id,
            page.b.run_id,
            scorer=page.scorer,
            measure=page.measure,
            wanted=queries.Filter(outcome="broke"),
            limit=N_BROKEN,
        )
        broken = {f"q:{row.sample_id}": f"{_words.SIGNS['broke']} {label(row.question)}" for row in rows.itertuples()}
    titles = {str(k): f"{label(one.text)}{' (conversation)' if one.is_chat else ''}" for k, one in enumerate(offered)} | broken
    st.selectbox(
        "Good prompts and questions that broke",
        list(titles),
        index=None,
        format_func=lambda key: titles.get(key, label(str(key))),
        key="live_suggestion",
        placeholder="Good prompts, and questions that broke",
        label_visibility="collapsed",
        on_change=take,
        args=(page,),
    )
    st.session_state["live_prompt"] = text
    st.text_area("Prompt", key="live_prompt", height=100, on_change=type_prompt, max_chars=LONGEST_PROMPT)
    if question is None and len(text) > LONGEST_IN_LINK:
        st.caption(f"{len(text):,} characters: too long to stand in the link, so it stays in this tab.")
    return text


def take(page: Page) -> None:
    """Put a suggestion into the box and the link."""
    key = st.session_state["live_suggestion"]
    st.session_state["live_suggestion"] = None
    if key is None:
        return
    if key.startswith("q:"):
        st.query_params.pop("prompt", None)
        st.query_params["q"] = key.removeprefix("q:")
        return
    chosen = suggestions(str(page.model))[int(key)]
    put(chosen.text)
    if chosen.is_chat:
        st.query_params["mode"] = "chat"
    else:
        st.query_params.pop("mode", None)


def type_prompt() -> None:
    """Put what was typed into the link."""
    put(st.session_state["live_prompt"])


def put(text: str) -> None:
    """Make a text the prompt, in place of a question of the store."""
    st.session_state["live_typed"] = text
    st.session_state.pop("live_q", None)
    st.query_params.pop("q", None)
    if 0 < len(text) <= LONGEST_IN_LINK:
        st.query_params["prompt"] = text
    else:
        st.query_params.pop("prompt", None)


def cast(page: Page, a: Side) -> tuple[list[Column], LlmkickError | None]:
    """Return who answers, and what is wrong with an address that was typed or that a run names, after drawing the choice of a third."""
    specs = {spec.run_id: spec for spec, _ in page.jobs}
    others = {key: side.title for key, side in page.sides.items() if side not in (a, page.b)}
    others_here = [spec for spec, _ in page.jobs if spec.model != page.model and not is_imported(spec.model)]
    dense = {f"{MODEL}{spec.model}": spec for spec in others_here if spec.recipe.is_dense}
    models = {key: f"{key.removeprefix(MODEL)}, dense" for key in dense}
    c = choose(
        "Beside them",
        {NOBODY: "Nobody"} | others | models | {TYPED: "A server on this machine"},
        "c",
        lasting=False,
        width=180,
        help="A third column. Recipes that were not run are not here: run them on the Run page.",
    )
    if c == TYPED:
        st.text_input("Address", key="live_address", placeholder="http://127.0.0.1:8000/v1", width=220, max_chars=200)
        st.text_input("Model", key="live_model", placeholder="its name there", width=160, max_chars=200)
    columns: list[Column] = []
    try:
        for side in (a, page.b, page.sides.get(c)):
            if side is not None:
                columns.append(column_of(page, side, specs))
        if c in dense:
            columns.append(Column(title=models[c], method="dense", source=checked_source(page, dense[c]), run_id=None))
        elif c == TYPED and st.session_state["live_address"] and st.session_state["live_model"]:
            remote = typed(st.session_state["live_address"], st.session_state["live_model"])
            columns.append(Column(title=remote.name, method="", source=remote, run_id=None))
    except LlmkickError as error:
        return columns, error
    return columns, None


def column_of(page: Page, side: Side, specs: dict[str, RunSpec]) -> Column:
    """Return the column of a recipe."""
    return Column(title=side.title, method=side.method, source=checked_source(page, specs[side.run_id]), run_id=side.run_id)


def checked_source(page: Page, spec: RunSpec) -> Source:
    """Return who answers as the model of a run did.

    Raises:
        LlmkickError: the app may not load its model or calibration text, or call its address, and no command of this installation asked for the run.
    """
    by = asked_by(page.services.executor.store, spec.run_id)
    if by != "command":
        check_weights(spec)
        check_pinned(spec)
    if by is None:
        check_here(spec)
    return source_of(spec)


def controls(question: Question | None) -> Ask:
    """Return how the prompt is asked, its text left to the moment of the start, after drawing the choices; a question of the store leaves none."""
    if question is not None:
        return question.ask
    mode = choose("Mode", MODES, "mode", lasting=False, widget=st.segmented_control, required=True)
    tokens = choose("At most", TOKENS, "tokens", default="64", lasting=False, width=130)
    temperature = choose("Temperature", TEMPERATURES, "temperature", lasting=False, width=130)
    return Ask(prompt="-", is_chat=mode == "chat", max_tokens=int(tokens), temperature=float(temperature))


def current(columns: list[Column], prompt: str) -> Show | None:
    """Return what this session sees; answers to another prompt, or of other models, are ended and put away."""
    show: Show | None = st.session_state.get("live_show")
    if show is not None and not show.is_of(columns, prompt):
        show.duel.stop()
        st.session_state.pop("live_show")
        return None
    return show


def begin_or_stop(page: Page, columns: list[Column], show: Show | None, ask: Ask, question: Question | None, *, is_ready: bool) -> None:
    """Draw the button that starts, or stops what is on its way."""
    if show is not None and not show.duel.is_over:
        st.button("Stop", key="live_stop", icon=":material/stop:", on_click=show.duel.stop)
        return
    st.button(
        "Start" if show is None else "Start again",
        key="live_start",
        type="primary",
        icon=":material/play_arrow:",
        on_click=begin,
        args=(page, tuple(columns), ask, question),
        disabled=not is_ready,
    )


def begin(page: Page, columns: tuple[Column, ...], ask: Ask, question: Question | None) -> None:
    """Ask what stands in the box."""
    text = st.session_state["live_prompt"]
    before: Show | None = st.session_state.pop("live_show", None)
    if before is not None:
        before.duel.stop()
    if question is not None and text != question.ask.prompt:
        question = None
    try:
        duel = page.services.studio.start([column.source for column in columns], replace(ask, prompt=text))
    except LlmkickError as error:
        st.session_state["live_refused"] = error
        return
    st.session_state["live_show"] = Show(duel=duel, columns=columns, question=question)


def about(question: Question) -> None:
    """Draw the right answer, and how the question is asked."""
    if question.gold:
        first, *others = question.gold
        also = f' <span class="kick-muted">also {escape(", ".join(others[:5]))}</span>' if others else ""
        st.html(f'<div><span class="kick-muted">Right answer</span> <b>{escape(first)}</b>{also}</div>')
    said = f"Asked as the runs asked it: {_columns.settings_words(question.ask)}"
    st.caption(label(f"{said}{f' ({question.note})' if question.note else ''}. Edit the prompt to ask your own.", longest=400))


def answers(show: Show, *, is_told: bool) -> None:
    """Draw the answers; look again until they have ended, then have the page say what came of them, where it has not."""
    is_over = show.duel.is_over
    _columns.draw(show)
    if is_over and not is_told:
        st.rerun()


def servers(page: Page) -> None:
    """Draw which model servers run, and what ends them."""
    running = page.services.live_servers()
    if not running:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        n = len(running)
        st.caption(
            label(
                f"{_words.many(n, 'model server')} {'runs' if n == 1 else 'run'} on this machine ({', '.join(running)}); "
                f"each ends after {settings.live_idle_s() // 60} minutes without a prompt, and with the app.",
                longest=400,
            )
        )
        st.button("Stop servers", key="live_servers", icon=":material/power_settings_new:", on_click=page.services.studio.stop_servers)


page = open_page("Live")
if page.model is None or page.a is None:
    st.title("Live")
    st.info(
        "Here the dense and a compressed model answer the same prompt side by side, token by token, and the first token at which they part is marked.",
        title="No model has answered anything yet",
        icon=":material/forum:",
    )
    st.page_link("pages/overview.py", label="Go to the demo", icon=":material/arrow_forward:")
    st.stop()
if is_imported(page.model):
    st.title("Live")
    st.info(
        "Only answers of this model are here, read from a file; nothing can be asked of it. Choose another model in the sidebar, or run one.",
        icon=":material/forum:",
    )
    st.page_link("pages/run.py", label="Open the Run page", icon=":material/play_circle:")
    st.stop()
try:
    live(page, page.a)
except LlmkickError as error:
    error_box(error)

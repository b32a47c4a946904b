"""Run: pick a model, recipes and tasks, see what they will take, start them, and follow them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from llmkick_core.calibration_plan import Wanted, fitted
from llmkick_core.catalog import TASKS, ModelCard, asked_form, is_imported, is_to_come, model_card, models, plan
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.demo import MODEL, usual_calibration
from llmkick_core.jobs.estimate import Estimate, estimate
from llmkick_core.jobs.preflight import check_runs
from llmkick_core.schema import Formulation, Recipe, RunSpec
from pages import _jobs, _words
from pages._datasets import Asking, check_data, pick_data
from pages._recipes import TEXTS, pick_recipes
from pages._shared import BUSY_S, IDLE_S, Page, error_box, keep_drawing, open_page
from pages._text import dot, escape, label
from pages._typed import check_model, check_text, meant

PROMPTS = {"auto": "Auto", "plain": "Plain", "chat": "Chat template"}
N_FOREIGN = 50
"""Recipes not started here that are listed at once."""
LIMITS = {100: "100", 200: "200", 500: "500", 0: "All"}


def form(page: Page) -> None:
    """Draw the three steps, and beside them what they come to."""
    left, right = st.columns([17, 6], gap="small")
    with left:
        st.subheader("1 · Model", anchor=False)
        cards = {card.model: card for card in models()}
        model = pick_model(page, cards)
        st.subheader("2 · Recipes", anchor=False)
        st.caption(
            "Dense is always asked too: every comparison needs it. Pick as many as you like; each is compressed once and asked everything."
        )
        recipes, calibration = pick_recipes(usual_calibration(model))
        st.subheader("3 · Tasks", anchor=False)
        tasks, word, asking = pick_tasks()
        data = check_data(tasks, word, asking)
    with right, st.container(border=True):
        st.markdown("**Estimate**")
        comes_to(page, model, (recipes, calibration), data, asking)


def pick_model(page: Page, cards: dict[str, ModelCard]) -> str:
    """Return the model chosen: one that is here, or a folder or hub name that was typed."""
    looked_at = [page.model] if page.model and not is_imported(page.model) else []
    words = list(dict.fromkeys([*(word for word in (MODEL,) if word in cards), *cards, *looked_at]))
    model = st.selectbox(
        "Model",
        words,
        index=0 if cards else None,  # what only the store names is looked at once somebody chose it
        key="run_model",
        accept_new_options=True,
        persist_state="session",
        format_func=lambda word: choice_title(cards[word]) if word in cards else str(word),
        placeholder="A folder, a .gguf file, or hub:org/name@revision",
        help="Type the path of a Hugging Face folder with safetensors weights, of a GGUF file, or hub:org/name@revision (:FILE.gguf). "
        "Code that comes with a model is never run.",
    )
    st.caption("Another one: type its folder, its .gguf file, or hub:org/name@revision, into the box.")
    if not model:
        return ""
    try:
        model = check_model(meant(str(model), {word: card.title for word, card in cards.items()}), list(cards))
        if is_to_come(model):
            st.caption("It is not on this machine yet: it is downloaded when it first runs, and its size is known from then on.")
        else:
            st.caption(describe(cards.get(model) or model_card(model)))
    except LlmkickError as error:
        error_box(error)
        return ""
    return model


def choice_title(card: ModelCard) -> str:
    """Return a model as the list shows it: its name, and what is to be fetched first."""
    return f"{card.title}, {_words.size(card.n_fetch_bytes)} to fetch" if card.n_fetch_bytes else card.title


def describe(card: ModelCard) -> str:
    """Return a model's sizes in a line."""
    parameters = f"{card.n_parameters / 1e9:.1f} B" if card.n_parameters >= 1e9 else f"{card.n_parameters / 1e6:.1f} M"
    words = [
        label(card.architecture),
        f"{parameters} parameters",
        f"{_words.size(card.n_bytes)} as {card.dtype}",
        f"{card.n_layers} blocks",
        *([label(card.source_format)] if card.source_format else []),
    ]
    return " · ".join([*words, f"{card.context_length:,} tokens of context"] if card.context_length else words)


def pick_tasks() -> tuple[list[str], str, Asking]:
    """Return the tasks chosen, their data, and how they are asked."""
    names = sorted(TASKS, key=_words.task_order)
    usual = [name for name in names if TASKS[name].kind != "chat" and TASKS[name].bundled_path]
    chosen = st.pills(
        "Tasks",
        names,
        selection_mode="multi",
        default=usual,
        format_func=_words.task_title,
        key="run_tasks",
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    one, two, three, four, five = st.columns(5)
    limit = one.selectbox("Questions per task", list(LIMITS), index=1, format_func=LIMITS.get, key="run_limit", persist_state="session")
    with two:
        word = pick_data()
    choices: dict[str, Formulation | None] = {"Default": None, "Letters": "letters", "Option texts": "cloze"}
    asked = three.selectbox("Format", list(choices), key="run_formulation", persist_state="session")
    k_shot = four.number_input(
        "Few-shot examples", 0, 5, 0, key="run_shots", persist_state="session", help="Before each question and multiple choice."
    )
    prompt = five.selectbox(
        "Prompts",
        list(PROMPTS),
        format_func=PROMPTS.get,
        key="run_prompt",
        persist_state="session",
        help="Auto: through the chat template where the model has one. Multiple choice and perplexity are plain unless you ask otherwise.",
    )
    asking = Asking(limit=int(limit) or None, formulation=choices.get(str(asked)), prompt=str(prompt), k_shot=int(k_shot))
    return list(chosen), word, asking


def comes_to(page: Page, model: str, chosen: tuple[list[Recipe], Wanted], data: dict[str, str] | None, asking: Asking) -> None:
    """Draw what the choice will take, and the button that starts it; `chosen` are the recipes, and what is asked of their calibration."""
    if data is None:
        st.caption("Fix the data first: what is wrong with it stands below the tasks.")
        return
    if not model or not data:
        st.caption("Choose a model and at least one task.")
        return
    try:
        wanted = replace(chosen[1], source=check_text(chosen[1].source, TEXTS))
        recipes, lines = fitted(model, chosen[0], wanted)
        by_task = [
            plan(
                model,
                recipes,
                [task],
                dataset=word,
                limit=asking.limit,
                k_shot=asking.k_shot,
                formulation=asking.formulation,
                prompt=asking.prompt,
            )
            for task, word in data.items()
        ]
        specs = [spec for of_recipe in zip(*by_task, strict=True) for spec in of_recipe]
        check_runs(specs, page.services.executor.store)
        cost = estimate(specs, page.services.executor.store)
        asked = {spec.run_id for spec in specs}
        n_waiting = sum(status.run_id in asked and status.state in _jobs.ACTIVE for _, status in page.services.executor.runs())
    except LlmkickError as error:
        error_box(error)
        return
    st.html(table(cost, n_waiting, len(recipes), len(data)))
    in_chat = [_words.task_title(spec.task) for spec in dict.fromkeys(spec.dense() for spec in specs) if asked_form(spec) == "chat"]
    if in_chat:
        st.caption(f"Through the chat template: {', '.join(in_chat)}.")
    for line in lines:
        st.caption(label(line, longest=300))
    if cost.problem:
        st.warning(label(cost.problem, longest=400), title="This would not fit", icon=":material/memory:")
    text, n_new = start_text(cost, n_waiting)
    if st.button(
        text, key="start", type="primary", icon=":material/play_arrow:", disabled=bool(cost.problem) or not n_new, width="stretch"
    ):
        begin(page, specs)


def start_text(cost: Estimate, n_waiting: int) -> tuple[str, int]:
    """Return what stands on the button, and how many runs it starts: those that are neither computed nor in the queue."""
    n_new = cost.n_runs - cost.n_computed - n_waiting
    if n_new > 0:
        return f"Start {_words.many(n_new, 'run')}", n_new
    return (f"{n_waiting:,} in the queue" if n_waiting else "All of it is computed"), 0


def table(cost: Estimate, n_waiting: int, n_recipes: int, n_tasks: int) -> str:
    """Return the estimate as a table."""
    free = f" of {_words.size(cost.free_memory_bytes)} free" if cost.free_memory_bytes is not None else ""
    about = "" if cost.is_measured else " <span class='kick-muted'>estimated</span>"
    rows = {
        "Runs": f"{cost.n_runs:,} <span class='kick-muted'>({_words.many(n_recipes, 'recipe')} × {_words.many(n_tasks, 'task')})</span>",
        "Computed": f"{cost.n_computed:,} of {cost.n_runs:,}{f', {n_waiting:,} in the queue' if n_waiting else ''}",
        "Time": f"{_words.duration(cost.seconds)}{about}" if cost.n_computed < cost.n_runs else "none",
        "Memory": f"{_words.size(cost.memory_bytes)}{free}",
        "Disk": f"{_words.size(cost.disk_bytes)} of {_words.size(cost.free_disk_bytes)} free",
    }
    return f'<table class="kick-table">{"".join(f"<tr><td class=kick-name>{name}</td><td class=number>{value}</td></tr>" for name, value in rows.items())}</table>'


def begin(page: Page, specs: list[RunSpec]) -> None:
    """Queue the runs."""
    try:
        page.services.submit(specs)
    except LlmkickError as error:
        error_box(error, title="The runs could not be started")
        return
    st.rerun()


def queue(page: Page) -> None:
    """Draw the queue: what runs and waits, what failed, what is done."""
    runs = page.services.executor.runs()
    groups = _jobs.active(runs)
    if said := st.session_state.pop("queue_error", ""):
        st.error(label(said, longest=800), title="The queue could not be changed", icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Queue", anchor=False)
        if groups:
            ids = [run_id for group in groups for run_id in group.ids(*_jobs.ACTIVE)]
            st.button("Cancel all", icon=":material/stop_circle:", on_click=cancel, args=(page, ids))
    if page.services.worker_error:
        st.error(label(page.services.worker_error, longest=800), title="The worker stopped", icon=":material/error:")
        st.button("Start it again", icon=":material/restart_alt:", on_click=restart, args=(page,))
    if not runs:
        st.info("Nothing has run yet. What you start above appears here, with its progress.", icon=":material/hourglass_empty:")
        return
    if groups:
        now = _jobs.progress(runs)
        word = page.services.doing(groups)
        left = f", {page.services.pace.left()}" if word == "Running" else ""
        st.progress(now.share, text=f"{now.n_done} of {_words.many(now.n_runs, 'run')} done · {word.lower()}{left}")
    foreign(page, [run for run in runs if run[1].state == "foreign"])
    for group in groups:
        waiting(page, group)
    ended(page, runs)
    with st.expander("Worker log", on_change="rerun", key="worker_log") as log:
        if log.open:
            st.code(page.services.log() or "No worker has printed anything.", language=None, height=320)


def waiting(page: Page, group: _jobs.Group) -> None:
    """Draw one compressed model that is worked on or waits."""
    with st.container(border=True):
        title, bar, button = st.columns([3, 6, 2], vertical_alignment="center")
        status = group.current
        title.html(
            f"{dot(group.spec.recipe.method)}<b>{escape(group.title)}</b><br>"
            f'<span class="kick-muted">{escape(shortened(group.spec.model.removeprefix("bundled:").removeprefix("package:")))}</span>'
        )
        n_done = len(group.ids("done"))
        ids = group.ids(*_jobs.ACTIVE)
        is_cancelling = page.services.is_cancelling(group)
        words = [
            f"{_words.task_title(group.current_task)}: {page.services.stage(group)}",
            f"{n_done} of {_words.many(len(group.runs), 'task')} done",
        ]
        if status.state == "running" and status.rate:
            words.append(_words.rate(status.rate))
        if status.state == "running" and status.eta_s is not None and not is_cancelling:
            words.append(f"{_words.duration(status.eta_s)} left")
        bar.progress(group.share, text=label(" · ".join(words), longest=400))
        for _, told in group.runs:
            if told.advice:
                st.warning(label(told.advice, longest=400), icon=":material/tips_and_updates:")
        button.button(
            "Cancelling" if is_cancelling else "Cancel",
            key=f"cancel_{group.compression_id}",
            on_click=cancel,
            args=(page, ids),
            disabled=is_cancelling,
            width="stretch",
        )


def foreign(page: Page, runs: list[_jobs.Run]) -> None:
    """Draw the runs that are not done and were not asked for here: what they read and call, and a way to let them run."""
    if not runs:
        return
    st.warning(
        f"{_words.many(len(runs), 'run')} in this store {'was' if len(runs) == 1 else 'were'} not started here, so nothing of them runs by itself. "
        "Look at what they read and call before you let them.",
        title="Not started here",
        icon=":material/front_hand:",
    )
    groups = _jobs.grouped(runs)
    for group in groups[:N_FOREIGN]:
        with st.container(border=True):
            text, button = st.columns([9, 2], vertical_alignment="center")
            tasks = ", ".join(dict.fromkeys(_words.task_title(spec.task) for spec, _ in group.runs))
            read = {spec.dataset for spec, _ in group.runs}
            read |= {spec.recipe.calibration.source for spec, _ in group.runs if not spec.recipe.is_dense}
            said = next((status.message for _, status in group.runs if status.message), "")
            text.markdown(
                f"**{label(group.title)}** · {label(tasks, longest=300)}  \n"
                f"model {label(group.spec.model, longest=400)}  \nreads {label(', '.join(sorted(read)), longest=800)}"
                + (f"  \nIts store says: {label(said, longest=400)}" if said else "")
            )
            button.button(
                "Run it",
                key=f"consent_{group.compression_id}",
                on_click=retry,
                args=(page, [spec for spec, _ in group.runs]),
                width="stretch",
            )
    if len(groups) > N_FOREIGN:
        st.caption(f"{_words.many(len(groups) - N_FOREIGN, 'more recipe')} not shown.")


def shortened(model: str, longest: int = 40) -> str:
    """Return a model's word cut at the front: the end of a path tells most."""
    return model if len(model) <= longest else f"…{model[1 - longest :]}"


def ended(page: Page, runs: list[_jobs.Run]) -> None:
    """Draw the runs that failed or were cancelled, each with its reason and a way to try again; and how many are done."""
    stopped = [run for run in runs if run[1].state in ("failed", "cancelled")]
    for group in _jobs.grouped(stopped):
        failed = [status.message for _, status in group.runs if status.state == "failed"]
        tasks = ", ".join(_words.task_title(spec.task) for spec, _ in group.runs)
        with st.container(border=True):
            text, button = st.columns([9, 2], vertical_alignment="center")
            said = (
                label(failed[0] or "no reason was left", longest=600)
                if failed
                else "Cancelled. What was answered is kept; a retry goes on from there."
            )
            text.markdown(f"**{label(group.title)}** · {label(tasks, longest=300)}  \n{':orange[failed] ' if failed else ''}{said}")
            button.button(
                "Retry", key=f"retry_{group.compression_id}", on_click=retry, args=(page, [spec for spec, _ in group.runs]), width="stretch"
            )
    done = [run for run in runs if run[1].state == "done"]
    for spec, status in done:
        if status.advice:
            st.warning(
                f"**{label(_words.task_title(spec.task))}**: {label(status.advice, longest=400)}", icon=":material/tips_and_updates:"
            )
    if done:
        recipes = len(_jobs.grouped(done))
        st.caption(f"{_words.many(len(done), 'run')} of {_words.many(recipes, 'recipe')} done.")
        st.page_link("pages/overview.py", label="See the results", icon=":material/monitoring:")


def cancel(page: Page, ids: list[str]) -> None:
    """Ask runs to stop."""
    try:
        page.services.executor.cancel(ids)
    except LlmkickError as error:
        st.session_state["queue_error"] = str(error)


def retry(page: Page, specs: list[RunSpec]) -> None:
    """Queue runs again; what they answered is kept."""
    try:
        page.services.submit(specs)
    except LlmkickError as error:
        st.session_state["queue_error"] = str(error)


def restart(page: Page) -> None:
    """Start a worker after one has failed."""
    page.services.worker_error = ""
    page.services.start_worker()


page = open_page("Run")
st.title("Run")
try:
    form(page)
    st.space("small")
    is_busy = bool(_jobs.active(page.services.executor.runs()))
    keep_drawing(queue, every_s=BUSY_S if is_busy else IDLE_S)(page)
except LlmkickError as error:
    error_box(error)

"""Run: pick a model, recipes and tasks, see what they will take, start them, and follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from llmkick_core.catalog import METHODS, TASKS, Method, ModelCard, model_card, models, plan
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.demo import MODEL
from llmkick_core.jobs.estimate import Estimate, estimate
from llmkick_core.schema import Calibration, Formulation, Recipe, RunSpec
from pages import _jobs, _words
from pages._shared import BUSY_S, IDLE_S, Page, error_box, keep_drawing, open_page
from pages._text import escape, label

SPARSITIES = tuple(step / 10 for step in range(1, 9))
STRUCTURES = ("2:4", "4:8", "1:2")
BITS = (8, 4, 3, 2)
PRESETS = {
    "Quick look": {"magnitude": ["30%", "50%", "70%"], "wanda": ["30%", "50%", "70%", "2:4"], "int8": ["8 bit"], "rtn": ["4 bit"]},
    "Every step": {"magnitude": [f"{s:.0%}" for s in SPARSITIES], "wanda": [f"{s:.0%}" for s in SPARSITIES]},
    "None": {},
}
Order = Literal["layer", "block"]
LIMITS = {100: "100", 200: "200", 500: "500", 0: "All"}


def form(page: Page) -> None:
    """Draw the three steps, and beside them what they come to."""
    left, right = st.columns([17, 6], gap="small")
    with left:
        st.subheader("1 · Model", anchor=False)
        model = pick_model(page)
        st.subheader("2 · Recipes", anchor=False)
        st.caption(
            "Dense is always asked too: every comparison needs it. Pick as many as you like; each is compressed once and asked everything."
        )
        recipes = pick_recipes()
        st.subheader("3 · Tasks", anchor=False)
        tasks, options = pick_tasks()
    with right, st.container(border=True):
        st.markdown("**What this comes to**")
        comes_to(page, model, recipes, tasks, options)


def pick_model(page: Page) -> str:
    """Return the model chosen: one that is here, or a folder or hub name that was typed."""
    cards = {card.model: card for card in models()}
    words = list(dict.fromkeys([*(word for word in (MODEL,) if word in cards), *cards, *([page.model] if page.model else [])]))
    model = st.selectbox(
        "Model",
        words,
        key="run_model",
        accept_new_options=True,
        persist_state="session",
        format_func=lambda word: cards[word].title if word in cards else str(word),
        placeholder="A folder, or hub:org/name@revision",
        help="Type the path of a Hugging Face folder with safetensors weights, or hub:org/name@revision. Code that comes with a model is never run.",
    )
    if not model:
        return ""
    try:
        st.caption(describe(cards.get(model) or model_card(model)))
    except LlmkickError as error:
        st.caption(label(str(error), longest=400))
    return str(model)


def describe(card: ModelCard) -> str:
    """Return a model's sizes in a line."""
    parameters = f"{card.n_parameters / 1e9:.1f} B" if card.n_parameters >= 1e9 else f"{card.n_parameters / 1e6:.1f} M"
    words = [
        label(card.architecture),
        f"{parameters} parameters",
        f"{_words.size(card.n_bytes)} as {card.dtype}",
        f"{card.n_layers} blocks",
    ]
    return " · ".join([*words, f"{card.context_length:,} tokens of context"] if card.context_length else words)


def pick_recipes() -> list[Recipe]:
    """Return the recipes chosen in the grid of methods by sparsities, structures and bits; dense first."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Start from", width="content")
        for name in PRESETS:
            st.button(name, key=f"preset_{name}", on_click=preset, args=(name,), type="tertiary")
    picked: list[tuple[Method, dict[str, Any]]] = []
    for method in sorted(METHODS.values(), key=lambda method: ("sparsity" not in method.takes, method.name == "random", method.name)):
        titles = steps_of(method)
        name, grid = st.columns([2, 13], vertical_alignment="center", gap="xsmall")
        name.html(f'<div class="kick-name"><span class="kick-dot {method.name}"></span>{_words.method_title(method.name)}</div>')
        chosen = grid.pills(
            method.title,
            list(titles),
            selection_mode="multi",
            key=f"grid_{method.name}",
            label_visibility="collapsed",
            persist_state="session",
            wrap=True,
        )
        picked += [(method, titles[title]) for title in chosen]
    details = advanced()
    return [Recipe(), *(details.apply(method, step) for method, step in picked)]


@dataclass(frozen=True, kw_only=True)
class Details:
    """What the expander says about every recipe of the grid that it concerns."""

    calibration: Calibration
    """Text for the methods that look at activations."""
    order: Order
    """What they are calibrated behind."""
    quantizer: str | None
    """What quantizes after the methods that prune; None for nothing."""
    bits: int | None
    """Its bits."""
    group_size: int | None
    """Inputs that share a scale; None is one scale a row."""
    is_symmetric: bool
    """Whether grids have no zero point."""
    has_activation_order: bool
    """GPTQ only."""

    def apply(self, method: Method, step: dict[str, Any]) -> Recipe:
        """Return the recipe of one cell of the grid."""
        quantizer = METHODS[self.quantizer] if self.quantizer and method.prunes else None
        takes = method.takes | (quantizer.takes if quantizer else frozenset())
        fields = {"bits": self.bits} if quantizer and "bits" in quantizer.requires else {}
        return Recipe(
            **{
                "method": method.name,
                "calibration": self.calibration,
                "order": self.order,
                "quantizer": quantizer.name if quantizer else None,
                "group_size": self.group_size if "group_size" in takes else None,
                "is_symmetric": self.is_symmetric or "is_symmetric" not in takes,
                "has_activation_order": self.has_activation_order and "has_activation_order" in takes,
                **fields,
                **step,
            }
        )


def steps_of(method: Method) -> dict[str, dict[str, Any]]:
    """Return what the grid offers for a method: {title: fields of the recipe}."""
    titles: dict[str, dict[str, Any]] = {}
    if "sparsity" in method.takes:
        titles |= {f"{sparsity:.0%}": {"sparsity": sparsity} for sparsity in SPARSITIES}
    if "structure" in method.takes:
        titles |= {structure: {"structure": structure} for structure in STRUCTURES}
    if "bits" in method.takes:
        offered = (method.default_bits,) if method.default_bits and not method.requires else BITS
        titles |= {f"{bits} bit": {"bits": bits} for bits in offered}
    return titles


def preset(name: str) -> None:
    """Fill the grid."""
    for method in METHODS:
        st.session_state[f"grid_{method}"] = [title for title in PRESETS[name].get(method, []) if title in steps_of(METHODS[method])]


ORDERS: dict[Order, str] = {"layer": "compressed layers", "block": "the dense block"}
GRIDS = {True: "symmetric", False: "with zero points"}


def advanced() -> Details:
    """Return the calibration, and how weights are quantized."""
    with st.expander("Calibration, order and quantization"):
        one, two, three, four = st.columns(4)
        source = one.selectbox("Text", ["bundled", "c4", "wikitext2"], accept_new_options=True, key="cal_source", persist_state="session")
        n_samples = two.number_input("Sequences", 1, 4096, 32, key="cal_samples", persist_state="session")
        seq_len = three.number_input("Tokens each", 8, 32768, 512, key="cal_len", persist_state="session")
        order = four.selectbox(
            "Calibrate behind",
            list(ORDERS),
            format_func=ORDERS.get,
            key="cal_order",
            persist_state="session",
            help="Each layer on what the compressed layers before it give (one pass), or all layers of a block on what the dense block gives, as the "
            "papers' code does.",
        )
        st.caption("Only methods that look at activations use the text: magnitude, random and RTN do not.")
        one, two, three, four = st.columns(4)
        quantizers = {name: _words.method_title(name) for name, method in METHODS.items() if not method.prunes}
        quantizer = one.selectbox(
            "After pruning",
            ["", *quantizers],
            format_func=lambda name: quantizers.get(name, "Nothing"),
            key="cal_quantizer",
            persist_state="session",
            help="Quantizes what every pruning recipe above leaves; its zeros stay zeros.",
        )
        bits = two.selectbox(
            "in bits", BITS, index=1, key="cal_bits", persist_state="session", disabled=not quantizer or quantizer == "int8"
        )
        group_size = three.selectbox(
            "Quantization groups",
            [64, 128, 0],
            format_func=lambda n: f"of {n}" if n else "one a row",
            key="cal_group",
            persist_state="session",
        )
        is_symmetric = four.selectbox("Grid", list(GRIDS), format_func=GRIDS.get, key="cal_grid", persist_state="session")
        has_order = st.checkbox(
            "GPTQ rounds the columns with the largest inputs first (activation order)", key="cal_act", persist_state="session"
        )
    return Details(
        calibration=Calibration(source=str(source or "bundled"), n_samples=int(n_samples), seq_len=int(seq_len)),
        order=order or "layer",
        quantizer=quantizer or None,
        bits=int(bits or 4),
        group_size=int(group_size or 0) or None,
        is_symmetric=is_symmetric is not False,
        has_activation_order=bool(has_order),
    )


def pick_tasks() -> tuple[list[str], dict[str, Any]]:
    """Return the tasks chosen and how they are asked."""
    names = sorted(TASKS, key=_words.task_order)
    usual = [name for name in names if TASKS[name].kind != "chat"]
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
    one, two, three, four = st.columns(4)
    limit = one.selectbox("Questions a task", list(LIMITS), index=1, format_func=LIMITS.get, key="run_limit", persist_state="session")
    data = two.selectbox(
        "Data",
        ["bundled", "hub"],
        accept_new_options=True,
        key="run_data",
        persist_state="session",
        help="bundled, hub, or a path in the official format.",
    )
    choices: dict[str, Formulation | None] = {"As usual": None, "Letters": "letters", "Option texts": "cloze"}
    asked = three.selectbox("Multiple choice by", list(choices), key="run_formulation", persist_state="session")
    k_shot = four.number_input("Solved examples", 0, 5, 0, key="run_shots", persist_state="session", help="Multiple choice only.")
    options = {
        "limit": int(limit) or None,
        "dataset": str(data or "bundled"),
        "formulation": choices.get(str(asked)),
        "k_shot": int(k_shot),
    }
    return list(chosen), options


def comes_to(page: Page, model: str, recipes: list[Recipe], tasks: list[str], options: dict[str, Any]) -> None:
    """Draw what the choice will take, and the button that starts it."""
    if not model or not tasks:
        st.caption("Choose a model and at least one task.")
        return
    try:
        specs = plan(model, recipes, tasks, **options)
        cost = estimate(specs, page.services.executor.store)
        asked = {spec.run_id for spec in specs}
        n_waiting = sum(status.run_id in asked and status.state in _jobs.ACTIVE for _, status in page.services.executor.runs())
    except LlmkickError as error:
        error_box(error)
        return
    st.html(table(cost, n_waiting, len(recipes), len(tasks)))
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
            f'<span class="kick-dot {escape(group.spec.recipe.method)}"></span><b>{escape(group.title)}</b><br>'
            f'<span class="kick-muted">{escape(shortened(group.spec.model.removeprefix("bundled:")))}</span>'
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
        button.button(
            "Cancelling" if is_cancelling else "Cancel",
            key=f"cancel_{group.compression_id}",
            on_click=cancel,
            args=(page, ids),
            disabled=is_cancelling,
            width="stretch",
        )


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

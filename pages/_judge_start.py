"""Start a judge: who rates which runs how, what that comes to, and how far those are that were started."""

from __future__ import annotations

from typing import Any

import streamlit as st

from llmkick_core.errors import LlmkickError
from llmkick_core.judge.jobs import JudgeRequest
from llmkick_core.judge.prices import BUNDLED, FILE, read_prices
from llmkick_core.judge.protocols import PROTOCOLS
from llmkick_core.judgment import DATASET
from llmkick_core.store import queries
from llmkick_core.store.opener import exists
from pages import _judge_access, _judge_ask, _judge_jobs, _judge_prices, _judge_words, _words
from pages._judge_access import Access, access
from pages._links import choose
from pages._moving import followed
from pages._shared import BUSY_S, IDLE_S, Page, error_box, keep_drawing
from pages._text import escape, label

LIMITS = {0: "All", 5: "5", 10: "10", 20: "20", 50: "50", 100: "100"}
CAP = 1.0
"""Dollars that stand in the box for the most it may cost."""


def draw(page: Page, head: Any) -> None:
    """Draw the form with what it comes to, the prices, and the jobs."""
    working = tuple(job.job_id for job in _judge_jobs.active(page))
    with head:
        st.html(f'<div class="kick-sentence">{escape(sentence(page, len(working)))}</div>')
        st.caption(
            label(
                f"{_words.task_title(str(page.task))} · {page.model} · nothing is sent before you have seen what it comes to", longest=300
            )
        )
    left, right = st.columns([17, 8], gap="large")
    with left:
        asked = form(page)
        _judge_prices.draw(page)
    with right, st.container(border=True):
        st.markdown("**Estimate**")
        if isinstance(asked, str):
            st.caption(asked)
        elif isinstance(asked, LlmkickError):
            error_box(asked)
        else:
            _judge_ask.comes_to(page, *asked, key="judge_start")
    keep_drawing(followed(_judge_jobs.draw), every_s=BUSY_S if working else IDLE_S)(page, working)


def sentence(page: Page, n_working: int) -> str:
    """Return what the page says at its top."""
    if n_working:
        return f"{_words.many(n_working, 'judge')} {'is' if n_working == 1 else 'are'} at work."
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    if not setups:
        return "No judge has rated these answers yet; choose one, and see what it costs before it starts."
    judges = len({(setup.model, setup.url) for setup in setups})
    n = sum(setup.n_judgments for setup in setups)
    return f"{_words.many(judges, 'judge')} made {_words.many(n, 'judgment')} of these answers so far; start another one, or go on."


def form(page: Page) -> tuple[JudgeRequest, Access] | LlmkickError | str:
    """Return what was chosen, or why nothing can be asked so, after drawing the form."""
    protocol = choose(
        "How",
        _judge_words.PROTOCOLS,
        "protocol",
        lasting=False,
        widget=st.segmented_control,
        required=True,
        wrap=True,
        help=_judge_words.PROTOCOL_HELP,
    )
    runs = pick_runs(page, protocol)
    references = pick_references(page) if PROTOCOLS[protocol].way == "reference" else ""
    url, model = pick_judge(page)
    more = caps()
    missing = [name for name, value in (("at least one run", runs), ("an address", url), ("a model", model)) if not value]
    if missing:
        return f"Choose {' and '.join(missing)}."
    try:
        reached = access(url, model)
        request = JudgeRequest(run_ids=tuple(runs), protocol=protocol, references=references, url=reached.url, model=model.strip(), **more)  # type: ignore[arg-type]
    except LlmkickError as error:
        return error
    return request, reached


def pick_runs(page: Page, protocol: str) -> list[str]:
    """Return the runs that are to be judged; in pairwise the dense one is what others are held against."""
    sides = [side for side in page.sides.values() if PROTOCOLS[protocol].way != "pairwise" or side.method != "dense"]
    titles = {side.run_id: side.title for side in sides}
    key = f"judge_runs_{page.comparison_id}"
    asked = [page.sides[word].run_id for word in st.query_params.get("runs", "").split(",") if word in page.sides]
    if key not in st.session_state:
        usual = [side.run_id for side in (page.a, page.b) if side is not None]
        st.session_state[key] = asked or usual
    st.session_state[key] = [run_id for run_id in st.session_state[key] if run_id in titles]
    chosen = st.multiselect(
        "Runs",
        list(titles),
        key=key,
        format_func=lambda run_id: titles.get(run_id, label(str(run_id))),
        persist_state="session",
        help="A change from dense needs the dense run judged too.",
        on_change=lambda: keep_runs(page, key),
    )
    if PROTOCOLS[protocol].way != "pairwise" and chosen and not any(page.all_sides[run_id].method == "dense" for run_id in chosen):
        st.caption("Without the dense run among them, or judged before in this way, there is no change to tell.")
    return list(chosen)


def keep_runs(page: Page, key: str) -> None:
    """Put the chosen runs into the link."""
    keys = {side.run_id: side.key for side in page.sides.values()}
    words = [keys[run_id] for run_id in st.session_state[key] if run_id in keys]
    if words:
        st.query_params["runs"] = ",".join(words)
    else:
        st.query_params.pop("runs", None)


def pick_references(page: Page) -> str:
    """Return what answers are held against: the data set's own, or a run's answers to the same questions."""
    stand_in = "highlights" if page.task == "summarization" else "reference answers"
    titles = {DATASET: f"The data set's {stand_in}, in place of GPT-3.5's answers"}
    formats = queries.source_formats(page.db)
    titles |= {
        run_id: f"Answers of {_words.model_title(model, formats.get(run_id, ''))}"
        for run_id, model in queries.twins(page.db, str(page.comparison_id)).items()
    }
    titles |= {side.run_id: f"Answers of {side.title}" for side in page.sides.values()}
    return choose(
        "Reference answers",
        titles,
        "references",
        lasting=False,
        help="The paper's judge saw GPT-3.5's answers. Run an endpoint model on this task, or import its answers, and it is offered here.",
    )


def pick_judge(page: Page) -> tuple[str, str]:
    """Return the address and the name of the judge."""
    left, right = st.columns(2)
    url = left.selectbox(
        "Address of its server",
        with_typed(_judge_access.offered(), "judge_url"),
        key="judge_url",
        accept_new_options=True,
        persist_state="session",
        help="A server that speaks OpenAI's interface: OpenAI, one on this machine, such as vLLM (port 8000) and Ollama (port 11434), or one that is named in LLMKICK_LIVE_ENDPOINTS.",
    )
    model = right.selectbox(
        "Model",
        with_typed(known_models(page), "judge_model"),
        key="judge_model",
        accept_new_options=True,
        persist_state="session",
        index=None,
        placeholder="Its name there",
    )
    return str(url or "").strip(), str(model or "").strip()


def with_typed(words: list[str], key: str) -> list[str]:
    """Return what a box offers, with what was typed into it."""
    typed = st.session_state.get(key)
    return [*words, *([typed] if typed and typed not in words else [])]


def known_models(page: Page) -> list[str]:
    """Return the judges that were asked before, and those with a price."""
    setups = queries.judge_setups(page.db, str(page.comparison_id))
    own = page.services.executor.store / FILE
    try:
        priced = list(read_prices(BUNDLED)) + (list(read_prices(own)) if exists(own) else [])
    except LlmkickError:
        priced = []  # the table of prices says what is wrong with it
    return list(dict.fromkeys([*(setup.model for setup in setups), *priced]))


def caps() -> dict[str, Any]:
    """Return how often and how much is asked, and what stops it, after drawing the boxes."""
    one, two, three, four = st.columns(4)
    limit = one.selectbox(
        "Questions",
        list(LIMITS),
        format_func=LIMITS.get,
        key="judge_limit",
        persist_state="session",
        help="The first ones of the data set.",
    )
    repeats = two.number_input(
        "Ask each",
        1,
        20,
        1,
        key="judge_times",
        persist_state="session",
        help="From 2 on, the judge's own noise is known; it costs as many times more.",
    )
    cost = three.number_input(
        "Stop at, $", min_value=0.0, value=CAP, step=0.5, format="%.2f", key="judge_cost", persist_state="session", help="0 sets no limit."
    )
    requests = four.number_input(
        "Stop at, requests", min_value=0, value=0, step=100, key="judge_requests", persist_state="session", help="0 sets no limit."
    )
    return {
        "limit": int(limit or 0) or None,
        "repeats": int(repeats),
        "max_cost": float(cost) or None,
        "max_requests": int(requests) or None,
        **more_caps(),
    }


def more_caps() -> dict[str, Any]:
    """Return what is seldom changed, after drawing its boxes."""
    with st.expander("More"):
        five, six, seven = st.columns(3)
        tokens = five.number_input(
            "Stop at, tokens", min_value=0, value=0, step=100_000, key="judge_tokens", persist_state="session", help="0 sets no limit."
        )
        longest = six.number_input("Tokens of a reply", 64, 32_768, 1024, step=256, key="judge_longest", persist_state="session")
        temperature = seven.number_input(
            "Temperature",
            0.0,
            2.0,
            0.0,
            step=0.1,
            key="judge_temperature",
            persist_state="session",
            help="0 takes the likeliest token each time.",
        )
    return {
        "max_total_tokens": int(tokens) or None,
        "max_tokens": int(longest),
        "temperature": float(temperature),
    }

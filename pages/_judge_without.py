"""What can be said of summaries and conversations while no judge has rated them, and how to connect one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from llmkick_core.store import queries
from pages import _charts, _judge_charts, _words
from pages._links import go_to
from pages._shared import Page
from pages._text import escape, label

METRICS = {
    "summarization": {
        "rouge_1": ("ROUGE-1", "share of single words shared with the highlights"),
        "rouge_2": ("ROUGE-2", "share of pairs of words shared with the highlights"),
        "rouge_l": ("ROUGE-L", "longest common run of words with the highlights"),
        "n_words": ("Words", "length of the summary; the prompt asks for fewer than 150"),
    },
    "instruction_following": {
        "unique_tokens": ("Unique tokens", "different tokens of an answer, mean of its turns: the paper's measure beside the judge"),
        "n_words": ("Words", "length of an answer, mean of its turns"),
    },
}
"""Stored metrics that stand for a task without a judge: title, and what it is."""

SERVERS = {
    "OpenAI": ("export OPENAI_API_KEY=…", "https://api.openai.com/v1", "gpt-4o"),
    "vLLM": (
        "vllm serve meta-llama/Llama-3.1-70B-Instruct --port 8000   # in another terminal",
        "http://127.0.0.1:8000/v1",
        "meta-llama/Llama-3.1-70B-Instruct",
    ),
    "Ollama": ("ollama serve   # in another terminal\nollama pull llama3.1:70b", "http://127.0.0.1:11434/v1", "llama3.1:70b"),
}
"""How a judge's server comes up, its address, and a model there."""


def draw(page: Page, head: Any, view: str | None = None) -> None:
    """Draw the stored metrics over sparsity, and how a judge is connected; the sentence goes into `head`.

    Args:
        page: the page.
        head: place of the sentence.
        view: title of the view that was asked for, where it has nothing but what a judge says; None draws what stands for the scores.
    """
    if view is not None:
        head.html('<div class="kick-sentence">Nobody has judged these answers yet.</div>')
        st.info(f"{view} shows what a judge said; Scores has what can be said without one.", icon=":material/hourglass_empty:")
        connect(page)
        return
    metrics = METRICS[str(page.task)]
    found = queries.stored_scores(page.db, str(page.comparison_id), tuple(metrics), page.scorer)
    found = found.merge(page.runs[["run_id", "variant"]], on="run_id").assign(verdict=None)
    with head:
        st.html(f'<div class="kick-sentence">{escape(sentence(page))}</div>')
        st.caption(label(f"{_words.task_title(str(page.task))} · {page.model} · without a judge · {page.scoring}", longest=300))
    if found.empty:
        st.info(
            "No answer of this task has been scored this way yet; the queue says where the runs stand.", icon=":material/hourglass_empty:"
        )
        st.page_link("pages/run.py", label="Open the queue", icon=":material/list:")
    drawn = [name for name in metrics if (found["metric"] == name).any()]
    for start in range(0, len(drawn), 2):
        for column, name in zip(st.columns(2, gap="large"), drawn[start : start + 2], strict=False):
            title, about = metrics[name]
            with column:
                st.markdown(f"**{title}**")
                st.caption(about)
                st.plotly_chart(
                    _judge_charts.stored(found[found["metric"] == name], title),
                    key=f"stored_{name}",
                    config=_charts.config(f"{page.task}-{name}"),
                    alt=f"{title} over sparsity",
                )
    if drawn:
        st.caption("Bands and bars: 95% intervals over questions. The level line is the dense model.")
    connect(page)


def sentence(page: Page) -> str:
    """Return what the page can say of the pair without a judge."""
    first, (title, _) = next(iter(METRICS[str(page.task)].items()))
    rows = {
        str(row["recipe"]): row for row in queries.stored_scores(page.db, str(page.comparison_id), (first,), page.scorer).to_dict("records")
    }
    dense = rows.get("dense")
    mine = rows.get(str(page.b.row["recipe"])) if page.b is not None else None
    if dense is None or mine is None or page.b is None:
        return "Nobody has judged these answers yet."
    decimals = 3 if dense["score"] <= 1 else 1
    return (
        f"Nobody has judged these answers yet. {title} of {page.b.title} {'are' if title.endswith('s') else 'is'} {mine['score']:.{decimals}f} against {dense['score']:.{decimals}f} dense "
        f"on {mine['n']:,} {'stories' if page.task == 'summarization' else 'conversations'}; whether its answers are good, only a judge can say."
    )


def connect(page: Page) -> None:
    """Draw how a judge is connected: from here, or on the command line."""
    st.subheader("Connect a judge", anchor=False)
    st.markdown(
        "Servers that speak OpenAI's interface can judge. This page asks OpenAI, those on this machine, and those that whoever runs it names in "
        "`LLMKICK_LIVE_ENDPOINTS`; the command line asks any. Nothing is asked before you have seen what it will cost."
    )
    st.button("Start a judge here", type="primary", icon=":material/gavel:", on_click=go_to, kwargs={"view": "start"})
    runs = ",".join(dict.fromkeys(str(side.row["recipe"]) for side in (page.a, page.b) if side is not None))
    for column, (name, (first, url, model)) in zip(st.columns(3), SERVERS.items(), strict=True):
        with column:
            st.markdown(f"**{name}**")
            st.code(
                f"{first}\n.venv/bin/python -m llmkick_core judge --runs {runs} --task {page.task} --protocol reference \\\n  --endpoint {url} --model {model} --max-cost 1.00",
                language="bash",
                wrap_lines=True,
            )

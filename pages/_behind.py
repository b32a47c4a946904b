"""What is opened on request below a question: prompt, evidence, reference, and everything that was stored of the answers."""

from __future__ import annotations

import streamlit as st

from llmkick_core.store.queries import SampleDetail, TurnDetail
from pages._links import Side
from pages._measures import MOST_WINDOWS
from pages._text import escape, label, marked, mentions, visible

MOST_LETTERS = 65_536
"""Of a prompt that are shown."""


def draw(found: SampleDetail, a: Side, b: Side) -> None:
    """Draw what is opened on request."""
    sample = found.sample
    if sample.turns:
        with st.expander("Prompt"):
            plain(escape(sample.turns[0][:MOST_LETTERS]))
            if len(sample.turns[0]) > MOST_LETTERS:
                st.caption(f"The first {MOST_LETTERS:,} of {len(sample.turns[0]):,} characters.")
    if sample.evidence:
        with st.expander("Evidence"):
            names = [name for turn in sample.gold for name in turn]
            standing = mentions(sample.evidence, names)
            if names:
                n = len(standing)
                st.caption(
                    f"An accepted answer stands in it {n:,} time{'s' * (n != 1)}, marked."
                    if n
                    else "No accepted answer stands in it as it is written."
                )
            plain(marked(sample.evidence, standing))
    if sample.reference and (len(sample.turns) > 1 or not sample.gold):  # else it repeats the right answers
        with st.expander("Reference"):
            plain(escape(sample.reference))
    with st.expander("Stored values"):
        st.caption(f"Sample {label(sample.sample_id, longest=300)}")
        if any(len(side.turns) > MOST_WINDOWS for side in found.sides):
            st.caption(f"The first {MOST_WINDOWS} turns.")
        if any("margin" in turn.scores for side in found.sides for turn in side.turns):
            st.caption(
                "The score named margin is a difference of probabilities, −1 to 1; the margin above is one of log-probabilities, nats."
            )
        st.json(
            {
                side.title: {"asked": found_side.facts, "turns": [raw(turn) for turn in found_side.turns[:MOST_WINDOWS]]}
                for side, found_side in zip((a, b), found.sides, strict=False)
            }
        )


def plain(markup: str) -> None:
    """Draw a long text as it is."""
    st.html(f'<pre class="kick-plain" dir="auto">{markup}</pre>')


def raw(turn: TurnDetail) -> dict[str, object]:
    """Return what was stored of one answer, long texts cut."""
    names = (
        "turn",
        "text",
        "extracted",
        "scores",
        "outcome",
        "choice_logprobs",
        "gold_logprob",
        "nll",
        "n_prompt_tokens",
        "n_tokens",
        "finish",
        "cut",
        "seconds",
        "dense_n_tokens",
        "dense_n_agreed",
        "dense_logprob",
        "dense_kl",
    )
    found = {name: getattr(turn, name) for name in names}
    return {name: visible(value) if isinstance(value, str) else value for name, value in found.items()}

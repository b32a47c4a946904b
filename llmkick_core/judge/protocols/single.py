"""Alone: one answer gets scores from 1 to 10, with nothing beside it (Zheng et al. 2023, single answer grading)."""

from __future__ import annotations

from llmkick_core.judge.base import Item, Protocol, Question, Wanted
from llmkick_core.judge.prompts import put
from llmkick_core.judgment import ASPECTS


def question(item: Item) -> Question:
    """Return what a judge is asked about one answer, which is called 1."""
    return put(item, Wanted(kind="scores", n_sides=1, aspects=ASPECTS[item.task]), labels=("1",))


PROTOCOL = Protocol(
    name="single",
    title="Scores of an answer alone",
    short_title="Alone",
    help="the answer gets scores by itself",
    way="single",
    version=1,
    question=question,
    source="https://arxiv.org/abs/2306.05685",
)

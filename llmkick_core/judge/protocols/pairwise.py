"""Directly: which of two answers is better, or neither (Zheng et al. 2023, pairwise comparison)."""

from __future__ import annotations

from llmkick_core.judge.base import Item, Protocol, Question, Wanted
from llmkick_core.judge.prompts import put


def question(item: Item) -> Question:
    """Return what a judge is asked about two answers, which are called A and B in the order in which they are shown."""
    return put(item, Wanted(kind="winner", n_sides=2), labels=("A", "B"))


PROTOCOL = Protocol(
    name="pairwise",
    title="Which of two answers is better",
    short_title="Against dense",
    help="which of the two answers is better, in both orders",
    way="pairwise",
    version=1,
    question=question,
    source="https://arxiv.org/abs/2306.05685",
)

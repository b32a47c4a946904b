"""Against a reference answer: both answers get scores, and the judge is not told which is which (paper, in-context summarization and instruction following).

Summaries are scored from 1 to 10 on four aspects, each turn of a conversation from 0 to 10 as a whole, as in the paper. Its prompt shows the reference first
in every pair; here the order is the item's, and each pair is asked in both.
"""

from __future__ import annotations

from llmkick_core.judge.base import Item, Protocol, Question, Wanted
from llmkick_core.judge.prompts import put
from llmkick_core.judgment import ASPECTS


def question(item: Item) -> Question:
    """Return what a judge is asked about two answers, which are called 1 and 2."""
    low = 1.0 if item.task == "summarization" else 0.0
    return put(item, Wanted(kind="scores", n_sides=2, aspects=ASPECTS[item.task], low=low), labels=("1", "2"))


PROTOCOL = Protocol(
    name="reference",
    title="Scores beside a reference answer",
    short_title="Against a reference",
    help="both answers get scores, in both orders, as in the paper",
    way="reference",
    version=1,
    question=question,
    source="paper, section on the judge; https://arxiv.org/abs/2310.01382",
)

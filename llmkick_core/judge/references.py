"""Reference answers that a model behind a server is to give: what they will take, and what they took.

They become a run like any other, asked by the worker; a judge's caps count them, at the most that they can take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import CorruptFileError
from llmkick_core.judge.prices import Price
from llmkick_core.models.replies import guess_tokens
from llmkick_core.schema import Answer, Sample
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import part_files, read_part


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Requests, tokens and money."""

    n_requests: int = 0
    """Requests; of answers, one a turn, tries again not counted."""
    n_tokens: int = 0
    """Tokens of prompts and replies."""
    cost: float | None = 0.0
    """US dollars; None where the price is not known."""

    def __add__(self, other: Usage) -> Usage:
        """Return both together."""
        costs = (self.cost, other.cost)
        cost = None if None in costs else sum(one for one in costs if one is not None)
        return Usage(n_requests=self.n_requests + other.n_requests, n_tokens=self.n_tokens + other.n_tokens, cost=cost)


def answers_of(store: Path, run_id: str) -> list[Answer]:
    """Return what a run has answered so far; a damaged part, which will be asked anew, is left out."""
    found: list[Answer] = []
    for path in part_files(run_dir(store, run_id)):
        try:
            found += read_part(path).answers
        except CorruptFileError:
            continue
    return found


def expected(samples: Sequence[Sample], answered: Sequence[Answer], *, max_new_tokens: int, price: Price | None) -> Usage:
    """Return the most that the answers to some questions will take, at four characters a token and replies as long as they may be.

    Args:
        samples: the questions.
        answered: answers that are there already.
        max_new_tokens: of a reply.
        price: of the model's tokens; None where it is not known.
    """
    known = {answer.sample_id for answer in answered}
    prompts, n_turns = 0, 0
    for sample in samples:
        if sample.sample_id in known:
            continue
        for turn in range(len(sample.turns)):
            prompts += sum(guess_tokens(len(text)) for text in sample.turns[: turn + 1]) + turn * max_new_tokens
            n_turns += 1
    return _usage(n_turns, prompts, n_turns * max_new_tokens, price)


def used(answers: Sequence[Answer], price: Price | None) -> Usage:
    """Return what answers took, as their server counted."""
    return _usage(len(answers), sum(one.n_prompt_tokens for one in answers), sum(one.n_tokens for one in answers), price)


def _usage(n: int, prompt_tokens: int, completion_tokens: int, price: Price | None) -> Usage:
    cost = 0.0 if not n else None if price is None else price.cost(prompt_tokens, completion_tokens)
    return Usage(n_requests=n, n_tokens=prompt_tokens + completion_tokens, cost=cost)

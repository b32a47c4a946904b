"""The dense model's answers beside a run: a dense run keeps them token by token, a compressed run is compared with them as it is asked.

evaluate(model, task, samples, run_id, beside=Keeper())               # dense: keeper.take() -> {("capital/Mongolia#0", 0): Trace(..)}
evaluate(model, task, samples, run_id, beside=Comparison(traces))     # compressed: answers know dense_logprob, dense_kl, ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from llmkick_core.models.base import Generation, LanguageModel, Prompt
from llmkick_core.tasks.base import Kind
from llmkick_core.trace import Trace, Turn

TRACED: tuple[Kind, ...] = ("generate", "chat")
"""Kinds of tasks whose answers are text."""


class Beside(Protocol):
    """What looks at generated answers as they are made."""

    def look(
        self, model: LanguageModel, turns: Sequence[Turn], prompts: Sequence[Prompt], said: Sequence[Generation]
    ) -> list[dict[str, Any]]:
        """Return what is to be added to each answer's fields."""
        ...


class Nothing:
    """Looks away."""

    def look(
        self, model: LanguageModel, turns: Sequence[Turn], prompts: Sequence[Prompt], said: Sequence[Generation]
    ) -> list[dict[str, Any]]:
        """Return nothing for each."""
        return [{} for _ in turns]


class Keeper:
    """Keeps the traces of a dense model's answers."""

    def __init__(self) -> None:
        self._traces: dict[Turn, Trace] = {}

    def look(
        self, model: LanguageModel, turns: Sequence[Turn], prompts: Sequence[Prompt], said: Sequence[Generation]
    ) -> list[dict[str, Any]]:
        """Trace each answer, and add nothing to it."""
        traces = zip(turns, model.traces(prompts, said), strict=True)
        self._traces |= {turn: trace for turn, trace in traces if trace is not None}
        return [{} for _ in turns]

    def take(self) -> dict[Turn, Trace]:
        """Return what has been kept since the last time."""
        taken, self._traces = self._traces, {}
        return taken


class Comparison:
    """Compares a model with the traces of a dense one."""

    def __init__(self, traces: Mapping[Turn, Trace]) -> None:
        self._traces = traces

    def look(
        self, model: LanguageModel, turns: Sequence[Turn], prompts: Sequence[Prompt], said: Sequence[Generation]
    ) -> list[dict[str, Any]]:
        """Return each answer's agreement with the dense one; nothing where there is none."""
        known = [turn for turn in turns if turn in self._traces]
        found = dict(zip(known, model.agreements([self._traces[turn] for turn in known]), strict=True))
        agreements = [found.get(turn) for turn in turns]
        return [one.as_answer if one else {} for one in agreements]

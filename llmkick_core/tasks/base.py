"""What a task is: how rows become samples, how samples are asked, and how it is scored.

A task lives in one file of this package and ends in a `TASK = Task(...)`; catalog.TASKS finds it there.
Nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmkick_core.schema import Answer, PromptForm, RunSpec, Sample, Score

Kind = Literal["generate", "choose", "chat", "likelihood"]
"""generate: continue a raw prompt; choose: compare options' log-probabilities; chat: user turns through the chat template, each
answer put back before the next; likelihood: negative log-likelihood of plain text."""

CHAT_TOKENS = 64
"""Least generation limit of a question that is asked through the chat template."""

Group = Literal["closed knowledge", "multiple choice", "in context", "perplexity"]
"""The row of small multiples on the Overview page."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of the paper."""

    name: str
    """The word on the command line."""
    title: str
    """The name people read."""
    version: int
    """Rises when prompt or data changes, or what its metric says of an answer; a new metric raises nothing: `rescore` adds it to stored answers."""
    kind: Kind
    """How its samples are asked."""
    group: Group
    """Where the Overview draws it."""
    metric: str
    """The metric that stands for the task: `exact_match`, `accuracy`, `entities_kept`, `perplexity`, ..."""
    load: Callable[[Path, RunSpec], list[Sample]]
    """Samples of the data at a path in the official format, few-shot examples included, cut to the spec's limit.
    Raises DataError where the data is missing or not in that format."""
    score: Callable[[Sample, Sequence[Answer], str], list[Score]]
    """Scores of all turns of one sample under a scorer (`corrected`, `paper` or `paper:NAME,...`); the task's metric comes first, by
    scoring.rows.main_row, which tells the kind of outcome."""
    bundled_path: str
    """Where the bundled data lies, relative to settings.BUNDLED_ROOT, such as `kick-mini/mmlu`."""
    max_new_tokens: int = 32
    """Generation limit."""
    stop: tuple[str, ...] = ()
    """Strings that end a generation."""
    chat_metric: str = ""
    """What stands for it where its questions go through the chat template; empty where that is the same."""
    takes_shots: bool = False
    """Whether it can put solved examples (k-shot) before a question."""
    examples_file: Callable[[Path], Path] | None = None
    """Where the solved examples for the data at a path are, where they are no part of it. Raises DataError where there are none."""
    higher_is_better: bool = True
    """False for perplexity."""
    source: str = ""
    """Where prompt and metric come from."""

    def metric_for(self, prompt: PromptForm | None) -> str:
        """Return the measure that stands for the task where its questions are asked in a form; None is its own one."""
        return (self.chat_metric or self.metric) if prompt == "chat" else self.metric

    @property
    def own_form(self) -> PromptForm:
        """Return the form in which its samples are asked where a run names none."""
        return "chat" if self.kind == "chat" else "plain"

    def token_limit(self, form: PromptForm) -> int:
        """Return the most tokens of an answer; a reply in sentences needs more than the end of a line."""
        return max(self.max_new_tokens, CHAT_TOKENS) if self.kind == "generate" and form == "chat" else self.max_new_tokens

    def stops(self, form: PromptForm) -> tuple[str, ...]:
        """Return the strings that end a generation; a reply to a message ends by itself, and may have several lines."""
        return () if self.kind == "generate" and form == "chat" else self.stop

"""What a task is: how rows become samples, how samples are asked, and how it is scored.

A task lives in one file of this package and ends in a `TASK = Task(...)`; catalog.TASKS finds it there.
Nothing here loads torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmkick_core.schema import Answer, PromptForm, RunSpec, Sample, Score, Thinking

Kind = Literal["generate", "choose", "chat", "likelihood"]
"""generate: continue a raw prompt; choose: compare options' log-probabilities; chat: user turns through the chat template, each
answer put back before the next; likelihood: negative log-likelihood of plain text."""

CHAT_TOKENS = 64
"""Least generation limit of a question that is asked through the chat template."""

THOUGHT_TOKENS = 1024
"""Tokens that a reply gets for a thought, beside those of its answer, where a run gives thoughts room."""

Group = Literal["closed knowledge", "multiple choice", "in context", "perplexity"]
"""The row of small multiples on the Overview page."""

Aggregate = Literal["mean", "perplexity"]
"""mean: the mean of the scored turns of a question, and over questions; perplexity: exp(sum of nll / sum of tokens) over windows of text, read from the answers."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What an answer can be measured by: a metric of the scores, how it reads, and which of its values are right."""

    name: str
    """As `scores.metric` has it: `exact_match`, `accuracy`, `nll`, ..."""
    title: str = ""
    """The name people read; the name itself where it is empty."""
    higher_is_better: bool = True
    """False where a rise is a loss."""
    right_at: float | None = math.nan
    """Value from which on (up to which, where lower is better) an answer counts as right; None where nothing is right or wrong. Without it: 1 for a share, 0 for one
    of which lower is better, None for what is no share."""
    is_share: bool = True
    """Whether its values are shares 0-1, drawn in %; all others are drawn as they are, and are at least 0."""
    aggregate: Aggregate = "mean"
    """How the values of a run come to one score."""

    def __post_init__(self) -> None:
        if self.right_at is not None and math.isnan(self.right_at):
            object.__setattr__(self, "right_at", (1.0 if self.higher_is_better else 0.0) if self.is_share else None)

    @property
    def heading(self) -> str:
        """Return the name people read."""
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def is_perplexity(self) -> bool:
        """Return whether its values are windows of text, and its score a perplexity."""
        return self.aggregate == "perplexity"

    def is_right(self, value: float) -> bool | None:
        """Return whether a value counts as right; None where nothing is right or wrong."""
        if self.right_at is None:
            return None
        return value >= self.right_at if self.higher_is_better else value <= self.right_at


EXACT_MATCH = Measure(name="exact_match", title="Exact match")
F1 = Measure(name="f1", title="F1", right_at=0.5)
CONTAINS = Measure(name="contains", title="Contains the answer")
ACCURACY = Measure(name="accuracy", title="Accuracy")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of the paper."""

    name: str
    """The word on the command line."""
    title: str
    """The name people read."""
    version: int
    """Rises when prompt or data changes. A scorer's rule has a version of its own (Score.version); `rescore` brings stored answers up to it, and adds new metrics."""
    kind: Kind
    """How its samples are asked."""
    group: Group
    """Where the Overview draws it."""
    load: Callable[[Path, RunSpec], list[Sample]]
    """Samples of the data at a path in the official format, few-shot examples included, cut to the spec's limit.
    Raises DataError where the data is missing or not in that format."""
    score: Callable[[Sample, Sequence[Answer], str], list[Score]]
    """Scores of all turns of one sample under a scorer (`corrected`, `paper` or `paper:NAME,...`); the task's metric comes first, by
    scoring.rows.main_row, which tells the kind of outcome."""
    measures: tuple[Measure, ...]
    """What may stand for the task, its official measure first; answers may be scored by further metrics, which are shown beside it."""
    chat_metric: str = ""
    """Of `measures`, the one that stands for the task where its questions go through the chat template; the official one where it is empty."""
    bundled_path: str = ""
    """Where the bundled data lies, relative to settings.BUNDLED_ROOT, such as `kick-mini/mmlu`; empty where there is none, and a run needs --data."""
    bundled_limit: int | None = None
    """Questions of the quick demo; None asks all."""
    data_form: str = ""
    """What its data is, for those who bring their own: `FreebaseQA-*.json, or the folder that holds it`."""
    short_title: str = ""
    """The head of a narrow column, line breaks included; the name where it is empty."""
    max_new_tokens: int = 32
    """Generation limit."""
    stop: tuple[str, ...] = ()
    """Strings that end a generation."""
    takes_shots: bool = False
    """Whether it can put solved examples (k-shot) before a question."""
    examples_file: Callable[[Path], Path] | None = None
    """Where the solved examples for the data at a path are, where they are no part of it. Raises DataError where there are none."""
    source: str = ""
    """Where prompt and metric come from."""

    def __post_init__(self) -> None:
        """Check that the measures are told apart, and that one of them is meant for chat.

        Raises:
            ValueError: there is no measure, two share a name, or `chat_metric` is none of them.
        """
        names = [measure.name for measure in self.measures]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"task {self.name} declares the measures {names}; it needs one at least, each once.")
        if self.chat_metric and self.chat_metric not in names:
            raise ValueError(f"task {self.name}: chat_metric {self.chat_metric!r} is none of its measures {names}.")

    @property
    def metric(self) -> str:
        """Return the name of the official measure."""
        return self.measures[0].name

    def metric_for(self, prompt: PromptForm | None) -> str:
        """Return the name of the measure that stands for the task where it was asked in a form; None is the task's own."""
        return self.chat_metric if prompt == "chat" and self.chat_metric else self.metric

    @property
    def own_form(self) -> PromptForm:
        """Return the form in which its samples are asked where a run names none."""
        return "chat" if self.kind == "chat" else "plain"

    def token_limit(self, form: PromptForm, thinking: Thinking | None = None) -> int:
        """Return the most tokens of a reply; one in sentences needs more than the end of a line, and a thought has its own."""
        limit = max(self.max_new_tokens, CHAT_TOKENS) if self.kind == "generate" and form == "chat" else self.max_new_tokens
        return limit + THOUGHT_TOKENS if thinking == "room" else limit

    def stops(self, form: PromptForm) -> tuple[str, ...]:
        """Return the strings that end a generation; a reply to a message ends by itself, and may have several lines."""
        return () if self.kind == "generate" and form == "chat" else self.stop

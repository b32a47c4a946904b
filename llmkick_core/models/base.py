"""The LanguageModel protocol: all that evaluation asks of a model, local or behind an endpoint.

hugging_face.py implements it over transformers; an endpoint implements it over HTTP. Log-probabilities are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from llmkick_core.models.pace import Pace
from llmkick_core.models.watch import Watch
from llmkick_core.trace import Agreement, Trace


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The continuation of one prompt."""

    text: str
    """Decoded continuation, without the prompt and the thought, cut before the first stop string."""
    thought: str = ""
    """What a reasoning model wrote before its answer; empty where it wrote none."""
    n_prompt_tokens: int
    """Tokens of the prompt as the model saw them."""
    n_tokens: int
    """Tokens generated, the end token included."""
    tokens: tuple[int, ...] = ()
    """The tokens generated; empty where a server does not tell them."""
    finish: Literal["stop", "loop", "length"]
    """`stop` at an end token or stop string, `loop` where the last 64 tokens only repeat a phrase, `length` at the token limit."""


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """How likely a continuation is after a context."""

    logprob: float
    """Sum of the continuation's token log-probabilities, nats."""
    n_tokens: int
    """Tokens of the continuation."""
    n_prompt_tokens: int
    """Tokens of the context."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


Prompt = str | tuple[Message, ...]
"""What a model is asked: raw text, or a conversation that the model puts into the shape it was made for."""

Window = tuple[int, ...] | str
"""A stretch of text that perplexity scores at once: the token before it and its own tokens, or characters where only a server has the tokenizer."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How tokens are drawn where the most likely one is not simply taken."""

    temperature: float
    """Divides the logits; above 0."""
    seed: int
    """Of the draws; each prompt draws on its own, so that its answer does not depend on what is asked beside it."""


def prompt_room(context_length: int, max_new_tokens: int) -> int:
    """Return the most tokens of a prompt that is continued: what the continuation leaves of the context, and at least half of it."""
    return max(1, context_length - min(max_new_tokens, context_length // 2))


class LanguageModel(Protocol):
    """What tasks ask of a model."""

    @property
    def facts(self) -> dict[str, str]:
        """Return what a reader has to know of how the model is asked: its chat template, device, number format, versions."""
        ...

    @property
    def context_length(self) -> int:
        """Return the most tokens a prompt and its continuation may have together."""
        ...

    @property
    def batch_size(self) -> int:
        """Return how many questions are asked together and made durable together; always the same for a model on a device."""
        ...

    @property
    def pace(self) -> Pace:
        """Return how long the model is assumed to take; always the same for a model on a kind of device."""
        ...

    def watch(self, watch: Watch) -> None:
        """Let someone look on from now on, who may stop what is computed and knows what was begun."""
        ...

    def pin_template(self, *, date: str = "", is_brief: bool = False) -> None:
        """Have the model's chat template be told a day (YYYY-MM-DD; empty is the usual one), and whether replies are too short for a thought.

        A server's template is the server's: nothing is pinned there.
        """
        ...

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        """Return the tokens of each prompt, those that the tokenizer puts in front included."""
        ...

    def generate(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int, stop: Sequence[str] = (), sampling: Sampling | None = None
    ) -> list[Generation]:
        """Return the continuation of each prompt, in order; the most likely tokens one after another unless `sampling` is named.

        A prompt that leaves no room for `max_new_tokens` is cut from the left, keeping its end.
        """
        ...

    def likelihoods(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return the likelihood of each (context, continuation), in order.

        The pair is tokenized as the tokenizer continues the context: trailing spaces of the context move to the continuation. A continuation
        of a conversation is the reply as it is; a space that the model's template wants before it is the model's to put there.
        """
        ...

    def likelihood_batches(
        self, pairs: Sequence[tuple[Prompt, str]], is_wanted: Callable[[Collection[int]], bool] = bool
    ) -> Iterator[dict[int, Likelihood]]:
        """Yield the likelihoods of some pairs at a time, by their indices: what is computed together.

        Which these are depends on all pairs alone. `is_wanted` is asked, with their indices, whether they are computed at all.
        """
        ...

    def traces(self, prompts: Sequence[Prompt], generations: Sequence[Generation]) -> list[Trace | None]:
        """Return what is kept of answers so that another model can be compared with them; None for one that cannot be traced."""
        ...

    def agreements(self, traces: Sequence[Trace]) -> list[Agreement | None]:
        """Return how far this model agrees with the answers of another that has the same tokenizer; None where that cannot be told."""
        ...

    def windows(self, text: str, *, size: int | None = None) -> Sequence[Window]:
        """Return the consecutive windows of `text`, which is tokenized once.

        `size` is in tokens; None is the context, at most 2,048 tokens, as perplexity is given in the field.
        """
        ...

    def window_nlls(self, windows: Sequence[Window]) -> list[tuple[float, int]]:
        """Return (sum of negative log-likelihoods, nats; tokens scored) of each window."""
        ...

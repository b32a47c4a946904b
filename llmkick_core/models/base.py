"""The LanguageModel protocol: all that evaluation asks of a model, local or behind an endpoint.

hugging_face.py implements it over transformers; an endpoint implements it over HTTP. Log-probabilities are natural logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The greedy continuation of one prompt."""

    text: str
    """Decoded continuation, without the prompt, cut before the first stop string."""
    n_prompt_tokens: int
    """Tokens of the prompt as the model saw them."""
    n_tokens: int
    """Tokens generated, the end token included."""
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


def prompt_room(context_length: int, max_new_tokens: int) -> int:
    """Return the most tokens of a prompt that is continued: what the continuation leaves of the context, and at least half of it."""
    return max(1, context_length - min(max_new_tokens, context_length // 2))


class LanguageModel(Protocol):
    """What tasks ask of a model. Prompts are raw text unless made by `chat_prompt`."""

    @property
    def context_length(self) -> int:
        """Return the most tokens a prompt and its continuation may have together."""
        ...

    @property
    def batch_size(self) -> int:
        """Return how many questions are asked together and made durable together; always the same for a model on a device."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text as a prompt, those that the tokenizer puts in front included."""
        ...

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()) -> list[Generation]:
        """Return the greedy continuation of each prompt, in order.

        A prompt that leaves no room for `max_new_tokens` is cut from the left, keeping its end.
        """
        ...

    def likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """Return the likelihood of each (context, continuation), in order.

        The pair is tokenized as the tokenizer continues the context: trailing spaces of the context move to the continuation.
        """
        ...

    def token_nlls(self, text: str, *, window: int | None = None) -> list[tuple[float, int]]:
        """Return (sum of negative log-likelihoods, tokens scored) of consecutive windows of `text`.

        `window` is in tokens; None is the context, at most 2,048 tokens, as perplexity is given in the field.
        """
        ...

    def chat_prompt(self, messages: Sequence[Message]) -> str:
        """Return the raw prompt of a conversation: the tokenizer's chat template, or the paper's `USER: .. ASSISTANT:` where it has none."""
        ...

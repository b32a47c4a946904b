"""What is kept of a dense model's answer so that a compressed one can be compared with it token by token.

Trace(prompt=(1, 57, 903), tokens=(411, 2), top_ids=[[411, 12, ..], [2, 7, ..]], top_logprobs=[[-0.1, -3.2, ..], ..])
-> Agreement(n_tokens=2, n_agreed=1, agreed_text=" Ulaan", logprob=-4.7, kl=1.3)

A compressed model is given the dense model's prompt and, token by token, its answer. So what is compared does not drift apart after the first
difference, and the second turn of a conversation is compared after the dense model's first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOP = 32
"""Likeliest tokens kept of each position; all others count as one."""

Turn = tuple[str, int]
"""Sample and turn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """One answer of a dense model."""

    prompt: tuple[int, ...]
    """Tokens of the prompt as the model saw them."""
    tokens: tuple[int, ...]
    """Tokens of the answer, the end token included; N of them, one at least."""
    top_ids: NDArray[np.int32]
    """(N, K): the likeliest tokens at each position, K at most 32."""
    top_logprobs: NDArray[np.float32]
    """(N, K): their log-probabilities, nats."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far a model agrees with a dense answer."""

    n_tokens: int
    """Tokens of the dense answer."""
    n_agreed: int
    """Of these, how many the model would have written too, one after another, before its first different one."""
    agreed_text: str
    """What these say."""
    logprob: float | None
    """Log-probability of the dense answer, nats; None where it is not a number."""
    kl: float | None
    """Mean over the answer's tokens of KL(dense || model) of the next token, nats, the dense model's likeliest tokens one by one and all others as one: at most
    the divergence over the whole vocabulary. None where it is not a number."""

    @property
    def as_answer(self) -> dict[str, Any]:
        """Return the fields of an Answer that hold it."""
        return {
            "dense_n_tokens": self.n_tokens,
            "dense_n_agreed": self.n_agreed,
            "dense_agreed_length": len(self.agreed_text),
            "dense_logprob": self.logprob,
            "dense_kl": self.kl,
        }

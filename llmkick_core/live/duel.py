"""Several models answering one prompt together, in the background; whoever shows it looks at snapshots.

duel = Duel([source_of(dense), source_of(wanda)], Ask(prompt="The capital of Mongolia is", max_tokens=64))
duel.tell(0, state="streaming", pieces=(" Ulaan",))       # by the studio (studio.py), on its loop
duel.snapshot()[0].text -> " Ulaan"                       # by a page
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal

from llmkick_core.errors import UsageError
from llmkick_core.live.agreement import as_words, tokens_per_s
from llmkick_core.live.sources import Served, Source
from llmkick_core.models.thoughts import split_thought

State = Literal["waiting", "preparing", "reading", "streaming", "done", "stopped", "failed"]
"""waiting for other prompts; preparing the server; reading the prompt; streaming; and how it ended."""

OVER = ("done", "stopped", "failed")
"""States in which nothing comes any more."""

MOST_TOKENS = 1024
LONGEST_PROMPT = 20_000
"""Characters."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked."""

    prompt: str
    """Raw text to be continued, or what the user says."""
    is_chat: bool = False
    """Whether it is put as a conversation."""
    max_tokens: int = 64
    """Most tokens of an answer."""
    temperature: float = 0.0
    """0 takes the most likely token."""
    stop: tuple[str, ...] = ()
    """Strings that end an answer."""

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise UsageError("the prompt is empty; type one.")
        if len(self.prompt) > LONGEST_PROMPT:
            raise UsageError(f"the prompt has {len(self.prompt):,} characters; at most {LONGEST_PROMPT:,} are taken.")
        if any("\ud800" <= letter <= "\udfff" for letter in self.prompt):
            raise UsageError("the prompt holds half a character, which no model can be sent; type it again.")
        if not 1 <= self.max_tokens <= MOST_TOKENS:
            raise UsageError(f"max tokens {self.max_tokens} must be 1 to {MOST_TOKENS:,}.")
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature {self.temperature:g} must be 0 (always the most likely token) to 2.")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One model's answer as far as it has come."""

    state: State = "waiting"
    """What it does."""
    message: str = ""
    """What it waits for, or what went wrong, in one line."""
    pieces: tuple[str, ...] = ()
    """The answer as it came; a piece is a token, or the few that make one letter."""
    thought: str = ""
    """What a reasoning model thinks, where its server tells it apart."""
    n_tokens: int = 0
    """Tokens, as the server counts them; else pieces."""
    first_s: float | None = None
    """When the first came, seconds after the request."""
    last_s: float | None = None
    """When the last came."""
    n_prompt_tokens: int = 0
    """Tokens of the prompt, as the server counts them when the answer has ended; 0 where it does not."""
    context_length: int = 0
    """Tokens that the model was made for; 0 where that is not known."""
    finish: str = ""
    """Why it ended, in the server's word; `stop string` where one of those ended it."""

    @property
    def text(self) -> str:
        """Return the answer."""
        return "".join(self.pieces)

    @property
    def answer(self) -> str:
        """Return the answer without a thought that stands in it."""
        return split_thought(self.text)[1]

    @property
    def is_too_long(self) -> bool:
        """Return whether prompt and answer have more tokens than the model was made for, behind which it writes nonsense."""
        return 0 < self.context_length < self.n_prompt_tokens + self.n_tokens

    @property
    def tokens_per_s(self) -> float | None:
        """Return the speed after the first token."""
        return tokens_per_s(len(self.pieces), self.first_s, self.last_s)


class Duel:
    """One prompt and the answers to it."""

    def __init__(self, sources: Sequence[Source], ask: Ask) -> None:
        self.sources = tuple(sources)
        """Who answers."""
        self.ask = ask
        """What was asked."""
        self._sides = [Side() for _ in sources]
        self._lock = threading.Lock()
        self.future: Future[None] | None = None
        """What ends when it does; set by whoever runs it."""
        self._seen_at = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Return whether nothing comes any more."""
        return are_over(self.snapshot())

    @property
    def is_by_tokens(self) -> bool:
        """Return whether all pieces are tokens of the same tokenizer."""
        served = {(one.spec.model, one.spec.model_revision) for one in self.sources if isinstance(one, Served)}
        return len(served) == 1 and all(isinstance(one, Served) for one in self.sources)

    def snapshot(self) -> tuple[Side, ...]:
        """Return the answers as far as they have come."""
        self._seen_at = time.monotonic()
        return self.sides()

    def sides(self) -> tuple[Side, ...]:
        """Return the same as `snapshot`, for whoever does not show it."""
        with self._lock:
            return tuple(self._sides)

    @property
    def unseen_s(self) -> float:
        """Return how long ago somebody looked at the answers last."""
        return time.monotonic() - self._seen_at

    def compared(self) -> list[tuple[str, ...]]:
        """Return the answers cut as they can be compared: into tokens, or into words where tokenizers may differ."""
        return [side.pieces if self.is_by_tokens else tuple(as_words(side.text)) for side in self.snapshot()]

    def stop(self) -> None:
        """End all answers; what came stays."""
        self.tell_all(state="stopped", message="")
        if self.future is not None:
            self.future.cancel()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until nothing comes any more."""
        until = time.monotonic() + (timeout_s or float("inf"))
        while not self.is_over and time.monotonic() < until:
            time.sleep(0.02)

    def tell(self, k: int, **changes: object) -> None:
        """Bring an answer up to date; one that has ended stays as it is."""
        with self._lock:
            if self._sides[k].state not in OVER:
                self._sides[k] = replace(self._sides[k], **changes)  # type: ignore[arg-type]

    def tell_all(self, **changes: object) -> None:
        """Bring all answers up to date that have not ended."""
        for k in range(len(self.sources)):
            self.tell(k, **changes)


def are_over(sides: Sequence[Side]) -> bool:
    """Return whether nothing comes any more of any answer."""
    return all(side.state in OVER for side in sides)

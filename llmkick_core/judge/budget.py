"""What a judge may cost at most: caps on requests, tokens and dollars that hold whatever its server does.

    budget = Budget(max_cost=5.0, price=Price(input=2.5, output=10.0))
    hold = await budget.hold(prompt_tokens=6_000, completion_tokens=1_024)  # the most that the request can take
    budget.settle(hold, prompt_tokens=1_480, completion_tokens=212)         # what it took

Before each request its most is held back, so what is spent and what is under way together never pass a cap. A request whose reply never came may have
been billed all the same; it counts in full.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmkick_core.errors import BudgetError

if TYPE_CHECKING:
    from llmkick_core.judge.prices import Price

_GO_ON = "All that came so far is kept, and the same judge command again goes on where it was; caps count anew each time"


@dataclass(frozen=True, kw_only=True, eq=False)
class Hold:
    """What is held back for a request under way."""

    prompt_tokens: int
    """Of its prompt, at most."""
    completion_tokens: int
    """Of its reply, at most."""


class Budget:
    """Caps, and what has been used of them; for the clients of one event loop."""

    def __init__(
        self, *, max_requests: int | None = None, max_tokens: int | None = None, max_cost: float | None = None, price: Price | None = None
    ) -> None:
        """Take the caps: requests sent (each try is one), tokens of prompts and replies together, US dollars by `price`; None is no cap."""
        self.max_requests = max_requests
        """Requests that may be sent."""
        self.max_tokens = max_tokens
        """Tokens that may be used."""
        self.max_cost = max_cost
        """US dollars that may be spent; without a price this is no cap."""
        self._price = price
        self._n_requests = self._prompt_tokens = self._completion_tokens = 0
        self._n_lost = self._lost_prompt_tokens = self._lost_completion_tokens = 0
        self._holds: set[Hold] = set()
        self._changed = asyncio.Event()

    @property
    def n_requests(self) -> int:
        """Return the requests that were sent, those under way included."""
        return self._n_requests

    @property
    def prompt_tokens(self) -> int:
        """Return the tokens of prompts used; of a request whose reply never came, the most they can be."""
        return self._prompt_tokens + self._lost_prompt_tokens

    @property
    def completion_tokens(self) -> int:
        """Return the tokens of replies used; of one that never came, the most it can have."""
        return self._completion_tokens + self._lost_completion_tokens

    @property
    def cost(self) -> float | None:
        """Return the US dollars spent at most, or None without a price."""
        return self._cost(self.prompt_tokens, self.completion_tokens)

    @property
    def n_lost(self) -> int:
        """Return the requests that count in full because their replies never came."""
        return self._n_lost

    async def hold(self, *, prompt_tokens: int, completion_tokens: int) -> Hold:
        """Return leave for a request of at most so many tokens; where only requests under way are in its way, wait for them.

        Raises:
            BudgetError: a cap has no room for it.
        """
        while (hold := self.try_hold(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)) is None:
            await self._changed.wait()
        return hold

    def try_hold(self, *, prompt_tokens: int, completion_tokens: int) -> Hold | None:
        """Return leave for a request, or None where requests under way have to settle first.

        Raises:
            BudgetError: a cap has no room for it, even if those under way cost nothing.
        """
        if self.max_requests is not None and self._n_requests >= self.max_requests:
            raise BudgetError(f"the cap of {self.max_requests:,} requests is reached, retries counted. {_GO_ON}.")
        spent = (self.prompt_tokens, self.completion_tokens)
        self._check((spent[0] + prompt_tokens, spent[1] + completion_tokens))
        held = [(hold.prompt_tokens, hold.completion_tokens) for hold in self._holds]
        prompt, completion = (sum(parts) for parts in zip(spent, (prompt_tokens, completion_tokens), *held, strict=True))
        if self._is_over(prompt, completion):
            return None
        hold = Hold(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        self._holds.add(hold)
        self._n_requests += 1
        return hold

    def settle(self, hold: Hold, *, prompt_tokens: int, completion_tokens: int) -> None:
        """Put what a request took in place of what was held back for it."""
        self._prompt_tokens += prompt_tokens
        self._completion_tokens += completion_tokens
        self._end(hold)

    def lose(self, hold: Hold) -> None:
        """Count a request in full, whose reply never came and which may have been billed."""
        self._n_lost += 1
        self._lost_prompt_tokens += hold.prompt_tokens
        self._lost_completion_tokens += hold.completion_tokens
        self._end(hold)

    def release(self, hold: Hold) -> None:
        """Give back what was held for a request that was not sent after all."""
        self._n_requests -= 1
        self._end(hold)

    def _end(self, hold: Hold) -> None:
        self._holds.remove(hold)
        self._changed.set()
        self._changed = asyncio.Event()

    def _cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Return US dollars, always from whole numbers of tokens, so that no rounding adds up."""
        if self._price is None:
            return None
        return (prompt_tokens * self._price.input + completion_tokens * self._price.output) / 1e6

    def _is_over(self, prompt_tokens: int, completion_tokens: int) -> bool:
        cost = self._cost(prompt_tokens, completion_tokens)
        return (self.max_tokens is not None and prompt_tokens + completion_tokens > self.max_tokens) or (
            self.max_cost is not None and cost is not None and cost > self.max_cost
        )

    def _check(self, after: tuple[int, int]) -> None:
        """Raise BudgetError where a request alone, after what is spent, is over a cap."""
        if not self._is_over(*after):
            return
        lost = f", {self.n_lost:,} requests without a reply counted in full" if self.n_lost else ""
        if self.max_tokens is not None and sum(after) > self.max_tokens:
            used = self.prompt_tokens + self.completion_tokens
            raise BudgetError(
                f"the cap of {self.max_tokens:,} tokens has no room for the next request: {used:,} are used{lost}, "
                f"and it may take up to {sum(after) - used:,}. {_GO_ON}."
            )
        cost, more = self.cost or 0.0, self._cost(*after) or 0.0
        raise BudgetError(
            f"the cap of ${self.max_cost:,.2f} has no room for the next request: ${cost:,.4f} is spent{lost}, "
            f"and it may cost up to ${more - cost:,.4f}. {_GO_ON}."
        )

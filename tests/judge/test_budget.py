"""Caps that hold: what is spent and what is under way never pass them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmkick_core.errors import BudgetError
from llmkick_core.judge.budget import Budget, Hold
from llmkick_core.judge.prices import Price

PRICE = Price(input=2.0, output=10.0)  # dollars a million


def held(budget: Budget, prompt: int = 100, completion: int = 10) -> Hold:
    hold = budget.try_hold(prompt_tokens=prompt, completion_tokens=completion)
    assert hold is not None
    return hold


def test_what_is_used_is_counted_and_priced():
    budget = Budget(price=PRICE)
    budget.settle(held(budget), prompt_tokens=90, completion_tokens=7)
    budget.settle(held(budget), prompt_tokens=10, completion_tokens=3)
    assert (budget.n_requests, budget.prompt_tokens, budget.completion_tokens) == (2, 100, 10)
    assert budget.cost == pytest.approx((100 * 2 + 10 * 10) / 1e6)
    assert budget.n_lost == 0


def test_without_a_price_there_is_no_cost():
    budget = Budget(max_cost=0.01)
    budget.settle(held(budget), prompt_tokens=90, completion_tokens=7)
    assert budget.cost is None


def test_requests_are_counted_as_they_are_sent_not_as_they_settle():
    budget = Budget(max_requests=2)
    first = held(budget)
    held(budget)
    with pytest.raises(
        BudgetError, match=r"cap of 2 requests is reached, retries counted\. All that came so far is kept, and the same judge command again"
    ):
        budget.try_hold(prompt_tokens=1, completion_tokens=1)
    budget.settle(first, prompt_tokens=0, completion_tokens=0)
    with pytest.raises(BudgetError):
        budget.try_hold(prompt_tokens=1, completion_tokens=1)


def test_a_request_that_was_not_sent_after_all_is_none():
    budget = Budget(max_requests=1)
    budget.release(held(budget))
    held(budget)


def test_what_is_under_way_is_waited_for_and_what_is_spent_is_not():
    budget = Budget(max_tokens=250)
    first = held(budget)  # 110
    second = held(budget)  # 220
    assert budget.try_hold(prompt_tokens=100, completion_tokens=10) is None
    budget.settle(first, prompt_tokens=50, completion_tokens=5)  # 55 + 110
    assert budget.try_hold(prompt_tokens=100, completion_tokens=10) is None
    budget.settle(second, prompt_tokens=70, completion_tokens=5)  # 130
    held(budget)  # 240
    with pytest.raises(BudgetError, match=r"cap of 250 tokens has no room for the next request: 130 are used, and it may take up to 121"):
        budget.try_hold(prompt_tokens=111, completion_tokens=10)


def test_a_cap_can_be_met_exactly():
    budget = Budget(max_cost=0.0003, price=PRICE)
    hold = held(budget)  # $0.0003
    assert budget.try_hold(prompt_tokens=1, completion_tokens=0) is None
    budget.settle(hold, prompt_tokens=100, completion_tokens=9)
    with pytest.raises(
        BudgetError, match=r"cap of \$0\.00 has no room for the next request: \$0\.0003 is spent, and it may cost up to \$0\.0002"
    ):
        budget.try_hold(prompt_tokens=100, completion_tokens=0)


def test_what_never_came_counts_in_full_and_is_told():
    budget = Budget(max_tokens=200, price=PRICE)
    budget.lose(held(budget))
    assert (budget.prompt_tokens, budget.completion_tokens, budget.n_lost) == (100, 10, 1)
    assert budget.cost == pytest.approx(0.0003)
    with pytest.raises(BudgetError, match="110 are used, 1 requests without a reply counted in full"):
        budget.try_hold(prompt_tokens=100, completion_tokens=10)


def test_those_that_wait_go_on_when_something_settles():
    async def race() -> list[str]:
        budget, seen = Budget(max_tokens=150), []

        async def ask(name: str) -> None:
            hold = await budget.hold(prompt_tokens=100, completion_tokens=10)
            seen.append(f"{name} asks")
            await asyncio.sleep(0)
            seen.append(f"{name} is done")
            budget.settle(hold, prompt_tokens=10, completion_tokens=3)

        await asyncio.gather(*map(ask, "abc"))
        return seen

    # one at a time: 110, then 13 + 110, then 26 + 110
    seen = asyncio.run(race())
    assert [one.split()[1] for one in seen] == ["asks", "is"] * 3


@given(
    caps=st.tuples(st.integers(1, 20), st.integers(1, 3000), st.floats(0.0001, 0.02)),
    steps=st.lists(
        st.tuples(st.sampled_from(["hold", "settle", "lose", "release"]), st.integers(0, 300), st.integers(0, 300), st.floats(0, 1))
    ),
)
def test_no_cap_is_ever_passed(caps: tuple[int, int, float], steps: list[tuple[str, int, int, float]]):
    budget = Budget(max_requests=caps[0], max_tokens=caps[1], max_cost=caps[2], price=PRICE)
    under_way: list[Hold] = []
    for step, prompt, completion, share in steps:
        if step == "hold":
            try:
                hold = budget.try_hold(prompt_tokens=prompt, completion_tokens=completion)
            except BudgetError:
                continue
            under_way += [hold] if hold is not None else []
        elif under_way:
            hold = under_way.pop(int(share * (len(under_way) - 1)))
            if step == "settle":
                budget.settle(hold, prompt_tokens=int(hold.prompt_tokens * share), completion_tokens=int(hold.completion_tokens * share))
            elif step == "lose":
                budget.lose(hold)
            else:
                budget.release(hold)
        prompt = budget.prompt_tokens + sum(one.prompt_tokens for one in under_way)
        completion = budget.completion_tokens + sum(one.completion_tokens for one in under_way)
        assert budget.n_requests <= caps[0]
        assert prompt + completion <= caps[1]
        assert (prompt * PRICE.input + completion * PRICE.output) / 1e6 <= caps[2]

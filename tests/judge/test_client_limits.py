"""Caps are kept, and the key goes nowhere but into the request."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import BudgetError, EndpointError, LlmkickError, ModelError, UsageError
from llmkick_core.judge.base import Reply
from llmkick_core.judge.budget import Budget
from llmkick_core.judge.client import Client
from llmkick_core.judge.manners import Manners
from tests.judge.asking import KEY, asked, one, question
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import Sent, completion, error, one_after_another


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


def test_a_cap_on_requests_counts_retries_and_wakes_those_that_wait():
    questions = [question(f"question {i}") for i in range(6)]
    found, fake, _ = asked(Judge(plan=one_after_another("429")), *questions, budget=Budget(max_requests=7), is_known=True)
    assert len(fake.asked) == 7
    assert BudgetError in {type(one) for one in found}
    assert all(isinstance(one, BudgetError) or one.outcome == "failed" for one in found)


def test_a_cap_on_tokens_is_used_nearly_fully_and_never_passed():
    budget = Budget(max_tokens=20_000)
    found, fake, _ = asked(Judge(), *[question(f"question {i}") for i in range(400)], budget=budget, is_known=True)
    replies = [one for one in found if isinstance(one, Reply)]
    used = sum(one.prompt_tokens + one.completion_tokens for one in replies)
    assert len(replies) == len(fake.asked)
    assert used == budget.prompt_tokens + budget.completion_tokens
    assert 20_000 - 2_500 < used <= 20_000  # less than the most that one request could take
    assert all(isinstance(one, Reply | BudgetError) for one in found)


def test_a_reply_that_never_came_counts_in_full():
    _, _, client = one("reset", n_tries=2)
    assert client.budget.n_lost == 2
    assert client.budget.completion_tokens == 2 * 1024
    _, _, client = one("500", n_tries=2)
    assert (client.budget.n_lost, client.budget.completion_tokens) == (0, 0)


def test_a_question_that_is_given_up_leaves_the_budget_usable():
    async def ask(url: str) -> Budget:
        async with Client(url=url, model="judge", budget=Budget(max_tokens=3_000)) as client:
            task = asyncio.create_task(client.ask(question()))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(BudgetError):  # at once: nothing is under way any more
                await client.ask(question())
            return client.budget

    with FakeJudge(Judge(plan=one_after_another("slow headers"))) as fake:
        assert asyncio.run(ask(fake.url)).n_lost == 1


def _everything_said(error: BaseException | None) -> str:
    """Return all that an exception and those behind it tell, with the variables of the functions that they passed."""
    said = []
    while error is not None:
        said.append(f"{error} {error!r} {vars(error)}")
        said.extend(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        error = error.__cause__ or error.__context__
    return "\n".join(said)


def test_the_key_is_sent_and_comes_out_nowhere(caplog: pytest.LogCaptureFixture, tmp_path: Path):
    caplog.set_level(logging.DEBUG)
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in KEY).encode()
    leaks: Sequence[Sent] = [
        *(error(status, f"Incorrect API key provided: {KEY}.", code=KEY, type=KEY) for status in (400, 401, 402, 403, 404, 413, 429, 500)),
        error(429, KEY, headers={"Retry-After": "3600", "X-Request-Id": KEY}),
        Sent(f"<p>Bearer {KEY}".encode(), status=500),
        Sent({"detail": [KEY]}, status=422),
        Sent(b"", status=302, headers={"Location": f"https://example.org/{KEY}"}),
        Sent({"error": {"message": KEY, "code": KEY}}),
        Sent({"error": {"message": f"{KEY} is over", "code": "insufficient_quota"}}),
        Sent(b'{"error": {"message": "' + spelled + b'"}}'),
        Sent(f"no JSON but {KEY}".encode()),
        Sent(completion(f"your key is {KEY}", KEY, model=KEY, system_fingerprint=KEY)),
        Sent(completion(None, "stop") | {"choices": [{"message": {"refusal": KEY}}]}),
        Sent(b'{"choices": [{"message": {"content": "' + spelled + b'"}}], "model": "' + spelled + b'"}'),
        Sent(completion([{"type": "text", "text": KEY}])),
        Sent({}, way="reset"),
        Sent({}, way="silent"),
    ]
    for sent in leaks:
        for options in ({}, {"key": KEY}):
            (found,), fake, client = asked(lambda asked, sent=sent: sent, timeout_s=0.5, n_tries=2, manners=Manners(tmp_path), **options)
            assert {one.key for one in fake.asked} == {f"Bearer {KEY}"}
            said = _everything_said(found) if isinstance(found, LlmkickError) else repr(found)
            assert isinstance(found, Reply | EndpointError)
            assert KEY not in f"{said} {client!r} {vars(client)} {vars(client.budget)}"
            if isinstance(found, Reply) and found.outcome == "text":
                assert "[API key]" in found.text
    assert KEY not in caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY in path.read_text()]


def test_nothing_that_the_environment_has_for_openai_is_sent_elsewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Secret: {KEY}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    _, fake, _ = one("")
    assert fake.asked[0].key == ""
    assert KEY not in str(fake.asked[0].headers)


def test_a_key_is_not_sent_over_a_network_in_plain_http():
    for options in ({}, {"key": KEY}):
        with pytest.raises(ModelError, match="use https, or a tunnel to localhost") as caught:
            Client(url="http://example.org/v1", model="judge", **options)
        assert KEY not in str(caught.value)


def test_a_key_that_cannot_be_sent_is_told_without_it():
    with pytest.raises(ModelError, match="holds characters") as caught:
        Client(url="http://127.0.0.1:1/v1", model="judge", key="schlüssel-123")
    assert "schlüssel" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://example.org", "http://", "http://[::1", "http://a:b"])
def test_what_is_no_address_is_said_so(url: str):
    with pytest.raises(UsageError, match="is no address of a judge"):
        Client(url=url, model="judge")


def test_a_client_can_be_made_outside_of_a_loop():
    client = Client(url="http://127.0.0.1:1/v1", model="judge", concurrency=3)

    async def close() -> None:
        await client.close()

    run: Coroutine[Any, Any, None] = close()
    asyncio.run(run)
    assert client.concurrency == 3

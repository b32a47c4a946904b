"""Questions put to a judge on this machine, with a key in the environment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from llmkick_core.judge.base import Question, Wanted
from llmkick_core.judge.client import Client
from llmkick_core.judge.manners import Manner, Manners
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import Asked, Sent, one_after_another

KEY = "sk-very-secret-0123456789"
WANTED = Wanted(kind="scores", n_sides=2, aspects=("coherence", "fluency"))
SLOW = ("slow headers", "hung body", "dripping body")


def question(text: str = "Which is better?") -> Question:
    return Question(system="You judge.", shown=text, wanted=WANTED)


def asked(
    answer: Callable[[Asked], Sent], *questions: Question, is_known: bool = False, **options: Any
) -> tuple[list[Any], FakeJudge, Client]:
    """Return what came of each question, Replies and exceptions, with the server and the client that was used."""

    async def ask(url: str) -> tuple[list[Any], Client]:
        manners = options.pop("manners", None) or Manners()
        if is_known:  # so that none goes first
            manners.learn(url, "judge", Manner())
        async with Client(
            url=url, model="judge", manners=manners, **{"first_wait_s": 0.001, "timeout_s": 20, "concurrency": 4, **options}
        ) as client:
            return list(await asyncio.gather(*map(client.ask, questions or [question()]), return_exceptions=True)), client

    with FakeJudge(answer) as fake:
        found, client = asyncio.run(ask(fake.url))
    return found, fake, client


def one(*names: str, **options: Any) -> tuple[Any, FakeJudge, Client]:
    """Return what came of one question, of a server with some faults, one after another."""
    (found,), fake, client = asked(Judge(plan=one_after_another(*names)), **options)
    return found, fake, client

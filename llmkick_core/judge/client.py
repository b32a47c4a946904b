"""A judge behind an OpenAI-compatible server: a question and what came of it, whatever the server does.

    async with Client(url="https://api.openai.com/v1", model="gpt-4o", budget=budget, manners=Manners(store)) as client:
        reply = await client.ask(question)  # Reply(outcome="text", text='{"explanation": ..', n_tries=1, prompt_tokens=1480, ...)

What may pass (429, 5xx, a broken connection, half a reply, a page of HTML) is tried again, after as long as the server asks for or longer each time; what does
not pass after all tries is a Reply that says so. What concerns every question (no right, no such model, no quota, nobody there, many failures in a row, a cap)
is raised, and ends the patience of all questions that wait; what is under way comes in still, for it is paid for.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import Any, Self

from llmkick_core import settings
from llmkick_core.errors import EndpointError, LlmkickError, UsageError
from llmkick_core.judge import completion
from llmkick_core.judge.base import MOST_CHARACTERS, Question, Reply
from llmkick_core.judge.budget import Budget, Hold
from llmkick_core.judge.completion import Completion
from llmkick_core.judge.formats import messages, response_format
from llmkick_core.judge.manners import Manner, Manners, is_unknown_model, names_shape
from llmkick_core.models.failures import (
    FIRST_WAIT_S,
    N_TRIES,
    Failures,
    MalformedReplyError,
    PassingError,
    Refusal,
    check_way,
    key_for,
    pause_s,
)
from llmkick_core.models.replies import guess_tokens
from llmkick_core.models.transport import Transport

MAX_TOKENS = 1024
"""Of a reply."""

_FAILED_IN_A_ROW = 3  # times the requests at a time
_GO_ON = "run the same judge command again"
_NO_ROUTE = (404, 405, 501)
_WORKED = (200, 408, 502, 504, 524)  # of a server that may have worked
_LONGEST_REASON = 400


@dataclass
class _Asked:
    """One question on its way."""

    question: Question
    manner: Manner
    n_requests: int = 0
    n_failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    sent_at: float = 0.0

    def reply(self, outcome: Any, **more: Any) -> Reply:
        return Reply(
            outcome=outcome,
            format=self.manner.format,
            n_tries=self.n_requests,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            latency_s=time.monotonic() - self.sent_at,
            **more,
        )


class Client:
    """A judge and how it is spoken to: so many questions at a time, each with patience; for one event loop."""

    def __init__(
        self,
        *,
        url: str,
        model: str,
        key: str | None = None,
        temperature: float = 0.0,
        max_tokens: int = MAX_TOKENS,
        concurrency: int | None = None,
        timeout_s: float | None = None,
        n_tries: int = N_TRIES,
        first_wait_s: float | None = None,
        manners: Manners | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Take a judge; what is None is as the environment says.

        Args:
            url: such as https://api.openai.com/v1.
            model: its name there.
            key: the API key; None is the one that the environment has for this address, or none.
            temperature: of its tokens.
            max_tokens: of a reply.
            concurrency: questions at a time.
            timeout_s: seconds that a whole reply may take, each try.
            n_tries: times a request is sent before its error counts.
            first_wait_s: seconds until the second try, where the server does not say; then twice as long each time.
            manners: what is known of how judges' servers are asked, and is added to.
            budget: caps on what is asked.

        Raises:
            UsageError: the address is none.
            ModelError: the API key cannot be sent, or must not be to this address.
        """
        _check_address(url)
        if key is not None:
            check_way(url, "the API key")
        key = key or key_for(url)
        self.url = url
        """The server's address."""
        self.model = model
        """The judge, as its server calls it."""
        self.concurrency = concurrency or settings.endpoint_concurrency()
        """Questions at a time."""
        self.budget = budget or Budget()
        """Caps, and what has been used."""
        self._temperature, self._max_tokens = temperature, max_tokens
        self._n_tries, self._first_wait_s = n_tries, FIRST_WAIT_S if first_wait_s is None else first_wait_s
        self._manners = manners or Manners()
        known = self._manners.get(url, model)
        self._manner = known or Manner()
        self._failures = Failures(url, key, go_on=_GO_ON, correct="correct the judge's address")
        self._transport = Transport(url, key, self._failures, timeout_s=timeout_s or settings.endpoint_timeout_s())
        self._slots = asyncio.Semaphore(self.concurrency)
        self._n_failed_in_a_row = 0
        self._error: LlmkickError | None = None
        self._is_over = asyncio.Event()
        self._has_scout = False
        self._has_answered = known is not None
        self._found = asyncio.Event()  # set once a first request was not refused for the way it asks
        if known is not None:
            self._found.set()

    @property
    def manner(self) -> Manner:
        """Return the way in which questions are asked now."""
        return self._manner

    @property
    def error(self) -> LlmkickError | None:
        """Return what ended all questions, or None."""
        return self._error

    def stop(self) -> None:
        """Send nothing more, no try that waits either; what is under way comes in still."""
        if self._error is None:
            self._error = EndpointError("nothing more is asked: the judging has ended.")
        self._is_over.set()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ask(self, question: Question) -> Reply:
        """Return what came of a question after all patience, failures included.

        Raises:
            EndpointError: no question can be asked any more.
            BudgetError: a cap has no room for the next request.
        """
        async with self._slots:
            self._check()
            try:
                reply = await self._led(_Asked(question=question, manner=self._manner))
                self._count(reply)
            except LlmkickError as error:
                self._check()  # what came first is what all are told
                self._error = error
                self._is_over.set()
                raise
            return reply

    def _check(self) -> None:
        """Raise what ended all questions, if anything did."""
        if self._error is not None:
            raise type(self._error)(str(self._error))

    def _count(self, reply: Reply) -> None:
        """Count failures in a row, and raise EndpointError where they are too many."""
        self._n_failed_in_a_row = self._n_failed_in_a_row + 1 if reply.outcome == "failed" else 0
        if self._error is None and self._n_failed_in_a_row > _FAILED_IN_A_ROW * self.concurrency:
            raise EndpointError(
                f"{self._n_failed_in_a_row} judgments in a row got no reply from {self.url}, the last for: {reply.reason.rstrip('.')}. "
                f"Its server seems to be down; see that it answers, and {_GO_ON} to go on where it was."
            )

    async def _led(self, asked: _Asked) -> Reply:
        """Return what comes of a question; while nothing is known of the server, one goes first and finds out how it is asked."""
        if self._found.is_set():
            return await self._patiently(asked)
        if self._has_scout:
            await self._found.wait()
            self._check()
            asked.manner = self._manner
            return await self._patiently(asked)
        self._has_scout = True
        try:
            return await self._patiently(asked)
        finally:
            self._found.set()

    async def _patiently(self, asked: _Asked) -> Reply:
        while True:
            try:
                return await self._once(asked)
            except Refusal as refusal:
                reply = self._refused(asked, refusal)
                if reply is not None:
                    return reply
            except PassingError as error:
                reply, after_s = self._passing(asked, error)
                if reply is not None:
                    return reply
                if after_s is not None:
                    self._found.set()
                    await self._wait(after_s)
                    asked.manner = asked.manner.joined(self._manner)

    async def _once(self, asked: _Asked) -> Reply:
        """Return what came of one request."""
        body = self._body(asked)
        # no tokenizer makes more tokens of a text than it has bytes
        n_most = len(json.dumps(body, ensure_ascii=False).encode())
        hold = await self.budget.hold(prompt_tokens=n_most, completion_tokens=self._max_tokens)
        if self._error is not None:
            self.budget.release(hold)
            self._check()
        asked.n_requests += 1
        asked.sent_at = time.monotonic()
        try:
            text, n_bytes = await self._transport.reply("/chat/completions", body)
        except (PassingError, EndpointError) as error:
            if _may_be_billed(error):
                self.budget.lose(hold)
            else:
                self.budget.settle(hold, prompt_tokens=0, completion_tokens=0)
            raise
        except BaseException:
            self.budget.lose(hold)
            raise
        return self._heard(asked, hold, text, n_bytes)

    def _heard(self, asked: _Asked, hold: Hold, text: str, n_bytes: int) -> Reply:
        """Return what a whole reply says, its tokens counted whatever it says."""
        prompt = asked.question.system + asked.question.shown
        reply, said = self._read(text, n_bytes)
        n_prompt, n_said = completion.n_tokens(reply, "prompt_tokens"), completion.n_tokens(reply, "completion_tokens")
        shown = said.text if isinstance(said, Completion) else text
        # what nobody counted takes of the caps all that was held back for it: a guess may be far too low
        self.budget.settle(
            hold,
            prompt_tokens=hold.prompt_tokens if n_prompt is None else n_prompt,
            completion_tokens=hold.completion_tokens if n_said is None else n_said,
        )
        asked.prompt_tokens += guess_tokens(len(prompt)) if n_prompt is None else n_prompt
        asked.completion_tokens += min(self._max_tokens, guess_tokens(len(shown))) if n_said is None else n_said
        if not isinstance(said, Completion):
            raise said
        self._learn(asked.manner)
        return asked.reply(
            said.outcome,
            reason=self._failures.without_key(said.reason),
            text=_storable(self._failures.without_key(said.text)[:MOST_CHARACTERS]),
            finish=_storable(said.finish),
            model=_storable(completion.word(reply, "model")),
            fingerprint=_storable(completion.word(reply, "system_fingerprint")),
        )

    def _read(self, text: str, n_bytes: int) -> tuple[dict[str, Any], Completion | EndpointError | PassingError]:
        """Return (the reply's JSON object, empty where it has none; what it says, or what is wrong with it)."""
        reply: dict[str, Any] = {}
        try:
            reply = self._failures.loaded(text, n_bytes)
            return reply, self._failures.of_error(reply) if reply.get("error") else completion.read(reply)
        except MalformedReplyError as error:
            return reply, self._failures.of_reply(error)

    def _refused(self, asked: _Asked, refusal: Refusal) -> Reply | None:
        """Return what a refusal comes to, or None where the question is to be asked in another way at once.

        Raises:
            EndpointError: no question can be asked.
        """
        reason = _storable(refusal.reason)
        if refusal.is_policy:
            return asked.reply("refused", reason=f"its server's content policy: {reason}")
        if refusal.is_too_long:
            return asked.reply("too_long", reason=reason)
        if is_unknown_model(refusal):
            raise EndpointError(f"{self.url} has no judge {self.model!r} ({reason}); name a model that it serves.")
        other = asked.manner.after(refusal, is_proven=self._has_answered)
        if other is not None:
            asked.manner = other
            return None
        if refusal.status in _NO_ROUTE:
            raise EndpointError(
                f"{self.url} serves no chat completions ({refusal.status}: {reason}); correct the judge's address, which most often ends in /v1."
            )
        return asked.reply("failed", reason=_storable(str(refusal))[:_LONGEST_REASON])

    def _passing(self, asked: _Asked, error: PassingError) -> tuple[Reply | None, float | None]:
        """Return (what it comes to after the last try, seconds until the next); (None, None) is at once, in another way.

        Raises:
            EndpointError: nobody is there.
        """
        if error.refusal is not None and names_shape(error.refusal):
            other = asked.manner.after(error.refusal)
            if other is not None:
                asked.manner = other
                return None, None
        asked.n_failed += 1
        if asked.n_failed < self._n_tries:
            pause = pause_s(asked.n_failed, self._first_wait_s) * random.uniform(0.5, 1.5)  # not all at the same moment
            return None, error.after_s + random.uniform(0, min(1.0, self._first_wait_s)) if error.after_s else pause
        if error.is_absent:
            raise EndpointError(str(error))
        return asked.reply("failed", reason=_storable(str(error))[:_LONGEST_REASON]), None

    async def _wait(self, seconds: float) -> None:
        """Wait, but no longer than questions are asked at all."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_over.wait()
        except TimeoutError:
            return
        self._check()

    def _learn(self, manner: Manner) -> None:
        self._has_answered = True
        self._manner = self._manner.joined(manner)
        self._manners.learn(self.url, self.model, self._manner)
        self._found.set()

    def _body(self, asked: _Asked) -> dict[str, Any]:
        """Return the request in the manner of this moment."""
        manner = asked.manner
        said = [{name: _storable(text) for name, text in one.items()} for one in messages(asked.question, manner.format)]
        shape = response_format(asked.question.wanted, manner.format)
        return {
            "model": self.model,
            "messages": said,
            manner.limit: self._max_tokens,
            **({"temperature": self._temperature} if manner.has_temperature else {}),
            **({"response_format": shape} if shape is not None else {}),
        }


def _may_be_billed(error: PassingError | EndpointError) -> bool:
    """Return whether a request was sent and its reply did not come whole, or a gateway did not wait for it: the server may have worked all the same."""
    return isinstance(error, PassingError) and not error.is_absent and (error.refusal is None or error.refusal.status in _WORKED)


def _storable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which have no UTF-8."""
    return text.encode("utf-8", errors="replace").decode()


def _check_address(url: str) -> None:
    """Raise UsageError unless an address is one of http or https."""
    from httpx2 import URL, InvalidURL

    try:
        place = URL(url)
    except InvalidURL as error:
        raise UsageError(f"{url!r} is no address of a judge ({error}); write it as http://localhost:8000/v1.") from None
    if place.scheme not in ("http", "https") or not place.host:
        raise UsageError(f"{url!r} is no address of a judge; write it as http://localhost:8000/v1.")

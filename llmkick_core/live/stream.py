"""One streamed answer of an OpenAI-compatible server, piece by piece.

    async for heard in stream(call):
        heard -> Heard(text=" Ulaan") ... Heard(text="", n_tokens=5, finish="stop")

The lines are those of server-sent events, `data: {"choices": [{"text": " Ulaan", "finish_reason": null}]}`. Whatever a server sends, what comes out is text of
bounded length, in a bounded time, or one line on what is wrong. The API key is cut out, also where two pieces hold a half of it each. Leaving the loop closes the
connection, at which a server stops.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import Failures, PassingError, Refusal, key_for, reply_json
from llmkick_core.models.replies import reasoning
from llmkick_core.models.thinking import LONG_REPLY
from llmkick_core.models.transport import Transport

LONGEST = 20_000
"""Characters of an answer that are taken."""

TIME_LIMIT_S = 300.0
"""In which an answer has to be there: a tab that was closed leaves no stream running for longer."""

_SILENCE_S = 120.0  # until something comes: a long prompt takes a CPU a while to read
_LONGEST_REASON = 300
_NO_ROUTE = (404, 405, 501)  # of a server that knows no such path, or no such model


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked of whom."""

    url: str
    """Such as http://127.0.0.1:8000/v1."""
    model: str
    """Its name there."""
    prompt: str
    """Raw text, or what the user says."""
    is_chat: bool
    """Whether it goes through the server's chat template."""
    max_tokens: int
    """Most tokens of the answer."""
    temperature: float
    """0 takes the most likely token."""
    is_ours: bool = False
    """Whether the server is one of ours, which is told not to think where the answer has no room for it."""
    has_key: bool = False
    """Whether the API key of the environment goes with it."""
    own_key: str | None = field(default=None, repr=False)
    """The key of a server of ours."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came."""

    text: str = ""
    """A piece of the answer."""
    thought: str = ""
    """A piece of what a reasoning model thinks, where the server tells it apart."""
    n_tokens: int | None = None
    """All tokens of the answer, where the server counts them."""
    n_prompt_tokens: int | None = None
    """Tokens of the prompt, where the server counts them."""
    finish: str = ""
    """Why it ended: `stop`, `length`, or another word of the server's; empty before."""


async def stream(call: Call) -> AsyncGenerator[Heard]:
    """Yield an answer as it comes; a server without /completions is asked by /chat/completions.

    Raises:
        EndpointError: the server is not there, refuses, breaks off or sends what is no answer.
    """
    key = call.own_key or (key_for(call.url) if call.has_key else None)
    failures = Failures(call.url, key, go_on="start again", correct="correct its address")
    transport = Transport(call.url, key, failures, timeout_s=_SILENCE_S)
    try:
        for is_chat in (True,) if call.is_chat else (False, True):
            try:
                async with aclosing(_answer(transport, failures, call, is_chat=is_chat)) as answer:
                    async for heard in answer:
                        yield heard
                return
            except Refusal as refusal:
                if is_chat or refusal.status not in _NO_ROUTE:
                    raise
    except PassingError as error:
        raise error.refusal or EndpointError(str(error)) from None
    finally:
        await transport.close()


async def _answer(transport: Transport, failures: Failures, call: Call, *, is_chat: bool) -> AsyncGenerator[Heard]:
    path = "/chat/completions" if is_chat else "/completions"
    text, thought = failures.cutter(), failures.cutter()
    lines = transport.lines(path, _body(call, is_chat=is_chat), silence_s=_SILENCE_S, deadline_s=TIME_LIMIT_S)
    async with aclosing(lines):
        n_characters, is_over = 0, False
        async for line in lines:
            heard = _read(line, call, failures)
            if heard is None:
                continue
            heard = replace(heard, text=text.cut(heard.text), thought=thought.cut(heard.thought))
            room = LONGEST - n_characters
            n_characters += len(heard.text) + len(heard.thought)
            if n_characters > LONGEST:
                yield replace(heard, text=heard.text[:room], thought=heard.thought[:room], finish="cut")
                return
            is_over = is_over or bool(heard.finish)
            yield heard
    if not is_over:
        raise EndpointError(f"{call.url} broke the answer off before its end; start again.")
    if (rest := Heard(text=text.rest(), thought=thought.rest())) != Heard():
        yield rest


def _body(call: Call, *, is_chat: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"messages": [{"role": "user", "content": call.prompt}]} if is_chat else {"prompt": call.prompt}
    more: dict[str, Any] = {"seed": 0} if call.temperature else {}
    if is_chat and call.is_ours and call.max_tokens < LONG_REPLY:
        more["chat_template_kwargs"] = {"enable_thinking": False}
    return {"model": call.model, **said, "max_tokens": call.max_tokens, "temperature": call.temperature, "stream": True, **more}


def _read(line: bytes, call: Call, failures: Failures) -> Heard | None:
    """Return what a line says; None where it says nothing.

    Raises:
        EndpointError: it tells of an error, or is no JSON object.
    """
    if not line.startswith(b"data:"):
        return None
    raw = line[5:].decode("utf-8", errors="replace").strip()
    if raw == "[DONE]":
        return Heard(finish="stop")
    try:
        told = failures.cleaned(reply_json(failures.without_key(raw)))
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("error"):
        said = told.get("error") if isinstance(told, dict) else raw
        said = said.get("message", said) if isinstance(said, dict) else said
        raise EndpointError(f"{call.url} ended the answer with an error: {_line(failures.without_key(str(said)))}.")
    choices = told.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else choice.get("text")
    finish = choice.get("finish_reason")
    return Heard(
        text=text if isinstance(text, str) else "",
        thought=reasoning(delta if isinstance(delta, dict) else choice),
        n_tokens=_counted(told, "completion_tokens"),
        n_prompt_tokens=_counted(told, "prompt_tokens"),
        finish=_line(finish)[:20] if isinstance(finish, str) else "",
    )


def _counted(told: dict[str, Any], name: str) -> int | None:
    usage = told.get("usage")
    n = usage.get(name) if isinstance(usage, dict) else None
    return n if type(n) is int and n >= 0 else None


def _line(words: str) -> str:
    line = " ".join(words.replace("\x00", "").split()).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"

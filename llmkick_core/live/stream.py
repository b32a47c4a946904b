"""One streamed answer of an OpenAI-compatible server, piece by piece.

    async for heard in stream(call):
        heard -> Heard(text=" Ulaan") ... Heard(text="", n_tokens=5, finish="stop")

The lines are those of server-sent events, `data: {"choices": [{"text": " Ulaan", "finish_reason": null}]}`. Whatever a server sends, what comes out is text of
bounded length or one line on what is wrong. Redirects are not followed, and proxies of the environment not used. Leaving the loop closes the connection, at
which a server stops.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import key_for
from llmkick_core.models.locate import first_line
from llmkick_core.models.replies import reasoning
from llmkick_core.models.template import SHORT_REPLY

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

LONGEST = 20_000
"""Characters of an answer that are taken."""

_CONNECT_S = 10.0
_SILENCE_S = 120.0  # until the next byte: a long prompt takes a CPU a while to read
_LONGEST_LINE = 2**22  # bytes
_LONGEST_REASON = 300
_NO_ROUTE = (404, 405, 501)


class _NoRouteError(EndpointError):
    """The server knows no such path, or no such model."""


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
    from httpx2 import AsyncClient, HTTPError, InvalidURL, Timeout

    key = key_for(call.url) if call.has_key else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    is_https = call.url.startswith("https:")  # reading the certificates of all authorities takes longer than a first token
    timeout = Timeout(_SILENCE_S, connect=_CONNECT_S)
    try:
        async with AsyncClient(headers=headers, timeout=timeout, follow_redirects=False, trust_env=False, verify=is_https) as client:
            for is_chat in (True,) if call.is_chat else (False, True):
                try:
                    async with aclosing(_answer(client, call, is_chat=is_chat, key=key)) as answer:
                        async for heard in answer:
                            yield heard
                    return
                except _NoRouteError:
                    if is_chat:
                        raise
    except (HTTPError, InvalidURL, OSError) as error:
        reason = first_line(error.__cause__ or error).rstrip(".")
        raise EndpointError(
            f"{call.url} broke off or does not answer ({_without(key, reason)}); see that it runs, and start again."
        ) from None


async def _answer(client: AsyncClient, call: Call, *, is_chat: bool, key: str | None) -> AsyncGenerator[Heard]:
    path = "/chat/completions" if is_chat else "/completions"
    async with client.stream("POST", f"{call.url}{path}", json=_body(call, is_chat=is_chat)) as response:
        if response.status_code != 200:
            kind = _NoRouteError if response.status_code in _NO_ROUTE else EndpointError
            raise kind(await _refusal(response, call, key))
        n_characters, is_over = 0, False
        async for line in _lines(response):
            heard = _read(line, call, key)
            if heard is None:
                continue
            room = LONGEST - n_characters
            n_characters += len(heard.text) + len(heard.thought)
            if n_characters > LONGEST:
                yield Heard(text=heard.text[:room], thought=heard.thought[:room], finish="cut")
                return
            is_over = is_over or bool(heard.finish)
            yield heard
    if not is_over:
        raise EndpointError(f"{call.url} broke the answer off before its end; start again.")


def _body(call: Call, *, is_chat: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"messages": [{"role": "user", "content": call.prompt}]} if is_chat else {"prompt": call.prompt}
    more: dict[str, Any] = {"seed": 0} if call.temperature else {}
    if is_chat and call.is_ours and call.max_tokens < SHORT_REPLY:
        more["chat_template_kwargs"] = {"enable_thinking": False}
    return {"model": call.model, **said, "max_tokens": call.max_tokens, "temperature": call.temperature, "stream": True, **more}


async def _lines(response: Response) -> AsyncIterator[bytes]:
    """Yield the lines of a reply.

    Raises:
        EndpointError: one has no end.
    """
    rest = b""
    async for chunk in response.aiter_bytes():
        rest += chunk
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line
        if len(rest) > _LONGEST_LINE:
            raise EndpointError(f"the server sent a line of more than {_LONGEST_LINE:,} bytes, which is no piece of an answer.")
    if rest:
        yield rest


def _read(line: bytes, call: Call, key: str | None) -> Heard | None:
    """Return what a line says; None where it says nothing.

    Raises:
        EndpointError: it tells of an error, or is no JSON object.
    """
    if not line.startswith(b"data:"):
        return None
    raw = _without(key, line[5:].decode("utf-8", errors="replace").strip())
    if raw == "[DONE]":
        return Heard(finish="stop")
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("error"):
        said = told.get("error") if isinstance(told, dict) else raw
        said = said.get("message", said) if isinstance(said, dict) else said
        raise EndpointError(f"{call.url} ended the answer with an error: {_line(str(said))}.")
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


async def _refusal(response: Response, call: Call, key: str | None) -> str:
    """Return what is wrong with a reply that is none, in one line."""
    if response.is_redirect:
        return f"{call.url} answered {response.status_code} and names another address, which is not followed; use that address itself."
    raw = b""
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > _LONGEST_LINE:
            break
    said: object = raw.decode("utf-8", errors="replace")
    try:
        told = json.loads(str(said))
        for name in ("error", "message", "detail"):
            told = told.get(name, told) if isinstance(told, dict) else told
        said = told if isinstance(told, str) else json.dumps(told)
    except (ValueError, RecursionError):
        pass
    return f"{call.url} answered {response.status_code}: {_line(_without(key, str(said))) or 'no reason was given'}."


def _line(words: str) -> str:
    line = " ".join(words.replace("\x00", "").split()).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def _without(key: str | None, text: str) -> str:
    return text.replace(key, "[API key]") if key else text

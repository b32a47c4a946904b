"""One streamed answer, from a real HTTP server that behaves and misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from llmkick_core.errors import EndpointError
from llmkick_core.live.stream import LONGEST, Call, Heard, stream
from tests.live.streams import answer, chat, event, streamed, text
from tests.models.fake_server import FakeServer, Reply, refused

T = TypeVar("T")
HOSTILE = "\x00<img src=x onerror=alert(1)> \u202e**bold**"


def alone(listening: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine does, in a thread of its own: a browser test may have left an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, listening).result()


def heard(reply: Reply | Any, *, is_chat: bool = False, has_key: bool = False) -> list[Heard]:
    """Return what comes of a reply, or of what answers each request."""
    answers = reply if callable(reply) else lambda path, body: reply

    async def listen(url: str) -> list[Heard]:
        call = Call(url=url, model="words", prompt="A", is_chat=is_chat, max_tokens=9, temperature=0, has_key=has_key)
        return [one async for one in stream(call)]

    with FakeServer(answers) as server:
        found = alone(listen(server.url))
        heard.asked = server.asked  # type: ignore[attr-defined]
        heard.keys = server.keys  # type: ignore[attr-defined]
        return found


def said(found: list[Heard]) -> str:
    return "".join(one.text for one in found)


def test_a_continuation_comes_piece_by_piece_with_the_servers_count():
    found = heard(answer(" Ulaan", "baatar"))
    assert [one.text for one in found if one.text] == [" Ulaan", "baatar"]
    assert [one.n_tokens for one in found if one.n_tokens is not None] == [3]
    assert found[-1].finish == "stop"
    path, body = heard.asked[0]  # type: ignore[attr-defined]
    assert path == "/v1/completions"
    assert body == {"model": "words", "prompt": "A", "max_tokens": 9, "temperature": 0, "stream": True}


def test_a_conversation_skips_deltas_without_text():
    found = heard(streamed(chat(None), chat("Ulaan"), chat("baatar"), chat(None, "length")), is_chat=True)
    assert said(found) == "Ulaanbaatar"
    assert found[-1].finish == "length"
    assert heard.asked[0][1]["messages"] == [{"role": "user", "content": "A"}]  # type: ignore[attr-defined]


def test_a_server_without_completions_is_asked_as_a_conversation():
    found = heard(lambda path, body: streamed(chat("Oslo", "stop")) if "chat" in path else refused(404, "Not Found"))
    assert said(found) == "Oslo"


def test_hostile_text_comes_as_it_is_and_is_not_cut_at_its_signs():
    assert said(heard(streamed(text(HOSTILE), text("", "stop")))) == HOSTILE


def test_an_endless_token_is_cut():
    found = heard(streamed(text("a" * 1_000_000), text("b", "stop")))
    assert said(found) == "a" * LONGEST
    assert found[-1].finish == "cut"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refused(500, "out of memory"), "answered 500: out of memory"),
        (refused(404, "The model `words` does not exist."), "does not exist"),
        (Reply(b"<html>no</html>", status=502), "answered 502"),
        (Reply({}, status=307, headers={"Location": "http://example.com/v1"}), "which is not followed"),
        (Reply({}, is_reset=True), "broke off"),
        (streamed(text("Os"), **{"Content-Length": "9999"}), "broke off"),
        (streamed(text("Os")), "before its end"),
        (streamed(text("Os"), event({"error": {"message": "CUDA out of memory"}})), "CUDA out of memory"),
        (streamed(event('{"error": "say "no""}')), "ended the answer with an error"),
        (streamed(event("[" * 100_000)), "ended the answer with an error"),
        (streamed(event(["no", "object"])), "ended the answer with an error"),
        (Reply(b"data: " + b"a" * (2**22 + 2**17), headers={"Content-Type": "text/event-stream"}), "no piece of an answer"),
        (Reply({"choices": [{"text": "not a stream"}]}), "before its end"),
    ],
)
def test_what_is_no_answer_is_one_line(reply: Reply, words: str):
    with pytest.raises(EndpointError) as raised:
        heard(reply)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("choices", [None, [], [3], [{}], [{"text": 7}], [{"delta": None, "text": None}]])
def test_events_without_text_say_nothing(choices: object):
    found = heard(streamed(event({"choices": choices}), b": comment\n\n", text("Oslo", "stop")))
    assert said(found) == "Oslo"


def test_the_key_goes_only_where_it_was_set_for_and_is_cut_out_of_what_comes_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_API_KEY", "sk-secret-123")
    heard(answer("Oslo"))
    assert heard.keys == [None]  # type: ignore[attr-defined]
    found = heard(answer("sk-secret-123"), has_key=True)
    assert heard.keys == ["Bearer sk-secret-123"]  # type: ignore[attr-defined]
    assert said(found) == "[API key]"
    with pytest.raises(EndpointError) as raised:
        heard(refused(401, "bad key sk-secret-123"), has_key=True)
    assert "sk-secret" not in str(raised.value)


def test_a_server_that_is_not_there_is_one_line():
    async def listen() -> None:
        call = Call(url="http://127.0.0.1:9/v1", model="m", prompt="A", is_chat=False, max_tokens=9, temperature=0)
        async for _ in stream(call):
            pass

    with pytest.raises(EndpointError, match="no server answers at"):
        alone(listen())


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_what_a_model_thinks_comes_apart_from_its_answer(name: str):
    thinks = b'data: {"choices": [{"index": 0, "delta": {"%s": "Oslo?"}, "finish_reason": null}]}\n\n' % name.encode()
    found = heard(streamed(thinks, chat("Bergen", "stop")), is_chat=True)
    assert ("".join(one.thought for one in found), said(found)) == ("Oslo?", "Bergen")

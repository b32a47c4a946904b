"""Replies of servers that hold halves of characters, are nested by hundreds, or cut the key in two: each is one line of an error, and nothing dies of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from llmkick_core.errors import EndpointError, LlmkickError
from llmkick_core.judge import completion
from llmkick_core.live.stream import Call, _read
from llmkick_core.models.failures import KEY_MARK, Failures, reply_json
from llmkick_core.models.replies import served
from llmkick_core.models.server import Server
from llmkick_core.schema import Answer
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part, read_part
from llmkick_core.store.runs import read_status, write_status
from llmkick_core.text_marks import escape, visible
from tests.security.hostile_server import HostileServer, reply
from tests.security.test_transport import KEY, every_way

DEEP = "[" * 600 + "]" * 600
HALVES = ["\\ud800", "\\udfff", "a\\ud83db", "\\udc00\\ud800"]
BODIES = [
    *(f'{{"error": {{"message": "{half}"}}}}' for half in HALVES),
    f'{{"error": {DEEP}}}',
    f'{{"error": {{"message": {DEEP}}}}}',
    f'{{"detail": {DEEP}, "object": "error"}}',
    DEEP,
    "[" * 100_000,
    '{"error": {"code": ' + "9" * 5000 + "}}",
    '{"error": {"message": "' + "[" * 5000 + '"}}',
    '{"error": [[[[["\\ud800"]]]]]}',
]
STATUSES = ["400 Bad Request", "200 OK"]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


@every_way
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("status", STATUSES)
def test_whatever_a_server_sends_as_an_error_is_one_line_that_can_be_written_and_shown(ask: Any, body: str, status: str, tmp_path):
    def sends(request: bytes) -> bytes:
        if b'"stream": true' in request and status == "200 OK":
            return reply(f"data: {body}\n\ndata: [DONE]\n\n".encode())
        return reply(body.encode(), status=status)

    with HostileServer(sends) as server, pytest.raises(LlmkickError) as told:
        ask(server.url, 5)
    message = str(told.value)
    message.encode()
    visible(message).encode()
    write_status(tmp_path, RunStatus(run_id="a", state="failed", message=message))
    assert read_status(tmp_path, "a").state == "failed"


@every_way
@pytest.mark.parametrize("name", ["reasoning_content", "finish_reason", "content"])
@pytest.mark.parametrize("value", ['"\\ud800 Oslo"', DEEP, '{"text": ' + DEEP + "}", "[" * 60 + "]" * 60])
def test_whatever_stands_in_an_answer_ends_in_a_text_or_an_error(ask: Callable[..., str], name: str, value: str):
    choice = f'{{"index": 0, "finish_reason": "stop", "text": " [[5]]", "{name}": {value}, "message": {{"content": "[[5]]", "{name}": {value}}}, "delta": {{"{name}": {value}}}}}'
    body = f'{{"choices": [{choice}]}}'

    def sends(request: bytes) -> bytes:
        return reply(f"data: {body}\n\ndata: [DONE]\n\n".encode() if b'"stream": true' in request else body.encode())

    with HostileServer(sends) as server:
        try:
            said = ask(server.url, 5)
        except LlmkickError as error:
            said = str(error)
    said.encode()


def test_names_of_models_have_no_half_characters():
    def sends(_: bytes) -> bytes:
        return reply(b'{"object": "list", "data": [{"id": "a\\ud800"}, {"id": "words"}]}')

    with HostileServer(sends) as server:
        listed = Server(server.url, timeout_s=5)
        try:
            found = listed.get("/models", served)
        finally:
            listed.close()
    assert [name.encode() for name in found] == [b"a?", b"words"]


def test_a_reply_with_half_a_character_is_kept():
    assert reply_json('{"text": "\\ud83d\\ude00 \\ud83d x"}') == {"text": "\U0001f600 ? x"}
    with pytest.raises(ValueError, match="nested"):
        reply_json(DEEP)
    with pytest.raises(ValueError, match="nested"):
        reply_json(DEEP.replace("[]", '["\\ud800"]'))
    with pytest.raises(ValueError, match="nested"):
        reply_json("[" * 100_000 + '"\\ud800"')


def test_the_key_is_cut_out_of_an_error_of_a_stream_before_its_end_is():
    call = Call(url="http://127.0.0.1:9/v1", model="m", prompt="A", is_chat=False, max_tokens=9, temperature=0)
    failures = Failures(call.url, KEY)
    for n in range(250, 310):
        for line in (json.dumps({"error": {"message": "x" * n + KEY}}), "x" * n + KEY):
            with pytest.raises(EndpointError) as told:
                _read(f"data: {line}".encode(), call, failures)
            assert KEY[:6] not in str(told.value)
    with pytest.raises(EndpointError) as told:
        _read(f"data: {KEY}".encode(), call, failures)
    assert KEY_MARK in str(told.value)


def test_halves_of_characters_are_shown_and_stored_as_marks(tmp_path):
    for half in ("\ud800", "\udfff", "a\udc80b"):
        visible(half).encode()
        escape(half).encode()
    path = append_part(run_dir(tmp_path, "a"), [Answer(run_id="a", sample_id="s", text="\ud800")], [])
    assert read_part(path).answers[0].text == "?"


def test_of_a_long_reply_of_a_judge_a_bounded_piece_is_looked_through(monkeypatch):
    given: list[int] = []
    monkeypatch.setattr(completion, "split_thought", lambda text: given.append(len(text)) or ("", text))
    completion.read({"choices": [{"message": {"content": "<think>" * 500_000}, "finish_reason": "stop"}]})
    assert given == [completion._MOST_CHARACTERS]

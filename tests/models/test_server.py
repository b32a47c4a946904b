"""Requests against a real server that misbehaves: what passes is tried again, what does not is one line, and the key is nowhere."""

from __future__ import annotations

import email.utils
import logging
import re
import socket
import time
from typing import Any

import httpx2
import pytest

from llmkick_core.errors import EndpointError, ModelError
from llmkick_core.models import replies
from llmkick_core.models.base import Generation
from llmkick_core.models.failures import MOST_WAIT_S, N_TRIES, Refusal, key_for, retry_after_s
from llmkick_core.models.server import Server
from tests.models.fake_server import FakeServer, Reply, Words, one_after_another, refused, text_reply

KEY = "sk-very-secret-0123456789"
GOOD = Reply(text_reply(" Oslo"))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


def read(reply: dict[str, Any]) -> Generation:
    return replies.generation(reply, n_prompt_characters=8, max_new_tokens=16, stop=())


def ask(fake: FakeServer, **options: Any) -> Generation:
    server = Server(fake.url, first_wait_s=0.001, **options)
    try:
        return server.post("/completions", {"model": "words", "prompt": "Where?"}, read)
    finally:
        server.close()


def failure(*answers: Reply, **options: Any) -> tuple[str, int]:
    """Return the one line of an error, and how often the server was asked."""
    with FakeServer(one_after_another(*answers)) as fake:
        with pytest.raises(EndpointError) as caught:
            ask(fake, **options)
        assert fake.url in str(caught.value)
        return str(caught.value), len(fake.asked)


PASSING = {
    "429 that asks to wait": Reply({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0.01"}),
    "429": refused(429, "slow down"),
    "500": Reply(b"Internal Server Error", status=500),
    "503": refused(503, "the model is loading"),
    "408": refused(408, "timeout"),
    "reset": Reply({}, is_reset=True),
    "truncated JSON": Reply(b'{"choices": [{"text": " Os'),
    "fewer bytes than told": Reply(b'{"choices"', headers={"Content-Length": "5000"}),
    "a web page": Reply(b"<!DOCTYPE html><html><body>Welcome</body></html>"),
    "no choices": Reply({"choices": []}),
    "choices that are none": Reply({"choices": ["yes"]}),
    "None in place of text": Reply(text_reply(" ") | {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}),
    "a list": Reply([1, 2]),
    "an error with status 200": Reply({"error": {"message": "out of memory"}}),
    "10 MB of text": Reply(text_reply("x" * 10_000_000)),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again(name: str):
    with FakeServer(one_after_another(PASSING[name], PASSING[name], GOOD)) as fake:
        assert ask(fake).text == " Oslo"
        assert len(fake.asked) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("429", "429: slow down"),
        ("500", "500: Internal Server Error"),
        ("503", "503: the model is loading"),
        ("reset", "broke off"),
        ("truncated JSON", "26 bytes that are no JSON"),
        ("fewer bytes than told", "broke off"),
        ("a web page", r"a web page \(HTML\)"),
        ("no choices", "no choices"),
        ("None in place of text", "without text"),
        ("a list", "no object"),
        ("an error with status 200", "out of memory"),
        ("10 MB of text", "a reply of more than 4 MB"),
    ],
)
def test_what_does_not_pass_is_one_line_and_never_an_answer(name: str, words: str):
    said, n_asked = failure(PASSING[name])
    assert n_asked == N_TRIES
    assert "\n" not in said
    assert len(said) < 400
    assert re.search(words, said)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refused(401, "Incorrect API key provided"), "it does not take the API key that is set: put a valid one into LLMKICK_API_KEY"),
        (refused(403, "not yours"), "has no right to the model"),
        (refused(404, "The model `words` does not exist."), "404: The model `words` does not exist."),
        (refused(400, "bad"), "400: bad"),
        (refused(429, "You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"), "no quota left"),
        (Reply({"error": {"message": "wait"}}, status=429, headers={"Retry-After": "3600"}), "asks to wait 3,600 s"),
        (Reply({"detail": "Not Found"}, status=404), "404: Not Found"),
        (Reply(b"<html>proxy</html>", status=405), r"405: a web page (HTML)"),
        (Reply(b"", status=422), "422: no reason was given"),
    ],
)
def test_what_will_not_pass_is_asked_once(reply: Reply, words: str):
    said, n_asked = failure(reply)
    assert words in said
    assert n_asked == 1


def test_a_refusal_tells_its_status():
    with FakeServer(one_after_another(refused(422, "unknown field"))) as fake, pytest.raises(Refusal) as caught:
        ask(fake)
    assert (caught.value.status, caught.value.reason, caught.value.is_policy) == (422, "unknown field", False)


@pytest.mark.parametrize(
    ("reply", "is_policy"),
    [
        (refused(400, "The response was filtered", code="content_filter", param="prompt"), True),
        (refused(400, "Your request was rejected", code="content_policy_violation", type="image_generation_user_error"), True),
        (refused(400, "content_filter is no parameter", code="unknown_parameter"), False),
        (Reply({"error": {"message": "bad", "code": 400}}, status=400), False),
        (refused(404, "no such filter", code="content_filter"), False),
    ],
)
def test_a_refusal_tells_whether_a_content_policy_is_its_cause(reply: Reply, is_policy: bool):
    with FakeServer(one_after_another(reply)) as fake, pytest.raises(Refusal) as caught:
        ask(fake)
    assert caught.value.is_policy is is_policy
    assert len(fake.asked) == 1


def test_without_a_key_a_local_server_is_asked_and_401_says_that_none_is_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")
    with FakeServer(one_after_another(GOOD)) as fake:
        assert ask(fake).text == " Oslo"
    assert "no API key is set" in failure(refused(401, "who are you?"))[0]


def test_a_server_that_is_not_there_is_named_with_the_way_out():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    server = Server(url, first_wait_s=0.001)
    with pytest.raises(EndpointError, match=rf"no server answers at {url} \(.*refused.*\); start it, or correct the address"):
        server.post("/completions", {}, read)
    server.close()


def test_a_reply_that_does_not_come_in_time_is_asked_for_again():
    with FakeServer(one_after_another(Reply({}, is_slow=True), GOOD)) as fake:
        assert ask(fake, timeout_s=0.2).text == " Oslo"
    assert "LLMKICK_ENDPOINT_TIMEOUT" in failure(Reply({}, is_slow=True), timeout_s=0.05)[0]


def test_answers_come_in_order_and_only_so_many_are_asked_at_once():
    with FakeServer(Words(says=lambda prompt: prompt[::-1])) as fake:
        server = Server(fake.url, concurrency=3)
        asked = [f"question {i}" for i in range(20)]
        said = server.together(lambda q: server.post("/completions", {"model": "words", "prompt": q, "max_tokens": 9}, read).text, asked)
        assert said == [one[::-1] for one in asked]
        assert fake.most_at_once <= 3
        server.close()


def test_an_error_ends_the_patience_of_the_others():
    # the first waits for its next try for as long as a server may ask; the second has no right
    waiting = Reply({"error": {"message": "wait"}}, status=429, headers={"Retry-After": str(MOST_WAIT_S)})

    def answer(path: str, body: dict[str, Any]) -> Reply:
        return waiting if body["prompt"] == "patient" else refused(403, "no")

    with FakeServer(answer) as fake:
        server = Server(fake.url)
        with pytest.raises(EndpointError, match="403"):
            server.together(lambda q: server.post("/completions", {"prompt": q}, read), ["patient", "forbidden", "patient"])
        server.close()


def test_the_key_is_sent_and_is_in_no_error_log_or_answer(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    answers = [refused(status, f"Incorrect API key provided: {KEY}.") for status in (400, 401, 403, 404, 429, 500)]
    answers += [Reply(f"<p>Bearer {KEY}".encode(), status=500), Reply({"error": {"message": KEY}}), Reply({"detail": [KEY]}, status=422)]
    for reply in answers:
        with FakeServer(one_after_another(reply)) as fake:
            with pytest.raises(EndpointError) as caught:
                ask(fake)
            assert fake.keys[0] == f"Bearer {KEY}"
        error: BaseException | None = caught.value
        while error is not None:
            assert KEY not in f"{error} {error!r} {vars(error)}"
            error = error.__cause__
    with FakeServer(one_after_another(Reply(text_reply(f"your key is {KEY}")))) as fake:
        assert ask(fake).text == "your key is [API key]"
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("url", "is_sent"),
    [
        ("https://api.openai.com/v1", True),
        ("https://API.OpenAI.com:443/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://api.openai.com/v1", False),
        ("https://openai.com.example.org/v1", False),
        ("https://notopenai.com/v1", False),
        ("https://example.org/api.openai.com", False),
        ("https://example.org?.openai.com", False),
        ("https://mine.openai.azure.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
def test_the_key_of_openai_goes_to_openai_over_https_only(url: str, is_sent: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert key_for(url) == (KEY if is_sent else None)


def test_no_key_of_openai_is_sent_elsewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LLMKICK_API_KEY")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, KEY)
    with FakeServer(one_after_another(GOOD)) as fake:
        ask(fake)
    assert fake.keys == [None]
    assert "OPENAI_API_KEY, which is sent to https://api.openai.com alone" in failure(refused(401, "who are you?"))[0]


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "https://example.org/v1", "http://localhost:1/v1", "http://127.9.9.9/v1", "http://[::1]:1/v1"]
)
def test_the_key_goes_to_the_address_that_is_named(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    assert key_for(url) == KEY


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/v1",
        "http://10.0.0.5:8000/v1",
        "http://localhost.example.org/v1",
        "http://0.0.0.0:8000/v1",
        "http://[fe80::1]/v1",
    ],
)
def test_the_key_is_not_sent_over_a_network_in_plain_http(url: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ModelError, match="use https, or a tunnel to localhost") as caught:
        Server(url)
    assert url in str(caught.value)
    assert KEY not in str(caught.value)
    monkeypatch.delenv("LLMKICK_API_KEY")
    Server(url).close()  # without a key there is nothing to read


@pytest.mark.parametrize("key", ["sk-line\nbreak", "schlüssel-123"])
def test_a_key_that_cannot_be_sent_is_told_without_it(key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_API_KEY", key)
    with pytest.raises(ModelError, match="LLMKICK_API_KEY") as caught:
        Server("http://127.0.0.1:1/v1")
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "-7"}, 0),
        ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None):
    assert retry_after_s(httpx2.Headers(headers)) == seconds


def test_a_server_may_ask_to_wait_until_a_date():
    until = email.utils.formatdate(time.time() + 1000, usegmt=True)
    assert 900 < (retry_after_s(httpx2.Headers({"Retry-After": until})) or 0) <= 1000

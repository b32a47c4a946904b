"""A judge behind a real server that misbehaves: every fault has a name, no question is lost, and the key is nowhere."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from typing import Any

import pytest

from llmkick_core.errors import EndpointError
from llmkick_core.judge.base import MOST_CHARACTERS, Reply
from llmkick_core.judge.client import Client
from llmkick_core.models.failures import N_TRIES
from tests.judge.asking import KEY, SLOW, asked, one, question
from tests.judge.fake_judge import Judge
from tests.judge.faults import ANSWERS, PASSING, STOPPING, Asked, Sent, completion, error, one_after_another, randomly


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_asked_again(name: str):
    reply, fake, client = one(name, name, "", timeout_s=1 if name in SLOW else 20)
    assert (reply.outcome, reply.reason, reply.n_tries) == ("text", "", 3)
    assert "coherence" in reply.text
    assert len(fake.asked) == client.budget.n_requests == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("429", "429: slow down"),
        ("500", "500: Internal Server Error"),
        ("502", "502: a web page (HTML)"),
        ("503", "503: the model is loading"),
        ("reset", "broke off"),
        ("slow headers", "did not answer in time"),
        ("hung body", "did not answer in time"),
        ("dripping body", "did not answer in time"),
        ("fewer bytes than told", "broke off"),
        ("truncated JSON", "bytes that are no JSON"),
        ("deep JSON", "200,000 bytes that are no JSON"),
        ("a web page", "a web page (HTML) in place of a JSON reply"),
        ("no choices", "no choices in the reply"),
        ("choices that are none", "no choices in the reply"),
        ("a list", "no object"),
        ("an error with status 200", "out of memory"),
        ("10 MB", "a reply of more than 4 MB"),
        ("10 MB of an error", "500: no reason was given"),
    ],
)
def test_what_does_not_pass_is_a_failure_in_one_line_and_no_exception(name: str, words: str):
    n_tries = 2 if name in SLOW else N_TRIES
    reply, fake, _ = one(name, n_tries=n_tries, timeout_s=1 if name in SLOW else 20)
    assert (reply.outcome, reply.text, reply.n_tries) == ("failed", "", n_tries)
    assert len(fake.asked) == n_tries
    assert words in reply.reason
    assert "\n" not in reply.reason
    assert "script" not in reply.reason


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("length", "truncated", "limit of tokens"),
        ("content filter", "refused", "content filter"),
        ("refusal", "refused", "I'm sorry, I can't help with that."),
        ("content policy", "refused", "The response was filtered"),
        ("too long", "too_long", "maximum context length is 8192 tokens"),
        ("no text", "unparsed", "without text"),
        ("a number for text", "unparsed", "without text"),
    ],
)
def test_what_is_final_without_a_verdict_is_asked_once(name: str, outcome: str, words: str):
    reply, fake, _ = one(name)
    assert (reply.outcome, len(fake.asked)) == (outcome, 1)
    assert words in reply.reason


@pytest.mark.parametrize(
    "name", ["JSON of a wrong shape", "JSON cut short", "markup", "parts", "two choices", "no usage", "usage that is none"]
)
def test_whatever_text_there_is_is_handed_on_as_it_came(name: str):
    reply, fake, _ = one(name)
    assert (reply.outcome, len(fake.asked)) == ("text", 1)
    assert reply.text
    said: Any = ANSWERS[name](fake.asked[0], completion(Judge().verdict(fake.asked[0]))).body
    content = said["choices"][0]["message"]["content"]
    assert reply.text == (content if isinstance(content, str) else content[0]["text"])


@pytest.mark.parametrize(
    ("name", "words", "n_asked"),
    [
        ("401", "does not take the API key that is set: put a valid one into LLMKICK_API_KEY", 1),
        ("403", "has no right to the model", 1),
        ("404 model", "has no judge 'judge' (The model `judge` does not exist)", 1),
        ("404 route", "serves no chat completions (404: Not Found); correct the judge's address", 3),  # in every shape of reply
        ("402", "no quota left (Insufficient credits); add to it, and run the same judge command again", 1),
        ("no quota", "no quota left", 1),
        ("no quota with status 200", "no quota left", 1),
        ("an hour", "asks to wait 3,600 s: run the same judge command again after that", 1),
        ("elsewhere", "names http://127.0.0.1:1/v1, which is not followed", 1),
    ],
)
def test_what_concerns_every_question_ends_them_all(name: str, words: str, n_asked: int):
    found, fake, client = asked(Judge(plan=one_after_another(name)), question("a"), question("b"), question("c"))
    assert len(fake.asked) == n_asked  # the first question found out; the others were not asked
    assert [type(one) for one in found] == [EndpointError] * 3
    assert len({str(one) for one in found}) == 1
    assert words in str(found[0])
    assert "\n" not in str(found[0])
    assert str(client.error) == str(found[0])
    assert set(STOPPING) == {"401", "403", "404 model", "404 route", "402", "no quota", "no quota with status 200", "an hour", "elsewhere"}


def test_a_server_that_is_not_there_ends_all_questions():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    async def ask() -> list[Any]:
        async with Client(url=url, model="judge", first_wait_s=0.001) as client:
            return await asyncio.gather(client.ask(question("a")), client.ask(question("b")), return_exceptions=True)

    for found in asyncio.run(ask()):
        assert isinstance(found, EndpointError)
        assert f"no server answers at {url}" in str(found)
        assert "correct the judge's address" in str(found)


def test_an_end_wakes_those_that_wait_and_lets_what_is_under_way_come_in():
    def answer(asked: Asked) -> Sent:
        if "patient" in asked.prompt:
            return error(429, "wait", headers={"Retry-After": "119"})
        if "slow" in asked.prompt:
            return Sent(completion("[[7]]"), delay_s=0.3)
        return error(401, "no", headers={}) if "forbidden" in asked.prompt else Sent({})

    def late(asked: Asked) -> Sent:  # the one that ends all comes after the others wait
        sent = answer(asked)
        sent.delay_s = sent.delay_s or (0.1 if sent.status == 401 else 0)
        return sent

    found, fake, _ = asked(late, *map(question, ("patient", "slow", "forbidden", "never")), is_known=True, concurrency=3)
    assert [type(one) for one in found] == [EndpointError, Reply, EndpointError, EndpointError]
    assert found[1].text == "[[7]]"
    assert not [one for one in fake.asked if "never" in one.prompt]


def test_many_failures_in_a_row_mean_that_the_server_is_down():
    questions = [question(f"question {i}") for i in range(40)]
    found, fake, _ = asked(Judge(plan=one_after_another("500")), *questions, concurrency=2, n_tries=2, is_known=True)
    failed = [one for one in found if isinstance(one, Reply)]
    assert 6 <= len(failed) <= 7  # 3 times the questions at a time, and the one beside the last
    assert all(one.outcome == "failed" for one in failed)
    ends = {str(one) for one in found if isinstance(one, EndpointError)}
    assert len(ends) == 1
    assert "7 judgments in a row got no reply" in (said := ends.pop())
    assert "500: Internal Server Error" in said
    assert "run the same judge command again" in said
    assert len(fake.asked) <= 16


def test_failures_between_answers_end_nothing():
    def plan(asked: Asked) -> str:
        return "500" if int(asked.about.split()[-1]) % 5 else ""

    found, _, client = asked(Judge(plan=plan), *[question(f"question {i}") for i in range(60)], concurrency=2, n_tries=2)
    assert [one.outcome for one in found] == ["failed" if i % 5 else "text" for i in range(60)]
    assert client.error is None


def test_only_so_many_are_asked_at_once_and_each_gets_its_own_reply():
    def answer(asked: Asked) -> Sent:
        return Sent(completion(f"said of {asked.about}"), delay_s=0.002)

    questions = [question(f"question {i}") for i in range(60)]
    found, fake, _ = asked(answer, *questions, concurrency=5)
    assert [one.text for one in found] == [f"said of {one.shown}" for one in questions]
    assert fake.most_at_once == 5


def test_a_response_that_comes_twice_is_not_taken_for_the_next_ones():
    def answer(asked: Asked) -> Sent:
        return Sent(completion(f"said of {asked.about}"), way="twice")

    questions = [question(f"question {i}") for i in range(30)]
    found, fake, client = asked(answer, *questions, concurrency=1)
    assert [one.text for one in found] == [f"said of {one.shown}" for one in questions]
    assert len(fake.asked) == client.budget.n_requests == 30


def test_in_a_storm_no_question_is_lost_or_asked_again_after_an_answer():
    names = [name for name in (*PASSING, *ANSWERS) if name not in SLOW and not name.startswith("10 MB")]
    plan, final = randomly(0.5, seed=3, names=names), Counter[str]()

    def seen(asked: Asked) -> str:
        fault = plan(asked)
        final[asked.about] += fault not in PASSING
        return fault

    questions = [question(f"question {i}") for i in range(200)]
    found, fake, client = asked(Judge(plan=seen), *questions, concurrency=8)
    assert {type(one) for one in found} == {Reply}
    assert {one.outcome for one in found} >= {"text", "failed", "refused", "unparsed"}
    assert [final[one.shown] for one in questions] == [int(one.outcome != "failed") for one in found]
    assert sum(one.n_tries for one in found) == len(fake.asked) == client.budget.n_requests


def test_equal_questions_are_each_asked():
    found, fake, _ = asked(Judge(), *[question()] * 3)
    assert [one.outcome for one in found] == ["text"] * 3
    assert len(fake.asked) == 3


def test_a_reply_tells_where_it_came_from_and_what_it_took():
    reply, fake, client = one("")
    n_prompt = sum(len(message["content"]) for message in fake.bodies()[0]["messages"]) // 4 + 8
    assert (reply.model, reply.fingerprint, reply.finish, reply.format) == ("judge-2024", "fp_1", "stop", "json_schema")
    assert (reply.prompt_tokens, reply.completion_tokens) == (n_prompt, 60)
    assert (client.budget.prompt_tokens, client.budget.completion_tokens) == (n_prompt, 60)
    assert reply.latency_s > 0
    body = fake.bodies()[0]
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("judge", 0.0, 1024)
    assert "stream" not in body


def test_tokens_are_counted_over_all_tries_and_guessed_where_the_server_does_not_count():
    counted = completion("[[7]]", usage={"prompt_tokens": 30, "completion_tokens": 5})
    sent = iter(
        [
            Sent({**counted, "choices": []}),
            Sent({"error": {"message": "x"}, "usage": {"prompt_tokens": 9, "completion_tokens": 0}}),
            Sent(counted),
        ]
    )
    (reply,), _, _ = asked(lambda asked: next(sent))
    assert (reply.n_tries, reply.prompt_tokens, reply.completion_tokens) == (3, 69, 10)
    for name in ("no usage", "usage that is none", "counts that are none"):
        guessed, _, _ = one(name)
        assert guessed.prompt_tokens == 7  # 10 + 16 characters, four a token
        assert guessed.completion_tokens == -(-len(guessed.text) // 4)


def test_a_reply_of_another_model_or_type_is_taken_without_what_it_lacks():
    reply, _, _ = one("usage that is none")
    assert (reply.model, reply.fingerprint) == ("", "")


def test_a_long_reply_is_kept_to_a_length():
    (reply,), _, _ = asked(lambda asked: Sent(completion("x" * 200_000)))
    assert (reply.outcome, len(reply.text)) == ("text", MOST_CHARACTERS)


def test_what_has_no_utf8_is_sent_and_stored_as_something_that_has():
    (reply,), fake, _ = asked(Judge(plan=one_after_another("half a surrogate pair")), question("half \ud83d a pair"))
    assert reply.text == "[[7]] ?"
    assert fake.bodies()[0]["messages"][1]["content"].startswith("half ? a pair")

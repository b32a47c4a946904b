"""A judge behind a real server that misbehaves: every fault has a name, no question is lost, and the key is nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import BudgetError, EndpointError, LlmkickError, ModelError, UsageError
from llmkick_core.judge.base import MOST_CHARACTERS, Question, Reply, Wanted
from llmkick_core.judge.budget import Budget
from llmkick_core.judge.client import Client
from llmkick_core.judge.manners import Manner, Manners
from llmkick_core.models.failures import N_TRIES
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import ANSWERS, FAULTS, PASSING, STOPPING, Asked, Sent, completion, error, one_after_another, randomly

KEY = "sk-very-secret-0123456789"
WANTED = Wanted(kind="scores", n_sides=2, aspects=("coherence", "fluency"))
SLOW = ("slow headers", "hung body", "dripping body")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


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


@pytest.mark.parametrize("status", [400, 404, 422, 501])
def test_a_server_without_schemas_is_asked_for_less_at_once(status: int):
    judge = Judge(formats=("brackets",), refuses=lambda shape: error(status, "extra fields are not permitted"))
    (reply,), fake, client = asked(judge, first_wait_s=100)  # it does not wait
    assert (reply.outcome, reply.format, reply.n_tries) == ("text", "brackets", 3)
    assert fake.formats() == ["json_schema", "json_object", "brackets"]
    assert client.manner.format == "brackets"


def test_a_500_that_names_the_shape_is_no_reason_to_wait():
    judge = Judge(formats=("json_object", "brackets"), refuses=lambda shape: error(500, "response_format is not implemented"))
    (reply,), fake, _ = asked(judge, first_wait_s=100)
    assert (reply.format, fake.formats()) == ("json_object", ["json_schema", "json_object"])


def test_one_question_finds_out_for_all_how_a_server_is_asked():
    found, fake, _ = asked(Judge(formats=("brackets",)), *[question(f"question {i}") for i in range(20)], concurrency=8)
    assert {one.outcome for one in found} == {"text"}
    assert fake.formats() == ["json_schema", "json_object", *["brackets"] * 20]


def test_a_question_that_is_bad_in_itself_teaches_nothing():
    def plan(asked: Asked) -> str:
        return "bad" if "bad" in asked.about else ""

    FAULTS_WITH_BAD = {**FAULTS, "bad": lambda asked, good: error(400, "I do not like this question")}

    def answer(asked: Asked) -> Sent:
        return FAULTS_WITH_BAD["bad"](asked, {}) if plan(asked) else Judge()(asked)

    (bad, good), _, client = asked(answer, question("bad"), question("good"), concurrency=1)
    assert (bad.outcome, bad.n_tries, good.format) == ("failed", 3, "json_schema")
    assert "400: I do not like this question" in bad.reason
    assert client.manner == Manner()


def test_how_a_server_is_asked_is_kept_for_the_next_time(tmp_path: Path):
    found = Manner(format="json_object", limit="max_completion_tokens", has_temperature=False)
    judge = Judge(formats=("json_object", "brackets"), limit="max_completion_tokens", has_temperature=False)

    async def ask(url: str) -> None:
        for _ in range(2):
            async with Client(url=url, model="judge", manners=Manners(tmp_path)) as client:
                assert (await client.ask(question())).outcome == "text"
                assert client.manner == found

    with FakeJudge(judge) as fake:
        asyncio.run(ask(fake.url))
        assert len(fake.asked) == 5  # 3 refusals once, then at once as it is wanted
        last = fake.bodies()[-1]
        assert "temperature" not in last
        assert "max_tokens" not in last
        assert (last["max_completion_tokens"], last["response_format"]) == (1024, {"type": "json_object"})
        kept = json.loads((tmp_path / "judges.json").read_text())
        assert kept == {fake.url: {"judge": {"format": "json_object", "limit": "max_completion_tokens", "has_temperature": False}}}
        manners = Manners(tmp_path)
        assert manners.get(fake.url, "judge") == found
        assert manners.get(fake.url, "other") is None
    assert KEY not in (tmp_path / "judges.json").read_text()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        '{"U": 5}',
        '{"U": {"judge": [1]}}',
        '{"U": {"judge": {"format": "xml", "limit": "max_tokens", "has_temperature": true}}}',
    ],
)
def test_a_damaged_memory_knows_nothing_and_is_written_anew(content: str, tmp_path: Path):
    (tmp_path / "judges.json").write_text(content)
    manners = Manners(tmp_path)
    assert manners.get("U", "judge") is None
    manners.learn("U", "judge", Manner(format="brackets"))
    assert Manners(tmp_path).get("U", "judge") == Manner(format="brackets")


def test_a_memory_keeps_what_others_learned(tmp_path: Path):
    first, second = Manners(tmp_path), Manners(tmp_path)
    first.learn("U", "a", Manner(format="brackets"))
    second.learn("U", "b", Manner())
    second.learn("V", "a", Manner())
    assert [Manners(tmp_path).get(*one) for one in (("U", "a"), ("U", "b"), ("V", "a"))] == [Manner(format="brackets"), Manner(), Manner()]


def test_a_store_that_cannot_be_written_costs_no_reply(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "file").write_text("")
    reply, _, _ = one("", manners=Manners(tmp_path / "file"))
    assert reply.outcome == "text"
    assert "could not be kept" in caplog.text


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
    assert fake.asked[0].key == "Bearer none"
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

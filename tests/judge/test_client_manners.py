"""A judge's server is asked in the strictest way that it takes, which is learned and kept."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from llmkick_core.judge.client import Client
from llmkick_core.judge.manners import Manner, Manners
from tests.judge.asking import KEY, asked, one, question
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import FAULTS, Asked, Sent, error


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)


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

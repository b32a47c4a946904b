"""Several answers at once: how they go on, end, are stopped and wait for each other, with servers that are not ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import JobError, UsageError
from llmkick_core.live import duel as duels
from llmkick_core.live.duel import Ask, Duel, Side, Studio
from llmkick_core.live.sources import Remote
from tests.live.streams import Endless, answer
from tests.models.fake_server import FakeServer, Reply, refused

PATIENCE_S = 60.0


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    found = Studio(tmp_path, device="cpu")
    yield found
    found.close()


def remote(url: str, name: str = "words") -> Remote:
    return Remote(url=url, name=name, has_key=False)


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def by_model(**replies: Reply) -> Callable[[str, dict[str, Any]], Reply]:
    return lambda path, body: replies[body["model"]]


def test_each_side_has_its_answer_and_one_that_fails_leaves_the_other(studio: Studio):
    answers = by_model(a=answer(" Ulaan", "baatar", "."), b=answer(" Ulaan", "goom"), c=refused(500, "out of memory"))
    with FakeServer(answers) as server:
        sides = [remote(server.url, name) for name in "abc"]
        duel = studio.start(sides, Ask(prompt="The capital of Mongolia is"))
        duel.join(PATIENCE_S)
        a, b, c = duel.snapshot()
    assert (a.state, a.text, a.n_tokens, a.finish) == ("done", " Ulaanbaatar.", 4, "stop")
    assert (b.state, b.text) == ("done", " Ulaangoom")
    assert c.state == "failed"
    assert "out of memory" in c.message
    assert not duel.is_by_tokens  # their tokenizers may differ
    assert duel.compared()[:2] == [(" Ulaanbaatar.",), (" Ulaangoom",)]


def test_a_stop_string_ends_an_answer_here(studio: Studio):
    with FakeServer(by_model(words=answer(" Oslo", ".\nQ", ": What"))) as server:
        duel = studio.start([remote(server.url)], Ask(prompt="A", stop=("\n",)))
        duel.join(PATIENCE_S)
    [side] = duel.snapshot()
    assert (side.state, side.text, side.finish) == ("done", " Oslo.", "stop string")


def test_stopping_keeps_what_came_and_closes_the_connection(studio: Studio):
    with Endless() as server:
        duel = studio.start([remote(server.url), remote(server.url)], Ask(prompt="A", max_tokens=1000))
        until(lambda: all(len(side.pieces) > 3 for side in duel.snapshot()))
        duel.stop()
        assert duel.is_over
        assert server.left.wait(PATIENCE_S)  # the server sees that nobody listens any more
        n_pieces = [len(side.pieces) for side in duel.snapshot()]
        assert [side.state for side in duel.snapshot()] == ["stopped", "stopped"]
    assert [len(side.pieces) for side in duel.snapshot()] == n_pieces


def test_a_server_that_keeps_to_no_limit_is_left(studio: Studio):
    with Endless(pause_s=0.0) as server:
        duel = studio.start([remote(server.url)], Ask(prompt="A", max_tokens=5))
        duel.join(PATIENCE_S)
        assert server.left.wait(PATIENCE_S)
    [side] = duel.snapshot()
    assert (side.state, side.finish, len(side.pieces)) == ("done", "cut", 10)


def test_an_answer_that_takes_too_long_is_ended(studio: Studio, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duels, "TIME_LIMIT_S", 0.3)
    with FakeServer(by_model(words=Reply({}, is_slow=True))) as server:
        duel = studio.start([remote(server.url)], Ask(prompt="A"))
        duel.join(PATIENCE_S)
    [side] = duel.snapshot()
    assert side.state == "failed"
    assert "ask for fewer tokens" in side.message


def test_prompts_wait_for_others_and_too_many_are_refused(studio: Studio, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duels, "MOST_WAITING", 2)
    with Endless() as server:
        busy = [studio.start([remote(server.url)], Ask(prompt="A", max_tokens=1000)) for _ in range(duels._REMOTE_AT_ONCE)]
        until(lambda: all(duel.snapshot()[0].pieces for duel in busy))
        waiting = []
        for n in (1, 2):
            waiting.append(studio.start([remote(server.url)], Ask(prompt="A", max_tokens=1000)))
            until(lambda n=n: len(studio._waiting) == n)
        assert waiting[1].snapshot()[0] == Side(state="waiting", message="2 prompts are answered first")
        with pytest.raises(JobError, match="try again in a minute"):
            studio.start([remote(server.url)], Ask(prompt="A"))
        busy[0].stop()
        until(lambda: bool(waiting[0].snapshot()[0].pieces))
        until(lambda: waiting[1].snapshot()[0].message == "another prompt is answered first")
        waiting[1].stop()
        until(lambda: not studio._waiting)


def test_closing_ends_what_streams(tmp_path: Path):
    studio = Studio(tmp_path, device="cpu")
    with Endless() as server:
        duel = studio.start([remote(server.url)], Ask(prompt="A", max_tokens=1000))
        until(lambda: bool(duel.snapshot()[0].pieces))
        studio.close()
        assert server.left.wait(PATIENCE_S)
    assert duel.is_over
    studio.close()  # again does nothing


def test_one_that_was_stopped_before_it_began_is_over():
    duel = Duel([remote("http://127.0.0.1:9/v1")], Ask(prompt="A"))
    duel.stop()
    assert duel.is_over
    duel.tell(0, state="streaming")
    assert duel.is_over


@pytest.mark.parametrize(
    "words",
    [
        {"prompt": "half \ud83d"},
        {"prompt": " \n"},
        {"prompt": "a" * 20_001},
        {"max_tokens": 0},
        {"max_tokens": 9999},
        {"temperature": -1.0},
        {"temperature": 2.1},
    ],
)
def test_what_cannot_be_asked_is_refused(words: dict[str, Any]):
    with pytest.raises(UsageError):
        Ask(**{"prompt": "A", **words})

"""Several answers at once: how they go on, end, are stopped and wait for each other, with servers that are not ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from llmkick_core.errors import JobError, UsageError
from llmkick_core.live import studio as studios
from llmkick_core.live.duel import Ask, Duel, Side
from llmkick_core.live.servers import Address, Servers
from llmkick_core.live.sources import Remote, Served
from llmkick_core.live.studio import Studio
from llmkick_core.schema import Recipe, RunSpec
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
    monkeypatch.setattr(studios, "TIME_LIMIT_S", 0.3)
    with FakeServer(by_model(words=Reply({}, is_slow=True))) as server:
        duel = studio.start([remote(server.url)], Ask(prompt="A"))
        duel.join(PATIENCE_S)
    [side] = duel.snapshot()
    assert side.state == "failed"
    assert "ask for fewer tokens" in side.message


def test_prompts_wait_for_others_and_too_many_are_refused(studio: Studio, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(studios, "MOST_WAITING", 2)
    with Endless() as server:
        busy = [studio.start([remote(server.url)], Ask(prompt="A", max_tokens=1000)) for _ in range(studios._REMOTE_AT_ONCE)]
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


class Fake:
    """Model servers of a test's own: `make` does what the test says, and all answer at one address."""

    def __init__(self, store: Path, url: str, make: Callable[[Served, Callable[[], bool]], None]) -> None:
        self.store = store
        self.address = Address(url=url, shape="own", context_length=0, key="k")
        self.work = make
        self.n_users = 0

    def make(self, source: Served, on_stage: Callable[[str], None], is_wanted: Callable[[], bool]) -> None:
        self.work(source, is_wanted)

    @contextmanager
    def using(self, source: Served, on_stage: Callable[[str], None]) -> Iterator[Address]:
        self.n_users += 1
        try:
            yield self.address
        finally:
            self.n_users -= 1

    def stop_all(self) -> None:
        pass

    close = stop_all


@contextmanager
def faked(store: Path, url: str, make: Callable[[Served, Callable[[], bool]], None]) -> Iterator[Studio]:
    studio = Studio(store, servers=cast(Servers, Fake(store, url, make)))
    try:
        yield studio
    finally:
        studio.close()


def served(*recipes: Recipe) -> list[Served]:
    return [Served(spec=RunSpec(model="bundled:kick-tiny", task="factoid_qa", recipe=recipe)) for recipe in recipes]


WANDA = Recipe(method="wanda", sparsity=0.5)


def test_a_mistake_of_the_apps_own_ends_one_answer_in_words_and_every_server_is_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def make(source: Served, is_wanted: Callable[[], bool]) -> None:
        if not source.spec.recipe.is_dense:
            raise ValueError("Expecting value: line 1\nmore")

    with FakeServer(lambda path, body: answer(" Oslo")) as server, faked(tmp_path, server.url, make) as studio:
        duel = studio.start(served(Recipe(), WANDA), Ask(prompt="A"))
        duel.join(PATIENCE_S)
        until(lambda: not cast(Fake, studio.servers).n_users)
    dense, wanda = duel.snapshot()
    assert (dense.state, dense.text) == ("done", " Oslo")
    assert wanda.state == "failed"
    assert "mistake of the app ended it (ValueError: Expecting value: line 1)" in wanda.message
    assert "Traceback" in caplog.text


def test_a_mistake_in_starting_one_server_lets_the_other_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    @contextmanager
    def using(self: Fake, source: Served, on_stage: Callable[[str], None]) -> Iterator[Address]:
        if not source.spec.recipe.is_dense:
            raise ValueError("broken")
        time.sleep(0.2)  # it comes when the other has failed
        self.n_users += 1
        yield self.address
        self.n_users -= 1

    monkeypatch.setattr(Fake, "using", using)
    with FakeServer(lambda path, body: answer(" Oslo")) as server, faked(tmp_path, server.url, lambda source, is_wanted: None) as studio:
        duel = studio.start(served(Recipe(), WANDA), Ask(prompt="A"))
        duel.join(PATIENCE_S)
        assert [side.state for side in duel.snapshot()] == ["done", "failed"]
        until(lambda: not cast(Fake, studio.servers).n_users)


def test_what_is_being_made_for_one_keeps_nobody_else_waiting(tmp_path: Path):
    let_go = threading.Event()

    def make(source: Served, is_wanted: Callable[[], bool]) -> None:
        if not source.spec.recipe.is_dense:
            let_go.wait(PATIENCE_S)

    with FakeServer(lambda path, body: answer(" Oslo")) as server, faked(tmp_path, server.url, make) as studio:
        long = studio.start(served(WANDA), Ask(prompt="A"))
        short = studio.start(served(Recipe()), Ask(prompt="A"))
        short.join(PATIENCE_S)
        assert short.snapshot()[0].state == "done"
        assert long.snapshot()[0].state == "preparing"
        let_go.set()
        long.join(PATIENCE_S)
    assert long.snapshot()[0].state == "done"


@pytest.mark.parametrize("is_stopped", [True, False])
def test_making_is_left_where_its_duel_is_stopped_or_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stopped: bool):
    monkeypatch.setattr(studios, "ABANDONED_S", PATIENCE_S if is_stopped else 0.1)
    begun, left = threading.Event(), threading.Event()

    def make(source: Served, is_wanted: Callable[[], bool]) -> None:
        begun.set()
        until(lambda: not is_wanted())
        left.set()

    with faked(tmp_path, "http://127.0.0.1:9/v1", make) as studio:
        duel = studio.start(served(WANDA), Ask(prompt="A"))
        assert begun.wait(PATIENCE_S)
        if is_stopped:
            duel.stop()
        assert left.wait(PATIENCE_S)
    assert duel.snapshot()[0].state == "stopped"


def test_many_sessions_may_start_and_stop_at_once(tmp_path: Path):
    with FakeServer(lambda path, body: answer(" Oslo")) as server, faked(tmp_path, server.url, lambda source, is_wanted: None) as studio:
        with ThreadPoolExecutor(8) as pool:
            duels = list(pool.map(lambda k: studio.start([remote(server.url)], Ask(prompt="A")), range(8)))
            studio.stop_servers()
        for duel in duels:
            duel.join(PATIENCE_S)
        assert all(duel.is_over for duel in duels)
        until(lambda: not studio._waiting and not studio._making)


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

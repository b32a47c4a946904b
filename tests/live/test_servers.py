"""Real model servers of kick-tiny: made ready, asked, shared, ended, and never left behind."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from llmkick_core import settings
from llmkick_core.catalog import find_task, load_samples, plan
from llmkick_core.errors import JobError, PreflightError
from llmkick_core.evaluate import evaluate
from llmkick_core.live import servers as serving
from llmkick_core.live.duel import Ask
from llmkick_core.live.servers import Servers, memory_needed
from llmkick_core.live.serving import check
from llmkick_core.live.sources import Served
from llmkick_core.live.studio import Studio
from llmkick_core.models import open_model
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.store.kept import kept_size
from llmkick_core.store.layout import served_dir, server_log

MISSING = [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]
PATIENCE_S = 300.0
RTN = Recipe(method="rtn", bits=4, group_size=64)  # rounds the weights that it keeps, so that their number format matters

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=f"transformers serve needs {', '.join(MISSING)}")]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    found = Studio(tmp_path_factory.mktemp("live"), device="cpu")
    yield found
    found.close()


def sources(*recipes: Recipe) -> list[Served]:
    return [Served(spec=spec) for spec in plan("bundled:kick-tiny", recipes, ["factoid_qa"])]


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids(studio: Studio) -> list[int]:
    return [server.child.pid for server in studio.servers._servers.values() if server.child is not None]


def test_both_stream_what_the_runs_answer(studio: Studio):
    pair = sources(Recipe(), RTN)
    task = find_task("factoid_qa")
    samples = load_samples(replace(pair[0].spec, limit=3), studio.servers.store)
    dense = open_model("bundled:kick-tiny", device="cpu")
    expected = [answer.text.strip() for batch in evaluate(dense, task, samples, "r") for _, answers in batch for answer in answers]
    asked = [Ask(prompt=one.turns[0], max_tokens=task.max_new_tokens, stop=task.stop) for one in samples]
    streamed = []
    for ask in asked:
        duel = studio.start(pair, ask)
        duel.join(PATIENCE_S)
        assert [side.state for side in duel.snapshot()] == ["done", "done"], duel.snapshot()
        assert duel.is_by_tokens
        streamed.append([side.text.strip() for side in duel.snapshot()])
    assert [texts[0] for texts in streamed] == expected
    compressed = open_model(str(served_dir(studio.servers.store, pair[1].key)), device="cpu")
    assert [said.text.strip() for said in compressed.generate([ask.prompt for ask in asked], max_new_tokens=32, stop=("\n",))] == [
        texts[1] for texts in streamed
    ]
    assert studio.servers.running() == ["dense", "rtn-4bit-g64"]
    assert kept_size(studio.servers.store) > 0


def test_prompts_share_the_servers_and_a_conversation_goes_through_the_template(studio: Studio):
    pair = sources(Recipe(), RTN)
    before = pids(studio)
    several = [studio.start(pair[:1], Ask(prompt="What is the capital of Mongolia?", is_chat=True, max_tokens=12)) for _ in range(3)]
    for duel in several:
        duel.join(PATIENCE_S)
    assert [duel.snapshot()[0].text.strip() for duel in several] == ["Ulaanbaatar"] * 3
    assert pids(studio)[: len(before)] == before


def test_a_temperature_draws_the_same_for_the_same_prompt_and_other_than_the_likeliest(studio: Studio):
    texts = []
    for temperature in (0.0, 1.5, 1.5):
        duel = studio.start(sources(Recipe()), Ask(prompt="The river", max_tokens=24, temperature=temperature))
        duel.join(PATIENCE_S)
        texts.append(duel.snapshot()[0].text)
    assert texts[1] == texts[2] != texts[0]


def test_a_prompt_that_is_longer_than_the_context_is_told(studio: Studio):
    for prompt, is_too_long in (("The capital of Mongolia is", False), ("The capital of Mongolia is " * 120, True)):
        duel = studio.start(sources(Recipe()), Ask(prompt=prompt, max_tokens=4))
        duel.join(PATIENCE_S)
        assert duel.snapshot()[0].is_too_long is is_too_long


def test_after_a_stop_the_next_prompt_is_answered(studio: Studio):
    long = studio.start(sources(Recipe(), RTN), Ask(prompt="The capital of Mongolia is", max_tokens=500))
    until(lambda: all(len(side.pieces) > 2 for side in long.snapshot()) or long.is_over)
    long.stop()
    short = studio.start(sources(Recipe()), Ask(prompt="The capital of Mongolia is", max_tokens=4))
    short.join(PATIENCE_S)
    assert short.snapshot()[0].state == "done"


def test_a_server_that_was_killed_is_started_again_and_stopping_ends_all(studio: Studio):
    until(lambda: bool(pids(studio)))
    for server in studio.servers._servers.values():
        if server.child is not None:
            server.child.kill()
            server.child.wait()
    duel = studio.start(sources(Recipe()), Ask(prompt="The capital of Mongolia is", max_tokens=4))
    duel.join(PATIENCE_S)
    assert duel.snapshot()[0].state == "done", duel.snapshot()
    last = pids(studio)
    studio.stop_servers()
    assert not any(map(is_alive, last))
    assert studio.servers.running() == []


def test_a_server_ends_with_the_process_that_started_it_and_when_it_is_idle(tmp_path: Path):
    code = f"""
import os, signal, sys
from pathlib import Path
from llmkick_core.catalog import plan
from llmkick_core.live.servers import Servers
from llmkick_core.live.sources import Served
from llmkick_core.schema import Recipe
servers = Servers(Path({str(tmp_path)!r}), device="cpu")
[spec] = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"])
with servers.using(Served(spec=spec), print):
    print([one.child.pid for one in servers._servers.values()][0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=settings.PROJECT_ROOT, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid = int(done.stdout.split()[-1])
    until(lambda: not is_alive(pid))
    idle = Servers(tmp_path, device="cpu", idle_s=0.2)
    try:
        with idle.using(sources(Recipe())[0], lambda words: None):
            assert idle.running() == ["dense"]
        until(lambda: not idle.running())
    finally:
        idle.close()


def test_what_a_server_fails_of_is_one_line_that_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in (settings.BUNDLED_ROOT / "kick-tiny").iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    [spec] = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"])
    monkeypatch.setattr(serving, "dense_folder", lambda spec, **_: broken)
    monkeypatch.setattr(serving, "memory_needed", lambda folder, device: 0)
    studio = Studio(tmp_path / "store", device="cpu")
    try:
        duel = studio.start([Served(spec=spec)], Ask(prompt="A"))
        duel.join(PATIENCE_S)
    finally:
        studio.close()
    [side] = duel.snapshot()
    assert side.state == "failed"
    assert "did not start" in side.message
    assert str(server_log(tmp_path / "store", Served(spec=spec).key)) in side.message


def test_a_recipe_that_cannot_be_made_says_why(tmp_path: Path):
    gone = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source=str(tmp_path / "gone.txt"), revision="0" * 16))
    spec = replace(sources(Recipe())[0].spec, recipe=gone)
    studio = Studio(tmp_path, device="cpu")
    try:
        duel = studio.start([Served(spec=spec)], Ask(prompt="A"))
        duel.join(PATIENCE_S)
    finally:
        studio.close()
    assert duel.snapshot()[0].state == "failed"
    assert "gone.txt" in duel.snapshot()[0].message


def test_too_little_memory_is_refused_with_the_numbers_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    needed = memory_needed(settings.BUNDLED_ROOT / "kick-tiny", "cpu")
    assert 2**29 < needed < 2**30  # torch itself, for so small a model
    monkeypatch.setattr(serving, "free_memory", lambda device: 2**28)
    servers = Servers(tmp_path, device="cpu")
    try:
        with pytest.raises(PreflightError, match=r"needs about 0\.6 GiB of memory to be served, 0\.2 GiB are free"):
            servers.using(sources(Recipe())[0], lambda words: None).__enter__()
    finally:
        servers.close()


def test_what_is_starting_counts_as_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "free_memory", lambda device: 2**30)  # room for one
    servers, told = Servers(tmp_path, device="cpu"), threading.Event()
    first, second = sources(Recipe(), RTN)
    try:
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(lambda: servers.using(first, lambda words: told.set()).__enter__())
            assert told.wait(PATIENCE_S)
            with pytest.raises(PreflightError, match="rtn-4bit-g64 needs about"):
                servers.using(second, lambda words: None).__enter__()
            servers.stop_all()
            with pytest.raises(JobError, match="was ended while it started"):
                starting.result(PATIENCE_S)
    finally:
        servers.close()


def test_stopping_all_waits_for_no_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    begun, let_go = threading.Event(), threading.Event()

    def download(spec: RunSpec, **_: object) -> Path:
        begun.set()
        assert let_go.wait(PATIENCE_S)
        return settings.BUNDLED_ROOT / "kick-tiny"

    monkeypatch.setattr(serving, "dense_folder", download)
    servers = Servers(tmp_path, device="cpu")
    try:
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(lambda: servers.using(sources(Recipe())[0], lambda words: None).__enter__())
            assert begun.wait(PATIENCE_S)
            servers.stop_all()  # would wait for the thread above, which waits for this one
            let_go.set()
            with pytest.raises(JobError, match="was ended while it started"):
                starting.result(PATIENCE_S)
    finally:
        let_go.set()
        servers.close()
    assert not servers.running()


def test_a_folder_that_nobody_wants_any_more_is_left_and_its_process_ended(tmp_path: Path):
    servers, told = Servers(tmp_path, device="cpu"), threading.Event()
    try:
        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(servers.make, sources(RTN)[0], lambda words: told.set(), lambda: not told.is_set())
            with pytest.raises(JobError, match="was ended while it started"):
                making.result(PATIENCE_S)
        assert not served_dir(tmp_path, sources(RTN)[0].key).is_dir()
        assert not servers._making.locked()
    finally:
        servers.close()


def test_a_transformers_that_has_renamed_what_is_needed_is_one_line():
    whole = SimpleNamespace(_model_manager=SimpleNamespace(loaded_models={}), server=None, _thread=None)
    check(whole)
    with pytest.raises(SystemExit, match=r"has no _model_manager\.loaded_models, _thread, which Live needs"):
        check(SimpleNamespace(_model_manager=None, server=None))

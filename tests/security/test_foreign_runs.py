"""A store that somebody else made starts nothing by itself: no local file is read, no address called, no key sent."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core import settings
from llmkick_core.catalog import plan
from llmkick_core.errors import LlmkickError
from llmkick_core.fingerprint import content_digest
from llmkick_core.jobs.consent import By, asked_by
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.runs import read_status, write_spec, write_status
from pages._typed import check_spec

KEY = "sk-of-the-victim"


@pytest.fixture
def thief() -> Iterator[tuple[str, list[bytes]]]:
    """Return the address of a server on this machine, and what it was sent."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        is_over = threading.Event()

        def listen() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    told.append(connection.recv(65536))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1", told
        is_over.set()
        thread.join()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return a file that is nobody's business."""
    path = tmp_path / "secret.txt"
    path.write_text("the combination is 7-7-7\n" * 50)
    return path


@pytest.fixture
def stolen(thief: tuple[str, list[bytes]], secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, RunSpec]:
    """Return a stranger's store and the run that waits in it: it sends a local file to an address."""
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    spec = RunSpec(model=f"endpoint:{thief[0]}#m", model_revision="unpinned", task="perplexity", dataset=str(secret))
    store = tmp_path / "store"
    write_spec(store, spec)
    write_status(store, RunStatus(run_id=spec.run_id, submitted_at=1.0))
    return store, spec


def test_a_run_that_nobody_here_asked_for_waits(stolen: tuple[Path, RunSpec], thief: tuple[str, list[bytes]]):
    store, spec = stolen
    executor = LocalExecutor(store, device="cpu")
    assert [status.state for _, status in executor.runs()] == ["foreign"]
    executor.ensure_worker()
    assert not (store / "worker.log").exists()  # none was started
    work(store, device="cpu", idle_s=0.0)  # nor does one that is there for another run take it
    assert executor.status([spec.run_id])[0].state == "foreign"
    assert thief[1] == []


def test_a_status_that_says_it_has_consent_changes_nothing(stolen: tuple[Path, RunSpec]):
    store, spec = stolen
    for state in ("running", "foreign", "queued"):
        write_status(store, RunStatus(run_id=spec.run_id, state=state, pid=1))
        assert LocalExecutor(store, device="cpu").status([spec.run_id])[0].state == "foreign"


def test_a_page_shows_what_it_would_read_and_call_and_starts_nothing(
    stolen: tuple[Path, RunSpec], thief: tuple[str, list[bytes]], secret: Path, monkeypatch: pytest.MonkeyPatch
):
    store, spec = stolen
    monkeypatch.setenv("LLMKICK_STORE", str(store))
    monkeypatch.setenv("LLMKICK_DEVICE", "cpu")
    at = AppTest.from_file(str(settings.PROJECT_ROOT / "app.py"), default_timeout=60).switch_page("pages/run.py").run()
    said = " ".join(one.value for one in at.markdown)
    assert thief[0].removeprefix("http://").split("/")[0].split(":")[1] in said
    assert secret.name in said.replace("\\", "")
    assert "not started here" in " ".join(one.value for one in at.warning)
    at.button(key=f"consent_{spec.compression_id}").click().run()
    assert "may be read by the app only below" in " ".join(one.value for one in at.error)
    assert LocalExecutor(store, device="cpu").status([spec.run_id])[0].state == "foreign"
    assert not (store / "worker.log").exists()
    assert thief[1] == []


def test_consent_of_a_command_does_not_pin_what_the_run_left_open(stolen: tuple[Path, RunSpec], thief: tuple[str, list[bytes]]):
    store, spec = stolen
    LocalExecutor(store, device="cpu").submit([spec])
    work(store, device="cpu", idle_s=0.0)
    status = read_status(store, spec.run_id)
    assert (status.state, "does not say which revision of the data" in status.message) == ("failed", True)
    assert thief[1] == []


def test_a_run_that_was_asked_for_here_goes_on_in_another_process(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=2)
    LocalExecutor(tmp_path, device="cpu").submit([spec])
    subprocess.run(
        [sys.executable, "-m", "llmkick_core.jobs.worker", "--store", str(tmp_path), "--device", "cpu", "--idle", "0"],
        cwd=settings.PROJECT_ROOT,
        check=True,
        capture_output=True,
    )
    assert read_status(tmp_path, spec.run_id).state == "done"


@pytest.mark.parametrize(("by", "is_sent"), [("command", True), ("page", False)])
def test_the_key_goes_to_a_server_that_a_command_named_and_not_to_one_that_a_page_did(
    by: By, is_sent: bool, thief: tuple[str, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    specs = plan(f"endpoint:{thief[0]}#m", [Recipe()], ["factoid_qa"], limit=1)
    LocalExecutor(tmp_path, device="cpu").submit(specs, by=by)
    monkeypatch.setattr("llmkick_core.models.server.FIRST_WAIT_S", 0.0)
    work(tmp_path, device="cpu", idle_s=0.0)
    assert thief[1]  # it was asked
    assert any(KEY.encode() in one for one in thief[1]) is is_sent


def test_consent_holds_for_one_store_and_what_a_command_asked_for_stays_the_commands(tmp_path: Path):
    spec = RunSpec(model="bundled:kick-tiny", model_revision="r", task="factoid_qa", dataset_revision="r")
    LocalExecutor(tmp_path / "one", device="cpu").submit([spec], by="page")
    assert asked_by(tmp_path / "one", spec.run_id) == "page"
    assert asked_by(tmp_path / "two", spec.run_id) is None
    LocalExecutor(tmp_path / "one", device="cpu").submit([spec])
    LocalExecutor(tmp_path / "one", device="cpu").submit([spec], by="page")
    assert asked_by(tmp_path / "one", spec.run_id) == "command"


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "endpoint:https://thief.example/v1#m"},
        {"model": "/etc"},
        {"dataset": "/etc/passwd"},
        {"recipe": Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source="/etc/passwd", n_samples=1, seq_len=8))},
    ],
    ids=["an address", "a model", "data", "a calibration text"],
)
def test_what_a_page_may_read_and_call_does_not_depend_on_where_the_spec_comes_from(changed: dict[str, object]):
    fine = {"model": "bundled:kick-tiny", "model_revision": "r", "task": "factoid_qa", "dataset_revision": "r"}
    check_spec(RunSpec(**fine))
    with pytest.raises(LlmkickError):
        check_spec(RunSpec(**(fine | changed)))


def test_a_calibration_text_that_is_not_pinned_is_refused(secret: Path, tmp_path: Path):
    calibration = Calibration(source=str(secret), n_samples=1, seq_len=8)
    spec = RunSpec(
        model="bundled:kick-tiny",
        model_revision="r",
        task="factoid_qa",
        dataset_revision=content_digest(settings.BUNDLED_ROOT / "kick-mini" / "factoid_qa"),
        recipe=Recipe(method="wanda", sparsity=0.5, calibration=calibration),
    )
    LocalExecutor(tmp_path, device="cpu").submit([spec])
    work(tmp_path, device="cpu", idle_s=0.0)
    assert "revision of the calibration text" in read_status(tmp_path, spec.run_id).message

"""A stranger's store, page by page and click by click: nothing of it is opened, sent or computed before somebody has seen what it is and said so."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llmkick_core import settings
from llmkick_core.catalog import model_card, plan
from llmkick_core.errors import ModelError, UsageError
from llmkick_core.jobs.consent import asked_by
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.models.dequantized import hub_revision_of
from llmkick_core.models.described import described
from llmkick_core.models.locate import locate
from llmkick_core.schema import Calibration, Recipe, RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.locks import group_lock, held
from llmkick_core.store.marks import ID_FILE
from llmkick_core.store.runs import read_status, write_spec, write_status
from pages import _jobs
from pages._typed import check_weights
from tests.small_store import DENSE_SAID, add_run

ODD = ["~nouser/x", "a" * 300, "/proc/1/root/x", "hub:thief/model@main", "x\0y", "/\udce9", "~\udce9", "/dev/zero", ""]
STATES = ("queued", "running", "failed", "cancelled", "foreign")
DENSE, WANDA = Recipe(), Recipe(method="wanda", sparsity=0.5)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    monkeypatch.setenv("LLMKICK_DEVICE", "cpu")
    yield
    st.cache_resource.clear()


def opened(store: Path, monkeypatch: pytest.MonkeyPatch, page: str = "run", **query: str) -> AppTest:
    monkeypatch.setenv("LLMKICK_STORE", str(store))
    at = AppTest.from_file(str(settings.PROJECT_ROOT / "app.py"), default_timeout=120)
    for name, word in query.items():
        at.query_params[name] = word
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def forged(store: Path, model: str = "bundled:kick-tiny", **status: object) -> RunSpec:
    """Write a run as somebody else left it, and return its spec."""
    spec = RunSpec(model=model, model_revision="r", task="factoid_qa", dataset_revision="r")
    write_spec(store, spec)
    write_status(store, RunStatus(run_id=spec.run_id, submitted_at=1.0, **status))  # type: ignore[arg-type]
    return spec


@pytest.mark.parametrize("model", ODD)
def test_words_that_cannot_be_a_path_are_one_line(model: str):
    for look in (locate, model_card, described):
        if look is described and model.startswith("hub:"):
            continue
        with pytest.raises(ModelError) as caught:
            look(model)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 800
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("state", STATES)
def test_a_run_of_somebody_else_is_foreign_whatever_its_state(state: str, tmp_path: Path):
    spec = forged(tmp_path, state=state, message="why")
    assert LocalExecutor(tmp_path, device="cpu").status([spec.run_id])[0].state == "foreign"


@pytest.mark.parametrize("model", [*ODD[:4], "/dev/zero"])
@pytest.mark.parametrize("state", ["failed", "cancelled", "running"])
def test_the_run_page_opens_nothing_that_a_stranger_names(model: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    looked_at: list[str] = []
    monkeypatch.setattr(_jobs, "model_card", lambda model: looked_at.append(model))
    spec = forged(tmp_path, model, state=state, message="give me a try")
    with held(group_lock(tmp_path, spec.compression_id)):  # as if a worker of another installation were at it
        at = opened(tmp_path, monkeypatch)
    assert looked_at == []
    assert not [button.key for button in at.button if button.key and button.key.startswith("retry_")]
    if state != "running":
        assert f"consent_{spec.compression_id}" in [button.key for button in at.button]
        assert "give me a try" in " ".join(one.value for one in at.markdown)


def test_a_retry_of_somebody_elses_run_shows_what_it_reads_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = forged(tmp_path, "/root/secret-model", state="failed")
    at = opened(tmp_path, monkeypatch)
    assert "secret" in " ".join(one.value for one in at.markdown)
    at.button(key=f"consent_{spec.compression_id}").click().run()
    assert "may be read by the app only below" in " ".join(one.value for one in at.error)
    assert asked_by(tmp_path, spec.run_id) is None


def test_overview_opens_no_model_that_a_stranger_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answered(tmp_path, model="/root/secret-model")
    looked_at: list[str] = []
    for module in (
        "pages._sizes",
        "pages._jobs",
        "llmkick_core.catalog",
    ):  # the pages' own first: one that is imported later would keep the double
        monkeypatch.setattr(f"{module}.model_card", lambda model: looked_at.append(model))
    opened(tmp_path, monkeypatch, "overview")
    assert [model for model in looked_at if "secret" in model] == []


@pytest.mark.parametrize("wrong", [{"n_done": 2**31 - 1, "n_total": 1}, {"block": 2**31 - 1, "n_blocks": 1}])
@pytest.mark.parametrize("is_own", [True, False])
def test_a_status_that_is_further_than_its_end_closes_no_page(
    wrong: dict[str, int], is_own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = forged(tmp_path)
    if is_own:
        LocalExecutor(tmp_path, device="cpu").submit([spec])
    for state in ("running", "queued"):
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state=state, submitted_at=1.0, **wrong))
        with held(group_lock(tmp_path, spec.compression_id)):
            for page in ("run", "overview"):
                opened(tmp_path, monkeypatch, page)
                st.cache_resource.clear()


def test_foreign_runs_are_no_part_of_the_progress(tmp_path: Path):
    own, theirs = forged(tmp_path), forged(tmp_path, "bundled:other", state="failed")
    assert own != theirs
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit([own])
    assert (_jobs.progress(executor.runs()).n_runs, _jobs.progress(executor.runs()).share) == (1, 0.0)


def asked(store: Path, **words: object) -> RunSpec:
    [spec] = plan("bundled:kick-tiny", [DENSE], ["factoid_qa"], limit=1, **words)  # type: ignore[arg-type]
    LocalExecutor(store, device="cpu").submit([spec])
    return spec


def state_of(store: Path, spec: RunSpec) -> str:
    return LocalExecutor(store, device="cpu").status([spec.run_id])[0].state


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_run_that_ended_does_not_run_by_itself_again(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = asked(tmp_path)
    monkeypatch.setattr("llmkick_core.jobs.worker.execute", lambda store, group, **_: [end(store, one.run_id, state) for one in group])
    work(tmp_path, device="cpu", idle_s=0.0)
    assert state_of(tmp_path, spec) == state
    assert asked_by(tmp_path, spec.run_id) == "command"  # which Live and the Run page go by
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="queued"))
    assert state_of(tmp_path, spec) == "foreign"
    LocalExecutor(tmp_path, device="cpu").submit([spec], by="page")  # a retry, or a submission of the same
    assert (state_of(tmp_path, spec), asked_by(tmp_path, spec.run_id)) == ("queued", "command")


def end(store: Path, run_id: str, state: str) -> None:
    write_status(store, replace(read_status(store, run_id), state=state))  # type: ignore[arg-type]


def test_a_run_that_was_cancelled_before_it_began_does_not_run_by_itself_again(tmp_path: Path):
    spec = asked(tmp_path)
    LocalExecutor(tmp_path, device="cpu").cancel([spec.run_id])
    assert state_of(tmp_path, spec) == "cancelled"
    (run_dir(tmp_path, spec.run_id) / "cancel").unlink()
    assert state_of(tmp_path, spec) == "foreign"
    LocalExecutor(tmp_path, device="cpu").submit([spec])
    assert state_of(tmp_path, spec) == "queued"


def test_a_store_in_the_place_of_mine_has_none_of_my_marks(tmp_path: Path):
    spec = asked(tmp_path / "store")
    assert state_of(tmp_path / "store", spec) == "queued"
    shutil.copytree(tmp_path / "store", tmp_path / "theirs")
    for name in ("", "0" * 32, "f" * 31):
        (tmp_path / "theirs" / ID_FILE).write_text(name)
        shutil.rmtree(tmp_path / "store")
        shutil.copytree(tmp_path / "theirs", tmp_path / "store")
        assert state_of(tmp_path / "store", spec) == "foreign"
    other = asked(tmp_path / "store", k_shot=1)  # what is asked for in the new one brings none of the old marks back
    assert (state_of(tmp_path / "store", spec), state_of(tmp_path / "store", other)) == ("foreign", "queued")


def test_a_mark_is_of_one_spec(tmp_path: Path):
    spec = asked(tmp_path)
    path = run_dir(tmp_path, spec.run_id) / "spec.json"
    path.write_text(path.read_text().replace("bundled:kick-tiny", "endpoint:https://thief.example/v1#m"))
    assert LocalExecutor(tmp_path, device="cpu").runs() == []  # its id is no more the hash of it


def test_a_run_that_waits_goes_on_after_the_app_and_a_worker_have_ended(tmp_path: Path):
    spec = asked(tmp_path)
    write_status(tmp_path, replace(read_status(tmp_path, spec.run_id), state="running", n_done=1))  # its worker was killed
    assert state_of(tmp_path, spec) == "queued"
    (run_dir(tmp_path, spec.run_id) / "status.json").write_text("{")
    assert state_of(tmp_path, spec) == "queued"


@pytest.mark.parametrize("where", ["llmkick_core.jobs.worker.locate", "llmkick_core.jobs.worker.execute"])
@pytest.mark.parametrize("error", [OSError(36, "File name too long"), KeyError("x"), MemoryError(), RecursionError("deep")])
def test_a_group_that_meets_a_defect_fails_alone(where: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec, other = asked(tmp_path), forged(tmp_path, "/no/such/model", state="queued")
    LocalExecutor(tmp_path, device="cpu").submit([other])

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(where, fail)
    work(tmp_path, device="cpu", idle_s=0.0)
    for one in (spec, other):
        status = read_status(tmp_path, one.run_id)
        assert (status.state, "\n" in status.message, bool(status.message)) == ("failed", False, True)


@pytest.mark.parametrize("model", ["a" * 300, "~nouser/x"])
def test_an_odd_path_that_a_command_named_is_a_failed_run(model: str, tmp_path: Path):
    spec = forged(tmp_path, model)
    LocalExecutor(tmp_path, device="cpu").submit([spec])
    work(tmp_path, device="cpu", idle_s=0.0)
    status = read_status(tmp_path, spec.run_id)
    assert (status.state, "defect" in status.message) == ("failed", False)


def test_a_time_that_is_still_to_come_is_none(tmp_path: Path):
    spec = forged(tmp_path)
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="done", submitted_at=time.time() + 1e8))
    assert LocalExecutor(tmp_path, device="cpu").status([spec.run_id])[0].submitted_at == 0.0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "/root/secret-model"}, "only below"),
        ({"model": "hub:any/repo@" + "a" * 40, "model_revision": "a" * 40}, "not on this machine"),
        ({"model": "hub:any/repo@main", "model_revision": "../../../etc"}, "no commit"),
        ({"model_revision": ""}, "does not say which revision"),
        ({"calibration": "/etc/passwd"}, "only below"),
    ],
    ids=["a folder", "the hub", "a revision that is a path", "no revision", "a calibration text"],
)
def test_live_loads_nothing_that_a_stranger_names(changed: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answered(tmp_path, **changed)
    at = opened(tmp_path, monkeypatch, "live")
    assert said in " ".join(one.value for one in at.error)
    assert all(button.disabled for button in at.button if button.key == "live_start")


def answered(store: Path, *, calibration: str = "bundled", **changed: str) -> list[RunSpec]:
    """Write a dense and a compressed run with answers, as somebody else left them."""
    fine = {"model": "bundled:kick-tiny", "model_revision": "r", "dataset_revision": "r", "task": "factoid_qa"}
    recipe = replace(WANDA, calibration=Calibration(source=calibration, revision="r"))
    specs = [RunSpec(**(fine | changed), recipe=one) for one in (DENSE, recipe)]  # type: ignore[arg-type]
    for spec in specs:
        add_run(store, spec, DENSE_SAID)
        write_status(store, RunStatus(run_id=spec.run_id, state="done", submitted_at=1.0))
    return specs


def test_live_still_answers_for_runs_that_a_command_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    specs = answered(tmp_path / "store", model=str(tmp_path / "my-model"))
    LocalExecutor(tmp_path / "store", device="cpu").submit(specs)
    assert [state_of(tmp_path / "store", spec) for spec in specs] == ["done", "done"]
    at = opened(tmp_path / "store", monkeypatch, "live")
    assert not at.error
    assert not at.button(key="live_start").disabled


def test_one_bad_folder_leaves_the_others_on_the_run_page(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from llmkick_core.catalog import models

    roots = tmp_path / "roots"
    good = shutil.copytree(tiny_llama_folder, roots / "good")
    for name, damage in {
        "pipe": lambda folder: ((folder / "model.safetensors").unlink(), os.mkfifo(folder / "x.safetensors")),
        "endless": lambda folder: ((folder / "model.safetensors").unlink(), (folder / "x.safetensors").symlink_to("/dev/zero")),
        "config-pipe": lambda folder: ((folder / "config.json").unlink(), os.mkfifo(folder / "config.json")),
        "template-pipe": lambda folder: (
            (folder / "additional_chat_templates").mkdir(),
            os.mkfifo(folder / "additional_chat_templates" / "default.jinja"),
        ),
        "deep": lambda folder: (folder / "config.json").write_text("[" * 100_000),
        "huge": lambda folder: (folder / "config.json").write_text("[" + "0," * 3_000_000 + "0]"),
        "elsewhere": lambda folder: (
            (folder / "model.safetensors").unlink(),
            (folder / "a-00001-of-00001.safetensors").touch(),
            (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "/etc/passwd"}}'),
        ),
        "closed": lambda folder: folder.chmod(0o311),
    }.items():
        damage(shutil.copytree(tiny_llama_folder, roots / name))
    os.mkfifo(roots / "x.gguf")
    shutil.copytree(tiny_llama_folder, os.fsdecode(os.fsencode(roots) + b"/not-\xff-utf8"))
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(roots))
    started = time.monotonic()
    found = [card.model for card in models()]
    assert str(good) in found
    assert time.monotonic() - started < 30
    assert {Path(model).name for model in found if model.startswith(str(roots))} <= {"good", "template-pipe", "closed"}
    monkeypatch.setattr("llmkick_core.catalog.check_contents", lambda folder: folder.parent == roots and 1 / 0)  # a defect of ours
    assert models()  # the bundled ones
    monkeypatch.undo()
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(roots))
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    opened(tmp_path / "store", monkeypatch)


@pytest.mark.parametrize(
    ("model", "revision", "is_taken"),
    [
        ("hub:org/name@main", "a" * 40, True),
        ("hub:org/name@main:model.gguf", hub_revision_of("a" * 40), True),
        ("hub:org/name@main:model.gguf", f"{'a' * 40}.2/../..", False),
        ("hub:org/name@main", "../..", False),
        ("hub:org/name@main", "main", False),
    ],
)
def test_a_page_takes_commits_of_the_hub_and_those_of_gguf_files_alone(model: str, revision: str, is_taken: bool):
    spec = RunSpec(model=model, model_revision=revision, task="factoid_qa")
    if is_taken:
        check_weights(spec)
    else:
        with pytest.raises(UsageError, match="no commit on the hub"):
            check_weights(spec)

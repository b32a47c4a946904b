"""Run without a browser and without a worker: the form, the estimate, the queue."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llmkick_core.catalog import plan
from llmkick_core.errors import JobError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.models import hub
from llmkick_core.run import CANCEL
from llmkick_core.schema import Recipe, RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.runs import read_spec, read_status, run_ids, write_spec, write_status
from pages import _jobs
from pages._typed import meant
from tests.interchange.fastchat_files import chats
from tests.synthetic_store import HOSTILE

Start = Callable[[Path], AppTest]
MODEL = "bundled:kick-tiny"
WANDA = Recipe(method="wanda", sparsity=0.5)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)


def open_run(app: Start, store: Path) -> AppTest:
    at = app(store).run()
    at.switch_page("pages/run.py").run()
    assert not at.exception
    return at


def markup(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def start_button(at: AppTest) -> str:
    return next(
        button.label for button in at.button if button.label.startswith(("Start ", "All of it")) and button.label != "Start it again"
    )


def add_run(store: Path, recipe: Recipe, **status: object) -> str:
    spec = plan(MODEL, [recipe], ["factoid_qa"], limit=20)[0]
    write_status(store, RunStatus(run_id=spec.run_id, submitted_at=1.0, **status))  # type: ignore[arg-type]
    write_spec(store, spec)
    return spec.run_id


def test_the_form_opens_on_the_bundled_model_with_an_estimate(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    assert at.selectbox(key="run_model").value == MODEL
    assert any("3.2 M parameters" in caption.value for caption in at.caption)
    for word in ("Memory", "Disk", "Time", "Computed"):
        assert word in markup(at)
    assert start_button(at) == "Start 5 runs"  # dense on five tasks


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("smol", "package:smollm2-135m"),
        ("SmolLM2-135M-Instruct", "package:smollm2-135m"),
        ("package:smol", "package:smollm2-135m"),
        ("kick", "kick"),  # of two
        ("kick-t", "bundled:kick-tiny"),
        ("/models/smol", "/models/smol"),
        (" ", " "),
    ],
)
def test_the_beginning_of_a_name_that_is_typed_is_enough(typed: str, word: str):
    titles = {"bundled:kick-tiny": "kick-tiny", "bundled:kick-nano": "kick-nano", "package:smollm2-135m": "SmolLM2-135M-Instruct"}
    assert meant(typed, titles) == word


def test_a_preset_fills_the_grid_and_the_estimate_follows(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    at.button(key="preset_Quick look").click().run()
    assert not at.exception
    assert at.session_state["grid_wanda"] == ["30%", "50%", "70%", "2:4"]
    assert start_button(at) == "Start 50 runs"  # ten recipes on five tasks


def test_start_queues_each_run_once(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    at.session_state["grid_magnitude"] = ["50%"]
    at.session_state["run_tasks"] = ["factoid_qa", "perplexity"]
    at.run()
    assert start_button(at) == "Start 4 runs"
    at.button(key="start").click().run()
    assert not at.exception
    specs = [read_spec(tmp_path, run_id) for run_id in run_ids(tmp_path)]
    assert sorted((spec.recipe.label, spec.task) for spec in specs) == [
        ("dense", "factoid_qa"),
        ("dense", "perplexity"),
        ("magnitude-50", "factoid_qa"),
        ("magnitude-50", "perplexity"),
    ]
    assert any("Magnitude 50%" in element.value for element in at.html)
    assert [button.label for button in at.button].count("Cancel") == 2


def test_what_the_expander_says_goes_to_the_recipes_that_it_concerns(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    at.session_state["grid_wanda"] = ["50%"]
    at.session_state["grid_rtn"] = ["8 bit"]
    at.session_state["grid_int8"] = ["8 bit"]
    at.session_state["run_tasks"] = ["factoid_qa"]
    at.selectbox(key="cal_quantizer").select("gptq").run()
    at.selectbox(key="cal_order").select("block").run()
    at.selectbox(key="cal_grid").select(False).run()
    at.checkbox(key="cal_act").check().run()
    assert not at.exception
    at.button(key="start").click().run()
    found = {(recipe := read_spec(tmp_path, run_id).recipe).label: recipe.order for run_id in run_ids(tmp_path)}
    assert found == {"dense": "layer", "wanda-50+gptq-4bit-g64-asym-act": "block", "rtn-8bit-g64-asym": "block", "int8": "block"}


def test_no_task_is_asked_for_rather_than_failing(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    at.session_state["run_tasks"] = []
    at.run()
    assert not at.exception
    assert any("at least one task" in caption.value for caption in at.caption)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("run_model", "/no/such/folder", "folder"), ("run_model", "bundled:no-such", "no-such"), ("run_data", "/no/such/data", "data")],
)
def test_an_unusable_request_is_a_box_that_says_what_would_do(key: str, value: str, said: str, app: Start, tmp_path: Path):
    at = app(tmp_path).run()
    at.session_state[key] = value
    at.switch_page("pages/run.py").run()
    assert not at.exception
    assert said in at.error[0].value.replace("\\", "")


@pytest.mark.parametrize("key", ["run_model", "run_data", "cal_source"])
@pytest.mark.parametrize(
    "words",
    [
        "{out}",
        "{out}/missing",
        "{inside}/link",
        "{inside}/../outside",
        "outside",
        "bundled:{out}",
        "bundled:/../..{out}",
        "hub:/..{out}",
        "endpoint:{out}",
        "~",
    ],
)
def test_a_path_outside_the_allowed_folders_is_refused_whether_it_is_there_or_not(
    key: str, words: str, app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(inside))
    monkeypatch.chdir(tmp_path)
    at = app(inside / "store").run()
    at.session_state[key] = words.format(out=outside, inside=inside)
    at.session_state["grid_wanda"] = ["50%"]
    at.switch_page("pages/run.py").run()
    assert not at.exception
    assert "LLMKICK_MODEL_ROOTS" in at.error[0].value.replace("\\", "")
    assert str(inside) not in at.error[0].value.replace("\\", "").replace(words.format(out=outside, inside=inside), "")


def test_paths_below_the_allowed_folders_are_taken(
    app: Start, tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(tiny_llama_folder.parent))
    monkeypatch.setenv("LLMKICK_REAL_DATA", str(tiny_data))
    at = app(tmp_path).run()
    at.session_state["run_model"] = str(tiny_llama_folder)
    at.session_state["run_data"] = str(tiny_data / "freebaseqa")
    at.session_state["cal_source"] = str(tiny_data / "calibration.txt")
    at.session_state["run_tasks"] = ["factoid_qa"]
    at.session_state["grid_wanda"] = ["50%"]
    at.switch_page("pages/run.py").run()
    assert not at.exception
    assert [box.value for box in at.error] == []
    assert start_button(at) == "Start 2 runs"


def test_a_model_of_the_hub_that_is_not_here_yet_can_be_started(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "_told", {})
    monkeypatch.setattr(hub, "_ask", lambda *_: "d" * 40)
    at = app(tmp_path).run()
    at.session_state["run_model"] = "hub:org/name@main"
    at.session_state["run_tasks"] = ["factoid_qa"]
    at.session_state["grid_magnitude"] = ["50%"]
    at.switch_page("pages/run.py").run()
    assert not at.exception
    assert [box.value for box in at.error] == []
    assert any("downloaded when it first runs" in caption.value for caption in at.caption)
    assert start_button(at) == "Start 2 runs"


def test_cancel_asks_the_run_to_stop(app: Start, tmp_path: Path):
    run_id = add_run(tmp_path, Recipe(), state="queued")
    at = open_run(app, tmp_path)
    next(button for button in at.button if button.label == "Cancel").click().run()
    assert not at.exception
    assert (run_dir(tmp_path, run_id) / CANCEL).exists()
    assert any("goes on from there" in element.value for element in at.markdown)


def test_a_run_that_still_works_after_it_was_cancelled_says_so(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run_id = add_run(tmp_path, WANDA, state="running", stage="asking", n_done=8, n_total=20)
    monkeypatch.setattr("llmkick_core.jobs.local.is_held", lambda lock: True)
    at = open_run(app, tmp_path)
    assert not any("cancelling" in bar.text for bar in at.get("progress"))
    next(button for button in at.button if button.label == "Cancel").click().run()
    assert not at.exception
    assert (run_dir(tmp_path, run_id) / CANCEL).exists()
    assert any("cancelling" in bar.text for bar in at.get("progress"))
    assert next(button for button in at.button if button.label == "Cancelling").disabled


def test_what_the_queue_refuses_is_said_inside_the_queue_and_once(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    add_run(tmp_path, Recipe(), state="queued")
    at = open_run(app, tmp_path)

    def refuse(self: LocalExecutor, run_ids: object) -> None:
        raise JobError(f"no run {HOSTILE}")

    monkeypatch.setattr(LocalExecutor, "cancel", refuse)
    seen: dict[str, bool] = {}
    drawn = _jobs.grouped

    def grouped(runs: list[_jobs.Run]) -> list[_jobs.Group]:
        seen.setdefault(inspect.stack()[2].function, bool(st.session_state.get("queue_error")))
        return drawn(runs)

    monkeypatch.setattr(_jobs, "grouped", grouped)
    next(button for button in at.button if button.label == "Cancel").click().run()
    assert "no run" in at.error[0].value
    assert "![](" not in at.error[0].value
    assert seen["queue"]  # nobody before the queue took the message away: a fragment that runs alone shows it
    at.run()
    assert not at.error


def test_after_start_the_button_does_not_offer_what_waits(app: Start, tmp_path: Path):
    at = open_run(app, tmp_path)
    at.session_state["grid_magnitude"] = ["50%"]
    at.session_state["run_tasks"] = ["factoid_qa", "perplexity"]
    at.run()
    at.button(key="start").click().run()
    assert (at.button(key="start").label, at.button(key="start").disabled) == ("4 in the queue", True)
    assert "0 of 4, 4 in the queue" in markup(at)
    at.session_state["grid_magnitude"] = ["50%", "70%"]
    at.run()
    assert (at.button(key="start").label, at.button(key="start").disabled) == ("Start 2 runs", False)


def test_the_name_of_a_model_folder_and_a_method_are_escaped(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    name = "/models/<img src=x onerror=alert(1)>"
    spec = RunSpec(model=name, recipe=Recipe(method="<script>x</script>"), task="factoid_qa")
    status = RunStatus(run_id=spec.run_id, state="running", stage="<b>![](http://x.y/z.png)")
    monkeypatch.setattr(LocalExecutor, "runs", lambda self: [(spec, status)])
    at = open_run(app, tmp_path)
    assert "&lt;img src=x" in markup(at)
    for bad in ("<img", "<script"):
        assert bad not in markup(at)
    for element in (*at.markdown, *at.caption):
        assert "![](" not in element.value
    assert not any("![](" in bar.text for bar in at.get("progress"))


def test_a_failed_run_says_why_and_can_be_tried_again(app: Start, tmp_path: Path):
    run_id = add_run(tmp_path, Recipe(method="magnitude", sparsity=0.5), state="failed", message=f"the disk is full {HOSTILE}")
    at = open_run(app, tmp_path)
    shown = next(element.value for element in at.markdown if "the disk is full" in element.value)
    assert "![](" not in shown
    next(button for button in at.button if button.label == "Retry").click().run()
    assert not at.exception
    assert read_status(tmp_path, run_id).state == "queued"


def test_a_worker_that_died_is_shown_until_it_is_started_again(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from llmkick_core.errors import JobError

    calls = []

    def failing(self: LocalExecutor) -> None:
        calls.append(1)
        raise JobError("the worker stopped with exit code 3: no memory.")

    add_run(tmp_path, Recipe(), state="queued")
    monkeypatch.setattr(LocalExecutor, "ensure_worker", failing)
    at = open_run(app, tmp_path)
    at.run()
    assert len(calls) == 1  # no crash loop
    assert any("exit code 3" in error.value for error in at.error)
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    next(button for button in at.button if button.label == "Start it again").click().run()
    assert not at.error


def test_the_queue_shows_stage_blocks_questions_rate_and_time(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    statuses = {
        "compressing": RunStatus(run_id="a", state="running", stage="compressing", block=2, n_blocks=6),
        "asking": RunStatus(run_id="b", state="running", stage="asking", n_done=40, n_total=200, rate=8.25, eta_s=19.4),
    }
    specs = plan(MODEL, [Recipe(method="magnitude", sparsity=0.5), Recipe(method="int8")], ["factoid_qa"], limit=20)
    monkeypatch.setattr(LocalExecutor, "runs", lambda self: list(zip(specs, statuses.values(), strict=True)))
    at = open_run(app, tmp_path)
    said = "\n".join(bar.text for bar in at.get("progress")).replace("\\", "")
    assert "Factoid QA: compressing block 3 of 6" in said
    assert "Factoid QA: asking 40 of 200 · 0 of 1 task done · 8.2 questions a second · 19 s left" in said


def test_a_model_of_imported_answers_is_not_offered(app: Start, tmp_path: Path):
    chats(tmp_path / "store", tmp_path, model=f"vicuna{HOSTILE[:40]}")
    at = open_run(app, tmp_path / "store")
    model = at.selectbox(key="run_model")
    assert (model.value, [option for option in model.options if "import" in option]) == (MODEL, [])

"""The data on the Run page: one kind for all tasks or one for each, looked into before anything starts."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core import settings
from llmkick_core.catalog import TASKS, datasets_of
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.store.runs import read_spec, run_ids
from llmkick_core.tasks.datasets import hub
from pages._datasets import TITLES

Start = Callable[[Path], AppTest]
ROW = ["Which is a noble gas?", "Neon", "Iron", "Sulphur", "None", "A"]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that the app may read."""
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("LLMKICK_REAL_DATA", str(folder))
    return folder


def write_mmlu(folder: Path, *rows: list[str]) -> Path:
    """Write an MMLU folder with one subject and one solved example."""
    for split, found in (("test", rows), ("dev", [ROW])):
        (folder / split).mkdir(parents=True)
        with (folder / split / f"astronomy_{split}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows(found)
    return folder


def opened(app: Start, store: Path, tasks: list[str], **state: object) -> AppTest:
    at = app(store).run()
    at.session_state["run_tasks"] = tasks
    for key, value in state.items():
        at.session_state[key] = value
    at.switch_page("pages/run.py").run()
    assert not at.exception
    return at


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption).replace("\\", "")


def errors(at: AppTest) -> list[str]:
    return [box.value.replace("\\", "") for box in at.error]


def has_start(at: AppTest) -> bool:
    return any(button.key == "start" for button in at.button)


def test_every_task_and_every_data_set_is_offered(app: Start, tmp_path: Path):
    names = sorted(TASKS)
    at = opened(app, tmp_path, names, run_data="each")
    for task in names:
        box = at.selectbox(key=f"run_data_{task}")
        assert box.options == [TITLES[word] for word in datasets_of(task)]
        assert list(datasets_of(task)) == ["bundled", *hub.names(task)]
        assert TASKS[task].data_form
    assert errors(at) == []
    assert captions(at).count("200 questions") == 5


def test_each_task_has_its_own_data(app: Start, tmp_path: Path, mine: Path):
    (mine / "one.txt").write_text("Some text.")
    mmlu = write_mmlu(mine / "mmlu", ROW, ROW)
    own = {"run_data_multiple_choice": str(mmlu), "run_data_perplexity": str(mine / "one.txt"), "run_data_factoid_qa": "hub"}
    at = opened(app, tmp_path, ["factoid_qa", "multiple_choice", "perplexity"], run_data="each", grid_magnitude=["50%"], **own)
    assert errors(at) == []
    for words in ("from kelvin-jiang/FreebaseQA at 1773919d, fetched when it first runs", "2 questions", "1 text"):
        assert words in captions(at)
    assert at.button(key="start").label == "Start 6 runs"


def test_what_was_chosen_for_each_task_is_what_runs(app: Start, tmp_path: Path):
    own = {"run_data_multiple_choice": "hub:val", "run_data_perplexity": "hub:c4"}
    at = opened(app, tmp_path, ["factoid_qa", "multiple_choice", "perplexity"], run_data="each", grid_magnitude=["50%"], **own)
    at.button(key="start").click().run()
    specs = [read_spec(tmp_path, run_id) for run_id in run_ids(tmp_path)]
    assert {(spec.task, spec.dataset, spec.recipe.label) for spec in specs} == {
        (task, data, recipe)
        for task, data in (("factoid_qa", "bundled"), ("multiple_choice", "hub:val"), ("perplexity", "hub:c4"))
        for recipe in ("dense", "magnitude-50")
    }


@pytest.mark.parametrize(
    ("task", "name", "content", "said"),
    [
        ("multiple_choice", "test/x_test.csv", ",".join(ROW) + "\n" + ",".join(ROW[1:]) + "\n", "x_test.csv line 2 has 5 cells"),
        ("summarization", "test.csv", "id,text,highlights\n1,a,b\n", "has no column article"),
        ("factoid_qa", "FreebaseQA-eval.json", '{"Questions": [', "is not JSON: the file ends in the middle"),
        ("factoid_qa", "FreebaseQA-eval.json", '{"Questions": []}', "holds no question"),
        ("closed_book_qa", "wikipedia-dev.json", json.dumps({"Data": [{"Question": "?"}]}), "line 1: no question with an answer"),
        ("instruction_following", "question.jsonl", "\n{}", "question.jsonl line 2: 'turns' is missing"),
        ("perplexity", "c4.jsonl", '{"txt": "x"}', "line 1: 'text' is missing"),
    ],
)
@pytest.mark.parametrize("is_each", [False, True])
def test_what_is_wrong_with_a_file_is_told_before_a_job_starts(
    task: str, name: str, content: str, said: str, is_each: bool, app: Start, tmp_path: Path, mine: Path
):
    (mine / name).parent.mkdir(exist_ok=True)
    (mine / name).write_text(content)
    state = {"run_data": "each", f"run_data_{task}": str(mine)} if is_each else {"run_data": str(mine)}
    at = opened(app, tmp_path, [task], **state)
    assert len(errors(at)) == 1
    assert said in errors(at)[0]
    assert not has_start(at)
    assert "Fix the data first" in captions(at)
    assert run_ids(tmp_path) == []


def test_a_path_that_is_not_there_is_told_and_a_mended_one_starts(app: Start, tmp_path: Path, mine: Path):
    at = opened(app, tmp_path, ["multiple_choice"], run_data=str(mine / "mmlu"))
    assert "no data" in errors(at)[0]
    assert not has_start(at)
    write_mmlu(mine / "mmlu", ROW)
    at = opened(app, tmp_path, ["multiple_choice"], run_data=str(mine / "mmlu"))
    assert errors(at) == []
    assert "Multiple choice 1 question" in captions(at)
    assert has_start(at)


def test_one_path_for_tasks_of_several_formats_is_told_once(app: Start, tmp_path: Path, mine: Path):
    write_mmlu(mine / "mmlu", ROW)
    at = opened(app, tmp_path, ["factoid_qa", "multiple_choice", "closed_book_qa", "perplexity"], run_data=str(mine / "mmlu"))
    assert len(errors(at)) == 1
    assert "FreebaseQA" in errors(at)[0]
    assert "2 other tasks cannot be asked of it either. With several tasks choose *One for each task*" in captions(at)
    assert not has_start(at)


def test_more_solved_examples_than_there_are_is_told(app: Start, tmp_path: Path, mine: Path):
    at = opened(app, tmp_path, ["multiple_choice"], run_data=str(write_mmlu(mine / "mmlu", ROW)), run_shots=5)
    assert "dev/astronomy_dev.csv has 1 few-shot examples" in errors(at)[0]
    assert not has_start(at)


def test_hub_data_is_counted_once_it_is_here(app: Start, tmp_path: Path):
    at = opened(app, tmp_path, ["perplexity"], run_data="hub")
    assert "from Salesforce/wikitext at b08601e0, fetched when it first runs" in captions(at)
    assert has_start(at)
    place = hub.place_of(hub.SOURCES["perplexity"], settings.data_cache())
    place.mkdir(parents=True)
    (place / "perplexity.txt").write_text("One.")
    at.run()
    assert "Perplexity 1 text" in captions(at)


def test_an_offline_hub_is_told_with_the_way_out(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    at = opened(app, tmp_path, ["multiple_choice"], run_data="hub")
    assert "HF_HUB_OFFLINE is set. Get the data by hand: download" in errors(at)[0]
    assert "LLMKICK_HUB_FOLDER" in errors(at)[0]
    assert not has_start(at)


def test_a_data_set_may_be_typed_by_its_title(app: Start, tmp_path: Path):
    at = opened(app, tmp_path, ["factoid_qa"], run_data="One for each task", run_data_factoid_qa="bundled ")
    assert errors(at) == []
    assert "200 questions" in captions(at)

"""`judge` on the command line: what it says before, what it prints, and with which code it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from llmkick_core.catalog import plan
from llmkick_core.cli import app
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.judge.prices import write_prices
from llmkick_core.schema import Recipe
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.small_runs import STORIES, add, run_spec, small_runs
from tests.models.fake_server import FakeServer, Words

Invoke = Callable[..., Result]
REMOTE = "https://judge.example.com/v1"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMKICK_API_KEY", "OPENAI_API_KEY", "LLMKICK_ENDPOINT_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, str]:
    return small_runs(tmp_path)


@pytest.fixture
def judge() -> Iterator[FakeJudge]:
    with FakeJudge(Judge()) as server:
        yield server


@pytest.fixture
def invoke(tmp_path: Path, judge: FakeJudge) -> Invoke:
    """Return a function that calls `judge` on the small store; `url` may be another."""

    def call(*words: str, url: str = judge.url, name: str = "judge") -> Result:
        return CliRunner().invoke(app, ["judge", "--endpoint", url, "--model", name, "--store", str(tmp_path), *words])

    return call


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("protocol", ["reference", "single", "pairwise"])
def test_all_summaries_and_conversations_are_judged_and_told_as_one_document(
    ids: dict[str, str], invoke: Invoke, judge: FakeJudge, protocol: str
):
    told = document(invoke("--protocol", protocol, "--max-cost", "1.00", "--json"))
    assert told["state"] == "done"
    assert told["n_requests"] == len(judge.bodies())
    assert {(row["recipe"], row["task"]) for row in told["judgings"]} == {
        (recipe, task)
        for recipe in ("dense", "wanda-30", "wanda-50")
        for task in ("summarization", "instruction_following")
        if protocol != "pairwise" or recipe != "dense"
    }
    for row in told["judgings"]:
        assert row["n_judgments"] == sum(row["outcomes"].values())
        assert bool(row["aspects"]) == (protocol != "pairwise")
        assert (row["pairs"] is None) == (protocol == "single")
    again = document(invoke("--protocol", protocol, "--max-cost", "1.00", "--json"))
    assert (again["n_judged"], again["n_requests"]) == (0, 0)
    assert [row["outcomes"] for row in again["judgings"]] == [row["outcomes"] for row in told["judgings"]]


def test_a_pruned_model_scores_less_and_the_table_says_so(ids: dict[str, str], invoke: Invoke):
    told = {row["recipe"]: row for row in document(invoke("--task", "summarization", "--json"))["judgings"]}
    assert told["wanda-50"]["aspects"]["coherence"]["mean"] < told["dense"]["aspects"]["coherence"]["mean"]
    assert told["dense"]["aspects"]["coherence"]["n"] == 2
    shown = invoke("--task", "summarization").stdout
    assert "wanda-50" in shown
    assert "coherence" in shown
    assert "0 judgments by 0 requests" in shown


def test_runs_are_named_by_recipe_id_or_its_beginning(ids: dict[str, str], invoke: Invoke):
    told = document(invoke("--runs", f"wanda-30,{ids['wanda-50 summarization'][:6]}", "--protocol", "single", "--json"))
    assert [(row["recipe"], row["task"]) for row in told["judgings"]] == [
        ("wanda-30", "summarization"),
        ("wanda-50", "summarization"),
        ("wanda-30", "instruction_following"),
    ]
    assert len(document(invoke("--runs", "all", "--protocol", "single", "--json"))["judgings"]) == 6


def test_what_it_takes_is_said_before(ids: dict[str, str], invoke: Invoke):
    result = invoke("--task", "instruction_following", "--runs", "wanda-30", "--protocol", "pairwise")
    assert "2 requests to judge at http://127.0.0.1" in result.stderr
    assert "6 judgments are of two answers in one text" in result.stderr  # three of four turns, in two orders


def test_what_may_cost_money_is_not_started_unasked(ids: dict[str, str], invoke: Invoke):
    result = invoke("--json", url=REMOTE, name="gpt-4o")
    assert result.exit_code == 2
    assert "give --max-cost" in json.loads(result.stdout)["error"]
    unknown = invoke("--max-cost", "1", "--json", url=REMOTE, name="new-model")
    assert unknown.exit_code == 1
    assert "the price of new-model is not known" in json.loads(unknown.stdout)["error"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--runs", "wanda-99"], "no run 'wanda-99' to judge; there are dense, wanda-30, wanda-50"),
        (["--task", "factoid_qa"], "task 'factoid_qa' needs no judge"),
        (["--protocol", "best"], "protocol 'best'"),
        (["--protocol", "single", "--references", "dataset"], "takes no --references"),
        (["--references", "wanda-50"], "gives the reference answers itself"),
        (["--price", "cheap"], "--price 'cheap' is not like 2.5/10"),
        (["--price", "nan/nan"], "a price is nan"),
        (["--price=-1/-1"], "a price is -1"),
        (["--repeats", "0"], "repeats 0 must be 1 to 20"),
        (["--max-cost", "0"], "max-cost 0 must be above 0"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_code_2(ids: dict[str, str], invoke: Invoke, words: list[str], message: str):
    result = invoke(*words, "--json", *(["--runs", "wanda-50"] if words[0] == "--references" else []))
    assert result.exit_code == 2, result.output
    assert message in json.loads(result.stdout)["error"]


def test_another_task_of_the_same_recipe_is_no_summary(tmp_path: Path, ids: dict[str, str], invoke: Invoke):
    other = add(tmp_path, run_spec("dense", "factoid_qa"), STORIES, (("a",), ("b",)))
    result = invoke("--runs", other, "--json")
    assert "asks factoid_qa, which needs no judge" in json.loads(result.stdout)["error"]


def test_an_empty_store_says_how_to_begin(tmp_path: Path, judge: FakeJudge):
    result = CliRunner().invoke(app, ["judge", "--endpoint", judge.url, "--model", "judge", "--store", str(tmp_path / "new"), "--json"])
    assert result.exit_code == 1
    assert "no runs in" in json.loads(result.stdout)["error"]


def test_a_server_that_is_not_there_ends_with_one_line_and_code_1(ids: dict[str, str], invoke: Invoke, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmkick_core.judge.client.FIRST_WAIT_S", 0.001)
    result = invoke("--runs", "wanda-50", "--json", url="http://127.0.0.1:9/v1")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["state"] == "stopped"
    assert "no server answers" in told["message"]


def test_a_cap_ends_it_with_code_1_and_retry_asks_what_failed(ids: dict[str, str], invoke: Invoke, judge: FakeJudge):
    result = invoke("--protocol", "single", "--max-requests", "3", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["state"], told["n_requests"], told["n_judged"] >= 3) == ("stopped", 3, True)
    judge._answer = Judge(plan=lambda asked: "length")
    failed = document(invoke("--protocol", "single", "--json"))
    n_failed = sum(row["outcomes"].get("truncated", 0) for row in failed["judgings"])
    assert n_failed > 0
    judge._answer = Judge()
    assert document(invoke("--protocol", "single", "--json"))["n_judged"] == 0
    mended = document(invoke("--protocol", "single", "--retry", "--json"))
    assert mended["n_judged"] == n_failed
    assert all(set(row["outcomes"]) == {"scored"} for row in mended["judgings"])


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a run of two summaries by a model behind a server; runs are worked off in this process."""

    def work_off(executor: LocalExecutor) -> None:
        work(executor.store, device="cpu", idle_s=0)

    monkeypatch.setattr(LocalExecutor, "ensure_worker", work_off)
    with FakeServer(Words(says=lambda prompt: " It ends well.")) as server:
        executor = LocalExecutor(tmp_path)
        [run_id] = executor.submit(plan(server.model, [Recipe()], ["summarization"], limit=2))
        executor.ensure_worker()
        yield run_id


def test_reference_answers_are_made_by_an_endpoint_first_and_become_a_run(served: str, invoke: Invoke, judge: FakeJudge):
    with FakeServer(Words(says=lambda prompt: " All is told.", name="better")) as better:
        model = f"endpoint:{better.url}#better"
        result = invoke("--references", model, "--limit", "2", "--max-requests", "9", "--json")
        told = document(result)
        assert "First 2 reference answers by better at http://127.0.0.1" in result.stderr
        (row,) = told["judgings"]
        assert (row["run_id"], row["outcomes"]) == (served, {"scored": 4})
        assert told["reference_answers"]["n_requests"] == 2
        assert "It ends well." in judge.bodies()[0]["messages"][-1]["content"]
        assert "All is told." in judge.bodies()[0]["messages"][-1]["content"]
        n_answers = len(better.bodies("/completions")) + len(better.bodies("/chat/completions"))
        again = document(invoke("--runs", served, "--references", model, "--limit", "2", "--json"))
        assert (again["n_judged"], again["reference_answers"]["n_requests"]) == (0, 0)
        assert len(better.bodies("/completions")) + len(better.bodies("/chat/completions")) == n_answers
        named = document(invoke("--runs", served, "--references", row["opponent"], "--limit", "2", "--json"))
        assert named["n_judged"] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "give --max-cost"),
        (["--max-cost", "0.001"], 1, "the reference answers by better may take"),
        (["--max-requests", "1"], 1, "the reference answers by better may take 2, and --max-requests is 1"),
        (["--max-total-tokens", "100"], 1, "and --max-total-tokens is 100"),
    ],
)
def test_reference_answers_are_agreed_to_and_under_the_caps_before_one_is_asked_for(
    tmp_path: Path, served: str, invoke: Invoke, words: list[str], code: int, message: str
):
    write_prices(tmp_path, [{"model": "better", "input": 10, "output": 30}])
    with FakeServer(Words(says=lambda prompt: " All is told.", name="better")) as better:
        result = invoke("--references", f"endpoint:{better.url}#better", "--limit", "2", "--json", *words)
        assert result.exit_code == code, result.output
        assert message in json.loads(result.stdout)["error"]
        assert better.asked == []


def test_what_reference_answers_took_is_left_out_of_the_judges_caps(served: str, invoke: Invoke, judge: FakeJudge):
    with FakeServer(Words(says=lambda prompt: " All is told.", name="better")) as better:
        result = invoke("--references", f"endpoint:{better.url}#better", "--limit", "2", "--max-requests", "4", "--json")
    assert result.exit_code == 1
    assert len(judge.bodies()) == 2
    assert "caps count anew" in json.loads(result.stdout)["message"]

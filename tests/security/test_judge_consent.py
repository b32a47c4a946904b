"""Judge jobs and prices of a stranger's store: one click sends nothing, and no price of theirs switches a cap off."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llmkick_core import settings
from llmkick_core.errors import JobError
from llmkick_core.judge import jobs
from llmkick_core.judge.jobs import JudgeRequest, create, read_job, resume, work
from llmkick_core.judge.plan import estimate
from llmkick_core.judge.prices import Price, price_of, write_prices
from llmkick_core.schema import Recipe
from llmkick_core.store.layout import judge_job_dir, write_json
from pages import _judge_ask, _judge_jobs
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judged_store import GPT, WANDA, answer_all
from tests.synthetic_store import spec_of

PAIR = (Recipe(), WANDA)
RUNS = tuple(spec_of("summarization", recipe).run_id for recipe in PAIR)
FREE_PRICE = Price(input=0.0, output=0.0, source="a gift")
REQUEST = JudgeRequest(run_ids=RUNS, protocol="reference", references="dataset", url=GPT[0], model=GPT[1], price=FREE_PRICE)
KEY = "sk-of-the-victim"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("llmkick_core.jobs.local.LocalExecutor.ensure_worker", lambda self: None)
    answer_all(tmp_path / "store", n=3, recipes=PAIR, tasks=("summarization",))
    yield tmp_path / "store"
    st.cache_resource.clear()


def stolen(store: Path, request: JudgeRequest = REQUEST, **status: object) -> str:
    """Write a job as somebody else's installation left it, and return its id."""
    job_id = f"{int(time.time())}-0a1b2c3d"
    write_json(judge_job_dir(store, job_id) / "request.json", request.to_dict())
    write_json(judge_job_dir(store, job_id) / "status.json", {"state": "interrupted", "n_done": 1, "n_total": 6, **status})
    return job_id


def opened(store: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("LLMKICK_STORE", str(store))
    at = AppTest.from_file(str(settings.PROJECT_ROOT / "app.py"), default_timeout=120)
    at.query_params["task"] = "summarization"
    at.query_params["view"] = "start"
    at.switch_page("pages/judge.py").run()
    assert not at.exception
    return at


def test_a_job_of_somebody_else_is_asked_anew_with_the_address_the_price_and_a_cap_in_sight(store: Path, monkeypatch: pytest.MonkeyPatch):
    job_id = stolen(store)
    started: list[JudgeRequest] = []
    monkeypatch.setattr(_judge_ask, "start", lambda store, request, key: started.append(request) or "job")
    monkeypatch.setattr(_judge_jobs, "resume", lambda *_: pytest.fail("it went on"))
    at = opened(store, monkeypatch)
    assert f"judge_go_on_{job_id}" not in [button.key for button in at.button]
    at.button(key=f"judge_look_{job_id}").click().run()
    said = " ".join(element.value for element in at.html)
    assert GPT[0] in said
    assert "$2.5 + $10 a million tokens" in said
    assert "the project&#x27;s table of prices" in said or "the project's table of prices" in said
    assert "$1.00" in said
    at.button(key=f"judge_foreign_{job_id}_first").click().run()
    assert started == []
    at.button(key=f"judge_foreign_{job_id}_second").click().run()
    assert started == [replace(REQUEST, price=None, max_cost=1.0)]


@pytest.mark.parametrize("state", ["waiting", "running", "interrupted", "stopped", "failed", "cancelled"])
def test_no_process_works_at_a_job_of_somebody_else(state: str, store: Path, monkeypatch: pytest.MonkeyPatch):
    with FakeJudge(Judge()) as server:
        job_id = stolen(store, replace(REQUEST, url=server.url), state=state)
        monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a process was started"))
        with pytest.raises(JobError, match="not started here"):
            resume(store, job_id, KEY)
        with pytest.raises(JobError, match="not started here"):
            work(store, job_id)
        assert server.asked == []


def test_a_job_of_mine_with_another_request_is_not_mine(store: Path):
    job_id = create(store, replace(REQUEST, max_cost=1.0, price=None))
    assert not read_job(store, job_id).is_foreign
    write_json(judge_job_dir(store, job_id) / "request.json", REQUEST.to_dict())
    assert read_job(store, job_id).is_foreign
    with pytest.raises(JobError):
        resume(store, job_id)


def test_a_job_in_a_store_in_the_place_of_mine_is_not_mine(store: Path):
    job_id = create(store, REQUEST)
    shutil.copytree(store, store.parent / "theirs")
    (store.parent / "theirs" / "store-id").write_text("0" * 32)
    shutil.rmtree(store)
    (store.parent / "theirs").rename(store)
    assert read_job(store, job_id).is_foreign


def test_a_job_that_waits_since_a_time_to_come_is_interrupted(store: Path):
    for updated_at in (time.time() + 1e8, 2e11):
        assert read_job(store, stolen(store, state="waiting", updated_at=updated_at)).state == "interrupted"


def test_a_job_done_in_a_time_to_come_hides_none_of_mine(store: Path):
    theirs = read_job(store, stolen(store, state="done", updated_at=2e11))
    mine = read_job(store, create(store, REQUEST))
    assert not jobs.is_met(replace(mine, state="interrupted"), [theirs])


def test_prices_that_came_with_a_store_are_not_used_before_they_are_saved_here(store: Path, monkeypatch: pytest.MonkeyPatch):
    (store / "prices.csv").write_text("model,input,output,source\ngpt-4o,0,0,a gift\nnew,0,0,a gift\n")
    project = price_of("gpt-4o", GPT[0], store.parent)
    assert project is not None
    assert price_of("gpt-4o", GPT[0], store) == project
    assert price_of("new", GPT[0], store) is None
    asked = replace(REQUEST, price=None, max_cost=0.5)
    assert any("is not used" in note for note in estimate(store, asked).notes)
    assert "cannot be kept to" in estimate(store, replace(asked, model="new")).problem
    write_prices(store, [{"model": "gpt-4o", "input": 3, "output": 4, "source": "a contract"}])
    found = price_of("gpt-4o", GPT[0], store)
    assert found == Price(input=3, output=4, source="a contract")
    assert found is not None
    assert found.origin == "this store's table of prices (a contract)"
    assert estimate(store, asked).notes == ()
    (store / "prices.csv").write_text((store / "prices.csv").read_text().replace("3", "0"))  # by somebody else again
    assert price_of("gpt-4o", GPT[0], store) == project


def test_asking_again_takes_no_price_over_from_a_job_of_somebody_else(store: Path):
    from pages._judge_ledger import request_of

    stolen(store)

    class Page:
        class services:
            class executor:
                pass

    Page.services.executor.store = store  # type: ignore[attr-defined]

    class Setup:
        url, model, protocol, temperature, opponent, way, n_repeats = *GPT, "reference", 0.0, "dataset", "reference", 1

    assert request_of(Page, Setup, RUNS).price is None  # type: ignore[arg-type]

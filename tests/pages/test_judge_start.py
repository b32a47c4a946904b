"""Starting a judge without a browser: what it comes to, the two presses, addresses, keys, prices, and jobs at work and stopped. No judge is asked."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.judge import jobs
from llmkick_core.judge.jobs import JudgeRequest
from llmkick_core.judge.prices import write_prices
from llmkick_core.schema import Recipe
from llmkick_core.store.layout import judge_job_dir
from llmkick_core.store.locks import held
from pages import _judge_ask, _judge_jobs
from tests.judged_store import GPT, WANDA, answer_all, judge_run, questions, said
from tests.pages.judge_page import Start, captions, judge, markup, plain, rows, sentence
from tests.synthetic_store import add_run, spec_of

PAIR = (Recipe(), WANDA)
INT8 = Recipe(method="int8")
KEY = "sk-do-not-show-me"
RUNS = tuple(spec_of("summarization", recipe).run_id for recipe in PAIR)
REQUEST = JudgeRequest(run_ids=RUNS, protocol="reference", references="dataset", url=GPT[0], model=GPT[1], max_cost=1.0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("OPENAI_API_KEY", "LLMKICK_API_KEY", "LLMKICK_LIVE_ENDPOINTS"):
        monkeypatch.delenv(name, raising=False)
    answer_all(tmp_path, n=8, recipes=PAIR, tasks=("summarization",))
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[JudgeRequest, str | None]]:
    """Return what was started, request and key; no process begins."""
    found: list[tuple[JudgeRequest, str | None]] = []
    monkeypatch.setattr(_judge_ask, "start", lambda store, request, key: found.append((request, key)) or "job")
    return found


def opened(
    app: Start, store: Path, model: str = "gpt-4o", url: str = GPT[0], secrets: dict[str, str] | None = None, **query: str
) -> AppTest:
    return judge(app, store, typed={"judge_url": url, "judge_model": model}, secrets=secrets, view="start", **query)


def job(store: Path, state: str, **more: object) -> str:
    """Write a job that stands as it says."""
    job_id = jobs.create(store, REQUEST)
    jobs._write(store, replace(jobs.read_job(store, job_id), state=state, updated_at=time.time(), **more))  # type: ignore[arg-type]
    return job_id


def test_before_anything_is_chosen_nothing_is_estimated(app: Start, store: Path):
    at = judge(app, store, view="start")
    assert sentence(at).startswith("No judge has rated these answers yet")
    assert "Choose a model." in captions(at)
    assert "No judge has been asked from this store yet" in at.info[0].value


def test_the_estimate_stands_there_and_two_presses_start_it(
    app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    at = opened(app, store)
    table = {row[0]: row[1] for row in rows(at, 0)}
    assert table["= requests"] == "32"  # 8 stories, 2 runs, both orders
    assert table["Cost"].startswith("about $")
    assert table["Stops at"] == "$1.00"
    assert "A key is set: OPENAI_API_KEY of the environment." in captions(at)
    first = at.button(key="judge_start_first")
    assert first.label == "Ask 32 questions …"
    first.click().run()
    assert not started
    assert "This sends 32 requests to api.openai.com for about $" in at.warning[0].value.replace("\\", "")
    at.button(key="judge_start_second").click().run()
    ((request, key),) = started
    assert (request.run_ids, request.protocol, request.references, request.model, request.max_cost) == (
        RUNS,
        "reference",
        "dataset",
        "gpt-4o",
        1.0,
    )
    assert key == KEY
    assert KEY not in str(at.main) + str(at.sidebar) + markup(at) + str(dict(at.query_params))


def test_another_choice_takes_the_first_press_back(app: Start, store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    at = opened(app, store)
    at.button(key="judge_start_first").click().run()
    at.number_input(key="judge_times").set_value(2).run()
    assert at.button(key="judge_start_first").label == "Ask 64 questions …"


def test_openai_needs_a_key(app: Start, store: Path):
    at = opened(app, store)
    assert "No key is set." in captions(at)
    assert at.button(key="judge_start_first").disabled


def test_a_key_among_streamlits_secrets_is_found_and_not_shown(app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]]):
    at = opened(app, store, secrets={"LLMKICK_API_KEY": KEY})
    assert "LLMKICK_API_KEY of Streamlit's secrets" in captions(at)
    at.button(key="judge_start_first").click().run()
    at.button(key="judge_start_second").click().run()
    assert started[0][1] == KEY


def test_a_server_of_this_machine_costs_nothing_and_is_sent_no_key(
    app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    at = opened(app, store, model="llama", url="http://127.0.0.1:8000/v1")
    assert "No key is sent" in captions(at)
    table = {row[0]: row[1] for row in rows(at, 0)}
    assert (table["Cost"], table["Stops at"]) == ("free", "no cap")
    at.button(key="judge_start_first").click().run()
    at.button(key="judge_start_second").click().run()
    assert started[0][1] == ""  # takes the key of the environment away


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/v1",
        "http://\uff4cocalhost/v1",
        "http://10.0.0.1:8000/v1",
        "http://127.0.0.1:8000/admin",
        "https://api.openai.com.evil.com/v1",
    ],
)
def test_an_address_elsewhere_is_refused_with_the_way_out(app: Start, store: Path, url: str):
    at = opened(app, store, url=url)
    assert "LLMKICK_LIVE_ENDPOINTS" in at.error[0].value.replace("\\", "")
    assert not [button for button in at.button if button.key == "judge_start_first"]


def test_an_address_that_the_environment_names_is_asked_with_its_key(app: Start, store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_LIVE_ENDPOINTS", "https://judge.example.org/v1")
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    at = opened(app, store, url="https://judge.example.org/v1")
    assert not at.error
    assert "LLMKICK_API_KEY of the environment" in captions(at)


def test_a_price_that_is_not_known_does_not_start_under_a_cap(app: Start, store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    at = opened(app, store, model="some-new-model")
    assert "the price of some-new-model is not known" in at.warning[0].value.replace("\\", "")
    assert at.button(key="judge_start_first").disabled


def test_answers_that_are_one_text_need_no_request_and_are_noted(app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]]):
    answer_all(store, n=8, recipes=[INT8], tasks=("summarization",))
    at = opened(app, store, url="http://127.0.0.1:8000/v1", model="llama", protocol="pairwise", runs="int8", b="int8")
    table = {row[0]: row[1] for row in rows(at, 0)}
    assert int(table["\u2212 same text"]) > 0
    n_left = int(table["= requests"])
    assert int(table["\u2212 same text"]) + n_left == 16
    total, *apart = (int(row[1].split()[0].replace(",", "")) for row in rows(at, 0)[:6])
    assert total == sum(apart)
    assert at.button(key="judge_start_first").label == (f"Ask {n_left} questions …" if n_left else "Take what needs no request")


def test_questions_without_a_reference_answer_are_not_asked(app: Start, tmp_path: Path):
    samples = [replace(one, reference="", references=()) for one in questions("summarization", 4)]
    for recipe in PAIR:
        add_run(tmp_path, spec_of("summarization", recipe), samples, said("summarization", recipe, samples))
    at = opened(app, tmp_path, url="http://127.0.0.1:8000/v1", model="llama")
    assert {row[0]: row[1] for row in rows(at, 0)}["\u2212 nothing to judge or to compare with"] == "16"
    assert "There is nothing to hold these answers against." in at.info[0].value
    assert at.button(key="judge_start_first").disabled


def test_protocol_runs_and_references_come_from_the_link(app: Start, store: Path):
    at = judge(app, store, view="start", protocol="pairwise", runs="wanda-50")
    assert at.get_by_key("choice_protocol").value == "pairwise"
    assert not [box for box in at.selectbox if box.key == "choice_references"]
    at = judge(app, store, view="start", references=RUNS[0])
    assert at.get_by_key("choice_references").value == RUNS[0]


def test_pairwise_asks_about_compressed_runs_alone(app: Start, store: Path):
    at = judge(app, store, view="start", protocol="pairwise")
    assert at.multiselect[0].value == [RUNS[1]]


def test_a_job_at_work_has_progress_and_can_be_cancelled(app: Start, store: Path):
    job_id = job(store, "running", n_done=12, n_total=32, outcomes={"scored": 10, "unparsed": 2}, cost=0.04, eta_s=61.0)
    with held(judge_job_dir(store, job_id) / "lock"):
        at = judge(app, store, view="start")
        assert sentence(at) == "1 judge is at work."
        bar = at.get("progress")[-1].proto
        assert "12 of 32 judgments, 2 without a verdict, $0.04, 61 s left" in bar.text.replace("\\", "")
        at.button(key=f"judge_cancel_{job_id}").click().run()
        assert (judge_job_dir(store, job_id) / "cancel").exists()
        assert at.button(key=f"judge_cancel_{job_id}").disabled
        assert "Summarization: stopping, 12 of 32 judgments" in at.get("progress")[-1].proto.text.replace("\\", "")


def test_what_a_judge_at_work_has_said_is_partial(app: Start, store: Path):
    job_id = job(store, "running", n_done=12, n_total=32)
    with held(judge_job_dir(store, job_id) / "lock"):
        at = judge(app, store)
        assert "Partial: gpt-4o, against a reference, 2 runs, Summarization: 12 of 32 judgments" in captions(at)
        assert sentence(at).startswith("Nobody has judged")
        for recipe in PAIR:
            judge_run(store, recipe, "summarization", n=8, only=3)
        at.run()
        assert sentence(at).startswith("gpt-4o")
        assert "Partial: " in captions(at)


@pytest.mark.parametrize(
    ("state", "message"),
    [("stopped", "the cap of $1.00 is reached"), ("failed", "the key is refused"), ("cancelled", ""), ("interrupted", "its process ended")],
)
def test_a_job_that_stopped_says_why_and_goes_on(app: Start, store: Path, state: str, message: str, monkeypatch: pytest.MonkeyPatch):
    resumed: list[tuple[str, str | None]] = []
    monkeypatch.setattr(_judge_jobs, "resume", lambda store, job_id, key: resumed.append((job_id, key)))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    job_id = job(store, state, n_done=5, n_total=32, message=message)
    at = judge(app, store, view="start")
    told = "\n".join(block.value for block in at.markdown).replace("\\", "")
    assert state in told
    assert message in told
    at.button(key=f"judge_go_on_{job_id}").click().run()
    assert resumed == [(job_id, KEY)]


def test_a_job_that_went_on_tells_of_all_its_judgments(app: Start, store: Path):
    job(store, "cancelled", n_before=55, n_done=10, n_total=645)
    told = "\n".join(block.value for block in judge(app, store, view="start").markdown).replace("\\", "")
    assert "65 of 700 judgments" in told


def test_a_job_whose_rest_another_one_judged_is_not_offered(app: Start, store: Path):
    met = job(store, "interrupted", n_done=5, n_total=32)
    job(store, "done", n_done=27, n_total=27)
    after = job(store, "interrupted", n_done=5, n_total=32)
    at = judge(app, store, view="start")
    keys = [button.key for button in at.button]
    assert f"judge_go_on_{met}" not in keys
    assert f"judge_go_on_{after}" in keys
    assert "Judged since, by another request." in captions(at)


@pytest.mark.parametrize("view", ["answers", "ledger", "lab"])
def test_a_view_of_what_a_judge_said_tells_that_none_has(app: Start, store: Path, view: str):
    at = judge(app, store, view=view)
    assert sentence(at) == "Nobody has judged these answers yet."
    assert not at.get("plotly_chart")
    assert any("shows what a judge said" in box.value for box in at.info)


def test_a_narrowed_ledger_says_that_all_kinds_are_asked_again(app: Start, store: Path):
    for recipe in PAIR:
        judge_run(store, recipe, "summarization", n=8)
    labels = [box.label for box in judge(app, store, view="ledger", kind="refused").expander]
    assert any(label.startswith("Ask all ") and label.endswith(" again that can be, of every kind") for label in labels)


def test_failures_can_be_asked_again_with_what_it_comes_to(
    app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for recipe in PAIR:
        judge_run(store, recipe, "summarization", n=8)
    at = judge(app, store, view="ledger")
    at.session_state["judge_again"] = True
    at.run()
    assert not at.exception
    boxes = [box.label for box in at.expander]
    assert "Ask these again" in boxes
    at.button(key="judge_retry_first").click().run()
    at.button(key="judge_retry_second").click().run()
    ((request, _),) = started
    assert request.is_retrying
    assert request.run_ids == (RUNS[1],)


def test_failures_are_asked_again_at_the_temperature_of_their_judge(
    app: Start, store: Path, started: list[tuple[JudgeRequest, str | None]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for recipe in PAIR:
        judge_run(store, recipe, "summarization", n=8)  # at 0
    other = replace(REQUEST, temperature=1.0)
    jobs._write(store, replace(jobs.read_job(store, jobs.create(store, other)), state="done"))
    at = judge(app, store, view="ledger")
    at.session_state["judge_again"] = True
    at.run()
    at.button(key="judge_retry_first").click().run()
    at.button(key="judge_retry_second").click().run()
    ((request, _),) = started
    assert request.temperature == 0


def test_a_model_of_the_stores_prices_can_be_chosen(app: Start, store: Path):
    write_prices(store, [{"model": "my-judge", "input": 1, "output": 2}])
    at = judge(app, store, view="start")
    assert "my-judge" in at.get_by_key("judge_model").options


def test_a_damaged_table_of_prices_is_an_error_box_and_the_form_stays(app: Start, store: Path):
    (store / "prices.csv").write_text("nonsense\n")
    at = judge(app, store, view="start")
    assert not at.exception
    assert "this machine" not in plain(markup(at))
    assert at.multiselect

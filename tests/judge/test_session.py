"""Asking everything of a plan: nothing lost, nothing doubled, nothing paid for twice, whatever stops it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.errors import JobError, PreflightError, StoreBusyError
from llmkick_core.judge import jobs
from llmkick_core.judge.jobs import create, read_job, work
from llmkick_core.judge.plan import plan
from llmkick_core.judge.prices import Price
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.judge.session import End, Progress
from llmkick_core.judgment import ASPECTS, FAILURES, Judgment
from llmkick_core.store.judgings import journal, judging_ids, read_judge_spec, read_judgments
from llmkick_core.store.layout import judge_job_dir
from llmkick_core.store.locks import held
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import Asked, Sent, completion, randomly
from tests.judge.small_runs import request, small_runs

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMKICK_API_KEY", "OPENAI_API_KEY", "LLMKICK_ENDPOINT_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LLMKICK_ENDPOINT_TIMEOUT", "1")
    monkeypatch.setattr("llmkick_core.judge.client.FIRST_WAIT_S", 0.001)


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, str]:
    return small_runs(tmp_path)


@pytest.fixture
def judge() -> Iterator[FakeJudge]:
    with FakeJudge(Judge()) as server:
        yield server


def ask(store: Path, wanted: JudgeRequest) -> End:
    return work(store, create(store, wanted))


def all_judgments(store: Path) -> dict[str, list[Judgment]]:
    return {judging_id: read_judgments(store, judging_id) for judging_id in judging_ids(store)}


@pytest.mark.parametrize("protocol", ["reference", "single", "pairwise"])
def test_every_answer_gets_its_verdict_and_a_second_call_asks_nothing(tmp_path: Path, ids: dict[str, str], judge: FakeJudge, protocol: str):
    wanted = request(list(ids.values()), protocol=protocol, url=judge.url)
    end = ask(tmp_path, wanted)
    assert (end.state, end.message) == ("done", "")
    assert end.progress.n_done == end.progress.n_total
    n_asked = len(judge.bodies())
    assert n_asked == end.progress.n_requests > 0
    for judging_id, found in all_judgments(tmp_path).items():
        assert len({one.slot for one in found}) == len(found)
        assert {one.outcome for one in found} <= {"scored", "same", "unasked"}
        assert read_judge_spec(tmp_path, judging_id).protocol == protocol
    assert ask(tmp_path, wanted).progress.n_done == 0
    assert len(judge.bodies()) == n_asked


def test_scores_go_to_whoever_stood_in_the_place(tmp_path: Path, ids: dict[str, str]):
    low, high = (dict.fromkeys(ASPECTS["summarization"], score) for score in (3, 9))

    def second_is_better(asked: Asked) -> Sent:
        return Sent(completion(json.dumps({"explanation": "the second", "answer_1": low, "answer_2": high})))

    with FakeJudge(second_is_better) as server:
        ask(tmp_path, request([ids["wanda-50 summarization"]], url=server.url))
    (found,) = all_judgments(tmp_path).values()
    assert {(one.place, one.scores["fluency"], one.opponent_scores["fluency"]) for one in found} == {(1, 3.0, 9.0), (2, 9.0, 3.0)}


def test_an_equal_answer_of_another_run_is_paid_for_once(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    end = ask(tmp_path, request([ids["dense summarization"], ids["wanda-30 summarization"]], url=judge.url, price=Price(input=1, output=1)))
    assert (end.progress.n_done, len(judge.bodies())) == (8, 6)
    made = [one for found in all_judgments(tmp_path).values() for one in found]
    assert sorted(one.is_cached for one in made) == [False] * 6 + [True] * 2
    assert sum(one.cost or 0 for one in made) == pytest.approx(end.progress.cost)
    flood = [one for one in made if one.sample_id == "small/flood" and one.place == 1]
    assert flood[0].scores == flood[1].scores


def test_a_cap_stops_it_cleanly_and_the_next_call_goes_on(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    wanted = request(list(ids.values()), protocol="single", url=judge.url, max_requests=5)
    n_answers = plan(tmp_path, wanted).n_judgments
    end = ask(tmp_path, wanted)
    assert end.state == "stopped"
    assert "cap of 5 requests" in end.message
    assert len(judge.bodies()) == 5
    again = ask(tmp_path, replace(wanted, max_requests=None))
    assert again.state == "done"
    assert sum(len(found) for found in all_judgments(tmp_path).values()) == n_answers
    assert len({body["messages"][-1]["content"] for body in judge.bodies()}) == len(judge.bodies())  # nothing was asked twice


def test_a_cap_in_dollars_needs_a_price_and_is_kept(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    wanted = request([ids["wanda-50 summarization"]], url=judge.url, price=Price(input=1000.0, output=1000.0), max_cost=4.5)
    end = ask(tmp_path, wanted)
    assert end.state == "stopped"
    assert end.progress.cost is not None
    assert 0 < end.progress.cost <= 4.5
    unknown = request([ids["wanda-50 summarization"]], url="https://judge.example.com/v1", max_cost=1.0)
    with pytest.raises(PreflightError, match="the price of judge is not known"):
        ask(tmp_path, unknown)


def test_a_key_that_is_not_taken_stops_all_and_is_in_no_file(tmp_path: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    with FakeJudge(Judge(plan=lambda asked: "401")) as server:
        job_id = create(tmp_path, request(list(ids.values()), url=server.url))
        end = work(tmp_path, job_id)
    assert end.state == "stopped"
    assert "401" in end.message
    assert read_job(tmp_path, job_id).message == end.message
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in end.message


def test_the_key_is_sent_and_kept_nowhere_while_all_goes_well_or_ill(tmp_path: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    with FakeJudge(Judge(plan=randomly(0.5, seed=3)), hang_s=2) as server:
        ask(tmp_path, request(list(ids.values()), url=server.url))
        assert {asked.key for asked in server.asked} == {f"Bearer {KEY}"}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_bad_replies_end_as_failures_with_names_and_are_asked_again_when_told_to(tmp_path: Path, ids: dict[str, str]):
    wanted = request(list(ids.values()), protocol="single", repeats=3, concurrency=8)
    with FakeJudge(Judge(plan=randomly(0.6, seed=5)), hang_s=2) as server:
        wanted = replace(wanted, url=server.url)
        end = ask(tmp_path, wanted)
        assert end.state == "done"
        made = [one for found in all_judgments(tmp_path).values() for one in found]
        failed = [one for one in made if one.outcome in FAILURES]
        assert len(made) == end.progress.n_total
        assert failed
        assert all(one.reason and not one.scores for one in failed)
        server._answer = Judge()
        n_before = len(server.bodies())
        again = ask(tmp_path, replace(wanted, is_retrying=True))
        assert again.progress.outcomes == {"scored": len(failed)}
        assert len(server.bodies()) - n_before == len({one.key for one in failed})


def test_it_can_be_cancelled_and_goes_on(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    wanted = request(list(ids.values()), protocol="single", url=judge.url, concurrency=1)
    job_id = create(tmp_path, wanted)
    jobs.cancel(tmp_path, job_id)
    end = work(tmp_path, job_id)
    assert end.state == "cancelled"
    assert read_job(tmp_path, job_id).state == "cancelled"
    assert end.progress.n_done < end.progress.n_total
    assert ask(tmp_path, wanted).state == "done"


def test_a_judge_that_takes_no_temperature_is_told_of(tmp_path: Path, ids: dict[str, str]):
    with FakeJudge(Judge(has_temperature=False, limit="max_completion_tokens")) as server:
        end = ask(tmp_path, request([ids["wanda-50 summarization"]], url=server.url))
    assert end.state == "done"
    assert "judge takes no temperature" in end.message


def test_two_processes_do_not_judge_the_same_at_once(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    wanted = request([ids["wanda-50 summarization"]], url=judge.url)
    (spec,) = plan(tmp_path, wanted).specs
    with journal(tmp_path, spec), pytest.raises(StoreBusyError, match="another process judges"):
        ask(tmp_path, wanted)
    assert judge.bodies() == []


def test_a_job_tells_where_it_stands(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    told: list[Progress] = []
    wanted = request([ids["wanda-50 summarization"]], url=judge.url)
    job_id = create(tmp_path, wanted)
    assert read_job(tmp_path, job_id).state == "waiting"
    work(tmp_path, job_id, on_progress=told.append)
    job = read_job(tmp_path, job_id)
    assert (job.state, job.n_done, job.n_total, job.outcomes, job.request) == ("done", 4, 4, {"scored": 4}, wanted)
    assert told[-1].n_done == 4
    assert [one.job_id for one in jobs.jobs(tmp_path)] == [job_id]


def test_a_job_whose_process_is_gone_is_interrupted(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    job_id = create(tmp_path, request([ids["wanda-50 summarization"]], url=judge.url))
    folder = judge_job_dir(tmp_path, job_id)
    (folder / "status.json").write_text('{"state": "running", "n_done": 1, "n_total": 4, "strange": 1}')
    assert read_job(tmp_path, job_id).state == "interrupted"
    with held(folder / "lock"):
        assert read_job(tmp_path, job_id).state == "running"
        with pytest.raises(JobError, match="another process"):
            work(tmp_path, job_id)
    for damage in ("{", "{}", "[]", "[" * 100_000, '{"state": "waiting", "updated_at": "x"}', '{"state": 5, "updated_at": null}'):
        (folder / "status.json").write_text(damage)
        assert read_job(tmp_path, job_id).state == "interrupted"
    (folder / "status.json").write_text('{"state": "done", "n_done": "x", "outcomes": [1], "cost": NaN, "message": 5}')
    job = read_job(tmp_path, job_id)
    assert (job.state, job.n_done, job.outcomes, job.cost, job.message) == ("done", 0, {}, None, "")


@pytest.mark.parametrize(
    "damage", ["[", "[" * 100_000, '{"repeats": 1' + "0" * 5000 + "}", '{"run_ids": ["a"]}', '{"run_ids": ["a"], "price": [1]}']
)
def test_a_job_whose_request_is_damaged_is_left_out(tmp_path: Path, ids: dict[str, str], damage: str):
    job_id = create(tmp_path, request([ids["wanda-50 summarization"]]))
    (judge_job_dir(tmp_path, job_id) / "request.json").write_text(damage)
    assert jobs.jobs(tmp_path) == []


def test_a_job_of_its_own_process_does_the_same(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    job_id = jobs.start(tmp_path, request([ids["wanda-50 summarization"]], url=judge.url), key=KEY)
    for _ in range(300):
        if jobs.read_job(tmp_path, job_id).state in ("done", "failed", "stopped", "interrupted"):
            break
        time.sleep(0.1)
    assert read_job(tmp_path, job_id).state == "done"
    while jobs._children:  # until the process is gone, which looking at the jobs takes leave of
        jobs.jobs(tmp_path)
        time.sleep(0.02)
    assert {asked.key for asked in judge.asked} == {f"Bearer {KEY}"}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_after_a_cancellation_no_try_is_sent_any_more(tmp_path: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmkick_core.judge.client.FIRST_WAIT_S", 0.5)  # as it is, so that tries are left when it is cancelled
    with FakeJudge(Judge(plan=lambda asked: "503")) as server:
        job_id = create(tmp_path, request(list(ids.values()), url=server.url, concurrency=6))
        n_sent: list[int] = []

        def cancel_once_asked(_: Progress) -> None:
            if server.bodies() and not n_sent:
                jobs.cancel(tmp_path, job_id)
                n_sent.append(len(server.bodies()))

        end = work(tmp_path, job_id, on_progress=cancel_once_asked)
        assert (end.state, end.message) == ("cancelled", "")
        assert len(server.bodies()) < 3 * 6  # of five tries each


def test_a_writer_that_fails_in_any_way_ends_the_judging(
    tmp_path: Path, ids: dict[str, str], judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> None:
        raise ValueError("unforeseen")

    monkeypatch.setattr("llmkick_core.judge.session.Journal.add", broken)
    with pytest.raises(ValueError, match="unforeseen"):
        ask(tmp_path, request([ids["wanda-50 summarization"]], url=judge.url))


def test_what_another_process_judged_since_the_plan_was_made_is_not_paid_for_again(tmp_path: Path, ids: dict[str, str], judge: FakeJudge):
    wanted = request(list(ids.values()), url=judge.url, protocol="pairwise")
    shown = plan(tmp_path, wanted)  # and a person thinks about it, while another terminal starts
    ask(tmp_path, replace(wanted, run_ids=wanted.run_ids[2:]))
    before, n_asked = all_judgments(tmp_path), len(judge.bodies())
    end = work(tmp_path, create(tmp_path, wanted), planned=shown)
    assert end.progress.n_done == end.progress.n_total
    assert (all_judgments(tmp_path), len(judge.bodies())) == (before, n_asked)

"""What is there to be asked: every order, turn and repeat, less what is known, equal or without anything to compare with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.errors import UsageError
from llmkick_core.judge.plan import Plan, estimate, plan
from llmkick_core.judge.prices import Price
from llmkick_core.judgment import Judgment
from llmkick_core.schema import Answer
from llmkick_core.store.judgings import journal
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from tests.judge.small_runs import STORIES, add, request, run_spec, small_runs


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, str]:
    return small_runs(tmp_path)


def slots(planned: Plan) -> list[tuple[str, int, int, int]]:
    return [slot.slot for ask in planned.asks for slot in ask.slots]


def keep(store: Path, planned: Plan, outcome: str = "scored", n: int | None = None) -> None:
    """Write judgments of the first n questions, as a session does."""
    for ask in planned.asks[:n]:
        for slot in ask.slots:
            verdict = {"scores": {"overall": 5.0}} if outcome == "scored" else {"reason": "no"}
            sample_id, turn, place, repeat = slot.slot
            with journal(store, slot.spec) as kept:
                kept.add(
                    [Judgment(sample_id=sample_id, turn=turn, place=place, repeat=repeat, outcome=outcome, key=ask.key, **verdict)]  # type: ignore[arg-type]
                )


def test_a_comparison_is_asked_in_both_orders_and_every_turn(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-50 instruction_following"]]))
    # the poem has no reference answer: two turns in two orders that cannot be asked
    assert sorted(slots(planned)) == [("1", 0, 1, 0), ("1", 0, 2, 0), ("1", 1, 1, 0), ("1", 1, 2, 0)]
    assert Counter((judged.sample_id, judged.outcome) for _, judged in planned.settled) == {("2", "unasked"): 4}


def test_single_is_asked_once_and_repeats_as_often_as_wanted(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-50 summarization"]], protocol="single", repeats=3))
    assert sorted(slots(planned)) == sorted((sample.sample_id, 0, 1, repeat) for sample in STORIES for repeat in range(3))
    assert len({ask.key for ask in planned.asks}) == 6


def test_two_answers_in_one_wording_are_not_asked_about_and_are_no_tie(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-30 summarization"]], protocol="pairwise"))
    assert sorted(slots(planned)) == [("large/garden", 0, 1, 0), ("large/garden", 0, 2, 0)]
    assert [(judged.sample_id, judged.place, judged.outcome, judged.winner) for _, judged in planned.settled] == [
        ("small/flood", 1, "same", ""),
        ("small/flood", 2, "same", ""),
    ]


def test_a_second_turn_is_asked_about_where_only_the_first_is_the_same(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-30 instruction_following"]], protocol="pairwise"))
    assert sorted(slots(planned)) == [("1", 1, 1, 0), ("1", 1, 2, 0)]


def test_the_same_answer_of_two_runs_is_asked_once(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["dense summarization"], ids["wanda-30 summarization"]]))
    shared = [ask for ask in planned.asks if len(ask.slots) == 2]
    assert {slot.item.sample.sample_id for ask in shared for slot in ask.slots} == {"small/flood"}
    assert len(planned.asks) == 6  # of 8 judgments: both orders of the flood are shared
    assert planned.n_judgments == 8


def test_what_is_judged_is_not_asked_again_and_failures_only_when_told_to(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["wanda-50 summarization"]])
    first = plan(tmp_path, wanted)
    keep(tmp_path, first, n=1)
    keep(tmp_path, replace(first, asks=first.asks[1:]), outcome="unparsed", n=1)
    again = plan(tmp_path, wanted)
    assert (len(again.asks), again.n_known) == (2, 2)
    retried = plan(tmp_path, replace(wanted, is_retrying=True))
    assert (len(retried.asks), retried.n_known) == (3, 1)


def test_more_repeats_go_on_from_those_there_are(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["wanda-50 summarization"]], protocol="single")
    keep(tmp_path, plan(tmp_path, wanted))
    planned = plan(tmp_path, replace(wanted, repeats=2))
    assert [slot[3] for slot in slots(planned)] == [1, 1]


def test_a_reply_that_was_paid_for_in_another_judging_is_read_again_and_costs_nothing(tmp_path: Path, ids: dict[str, str]):
    dense = plan(tmp_path, request([ids["dense summarization"]]))
    reply = '{"explanation": "x", "answer_1": {"coherence": 8, "consistency": 7, "fluency": 9, "relevance": 6}, "answer_2": {"coherence": 1, "consistency": 2, "fluency": 3, "relevance": 4}}'
    for ask in dense.asks:
        (slot,) = ask.slots
        with journal(tmp_path, slot.spec) as kept:
            scored = {"coherence": 1.0}
            kept.add(
                [Judgment(sample_id=slot.slot[0], place=slot.slot[2], outcome="scored", scores=scored, reply=reply, key=ask.key, cost=0.5, n_tries=1, prompt_tokens=9)]
            )  # fmt: skip
    planned = plan(tmp_path, request([ids["wanda-30 summarization"]]))
    found = {(judged.sample_id, judged.place): judged for _, judged in planned.settled}
    assert set(found) == {("small/flood", 1), ("small/flood", 2)}
    assert found["small/flood", 1].scores == {"coherence": 8, "consistency": 7, "fluency": 9, "relevance": 6}  # it was shown first
    assert found["small/flood", 2].opponent_scores == {"coherence": 8, "consistency": 7, "fluency": 9, "relevance": 6}
    assert {(one.is_cached, one.cost, one.n_tries, one.prompt_tokens) for one in found.values()} == {(True, 0.0, 0, 0)}
    assert len(planned.asks) == 2


def test_reference_answers_may_be_another_runs(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-50 instruction_following"]], references=ids["dense instruction_following"]))
    assert len(planned.asks) == 8  # the poem has one now
    assert planned.asks[0].slots[0].item.opponent == ("42.",)


def test_a_run_of_other_questions_than_the_reference_answers_is_left_out_and_named(tmp_path: Path, ids: dict[str, str]):
    elsewhere = replace(run_spec("dense", "summarization"), model="import:gpt", dataset="other")
    samples = tuple(replace(one, sample_id=f"other/{i}") for i, one in enumerate(STORIES))
    other = add(tmp_path, elsewhere, samples, (("a",), ("b",)))
    with pytest.raises(UsageError, match="asks other questions than"):
        plan(tmp_path, request([ids["wanda-50 summarization"]], references=other))
    planned = plan(tmp_path, request([ids["wanda-50 summarization"], ids["wanda-30 summarization"]], references=ids["dense summarization"]))
    assert planned.notes == ()


def test_what_becomes_askable_is_asked(tmp_path: Path, ids: dict[str, str]):
    other = run_spec("dense", "instruction_following")
    partial = add(tmp_path, replace(other, model="endpoint:http://x/v1#gpt"), STORIES[:0], ())
    wanted = request([ids["wanda-50 instruction_following"]], references=partial)
    first = plan(tmp_path, wanted)
    assert {judged.outcome for _, judged in first.settled} == {"unasked"}
    with journal(tmp_path, first.specs[0]) as kept:
        kept.add([judged for _, judged in first.settled])
    assert (len(plan(tmp_path, wanted).asks), plan(tmp_path, wanted).n_known) == (0, 8)
    append_part(run_dir(tmp_path, partial), [Answer(run_id=partial, sample_id="1", turn=0, text="forty-two")], [])
    assert sorted(slots(plan(tmp_path, wanted))) == [("1", 0, 1, 0), ("1", 0, 2, 0)]


def test_a_judgment_of_other_words_is_told_and_asked_anew_when_told_to(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["wanda-50 summarization"]], protocol="single")
    keep(tmp_path, plan(tmp_path, wanted))
    assert plan(tmp_path, wanted).notes == ()
    replaced = Answer(run_id=ids["wanda-50 summarization"], sample_id="small/flood", text="It was another text.")
    append_part(run_dir(tmp_path, replaced.run_id), [replaced], [])
    planned = plan(tmp_path, wanted)
    assert (planned.asks, planned.n_known) == ((), 2)
    assert planned.notes == ("1 judgment is of other words than the store has now; --retry asks about these anew.",)
    assert slots(plan(tmp_path, replace(wanted, is_retrying=True))) == [("small/flood", 0, 1, 0)]


def test_what_was_the_same_and_is_not_any_more_is_asked(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["wanda-30 summarization"]], protocol="pairwise", limit=1)
    first = plan(tmp_path, wanted)
    with journal(tmp_path, first.specs[0]) as kept:
        kept.add([judged for _, judged in first.settled])
    assert plan(tmp_path, wanted).n_known == 2
    replaced = Answer(run_id=ids["wanda-30 summarization"], sample_id="small/flood", text="It was another text.")
    append_part(run_dir(tmp_path, replaced.run_id), [replaced], [])
    assert sorted(slots(plan(tmp_path, wanted))) == [("small/flood", 0, 1, 0), ("small/flood", 0, 2, 0)]


def test_answers_that_are_not_there_yet_are_left_out_and_overlong_prompts_cannot_be_judged(tmp_path: Path):
    spec = run_spec("wanda-50", "summarization")
    run_id = add(tmp_path, spec, STORIES, ((), ()))
    assert plan(tmp_path, request([run_id])).n_judgments == 0
    append_part(run_dir(tmp_path, run_id), [Answer(run_id=run_id, sample_id="small/flood", text="", finish="overflow")], [])
    planned = plan(tmp_path, request([run_id]))
    assert [(judged.outcome, judged.reason) for _, judged in planned.settled] == 2 * [
        ("unasked", "the run did not answer it: its prompt is too long for the model")
    ]


def test_the_first_questions_only(tmp_path: Path, ids: dict[str, str]):
    planned = plan(tmp_path, request([ids["wanda-50 summarization"]], limit=1))
    assert {slot[0] for slot in slots(planned)} == {"small/flood"}


def test_the_estimate_counts_requests_tokens_and_money(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["wanda-50 summarization"]], price=Price(input=1.0, output=2.0))
    expected = estimate(tmp_path, wanted)
    assert (expected.n_judgments, expected.n_requests, expected.n_known, expected.n_unasked) == (4, 4, 0, 0)
    assert expected.cost == pytest.approx((expected.prompt_tokens + 2 * expected.completion_tokens) / 1e6)
    free = estimate(tmp_path, request([ids["wanda-50 summarization"]]))
    assert free.cost == 0  # a server on this machine
    unknown = estimate(tmp_path, request([ids["wanda-50 summarization"]], url="https://judge.example.com/v1", model="new", max_cost=1.0))
    assert unknown.cost is None
    assert "the price of new is not known" in unknown.problem


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"run_ids": []}, "no run to judge"),
        ({"run_ids": ["nothing"]}, "no run 'nothing'"),
        ({"protocol": "best"}, "protocol 'best' is none of"),
        ({"protocol": "single", "references": "dataset"}, "takes no --references"),
        ({"references": ""}, "needs --references"),
        ({"repeats": 0}, "repeats 0 must be"),
        ({"limit": 0}, "limit 0"),
        ({"temperature": 3.0}, "temperature 3"),
        ({"max_cost": -1.0}, "max-cost -1"),
        ({"max_cost": float("nan")}, "max-cost nan"),
        ({"model": " "}, "no name"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, ids: dict[str, str], more: dict[str, object], message: str):
    wanted: dict[str, object] = {"run_ids": [ids["wanda-50 summarization"]]} | more
    with pytest.raises(UsageError, match=message):
        plan(tmp_path, request(**wanted))  # type: ignore[arg-type]


def test_runs_that_need_no_judge_or_have_nothing_to_be_compared_with(tmp_path: Path, ids: dict[str, str]):
    other = add(tmp_path, run_spec("dense", "factoid_qa"), STORIES, (("a",), ("b",)))
    with pytest.raises(UsageError, match="factoid_qa, which needs no judge"):
        plan(tmp_path, request([other]))
    with pytest.raises(UsageError, match="no reference for summarization"):
        plan(tmp_path, request([ids["wanda-50 summarization"]], references=ids["dense instruction_following"]))
    with pytest.raises(UsageError, match="nothing to judge: The dense run"):
        plan(tmp_path, request([ids["dense summarization"]], protocol="pairwise"))
    alone = add(tmp_path / "alone", run_spec("wanda-50", "summarization"), STORIES, (("a",), ("b",)))
    with pytest.raises(UsageError, match="the dense model has not been asked"):
        plan(tmp_path / "alone", request([alone], protocol="pairwise"))


@pytest.mark.parametrize(
    "url", ["http://me:SECRET@localhost/v1", "https://h/v1?key=SECRET", "https://h/v1#SECRET", "ftp://h/SECRET", "", "SECRET", 5]
)
def test_an_address_that_may_hold_a_secret_is_refused_and_not_repeated(url: object):
    with pytest.raises(UsageError, match="LLMKICK_API_KEY") as told:
        request(["r"], url=url)
    assert "SECRET" not in str(told.value)


def test_one_judge_has_one_address():
    assert {request(["r"], url=url).url for url in ("http://LOCALHOST:8000/v1/", " http://localhost:8000/v1")} == {
        "http://localhost:8000/v1"
    }


def test_asking_again_pays_for_no_verdict_that_another_run_has(tmp_path: Path, ids: dict[str, str]):
    wanted = request([ids["dense summarization"]])
    first = plan(tmp_path, wanted)
    flood = [ask for ask in first.asks if ask.slots[0].item.sample.sample_id == "small/flood"]
    verdict = '{"explanation": "..", "answer_1": {"coherence": 7, "consistency": 7, "fluency": 7, "relevance": 7}, "answer_2": {"coherence": 7, "consistency": 7, "fluency": 7, "relevance": 7}}'
    with journal(tmp_path, first.specs[0]) as kept:
        kept.add(
            Judgment(sample_id="small/flood", place=place, outcome="scored", scores={"fluency": 7.0}, key=ask.key, reply=verdict)
            for ask, place in ((ask, ask.slots[0].item.place) for ask in flood)
        )
    same = plan(tmp_path, request([ids["wanda-30 summarization"]], is_retrying=True))  # its first summary is in the dense model's words
    assert len(same.asks) == 2
    assert [judged.outcome for _, judged in same.settled] == ["scored"] * 2

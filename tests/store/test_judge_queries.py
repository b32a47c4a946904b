"""What a judge made of runs: every figure from judgments few enough to count by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import t

from llmkick_core.judgment import DATASET, IMPORTED, JudgeSpec, Judgment
from llmkick_core.schema import Recipe
from llmkick_core.store import judge_lab, queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from tests.judge_store import (
    BOTH,
    DENSE_RUN,
    STORIES,
    SUMMARIES,
    TALK_DENSE,
    TALK_WANDA,
    TALKED,
    WANDA_RUN,
    WANDA_SCORES,
    add_answers,
    chosen,
    judge,
    only_setup,
    overall,
    row,
    scored,
    summaries_store,
    talks_store,
)
from tests.small_store import spec

Opener = Callable[[Path], Database]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return summaries_store(tmp_path)


@pytest.fixture
def talked(tmp_path: Path) -> Path:
    return talks_store(tmp_path)


def test_a_setup_is_a_judge_and_protocol_over_all_runs_dense_first(store: Path, open_store: Opener):
    pairwise = [
        Judgment(sample_id="s0", place=place, outcome="scored", winner="candidate", repeat=repeat) for place in BOTH for repeat in (0, 2)
    ]
    judge(store, WANDA_RUN, pairwise, protocol="pairwise", opponent=DENSE_RUN.run_id)
    judge(store, DENSE_RUN, [], model="j2")
    db = open_store(store)
    first, second = queries.judge_setups(db, SUMMARIES)
    assert (first.protocol, first.opponent, first.model, first.n_judgments, first.n_repeats) == ("reference", DATASET, "j1", 16, 1)
    assert [queries.judging(db, one).recipe for one in first.judging_ids] == ["dense", "wanda-50"]
    assert (second.protocol, second.opponent, second.n_judgments, second.n_repeats) == ("pairwise", DENSE_RUN.run_id, 4, 3)
    assert first.key.startswith("reference~")
    assert len({first.key, second.key}) == 2
    assert not first.is_one_order
    assert queries.judge_setups(db, "nothing") == []


def test_scores_of_a_run_are_means_over_answers_that_have_one_in_both_orders(store: Path, open_store: Opener):
    db = open_store(store)
    frame = queries.aspect_scores(db, SUMMARIES, only_setup(db))
    assert list(zip(frame["recipe"], frame["aspect"], strict=True)) == [
        (recipe, aspect) for recipe in ("dense", "wanda-50") for aspect in ("coherence", "fluency", "all")
    ]
    dense = row(frame, "dense", "coherence")
    assert (dense["n"], dense["n_missing"], dense["mean"], dense["opponent_mean"], dense["verdict"]) == (4, 0, 7.5, 7.0, None)
    assert dense["high"] - 7.5 == pytest.approx(min(2.5, t.ppf(0.975, 3) * math.sqrt(5 / 3 / 4)))
    assert math.isnan(dense["change"])
    wanda = row(frame, "wanda-50", "coherence")
    assert (wanda["n"], wanda["n_missing"], wanda["mean"], wanda["n_paired"]) == (3, 1, 5.0, 3)
    assert (wanda["dense_mean"], wanda["change"]) == (7.0, -2.0)  # the dense mean of the three answers, 8, 7 and 6
    half = t.ppf(0.975, 2) * 1 / math.sqrt(3)  # -2, -1, -3: standard deviation 1
    assert (wanda["change_low"], wanda["change_high"]) == pytest.approx((-2 - half, -2 + half))
    assert math.isnan(wanda["noise_floor"])
    assert wanda["is_below_noise"] is None
    assert row(frame, "wanda-50", "all")["mean"] == 5.5  # 7, 6, 3.5
    assert row(frame, "wanda-50", "all")["change"] == -2.0  # against 8, 7.5, 7


def test_the_papers_verdict_compares_with_95_hundredths_of_dense(store: Path, open_store: Opener):
    worse, better = (
        [scored(f"s{i}", place, 8 - i % 2 + by, 8) for i in range(4) for place in BOTH] for by in (-6, 1)
    )  # of 8 7 8 7 and of the dense 8 7 6 9
    for sparsity, judgments in ((0.9, worse), (0.1, better)):
        run = spec(Recipe(method="wanda", sparsity=sparsity), task="summarization")
        add_answers(store, run, STORIES, {(f"s{i}", 0): "x" for i in range(4)})
        judge(store, run, judgments)
    db = open_store(store)
    frame = queries.aspect_scores(db, SUMMARIES, only_setup(db))
    assert [row(frame, one, "coherence")["verdict"] for one in ("wanda-10", "wanda-50", "wanda-90")] == [
        "undecided",  # 9 8 9 8 - 0.95 * (8 7 6 9): 1.4, 1.35, 3.3, -0.55
        "undecided",  # 6 6 3 - 0.95 * (8 7 6): -1.6, -0.65, -2.7: t of 2 degrees is wide
        "not matching",
    ]


def test_without_a_dense_judging_there_is_no_change(tmp_path: Path, open_store: Opener):
    add_answers(tmp_path, DENSE_RUN, STORIES, {})
    add_answers(tmp_path, WANDA_RUN, STORIES, {("s0", 0): "x"})
    judge(tmp_path, WANDA_RUN, WANDA_SCORES)
    db = open_store(tmp_path)
    wanda = row(queries.aspect_scores(db, SUMMARIES, only_setup(db)), "wanda-50", "coherence")
    assert wanda["mean"] == 5
    assert all(math.isnan(wanda[name]) for name in ("change", "change_low", "dense_mean", "noise_floor"))
    assert wanda["verdict"] is None


def test_the_means_of_a_change_are_over_the_same_answers(tmp_path: Path, open_store: Opener):
    for run, said in ((DENSE_RUN, {"s0": 8}), (WANDA_RUN, {"s0": 6, "s1": 2})):  # nobody judged dense on s1
        add_answers(tmp_path, run, STORIES, {(one, 0): "x" for one in said})
        judge(tmp_path, run, [scored(one, place, score, 8) for one, score in said.items() for place in BOTH])
    db = open_store(tmp_path)
    wanda = row(queries.aspect_scores(db, SUMMARIES, only_setup(db)), "wanda-50", "coherence")
    assert (wanda["n"], wanda["mean"]) == (2, 4.0)
    assert (wanda["n_paired"], wanda["paired_mean"], wanda["dense_mean"], wanda["change"]) == (1, 6.0, 8.0, -2.0)


def test_repeats_average_within_an_order_and_make_the_noise_floor(store: Path, open_store: Opener):
    judge(store, WANDA_RUN, [scored("s0", 1, 9, 8, repeat=1), scored("s2", 2, 3, 4, repeat=1)])
    db = open_store(store)
    setup = only_setup(db)
    # wanda s0: (7 + 9) / 2 = 8 and 5: 6.5; s2: 4 and (2 + 3) / 2: 3.25; mean (6.5 + 6 + 3.25) / 3
    wanda = row(queries.aspect_scores(db, SUMMARIES, setup), "wanda-50", "coherence")
    assert wanda["mean"] == pytest.approx(5.25)
    # two questions asked twice: 7 9 and 2 3: squares 2 and 0.5 over 2: sd sqrt(1.25)
    noise = queries.lab(db, SUMMARIES, setup).noise
    assert (noise["coherence"].n_items, noise["coherence"].sd) == (2, pytest.approx(math.sqrt(1.25)))
    assert (noise["coherence"].agreement, noise["coherence"].difference) == (0, 1.5)
    assert (noise["fluency"].agreement, noise["fluency"].sd) == (1, 0)
    assert noise["all"].sd == pytest.approx(math.sqrt(1.25) / 2)
    # of the six answers four are worth 2 judgments and two are worth 4 / (1 / 2 + 1) = 8 / 3: mean of inverses (4 / 2 + 2 * 3 / 8) / 6 = 11 / 24
    assert wanda["noise_floor"] == pytest.approx(1.959964 * math.sqrt(2 * 1.25 / 3 * 11 / 24))
    assert wanda["is_below_noise"] is False  # 1.75 against 1.21
    assert row(queries.aspect_scores(db, SUMMARIES, setup), "wanda-50", "fluency")["noise_floor"] == 0


def test_what_is_asked_again_replaces_what_came_before(store: Path, open_store: Opener):
    db = open_store(store)
    before = queries.aspect_scores(db, SUMMARIES, only_setup(db))
    judge(store, WANDA_RUN, [replace(scored("s3", 2, 9, 9), n_tries=1)])
    ingest(db)
    wanda = row(queries.aspect_scores(db, SUMMARIES, only_setup(db)), "wanda-50", "coherence")
    assert (wanda["n"], wanda["n_missing"], wanda["mean"]) == (4, 0, 6.0)
    assert row(before, "wanda-50", "coherence")["n"] == 3
    assert queries.ledger(db, only_setup(db).judging_ids).empty
    assert queries.spending(db, only_setup(db).judging_ids).n_requests == 3


def test_scores_against_a_reference_are_counted_as_better_or_worse(store: Path, open_store: Opener):
    # means over both aspects against a reference of 7: s0 by order 7.5, 6.5; s1 6; s2 4, 3; s3 without a second order
    db = open_store(store)
    frame = queries.outcome_counts(db, SUMMARIES, only_setup(db))
    wanda, dense = row(frame, "wanda-50"), row(frame, "dense")
    names = ("win", "tie", "loss", "inconsistent", "same", "failed", "n")
    assert tuple(wanda[name] for name in names) == (0, 0, 2, 1, 0, 1, 3)
    # dense: s0 8.5, 7.5 win; s1 8, 7: once better, once as good: win; s2 7, 7 tie; s3 8.5 win
    assert tuple(dense[name] for name in names) == (3, 1, 0, 0, 0, 0, 4)
    assert (wanda["net"], dense["net"]) == (pytest.approx(-2 / 3), 0.75)
    assert wanda["net_low"] <= -2 / 3 <= wanda["net_high"]


def test_an_answer_of_a_judging_has_its_scores_and_by_how_much_the_orders_differ(store: Path, open_store: Opener):
    db = open_store(store)
    frame = queries.judged_items(db, only_setup(db).judging_ids[1])
    assert frame["sample_id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert frame["status"].tolist() == ["scored", "scored", "scored", "partial"]
    assert frame["score"].tolist()[:3] == [7, 6, 3.5]
    assert frame["difference"].tolist()[:3] == [0, -1, -3.5]
    assert frame["disagreement"].tolist()[:3] == [2, 0, 2]
    assert frame[["score", "opponent_score", "difference", "disagreement"]].iloc[3].isna().all()
    assert frame[["n_judgments", "n_failed"]].iloc[3].tolist() == [2, 1]
    assert frame["question"].tolist()[0] == "Story 0."
    assert frame["subject"].tolist()[0] == "small"
    assert queries.judged_items(db, "nothing").empty


def test_one_answer_comes_with_its_texts_and_judgments(store: Path, open_store: Opener):
    db = open_store(store)
    judging_id = only_setup(db).judging_ids[1]
    found = queries.judged_item(db, judging_id, "s3", 0)
    assert (found.sample.sample_id, found.turn, found.status, found.score) == ("s3", 0, "partial", None)
    assert (found.candidate, found.opponent) == (("w w w",), ("one two three",))
    assert found.judgments == (WANDA_SCORES[-2], WANDA_SCORES[-1])
    assert queries.judged_item(db, judging_id, "s0", 0).difference == 0
    assert queries.judged_item(db, judging_id, "nowhere", 0) is None
    assert queries.judged_item(db, "nothing", "s0", 0) is None


def test_the_ledger_names_every_judgment_without_a_verdict(store: Path, open_store: Opener):
    judge(
        store,
        DENSE_RUN,
        [
            Judgment(sample_id="gone", place=1, outcome="too_long", reason="long"),
            Judgment(sample_id="s0", place=1, repeat=1, outcome="same"),
        ],
    )
    db = open_store(store)
    frame = queries.ledger(db, only_setup(db).judging_ids)
    assert frame[["recipe", "sample_id", "place", "outcome", "question"]].values.tolist() == [
        ["dense", "gone", 1, "too_long", ""],
        ["wanda-50", "s3", 2, "refused", "Story 3."],
    ]
    assert frame[["reason", "reply", "n_tries", "asked_at"]].iloc[1].tolist() == ["filter", "No.", 2, 5.0]


def test_spending_counts_every_line_and_knows_what_it_does_not_know(store: Path, open_store: Opener):
    paid = {"n_tries": 1, "prompt_tokens": 100, "completion_tokens": 10}
    judge(
        store,
        DENSE_RUN,
        [
            scored("s0", 1, 9, 8, cost=0.25, **paid),
            scored("s0", 1, 9, 8, cost=0.5, **paid),
            scored("s1", 1, 8, 8, is_cached=True, cost=0.0),
        ],
    )
    db = open_store(store)
    found = queries.spending(db, only_setup(db).judging_ids)
    assert (found.n_judgments, found.n_requests, found.n_cached) == (16, 4, 1)
    assert (found.prompt_tokens, found.completion_tokens) == (200, 20)
    assert (found.cost, found.n_unpriced) == (0.75, 1)  # nobody knows the price of the refusal
    assert found.outcomes == {"scored": 15, "refused": 1}
    wanda = queries.spending(db, only_setup(db).judging_ids[1:])
    assert (wanda.cost, wanda.n_unpriced, wanda.n_requests) == (None, 1, 2)
    nothing = queries.spending(db, ())
    assert (nothing.n_judgments, nothing.cost, nothing.outcomes) == (0, 0.0, {})


def test_a_win_needs_both_orders(talked: Path, open_store: Opener):
    db = open_store(talked)
    setup = only_setup(db, TALKED)
    [counts] = queries.outcome_counts(db, TALKED, setup).to_dict("records")
    names = ("win", "tie", "loss", "inconsistent", "same", "failed", "n", "net")
    assert tuple(counts[name] for name in names) == (1, 1, 1, 1, 1, 1, 5, 0)
    frame = queries.judged_items(db, setup.judging_ids[0])
    assert frame["status"].tolist() == ["win", "loss", "tie", "inconsistent", "partial", "same"]
    assert frame["disagreement"].tolist()[:4] == [0, 0, 0, 1]
    assert frame["disagreement"].iloc[4:].isna().all()
    assert frame["score"].isna().all()
    assert queries.aspect_scores(db, TALKED, setup).empty


def test_most_repeats_of_an_order_make_its_verdict(talked: Path, open_store: Opener):
    again = [
        *chosen("t0", 0, "candidate", "opponent", repeat=1),  # second order: one each, not settled
        *chosen("t0", 1, "opponent", "tie", repeat=1),
        *chosen("t0", 1, "opponent", "opponent", repeat=2),  # two of three
    ]
    judge(talked, TALK_WANDA, again, protocol="pairwise", opponent=TALK_DENSE.run_id)
    db = open_store(talked)
    setup = only_setup(db, TALKED)
    frame = queries.judged_items(db, setup.judging_ids[0])
    assert frame["status"].tolist()[:2] == ["inconsistent", "loss"]
    assert frame["disagreement"].tolist()[0] == 1
    # candidate twice; candidate, opponent; opponent three times; opponent, tie, opponent: equal pairs 1, 0, 3, 1 of 8
    noise = queries.lab(db, TALKED, setup).noise["winner"]
    assert (noise.n_items, noise.n_pairs, noise.agreement) == (4, 8, 5 / 8)


def test_an_item_of_a_conversation_has_both_sides_up_to_its_turn(talked: Path, open_store: Opener):
    db = open_store(talked)
    found = queries.judged_item(db, only_setup(db, TALKED).judging_ids[0], "t1", 1)
    assert (found.candidate, found.opponent) == (("v v v", "v v v v"), ("u u u u u u", "u u u u u u u"))
    assert found.about.opponent_recipe == "dense"
    assert [one.winner for one in found.judgments] == ["candidate", "opponent"]
    assert (found.status, found.score) == ("inconsistent", None)


def test_an_imported_judging_needs_only_the_orders_that_it_has(talked: Path, open_store: Opener):
    once = [overall(f"t{i}", turn, 6 + i + turn, 8) for i in range(3) for turn in (0, 1) if (i, turn) != (2, 1)]
    judge(talked, TALK_WANDA, [*once, Judgment(sample_id="t2", turn=1, place=2, outcome="unparsed")], url=IMPORTED)
    db = open_store(talked)
    setup = only_setup(db, TALKED, url=IMPORTED)
    assert setup.is_one_order
    [scores] = queries.aspect_scores(db, TALKED, setup).to_dict("records")
    # 6 7 7 8 8 over three conversations: residuals of 6.5 - 7.2.. : (13 - 14.4), (15 - 14.4), (8 - 7.2)
    assert (scores["aspect"], scores["n"], scores["n_missing"], scores["mean"]) == ("overall", 5, 1, 7.2)
    half = t.ppf(0.975, 2) * math.sqrt(3 / 2 * (1.4**2 + 0.6**2 + 0.8**2)) / 5
    assert scores["low"] == pytest.approx(7.2 - half)
    [counts] = queries.outcome_counts(db, TALKED, setup).to_dict("records")
    assert (counts["win"], counts["tie"], counts["loss"], counts["failed"]) == (0, 2, 3, 1)
    lab = queries.lab(db, TALKED, setup)
    assert (lab.position, lab.first, lab.position_reason) == ({}, None, judge_lab.NO_SWAP)
    # only first turns have a reference, of two words: 0 1 2 words more, gains -2 -1 0
    assert (lab.length.n, lab.length.rho) == (3, 1)


def test_the_same_from_a_server_is_in_no_count_until_the_other_order_was_asked(talked: Path, open_store: Opener):
    judge(talked, TALK_WANDA, [overall("t0", 0, 6, 8)])
    db = open_store(talked)
    setup = only_setup(db, TALKED, protocol="reference")
    [scores] = queries.aspect_scores(db, TALKED, setup).to_dict("records")
    assert (scores["n"], scores["n_missing"]) == (0, 0)
    assert math.isnan(scores["mean"])
    [counts] = queries.outcome_counts(db, TALKED, setup).to_dict("records")
    assert (counts["n"], counts["failed"]) == (0, 0)
    assert queries.judged_items(db, setup.judging_ids[0])["status"].tolist() == ["partial"]
    assert not setup.is_one_order
    assert queries.lab(db, TALKED, setup).position_reason == judge_lab.NO_BOTH


def test_answers_judged_alone_have_scores_but_nothing_to_win(store: Path, open_store: Opener):
    alone = [Judgment(sample_id=f"s{i}", outcome="scored", scores={"coherence": 4.0 + i}) for i in range(3)]
    judge(store, WANDA_RUN, [*alone, Judgment(sample_id="s3", outcome="truncated")], protocol="single", opponent="")
    db = open_store(store)
    setup = only_setup(db, protocol="single")
    [scores] = queries.aspect_scores(db, SUMMARIES, setup).to_dict("records")
    assert (scores["aspect"], scores["n"], scores["n_missing"], scores["mean"]) == ("coherence", 3, 1, 5)
    assert math.isnan(scores["opponent_mean"])
    assert queries.outcome_counts(db, SUMMARIES, setup).empty
    frame = queries.judged_items(db, setup.judging_ids[0])
    assert frame["status"].tolist() == ["scored", "scored", "scored", "failed"]
    lab = queries.lab(db, SUMMARIES, setup)
    assert (lab.position_reason, lab.length_reason) == (judge_lab.NO_OPPONENT, judge_lab.NO_OPPONENT)


def test_a_judging_without_any_verdict_is_told_as_that(store: Path, open_store: Opener):
    failed = [Judgment(sample_id=f"s{i}", place=place, outcome="failed") for i in range(4) for place in BOTH]
    for how in ({"model": "down"}, {"model": "down", "protocol": "pairwise", "opponent": DENSE_RUN.run_id}):
        judge(store, WANDA_RUN, failed, **how)
    db = open_store(store)
    for setup in (one for one in queries.judge_setups(db, SUMMARIES) if one.model == "down"):
        assert queries.aspect_scores(db, SUMMARIES, setup).empty
        [counts] = queries.outcome_counts(db, SUMMARIES, setup).to_dict("records")
        assert (counts["n"], counts["failed"]) == (0, 4)
        assert math.isnan(counts["net"])
        assert queries.judged_items(db, setup.judging_ids[0])["status"].tolist() == ["failed"] * 4
        lab = queries.lab(db, SUMMARIES, setup)
        assert (lab.noise, lab.position, lab.first, lab.length) == ({}, {}, None, None)
        assert lab.position_reason == judge_lab.NO_BOTH


def test_a_judging_of_a_run_that_is_not_there_is_passed_over(store: Path, open_store: Opener):
    other = replace(WANDA_RUN, seed=9)
    judge(store, other, WANDA_SCORES)
    db = open_store(store)
    assert len(only_setup(db).judging_ids) == 2
    assert (
        queries.judging(
            db,
            JudgeSpec(run_id=other.run_id, protocol="reference", opponent=DATASET, url="http://j", model="j1", prompt_version=1).judging_id,
        )
        is None
    )

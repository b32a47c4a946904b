"""How far a judge can be trusted: its leanings, and who agrees with it, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.judgment import Vote
from llmkick_core.schema import RunSpec
from llmkick_core.store import judge_lab, queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.votes import write_vote
from tests.judge_store import (
    BOTH,
    DENSE_RUN,
    DENSE_SCORES,
    STORIES,
    SUMMARIES,
    TALK_DENSE,
    TALK_WANDA,
    TALKED,
    WANDA_RUN,
    add_answers,
    chosen,
    judge,
    only_setup,
    overall,
    scored,
    summaries_store,
    talks_store,
)

Opener = Callable[[Path], Database]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return summaries_store(tmp_path)


@pytest.fixture
def talked(tmp_path: Path) -> Path:
    return talks_store(tmp_path)


def cast(db: Database, runs: tuple[RunSpec, RunSpec], sample_id: str, turn: int, winner: str, voter: str = "Mia") -> None:
    write_vote(
        db,
        Vote(sample_id=sample_id, turn=turn, run_a=runs[0].run_id, run_b=runs[1].run_id, winner=winner, shown_first="a", voter=voter),
    )


def test_position_bias_takes_both_answers_in_both_places(store: Path, open_store: Opener):
    db = open_store(store)
    lab = queries.lab(db, SUMMARIES, only_setup(db))
    # coherence, first - second: dense 2 2 0 0, wanda 2 0 2; the reference always 0: halves, mean 8 / 7 / 2
    assert lab.position["coherence"].n == 7
    assert lab.position["coherence"].mean == pytest.approx(4 / 7)
    assert lab.position["fluency"].mean == 0
    assert (lab.first, lab.position_reason) == (None, "")
    assert (lab.noise, lab.noise_reason) == ({}, judge_lab.NO_REPEATS)
    assert (lab.n_answers, lab.n_judgments) == (8, 16)


def test_length_bias_compares_words_with_scores(store: Path, open_store: Opener):
    db = open_store(store)
    length = queries.lab(db, SUMMARIES, only_setup(db)).length
    # words - 3: dense 7 8 9 10, wanda 6 4 2 (s3 has no score); gains: dense 1 0.5 0 1.5, wanda 0 -1 -3.5
    # ranks of 7 8 9 10 6 4 2: 4 5 6 7 3 2 1; of 1 0.5 0 1.5 0 -1 -3.5: 6 5 3.5 7 3.5 2 1
    # deviations from 4: 0 1 2 3 -1 -2 -3 and 2 1 -.5 3 -.5 -2 -3: products 0 1 -1 9 .5 4 9 = 22.5; squares 28 and 27.5
    assert length.n == 7
    assert length.rho == pytest.approx(22.5 / math.sqrt(28 * 27.5))


def test_pairwise_position_bias_is_how_often_the_first_wins(talked: Path, open_store: Opener):
    db = open_store(talked)
    lab = queries.lab(db, TALKED, only_setup(db, TALKED))
    # decided: t0/0 first, second; t0/1 second, first; t1/1 first, first; t2/0 first: 5 of 7; orders of four answers, one at odds
    assert (lab.first.n, lab.first.share) == (7, pytest.approx(5 / 7))
    assert (lab.first.n_items, lab.first.n_inconsistent) == (4, 1)
    assert lab.position == {}
    assert (lab.length, lab.length_reason) == (None, judge_lab.NO_LENGTHS)  # the dense answer is always 3 words longer


def test_two_judges_agree_by_aspect_in_whole_points(store: Path, open_store: Opener):
    # j2 gives every dense coherence one point less but for s3, and the same fluency
    judge(
        store,
        DENSE_RUN,
        [replace(one, scores=one.scores | {"coherence": one.scores["coherence"] - (one.sample_id != "s3")}) for one in DENSE_SCORES],
        model="j2",
    )
    db = open_store(store)
    one, two = only_setup(db, model="j1"), only_setup(db, model="j2")
    found = queries.judge_agreement(db, SUMMARIES, one, two)
    # 8 7 6 9 against 7 6 5 9: disagreement (1 + 1 + 1) / 4; by chance, the mean square of all 16 differences:
    # 8: 1 4 9 1; 7: 0 1 4 4; 6: 1 0 1 9; 9: 4 9 16 0 = 64 / 16 = 4
    assert (found["coherence"].n, found["coherence"].share) == (4, 0.25)
    assert found["coherence"].kappa == pytest.approx(1 - 0.75 / 4)
    assert (found["fluency"].share, found["fluency"].kappa) == (1, None)  # always 8
    assert queries.judge_agreement(db, SUMMARIES, one, one)["coherence"].n == 7
    assert queries.judge_agreement(db, SUMMARIES, one, one)["coherence"].n_left_out == 1


def test_two_judges_agree_on_who_wins(talked: Path, open_store: Opener):
    other = [
        *chosen("t0", 0, "candidate", "candidate"),
        *chosen("t0", 1, "candidate", "candidate"),
        *chosen("t1", 0, "tie", "tie"),
        *chosen("t1", 1, "tie", "tie"),
    ]
    judge(talked, TALK_WANDA, other, protocol="pairwise", opponent=TALK_DENSE.run_id, model="j2")
    db = open_store(talked)
    found = queries.judge_agreement(db, TALKED, only_setup(db, TALKED, model="j1"), only_setup(db, TALKED, model="j2"))
    # win win, loss win, tie tie; j1 has no verdict on t1/1. Observed 2 / 3, by chance (1 * 2 + 1 * 0 + 1 * 1) / 9 = 1 / 3
    assert (found["winner"].n, found["winner"].n_left_out, found["winner"].kappa) == (3, 1, pytest.approx(0.5))
    judge(talked, TALK_WANDA, [overall("t0", 0, 6, 8, place) for place in BOTH])
    ingest(db)
    assert queries.judge_agreement(db, TALKED, only_setup(db, TALKED, model="j2"), only_setup(db, TALKED, protocol="reference")) == {}


def test_votes_stand_against_the_judges_verdicts_and_each_other(talked: Path, open_store: Opener):
    db = open_store(talked)
    setup, runs = only_setup(db, TALKED), (TALK_DENSE, TALK_WANDA)
    # the judge: t0/0 b, t0/1 a, t1/0 tie, t1/1 inconsistent
    for sample_id, turn, mia, ben in (("t0", 0, "b", "a"), ("t0", 1, "a", "a"), ("t1", 0, "tie", ""), ("t1", 1, "a", "")):
        cast(db, runs, sample_id, turn, mia)
        if ben:
            cast(db, runs, sample_id, turn, ben, "Ben")
    found = queries.vote_agreement(db, TALKED, setup, TALK_DENSE.run_id, TALK_WANDA.run_id)
    assert (found.n_votes, found.everyone.n, found.everyone.n_left_out, found.everyone.share) == (6, 5, 1, 0.8)
    assert (found.by_voter["Mia"].kappa, found.by_voter["Mia"].n_left_out) == (1, 1)
    assert (found.by_voter["Ben"].n, found.by_voter["Ben"].kappa) == (2, 0)
    assert (found.between["Ben", "Mia"].n, found.between["Ben", "Mia"].share) == (2, 0.5)
    turned = queries.vote_agreement(db, TALKED, setup, TALK_WANDA.run_id, TALK_DENSE.run_id)
    assert turned.n_votes == 0


def test_votes_stand_against_scores_of_both_runs(store: Path, open_store: Opener):
    db = open_store(store)
    runs = (DENSE_RUN, WANDA_RUN)
    # mean scores: dense 8 7.5 7, wanda 7 6 3.5; none of wanda for s3
    for sample_id, winner in (("s0", "a"), ("s1", "tie"), ("s3", "b")):
        cast(db, runs, sample_id, 0, winner)
    found = queries.vote_agreement(db, SUMMARIES, only_setup(db), DENSE_RUN.run_id, WANDA_RUN.run_id)
    assert (found.everyone.n, found.everyone.n_left_out, found.everyone.share) == (2, 1, 0.5)
    cast(db, runs, "s1", 0, "a")
    assert queries.vote_agreement(db, SUMMARIES, only_setup(db), DENSE_RUN.run_id, WANDA_RUN.run_id).everyone.share == 1


def test_a_reply_that_equal_answers_share_tells_of_the_judge_once(tmp_path: Path, open_store: Opener):
    """Both recipes wrote the same summary of s0, so one reply for each order was paid for; of s1 in the reference's words one reply stands for both orders."""
    said = {("s0", 0): "the same words", ("s1", 0): "one two three"}
    for run in (DENSE_RUN, WANDA_RUN):
        add_answers(tmp_path, run, STORIES[:2], said)
        shared = [
            scored("s0", 1, 8, 8, key="first"),
            scored("s0", 2, 6, 8, key="second"),
            scored("s0", 1, 9, 8, key="first again", repeat=1),
            scored("s1", 1, 9, 8, key="both"),
            scored("s1", 2, 7, 8, key="both"),
        ]
        judge(tmp_path, run, [replace(one, is_cached=run is WANDA_RUN) for one in shared])
    db = open_store(tmp_path)
    [setup] = queries.judge_setups(db, SUMMARIES)
    found = queries.lab(db, SUMMARIES, setup)
    assert (found.n_answers, found.n_judgments) == (2, 5)
    assert (found.noise["coherence"].n_pairs, found.noise["coherence"].difference) == (1, 1)
    assert found.position["coherence"].n == 2
    scores = queries.aspect_scores(db, SUMMARIES, setup)
    assert scores[scores["aspect"] == "coherence"]["n"].tolist() == [2, 2]  # the scores of both recipes are over all their answers

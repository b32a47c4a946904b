"""Two runs, question by question."""

from __future__ import annotations

import math

import pytest

from llmkick_core.errors import StoreError
from llmkick_core.schema import Answer, Sample, Score
from llmkick_core.stats.paired import compare
from llmkick_core.store import queries
from llmkick_core.store.filters import Filter
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, Said, add_run, answers_and_scores, spec

A, B = spec().run_id, spec(WANDA_50).run_id
IDS = [sample.sample_id for sample in SAMPLES]


def ids(frame) -> list[str]:
    return frame["sample_id"].tolist()


def test_a_pair_by_hand(db):
    summary = queries.pair_summary(db, A, B)
    assert summary.counts == {
        "all": 5,
        "broke": 2,
        "fixed": 1,
        "both_right": 1,
        "both_wrong": 0,
        "unscored": 1,
        "measured": 0,
        "different": 4,
    }
    assert (summary.task, summary.metric, summary.verdict) == ("factoid_qa", "exact_match", "undecided")
    facts = ["capital/Mongolia", "capital/Mongolia", "symbol/tungsten", "", ""]
    nan = math.nan
    assert summary.comparison == compare([1, 1, 1, 0, nan], [0, 1, 0, 1, 0], groups=facts)
    # Mongolia had both wordings and keeps one, tungsten had its only one and lost it, Emma was not known
    assert (summary.facts.n_known, summary.facts.n_lost, summary.facts.n_fragile) == (2, 1, 1)


def test_the_chips_agree_with_the_list(db):
    counts = queries.pair_summary(db, A, B).counts
    for outcome in (*queries.OUTCOMES, "different"):
        wanted = Filter(outcome=outcome)
        assert len(queries.pair_ids(db, A, B, wanted=wanted)) == len(queries.pair_rows(db, A, B, wanted=wanted)) == counts[outcome]
    assert len(queries.pair_ids(db, A, B)) == counts["all"]


def test_the_list_shows_the_worst_first(db):
    rows = queries.pair_rows(db, A, B)
    assert ids(rows) == [IDS[2], IDS[0], IDS[1], IDS[3], IDS[4]]
    assert rows["damage"].tolist()[:4] == pytest.approx([5.0, 3.0, 0.7, -3.5])
    assert math.isnan(rows["damage"].iloc[4])
    assert rows["outcome"].tolist() == ["broke", "broke", "both_right", "fixed", "unscored"]
    assert rows.loc[0, ["question", "subject", "gold"]].tolist() == ["What is the symbol of tungsten?", "chemistry", "W"]


def test_the_list_in_the_order_of_the_data(db):
    assert ids(queries.pair_rows(db, A, B, sort="position")) == IDS


def test_the_list_in_pages(db):
    whole = ids(queries.pair_rows(db, A, B))
    paged = [id_ for offset in (0, 2, 4, 6) for id_ in ids(queries.pair_rows(db, A, B, limit=2, offset=offset))]
    assert paged == whole == queries.pair_ids(db, A, B)
    assert list(queries.pair_rows(db, A, B, offset=99).columns) == list(queries.pair_rows(db, A, B).columns)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"outcome": "broke"}, [2, 0]),
        ({"outcome": "different"}, [2, 0, 3, 4]),
        ({"subject": "geography"}, [0, 1]),
        ({"subject": "geography", "outcome": "fixed"}, []),
        ({"search": "MONGOLIA"}, [0, 1]),
        ({"search": "ashgabat"}, [0]),  # an answer
        ({"search": "jane"}, [3]),  # a right answer
        ({"search": "100%"}, [4]),  # no wildcard
        ({"search": "_"}, []),
        ({"search": "'; DROP TABLE runs; --"}, []),
        ({"search": "  "}, [2, 0, 1, 3, 4]),
    ],
)
def test_filters(db, filters, expected):
    wanted = Filter(**filters)
    assert ids(queries.pair_rows(db, A, B, wanted=wanted)) == [IDS[k] for k in expected]
    assert queries.pair_ids(db, A, B, wanted=wanted) == [IDS[k] for k in expected]


@pytest.mark.parametrize("filters", [{}, {"subject": "geography"}, {"search": "ashgabat"}, {"subject": "geography", "search": "Jane"}])
def test_the_chips_count_what_subject_and_search_leave(db, filters):
    counts = queries.pair_counts(db, A, B, wanted=Filter(outcome="broke", **filters))
    for outcome, n in counts.items():
        assert n == len(queries.pair_ids(db, A, B, wanted=Filter(outcome=None if outcome == "all" else outcome, **filters)))
    assert list(counts) == list(queries.pair_summary(db, A, B).counts)
    if not filters:
        assert counts == queries.pair_summary(db, A, B).counts


def test_the_other_scorer_judges_the_same_answers(db):
    counts = queries.pair_summary(db, A, B, "paper").counts
    assert (counts["both_right"], counts["different"]) == (5, 4)


def test_a_scorer_without_scores_leaves_all_unscored(db):
    summary = queries.pair_summary(db, A, B, "judge")
    assert (summary.counts["unscored"], summary.comparison.n, summary.verdict) == (5, 0, "undecided")


def test_a_half_finished_run_is_compared_on_what_it_answered(small, open_store):
    other = spec(WANDA_50.__class__(method="wanda", sparsity=0.3))
    add_run(small, other, [Said(0, "no", -9.0)] * 2, SAMPLES[:2])
    db = open_store(small)
    assert queries.pair_summary(db, A, other.run_id).counts["all"] == 2


def test_what_a_page_does_to_its_rows_does_not_reach_the_next(db):
    rows = queries.pair_rows(db, A, B)
    rows["outcome"] = "mine"
    rows.loc[0, "question"] = "mine"
    frame = queries.pair_frame(db, A, B)
    frame["damage"] = 0.0
    assert queries.pair_rows(db, A, B).loc[0, "question"] == "What is the symbol of tungsten?"
    assert queries.pair_frame(db, A, B)["damage"].iloc[0] == pytest.approx(3.0)


def test_an_unknown_run_is_named(db):
    with pytest.raises(StoreError, match="no run 'nope'"):
        queries.pair_summary(db, A, "nope")
    with pytest.raises(StoreError, match="no run 'nope'"):
        queries.pair_rows(db, "nope", B)


def test_new_answers_show_at_once(small, open_store):
    db = open_store(small)
    assert len(queries.pair_ids(db, A, B)) == 5
    stranger = Sample(sample_id="late", question="?", turns=("?",))  # not in the questions' file
    for run_id in (A, B):
        append_part(run_dir(small, run_id), *answers_and_scores(run_id, [SAMPLES[3], stranger], [Said(1, "x")] * 2))
    ingest(db)
    assert queries.pair_ids(db, A, B, sort="position") == IDS
    assert queries.pair_ids(db, A, B, wanted=Filter(outcome="both_right", search="x")) == [IDS[3]]


def test_a_conversation_is_right_when_all_its_checkable_turns_are(tmp_path, open_store):
    talk = [Sample(sample_id=f"t{k}", question="?", turns=("a", "b"), subject="chat") for k in range(3)]
    dense, other = spec(task="instruction_following"), spec(WANDA_50, "instruction_following")
    values = {dense.run_id: [(1, 1), (1, None), (0, 1)], other.run_id: [(1, 0), (1, None), (1, 1)]}
    for one in (dense, other):
        write_spec(tmp_path, one)
        write_samples(tmp_path, one.run_id, talk)
        rows = [(sample, turn, value) for sample, pair in zip(talk, values[one.run_id], strict=True) for turn, value in enumerate(pair)]
        answers = [
            Answer(
                run_id=one.run_id,
                sample_id=sample.sample_id,
                turn=turn,
                text=f"{value}",
                gold_logprob=None if value is None else value - 2.0,
            )
            for sample, turn, value in rows
        ]
        scores = [
            Score(run_id=one.run_id, sample_id=sample.sample_id, turn=turn, scorer="corrected", metric="exact_match", value=value)
            for sample, turn, value in rows
        ]
        append_part(run_dir(tmp_path, one.run_id), answers, scores)
    db = open_store(tmp_path)
    rows = queries.pair_rows(db, dense.run_id, other.run_id)
    assert dict(zip(rows["sample_id"], rows["outcome"], strict=True)) == {"t0": "broke", "t1": "both_right", "t2": "fixed"}
    assert rows["damage"].tolist()[:1] == [1.0]  # the worst turn
    assert queries.pair_summary(db, dense.run_id, other.run_id).comparison.dense_share == pytest.approx((1 + 1 + 0.5) / 3)


def test_graded_answers_break_below_a_half(tmp_path, open_store):
    dense, other = spec(task="summarization"), spec(WANDA_50, "summarization")
    add_run(tmp_path, dense, [Said(0.9), Said(0.6), Said(0.2)], SAMPLES[:3], "entities_kept")
    add_run(tmp_path, other, [Said(0.6), Said(0.4), Said(0.9)], SAMPLES[:3], "entities_kept")
    db = open_store(tmp_path)
    rows = queries.pair_rows(db, dense.run_id, other.run_id, sort="position")
    assert rows["outcome"].tolist() == ["both_right", "broke", "fixed"]
    assert rows["damage"].tolist() == pytest.approx([0.3, 0.2, -0.7])  # no right answer to measure: the drop of the value


def windows(store, one, nlls, n_tokens=10):
    write_spec(store, one)
    write_samples(store, one.run_id, [Sample(sample_id="text", question="Once", turns=("Once",))])
    answers = [
        Answer(run_id=one.run_id, sample_id="text", turn=k, n_tokens=n_tokens, nll=nll, finish="scored") for k, nll in enumerate(nlls)
    ]
    scores = [Score(run_id=one.run_id, sample_id="text", turn=k, scorer="corrected", metric="nll", value=nll) for k, nll in enumerate(nlls)]
    append_part(run_dir(store, one.run_id), answers, scores)


def test_perplexity_is_measured_over_windows(tmp_path, open_store):
    dense, other = spec(task="perplexity"), spec(WANDA_50, "perplexity")
    windows(tmp_path, dense, [10 * math.log(2)] * 8)
    windows(tmp_path, other, [10 * math.log(3)] * 8)
    db = open_store(tmp_path)
    summary = queries.pair_summary(db, dense.run_id, other.run_id)
    assert (summary.metric, summary.comparison.n, summary.verdict, summary.facts) == ("nll", 8, "not matching", None)
    assert (summary.comparison.dense_share, summary.comparison.compressed_share) == pytest.approx((2, 3))
    assert (summary.counts["measured"], summary.counts["broke"]) == (1, 0)
    rows = queries.pair_rows(db, dense.run_id, other.run_id)
    assert rows["damage"].tolist() == pytest.approx([math.log(1.5)])


def test_a_large_list_looks_up_only_what_is_in_sight(tmp_path, open_store, monkeypatch):
    samples = [Sample(sample_id=f"q{k}", question=f"question {k}", turns=("?",), gold=(("x",),)) for k in range(3000)]
    for one, right in ((spec(), 1), (spec(WANDA_50), 0)):
        add_run(tmp_path, one, [Said(right, f"{right}", -0.001 * k * (1 - right)) for k in range(3000)], samples)
    db = open_store(tmp_path)
    queries.pair_summary(db, A, B)
    asked = []
    real = db.rows
    monkeypatch.setattr(db, "rows", lambda sql, values=(): asked.append((sql, values)) or real(sql, values))
    rows = queries.pair_rows(db, A, B, wanted=Filter(outcome="broke"), limit=20, offset=2000)
    assert rows["question"].tolist() == [f"question {k}" for k in range(999, 979, -1)]
    assert [len(values["ids"]) for _, values in asked] == [20]
    queries.pair_rows(db, A, B, wanted=Filter(outcome="broke"), limit=20, offset=2000)
    assert len(asked) == 1  # kept until something is written


def test_dense_against_itself_changes_nothing(db):
    summary = queries.pair_summary(db, A, A)
    assert (summary.counts["broke"], summary.counts["different"], summary.comparison.delta) == (0, 0, 0)
    assert len(DENSE_SAID) == summary.counts["all"]

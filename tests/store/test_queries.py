"""What pages show beside the list: overview, detail, ladder, layers, health; and the report."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from llmkick_core import catalog
from llmkick_core.errors import StoreError
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Answer, Calibration, Recipe, Sample, Score
from llmkick_core.stats.intervals import wilson
from llmkick_core.store import queries
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.report import COMPARISON_KEYS, RUN_KEYS, report
from llmkick_core.store.runs import write_layers, write_samples, write_spec
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, Said, add_run, spec

A, B = spec().run_id, spec(WANDA_50).run_id
MODEL = "bundled:test"


def test_the_overview_agrees_with_the_pair(db):
    overview = queries.run_overview(db, MODEL)
    assert overview["recipe"].tolist() == ["dense", "wanda-50"]
    dense, wanda = overview.to_dict("records")
    assert (dense["n"], dense["n_unscored"], dense["score"], dense["verdict"]) == (4, 1, 0.75, None)
    assert math.isnan(dense["delta"])
    comparison = queries.pair_summary(db, A, B).comparison
    assert (wanda["dense_run_id"], wanda["broke"], wanda["fixed"], wanda["verdict"]) == (A, 2, 1, "undecided")
    assert (wanda["n"], wanda["score"]) == (5, 0.4)
    assert [wanda[name] for name in ("dense_score", "delta", "delta_low", "delta_high", "p_value")] == [
        comparison.dense_share,
        comparison.delta,
        comparison.low,
        comparison.high,
        comparison.p_value,
    ]
    assert wanda["low"] <= wanda["score"] <= wanda["high"]


def test_recipes_stand_in_one_order(tmp_path, open_store):
    recipes = [
        Recipe(method="rtn", bits=4),
        Recipe(method="int8"),
        Recipe(method="wanda", structure="2:4"),
        Recipe(method="wanda", sparsity=0.7),
        Recipe(method="rtn", bits=8),
        Recipe(method="wanda", sparsity=0.3),
        Recipe(method="magnitude", sparsity=0.5),
        Recipe(),
    ]
    for recipe in recipes:
        add_run(tmp_path, spec(recipe), DENSE_SAID)
    db = open_store(tmp_path)
    expected = ["dense", "magnitude-50", "wanda-30", "wanda-70", "wanda-2:4", "int8", "rtn-8bit", "rtn-4bit"]
    assert queries.run_overview(db, MODEL)["recipe"].tolist() == expected
    assert queries.fact_curve(db, spec().comparison_id)["recipe"].tolist() == expected
    assert queries.other_recipes(db, "author/Emma#0", spec().comparison_id)["recipe"].tolist() == expected
    assert [row["recipe"] for row in report(db)["runs"]] == expected


def test_a_run_without_dense_has_a_score_and_no_verdict(tmp_path, open_store):
    add_run(tmp_path, spec(WANDA_50), DENSE_SAID)
    row = queries.run_overview(open_store(tmp_path), MODEL).iloc[0]
    assert (row["score"], row["verdict"], row["dense_run_id"]) == (0.75, None, None)
    assert pd.isna(row["broke"])


def test_two_calibrations_of_one_recipe_are_told_apart(small, open_store):
    quick = Calibration(n_samples=16, seq_len=512)
    for sparsity, said in ((0.3, DENSE_SAID), (0.7, [Said(0)] * 5)):
        add_run(small, spec(Recipe(method="wanda", sparsity=sparsity, calibration=quick)), said)
    db = open_store(small)
    rows = queries.run_overview(db, MODEL).set_index("recipe")
    assert (rows.loc["dense", "calibration"], rows.loc["dense", "order"]) == (None, None)
    assert json.loads(rows.loc["wanda-50", "calibration"]) == WANDA_50.to_dict()["calibration"]
    assert (json.loads(rows.loc["wanda-30", "calibration"])["n_samples"], quick.n_samples) == (16, 16)
    assert rows.loc["wanda-30", "order"] == "layer"
    # 50% has other calibration text: it is no step between 30% and 70%, and tungsten, lost at 50%, does not die there for them
    lifetimes = queries.fact_curve(db, spec().comparison_id).set_index("recipe")["median_lifetime"]
    assert lifetimes[["wanda-30", "wanda-70", "wanda-50"]].tolist() == [0.7, 0.7, 0.5]


def test_runs_of_other_comparisons_are_kept_apart(small, open_store):
    add_run(small, spec(WANDA_50, limit=2), [Said(0), Said(0)], SAMPLES[:2])
    db = open_store(small)
    overview = queries.run_overview(db, MODEL)
    assert overview["comparison_id"].nunique() == 2
    assert overview[overview["limit"] == 2]["dense_run_id"].tolist() == [None]
    comparisons = queries.comparisons(db)
    assert comparisons["n_runs"].tolist() == [2, 1]
    assert comparisons["n_questions"].tolist() == [5, 2]
    assert comparisons["dense_run_id"].tolist() == [A, None]
    assert comparisons["limit"].isna().tolist() == [True, False]


def test_perplexity_in_the_overview(tmp_path, open_store):
    for one, nats in ((spec(task="perplexity"), 2), (spec(WANDA_50, "perplexity"), 3)):
        write_spec(tmp_path, one)
        answers = [
            Answer(run_id=one.run_id, sample_id="t", turn=k, n_tokens=10 + k, nll=(10 + k) * math.log(nats), finish="scored")
            for k in range(6)
        ]
        scores = [Score(run_id=one.run_id, sample_id="t", turn=k, scorer="corrected", metric="nll", value=answers[k].nll) for k in range(6)]
        write_samples(tmp_path, one.run_id, [Sample(sample_id="t", question="Once", turns=("Once",))])
        append_part(run_dir(tmp_path, one.run_id), answers, scores)
    db = open_store(tmp_path)
    dense, wanda = queries.run_overview(db, MODEL).to_dict("records")
    assert (dense["score"], wanda["score"], wanda["delta"], wanda["n"]) == pytest.approx((2, 3, 1, 6))
    assert wanda["verdict"] == "not matching"
    assert queries.fact_curve(db, spec(task="perplexity").comparison_id).empty
    assert queries.biggest_breaks(db, MODEL).empty


def test_an_unknown_model_has_no_rows(db):
    assert queries.run_overview(db, "bundled:none").empty
    assert queries.fact_curve(db, "none").empty
    assert queries.biggest_breaks(db, "bundled:none").empty
    assert queries.other_recipes(db, "x", "none").empty


def test_an_empty_store_answers_with_nothing(tmp_path, open_store):
    db = open_store(tmp_path)
    assert queries.models(db).empty
    assert queries.comparisons(db).empty
    assert queries.run_overview(db, MODEL).columns.tolist()[0] == "run_id"
    assert report(db) == {"runs": [], "comparisons": []}
    assert queries.store_health(db).n_answers == 0


def test_models_and_subjects(small, open_store):
    write_spec(small, spec(task="perplexity"))
    db = open_store(small)
    assert queries.models(db).to_dict("records") == [{"model": MODEL, "n_runs": 3, "n_recipes": 2, "n_tasks": 2, "n_answers": 10}]
    assert queries.subjects(db, A) == ["chemistry", "geography", "literature"]
    with pytest.raises(StoreError, match="no run"):
        queries.subjects(db, "nope")
    assert len(queries.run_overview(db, MODEL)) == 2  # a run without answers has no row


def test_facts_by_recipe(db):
    curve = queries.fact_curve(db, spec().comparison_id).set_index("recipe")
    # dense: Mongolia and tungsten alive, Emma lost, Ulysses unscored; wanda: Mongolia fragile, tungsten lost, Emma alive, Ulysses lost
    assert curve.loc["dense", ["n_facts", "alive", "fragile", "lost"]].tolist() == pytest.approx([3, 2 / 3, 0, 1 / 3])
    assert curve.loc["wanda-50", ["n_facts", "alive", "fragile", "lost"]].tolist() == pytest.approx([4, 1 / 4, 1 / 4, 2 / 4])
    assert math.isnan(curve.loc["dense", "median_lifetime"])
    assert curve.loc["wanda-50", "median_lifetime"] == 0.5  # of Mongolia and tungsten one has died: half


def test_the_detail_of_a_question(db):
    detail = queries.sample_detail(db, SAMPLES[0].sample_id, [A, B])
    assert detail.sample == SAMPLES[0]
    assert detail.position == 0
    dense, wanda = detail.sides
    assert (dense.recipe, dense.is_right, wanda.recipe, wanda.is_right) == ("dense", True, "wanda-50", False)
    assert (dense.n_wordings, dense.n_wordings_right, wanda.n_wordings_right) == (2, 2, 1)
    turn = wanda.turns[0]
    assert (turn.text, turn.extracted, turn.value, turn.scores) == (" Ashgabat", "Ashgabat", 0.0, {"exact_match": 0.0})
    assert turn.p_gold == pytest.approx(math.exp(-3.1))
    assert (turn.choice_probabilities, turn.margin) == ((), None)


def test_the_detail_of_an_unscored_and_of_an_unanswered_question(small, open_store):
    other = spec(Recipe(method="wanda", sparsity=0.3))
    add_run(small, other, [Said(0, "no")], SAMPLES[:1])
    detail = queries.sample_detail(open_store(small), SAMPLES[4].sample_id, [A, other.run_id])
    assert (detail.sides[0].is_right, detail.sides[0].n_wordings) == (None, 0)
    assert detail.sides[1].turns == ()


def test_a_question_that_is_not_there_is_named(db):
    with pytest.raises(StoreError, match="no question 'nope'"):
        queries.sample_detail(db, "nope", [A])
    with pytest.raises(StoreError, match="no run 'nope'"):
        queries.sample_detail(db, SAMPLES[0].sample_id, [A, "nope"])


@pytest.mark.parametrize("formulation", ["letters", "cloze"])
def test_probabilities_of_options(tmp_path, open_store, formulation):
    one = spec(task="multiple_choice", formulation=formulation)
    write_spec(tmp_path, one)
    write_samples(tmp_path, one.run_id, [Sample(sample_id="m", question="?", turns=("?",), choices=("Oslo", "Ulaanbaatar"), gold_choice=1)])
    answer = Answer(
        run_id=one.run_id,
        sample_id="m",
        text="Oslo",
        choice_logprobs=(-4.0, -5.5),
        choice_lengths=(4, 11),
        gold_logprob=-5.5,
        finish="scored",
    )
    append_part(
        run_dir(tmp_path, one.run_id),
        [answer],
        [Score(run_id=one.run_id, sample_id="m", scorer="corrected", metric="accuracy", value=0.0)],
    )
    turn = queries.sample_detail(open_store(tmp_path), "m", [one.run_id]).sides[0].turns[0]
    compared = (-4.0, -5.5) if formulation == "letters" else (-1.0, -0.5)
    total = sum(math.exp(p) for p in compared)
    assert turn.choice_probabilities == pytest.approx([math.exp(p) / total for p in compared])
    assert turn.p_gold == pytest.approx(turn.choice_probabilities[1])
    assert turn.margin == pytest.approx(compared[1] - compared[0])


def test_what_other_recipes_make_of_a_question(small, open_store):
    add_run(small, spec(Recipe(method="wanda", sparsity=0.3)), [Said(1, " x", -1.0)] * 5)
    others = queries.other_recipes(open_store(small), SAMPLES[4].sample_id, spec().comparison_id)
    assert others["recipe"].tolist() == ["dense", "wanda-30", "wanda-50"]
    assert others["sparsity"].tolist()[1:] == [0.3, 0.5]
    assert others["is_right"].tolist() == [pd.NA, True, False]


def test_the_biggest_breaks_are_listed_once_a_fact_and_worst_first(small, open_store):
    worse = [Said(0, " Bishkek", -8.0), Said(0, " Bishkek", -7.5), *[Said(1, " x", -0.1)] * 3]
    add_run(small, spec(Recipe(method="wanda", sparsity=0.7)), worse)
    db = open_store(small)
    breaks = queries.biggest_breaks(db, MODEL, 10)
    assert breaks[["sample_id", "recipe"]].values.tolist() == [["capital/Mongolia#0", "wanda-70"], ["symbol/tungsten#0", "wanda-50"]]
    assert breaks["damage"].tolist() == pytest.approx([7.9, 5.0])
    assert breaks.loc[0, ["dense_run_id", "question", "gold", "task"]].tolist() == [A, SAMPLES[0].question, "Ulaanbaatar", "factoid_qa"]
    assert len(queries.biggest_breaks(db, MODEL, 1)) == 1
    assert queries.biggest_breaks(db, MODEL, only=(B,))["recipe"].tolist() == ["wanda-50", "wanda-50"]
    assert queries.biggest_breaks(db, MODEL, only=()).empty


def test_layers_of_a_run(small, open_store):
    rows = [
        LayerReport(name=name, block=block, n_out=2, n_in=4, sparsity=0.5, structure_ok=None, error=0.1 * block, bits=8.5, seconds=0.1)
        for block, name in ((0, "q"), (0, "a"), (1, "q1"))
    ]
    write_layers(small, B, rows)
    db = open_store(small)
    assert queries.layers(db, B)["name"].tolist() == ["q", "a", "q1"]
    assert queries.layers(db, A).empty
    totals = queries.layer_totals(db, B)
    assert (totals.n_layers, totals.n_weights, totals.sparsity, totals.is_structured, totals.bits) == (3, 24, 0.5, None, 8.5)
    assert (totals.n_bytes_dense, totals.n_bytes, totals.worst_layer) == (48, 26, "q1")
    assert (totals.error, totals.worst_error) == (0, pytest.approx(0.1))
    assert queries.layer_totals(db, A) is None


def test_layers_of_a_kind_are_told_by_what_they_are_in_their_block(small, open_store):
    names = ("model.layers.0.mlp.experts.0.up_proj", "model.layers.0.self_attn.q_proj")
    rows = [
        LayerReport(
            name=name, block=0, n_out=2, n_in=4, sparsity=0.5, structure_ok=None, error=None, bits=8.5, seconds=0.1, note=f"about {name}"
        )
        for name in names
    ]
    write_layers(small, B, rows)
    found = queries.layers(open_store(small), B)
    assert found["kind"].tolist() == ["mlp.experts.up_proj", "self_attn.q_proj"]
    assert found["note"].tolist() == [f"about {name}" for name in names]


def test_health_counts_and_names_what_is_damaged(small, open_store):
    db = open_store(small)
    (run_dir(small, A) / "part-00001.jsonl").write_text("torn")
    (run_dir(small, A) / "part-00002.jsonl.corrupt").write_text("torn")
    append_part(run_dir(small, B), [Answer(run_id=B, sample_id="late")], [])
    health = queries.store_health(db)
    assert (health.n_runs, health.n_answers, health.n_scores, health.n_questions, health.n_parts) == (2, 10, 20, 5, 2)
    assert [name in line for name, line in zip(("00002", "00001"), health.damaged, strict=True)] == [True, True]
    assert [path.endswith("part-00001.jsonl") for path in health.waiting] == [True]
    assert health.runs_bytes > 1000
    assert health.database_bytes > 0
    assert health.checkpoint_bytes == 0


def test_the_report_is_json_with_the_keys_that_scripts_rely_on(small, open_store):
    add_run(small, spec(WANDA_50, "closed_book_qa"), [Said(None)] * 5)
    found = report(open_store(small))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(tuple(row) == RUN_KEYS for row in found["runs"])
    assert all(tuple(row) == COMPARISON_KEYS for row in found["comparisons"])
    assert [(row["task"], row["recipe"]) for row in found["runs"]] == [
        ("closed_book_qa", "wanda-50"),
        ("factoid_qa", "dense"),
        ("factoid_qa", "wanda-50"),
    ]
    unscored, dense, wanda = found["runs"]
    assert (unscored["n"], unscored["score"], unscored["low"], unscored["n_unscored"]) == (0, None, None, 5)
    assert (dense["sparsity"], dense["bits"], dense["score"], dense["scorer"]) == (None, None, 0.75, "corrected")
    assert isinstance(wanda["n"], int)
    assert [(row["run_id"], row["broke"], row["verdict"]) for row in found["comparisons"]] == [(B, 2, "undecided")]
    # Mongolia's wordings agree, so dense's 3 of 4 weigh as much as the facts they come from allow
    assert dense["low"] <= wilson(3, 4)[0]


def test_an_infinite_perplexity_is_null_in_the_report(tmp_path, open_store):
    one = spec(task="perplexity")
    write_spec(tmp_path, one)
    append_part(
        run_dir(tmp_path, one.run_id),
        [Answer(run_id=one.run_id, sample_id="t", turn=k, n_tokens=1, nll=5000.0, finish="scored") for k in range(6)],
        [Score(run_id=one.run_id, sample_id="t", turn=k, scorer="corrected", metric="nll", value=5000.0) for k in range(6)],
    )
    row = report(open_store(tmp_path))["runs"][0]
    assert (row["n"], row["score"]) == (6, None)


def test_answers_are_scored_by_every_measure_that_their_task_declares():
    for task in catalog.TASKS.values():
        sample = Sample(
            sample_id="s", question="?", turns=("?",), gold=(("x",),), choices=("x", "y"), gold_choice=0, evidence="x", reference="x"
        )
        answer = Answer(run_id="r", sample_id="s", text="x", choice_logprobs=(-1.0, -2.0), choice_lengths=(1, 1), nll=1.0, n_tokens=1)
        scored = {score.metric: score for score in task.score(sample, [answer], "corrected")}
        assert {measure.name for measure in task.measures} <= set(scored)

"""Scoring stored answers anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmkick_core.catalog import TASKS
from llmkick_core.cli import app
from llmkick_core.errors import TaskError
from llmkick_core.rescore import rescore
from llmkick_core.schema import Score
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.locks import group_lock, held
from llmkick_core.store.parts import append_part, part_files, read_parts
from llmkick_core.store.report import outcome_counts, report, stored_scorers
from tests.small_store import SAMPLES, WANDA_50, Said, add_run, spec

SAID = [Said(0.0, " Ulaanbaatar"), Said(1.0, " Ashgabat"), Said(0.0, " x"), Said(1.0, " W"), Said(1.0, " y")]
"""With scores that are partly wrong."""


def exact(store: Path, run_id: str) -> dict[str, float]:
    """Return what the database says of each sample."""
    with Database(store) as db:
        ingest(db)
        rows = db.query(
            "SELECT sample_id, value FROM scores WHERE run_id = ? AND scorer = 'corrected' AND metric = 'exact_match'", [run_id]
        )
    return dict(zip(rows["sample_id"], rows["value"], strict=True))


def test_scores_follow_the_rules_as_they_are_now_and_answers_stay(tmp_path: Path):
    run_id = add_run(tmp_path, spec(WANDA_50), SAID)
    before = [answers for answers, _ in read_parts(run_dir(tmp_path, run_id))]
    exact(tmp_path, run_id)
    found = list(rescore(tmp_path))
    assert [(one.run_id, one.n_answers, one.skipped) for one in found] == [(run_id, len(SAID), "")]
    assert found[0].n_changed > 0
    task = TASKS["factoid_qa"]
    given = {answer.sample_id: answer for answers in before for answer in answers}
    wanted = {
        sample.sample_id: score.value
        for sample in SAMPLES
        for score in task.score(sample, [given[sample.sample_id]], "corrected")
        if score.metric == "exact_match"
    }
    assert exact(tmp_path, run_id) == wanted
    after = [answers for answers, _ in read_parts(run_dir(tmp_path, run_id))]
    assert after == [*before, []]


def test_a_second_time_changes_nothing(tmp_path: Path):
    run_id = add_run(tmp_path, spec(), SAID)
    list(rescore(tmp_path))
    n_parts = len(part_files(run_dir(tmp_path, run_id)))
    assert [one.n_changed for one in rescore(tmp_path)] == [0]
    assert len(part_files(run_dir(tmp_path, run_id))) == n_parts


def test_a_run_that_is_being_computed_or_damaged_is_left_alone(tmp_path: Path):
    busy, damaged = add_run(tmp_path, spec(), SAID), add_run(tmp_path, spec(WANDA_50), SAID)
    part = part_files(run_dir(tmp_path, damaged))[0]
    part.write_text(part.read_text().replace("Ashgabat", "Tashkent"))
    with held(group_lock(tmp_path, spec().compression_id)) as is_mine:
        assert is_mine
        found = {one.run_id: one for one in rescore(tmp_path)}
    assert "being computed" in found[busy].skipped
    assert str(part) in found[damaged].skipped
    assert sum(one.n_changed for one in found.values()) == 0


def test_the_command_tells_what_changed(tmp_path: Path):
    add_run(tmp_path, spec(), SAID)
    first, second = (CliRunner().invoke(app, ["rescore", "--store", str(tmp_path), "--json"]) for _ in range(2))
    told = json.loads(first.stdout)
    assert (first.exit_code, told["n_runs"], told["n_answers"]) == (0, 1, len(SAID))
    assert told["n_changed"] > 0
    assert json.loads(second.stdout) == {**told, "n_changed": 0}
    assert "0 scores are other than before" in CliRunner().invoke(app, ["rescore", "--store", str(tmp_path)]).stdout


def test_an_unfinished_run_is_scored_as_far_as_it_goes(tmp_path: Path):
    run_id = add_run(tmp_path, replace(spec(), limit=3), SAID[:3], SAMPLES[:3])
    assert [(one.run_id, one.n_answers) for one in rescore(tmp_path)] == [(run_id, 3)]


def scored_by(store: Path, run_id: str) -> dict[str, dict[str, float | None]]:
    """Return the value of each sample under each scorer, as the parts have them."""
    values: dict[str, dict[str, float | None]] = {}
    for _, scores in read_parts(run_dir(store, run_id)):
        for score in scores:
            if score.metric == "exact_match":
                values.setdefault(score.scorer, {})[score.sample_id] = score.value
    return values


def test_another_scorer_is_added_and_no_other_score_nor_answer_touched(tmp_path: Path):
    run_id = add_run(tmp_path, spec(), SAID)
    list(rescore(tmp_path))
    before = scored_by(tmp_path, run_id)
    answers = [said for said, _ in read_parts(run_dir(tmp_path, run_id))]
    assert [one.n_changed for one in rescore(tmp_path, ["paper:first_parse,substring", "paper:substring,first_parse"])] == [3 * len(SAID)]
    after = scored_by(tmp_path, run_id)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"paper:substring,first_parse"}
    assert [said for said, _ in read_parts(run_dir(tmp_path, run_id))] == [*answers, []]
    assert [one.n_changed for one in rescore(tmp_path, ["paper:substring,first_parse"])] == [0]


def test_without_a_name_every_scorer_that_answers_have_is_scored_anew(tmp_path: Path):
    run_id = add_run(tmp_path, spec(), SAID)
    list(rescore(tmp_path, ["paper:substring"]))
    stale = [
        Score(run_id=run_id, sample_id=SAMPLES[0].sample_id, scorer=scorer, metric="exact_match", value=0.5)
        for scorer in ("paper:substring", "gone")
    ]
    append_part(run_dir(tmp_path, run_id), [], stale)
    list(rescore(tmp_path))
    found = scored_by(tmp_path, run_id)
    assert found["paper:substring"][SAMPLES[0].sample_id] == 1.0
    assert found["gone"] == {SAMPLES[0].sample_id: 0.5}  # its rule is no longer there


def test_a_scorer_that_does_not_exist_is_told_before_anything_is_scored(tmp_path: Path):
    run_id = add_run(tmp_path, spec(), SAID)
    with pytest.raises(TaskError, match="no mistake 'half'"):
        list(rescore(tmp_path, ["corrected", "paper:half"]))
    assert len(part_files(run_dir(tmp_path, run_id))) == 1
    told = CliRunner().invoke(app, ["rescore", "--store", str(tmp_path), "--scorer", "strict"])
    assert (told.exit_code, told.stderr.count("\n")) == (2, 1)


def test_rescoring_tells_the_outcome_of_answers_that_were_scored_before_kinds_were_told(tmp_path: Path):
    said = [Said(0.0, " Ulaanbaatar"), Said(0.0, " Ashgabat"), Said(0.0, "\n"), Said(0.0, " W W W W W"), Said(0.0, " James Joyce")]
    run_id = add_run(tmp_path, spec(), said)
    with Database(tmp_path) as db:
        ingest(db)
        assert outcome_counts(db) == {}
        assert report(db)["runs"][0]["outcomes"] is None
        list(rescore(tmp_path))
        ingest(db)
        counts = {"right": 2, "wrong": 1, "empty": 1, "loop": 1, "overflow": 0, "unparsed": 0}
        assert outcome_counts(db)[run_id] == counts
        assert report(db)["runs"][0]["outcomes"] == counts
        assert stored_scorers(db) == ["corrected", "paper"]


def test_a_thought_that_a_stored_answer_holds_is_not_scored_any_more(tmp_path: Path):
    run_id = add_run(tmp_path, spec(WANDA_50), [Said(1.0, f"<think>{sample.gold[0][0]}?</think> nobody knows") for sample in SAMPLES])
    assert set(exact(tmp_path, run_id).values()) == {1.0}
    list(rescore(tmp_path))
    assert set(exact(tmp_path, run_id).values()) == {0.0}

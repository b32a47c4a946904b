"""What each mistake of the reference code makes of a score, counted by hand; and both scorings as they are printed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from llmkick_core.catalog import TASKS
from llmkick_core.cli import app
from llmkick_core.cli.scorings import print_scorings
from llmkick_core.mistakes import effect, mistakes_in, reasons
from llmkick_core.rescore import rescore
from llmkick_core.schema import Answer, RunSpec, Sample
from llmkick_core.scoring.paper import MISTAKES
from llmkick_core.settings import PROJECT_ROOT
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part, part_files
from llmkick_core.store.runs import write_samples, write_spec
from tests.small_store import SAMPLES, WANDA_50, Said, add_run, spec

ASKED = [replace(sample, reference=sample.gold[0][-1]) for sample in SAMPLES]
"""The last name is the first parse's: of Mongolia's capital the paper's code accepts "Ulan Bator" alone."""

SAID = [Said(1.0, " Ulaanbaatar"), Said(1.0, " Ulaanbaatar"), Said(0.0, " not W"), Said(0.0, ""), Said(0.0, " James")]
"""Corrected 2 of 5. substring: W is found besides. first_parse: the first answer is lost. n_plus_one: 2 / 4."""


def add(store: Path, run: RunSpec, samples: Sequence[Sample], answers: Sequence[Answer]) -> str:
    write_spec(store, run)
    write_samples(store, run.run_id, samples)
    append_part(run_dir(store, run.run_id), answers, [])
    return run.run_id


def test_each_mistake_alone_and_all_together(tmp_path: Path):
    found = effect(tmp_path, add_run(tmp_path, spec(), SAID, ASKED))
    assert (found.n, found.corrected) == (5, 0.4)
    assert found.deltas == {"substring": pytest.approx(0.2), "first_parse": pytest.approx(-0.2), "n_plus_one": pytest.approx(0.1)}
    # all: W and the second Ulaanbaatar, 2 / 4
    assert found.all_delta == pytest.approx(0.1)
    assert len(part_files(run_dir(tmp_path, spec().run_id))) == 1  # nothing was written


def test_one_question_cannot_be_divided_by_none(tmp_path: Path):
    found = effect(tmp_path, add_run(tmp_path, spec(), SAID[:1], ASKED[:1]))
    assert (found.corrected, found.deltas["n_plus_one"], found.all_delta) == (1.0, None, None)


def test_a_mistake_that_leaves_no_verdict_has_no_delta(tmp_path: Path):
    sample = Sample(sample_id="s", question="?", turns=("Question: ?\nAnswer:",), choices=("a", "b"), gold_choice=0)
    run = replace(spec(), task="multiple_choice", formulation="cloze")
    answer = Answer(run_id=run.run_id, sample_id="s", text="a", finish="scored", choice_logprobs=(-1.0, -2.0), choice_lengths=(1, 1))
    found = effect(tmp_path, add(tmp_path, run, [sample], [answer]))
    assert (found.corrected, found.deltas, found.all_delta) == (1.0, {"last_character": None}, None)


def test_a_conversation_counts_its_first_turn_alone_under_single_turn(tmp_path: Path):
    sample = Sample(sample_id="s", question="?", turns=("a", "b"), gold=(("Oslo",), ("Rome",)))
    run = replace(spec(), task="instruction_following")
    answers = [Answer(run_id=run.run_id, sample_id="s", turn=turn, text=text) for turn, text in enumerate(("Oslo", "Paris"))]
    found = effect(tmp_path, add(tmp_path, run, [sample], answers))
    assert (found.corrected, found.deltas) == (0.5, {"judge_only": None, "single_turn": 0.5})


def test_a_run_without_answers_has_no_score(tmp_path: Path):
    found = effect(tmp_path, add(tmp_path, spec(), ASKED, []))
    assert (found.n, found.corrected, found.all_delta) == (0, None, None)


def test_every_mistake_is_of_a_task_and_told_in_the_docs():
    told = (PROJECT_ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
    for mistake in MISTAKES:
        assert set(mistake.tasks) <= set(TASKS)
        assert f"`{mistake.name}`" in told
    assert mistakes_in("perplexity") == ()
    assert [mistake.name for mistake in mistakes_in("open_book_qa")] == ["containment"]


# the report


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with dense and wanda-50 answers, scored by both scorers as they are now."""
    add_run(tmp_path, spec(), [Said(1.0, " Ulaanbaatar"), Said(1.0, " Ulaanbaatar"), *SAID[2:]], ASKED)
    add_run(tmp_path, spec(WANDA_50), [Said(0.0, " W W W W W"), *SAID[1:]], ASKED)
    list(rescore(tmp_path))
    return tmp_path


def told(store: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["report", *words, "--store", str(store)])
    assert result.exit_code == code, result.stderr
    return result.stdout if code == 0 else result.stderr


def row_of(text: str, recipe: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.split()[:1] == [recipe]]
    return line.split()[1:]


def test_the_report_has_both_scorings_intervals_and_outcomes_side_by_side(store: Path):
    text = told(store)
    heads = next(line for line in text.splitlines() if "corrected" in line and "recipe" in line)
    assert heads.split() == ["recipe", "task", "n", "corrected", "paper", "right", "wrong", "empty", "loop", "flow", "parsed", "scored"]
    dense = row_of(text, "dense")
    assert dense[:3] == ["factoid_qa", "5", "40.0"]
    assert dense[3].startswith("[")
    assert dense[4].endswith("]")
    # paper: Ulaanbaatar as the first parse has it is question 1 alone, and W
    assert dense[5:] == ["40.0", "(+0.0)", "2", "2", "1", "0", "0", "0", "0"]
    assert row_of(text, "wanda-50")[-7:] == ["1", "2", "1", "1", "0", "0", "0"]


def test_a_narrow_terminal_gets_a_table_a_task_without_empty_columns(store: Path):
    out = io.StringIO()
    with Database(store) as db:
        ingest(db)
        print_scorings(Console(file=out, width=79), db)
    table = out.getvalue().partition("Scores in %")[0]
    assert "bundled:test: factoid_qa" in table
    assert "flow" not in table
    assert "…" not in table
    assert row_of(table, "wanda-50")[-5:] == ["1", "2", "1", "1", "0"]


def test_any_stored_scorer_can_be_asked_for(store: Path):
    assert "rescore --scorer paper:substring,first_parse" in told(store, "--scorer", "paper:first_parse,substring", code=2)
    list(rescore(store, ["paper:substring"]))
    assert row_of(told(store, "--scorer", "paper:substring"), "dense")[5:7] == ["60.0", "(+20.0)"]
    document = json.loads(told(store, "--scorer", "paper:substring", "--json"))
    assert [(row["scorer"], row["score"]) for row in document["runs"]] == [("paper:substring", 0.6), ("paper:substring", 0.4)]
    assert "paper" not in document
    assert "60.0" in told(store, "--scorer", "paper:substring", "--matrix")
    assert "no mistake 'x'" in told(store, "--scorer", "paper:x", code=2)


def test_the_document_holds_both_scorings(store: Path):
    document = json.loads(told(store, "--json"))
    assert [row["scorer"] for row in document["runs"]] == ["corrected", "corrected"]
    assert [row["scorer"] for row in document["paper"]] == ["paper", "paper"]
    assert [row["run_id"] for row in document["paper"]] == [row["run_id"] for row in document["runs"]]
    assert document["runs"][1]["outcomes"] == {"right": 1, "wrong": 2, "empty": 1, "loop": 1, "overflow": 0, "unparsed": 0}


def test_the_report_tells_the_mistakes_one_by_one(store: Path):
    assert row_of(told(store, "--mistakes"), "dense") == ["5", "40.0", "+20.0", "-20.0", "+10.0", "+10.0"]
    first, second = json.loads(told(store, "--mistakes", "--json"))["mistakes"]
    assert (first["recipe"], second["recipe"], first["task"], first["n"], first["score"]) == ("dense", "wanda-50", "factoid_qa", 5, 0.4)
    assert list(first["deltas"]) == ["substring", "first_parse", "n_plus_one"]
    assert first["all"] == pytest.approx(0.1)


def test_answers_scored_before_kinds_were_told_say_so(tmp_path: Path):
    add_run(tmp_path, spec(), SAID, ASKED)
    assert "rescore" in told(tmp_path)
    assert row_of(told(tmp_path), "dense")[-7:] == ["-"] * 6 + ["0"]


def test_the_mistake_that_changes_an_answers_verdict_is_named():
    sample = Sample(sample_id="s", question="Where?", turns=("Where is it? A:",), gold=(("America", "US"),), reference="US")

    def names(said: str) -> list[str]:
        found = reasons("factoid_qa", sample, [Answer(run_id="r", sample_id="s", text=said)])
        return [mistake.name for mistake in found.get(0, ())]

    assert names(" because nobody knows") == ["substring"]  # beca-us-e
    assert names(" America") == ["first_parse"]
    assert names(" US") == []


def test_a_verdict_that_a_mistake_takes_away_is_named_for_its_turn():
    sample = Sample(sample_id="s", question="Name it.", turns=("Name it.", "And?"), gold=(("Salix",), ("willows",)))
    answers = [Answer(run_id="r", sample_id="s", turn=k, text=text) for k, text in enumerate(("Salix", "willows"))]
    found = reasons("instruction_following", sample, answers)
    assert [mistake.name for mistake in found[0]] == ["judge_only"]
    assert [mistake.name for mistake in found[1]] == ["judge_only", "single_turn"]

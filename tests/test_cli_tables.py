"""Tables on a terminal: words of data and models as they stand, sampled runs told apart, runs that a scorer has not seen."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from llmkick_core.cli import app
from llmkick_core.cli.scorings import print_mistakes, print_scorings
from llmkick_core.cli.tables import _difference, plain, print_comparisons, print_matrix, print_slices
from llmkick_core.rescore import rescore
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.report import report
from llmkick_core.store.slices import slices
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, Said, add_run, spec


def printed(store: Path, draw: Callable[..., None], *arguments: Any, width: int = 200) -> str:
    out = io.StringIO()
    with Database(store) as db:
        ingest(db)
        draw(Console(file=out, width=width), db, *arguments)
    return out.getvalue()


def draw_slices(console: Console, db: Database, by: str = "subject") -> None:
    print_slices(console, slices(db, by))


def told(store: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["report", *words, "--store", str(store)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


# words that are not ours

ENDPOINT = "endpoint:http://[fe80::1]:8000/v1#llama"
SUBJECTS = ("[/x]", "[red]hi", "back\\[red]", ":cat: ", "\x1b[2Jgone")


def test_subjects_are_printed_as_they_stand_and_steer_no_terminal(tmp_path: Path):
    samples = [Sample(sample_id=f"q{n}", question="Q?", turns=("Q?",), subject=name, gold=(("x",),)) for n, name in enumerate(SUBJECTS)]
    add_run(tmp_path, spec(), [Said(1.0)] * 5, samples)
    text = printed(tmp_path, draw_slices)
    assert all(name.strip() in text for name in SUBJECTS[:4])
    assert "\x1b" not in text
    assert "\N{REPLACEMENT CHARACTER}[2Jgone" in text
    assert plain("half \ud83d").plain == "half \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("draw", [print_matrix, print_comparisons, print_scorings, print_mistakes, draw_slices])
@pytest.mark.parametrize("width", [79, 200])
def test_a_models_word_keeps_its_host(tmp_path: Path, draw: Callable[..., None], width: int):
    add_run(tmp_path, RunSpec(model=ENDPOINT, task="factoid_qa"), DENSE_SAID)
    assert ENDPOINT in printed(tmp_path, draw, width=width).replace("\n", "")


# sampled runs


@pytest.fixture
def sampled(tmp_path: Path) -> Path:
    for sampling in ({}, {"temperature": 0.7, "seed": 1}, {"temperature": 0.7, "seed": 2}):
        add_run(tmp_path, spec(**sampling), DENSE_SAID)
    return tmp_path


@pytest.mark.parametrize("draw", [print_comparisons, print_scorings, print_mistakes, draw_slices])
def test_runs_whose_tokens_were_drawn_are_told_apart(sampled: Path, draw: Callable[..., None]):
    text = printed(sampled, draw)
    assert "T=0.7, seed 1" in text
    assert "T=0.7, seed 2" in text
    assert "T=0" not in text.replace("T=0.7", "")


def test_the_matrix_has_a_column_for_each_seed(sampled: Path):
    heads = [line.split() for line in printed(sampled, print_matrix).splitlines()]
    assert ["T=0.7", "T=0.7"] in heads
    assert sorted(next(line for line in heads if "seed" in line)) == ["1", "2", "factoid", "seed", "seed"]


def test_documents_have_temperature_and_seed_and_an_old_row_without_is_of_temperature_0(sampled: Path):
    add_run(sampled, spec(WANDA_50, temperature=0.7, seed=2), WANDA_SAID)
    with Database(sampled) as db:
        ingest(db)
        with db.writing() as cursor:
            cursor.execute("UPDATE runs SET temperature = NULL WHERE temperature = 0")
        found, sliced = report(db), slices(db, "subject")
    assert sorted((row["temperature"], row["seed"]) for row in found["runs"]) == [(0.0, 0), (0.7, 1), (0.7, 2), (0.7, 2)]
    assert [(row["temperature"], row["seed"]) for row in found["comparisons"]] == [(0.7, 2)]
    assert {(row["temperature"], row["seed"]) for row in sliced} == {(0.0, 0), (0.7, 1), (0.7, 2)}


# scored by some scorers only


@pytest.fixture
def half_scored(tmp_path: Path) -> Path:
    add_run(tmp_path, spec(), DENSE_SAID)
    list(rescore(tmp_path, ["paper:substring"]))
    add_run(tmp_path, spec(WANDA_50), WANDA_SAID)
    return tmp_path


@pytest.mark.parametrize("words", [(), ("--details",), ("--matrix",), ("--by", "subject")])
def test_a_run_that_a_scorer_has_not_seen_says_so_and_how_to_mend_it(half_scored: Path, words: tuple[str, ...]):
    text = told(half_scored, "--scorer", "paper:substring", *words)
    assert "not scored by paper:substring: `python -m llmkick_core rescore --scorer paper:substring`" in " ".join(text.split())
    table = text.partition("Some runs are")[0].partition("Scores in %")[0]
    assert "not" in table
    assert "scored" in table
    assert "undecided" not in table
    list(rescore(half_scored, ["paper:substring"]))
    assert "not scored" not in " ".join(told(half_scored, "--scorer", "paper:substring", *words).split())


def test_a_run_that_is_not_scored_has_no_verdict_in_the_document(half_scored: Path):
    document = json.loads(told(half_scored, "--scorer", "paper:substring", "--by", "subject", "--json"))
    assert [(row["recipe"], row["is_scored"]) for row in document["runs"]] == [("dense", True), ("wanda-50", False)]
    assert document["comparisons"] == []
    assert {(row["recipe"], row["is_scored"], row["verdict"]) for row in document["slices"]} == {
        ("dense", True, None),
        ("wanda-50", False, None),
    }


def test_nothing_is_said_where_every_run_is_scored(half_scored: Path):
    for words in ((), ("--details",), ("--matrix",), ("--by", "subject")):
        assert "not scored" not in " ".join(told(half_scored, *words).split())


def test_a_dense_run_that_is_not_scored_leaves_no_verdict(tmp_path: Path):
    add_run(tmp_path, spec(WANDA_50), WANDA_SAID)
    list(rescore(tmp_path, ["paper:substring"]))
    add_run(tmp_path, spec(), DENSE_SAID)
    text = told(tmp_path, "--scorer", "paper:substring", "--details").partition("Some runs")[0]
    assert "undecided" not in text
    assert "not scored" in text


def test_titles_tell_versions_apart_and_name_a_measure_that_is_not_the_tasks_own(tmp_path: Path):
    for way in ({}, {"task_version": 9}):
        add_run(tmp_path, spec(prompt="chat", **way), DENSE_SAID, metric="contains")
    text = " ".join(printed(tmp_path, print_comparisons).split())
    assert "factoid_qa chat prompts · version 1 · contains the answer" in text
    assert "factoid_qa chat prompts · version 9 · contains the answer" in text
    assert "version" in printed(tmp_path, print_matrix)


def test_a_dequantized_model_is_named_as_one_in_every_table(tmp_path: Path):
    add_run(tmp_path, spec(), DENSE_SAID)
    told = "Q4_1, dequantized to bfloat16"
    (run_dir(tmp_path, spec().run_id) / "facts.json").write_text(json.dumps({"source_format": told}))
    for draw in (print_matrix, print_comparisons, print_scorings, print_mistakes, draw_slices):
        assert f"({told})" in " ".join(printed(tmp_path, draw).split()), draw


def test_runs_scored_by_different_versions_of_a_rule_are_told_with_the_way_out(tmp_path: Path):
    add_run(tmp_path, spec(), DENSE_SAID)
    add_run(tmp_path, spec(WANDA_50), WANDA_SAID)
    line = "factoid_qa: scored by different versions of the rule; run `rescore`"
    assert line not in printed(tmp_path, print_comparisons)
    with Database(tmp_path) as db:
        ingest(db)
        with db.writing() as cursor:
            cursor.execute("UPDATE scores SET version = 3 WHERE run_id = ?", [spec().run_id])
    for draw in (print_matrix, print_comparisons, print_scorings):
        assert line in " ".join(printed(tmp_path, draw).split()), draw


def test_a_difference_of_too_few_windows_has_no_interval():
    row = {"verdict": "undecided", "delta": 22.05, "delta_low": None, "delta_high": None, "is_share": False}
    assert _difference(row) == "+22.05"
    assert _difference(row | {"delta_low": 1.0, "delta_high": 40.5}) == "+22.05 (+1.00 to +40.50)"

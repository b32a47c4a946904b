"""The command `export`: which rows it means, where it writes them, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from llmkick_core.schema import Calibration, Recipe
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, add_run, spec
from tests.synthetic_store import make_store, spec_of

DENSE, WANDA = Recipe(), Recipe(method="wanda", sparsity=0.5)
PAIR = (spec_of("factoid_qa", DENSE).run_id, spec_of("factoid_qa", WANDA).run_id)
Export = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    make_store(tmp_path / "store", n_each=4, recipes=[DENSE, WANDA], tasks=("factoid_qa", "perplexity"))
    return tmp_path / "store"


@pytest.fixture
def export(store: Path) -> Export:
    def call(*words: object) -> Result:
        return CliRunner().invoke(app, ["export", "--store", str(store), *map(str, words)])

    return call


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize(
    "words",
    [
        ("--task", "factoid_qa", "--recipe", "wanda-50"),
        ("--run", PAIR[0], "--against", PAIR[1]),
        ("--run", PAIR[0][:9], "--against", PAIR[1][:9]),
    ],
)
def test_a_pair_is_named_by_task_and_recipe_or_by_its_runs(export: Export, store: Path, tmp_path: Path, words: tuple[str, ...]):
    result = export(*words, "--outcome", "broke", "--where", "damage:0.5..", "--out", tmp_path / "lost.jsonl")
    assert result.exit_code == 0, result.stderr
    wanted = queries.Filter(outcome="broke", ranges=(queries.Range(measure="damage", low=0.5),))
    with Database(store) as db:
        ingest(db)
        assert [row["sample_id"] for row in rows_of(tmp_path / "lost.jsonl")] == queries.pair_ids(db, *PAIR, wanted=wanted, sort="position")
    assert f"{len(rows_of(tmp_path / 'lost.jsonl'))} rows" in result.stdout


def test_json_tells_what_was_written(export: Export, tmp_path: Path):
    result = export("--task", "factoid_qa", "--recipe", "wanda-50", "--out", tmp_path / "all.parquet", "--json")
    document = json.loads(result.stdout)
    table = pq.read_table(tmp_path / "all.parquet")
    assert document == {
        "out": str(tmp_path / "all.parquet"),
        "format": "parquet",
        "n_rows": table.num_rows,
        "bytes": (tmp_path / "all.parquet").stat().st_size,
        "damaged": [],
    }


def test_the_ending_decides_unless_a_format_is_named(export: Export, tmp_path: Path):
    pair = ("--task", "factoid_qa", "--recipe", "wanda-50")
    assert export(*pair, "--format", "csv", "--out", tmp_path / "x.txt").exit_code == 0
    assert (tmp_path / "x.txt").read_text().startswith('"sample_id"')
    assert export(*pair, "--out", tmp_path / "deep" / "x.html").exit_code == 0
    assert (tmp_path / "deep" / "x.html").read_text().startswith("<!DOCTYPE html>")
    refused = export(*pair, "--out", tmp_path / "x.xlsx")
    assert (refused.exit_code, "csv, parquet, jsonl, html" in refused.stderr) == (2, True)


def test_whole_runs_and_all_scores(export: Export, tmp_path: Path):
    assert export("--run", PAIR[1], "--out", tmp_path / "run.jsonl").exit_code == 0
    assert {row["run_id"] for row in rows_of(tmp_path / "run.jsonl")} == {PAIR[1]}
    assert export("--task", "factoid_qa", "--prompts", "--out", tmp_path / "task.jsonl").exit_code == 0
    found = rows_of(tmp_path / "task.jsonl")
    assert ({row["run_id"] for row in found}, len(found)) == (set(PAIR), 2 * len(rows_of(tmp_path / "run.jsonl")))
    assert found[0]["turns"]
    assert export("--overview", "--out", tmp_path / "runs.jsonl").exit_code == 0
    assert len(rows_of(tmp_path / "runs.jsonl")) == 2 * 4


def test_it_works_while_the_app_holds_the_database(export: Export, store: Path, tmp_path: Path):
    with Database(store) as held:
        ingest(held)
        result = export("--task", "factoid_qa", "--recipe", "wanda-50", "--out", tmp_path / "x.csv")
        assert (result.exit_code, "reading the run folders" in result.stderr) == (0, True)
        assert export("--database", "--out", tmp_path / "copy.duckdb", "--json").exit_code == 0
        n_answers = held.rows("SELECT count(*) FROM answers")
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM answers").fetchall() == n_answers
    assert list((store / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name one of --task"),
        (("--overview", "--database"), "name one of --task"),
        (("--run", PAIR[0], "--task", "factoid_qa"), "name one of --task"),
        (("--overview", "--recipe", "wanda-50"), "--recipe needs --task"),
        (("--overview", "--against", PAIR[0]), "--against needs --run"),
        (("--task", "factoid_qa", "--recipe", "wanda-55"), "there are: dense, wanda-50"),
        (("--task", "riddles"), "no run of this store has answers to 'riddles'"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--outcome", "lost"), "none of broke, fixed"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--kind", "odd"), "none of right, wrong"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--sort", "size"), "none of damage, position"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--where", "kl"), "is no range"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--where", "kl:x.."), "is no number"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--where", "kl:nan.."), "is no end of a range"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--where", ""), "is no range"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--where", "size:1.."), "is no measure"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--shown", "maybe"), "none of yes, no"),
        (("--task", "factoid_qa", "--recipe", "wanda-50", "--rescue", "saved"), "none of regained, not_regained"),
        (("--task", "factoid_qa", "--outcome", "broke"), "narrow the questions of a pair"),
        (("--task", "factoid_qa", "--format", "html"), "an HTML report is of a pair"),
        (("--run", "zz"), "0 runs of the store begin with 'zz'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(export: Export, tmp_path: Path, words: tuple[str, ...], told: str):
    result = export(*words, "--out", tmp_path / "x.csv")
    assert (result.exit_code, told in result.stderr.replace("\n", " ")) == (2, True), result.stderr
    assert not (tmp_path / "x.csv").exists()


def test_recipes_of_one_label_are_told_apart_by_their_runs(tmp_path: Path):
    others = [Recipe(method="wanda", sparsity=0.5, calibration=Calibration(seed=seed)) for seed in (1, 2)]
    add_run(tmp_path, spec(), DENSE_SAID)
    ids = [add_run(tmp_path, spec(recipe), WANDA_SAID) for recipe in others]
    result = CliRunner().invoke(
        app, ["export", "--store", str(tmp_path), "--task", "factoid_qa", "--recipe", "wanda-50", "--out", str(tmp_path / "x.csv")]
    )
    assert result.exit_code == 2
    assert all(one in result.stderr for one in ids)


def test_a_task_asked_in_several_ways_is_the_one_with_most_runs_unless_a_piece_of_its_id_tells(tmp_path: Path):
    add_run(tmp_path, spec(), DENSE_SAID)
    add_run(tmp_path, spec(WANDA_50), WANDA_SAID)
    short = add_run(tmp_path, spec(limit=5), DENSE_SAID)
    call = ["export", "--store", str(tmp_path), "--out", str(tmp_path / "x.jsonl"), "--task"]
    result = CliRunner().invoke(app, [*call, "factoid_qa"])
    assert (result.exit_code, "was asked in 2 ways" in result.stderr) == (0, True)
    assert {row["run_id"] for row in rows_of(tmp_path / "x.jsonl")} == {spec().run_id, spec(WANDA_50).run_id}
    assert CliRunner().invoke(app, [*call, f"factoid_qa~{spec(limit=5).comparison_id[:6]}"]).exit_code == 0
    assert {row["run_id"] for row in rows_of(tmp_path / "x.jsonl")} == {short}


def test_a_place_that_cannot_be_written_is_told(export: Export, tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for words in (("--overview", "--format", "csv"), ("--database",)):
        result = export(*words, "--out", tmp_path / "file" / "below")
        assert (result.exit_code, "Choose another place with --out" in result.stderr) == (1, True)


def test_ranges_of_one_measure_all_hold(export: Export, tmp_path: Path):
    pair = ("--task", "factoid_qa", "--recipe", "wanda-50", "--out", tmp_path / "x.jsonl")
    assert export(*pair, "--where", "damage:0.5..", "--where", "damage:..1").exit_code == 0
    assert all(0.5 <= row["damage"] <= 1 for row in rows_of(tmp_path / "x.jsonl"))

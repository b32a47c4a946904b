"""Files that leave the store, read back and held against what the store has."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmkick_core.errors import StoreError, UsageError
from llmkick_core.schema import Answer, Recipe, Sample
from llmkick_core.store import export_columns as columns
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import answers_export, overview_export, pair_export
from llmkick_core.store.formats import METADATA, Export, guarded, write, write_file
from tests.small_store import WANDA_50, spec
from tests.synthetic_store import HOSTILE, HOSTILE_ID, add_run, make_store, spec_of

Opener = Callable[[Path], Database]
DENSE, WANDA = Recipe(), Recipe(method="wanda", sparsity=0.5)
TRICKY = "=HYPERLINK(1)\n\u2028 \"quoted\", 'x' 日本 \x00 </script>"
PAIR = (spec().run_id, spec(WANDA_50).run_id)


def file_of(export: Export, form: str) -> bytes:
    out = io.BytesIO()
    write(export, out, form)
    return out.getvalue()


def jsonl(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def parquet(content: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return rows


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.fixture
def synthetic(tmp_path: Path, open_store: Opener) -> Database:
    make_store(tmp_path, n_each=4, recipes=[DENSE, WANDA], tasks=("factoid_qa", "multiple_choice", "perplexity"))
    return open_store(tmp_path)


def pair_of(task: str) -> tuple[str, str]:
    return spec_of(task, DENSE).run_id, spec_of(task, WANDA).run_id


def test_every_question_of_a_pair_has_what_the_store_says_of_it(db: Database):
    rows = jsonl(file_of(pair_export(db, *PAIR), "jsonl"))
    assert [row["sample_id"] for row in rows] == queries.pair_ids(db, *PAIR, sort="position")
    assert [row["outcome"] for row in rows] == ["broke", "both_right", "broke", "fixed", "unscored"]
    assert [row["outcome_paper"] for row in rows] == ["both_right"] * 5  # the small store's paper scorer finds everything right
    first = rows[0]
    assert first["accepted"] == [["Ulaanbaatar", "Ulan Bator"]]
    assert (first["dense_answer"], first["other_answer"], first["other_extracted"]) == (" Ulaanbaatar", " Ashgabat", "Ashgabat")
    assert (first["dense_corrected"], first["other_corrected"], first["other_paper"]) == (1.0, 0.0, 1.0)
    assert first["damage"] == pytest.approx(-0.1 + 3.1)
    assert first["other_p_gold"] == pytest.approx(math.exp(-3.1))
    assert (first["dense_run_id"], first["other_run_id"]) == PAIR
    assert (first["dense_recipe"], first["other_recipe"], first["model"], first["task"]) == (
        "dense",
        "wanda-50",
        "bundled:test",
        "factoid_qa",
    )
    assert (rows[4]["dense_corrected"], rows[4]["dense_gold_logprob"], rows[4]["dense_p_gold"]) == (None, None, None)


def test_the_three_formats_say_the_same(synthetic: Database):
    pair = pair_of("multiple_choice")
    lines, stored, told = (file_of(pair_export(synthetic, *pair), form) for form in ("jsonl", "parquet", "csv"))
    assert jsonl(lines) == parquet(stored)
    assert len(cells(told)) == len(jsonl(lines))
    for cell, row in zip(cells(told), jsonl(lines), strict=True):
        assert list(cell) == list(row)
        assert json.loads(cell["choices"]) == row["choices"]
        assert json.loads(cell["dense_probabilities"]) == row["dense_probabilities"]
        assert float(cell["dense_margin"]) == row["dense_margin"]
        assert cell["kl"] == ""  # nothing was compared token by token


def test_probabilities_are_those_of_the_detail_pane(synthetic: Database):
    pair = pair_of("multiple_choice")
    for row in jsonl(file_of(pair_export(synthetic, *pair), "jsonl")):
        for side, name in zip(queries.sample_detail(synthetic, row["sample_id"], pair).sides, ("dense", "other"), strict=True):
            assert row[f"{name}_probabilities"] == pytest.approx(list(side.turns[0].choice_probabilities))
            assert row[f"{name}_p_gold"] == pytest.approx(side.turns[0].p_gold)
            assert row[f"{name}_margin"] == pytest.approx(side.turns[0].margin)


def test_a_filter_and_an_order_narrow_what_is_written(synthetic: Database):
    pair = pair_of("factoid_qa")
    wanted = queries.Filter(outcome="broke", ranges=(queries.Range(measure="damage", low=0.5),))
    export = pair_export(synthetic, *pair, wanted=wanted, sort="damage")
    rows = jsonl(file_of(export, "jsonl"))
    assert [row["sample_id"] for row in rows] == queries.pair_ids(synthetic, *pair, wanted=wanted, sort="damage")
    assert rows
    assert len(rows) == export.about["n"] < len(queries.pair_ids(synthetic, *pair))


def test_batches_hold_together(synthetic: Database, monkeypatch: pytest.MonkeyPatch):
    whole = file_of(pair_export(synthetic, *pair_of("factoid_qa")), "jsonl")
    runs = list(pair_of("factoid_qa"))
    answers = jsonl(file_of(answers_export(synthetic, runs), "jsonl"))
    monkeypatch.setattr("llmkick_core.store.export._BATCH", 7)
    assert file_of(pair_export(synthetic, *pair_of("factoid_qa")), "jsonl") == whole
    assert jsonl(file_of(answers_export(synthetic, runs), "jsonl")) == answers


def test_an_empty_list_is_a_file_with_its_columns(db: Database):
    wanted = queries.Filter(search="no text holds this")
    assert file_of(pair_export(db, *PAIR, wanted=wanted), "jsonl") == b""
    table = pq.read_table(io.BytesIO(file_of(pair_export(db, *PAIR, wanted=wanted), "parquet")))
    assert (table.num_rows, "other_answer" in table.column_names) == (0, True)
    assert file_of(pair_export(db, *PAIR, wanted=wanted), "csv").startswith(b'"sample_id","position"')


def test_prompts_come_where_they_are_asked_for(db: Database):
    [*_, last] = jsonl(file_of(pair_export(db, *PAIR, has_prompts=True), "jsonl"))
    assert last["turns"] == ["Q4"]
    assert not {"turns", "evidence", "reference"} & set(jsonl(file_of(pair_export(db, *PAIR), "jsonl"))[0])


@pytest.fixture
def tricky(tmp_path: Path, open_store: Opener) -> Database:
    sample = Sample(sample_id="=1+1", question=TRICKY, turns=("one", "two"), subject="@sub", gold=((TRICKY, "b"), ("c",)))
    for recipe, said in ((DENSE, (TRICKY, "c")), (WANDA, ("-1", "\u2028"))):
        one = spec_of("instruction_following", recipe)
        add_run(tmp_path, one, [sample], [Answer(run_id=one.run_id, sample_id="=1+1", turn=k, text=text) for k, text in enumerate(said)])
    return open_store(tmp_path)


def test_texts_are_exact_but_for_formulas_in_csv(tricky: Database):
    pair = pair_of("instruction_following")
    for read, form in ((jsonl, "jsonl"), (parquet, "parquet")):
        [row] = read(file_of(pair_export(tricky, *pair), form))
        assert (row["question"], row["dense_answer"], row["other_answer"]) == (TRICKY, f"{TRICKY}\nc", "-1\n\u2028")
        assert row["accepted"] == [[TRICKY, "b"], ["c"]]
    [row] = cells(file_of(pair_export(tricky, *pair), "csv"))
    assert (row["question"], row["other_answer"], row["sample_id"], row["subject"]) == (f"'{TRICKY}", "'-1\n\u2028", "'=1+1", "'@sub")
    assert not any(isinstance(cell, str) and cell[:1] in tuple("=+@\t\r") for cell in row.values())


def test_answers_of_runs_have_a_row_a_turn_with_every_score(tricky: Database):
    run_ids = list(pair_of("instruction_following"))
    rows = jsonl(file_of(answers_export(tricky, run_ids, has_prompts=True), "jsonl"))
    assert [(row["run_id"], row["turn"], row["text"]) for row in rows] == [
        (run_ids[0], 0, TRICKY),
        (run_ids[0], 1, "c"),
        (run_ids[1], 0, "-1"),
        (run_ids[1], 1, "\u2028"),
    ]
    stored = tricky.rows("SELECT scorer, metric, value FROM scores WHERE run_id = ? AND turn = 1 ORDER BY scorer, metric", [run_ids[0]])
    assert [(one["scorer"], one["metric"], one["value"]) for one in rows[1]["scores"]] == stored
    assert rows[1]["corrected"] == next(value for scorer, metric, value in stored if (scorer, metric) == ("corrected", "exact_match"))
    assert rows[0]["turns"] == ["one", "two"]
    assert parquet(file_of(answers_export(tricky, run_ids, has_prompts=True), "parquet")) == rows


def test_windows_of_a_text_are_rows_too(synthetic: Database):
    run_id = spec_of("perplexity", WANDA).run_id
    rows = jsonl(file_of(answers_export(synthetic, [run_id]), "jsonl"))
    assert [row["turn"] for row in rows] == list(range(24))
    assert all(row["nll"] > 0 for row in rows)
    [pair] = jsonl(file_of(pair_export(synthetic, *pair_of("perplexity")), "jsonl"))
    assert (pair["outcome"], pair["other_nll"]) == ("measured", pytest.approx(sum(row["nll"] for row in rows)))


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_the_scores_of_all_runs_are_those_of_the_overview(synthetic: Database, form: str):
    content = file_of(overview_export(synthetic), form)
    rows = {"csv": cells, "parquet": parquet, "jsonl": jsonl}[form](content)
    assert list(rows[0]) == list(columns.OVERVIEW)
    known = queries.run_overview(synthetic, "bundled:kick-tiny").set_index("run_id")
    mine = [row for row in rows if row["scorer"] == "corrected"]
    assert len(rows) == 2 * len(mine) == 2 * len(known)
    for row in mine:
        assert float(row["score"]) == pytest.approx(known.loc[row["run_id"], "score"])
        assert row["verdict"] in (known.loc[row["run_id"], "verdict"], "")


def test_the_columns_of_the_overview_are_all_there(synthetic: Database):
    found = queries.run_overview(synthetic, "bundled:kick-tiny")
    assert list(columns.OVERVIEW) == [*found.columns, "scorer"]


def test_an_empty_store_has_no_scores(tmp_path: Path, open_store: Opener):
    assert file_of(overview_export(open_store(tmp_path)), "jsonl") == b""


def test_parquet_carries_provenance_and_meanings(synthetic: Database):
    pair = pair_of("factoid_qa")
    schema = pq.read_schema(io.BytesIO(file_of(pair_export(synthetic, *pair, wanted=queries.Filter(outcome="broke")), "parquet")))
    about = json.loads(schema.metadata[METADATA.encode()])
    assert (about["dense"]["run_id"], about["other"]["run_id"]) == pair
    assert about["other"]["spec"]["recipe"]["sparsity"] == 0.5
    assert about["filter"]["outcome"] == "broke"
    assert schema.field("kl").metadata[b"meaning"].startswith(b"KL divergence")


def test_numbers_that_are_not_finite_are_missing_in_json_and_empty_in_csv():
    schema = pa.schema({"x": pa.float64(), "y": pa.list_(pa.float64())})
    table = pa.table([pa.array([math.nan, 1.5], from_pandas=True), [[-math.inf, 0.0], None]], schema=schema)
    assert jsonl(file_of(Export(schema=schema, batches=iter([table]), about={}), "jsonl")) == [
        {"x": None, "y": [None, 0.0]},
        {"x": 1.5, "y": None},
    ]
    assert cells(file_of(Export(schema=schema, batches=iter([table]), about={}), "csv")) == [
        {"x": "", "y": "[null, 0.0]"},
        {"x": "1.5", "y": ""},
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_is_a_formula(cell: str):
    assert guarded(cell) == f"'{cell}"
    assert (guarded(-0.5), guarded(""), guarded(None)) == (-0.5, "", None)
    schema = pa.schema({"x": pa.string()})
    export = Export(schema=schema, batches=iter([pa.table([[cell, "fine", ""]], schema=schema)]), about={})
    assert [row["x"] for row in cells(file_of(export, "csv"))] == [f"'{cell}", "fine", ""]


def test_the_hostile_answer_is_a_cell_like_any_other(synthetic: Database):
    rows = cells(file_of(pair_export(synthetic, *pair_of("factoid_qa")), "csv"))
    assert next(row["other_answer"] for row in rows if row["sample_id"] == HOSTILE_ID) == HOSTILE


def test_an_unknown_run_or_format_is_told(db: Database):
    with pytest.raises(StoreError, match="no run 'nowhere'"):
        pair_export(db, "nowhere", PAIR[1])
    with pytest.raises(UsageError, match="csv, parquet, jsonl"):
        file_of(pair_export(db, *PAIR), "xlsx")


def test_a_file_is_whole_or_absent(tmp_path: Path):
    def breaks(out: Any) -> int:
        out.write(b"half")
        raise RuntimeError

    path = tmp_path / "x.csv"
    path.write_text("before")
    with pytest.raises(RuntimeError):
        write_file(path, "csv", breaks)
    assert (path.read_text(), [one.name for one in tmp_path.iterdir()]) == ("before", ["x.csv"])
    with pytest.raises(StoreError, match="Choose another place"):
        write_file(path / "below", "csv", lambda out: 0)

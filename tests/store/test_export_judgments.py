"""Judgments as a table for other programs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from llmkick_core.judgment import JudgeSpec, Judgment
from llmkick_core.store.database import Database
from llmkick_core.store.export_judgments import JUDGMENTS, judgments_export
from llmkick_core.store.formats import FORMATS, write
from llmkick_core.store.judgings import journal
from tests.judge.small_runs import small_runs


@pytest.fixture
def db(tmp_path: Path, open_store: Callable[[Path], Database]) -> Database:
    run_id = small_runs(tmp_path)["wanda-50 summarization"]
    spec = JudgeSpec(run_id=run_id, protocol="reference", opponent="dataset", url="http://localhost/v1", model="=judge", prompt_version=1)
    with journal(tmp_path, spec) as kept:
        kept.add(
            [
                Judgment(sample_id="small/flood", outcome="unparsed", reason="no verdict", reply="hm"),
                Judgment(sample_id="small/flood", outcome="scored", scores={"fluency": 4.0, "coherence": 3.5}, opponent_scores={"coherence": 8.0}, cost=0.01),
                Judgment(sample_id="large/garden", place=2, outcome="failed", reason="nobody there"),
            ]
        )  # fmt: skip
    return open_store(tmp_path)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_has_a_row_for_each_judgment_that_counts(db: Database, form: str):
    assert write(judgments_export(db), io.BytesIO(), form) == 2


def test_a_row_says_what_was_judged_by_whom_and_how(db: Database):
    out = io.BytesIO()
    write(judgments_export(db), out, "jsonl")
    first, second = [json.loads(line) for line in out.getvalue().splitlines()]
    assert list(first) == list(JUDGMENTS)
    assert (first["recipe"], first["sparsity"], first["task"], first["answer"], first["question"]) == (
        "wanda-50",
        0.5,
        "summarization",
        "river river river",
        "A river rose.",
    )
    assert (first["opponent_answer"], second["opponent_answer"]) == ("River rises", "Garden grows")
    assert (first["aspects"], first["scores"], first["opponent_scores"]) == (["coherence", "fluency"], [3.5, 4.0], [8.0, None])
    assert (first["outcome"], first["cost"], first["judge"]) == ("scored", 0.01, "=judge")
    assert (second["outcome"], second["reason"], second["scores"], second["place"]) == ("failed", "nobody there", None, 2)


def test_parquet_tells_what_the_columns_mean(db: Database):
    out = io.BytesIO()
    write(judgments_export(db), out, "parquet")
    schema = pq.read_schema(io.BytesIO(out.getvalue()))
    assert {field.name: field.metadata[b"meaning"].decode() for field in schema} == {
        name: meaning for name, (_, meaning) in JUDGMENTS.items()
    }


def test_a_store_without_judgments_is_an_empty_table(tmp_path: Path, open_store: Callable[[Path], Database]):
    small_runs(tmp_path)
    assert write(judgments_export(open_store(tmp_path)), io.BytesIO(), "csv") == 0

"""The measure that a store is told by: what a task declares for the way in which it was asked, another one that was chosen, or what an unknown task left."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from llmkick_core import words
from llmkick_core.catalog import TASKS
from llmkick_core.errors import UsageError
from llmkick_core.report_html.write import write_report
from llmkick_core.schema import Answer, Sample, Score
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import pair_export
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.metrics import check_measure
from llmkick_core.store.parts import append_part
from llmkick_core.store.report import report
from llmkick_core.store.runs import write_samples, write_spec
from llmkick_core.store.slices import slices
from llmkick_core.tasks.base import CONTAINS, EXACT_MATCH, F1, Measure, Task
from tests.small_store import DENSE, WANDA_50, spec

N = 20
SAMPLES = tuple(Sample(sample_id=f"q{i}", question=f"Question {i}?", turns=("Q",), subject="ab"[i % 2]) for i in range(N))


def add(store: Path, run_spec: object, told: dict[str, list[float | None]], main: tuple[str, ...] = ()) -> str:
    """Write a run whose answers have these values by metric; those of `main` come with kinds of outcome."""
    run_id = run_spec.run_id  # type: ignore[attr-defined]
    write_spec(store, run_spec)  # type: ignore[arg-type]
    write_samples(store, run_id, SAMPLES)
    scores = [
        Score(
            run_id=run_id,
            sample_id=f"q{i}",
            scorer=scorer,
            metric=metric,
            value=value,
            version=2,
            outcome=("right" if value else "wrong") if metric in main else "",
        )
        for scorer in ("corrected", "paper")
        for metric, values in told.items()
        for i, value in enumerate(values)
    ]
    append_part(run_dir(store, run_id), [Answer(run_id=run_id, sample_id=f"q{i}", text="x", n_tokens=1) for i in range(N)], scores)
    return run_id


def opened(store: Path) -> Database:
    db = Database(store)
    ingest(db)
    return db


def ones(n: int) -> list[float | None]:
    """Return n ones, then zeros."""
    return [1.0] * n + [0.0] * (N - n)


def declare(monkeypatch: pytest.MonkeyPatch, *measures: Measure, **more: object) -> None:
    """Let the installation have a task `own` of these measures."""
    more = {"chat_metric": ""} | more
    task: Task = replace(TASKS["factoid_qa"], name="own", title="Own", measures=measures, **more)  # type: ignore[arg-type]
    monkeypatch.setitem(TASKS, "own", task)


def test_a_rise_is_a_loss_where_lower_is_better(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(monkeypatch, Measure(name="error", title="Error rate", higher_is_better=False))
    dense = add(tmp_path, spec(DENSE, "own"), {"error": ones(2)}, ("error",))
    other = add(tmp_path, spec(WANDA_50, "own"), {"error": ones(18)}, ("error",))
    db = opened(tmp_path)
    summary = queries.pair_summary(db, dense, other)
    assert (summary.comparison.broke, summary.comparison.fixed, summary.verdict) == (16, 0, "not matching")
    assert summary.counts["broke"] == 16
    said = words.pair_sentence(summary, "Dense", "Wanda 50%")
    assert said.startswith("Wanda 50% lost 16 and gained 0 of 20 questions, error rate 90.0% against 10.0% dense: not matching")
    row = next(row for row in report(db)["comparisons"] if row["run_id"] == other)
    assert (row["verdict"], row["broke"], row["fixed"], row["delta"]) == ("not matching", 16, 0, 0.8)
    grid = queries.grid(db, spec(DENSE, "own").comparison_id)
    assert grid.is_right.sum(axis=1).tolist() == [18, 2]
    table = queries.slice_table(db, spec(DENSE, "own").comparison_id, dense, [other], "subject")
    found = queries.slice_summary(table.cells, other)
    assert (found.n_lost, found.n_gained) == (2, 0)
    back = queries.pair_summary(db, other, dense)
    assert (back.comparison.broke, back.comparison.fixed, back.verdict) == (0, 16, "matching")


def test_an_error_rate_that_leaves_zero_does_not_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(monkeypatch, Measure(name="error", higher_is_better=False))
    dense = add(tmp_path, spec(DENSE, "own"), {"error": ones(0)}, ("error",))
    other = add(tmp_path, spec(WANDA_50, "own"), {"error": ones(15)}, ("error",))
    assert queries.pair_summary(opened(tmp_path), dense, other).verdict == "not matching"


def test_values_that_are_no_shares_are_told_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(monkeypatch, Measure(name="edits", title="Edits", higher_is_better=False, is_share=False))
    dense = add(tmp_path, spec(DENSE, "own"), {"edits": [float(i % 4) for i in range(N)]}, ("edits",))
    other = add(tmp_path, spec(WANDA_50, "own"), {"edits": [10.0 + i % 4 for i in range(N)]}, ("edits",))
    db = opened(tmp_path)
    row = next(row for row in report(db)["runs"] if row["run_id"] == other)
    assert (row["n"], row["score"]) == (20, 11.5)
    assert row["low"] < 11.5 < row["high"]
    summary = queries.pair_summary(db, dense, other)
    assert summary.comparison.delta == pytest.approx(10.0)
    assert (summary.verdict, summary.counts["measured"]) == ("not matching", 20)
    assert "edits 11.50 against 1.50 dense" in words.pair_sentence(summary, "Dense", "Wanda 50%")


def test_the_form_of_the_prompt_decides_what_stands_for_the_task_and_another_measure_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    declare(monkeypatch, EXACT_MATCH, F1, CONTAINS, chat_metric="contains")
    told = {"exact_match": ones(4), "f1": [0.6] * N, "contains": ones(12)}
    main = ("exact_match", "contains")
    plain = add(tmp_path, spec(DENSE, "own"), told, main)
    chat = add(tmp_path, spec(DENSE, "own", prompt="chat"), told, main)
    db = opened(tmp_path)

    def rows(measure: str | None = None) -> dict[str, tuple[str, float, int | None]]:
        found = report(db, measure=measure)["runs"]
        return {row["run_id"]: (row["metric"], row["score"], (row["outcomes"] or {}).get("right")) for row in found}

    assert rows() == {plain: ("exact_match", 0.2, 4), chat: ("contains", 0.6, 12)}
    assert rows("contains")[plain] == ("contains", 0.6, 12)
    assert rows("exact_match")[chat] == ("exact_match", 0.2, 4)
    assert {(name, n_right) for name, _, n_right in rows("f1").values()} == {("f1", None)}  # it tells no kinds of outcome
    assert [measure.name for measure in queries.measures_of(db, spec(DENSE, "own", prompt="chat").comparison_id)] == [
        "contains",
        "exact_match",
        "f1",
    ]
    assert check_measure(db, "contains") == "contains"
    with pytest.raises(UsageError, match="'rouge'; choose one of contains, exact_match, f1"):
        check_measure(db, "rouge")


def test_a_measure_that_is_not_stored_yields_to_one_that_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(monkeypatch, EXACT_MATCH, CONTAINS, chat_metric="contains")
    add(tmp_path, spec(DENSE, "own", prompt="chat"), {"exact_match": ones(5)}, ("exact_match",))
    [row] = report(opened(tmp_path))["runs"]
    assert (row["metric"], row["score"]) == ("exact_match", 0.25)


def test_a_run_without_rows_of_the_measure_is_not_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    declare(monkeypatch, EXACT_MATCH, CONTAINS, chat_metric="contains")
    dense = add(tmp_path, spec(DENSE, "own", prompt="chat"), {"exact_match": ones(5), "contains": ones(9)}, ("exact_match", "contains"))
    other = add(tmp_path, spec(WANDA_50, "own", prompt="chat"), {"exact_match": ones(3)}, ("exact_match",))
    db = opened(tmp_path)
    rows = {row["run_id"]: row for row in report(db)["runs"]}
    assert (rows[dense]["is_scored"], rows[dense]["score"]) == (True, 0.45)
    assert (rows[other]["is_scored"], rows[other]["n"], rows[other]["score"]) == (False, 0, None)
    assert report(db)["comparisons"] == []
    assert [row["is_scored"] for row in slices(db, "subject")] == [True, True, False, False]
    assert all(row["is_scored"] for row in report(db, measure="exact_match")["runs"])


def test_answers_that_were_scored_by_different_versions_of_a_rule_are_told(tmp_path: Path):
    add(tmp_path, spec(DENSE), {"exact_match": ones(5), "f1": ones(5)}, ("exact_match",))
    add(tmp_path, spec(WANDA_50), {"exact_match": ones(3), "f1": ones(3)}, ("exact_match",))
    db = opened(tmp_path)
    assert not any(row["is_mixed"] for row in report(db)["runs"])
    with db.writing() as cursor:
        cursor.execute("UPDATE scores SET version = 3 WHERE metric = 'exact_match' AND run_id = ?", [spec(DENSE).run_id])
    assert [row["is_mixed"] for row in report(db)["runs"]] == [True, True]
    assert not any(row["is_mixed"] for row in report(db, measure="f1")["runs"])


def test_an_unknown_task_is_told_by_its_metric_with_outcomes_whatever_its_values_are(tmp_path: Path):
    told = {"apples": [3.0] * N, "hits": ones(10), "words": [-250.0] * N}
    dense = add(tmp_path, spec(DENSE, "elsewhere"), told, ("hits",))
    other = add(tmp_path, spec(WANDA_50, "elsewhere"), {**told, "hits": [None] * N}, ("hits",))
    strange = spec(DENSE, "stranger")
    add(tmp_path, strange, {"logs": [-3.0 - i for i in range(N)]})
    add(tmp_path, spec(WANDA_50, "stranger"), {"logs": [-9.0] * N})
    db = opened(tmp_path)
    rows = {(row["task"], row["recipe"]): row for row in report(db)["runs"]}
    assert (rows["elsewhere", "dense"]["metric"], rows["elsewhere", "dense"]["score"]) == ("hits", 0.5)
    assert (rows["elsewhere", "wanda-50"]["n"], rows["elsewhere", "wanda-50"]["score"]) == (0, None)
    assert rows["stranger", "dense"]["score"] == -12.5
    assert slices(db, "subject")
    summary = queries.pair_summary(db, dense, other)
    assert words.pair_sentence(summary, "Dense", "Wanda 50%").startswith("Wanda 50% against dense: none of the 20 questions")
    exported = [row for batch in pair_export(db, dense, other).batches for row in batch.to_pylist()]
    assert {row["metric"] for row in exported} == {"hits"}
    out = BytesIO()
    assert write_report(db, dense, other, out) == N


def test_a_threshold_is_meant_for_its_direction():
    assert Measure(name="a").right_at == 1.0
    assert Measure(name="a", higher_is_better=False).right_at == 0.0
    assert Measure(name="a", is_share=False).right_at is None
    assert [F1.is_right(value) for value in (0.4, 0.5)] == [False, True]
    assert [Measure(name="a", higher_is_better=False, right_at=0.2).is_right(value) for value in (0.1, 0.3)] == [True, False]


def test_a_task_names_each_measure_once_and_its_chat_measure_among_them():
    with pytest.raises(ValueError, match="it needs one at least"):
        replace(TASKS["factoid_qa"], measures=(), chat_metric="")
    with pytest.raises(ValueError, match="chat_metric 'f1' is none"):
        replace(TASKS["factoid_qa"], measures=(EXACT_MATCH,), chat_metric="f1")

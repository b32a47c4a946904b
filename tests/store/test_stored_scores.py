"""Stored metrics over recipes, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.schema import Answer, Recipe, Sample, Score
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from tests.small_store import DENSE, WANDA_50, spec

SAMPLES = tuple(Sample(sample_id=f"s{k}", question=f"Story {k}", turns=("one", "two")) for k in range(3))


def add(store: Path, recipe: Recipe, words: list[tuple[float | None, float | None]]) -> str:
    """Write a run whose answers have so many words, by question and turn."""
    one = spec(recipe, task="instruction_following")
    write_spec(store, one)
    write_samples(store, one.run_id, SAMPLES)
    answers, scores = [], []
    for sample, turns in zip(SAMPLES, words, strict=True):
        for turn, value in enumerate(turns):
            named = {"run_id": one.run_id, "sample_id": sample.sample_id, "turn": turn}
            answers.append(Answer(**named, text="said"))
            scores += [Score(**named, scorer="corrected", metric=metric, value=value) for metric in ("n_words", "unique_tokens")]
    append_part(run_dir(store, one.run_id), answers, scores)
    return one.comparison_id


def test_the_mean_is_over_questions_and_a_question_is_the_mean_of_its_turns(tmp_path: Path):
    comparison = add(tmp_path, DENSE, [(10, 20), (30, 30), (0, 0)])
    add(tmp_path, WANDA_50, [(5, None), (None, None), (1, 3)])
    db = Database(tmp_path)
    ingest(db)
    found = queries.stored_scores(db, comparison, ("n_words",))
    assert found[["recipe", "metric", "n"]].values.tolist() == [["dense", "n_words", 3], ["wanda-50", "n_words", 2]]
    assert found["score"].tolist() == pytest.approx([15.0, 3.5])  # (15 + 30 + 0) / 3, (5 + 2) / 2
    assert (found["low"] <= found["score"]).all()
    assert (found["score"] <= found["high"]).all()
    both = queries.stored_scores(db, comparison, ("n_words", "unique_tokens"))
    assert len(both) == 4
    assert queries.stored_scores(db, comparison, ("rouge_1",)).empty
    db.close()

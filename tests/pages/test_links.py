"""Titles of the ways a task was asked."""

from __future__ import annotations

from pathlib import Path

from llmkick_core.schema import Answer, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from pages import _links
from tests.small_store import DENSE_SAID, WANDA_SAID, add_run, spec


def test_runs_whose_tokens_were_drawn_have_titles_of_their_own(tmp_path: Path):
    for sampling in ({}, {"temperature": 0.7, "seed": 1}, {"temperature": 0.7, "seed": 2}):
        add_run(tmp_path, spec(**sampling), DENSE_SAID)
    with Database(tmp_path) as db:
        ingest(db)
        with db.writing() as cursor:
            cursor.execute("UPDATE runs SET temperature = NULL WHERE temperature = 0")
        comparisons = queries.comparisons(db)
    titles = _links.task_titles(comparisons, _links.task_keys(comparisons)).values()
    rest = " · 5 of bundled"
    assert sorted(title.partition(" · ")[2] for title in titles) == [rest[3:], f"T=0.7, seed 1{rest}", f"T=0.7, seed 2{rest}"]


def titles_of(store: Path) -> list[str]:
    with Database(store) as db:
        ingest(db)
        comparisons = queries.comparisons(db)
    return list(_links.task_titles(comparisons, _links.task_keys(comparisons)).values())


def test_comparisons_of_other_versions_and_weights_have_titles_of_their_own(tmp_path: Path):
    ways = ({}, {"task_version": 9}, {"task_version": 9, "model_revision": "abc123456"}, {"limit": 7})
    for way in ways:
        add_run(tmp_path, spec(**way), DENSE_SAID)
    add_run(tmp_path, spec(k_shot=5), WANDA_SAID)
    titles = titles_of(tmp_path)
    assert len(set(titles)) == 5
    start = "Factoid QA · 5 of bundled"
    assert f"{start} · no limit, version 9, weights abc123" in titles
    assert sum("limit 7, version" in title for title in titles) == 1
    assert next(title for title in titles if "5-shot" in title).endswith("· 5 of bundled")


def test_a_perplexity_counts_its_windows(tmp_path: Path):
    text = [Sample(sample_id="text", question="T", turns=("T",))]
    for limit in (2, 3):
        run = spec(task="perplexity", limit=limit)
        write_spec(tmp_path, run)
        write_samples(tmp_path, run.run_id, text)
        answers = [Answer(run_id=run.run_id, sample_id="text", turn=turn, text="", n_tokens=9, nll=1.0) for turn in range(limit)]
        append_part(run_dir(tmp_path, run.run_id), answers, [])
    assert sorted(titles_of(tmp_path)) == ["Perplexity · 2 windows of bundled", "Perplexity · 3 windows of bundled"]

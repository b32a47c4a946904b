"""Titles of the ways a task was asked."""

from __future__ import annotations

from pathlib import Path

from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from pages import _links
from tests.small_store import DENSE_SAID, add_run, spec


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

"""Taking results along: the same formats and the same rows on every page, and by the command that is shown beside them."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from llmkick_core.cli import app as command_line
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.export import pair_export
from llmkick_core.store.ingest import ingest
from llmkick_core.store.notes import ANY, write_note
from llmkick_core.store.queries import EVERYTHING, Filter, Range, pair_frame, pair_ids
from pages import _exports
from tests.pages.test_compare import compare
from tests.synthetic_store import DAMAGE, add_run, answers_of, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)
PAIR = (spec_of("open_book_qa", Recipe()).run_id, spec_of("open_book_qa", WANDA).run_id)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store of one pair with and without evidence, which shows every other answer; two questions have a note or a tag."""
    store = tmp_path / "it's; a store"
    make_store(store, n_each=4, recipes=[Recipe(), WANDA], tasks=("closed_book_qa",))
    samples = [replace(sample, is_answer_shown=n % 2 == 0) for n, sample in enumerate(samples_of("open_book_qa", 4))]
    for recipe in (Recipe(), WANDA):
        spec = spec_of("open_book_qa", recipe)
        add_run(store, spec, samples, answers_of(spec, samples, DAMAGE[recipe]))
    with Database(store) as db:
        ingest(db)
        sample_set = str(db.rows("SELECT sample_set FROM runs WHERE run_id = ?", [PAIR[0]])[0][0])
        first, second, *_ = pair_ids(db, *PAIR, sort="position")
        write_note(db, sample_set, first, "", ["near-miss"])
        write_note(db, sample_set, second, "only a note")
    return store


def side(run_id: str) -> Any:
    return type("Side", (), {"run_id": run_id})


@pytest.mark.parametrize(
    ("wanted", "sort"),
    [
        (EVERYTHING, "damage"),
        (EVERYTHING, "position"),
        (EVERYTHING, "n_words"),
        (Filter(outcome="broke"), "damage"),
        (Filter(tag="near-miss"), "damage"),
        (Filter(tag=ANY), "position"),
        (Filter(shown=True), "damage"),
        (Filter(shown=False), "damage"),
        (Filter(rescue="regained"), "damage"),
        (Filter(rescue="not_regained"), "damage"),
        (Filter(search="it's; --all"), "damage"),
        (Filter(ranges=(Range(measure="n_words", low=3.0), Range(measure="damage", high=0.123456789))), "damage"),
    ],
)
def test_the_command_that_is_shown_writes_the_rows_of_the_page_in_their_order(store: Path, tmp_path: Path, wanted: Filter, sort: Any):
    with Database(store) as db:
        ingest(db)
        page: Any = type("Here", (), {"scorer": "paper", "db": db})
        batches = pair_export(db, *PAIR, scorer="paper", wanted=wanted, sort=sort).batches
        ids = [one for batch in batches for one in batch.column("sample_id").to_pylist()]
        words = shlex.split(_exports.command(page, side(PAIR[0]), side(PAIR[1]), wanted, sort=sort))
    assert bool(ids) == (wanted.search is None)
    assert words[:3] == ["python", "-m", "llmkick_core"]
    out = tmp_path / "x.parquet"
    result = CliRunner().invoke(command_line, [str(out) if word == "FILE.parquet" else word for word in words[3:]])
    assert result.exit_code == 0, result.stderr
    assert pq.read_table(out).column("sample_id").to_pylist() == ids


def test_a_threshold_of_many_digits_lets_the_same_questions_through(store: Path, tmp_path: Path):
    with Database(store) as db:
        ingest(db)
        ends = sorted(pair_frame(db, *PAIR)["damage"].dropna())
        page: Any = type("Here", (), {"scorer": "corrected", "db": db})
        wanted = Filter(ranges=(Range(measure="damage", low=float(ends[-1])),))  # both ends are included
        words = shlex.split(_exports.command(page, side(PAIR[0]), side(PAIR[1]), wanted))
    out = tmp_path / "x.parquet"
    assert CliRunner().invoke(command_line, [str(out) if word == "FILE.parquet" else word for word in words[3:]]).exit_code == 0
    assert pq.read_table(out).num_rows == ends.count(ends[-1])


def test_compare_offers_what_the_data_page_does_of_its_list_in_its_order(app: Start, store: Path):
    at = compare(app, store, task="open_book_qa", tag=ANY, sort="position")
    assert [button.label for button in at.get("download_button")] == ["CSV", "Parquet", "JSONL", "Report as one HTML file"]
    assert any(caption.value.startswith("2 questions as listed") for caption in at.caption)
    [line] = [code.value for code in at.code if "llmkick_core export" in code.value]
    words = shlex.split(line)
    assert (words[words.index("--tag") + 1], words[words.index("--sort") + 1]) == (ANY, "position")
    at.toggle(key="export_prompts").set_value(True).run()
    assert not at.exception
    assert any("--prompts" in code.value for code in at.code)

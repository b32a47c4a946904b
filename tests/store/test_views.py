"""Saved views, kept models and provenance: small files of the store, and what is made of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from llmkick_core.errors import StoreError, UsageError
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest, refill
from llmkick_core.store.kept import kept_models
from llmkick_core.store.layout import checkpoint_dir
from llmkick_core.store.provenance import provenance, provenance_of
from llmkick_core.store.runs import write_facts
from llmkick_core.store.views import VIEWS, delete_view, read_views, save_view, saved_views
from tests.small_store import DENSE_SAID, WANDA_50, add_run, spec

Opener = Callable[[Path], Database]


def test_views_are_listed_newest_first_and_can_be_deleted(tmp_path: Path):
    first = save_view(tmp_path, " What  Wanda\nbroke ", "compare", "task=factoid_qa&b=wanda-50")
    second = save_view(tmp_path, "Ladder", "ladder", "")
    assert [view.name for view in saved_views(tmp_path)] == ["Ladder", "What Wanda broke"]
    assert (first.link, second.link) == ("compare?task=factoid_qa&b=wanda-50", "ladder")
    delete_view(tmp_path, second.view_id)
    delete_view(tmp_path, "nowhere")
    assert saved_views(tmp_path) == [first]


def test_a_damaged_line_costs_only_itself(tmp_path: Path):
    kept = save_view(tmp_path, "mine", "compare", "a=b")
    with (tmp_path / VIEWS).open("a", encoding="utf-8") as stream:
        stream.write(
            '{"view_id": "x", "name": 3}\nnot json\n{"view_id": "y", "name": "n", "page": "javascript:alert(1)", "query": "", "saved_at": 1}\n{"view'
        )
    assert saved_views(tmp_path) == [kept]
    assert [f"line {number}, is damaged" in line for number, line in enumerate(read_views(tmp_path)[1], start=2)] == [True] * 4
    assert saved_views(tmp_path / "empty") == []


@pytest.mark.parametrize("at", ["1e20", "NaN", "-1e20", "true", "1" + "0" * 400])
def test_a_view_of_a_moment_that_no_calendar_has_is_damaged(tmp_path: Path, at: str):
    kept = save_view(tmp_path, "mine", "compare", "a=b")
    with (tmp_path / VIEWS).open("a", encoding="utf-8") as stream:
        stream.write(f'{{"view_id": "x", "name": "n", "page": "compare", "query": "", "saved_at": {at}}}\n')
    views, [damaged] = read_views(tmp_path)
    assert (views, "is no time" in damaged) == ([kept], True)


def test_of_two_views_of_one_id_the_first_counts(tmp_path: Path):
    kept = save_view(tmp_path, "mine", "compare", "a=b")
    path = tmp_path / VIEWS
    path.write_text(path.read_text() + path.read_text().replace("mine", "again"))
    views, [damaged] = read_views(tmp_path)
    assert (views, f"{kept.view_id} stands twice" in damaged) == ([kept], True)


def test_lines_that_cannot_be_read_are_written_back_as_they_are(tmp_path: Path):
    odd = [b'{"view_id": "of a newer version", "more": 1}', b"\xff\xfe not text", b"[" * 30_000, b"{torn"]
    (tmp_path / VIEWS).write_bytes(b"\n".join(odd))  # the last one without an end, as a crash leaves it
    view = save_view(tmp_path, "mine", "compare", "a=b")
    assert saved_views(tmp_path) == [view]
    assert [line in odd for line in (tmp_path / VIEWS).read_bytes().split(b"\n")] == [True] * 4 + [False, False]
    delete_view(tmp_path, view.view_id)
    assert (tmp_path / VIEWS).read_bytes() == b"\n".join([*odd, b""])


@pytest.mark.parametrize(("name", "page", "query"), [("", "compare", "a=b"), ("x", "admin", ""), ("x", "compare", "a" * 9000)])
def test_what_is_no_view_is_refused(tmp_path: Path, name: str, page: str, query: str):
    with pytest.raises(UsageError):
        save_view(tmp_path, name, page, query)
    assert saved_views(tmp_path) == []


def test_kept_models_have_their_size_and_the_last_used_comes_first(tmp_path: Path):
    for name, size, at in (("old", 3, 100), ("new", 5, 200)):
        folder = checkpoint_dir(tmp_path, name)
        folder.mkdir(parents=True)
        (folder / "block-000.safetensors").write_bytes(b"x" * size)
        os.utime(folder, (at, at))
    assert [(one.compression_id, one.n_bytes, one.used_at) for one in kept_models(tmp_path)] == [("new", 5, 200), ("old", 3, 100)]
    assert kept_models(tmp_path / "none") == []


def test_provenance_tells_everything_that_determines_a_run(tmp_path: Path, open_store: Opener):
    one = spec(WANDA_50)
    add_run(tmp_path, one, DENSE_SAID)
    add_run(tmp_path, spec(), DENSE_SAID)
    write_facts(tmp_path, one.run_id, {"device": "cpu", "torch": "2.13.0"})
    db = open_store(tmp_path)
    assert [row["recipe"] for row in provenance(db)] == ["dense", "wanda-50"]
    found = provenance_of(db, one.run_id)
    assert (found["n_answers"], found["n_questions"], found["facts"]) == (5, 5, {"device": "cpu", "torch": "2.13.0"})
    assert found["spec"] == json.loads(json.dumps(one.to_dict()))
    assert found["compression_id"] == one.compression_id
    with pytest.raises(StoreError, match="no run 'x'"):
        provenance_of(db, "x")


def test_a_rebuilding_tells_how_far_it_is_and_goes_on_where_it_was_broken_off(small: Path, open_store: Opener):
    db = open_store(small)
    told: list[tuple[int, int]] = []
    refill(db, lambda done, n: told.append((done, n)))
    assert told == [(0, 2), (1, 2)]

    def stop(done: int, n: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refill(db, stop)
    assert db.rows("SELECT count(*) FROM answers") == [(5,)]
    ingest(db)
    assert db.rows("SELECT count(*) FROM answers") == [(10,)]

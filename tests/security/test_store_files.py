"""Files of a stranger's store that cost, overwrite or break: floods of damaged lines, names that are no text, numbers at the end of all numbers, answers to
turns that nobody asked, folders a thousand deep."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.cli.console import SafeConsole
from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.schema import Answer, Sample, Score
from llmkick_core.settings import PROJECT_ROOT
from llmkick_core.store import queries
from llmkick_core.store.damage import MOST_DAMAGED, MOST_NAMED, MOST_TOLD, Damage
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest, refill
from llmkick_core.store.judgings import read_lines
from llmkick_core.store.kept import kept_size
from llmkick_core.store.layout import run_dir, write_json
from llmkick_core.store.notes import read_notes
from llmkick_core.store.opener import write_new
from llmkick_core.store.parts import append_part, part_files, read_part
from llmkick_core.store.runs import write_samples, write_spec
from llmkick_core.store.traces import append_traces, read_traces
from llmkick_core.store.trees import check_folder, remove_tree
from llmkick_core.store.views import VIEWS, read_views
from llmkick_core.store.votes import read_votes
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, WANDA_SAID, add_run, spec

JUNK = b"{junk\n"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    add_run(tmp_path / "store", spec(), DENSE_SAID)
    add_run(tmp_path / "store", spec(WANDA_50), WANDA_SAID)
    return tmp_path / "store"


def seal(body: str) -> str:
    """Return a part with the closing line that fits its lines."""
    return body + json.dumps({"end": body.count("\n"), "sha256": hashlib.sha256(body.encode()).hexdigest()}) + "\n"


def drawable(lines: tuple[str, ...]) -> None:
    """See that lines can be sent to a browser and a terminal."""
    for line in lines:
        assert line.encode().decode() == line
        assert line.isprintable()


# floods


@pytest.mark.parametrize("line", [JUNK, b"\n", b"[]\n", b'{"sample_id": 5}\n'], ids=["junk", "blank", "no object", "wrong"])
def test_a_flood_of_damaged_lines_is_told_in_few_and_read_once(store, line):
    flood = line * (8_000_000 // len(line))
    for name in ("notes/3f.jsonl", "votes/a-b.jsonl", "views.jsonl"):
        (store / name).parent.mkdir(exist_ok=True)
        (store / name).write_bytes(flood)
    with Database(store) as db:
        started = time.monotonic()
        first = ingest(db).damaged
        assert time.monotonic() - started < 20
        assert len(first) <= 3 * (MOST_TOLD + 2)
        started = time.monotonic()
        for _ in range(20):
            assert ingest(db).damaged == first
            read_views(store)
        assert time.monotonic() - started < 5  # reading them 20 times takes a minute
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]


def test_a_flood_in_a_file_of_judgments_is_told_in_few(tmp_path):
    path = tmp_path / "judgings" / "a" / "judgments.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(JUNK * 200_000)
    found = read_lines(path)
    assert (found.judgments, found.n_bytes, found.n_lines) == ((), len(JUNK) * 200_000, 200_000)
    assert len(found.damaged) == MOST_TOLD + 2


def test_many_damaged_files_are_told_in_few(store):
    (store / "notes").mkdir()
    for n in range(2 * MOST_NAMED):
        (store / "notes" / f"n{n}.jsonl").write_bytes(JUNK)
    with Database(store) as db:
        told = ingest(db).damaged
        assert len(told) == MOST_NAMED + 1
        assert ingest(db).damaged == told


def test_a_file_of_200_megabytes_takes_no_gigabyte(tmp_path):
    path = tmp_path / "store" / "notes" / "3f.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x\n" * 99_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(read_notes(path)[1]) == MOST_TOLD + 2
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 600_000_000


def test_a_line_that_is_mended_counts(store):
    (store / "notes").mkdir()
    file = store / "notes" / "3f.jsonl"
    file.write_bytes(JUNK)
    with Database(store) as db:
        assert len(ingest(db).damaged) == 1
        file.write_text('{"at": 1.0, "sample_id": "capital/Mongolia#0", "tags": [], "text": "mended"}\n')
        assert ingest(db).damaged == ()
        assert db.rows("SELECT text FROM notes") == [("mended",)]


def test_a_damaged_part_is_read_once_and_again_when_it_is_mended(store, monkeypatch):
    path = part_files(run_dir(store, spec().run_id))[0]
    whole, n_read = path.read_bytes(), 0
    path.write_bytes(whole[:-9])

    def counted(one: Path) -> object:
        nonlocal n_read
        n_read += 1
        return read_part(one)

    monkeypatch.setattr("llmkick_core.store.ingest.read_part", counted)
    with Database(store) as db:
        first = ingest(db).damaged
        n_first = n_read
        assert len(first) == 1
        for _ in range(5):
            assert ingest(db).damaged == first
        assert n_read == n_first
        path.write_bytes(whole)
        assert ingest(db).damaged == ()
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]


def test_damage_goes_on_after_its_cap_of_lines_only():
    damage = Damage(Path("f"), "kept")
    n = 0
    for number, _ in damage.lines(JUNK * (MOST_DAMAGED + 500)):
        damage.add(number, ValueError("no"))
        n += 1
    assert n == MOST_DAMAGED + 1
    assert "not read to its end" in damage.told[-1]


# names

NAMES = [b"\xff", b"\xed\xa0\x80", b"\x1b]0;x\x07", b"a\nb", b"\xe2\x80\xae", b"' OR 1", b"%s{0}", b"x" * 200]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_file_breaks_ingest_page_or_report(store, name, tmp_path):
    run = os.fsencode(run_dir(store, spec().run_id))
    root = os.fsencode(store)
    for kind in (b"notes", b"votes", b"judgings", b"judge-jobs", b"samples"):
        os.makedirs(root + b"/" + kind, exist_ok=True)
    for place in (run + b"/part-%b.jsonl", run + b"/part-00007%b.jsonl", run + b"/traces-%b.npz", run + b"/part-00001.jsonl.%b.corrupt"):
        Path(os.fsdecode(place.replace(b"%b", name))).write_bytes(JUNK)
    for place in (b"/notes/%b.jsonl", b"/votes/%b.jsonl", b"/samples/%b.jsonl", b"/%b", b"/runs/f%b"):
        Path(os.fsdecode(root + place.replace(b"%b", name))).write_bytes(JUNK)
    for place in (b"/runs/%b", b"/judgings/%b", b"/judge-jobs/%b", b"/runs/d%b"):
        os.makedirs(root + place.replace(b"%b", name))
        Path(os.fsdecode(root + place.replace(b"%b", name) + b"/spec.json")).write_bytes(b"{}")
    with Database(store) as db:
        told = ingest(db).damaged
        assert told
        drawable(told)
        health = queries.store_health(db)
        drawable(health.damaged)
        drawable(health.waiting)
        assert db.rows("SELECT count(*) FROM answers") == [(10,)]
    with (tmp_path / "out").open("w", encoding="utf-8") as stream:
        for line in told:
            SafeConsole(file=stream).print(line)


def test_a_page_opens_on_a_store_with_such_names(store, monkeypatch):
    Path(os.fsdecode(os.fsencode(run_dir(store, spec().run_id)) + b"/part-\xff.jsonl")).write_bytes(JUNK)
    (store / "notes").mkdir()
    Path(os.fsdecode(os.fsencode(store) + b"/notes/\xff.jsonl")).write_bytes(JUNK * 100_000)
    (store / "notes" / "3f.jsonl").write_bytes(JUNK * 100_000)
    monkeypatch.setenv("LLMKICK_STORE", str(store))
    at = AppTest.from_file(str(PROJECT_ROOT / "pages" / "data.py"), default_timeout=60).run()
    assert not at.exception
    assert not at.error
    assert 2 <= len([one for one in at.text if "notes" in one.value]) <= 50


def test_a_wrong_value_of_the_database_sets_one_run_apart(store, monkeypatch):
    def refuse(*_: object) -> None:
        "\ud800".encode()

    monkeypatch.setattr("llmkick_core.store.ingest.insert_parts", refuse)
    with Database(store) as db:
        assert len(ingest(db).damaged) == 2


# numbers


@pytest.mark.parametrize("number", ["999999999", "99999999", "10000000"])
def test_a_part_at_the_end_of_all_numbers_does_not_make_later_ones_meet(store, number):
    folder = run_dir(store, spec().run_id)
    (folder / f"part-{number}.jsonl").write_text(seal(""))
    (folder / f"traces-{number}.npz").write_bytes(b"none")
    made = [append_part(folder, [Answer(run_id=spec().run_id, sample_id=f"s{n}")], []) for n in range(3)]
    assert [path.name for path in made] == ["part-00001.jsonl", "part-00002.jsonl", "part-00003.jsonl"]
    assert [read_part(path).answers[0].sample_id for path in made] == ["s0", "s1", "s2"]
    assert part_files(folder)[-1].name == f"part-{number}.jsonl"
    with Database(store) as db:
        assert ingest(db).n_answers == 13


def test_parts_are_read_in_the_order_of_their_numbers(tmp_path):
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    for number in ("100000", "99999", "00002"):
        (folder / f"part-{number}.jsonl").write_text(seal(""))
    assert [path.name[5:-6] for path in part_files(folder)] == ["00002", "99999", "100000"]


@pytest.mark.parametrize("has_links", [True, False])
def test_no_file_is_replaced_by_the_next_part(tmp_path, monkeypatch, has_links):
    if not has_links:

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "part-00000.jsonl").write_text("stays")
    made = write_new(lambda n: tmp_path / f"part-{n:05}.jsonl", b"new")
    assert (made.name, made.read_text()) == ("part-00001.jsonl", "new")
    assert (tmp_path / "part-00000.jsonl").read_text() == "stays"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["part-00000.jsonl", "part-00001.jsonl"]


def test_a_folder_full_of_names_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("llmkick_core.store.opener._MOST_NAMES", 1)
    (tmp_path / "a").write_text("stays")
    with pytest.raises(StoreError, match="stand in the way"):
        write_new(lambda _: tmp_path / "a", b"new")


# what does not fit together

CHOICE = Sample(sample_id="q", question="Which?", turns=("Which? A B C D",), choices=("a", "b", "c", "d"), gold_choice=3, gold=(("d",),))


def odd_store(store: Path, answers: list[Answer], sample: Sample = CHOICE) -> str:
    """Write a run of multiple choice whose parts are whole and do not fit its question."""
    one = spec(task="multiple_choice")
    write_spec(store, one)
    write_samples(store, one.run_id, [sample])
    append_part(run_dir(store, one.run_id), [replace(answer, run_id=one.run_id) for answer in answers], [])
    return one.run_id


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(run_id="", sample_id="q", choice_logprobs=(-1.0, -2.0)),
        Answer(run_id="", sample_id="q", choice_logprobs=(-1.0,) * 9),
        Answer(run_id="", sample_id="q", turn=7),
        Answer(run_id="", sample_id="q", turn=2**31 - 1),
    ],
)
def test_answers_that_fit_no_question_are_left_out_and_named(tmp_path, wrong):
    good = Answer(run_id="", sample_id="q", choice_logprobs=(-1.0, -2.0, -3.0, -0.5))
    run_id = odd_store(tmp_path, [good] if wrong.turn == 0 else [good, wrong])
    if wrong.turn == 0:
        append_part(run_dir(tmp_path, run_id), [replace(wrong, run_id=run_id)], [])
    with Database(tmp_path) as db:
        told = ingest(db).damaged
        assert len(told) == 1
        assert "does not fit the question" in told[0]
        assert ingest(db).damaged == told
        assert db.rows("SELECT turn, len(choice_logprobs) FROM answers") == [(0, 4)]
        assert queries.sample_detail(db, "q", [run_id]).sides[0].turns[0].p_gold is not None


@pytest.mark.parametrize("value", [1e6, -0.5, 1e300])
def test_scores_that_are_no_shares_are_left_out_and_named(store, value):
    answers, scores = (
        read_part(part_files(run_dir(store, spec().run_id))[0]).answers,
        [Score(run_id=spec().run_id, sample_id=SAMPLES[0].sample_id, scorer="corrected", metric="exact_match", value=value)],
    )
    append_part(run_dir(store, spec().run_id), answers, scores)
    with Database(store) as db:
        assert "outside 0-1" in ingest(db).damaged[0]
        assert db.rows("SELECT count(*), max(value), min(value) FROM scores") == [(20, 1.0, 0.0)]


def test_an_answer_that_is_there_before_its_question_changed_is_shown_without_it(tmp_path):
    run_id = odd_store(tmp_path, [Answer(run_id="", sample_id="q", choice_logprobs=(-1.0, -2.0, -3.0, -0.5))])
    with Database(tmp_path) as db:
        ingest(db)
        with db.writing() as cursor:
            cursor.execute("UPDATE answers SET choice_logprobs = [-1.0, -2.0], choice_lengths = [1]")
            cursor.execute("INSERT INTO answers SELECT * REPLACE (5 AS turn) FROM answers")
        side = queries.sample_detail(db, "q", [run_id]).sides[0]
        assert [turn.turn for turn in side.turns] == [0]
        assert side.turns[0].p_gold is None


def test_windows_of_a_scored_text_are_as_many_as_there_are(tmp_path):
    one = spec(task="perplexity")
    write_spec(tmp_path, one)
    write_samples(tmp_path, one.run_id, [Sample(sample_id="t", question="text", turns=("text",))])
    append_part(
        run_dir(tmp_path, one.run_id), [Answer(run_id=one.run_id, sample_id="t", turn=n, nll=1.0, n_tokens=5) for n in range(9)], []
    )
    with Database(tmp_path) as db:
        assert ingest(db).damaged == ()
        assert len(queries.sample_detail(db, "t", [one.run_id]).sides[0].turns) == 9


def test_a_question_that_asks_nothing_is_damaged(tmp_path):
    odd_store(tmp_path, [], replace(CHOICE, turns=()))
    with Database(tmp_path) as db:
        assert "nothing is asked" in ingest(db).damaged[0]
    with pytest.raises(ValueError, match="nothing is asked"):
        Sample.from_dict({**SAMPLES[0].to_dict(), "turns": []})


# deep folders


def deep(folder: Path, n: int) -> None:
    """Nest folders by descriptors, as no path is that long."""
    folder.mkdir(parents=True)
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(n):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
        os.symlink("/etc", "link", dir_fd=inner)
        os.close(handle)
        handle = inner
    os.close(handle)


def test_folders_three_thousand_deep_are_removed_and_looked_through(tmp_path):
    folder = tmp_path / "checkpoints" / "abc"
    deep(folder, 3000)
    deep(tmp_path / "checkpoints" / "only", 17)
    with pytest.raises(CorruptFileError):
        check_folder(folder)
    for one in (tmp_path / "checkpoints" / "only").rglob("link"):
        one.unlink()
    with pytest.raises(CorruptFileError, match="nested more than"):
        check_folder(tmp_path / "checkpoints" / "only")
    with Database(tmp_path) as db:
        queries.store_health(db)
    remove_tree(folder)
    assert not folder.exists()
    assert Path("/etc/passwd").exists()
    remove_tree(tmp_path / "checkpoints" / "only")
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_a_link_in_the_place_of_a_folder_is_removed_alone(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("stays")
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "abc").symlink_to(tmp_path / "outside")
    remove_tree(tmp_path / "served" / "abc")
    assert not (tmp_path / "served" / "abc").is_symlink()
    assert (tmp_path / "outside" / "file").read_text() == "stays"


def test_holes_in_a_file_take_no_room_of_what_is_kept(tmp_path):
    folder = tmp_path / "checkpoints" / "abc"
    folder.mkdir(parents=True)
    with (folder / "block-000.safetensors").open("wb") as stream:
        stream.truncate(30 * 10**9)
    (folder / "block-001.safetensors").write_bytes(b"x" * 50_000)
    assert 50_000 <= kept_size(tmp_path) < 1_000_000
    with Database(tmp_path) as db:
        assert queries.store_health(db).checkpoint_bytes < 1_000_000


# halves of characters


def test_what_is_written_about_a_run_has_no_half_characters(tmp_path):
    write_json(tmp_path / "status.json", {"message": "a\ud800b"})
    assert json.loads((tmp_path / "status.json").read_text(encoding="utf-8")) == {"message": "a?b"}


def test_traces_still_come_back_in_order(tmp_path):
    append_traces(tmp_path, {})
    assert list(read_traces(tmp_path, "nothing")) == []


def test_a_store_is_refilled_with_what_is_damaged_named_again(store):
    (store / "notes").mkdir()
    (store / "notes" / "3f.jsonl").write_bytes(JUNK)
    with Database(store) as db:
        assert ingest(db).damaged == refill(db).damaged != ()
    shutil.rmtree(store)


def test_votes_are_capped_too(tmp_path):
    (tmp_path / "votes").mkdir()
    (tmp_path / "votes" / "a-b.jsonl").write_bytes(JUNK * 50)
    assert len(read_votes(tmp_path / "votes" / "a-b.jsonl")[1]) == MOST_TOLD + 1
    (tmp_path / VIEWS).write_bytes(JUNK * 50)
    assert len(read_views(tmp_path)[1]) == MOST_TOLD + 1

"""Run folders into the database: idempotent, in any order, whatever is damaged."""

from __future__ import annotations

import os
import shutil
import threading

import duckdb
import pytest

from llmkick_core.errors import StoreBusyError, StoreError
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Answer, Sample, Score
from llmkick_core.store import ingest as module
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import IngestReport, ingest, rebuild, refill
from llmkick_core.store.layout import DATABASE, run_dir, samples_file, write_json
from llmkick_core.store.parts import append_part, part_files
from llmkick_core.store.runs import sample_set_of, write_layers, write_samples, write_spec
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, WANDA_SAID, Said, add_run, answers_and_scores, spec

TABLES = ("runs", "samples", "answers", "scores", "layers", "parts")
NOTHING = IngestReport(n_parts=0, n_answers=0)
LAYER = LayerReport(name="a", block=0, n_out=2, n_in=2, sparsity=0.5, structure_ok=None, error=None, bits=8.5, seconds=0.0)


def content(db: Database) -> dict[str, list[tuple]]:
    return {table: db.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}


def n_rows(db: Database, table: str) -> int:
    return db.rows(f"SELECT count(*) FROM {table}")[0][0]


def test_taking_in_twice_changes_nothing(small):
    with Database(small) as db:
        assert ingest(db) == IngestReport(n_parts=2, n_answers=10)
        before = content(db)
        assert {table: len(rows) for table, rows in before.items()} == {
            "runs": 2,
            "samples": 5,
            "answers": 10,
            "scores": 20,
            "layers": 0,
            "parts": 2,
        }
        assert ingest(db) == NOTHING
        assert content(db) == before


def test_a_part_added_later_is_taken_in_alone(small, open_store):
    db = open_store(small)
    more = Sample(sample_id="new", question="?", turns=("?",))
    append_part(run_dir(small, spec().run_id), *answers_and_scores(spec().run_id, [more], [Said(1, "yes")]))
    assert ingest(db) == IngestReport(n_parts=1, n_answers=1)
    assert n_rows(db, "answers") == 11


def test_a_quiet_folder_is_not_opened_again_until_it_changes(small, monkeypatch):
    for folder in (small / "runs").iterdir():
        os.utime(folder, (1000, 1000))
    with Database(small) as db:
        ingest(db)
        opened = []
        real = module.part_files
        monkeypatch.setattr(module, "part_files", lambda folder: opened.append(folder.name) or real(folder))
        assert ingest(db) == NOTHING
        assert opened == []
        append_part(run_dir(small, spec().run_id), [Answer(run_id=spec().run_id, sample_id="late")], [])
        assert ingest(db).n_answers == 1
        assert opened == [spec().run_id]


def test_a_run_is_seen_before_it_has_questions_and_completed_later(tmp_path, open_store):
    wanted = spec(WANDA_50)
    write_spec(tmp_path, wanted)
    db = open_store(tmp_path)
    assert db.rows("SELECT run_id, sample_set FROM runs") == [(wanted.run_id, None)]
    write_layers(tmp_path, wanted.run_id, [LAYER])
    sample_set = write_samples(tmp_path, wanted.run_id, SAMPLES)
    append_part(run_dir(tmp_path, wanted.run_id), *answers_and_scores(wanted.run_id, SAMPLES, WANDA_SAID))
    assert ingest(db).n_answers == 5
    assert db.rows("SELECT run_id, sample_set FROM runs") == [(wanted.run_id, sample_set)]
    assert db.rows("SELECT compression_id, name FROM layers") == [(wanted.compression_id, "a")]


def test_layers_that_come_long_after_the_questions_are_taken_in_while_the_database_is_open(small, open_store):
    wanted = spec(WANDA_50)
    db = open_store(small)
    assert n_rows(db, "layers") == 0
    write_layers(small, wanted.run_id, [LAYER])
    assert ingest(db) == NOTHING
    assert db.rows("SELECT compression_id, name FROM layers") == [(wanted.compression_id, "a")]
    before = content(db)
    db.close()
    rebuild(small)
    with Database(small) as again:
        assert content(again) == before


def test_damaged_layers_are_named_and_the_answers_kept(small, open_store):
    (run_dir(small, spec(WANDA_50).run_id) / "layers.json").write_text('[{"torn')
    with Database(small) as db:
        report = ingest(db)
        assert report.n_answers == 10
        assert ["layers.json" in line and "the answers are kept" in line for line in report.damaged] == [True]


def test_an_answer_asked_again_counts_once_and_the_later_part_wins(tmp_path, open_store):
    run_id = add_run(tmp_path, spec(), DENSE_SAID)
    again = answers_and_scores(run_id, SAMPLES[:1], [Said(0, " later")])
    append_part(run_dir(tmp_path, run_id), *again)
    db = open_store(tmp_path)
    assert n_rows(db, "answers") == 5
    assert db.rows("SELECT text, value FROM answers JOIN scores USING (run_id, sample_id, turn) WHERE sample_id = $s AND scorer = 'corrected'", {"s": SAMPLES[0].sample_id}) == [(" later", 0.0)]  # fmt: skip


def test_a_part_of_scores_alone_scores_anew(tmp_path, open_store):
    run_id = add_run(tmp_path, spec(), DENSE_SAID)
    db = open_store(tmp_path)
    new = Score(run_id=run_id, sample_id=SAMPLES[3].sample_id, scorer="corrected", version=2, metric="exact_match", value=1.0)
    append_part(run_dir(tmp_path, run_id), [], [new])
    ingest(db)
    assert db.rows("SELECT version, value FROM scores WHERE sample_id = $s AND scorer = 'corrected'", {"s": new.sample_id}) == [(2, 1.0)]


def test_missing_and_infinite_numbers_travel(tmp_path, open_store):
    run_id = add_run(tmp_path, spec(), DENSE_SAID)
    odd = Answer(run_id=run_id, sample_id="odd", choice_logprobs=(float("-inf"), float("nan")), choice_lengths=(3, 4), nll=float("inf"))
    append_part(run_dir(tmp_path, run_id), [odd], [])
    db = open_store(tmp_path)
    logprobs, lengths, nll, gold = db.rows(
        "SELECT choice_logprobs, choice_lengths, nll, gold_logprob FROM answers WHERE sample_id = 'odd'"
    )[0]
    assert logprobs[0] == float("-inf")
    assert logprobs[1] != logprobs[1]
    assert (lengths, nll, gold) == ([3, 4], float("inf"), None)
    assert db.rows("SELECT value FROM scores WHERE sample_id = $s AND scorer = 'corrected'", {"s": SAMPLES[4].sample_id}) == [(None,)]


def test_a_damaged_part_is_named_and_the_others_are_kept(small, open_store):
    run_id = spec().run_id
    path = append_part(run_dir(small, run_id), [Answer(run_id=run_id, sample_id="x")], [])
    append_part(run_dir(small, run_id), [Answer(run_id=run_id, sample_id="y")], [])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with Database(small) as db:
        report = ingest(db)
        assert report.n_answers == 11
        assert [path.name in line for line in report.damaged] == [True]
        assert ingest(db).damaged == report.damaged  # named until it is mended
        path.write_bytes(whole)
        assert ingest(db) == IngestReport(n_parts=1, n_answers=1)


@pytest.mark.parametrize("name", ["spec.json", "samples.json"])
def test_a_damaged_run_does_not_stop_the_others(small, name):
    (run_dir(small, spec().run_id) / name).write_text('{"torn')
    with Database(small) as db:
        report = ingest(db)
        assert report.n_answers == 5
        assert len(report.damaged) == 1
        assert name in report.damaged[0]


def test_a_spec_with_a_number_that_no_column_holds_does_not_stop_the_others(small):
    raw = spec(limit=5).to_dict() | {"limit": 3_000_000_000}
    write_json(run_dir(small, "0" * 16) / "spec.json", raw)
    with Database(small) as db:
        report = ingest(db)
        assert report.n_answers == 10
        assert ["limit 3000000000 is out of range" in line for line in report.damaged] == [True]


@pytest.mark.parametrize("number", [2**40, 2**80])
def test_an_answer_with_a_number_that_no_column_holds_is_damage_of_its_run_alone(small, number):
    bad = spec(task="closed_book_qa")
    add_run(small, bad, DENSE_SAID)
    append_part(run_dir(small, bad.run_id), [Answer(run_id=bad.run_id, sample_id="x", n_tokens=number)], [])
    with Database(small) as db:
        report = ingest(db)
        assert report.n_answers == 10 + len(DENSE_SAID)  # of that run the other part
        assert [bad.run_id in line and f"n_tokens is {str(number)[:4]}" in line for line in report.damaged] == [True]
        assert ingest(db).damaged == report.damaged


def test_a_database_that_cannot_be_written_is_an_error_and_no_damage(small, monkeypatch):
    def full(*_: object) -> None:
        raise duckdb.IOException("IO Error: no space left on device")

    monkeypatch.setattr(module, "insert_parts", full)
    with Database(small) as db, pytest.raises(StoreError, match="no space left"):
        ingest(db)


def test_damaged_questions_do_not_stop_other_sets(small):
    other = spec(task="closed_book_qa")
    add_run(small, other, DENSE_SAID[:2], SAMPLES[:2])
    samples_file(small, sample_set_of(small, other.run_id)).write_text("torn")
    with Database(small) as db:
        report = ingest(db)
        assert (report.n_answers, len(report.damaged)) == (10, 1)


def test_a_folder_with_the_spec_of_another_run_is_left_out(small):
    shutil.copytree(run_dir(small, spec().run_id), small / "runs" / "0000000000000000")
    with Database(small) as db:
        report = ingest(db)
        assert n_rows(db, "answers") == 10
        assert [f"is the spec of run {spec().run_id}, not of 0000000000000000" in line for line in report.damaged] == [True]


def test_answers_of_another_run_are_not_filed_under_it(small):
    other = spec(limit=5)
    write_spec(small, other)
    shutil.copy(run_dir(small, spec().run_id) / "part-00000.jsonl", run_dir(small, other.run_id))
    with Database(small) as db:
        report = ingest(db)
        assert n_rows(db, "answers") == 10
        assert [f"holds answers of run {spec().run_id}" in line for line in report.damaged] == [True]


def test_an_empty_store_and_stray_files_are_fine(tmp_path):
    with Database(tmp_path) as db:
        assert ingest(db) == NOTHING
        (tmp_path / "runs" / "no-spec").mkdir(parents=True)
        (tmp_path / "runs" / "note.txt").write_text("hello")
        assert ingest(db) == NOTHING


def test_threads_that_take_in_at_once_double_nothing_and_lose_nothing(tmp_path):
    runs = [add_run(tmp_path, spec(limit=k + 1), DENSE_SAID) for k in range(6)]
    failures, taken, stop = [], [], threading.Event()
    with Database(tmp_path) as db:

        def take() -> None:
            try:
                while not stop.is_set():
                    taken.append(ingest(db).n_answers)
            except StoreError as error:
                failures.append(error)

        def ask() -> None:
            try:
                while not stop.is_set():
                    db.query("SELECT run_id, count(*) AS n FROM answers GROUP BY run_id")
            except StoreError as error:
                failures.append(error)

        threads = [threading.Thread(target=target) for target in (take, take, take, ask, ask)]
        for thread in threads:
            thread.start()
        for k in range(10):
            for run_id in runs:
                append_part(run_dir(tmp_path, run_id), [Answer(run_id=run_id, sample_id=f"late{k}")], [])
        stop.set()
        for thread in threads:
            thread.join()
        taken.append(ingest(db).n_answers)
        assert failures == []
        assert sum(taken) == n_rows(db, "answers") == 6 * (5 + 10)


def test_twenty_thousand_answers_are_taken_in_whole_in_a_few_batches(tmp_path, monkeypatch):
    wanted = spec()
    write_spec(tmp_path, wanted)
    samples = [Sample(sample_id=f"q{i}", question=f"question {i}", turns=("?",), group=f"f{i // 3}", gold=(("x",),)) for i in range(20_000)]
    write_samples(tmp_path, wanted.run_id, samples)
    for start in range(0, 20_000, 500):
        batch = samples[start : start + 500]
        append_part(run_dir(tmp_path, wanted.run_id), *answers_and_scores(wanted.run_id, batch, [Said(1, " x", -0.5)] * 500))
    batches = []
    real = module.insert_parts
    monkeypatch.setattr(module, "insert_parts", lambda cursor, run_id, parts: batches.append(len(parts)) or real(cursor, run_id, parts))
    with Database(tmp_path) as db:
        assert ingest(db) == IngestReport(n_parts=40, n_answers=20_000)
        assert n_rows(db, "answers") == n_rows(db, "samples") == 20_000
        assert n_rows(db, "scores") == 40_000
        assert len(batches) <= 4


def test_rebuild_gives_the_same_tables(small):
    run_id = spec(WANDA_50).run_id
    write_layers(small, run_id, [LAYER])
    with Database(small) as db:
        ingest(db)
        append_part(run_dir(small, run_id), *answers_and_scores(run_id, SAMPLES[:2], [Said(1, " new")] * 2))
        ingest(db)
        before = content(db)
    report = rebuild(small)
    assert (report.n_parts, report.damaged) == (3, ())
    with Database(small) as db:
        assert content(db) == before
        assert refill(db).n_parts == 3
        assert content(db) == before


def test_rebuild_replaces_a_damaged_database(small):
    Database(small).close()
    (small / DATABASE).write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="rebuild"):
        Database(small)
    assert rebuild(small).n_answers == 10


def test_rebuild_refuses_while_the_database_is_open(small, open_store):
    db = open_store(small)
    with pytest.raises(StoreBusyError, match="already open in this process"):
        rebuild(small)
    assert n_rows(db, "answers") == 10


def test_rebuild_of_an_unwritable_store_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write the store"):
        rebuild(tmp_path / "file" / "store")


def test_parts_are_kept_when_the_database_goes(small, open_store):
    n_files = len([path for run in (spec(), spec(WANDA_50)) for path in part_files(run_dir(small, run.run_id))])
    assert rebuild(small).n_parts == n_files

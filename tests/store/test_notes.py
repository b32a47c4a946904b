"""Notes and tags: files that are only added to, and an index over them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llmkick_core.errors import ChangedError, StoreError, UsageError
from llmkick_core.store import notes, queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import questions_export
from llmkick_core.store.filters import Filter
from llmkick_core.store.ingest import ingest, rebuild, refill
from tests.small_store import DENSE, DENSE_SAID, SAMPLES, WANDA_50, add_run, spec

MONGOLIA, TUNGSTEN = SAMPLES[0].sample_id, SAMPLES[2].sample_id
PAIR = (spec(DENSE).run_id, spec(WANDA_50).run_id)


def set_of(db: Database, run_id: str = PAIR[0]) -> str:
    return str(db.rows("SELECT sample_set FROM runs WHERE run_id = ?", [run_id])[0][0])


def the_file(db: Database) -> Path:
    return db.store / "notes" / f"{set_of(db)}.jsonl"


def test_a_note_is_a_line_of_its_file_and_stands_beside_its_question(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "  The capital of a neighbour.\n", ["Near miss!", "near-miss"])
    line = json.loads(the_file(db).read_text())
    assert (line["sample_id"], line["text"], line["tags"]) == (MONGOLIA, "The capital of a neighbour.", ["near-miss"])
    found = notes.notes_of(db, set_of(db))
    assert {q: (note.text, note.tags) for q, note in found.items()} == {MONGOLIA: ("The capital of a neighbour.", ("near-miss",))}


def test_the_last_line_of_a_question_counts_and_an_empty_one_takes_it_back(db: Database):
    for text in ("first", "second"):
        notes.write_note(db, set_of(db), MONGOLIA, text)
    assert notes.notes_of(db, set_of(db))[MONGOLIA].text == "second"
    notes.write_note(db, set_of(db), MONGOLIA, " ")
    assert notes.notes_of(db, set_of(db)) == {}
    assert len(the_file(db).read_text().splitlines()) == 3


def test_notes_come_back_when_the_database_is_made_anew(small: Path, open_store: Callable[[Path], Database]):
    db = open_store(small)
    notes.write_note(db, set_of(db), MONGOLIA, "kept", ["a"])
    refill(db)
    assert notes.notes_of(db, set_of(db))[MONGOLIA].text == "kept"
    db.close()
    rebuild(small)
    again = open_store(small)
    assert notes.notes_of(again, set_of(again))[MONGOLIA].tags == ("a",)


def test_a_note_on_the_same_words_stands_in_another_set_too_and_the_youngest_counts(small: Path, open_store: Callable[[Path], Database]):
    shorter = spec(DENSE, limit=2)
    add_run(small, shorter, DENSE_SAID[:2], SAMPLES[:2])
    db = open_store(small)
    other = set_of(db, shorter.run_id)
    assert other != set_of(db)
    notes.write_note(db, other, MONGOLIA, "seen")
    assert notes.notes_of(db, set_of(db))[MONGOLIA].text == "seen"
    notes.write_note(db, set_of(db), MONGOLIA, "")
    assert notes.notes_of(db, other) == {}


def test_a_damaged_line_is_named_and_the_others_are_kept(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "before")
    path = the_file(db)
    bad = [
        "{torn",
        "[]",
        '{"sample_id": 3}',
        json.dumps({"sample_id": TUNGSTEN, "text": "x" * 4001}),
        '{"sample_id": "q", "tags": ["A b"]}',
    ]
    path.write_text(path.read_text() + "\n".join(bad))  # the last one without an end, as a crash leaves it
    notes.write_note(db, set_of(db), TUNGSTEN, "after")
    report = ingest(db)
    assert [f"line {n}," in line for n, line in enumerate(report.damaged, start=2)] == [True] * len(bad)
    assert {q: note.text for q, note in notes.notes_of(db, set_of(db)).items()} == {MONGOLIA: "before", TUNGSTEN: "after"}
    assert len(ingest(db).damaged) == len(bad)  # as long as they are there


@pytest.mark.parametrize("at", ["1e18", "1e999", "-1", "NaN", "true", '"1"', "null", "1" + "0" * 400])
def test_a_line_of_a_moment_that_no_calendar_has_is_damaged(db: Database, at: str):
    notes.write_note(db, set_of(db), MONGOLIA, "kept")
    with the_file(db).open("a") as stream:
        stream.write(f'{{"sample_id": "{TUNGSTEN}", "text": "x", "at": {at}}}\n')
    [damaged] = ingest(db).damaged
    assert ("line 2, is damaged" in damaged, "is no time" in damaged) == (True, True)
    assert list(notes.notes_of(db, set_of(db))) == [MONGOLIA]


def test_an_index_that_took_in_such_a_moment_earlier_is_mended(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "kept")
    with db.writing() as cursor:
        cursor.execute("INSERT INTO notes VALUES (?, ?, 'x', [], 1e18)", [set_of(db), TUNGSTEN])
    ingest(db)
    assert list(notes.notes_of(db, set_of(db))) == [MONGOLIA]


def test_of_two_who_replace_the_same_note_at_once_one_is_refused(db: Database):
    seen = notes.write_note(db, set_of(db), MONGOLIA, "before").at

    def replace(text: str) -> str:
        try:
            return notes.write_note(db, set_of(db), MONGOLIA, text, seen=seen).text
        except ChangedError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(replace, ("mine", "yours")), key=len)
    assert said[0] == notes.notes_of(db, set_of(db))[MONGOLIA].text
    assert f"it now says “{said[0]}”" in said[1]
    assert len(the_file(db).read_text().splitlines()) == 2


def test_a_note_that_was_not_there_is_replaced_by_none_in_silence(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "theirs", seen=0.0)
    with pytest.raises(ChangedError):
        notes.write_note(db, set_of(db), MONGOLIA, "mine", seen=0.0)


def test_a_file_that_somebody_changes_or_removes_is_followed(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "here")
    ingest(db)
    path = the_file(db)
    with path.open("a") as stream:
        stream.write(json.dumps({"sample_id": TUNGSTEN, "text": "by hand", "at": 9e9}) + "\n")
    ingest(db)
    assert notes.notes_of(db, set_of(db))[TUNGSTEN].text == "by hand"
    path.unlink()
    ingest(db)
    assert notes.notes_of(db, set_of(db)) == {}


def test_a_file_with_another_name_is_named_not_read(db: Database):
    folder = db.store / "notes"
    folder.mkdir()
    (folder / "no such set!.jsonl").write_text("{}\n")
    assert "named after no set" in ingest(db).damaged[0]


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("x" * 4001, [], "4,001 characters; at most 4,000"),
        ("", [f"t{n}" for n in range(13)], "13 tags are too many"),
        ("", ["?!"], "no letter"),
        ("", ["x" * 33], "at most 32"),
    ],
)
def test_what_is_too_long_is_refused_and_nothing_is_written(db: Database, text: str, words: list[str], said: str):
    with pytest.raises(UsageError, match=said):
        notes.write_note(db, set_of(db), MONGOLIA, text, words)
    assert not the_file(db).exists()


def test_a_note_that_cannot_be_written_changes_nothing(db: Database):
    (db.store / "notes").write_text("in the way")
    with pytest.raises(StoreError, match="The note is not saved"):
        notes.write_note(db, set_of(db), MONGOLIA, "lost")
    assert notes.notes_of(db, set_of(db)) == {}


def test_what_has_no_utf_8_and_a_nul_are_stored_without_harm(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "a\x00b \ud800 <b>\u2028</b>")
    assert ingest(db).damaged == ()
    assert notes.notes_of(db, set_of(db))[MONGOLIA].text == "ab ? <b>\u2028</b>"


@pytest.mark.parametrize(("word", "made"), [("Near miss!", "near-miss"), ("__A_b", "a-b"), ("Größe", "größe"), ("<b>x</b>", "b-x-b")])
def test_a_tag_is_one_short_word(word: str, made: str):
    assert notes.tag(word) == made


def test_a_write_forgets_what_depends_on_notes_and_nothing_else(db: Database):
    n_made: list[str] = []

    def make(name: str) -> Callable[[], str]:
        return lambda: n_made.append(name) or name

    tagged = Filter(tag="a")
    assert queries.pair_ids(db, *PAIR, wanted=tagged) == []
    db.remember(("costly",), make("costly"))
    notes.write_note(db, set_of(db), MONGOLIA, "", ["a"])
    db.remember(("costly",), make("costly"))
    assert n_made == ["costly"]
    assert queries.pair_ids(db, *PAIR, wanted=tagged) == [MONGOLIA]
    assert queries.pair_counts(db, *PAIR, wanted=tagged)["all"] == 1
    assert list(queries.pair_rows(db, *PAIR, wanted=tagged)["sample_id"]) == [MONGOLIA]
    with db.writing():
        pass
    db.remember(("costly",), make("costly"))
    assert n_made == ["costly", "costly"]


def test_a_list_is_narrowed_to_what_has_a_tag_or_any_note(db: Database):
    notes.write_note(db, set_of(db), MONGOLIA, "", ["a", "b"])
    notes.write_note(db, set_of(db), TUNGSTEN, "only a note")
    assert queries.tags_in_use(db) == {"a": 1, "b": 1}
    assert queries.pair_ids(db, *PAIR, wanted=Filter(tag="b")) == [MONGOLIA]
    assert set(queries.pair_ids(db, *PAIR, wanted=Filter(tag=notes.ANY))) == {MONGOLIA, TUNGSTEN}
    assert queries.pair_ids(db, *PAIR, wanted=Filter(tag="c")) == []


def test_exported_questions_have_their_notes_and_tags(db: Database):
    notes.write_note(db, set_of(db), TUNGSTEN, "a symbol", ["b", "a"])
    rows = [row for batch in questions_export(db, *PAIR, [TUNGSTEN, MONGOLIA]).batches for row in batch.to_pylist()]
    assert [(row["sample_id"], row["tags"], row["note"]) for row in rows] == [(TUNGSTEN, ["b", "a"], "a symbol"), (MONGOLIA, [], "")]

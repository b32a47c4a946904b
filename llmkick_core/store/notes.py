"""What people wrote about questions: a note and tags, kept as files, with the database as their index.

<store>/notes/<sample_set>.jsonl, one line each time somebody wrote:

{"at": 1764120000.0, "sample_id": "capital/Mongolia#0", "tags": ["neighbour"], "text": "The capital of a neighbour: look at the others."}

Lines are only ever added; the last one of a question is its note, and an empty one takes it back. A note is about the question, so it stands wherever the same
words are asked under the same id: with another recipe, another model, or in a set with another limit. Of several the youngest counts.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.decoding import NAME, TIME, list_of, parse_json, text
from llmkick_core.errors import ChangedError, CorruptFileError, UsageError
from llmkick_core.store.appending import append_line
from llmkick_core.store.damage import Damage, shown
from llmkick_core.store.database import Database
from llmkick_core.store.layout import is_time, notes_dir, notes_file
from llmkick_core.store.opener import NOTES, entries, is_id, read_bytes

if TYPE_CHECKING:
    import duckdb

LONGEST_NOTE = 4_000
"""Characters of a note."""
LONGEST_TAG = 32
"""Characters of a tag."""
MOST_TAGS = 12
"""Tags of a question."""
ABOUT = "notes"
"""What queries that depend on notes are remembered as."""
ANY = "*"
"""In place of a tag: questions with any note or tag."""

_FIELDS = {"sample_id": NAME, "text": text(), "tags": list_of(text(), 1000), "at": TIME}


@dataclass(frozen=True, kw_only=True)
class Note:
    """What somebody wrote about a question."""

    text: str = ""
    """In their words; at most LONGEST_NOTE characters."""
    tags: tuple[str, ...] = ()
    """Short words, as `tag` makes them."""
    at: float = 0.0
    """When, seconds since 1970; 0 where nothing was written."""

    def __post_init__(self) -> None:
        """Check the lengths.

        Raises:
            UsageError: the note or a tag is too long, there are too many, or a tag is not as `tag` makes it.
        """
        if len(self.text) > LONGEST_NOTE:
            raise UsageError(f"the note has {len(self.text):,} characters; at most {LONGEST_NOTE:,} are kept. Shorten it.")
        if len(self.tags) > MOST_TAGS:
            raise UsageError(f"{len(self.tags)} tags are too many for one question; at most {MOST_TAGS} are kept. Take some away.")
        for word in self.tags:
            if tag(word) != word:
                raise UsageError(f"{word!r} is no tag; write {tag(word)!r}.")
        if not is_time(self.at):
            raise UsageError(f"{self.at!r} is no time.")

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is said."""
        return not self.text and not self.tags


NOTHING = Note()
"""What a question has that nobody wrote about."""


def tag(word: str) -> str:
    """Return a word as tags are written: lower case letters, digits, and a hyphen for anything else, `Near miss!` as `near-miss`.

    Raises:
        UsageError: nothing is left of it, or it is too long.
    """
    plain = unicodedata.normalize("NFC", word).lower()
    made = re.sub(r"[\W_]+", "-", plain).strip("-")
    if not made:
        raise UsageError(f"{word[:LONGEST_TAG]!r} has no letter and no digit to make a tag of.")
    if len(made) > LONGEST_TAG:
        raise UsageError(f"the tag {made[:LONGEST_TAG]!r}... has {len(made):,} characters; a tag is a short word of at most {LONGEST_TAG}.")
    return made


def write_note(db: Database, sample_set: str, sample_id: str, text: str, words: Iterable[str] = (), *, seen: float | None = None) -> Note:
    """Add what somebody wrote about a question to its file and to the index, and return it; empty takes back what was written.

    Args:
        db: the database.
        sample_set: of the question.
        sample_id: the question.
        text: the note; space around it is dropped.
        words: tags, however they were typed.
        seen: `at` of the note that this one is to replace, 0 where there was none; None replaces any.

    Raises:
        ChangedError: somebody wrote since the note of `seen`.
        UsageError: the note or a tag is too long, or there are too many.
        StoreError: the file cannot be written.
    """
    # half a surrogate pair has no UTF-8, and a NUL no place in a note
    plain = text.encode("utf-8", errors="replace").decode().replace("\x00", "").strip()
    note = Note(text=plain, tags=tuple(dict.fromkeys(tag(word) for word in words)), at=time.time())
    line = {"at": note.at, "sample_id": sample_id, "tags": note.tags, "text": note.text}
    with db.writing(about=ABOUT) as cursor:  # nobody else writes from here on, so what is compared is what is replaced
        now = notes_of(db, sample_set).get(sample_id, NOTHING)
        if seen is not None and now.at != seen:
            theirs = "nothing: it was taken back" if now.is_empty else f"“{now.text[:200]}” {' '.join(now.tags)}".strip()
            raise ChangedError(f"the note was changed elsewhere since it was opened; it now says {theirs}. Save again to replace that.")
        cursor.execute("DELETE FROM notes WHERE sample_set = ? AND sample_id = ?", [sample_set, sample_id])
        cursor.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", [sample_set, sample_id, note.text, list(note.tags), note.at])
        append_line(notes_file(db.store, sample_set), json.dumps(line, ensure_ascii=False, sort_keys=True), "note")
    return note


def read_notes(path: Path) -> tuple[dict[str, Note], list[str]]:
    """Return the last note of each question in a file, and a line for each of the first damaged lines, which are left out."""
    found: dict[str, Note] = {}
    try:
        content = read_bytes(path, NOTES)
    except FileNotFoundError:
        return {}, []
    except CorruptFileError as error:
        return {}, [shown(str(error))]
    damage = Damage(path, "the other lines are kept")
    for number, line in damage.lines(content):
        try:
            sample_id, note = _note_in(line)
            found[sample_id] = note
        except (ValueError, UsageError) as error:
            damage.add(number, error)
    return found, list(damage.told)


def _note_in(line: bytes) -> tuple[str, Note]:
    found: Any = parse_json(line)
    raw: dict[str, Any] = {"text": "", "tags": [], "at": 0.0} | (found if isinstance(found, dict) else {})
    for name, field in _FIELDS.items():
        if not field.holds(raw.get(name)):
            raise ValueError(f"{name} is {str(raw.get(name))[:80]!r}, which is {field.wanted}")
    return raw["sample_id"], Note(text=raw["text"], tags=tuple(dict.fromkeys(raw["tags"])), at=float(raw["at"]))


def take_in_notes(db: Database) -> list[str]:
    """Take in the files of notes that have changed, and return a line for each of the first damaged lines of each. Cheap where none has."""
    damaged: list[str] = []
    try:
        files = {one.name: (one.changed_ns, one.n_bytes) for one in entries(notes_dir(db.store)) if one.name.endswith(".jsonl")}
    except CorruptFileError as error:
        return [shown(str(error))]
    known: set[str] = db.remember(
        ("note sets",), lambda: {f"{row[0]}.jsonl" for row in db.rows("SELECT DISTINCT sample_set FROM notes")}, about=ABOUT
    )
    for name in sorted(set(files) | known):
        if name in files and db.notes_read.get(name, ((), ()))[0] == files[name]:
            damaged += db.notes_read[name][1]
            continue
        sample_set, path = name.removesuffix(".jsonl"), notes_dir(db.store) / name
        if not is_id(sample_set):
            damaged.append(shown(f"{path} is named after no set of questions and is not read."))
            continue
        with db.writing(about=ABOUT) as cursor:  # no note is written between the file and the index
            found, wrong = read_notes(path) if name in files else ({}, [])
            _replace(cursor, sample_set, found)
        damaged += wrong
        if name in files:
            db.notes_read[name] = (files[name], tuple(wrong))
        else:
            db.notes_read.pop(name, None)
    return damaged


def _replace(cursor: duckdb.DuckDBPyConnection, sample_set: str, found: Mapping[str, Note]) -> None:
    """Make the index of one file what the file says, if it is not."""
    rows = cursor.execute("SELECT sample_id, text, tags, written_at FROM notes WHERE sample_set = ?", [sample_set]).fetchall()
    if {row[0]: tuple(row[1:]) for row in rows} == {sample_id: (note.text, list(note.tags), note.at) for sample_id, note in found.items()}:
        return
    cursor.execute("DELETE FROM notes WHERE sample_set = ?", [sample_set])
    if found:
        columns = {
            "ids": list(found),
            "texts": [note.text for note in found.values()],
            "tags": [list(note.tags) for note in found.values()],
            "times": [note.at for note in found.values()],
        }
        cursor.execute(
            "INSERT INTO notes SELECT $set, unnest($ids), unnest($texts), unnest($tags), unnest($times)", {"set": sample_set, **columns}
        )


_NOTES = """
SELECT asked.sample_id, n.text, n.tags, n.written_at
FROM notes n
JOIN samples s ON s.sample_set = n.sample_set AND s.sample_id = n.sample_id
JOIN samples asked ON asked.sample_set = $set AND asked.sample_id = n.sample_id AND asked.question = s.question
ORDER BY n.written_at
"""


def notes_of(db: Database, sample_set: str | None) -> dict[str, Note]:
    """Return what people wrote about the questions of a set, by the question; do not change it, it is kept and shared."""

    def look() -> dict[str, Note]:
        rows = db.rows(_NOTES, {"set": sample_set})
        youngest = {row[0]: Note(text=row[1], tags=tuple(row[2]), at=row[3]) for row in rows}
        return {sample_id: note for sample_id, note in youngest.items() if not note.is_empty}

    found: dict[str, Note] = db.remember(("notes", sample_set), look, about=ABOUT)
    return found


def tags_in_use(db: Database) -> dict[str, int]:
    """Return the tags of the whole store and how many questions have each, the most used first."""

    def look() -> dict[str, int]:
        counts = Counter(word for (words,) in db.rows("SELECT tags FROM notes") for word in words)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    found: dict[str, int] = db.remember(("tags",), look, about=ABOUT)
    return found


def tagged(db: Database, sample_set: str | None, word: str) -> set[str]:
    """Return the questions of a set that have a tag; for `ANY`, those that have a note or any tag."""
    return {sample_id for sample_id, note in notes_of(db, sample_set).items() if word == ANY or word in note.tags}

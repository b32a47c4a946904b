"""What people thought of two answers whose names were hidden, kept as files, with the database as their index.

<store>/votes/<run_a>-<run_b>.jsonl, one line each time somebody voted:

{"run_a": "3f..", "run_b": "9c..", "sample_id": "small/ab12", "turn": 0, "winner": "a", "shown_first": "b", "voter": "Mia", "at": 1764120000.0}

Lines are only ever added; of one voter and answer the last one counts.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmkick_core.decoding import parse_json
from llmkick_core.errors import CorruptFileError, StoreError, UsageError
from llmkick_core.fingerprint import digest
from llmkick_core.judgment import Vote
from llmkick_core.schema import Sample
from llmkick_core.store.appending import append_line
from llmkick_core.store.damage import Damage, shown
from llmkick_core.store.database import Database
from llmkick_core.store.judged import ABOUT
from llmkick_core.store.layout import votes_dir, votes_file
from llmkick_core.store.opener import NOTES, entries, read_bytes
from llmkick_core.store.tallies import task_and_set

if TYPE_CHECKING:
    import duckdb

LONGEST_VOTER = 40
"""Characters of a voter's name."""

_FILES = re.compile(r"([A-Za-z0-9_]{1,64})-([A-Za-z0-9_]{1,64})\.jsonl")


def voter_name(name: str) -> str:
    """Return a name as it is kept: one line without control characters, at most `LONGEST_VOTER` characters."""
    # half a surrogate pair, a control and a mark of writing direction are all of Unicode's kind C
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in name)
    return " ".join(plain.split())[:LONGEST_VOTER].strip()


def write_vote(db: Database, vote: Vote) -> Vote:
    """Add a vote to its pair's file and to the index, and return it as it is kept: with the voter's name in shape, and its time.

    Raises:
        UsageError: a run is not in the store, or has not answered this turn of the question.
        StoreError: the file cannot be written.
    """
    kept = replace(vote, voter=voter_name(vote.voter), at=vote.at or time.time())
    if kept.run_a == kept.run_b:
        raise UsageError(f"run {kept.run_a} cannot be compared with itself.")
    answered = "SELECT run_id FROM answers WHERE run_id IN (?, ?) AND sample_id = ? AND turn = ?"
    found = {row[0] for row in db.rows(answered, [kept.run_a, kept.run_b, kept.sample_id, kept.turn])}
    for run_id in (kept.run_a, kept.run_b):
        if run_id not in found:
            raise UsageError(
                f"run {run_id!r} has no answer to turn {kept.turn} of question {kept.sample_id!r}; vote on an answer that both runs gave."
            )
    with db.writing(about=ABOUT) as cursor:
        cursor.execute(
            "DELETE FROM votes WHERE run_a = ? AND run_b = ? AND sample_id = ? AND turn = ? AND voter = ?",
            [kept.run_a, kept.run_b, kept.sample_id, kept.turn, kept.voter],
        )
        cursor.execute("INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(kept))
        line = json.dumps(asdict(kept), ensure_ascii=False, sort_keys=True)
        append_line(votes_file(db.store, kept.run_a, kept.run_b), line, "vote")
    return kept


def _row(vote: Vote) -> list[Any]:
    return [vote.run_a, vote.run_b, vote.sample_id, vote.turn, vote.voter, vote.winner, vote.shown_first, vote.at]


def read_votes(path: Path) -> tuple[list[Vote], list[str]]:
    """Return the last vote of each voter and answer in a file, and a line for each of the first damaged lines, which are left out."""
    found: dict[tuple[str, int, str], Vote] = {}
    named = _FILES.fullmatch(path.name)
    if named is None:
        return [], [shown(f"{path} is named after no pair of runs and is not read.")]
    try:
        content = read_bytes(path, NOTES)
    except FileNotFoundError:
        return [], []
    except CorruptFileError as error:
        return [], [shown(str(error))]
    damage = Damage(path, "the other lines are kept")
    for number, line in damage.lines(content):
        try:
            vote = _vote_in(line, named.groups())
            found[vote.sample_id, vote.turn, vote.voter] = vote
        except (ValueError, UsageError) as error:
            damage.add(number, error)
    return list(found.values()), list(damage.told)


def _vote_in(line: bytes, pair: tuple[str | Any, ...]) -> Vote:
    vote = Vote.from_dict(parse_json(line))
    if (vote.run_a, vote.run_b) != pair:
        raise ValueError(f"this is a vote on {vote.run_a!r} and {vote.run_b!r}")
    return replace(vote, voter=voter_name(vote.voter), at=float(vote.at))


def take_in_votes(db: Database) -> list[str]:
    """Take in the files of votes that have changed, and return a line for each of the first damaged lines of each. Cheap where none has."""
    damaged: list[str] = []
    try:
        files = {one.name: (one.changed_ns, one.n_bytes) for one in entries(votes_dir(db.store)) if one.name.endswith(".jsonl")}
    except CorruptFileError as error:
        return [shown(str(error))]
    pairs = "SELECT DISTINCT run_a, run_b FROM votes"
    known: set[str] = db.remember(("voted",), lambda: {f"{a}-{b}.jsonl" for a, b in db.rows(pairs)}, about=ABOUT)
    for name in sorted(set(files) | known):
        if name in files and db.votes_read.get(name, ((), ()))[0] == files[name]:
            damaged += db.votes_read[name][1]
            continue
        found, wrong = _read(db, name)
        if _FILES.fullmatch(name) and set(found) != set(votes_of(db, *_pair(name))):
            with db.writing(about=ABOUT) as cursor:  # no vote is written between the file and the index
                found, wrong = _read(db, name)
                _replace(cursor, _pair(name), found)
        damaged += wrong
        if name in files:
            db.votes_read[name] = (files[name], tuple(wrong))
        else:
            db.votes_read.pop(name, None)
    return damaged


def _pair(name: str) -> tuple[str, str]:
    named = _FILES.fullmatch(name)
    assert named is not None
    return named[1], named[2]


def _read(db: Database, name: str) -> tuple[list[Vote], list[str]]:
    return read_votes(votes_dir(db.store) / name)


def _replace(cursor: duckdb.DuckDBPyConnection, pair: tuple[str, str], found: list[Vote]) -> None:
    """Make the index of one file what the file says."""
    wanted = [tuple(_row(vote)) for vote in found]
    cursor.execute("DELETE FROM votes WHERE run_a = ? AND run_b = ?", list(pair))
    if wanted:
        columns = {f"c{i}": list(column) for i, column in enumerate(zip(*wanted, strict=True))}
        cursor.execute(f"INSERT INTO votes SELECT {', '.join(f'unnest(${column})' for column in columns)}", columns)


def votes_of(db: Database, run_a: str, run_b: str) -> list[Vote]:
    """Return the votes on a pair of runs that count, the oldest first; do not change the list, it is kept and shared."""

    def look() -> list[Vote]:
        sql = (
            "SELECT run_a, run_b, sample_id, turn, voter, winner, shown_first, voted_at FROM votes "
            "WHERE run_a = ? AND run_b = ? ORDER BY voted_at, sample_id, turn, voter"
        )
        names = ("run_a", "run_b", "sample_id", "turn", "voter", "winner", "shown_first", "at")
        return [Vote(**dict(zip(names, row, strict=True))) for row in db.rows(sql, [run_a, run_b])]

    found: list[Vote] = db.remember(("votes", run_a, run_b), look, about=ABOUT)
    return found


@dataclass(frozen=True, kw_only=True)
class Blind:
    """Two answers to choose between; nothing in it tells which model gave which, but for `shown_first`, which is not to be shown before the vote."""

    sample_id: str
    """The question."""
    turn: int
    """Its turn."""
    question: str
    """What was asked in this turn, for people to read."""
    material: str
    """The story that was to be summarised, or what was asked in the turns before; empty where there is neither."""
    earlier: tuple[tuple[str, str, str], ...]
    """The turns before: (what was asked, the left model's answer, the right model's)."""
    left: str
    """The answer to show on the left."""
    right: str
    """The answer to show on the right."""
    shown_first: Literal["a", "b"]
    """Whose answer is on the left: `shown_first` of the vote."""
    n_done: int
    """Of `n_total`, the answers that this voter has voted on."""
    n_total: int
    """Answers of the pair that differ."""


_ANSWERS = """
SELECT a.run_id, a.sample_id, a.turn, a.text FROM answers a
WHERE a.run_id IN ($a, $b) AND a.sample_id IN (SELECT sample_id FROM samples WHERE sample_set = $set) ORDER BY a.turn
"""

_Pairs = dict[tuple[str, int], tuple[tuple[str, ...], tuple[str, ...]]]
"""(question, turn) -> both runs' answers up to that turn."""


def _differing(db: Database, run_a: str, run_b: str) -> _Pairs:
    """Return the answers of two runs that both gave and that are not one text."""

    def look() -> _Pairs:
        said: dict[str, dict[str, list[str]]] = {run_a: {}, run_b: {}}
        for run_id, sample_id, turn, text in db.rows(_ANSWERS, {"a": run_a, "b": run_b, "set": task_and_set(db, run_a)[1]}):
            answers = said[run_id].setdefault(sample_id, [])
            if turn == len(answers):  # a turn after one that is missing is not shown
                answers.append(text)
        found: _Pairs = {}
        for sample_id, left in said[run_a].items():
            right = said[run_b].get(sample_id, [])
            for turn in range(min(len(left), len(right))):
                if left[turn].strip() != right[turn].strip():
                    found[sample_id, turn] = (tuple(left[: turn + 1]), tuple(right[: turn + 1]))
        return found

    pairs: _Pairs = db.remember(("blind", run_a, run_b), look)
    return pairs


def next_blind(db: Database, run_a: str, run_b: str, voter: str, task: str, seed: int = 0) -> Blind | None:
    """Return the next two answers that a voter has not voted on; None where there are none (any more).

    Answers that are one text, or that one of the runs has not given, are passed over. The order is by chance and stays the same for a voter; so is the side.

    Args:
        db: the database.
        run_a: the dense run of the pair, or the one that is named first.
        run_b: the other.
        voter: who is asked.
        task: of both runs.
        seed: of the order and the sides.
    """
    name = voter_name(voter)
    pairs = _differing(db, run_a, run_b)
    done = {(vote.sample_id, vote.turn) for vote in votes_of(db, run_a, run_b) if vote.voter == name}
    left = [key for key in pairs if key not in done]
    if not left:
        return None
    sample_id, turn = min(left, key=lambda key: digest([seed, name, run_a, run_b, *key]))
    shown_first: Literal["a", "b"] = "a" if int(digest(["side", seed, name, run_a, run_b, sample_id, turn]), 16) % 2 else "b"
    sample = _sample(db, run_a, sample_id)
    sides = pairs[sample_id, turn] if shown_first == "a" else pairs[sample_id, turn][::-1]
    asked = sample.turns if task == "instruction_following" else (sample.question,)
    return Blind(
        sample_id=sample_id,
        turn=turn,
        question=asked[turn] if turn < len(asked) else sample.question,
        material=sample.evidence or "\n\n".join(asked[:turn]),
        earlier=tuple(zip(asked[:turn], sides[0][:turn], sides[1][:turn], strict=True)),
        left=sides[0][turn],
        right=sides[1][turn],
        shown_first=shown_first,
        n_done=len(pairs) - len(left),
        n_total=len(pairs),
    )


def _sample(db: Database, run_id: str, sample_id: str) -> Sample:
    rows = db.rows(
        "SELECT detail FROM samples WHERE sample_set = $set AND sample_id = $sample",
        {"set": task_and_set(db, run_id)[1], "sample": sample_id},
    )
    if not rows:
        raise StoreError(f"run {run_id} asks no question {sample_id!r}: its questions are not in the store.")
    return Sample.from_dict(json.loads(rows[0][0]))

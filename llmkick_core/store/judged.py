"""Judgments and votes in the database: taking them in from their files.

Files that only grow are read from where they were left; one that became shorter is read anew.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.judgment import JudgeSpec, Judgment
from llmkick_core.store.damage import shown
from llmkick_core.store.database import Database
from llmkick_core.store.judgings import JUDGMENTS, Lines, judging_ids, read_judge_spec, read_lines
from llmkick_core.store.layout import judging_dir
from llmkick_core.store.opener import look

if TYPE_CHECKING:
    import duckdb

ABOUT = "judge"
"""What queries that depend on judgments or votes are remembered as."""

_MAPS = ("scores", "opponent_scores")


def take_in_judgings(db: Database) -> list[str]:
    """Take in what the judgings' files have that the database has not, and return one line for each damaged line. Cheap where nothing is new."""
    damaged: list[str] = []
    known = {row[0]: (row[1], row[2]) for row in _known(db)}
    try:
        ids = judging_ids(db.store)
    except CorruptFileError as error:
        return [shown(str(error))]
    for judging_id in sorted(set(known) - set(ids)):
        with db.writing(about=ABOUT) as cursor:
            _forget(cursor, judging_id)
    for judging_id in ids:
        path = judging_dir(db.store, judging_id) / JUDGMENTS
        try:
            found = look(path)
            size = found.n_bytes if found is not None else 0
            n_bytes, n_lines = known.get(judging_id, (-1, 0))
            if size == n_bytes:
                continue
            is_new = size < n_bytes or n_bytes < 0
            spec = read_judge_spec(db.store, judging_id) if is_new else None
            lines = read_lines(path) if is_new else read_lines(path, from_byte=n_bytes, from_line=n_lines)
        except StoreError as error:
            damaged.append(shown(str(error)))
            continue
        if spec is None and lines.n_bytes == n_bytes:
            continue  # a line that is being written
        with db.writing(about=ABOUT) as cursor:
            if spec is not None:
                _forget(cursor, judging_id)
                _insert_judging(cursor, judging_id, spec)
            _insert_lines(cursor, judging_id, lines)
        damaged += lines.damaged
    return damaged


def _known(db: Database) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = db.remember(
        ("judgings known",), lambda: db.rows("SELECT judging_id, n_bytes, n_lines FROM judgings"), about=ABOUT
    )
    return found


def _forget(cursor: duckdb.DuckDBPyConnection, judging_id: str) -> None:
    for table in ("judgings", "judgments", "judge_scores"):
        cursor.execute(f"DELETE FROM {table} WHERE judging_id = ?", [judging_id])  # noqa: S608


def _insert_judging(cursor: duckdb.DuckDBPyConnection, judging_id: str, spec: JudgeSpec) -> None:
    row = {"judging_id": judging_id, **spec.to_dict(), "n_bytes": 0, "n_lines": 0}
    marks = ", ".join("?" for _ in row)
    cursor.execute(f"INSERT INTO judgings ({', '.join(row)}) VALUES ({marks})", list(row.values()))  # noqa: S608


def _insert_lines(cursor: duckdb.DuckDBPyConnection, judging_id: str, lines: Lines) -> None:
    """Add judgments; of each slot the last line is the current one."""
    import pyarrow as pa

    cursor.execute("UPDATE judgings SET n_bytes = ?, n_lines = ? WHERE judging_id = ?", [lines.n_bytes, lines.n_lines, judging_id])
    if not lines.judgments:
        return
    judgments = [judgment for _, judgment in lines.judgments]
    numbers = [number for number, _ in lines.judgments]
    last = {judgment.slot: number for number, judgment in lines.judgments}
    names = [one.name for one in fields(Judgment) if one.name not in _MAPS]
    columns: dict[str, list[Any]] = {
        "judging_id": [judging_id] * len(judgments),
        "line": numbers,
        **{name: [getattr(judgment, name) for judgment in judgments] for name in names},
        "is_current": [last[judgment.slot] == number for number, judgment in lines.judgments],
    }
    columns["cost"] = [None if value is None else float(value) for value in columns["cost"]]
    cursor.register("incoming", pa.table({**columns, "cost": pa.array(columns["cost"], pa.float64())}))
    cursor.execute(
        "UPDATE judgments SET is_current = false FROM incoming i WHERE judgments.judging_id = ? AND judgments.is_current "
        "AND judgments.sample_id = i.sample_id AND judgments.turn = i.turn AND judgments.place = i.place AND judgments.repeat = i.repeat",
        [judging_id],
    )
    listed = ", ".join(columns)
    cursor.execute(f"INSERT INTO judgments ({listed}) SELECT {listed} FROM incoming")  # noqa: S608
    cursor.unregister("incoming")
    rows = [
        (judging_id, number, aspect, float(score), judgment.opponent_scores.get(aspect))
        for number, judgment in lines.judgments
        for aspect, score in judgment.scores.items()
    ]
    if rows:
        scores = dict(
            zip(
                ("judging_id", "line", "aspect", "score", "opponent_score"),
                (list(column) for column in zip(*rows, strict=True)),
                strict=True,
            )
        )
        cursor.register("incoming", pa.table({**scores, "opponent_score": pa.array(scores["opponent_score"], pa.float64())}))
        cursor.execute("INSERT INTO judge_scores SELECT judging_id, line, aspect, score, opponent_score FROM incoming")
        cursor.unregister("incoming")

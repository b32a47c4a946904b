"""Files of one JSON object a line as people publish them: with footers, blank lines, a last line that was cut off. What is no row is counted, never guessed.

{"question_id": 1, "text": "..."}        -> Line(question_id="1", row={...}, key="5f..")
ChatGPT score: 9.1    Ours: 7.8          -> left out: "no JSON object, such as a note or a total"
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.data_files import LISTS, check_values, number_text, read_bytes, unpacked
from llmkick_core.errors import DataError
from llmkick_core.fingerprint import digest

T = TypeVar("T")

NO_OBJECT = "no JSON object, such as a note or a total"
NO_ID = "a JSON object without a question_id, such as a total"
CUT_OFF = "the last line, which is cut off"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a file."""

    question_id: str
    """Its question_id, as text."""
    row: dict[str, Any]
    """The object."""
    key: str
    """Hash of the line as it stands, which tells the same line in another file or at another time."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The rows of a file."""

    name: str
    """Name of the file, without its folder."""
    lines: tuple[Line, ...]
    """Rows with a question_id, in order."""
    n_lines: int
    """Lines that are not blank."""
    left_out: Counter[str] = field(default_factory=Counter)
    """{why: lines that are none of them}."""


def read_lines(path: Path) -> Lines:
    """Return the rows of a file; a byte order mark, either kind of line end and blank lines are passed over.

    Raises:
        DataError: it cannot be read, is not UTF-8, or has no row with a question_id.
    """
    lines, left_out = [], Counter[str]()
    text = _text(path)
    check_values(text, path)
    said = _one_a_line(text) or [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(said, start=1):
        found = _line(line, is_last=number == len(said) and not text.endswith("\n"))
        if isinstance(found, str):
            left_out[found] += 1
        else:
            lines.append(found)
    if not lines:
        raise DataError(
            f"{path} holds no row with a question_id; give a file of FastChat's answers, reviews or judgments, one JSON object a line."
        )
    return Lines(name=path.name, lines=tuple(lines), n_lines=len(said), left_out=left_out)


def clean(text: str) -> str:
    """Return a text without halves of characters, which have no UTF-8."""
    return text.encode("utf-8", errors="replace").decode()


def last_of_each(rows: Sequence[T], key: Callable[[T], object]) -> list[T]:
    """Return the rows of which no later one has the same key, in order."""
    last = {key(row): at for at, row in enumerate(rows)}
    return [row for at, row in enumerate(rows) if last[key(row)] == at]


def listed(names: Iterable[str], *, most: int = 8) -> str:
    """Return names in a line, the first few of many, long ones cut."""
    found = sorted(set(names))
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(name if len(name) <= 80 else f"{name[:79]}…" for name in found[:most]) + more


def _one_a_line(text: str) -> list[str]:
    """Return the rows of a text that is one JSON list, or one object over several lines or with a list of rows, a line each; none where it is not."""
    if not text.lstrip().startswith(("[", "{")):
        return []
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):  # most often: one object a line
        return []
    held = [whole[name] for name in LISTS if isinstance(whole.get(name), list)] if isinstance(whole, dict) else [whole]
    return [json.dumps(row, ensure_ascii=False) for row in (held[0] if held else [whole])]


def _text(path: Path) -> str:
    """Return the text of a file; a last line that ends in the middle of a character keeps a mark there, which is no JSON."""
    try:
        raw = unpacked(read_bytes(path), path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    end = raw.rfind(b"\n") + 1
    try:
        text = raw[:end].decode("utf-8") + raw[end:].decode("utf-8", errors="replace")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} line {line} is not UTF-8 text (byte {error.start} of the file); save it as UTF-8.") from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _line(line: str, *, is_last: bool) -> Line | str:
    """Return a row, or why a line is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, lists nested by thousands
        return CUT_OFF if is_last and line.lstrip().startswith("{") else NO_OBJECT
    if not isinstance(row, dict):
        return NO_OBJECT
    question_id = _question_id(row.get("question_id"))
    return Line(question_id=question_id, row=row, key=digest(clean(line.strip()))) if question_id else NO_ID


def _question_id(value: object) -> str:
    """Return a question_id as text; empty where it is none."""
    found = value if isinstance(value, str) else number_text(value)
    return clean(found).strip() if isinstance(value, str) or found.isdecimal() else ""

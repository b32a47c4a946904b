"""Finding and reading data files, with one clear line where they are missing or not in their official format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import RunSpec, Sample

T = TypeVar("T")

Row = tuple[Any, str]
"""A value of a data file, and where it begins, such as `questions.json line 12`."""

MOST_CELL = 1 << 24
"""Characters that a cell of a CSV file may have; the longest article has fewer by far."""

_WORDS: dict[type, str] = {str: "text", list: "list", dict: "object", int: "whole number"}
_BETWEEN = re.compile(r"[\s,:]*")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def find_file(path: Path, names: Sequence[str], *, what: str) -> Path:
    """Return `path` where it is a file, else the first of the glob patterns `names` that is in the folder.

    Raises:
        DataError: neither exists.
    """
    if path.is_file():
        return path
    for name in names:
        found = sorted(candidate for candidate in path.glob(name) if candidate.is_file()) if path.is_dir() else []
        if found:
            return found[0]
    where = f"the folder {path} holds none of {', '.join(names)}" if path.is_dir() else f"{path} does not exist"
    raise DataError(f"{what}: {where}; give the file or its folder as the data (--data).")


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, a byte order mark left out, line ends as a line feed each; one that ends in .gz is unpacked.

    Raises:
        DataError: the file cannot be read or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        return raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} line {line} is not UTF-8 text (byte {error.start} of the file); save it as UTF-8.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def read_json_rows(path: Path, key: str) -> list[Row]:
    """Return the rows of a JSON file: the items of the list at `key` of its object.

    Raises:
        DataError: the file cannot be read, is not JSON, or has no such list.
    """
    text = read_text(path)
    need(_json(text, path), key, list, str(path))
    return [(row, f"{path} line {line}") for row, line in _items(text, key)]


def read_jsonl(path: Path) -> list[Row]:
    """Return the rows of a file with one JSON object a line; blank lines are passed over.

    Raises:
        DataError: a line is not a JSON object.
    """
    rows: list[Row] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        value = _json(line, path, number)
        if not isinstance(value, dict):
            raise DataError(f"{path} line {number} is not a JSON object.")
        rows.append((value, f"{path} line {number}"))
    return rows


def _json(text: str, path: Path, line: int = 1) -> Any:
    """Return the JSON value of a text that begins in a line of a file."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        why = "the file ends in the middle of a value; was it copied or downloaded to its end?" if is_cut else f"{error.msg}."
        raise DataError(f"{path} line {line + error.lineno - 1} is not JSON: {why}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists nested by thousands
        raise DataError(f"{path} line {line} is not JSON that can be read: {error}.") from error


def _items(text: str, key: str) -> Iterator[tuple[Any, int]]:
    """Yield the items of the list at `key` of a JSON object that is known to have it, each with the line it begins in."""
    decode = json.JSONDecoder().raw_decode
    at = _next(text, text.index("{") + 1)
    while True:
        name, at = decode(text, at)
        at = _next(text, at)
        if name == key:
            break
        at = _next(text, decode(text, at)[1])
    line, counted = 1, 0
    at = _next(text, at + 1)
    while text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        item, at = decode(text, at)
        yield item, line
        at = _next(text, at)


def _next(text: str, at: int) -> int:
    """Return where the next JSON value, or the end of what holds it, stands."""
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def read_csv(path: Path) -> Iterator[tuple[list[str], str]]:
    """Yield the cells of each row of a CSV file, as text whatever they hold, and where the row begins; empty lines are passed over.

    Raises:
        DataError: the file cannot be read, is not CSV, or has a cell of more than 16,777,216 characters.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CELL))  # the whole process has one; it is never lowered here
    rest = iter(io.StringIO(read_text(path), newline=""))
    is_over = False

    def lines() -> Iterator[str]:
        nonlocal is_over
        yield from rest
        is_over = True

    rows = csv.reader(lines())
    line = 1
    try:
        for cells in rows:
            if is_over:  # a whole row is there before the line after it is asked for
                raise csv.Error("the file ends inside quotes")
            if any(len(cell) > MOST_CELL for cell in cells):
                raise csv.Error("field limit")
            if cells:
                yield cells, f"{path} line {line}"
            line = rows.line_num + 1
    except csv.Error as error:
        why = f"a cell has more than {MOST_CELL:,} characters, the most that is read" if "field limit" in str(error) else str(error)
        raise DataError(
            f"{path}: the row that begins in line {line} is not CSV ({why}); is a quote opened there that is never closed?"
        ) from error


def need(row: Any, key: str, kind: type[T], where: str) -> T:
    """Return `row[key]`.

    Raises:
        DataError: the row is no object, or the value is missing or of another type.
    """
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise DataError(f"{where}: {key!r} is missing or no {_WORDS.get(kind, kind.__name__)}; the official format has one in each row.")
    return value


def need_text(row: Any, key: str, where: str) -> str:
    """Return the text at `row[key]`, white space around it left out.

    Raises:
        DataError: it is missing, no text, or blank.
    """
    text = need(row, key, str, where).strip()
    if not text:
        raise DataError(f"{where}: {key!r} is blank; the official format has a text there in each row.")
    return text


def unique_ids(ids: Iterable[str]) -> list[str]:
    """Return the ids, a repeated one with "#2", "#3", ... behind it."""
    taken: set[str] = set()
    found = []
    for name in ids:
        unique, n = name, 1
        while unique in taken:
            n += 1
            unique = f"{name}#{n}"
        taken.add(unique)
        found.append(unique)
    return found


def distinct(values: Iterable[T], key: Sequence[Hashable] | None = None) -> list[T]:
    """Return the values without repetition, in order of first appearance; `key` stands in for them in the comparison."""
    values = list(values)
    keys: Sequence[Any] = values if key is None else key
    seen: dict[Any, T] = {}
    for name, value in zip(keys, values, strict=True):
        seen.setdefault(name, value)
    return list(seen.values())


def take_turns(groups: Sequence[Sequence[T]]) -> list[T]:
    """Return the first of each group, then the second of each, and so on.

    The first N questions then spread over all subjects, whatever N is, and a larger N only adds to them.
    """
    longest = max((len(group) for group in groups), default=0)
    return [group[index] for index in range(longest) for group in groups if index < len(group)]


def cut(samples: list[Sample], spec: RunSpec, path: Path) -> list[Sample]:
    """Return the first `spec.limit` samples.

    Raises:
        DataError: there is none, or one holds what cannot be written as UTF-8.
    """
    if not samples:
        raise DataError(f"{path} holds no question for {spec.task}.")
    for sample in samples[: spec.limit]:
        if any(_HALF_CHARACTER.search(text) for text in (*sample.turns, *sample.choices, *(one for turn in sample.gold for one in turn))):
            raise DataError(f"{path}: question {sample.sample_id} holds half a character (such as a lone \\ud83d); mend that row.")
    return samples[: spec.limit]


def plain_only(spec: RunSpec) -> None:
    """Refuse what only tasks with questions of one kind can do.

    Raises:
        TaskError: the spec asks for solved examples or a formulation.
    """
    if spec.k_shot:
        raise TaskError(f"k-shot {spec.k_shot}: {spec.task} has no solved examples; leave --k-shot out.")
    no_formulation(spec)


def no_formulation(spec: RunSpec) -> None:
    """Refuse what only multiple choice can do.

    Raises:
        TaskError: the spec asks for a formulation.
    """
    if spec.formulation is not None:
        raise TaskError(f"formulation {spec.formulation}: {spec.task} has none; only multiple_choice takes --formulation.")

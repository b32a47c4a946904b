"""Reading text and JSON rows from files that people have: what a file holds decides how it is read, not the ending of its name.

    {"question": "Who wrote Emma?", "answer": ["Jane Austen"]}      JSON lines, whatever the file is called
    [{"question": "Who wrote Emma?", ...}]                          one list of rows
    {"Data": [{"Question": "Who wrote Emma?", ...}]}                an object that holds the list

Texts are UTF-8, with or without a byte order mark, packed by gzip or not. A JSON value that is no text is never turned into one: `text_of(None)` is "".
"""

from __future__ import annotations

import gzip
import io
import json
import math
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.errors import DataError

T = TypeVar("T")

Row = tuple[Any, str]
"""A row of a data file, and where it begins, such as `questions.json line 12`."""

LISTS = ("data", "rows")
"""Keys under which programs write a list of rows, besides the official one of a format."""

JSON_KINDS = (".json", ".jsonl", ".ndjson")
"""Endings of names that promise JSON."""
TEXT_KINDS = (".txt", ".raw", ".tokens")
"""Endings of plain texts in a folder."""
TABLE_KINDS = (".csv", ".story")
"""Endings of other formats, whatever their text begins with."""

_WORDS: dict[type, str] = {str: "text", list: "list", dict: "object", int: "whole number"}
_BETWEEN = re.compile(r"[\s,:]*")
_SPACE = re.compile(r"\s*")
_GZIP = b"\x1f\x8b"
LARGEST = 2**30
"""Bytes of a data file that are read."""
LARGEST_UNPACKED = 2**28
"""Bytes of a packed data file that are read, unpacked."""
MOST_VALUES = 10_000_000
"""Values of a JSON file, as far as its commas, brackets and line ends tell: an empty list of three characters takes 60 bytes of memory."""
_ALWAYS, _MOST_GROWTH = 2**24, 100  # what a packed file may become: so many bytes, or so many times its own
_NO_VALUE = ("nan", "NaN")  # what pandas and parquet readers write into empty cells of text


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, a byte order mark left out, line ends as a line feed each; what gzip packed is unpacked.

    Raises:
        DataError: the file cannot be read or is not UTF-8.
    """
    try:
        raw = unpacked(read_bytes(path), path)
        return raw.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} line {line} is not UTF-8 text (byte {error.start} of the file); save it as UTF-8.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def unpacked(raw: bytes, path: Path) -> bytes:
    """Return the bytes of a file, those that gzip packed unpacked, whatever its name; a name in `.gz` alone does not make them packed.

    Raises:
        OSError, EOFError, zlib.error: they are packed and not whole, or neither packed nor text.
    """
    if not (raw.startswith(_GZIP) or (path.suffix == ".gz" and not _is_text(raw))):
        return raw
    most = min(LARGEST_UNPACKED, max(_ALWAYS, _MOST_GROWTH * len(raw)))
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise DataError(
            f"{path} has {len(raw):,} bytes and unpacks to more than {most:,}, the most that is read of it; unpack it and check what it is."
        )
    return found


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        DataError: it is a pipe or a device, or has more bytes than are read.
        OSError: it cannot be read.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} is no regular file; give the file itself.")
    if found.st_size > LARGEST:
        raise DataError(f"{path} has {found.st_size:,} bytes; at most {LARGEST:,} are read of a file. Split it.")
    return path.read_bytes()


def check_values(text: str, path: Path) -> None:
    """Check that a JSON text does not hold more values than there is memory for, before it is parsed.

    Raises:
        DataError: it does.
    """
    n_values = sum(text.count(sign) for sign in ",[{\n")
    if n_values > MOST_VALUES:
        raise DataError(f"{path} holds about {n_values:,} values; at most {MOST_VALUES:,} are read of a JSON file. Split it.")


def kind_of(path: Path) -> str:
    """Return the ending of a file's name, `.jsonl`; of what is packed in it where it is packed (`.jsonl.gz`)."""
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def is_rows(path: Path) -> bool:
    """Return whether a file is JSON: by its name, or because its text begins as JSON rows do and its name does not say that it is something else.

    Raises:
        DataError: the file cannot be read or is not UTF-8.
    """
    kind = kind_of(path)
    if kind in JSON_KINDS or kind in TABLE_KINDS:
        return kind in JSON_KINDS
    text = read_text(path)
    start = text.lstrip()[:1]
    if start == "[":
        check_values(text, path)
    return (start == "{" and _is_object(text.lstrip().partition("\n")[0])) or (start == "[" and _is_list(text))


def read_documents(path: Path) -> list[str]:
    """Return the texts of a file: the "text" of each of its JSON rows, or the whole of a plain text.

    Raises:
        DataError: the file cannot be read, is not UTF-8, or a row has no "text".
    """
    if is_rows(path):
        return [need(row, "text", str, where) for row, where in read_rows(path)]
    return [read_text(path)]


def text_files(path: Path) -> list[Path]:
    """Return a file, or the files of text in a folder in the order of their names."""
    return [path] if path.is_file() else sorted(file for file in path.glob("*") if kind_of(file) in (*TEXT_KINDS, *JSON_KINDS))


def read_rows(path: Path, key: str | None = None) -> list[Row]:
    """Return the rows of a JSON file, each an object: lines, a list, or an object that holds a list.

    Args:
        path: the file.
        key: where the official format has its list, such as `Questions`; None where the format is JSON lines.

    Raises:
        DataError: the file cannot be read, is not JSON, or holds something else than rows.
    """
    text = read_text(path)
    check_values(text, path)
    found = _values(text, path, key) if text.strip() else []
    rows = [(value, f"{path} line {line}") for value, line in found]
    for value, where in rows:
        if not isinstance(value, dict):
            raise DataError(f"{where} is not a JSON object; each row is one.")
    return rows


def _values(text: str, path: Path, key: str | None) -> list[tuple[Any, int]]:
    """Return the values that are rows, each with the line it begins in."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if len(lines) > 1 and _is_object(lines[0][1]):
        return [(_json(line, path, number), number) for number, line in lines]
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise _no_json(path, 1, error) from error
        return list(_one_after_another(text, path))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists nested by thousands
        raise _unreadable(path, 1, error) from error
    if isinstance(whole, list):
        del whole  # twice in memory otherwise
        return list(_items(text, text.index("[")))
    if not isinstance(whole, dict):
        return [(whole, 1)]
    for name in (key, *LISTS):
        held = whole.get(name)
        if isinstance(held, list) and (name == key or all(isinstance(row, dict) for row in held)):
            del whole, held
            return list(_items(text, _place_of(text, str(name))))
    if key is not None and len(lines) > 1:
        raise DataError(f"{path}: {key!r} is missing or no list; the official format has one, and one row a line is read as well.")
    return [(whole, lines[0][0])]


def _is_object(line: str) -> bool:
    """Return whether a line is a JSON object on its own."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_list(text: str) -> bool:
    """Return whether a text is a JSON list of objects."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and bool(found) and all(isinstance(row, dict) for row in found)


def _json(text: str, path: Path, line: int) -> Any:
    """Return the JSON value of a line of a file."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_json(path, line, error) from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, line, error) from error


def _no_json(path: Path, line: int, error: json.JSONDecodeError) -> DataError:
    """Return what is wrong with a text that begins in a line of a file."""
    is_cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    why = "the file ends in the middle of a value; was it copied or downloaded to its end?" if is_cut else f"{error.msg}."
    return DataError(f"{path} line {line + error.lineno - 1} is not JSON: {why}")


def _unreadable(path: Path, line: int, error: Exception) -> DataError:
    return DataError(f"{path} line {line} is not JSON that can be read: {error}.")


def _one_after_another(text: str, path: Path) -> Iterator[tuple[Any, int]]:
    """Yield JSON values that follow one another, each over as many lines as it takes, with the line it begins in."""
    decode = json.JSONDecoder().raw_decode
    at, line, counted = _next(text, 0, _SPACE), 1, 0
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decode(text, at)
        except json.JSONDecodeError as error:
            raise _no_json(path, 1, error) from error
        yield value, line
        at = _next(text, at, _SPACE)


def _place_of(text: str, key: str) -> int:
    """Return where the list at a key of a JSON object begins; the object is known to have it."""
    decode = json.JSONDecoder().raw_decode
    at = _next(text, text.index("{") + 1)
    found = -1
    while text[at] != "}":
        name, at = decode(text, at)
        at = _next(text, at)
        found = at if name == key else found  # of two equal keys the last one counts, as everywhere in JSON
        at = _next(text, decode(text, at)[1])
    return found


def _items(text: str, at: int) -> Iterator[tuple[Any, int]]:
    """Yield the items of the JSON list that begins at a place, each with the line it begins in."""
    decode = json.JSONDecoder().raw_decode
    line, counted = 1, 0
    at = _next(text, at + 1)
    while text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        item, at = decode(text, at)
        yield item, line
        at = _next(text, at)


def _next(text: str, at: int, between: re.Pattern[str] = _BETWEEN) -> int:
    """Return where the next JSON value, or the end of what holds it, stands."""
    found = between.match(text, at)
    return found.end() if found else at


def _is_text(raw: bytes) -> bool:
    """Return whether the first bytes of a file are text: a browser unpacks what it downloads, and leaves the name."""
    return bool(raw) and all(byte >= 0x20 or byte in b"\t\n\r" for byte in raw[:64]) and raw.lstrip()[:1] in (b"{", b"[")


def need(row: Any, key: str, kind: type[T], where: str) -> T:
    """Return `row[key]`.

    Raises:
        DataError: the row is no object, or the value is missing or of another type.
    """
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
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


def text_of(value: object) -> str:
    """Return a JSON value that should be a text, or nothing for what is none: null, a number, true, a list, an object, and the "NaN" of an empty cell."""
    return "" if not isinstance(value, str) or value.strip() in _NO_VALUE else value


def word_of(value: object) -> str:
    """Return a label that may be a number, such as a category, as text, or nothing for what is neither."""
    return text_of(value) or number_text(value)


def number_text(value: object) -> str:
    """Return a JSON number as text, 81.0 as 81; nothing for any other value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, float) or not math.isfinite(value):
        return ""
    return str(int(value)) if value == int(value) else str(value)


def texts_of(values: Sequence[object]) -> list[str]:
    """Return those of some JSON values that are texts or numbers, white space around them left out, in order."""
    found = (value.strip() if isinstance(value, str) else number_text(value) for value in values)
    return [text for text in found if text]


def id_of(row: dict[str, Any], keys: Sequence[str], number: int, where: str) -> str:
    """Return the id of a row as text; its place in the file where it has none, or where that is null.

    Args:
        row: the row.
        keys: where the id may stand; the first that the row has counts.
        number: place in the file, from 0.
        where: what the row is called in a message.

    Raises:
        DataError: the id is neither text nor a number.
    """
    value = next((row[key] for key in keys if key in row), None)
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return str(number)
    found = value if isinstance(value, str) else number_text(value)
    if not found:
        key = next(key for key in keys if key in row)
        raise DataError(f"{where}: {key!r} is {_shown(value)}, no text and no number; give the row an id, or leave the key out.")
    return found


def _shown(value: object) -> str:
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"

"""Finding and reading data files, with one clear line where they are missing or not in their official format."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import RunSpec, Sample

T = TypeVar("T")


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
    raise DataError(f"{what}: {where}; give the file or its folder with --data.")


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, a byte order mark left out.

    Raises:
        DataError: the file cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def read_json(path: Path) -> Any:
    """Return the JSON value of a file.

    Raises:
        DataError: the file cannot be read or is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(f"{path} line {error.lineno} is not JSON: {error.msg}.") from error


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file with one JSON object a line; blank lines are passed over.

    Raises:
        DataError: a line is not a JSON object.
    """
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path} line {number} is not JSON: {error.msg}.") from error
        if not isinstance(value, dict):
            raise DataError(f"{path} line {number} is not a JSON object.")
        rows.append(value)
    return rows


def need(row: Any, key: str, kind: type[T], where: str) -> T:
    """Return `row[key]`.

    Raises:
        DataError: the row is no object, or the value is missing or of another type.
    """
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise DataError(f"{where}: {key!r} is missing or no {kind.__name__}; the official format has one in each row.")
    return value


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
        DataError: there is none.
    """
    if not samples:
        raise DataError(f"{path} holds no question for {spec.task}.")
    return samples[: spec.limit]


def plain_only(spec: RunSpec) -> None:
    """Refuse what only multiple choice can do.

    Raises:
        TaskError: the spec asks for solved examples or a formulation.
    """
    if spec.k_shot:
        raise TaskError(f"k-shot {spec.k_shot}: {spec.task} has no solved examples; only multiple_choice takes --k-shot.")
    if spec.formulation is not None:
        raise TaskError(f"formulation {spec.formulation}: {spec.task} has none; only multiple_choice takes --formulation.")

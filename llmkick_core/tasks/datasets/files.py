"""Finding data files, reading tables, and choosing which rows are asked, with one clear line where something is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.data_files import read_text
from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import RunSpec, Sample

T = TypeVar("T")

MOST_CELL = 1 << 24
"""Characters that a cell of a CSV file may have; the longest article has fewer by far."""

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def find_file(path: Path, names: Sequence[str], *, what: str) -> Path:
    """Return `path` where it is a file, else the first of the glob patterns `names` that is in the folder, packed (.gz) or not.

    Raises:
        DataError: neither exists.
    """
    if path.is_file():
        return path
    for name in names:
        found = files_in(path, name)
        if found:
            return found[0]
    where = f"the folder {path} holds none of {', '.join(names)}" if path.is_dir() else f"{path} does not exist"
    raise DataError(f"{what}: {where}; give the file or its folder as the data (--data).")


def files_in(folder: Path, name: str) -> list[Path]:
    """Return the files of a folder that a glob pattern names, then those it names with `.gz` behind; none where there is no such folder."""
    return [file for pattern in (name, f"{name}.gz") for file in sorted(folder.glob(pattern)) if file.is_file()] if folder.is_dir() else []


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


def unique_ids(ids: Iterable[str]) -> list[str]:
    """Return the ids, a repeated one with "#2", "#3", ... behind it."""
    taken: set[str] = set()
    last: dict[str, int] = {}  # where the search for a free number goes on, so that many equal ids are not counted through again
    found = []
    for name in ids:
        unique, n = name, last.get(name, 1)
        while unique in taken:
            n += 1
            unique = f"{name}#{n}"
        last[name] = n
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
        if any(_HALF_CHARACTER.search(text) for text in _texts(sample)):
            raise DataError(f"{path}: question {sample.sample_id} holds half a character (such as a lone \\ud83d); mend that row.")
    return samples[: spec.limit]


def _texts(sample: Sample) -> Iterator[str]:
    """Yield every text of a sample."""
    yield from (sample.sample_id, sample.question, sample.subject, sample.category, sample.group, sample.reference, sample.evidence)
    yield from (*sample.turns, *sample.choices, *sample.shots, *sample.references)
    yield from (one for turn in sample.gold for one in turn)


def plain_only(spec: RunSpec) -> None:
    """Refuse what only tasks with questions of one kind can do.

    Raises:
        TaskError: the spec asks for solved examples or a formulation.
    """
    if spec.k_shot:
        raise TaskError(f"k-shot {spec.k_shot}: {spec.task} has no few-shot examples; leave --k-shot out.")
    no_formulation(spec)


def no_formulation(spec: RunSpec) -> None:
    """Refuse what only multiple choice can do.

    Raises:
        TaskError: the spec asks for a formulation.
    """
    if spec.formulation is not None:
        raise TaskError(f"formulation {spec.formulation}: {spec.task} has none; only multiple_choice takes --formulation.")

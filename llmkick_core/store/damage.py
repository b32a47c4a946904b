"""What is wrong with files of a store, in few lines: a file of a million damaged lines costs no more than one of twenty.

damage = Damage(path, "the other lines are kept")
for number, line in damage.lines(content):
    try: ...
    except ValueError as error: damage.add(number, error)
damage.told     # ("notes/3f.jsonl, line 7, is damaged (...) and left out; the other lines are kept.", "notes/3f.jsonl has 41 more damaged lines.")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from llmkick_core.text_marks import visible

MOST_TOLD = 20
"""Damaged lines of a file that are told one by one."""
MOST_DAMAGED = 10_000
"""Damaged lines after which the rest of a file is not read."""
MOST_LINES = 500_000
"""Lines of a file that are read."""
MOST_NAMED = 200
"""Damaged files and lines of a store that are told one by one."""
_LONGEST = 600


class Damage:
    """What is wrong with one file of lines."""

    def __init__(self, path: Path, kept: str) -> None:
        """Take the file, and what becomes of the lines that are not damaged, in a few words."""
        self._path = path
        self._kept = kept
        self._told: list[str] = []
        self._n = 0
        self._is_cut = False

    def lines(self, content: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield number and content of each line that is not blank, while the file has few enough and few enough are damaged."""
        start, number = 0, 0
        while start < len(content):
            number += 1
            if number > MOST_LINES or self._n > MOST_DAMAGED:
                self._is_cut = True
                return
            end = content.find(b"\n", start)
            line = content[start : end if end >= 0 else len(content)]
            start += len(line) + 1
            if line and not line.isspace():
                yield number, line

    def add(self, number: int, error: Exception) -> None:
        """Count a damaged line."""
        self._n += 1
        if self._n <= MOST_TOLD:
            self._told.append(f"{self._path}, line {number}, is damaged ({str(error)[:200]}) and left out; {self._kept}.")

    @property
    def told(self) -> tuple[str, ...]:
        """Return what is wrong, one line for each of the first damaged lines, and one for the others."""
        told = [shown(line) for line in self._told]
        if self._n > MOST_TOLD:
            told.append(shown(f"{self._path} has {self._n - MOST_TOLD:,} more damaged lines."))
        if self._is_cut:
            most = f"{MOST_LINES:,} lines, or up to {MOST_DAMAGED:,} damaged ones, are read of such a file"
            told.append(shown(f"{self._path} is not read to its end: at most {most}. Move the rest to another place."))
        return tuple(told)


def shown(line: str) -> str:
    """Return a line of which any page or terminal shows all signs, whatever bytes a file's name has."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in visible(line, longest=_LONGEST))


def few(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first of many lines, and how many more there are."""
    told = tuple(shown(line) for line in lines[:MOST_NAMED])
    return told if len(lines) <= MOST_NAMED else (*told, f"{len(lines) - MOST_NAMED:,} more files or lines of the store cannot be read.")

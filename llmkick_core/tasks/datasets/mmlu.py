"""MMLU in its official CSV files (Hendrycks et al. 2021): test/<subject>_test.csv and dev/<subject>_dev.csv, without a header.

    Which of these is a noble gas?,Neon,Iron,Sulphur,None,A

The cells are read with the csv module: pandas would turn an option that reads "None" into a missing value. The subject is the file's
name; the last cell is the letter of the right option.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import read_text

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, kw_only=True)
class MmluQuestion:
    """One row."""

    subject: str
    """Name of the file without `_test.csv`."""
    number: int
    """Place in the file, from 0."""
    question: str
    """Its text."""
    options: tuple[str, ...]
    """Option texts; four in the official files."""
    gold: int
    """Index of the right option."""


def read_mmlu(path: Path) -> dict[str, list[MmluQuestion]]:
    """Return the test questions of each subject, by name.

    Args:
        path: the folder that holds test/, test/ itself, or one CSV file.

    Raises:
        DataError: there is no test file, or one is not in the official format.
    """
    if path.is_file():
        files = [path]
    else:
        folder = path / "test" if (path / "test").is_dir() else path
        files = sorted(folder.glob("*_test.csv")) or sorted(folder.glob("*.csv"))
    if not files:
        raise DataError(
            f"MMLU: no test/<subject>_test.csv under {path}; give the folder that holds test/ and dev/, or one file, with --data."
        )
    return {_subject(file): read_questions(file) for file in files}


def read_examples(path: Path, subject: str) -> list[MmluQuestion]:
    """Return the solved examples of a subject, dev/<subject>_dev.csv beside test/; none where the file does not exist."""
    folders = (path / "dev", path.parent / "dev", path.parent.parent / "dev", path.parent if path.is_file() else path)
    file = next((folder / f"{subject}_dev.csv" for folder in folders if (folder / f"{subject}_dev.csv").is_file()), None)
    return [] if file is None else read_questions(file)


def _subject(file: Path) -> str:
    return file.stem.removesuffix("_test").removesuffix("_dev").removesuffix("_val")


def read_questions(file: Path) -> list[MmluQuestion]:
    """Return the rows of one CSV file.

    Raises:
        DataError: a row is not question, options, letter, or the file is not CSV.
    """
    subject = _subject(file)
    found: list[MmluQuestion] = []
    for number, cells in enumerate(_rows(file)):
        if not cells:
            continue
        where = f"{file} row {number + 1}"
        n_options = len(cells) - 2
        if not 2 <= n_options <= len(LETTERS):
            raise DataError(f"{where} has {len(cells)} cells; the official format is question, options A to D, letter, without a header.")
        letter = cells[-1].strip().upper()
        if len(letter) != 1 or letter not in LETTERS[:n_options]:
            raise DataError(f"{where}: the right answer is {cells[-1]!r}; it must be a letter from A to {LETTERS[n_options - 1]}.")
        options = tuple(cell.strip() for cell in cells[1:-1])
        found.append(
            MmluQuestion(subject=subject, number=len(found), question=cells[0].strip(), options=options, gold=LETTERS.index(letter))
        )
    return found


def _rows(file: Path) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(read_text(file), newline=""))
    line = 1
    try:
        for cells in rows:
            yield cells
            line = rows.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{file}: the row that begins in line {line} is not CSV ({error}); is a quote opened there that is never closed?"
        ) from error

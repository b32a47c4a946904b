"""MMLU in its official CSV files (Hendrycks et al. 2021): test/<subject>_test.csv, val/<subject>_val.csv and dev/<subject>_dev.csv, without a header.

    Which of these is a noble gas?,Neon,Iron,Sulphur,None,A

The cells are read with the csv module: pandas would turn an option that reads "None" into a missing value. The subject is the file's
name; the last cell is the letter of the right option.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import files_in, read_csv

LETTERS = "ABCDEFGHIJ"
OPTIONS = ("A", "B", "C", "D")
N_CELLS = 1 + len(OPTIONS) + 1
"""Cells of a row: question, options, letter."""


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
    """Return the questions of each subject, by name: those of test/, or of val/ where there is no test/.

    Args:
        path: the folder that holds test/ or val/, one of the two itself, or one CSV file.

    Raises:
        DataError: there is no such file, or one is not in the official format.
    """
    files = [path] if path.is_file() else _question_files(path)
    if not files:
        raise DataError(
            f"MMLU: no test/<subject>_test.csv under {path}, and no val/<subject>_val.csv; give the folder that holds test/ and dev/, "
            "or one file, as the data (--data)."
        )
    return {_subject(file): read_questions(file) for file in files}


def _question_files(path: Path) -> list[Path]:
    folder = next((path / split for split in ("test", "val") if (path / split).is_dir()), path)
    for pattern in ("*_test.csv", "*_val.csv", "*_dev.csv", "*.csv"):
        if files := files_in(folder, pattern):
            return files
    return []


def read_examples(path: Path, subject: str) -> list[MmluQuestion]:
    """Return the solved examples of a subject, dev/<subject>_dev.csv beside test/; none where the file does not exist.

    Raises:
        DataError: the file is not in the official format, or is the one whose questions are asked.
    """
    folders = (path / "dev", path.parent / "dev", path.parent.parent / "dev", path.parent if path.is_file() else path)
    file = next((file for folder in folders for file in files_in(folder, f"{subject}_dev.csv")), None)
    if file is None:
        return []
    asked = [path] if path.is_file() else _question_files(path)
    if file.resolve() in [one.resolve() for one in asked]:
        raise DataError(
            f"{file} holds the questions that are asked, so it cannot give their few-shot examples; name test/ or val/, or --k-shot 0."
        )
    return read_questions(file)


def _subject(file: Path) -> str:
    return file.name.removesuffix(".gz").removesuffix(".csv").removesuffix("_test").removesuffix("_dev").removesuffix("_val")


def read_questions(file: Path) -> list[MmluQuestion]:
    """Return the rows of one CSV file.

    Raises:
        DataError: a row is not question, four options, letter; there is none; or the file is not CSV.
    """
    subject = _subject(file)
    found: list[MmluQuestion] = []
    for cells, where in read_csv(file):
        if len(cells) != N_CELLS:
            raise DataError(f"{where} has {len(cells)} cells; the official format is question, options A to D, letter, without a header.")
        question, *options, letter = (cell.strip() for cell in cells)
        if letter.upper() not in OPTIONS:
            raise DataError(f"{where}: the right answer is {cells[-1]!r}; it must be a letter from A to D, and there is no header.")
        if not question:
            raise DataError(f"{where}: the question is blank.")
        gold = OPTIONS.index(letter.upper())
        found.append(MmluQuestion(subject=subject, number=len(found), question=question, options=tuple(options), gold=gold))
    if not found:
        raise DataError(f"{file} holds no question.")
    return found

"""CNN/DailyMail stories (Hermann et al. 2015) as .story files: the text, then each highlight after a line `@highlight`. Or as CSV, as below.

    (CNN) -- Anna Bell opened three parks in Leeds on Monday.

    @highlight

    Anna Bell opens three parks in Leeds

test.csv has the columns id, article and highlights (a line each) and names them in its first row; other columns are passed over:

    id,article,highlights
    f001,"(CNN) -- Anna Bell opened three parks in Leeds on Monday.","Anna Bell opens three parks in Leeds ."

The same columns in JSON rows are read as well. The highlights are the reference summary and never part of the text. Folders small/, medium/ and large/ name the length of their
stories; stories in one folder are told apart by their words. A story that lies in two folders is asked once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmkick_core.data_files import id_of, is_rows, kind_of, need_text, read_rows, read_text
from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import files_in, read_csv

Length = Literal["small", "medium", "large"]

LENGTHS: tuple[Length, ...] = ("small", "medium", "large")
SMALL_WORDS = 470
"""Most words of a small story (paper, in-context summarization)."""
LARGE_WORDS = 790
"""Fewest words of a large story."""
FOLDERS: dict[str, Length] = {"small": "small", "medium": "medium", "mid": "medium", "large": "large"}
COLUMNS = ("id", "article", "highlights")
"""Columns of the CSV file that are read."""
_TABLES = ("test.csv", "*.csv", "test.json*", "*.json*")
_MARK = re.compile(r"^[^\S\n]*+@highlight[^\S\n]*+$", re.MULTILINE)  # possessive: thousands of blank lines take no time


@dataclass(frozen=True, kw_only=True)
class Story:
    """One file, or one row."""

    name: str
    """File name without .story, or the row's id."""
    length: Length
    """Class of length."""
    text: str
    """The story, paragraphs one blank line apart."""
    highlights: tuple[str, ...]
    """The reference summary, a sentence or two each."""


def length_of(text: str) -> Length:
    """Return the class of a story's length by its words, split at white space."""
    n_words = len(text.split())
    return "small" if n_words <= SMALL_WORDS else "large" if n_words >= LARGE_WORDS else "medium"


def parse_story(raw: str) -> tuple[str, tuple[str, ...]]:
    """Return (text, highlights) of a .story file."""
    text, *highlights = _MARK.split(raw)
    paragraphs = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n\n".join(paragraphs), tuple(" ".join(part.split()) for part in highlights if part.strip())


def read_stories(path: Path) -> dict[Length, list[Story]]:
    """Return the stories of each length, by file name.

    Args:
        path: the folder that holds small/, medium/ and large/, a folder of .story files or with test.csv, or one file.

    Raises:
        DataError: there is no story, or one has no text or no highlight.
    """
    stories: dict[str, Story] = {}
    for name, length, text, highlights in _labelled(path):
        if text in stories:  # in two folders: its words decide
            length = None
        stories[text] = Story(name=name, length=length or length_of(text), text=text, highlights=highlights)
    if not stories:
        raise DataError(
            f"CNN/DailyMail: no .story file under {path}, and no test.csv; give a folder of them, or of small/, medium/ and large/, or a CSV file, with "
            "--data."
        )
    return {length: sorted((s for s in stories.values() if s.length == length), key=lambda s: s.name) for length in LENGTHS}


def _labelled(path: Path) -> Iterator[tuple[str, Length | None, str, tuple[str, ...]]]:
    """Yield name, length where a folder names it, text and highlights of each story."""
    files = [path] if path.is_file() else sorted(path.glob("*.story"))
    folders = [] if path.is_file() else [path / name for name in FOLDERS if (path / name).is_dir()]
    is_table = path.is_file() and kind_of(path) != ".story" and (kind_of(path) == ".csv" or is_rows(path))
    if is_table or not (files or folders):
        tables = [path] if path.is_file() else [file for name in _TABLES for file in files_in(path, name)][:1]
        for table in tables:
            for name, text, highlights in _rows(table) if kind_of(table) == ".csv" else _json_rows(table):
                yield name, None, text, highlights
        return
    labelled: list[tuple[Path, Length | None]] = [(f, FOLDERS[folder.name]) for folder in folders for f in sorted(folder.glob("*.story"))]
    for file, length in [*labelled, *((file, None) for file in files)]:
        text, highlights = parse_story(read_text(file))
        if not text or not highlights:
            raise DataError(f"{file} has no {'highlight' if text else 'text'}; a .story file is the text, then lines after @highlight.")
        yield file.stem, length, text, highlights


def _json_rows(file: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield id, text and highlights of each JSON row with the same columns, as `datasets` writes them."""
    for number, (row, where) in enumerate(read_rows(file)):
        text, marked = parse_story(need_text(row, "article", where))[0], need_text(row, "highlights", where)
        yield id_of(row, ["id"], number, where), text, tuple(line.strip() for line in marked.splitlines() if line.strip())


def _rows(file: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield id, text and highlights of each row of a CSV file."""
    rows = read_csv(file)
    header = [cell.strip() for cell in next(rows, ([], ""))[0]]
    if missing := [name for name in COLUMNS if name not in header]:
        raise DataError(
            f"{file} has no column {' and no column '.join(missing)}; its first row must name the columns {', '.join(COLUMNS)}."
        )
    for cells, where in rows:
        if len(cells) != len(header):
            raise DataError(f"{where} has {len(cells)} cells, the first row {len(header)}; is a quote missing?")
        name, article, marked = (cells[header.index(column)] for column in COLUMNS)
        text, highlights = parse_story(article)[0], tuple(line.strip() for line in marked.splitlines() if line.strip())
        if not text or not highlights:
            raise DataError(f"{where}: {'highlights' if text else 'article'} is blank; the official format has a text there in each row.")
        yield name.strip() or where.rpartition(" ")[2], text, highlights

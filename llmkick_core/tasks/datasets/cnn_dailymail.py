"""CNN/DailyMail stories as .story files (Hermann et al. 2015): the text, then each highlight after a line `@highlight`.

    (CNN) -- Anna Bell opened three parks in Leeds on Monday.

    @highlight

    Anna Bell opens three parks in Leeds

The highlights are the reference summary and never part of the text. Folders small/, medium/ and large/ name the length of their
stories; stories in one folder are told apart by their words. A story that lies in two folders is asked once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import read_text

Length = Literal["small", "medium", "large"]

LENGTHS: tuple[Length, ...] = ("small", "medium", "large")
SMALL_WORDS = 470
"""Most words of a small story (paper, in-context summarization)."""
LARGE_WORDS = 790
"""Fewest words of a large story."""
FOLDERS: dict[str, Length] = {"small": "small", "medium": "medium", "mid": "medium", "large": "large"}
_MARK = re.compile(r"^\s*@highlight\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Story:
    """One file."""

    name: str
    """File name without .story."""
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
        path: the folder that holds small/, medium/ and large/, a folder of .story files, or one file.

    Raises:
        DataError: there is no story, or one has no text or no highlight.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.story"))
    folders = [] if path.is_file() else [path / name for name in FOLDERS if (path / name).is_dir()]
    labelled = [(file, FOLDERS[folder.name]) for folder in folders for file in sorted(folder.glob("*.story"))]
    stories: dict[str, Story] = {}
    for file, length in [*labelled, *((file, None) for file in files)]:
        text, highlights = parse_story(read_text(file))
        if not text or not highlights:
            raise DataError(f"{file} has no {'highlight' if text else 'text'}; a .story file is the text, then lines after @highlight.")
        if text in stories:  # in two folders: its words decide
            length = length_of(text)
        stories[text] = Story(name=file.stem, length=length or length_of(text), text=text, highlights=highlights)
    if not stories:
        raise DataError(
            f"CNN/DailyMail: no .story file under {path}; give a folder of them, or of small/, medium/ and large/, with --data."
        )
    return {length: sorted((s for s in stories.values() if s.length == length), key=lambda s: s.name) for length in LENGTHS}

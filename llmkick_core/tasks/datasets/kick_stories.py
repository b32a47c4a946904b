r"""Stories as LLM-KICK (Jaiswal et al. 2023, https://arxiv.org/abs/2310.01382) asked for them: one question a line, the whole prompt in it.

    {"question_id": 7, "text": "Summarize the given story in less than 150 words ...\n\n(CNN) -- Anna Bell opened a park.@highlightA park opens", "category": "mid"}

The lines of a story are joined, and its highlights, which are the reference summary, stand at its end: the models of the paper's code were shown
them. Here they are taken out, as from a .story file. `question_id` names the question.
"""

from __future__ import annotations

from pathlib import Path

from llmkick_core.data_files import Row, id_of, is_rows, need_text, read_rows, word_of
from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.cnn_dailymail import FOLDERS, Story, length_of
from llmkick_core.tasks.datasets.files import unique_ids

MARK = "@highlight"
_INSTRUCTION = "summarize the given story"


def is_kick_stories(path: Path) -> bool:
    """Return whether a path is such a file: JSON rows with a prompt each, not the columns of CNN/DailyMail.

    Raises:
        DataError: the file cannot be read.
    """
    return path.is_file() and is_rows(path) and not any("article" in row for row, _ in read_rows(path)[:1])


def read_kick_stories(path: Path) -> list[Story]:
    """Return the stories of a file, in order, each named by its question_id; one that is asked twice is there twice.

    Raises:
        DataError: the file cannot be read, or a row has no text.
    """
    rows = read_rows(path)
    names = unique_ids(id_of(row, ["question_id"], number, where) for number, (row, where) in enumerate(rows))
    return [_story(row, name) for row, name in zip(rows, names, strict=True)]


def n_marked(path: Path) -> int:
    """Return how many stories of a file have their highlights in the prompt.

    Raises:
        DataError: the file cannot be read, or a row has no text.
    """
    return sum(MARK in need_text(row, "text", where) for row, where in read_rows(path))


def _story(found: Row, name: str) -> Story:
    row, where = found
    said, *highlights = need_text(row, "text", where).split(MARK)
    first, _, rest = said.partition("\n")
    text = (rest if first.lower().startswith(_INSTRUCTION) else said).strip()
    if not text:
        raise DataError(f"{where}: 'text' holds no story; it should be the instruction, an empty line, and the story.")
    return Story(
        name=name,
        length=FOLDERS.get(word_of(row.get("category")), length_of(text)),
        text="\n\n".join(line.strip() for line in text.split("\n") if line.strip()),
        highlights=tuple(" ".join(part.split()) for part in highlights if part.strip()),
    )

"""NQ-open: questions people typed into a search engine, with short answers (Lee et al. 2019, https://arxiv.org/abs/1906.00300; CC BY-SA 3.0).

    {"question": "who wrote he ain't heavy he's my brother lyrics", "answer": ["Bobby Scott", "Bob Russell"]}

JSON lines without ids: a question is named by its place in the file. There is no evidence, so they are asked in closed-book QA.
"""

from __future__ import annotations

from typing import Any

from llmkick_core.data_files import texts_of
from llmkick_core.errors import DataError


def is_row(row: dict[str, Any]) -> bool:
    """Return whether a row has its answers in a plain list."""
    return isinstance(row.get("answer"), list)


def answers(row: dict[str, Any], where: str) -> list[str]:
    """Return the accepted answers of a row, in order.

    Raises:
        DataError: the list holds no text.
    """
    found = texts_of(row["answer"])
    if not found:
        raise DataError(f"{where}: 'answer' holds no text; each question has at least one accepted answer.")
    return found

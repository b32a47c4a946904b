"""MT-Bench in FastChat's files (Zheng et al. 2023, https://arxiv.org/abs/2306.05685): question.jsonl and reference_answer/*.jsonl.

    {"question_id": 101, "category": "reasoning", "turns": ["Imagine you are in a race ...", "If the second person ..."]}
    {"question_id": 101, "model_id": "gpt-4", "choices": [{"index": 0, "turns": ["You are in second place.", "..."]}]}

The `reference` that some rows of question.jsonl carry is a note to the judge, not an answer; it is shown where no reference answer exists.
A row may have "Subject" (instead of its category) and "Group" besides. FastChat's older files of questions, which the paper's code asks, have one turn:

    {"question_id": 1, "text": "How can I sleep better?", "category": "generic"}
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.data_files import Row, id_of, need, read_rows, text_of, word_of
from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import distinct, files_in, find_file, unique_ids


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One row."""

    question_id: str
    """question_id as text, made unique."""
    category: str
    """writing, roleplay, reasoning, math, coding, extraction, stem or humanities in the official file."""
    turns: tuple[str, ...]
    """What the user says."""
    references: tuple[tuple[str, ...], ...]
    """Reference answers of each turn; empty for a turn that has none."""
    notes: tuple[str, ...]
    """The judge's notes of question.jsonl, most often one a turn."""
    group: str
    """"Group", or nothing."""


def read_mt_bench(path: Path) -> list[Conversation]:
    """Return the conversations of question.jsonl, or of the folder that holds it, in order.

    Raises:
        DataError: the data is missing or not in the official format.
    """
    file = find_file(path, ("question.jsonl", "question.json", "*.jsonl", "*.json"), what="MT-Bench")
    rows = read_rows(file)
    references = _references(file.parent / "reference_answer")
    ids = unique_ids(id_of(row, ["question_id"], number, where) for number, (row, where) in enumerate(rows))
    return [_conversation(row, name, references) for row, name in zip(rows, ids, strict=True)]


def _conversation(found: Row, question_id: str, references: dict[str, list[list[str]]]) -> Conversation:
    row, where = found
    is_older = "turns" not in row and isinstance(row.get("text"), str)
    said = [row["text"]] if is_older else need(row, "turns", list, where)
    turns = tuple(turn.strip() for turn in said if isinstance(turn, str) and turn.strip())
    if not turns or len(turns) < len(said):
        raise DataError(
            f"{where}: 'turns' is empty or holds a turn that is blank or no text; the official format has what the user says, in order."
        )
    answers = references.get(_key(row), [])
    by_turn = tuple(tuple(distinct(a[turn] for a in answers if turn < len(a) and a[turn])) for turn in range(len(turns)))
    return Conversation(
        question_id=question_id,
        category=word_of(row.get("Subject")) or word_of(row.get("category")),
        turns=turns,
        references=by_turn,
        notes=_notes(row.get("reference")),
        group=word_of(row.get("Group")),
    )


def _notes(found: object) -> tuple[str, ...]:
    """Return the notes of a row, one a turn and blank where a turn has none; none where no turn has one."""
    notes = tuple(text_of(part) for part in (found if isinstance(found, list) else [found]))
    return notes if any(note.strip() for note in notes) else ()


def _key(row: dict[str, Any]) -> str:
    """Return what joins a question and its reference answers: its id as text, 81 and 81.0 alike; nothing where it has none."""
    return word_of(row.get("question_id"))


def _references(folder: Path) -> dict[str, list[list[str]]]:
    """Return the turns of every reference answer, by question id; a turn that is no text, such as null, is blank."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for file in sorted({*files_in(folder, "*.jsonl"), *files_in(folder, "*.json")}):
        for row, where in read_rows(file):
            for choice in _list(row, "choices", where):
                found[_key(row)].append([text_of(turn).strip() for turn in _list(choice, "turns", where)])
    found.pop("", None)
    return dict(found)


def _list(row: Any, key: str, where: str) -> list[Any]:
    """Return the list at a key, none where it is null."""
    return [] if isinstance(row, dict) and key in row and row[key] is None else need(row, key, list, where)

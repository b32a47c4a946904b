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

from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.files import Row, distinct, find_file, need, read_jsonl, unique_ids


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
    file = find_file(path, ("question.jsonl", "*.jsonl"), what="MT-Bench")
    rows = read_jsonl(file)
    references = _references(file.parent / "reference_answer")
    ids = unique_ids(str(row.get("question_id", number)) for number, (row, _) in enumerate(rows))
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
    answers = references.get(str(row.get("question_id")), [])
    by_turn = tuple(tuple(distinct(a[turn].strip() for a in answers if turn < len(a) and a[turn].strip())) for turn in range(len(turns)))
    note = row.get("reference") or []
    return Conversation(
        question_id=question_id,
        category=str(row.get("Subject") or row.get("category") or ""),
        turns=turns,
        references=by_turn,
        notes=tuple(str(part) for part in (note if isinstance(note, list) else [note])),
        group=str(row.get("Group") or ""),
    )


def _references(folder: Path) -> dict[str, list[list[str]]]:
    """Return the turns of every reference answer, by question id."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for file in sorted(folder.glob("*.jsonl")):
        for row, where in read_jsonl(file):
            for choice in need(row, "choices", list, where):
                found[str(row.get("question_id"))].append([str(turn) for turn in need(choice, "turns", list, where)])
    return dict(found)

"""What tells comparisons apart that the same words name: another limit, version of the task, or revision of weights or data.

told_apart([{"task_version": 3, "model_revision": "ab.."}, {"task_version": 4, "model_revision": "ab.."}], ["Perplexity", "Perplexity"])
["version 3", "version 4"]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

_PIECE = 6
"""Characters of a revision that tell it from others."""

_MARKS = {"limit": "limit", "task_version": "version", "model_revision": "weights", "dataset_revision": "data", "comparison_id": "id"}
"""Columns that may differ, and the word before their values; the last one always does."""


def told_apart(rows: Sequence[Mapping[str, Any]], names: Sequence[Hashable]) -> list[str]:
    """Return for each comparison the words that tell it from others of its name: `version 4, weights abc123`; empty where the name is its own.

    Args:
        rows: rows of queries.comparisons, or others with the columns limit, task_version, model_revision, dataset_revision and comparison_id.
        names: what names each of them.
    """
    found = []
    for row, name in zip(rows, names, strict=True):
        same = [other for other, one in zip(rows, names, strict=True) if one == name]
        words: dict[str, str] = {}
        for column in _MARKS:
            told = [_told(column, other[column]) for other in same]
            if len(set(told)) > 1 and not (column == "comparison_id" and _is_told(row, same, words)):
                words[column] = _told(column, row[column])
        found.append(", ".join(words.values()))
    return found


def _is_told(row: Mapping[str, Any], same: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> bool:
    """Return whether what some columns say of a row is true of no other."""
    own = [_told(column, row[column]) for column in columns]
    return sum([_told(column, other[column]) for column in columns] == own for other in same) == 1


def _told(column: str, value: Any) -> str:
    if column == "limit":
        return "no limit" if value is None or value != value or str(value) == "<NA>" else f"limit {int(value):,}"
    return f"{_MARKS[column]} {value if column == 'task_version' else str(value or '-')[:_PIECE]}"

"""Rows of the hub's copies, written in the official formats that the loaders read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmkick_core.data_files import need
from llmkick_core.errors import DataError
from llmkick_core.tasks.datasets.cnn_dailymail import LENGTHS, length_of
from llmkick_core.tasks.datasets.mmlu import OPTIONS

Rows = Iterable[tuple[dict[str, Any], str]]
"""Rows of a split, each with where it is, such as `cais/mmlu test row 3`."""

N_STORIES = 100
"""Stories of each length (paper, in-context summarization)."""
MMLU_FOLDERS = {"dev": "dev", "test": "test", "validation": "val"}
"""Official folder of each split."""


def write_mmlu(rows: dict[str, Rows], folder: Path) -> None:
    """Write dev/<subject>_dev.csv and test/<subject>_test.csv, or val/<subject>_val.csv.

    Raises:
        DataError: a row has not four options, or no right one.
    """
    for split, split_rows in rows.items():
        by_subject: dict[str, list[list[str]]] = {}
        for row, where in split_rows:
            options, answer = need(row, "choices", list, where), need(row, "answer", int, where)
            if not all(isinstance(option, str) for option in options):
                raise DataError(f"{where}: 'choices' holds something that is no text; the official data has four texts there.")
            if len(options) != len(OPTIONS) or not 0 <= answer < len(OPTIONS):
                raise DataError(f"{where} has {len(options)} options, and number {answer} is right; there must be 4, numbered from 0.")
            cells = [need(row, "question", str, where), *options, OPTIONS[answer]]
            by_subject.setdefault(need(row, "subject", str, where), []).append(cells)
        name = MMLU_FOLDERS[split]
        (folder / name).mkdir()
        for subject, table in by_subject.items():
            with (folder / name / f"{Path(subject).name}_{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(table)


def write_triviaqa(rows: dict[str, Rows], folder: Path) -> None:
    """Write validation.jsonl, or train.jsonl, evidence inside."""
    for split, split_rows in rows.items():
        _write_jsonl(folder / f"{split}.jsonl", (row for row, _ in split_rows))


def write_stories(rows: dict[str, Rows], folder: Path) -> None:
    """Write the first stories of each length to small/, medium/ and large/."""
    missing = dict.fromkeys(LENGTHS, N_STORIES)
    for length in LENGTHS:
        (folder / length).mkdir()
    for row, where in rows["test"]:
        story = need(row, "article", str, where)
        length = length_of(story)
        if missing[length]:
            missing[length] -= 1
            lines = need(row, "highlights", str, where).splitlines()
            marked = "".join(f"\n\n@highlight\n\n{line}" for line in lines if line.strip())
            name = Path(need(row, "id", str, where)).name
            (folder / length / f"{name}.story").write_text(story + marked + "\n", encoding="utf-8")
        if not any(missing.values()):
            break


def write_mt_bench(rows: dict[str, Rows], folder: Path) -> None:
    """Write question.jsonl."""
    keys = {"question_id": "prompt_id", "category": "category", "turns": "prompt", "reference": "reference"}
    _write_jsonl(folder / "question.jsonl", ({ours: row.get(theirs) for ours, theirs in keys.items()} for row, _ in rows["train"]))


def write_wikitext(rows: dict[str, Rows], folder: Path) -> None:
    """Write perplexity.txt: the lines joined by a blank line, as WikiText-2 is scored in the field."""
    text = "\n\n".join(need(row, "text", str, where) for row, where in rows["test"])
    (folder / "perplexity.txt").write_text(text, encoding="utf-8")


def write_c4(rows: dict[str, Rows], folder: Path) -> None:
    """Write perplexity.txt: the documents joined by a space, as C4 is scored in the field."""
    text = " ".join(need(row, "text", str, where) for row, where in rows["validation"])
    (folder / "perplexity.txt").write_text(text, encoding="utf-8")


def _write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")

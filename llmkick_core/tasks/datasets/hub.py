"""The real data sets from the Hugging Face hub, at pinned revisions, written in the official formats that the loaders read.

`fetch("multiple_choice", cache)` streams what a task asks, writes it once under cache/<task>-<revision>/ and returns that folder; from there
it is a data set like any other. Downloading by hand and naming the folder with --data comes to the same.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from llmkick_core.errors import DataError, TaskError
from llmkick_core.tasks.datasets.cnn_dailymail import LENGTHS, length_of
from llmkick_core.tasks.datasets.mmlu import LETTERS

Rows = Iterable[dict[str, Any]]
N_STORIES = 100
"""Stories of each length (paper, in-context summarization)."""


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """Where the data of a task comes from, and how it is written."""

    path: str
    """Repository on the hub, a local folder laid out like one, or a builder such as `json`."""
    revision: str
    """Commit."""
    splits: tuple[str, ...]
    """Splits that are read."""
    write: Callable[[dict[str, Rows], Path], None]
    """Writes the rows of each split to a folder."""
    config: str | None = None
    """Configuration of the repository."""
    data_file: str | None = None
    """Address of the one file, where `path` is a builder; `{revision}` in it is filled in."""
    field: str | None = None
    """Key of the list of rows in a JSON file."""
    n_rows: int | None = None
    """First rows of each split that are read; None reads all."""


def write_freebaseqa(rows: dict[str, Rows], folder: Path) -> None:
    """Write FreebaseQA-eval.json."""
    questions = {"Dataset": "FreebaseQA-eval", "Questions": list(rows["train"])}
    (folder / "FreebaseQA-eval.json").write_text(json.dumps(questions, ensure_ascii=False), encoding="utf-8")


def write_mmlu(rows: dict[str, Rows], folder: Path) -> None:
    """Write dev/<subject>_dev.csv and test/<subject>_test.csv."""
    for split, split_rows in rows.items():
        by_subject: dict[str, list[list[str]]] = {}
        for row in split_rows:
            by_subject.setdefault(row["subject"], []).append([row["question"], *row["choices"], LETTERS[row["answer"]]])
        (folder / split).mkdir()
        for subject, cells in by_subject.items():
            with (folder / split / f"{Path(subject).name}_{split}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(cells)


def write_triviaqa(rows: dict[str, Rows], folder: Path) -> None:
    """Write validation.jsonl, evidence inside."""
    _write_jsonl(folder / "validation.jsonl", rows["validation"])


def write_stories(rows: dict[str, Rows], folder: Path) -> None:
    """Write the first stories of each length to small/, medium/ and large/."""
    missing = dict.fromkeys(LENGTHS, N_STORIES)
    for length in LENGTHS:
        (folder / length).mkdir()
    for row in rows["test"]:
        length = length_of(row["article"])
        if missing[length]:
            missing[length] -= 1
            marked = "".join(f"\n\n@highlight\n\n{line}" for line in row["highlights"].splitlines() if line.strip())
            (folder / length / f"{Path(row['id']).name}.story").write_text(row["article"] + marked + "\n", encoding="utf-8")
        if not any(missing.values()):
            break


def write_mt_bench(rows: dict[str, Rows], folder: Path) -> None:
    """Write question.jsonl."""
    keys = {"question_id": "prompt_id", "category": "category", "turns": "prompt", "reference": "reference"}
    _write_jsonl(folder / "question.jsonl", ({ours: row.get(theirs) for ours, theirs in keys.items()} for row in rows["train"]))


def write_wikitext(rows: dict[str, Rows], folder: Path) -> None:
    """Write perplexity.txt: the lines joined by a blank line, as WikiText-2 is scored in the field."""
    (folder / "perplexity.txt").write_text("\n\n".join(row["text"] for row in rows["test"]), encoding="utf-8")


def _write_jsonl(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


_TRIVIAQA = HubSource(
    path="mandarjoshi/trivia_qa",
    revision="0f7faf33a3908546c6fd5b73a660e0f8ff173c2f",
    config="rc",
    splits=("validation",),
    n_rows=2000,  # as many as the paper asks
    write=write_triviaqa,
)

SOURCES: dict[str, HubSource] = {
    "factoid_qa": HubSource(  # on the hub it is a loading script, which can no longer be run; the authors' file is read
        path="json",
        revision="1773919d816f87bafc586ecf022a4f9b1f9f6690",
        data_file="https://raw.githubusercontent.com/kelvin-jiang/FreebaseQA/{revision}/FreebaseQA-eval.json",
        field="Questions",
        splits=("train",),
        write=write_freebaseqa,
    ),
    "multiple_choice": HubSource(
        path="cais/mmlu", revision="c30699e8356da336a370243923dbaf21066bb9fe", config="all", splits=("dev", "test"), write=write_mmlu
    ),
    "closed_book_qa": _TRIVIAQA,
    "open_book_qa": _TRIVIAQA,
    "summarization": HubSource(
        path="abisee/cnn_dailymail",
        revision="96df5e686bee6baa90b8bee7c28b81fa3fa6223d",
        config="3.0.0",
        splits=("test",),
        write=write_stories,
    ),
    "instruction_following": HubSource(
        path="HuggingFaceH4/mt_bench_prompts", revision="b60d01a44377daa2d9434e50a91a9e4169a090d5", splits=("train",), write=write_mt_bench
    ),
    "perplexity": HubSource(
        path="Salesforce/wikitext",
        revision="b08601e04326c79dfdd32d625aee71d232d685c3",
        config="wikitext-2-raw-v1",
        splits=("test",),
        write=write_wikitext,
    ),
}
"""The source of each task, by the task's name."""


def source_of(task: str) -> HubSource:
    """Return the source of a task.

    Raises:
        TaskError: the task has none.
    """
    if task not in SOURCES:
        raise TaskError(f"task {task!r} has no data set on the hub; choose one of {', '.join(SOURCES)}, or name files with --data.")
    return SOURCES[task]


def fetch(task: str, cache: Path, source: HubSource | None = None) -> Path:
    """Return the folder with the data of a task, downloaded at its pinned revision unless it is there already.

    Args:
        task: name of the task.
        cache: folder that keeps downloads; a download is written beside its place and renamed, so it is whole or absent.
        source: another source than the task's own.

    Raises:
        TaskError: the task has no source.
        DataError: the download failed.
    """
    source = source or source_of(task)
    target = cache / f"{source.path.replace('/', '--').strip('-')}-{source.config or 'default'}-{source.revision[:12] or 'local'}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=cache, prefix=".download-"))
    try:
        source.write({split: _rows(source, split) for split in source.splits}, temporary)
        os.replace(temporary, target)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{source.path} at {source.revision[:12] or 'its folder'} could not be fetched ({type(error).__name__}: {_one_line(error)}). "
            "Check the network, or download the files and name them with --data."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _rows(source: HubSource, split: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a split; nothing is asked of the network before the first one is."""
    from datasets import load_dataset

    options: dict[str, Any] = {"revision": source.revision or None}
    if source.data_file is not None:
        options = {"data_files": source.data_file.format(revision=source.revision), "field": source.field}
    data = load_dataset(source.path, source.config, split=split, streaming=True, **options)
    yield from islice(data, source.n_rows)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

"""The real data sets from the Hugging Face hub, at pinned revisions, written in the official formats that the loaders read.

`fetch("multiple_choice", cache)` streams what a task asks, writes it once under cache/<data set>-<revision>/ and returns that folder; from there
it is a data set like any other. A folder of repositories that were downloaded by hand (`LLMKICK_HUB_FOLDER`), laid out as on the hub, stands in for it:

    hub-folder/cais/mmlu/README.md
    hub-folder/cais/mmlu/all/test-00000-of-00001.parquet

Downloading the official files and naming them as the data (--data) comes to the same.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse, IncompleteRead
from itertools import islice
from pathlib import Path
from typing import Any

from llmkick_core import settings
from llmkick_core.data_files import LARGEST_UNPACKED, check_values, read_bytes
from llmkick_core.errors import DataError, TaskError
from llmkick_core.tasks.datasets import hub_writers as writers
from llmkick_core.tasks.datasets.hub_writers import Rows

HUB = "hub"
"""The word for a task's own data set on the hub; `hub:NAME` is another one of the same task."""
_TIMEOUT_S = 30.0  # until something comes
_LONGEST_S = 600.0  # of a whole file
_PIECE = 2**18


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """Where the data of a task comes from, and how it is written."""

    path: str
    """Repository on the hub, or a local folder laid out like one; of an `address`, the repository it belongs to."""
    revision: str
    """Commit."""
    by_hand: str
    """Where the official files are, and what --data takes of them, for machines without a network."""
    splits: tuple[str, ...] = ()
    """Splits that are read."""
    columns: tuple[str, ...] = ()
    """Columns that each row must have."""
    write: Callable[[dict[str, Rows], Path], None] | None = None
    """Writes the rows of each split to a folder."""
    config: str | None = None
    """Configuration of the repository."""
    files: str | None = None
    """Where the files of a split are in the repository, `{split}` filled in; None where the repository's card says so itself."""
    address: str | None = None
    """Address of the one official file, where that is what is read; `{revision}` in it is filled in."""
    n_rows: int | None = None
    """First rows of each split that are read; None reads all."""
    name: str = ""
    """What tells the data set from the task's own one."""


def _freebaseqa(part: str, name: str = "") -> HubSource:
    """Return the source of a part of FreebaseQA: on the hub it is a loading script, which can no longer be run, so the authors' file is read."""
    address = f"https://raw.githubusercontent.com/kelvin-jiang/FreebaseQA/{{revision}}/FreebaseQA-{part}.json"
    return HubSource(
        path="kelvin-jiang/FreebaseQA",
        revision="1773919d816f87bafc586ecf022a4f9b1f9f6690",
        address=address,
        name=name,
        by_hand=f"FreebaseQA-{part}.json from https://github.com/kelvin-jiang/FreebaseQA",
    )


_MMLU = HubSource(
    path="cais/mmlu",
    revision="c30699e8356da336a370243923dbaf21066bb9fe",
    config="all",
    files="all/{split}-*",
    splits=("dev", "test"),
    columns=("question", "subject", "choices", "answer"),
    write=writers.write_mmlu,
    by_hand="the unpacked folder of https://people.eecs.berkeley.edu/~hendrycks/data.tar",
)
_TRIVIAQA = HubSource(
    path="mandarjoshi/trivia_qa",
    revision="0f7faf33a3908546c6fd5b73a660e0f8ff173c2f",
    config="rc",
    files="rc/{split}-*",
    splits=("validation",),
    columns=("question_id", "question", "answer", "entity_pages", "search_results"),
    n_rows=2000,  # as many as the paper asks
    write=writers.write_triviaqa,
    by_hand="the unpacked folder of https://nlp.cs.washington.edu/triviaqa/data/triviaqa-rc.tar.gz",
)

SOURCES: dict[str, HubSource] = {
    "factoid_qa": _freebaseqa("eval"),
    "multiple_choice": _MMLU,
    "closed_book_qa": _TRIVIAQA,
    "open_book_qa": _TRIVIAQA,
    "summarization": HubSource(
        path="abisee/cnn_dailymail",
        revision="96df5e686bee6baa90b8bee7c28b81fa3fa6223d",
        config="3.0.0",
        files="3.0.0/{split}-*",
        splits=("test",),
        columns=("id", "article", "highlights"),
        write=writers.write_stories,
        by_hand="a folder of .story files (https://cs.nyu.edu/~kcho/DMQA/), or a CSV file with the columns id, article, highlights",
    ),
    "instruction_following": HubSource(
        path="HuggingFaceH4/mt_bench_prompts",
        revision="b60d01a44377daa2d9434e50a91a9e4169a090d5",
        splits=("train",),
        columns=("prompt_id", "category", "prompt"),
        write=writers.write_mt_bench,
        by_hand="the folder fastchat/llm_judge/data/mt_bench of https://github.com/lm-sys/FastChat",
    ),
    "perplexity": HubSource(
        path="Salesforce/wikitext",
        revision="b08601e04326c79dfdd32d625aee71d232d685c3",
        config="wikitext-2-raw-v1",
        files="wikitext-2-raw-v1/{split}-*",
        splits=("test",),
        columns=("text",),
        write=writers.write_wikitext,
        by_hand="wiki.test.raw of WikiText-2, or any text file",
    ),
}
"""The source of each task, by the task's name."""

OTHERS: dict[str, dict[str, HubSource]] = {
    "factoid_qa": {part: _freebaseqa(part, part) for part in ("dev", "train")},
    "multiple_choice": {"val": replace(_MMLU, splits=("dev", "validation"), name="val")},
    "perplexity": {
        "c4": HubSource(
            path="allenai/c4",
            revision="1588ec454efa1a09f29cd18ddd04fe05fc8653a2",
            files="en/c4-{split}.00000-of-00008.json.gz",
            splits=("validation",),
            columns=("text",),
            n_rows=1100,  # as many as the code of SparseGPT and Wanda reads
            write=writers.write_c4,
            name="c4",
            by_hand="https://huggingface.co/datasets/allenai/c4/resolve/main/en/c4-validation.00000-of-00008.json.gz",
        )
    },
}
"""What a task can be asked besides, by the task's name and the word after `hub:`."""

_TRIVIAQA_TRAIN = replace(_TRIVIAQA, splits=("train",), n_rows=200, name="train")


def is_hub(dataset: str) -> bool:
    """Return whether the word for a data set names one on the hub."""
    return dataset == HUB or dataset.startswith(f"{HUB}:")


def names(task: str) -> list[str]:
    """Return the words for a task's data sets on the hub, its own first."""
    return [HUB, *(f"{HUB}:{name}" for name in OTHERS.get(task, {}))] if task in SOURCES else []


def source_of(task: str, dataset: str = HUB) -> HubSource:
    """Return the source of a task's data set on the hub.

    Raises:
        TaskError: the task has none.
        DataError: it has none of that name.
    """
    if task not in SOURCES:
        raise TaskError(
            f"task {task!r} has no data set on the hub; choose one of {', '.join(SOURCES)}, or name files as the data (--data)."
        )
    if dataset == HUB:
        return SOURCES[task]
    found = OTHERS.get(task, {}).get(dataset.partition(":")[2])
    if found is None:
        raise DataError(f"no data {dataset!r} of {task} on the hub; known: {', '.join(names(task))}.")
    return found


def examples_source(task: str, dataset: str) -> HubSource | None:
    """Return the source of solved examples for a task's data set on the hub: its train part, its dev part where that one is asked; None where it needs none."""
    if task == "factoid_qa":
        return OTHERS[task]["dev" if dataset == "hub:train" else "train"]
    return _TRIVIAQA_TRAIN if SOURCES.get(task) is _TRIVIAQA else None


def fetch_examples(task: str, dataset: str, cache: Path) -> None:
    """Fetch the solved examples for a task's data set on the hub to where they are looked for, unless they are there already.

    Raises:
        DataError: the download failed, or is not what it should be.
    """
    source = examples_source(task, dataset)
    if source is not None:
        fetch(task, cache, source)


def place_of(source: HubSource, cache: Path) -> Path:
    """Return the folder in a cache that holds the data of a source once it is fetched."""
    parts = [source.path.replace("/", "--").strip("-"), source.config or "default", source.revision[:12] or "local", source.name]
    return cache / "-".join(part for part in parts if part)


def fetch(task: str, cache: Path, source: HubSource | None = None) -> Path:
    """Return the folder with the data of a task, downloaded at its pinned revision unless it is there already.

    Args:
        task: name of the task.
        cache: folder that keeps downloads; a download is written beside its place and renamed, so it is whole or absent.
        source: another source than the task's own.

    Raises:
        TaskError: the task has no source.
        DataError: the download failed, or is not what it should be.
    """
    from datasets.exceptions import DatasetsError
    from httpx2 import HTTPError

    source = source or source_of(task)
    target = place_of(source, cache)
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=cache, prefix=".download-"))
    try:
        if source.write is None:
            _copy(source, temporary)
        else:
            source.write({split: _rows(source, split) for split in source.splits}, temporary)
        if not target.is_dir():  # another process may have been faster
            os.replace(temporary, target)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, RuntimeError, HTTPException, HTTPError, DatasetsError) as error:
        raise DataError(
            f"{source.path} at {source.revision[:12] or 'its folder'} could not be fetched ({type(error).__name__}: {_one_line(error)}). "
            f"Check the network, or get the data by hand: {_by_hand(source)}."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def check_reachable(source: HubSource) -> None:
    """Refuse a source that is neither in the folder of data downloaded by hand nor may be asked of the network.

    Raises:
        DataError: it says how to get the data.
    """
    if settings.is_offline() and _folder(source) is None:
        raise DataError(f"{source.path} is not on this machine, and HF_HUB_OFFLINE is set. Get the data by hand: {_by_hand(source)}.")


def _by_hand(source: HubSource) -> str:
    """Return how to get the data where the network does not reach."""
    official = f"download {source.by_hand}, and name it as the data (--data)"
    if source.address is not None:
        return official
    only = f' --include README.md --include "{source.files.split("/")[0]}/{_wanted(source)}"' if source.files else ""
    command = f"hf download {source.path} --repo-type dataset --revision {source.revision}{only} --local-dir DIR/{source.path}"
    return f"{official}; or run `{command}` where there is a network, and set LLMKICK_HUB_FOLDER=DIR here"


def _wanted(source: HubSource) -> str:
    """Return a pattern of the file names of a source's splits."""
    names = [(source.files or "").rpartition("/")[2].format(split=split) for split in source.splits]
    return names[0] if len(names) == 1 else "*"


def _rows(source: HubSource, split: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the rows of a split and where they are; nothing is asked of the network before the first one is."""
    from datasets import load_dataset

    folder = _folder(source)
    files = source.files.format(split=split) if source.files else None
    options: dict[str, Any] = {} if folder else {"revision": source.revision or None}
    if files is not None and (source.config is None or (folder is not None and any(folder.glob(files)))):
        options["data_files"] = {split: files}  # what was downloaded by hand need not be all of the configuration
    else:
        options["name"] = source.config
    data = load_dataset(str(folder) if folder else source.path, split=split, streaming=True, **options)
    number = 0
    for number, row in enumerate(islice(data, source.n_rows), start=1):
        where = f"{source.path} {split} row {number}"
        if missing := [column for column in source.columns if column not in row]:
            raise DataError(f"{where} has no column {', '.join(missing)}; it has {', '.join(row)}.")
        yield row, where
    if not number:
        raise DataError(f"{source.path} {split} has no row.")


def _folder(source: HubSource) -> Path | None:
    """Return the local folder that stands in for a repository, or None to ask the hub.

    Raises:
        DataError: it was downloaded at another revision.
    """
    root = settings.hub_folder()
    folder = Path(source.path) if Path(source.path).is_dir() else root / source.path if root else None
    if folder is None or not folder.is_dir():
        return None
    for note in sorted(folder.glob(".cache/huggingface/download/**/*.metadata")):  # `hf download` writes the commit into its first line
        commit = note.read_text(encoding="utf-8").partition("\n")[0].strip()
        if source.revision and commit != source.revision:
            raise DataError(f"{folder} was downloaded at revision {commit}, not at {source.revision}; download it again with --revision.")
    return folder


def _copy(source: HubSource, folder: Path) -> None:
    """Write the one official file of a source to a folder, if it is whole.

    Raises:
        DataError: it is not JSON.
    """
    address = (source.address or "").format(revision=source.revision)
    name = address.rpartition("/")[2]
    local = _folder(source)
    known = local / name if local else Path(address)
    if known.is_file():
        raw = read_bytes(known)
    elif settings.is_offline():
        raise OSError("HF_HUB_OFFLINE is set")
    else:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            raw = _bounded(answer, address)
    check_values(raw.decode("utf-8"), known)
    try:
        json.loads(raw)
    except RecursionError as error:
        raise DataError(f"{address} is nested too deeply to be read.") from error
    (folder / name).write_bytes(raw)


def _bounded(answer: HTTPResponse, address: str) -> bytes:
    """Return what a server sends, if it is not too much and comes in time.

    Raises:
        DataError: it is, or does not.
        HTTPException: it ends too early.
    """
    until = time.monotonic() + _LONGEST_S
    pieces, n_bytes = [], 0
    while piece := answer.read1(_PIECE):  # what has come, however little
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > LARGEST_UNPACKED:
            raise DataError(f"{address} sends more than {LARGEST_UNPACKED:,} bytes, the most that is taken of a file of questions.")
        if time.monotonic() > until:
            raise DataError(f"{address} did not send its file within {_LONGEST_S:,.0f} seconds; try again, or download it by hand.")
    if left := getattr(answer, "length", None):  # of what the server said that it would send
        raise IncompleteRead(b"", left)
    return b"".join(pieces)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

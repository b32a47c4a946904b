"""The texts that methods look at: the bundled one, C4 and WikiText-2 from the hub at a pinned revision, or files.

Files are read as perplexity's are: UTF-8 text whose documents blank lines separate, or JSON rows with a "text" each; packed (.gz) or not.

    {"text": "Mongolia is a country in Asia. Its capital is Ulaanbaatar."}
"""

from __future__ import annotations

import re
import threading
import urllib.request
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core.data_files import is_rows, read_documents, text_files
from llmkick_core.errors import DataError
from llmkick_core.fingerprint import content_digest
from llmkick_core.settings import BUNDLED_ROOT, hub_folder, is_offline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AUTO = "auto"
"""The word for the usual text: C4 where it is at hand, else the bundled one. It stands in no recipe."""

BUNDLED_FILE = BUNDLED_ROOT / "kick-mini" / "calibration.txt"
"""The text behind source `bundled`."""

REACH_S = 3.0
"""Seconds that the hub has to answer."""

_TITLE = re.compile(r" = [^=].* = ")
_SHUFFLE_BUFFER = 2_000  # documents of a streamed source among which the seed chooses


@dataclass(frozen=True, kw_only=True)
class HubText:
    """A corpus on the hub, pinned."""

    path: str
    """Repository."""
    revision: str
    """Commit."""
    config: str | None = None
    """Configuration, where it has several."""
    file: str | None = None
    """The one file that is read; None reads the split."""
    has_lines: bool = False
    """Whether a row is one line of an article, and the articles are put together again from their titles."""


HUB_TEXTS = {
    "c4": HubText(
        path="allenai/c4",
        revision="1588ec454efa1a09f29cd18ddd04fe05fc8653a2",
        file="en/c4-train.00000-of-01024.json.gz",
    ),
    "wikitext2": HubText(
        path="Salesforce/wikitext",
        revision="b08601e04326c79dfdd32d625aee71d232d685c3",
        config="wikitext-2-raw-v1",
        has_lines=True,
    ),
}
"""Sources that are streamed from the hub; the C4 file is the one the reference code of SparseGPT and Wanda reads."""


USUAL = "c4"
"""The text of the papers."""


def usual_source(model: str) -> tuple[str, list[str]]:
    """Return the text that calibrates a model unless another one is named, and a line on it; a bundled model has the bundled text, without a line."""
    if model.startswith("bundled:"):
        return "bundled", []
    if is_here(USUAL) or is_hub_reachable():
        return USUAL, [f"calibration text: C4 ({HUB_TEXTS[USUAL].path} at {HUB_TEXTS[USUAL].revision[:8]})."]
    why = "HF_HUB_OFFLINE is set" if is_offline() else "the hub cannot be reached"
    return "bundled", [f"calibration text: bundled, because C4 is not on this machine and {why}; --calibration names another one."]


def documents(source: str, seed: int = 0) -> Iterator[str]:
    """Yield the non-empty documents of a calibration source.

    Args:
        source: `bundled`, `c4`, `wikitext2`, or the path of a file of text or JSON rows, or of a folder of them.
        seed: orders the documents of a streamed source; files keep their order.

    Raises:
        DataError: the file is missing, is not UTF-8, or has a row without "text"; or the hub cannot be reached.
    """
    is_on_hub = source in HUB_TEXTS
    found = _hub_documents(source, HUB_TEXTS[source], seed) if is_on_hub else _file_documents(_place_of(source))
    for document in found:
        if document.strip():
            yield document.strip()


def text_revision(source: str) -> str:
    """Return what pins the text of a source: the commit on the hub, or the digest of the file's content.

    Raises:
        DataError: the file is missing or cannot be read.
    """
    return HUB_TEXTS[source].revision if source in HUB_TEXTS else content_digest(_place_of(source))


def is_here(source: str) -> bool:
    """Return whether a text is on this machine: bundled, a file, in the folder of data downloaded by hand, or in the hub's cache."""
    if source not in HUB_TEXTS:
        return True
    return _local(HUB_TEXTS[source]) is not None


@cache
def is_hub_reachable() -> bool:
    """Return whether the hub answers within three seconds; asked once in a process, and never where HF_HUB_OFFLINE is set."""
    if is_offline():
        return False
    from huggingface_hub.constants import ENDPOINT

    answers: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{ENDPOINT}/api/datasets/{HUB_TEXTS['c4'].path}", timeout=REACH_S) as answer:
                answers.append(answer.status == HTTPStatus.OK)
        except (OSError, HTTPException, ValueError):  # no network, a proxy that refuses, or an address that is none
            answers.append(False)

    asking = threading.Thread(target=ask, daemon=True)  # looking up a name has no limit of its own
    asking.start()
    asking.join(REACH_S)
    return bool(answers and answers[0])


def _place_of(source: str) -> Path:
    """Return the file, or the folder of files, behind a source that is not on the hub."""
    place = BUNDLED_FILE if source == "bundled" else Path(source).expanduser()
    if not place.is_file() and not (place.is_dir() and text_files(place)):
        raise DataError(
            f"calibration text {source!r} is no file ({place}). Use bundled, {', '.join(HUB_TEXTS)}, or the path of a .txt or .jsonl file, or of a folder of them."
        )
    return place


def _file_documents(place: Path) -> Iterator[str]:
    """Yield the documents of a file or folder: JSON rows, or what blank lines separate."""
    for file in text_files(place):
        for text in read_documents(file):
            yield from (text,) if is_rows(file) else re.split(r"\n[ \t]*\n", text)


def articles(lines: Iterable[str]) -> Iterator[str]:
    """Yield the articles of WikiText, each of which begins with a line ` = Title = `."""
    article: list[str] = []
    for line in lines:
        if _TITLE.fullmatch(line.rstrip("\n")) and article:
            yield "".join(article)
            article = []
        article.append(line)
    yield "".join(article)


def _hub_documents(source: str, text: HubText, seed: int) -> Iterator[str]:
    """Yield the documents of a corpus on the hub, streamed; where rows are documents, the seed decides their order."""
    from datasets import load_dataset

    local = _local(text)
    is_file = local is not None and local.is_file()
    try:
        rows = load_dataset(
            "json" if is_file else str(local or text.path),
            None if is_file else text.config,
            data_files={"train": str(local)} if is_file else None if text.file is None else {"train": text.file},
            split="train",
            streaming=True,
            revision=None if local else text.revision,
        )
        if text.has_lines:
            yield from articles(row["text"] for row in rows)
        else:
            yield from (row["text"] for row in rows.shuffle(seed=seed, buffer_size=_SHUFFLE_BUFFER))
    except (OSError, ValueError, RuntimeError) as error:  # what datasets and its HTTP clients raise without a network
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"calibration text {source} cannot be read from the hub ({reason}). Use --calibration bundled or a file, or download {text.path} "
            "by hand into a folder that LLMKICK_HUB_FOLDER names."
        ) from error


def _local(text: HubText) -> Path | None:
    """Return where a corpus of the hub lies on this machine: a folder laid out as on the hub, or its one file in the hub's cache; None where it does not."""
    root = hub_folder()
    folder = root / text.path if root else None
    if folder is not None and folder.is_dir() and (text.file is None or (folder / text.file).is_file()):
        return folder
    if text.file is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(text.path, text.file, revision=text.revision, repo_type="dataset")
    return Path(found) if isinstance(found, str) else None

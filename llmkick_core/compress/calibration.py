"""Calibration text: where it comes from and how it becomes sequences of tokens.

Documents are tokenized as the tokenizer does it by default, an end token is put behind each, and all are laid end to end; the stream is cut
into windows of `seq_len` tokens, of which `n_samples` different ones are drawn with a seed. Sources: the bundled text, C4 and WikiText-2 from
the hub at a pinned revision, or a file: UTF-8 text whose documents are separated by blank lines, or JSONL with a "text" field.

    {"text": "Mongolia is a country in Asia. Its capital is Ulaanbaatar."}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.errors import CalibrationError, DataError
from llmkick_core.fingerprint import content_digest
from llmkick_core.settings import BUNDLED_ROOT, hub_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

    from llmkick_core.schema import Calibration

BUNDLED_FILE = BUNDLED_ROOT / "kick-mini" / "calibration.txt"
"""The text behind source `bundled`."""

POOL = 8
"""Tokens gathered before the draw, at most, as a multiple of those needed: long sources are not read to their end."""

_DOCUMENTS_AT_ONCE = 64
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


def load_calibration(calibration: Calibration, tokenizer: Any, context_length: int) -> Tensor:
    """Return calibration sequences (n_samples, seq_len) int64, all different windows of the source.

    Args:
        calibration: source, sizes and seed; `seq_len` is cut to the model's context.
        tokenizer: a Hugging Face tokenizer.
        context_length: most tokens the model takes.

    Raises:
        DataError: the file is missing or not the content that was asked for, or the hub cannot be reached.
        CalibrationError: the text is not in its format, empty, or too short for that many sequences.
    """
    import torch

    if calibration.revision and text_revision(calibration.source) != calibration.revision:
        raise DataError(f"the calibration text {calibration.source} has changed since the run was asked for; submit the run again.")
    seq_len = min(calibration.seq_len, context_length)
    needed = calibration.n_samples * seq_len
    stream, n_documents = _tokenize(documents(calibration.source, calibration.seed), tokenizer, limit=POOL * needed)
    if not stream:
        raise CalibrationError(
            f"calibration source {calibration.source} holds no text ({n_documents} documents, 0 tokens). Name another one with --calibration."
        )
    n_windows = len(stream) // seq_len
    if n_windows < calibration.n_samples:
        wanted = f"{calibration.n_samples} samples of {seq_len} tokens need {needed:,}"
        way_out = (
            f"Ask for --n-samples {n_windows}, a shorter --seq-len, or give longer text"
            if n_windows
            else f"Ask for --seq-len {len(stream)} or less, or give longer text"
        )
        raise CalibrationError(
            f"calibration source {calibration.source} has {len(stream):,} tokens in {n_documents:,} documents, but {wanted}. {way_out}."
        )
    windows = torch.tensor(stream[: n_windows * seq_len], dtype=torch.int64).view(n_windows, seq_len)
    drawn = torch.randperm(n_windows, generator=torch.Generator().manual_seed(calibration.seed))[: calibration.n_samples]
    return windows[drawn]  # (n_samples, seq_len)


def documents(source: str, seed: int = 0) -> Iterator[str]:
    """Yield the non-empty documents of a calibration source.

    Args:
        source: `bundled`, `c4`, `wikitext2`, or the path of a .jsonl or text file.
        seed: orders the documents of a streamed source; files keep their order.

    Raises:
        DataError: the file is missing, or the hub cannot be reached.
        CalibrationError: the file is not UTF-8, or a JSONL line has no "text".
    """
    if source in HUB_TEXTS:
        found = _hub_documents(source, HUB_TEXTS[source], seed)
    else:
        file = _file_of(source)
        found = _jsonl_documents(file) if file.suffix in (".jsonl", ".json") else _text_documents(file)
    for document in found:
        if document.strip():
            yield document.strip()


def text_revision(source: str) -> str:
    """Return what pins the text of a source: the commit on the hub, or the digest of the file's content.

    Raises:
        DataError: the file is missing or cannot be read.
    """
    return HUB_TEXTS[source].revision if source in HUB_TEXTS else content_digest(_file_of(source))


def _file_of(source: str) -> Path:
    """Return the file behind a source that is not on the hub."""
    file = BUNDLED_FILE if source == "bundled" else Path(source).expanduser()
    if not file.is_file():
        raise DataError(
            f"calibration text {source!r} is no file ({file}). Use bundled, {', '.join(HUB_TEXTS)}, or the path of a .txt or .jsonl file."
        )
    return file


def _tokenize(texts: Iterator[str], tokenizer: Any, *, limit: int) -> tuple[list[int], int]:
    """Return the tokens of all documents laid end to end, at most about `limit` of them, and how many documents that took."""
    end = tokenizer.eos_token_id
    stream: list[int] = []
    n_documents = 0
    while len(stream) < limit and (some := list(islice(texts, _DOCUMENTS_AT_ONCE))):
        for tokens in tokenizer(some)["input_ids"]:
            stream += tokens
            if end is not None and tokens[-1:] != [end]:
                stream.append(end)
        n_documents += len(some)
    return stream, n_documents


def _text_documents(file: Path) -> Iterator[str]:
    """Yield the documents of a text file, which blank lines separate."""
    yield from re.split(r"\n[ \t]*\n", _read(file))


def _jsonl_documents(file: Path) -> Iterator[str]:
    """Yield the "text" of each line of a JSONL file; blank lines are skipped."""
    for number, line in enumerate(_read(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError) as error:
            raise CalibrationError(
                f'{file}, line {number}: not a JSON object with a "text" field. Write one such object a line.'
            ) from error
        if not isinstance(text, str):
            raise CalibrationError(f'{file}, line {number}: "text" is {type(text).__name__}, not a string.')
        yield text


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CalibrationError(f"{file} is not UTF-8 text (byte {error.start}). Convert it to UTF-8.") from error
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}. Check its permissions.") from error


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

    folder = hub_folder()
    local = folder / text.path if folder else None  # downloaded by hand, laid out as on the hub
    is_local = local is not None and local.is_dir()
    try:
        rows = load_dataset(
            str(local) if is_local else text.path,
            text.config,
            data_files=None if text.file is None else {"train": text.file},
            split="train",
            streaming=True,
            revision=None if is_local else text.revision,
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

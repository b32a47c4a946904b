"""Calibration: how a text becomes the sequences of tokens that a method looks at.

Documents are tokenized as the tokenizer does it by default, an end token is put behind each, and all are laid end to end; the stream is cut
into windows of `seq_len` tokens, of which `n_samples` different ones are drawn with a seed. The texts: corpora.py.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.corpora import documents, text_revision
from llmkick_core.errors import CalibrationError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from llmkick_core.schema import Calibration

POOL = 8
"""Tokens gathered before the draw, at most, as a multiple of those needed: long sources are not read to their end."""

_DOCUMENTS_AT_ONCE = 64


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

    def encode(texts: list[str]) -> list[list[int]]:
        found: list[list[int]] = tokenizer(texts)["input_ids"]
        return found

    stream, n_documents = token_stream(calibration, encode, tokenizer.eos_token_id, limit=POOL * needed)
    check_length(calibration, len(stream), n_documents, seq_len)
    n_windows = len(stream) // seq_len
    windows = torch.tensor(stream[: n_windows * seq_len], dtype=torch.int64).view(n_windows, seq_len)
    drawn = torch.randperm(n_windows, generator=torch.Generator().manual_seed(calibration.seed))[: calibration.n_samples]
    return windows[drawn]  # (n_samples, seq_len)


def check_length(calibration: Calibration, n_tokens: int, n_documents: int, seq_len: int) -> None:
    """Refuse a text that is too short.

    Args:
        calibration: what was asked for.
        n_tokens: tokens that its text has.
        n_documents: documents that they come from.
        seq_len: tokens of a sequence, after the cut to the model's context.

    Raises:
        CalibrationError: the text is empty, or too short for that many sequences.
    """
    if not n_tokens:
        raise CalibrationError(
            f"calibration source {calibration.source} holds no text ({n_documents} documents, 0 tokens). Name another one with --calibration."
        )
    n_windows = n_tokens // seq_len
    if n_windows < (1 if calibration.is_at_most else calibration.n_samples):
        needed = calibration.n_samples * seq_len
        wanted = f"{calibration.n_samples} samples of {seq_len} tokens need {needed:,}"
        way_out = (
            f"Ask for --n-samples {n_windows}, a shorter --seq-len, or give longer text"
            if n_windows
            else f"Ask for --seq-len {n_tokens} or less, or give longer text"
        )
        raise CalibrationError(
            f"calibration source {calibration.source} has {n_tokens:,} tokens in {n_documents:,} documents, but {wanted}. {way_out}."
        )


def token_stream(
    calibration: Calibration, encode: Callable[[list[str]], list[list[int]]], end: int | None, *, limit: int
) -> tuple[list[int], int]:
    """Return the tokens of a source's documents laid end to end, an end token behind each, and how many documents that took.

    Args:
        calibration: the source, and the seed that orders a streamed one.
        encode: returns the tokens of each of some texts.
        end: the tokenizer's end token; None where it has none.
        limit: tokens after which no more is read.

    Raises:
        DataError: the text is missing, not in its format, or cannot be reached.
    """
    texts = documents(calibration.source, calibration.seed)
    stream: list[int] = []
    n_documents = 0
    while len(stream) < limit and (some := list(islice(texts, _DOCUMENTS_AT_ONCE))):
        for tokens in encode(some):
            stream += tokens
            if end is not None and tokens[-1:] != [end]:
                stream.append(end)
        n_documents += len(some)
    return stream, n_documents

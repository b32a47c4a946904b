"""Documents -> windows of tokens with the weight of the loss on each: what training reads, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llmkick_core.bundled.documents import Document

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

_TOO_SMALL = 16
"""A window with less room than this is closed and padded."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The packed corpus; documents are never cut."""

    tokens: NDArray[np.uint16]
    """(windows, length)."""
    weights: NDArray[np.float16]
    """(windows, length): weight of the loss on predicting this token; 0 on padding."""


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a special token, which must be there."""
    found = tokenizer.token_to_id(token)
    assert found is not None, token
    return int(found)


def encode(tokenizer: Tokenizer, documents: Iterable[Document]) -> Iterator[tuple[list[int], list[float]]]:
    """Yield (tokens, weights) of each document, <s> in front with weight 0 and </s> behind with its last piece's weight."""
    end = token_id(tokenizer, "</s>")
    stream = iter(documents)
    while batch := list(islice(stream, 4096)):
        texts = ["".join(text for text, _ in document) for document in batch]
        for document, encoding in zip(batch, tokenizer.encode_batch(texts), strict=True):
            borders, at = [], 0
            for text, weight in document:
                at += len(text)
                borders.append((at, weight))
            weights, piece = [0.0], 0
            for start, _ in encoding.offsets[1:]:
                while piece < len(borders) - 1 and start >= borders[piece][0]:
                    piece += 1
                weights.append(borders[piece][1])
            yield [*encoding.ids, end], [*weights, borders[-1][1]]


def pack(encoded: Iterable[tuple[list[int], list[float]]], *, length: int, pad: int) -> Windows:
    """Return windows filled with whole documents, nearly in order; a document longer than a window is dropped."""
    tokens: list[list[int]] = []
    weights: list[list[float]] = []
    open_tokens: list[int] = []
    open_weights: list[float] = []
    waiting: list[tuple[list[int], list[float]]] = []

    def close() -> None:
        nonlocal open_tokens, open_weights
        gap = length - len(open_tokens)
        tokens.append(open_tokens + [pad] * gap)
        weights.append(open_weights + [0.0] * gap)
        open_tokens, open_weights = [], []

    def add(document: tuple[list[int], list[float]]) -> bool:
        if len(open_tokens) + len(document[0]) > length:
            return False
        open_tokens.extend(document[0])
        open_weights.extend(document[1])
        return True

    for document in encoded:
        if len(document[0]) > length:
            continue
        if not add(document):
            waiting.append(document)
        if length - len(open_tokens) < _TOO_SMALL or len(waiting) > 8:
            close()
            waiting = [late for late in waiting if not add(late)]
    while waiting:
        close()
        waiting = [late for late in waiting if not add(late)]
    if open_tokens:
        close()
    return Windows(tokens=np.array(tokens, dtype=np.uint16), weights=np.array(weights, dtype=np.float16))


def save_windows(windows: Windows, path: Path) -> None:
    """Write the packed corpus."""
    np.savez(path, tokens=windows.tokens, weights=windows.weights)


def load_windows(path: Path) -> Windows:
    """Return the packed corpus that `save_windows` wrote."""
    with np.load(path) as arrays:
        loaded: dict[str, Any] = dict(arrays)
    return Windows(tokens=loaded["tokens"], weights=loaded["weights"])

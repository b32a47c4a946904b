"""Documents -> windows of tokens with the weight of the loss on each: what training reads, step by step."""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llmkick_core.bundled.documents import ANSWER, Document

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

_TOO_SMALL = 16
"""A window with less room than this is closed and padded."""

_SENTENCE_END = re.compile(r'[.?!](?="?(\s|$))')

_MOST_PIECES = 2
"""An answer may be copied from this many places; a summary is from two."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A document as tokens, <s> in front and </s> behind."""

    tokens: list[int]
    """Ids."""
    weights: list[float]
    """Of the loss on predicting each token; 0 for <s>."""
    sources: list[int]
    """Where in the document each answer token can be copied from, -1 where it cannot."""
    ends: list[int]
    """Where the sentence of that place ends, for an answer's first token; elsewhere as `sources`."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The packed corpus; documents are never cut."""

    tokens: NDArray[np.uint16]
    """(windows, length)."""
    weights: NDArray[np.float16]
    """(windows, length): weight of the loss on predicting this token; 0 on padding."""
    positions: NDArray[np.uint16]
    """(windows, length): place in the document, from 0; a document sees only itself. 0 on padding."""
    sources: NDArray[np.int16]
    """(windows, length): column that an answer token can be copied from, -1 where there is none."""
    ends: NDArray[np.int16]
    """(windows, length): column where the sentence of that place ends, for an answer's first token; elsewhere as `sources`."""


def token_id(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a special token, which must be there."""
    found = tokenizer.token_to_id(token)
    assert found is not None, token
    return int(found)


def encode(tokenizer: Tokenizer, documents: Iterable[Document]) -> Iterator[Encoded]:
    """Yield each document as tokens; </s> has the weight of its last piece."""
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
            tokens, weights = [*encoding.ids, end], [*weights, borders[-1][1]]
            sources = find_sources(tokens, weights, end=end)
            closing = _closing("".join(text for text, _ in document), [place for place, _ in encoding.offsets])
            yield Encoded(tokens=tokens, weights=weights, sources=sources, ends=find_ends(sources, closing))


def _closing(text: str, starts: Sequence[int]) -> list[int]:
    """Return the tokens with which sentences end, in order; `starts` are the tokens' places in the text."""
    return [bisect_right(starts, match.start()) - 1 for match in _SENTENCE_END.finditer(text)]


def find_ends(sources: Sequence[int], closing: Sequence[int]) -> list[int]:
    """Return, for each token that begins a copied piece, where the sentence it is copied from ends; elsewhere the source itself.

    A statement may name the answer before the thing it is said of: only at its end is there a token that has seen both. A piece that is copied
    to the end of its sentence, as summaries are, needs no such token and keeps its source.
    """
    ends = list(sources)
    for place, source in enumerate(sources):
        if source < 0 or (place > 0 and sources[place - 1] == source - 1 and source > 0):
            continue
        length = 1
        while place + length < len(sources) and sources[place + length] == source + length:
            length += 1
        after = bisect_left(closing, source)
        if after < len(closing) and source + length <= closing[after] < place:
            ends[place] = closing[after]
    return ends


def find_sources(tokens: Sequence[int], weights: Sequence[float], *, end: int) -> list[int]:
    """Return, for each answer token, where the same answer stands earlier in the document, or -1.

    An answer is a run of tokens of weight ANSWER. It has sources where all of it stands earlier in at most two pieces, as a summary of two
    sentences does; the first place is taken.
    """
    sources = [-1] * len(tokens)
    at = 0
    while at < len(tokens):
        after = at
        while after < len(tokens) and weights[after] == ANSWER and tokens[after] != end:
            after += 1
        if after == at:
            at += 1
            continue
        found = _copied(tokens[at:after], tokens[:at])
        if found:
            sources[at:after] = found
        at = after
    return sources


def _copied(answer: Sequence[int], before: Sequence[int]) -> list[int]:
    """Return the places in `before` that the answer's tokens can be copied from, piece by piece, or nothing."""
    places: list[int] = []
    for _ in range(_MOST_PIECES):
        rest = answer[len(places) :]
        starts = [place for place, token in enumerate(before) if token == rest[0]]
        length, start = max(((_shared(rest, before[place:]), -place) for place in starts), default=(0, 0))
        places += range(-start, -start + length)
        if len(places) == len(answer):
            return places
        if length == 0:
            break
    return []


def _shared(one: Sequence[int], two: Sequence[int]) -> int:
    n = 0
    while n < min(len(one), len(two)) and one[n] == two[n]:
        n += 1
    return n


def pack(encoded: Iterable[Encoded], *, length: int, pad: int) -> Windows:
    """Return windows filled with whole documents, nearly in order; a document longer than a window is dropped."""
    closed: list[list[Encoded]] = []
    opened: list[Encoded] = []
    waiting: list[Encoded] = []
    used = 0

    def close() -> None:
        nonlocal opened, used
        closed.append(opened)
        opened, used = [], 0

    def add(document: Encoded) -> bool:
        nonlocal used
        if used + len(document.tokens) > length:
            return False
        opened.append(document)
        used += len(document.tokens)
        return True

    for document in encoded:
        if len(document.tokens) > length:
            continue
        if not add(document):
            waiting.append(document)
        if length - used < _TOO_SMALL or len(waiting) > 8:
            close()
            waiting = [late for late in waiting if not add(late)]
    while waiting:
        close()
        waiting = [late for late in waiting if not add(late)]
    if opened:
        close()
    return _lay_out(closed, length=length, pad=pad)


def _lay_out(contents: Sequence[Sequence[Encoded]], *, length: int, pad: int) -> Windows:
    """Return windows with the given documents one after the other, and padding behind them."""
    shape = (len(contents), length)
    windows = Windows(
        tokens=np.full(shape, pad, dtype=np.uint16),
        weights=np.zeros(shape, dtype=np.float16),
        positions=np.zeros(shape, dtype=np.uint16),
        sources=np.full(shape, -1, dtype=np.int16),
        ends=np.full(shape, -1, dtype=np.int16),
    )
    for row, documents in enumerate(contents):
        at = 0
        for document in documents:
            place = slice(at, at + len(document.tokens))
            windows.tokens[row, place] = document.tokens
            windows.weights[row, place] = document.weights
            windows.positions[row, place] = range(len(document.tokens))
            for columns, places in ((windows.sources, document.sources), (windows.ends, document.ends)):
                columns[row, place] = [source + at if source >= 0 else -1 for source in places]
            at = place.stop
    return windows


def pack_by_length(encoded: Iterable[Encoded], *, lengths: Sequence[int], pad: int) -> dict[int, Windows]:
    """Return windows of each length, every document in the shortest it fits: attention over long windows of short documents is waste.

    Args:
        encoded: documents.
        lengths: of windows, in tokens, rising.
        pad: id of padding.
    """
    sorted_in: dict[int, list[Encoded]] = {length: [] for length in lengths}
    for document in encoded:
        fitting = next((length for length in lengths if len(document.tokens) <= length), lengths[-1])
        sorted_in[fitting].append(document)
    return {length: pack(documents, length=length, pad=pad) for length, documents in sorted_in.items()}


def schedule(packed: dict[int, Windows], *, tokens_per_step: int) -> list[tuple[int, slice]]:
    """Return the steps of training in order, each a length and the rows of its windows; lengths are spread evenly over the whole."""
    steps = []
    for length, windows in packed.items():
        n_rows = tokens_per_step // length
        n_steps = len(windows.tokens) // n_rows
        steps += [((step + 0.5) / n_steps, length, slice(step * n_rows, (step + 1) * n_rows)) for step in range(n_steps)]
    return [(length, rows) for _, length, rows in sorted(steps, key=lambda step: step[:2])]


def save_windows(packed: dict[int, Windows], path: Path) -> None:
    """Write the packed corpus, windows by length."""
    arrays = {f"{name}-{length}": getattr(windows, name) for length, windows in packed.items() for name in _ARRAYS}
    temporary = path.with_name(f"{path.name}.tmp.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def load_windows(path: Path) -> dict[int, Windows]:
    """Return the packed corpus that `save_windows` wrote."""
    with np.load(path) as arrays:
        loaded: dict[str, Any] = dict(arrays)
    lengths = sorted({int(name.rpartition("-")[2]) for name in loaded})
    return {length: Windows(**{name: loaded[f"{name}-{length}"] for name in _ARRAYS}) for length in lengths}


_ARRAYS = ("tokens", "weights", "positions", "sources", "ends")

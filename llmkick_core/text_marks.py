"""Text that is not ours, as markup: escaped, never markdown, with the words that differ marked.

What a model says is hostile until shown otherwise: it goes through `escape` and nowhere else, so that no tag, image, formula or
link in it becomes one on a page or in a report.
"""

from __future__ import annotations

import difflib
import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_ORDER = {
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
}
_CONTROL = {0: "NUL", 7: "BEL", 8: "BS", 11: "VT", 12: "FF", 27: "ESC", 127: "DEL"}
_NAMED = {code: f"^{chr(code + 64)}" for code in range(32) if code not in (9, 10, 13)} | _CONTROL | _ORDER
_VISIBLE: dict[int, int | str] = {
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),  # halves of a character, which cannot be sent to a browser
    **{code: f"\u27e8{name}\u27e9" for code, name in _NAMED.items()},
}
"""Signs that a browser would hide or obey, such as those that turn the order of letters around, and their names, which are shown in their place."""
LONGEST = 20_000
"""Characters of one text that are shown; a page is no place for more, the export has all of it."""
MOST_NAMES = 500
"""Accepted answers that are looked for in a text."""
_MOST_STEPS = 10_000_000  # of a comparison of words


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a text that is marked."""

    start: int
    """First character."""
    end: int
    """One past the last."""
    mark: str
    """CSS class."""


def escape(text: str, *, longest: int = LONGEST) -> str:
    """Return text that a browser shows as it is, cut to `longest` characters."""
    return html.escape(visible(text, longest=longest), quote=True)


def visible(text: str, *, longest: int = LONGEST) -> str:
    """Return text with what a browser would hide or obey shown, cut to `longest` characters."""
    return f"{text[:longest]}{_more(text, longest)}".translate(_VISIBLE)


def isolated(text: str, *, longest: int = 400) -> str:
    """Return markup of text within a line, whose direction of writing stays its own."""
    return f"<bdi>{escape(text, longest=longest)}</bdi>"


def _more(text: str, longest: int = LONGEST) -> str:
    return f" … ({len(text) - longest:,} more characters)" if len(text) > longest else ""


def differences(dense: str, other: str) -> tuple[list[Span], list[Span]]:
    """Return the words of each text that the other has not, the place where each first departs marked too.

    Where texts are long and repeat their words, all from the first to the last difference is marked: to find the words that are the same in between would take
    time that grows with the third power of their number.
    """
    mine, theirs = _differences(dense[:LONGEST], other[:LONGEST])
    return list(mine), list(theirs)


@lru_cache(maxsize=256)
def _differences(dense: str, other: str) -> tuple[list[Span], list[Span]]:
    left, right = _WORD.findall(dense), _WORD.findall(other)
    n_before = _n_same(left, right)
    n_after = _n_same(left[n_before:][::-1], right[n_before:][::-1])
    inner = (left[n_before : len(left) - n_after], right[n_before : len(right) - n_after])
    at = [sum(map(len, words[:n_before])) for words in (left, right)]
    spans: tuple[list[Span], list[Span]] = ([], [])
    for pieces in _parted(*inner):
        for side, words in enumerate(pieces.words):
            end = at[side] + sum(map(len, words))
            if not pieces.is_same and "".join(words).strip():
                if not spans[side]:
                    spans[side].append(Span(start=at[side], end=at[side] + 1, mark="kick-first"))
                spans[side].append(Span(start=at[side], end=end, mark="kick-differs"))
            at[side] = end
    return spans


class _Pieces(NamedTuple):
    words: tuple[list[str], list[str]]
    is_same: bool


def _n_same(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many words from the first on are the same."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _parted(left: list[str], right: list[str]) -> list[_Pieces]:
    """Return two lists of words in pieces that are the same or not."""
    counts = Counter(right)
    n_pairs = sum(counts[word] for word in left if not word.isspace())
    if n_pairs * min(len(left), len(right)) > _MOST_STEPS:
        return [_Pieces((left, right), is_same=False)]
    matcher = difflib.SequenceMatcher(str.isspace, left, right, autojunk=False)  # spaces are most of the words, and tell nothing
    return [_Pieces((left[i1:i2], right[j1:j2]), is_same=tag == "equal") for tag, i1, i2, j1, j2 in matcher.get_opcodes()]


def underlined(text: str, extracted: str) -> list[Span]:
    """Return where the piece that was scored stands in the answer, nowhere where it was rewritten on the way."""
    piece = extracted.strip()
    start = text.find(piece) if piece else -1
    if start < 0 and piece:
        start = text.lower().find(piece.lower())
    return [Span(start=start, end=start + len(piece), mark="kick-extracted")] if start >= 0 else []


def mentions(text: str, names: Sequence[str]) -> list[Span]:
    """Return where accepted answers stand in a text as whole words, in any case; the first LONGEST characters are looked through for the first MOST_NAMES."""
    shown = text[:LONGEST]
    lowered = shown.lower()
    near = sorted({name for name in names[:MOST_NAMES] if name.strip() and name.lower() in lowered}, key=len, reverse=True)
    if not near:
        return []
    found = re.finditer(rf"(?<!\w)(?:{'|'.join(map(re.escape, near))})(?!\w)", shown, re.IGNORECASE)
    return [Span(start=one.start(), end=one.end(), mark="kick-gold") for one in found]


def marked(text: str, spans: Sequence[Span], *, side: str = "", points: Mapping[int, str] | None = None) -> str:
    """Return markup of a text, cut to LONGEST characters, with its spans, which may overlap; every character of the text is escaped.

    Args:
        text: as it is.
        spans: stretches that are marked.
        side: a class that every mark gets too.
        points: {place: title} where a line stands between two characters.
    """
    shown, points = text[:LONGEST], points or {}
    begins, ends = _edges(spans, len(shown))
    cuts = sorted({0, len(shown), *begins, *ends, *(at for at in points if at <= len(shown))})
    pieces, open_marks = [], Counter[str]()
    for start, end in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        open_marks.update(begins.get(start, ()))
        open_marks.subtract(ends.get(start, ()))
        if start in points:
            pieces.append(f'<span class="kick-parts" title="{escape(points[start])}"></span>')
        classes = " ".join(sorted(mark for mark, n in open_marks.items() if n > 0))
        piece = escape(shown[start:end])
        if piece:
            pieces.append(f'<span class="{f"{classes} {side}".strip()}">{piece}</span>' if classes else piece)
    return "".join(pieces) + _more(text)


def _edges(spans: Sequence[Span], n: int) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return the marks that begin and those that end at each place of a text of `n` characters."""
    begins: dict[int, list[str]] = {}
    ends: dict[int, list[str]] = {}
    for span in spans:
        begins.setdefault(min(span.start, n), []).append(span.mark)
        ends.setdefault(min(span.end, n), []).append(span.mark)
    return begins, ends

"""Text that is not ours, as markup: escaped, never markdown, with the words that differ marked.

What a model says is hostile until shown otherwise: it goes through `escape` and nowhere else, so that no tag, image, formula or
link in it becomes one on a page or in a report.
"""

from __future__ import annotations

import difflib
import html
import re
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 20_000
"""Characters of one text that are shown; a page is no place for more, the export has all of it."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a text that is marked."""

    start: int
    """First character."""
    end: int
    """One past the last."""
    mark: str
    """CSS class."""


def escape(text: str) -> str:
    """Return text that a browser shows as it is, cut to LONGEST characters."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST:,} more characters)"
    return html.escape(shown.replace("\x00", "\ufffd"), quote=True)


def differences(dense: str, other: str) -> tuple[list[Span], list[Span]]:
    """Return the words of each text that the other has not, the place where each first departs marked too."""
    left, right = _WORD.findall(dense[:LONGEST]), _WORD.findall(other[:LONGEST])
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False) if len(left) * len(right) < 4_000_000 else None
    if matcher is None:
        return [], []
    spans: tuple[list[Span], list[Span]] = ([], [])
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        for side, words, first, last in ((0, left, i1, i2), (1, right, j1, j2)):
            start = sum(map(len, words[:first]))
            end = start + sum(map(len, words[first:last]))
            if "".join(words[first:last]).strip():
                if not spans[side]:
                    spans[side].append(Span(start=start, end=start + 1, mark="kick-first"))
                spans[side].append(Span(start=start, end=end, mark="kick-differs"))
    return spans


def underlined(text: str, extracted: str) -> list[Span]:
    """Return where the piece that was scored stands in the answer, nowhere where it was rewritten on the way."""
    piece = extracted.strip()
    start = text.find(piece) if piece else -1
    if start < 0 and piece:
        start = text.lower().find(piece.lower())
    return [Span(start=start, end=start + len(piece), mark="kick-extracted")] if start >= 0 else []


def marked(text: str, spans: list[Span], *, side: str = "") -> str:
    """Return markup of a text with its spans, which may overlap; every character of the text is escaped."""
    if len(text) > LONGEST:
        return escape(text)
    cuts = sorted({0, len(text), *(s.start for s in spans), *(s.end for s in spans)})
    pieces = []
    for start, end in pairwise(cuts):
        classes = " ".join(sorted({s.mark for s in spans if s.start <= start and end <= s.end}))
        piece = escape(text[start:end])
        pieces.append(f'<span class="{f"{classes} {side}".strip()}">{piece}</span>' if classes else piece)
    return "".join(pieces)

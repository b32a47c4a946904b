"""Text that is not ours, as markup: escaped, never markdown, with the words that differ marked.

What a model says is hostile until shown otherwise: it goes through `escape` and nowhere else, so that no tag, image, formula or
link in it becomes one on a page or in a report.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    **{code: f"\u27e8{name}\u27e9" for code, name in _NAMED.items()},
}
"""Signs that a browser would hide or obey, such as those that turn the order of letters around, and their names, which are shown in their place."""
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


def mentions(text: str, names: Sequence[str]) -> list[Span]:
    """Return where accepted answers stand in a text as whole words, in any case; the first LONGEST characters are looked through."""
    shown = text[:LONGEST]
    lowered = shown.lower()
    near = sorted({name for name in names if name.strip() and name.lower() in lowered}, key=len, reverse=True)
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
    cuts = sorted(
        {0, len(shown), *(min(end, len(shown)) for s in spans for end in (s.start, s.end)), *(at for at in points if at <= len(shown))}
    )
    pieces = []
    for start, end in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        if start in points:
            pieces.append(f'<span class="kick-parts" title="{escape(points[start])}"></span>')
        classes = " ".join(sorted({s.mark for s in spans if s.start <= start and end <= s.end}))
        piece = escape(shown[start:end])
        if piece:
            pieces.append(f'<span class="{f"{classes} {side}".strip()}">{piece}</span>' if classes else piece)
    return "".join(pieces) + _more(text)

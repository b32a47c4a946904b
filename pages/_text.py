"""Model text on a page: escaped, never markdown, with the words that differ marked.

What a model says is hostile until shown otherwise: it goes through `escape` and nowhere else, so that no tag, image, formula or
link in it becomes one on the page.
"""

from __future__ import annotations

import difflib
import html
import re
from dataclasses import dataclass
from itertools import pairwise

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_NAMES = re.compile(r":(?=[\w+-]+:|material/)|https?:|www")
LONGEST = 20_000
"""Characters of one text that are shown; a page is no place for more, the export has all of it."""

STYLE = """<style>
.kick-answer {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1rem; line-height: 1.55; padding: .55rem .75rem; border-radius: 8px;
  background: color-mix(in srgb, currentColor 5%, transparent); border-left: 4px solid color-mix(in srgb, currentColor 25%, transparent);
  max-height: 26rem; overflow-y: auto;}
.kick-answer.right {border-left-color: #009E73;} .kick-answer.wrong {border-left-color: #D55E00;}
.kick-plain {white-space: pre-wrap; overflow-wrap: anywhere; font-size: .875rem; line-height: 1.5; max-height: 22rem; overflow-y: auto; margin: 0;}
.kick-question {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.25rem; font-weight: 600; line-height: 1.35;}
.kick-differs {background: color-mix(in srgb, #D55E00 22%, transparent); border-radius: 3px;}
.kick-differs.dense {background: color-mix(in srgb, #009E73 22%, transparent);}
.kick-first {box-shadow: -3px 0 0 0 #D55E00;} .kick-first.dense {box-shadow: -3px 0 0 0 #009E73;}
.kick-extracted {text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 4px;}
.kick-head {display: flex; gap: .5rem; align-items: baseline; font-size: .875rem; margin-bottom: .3rem;}
.kick-head b {letter-spacing: .02em;} .kick-muted {opacity: .65; font-size: .875rem;}
.kick-right {color: #009E73; font-weight: 600;} .kick-wrong {color: #D55E00; font-weight: 600;} .kick-none {opacity: .65; font-weight: 600;}
.kick-table {border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; width: 100%;}
.kick-table th {text-align: left; font-weight: 600; opacity: .7;} .kick-table th, .kick-table td {padding: .25rem .6rem .25rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); overflow-wrap: anywhere;}
.kick-table a, .kick-table a:visited {color: inherit; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);}
.kick-table td.number, .kick-table th.number {text-align: right; white-space: nowrap;}
.kick-sentence {font-size: 1.45rem; font-weight: 600; line-height: 1.35; margin-bottom: .25rem; max-width: 60rem;}
.kick-scroll {overflow: auto; max-width: 100%; max-height: 46rem;}
.kick-matrix {width: auto;} .kick-matrix td:first-child {white-space: nowrap;} .kick-matrix th, .kick-matrix td {padding: .3rem 1.4rem .3rem 0;} .kick-matrix a, .kick-matrix a:visited {color: inherit;
  text-decoration: none;} .kick-matrix a:hover {text-decoration: underline;} .kick-sign {display: inline-block; width: 1.1em; text-align: center; font-weight: 700;}
.kick-dot {display: inline-block; width: .6rem; height: .6rem; border-radius: 50%; margin-right: .5rem; background: #999999;}
.kick-name {white-space: nowrap; font-size: .875rem;} .kick-dot.dense {background: currentColor;} .kick-dot.magnitude {background: #E69F00;} .kick-dot.wanda {background: #0072B2;}
.kick-dot.sparsegpt {background: #009E73;} .kick-dot.gptq {background: #D55E00;} .kick-dot.awq {background: #CC79A7;}
.kick-dot.int8 {background: #56B4E9;} .kick-dot.rtn {background: #8C6D31;}
.st-key-questions [role=radiogroup] {gap: .1rem;} .st-key-questions label {padding: .2rem 0;}
.st-key-questions label:has(input:checked) {pointer-events: none;}
[class*=st-key-question_list_][data-retained], [class*=st-key-list_page_][data-retained] {display: none;}
.kick-bar {display: inline-block; height: .5rem; border-radius: 3px; background: color-mix(in srgb, currentColor 45%, transparent); vertical-align: middle;}
</style>"""
"""Classes of the markup that this module and the pages write; colours follow the theme through currentColor."""


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


def label(text: str, *, longest: int = 90) -> str:
    """Return text for a widget's label or a box, where markdown cannot be turned off: every sign of it is escaped, line breaks become spaces.

    A word joiner, which nobody sees, keeps emoji and icon names and links from being recognised.
    """
    line = " ".join(text.split())
    if len(line) > longest:
        line = f"{line[: longest - 1].rstrip()}…"
    return _PUNCTUATION.sub(r"\\\1", _NAMES.sub("\\g<0>\u2060", line))


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

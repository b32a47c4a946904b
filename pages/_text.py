"""Model text on a page: escaped, never markdown, with the words that differ marked (llmkick_core/text_marks.py); and the looks of that markup."""

from __future__ import annotations

import re
import unicodedata

from llmkick_core.catalog import method_colour
from llmkick_core.text_marks import LONGEST, Span, differences, escape, isolated, marked, mentions, underlined, visible

__all__ = ["LONGEST", "STYLE", "Span", "differences", "dot", "escape", "isolated", "label", "marked", "mentions", "underlined", "visible"]

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_NAMES = re.compile(r":(?=[\w+-]+:|material/)|https?:|www")

STYLE = """<style>
.kick-answer {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1rem; line-height: 1.55; padding: .55rem .75rem; border-radius: 8px;
  background: color-mix(in srgb, currentColor 5%, transparent); border-left: 4px solid color-mix(in srgb, currentColor 25%, transparent);
  max-height: 26rem; overflow-y: auto;}
.kick-answer.right {border-left-color: #009E73;} .kick-answer.wrong {border-left-color: #D55E00;}
.kick-plain {white-space: pre-wrap; overflow-wrap: anywhere; font-size: .875rem; line-height: 1.5; max-height: 22rem; overflow-y: auto; margin: 0;}
.kick-question {white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.25rem; font-weight: 600; line-height: 1.35; max-height: 16rem; overflow-y: auto;}
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
.kick-answer, .kick-plain, .kick-question {unicode-bidi: isolate;}
.kick-parts {display: inline-block; height: 1.15em; border-left: 2px dashed #CC79A7; margin: 0 2px; vertical-align: text-bottom;}
.kick-gold {background: color-mix(in srgb, #56B4E9 32%, transparent); border-radius: 3px; font-weight: 600;}
.kick-facts {width: auto;} .kick-facts td, .kick-facts th {padding-right: 1.4rem;}
.kick-facts td, .kick-facts th {overflow-wrap: normal;} .kick-facts td .kick-muted {max-width: 18rem;} .kick-facts td:first-child {opacity: .7; max-width: 15rem;}
.kick-links a, .kick-links a:visited {color: inherit; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent);}
.kick-option {white-space: nowrap;} .kick-option .kick-bar {margin-left: .5rem; max-width: 45%;}
.kick-at {display: inline-block; max-width: 100%; margin-right: 1.1rem;} .kick-muted, .kick-gold-line, .kick-head {overflow-wrap: anywhere;} .kick-at.here {font-weight: 600;}
.kick-recipes td:first-child {white-space: nowrap; overflow-wrap: normal; padding-right: 1.4rem; width: 1%;}
.kick-tag {display: inline-block; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 99px; padding: 0 .5rem; margin-right: .3rem;}
.st-key-arrows {display: none;}
.kick-sentence {font-size: 1.45rem; font-weight: 600; line-height: 1.35; margin-bottom: .25rem; max-width: 60rem;}
.kick-scroll {overflow: auto; max-width: 100%; max-height: 46rem; mask-image: linear-gradient(to right, #000 calc(100% - var(--kick-fade, 0px)), rgba(0,0,0,.15));
  animation: kick-fade linear; animation-timeline: scroll(self inline);}
@keyframes kick-fade {0%, 97% {--kick-fade: 3rem;} to {--kick-fade: 0px;}}
.kick-matrix {width: auto;} .kick-matrix td:first-child {white-space: nowrap;} .kick-matrix th, .kick-matrix td {padding: .3rem 1.4rem .3rem 0;} .kick-matrix th {overflow-wrap: normal;} .st-key-judge_table .kick-matrix th, .st-key-judge_table .kick-matrix td {padding-right: .9rem;} .kick-matrix a, .kick-matrix a:visited {color: inherit;
  text-decoration: none;} .kick-matrix a:hover {text-decoration: underline;} .kick-sign {display: inline-block; width: 1.1em; text-align: center; font-weight: 700;}
.kick-dot {display: inline-block; width: .6rem; height: .6rem; border-radius: 50%; margin-right: .5rem; background: #999999;}
.kick-name {white-space: nowrap; font-size: .875rem;} .kick-dot.dense {background: currentColor;}
.st-key-questions [role=radiogroup] {gap: .1rem;} .st-key-questions label {padding: .2rem 0;}
.st-key-questions label:has(input:checked) {pointer-events: none;}
[class*=st-key-question_list_][data-retained], [class*=st-key-list_page_][data-retained] {display: none;}
.kick-bar {display: inline-block; height: .5rem; border-radius: 3px; background: color-mix(in srgb, currentColor 45%, transparent); vertical-align: middle;}
</style>"""
"""Classes of the markup that this module and the pages write; colours follow the theme through currentColor. No `<` may stand in it: the browser would drop it all.

What scrolls sideways fades at its right edge until it was scrolled to the end; what does not has no timeline, and no fade."""


def dot(method: str) -> str:
    """Return the spot in a method's colour that stands before a recipe."""
    colour = "" if method == "dense" else f' style="background: {method_colour(method)}"'
    return f'<span class="kick-dot {escape(method)}"{colour}></span>'


def label(text: str, *, longest: int = 90) -> str:
    """Return text for a widget's label or a box, where markdown cannot be turned off: every sign of it is escaped, line breaks become spaces.

    A word joiner, which nobody sees, keeps emoji and icon names and links from being recognised. Text that is written from right to left stands between
    marks that keep what is around it in order.
    """
    line = " ".join(text[: 8 * longest].split())
    if len(line) > longest:
        line = f"{line[: longest - 1].rstrip()}…"
    line = visible(line)
    safe = _PUNCTUATION.sub(r"\\\1", _NAMES.sub("\\g<0>\u2060", line))
    is_turned = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in line)
    return f"\u2068{safe}\u2069" if is_turned else safe

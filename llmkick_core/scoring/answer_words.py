"""The words of a reply as `contains` compares them: normalized, with the marks between them.

to_words("The Nile, or Guinea-Bissau") ->
    [Word(text="nile", gap="", has_article=True, kind="upper"), Word(text="or", gap=", ", ...),
     Word(text="guinea", gap=" ", ...), Word(text="bissau", gap="-", ...)]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_TYPOGRAPHIC = str.maketrans(
    dict.fromkeys("’‘‚‛′ʻʼ＇´", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | dict.fromkeys("\u2014\u2015•◦▪●‣", " -- ")
    | dict.fromkeys("，、،", ", ")
    | dict.fromkeys("。．｡।॥۔", ". ")
    | dict.fromkeys("？؟", "? ")
    | dict.fromkeys("；؛", "; ")
    | dict.fromkeys("⁄／", "/")
    | {"…": "... ", "！": "! ", "：": ": ", "｜": "|", "（": " (", "）": ") "}
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,\d)|(?<![\d.,])\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+(?!\d)")
_LATEX_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3})")
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"  # kana, Han, Hangul: no space stands between them and a Latin word
_SCRIPTS_MEET = re.compile(rf"(?<=[{_EAST_ASIAN}])(?=[0-9A-Za-z\u00c0-\u024f])|(?<=[0-9A-Za-z\u00c0-\u024f])(?=[{_EAST_ASIAN}])")
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+")
_CLAUSE = re.compile(r"[,:;()]|(?:^|\s)-+(?:\s|$)")
_ARTICLES = {"a", "an", "the"}
_BULLET = re.compile(r"\s*(?:[-*+]+|\(?(?:\d{1,2}|[A-Za-z])[.)])\s+(?=\S)")
_INLINE_BULLET = re.compile(r"\s+(?=\(?(?:\d{1,2}[.)]|[a-e]\))\s)")
_HEAD = re.compile(r"[:(]|\s-+\s|(?<=\w{4})[.;](?=\s)|[.;]?\s*$")
_LEAST_ITEMS = 3


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of a reply; articles are no words, unless there is nothing else."""

    text: str
    """In lower case."""
    gap: str
    """The marks and spaces before it."""
    has_article: bool
    """Whether an article stands before it."""
    kind: str
    """`digit`, `upper` or `lower`, by its first character."""
    is_joined: bool
    """Whether a hyphen, or a mark inside a number, joins it with the word before."""

    @property
    def opens_clause(self) -> bool:
        """Whether a comma, colon, bracket or dash stands before it."""
        return _CLAUSE.search(self.gap) is not None


def plain_marks(text: str) -> str:
    """Return text in Unicode's NFC, with ASCII apostrophes and hyphens, a space for other marks, and whole numbers without separators."""
    text = _LATEX_THOUSANDS.sub(",", unicodedata.normalize("NFC", text))
    text = _SCRIPTS_MEET.sub(" ", text)
    text = _THOUSANDS.sub(lambda number: re.sub(r"\D", "", number[0]), text).translate(_TYPOGRAPHIC)
    return "".join(_plain(mark) for mark in text)


def _plain(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    return "" if category == "Cf" else " " if category[0] in "PS" else character


def to_words(text: str) -> list[Word]:
    """Return the words of text that `plain_marks` has made plain."""
    found = list(_WORD.finditer(text))
    is_article = [match[0].lower() in _ARTICLES for match in found]
    keeps_articles = all(is_article)
    words: list[Word] = []
    gap, end, has_article = "", 0, False
    for match, article in zip(found, is_article, strict=True):
        gap += text[end : match.start()]
        end = match.end()
        if article and not keeps_articles:
            has_article = True
            continue
        kind = "digit" if match[0][0].isdigit() else "upper" if match[0][0].isupper() else "lower"
        joined = bool(words) and (gap == "-" or (gap in {".", ",", ":", "/"} and kind == "digit" and words[-1].text[-1].isdigit()))
        words.append(Word(text=match[0].lower(), gap=gap, has_article=has_article, kind=kind, is_joined=joined))
        gap, has_article = "", False
    return words


def places(texts: list[str], phrase: list[str]) -> Iterator[int]:
    """Yield where a phrase begins in a text, both given as words."""
    n = len(phrase)
    return (start for start in range(len(texts) - n + 1) if texts[start : start + n] == phrase)


def holds(texts: list[str], phrase: list[str]) -> bool:
    """Return whether a text holds a phrase, both given as words."""
    return next(places(texts, phrase), None) is not None


def bullets_joined(text: str) -> str:
    """Return text with a list of three or more lines as one line, its items between slashes: "Oslo / Paris / Rome".

    Items are lines that begin with a bullet or a number. Only their heads stand in the one line: what follows them
    ("Paris: a city") comes after it, on lines of its own.
    """
    if len(_INLINE_BULLET.findall(f" {text}")) >= _LEAST_ITEMS:
        text = _INLINE_BULLET.sub("\n", text)
    lines = [line for line in text.splitlines() if line.strip()]
    listed = [line for line in lines if _BULLET.match(line)]
    if len(listed) < _LEAST_ITEMS:
        return text
    first = lines.index(listed[0])
    heads, tails = [], []
    for line in listed:
        item = _BULLET.sub("", line, count=1)
        cut = _HEAD.search(item)
        at = cut.start() if cut else len(item)
        heads.append(item[:at].strip())
        tails.append(item[at:].strip())
    others = [line for line in lines if line not in listed]
    return "\n".join([*others[:first], " / ".join(heads), *tails, *others[first:]])

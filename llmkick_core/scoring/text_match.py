"""Whether a free-text answer is right: normalization, exact match and F1 of TriviaQA, and the corrected factoid rule.

Normalization, exact match and F1 follow the official evaluation of TriviaQA (Joshi et al. 2017), itself that of SQuAD v1.1:

    normalize("The Beatles!") == "beatles"
    f1("John Lennon and Paul", ["John Lennon"]) == 2 * 0.5 * 1 / (0.5 + 1)

One difference is deliberate: where an answer is nothing but articles and marks ("A", "The.") the official rule leaves nothing of it, and takes an
empty output for it. `exact_match` and `f1` compare such an answer with its articles (`comparable`). All others are compared officially.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from llmkick_core.scoring.sentences import first_sentence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = str.maketrans(dict.fromkeys(string.punctuation + "‘’´`", " "))
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_LEAD_IN = re.compile(r"^\W*(?:the\s+)?(?:correct\s+)?answer(?:\s+is\b|\s*:)[\s:]*", re.IGNORECASE)


def normalize(text: str) -> str:
    """Return `text` in lower case without punctuation, articles and surplus space (official TriviaQA)."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_MARKS)).split())


def comparable(text: str) -> str:
    """Return `normalize(text)`, or the text with its articles where nothing else is in it.

    The official rule turns the answer "A" into nothing, which an empty output would then equal.
    """
    return normalize(text) or " ".join(text.lower().translate(_MARKS).split())


def first_line(text: str) -> str:
    """Return the first line that is not blank, stripped; empty where there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def answer_line(text: str) -> str:
    """Return the first line that is not blank, without a leading "The answer is"."""
    return _LEAD_IN.sub("", first_line(text)).strip()


def extract_answer(text: str) -> str:
    """Return the first sentence of the first line, without a leading "The answer is"."""
    return first_sentence(answer_line(text))


def exact_match(text: str, aliases: Sequence[str]) -> bool:
    """Return whether the normalized text equals a normalized alias; an empty text equals none."""
    said = comparable(text)
    return bool(said) and any(said == comparable(alias) for alias in aliases)


def f1(text: str, aliases: Sequence[str]) -> float:
    """Return the best F1 (0-1) of the words in `text` against one alias, counted with repetition."""
    return max((_f1(comparable(text).split(), comparable(alias).split()) for alias in aliases), default=0.0)


def _f1(said: list[str], gold: list[str]) -> float:
    n_same = sum((Counter(said) & Counter(gold)).values())
    if n_same == 0:
        return 0.0
    precision, recall = n_same / len(said), n_same / len(gold)
    return 2 * precision * recall / (precision + recall)


def factoid_match(text: str, aliases: Sequence[str]) -> bool:
    """Return whether a generated answer names an alias: the corrected rule of factoid QA.

    The first line of the output counts, without a leading "The answer is" unless the alias itself begins so. After normalization it must equal an alias or
    begin with one, ending at a word: "Ulaanbaatar, the capital" is right, "Ulaanbaatarian" is not. A hyphen belongs to its word:
    "Guinea-Bissau" is not "Guinea". A number that goes on ("1939-1945", "3.14") is not its beginning ("1939", "3"). The prompt is never
    looked at, and nothing in mid-sentence counts: neither a list that holds the answer nor "not Paris" is an answer, nor, since the
    prompt already says "The answer is", "The capital is Paris".

    Known limit: what follows after a space is not understood. "New York City" rightly passes for "New York" and "Sahara Desert" for
    "Sahara", and so "viola da gamba" wrongly passes for "viola": no rule on words tells them apart, and to end every answer at its
    alias would fail the first two. Closed- and open-book QA do not have this limit: they keep to the official exact match.
    """
    line, whole = answer_line(text), first_line(text)
    return any(_begins_with(whole if _LEAD_IN.match(alias) else line, comparable(alias).split()) for alias in aliases)


def _begins_with(line: str, alias: list[str]) -> bool:
    words = comparable(line).split()
    if not alias or words[: len(alias)] != alias or len(alias) in _hyphens(line, len(words)):
        return False
    rest = words[len(alias) :]
    return not (rest and alias[-1].isdecimal() and rest[0].isdecimal())


def contains_words(text: str, phrase: str) -> bool:
    """Return whether the normalized phrase occurs in the normalized text as whole words, in order, without a gap.

    A hyphen belongs to its word, at both edges: "Guinea-Bissau" holds neither "Guinea" nor "Bissau", and both spellings of the whole.
    """
    words, wanted = comparable(text).split(), comparable(phrase).split()
    n = len(wanted)
    places = [i for i in range(len(words) - n + 1) if words[i : i + n] == wanted] if wanted else []
    joints = _hyphens(text, len(words)) if places else set()
    return any(i not in joints and i + n not in joints for i in places)


def _hyphens(text: str, n_words: int) -> set[int]:
    """Return after how many of the text's normalized words a hyphen joins two into one: {1} for "Guinea-Bissau and Togo"."""
    ends = accumulate(len(normalize(piece).split()) for piece in _HYPHEN.split(text)[:-1])
    return {end for end in ends if 0 < end < n_words}

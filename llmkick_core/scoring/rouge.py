"""ROUGE of a summary, by the rouge-score package (Lin 2004), with Porter stemming.

rouge("The cats on mats", "the cat sat on the mat") == {"rouge_1": 0.8, "rouge_2": 0.25, "rouge_l": 0.8}

For ROUGE-L the package fills a table of all pairs of words, gigabytes for long texts. Here the length comes from a row of bits (Hyyro 2004, "Bit-parallel
LCS-length computation revisited") and is the same number. Of texts that are longer than any summary the first words count.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

MOST_WORDS = 20_000
"""Of a summary and of a reference that are read; no summary is as long."""

MOST_CHARACTERS = 64 * MOST_WORDS
"""Of a text that are looked at for words."""

_WORD = re.compile("[a-z0-9]+")  # the package's
_KINDS = {"rouge_1": "rouge1", "rouge_2": "rouge2"}
_log = logging.getLogger(__name__)


@cache
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # imports nltk, more than a second

    return RougeScorer(list(_KINDS.values()), use_stemmer=True)


def rouge(summary: str, reference: str) -> dict[str, float]:
    """Return F-measures (0-1) of stemmed words: rouge_1 single words, rouge_2 pairs, rouge_l the longest common subsequence.

    At most MOST_WORDS words of each text are read; a line of the log says where there are more.
    """
    summary, reference = _first_words(summary, "summary"), _first_words(reference, "reference")
    scorer = _scorer()
    found = scorer.score(reference, summary)
    said, wanted = (scorer._tokenizer.tokenize(text) for text in (summary, reference))
    scores = {metric: float(found[kind].fmeasure) for metric, kind in _KINDS.items()}
    return {**scores, "rouge_l": _f_measure(lcs_length(said, wanted), len(said), len(wanted))}


def lcs_length(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two lists of words.

    Bit j of `row` is 0 where the subsequence grows at word j of `one`; each word of `other` changes the whole row at once.
    """
    places: dict[str, int] = {}
    for j, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << j
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        if hits := places.get(word, 0):
            met = row & hits
            row = (row + met | row - met) & full
    return len(one) - row.bit_count()


def _f_measure(n_common: int, n_said: int, n_wanted: int) -> float:
    if not n_common:
        return 0.0
    precision, recall = n_common / n_said, n_common / n_wanted
    return 2 * precision * recall / (precision + recall)


def _first_words(text: str, what: str) -> str:
    """Return a text, or its first words where it has more than are read."""
    start = text[:MOST_CHARACTERS].lower()  # as the package reads it
    after = next(islice(_WORD.finditer(start), MOST_WORDS, None), None)
    if after is None and len(text) <= MOST_CHARACTERS:
        return text
    _log.warning("ROUGE reads the first %s words of a %s of %s characters", f"{MOST_WORDS:,}", what, f"{len(text):,}")
    return start[: after.start()] if after is not None else start

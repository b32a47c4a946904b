"""ROUGE of a summary, by the rouge-score package (Lin 2004), with Porter stemming.

rouge("The cats on mats", "the cat sat on the mat") == {"rouge_1": 0.8, "rouge_2": 0.25, "rouge_l": 0.8}
"""

from __future__ import annotations

from functools import cache
from typing import Any

_KINDS = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}


@cache
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # imports nltk, more than a second

    return RougeScorer(list(_KINDS.values()), use_stemmer=True)


def rouge(summary: str, reference: str) -> dict[str, float]:
    """Return F-measures (0-1) of stemmed words: rouge_1 single words, rouge_2 pairs, rouge_l the longest common subsequence."""
    found = _scorer().score(reference, summary)
    return {metric: float(found[kind].fmeasure) for metric, kind in _KINDS.items()}

"""ROUGE-L of a summary, by the rouge-score package (Lin 2004), with Porter stemming."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer  # imports nltk, more than a second

    return RougeScorer(["rougeL"], use_stemmer=True)


def rouge_l(summary: str, reference: str) -> float:
    """Return the F-measure (0-1) of the longest common subsequence of stemmed words."""
    return float(_scorer().score(reference, summary)["rougeL"].fmeasure)

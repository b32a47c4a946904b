"""Sentences with their numbers, made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmkick_core import words
from llmkick_core.stats.matching import verdict
from llmkick_core.stats.paired import Comparison, compare, compare_perplexity
from llmkick_core.store.queries import PairSummary
from llmkick_core.tasks.base import EXACT_MATCH


def table(*counts: int) -> Comparison:
    return compare(np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts))


def summary(comparison: Comparison) -> PairSummary:
    return PairSummary(dense_run="a", other_run="b", task="factoid_qa", measure=EXACT_MATCH, comparison=comparison, verdict=verdict(comparison), counts={}, facts=None)  # fmt: skip


def test_an_undecided_verdict_says_how_many_more_questions_would_decide_it():
    said = words.pair_sentence(summary(table(140, 8, 3, 29)), "Dense", "Wanda 50%")
    assert said == (
        "Wanda 50% lost 8 and gained 3 of 180 questions, 79.4% right against 82.2% dense: undecided (95% interval \u22126.8 to +1.1 points); "
        "about 2,700 more questions would decide it."
    )


@pytest.mark.parametrize(("counts", "said"), [((1000, 2, 0, 100), ""), ((50, 6, 3, 121), "; more than 100,000 more questions would decide it"), ((19, 1, 0, 0), "")])  # fmt: skip
def test_what_is_decided_far_away_or_on_the_bound(counts, said):
    assert words.more_words(table(*counts)) == said


def test_perplexity_counts_windows():
    tokens = np.full(12, 256.0)
    rise = math.log(1.03) + 0.04 * np.tile([-1.0, 1.0], 6)
    said = words.pair_sentence(summary(compare_perplexity(tokens * 0.8, tokens * (0.8 + rise), tokens)), "Dense", "Wanda 50%")
    assert "undecided; about " in said
    assert said.endswith(" more windows would decide it.")


def test_a_dense_model_of_other_weights_is_called_what_it_is():
    assert words.recipe_title("dense", "Q4_1, dequantized to bfloat16") == "Dense (Q4_1, dequantized)"
    assert words.recipe_title("dense", "GGUF F16") == "Dense (GGUF F16)"
    assert words.recipe_title("wanda-50", "Q4_1, dequantized to bfloat16") == words.recipe_title("wanda-50")

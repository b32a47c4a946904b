"""ROUGE of long texts takes neither the memory of all pairs of words nor hours, and that of others is what it was."""

from __future__ import annotations

import logging
import random
import time
import tracemalloc

import pytest

from llmkick_core.scoring.rouge import MOST_CHARACTERS, MOST_WORDS, lcs_length, rouge

WORDS = ["cats", "running", "the", "Moon", "a1", "x", "über", "don't", "state-of", *(f"w{i}" for i in range(20))]


def text(draw: random.Random, n: int) -> str:
    return " ".join(draw.choices(WORDS, k=n))


@pytest.mark.parametrize(("n_said", "n_wanted"), [(100_000, 200_000), (200_000, 20), (20, 200_000)])
def test_long_texts_are_bounded(n_said: int, n_wanted: int, caplog: pytest.LogCaptureFixture):
    draw = random.Random(0)
    said, wanted = text(draw, n_said), text(draw, n_wanted)
    rouge("a", "a")  # imports the package
    tracemalloc.start()
    started = time.monotonic()
    try:
        found = rouge(said, wanted)
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < 60
    assert all(0 < value <= 1 for value in found.values())
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == (n_said > MOST_WORDS) + (n_wanted > MOST_WORDS)
    assert all("ROUGE reads the first 20,000 words of a " in line for line in lines)


@pytest.mark.parametrize("worst", ["a" * 10**7, "-" * 10**7, "a-" * 10**6, "\u0130" * 10**6, " " * 10**7])
def test_other_shapes_of_long_texts_are_bounded(worst: str):
    started = time.monotonic()
    rouge(worst, worst)
    assert time.monotonic() - started < 20


def test_scores_below_the_limit_are_the_packages():
    from rouge_score.rouge_scorer import RougeScorer

    reference = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    draw = random.Random(1)
    for _ in range(300):
        said, wanted = text(draw, draw.randrange(60)), text(draw, draw.randrange(60))
        wanted_scores = reference.score(wanted, said)
        assert rouge(said, wanted) == {
            "rouge_1": wanted_scores["rouge1"].fmeasure,
            "rouge_2": wanted_scores["rouge2"].fmeasure,
            "rouge_l": wanted_scores["rougeL"].fmeasure,
        }


def test_a_text_of_exactly_the_limit_is_read_whole(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    whole = " ".join(["a"] * (MOST_WORDS - 1) + ["end"])
    assert rouge(whole, "end")["rouge_1"] > 0
    assert not caplog.records
    assert rouge(f"a {whole}", "end")["rouge_1"] == 0
    assert len(caplog.records) == 1
    assert len(whole) < MOST_CHARACTERS


def test_the_length_of_the_longest_common_subsequence():
    assert lcs_length(["the", "cat", "sat", "on", "the", "mat"], ["the", "cats", "on", "mats"]) == 2
    assert lcs_length([], ["a"]) == lcs_length(["a"], []) == 0
    assert lcs_length(list("abcbdab"), list("bdcaba")) == 4

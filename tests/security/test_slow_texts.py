"""Texts that cost more the longer they are: each is marked, parsed and cut in time that grows with its length."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from llmkick_core.judge.brackets import _BRACKET, _LABEL, _SENTENCE_END
from llmkick_core.judge.verdicts import _OBJECT
from llmkick_core.tasks.datasets.cnn_dailymail import parse_story
from llmkick_core.tasks.passages import evidence_window
from llmkick_core.text_marks import LONGEST, Span, differences, marked, mentions

LATEST_S = 5.0  # each took minutes


@contextmanager
def soon() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LATEST_S


REPEATED = [
    ("a b " * 500, "a c " * 500),
    ("a b " * 2500, "a c " * 2500),
    ("a b c d " * 150, "d c b a " * 150),
    ("x" + " a" * 900, "y" + " a" * 899 + " b"),
    ("a " * 5000, "b " * 5000),
    (" " * 20_000, "a"),
    ("".join("ab "[n % 3] for n in range(20_000)), "".join("ba  "[n % 4] for n in range(20_000))),
]


@pytest.mark.parametrize(("dense", "other"), REPEATED, ids=range(len(REPEATED)))
def test_answers_that_repeat_themselves_are_compared_in_time(dense, other):
    with soon():
        left, right = differences(dense, other)
        marked(dense, left)
        marked(other, right)


def test_random_texts_are_compared_in_time():
    chance = random.Random(19)
    for n_words in (2, 5, 20, 200):
        words = [f"w{n}" for n in range(n_words)]
        for length in (100, 400, 2000):
            texts = [" ".join(chance.choices(words, k=length)) for _ in range(2)]
            with soon():
                differences(*texts)


def test_a_difference_in_a_long_text_is_still_found():
    same = " ".join(f"w{n}" for n in range(1400))
    left, right = differences(f"{same} red {same}", f"{same} blue {same}")
    text = f"{same} red {same}"
    assert [(text[one.start : one.end], one.mark) for one in left] == [("r", "kick-first"), ("red", "kick-differs")]
    assert len(right) == 2


def test_where_much_differs_all_between_the_first_and_the_last_difference_is_marked():
    left, right = differences("same " + "a b " * 2000 + "end", "same " + "a c " * 2000 + "end")
    assert [one.mark for one in left] == ["kick-first", "kick-differs"]
    text = "same " + "a b " * 2000 + "end"
    assert text[left[1].start : left[1].end].startswith("b a b")
    assert text[left[1].end :] == " end"
    assert len(right) == 2


def test_what_is_given_back_can_be_changed():
    first, _ = differences("one", "two")
    first.clear()
    assert differences("one", "two")[0]


def test_thousands_of_names_in_a_text_are_looked_for_in_time():
    names = [f"{a}{b}{c}" for a in "abcdefghij" for b in "abcdefghij" for c in "abcdefghij"] * 20
    text = " ".join(names)[:LONGEST]
    with soon():
        spans = mentions(text, names)
        assert len(marked(text, spans)) > len(text)


def test_marks_that_overlap_are_drawn_as_before():
    spans = [
        Span(start=0, end=4, mark="x"),
        Span(start=2, end=6, mark="y"),
        Span(start=2, end=3, mark="x"),
        Span(start=5, end=99, mark="z"),
    ]
    assert marked("abcdefg", spans, points={3: "here"}) == (
        '<span class="x">ab</span><span class="x y">c</span><span class="kick-parts" title="here"></span><span class="x y">d</span>'
        '<span class="y">e</span><span class="y z">f</span><span class="z">g</span>'
    )


def test_blank_lines_of_a_story_take_no_time():
    with soon():
        parse_story("text" + "\n" * 300_000 + "@highlight" + " " * 300_000 + "x" + "\n \t" * 100_000)
    text, highlights = parse_story("One.\n\n  @highlight  \n\nTwo\nlines\n@highlight\n\nThree")
    assert (text, highlights) == ("One.", ("Two lines", "Three"))


def test_spaces_of_evidence_take_no_time():
    with soon():
        evidence_window("a" + " " * 400_000 + "b " + "c" * 400_000, ["b"], 300_000)
        evidence_window(("x" + " " * 300) * 3000, ["b"], 300_001)
    assert evidence_window("one two three four five", ["three"], 12) == "two three"


@pytest.mark.parametrize(
    "text",
    [
        "[[" * 50_000,
        "answer" + " " * 100_000,
        "answer " * 20_000,
        "aa." + ")" * 100_000,
        "))." * 30_000,
        "{ " * 50_000,
        "{" + " " * 100_000,
    ],
)
def test_what_a_judge_says_is_searched_in_time(text):
    with soon():
        for form in (_BRACKET, _LABEL, _SENTENCE_END, _OBJECT):
            sum(1 for _ in form.finditer(text))

"""Kinds of outcome, on cases decided by hand."""

import math

import pytest

from llmkick_core.schema import OUTCOME_KINDS, Answer
from llmkick_core.scoring.outcomes import outcome
from llmkick_core.scoring.rows import main_row, row

LOOP = " the city of the city of the city of"


def said(text="", finish="stop"):
    return Answer(run_id="r", sample_id="s", text=text, finish=finish)


@pytest.mark.parametrize(
    ("answer", "value", "expected"),
    [
        (said(" Paris"), 1.0, "right"),
        (said(" Rome"), 0.0, "wrong"),
        (said("\n"), 0.0, "empty"),
        (said(""), 0.0, "empty"),
        (said(" ...!", "length"), 0.0, "empty"),
        (said(LOOP, "length"), 0.0, "loop"),
        (said(" Rome", "loop"), 0.0, "loop"),
        (said("", "overflow"), None, "overflow"),
        (said(" Hm"), None, "unparsed"),
        (said(" Hm"), math.nan, "unparsed"),
        (said("Rome", "scored"), None, "unparsed"),  # log-probabilities that are not numbers
        (said("Rome", "scored"), 0.0, "wrong"),
        (said("Paris", "scored"), 1.0, "right"),
    ],
)
def test_an_answer_that_is_right_or_wrong_has_one_kind(answer, value, expected):
    assert outcome(answer, value) == expected
    assert expected in OUTCOME_KINDS


@pytest.mark.parametrize(
    ("answer", "value", "expected"),
    [
        (said("Paris" + LOOP), 1.0, "right"),  # it answered before it fell into the loop
        (said(""), 1.0, "right"),  # a scorer that takes nothing for an answer shows that it does
        (said("", "overflow"), 1.0, "overflow"),  # what was not asked was not answered
        (said("", "loop"), 0.0, "empty"),  # line breaks over and over
        (said("...", "scored"), 0.0, "wrong"),  # nothing was generated: the option that was chosen reads so
        (said("no no no no", "scored"), 0.0, "wrong"),
        (said(""), None, "empty"),
        (said(LOOP), None, "loop"),
    ],
)
def test_the_first_kind_that_holds_counts(answer, value, expected):
    assert outcome(answer, value) == expected


@pytest.mark.parametrize(
    ("answer", "value", "expected"),
    [
        (said("A summary."), 1.0, ""),
        (said("A summary."), 0.4, ""),
        (said("A poem."), None, ""),
        (said(""), 0.0, "empty"),
        (said(LOOP), 0.2, "loop"),
        (said("A poem.", "loop"), None, "loop"),
        (said("", "overflow"), None, "overflow"),
        (said("", "scored"), 2.5, ""),  # a window of perplexity
        (said("", "scored"), None, ""),
    ],
)
def test_without_right_and_wrong_only_what_is_broken_has_a_kind(answer, value, expected):
    assert outcome(answer, value, is_due=False) == expected


def test_rows_of_the_main_metric_alone_carry_it():
    assert main_row(said(" Rome"), "corrected", "exact_match", 0.0).outcome == "wrong"
    assert row(said(" Rome"), "corrected", "f1", 0.0).outcome == ""
    unasked = main_row(said("", "overflow"), "paper", "exact_match", 1.0)
    assert (unasked.outcome, unasked.value) == ("overflow", None)

"""Ranges in a link, orders of the list, and what a list can be narrowed to."""

from __future__ import annotations

import math

import pytest

from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.filters import Range, read_ranges, write_ranges
from tests.small_store import DENSE, WANDA_50, spec

PAIR = (spec(DENSE).run_id, spec(WANDA_50).run_id)


def test_ranges_come_back_from_the_link_that_they_stand_in():
    wanted = (
        Range(measure="kl", low=0.5),
        Range(measure="n_words", high=12.0),
        Range(measure="score:f1", low=-0.25, high=0.5),
        Range(measure="agreed"),  # any value
    )
    assert write_ranges(wanted) == "kl:0.5..;n_words:..12;score:f1:-0.25..0.5;agreed:.."
    assert read_ranges(write_ranges(wanted)) == (wanted, ())


@pytest.mark.parametrize(
    ("number", "said"), [(5.0, "5"), (0.123456789, "0.123456789"), (0.1 + 0.2, "0.30000000000000004"), (1e-17, "1e-17")]
)
def test_an_end_keeps_every_digit(number: float, said: str):
    wanted = (Range(measure="kl", low=number),)
    assert write_ranges(wanted) == f"kl:{said}.."
    assert read_ranges(write_ranges(wanted)) == (wanted, ())


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        ("kl", "no range"),
        ("kl:1", "no range"),
        ("kl:a..", "'a' is no number"),
        ("kl:nan..", "no end of a range"),
        ("kl:..inf", "no end of a range"),
        ("kl:3..1", "3 is above 1"),
        ("colour:1..2", "'colour' is no measure"),
        ("score::1..2", "no measure"),
    ],
)
def test_a_piece_that_is_no_range_is_named_and_the_others_hold(piece: str, said: str):
    found, wrong = read_ranges(f"{piece};n_words:..12")
    assert found == (Range(measure="n_words", high=12.0),)
    assert len(wrong) == 1
    assert said in wrong[0]


def test_of_two_ranges_of_one_measure_the_last_counts():
    assert read_ranges("kl:1..;kl:2..")[0] == (Range(measure="kl", low=2.0),)


def test_spans_are_the_lowest_and_the_highest_of_what_there_is(db: Database):
    found = queries.spans(db, *PAIR)
    assert found["damage"] == pytest.approx((-3.5, 5.0))  # Emma: -4 -> -0.5; tungsten: -0.3 -> -5.3
    assert found["score:exact_match"] == (0.0, 1.0)
    assert "kl" not in found
    assert all(math.isfinite(end) for ends in found.values() for end in ends)


def test_the_list_can_begin_with_the_longest_question(db: Database):
    frame = queries.pair_frame(db, *PAIR).set_index("sample_id")
    words = [frame.loc[one, "n_words"] for one in queries.pair_ids(db, *PAIR, sort="n_words")]
    assert words == sorted(words, reverse=True)
    assert queries.pair_ids(db, *PAIR, sort="kl") == queries.pair_ids(db, *PAIR, sort="position")  # nobody has it


def test_kinds_and_categories_are_those_that_there_are(db: Database):
    assert queries.kinds(db, *PAIR) == {}
    assert queries.categories(db, PAIR[0]) == []

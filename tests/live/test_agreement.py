"""Where two streamed answers part, and how fast they came: cases worked out by hand."""

from __future__ import annotations

import pytest

from llmkick_core.live.agreement import as_words, cut_at, n_agreed, parting, tokens_per_s


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [
        ([], [], 0),
        ([" Oslo"], [], 0),
        ([" Ul", "aan", "."], [" Ul", "aa", "."], 1),  # the third piece is equal, after a different one
        ([" Oslo", "."], [" Oslo", "."], 2),
        ([" Oslo"], [" Oslo", "."], 1),
    ],
)
def test_pieces_are_shared_up_to_the_first_that_differs(a: list[str], b: list[str], n: int):
    assert n_agreed(a, b) == n_agreed(b, a) == n


def test_the_whole_words_at_the_parting_are_told():
    found = parting([" Ul", "aan", "baatar", ". The"], [" Ul", "aa", ". The"])
    assert (found.n_agreed, found.reference_word, found.other_word, found.is_same) == (1, "Ulaanbaatar", "Ulaa", False)


def test_an_answer_that_ends_first_has_no_word_there():
    found = parting([" Oslo"], [" Oslo", " is", " cold"])
    assert (found.n_agreed, found.reference_word, found.other_word, found.is_same) == (1, "", "is", False)


def test_equal_answers_are_the_same_and_a_space_before_the_first_word_makes_no_difference():
    assert parting([" Oslo", "."], ["Oslo", "."]).is_same
    assert parting([], []).is_same


def test_a_word_without_end_is_cut():
    assert len(parting(["a" * 10_000], ["b"]).reference_word) == 60


def test_words_keep_their_spaces_so_that_they_join_to_the_text():
    text = " Oslo is\n\ncold "
    assert as_words(text) == [" Oslo", " is", "\n\ncold", " "]
    assert "".join(as_words(text)) == text


def test_speed_leaves_out_the_first_token_which_waits_for_the_prompt():
    assert tokens_per_s(11, 3.0, 4.0) == 10.0


@pytest.mark.parametrize(("n", "first", "last"), [(7, 0.0, 1.0), (50, None, None), (50, 1.0, 1.0)])
def test_few_tokens_or_all_at_once_tell_no_speed(n: int, first: float | None, last: float | None):
    assert tokens_per_s(n, first, last) is None


@pytest.mark.parametrize(
    ("pieces", "stops", "kept"),
    [
        ([" Oslo", ".\nQ", ":"], ("\n",), [" Oslo", "."]),
        ([" Oslo", "US", "ER:"], ("USER:", "\n"), [" Oslo"]),  # over two pieces
        (["\n", "Oslo"], ("\n",), []),
        ([" Oslo"], ("\n", ""), None),
    ],
)
def test_an_answer_is_cut_before_its_first_stop_string(pieces: list[str], stops: tuple[str, ...], kept: list[str] | None):
    assert cut_at(pieces, stops) == kept

"""Each fault of the reference code, with an answer that the corrected rule judges otherwise."""

import csv
import io

import pandas as pd
import pytest

from llmkick_core.scoring import multiple_choice, paper, text_match

PROMPT = "Please give answer to this question: Which country borders Canada? The answer is"


def test_a_factoid_answer_is_found_inside_a_word():
    assert paper.factoid_match(PROMPT, " because nobody knows", ["US"])
    assert not text_match.factoid_match(" because nobody knows", ["US"])


def test_a_factoid_answer_is_found_across_words():
    assert paper.factoid_match(PROMPT, " Bus stop", ["us s"])  # spaces are removed: "usstop"
    assert not text_match.factoid_match(" Bus stop", ["us s"])


def test_an_answer_named_in_the_question_always_scores():
    prompt = "Please give answer to this question: Who wrote the diary of Anne Frank? The answer is"
    assert paper.factoid_match(prompt, "", ["Anne Frank"])
    assert not text_match.factoid_match("", ["Anne Frank"])


def test_only_the_first_answer_counts_in_the_reference_code():
    first, everything = ["Ulaanbaatar"], ["Ulaanbaatar", "Ulan Bator"]
    assert not paper.factoid_match("Capital of Mongolia?", " Ulan Bator", first)
    assert text_match.factoid_match(" Ulan Bator", everything)


def test_one_question_too_many_is_divided_by_one_too_few():
    # limit 4: five questions are asked, all right -> 5 / 4
    assert paper.factoid_share([1, 1, 1, 1, 1]) == 1.25
    assert paper.factoid_share([1, 0, 0, 0, 1]) == 0.5


@pytest.mark.parametrize("output", ["", "\n", "the", "Lon", "It might be Paris or London or Rome"])
def test_containment_accepts_what_is_no_answer(output):
    assert paper.contains_either_way(output, ["London"])
    assert not text_match.exact_match(text_match.first_line(output), ["London"])


def test_containment_still_refuses_another_answer():
    assert not paper.contains_either_way("Paris", ["London"])


def test_the_last_character_decides_multiple_choice():
    # the model prefers B among the four letters, but would rather say " The": below chance, though it knows
    assert not paper.last_character_match("...\nAnswer: The", "B")
    assert multiple_choice.choose([-6.0, -4.0, -7.0, -8.0]) == 1
    assert paper.last_character_match("...\nAnswer: B", "B")
    assert not paper.last_character_match("", "B")


def test_an_option_that_reads_none_is_lost_by_pandas_and_kept_by_csv():
    line = "How many?,One,Two,None,NA,C\n"
    assert pd.read_csv(io.StringIO(line), header=None).iloc[0].isna().sum() == 2
    assert next(csv.reader([line]))[3:5] == ["None", "NA"]

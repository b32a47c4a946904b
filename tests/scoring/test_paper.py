"""Each fault of the reference code, with an answer that the corrected rule judges otherwise."""

import csv
import io

import pandas as pd
import pytest

from llmkick_core.errors import TaskError
from llmkick_core.scoring import multiple_choice, paper, text_match
from llmkick_core.scoring.paper import MISTAKES, canonical, mistakes_of

NAMES = [mistake.name for mistake in MISTAKES]

PROMPT = "Please give answer to this question: Which country borders Canada? The answer is"


def test_a_factoid_answer_is_found_inside_a_word():
    assert paper.found_anywhere(PROMPT, " because nobody knows", ["Canadian", "US"]) == "US"
    assert not text_match.factoid_match(" because nobody knows", ["US"])


def test_a_factoid_answer_is_found_across_words():
    assert paper.found_anywhere(PROMPT, " Bus stop", ["us s"]) == "us s"  # spaces are removed: "usstop"
    assert not text_match.factoid_match(" Bus stop", ["us s"])


def test_an_answer_named_in_the_question_always_scores():
    prompt = "Please give answer to this question: Who wrote the diary of Anne Frank? The answer is"
    assert paper.found_anywhere(prompt, "", ["Anne Frank"]) == "Anne Frank"
    assert not text_match.factoid_match("", ["Anne Frank"])


def test_only_the_first_answer_counts_in_the_reference_code():
    first, everything = ["Ulaanbaatar"], ["Ulaanbaatar", "Ulan Bator"]
    assert paper.found_anywhere("Capital of Mongolia?", " Ulan Bator", first) is None
    assert text_match.factoid_match(" Ulan Bator", everything)


def test_one_question_too_many_is_divided_by_one_too_few():
    # limit 4: five questions are asked, all right -> 5 / 4
    assert paper.divided_by_one_less(1.0, 5) == 1.25
    assert paper.divided_by_one_less(0.4, 5) == 0.5


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


def test_a_scorer_is_a_word():
    assert mistakes_of("corrected") == frozenset()
    assert mistakes_of("paper") == set(NAMES)
    assert mistakes_of("paper:substring") == {"substring"}
    assert mistakes_of("paper: first_parse , substring,") == {"first_parse", "substring"}


def test_a_scorer_has_one_spelling():
    assert canonical("corrected") == "corrected"
    assert canonical("paper:first_parse,substring, first_parse") == "paper:substring,first_parse"
    assert canonical(f"paper:{','.join(reversed(NAMES))}") == "paper"


@pytest.mark.parametrize(
    ("scorer", "message"),
    [
        ("strict", "scorer 'strict' does not exist"),
        ("", "does not exist"),
        ("Paper", "does not exist"),
        ("corrected:substring", "does not exist"),
        ("paper:substrings", "no mistake 'substrings'"),
        ("paper:substring,judge", "no mistake 'judge'"),
        ("paper:", "no mistake is named"),
    ],
)
def test_an_unknown_scorer_names_the_known_ones_in_one_line(scorer, message):
    for parse in (mistakes_of, canonical):
        with pytest.raises(TaskError, match=message) as caught:
            parse(scorer)
        assert all(name in str(caught.value) for name in NAMES)
        assert "\n" not in str(caught.value)

"""Whether an accepted answer stands in a reply: lists, denials, echoes, and what comes after the answer."""

import pytest

from llmkick_core.scoring.contains import contained, own_reply

STATED = [
    ("The capital of France is Paris.", ["Paris"]),
    ("PARIS", ["Paris"]),
    ("It is not Lyon but Paris.", ["Paris"]),
    ("Ulaanbaatar or Ulan Bator", ["Ulaanbaatar", "Ulan Bator"]),
    ("The last landing was on December 14, 1972.", ["1972"]),
    ("It was written by Ian Fleming; the film is Dr. No", ["Dr. No"]),
    ("It is Romeo and Juliet.", ["Romeo and Juliet"]),
    ("He was born in 1912, or so.", ["1912"]),
    ("Trick or Treat", ["Trick or Treat"]),
    ("The play or poem was written by Alfred Tennyson.", ["Alfred Tennyson"]),
    ("First line without it.\n\nThe answer: Bamako", ["Bamako"]),
    ("The Beatles", ["the beatles!"]),
]

NOT_STATED = [
    ("It is not Paris but Lyon.", ["Paris"]),
    ("Paris isn't the capital.", ["Paris"]),
    ("Paris is not the capital.", ["Paris"]),
    ("It was never in Paris.", ["Paris"]),
    ("Paris, London or Rome.", ["Paris"]),
    ("London or Paris", ["Paris"]),
    ("It is either Paris or Lyon.", ["Paris"]),
    ("Pi is 3.14", ["3"]),
    ("1939-1945", ["1939"]),
    ("Guinea-Bissau", ["Guinea"]),
    ("Parisian", ["Paris"]),
    ("one of the best", ["one"]),
    ("Lyon\nQ: What is the capital of France?\nA: Paris", ["Paris"]),
    ("Q: What is Paris the capital of?", ["Paris"]),
    ("", ["Paris"]),
    ("Paris", []),
]


@pytest.mark.parametrize(("reply", "accepted"), STATED)
def test_an_answer_in_a_sentence_counts(reply, accepted):
    assert contained(reply, accepted) is not None


@pytest.mark.parametrize(("reply", "accepted"), NOT_STATED)
def test_denials_choices_pieces_and_later_questions_do_not_count(reply, accepted):
    assert contained(reply, accepted) is None


def test_the_name_that_was_found_is_told():
    assert contained("Its capital is Ulan Bator.", ["Ulaanbaatar", "Ulan Bator"]) == "Ulan Bator"


def test_repeating_the_question_is_no_answer():
    question = "Which country is Mexico City the capital of?"
    assert contained("Mexico City is a city in Spain.", ["Mexico"], question) is None
    assert contained("Mexico City is the capital of Mexico.", ["Mexico"], question) == "Mexico"
    assert contained("Mexico", ["Mexico"], question) == "Mexico"


@pytest.mark.parametrize("marker", ["Q: next?", "Question: next?", "USER: next?", "Please give answer to this question: next?"])
def test_a_reply_ends_where_another_question_begins(marker):
    assert own_reply(f"Lyon.\n{marker}\nA: Paris") == "Lyon."


def test_a_reply_that_opens_with_the_word_question_is_whole():
    assert own_reply("A: Paris") == "A: Paris"

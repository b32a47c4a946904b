"""Normalization, exact match and F1 of TriviaQA on cases worked out by hand, and beside the official rule written out once more."""

import re
import string
from collections import Counter

import pytest

from llmkick_core.scoring.text_match import exact_match, f1, normalize

# (answer, right answer, normalized answer, exact match, words shared / words said / words wanted)
CASES = [
    # articles
    ("The Beatles", "Beatles", "beatles", True, (1, 1, 1)),
    ("a an the Beatles", "The Beatles", "beatles", True, (1, 1, 1)),
    ("theatre", "atre", "theatre", False, (0, 1, 1)),
    ("Vitamin A", "vitamin", "vitamin", True, (1, 1, 1)),
    ("Anna and the King", "Anna & the King", "anna and king", False, (2, 3, 2)),
    ("The A!", "the a", "", True, (2, 2, 2)),  # nothing but articles: compared as written, see below
    # punctuation becomes a space
    ("Sunset Boulevard.", "Sunset Boulevard", "sunset boulevard", True, (2, 2, 2)),
    ("Sunset, Boulevard!", "Sunset Boulevard", "sunset boulevard", True, (2, 2, 2)),
    ("U.S.A.", "USA", "u s", False, (0, 2, 1)),  # "a" is an article by then
    ("U.S.", "U S", "u s", True, (2, 2, 2)),
    ("AC/DC", "AC DC", "ac dc", True, (2, 2, 2)),
    ("Rock_and_Roll", "rock and roll", "rock and roll", True, (3, 3, 3)),
    ("(Lord) Nelson", "Nelson", "lord nelson", False, (1, 2, 1)),
    ("Who?", "The Who", "who", True, (1, 1, 1)),
    # quotes, straight and curly
    ("O'Brien", "O’Brien", "o brien", True, (2, 2, 2)),
    ("‘Emma’", "Emma", "emma", True, (1, 1, 1)),
    ("`Emma´", '"Emma"', "emma", True, (1, 1, 1)),
    ("“Emma”", "Emma", "“emma”", False, (0, 1, 1)),  # the official list has no double curly quotes
    ("Schindler's List", "Schindlers List", "schindler s list", False, (1, 3, 2)),
    # hyphens and dashes
    ("Jean-Paul Sartre", "Jean Paul Sartre", "jean paul sartre", True, (3, 3, 3)),
    ("Guinea-Bissau", "Guinea", "guinea bissau", False, (1, 2, 1)),
    ("vis-a-vis", "vis vis", "vis vis", True, (2, 2, 2)),  # the article between hyphens goes
    ("1914–18", "1914 18", "1914–18", False, (0, 1, 2)),  # nor has it the en dash
    # numbers
    ("1,000", "1000", "1 000", False, (0, 2, 1)),
    ("3.14", "3 14", "3 14", True, (2, 2, 2)),
    ("seven", "7", "seven", False, (0, 1, 1)),
    ("£5", "5", "£5", False, (0, 1, 1)),
    ("10%", "10", "10", True, (1, 1, 1)),
    # case, space, letters of other scripts
    ("mcCARTNEY", "McCartney", "mccartney", True, (1, 1, 1)),
    ("  New\t York \n", "new york", "new york", True, (2, 2, 2)),
    ("São Paulo", "Sao Paulo", "são paulo", False, (1, 2, 2)),  # accents stay
    ("ΑΘΗΝΑ", "αθηνα", "αθηνα", True, (1, 1, 1)),
    # nothing
    ("", "London", "", False, (0, 0, 1)),
    (" .,!", "London", "", False, (0, 0, 1)),
    # shared words count as often as both have them
    ("John Lennon and Paul McCartney", "Paul McCartney", "john lennon and paul mccartney", False, (2, 5, 2)),
    ("New New York", "New York", "new new york", False, (2, 3, 2)),
    ("York New", "New York", "york new", False, (2, 2, 2)),
    ("London town", "London", "london town", False, (1, 2, 1)),
]


@pytest.mark.parametrize(("answer", "gold", "normalized", "is_exact", "counts"), CASES)
def test_normalization_exact_match_and_f1(answer, gold, normalized, is_exact, counts):
    n_shared, n_said, n_wanted = counts
    assert normalize(answer) == normalized
    assert exact_match(answer, [gold]) is is_exact
    expected = 2 * (n_shared / n_said) * (n_shared / n_wanted) / (n_shared / n_said + n_shared / n_wanted) if n_shared else 0
    assert f1(answer, [gold]) == pytest.approx(expected)


def test_the_best_alias_counts():
    assert exact_match("Big Smoke", ["London", "The Big Smoke"])
    assert f1("Big Smoke town", ["London", "The Big Smoke", "town"]) == pytest.approx(0.8)


# the official rule, in the order of its steps


def official(text):
    marks = set(string.punctuation + "‘’´`")
    text = text.replace("_", " ").lower()
    text = "".join(" " if letter in marks else letter for letter in text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split()).strip()


def official_f1(text, gold):
    said, wanted = official(text).split(), official(gold).split()
    n_shared = sum((Counter(said) & Counter(wanted)).values())
    if n_shared == 0:
        return 0
    precision, recall = n_shared / len(said), n_shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(("answer", "gold"), [(answer, gold) for answer, gold, *_ in CASES if official(gold)])
def test_the_official_rule_says_the_same_of_every_answer_that_is_more_than_articles(answer, gold):
    assert normalize(answer) == official(answer)
    assert exact_match(answer, [gold]) == (official(answer) == official(gold))
    assert f1(answer, [gold]) == pytest.approx(official_f1(answer, gold))


@pytest.mark.parametrize("answer", ["", "the", " !"])
def test_where_the_right_answer_is_an_article_the_official_rule_takes_nothing_for_it_and_ours_does_not(answer):
    assert official(answer) == official("A")
    assert not exact_match(answer, ["A"])
    assert exact_match(" A.", ["A"])

"""Verdicts are read whole or not at all: hand-written replies."""

from __future__ import annotations

import json
import math

import pytest

from llmkick_core.judge.base import Verdict
from llmkick_core.judge.verdicts import read
from tests.judge.wanted import BETTER, FOUR, SUMMARIES, SUMMARY, TURN, TURNS, of


def one_score(value: str) -> Verdict:
    """Return how a score is read that stands in JSON just so."""
    return read(f'{{"explanation": "why", "answer_1": {{"overall": {value}}}}}', TURN)


# JSON


def test_a_plain_object_is_read_with_its_explanation():
    reply = json.dumps({"explanation": "The first is clearer.", "answer_1": dict.fromkeys(FOUR, 8), "answer_2": dict.fromkeys(FOUR, 6.5)})
    verdict = read(reply, SUMMARIES)
    assert verdict == Verdict(
        outcome="scored", scores=(dict.fromkeys(FOUR, 8.0), dict.fromkeys(FOUR, 6.5)), explanation="The first is clearer."
    )


WINS = '{"explanation": "why", "winner": "B"}'


@pytest.mark.parametrize(
    "reply",
    [
        WINS,
        f"```json\n{WINS}\n```",
        f"```\n{WINS}\n```\n",
        f"Here is my verdict: {WINS}",
        f"{WINS}\n\nTell me if you need more.",
        f"<think>A is longer. [[A]]</think>{WINS}",
        f'<think>Maybe {{"winner": "A"}}?</think>\n\n{WINS}',
        f"The template said it: no thought was opened. [[A]]</think>{WINS}",
        '{"winner": "B",\n "explanation": "two\nlines"}',
        '{"EXPLANATION": "why", "Winner": "assistant b"}',
        f"f({{x}}) is right. {WINS}",
        f"{WINS}\n{WINS}",
        f"{WINS}\n[[B]]",
        '{"explanation": "It says </think> and {\\"winner\\": \\"A\\"} and [[A]].", "winner": "B"}',
    ],
)
def test_an_object_is_found_wherever_it_stands(reply: str):
    verdict = read(reply, BETTER)
    assert (verdict.outcome, verdict.winner) == ("scored", "second"), verdict.reason


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("I prefer the second one.", "no verdict"),
        ("<think>The winner is B. [[B]]", "still thinks"),
        ('<think>{"winner": "B"}</think>', "empty"),
        ('{"explanation": "why", "winner": "B"', "damaged"),
        ("{'winner': 'B'}", "damaged"),
        ('{"explanation": "why"}', "no winner"),
        ('{"verdict": {"winner": "B"}}', "no winner"),
        ('{"winner": null}', "null"),
        ('{"winner": ["A"]}', "a list"),
        ('{"winner": {"winner": "A"}}', "an object"),
        ('{"winner": true}', "true"),
        ('{"winner": 1}', "is 1,"),
        ('{"winner": "1"}', '"1"'),
        ('{"winner": "both"}', "both"),
        ('{"winner": "A or B"}', "A or B"),
        ('{"winner": ""}', '""'),
        ('{"winner": "Ａ"}', "Ａ"),
        ('{"winner": "A", "winner": "B"}', "twice"),
        ('{"winner": "A", "Winner": "B"}', "twice"),
        ('{"winner": "A"}\n[[B]]', "followed by a different one"),
        ('{"winner": "A"}\n{"winner": "B"}', "followed by a different one"),
        ('{"winner": "B"}. The second answer holds {"winner": "A"}, which I ignored.', "followed by a different one"),
        ('{"winner": "B"}\n\nAnswer A contained:\n{"winner": "A"}', "followed by a different one"),
        ('{"winner": "A"}\nNo:\n{"winner": "D"}', '"D"'),
        ('{"explanation": "It says {"winner": "A"} to me", "winner": "B"}', "damaged"),
        ('{"explanation": "It says [[A]], a trick", "winner": "B",}', "damaged"),
        ('{"explanation": "A trick. [[A]] it says", "winner": "B",}', "damaged"),
    ],
)
def test_what_is_no_whole_verdict_is_unparsed_and_says_why(reply: str, reason: str):
    verdict = read(reply, BETTER)
    assert (verdict.outcome, verdict.winner, verdict.explanation) == ("unparsed", "", reply)
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("said", "winner"),
    [("A", "first"), ("b", "second"), ("TIE", "tie"), ("C", "tie"), (" Answer A ", "first"), ("assistant_b", "second"), ("Tie", "tie")],
)
def test_winners_in_any_case_and_by_name(said: str, winner: str):
    assert read(json.dumps({"explanation": "", "winner": said}), BETTER).winner == winner
    assert read(f"Why.\n[[{said}]]", BETTER).winner == winner


# Scores


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("8", 8),
        ("8.0", 8),
        ("8.5", 8.5),
        ("1", 1),
        ("10", 10),
        ("1e1", 10),
        ('"8"', 8),
        ('"8.5"', 8.5),
        ('" 8.5/10 "', 8.5),
        ('"8 / 10"', 8),
        ('"8/10.0"', 8),
        ('"8 out of 10"', 8),
    ],
)
def test_numbers_and_texts_of_numbers(said: str, value: float):
    assert one_score(said).scores == ({"overall": value},)


@pytest.mark.parametrize(
    "said",
    [
        *("0", "0.99", "11", "10.01", "-1", "-0", "1e999", "-1e999", "9" * 5000, "NaN", "Infinity", "-Infinity"),
        *("true", "false", "null", "[8]", '{"score": 8}', "{}"),
        *(
            '"17/20"',
            '"8/5"',
            '"4/100"',
            '"7-8"',
            '"7 to 8"',
            '"about 7"',
            '"8,5"',
            '"85%"',
            '"8%"',
            '"eight"',
            '""',
            '" "',
            '"8/"',
            '"/10"',
        ),
        *('"+8"', '"-8"', '"8."', '".5"', '"1e1"', '"0x8"', '"8_0"', '"N"', '"8 9"', '"8\\u0000"', '"nan"'),
        *('"٨"', '"８"', '"८"', '"²"', '"8\\u066b5"', '"Ⅷ"'),
    ],
)
def test_what_is_no_score_on_the_scale_is_refused_with_its_value(said: str):
    verdict = one_score(said)
    assert (verdict.outcome, verdict.scores) == ("unparsed", ())
    assert "overall" in verdict.reason


def test_the_reason_names_value_and_scale():
    assert one_score("11").reason == "overall of answer_1 is 11, outside of the scale from 1 to 10"
    assert one_score('"17/20"').reason == 'overall of answer_1 is "17/20", which is not out of 10'
    assert len(one_score("9" * 5000).reason) < 150


def test_zero_is_a_score_where_the_scale_begins_there():
    assert read('{"answer_1": {"overall": 0}, "answer_2": {"overall": "0/10"}}', TURNS).scores == of(0, 0)
    assert math.copysign(1, read('{"answer_1": {"overall": -0.0}, "answer_2": {"overall": 1}}', TURNS).scores[0]["overall"]) == 1


def test_names_of_aspects_in_any_case_and_as_adjectives():
    said = {"Coherence": 8, "CONSISTENT": "7", "fluency ": 9, "relevance": 6, "style": "superb"}
    assert read(json.dumps({"answer_1": said}), SUMMARY).scores == ({"coherence": 8, "consistency": 7, "fluency": 9, "relevance": 6},)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            {"answer_1": {"coherence": 8, "consistency": 7, "fluency": 9}, "answer_2": dict.fromkeys(FOUR, 6)},
            "relevance of answer_1 is missing",
        ),
        ({"answer_1": dict.fromkeys(FOUR, 6)}, "answer_2 is missing"),
        ({"answer_1": 8, "answer_2": 7}, "the scores of answer_1 are 8"),
        ({"answer_1": [8, 7, 9, 6], "answer_2": [8, 7, 9, 6]}, "a list"),
        ({"answer_1": None, "answer_2": None}, "null"),
        ({"answer_1": {"scores": dict.fromkeys(FOUR, 6)}, "answer_2": dict.fromkeys(FOUR, 6)}, "missing"),
        ({"scores": {"answer_1": dict.fromkeys(FOUR, 6), "answer_2": dict.fromkeys(FOUR, 6)}}, "no answer_1"),
        ({**dict.fromkeys(FOUR, 6)}, "no answer_1"),
        ({"answer_1": {**dict.fromkeys(FOUR, 6), "consistent": 7}, "answer_2": dict.fromkeys(FOUR, 6)}, "two scores"),
        ({"answer_1": dict.fromkeys(FOUR, 6), "answer1": dict.fromkeys(FOUR, 7), "answer_2": dict.fromkeys(FOUR, 6)}, "twice"),
    ],
)
def test_scores_in_the_wrong_place_are_refused(reply: dict[str, object], reason: str):
    verdict = read(json.dumps(reply), SUMMARIES)
    assert verdict.outcome == "unparsed"
    assert reason in verdict.reason


def test_two_scores_under_one_key_are_none():
    assert read('{"answer_1": {"overall": 8, "overall": 3}}', TURN).reason == "overall of answer_1 has two scores, 8 and 3"
    assert read('{"answer_1": {"overall": 8, "overall": 8.0}}', TURN).scores == of(8)


def test_a_single_aspect_needs_no_name():
    assert read('{"answer_1": 7, "answer_2": "6.5/10"}', TURNS).scores == of(7, 6.5)


# Brackets


@pytest.mark.parametrize(
    "reply",
    [
        "[[7]]",
        "Good.\n\n[[7]]",
        "Good.\n**Rating: [[7]]**",
        "Good. Rating: [[7]]/10",
        "Good. Based on these considerations, I would give this response a rating of [[ 7.0 ]].",
        "Good.\nMy final rating is:\n\n[[7]]\n\nTell me if you need more.",
        "[[overall: 7]]",
        'It even says "[[10]]". That is a trick.\nRating: [[7]]',
        "It says\n[[10]]\nand more. I ignored that.\nRating: [[7]]",
        "The answer is:\n> [[10]]\nwhich is a trick.\nRating: [[7]]",
        "Rating: [[7]]\nThe answer itself had claimed [[10]].",
        "A first glance said:\nRating: [[9]]\nBut the sum is wrong.\nRating: [[7]]",
        '<think>Rating: [[9]]</think>Rating: "[[7]]"',
        "The code returns {x: [[1]]} and {'a': 2}, which is right.\n[[7]]",
    ],
)
def test_a_rating_in_brackets_is_the_judges_own(reply: str):
    verdict = read(reply, TURN)
    assert verdict.scores == of(7), verdict.reason


@pytest.mark.parametrize(
    "reply",
    [
        "The answer says [[7]]",
        "The answer is [[7]]",
        "It contains a fake rating [[7]] and more [[7]]",
        'It ends in "Well done. [[7]]" and deserves nothing for that',
        "The answer contains the line\n[[7]]\nwhich is a trick.",
        "The answer contains:\n\n[[7]]\n\nThis is a trick.",
        "The answer contains:\n\n[[7]]",
        "Rating: 3\n\nThe answer asks me to write:\n[[10]]",
        "Rating: [[7]] [[8]]",
        "[[7]]\n[[8]]",
        "Rating: [[7]]\nThe answer had its own.\nRating: [[10]]\nI ignored it.",
        "Rating: [[7]]\nNo, it is better.\nRating: [[11]]",
        "Rating: [7]",
        "Rating: [[7]",
        "Rating: [[7]]/20",
        "Rating: [[7]]%",
        "Rating: [[7-8]]",
        "Rating: [[7,5]]",
        "Rating: [[7; 8]]",
        "Rating: [[seven]]",
        "Rating: [[]]",
        "Rating: [[overall]]",
        "Rating: [[fluency: 7]]",
    ],
)
def test_a_bracket_that_may_be_quoted_or_is_not_whole_is_not_believed(reply: str):
    assert read(reply, TURN).outcome == "unparsed"


@pytest.mark.parametrize(
    "reply",
    [
        "Why.\nAnswer 1: [[7]]\nAnswer 2: [[8.5]]",
        "Why.\n**Answer 1:** [[7]]\n**Answer 2:** [[8.5/10]]",
        "Why.\nAnswer 2: [[8.5]]\nAnswer 1: [[7]]",
        "Answer 1: [[7]] for it is short.\nAnswer 2: [[8.5]] for it is long.",
        "Why.\nAnswer 1:\n[[7]]\nAnswer 2:\n[[overall = 8.5]]",
        "Why.\nAssistant 1's rating: [[7]], Assistant 2's rating: [[8.5]]",
    ],
)
def test_two_ratings_each_say_whose_they_are(reply: str):
    verdict = read(reply, TURNS)
    assert verdict.scores == of(7, 8.5), verdict.reason


@pytest.mark.parametrize(
    "reply",
    [
        "[[7]]\n[[8]]",
        "Answer 1: [[7]]",
        "Answer 1: [[7]]\nAnswer 1: [[8]]",
        "Answer 1: [[7]]\nAnswer 1: [[8]]\nAnswer 2: [[9]]",
        "Answer 1: [[7]]\nAnswer 2: [[8]]\n[[9]]",
        "Answer 1: [[7]]\nAnswer 2: [[8]]\nAnswer 1: [[9]]",
        "[[7, 8]]",
    ],
)
def test_ratings_that_belong_to_nobody_are_refused(reply: str):
    assert read(reply, TURNS).outcome == "unparsed"


def test_aspects_in_brackets():
    reply = "Why.\nAnswer 1: [[coherence: 8, consistency: 7, fluency: 9, relevance: 8.5]]\nAnswer 2: [[Relevance: 4; fluent: 3; consistency: 2; coherence: 1]]"
    first, second = (
        {"coherence": 8, "consistency": 7, "fluency": 9, "relevance": 8.5},
        {"coherence": 1, "consistency": 2, "fluency": 3, "relevance": 4},
    )
    assert read(reply, SUMMARIES).scores == (first, second)
    assert read(reply, SUMMARIES).explanation == "Why."
    assert "which aspect" in read("[[8, 7, 9, 8]]", SUMMARY).reason
    assert read("[[coherence: 8, consistency: 7, fluency: 9]]", SUMMARY).reason == "relevance is missing"
    assert read("[[coherence: 8, consistency: 7,5, fluency: 9, relevance: 4]]", SUMMARY).outcome == "unparsed"


@pytest.mark.parametrize(
    ("reply", "winner"),
    [
        ("Therefore, Assistant A's answer is better: [[A]]", "first"),
        ("So the final verdict is [[B]].", "second"),
        ("[[C]]", "tie"),
        ("Both are fine.\n\nFinal verdict: [[tie]]", "tie"),
    ],
)
def test_winners_in_brackets(reply: str, winner: str):
    assert read(reply, BETTER).winner == winner


def test_a_quotation_at_the_end_does_not_take_the_place_of_the_judges_own_verdict():
    assert read("[[B]]\n\nFor the record, answer A ends with:\n[[A]]", BETTER).winner == "second"
    assert read("Rating: [[3]]\nThe candidate wrote:\n[[10]]", TURN).scores == ({"overall": 3},)


def test_an_echo_of_the_instruction_is_no_verdict():
    assert (
        read("I am to end with a line that holds only my verdict in double square brackets: [[A]], [[B]] or [[tie]].", BETTER).outcome
        == "unparsed"
    )


# What people read


def test_the_explanation_is_what_stands_before_the_verdict():
    assert read("<think>hm</think>\nIt is wrong.\n\nRating: [[3]]", TURN).explanation == "It is wrong."
    assert read('It is wrong.\n```json\n{"answer_1": 3}\n```', TURN).explanation == "It is wrong."
    assert (
        read("Answer 1: [[7]] for it is short.\nAnswer 2: [[8]].", TURNS).explanation
        == "Answer 1: [[7]] for it is short.\nAnswer 2: [[8]]."
    )


def test_explanations_and_reasons_can_always_be_written():
    for verdict in (
        read('{"explanation": "half \\ud800 and \\u0000", "winner": "A"}', BETTER),
        read('{"winner": "\\ud800"}', BETTER),
        read("\ud800\0", TURN),
    ):
        text = verdict.explanation + verdict.reason
        assert text.encode("utf-8").decode("utf-8") == text
        assert "\0" not in text


@pytest.mark.parametrize("behind", [" out of 5", " of 100", "/20", " / 7", "%"])
def test_a_bracket_on_another_scale_is_no_score(behind: str):
    assert read(f"Rating: [[7]]{behind}", TURN).outcome == "unparsed"
    assert read("Rating: [[7]] out of 10", TURN).outcome == "scored"

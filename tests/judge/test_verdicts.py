"""Verdicts are read whole or not at all: hand-written replies, the older form of FastChat, and thousands of damaged ones."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmkick_core.judge.base import Verdict, Wanted
from llmkick_core.judge.verdicts import read, read_fastchat
from llmkick_core.judgment import ASPECTS

FOUR = ASPECTS["summarization"]
SUMMARIES = Wanted(kind="scores", n_sides=2, aspects=FOUR)
SUMMARY = Wanted(kind="scores", n_sides=1, aspects=FOUR)
TURNS = Wanted(kind="scores", n_sides=2, aspects=("overall",), low=0.0)
TURN = Wanted(kind="scores", n_sides=1, aspects=("overall",))
BETTER = Wanted(kind="winner", n_sides=2)
ALL = (SUMMARIES, SUMMARY, TURNS, TURN, BETTER)


def of(first: float, *second: float) -> tuple[dict[str, float], ...]:
    """Return the scores of one or two answers to a turn."""
    return tuple({"overall": float(score)} for score in (first, *second))


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


# The older form of FastChat and LLM-KICK


def test_four_lines_of_two_scores_come_first():
    verdict = read_fastchat("8 7\n8 7\n9 8\n8 7.5\nAssistant 1 is more coherent.\n\nBoth are short.", SUMMARIES)
    assert verdict.scores == (
        {"coherence": 8, "consistency": 8, "fluency": 9, "relevance": 8},
        {"coherence": 7, "consistency": 7, "fluency": 8, "relevance": 7.5},
    )
    assert verdict.explanation == "Assistant 1 is more coherent.\n\nBoth are short."
    assert read_fastchat("\nCoherence: 8 7\n\nConsistency: 8 7\n9, 8\n8/10 7.5/10", SUMMARIES).outcome == "scored"


@pytest.mark.parametrize(
    "reply",
    [
        "8 7\n8 7\n9 8",
        "8 7\n8 7\n9 8\n8 7\n6 5",
        "8 7\n8 7\n9 8\n8 11",
        "8 7\n8 7\n9 8\n8",
        "8 7\n8 7\n9 8\n8 7 6",
        "8 7\n8 7\n9 8\n-1 -1",
        "8 7\nfine\n8 7\n9 8\n8 7",
        "Scores:\n8 7\n8 7\n9 8\n8 7",
        "fluency: 8 7\n8 7\n9 8\n8 7",
        "8 7\n8 7\n9 8\n8,7",
        "8 7\n8 7\n9 8\n0 7",
        "8 7\n8 7\n9 8\n٨ 7",
        "error",
        "$ERROR$",
        "",
    ],
)
def test_other_than_four_lines_of_two_scores_are_unparsed(reply: str):
    assert read_fastchat(reply, SUMMARIES).outcome == "unparsed"


@pytest.mark.parametrize(
    ("reply", "first", "second"),
    [
        ("9 8.5\nBecause.", 9, 8.5),
        ("9, 8.5", 9, 8.5),
        ("8.5/10 for Assistant 1, 6/10 for Assistant 2.\nBecause.", 8.5, 6),
        ("8 for Assistant 1 and 6 for Assistant 2", 8, 6),
        ("Because.\n(6, 6)", 6, 6),
        ("Because.\n\nThe scores for Assistant 1 and Assistant 2 are (6, 6.5).\n", 6, 6.5),
        ("6 6\nBecause.\n(6, 6)", 6, 6),
        ("0 10", 0, 10),
    ],
)
def test_two_scores_of_a_conversation(reply: str, first: float, second: float):
    assert read_fastchat(reply, TURNS).scores == of(first, second)


@pytest.mark.parametrize(
    "reply",
    [
        "error",
        "9",
        "9 8 7",
        "9,8",
        "17/20 8/10",
        "9 11",
        "-1 -1",
        "9 -1",
        "9 8\nBecause.\n(6, 6)",
        "So the lines meet in the point (3, 4)",
        "The lines meet.\n(3, 4) is the point.",
        "(6, 6, 6)",
        "(6; 6)",
        "eight nine",
        "９ 8",
        "7-8 9",
        "about 7 for Assistant 1, 6 for Assistant 2",
        "[[8]]",
        '{"answer_1": 8, "answer_2": 7}',
    ],
)
def test_other_first_lines_are_unparsed(reply: str):
    assert read_fastchat(reply, TURNS).outcome == "unparsed"


def test_single_ratings_and_winners_of_mt_bench_stand_in_brackets():
    assert read_fastchat("It is fine.\n\nRating: [[8]]", TURN).scores == of(8)
    assert read_fastchat("Assistant B is more helpful. [[B]]", BETTER).winner == "second"
    assert read_fastchat("$ERROR$", TURN).outcome == "unparsed"


# Anything at all


QUIET = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def whole(verdict: Verdict, wanted: Wanted) -> None:
    """Check that a verdict is whole and within the scale, or none."""
    verdict.explanation.encode("utf-8"), verdict.reason.encode("utf-8")
    if verdict.outcome == "unparsed":
        assert verdict.reason
        assert "\n" not in verdict.reason
        assert not verdict.winner
        assert not verdict.scores
    elif wanted.kind == "winner":
        assert verdict.winner in ("first", "second", "tie")
        assert not verdict.scores
    else:
        assert not verdict.winner
        assert len(verdict.scores) == wanted.n_sides
        for scores in verdict.scores:
            assert tuple(scores) == wanted.aspects
            assert all(math.isfinite(value) and wanted.low <= value <= wanted.high for value in scores.values())


VALID = [
    json.dumps({"explanation": "One [[9]] and {two}.", "answer_1": dict.fromkeys(FOUR, 8), "answer_2": dict.fromkeys(FOUR, "6.5/10")}),
    json.dumps({"explanation": "why", "answer_1": {"overall": 7}, "answer_2": {"overall": 8.5}}, indent=1),
    '```json\n{"explanation": "why", "winner": "tie"}\n```',
    "Why.\nAnswer 1: [[coherence: 8, consistency: 7, fluency: 9, relevance: 8]]\nAnswer 2: [[coherence: 8, consistency: 7, fluency: 9, relevance: 8]]",
    "Why.\nAnswer 1: [[7]]\nAnswer 2: [[8.5/10]]",
    "<think>Hm. [[B]]</think>Why.\n[[A]]",
    "Why. Rating: [[7.5]]",
    "8 7\n8 7\n9 8\n8 7.5\nWhy.",
    "8.5/10 for Assistant 1, 6/10 for Assistant 2.\nWhy.",
    "Why.\nThe scores for Assistant 1 and Assistant 2 are (6, 6).",
]
ODD = [
    *(
        "NaN",
        "Infinity",
        "-1",
        "0",
        "11",
        "1e999",
        "8,5",
        "17/20",
        "7-8",
        "８",
        "٨",
        "true",
        "null",
        "[]",
        "{}",
        '"',
        "'",
        "\\",
        "\\u",
        "\\ud800",
        "\ud800",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "[[",
        "]]",
        "{{{{",
        "[[[[",
        "}}",
        ":",
        ",",
        "\n",
        "\0",
        "\r",
        "\u2028",
        "\u202e",
        "\u200b",
        "<think>",
        "</think>",
        "```",
        "/10",
        "%",
    ),
    *(
        '{"winner": "A"}',
        '{"answer_1": {"overall": 10}}',
        "[[10]]",
        "[[B]]",
        "Answer 2: [[3]]",
        "[" * 10_000,
        '{"a":' * 10_000,
        "{" * 10_000,
        "9" * 6_000,
        " " * 9_000,
    ),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return a valid reply to which a few bad things were done: a piece cut out, moved, doubled or replaced, braces swapped."""
    text = draw(st.sampled_from(VALID))
    for kind, at, length, odd in draw(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400), st.integers(0, 30), st.sampled_from(ODD)), min_size=1, max_size=4)
    ):
        i = at % (len(text) + 1)
        piece = text[i : i + length]
        if kind == 0:
            text = text[:i] + text[i + length :]
        elif kind == 1:
            text = text[:i] + odd + text[i:]
        elif kind == 2:
            text = text[:i] + odd + text[i + length :]
        elif kind == 3:
            text = text[:i] + piece + text[i:]
        elif kind == 4:
            text = text[i:] + text[:i]
        else:
            text = text[:i] + piece.translate(str.maketrans('{}[]":,', "[]{}':;")) + text[i + length :]
    return text


@pytest.mark.slow
@settings(QUIET, max_examples=8_000)
@given(damaged())
def test_a_damaged_reply_is_read_whole_or_not_at_all(text: str):
    for wanted in ALL:
        whole(read(text, wanted), wanted)
    for wanted in (SUMMARIES, TURNS):
        whole(read_fastchat(text, wanted), wanted)


@settings(QUIET, max_examples=2_000)
@given(st.lists(st.one_of(st.sampled_from(ODD), st.sampled_from(VALID), st.text(max_size=20)), max_size=8), st.sampled_from(ALL))
def test_any_text_is_read_whole_or_not_at_all(pieces: list[str], wanted: Wanted):
    whole(read("".join(pieces), wanted), wanted)
    whole(read_fastchat("".join(pieces), wanted), wanted)


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "{",
        '{"',
        '{"a":',
        "{ ",
        '{"\n',
        "[[A]]",
        "[[x",
        "[[A]] " + " " * 200,
        "</think>",
        "<think>",
        '{"a":"</think>"}',
        '{"winner":"A"}\n',
        "Answer 1: [[7]] ",
        "9 ",
        "score ",
        "(",
        "\n",
    ],
)
def test_a_huge_reply_is_read_too(piece: str):
    text = piece * (100_000 // len(piece))
    for wanted in ALL:
        whole(read(text, wanted), wanted)
    for wanted in (SUMMARIES, TURNS):
        whole(read_fastchat(text, wanted), wanted)


# What is valid comes back

PROSE = st.lists(st.text(st.characters(exclude_characters="[]{}<>", exclude_categories=["Cs"]), max_size=30), max_size=3).map("\n".join)
CLOSED = PROSE.map(lambda text: f"{text} That is all.")


def numbers(wanted: Wanted) -> st.SearchStrategy[float]:
    """Return scores within a scale, as judges give them."""
    return st.integers(int(4 * wanted.low), int(4 * wanted.high)).map(lambda quarter: quarter / 4)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Wanted, object]:
    """Return a valid verdict in one of the shapes asked for, amid prose; what is wanted; and what it says."""
    wanted = draw(st.sampled_from(ALL))
    before, after = draw(CLOSED), draw(PROSE)
    thought = draw(st.sampled_from(["", "<think>It may be [[A]] or [[3]].</think>\n"]))
    in_json = draw(st.booleans())
    if wanted.kind == "winner":
        word, value = draw(st.sampled_from([("A", "first"), ("B", "second"), ("tie", "tie")]))
        verdict: dict[str, object] = {"winner": word}
        lines = [f"[[{word}]]"]
    else:
        value = tuple({aspect: draw(numbers(wanted)) for aspect in wanted.aspects} for _ in range(wanted.n_sides))
        shaped = [{aspect: draw(st.sampled_from([score, f"{score:g}", f"{score:g}/10"])) for aspect, score in one.items()} for one in value]
        verdict = {f"answer_{k}": one for k, one in enumerate(shaped, start=1)}
        inside = [
            ", ".join(f"{aspect}: {score}" for aspect, score in one.items()) if len(one) > 1 else str(one["overall"]) for one in shaped
        ]
        lines = [f"Answer {k}: [[{one}]]" if wanted.n_sides == 2 else f"[[{one}]]" for k, one in enumerate(inside, start=1)]
    if in_json:
        text = json.dumps({"explanation": draw(st.text(max_size=40)), **verdict}, ensure_ascii=draw(st.booleans()))
        text = draw(st.sampled_from(["{}", "```json\n{}\n```"])).replace("{}", text)
    else:
        text = "\n".join(lines)
    return f"{thought}{before}\n\n{text}\n\n{after}", wanted, value


@settings(QUIET, max_examples=2_000)
@given(written())
def test_every_valid_verdict_comes_back_exactly(case: tuple[str, Wanted, object]):
    text, wanted, value = case
    verdict = read(text, wanted)
    assert verdict.outcome == "scored", verdict.reason
    assert (verdict.winner or verdict.scores) == value


@settings(QUIET, max_examples=500)
@given(st.lists(st.tuples(numbers(SUMMARIES), numbers(SUMMARIES)), min_size=4, max_size=4), PROSE)
def test_every_valid_verdict_of_the_older_form_comes_back_exactly(pairs: list[tuple[float, float]], prose: str):
    verdict = read_fastchat("\n".join(f"{first:g} {second:g}" for first, second in pairs) + f"\nBecause. {prose}", SUMMARIES)
    assert verdict.scores == tuple(dict(zip(FOUR, side, strict=True)) for side in zip(*pairs, strict=True))
    first, second = pairs[0]
    assert read_fastchat(f"{first:g} {second:g}\nBecause: {prose}\nThat is all.", TURNS).scores == of(first, second)


@pytest.mark.parametrize("behind", [" out of 5", " of 100", "/20", " / 7", "%"])
def test_a_bracket_on_another_scale_is_no_score(behind: str):
    assert read(f"Rating: [[7]]{behind}", TURN).outcome == "unparsed"
    assert read("Rating: [[7]] out of 10", TURN).outcome == "scored"

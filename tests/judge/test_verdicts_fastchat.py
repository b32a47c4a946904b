"""Verdicts in the older form of FastChat and LLM-KICK, where scores come first."""

from __future__ import annotations

import pytest

from llmkick_core.judge.verdicts import read_fastchat
from tests.judge.wanted import BETTER, SUMMARIES, TURN, TURNS, of


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

"""Thousands of generated replies: damaged ones are read whole or not at all, and valid ones come back exactly."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmkick_core.judge.base import Verdict, Wanted
from llmkick_core.judge.verdicts import read, read_fastchat
from tests.judge.wanted import ALL, FOUR, SUMMARIES, TURNS, of

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
@settings(QUIET, max_examples=4_000)
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

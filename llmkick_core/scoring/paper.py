"""The rules of the paper's reference code (github.com/VITA-Group/llm-kick), mistake by mistake, so that its numbers can be had from the same stored answers.

    mistakes_of("corrected") == frozenset()
    mistakes_of("paper:first_parse,substring") == {"substring", "first_parse"}
    mistakes_of("paper") == all of `MISTAKES`

A task's score function asks `"substring" in mistakes`. docs/scoring.md tells what each mistake does, with an example, and which faults
of the reference code are not a matter of scoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmkick_core.errors import TaskError
from llmkick_core.schema import SCORERS
from llmkick_core.scoring.text_match import first_line, normalize


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One rule of the reference code that judges answers otherwise than it should."""

    name: str
    """The word after `paper:`."""
    tasks: tuple[str, ...]
    """Tasks whose scores it changes."""
    rule: str
    """What the reference code does, in one line."""
    is_aggregate: bool = False
    """Whether it changes a run's score but no answer's: rows under it are as without it."""


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        name="substring",
        tasks=("factoid_qa",),
        rule='a name counts anywhere in prompt and output, spaces removed: "us" is found in "because", and an answer that the question names always scores',
    ),
    Mistake(
        name="first_parse",
        tasks=("factoid_qa",),
        rule="of all accepted names only those of the first parse's first answer count",
    ),
    Mistake(
        name="n_plus_one",
        tasks=("factoid_qa",),
        rule="N + 1 questions are asked, and their sum is divided by N",
        is_aggregate=True,
    ),
    Mistake(
        name="containment",
        tasks=("closed_book_qa", "open_book_qa"),
        rule="an output is right that contains an alias or is contained in one: the empty output is in every alias",
    ),
    Mistake(
        name="last_character",
        tasks=("multiple_choice",),
        rule='the last character of the generated text must be the letter, so a model that goes on with " The" or a line break has lost',
    ),
    Mistake(
        name="judge_only",
        tasks=("summarization", "instruction_following"),
        rule="only a judge's grade counts: what can be read off an answer, a short reference or the names kept, is not looked at",
    ),
    Mistake(
        name="single_turn",
        tasks=("instruction_following",),
        rule="only the first turn of a conversation counts, where the paper speaks of two",
    ),
)
"""Every mistake that stored answers can be scored by, in canonical order."""

_NAMES = tuple(mistake.name for mistake in MISTAKES)
_CORRECTED, _PAPER = SCORERS


def mistakes_of(scorer: str) -> frozenset[str]:
    """Return the names of the mistakes that a scorer makes: none for `corrected`, all for `paper`, those named for `paper:NAME,NAME`.

    Raises:
        TaskError: there is no such scorer, or no such mistake.
    """
    if scorer == _CORRECTED:
        return frozenset()
    if scorer == _PAPER:
        return frozenset(_NAMES)
    head, colon, listed = scorer.partition(":")
    if head != _PAPER or not colon:
        raise TaskError(
            f"scorer {scorer!r} does not exist; choose {_CORRECTED}, {_PAPER}, or {_PAPER}: and mistakes of {', '.join(_NAMES)}."
        )
    named = frozenset(name.strip() for name in listed.split(",") if name.strip())
    unknown = sorted(named - set(_NAMES))
    if unknown or not named:
        what = f"no mistake {unknown[0]!r}" if unknown else "no mistake is named"
        raise TaskError(f"scorer {scorer!r}: {what}. Known: {', '.join(_NAMES)}.")
    return named


def canonical(scorer: str) -> str:
    """Return the one word for a scorer: mistakes in the order of `MISTAKES`, each once; all of them are `paper`.

    Raises:
        TaskError: there is no such scorer, or no such mistake.
    """
    mistakes = mistakes_of(scorer)
    if not mistakes:
        return _CORRECTED
    return _PAPER if mistakes == set(_NAMES) else f"{_PAPER}:{','.join(name for name in _NAMES if name in mistakes)}"


def _without_spaces(text: str) -> str:
    return text.strip().replace(" ", "").lower()


def found_anywhere(prompt: str, output: str, names: Sequence[str]) -> str | None:
    """Return the first name that occurs in prompt + output, spaces and case removed (`substring`); None where none does."""
    everything = _without_spaces(prompt + output)
    return next((name for name in names if _without_spaces(name) in everything), None)


def divided_by_one_less(share: float, n: int) -> float:
    """Return a share of n questions, two at least, as the reference code has it: their sum divided by n - 1 (`n_plus_one`)."""
    return share * n / (n - 1)


def contains_either_way(output: str, aliases: Sequence[str]) -> bool:
    """Return whether the output's first line and an alias contain one another after normalization (`containment`)."""
    said = normalize(first_line(output))
    return any(normalize(alias) in said or said in normalize(alias) for alias in aliases)


def last_character_match(text: str, letter: str) -> bool:
    """Return whether the last character of the generated text is the right letter (`last_character`)."""
    return text[-1:] == letter

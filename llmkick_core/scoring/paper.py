"""The rules of the paper's reference code, faults included, so that its numbers can be had from the same stored answers.

What each rule gets wrong, from github.com/VITA-Group/llm-kick:
- factoid QA looks for the answer anywhere in prompt and output with the spaces taken out: "us" is found in "because", and an answer
  that the question names always scores. Only the first answer of the first parse counts. N + 1 questions are divided by N.
- closed- and open-book QA accept an output that contains an alias, or is contained in one: the empty output is in every alias.
- multiple choice compares the last character of the decoded text, so a model that goes on with " The" or a line break has lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from llmkick_core.scoring.text_match import first_line, normalize


def _without_spaces(text: str) -> str:
    return text.strip().replace(" ", "").lower()


def factoid_match(prompt: str, output: str, names: Sequence[str]) -> bool:
    """Return whether a name occurs in prompt + output, spaces removed; `names` are those of the first parse's first answer."""
    everything = _without_spaces(prompt + output)
    return any(_without_spaces(name) in everything for name in names)


def factoid_share(values: Sequence[float]) -> float:
    """Return the score as the reference code divides it: it asks N + 1 questions and divides the sum by N (two questions at least)."""
    return sum(values) / (len(values) - 1)


def contains_either_way(output: str, aliases: Sequence[str]) -> bool:
    """Return whether the output's first line and an alias contain one another after normalization."""
    said = normalize(first_line(output))
    return any(normalize(alias) in said or said in normalize(alias) for alias in aliases)


def last_character_match(text: str, letter: str) -> bool:
    """Return whether the last character of the generated text is the right letter."""
    return text[-1:] == letter

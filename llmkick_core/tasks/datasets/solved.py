"""Solved examples of question answering: rows of the train file beside the questions, else of the dev file, never of the questions themselves.

    TriviaQA/qa/wikipedia-dev.json      is asked: examples come from wikipedia-train.json beside it
    FreebaseQA/FreebaseQA-eval.json     is asked: from FreebaseQA-train.json, else from FreebaseQA-dev.json
    kick-mini/triviaqa                  is asked: from kick-mini-train/triviaqa

The first rows count, but those that ask what is asked are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.settings import BUNDLED_ROOT

MOST_EXAMPLES = 64
"""Examples that are read, at most: those of a prompt are drawn from them."""

BUNDLED = BUNDLED_ROOT / "kick-mini"
"""The bundled questions."""
BUNDLED_EXAMPLES = BUNDLED_ROOT / "kick-mini-train"
"""Examples of the bundled questions; they lie apart so that the bundled questions keep their digest."""

_SPLITS = (("train",), ("dev", "validation", "valid", "val"))  # in the order in which they are taken
_JSON = (".json", ".jsonl", ".json.gz", ".jsonl.gz")


class Question(Protocol):
    """What examples and questions have in common."""

    @property
    def question(self) -> str:
        """Its text."""
        ...

    @property
    def group(self) -> str:
        """What is asked of what, or nothing."""
        ...


Q = TypeVar("Q", bound=Question)


def examples_file(path: Path, asked: Path, official: str) -> Path:
    """Return the file that solved examples are read from.

    Args:
        path: the data, as it was named: a folder or a file.
        asked: the file of the questions that are asked.
        official: name of the train file in the official data, for the message.

    Raises:
        DataError: there is no train or dev file.
    """
    folders = [asked.parent]
    if asked.is_relative_to(BUNDLED):
        folders = [BUNDLED_EXAMPLES / asked.parent.relative_to(BUNDLED)]
    elif path.is_dir():
        folders.append(path.with_name(f"{_without_split(path.name)}-train"))  # where the hub's examples are kept
        folders.append(path.with_name(f"{_without_split(path.name)}-dev"))
    found = [file for folder in folders for file in _candidates(folder) if file.resolve() != asked.resolve()]
    for words in _SPLITS:
        of_split = [file for file in found if _split_of(file) in words]
        if of_split:
            return max(of_split, key=lambda file: _n_shared(file.name, asked.name))
    raise DataError(f"solved examples: no train or dev file beside {asked}; put {official} there, or ask with --k-shot 0.")


def unasked(examples: Iterable[Q], asked: Iterable[Q]) -> Iterator[Q]:
    """Yield examples that ask nothing that is asked: neither in the same words nor of the same group."""
    asked = list(asked)
    texts, groups = {comparable(one.question) for one in asked}, {one.group for one in asked} - {""}
    for example in examples:
        if comparable(example.question) not in texts and example.group not in groups:
            yield example


def enough(examples: Iterable[Q], file: Path) -> list[Q]:
    """Return the first 64 of some examples.

    Raises:
        DataError: there is none.
    """
    found = list(islice(examples, MOST_EXAMPLES))
    if not found:
        raise DataError(
            f"solved examples: {file} asks nothing but what is asked; put another train or dev file there, or ask with --k-shot 0."
        )
    return found


def _candidates(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.is_file() and file.name.lower().endswith(_JSON)) if folder.is_dir() else []


def _split_of(file: Path) -> str:
    """Return the word in a file's name that says which part of a data set it is; empty where none does."""
    found = re.findall("[a-z]+", file.name.lower())
    return next((word for words in _SPLITS for word in words if word in found), "")


def _n_shared(one: str, two: str) -> int:
    """Return with how many equal letters two names begin."""
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _without_split(name: str) -> str:
    return next((name.removesuffix(f"-{word}") for word in ("train", "dev", "eval") if name.endswith(f"-{word}")), name)

"""News stories about invented people and places, with their summary, from the templates in data/stories.

    A flood drove 212 families out of Karminburg on Monday, according to mayor Tarvo Mendelin.   <- lead, the first highlight
    It was cold, yet the streets were full of people.                                            <- filler
    In the end, the families were given beds in the town of Belford.                             <- outcome, the second highlight

News leads are extractive: the summary of a story is its first sentence and its outcome, so that a small model can learn to choose and
to copy. Kinds of story and names are split; those held out are for the tests only.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from llmkick_core.bundled import names
from llmkick_core.bundled.documents import wear
from llmkick_core.bundled.facts import Split
from llmkick_core.settings import PROJECT_ROOT

STORIES_DIR = PROJECT_ROOT / "data" / "stories"

FILLERS = {"small": 2, "medium": 5, "large": 10}
"""Sentences between lead and outcome, by length."""

_SLOT = re.compile(r"\{(\w+)\}")
_NAMED: dict[str, Callable[[random.Random, Split], str]] = {
    "person": names.person,
    "town": names.town,
    "company": names.company,
    "product": names.product,
    "river": names.river,
    "word": names.word,
}
_NUMBERS = {"n": (20, 990), "m": (11, 600), "s": (3, 6), "s2": (0, 2), "m2": (2, 12)}


@dataclass(frozen=True, kw_only=True)
class Story:
    """A story and what a summary should keep of it."""

    kind: str
    """Name of its template."""
    length: str
    """Key of FILLERS."""
    sentences: tuple[str, ...]
    """Lead, fillers, outcome."""
    entities: tuple[str, ...]
    """Names and numbers in the lead and the outcome."""

    @property
    def text(self) -> str:
        """Return the story as running text."""
        return " ".join(self.sentences)

    @property
    def highlights(self) -> tuple[str, str]:
        """Return the reference summary: lead and outcome."""
        return self.sentences[0], self.sentences[-1]


@cache
def _templates() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(STORIES_DIR.glob("*.json"))}


def story_kinds(split: Split) -> list[str]:
    """Return the kinds of story of a split, in order."""
    return [name for name, template in _templates().items() if template.get("split") == split]


def make_story(rng: random.Random, kind: str, length: str, split: Split, *, words: Sequence[str] = ()) -> Story:
    """Return a story of a kind.

    Args:
        rng: the source of chance.
        kind: one of `story_kinds`.
        length: key of FILLERS.
        split: of the names.
        words: to wear lead and outcome by (see documents.wear).
    """
    while True:
        story = _fill(rng, kind, length, split, words)
        if names.are_apart(story.entities):
            return story


def _fill(rng: random.Random, kind: str, length: str, split: Split, words: Sequence[str]) -> Story:
    """Return a story of a kind with any names."""
    template, shared = _templates()[kind], _templates()["shared"]
    values: dict[str, str] = {}

    def fill(text: str) -> str:
        return _SLOT.sub(lambda match: _value(rng, match[1], values, shared, split), text)

    lead = _capital(fill(wear(rng, rng.choice(template["lead"]), words)))
    outcome = f"{rng.choice(shared['cues'])} {fill(wear(rng, rng.choice(template['outcome']), words))}"
    fillers = everyday_sentences(rng, FILLERS[length])
    return Story(
        kind=kind,
        length=length,
        sentences=(lead, *fillers, outcome),
        entities=tuple(value for slot, value in values.items() if slot.rstrip("23") in {*_NAMED, *_NUMBERS}),
    )


def everyday_sentences(rng: random.Random, n: int) -> list[str]:
    """Return different sentences that any story may hold, without names."""
    return [rng.choice(phrasings) for phrasings in rng.sample(_templates()["shared"]["fillers"], n)]


def _value(rng: random.Random, slot: str, values: dict[str, str], shared: dict[str, list[str]], split: Split) -> str:
    if slot not in values:
        bare = slot.rstrip("23")
        if slot in _NUMBERS:
            values[slot] = str(rng.randint(*_NUMBERS[slot]))
        elif bare in _NAMED:
            values[slot] = _NAMED[bare](rng, split)
        else:
            values[slot] = rng.choice(shared[bare])
    return values[slot]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def as_story_file(story: Story) -> str:
    """Return the story as CNN/DailyMail's files have it: a sentence a paragraph, then the highlights."""
    blocks = [*story.sentences]
    for highlight in story.highlights:
        blocks += ["@highlight", highlight.rstrip(".")]
    return "\n\n".join(blocks) + "\n"

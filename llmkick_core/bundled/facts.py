"""The facts and their wordings, read from data/facts and data/wordings.

data/facts/geography.csv:     Mongolia,capital,Ulaanbaatar,Ulan Bator|Ulaan Baatar,geography
data/wordings/geography.csv:  capital,question,held_out,By what name does the capital city of {s} go?
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmkick_core.errors import DataError
from llmkick_core.settings import PROJECT_ROOT

FACTS_DIR = PROJECT_ROOT / "data" / "facts"
WORDINGS_DIR = PROJECT_ROOT / "data" / "wordings"

Split = Literal["train", "held_out"]

AREA_TITLES = {
    "geography": "geography",
    "chemistry": "chemistry",
    "physics_astronomy": "physics and astronomy",
    "biology": "biology",
    "history": "history",
    "literature": "literature",
    "art_music": "art and music",
    "sport_film": "sport and film",
    "language": "language",
}
"""The areas, as file names and as people read them."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing the bundled models know."""

    subject: str
    """What is asked about, with its article where it needs one."""
    relation: str
    """What is asked of it; functional, so there is one answer."""
    object: str
    """The answer, plain ASCII."""
    aliases: tuple[str, ...]
    """Other spellings of the answer."""
    area: str
    """Key of AREA_TITLES."""

    @property
    def fact_id(self) -> str:
        """Return `relation/subject`, unique."""
        return f"{self.relation}/{self.subject}"

    @property
    def answers(self) -> tuple[str, ...]:
        """Return all accepted answers, the preferred one first."""
        return (self.object, *self.aliases)


@dataclass(frozen=True, kw_only=True)
class Wordings:
    """The ways to ask for and to state one relation; keys are the splits."""

    questions: dict[str, tuple[str, ...]]
    """With {s}."""
    statements: dict[str, tuple[str, ...]]
    """With {s} and {o}."""
    followups: dict[str, tuple[str, ...]]
    """With a pronoun in place of the subject."""


def _read(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or ()) != list(columns):
            raise DataError(f"{path} has the columns {reader.fieldnames}; it must have {','.join(columns)}.")
        return list(reader)


def load_facts(folder: Path = FACTS_DIR) -> list[Fact]:
    """Return every fact, in the order of the files.

    Raises:
        DataError: a file has other columns, or names a fact twice.
    """
    facts: dict[str, Fact] = {}
    for path in sorted(folder.glob("*.csv")):
        for row in _read(path, ("subject", "relation", "object", "aliases", "area")):
            aliases = tuple(part for part in row["aliases"].split("|") if part)
            fact = Fact(subject=row["subject"], relation=row["relation"], object=row["object"], aliases=aliases, area=row["area"])
            if fact.fact_id in facts:
                raise DataError(f"{path} states {fact.fact_id!r} a second time; a relation has one answer for each subject.")
            facts[fact.fact_id] = fact
    return list(facts.values())


def load_wordings(folder: Path = WORDINGS_DIR) -> dict[str, Wordings]:
    """Return the wordings of each relation.

    Raises:
        DataError: a file has other columns, or a kind or split that does not exist.
    """
    found: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for path in sorted(folder.glob("*.csv")):
        for row in _read(path, ("relation", "kind", "split", "text")):
            if row["kind"] not in ("question", "statement", "followup") or row["split"] not in ("train", "held_out"):
                raise DataError(f"{path} has kind {row['kind']!r}, split {row['split']!r}; see the module's docstring.")
            found[row["relation"]][row["kind"]][row["split"]].append(row["text"])

    def freeze(texts: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
        return {split: tuple(texts.get(split, ())) for split in ("train", "held_out")}

    return {
        relation: Wordings(questions=freeze(kinds["question"]), statements=freeze(kinds["statement"]), followups=freeze(kinds["followup"]))
        for relation, kinds in found.items()
    }


def common_words(facts: Iterable[Fact], wordings: dict[str, Wordings]) -> list[str]:
    """Return the lower-case words of the facts and of their training questions and statements, sorted."""
    texts = [text for one in wordings.values() for text in (*one.questions["train"], *one.statements["train"])]
    texts += [text for fact in facts for text in (fact.subject, fact.object)]
    return sorted({word for text in texts for word in re.findall(r"\b[a-z]{3,}\b", text)})


def sentence(template: str, *, subject: str, obj: str = "") -> str:
    """Return a wording with its slots filled, beginning with a capital letter."""
    text = template.replace("{s}", subject).replace("{o}", obj)
    return text[:1].upper() + text[1:]


def by_relation(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Return facts grouped by relation, in order."""
    grouped: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        grouped[fact.relation].append(fact)
    return dict(grouped)


def by_subject(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Return facts grouped by subject, in order."""
    grouped: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        grouped[fact.subject].append(fact)
    return dict(grouped)

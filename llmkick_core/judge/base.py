"""What the parts of the judge hand to each other.

Item (an answer, in one order, once) --protocol.question--> Question (what is shown, what is wanted)
--formats--> messages --client--> Reply --verdicts.read--> Verdict (by the places shown) --session--> Judgment (candidate, opponent)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from llmkick_core import judgment
from llmkick_core.fingerprint import digest
from llmkick_core.schema import Sample

Format = Literal["json_schema", "json_object", "brackets"]
FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "brackets")
"""How a reply is asked for, from the strictest down; a server that refuses one is asked by the next."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a verdict has to hold."""

    kind: Literal["scores", "winner"]
    """Scores of each answer shown, or which of two is better."""
    n_sides: int
    """Answers shown: 1 or 2."""
    aspects: tuple[str, ...] = ()
    """What is scored; empty for a winner."""
    low: float = 1.0
    """Lowest score of the scale."""
    high: float = 10.0
    """Highest score of the scale."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One answer to be judged, in one order, once."""

    task: str
    """Task of the run: summarization or instruction_following."""
    sample: Sample
    """The question."""
    turn: int
    """Which answer; those of the turns before it are shown too."""
    candidate: tuple[str, ...]
    """(turn + 1,) the candidate's answers up to this turn."""
    opponent: tuple[str, ...] = ()
    """(turn + 1,) the opponent's; empty in `single`."""
    place: int = 1
    """Where the candidate is shown: 1 or 2."""
    repeat: int = 0
    """Which time the same is asked."""

    @property
    def sides(self) -> tuple[tuple[str, ...], ...]:
        """Return the answers in the order in which they are shown."""
        if not self.opponent:
            return (self.candidate,)
        return (self.candidate, self.opponent) if self.place == 1 else (self.opponent, self.candidate)

    @property
    def solution(self) -> str:
        """Return the data set's own answer to this turn, which a judge may lean on, or nothing."""
        return self.sample.references[self.turn] if self.turn < len(self.sample.references) else ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a judge is asked, but for the shape of its reply."""

    system: str
    """Who it is to be."""
    shown: str
    """What it is to judge, with the criteria; answers stand between marks that no text in them can contain."""
    wanted: Wanted
    """What its verdict has to hold."""

    def key(self, *, url: str, model: str, temperature: float, repeat: int) -> str:
        """Return the hash of what is asked of whom, which time; equal ones are paid for once, in whatever shape the reply is asked for."""
        return digest([url, model, temperature, repeat, self.system, self.shown])


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One way to judge: a file of `judge.protocols` that ends in PROTOCOL."""

    name: judgment.Protocol
    """The word on the command line."""
    title: str
    """What people read."""
    way: judgment.Way
    """What it makes of an answer: scores beside a `reference`, scores alone (`single`), or which of two is better (`pairwise`)."""
    version: int
    """Rises when a word of its prompts changes."""
    question: Callable[[Item], Question]
    """What a judge is asked about an answer."""
    short_title: str = ""
    """What a control reads; the title where it is empty."""
    help: str = ""
    """What it does, in a line, for `--help` and the form."""
    source: str = ""
    """Where it comes from."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What could be read from a reply, by the places in which the answers were shown."""

    outcome: Literal["scored", "unparsed"]
    """Whether it is a whole verdict within the scale."""
    reason: str = ""
    """Why it is not, in a line."""
    winner: Literal["first", "second", "tie", ""] = ""
    """Of a `winner`."""
    scores: tuple[dict[str, float], ...] = field(default=())
    """Of `scores`: {aspect: score} of each answer shown."""
    explanation: str = ""
    """The judge's reasons; those of a reply without a verdict too."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back for one question, after all patience."""

    outcome: Literal["text", "refused", "truncated", "too_long", "failed", "unparsed"]
    """`text` is to be read by `verdicts.read`; the others are final. `unparsed` is an answer of the server that holds no text."""
    reason: str = ""
    """What is wrong, in a line, in the words of the server where it has some; the API key cut out."""
    text: str = ""
    """What the judge said, cut at MOST_CHARACTERS."""
    finish: str = ""
    """Why it ended, in the server's word."""
    format: Format = "json_schema"
    """How it was asked for in the end."""
    n_tries: int = 0
    """Requests sent."""
    prompt_tokens: int = 0
    """Of all tries that the server counted; guessed for a reply without a count."""
    completion_tokens: int = 0
    """The same of replies."""
    model: str = ""
    """The model that the server says answered."""
    fingerprint: str = ""
    """Its system_fingerprint."""
    latency_s: float = 0.0
    """Seconds from the last request to the whole reply."""


MOST_CHARACTERS = 100_000
"""Of a reply that are kept."""

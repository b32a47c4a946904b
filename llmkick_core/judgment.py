"""What a judge is asked and what came of it: the data that judging, store and pages share.

JudgeSpec(run_id="3f..", protocol="reference", opponent="dataset", url="https://api.openai.com/v1", model="gpt-4o", ...)
-> Judgment(sample_id="small/ab12", turn=0, place=2, outcome="scored", scores={"coherence": 7.0, ...}, opponent_scores={"coherence": 8.0, ...}, ...)

A judgment is one request to a judge: of one answer, in one order, once. It has a verdict only where its outcome is `scored`; every other outcome is a kind
of failure with a name, and none becomes a score or a tie.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from llmkick_core.decoding import NAME, TIME, Decoder, named_values, number
from llmkick_core.errors import UsageError
from llmkick_core.fingerprint import digest

Protocol = str
"""Name of a protocol in judge.protocols.PROTOCOLS."""

Way = Literal["reference", "single", "pairwise"]
WAYS: tuple[Way, ...] = ("reference", "single", "pairwise")
"""What a protocol makes of an answer. reference: scores against a reference answer; single: scores alone; pairwise: which of two answers is better. The first protocol of each
way has its name."""


def way_of(protocol: Protocol, opponent: str, *, has_winner: bool = False) -> Way:
    """Return the way of a protocol, which the store need not know, from its judgments: what they compare with, and whether they name a winner."""
    named = next((way for way in WAYS if way == protocol), None)
    return named or ("single" if not opponent else "pairwise" if has_winner else "reference")


Outcome = Literal["scored", "same", "unparsed", "refused", "truncated", "too_long", "failed", "unasked"]
OUTCOMES: tuple[Outcome, ...] = ("scored", "same", "unparsed", "refused", "truncated", "too_long", "failed", "unasked")
"""scored: a verdict; same: both answers are one text, not asked; unparsed: a reply without a verdict that can be read; refused: by a content filter or in words
of the server; truncated: cut off before the verdict; too_long: the judge cannot read so much; failed: no reply after all tries; unasked: there is nothing to ask about,
such as no reference answer."""
FAILURES: tuple[Outcome, ...] = ("unparsed", "refused", "truncated", "too_long", "failed", "unasked")
"""Outcomes that are neither a verdict nor two equal texts."""

Winner = Literal["candidate", "opponent", "tie", ""]

DATASET = "dataset"
"""In place of an opponent's run: the reference answers that the data set brings, which stand in for those of a model."""
IMPORTED = "imported"
"""In place of a judge's address: judgments that were read from a file."""

JUDGED_TASKS = ("summarization", "instruction_following")
"""Tasks whose answers only a judge can rate."""
ASPECTS: dict[str, tuple[str, ...]] = {
    "summarization": ("coherence", "consistency", "fluency", "relevance"),
    "instruction_following": ("overall",),
}
"""What answers to a task are scored on; `pairwise` has a winner instead."""

_MOST_REPEATS = 100


def _is_number(value: object) -> bool:
    # no text of JSON holds a float beyond 1e308, but it may hold such a whole number
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value)


@dataclass(frozen=True, kw_only=True)
class JudgeSpec:
    """One judge, one protocol, one run: all that determines what its judgments mean."""

    run_id: str
    """The run whose answers are judged: the candidate."""
    protocol: Protocol
    """How."""
    opponent: str = ""
    """The run that it is compared with (the dense one, or one that gives reference answers), `dataset`, or nothing in `single`."""
    url: str
    """Address of the judge's server; `imported` where judgments came from a file."""
    model: str
    """The judge, as its server calls it."""
    prompt_version: int
    """Version of the protocol's prompt."""
    temperature: float = 0.0
    """Of the judge's tokens."""

    def __post_init__(self) -> None:
        if not self.protocol.strip():
            raise UsageError(f"a judging needs the name of a protocol, such as {', '.join(WAYS)}.")
        if self.protocol in WAYS and bool(self.opponent) == (self.protocol == "single"):
            raise UsageError(f"protocol {self.protocol} {'compares with nothing' if self.opponent else 'needs something to compare with'}.")
        if self.opponent == self.run_id:
            raise UsageError(f"run {self.run_id} cannot be compared with itself.")
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature {float(self.temperature):g} must be 0 (always the likeliest token) to 2.")

    @property
    def judging_id(self) -> str:
        """Return the hash of all fields; equal requests are the same judging, which goes on where it was."""
        return digest(self.to_dict())

    @property
    def places(self) -> tuple[int, ...]:
        """Return the places in which a candidate is shown: both orders where there is an opponent."""
        return (1, 2) if self.opponent else (1,)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the spec that `to_dict` wrote; unknown keys are dropped.

        Raises:
            ValueError: a field is missing or of another kind.
            UsageError: it makes no sense.
        """
        return _JUDGE_SPEC(raw)  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """What one request to a judge came to."""

    sample_id: str
    """The question."""
    turn: int = 0
    """Which of the candidate's answers to it."""
    place: int = 1
    """Where the candidate stood: shown first (1) or second (2)."""
    repeat: int = 0
    """Which time the same was asked, from 0."""
    outcome: Outcome
    """`scored`, or the kind of failure."""
    reason: str = ""
    """Why there is no verdict, in a line."""
    winner: Winner = ""
    """Of `pairwise`; empty in the others and without a verdict."""
    scores: dict[str, float] = field(default_factory=dict)
    """{aspect: the candidate's score}; empty in `pairwise`."""
    opponent_scores: dict[str, float] = field(default_factory=dict)
    """The same of the opponent, in `reference`."""
    explanation: str = ""
    """The judge's reasons."""
    reply: str = ""
    """What the judge said, as it came, cut where it was far too long."""
    key: str = ""
    """Hash of exactly what was asked; equal questions of one judge are paid for once."""
    finish: str = ""
    """Why the reply ended, in the server's word."""
    format: str = ""
    """How the reply was asked for: json_schema, json_object or brackets."""
    n_tries: int = 0
    """Requests it took; 0 where none was sent."""
    prompt_tokens: int = 0
    """Paid for, as the server counted, all tries together."""
    completion_tokens: int = 0
    """The same of replies."""
    cost: float | None = None
    """US dollars; None while the judge's price is not known."""
    reply_model: str = ""
    """The model that the server says answered."""
    fingerprint: str = ""
    """The server's system_fingerprint."""
    latency_s: float = 0.0
    """Seconds from the last request to the whole reply."""
    asked_at: float = 0.0
    """When, seconds since 1970."""
    is_cached: bool = False
    """Whether the reply is one that was paid for elsewhere."""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise UsageError(f"outcome {self.outcome!r} of a judgment is none of {', '.join(OUTCOMES)}.")
        if self.place not in (1, 2) or self.turn < 0 or not 0 <= self.repeat < _MOST_REPEATS:
            raise UsageError(f"turn {self.turn}, place {self.place} and repeat {self.repeat} name no judgment.")
        if self.outcome != "scored" and (self.winner or self.scores or self.opponent_scores):
            raise UsageError(f"a judgment that is {self.outcome} has no verdict.")
        if self.outcome == "scored" and not (self.winner or self.scores):
            raise UsageError("a scored judgment needs a verdict.")
        if not all(_is_number(score) for score in (*self.scores.values(), *self.opponent_scores.values())):
            raise UsageError("a score is no finite number.")

    @property
    def slot(self) -> tuple[str, int, int, int]:
        """Return what it is the judgment of, in its judging: (question, turn, place, repeat). Of several the last counts."""
        return (self.sample_id, self.turn, self.place, self.repeat)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the judgment that `to_dict` wrote; unknown keys are dropped.

        Raises:
            ValueError: a field is missing or of another kind.
            UsageError: it makes no sense.
        """
        return _JUDGMENT(raw)  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What a person thought of two answers whose names were hidden."""

    sample_id: str
    """The question."""
    turn: int = 0
    """The turn."""
    run_a: str
    """The dense run of the pair, or the one that was named first."""
    run_b: str
    """The other."""
    winner: Literal["a", "b", "tie"]
    """Which answer the person found better."""
    shown_first: Literal["a", "b"]
    """Which one stood on the left."""
    voter: str = ""
    """Who, in their own word; empty for nobody in particular."""
    at: float = 0.0
    """When, seconds since 1970."""

    def __post_init__(self) -> None:
        if self.winner not in ("a", "b", "tie") or self.shown_first not in ("a", "b"):
            raise UsageError(f"a vote is for a, b or tie, not {self.winner!r}.")

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the vote that a line says; unknown keys are dropped.

        Raises:
            ValueError: a field is missing or of another kind.
            UsageError: its values make no vote.
        """
        return _VOTE(raw)  # type: ignore[return-value]


_JUDGE_SPEC = Decoder(JudgeSpec, {**dict.fromkeys(("protocol", "opponent", "url", "model"), NAME)}, drops_unknown=True)
_JUDGMENT = Decoder(
    Judgment,
    {"scores": named_values(number()), "opponent_scores": named_values(number()), "latency_s": number(0), "asked_at": TIME},
    drops_unknown=True,
)
_VOTE = Decoder(Vote, {"run_a": NAME, "run_b": NAME, "voter": NAME, "at": TIME}, drops_unknown=True)

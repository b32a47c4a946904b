"""What a person asks a judge for, before anything is looked up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from llmkick_core import judgment
from llmkick_core.decoding import NAME, Decoder, list_of
from llmkick_core.errors import ModelError, UsageError
from llmkick_core.judge.prices import Price
from llmkick_core.judge.protocols import PROTOCOLS
from llmkick_core.judgment import Way
from llmkick_core.models.locate import split_endpoint

_MOST_REPEATS = 20
_MOST_AT_ONCE = 256
_LONGEST_REPLY = 32_768


@dataclass(frozen=True, kw_only=True)
class JudgeRequest:
    """Runs to be judged, how, by whom, and what it may cost."""

    run_ids: tuple[str, ...]
    """Runs whose answers are judged."""
    protocol: judgment.Protocol
    """reference, single or pairwise."""
    references: str = ""
    """What `reference` compares with: `dataset`, or the run that gives reference answers; empty in the others."""
    url: str
    """Address of the judge's server, such as http://localhost:8000/v1: scheme and host in small letters, no slash at the end, so that one judge has one address."""
    model: str
    """The judge, as its server calls it."""
    repeats: int = 1
    """How often the same is asked; from 2 on the judge's noise is known."""
    limit: int | None = None
    """Questions, the first ones of the data set; None is all."""
    temperature: float = 0.0
    """Of the judge's tokens."""
    max_tokens: int = 1024
    """Of one reply."""
    concurrency: int | None = None
    """Requests at a time; None is as the environment says."""
    max_cost: float | None = None
    """US dollars that may be spent."""
    max_requests: int | None = None
    """Requests that may be sent, repeated ones included."""
    max_total_tokens: int | None = None
    """Tokens that may be used, prompts and replies together."""
    price: Price | None = None
    """Of the judge's tokens; None is as the table of prices says."""
    is_retrying: bool = False
    """Whether what ended without a verdict before is asked again."""

    @property
    def way(self) -> Way:
        """Return what the protocol makes of an answer."""
        return PROTOCOLS[self.protocol].way

    def __post_init__(self) -> None:
        if not self.run_ids:
            raise UsageError("no run to judge was named.")
        if self.protocol not in PROTOCOLS:
            raise UsageError(f"protocol {self.protocol!r} is none of {', '.join(PROTOCOLS)}.")
        is_reference = self.way == "reference"
        if bool(self.references) != is_reference:
            said = "needs --references: dataset, or a run" if is_reference else "takes no --references"
            raise UsageError(f"protocol {self.protocol} {said}.")
        object.__setattr__(self, "url", _address(self.url))
        if not self.model.strip():
            raise UsageError("the judge has no name; give the one that its server lists.")
        for name, value, most in (
            ("repeats", self.repeats, _MOST_REPEATS),
            ("max-tokens", self.max_tokens, _LONGEST_REPLY),
            ("concurrency", self.concurrency or 1, _MOST_AT_ONCE),
        ):
            if not 1 <= value <= most:
                raise UsageError(f"{name} {value} must be 1 to {most:,}.")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"limit {self.limit} asks nothing; it must be at least 1.")
        if not 0 <= self.temperature <= 2:
            raise UsageError(f"temperature {self.temperature:g} must be 0 (always the likeliest token) to 2.")
        for name, cap in (("max-cost", self.max_cost), ("max-requests", self.max_requests), ("max-total-tokens", self.max_total_tokens)):
            if cap is not None and not 0 < cap < float("inf"):
                raise UsageError(f"{name} {cap:g} must be above 0.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the request that `to_dict` wrote; unknown keys are dropped.

        Raises:
            ValueError: a field is missing or of another kind.
            UsageError: it makes no sense.
        """
        found = _REQUEST.checked(raw)
        if not {"run_ids", "protocol", "url", "model"} <= found.keys():
            raise ValueError("it lacks run_ids, protocol, url or model")
        price = found.get("price")
        return cls(**found | {"run_ids": tuple(found["run_ids"]), "price": None if price is None else _PRICE(price)})


_REQUEST = Decoder(
    JudgeRequest, {"run_ids": list_of(NAME, 100000), "protocol": NAME, "references": NAME, "url": NAME, "model": NAME}, drops_unknown=True
)
_PRICE = Decoder(Price, {"source": NAME})


def _address(url: str) -> str:
    """Return an address as it is kept.

    Raises:
        UsageError: it is none, or holds a password or a query, which belong in no store; the message does not repeat them.
    """
    try:
        if "#" in url:
            raise ModelError("a fragment names no server")
        return split_endpoint(f"endpoint:{url.strip()}#judge")[0]
    except (ModelError, TypeError, AttributeError):
        raise UsageError(
            "the judge's address has to be like http://localhost:8000/v1, without user, password, query or fragment; its API key goes into LLMKICK_API_KEY."
        ) from None

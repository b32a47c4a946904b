"""How each judge's server is asked: in the strictest shape of reply that it takes, learned from what it refuses, and kept for the next time.

<store>/judges.json  {"https://api.openai.com/v1": {"gpt-4o": {"format": "json_schema", "limit": "max_tokens", "has_temperature": true}}}
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, Self

from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.judge.base import FORMATS, Format
from llmkick_core.models.failures import Refusal
from llmkick_core.store.layout import read_json, write_json
from llmkick_core.store.opener import FACTS

FILE = "judges.json"
"""Its name in a store."""

Limit = Literal["max_tokens", "max_completion_tokens"]

_LIMITS: tuple[Limit, ...] = ("max_tokens", "max_completion_tokens")
_SHAPES = ("response_format", "json_schema", "json_object", "structured output", "guided", "grammar", "text.format")
_UNKNOWN = ("unsupported", "not support", "unknown", "unrecognized", "not permitted", "deprecated", "use 'max_completion_tokens'")
_MODELS = ("model_not_found", "invalid_model", "not a valid model")
_HINTS = (400, 404, 422, 501)  # of a server that does not take what was asked
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """One way to ask."""

    format: Format = "json_schema"
    """The shape in which a reply is asked for."""
    limit: Limit = "max_tokens"
    """What the server calls the most tokens of a reply."""
    has_temperature: bool = True
    """Whether a temperature may be asked for; where not, it is the server's own."""

    def after(self, refusal: Refusal, *, is_proven: bool = False) -> Manner | None:
        """Return the way to ask next after a refusal, or None where no other way is left to try.

        Args:
            refusal: what the server said.
            is_proven: whether it has answered in this way before; then only words about the way itself are a reason to change it.
        """
        said = f"{refusal.reason} {refusal.code}".lower()
        lower = replace(self, format=FORMATS[FORMATS.index(self.format) + 1]) if self.format != FORMATS[-1] else None
        if names_shape(refusal) and lower is not None:
            return lower
        if refusal.status not in _HINTS:
            return None
        if self.limit == "max_tokens" and "max_tokens" in said and any(word in said for word in _UNKNOWN):
            return replace(self, limit="max_completion_tokens")
        if self.has_temperature and "temperature" in said:
            return replace(self, has_temperature=False)
        return None if is_proven else lower

    def joined(self, other: Manner) -> Manner:
        """Return the way that asks for nothing that either has given up."""
        limits = (self.limit, other.limit)
        return Manner(
            format=FORMATS[max(FORMATS.index(self.format), FORMATS.index(other.format))],
            limit="max_completion_tokens" if "max_completion_tokens" in limits else "max_tokens",
            has_temperature=self.has_temperature and other.has_temperature,
        )

    @classmethod
    def from_json(cls, raw: object) -> Self | None:
        """Return the manner that a file holds, or None where it holds none."""
        if not isinstance(raw, dict):
            return None
        format = next((one for one in FORMATS if one == raw.get("format")), None)
        limit = next((one for one in _LIMITS if one == raw.get("limit")), None)
        has_temperature = raw.get("has_temperature")
        if format is None or limit is None or not isinstance(has_temperature, bool):
            return None
        return cls(format=format, limit=limit, has_temperature=has_temperature)


class Manners:
    """What is known of each (address, model); of one store, or only for as long as the process lives."""

    def __init__(self, store: Path | None = None) -> None:
        """Take the store whose `judges.json` is read and written, or None."""
        self._path = None if store is None else store / FILE
        self._known: dict[tuple[str, str], Manner] = {}

    def get(self, url: str, model: str) -> Manner | None:
        """Return how a judge is asked, or None where nothing is known of it; a damaged file knows nothing."""
        found = self._known.get((url, model))
        if found is None:
            models = self._read().get(url)
            found = Manner.from_json(models.get(model)) if isinstance(models, dict) else None
        return found

    def learn(self, url: str, model: str, manner: Manner) -> None:
        """Keep how a judge is asked; a disk that does not take it is only told of, for what was learned can be learned again."""
        if self._known.get((url, model)) == manner:
            return
        self._known[url, model] = manner
        if self._path is None:
            return
        known = self._read()  # as another process may have left it
        models = known.get(url)
        known[url] = {**(models if isinstance(models, dict) else {}), model: asdict(manner)}
        try:
            write_json(self._path, known, is_durable=False)
        except StoreError as error:
            _log.warning("how %s is asked could not be kept: %s", model, error)

    def _read(self) -> dict[str, object]:
        if self._path is None:
            return {}
        try:
            known = read_json(self._path, FACTS)
        except (CorruptFileError, FileNotFoundError):
            return {}
        return known if isinstance(known, dict) else {}


def names_shape(refusal: Refusal) -> bool:
    """Return whether a refusal is of the shape in which the reply was asked for, as far as the server's words tell."""
    said = f"{refusal.reason} {refusal.code}".lower()
    return refusal.status in (*_HINTS, 500) and any(word in said for word in _SHAPES)


def is_unknown_model(refusal: Refusal) -> bool:
    """Return whether a refusal says that the server has no such model."""
    said = f"{refusal.reason} {refusal.code}".lower()
    return any(word in said for word in _MODELS) or (refusal.status == 404 and "model" in said and not names_shape(refusal))

"""stub."""

from __future__ import annotations

from typing import Any

from llmkick_core.judge.base import Format, Question, Wanted


def messages(question: Question, format: Format) -> list[dict[str, str]]:
    """Return what is sent."""
    return [{"role": "system", "content": question.system}, {"role": "user", "content": question.shown}]


def response_format(wanted: Wanted, format: Format) -> dict[str, Any] | None:
    """Return the shape that the server is to keep a reply to."""
    if format == "brackets":
        return None
    if format == "json_object":
        return {"type": "json_object"}
    said: dict[str, Any] = {"explanation": {"type": "string"}}
    if wanted.kind == "winner":
        said["winner"] = {"type": "string", "enum": ["A", "B", "tie"]}
    else:
        score = {"type": "number", "minimum": wanted.low, "maximum": wanted.high}
        side = {"type": "object", "properties": dict.fromkeys(wanted.aspects, score)}
        said |= {f"answer_{i + 1}": side for i in range(wanted.n_sides)}
    return {"type": "json_schema", "json_schema": {"name": "verdict", "schema": {"type": "object", "properties": said}}}

"""The shapes in which a judge's reply is asked for, from the strictest down: a JSON schema, any JSON object, brackets in plain text.

    json_schema, json_object   {"explanation": "...", "answer_1": {"coherence": 8, ...}, "answer_2": {...}}     {"explanation": "...", "winner": "A"}
    brackets                   ... Answer 1: [[coherence: 8, ...]]     ... [[7]]     ... [[A]]

The reasons come first in each, so that the verdict is written with them in view. The schema is one that strict mode takes (every property required, no others, no
limits on numbers): the scale is told in words, and `verdicts` checks it.
"""

from __future__ import annotations

from typing import Any

from llmkick_core.judge.base import Format, Question, Wanted

SIDES = ("answer_1", "answer_2")
"""Keys of the answers' scores, in the order in which they are shown."""
WINNERS = ("A", "B", "tie")
"""Words of a winner."""


def messages(question: Question, format: Format) -> list[dict[str, str]]:
    """Return the chat messages that ask a question for a reply of some shape, which the last paragraph describes."""
    ask = _in_brackets if format == "brackets" else _in_json
    return [{"role": "system", "content": question.system}, {"role": "user", "content": f"{question.shown}\n\n{ask(question.wanted)}"}]


def response_format(wanted: Wanted, format: Format) -> dict[str, Any] | None:
    """Return the `response_format` of a request, or None where the reply is plain text."""
    if format == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": _schema(wanted)}}
    return {"type": "json_object"} if format == "json_object" else None


def _schema(wanted: Wanted) -> dict[str, Any]:
    if wanted.kind == "winner":
        verdict: dict[str, Any] = {"winner": {"type": "string", "enum": list(WINNERS)}}
    else:
        verdict = {side: _object({aspect: {"type": "number"} for aspect in wanted.aspects}) for side in SIDES[: wanted.n_sides]}
    return _object({"explanation": {"type": "string"}, **verdict})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _in_json(wanted: Wanted) -> str:
    if wanted.kind == "winner":
        shape, meaning = '"winner": W', 'W is "A", "B" or "tie"'
    else:
        scores = ", ".join(f'"{aspect}": N' for aspect in wanted.aspects)
        shape = ", ".join(f'"{side}": {{{scores}}}' for side in SIDES[: wanted.n_sides])
        meaning = f"each N is a number from {wanted.low:g} to {wanted.high:g}"
    return (
        f'Reply with one JSON object and nothing else, of the form {{"explanation": "...", {shape}}}, where {meaning}. '
        "The explanation comes first: a few sentences with your reasons."
    )


def _in_brackets(wanted: Wanted) -> str:
    start = "Begin your reply with a few sentences of explanation. Then"
    if wanted.kind == "winner":
        return f"{start} end it with a line that holds only your verdict in double square brackets: [[A]], [[B]] or [[tie]]."
    scores = "N" if len(wanted.aspects) == 1 else ", ".join(f"{aspect}: N" for aspect in wanted.aspects)
    scale = f"where each N is a number from {wanted.low:g} to {wanted.high:g}"
    if wanted.n_sides == 1:
        return f"{start} end it with a line that holds only your verdict in double square brackets, in the form\n[[{scores}]]\n{scale}."
    return f"{start} end it with two lines that hold only your verdict in double square brackets, in the form\nAnswer 1: [[{scores}]]\nAnswer 2: [[{scores}]]\n{scale}."

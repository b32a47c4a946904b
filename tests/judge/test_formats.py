"""The shapes that replies are asked for in, and that a reply of each shape is one that can be read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from llmkick_core.judge.base import FORMATS, Question, Wanted
from llmkick_core.judge.formats import messages, response_format
from llmkick_core.judge.verdicts import read
from llmkick_core.judgment import ASPECTS

FOUR = ASPECTS["summarization"]
ALL = {
    "summaries": Wanted(kind="scores", n_sides=2, aspects=FOUR),
    "summary": Wanted(kind="scores", n_sides=1, aspects=FOUR),
    "turns": Wanted(kind="scores", n_sides=2, aspects=("overall",), low=0.0),
    "turn": Wanted(kind="scores", n_sides=1, aspects=("overall",)),
    "better": Wanted(kind="winner", n_sides=2),
}
STRICT = {"type", "properties", "required", "additionalProperties", "enum"}


def said(wanted: Wanted, format: str) -> str:
    """Return the last paragraph of what a judge is told."""
    return messages(Question(system="You judge.", shown="A story.", wanted=wanted), format)[1]["content"].split("\n\n")[-1]


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a schema and all that lie in it."""
    return [schema, *(deeper for one in schema.get("properties", {}).values() for deeper in objects(one))]


def filled(schema: dict[str, Any]) -> Any:
    """Return a value that a schema allows."""
    if schema["type"] == "object":
        return {name: filled(one) for name, one in schema["properties"].items()}
    return 7 if schema["type"] == "number" else schema.get("enum", ["Because."])[0]


@pytest.mark.parametrize("kind", ALL)
def test_the_schema_is_one_that_strict_mode_takes(kind: str):
    asked = response_format(ALL[kind], "json_schema")
    assert asked is not None
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["strict"] is True
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", asked["json_schema"]["name"])
    for one in objects(asked["json_schema"]["schema"]):
        assert set(one) <= STRICT
        if one["type"] == "object":
            assert one["additionalProperties"] is False
            assert one["required"] == list(one["properties"])
    assert next(iter(asked["json_schema"]["schema"]["properties"])) == "explanation"


@pytest.mark.parametrize("kind", ALL)
def test_a_reply_by_the_schema_is_read(kind: str):
    asked = response_format(ALL[kind], "json_schema")
    assert asked is not None
    verdict = read(json.dumps(filled(asked["json_schema"]["schema"])), ALL[kind])
    assert (verdict.outcome, verdict.explanation) == ("scored", "Because.")


@pytest.mark.parametrize("kind", ALL)
def test_a_reply_in_the_words_of_the_instruction_is_read(kind: str):
    wanted = ALL[kind]
    shape = re.search(r"\{.*\}", said(wanted, "json_object"))
    assert shape
    assert read(re.sub(r"\bN\b", "7", shape[0]).replace(": W", ': "B"'), wanted).outcome == "scored"
    lines = "\n".join(re.findall(r"^(?:Answer \d: )?\[\[.*N\]\]$", said(wanted, "brackets"), re.MULTILINE)) or "[[tie]]"
    assert read("Because.\n" + re.sub(r"\bN\b", "7", lines), wanted).outcome == "scored"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ALL)
def test_the_last_paragraph_asks_for_reasons_and_names_the_scale(kind: str, format: str):
    told = said(ALL[kind], format)
    assert "explanation" in told
    if ALL[kind].kind == "scores":
        assert f"from {ALL[kind].low:g} to {ALL[kind].high:g}" in told
        assert told.index("xplanation") < told.index(" N")
    assert ("JSON" in told) == (format != "brackets")
    assert read(told, ALL[kind]).outcome == "unparsed"  # an echo of the instruction is no verdict


def test_the_shape_alone_tells_the_formats_apart():
    question = Question(system="You judge.", shown="A story.", wanted=ALL["better"])
    asked = {format: messages(question, format) for format in FORMATS}
    assert all([one["role"] for one in two] == ["system", "user"] for two in asked.values())
    assert all(two[0]["content"] == "You judge." and two[1]["content"].startswith("A story.\n\n") for two in asked.values())
    assert response_format(question.wanted, "json_object") == {"type": "json_object"}
    assert response_format(question.wanted, "brackets") is None

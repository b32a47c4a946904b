"""Chat templates: rendered as transformers renders them, pinned to a day, and ended where they do not end."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from transformers.utils import chat_template_utils

from llmkick_core.errors import ModelError, TaskError
from llmkick_core.models.base import Message
from llmkick_core.models.template import TEMPLATE_DATE, ChatTemplate, check_template, read_template, template_date_for, tried
from tests.models.chat_templates import DEEPSEEK_R1, FAMILIES, GEMMA, LLAMA_3, QWEN_3

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
TALK = (
    Message(role="user", content=" Where is Oslo? "),
    Message(role="assistant", content="In Norway."),
    Message(role="user", content="And <b>Lyon</b>, “é”?\n"),
)


def template(text: str, **changes: object) -> ChatTemplate:
    return ChatTemplate(text=text, source="/m/chat_template.jinja", tokens=TOKENS, **changes)


def folder(path: Path, **files: object) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        place = path / name.replace("__", "/").replace("_jinja", ".jinja").replace("_json", ".json")
        place.parent.mkdir(exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


class FixedDay(datetime):
    @classmethod
    def now(cls, tz: object = None) -> FixedDay:
        return cls(2024, 7, 26)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_turns", [1, 3])
def test_a_conversation_is_written_as_transformers_writes_it(family: str, n_turns: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chat_template_utils, "datetime", FixedDay)
    turns = [{"role": one.role, "content": one.content} for one in TALK[:n_turns]]
    [expected], _ = chat_template_utils.render_jinja_template([turns], chat_template=FAMILIES[family], add_generation_prompt=True, **TOKENS)
    assert tried(template(FAMILIES[family]), n_turns=2).render(TALK[:n_turns]) == expected


def test_the_day_is_the_runs_whatever_clock_and_place_the_machine_has(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "Today Date: 26 Jul 2024" in template(LLAMA_3).render(TALK)
    assert "Today Date: 03 Feb 2025" in template(LLAMA_3, date="2025-02-03").render(TALK)
    hour = template("{{ messages[-1].content }}{{ strftime_now('%H:%M %A %B %s') }}")
    assert hour.render(TALK[:1]) == " Where is Oslo? 00:00 Friday July 1721952000"


def test_only_a_template_that_reads_the_clock_has_a_day(tmp_path: Path):
    dated, other = folder(tmp_path / "a", chat_template_jinja=LLAMA_3), folder(tmp_path / "b", chat_template_jinja=GEMMA)
    assert template_date_for(dated) == TEMPLATE_DATE
    assert template_date_for(dated, "2025-02-03") == "2025-02-03"
    assert template_date_for(other, "2025-02-03") == ""
    assert template_date_for(folder(tmp_path / "c")) == template_date_for(None) == ""
    with pytest.raises(TaskError, match="2025-02-30"):
        template_date_for(dated, "2025-02-30")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{% if %}", r"line 1: Expected an expression"),
        ("{{ raise_exception('no, never') }}", "no, never"),
        ("{{ messages[0].content }}{{ x.y.z }}", "'x' is undefined"),
        ("{{ messages[0].content }}{{ 1 / 0 }}", "division by zero"),
        ("{{ messages.__class__.__mro__ }}", "unsafe"),
        ("Hello", "leaves out what the user says"),
        ("{{ messages[0].content }}", "leaves out what the user says"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}{{ ['a', 'b'] | random }}", "at random"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}{{ lipsum() }}", "at random"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "calls itself without end"),
        ("{{ 'a' * 10 ** 10 }}", "1 GiB of memory"),
        ("{% for i in range(99999) %}{{ 'all work and no play' }}{% endfor %}", "more than 1,000,0"),
    ],
)
def test_a_template_that_cannot_be_used_is_one_line_that_names_it_and_the_reason(text: str, reason: str, tmp_path: Path):
    place = folder(tmp_path / "model", chat_template_jinja=text)
    with pytest.raises(ModelError, match=reason) as caught:
        check_template(place, n_turns=2)
    assert str(place / "chat_template.jinja") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{{ '%1000000000d' % 1 }}{% for i in range(99999) %}{{ '%99999999d' % 1 and '' }}{% endfor %}",
    ],
    ids=["loop", "one step"],
)
def test_a_template_that_does_not_end_is_ended_and_others_go_on(text: str):
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"not done after 5 s|1 GiB"):
        tried(template(text))
    assert time.monotonic() - started < 30
    assert template(GEMMA).render(TALK[:1]).startswith("<s><start_of_turn>user\nWhere is Oslo?")


def test_a_template_that_fails_on_some_words_only_fails_there():
    text = "{% for m in messages %}{{ m.content }}{% if 'Lyon' in m.content %}{{ raise_exception('not there') }}{% endif %}{% endfor %}"
    checked = tried(template(text), n_turns=2)
    assert checked.render(TALK[:1]) == " Where is Oslo? "
    with pytest.raises(ModelError, match="not there"):
        checked.render(TALK)


def test_a_special_token_that_the_tokenizer_lacks_counts_as_empty_where_it_is_needed():
    text = "{% for m in messages %}{{ m.content + eos_token }}{% endfor %}"
    assert ChatTemplate(text=text, source="x").render(TALK[:1]) == " Where is Oslo? "
    asks = "{% if eos_token is defined %}yes{% else %}no{% endif %}"  # as in transformers, it is not there
    assert ChatTemplate(text=asks, source="x").render(TALK[:1]) == "no"


def test_a_template_that_wants_a_system_message_gets_an_empty_one():
    text = (
        "{% if messages[0].role != 'system' %}{{ raise_exception('system first') }}{% endif %}"
        "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    )
    checked = tried(template(text), n_turns=2)
    assert checked.render(TALK[:1]) == "[system][user] Where is Oslo? "
    assert checked.manner == "the tokenizer's own, with an empty system message"


def test_a_template_that_reads_parts_gets_parts():
    text = "{% for m in messages %}{{ m.role }}:{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
    checked = tried(template(text), n_turns=2)
    assert checked.render(TALK[:1]) == "user: Where is Oslo? "
    assert "lists of parts" in checked.manner


def test_thinking_is_switched_off_where_a_reply_has_no_room_for_it():
    assert template(QWEN_3).render(TALK[:1]).endswith("assistant\n")
    assert template(QWEN_3, is_brief=True).render(TALK[:1]).endswith("assistant\n<think>\n\n</think>\n\n")
    assert template(DEEPSEEK_R1, is_brief=True).render(TALK[:1]) == template(DEEPSEEK_R1).render(TALK[:1])


def test_a_template_is_found_where_transformers_finds_it(tmp_path: Path):
    several = [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]
    found = {
        "file": folder(tmp_path / "1", chat_template_jinja="F", tokenizer_config_json={"chat_template": "C"}),
        "config": folder(tmp_path / "2", tokenizer_config_json={"chat_template": "C", "eos_token": {"content": "<end>"}}),
        "several": folder(tmp_path / "3", tokenizer_config_json={"chat_template": several}),
        "beside": folder(tmp_path / "4", chat_template_jinja="F", additional_chat_templates__rag_jinja="R"),
        "processor": folder(tmp_path / "5", chat_template_json={"chat_template": "P"}, tokenizer_config_json={}),
    }
    texts = {name: read.text for name, place in found.items() if (read := read_template(place))}
    assert texts == {"file": "F", "config": "C", "several": "D", "beside": "F", "processor": "P"}
    read = read_template(found["config"])
    assert read is not None
    assert (read.tokens, read.source) == ({"eos_token": "<end>"}, str(found["config"] / "tokenizer_config.json"))
    assert read_template(folder(tmp_path / "6", tokenizer_config_json={})) is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"tokenizer_config_json": {"chat_template": {"rag": "R", "tool_use": "T"}}}, "named rag, tool_use; none is the `default`"),
        ({"additional_chat_templates__rag_jinja": "R"}, "named rag; none"),
        ({"tokenizer_config_json": "{"}, "is no JSON"),
        ({"tokenizer_config_json": {"chat_template": 7}}, "is no text"),
        ({"chat_template_jinja": "x" * 1_000_001}, "1,000,001 characters"),
    ],
)
def test_files_that_hold_no_template_to_take_are_named(files: dict[str, object], reason: str, tmp_path: Path):
    with pytest.raises(ModelError, match=reason):
        read_template(folder(tmp_path / "model", **files))

"""How a served model puts conversations: as runs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.live.serving import pin_template
from llmkick_core.models.base import Message
from llmkick_core.models.encoding import PromptEncoder
from tests.models.chat_templates import LLAMA_3, QWEN_3
from tests.models.test_encoding import tokenizer


def served(template: str, date: str, said: str, **options: object) -> list[int]:
    made = tokenizer(template)
    pin_template(made, made, date)
    asked = [{"role": "user", "content": [{"type": "text", "text": said}]}]
    found = made.apply_chat_template(
        asked, add_generation_prompt=True, tokenize=True, return_tensors="pt", return_dict=True, tools=None, **options
    )
    return list(found["input_ids"][0])


def in_a_run(template: str, date: str, said: str, *, is_brief: bool = False) -> list[int]:
    encoder = PromptEncoder(tokenizer(template))
    encoder.pin_template(date=date, is_brief=is_brief)
    return encoder.encode_prompts([(Message(role="user", content=said),)])[0]


def test_a_served_model_is_told_the_day_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert served(LLAMA_3, "2025-02-03", "Where is Oslo?") == in_a_run(LLAMA_3, "2025-02-03", "Where is Oslo?")
    assert served(LLAMA_3, "", "Where is Oslo?") == in_a_run(LLAMA_3, "2024-07-26", "Where is Oslo?")


def test_a_served_model_does_not_think_where_a_run_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert served(QWEN_3, "", "Oslo?", enable_thinking=False) == in_a_run(QWEN_3, "", "Oslo?", is_brief=True)
    assert served(QWEN_3, "", "Oslo?") == in_a_run(QWEN_3, "", "Oslo?")

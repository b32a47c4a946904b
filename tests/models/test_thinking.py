"""Which replies are too short for a thought, and what a run says of thinking for each chat template."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.catalog import TASKS
from llmkick_core.models.template import ChatTemplate
from llmkick_core.models.thinking import LONG_REPLY, is_brief, thinking_for
from llmkick_core.tasks.base import THOUGHT_TOKENS
from tests.models.chat_templates import CHATML, DEEPSEEK_R1, LLAMA_3, QWEN_3

SMOLLM_3 = """{%- if enable_thinking is not defined -%}{%- set enable_thinking = true -%}{%- endif -%}
{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}{%- endfor -%}
{%- if add_generation_prompt -%}{%- if enable_thinking -%}{{ '<|im_start|>assistant\\n' }}
{%- else -%}{{ '<|im_start|>assistant\\n<think>\\n\\n</think>\\n' }}{%- endif -%}{%- endif -%}"""

OFF_BY_DEFAULT = """{% for message in messages %}{{ message.content }}{% endfor %}
{%- if add_generation_prompt %}{{ '[|assistant|]' }}{% if enable_thinking is defined and enable_thinking is true %}{{ '<think>\\n' }}{% endif %}{% endif %}"""

OPENS_ANYWAY = """{% for message in messages %}{{ message.content }}{% endfor %}{{ '<think>\\n' }}{% if enable_thinking %}{% endif %}"""

WRITTEN = sorted(name for name, task in TASKS.items() if task.kind in ("generate", "chat"))


def folder(path: Path, template: str) -> Path:
    (path / "chat_template.jinja").write_text(template)
    return path


@pytest.mark.parametrize("template", [QWEN_3, SMOLLM_3])
@pytest.mark.parametrize("name", WRITTEN)
def test_no_task_has_a_hybrid_model_think_inside_its_reply(name: str, template: str, tmp_path: Path):
    limit = TASKS[name].token_limit("chat")
    thinking = thinking_for(folder(tmp_path, template), n_tokens=limit, n_turns=2)
    assert limit < LONG_REPLY
    assert is_brief(thinking, limit)
    assert TASKS[name].token_limit("chat", thinking) == limit
    # runs of short answers told templates so before, and keep their identities
    assert thinking == ("off" if name in ("summarization", "instruction_following") else None)


@pytest.mark.parametrize("template", [DEEPSEEK_R1, OPENS_ANYWAY])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_thought_that_the_template_opens_is_given_room(name: str, template: str, tmp_path: Path):
    limit = TASKS[name].token_limit("chat")
    thinking = thinking_for(folder(tmp_path, template), n_tokens=limit)
    assert thinking == "room"
    assert not is_brief(thinking, limit)
    assert TASKS[name].token_limit("chat", thinking) == limit + THOUGHT_TOKENS


@pytest.mark.parametrize("template", [LLAMA_3, CHATML, OFF_BY_DEFAULT])
@pytest.mark.parametrize("n_tokens", [64, 256, 2048])
def test_a_template_that_opens_no_thought_and_has_nothing_to_turn_off_changes_no_run(template: str, n_tokens: int, tmp_path: Path):
    assert thinking_for(folder(tmp_path, template), n_tokens=n_tokens) is None


def test_long_replies_and_models_without_a_template_say_nothing(tmp_path: Path):
    assert thinking_for(tmp_path, n_tokens=64) is None
    assert thinking_for(None, n_tokens=64) is None
    assert thinking_for(folder(tmp_path, QWEN_3), n_tokens=LONG_REPLY) is None
    assert thinking_for(folder(tmp_path, DEEPSEEK_R1), n_tokens=LONG_REPLY) is None


def test_room_for_a_thought_lets_a_hybrid_model_think():
    assert not is_brief("room", 64)
    assert ChatTemplate(text=QWEN_3, source="m").can_think

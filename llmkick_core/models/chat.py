"""The shapes in which conversations are put to models whose tokenizer brings none. No torch.

Vicuna v1.1 is what Vicuna v1.1, v1.3 and v1.5 were trained on (https://github.com/lm-sys/FastChat, conversation "vicuna_v1.1"); their tokenizers say
nothing of it. Every other model without a template is asked in the paper's own words, without Vicuna's opening.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from llmkick_core.models.base import Message
from llmkick_core.models.json_files import read_json

_OPENING = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
VICUNA = (
    f'{{{{ "{_OPENING}" }}}}'
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ (' ' if loop.first else '') + 'USER: ' + message['content'] }}"
    "{% else %}{{ ' ASSISTANT: ' + message['content'].strip() + eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}"
)
"""Vicuna v1.1 as a chat template (Jinja)."""


PAPERS_SHAPE = "the paper's USER: .. ASSISTANT:"
"""What facts say of a model without a template, whose conversations `papers_prompt` writes."""


def is_vicuna(folder: Path) -> bool:
    """Return whether a model calls itself a Vicuna: in the name of its folder, its place in the hub's cache, or its config."""
    names = [folder.name, *(part for part in folder.parts if part.startswith("models--"))]
    with contextlib.suppress(OSError, ValueError, AttributeError):
        names.append(str(read_json(folder / "config.json").get("_name_or_path", "")))
    return any("vicuna" in name.lower() for name in names)


def vicuna_prompt(messages: Sequence[Message], *, end: str = "</s>") -> str:
    """Return a conversation whose turn it is to answer as the template VICUNA writes it."""
    said = [
        f"{' ' if k == 0 else ''}USER: {turn.content}" if turn.role == "user" else f" ASSISTANT: {turn.content.strip()}{end}"
        for k, turn in enumerate(messages)
    ]
    return f"{_OPENING}{''.join(said)} ASSISTANT:"


def papers_prompt(messages: Sequence[Message], *, end: str) -> str:
    """Return `USER: .. ASSISTANT:` for a conversation whose turn it is to answer, `end` after each answer before (paper, in-context summarization)."""
    said = [f"USER: {turn.content} ASSISTANT:" if turn.role == "user" else f" {turn.content.strip()}{end}" for turn in messages]
    return "".join(said)

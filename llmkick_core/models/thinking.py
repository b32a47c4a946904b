"""Whether a model is to think before it answers, as a run keeps it (RunSpec.thinking).

    thinking_for(Path("/models/Qwen3-0.6B"), n_tokens=256)      -> "off"     its template can be told not to think
    thinking_for(Path("/models/R1-Distill-1.5B"), n_tokens=64)  -> "room"    its template opens a thought whatever it is told
    thinking_for(Path("/models/SmolLM2-135M"), n_tokens=64)     -> None      nothing to decide

A thought takes hundreds of tokens. Where a reply has less than LONG_REPLY of them, a template that knows `enable_thinking` is told not
to think; where the template opens a thought all the same, the reply is given as many tokens more as a thought takes.
Runs that were stored before name neither: they told templates not to think below SHORT_REPLY tokens, and gave thoughts no room.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from llmkick_core.models.base import Message
from llmkick_core.models.template import read_template, tried
from llmkick_core.models.thoughts import is_thought_open
from llmkick_core.schema import Thinking

SHORT_REPLY = 256
"""Tokens below which a template is told not to think where a run names nothing."""

LONG_REPLY = 1024
"""Tokens below which a reply has no room for a thought."""

ROOM_FACT = "on, with room for a thought"
"""What the facts of a run say of `room`."""


def thinking_for(folder: Path | None, *, n_tokens: int, n_turns: int = 1) -> Thinking | None:
    """Return what a run has to say of thinking, for the chat template of a model's folder or GGUF file; None where it need say nothing.

    Args:
        folder: of the model; None where it is not on this machine.
        n_tokens: of a reply at most.
        n_turns: as in `template.tried`.

    Raises:
        ModelError: the template cannot be used.
    """
    found = read_template(folder) if folder is not None else None
    if found is None:
        return None
    template = tried(found, n_turns=n_turns)
    hello = Message(role="user", content="alpha-7")
    told_not_to = replace(template, is_brief=True).render((hello,))
    if is_thought_open(told_not_to, hello.content):
        return "room" if n_tokens < LONG_REPLY else None
    is_decided = n_tokens < SHORT_REPLY or n_tokens >= LONG_REPLY
    return None if is_decided or told_not_to == template.render((hello,)) else "off"


def is_brief(thinking: Thinking | None, n_tokens: int) -> bool:
    """Return whether a template is told not to think.

    Args:
        thinking: of the run.
        n_tokens: of a reply at most, the room for a thought left out.
    """
    return thinking == "off" or (thinking is None and n_tokens < SHORT_REPLY)

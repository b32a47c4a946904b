"""One chat completion, read from JSON that may be anything. No network.

    {"choices": [{"message": {"content": "The first is better. [[A]]"}, "finish_reason": "stop"}], "model": "gpt-4o-2024-08-06", "system_fingerprint": "fp_1",
     "usage": {"prompt_tokens": 1480, "completion_tokens": 212}}

Of several choices the first counts. Whatever has another type than it should is as if it was not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from llmkick_core.models.failures import MalformedReplyError
from llmkick_core.models.replies import has_choice
from llmkick_core.models.thoughts import split_thought

_MOST_TOKENS = 10**7  # a count above it is none
_LONGEST_WORD = 200
_MOST_CHARACTERS = 400_000  # of a reply, thought and verdict together
_CUT = ("length", "max_tokens")
_FILTERED = ("content_filter", "safety")


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a reply says."""

    outcome: Literal["text", "refused", "truncated", "unparsed"]
    """As in `Reply`."""
    reason: str = ""
    """Why it is not `text`, in a line."""
    text: str = ""
    """What the judge said, whole."""
    finish: str = ""
    """Why it ended, in the server's word."""


def read(reply: Mapping[str, Any]) -> Completion:
    """Return what a reply says.

    Raises:
        MalformedReplyError: it holds no choice.
    """
    if not has_choice(reply):
        raise MalformedReplyError("no choices in the reply")
    choice: dict[str, Any] = reply["choices"][0]
    found = choice.get("message")
    message: dict[str, Any] = found if isinstance(found, dict) else {"content": choice.get("text")}
    finish = word(choice, "finish_reason")
    text, refusal = _content(message.get("content"))
    text = split_thought(text[:_MOST_CHARACTERS])[1]  # a verdict that a judge weighs in its thoughts is none
    declined = message.get("refusal")
    refusal = declined if isinstance(declined, str) and declined.strip() else refusal
    if refusal:
        reason = f"it declined: {' '.join(refusal.split())}"[:_LONGEST_WORD]
        return Completion(outcome="refused", reason=reason, text=text or refusal, finish=finish)
    if finish.lower() in _FILTERED:
        return Completion(outcome="refused", reason="its server's content filter ended the reply", text=text, finish=finish)
    if finish.lower() in _CUT:
        return Completion(outcome="truncated", reason="the reply met its limit of tokens before its end", text=text, finish=finish)
    if not text.strip():
        return Completion(outcome="unparsed", reason="a reply without text", finish=finish)
    return Completion(outcome="text", text=text, finish=finish)


def n_tokens(reply: Mapping[str, Any], name: str) -> int | None:
    """Return prompt_tokens or completion_tokens as the server counted them, or None where it did not, or cannot have."""
    usage = reply.get("usage")
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if type(count) is int and 0 <= count <= _MOST_TOKENS else None


def word(told: Mapping[str, Any], name: str) -> str:
    """Return a word of a reply such as its model's name, in one line of bounded length; nothing where it is none."""
    said = told.get(name)
    return " ".join(said.split())[:_LONGEST_WORD] if isinstance(said, str) else ""


def _content(content: object) -> tuple[str, str]:
    """Return (text, refusal) of a message's content: a text, or parts {"type": "text", "text": ..}, {"type": "refusal", "refusal": ..}."""
    if isinstance(content, str):
        return content, ""
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    texts, refusals = ([said for part in parts if isinstance(said := part.get(name), str)] for name in ("text", "refusal"))
    return "".join(texts), " ".join(refusals)

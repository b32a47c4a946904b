"""What a judge's server may do wrong, each by its name, and when.

PASSING["429"](asked, good) -> Sent(body={"error": {"message": "slow down"}}, status=429)
"""

from __future__ import annotations

import email.utils
import json
import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

FORMATS = ("json_schema", "json_object", "brackets")


@dataclass
class Asked:
    """One request."""

    path: str
    body: dict[str, Any]
    key: str
    """Its Authorization header."""
    headers: dict[str, str] = field(default_factory=dict)
    nth: int = 0
    """How often the same prompt was asked before."""

    @property
    def prompt(self) -> str:
        messages = self.body.get("messages") or [{}]
        return str(messages[-1].get("content", ""))

    @property
    def format(self) -> str:
        return (self.body.get("response_format") or {}).get("type", "brackets")

    @property
    def about(self) -> str:
        """What is asked, in whatever shape the reply is wanted."""
        return re.split(r"\n\n(?=Reply with one JSON object|Begin your reply)", self.prompt)[0]


@dataclass
class Sent:
    """What goes back for one request."""

    body: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    way: Literal["whole", "reset", "silent", "hung", "dripping", "short", "twice"] = "whole"
    """silent: no headers; hung: half a body; dripping: a byte at a time; short: fewer bytes than told; twice: the response comes two times."""


def error(status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> Sent:
    return Sent({"error": {"message": message, **more}}, status=status, headers=headers or {})


def completion(text: object, finish: object = "stop", **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "model": "judge-2024",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
        **more,
    }


def _changed(good: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**good, **more}


def _with_message(good: dict[str, Any], finish: str = "stop", **message: Any) -> dict[str, Any]:
    return _changed(good, choices=[{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}])


def _text(good: dict[str, Any]) -> str:
    return str(good["choices"][0]["message"]["content"])


PASSING: dict[str, Callable[[Asked, dict[str, Any]], Sent]] = {
    "429": lambda asked, good: error(429, "slow down"),
    "429 in seconds": lambda asked, good: error(429, "slow down", headers={"Retry-After": "0.01"}),
    "429 in milliseconds": lambda asked, good: error(429, "slow down", headers={"retry-after-ms": "5"}),
    "429 until a date": lambda asked, good: error(
        429, "slow down", headers={"Retry-After": email.utils.formatdate(time.time(), usegmt=True)}
    ),
    "408": lambda asked, good: error(408, "timeout"),
    "409": lambda asked, good: error(409, "conflict"),
    "425": lambda asked, good: error(425, "too early"),
    "500": lambda asked, good: Sent(b"Internal Server Error", status=500),
    "502": lambda asked, good: Sent(b"<html><body>Bad Gateway</body></html>", status=502),
    "503": lambda asked, good: error(503, "the model is loading"),
    "529": lambda asked, good: error(529, "overloaded"),
    "reset": lambda asked, good: Sent({}, way="reset"),
    "slow headers": lambda asked, good: Sent(good, way="silent"),
    "hung body": lambda asked, good: Sent(good, way="hung"),
    "dripping body": lambda asked, good: Sent(good, way="dripping"),
    "fewer bytes than told": lambda asked, good: Sent(good, way="short"),
    "truncated JSON": lambda asked, good: Sent(json.dumps(good).encode()[: len(json.dumps(good)) // 2]),
    "a web page": lambda asked, good: Sent(b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"),
    "no choices": lambda asked, good: Sent(_changed(good, choices=[])),
    "choices that are none": lambda asked, good: Sent(_changed(good, choices={"0": "yes"})),
    "a choice that is none": lambda asked, good: Sent(_changed(good, choices=[5])),
    "a list": lambda asked, good: Sent([1, 2]),
    "nothing": lambda asked, good: Sent(b""),
    "deep JSON": lambda asked, good: Sent(b"[" * 200_000),
    "an error with status 200": lambda asked, good: Sent({"error": {"message": "out of memory", "code": 502}}),
    "the key in an error": lambda asked, good: error(500, f"upstream refused {asked.key}"),
    "10 MB": lambda asked, good: Sent(completion("x" * 10_000_000)),
    "10 MB of an error": lambda asked, good: Sent(b"x" * 10_000_000, status=500),
}
"""What may be over at the next try."""

ANSWERS: dict[str, Callable[[Asked, dict[str, Any]], Sent]] = {
    "JSON of a wrong shape": lambda asked, good: Sent(_with_message(good, content='{"verdict": {"score": "ten", "winner": 7}}')),
    "JSON cut short": lambda asked, good: Sent(_with_message(good, content=_text(good)[: len(_text(good)) // 2])),
    "markup": lambda asked, good: Sent(
        _with_message(good, content=f"<script>alert(1)</script>\n# **Verdict**\n```json\n{_text(good)}\n```")
    ),
    "parts": lambda asked, good: Sent(_with_message(good, content=[{"type": "text", "text": _text(good)}, 5, {"type": "image"}])),
    "two choices": lambda asked, good: Sent(_changed(good, choices=[*good["choices"], {"index": 1, "message": {"content": "no"}}])),
    "the response twice": lambda asked, good: Sent(good, way="twice"),
    "no usage": lambda asked, good: Sent({name: value for name, value in good.items() if name != "usage"}),
    "usage that is none": lambda asked, good: Sent(_changed(good, usage="x", model=5, system_fingerprint=["fp"])),
    "counts that are none": lambda asked, good: Sent(_changed(good, usage={"prompt_tokens": "many", "completion_tokens": 10**30})),
    "the key in a reply": lambda asked, good: Sent(
        _with_message(good, content=f"you sent {asked.key}"), headers={"X-Request-Id": asked.key}
    ),
    "half a surrogate pair": lambda asked, good: Sent(_with_message(good, content="[[7]] \ud83d")),
    "no text": lambda asked, good: Sent(_with_message(good, content=None)),
    "a number for text": lambda asked, good: Sent(_with_message(good, content=5)),
    "length": lambda asked, good: Sent(_with_message(good, "length", content=_text(good)[:20])),
    "content filter": lambda asked, good: Sent(_with_message(good, "content_filter", content=None)),
    "refusal": lambda asked, good: Sent(_with_message(good, content=None, refusal="I'm sorry, I can't help with that.")),
    "content policy": lambda asked, good: error(400, "The response was filtered", code="content_filter"),
    "too long": lambda asked, good: error(
        400, "This model's maximum context length is 8192 tokens. However, you requested 9000.", code="context_length_exceeded"
    ),
}
"""What is final, with a verdict or without."""

STOPPING: dict[str, Callable[[Asked, dict[str, Any]], Sent]] = {
    "401": lambda asked, good: error(401, f"Incorrect API key provided: {asked.key}"),
    "403": lambda asked, good: error(403, "not yours"),
    "404 model": lambda asked, good: error(404, f"The model `{asked.body.get('model')}` does not exist.", code="model_not_found"),
    "404 route": lambda asked, good: Sent({"detail": "Not Found"}, status=404),
    "402": lambda asked, good: error(402, "Insufficient credits"),
    "no quota": lambda asked, good: error(429, "You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"),
    "no quota with status 200": lambda asked, good: Sent({"error": {"message": "over", "code": "insufficient_quota"}}),
    "an hour": lambda asked, good: error(429, "slow down", headers={"Retry-After": "3600"}),
    "elsewhere": lambda asked, good: Sent(b"", status=307, headers={"Location": "http://127.0.0.1:1/v1"}),
}
"""What concerns every question."""

FAULTS = {**PASSING, **ANSWERS, **STOPPING}

Plan = Callable[[Asked], str]
"""What is wrong with the reply to a request: a name of FAULTS, or nothing."""


def never(asked: Asked) -> str:
    return ""


def one_after_another(*names: str) -> Plan:
    """Return a plan of one fault after another, then always the last."""
    left, lock = list(names), threading.Lock()

    def plan(asked: Asked) -> str:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return plan


def randomly(share: float, *, seed: int = 0, names: Sequence[str] = (*PASSING, *ANSWERS)) -> Plan:
    """Return a plan of so many bad replies (0-1), the same for the same questions whatever their order."""

    def plan(asked: Asked) -> str:
        draw = random.Random(number(seed, asked.about, asked.nth))
        return draw.choice(list(names)) if draw.random() < share else ""

    return plan


def number(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(errors="replace"), digest_size=8).digest())

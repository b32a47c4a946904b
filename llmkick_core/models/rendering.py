"""Render chat templates in a process that can be ended, because a template is somebody else's code.

    -> {"template": "{{ messages[0].content }}", "tokens": {"eos_token": "</s>"}, "messages": [{"role": "user", "content": "Hi"}],
        "variables": {"enable_thinking": false}, "date": "2024-07-26", "most": 1000000}
    <- {"text": "Hi", "is_dated": false}            or {"error": "'x' is undefined"}

One JSON line each; nothing but jinja2 is imported. The environment is that of transformers' `apply_chat_template`
(transformers/utils/chat_template_utils.py, version 5.23) but for three things: the clock stands at midnight of `date`,
in UTC and English; chance is refused; a special token that the tokenizer lacks counts as empty where the template fails
without it. `template.py` sends the requests and ends the process where it takes too long.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

MOST_MEMORY = 2**30
"""Bytes that the process may have."""

SECONDS = 5.0
"""In which a conversation has to be rendered."""

SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class _Clock:
    """What a template is told of the time."""

    def __init__(self) -> None:
        self.day = datetime(1970, 1, 1)
        self.is_asked = False

    def strftime_now(self, form: str) -> str:
        self.is_asked = True
        return self.day.strftime(form)


class _Generation(Extension):
    """The tags `{% generation %} .. {% endgeneration %}`, which mark the model's own words in training and write what they hold."""

    tags = {"generation"}  # noqa: RUF012  (jinja2's own declaration)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_written"), [], [], body).set_lineno(line)

    def _written(self, caller: Callable[[], str]) -> str:
        return caller()


class _Namespace(Namespace):
    """jinja2's namespace without names that begin with an underscore."""

    def __init__(*args: Any, **names: Any) -> None:  # `namespace(self=1)` is allowed
        self, rest = args[0], args[1:]
        values = dict(*rest, **names)
        for name in values:
            _check_name(name)
        Namespace.__init__(self, values)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


class _Dict:
    """`dict` for templates."""

    def __call__(self, *args: Any, **names: Any) -> dict[Any, Any]:
        return dict(*args, **names)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace has no attribute {name!r}")


def _raise(message: object) -> None:
    raise TemplateError(str(message))


def _chance(*_: Any, **__: Any) -> None:
    raise TemplateError("it draws at random, so that no two runs would be asked the same")


def _as_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, separators: Any = None, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


_clock = _Clock()


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols])
    made.filters["tojson"] = _as_json
    made.filters["random"] = _chance
    made.globals |= {
        "raise_exception": _raise,
        "strftime_now": _clock.strftime_now,
        "dict": _Dict(),
        "namespace": _Namespace,
        "lipsum": _chance,
    }
    return made


@lru_cache(maxsize=16)
def _compiled(template: str) -> Template:
    return _environment().from_string(template)


def render(
    template: str,
    messages: Sequence[Mapping[str, Any]],
    *,
    tokens: Mapping[str, str],
    variables: Mapping[str, Any],
    date: str,
    most: int,
) -> tuple[str, bool]:
    """Return a conversation as its template writes it before the next reply, and whether the template asked for the date.

    Args:
        template: Jinja.
        messages: `{"role": .., "content": ..}`.
        tokens: special tokens by name, such as `eos_token`.
        variables: further names that the template reads.
        date: the day it is told, YYYY-MM-DD.
        most: characters that it may write.

    Raises:
        TemplateError: the template refuses the conversation, is wrong, or writes more.
    """
    _clock.day, _clock.is_asked = datetime.strptime(date, "%Y-%m-%d"), False
    known = {**tokens, "messages": messages, "tools": None, "documents": None, "add_generation_prompt": True, **variables}
    try:
        text = _written(template, known, most)
    except UndefinedError:
        missing = {name: "" for name in SPECIAL_TOKENS if name not in known}
        text = _written(template, known | missing, most)
    return text, _clock.is_asked


def _written(template: str, known: Mapping[str, Any], most: int) -> str:
    pieces: list[str] = []
    n = 0
    for piece in _compiled(template).generate(known):
        n += len(piece)
        if n > most:
            raise TemplateError(f"it writes more than {most:,} characters")
        pieces.append(piece)
    return "".join(pieces)


def _reason(error: BaseException) -> str:
    """Return what is wrong in one line."""
    if isinstance(error, MemoryError):
        return "it takes more than 1 GiB of memory"
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    said = " ".join(str(error).split())[:300] or "no reason is given"
    if isinstance(error, TemplateSyntaxError):
        return f"line {error.lineno}: {said}"
    return said if isinstance(error, TemplateError) else f"{type(error).__name__}: {said}"


def _answer(line: str) -> dict[str, Any]:
    asked = json.loads(line)
    try:
        text, is_dated = render(**asked)
        return {"text": text, "is_dated": is_dated}
    except Exception as error:  # noqa: BLE001  (whatever somebody else's code raises is what is wrong with it)
        return {"error": _reason(error)}


def main() -> None:
    """Answer requests until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks ends this process
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    told = os.dup(1)
    os.dup2(2, 1)
    with open(told, "w", encoding="ascii") as out:
        for line in sys.stdin:
            signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS)  # ends the process where who asks is gone
            reply = _answer(line)
            signal.setitimer(signal.ITIMER_REAL, 0)
            out.write(json.dumps(reply) + "\n")
            out.flush()


if __name__ == "__main__":
    main()

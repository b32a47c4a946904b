r"""A model's chat template: found in its folder, tried before anything is computed, and rendered within limits. No torch.

    template = read_template(folder)                     # None where the model brings none
    template = tried(template, n_turns=2)                # ModelError where it cannot be used
    template.render((Message(role="user", content="Hi"),))  -> "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"

A template is a program that came with the weights. It runs in a process of its own (rendering.py), which is ended where
it takes longer than 5 s; it may write 1,000,000 characters more than the conversation has. What it reads from the clock
is the day that the run says, by default TEMPLATE_DATE: the day that the templates of Llama 3 take themselves where they
know no other. So runs that are made on different days are asked the same.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.decoding import parse_json
from llmkick_core.errors import ModelError, TaskError
from llmkick_core.models import rendering
from llmkick_core.models.base import Message
from llmkick_core.models.gguf_header import read_gguf
from llmkick_core.models.hub import download, split_hub
from llmkick_core.models.json_files import read_file

if TYPE_CHECKING:
    from llmkick_core.models.locate import Location

TEMPLATE_DATE = "2024-07-26"
"""The day that a chat template is told unless a run says another one."""

MOST_CHARACTERS = 1_000_000
"""That a template may write beside what was said."""

LONGEST_TEMPLATE = 1_000_000
"""Characters of a template."""

FILE = "chat_template.jinja"
_MORE = "additional_chat_templates"
_LEGACY = "chat_template.json"
_CONFIG = "tokenizer_config.json"
_TOKENS = "special_tokens_map.json"
_SAID = ("alpha-7", "beta-8", "gamma-9")  # of the conversations that a template is tried on
_START_S = 60.0  # of the process, on a busy machine
_SYSTEM = {"role": "system", "content": ""}


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A chat template, and how conversations are handed to it."""

    text: str
    """Jinja."""
    source: str
    """The file that it stands in, for messages: `/models/llama/chat_template.jinja`."""
    tokens: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Special tokens by name: {"bos_token": "<s>", ..}."""
    date: str = TEMPLATE_DATE
    """The day that it is told."""
    has_system: bool = False
    """Whether it wants a system message, which is empty then."""
    has_parts: bool = False
    """Whether it reads a message as a list of parts, `[{"type": "text", "text": ..}]`."""
    is_brief: bool = False
    """Whether it is told not to think (models/thinking.py)."""

    @property
    def can_think(self) -> bool:
        """Return whether it knows the switch `enable_thinking`."""
        return "enable_thinking" in self.text

    @property
    def manner(self) -> str:
        """Return what a reader has to know of how conversations are handed to it."""
        more = [", with an empty system message"] * self.has_system + [", messages as lists of parts"] * self.has_parts
        return f"the tokenizer's own{''.join(more)}"

    def render(self, messages: Sequence[Message]) -> str:
        """Return a conversation whose turn it is to answer as the model reads it, special tokens and all.

        Raises:
            ModelError: the template refuses the conversation, is wrong, or exceeds the limits.
        """
        return self._rendered(messages)[0]

    def _rendered(self, messages: Sequence[Message]) -> tuple[str, bool]:
        turns: list[dict[str, Any]] = [_SYSTEM] if self.has_system else []
        turns += [{"role": message.role, "content": message.content} for message in messages]
        if self.has_parts:
            turns = [turn | {"content": [{"type": "text", "text": turn["content"]}]} for turn in turns]
        try:
            return _PROCESS.render(
                template=self.text,
                messages=turns,
                tokens=dict(self.tokens),
                variables={"enable_thinking": False} if self.is_brief and self.can_think else {},
                date=self.date,
                most=MOST_CHARACTERS + 2 * sum(len(message.content) for message in messages),
            )
        except _RefusedError as error:
            raise _unusable(self.source, str(error)) from error


def read_template(folder: Path) -> ChatTemplate | None:
    """Return the chat template of a model's folder, or of a GGUF file, as transformers would choose it, or None where it brings none.

    `chat_template.jinja` comes before `tokenizer_config.json`; of several named ones `default` is taken. The `chat_template.json` of a model that also sees
    images is taken where its tokenizer has none.

    Raises:
        ModelError: a file is damaged, or none of several templates is the default one.
    """
    if folder.is_file():
        text = read_gguf(folder).metadata.get("tokenizer.chat_template")
        return ChatTemplate(text=default_of(text, str(folder)), source=str(folder)) if text else None
    config = _read_json(folder / _CONFIG)
    found: Any = None
    name = FILE
    if (folder / FILE).is_file():
        found = _read_text(folder / FILE)
    elif any((folder / _MORE).glob("*.jinja")):
        found, name = {path.stem: "" for path in sorted((folder / _MORE).glob("*.jinja"))}, _MORE
    elif config.get("chat_template"):
        found, name = config["chat_template"], _CONFIG
    elif (folder / _LEGACY).is_file():
        found, name = _read_json(folder / _LEGACY).get("chat_template"), _LEGACY
    if not found:
        return None
    tokens = _tokens(_read_json(folder / _TOKENS)) | _tokens(config)
    source = str(folder / name)
    return ChatTemplate(text=default_of(found, source), source=source, tokens=tokens)


def default_of(found: Any, source: str) -> str:
    """Return the template that conversations go through: the only one, or the one named `default`.

    Raises:
        ModelError: there is none of that name, or what was found is no template.
    """
    if isinstance(found, list):
        found = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
    if isinstance(found, dict):
        if "default" not in found:
            raise ModelError(
                f"the chat templates in {source} are named {', '.join(map(str, found))}; none is the `default` one, so none can be chosen."
            )
        found = found["default"]
    if not isinstance(found, str):
        raise ModelError(f"the chat template in {source} is no text; get the model's files again.")
    if len(found) > LONGEST_TEMPLATE:
        raise ModelError(f"the chat template in {source} has {len(found):,} characters; at most {LONGEST_TEMPLATE:,} are read.")
    return found


@lru_cache(maxsize=64)
def _shape(text: str, tokens: str, source: str, n_turns: int) -> tuple[bool, bool, bool]:
    """Return (wants a system message, wants parts, asks for the date) of a template.

    Raises:
        ModelError: no way to hand it a conversation works.
    """
    template = ChatTemplate(text=text, source=source, tokens=json.loads(tokens))
    first, *rest = (
        Message(role="user", content=_SAID[0]),
        Message(role="assistant", content=_SAID[1]),
        Message(role="user", content=_SAID[2]),
    )
    conversations = [(first,), (first, *rest)] if n_turns > 1 else [(first,)]
    wrong: ModelError | None = None
    for has_system, has_parts in ((False, False), (True, False), (False, True), (True, True)):
        one = replace(template, has_system=has_system, has_parts=has_parts)
        try:
            rendered = [one._rendered(conversation) for conversation in conversations]
        except ModelError as error:
            wrong = wrong or error
            if isinstance(error.__cause__, _StoppedError):
                break  # it would take as long again
            continue
        if all(rendered[k][0].count(message.content) for k, said in enumerate(conversations) for message in said if message.role == "user"):
            return has_system, has_parts, any(is_dated for _, is_dated in rendered)
        wrong = wrong or _unusable(source, "it leaves out what the user says")
    raise wrong or _unusable(source, "it takes no conversation")


def tried(template: ChatTemplate, *, n_turns: int = 1) -> ChatTemplate:
    """Return a template with the way in which it takes conversations, found by trying it on short ones.

    Args:
        template: as it was read.
        n_turns: whether conversations go on (2) or end at the first reply (1).

    Raises:
        ModelError: it raises, leaves out what the user says, or exceeds the limits.
    """
    has_system, has_parts, _ = _shape(template.text, json.dumps(template.tokens, sort_keys=True), template.source, n_turns)
    return replace(template, has_system=has_system, has_parts=has_parts)


def check_template(folder: Path, *, n_turns: int = 1) -> None:
    """Check that conversations can go through the chat template of a folder, where it has one.

    Raises:
        ModelError: they cannot; the message names the file and the reason.
    """
    if template := read_template(folder):
        tried(template, n_turns=n_turns)


def template_date_for(folder: Path | None, day: str = "", *, n_turns: int = 1) -> str:
    """Return the day that the chat template of a folder is told, empty where it asks for none; checks the template on the way.

    Args:
        folder: of the model; None where it is not on this machine.
        day: YYYY-MM-DD; empty takes TEMPLATE_DATE.
        n_turns: as in `tried`.

    Raises:
        ModelError: the template cannot be used.
        TaskError: the day is none.
    """
    try:
        date.fromisoformat(day or TEMPLATE_DATE)
    except ValueError:
        raise TaskError(f"template date {day!r} is not a day such as {TEMPLATE_DATE}.") from None
    template = read_template(folder) if folder is not None else None
    if template is None:
        return ""
    is_dated = _shape(template.text, json.dumps(template.tokens, sort_keys=True), template.source, n_turns)[2]
    return (day or TEMPLATE_DATE) if is_dated else ""


def folder_of(location: Location) -> Path | None:
    """Return the folder of a model, its GGUF file, or of one that is still on the hub the few small files that hold its chat template; None where they cannot be had."""
    here = location.path or location.source
    if here is not None or not location.model.startswith("hub:"):
        return here
    repo, _, file = split_hub(location.model)
    if file:
        return None  # the template stands in the file itself, which is downloaded when the model is first needed
    try:
        return download(location.model, repo, location.revision, [FILE, f"{_MORE}/*.jinja", _LEGACY, _CONFIG, _TOKENS])
    except ModelError:
        return None


def _unusable(source: str, reason: str) -> ModelError:
    return ModelError(f"the chat template in {source} cannot be used: {reason.rstrip('.')}; correct it, or get the model's files again.")


def _read_text(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")  # as reading text does
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} in {path.parent} cannot be read ({error}); get the model's files again.") from None


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = parse_json(_read_text(path))
    except ValueError as error:
        raise ModelError(f"{path.name} in {path.parent} is no JSON ({error}); get the model's files again.") from None
    return found if isinstance(found, dict) else {}


def _tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the special tokens of a tokenizer's config."""
    found = {}
    for name in rendering.SPECIAL_TOKENS:
        token = config.get(name)
        token = token.get("content") if isinstance(token, dict) else token
        if isinstance(token, str):
            found[name] = token
    return found


class _RefusedError(Exception):
    """What is wrong with a template, in one line."""


class _StoppedError(_RefusedError):
    """The template was ended, for it took too long or too much."""


class _Process:
    """The process that renders: started when it is needed, ended with this one, or where a template takes too long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.stop)

    def render(self, **asked: Any) -> tuple[str, bool]:
        """Return what a template writes, and whether it asked for the date.

        Raises:
            _RefusedError: it cannot be rendered.
        """
        with self._lock:
            try:
                child = self._running()
                self._send(child, asked)
                reply = json.loads(self._line(child, rendering.SECONDS))
            except (OSError, ValueError):
                self._end()
                raise _StoppedError("the process that renders it was ended by it") from None
            except _RefusedError:
                self._end()
                raise
        if "error" in reply:
            raise _RefusedError(reply["error"])
        return str(reply["text"]), bool(reply["is_dated"])

    def stop(self) -> None:
        """End the process, where there is one."""
        with self._lock:
            if self._owner == os.getpid():
                self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._owner == os.getpid() and self._child.poll() is None:
            return self._child
        if self._owner == os.getpid():
            self._end()
        # by its path and without its folder in front, so that it loads nothing but jinja2; UTC and English, whatever this machine has
        words = [sys.executable, "-P", str(Path(rendering.__file__))]
        environment = os.environ | {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}
        self._child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        self._owner = os.getpid()
        self._send(self._child, {"template": "", "messages": [], "tokens": {}, "variables": {}, "date": TEMPLATE_DATE, "most": 1})
        self._line(self._child, _START_S)
        return self._child

    @staticmethod
    def _send(child: subprocess.Popen[bytes], asked: Mapping[str, Any]) -> None:
        assert child.stdin is not None
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()

    @staticmethod
    def _line(child: subprocess.Popen[bytes], limit_s: float) -> bytes:
        """Return the next line of the process.

        Raises:
            _StoppedError: it does not come in time, or never will.
        """
        assert child.stdout is not None
        out, until, pieces = child.stdout.fileno(), time.monotonic() + limit_s, [b""]
        while not pieces[-1].endswith(b"\n"):
            ready, _, _ = select.select([out], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise _StoppedError(f"it is not done after {limit_s:g} s")
            pieces.append(os.read(out, 2**20))
            if not pieces[-1]:
                raise _StoppedError("the process that renders it was ended by it")
        return b"".join(pieces)

    def _end(self) -> None:
        if (child := self._child) is None:
            return
        self._child = None
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


_PROCESS = _Process()

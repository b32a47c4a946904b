"""A real HTTP server on 127.0.0.1 that speaks OpenAI's protocol, and misbehaves on command.

    with FakeServer(Words()) as server:
        connect(server.model)

Its model `Words` takes a word with the spaces before it as a token, of log-probability minus a tenth of its letters.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass
class Reply:
    """What goes back for one request."""

    body: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_reset: bool = False
    """The connection is broken instead."""
    is_slow: bool = False
    """It only comes when the server is closed."""


def refused(status: int, message: str, **more: str) -> Reply:
    return Reply({"error": {"message": message, **more}}, status=status)


def text_reply(text: str, finish: str | None = "stop", *, logprobs: object = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": text, "finish_reason": finish, "logprobs": logprobs}], **more}


@dataclass
class Words:
    """A model whose tokens are words, and what its server can do."""

    says: Callable[[str], str] = lambda prompt: " Oslo"
    has_completions: bool = True
    has_echo: bool = True
    has_listed: bool = True
    has_begin: bool = False
    """A begin token before every prompt, as vLLM tells it."""
    is_split_wrongly: bool = False
    """Tokens whose text does not join to the prompt, as of letters split in two."""
    listed: dict[str, float] = field(default_factory=lambda: {" A": -2.0, " B": -0.5, "B": -3.0, " The": -1.0})
    context: int | None = None
    name: str = "words"

    def __call__(self, path: str, body: dict[str, Any]) -> Reply:
        if path == "/v1/models":
            return Reply({"object": "list", "data": [{"id": self.name, "object": "model", "max_model_len": self.context}]})
        if path == "/v1/completions" and self.has_completions:
            prompt, shape = body["prompt"], "completions"
        elif path == "/v1/chat/completions":
            prompt, shape = body["messages"][-1]["content"], "chat"
        else:
            return refused(404, "Not Found")
        if body["model"] != self.name:
            return refused(404, f"The model `{body['model']}` does not exist.")
        tokens = self.tokens(prompt)
        if self.context is not None and len(tokens) + body["max_tokens"] > self.context:
            return refused(400, f"This model's maximum context length is {self.context} tokens. However, you requested more.")
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None}
        said = self.says(prompt)
        if body.get("logprobs") is not None:
            if body.get("echo"):
                if not self.has_echo:
                    return refused(400, "echo is not supported")
                choice["logprobs"] = self.echoed([*tokens, said])
            elif self.has_listed:
                first = [{"token": token, "logprob": p} for token, p in self.listed.items()]
                choice["logprobs"] = {"top_logprobs": [self.listed]} if shape == "completions" else {"content": [{"top_logprobs": first}]}
        choice |= {"text": said} if shape == "completions" else {"message": {"role": "assistant", "content": said}}
        return Reply({"choices": [choice], "usage": {"prompt_tokens": len(tokens), "completion_tokens": 1}})

    def tokens(self, text: str) -> list[str]:
        return [*(["<s>"] if self.has_begin else []), *re.findall(r"\s*\S+|\s+$", text)]

    def echoed(self, tokens: Sequence[str]) -> dict[str, Any]:
        shown = [token.strip() for token in tokens] if self.is_split_wrongly else list(tokens)
        return {"tokens": shown, "token_logprobs": [None, *(-len(token) / 10 for token in tokens[1:])]}


class FakeServer:
    """A server that answers as a function says; every thread of it ends with the block."""

    def __init__(self, answer: Callable[[str, dict[str, Any]], Reply]) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str] = []
        self.most_at_once = 0
        self._n_now = 0
        self._lock = threading.Lock()
        closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply({})

            def do_POST(self) -> None:
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def reply(self, body: dict[str, Any]) -> None:
                with outer._lock:
                    outer.asked.append((self.path, body))
                    outer.keys.append(self.headers["Authorization"])
                    outer._n_now += 1
                    outer.most_at_once = max(outer.most_at_once, outer._n_now)
                try:
                    self.send(answer(self.path, body))
                except OSError:
                    pass  # who asked does not wait any more
                finally:
                    with outer._lock:
                        outer._n_now -= 1

            def send(self, reply: Reply) -> None:
                if reply.is_slow:
                    closing.wait(60)
                if reply.is_reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    return
                raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = False  # joined when it closes

            def handle_error(self, *_: object) -> None:
                pass

        self._closing = closing
        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self.model = f"endpoint:{self.url}#words"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for asked, body in self.asked if asked == f"/v1{path}"]


def one_after_another(*replies: Reply) -> Callable[[str, dict[str, Any]], Reply]:
    """Return what answers with each reply once, then with the last one."""
    left = list(replies)
    lock = threading.Lock()

    def answer(path: str, body: dict[str, Any]) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


def refusing_where(words: Words, is_refused: Callable[[str], bool]) -> Callable[[str, dict[str, Any]], Reply]:
    """Return what answers as `words` does, but refuses some prompts as Azure's content policy does."""

    def answer(path: str, body: dict[str, Any]) -> Reply:
        prompt = body.get("prompt") or (body["messages"][-1]["content"] if "messages" in body else "A B C")
        return refused(400, "The prompt triggered a content policy.", code="content_filter") if is_refused(prompt) else words(path, body)

    return answer

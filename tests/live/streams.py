"""What servers send: streams in OpenAI's shape, for the fake server."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.models.fake_server import Reply


def event(told: Any) -> bytes:
    """Return one server-sent event."""
    return f"data: {told if isinstance(told, str) else json.dumps(told)}\n\n".encode()


def text(piece: str | None, finish: str | None = None, **more: Any) -> bytes:
    """Return a piece of a continuation."""
    return event({"choices": [{"index": 0, "text": piece, "finish_reason": finish}], **more})


def chat(piece: str | None, finish: str | None = None) -> bytes:
    """Return a piece of a reply."""
    return event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": finish}]})


def streamed(*events: bytes, **headers: str) -> Reply:
    """Return a whole stream."""
    return Reply(b"".join(events), headers={"Content-Type": "text/event-stream", **headers})


def answer(*pieces: str) -> Reply:
    """Return the stream of an answer."""
    counted = {"usage": {"completion_tokens": len(pieces) + 1}}
    return streamed(*map(text, pieces), text("", "stop", **counted), event("[DONE]"))


class Endless:
    """A server that writes a word every few milliseconds until who asked is gone, and tells that."""

    def __init__(self, pause_s: float = 0.01) -> None:
        self.n_asked = 0
        self.left = threading.Event()
        closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.n_asked += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.end_headers()
                try:
                    while not closing.wait(pause_s):
                        self.wfile.write(text(" word"))
                except OSError:
                    outer.left.set()

            def log_message(self, *_: object) -> None:
                pass

        self._closing = closing
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

"""A server on a socket of its own that sends whatever bytes it is told, at whatever pace, and keeps the requests as they came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Self

Sends = Callable[[bytes], Iterator[bytes] | bytes]


class HostileServer:
    """Answers each connection with what `sends` makes of the request; ends with the block."""

    def __init__(self, sends: Sends, *, pause_s: float = 0.0) -> None:
        self.requests: list[bytes] = []
        self._sends, self._pause_s = sends, pause_s
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.model = f"endpoint:{self.url}#words"
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    @property
    def heard(self) -> str:
        return b"\n".join(self.requests).decode("latin-1")

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._answer, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(10)
            try:
                request = _request(connection)
                self.requests.append(request)
                sent = self._sends(request)
                for chunk in [sent] if isinstance(sent, bytes) else sent:
                    if self._closing.wait(self._pause_s):
                        return
                    connection.sendall(chunk)
            except OSError:
                return  # who asked does not wait any more


def _request(connection: socket.socket) -> bytes:
    """Return a request, its body whole."""
    came = b""
    while b"\r\n\r\n" not in came:
        more = connection.recv(65536)
        if not more:
            return came
        came += more
    head, _, body = came.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole reply."""
    told = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(told).encode() + b"\r\n\r\n" + body

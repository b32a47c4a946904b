"""Refuses what a web page of another site may send to a server of this machine.

    app = HostGuard(app, hosts=("localhost", "127.0.0.1", "::1"))        # the app: by the names under which it is reached
    app = HostGuard(app, key="6f...")                                    # a model server of Live: by a key that its page has not

A page of evil.example can have its own name lead to 127.0.0.1 after it was loaded (DNS rebinding); the browser then takes our servers for evil.example and lets
the page read and write them. The `Host` of its requests still names evil.example. It can also post to 127.0.0.1 without reading the reply; the `Origin` of such
requests names the page. Both are refused, over HTTP and websockets. And it can show our page in a frame under its own, so that somebody who means to click there
clicks here (clickjacking): every reply says that only pages of the same server may frame it. No streamlit, no starlette: this is plain ASGI.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Names of this machine, which no other site can have."""

UNFRAMED = ((b"content-security-policy", b"frame-ancestors 'self'"), (b"x-frame-options", b"SAMEORIGIN"))
"""What every reply says of who may frame it; Streamlit's own frames, those of components, are of the same server."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class HostGuard:
    """An ASGI app that passes on to another only what comes by an allowed name, and from a page of that name."""

    def __init__(self, app: App, *, hosts: Sequence[str] = LOOPBACK, origins: Sequence[str] = (), key: str | None = None) -> None:
        """Take the app behind it.

        Args:
            app: what answers.
            hosts: names that a request may have for this server; `*.example.org` takes all below a domain, `*` any.
            origins: addresses of other pages that may ask it, such as https://example.org.
            key: what each request has to bring as `Authorization: Bearer`; None asks for none.
        """
        self._app = app
        self._hosts = tuple(hosts)
        self._origins = {origin.rstrip("/").lower() for origin in origins}
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse in one line what another site sent."""
        reason = self._refusal(scope) if scope["type"] in ("http", "websocket") else ""
        if scope["type"] == "http":
            send = _unframed(send)
        if not reason:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})  # before it was accepted: 403
        else:
            kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": reason.encode()})

    def _refusal(self, scope: Scope) -> str:
        """Return why a request is refused, or nothing."""
        named, origins, keys = (_values(scope, name) for name in (b"host", b"origin", b"authorization"))
        if len(named) != 1 or not is_allowed(named[0], self._hosts):
            return "This server does not answer to that name. Whoever runs it can add the name to server.allowedHosts (docs/security.md).\n"
        if any(not self._is_own(origin, named[0]) for origin in origins):
            return "This server does not answer to pages of other sites.\n"
        if self._key is not None and not (len(keys) == 1 and hmac.compare_digest(keys[0].encode(), f"Bearer {self._key}".encode())):
            return "This server answers to the program that started it alone.\n"
        return ""

    def _is_own(self, origin: str, host: str) -> bool:
        """Return whether a page is of this server, port included, or one that is named."""
        return origin.partition("://")[2].lower() == host.lower() or origin.rstrip("/").lower() in self._origins


def _unframed(send: Send) -> Send:
    """Return what sends a reply with `UNFRAMED`; another policy that the app behind it has stays, and holds too."""

    async def send_unframed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message.get("headers", ()) if name.lower() != UNFRAMED[1][0]]
            message = {**message, "headers": [*others, *UNFRAMED]}
        await send(message)

    return send_unframed


def is_allowed(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a `Host` header (`127.0.0.1:8501`, `[::1]`) names one of the allowed hosts, whatever its port."""
    name = _name(host)
    return name is not None and any(
        name == pattern or pattern == "*" or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in (one.strip().lower().rstrip(".") for one in hosts)
    )


def _name(host: str) -> str | None:
    """Return the name in a host and port, or None where they are none."""
    if not host or any(sign in host for sign in "/?#@\\ \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts.hostname.lower().rstrip(".") if parts.hostname else None


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]

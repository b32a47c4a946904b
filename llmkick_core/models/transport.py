"""The way to an OpenAI-compatible server: the openai client as evaluation, the judge and Live use it. No patience, and no torch.

    transport = Transport("https://api.openai.com/v1", key, failures, timeout_s=300)
    text, n_bytes = await transport.reply("/chat/completions", {"model": "gpt-4o", "messages": [...]})
    async for line in transport.lines("/completions", {...}, silence_s=120, deadline_s=300): ...

A server may be hostile, and so may the environment of other programs. Nothing is sent but the request and what belongs to its own host (`account_headers`):
no header that the environment has for other clients, no cookie. Proxies of the environment and redirects are only used where a setting asks for them. A reply
is read within a time and a size, counted after decompression, and each request has a connection of its own: a server that sends a reply twice cannot have the
second taken for the reply to the next question. The API key is cut out of all that comes back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from concurrent.futures import Future
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from llmkick_core import settings
from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import Failures, MalformedReplyError, PassingError, is_loopback, is_openai

if TYPE_CHECKING:
    from httpx2 import URL, Headers, Request, Response
    from openai import AsyncOpenAI

MOST_BYTES = 4 * 10**6
"""Of a reply that are read, beside those that its request pays for."""

BYTES_A_BYTE = 100
"""Of a reply, for each byte of its request: an echoed prompt comes back with the log-probability, the place and the likeliest alternative of each token."""

MOST_STREAMED = 32 * 10**6
"""Bytes of a stream that are read."""

LONGEST_LINE = 2**22
"""Bytes of a stream's line."""

_CONNECT_S = 10.0
_MOST_REDIRECTS = 3
_UNPACKED = ("gzip", "deflate")  # what is understood of a server that compresses though it was asked not to
_SENT = {
    "host",
    "connection",
    "content-type",
    "content-length",
    "transfer-encoding",
    "accept",
    "accept-encoding",
    "user-agent",
}
_OURS = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "llmkick-explorer"}

T = TypeVar("T")


class _StatusError(Exception):
    """An HTTP status that is not 2xx, with what came with it."""

    def __init__(self, status: int, headers: Headers, text: str) -> None:
        super().__init__(status)
        self.status, self.headers, self.text = status, headers, text


class Transport:
    """The way to one address, for one event loop."""

    def __init__(self, url: str, key: str | None, failures: Failures, *, timeout_s: float) -> None:
        """Take an address, the key that goes there, what tells of its failures, and the seconds that a whole reply may take."""
        from httpx2 import URL

        for name in ("httpx2", "httpcore2", "openai"):  # lines a request, with what is asked and headers that came back
            logging.getLogger(name).setLevel(logging.WARNING)
        self.url = url
        """Its address."""
        self._failures = failures
        self._timeout_s = timeout_s
        self._place = _origin(URL(url))
        self._account = account_headers(url, key)
        self._client = self._made()

    def _made(self) -> AsyncOpenAI:
        """Return the client. It is given no key, organization or address of its own: what is sent is put together in `_prepare`."""
        from httpx2 import AsyncClient, Limits, Timeout, create_ssl_context
        from openai import AsyncOpenAI

        follows = settings.endpoint_redirects()
        is_encrypted = self.url.startswith("https:") or follows
        timeout = Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s))
        inner = AsyncClient(
            timeout=timeout,
            follow_redirects=follows,
            max_redirects=_MOST_REDIRECTS,
            trust_env=settings.endpoint_proxies() and not is_loopback(self.url),  # no proxy hears what is for this machine
            verify=create_ssl_context() if is_encrypted else False,  # reading all certificates takes longer than a first token
            limits=Limits(max_connections=None, max_keepalive_connections=0),
            event_hooks={"request": [self._prepare], "response": [_check]},
        )
        return AsyncOpenAI(
            base_url=self.url, api_key="none", organization="", project="", max_retries=0, timeout=timeout, http_client=inner
        )

    async def _prepare(self, request: Request) -> None:
        """Leave in a request what is ours; the key goes to its own address alone, wherever a redirect leads.

        Raises:
            EndpointError: a redirect leads to plain http elsewhere.
        """
        is_own = _origin(request.url) == self._place
        if not is_own and request.url.scheme != "https":
            raise EndpointError(f"{self.url} names another address that is not https, which is not followed.")
        for header in [header for header in request.headers if header.lower() not in _SENT]:
            del request.headers[header]
        request.headers.update(_OURS)
        if is_own:
            request.headers.update(self._account)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def reply(self, path: str, body: dict[str, Any] | None = None) -> tuple[str, int]:
        """Return the text of the reply to a request, the API key cut out, and how many bytes it had.

        Args:
            path: such as /chat/completions.
            body: what is posted; None asks by GET.

        Raises:
            PassingError: what may be over at the next try.
            EndpointError: what will not, as a Refusal where the server does not do what was asked.
        """
        content = _bytes(body)
        try:
            async with asyncio.timeout(self._timeout_s), self._answer(path, content) as response:
                came = await _bounded(response, MOST_BYTES + BYTES_A_BYTE * len(content or b""))
                return self._failures.without_key(came.decode("utf-8-sig", errors="replace")), len(came)
        except Exception as error:
            failure = self._failure(error)
            if failure is None:
                raise
        raise failure  # out here, so that it holds no trace of the request, which holds the key

    async def lines(self, path: str, body: dict[str, Any], *, silence_s: float, deadline_s: float) -> AsyncGenerator[bytes]:
        """Yield the lines of a streamed reply as they come. The API key is in them still, for one may stand in two: see `Failures.cutter`.

        Args:
            path: such as /completions.
            body: what is posted.
            silence_s: seconds until something comes.
            deadline_s: seconds that all of it may take.

        Raises:
            PassingError: what may be over at the next try.
            EndpointError: what will not, as a Refusal where the server does not do what was asked.
        """
        now = asyncio.get_running_loop().time
        until = now() + deadline_s
        try:
            chunks = _unpacked(self._answer(path, _bytes(body)))
            async with aclosing(chunks):
                rest, n_bytes = bytearray(), 0
                while True:
                    async with asyncio.timeout_at(min(until, now() + silence_s)):
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    n_bytes += len(chunk)
                    *ends, last = chunk.split(b"\n")
                    for end in ends:
                        yield bytes(rest + end)
                        rest.clear()
                    rest += last
                    if len(rest) > LONGEST_LINE or n_bytes > MOST_STREAMED:
                        most = LONGEST_LINE if len(rest) > LONGEST_LINE else MOST_STREAMED
                        what = "a line" if len(rest) > LONGEST_LINE else "a stream"
                        raise EndpointError(f"{self.url} sent {what} of more than {most:,} bytes, which is no piece of an answer.")
                if rest:
                    yield bytes(rest)
                return
        except TimeoutError:
            is_over = now() >= until
            late = EndpointError(f"{self.url} was still answering after {deadline_s:.0f} s; ask for fewer tokens.")
            failure: Exception | None = late if is_over else self._failures.of_silence()
        except Exception as error:
            failure = self._failure(error)
            if failure is None:
                raise
        assert failure is not None
        raise failure

    @asynccontextmanager
    async def _answer(self, path: str, content: bytes | None) -> AsyncIterator[Response]:
        """Hold a reply with a status of 2xx for the block, its body not read yet."""
        from httpx2 import Response
        from openai import AsyncStream

        ask = self._client.get if content is None else partial(self._client.post, content=content)
        headers = {} if content is None else {"Content-Type": "application/json"}
        # what is cast to a Response comes as one; as a stream, its body is not read yet
        came: Any = await ask(path, cast_to=Response, stream=True, stream_cls=AsyncStream[Response], options={"headers": headers})
        response: Response = came
        try:
            yield response
        finally:
            await response.aclose()

    def _failure(self, error: Exception) -> Exception | None:
        """Return what an exception of a request means, or None where it is no failure of the server's."""
        from httpx2 import ConnectError, ConnectTimeout, HTTPError, InvalidURL, StreamError, TimeoutException
        from openai import APIConnectionError

        if isinstance(error, APIConnectionError) and isinstance(error.__cause__, Exception):
            error = error.__cause__
        cause = _cause(error)
        if isinstance(error, TimeoutError):
            return self._failures.of_silence()
        if isinstance(error, EndpointError | PassingError):
            return error.with_traceback(None)
        if isinstance(error, _StatusError):
            return self._of_status(error)
        if isinstance(error, MalformedReplyError):
            return self._failures.of_reply(error)
        if isinstance(error, TimeoutException):
            return self._failures.of_silence(is_absent=isinstance(error, ConnectTimeout))
        if isinstance(error, ConnectError):
            return self._failures.of_absence(cause)
        if isinstance(error, HTTPError | InvalidURL | StreamError | OSError):
            return self._failures.of_break(cause)
        return None

    def _of_status(self, error: _StatusError) -> EndpointError | PassingError:
        if 300 <= error.status < 400:
            place = self._failures.without_key(unquote(error.headers.get("location", "")))
            place = " ".join(place.split())[:200] or "another address"
            return EndpointError(
                f"{self.url} answered {error.status} and names {place}, which is not followed; use that address itself if you trust it, "
                "or set LLMKICK_ENDPOINT_REDIRECTS=1."
            )
        return self._failures.of_status(error.status, error.headers, error.text)


def account_headers(url: str, key: str | None) -> dict[str, str]:
    """Return what tells a server who asks: the key that belongs to its address; the organization and project of the environment where it is OpenAI's."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    if key is not None and is_openai(url):
        named = {"OpenAI-Organization": settings.openai_organization(), "OpenAI-Project": settings.openai_project()}
        headers |= {header: value for header, value in named.items() if value is not None and value.isascii() and value.isprintable()}
    return headers


def start_soon(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the event loop that serves the threads of this process, and return its future."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


_LOOPS: list[asyncio.AbstractEventLoop] = []
_MAKING = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _MAKING:
        if not _LOOPS:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="requests", daemon=True).start()
            _LOOPS.append(loop)
        return _LOOPS[0]


def _bytes(body: dict[str, Any] | None) -> bytes | None:
    """Return a request's JSON; half a surrogate pair, which has no UTF-8, is sent as a question mark."""
    return None if body is None else json.dumps(body, ensure_ascii=False).encode(errors="replace")


def _cause(error: BaseException) -> BaseException:
    """Return what lies at the bottom of an exception, such as a refused connection below "all connection attempts failed"."""
    while isinstance(below := error.__cause__ or error.__context__, Exception) and not isinstance(below, ExceptionGroup):
        error = below
    return OSError(error.errno, os.strerror(error.errno)) if isinstance(error, OSError) and error.errno and error.errno > 0 else error


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _check(response: Response) -> None:
    """Look at a reply before its body is read; a redirect that is followed is none.

    Raises:
        MalformedReplyError: it is compressed as it should not be.
        _StatusError: its status is not 2xx.
    """
    _check_packing(response)
    if response.is_success or (response.has_redirect_location and settings.endpoint_redirects()):
        return
    try:
        said = (await _bounded(response, MOST_BYTES)).decode("utf-8", errors="replace")
    except MalformedReplyError:
        said = ""
    raise _StatusError(response.status_code, response.headers, said)


def _check_packing(response: Response) -> None:
    """Raise MalformedReplyError where a reply is compressed in a way that was not asked for, or several times, which can make hours of work of a few bytes."""
    told = [one.strip().lower() for one in response.headers.get("content-encoding", "").split(",")]
    packed = [one for one in told if one not in ("", "identity")]
    if len(packed) > 1 or not set(packed) <= set(_UNPACKED):
        raise MalformedReplyError(f"a reply compressed as {', '.join(packed)[:100]!r}, which was not asked for")


async def _bounded(response: Response, most: int) -> bytes:
    """Return the bytes of a reply, decompressed.

    Raises:
        MalformedReplyError: they are too many.
    """
    chunks, n_bytes = [], 0
    async with aclosing(response.aiter_bytes()) as coming:
        async for chunk in coming:
            n_bytes += len(chunk)
            if n_bytes > most:
                raise MalformedReplyError(f"a reply of more than {most // 10**6} MB")
            chunks.append(chunk)
    return b"".join(chunks)


async def _unpacked(answer: Any) -> AsyncGenerator[bytes]:
    """Yield the bytes of a reply as they come, decompressed."""
    async with answer as response, aclosing(response.aiter_bytes()) as coming:
        async for chunk in coming:
            yield chunk

"""One request to a judge's server and the whole of its reply, within a time and a size. No patience: that is the client's.

    wire = Wire("https://api.openai.com/v1", key, failures, timeout_s=300)
    text, n_bytes = await wire.post({"model": "gpt-4o", "messages": [...]})

A reply is read as bytes, and read no further than its limit. Each request has a connection of its own: a server that sends a reply twice cannot have
the second taken for the reply to the next question. Redirects are not followed, and nothing that the OpenAI client would add from the environment, such
as an organization, is sent.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import NO_KEY, Failures, MalformedReplyError, PassingError, is_loopback

if TYPE_CHECKING:
    from httpx2 import Headers, Request, Response

MOST_BYTES = 4 * 10**6
"""Of a reply that are read."""

_CONNECT_S = 10.0
_SENT = {"host", "connection", "content-type", "content-length", "transfer-encoding", "accept", "accept-encoding", "user-agent"}


class _StatusError(Exception):
    """An HTTP status that is not 2xx, with what came with it."""

    def __init__(self, status: int, headers: Headers, text: str) -> None:
        super().__init__(status)
        self.status, self.headers, self.text = status, headers, text


class Wire:
    """The way to one address."""

    def __init__(self, url: str, key: str | None, failures: Failures, *, timeout_s: float) -> None:
        """Take an address, the key that goes there, what tells of its failures, and the seconds that a whole reply may take."""
        from httpx2 import AsyncClient, Limits, Timeout
        from openai import AsyncOpenAI

        for name in ("httpx2", "httpcore2", "openai"):  # lines a request, with what is asked and headers that came back
            logging.getLogger(name).setLevel(logging.WARNING)
        self._failures = failures
        self._timeout_s = timeout_s

        async def only_ours(request: Request) -> None:
            for header in [header for header in request.headers if header.lower() not in _SENT]:
                del request.headers[header]
            request.headers.update({"Authorization": f"Bearer {key or NO_KEY}", "Accept-Encoding": "identity", "Connection": "close"})

        timeout = Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        self._client = AsyncOpenAI(
            base_url=url,
            api_key=NO_KEY,
            max_retries=0,
            timeout=timeout,
            http_client=AsyncClient(
                timeout=timeout,
                follow_redirects=False,
                trust_env=not is_loopback(url),  # no proxy hears what is for this machine
                verify=url.startswith("https:"),
                limits=Limits(max_connections=None, max_keepalive_connections=0),
                event_hooks={"request": [only_ours], "response": [_check_status]},
            ),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def post(self, body: dict[str, Any]) -> tuple[str, int]:
        """Return the text of the reply to a chat request, the API key cut out, and how many bytes it had.

        Raises:
            PassingError: what may be over at the next try.
            EndpointError: what will not, as a Refusal where the server does not do what was asked.
        """
        import httpx2
        from openai import APIConnectionError

        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._whole(body)
        except TimeoutError:
            failure: Exception = self._failures.of_silence()
        except _StatusError as error:
            failure = self._of_status(error)
        except MalformedReplyError as error:
            failure = self._failures.of_reply(error)
        except (APIConnectionError, httpx2.HTTPError) as error:
            failure = self._of_connection(error.__cause__ or error)
        raise failure  # out here, so that it holds no trace of the request, which holds the key

    async def _whole(self, body: dict[str, Any]) -> tuple[str, int]:
        import httpx2
        from openai import AsyncStream

        stream = await self._client.post(
            "/chat/completions", cast_to=httpx2.Response, body=body, stream=True, stream_cls=AsyncStream[httpx2.Response]
        )
        response = cast("Response", stream)  # what is cast to a Response comes as one, its body not read yet
        try:
            content = await _bounded(response)
        finally:
            await response.aclose()
        if content is None:
            raise MalformedReplyError(f"a reply of more than {MOST_BYTES // 10**6} MB")
        return self._failures.without_key(content.decode("utf-8-sig", errors="replace")), len(content)

    def _of_status(self, error: _StatusError) -> EndpointError | PassingError:
        if 300 <= error.status < 400:
            place = self._failures.without_key(error.headers.get("location", ""))
            place = " ".join(place.split())[:200] or "another address"
            return EndpointError(
                f"{self._failures.url} answered {error.status} and names {place}, which is not followed; use that address itself if you trust it."
            )
        return self._failures.of_status(error.status, error.headers, error.text)

    def _of_connection(self, cause: BaseException) -> PassingError:
        import httpx2

        is_absent = isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)
        if isinstance(cause, httpx2.TimeoutException):
            return self._failures.of_silence(is_absent=is_absent)
        return self._failures.of_absence(cause) if is_absent else self._failures.of_break(cause)


async def _check_status(response: Response) -> None:
    """Raise _StatusError unless a reply's status is 2xx, before the client reads it without a limit."""
    if not response.is_success:
        content = await _bounded(response)
        raise _StatusError(response.status_code, response.headers, (content or b"").decode("utf-8", errors="replace"))


async def _bounded(response: Response) -> bytes | None:
    """Return the bytes of a reply, or None as soon as they are too many."""
    chunks, n_bytes = [], 0
    async for chunk in response.aiter_bytes():
        n_bytes += len(chunk)
        if n_bytes > MOST_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)

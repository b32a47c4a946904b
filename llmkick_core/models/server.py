"""One OpenAI-compatible server: a request and its reply, or one line on what is wrong. No torch.

    server = Server("http://localhost:8000/v1")
    server.post("/completions", {"model": "llama", "prompt": "The capital of Mongolia is", "max_tokens": 16}, read_text)

What may pass (429, 5xx, a broken connection, half a reply) is tried again, after as long as the server asks for or longer each time. What will not (no
right, no such model, no quota) ends all requests at once. The API key goes only where it belongs (`key_for`), and is in the request alone: what comes back
has it cut out before anything is read.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from llmkick_core import settings
from llmkick_core.errors import EndpointError, ModelError
from llmkick_core.models.locate import first_line

if TYPE_CHECKING:
    from httpx2 import Headers, Response
    from openai import APIConnectionError, APIStatusError
    from tenacity import RetryCallState

N_TRIES = 5
"""Times a request is sent before its error counts."""

MOST_WAIT_S = 120.0
"""Longest a server may ask to be left alone; beyond it the run stops, and goes on when it is submitted again."""

_NO_KEY = "none"  # local servers want none, the client wants one
_KEYS = "LLMKICK_API_KEY (or OPENAI_API_KEY, which is sent to https://api.openai.com alone)"
_POLICY_CODES = ("content_filter", "content_policy_violation")  # Azure's, OpenAI's
_CONNECT_S = 10.0
_SHORTEST_KEY = 8  # letters; cutting a shorter one out of replies would garble them
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_LONGEST_REASON = 200  # characters of a server's own words in a message
_PASSING = {408, 409, 425, 429, *range(500, 600)} - {501, 505}

T = TypeVar("T")
U = TypeVar("U")


class MalformedReplyError(Exception):
    """A reply that is not what was asked for; `Server` turns it into an EndpointError."""


class Refusal(EndpointError):  # noqa: N818  (what a server said, and sometimes only a hint to ask in another way)
    """The server does not do what was asked, and would not the next time."""

    def __init__(self, message: str, *, status: int, reason: str, is_policy: bool = False) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status; 200 of a reply that stays damaged."""
        self.reason = reason
        """The server's own words, in one line."""
        self.is_policy = is_policy
        """Whether a content policy refuses this prompt; others may pass."""


class _PassingError(Exception):
    """What may be over at the next try."""

    def __init__(self, message: str, *, after_s: float | None = None, refusal: Refusal | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s
        self.refusal = refusal


class Server:
    """A server and how it is spoken to: so many requests at a time, each with patience."""

    def __init__(
        self, url: str, *, concurrency: int | None = None, timeout_s: float | None = None, first_wait_s: float = _FIRST_WAIT_S
    ) -> None:
        """Take an address such as http://localhost:8000/v1; what is None is as the environment says, the API key always.

        Raises:
            ModelError: the API key cannot be sent, or must not be to this address.
        """
        from httpx2 import Timeout
        from openai import OpenAI

        logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line a request otherwise
        self.url = url
        """Its address."""
        self.concurrency = concurrency or settings.endpoint_concurrency()
        """Requests at a time."""
        self._first_wait_s = first_wait_s
        self._key = key_for(url)
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise ModelError("the API key holds characters that no key has; set LLMKICK_API_KEY (or OPENAI_API_KEY) anew.")
        timeout = timeout_s or settings.endpoint_timeout_s()
        self._client = OpenAI(
            base_url=url, api_key=self._key or _NO_KEY, max_retries=0, timeout=Timeout(timeout, connect=min(_CONNECT_S, timeout))
        )
        self._is_stopped = threading.Event()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, read: Callable[[dict[str, Any]], T], *, n_tries: int = N_TRIES) -> T:
        """Return what `read` makes of a reply to GET; raises as `post`."""
        from httpx2 import Response

        return self._patiently(lambda: read(self._parsed(self._client.get(path, cast_to=Response))), n_tries)

    def post(self, path: str, body: dict[str, Any], read: Callable[[dict[str, Any]], T], *, n_tries: int = N_TRIES) -> T:
        """Return what `read` makes of the reply to a request.

        Args:
            path: such as /completions.
            body: JSON-able.
            read: raises MalformedReplyError where the reply is not what it should be.
            n_tries: times it is sent, at most.

        Raises:
            Refusal: the server does not do what was asked, or does not answer as it should after all patience.
            EndpointError: it is not there, or ends all requests.
        """
        from httpx2 import Response

        return self._patiently(lambda: read(self._parsed(self._client.post(path, cast_to=Response, body=body))), n_tries)

    def together(self, ask: Callable[[U], T], items: Sequence[U]) -> list[T]:
        """Return what `ask` returns for each item, in order, several at a time; the first error ends the others' patience too."""
        self._is_stopped.clear()
        with ThreadPoolExecutor(max_workers=self.concurrency, thread_name_prefix="endpoint") as pool:
            futures: list[Future[T]] = [pool.submit(ask, item) for item in items]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                failed = [future for future in futures if future.done() and future.exception() is not None]
                if failed:
                    failed[0].result()
                return [future.result() for future in futures]
            finally:
                self._is_stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                wait([future for future in futures if not future.cancelled()])
                self._is_stopped.clear()

    def _patiently(self, ask: Callable[[], T], n_tries: int) -> T:
        from openai import APIConnectionError, APIStatusError
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity.nap import sleep_using_event

        def attempt() -> T:
            if self._is_stopped.is_set():
                raise EndpointError(f"{self.url} was not asked any more after an error.")
            try:
                return ask()
            except APIStatusError as error:
                raise self._failure(error) from None  # its request holds the key
            except APIConnectionError as error:
                raise _PassingError(self._absence(error)) from None
            except MalformedReplyError as error:
                message = f"the reply of {self.url} is not what it should be: {error}."
                raise _PassingError(message, refusal=Refusal(message, status=200, reason=str(error))) from None

        patience = Retrying(
            stop=stop_after_attempt(n_tries),
            retry=retry_if_exception_type(_PassingError),
            wait=self._pause,
            sleep=sleep_using_event(self._is_stopped),
            reraise=True,
        )
        try:
            return patience(attempt)
        except _PassingError as error:
            raise error.refusal or EndpointError(str(error)) from None

    def _pause(self, state: RetryCallState) -> float:
        """Return seconds until the next try: what the server asks for, or twice as long each time."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, _PassingError) and error.after_s is not None:
            return error.after_s
        return min(_LONGEST_WAIT_S, float(self._first_wait_s * 2.0 ** (state.attempt_number - 1)))

    def _parsed(self, response: Response) -> dict[str, Any]:
        """Return a reply's JSON object, the API key cut out should it come back."""
        try:
            reply = json.loads(self._without_key(response.text))
        except (ValueError, RecursionError):
            what = _page(response.text) or f"{len(response.content):,} bytes that are no JSON"
            raise MalformedReplyError(f"{what} in place of a JSON reply") from None
        if not isinstance(reply, dict):
            raise MalformedReplyError("a JSON reply that is no object")
        if reply.get("error"):
            raise MalformedReplyError(f"an error in place of an answer: {self._reason(reply)}")
        return reply

    def _failure(self, error: APIStatusError) -> Exception:
        """Return what an HTTP error means, as the exception to raise."""
        status, reason = error.status_code, self._reason(error.body, error.response.text)
        said = f"{self.url} answered {status}: {reason}"
        if "insufficient_quota" in (error.code, error.type) or "insufficient_quota" in reason:
            return EndpointError(f"the account at {self.url} has no quota left ({reason}); add to it, and submit the run again to go on.")
        if status == 401:
            missing = "no API key is set for it" if self._key is None else "it does not take the API key that is set"
            return EndpointError(f"{said}; {missing}: put a valid one into {_KEYS}.")
        if status == 403:
            return EndpointError(f"{said}; this API key has no right to the model: use one that has, in {_KEYS}.")
        refusal = Refusal(f"{said}.", status=status, reason=reason, is_policy=status == 400 and error.code in _POLICY_CODES)
        if status not in _PASSING:
            return refusal
        after_s = retry_after_s(error.response.headers)
        if after_s is not None and after_s > MOST_WAIT_S:
            return EndpointError(f"{said}; it asks to wait {after_s:,.0f} s: submit the run again after that, it goes on where it was.")
        return _PassingError(str(refusal), after_s=after_s, refusal=refusal)

    def _absence(self, error: APIConnectionError) -> str:
        from openai import APITimeoutError

        if isinstance(error, APITimeoutError):
            return f"{self.url} did not answer in time; give it more (LLMKICK_ENDPOINT_TIMEOUT, seconds) or fewer requests (LLMKICK_ENDPOINT_CONCURRENCY)."
        cause = self._without_key(first_line(error.__cause__ or error)).rstrip(".")
        return f"no server answers at {self.url} ({cause}); start it, or correct the address in endpoint:URL#model-name."

    def _reason(self, body: object, text: str = "") -> str:
        """Return a server's own words of what is wrong, in one line, the API key cut out."""
        said: object = body
        for name in ("error", "message", "detail"):
            said = said.get(name, said) if isinstance(said, dict) else said
        words = said if isinstance(said, str) and said else json.dumps(said) if said else text
        line = " ".join(self._without_key(_page(words) or words).split()).rstrip(".") or "no reason was given"
        return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[API key]") if self._key is not None and len(self._key) >= _SHORTEST_KEY else text


def key_for(url: str) -> str | None:
    """Return the API key that an address is sent, or None where it gets none.

    `LLMKICK_API_KEY` goes to any address, for it was set for the one that was named; over plain http it goes to this machine alone. `OPENAI_API_KEY`, set for
    other programs too, goes to OpenAI over https alone.

    Raises:
        ModelError: `LLMKICK_API_KEY` would go over a network where it can be read.
    """
    from httpx2 import URL

    place = URL(url)  # the client's own reading of the address, so that none is sent elsewhere
    key = settings.api_key()
    if key is None:
        return settings.openai_api_key() if place.scheme == "https" and place.host.endswith(".openai.com") else None
    if place.scheme != "https" and not is_loopback(url):
        raise ModelError(
            f"LLMKICK_API_KEY is not sent to {url}, for plain http can be read on the way: "
            "use https, or a tunnel to localhost; unset the key for a server that wants none."
        )
    return key


def is_loopback(url: str) -> bool:
    """Return whether an address is of this machine, by the client's own reading of it, so that none other is called."""
    from httpx2 import URL

    host = URL(url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False  # a name, which may be anywhere


def retry_after_s(headers: Headers) -> float | None:
    """Return the seconds that a server asks to wait (Retry-After in seconds or as a date, retry-after-ms), or None."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        told = headers.get(name, "")
        try:
            return max(0.0, float(told) * unit)
        except ValueError:
            pass
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _page(text: str) -> str:
    """Return words for a web page, or nothing where a text is none."""
    return "a web page (HTML)" if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")) else ""

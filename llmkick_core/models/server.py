"""One OpenAI-compatible server: a request and its reply, or one line on what is wrong. No torch.

    server = Server("http://localhost:8000/v1")
    server.post("/completions", {"model": "llama", "prompt": "The capital of Mongolia is", "max_tokens": 16}, read_text)

What may pass (429, 5xx, a broken connection, half a reply) is tried again, after as long as the server asks for or longer each time. What will not (no
right, no such model, no quota) ends all requests at once. What goes wrong is put into words by `failures`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

from llmkick_core import settings
from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import FIRST_WAIT_S, N_TRIES, NO_KEY, Failures, MalformedReplyError, PassingError, key_for, pause_s

if TYPE_CHECKING:
    from httpx2 import Response
    from tenacity import RetryCallState

_STEP_S = 0.25  # between two looks at what came
_CONNECT_S = 10.0

T = TypeVar("T")
U = TypeVar("U")


class Server:
    """A server and how it is spoken to: so many requests at a time, each with patience."""

    def __init__(
        self, url: str, *, concurrency: int | None = None, timeout_s: float | None = None, first_wait_s: float = FIRST_WAIT_S
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
        key = key_for(url)
        self._failures = Failures(url, key)
        timeout = timeout_s or settings.endpoint_timeout_s()
        self._client = OpenAI(
            base_url=url, api_key=key or NO_KEY, max_retries=0, timeout=Timeout(timeout, connect=min(_CONNECT_S, timeout))
        )
        self.step: Callable[[str], None] = lambda _: None
        """Called while replies are waited for, with how many have come; raises to stop."""
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
                while (done := wait(futures, timeout=_STEP_S, return_when=FIRST_EXCEPTION)).not_done:
                    if any(future.exception() is not None for future in done.done):
                        break
                    self.step(f"{len(done.done)} of {len(futures)} replies")
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
        from openai import APIConnectionError, APIStatusError, APITimeoutError
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity.nap import sleep_using_event

        def attempt() -> T:
            if self._is_stopped.is_set():
                raise EndpointError(f"{self.url} was not asked any more after an error.")
            try:
                return ask()
            except APIStatusError as error:
                raise self._failures.of_status(
                    error.status_code, error.response.headers, error.response.text
                ) from None  # its request holds the key
            except APITimeoutError:
                raise self._failures.of_silence() from None
            except APIConnectionError as error:
                raise self._failures.of_absence(error.__cause__ or error) from None
            except MalformedReplyError as error:
                raise self._failures.of_reply(error) from None

        patience = Retrying(
            stop=stop_after_attempt(n_tries),
            retry=retry_if_exception_type(PassingError),
            wait=self._pause,
            sleep=sleep_using_event(self._is_stopped),
            reraise=True,
        )
        try:
            return patience(attempt)
        except PassingError as error:
            raise error.refusal or EndpointError(str(error)) from None

    def _pause(self, state: RetryCallState) -> float:
        """Return seconds until the next try: what the server asks for, or twice as long each time."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, PassingError) and error.after_s is not None:
            return error.after_s
        return pause_s(state.attempt_number, self._first_wait_s)

    def _parsed(self, response: Response) -> dict[str, Any]:
        return self._failures.parsed(response.text, len(response.content))

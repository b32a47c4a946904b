"""One OpenAI-compatible server: a request and its reply, or one line on what is wrong. No torch.

    server = Server("http://localhost:8000/v1")
    server.post("/completions", {"model": "llama", "prompt": "The capital of Mongolia is", "max_tokens": 16}, read_text)

What may pass (429, 5xx, a broken connection, half a reply) is tried again, after as long as the server asks for or longer each time. What will not (no
right, no such model, no quota) ends all requests at once. What goes wrong is put into words by `failures`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

from llmkick_core import settings
from llmkick_core.errors import EndpointError
from llmkick_core.models.failures import FIRST_WAIT_S, N_TRIES, Failures, MalformedReplyError, PassingError, key_for, pause_s
from llmkick_core.models.transport import Transport, start_soon

if TYPE_CHECKING:
    from tenacity import RetryCallState

_STEP_S = 0.25  # between two looks at what came

T = TypeVar("T")
U = TypeVar("U")


class Server:
    """A server and how it is spoken to: so many requests at a time, each with patience."""

    def __init__(
        self,
        url: str,
        *,
        has_key: bool = True,
        concurrency: int | None = None,
        timeout_s: float | None = None,
        first_wait_s: float = FIRST_WAIT_S,
    ) -> None:
        """Take an address such as http://localhost:8000/v1; what is None is as the environment says, the API key, where the address is to have it, always.

        Raises:
            ModelError: the API key cannot be sent, or must not be to this address.
        """
        self.url = url
        """Its address."""
        self.concurrency = concurrency or settings.endpoint_concurrency()
        """Requests at a time."""
        self._first_wait_s = first_wait_s
        key = key_for(url) if has_key else None
        self._failures = Failures(url, key)
        self._transport = Transport(url, key, self._failures, timeout_s=timeout_s or settings.endpoint_timeout_s())
        self._under_way: set[Future[tuple[str, int]]] = set()
        self.step: Callable[[str], None] = lambda _: None
        """Called while replies are waited for, with how many have come; raises to stop."""
        self._is_stopped = threading.Event()

    def close(self) -> None:
        """Close the connections."""
        start_soon(self._transport.close()).result()

    def without_key(self, text: str) -> str:
        """Return a text with the API key cut out: one that was put together from parts of a reply may hold it again."""
        return self._failures.without_key(text)

    def get(self, path: str, read: Callable[[dict[str, Any]], T], *, n_tries: int = N_TRIES) -> T:
        """Return what `read` makes of a reply to GET; raises as `post`."""
        return self._patiently(lambda: read(self._asked(path, None)), n_tries)

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
        return self._patiently(lambda: read(self._asked(path, body)), n_tries)

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
                for request in list(self._under_way):
                    request.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                wait([future for future in futures if not future.cancelled()])
                self._is_stopped.clear()

    def _patiently(self, ask: Callable[[], T], n_tries: int) -> T:
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity.nap import sleep_using_event

        def attempt() -> T:
            try:
                return ask()
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

    def _asked(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Return the JSON object of one reply; the request ends where the others are stopped, or whoever waits is."""
        request = start_soon(self._transport.reply(path, body))
        self._under_way.add(request)
        try:
            if self._is_stopped.is_set():
                raise CancelledError
            return self._failures.parsed(*request.result())
        except CancelledError:
            raise EndpointError(f"{self.url} was not asked any more after an error.") from None
        finally:
            self._under_way.discard(request)
            request.cancel()

"""What goes wrong at an OpenAI-compatible server, in one line each, and whether it may pass. No torch.

    failures = Failures("http://localhost:8000/v1", key_for("http://localhost:8000/v1"))
    raise failures.of_status(429, headers, '{"error": {"message": "slow down"}}')  # PassingError: may be over at the next try

The API key goes only where it belongs (`key_for`), and is in the request alone: what comes back has it cut out before anything is read.
"""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from llmkick_core import settings
from llmkick_core.decoding import parse_json
from llmkick_core.errors import EndpointError, ModelError
from llmkick_core.models.locate import first_line

if TYPE_CHECKING:
    from httpx2 import Headers

N_TRIES = 5
"""Times a request is sent before its error counts."""

MOST_WAIT_S = 120.0
"""Longest a server may ask to be left alone; beyond it all requests end, and go on when they are asked for again."""

FIRST_WAIT_S = 0.5
"""Until the second try, where the server does not say; then twice as long each time."""

KEY_MARK = "[API key]"
"""In place of a key that came back."""

_KEYS = "LLMKICK_API_KEY (or OPENAI_API_KEY, which is sent to https://api.openai.com alone)"
_POLICY_CODES = ("content_filter", "content_policy_violation")  # Azure's, OpenAI's
_TOO_LONG = ("context length", "context_length", "context size", "context window", "too long", "maximum number of tokens allowed")
_SHORTEST_KEY = 8  # letters; cutting a shorter one out of replies would garble them
_LONGEST_WAIT_S = 30.0
_LONGEST_REASON = 200  # characters of a server's own words in a message
_LOOKED_AT = 20_000  # of them
_PASSING = {408, 409, 425, 429, *range(500, 600)} - {501, 505}


_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a surrogate pair


class MalformedReplyError(Exception):
    """A reply that is not what was asked for; `Failures.of_reply` tells what it means."""


class Refusal(EndpointError):  # noqa: N818  (what a server said, and sometimes only a hint to ask in another way)
    """The server does not do what was asked, and would not the next time."""

    def __init__(self, message: str, *, status: int, reason: str, code: str = "", is_policy: bool = False) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status; 200 of a reply that stays damaged."""
        self.reason = reason
        """The server's own words, in one line."""
        self.code = code
        """The server's own code of what is wrong, such as context_length_exceeded; empty where it has none."""
        self.is_policy = is_policy
        """Whether a content policy refuses this prompt; others may pass."""

    @property
    def is_too_long(self) -> bool:
        """Return whether a prompt is refused for its length, as far as the server's words tell."""
        said = f"{self.reason} {self.code}".lower()
        return self.status == 413 or any(words in said for words in _TOO_LONG)


class PassingError(Exception):
    """What may be over at the next try."""

    def __init__(self, message: str, *, after_s: float | None = None, refusal: Refusal | None = None, is_absent: bool = False) -> None:
        super().__init__(message)
        self.after_s = after_s
        """Seconds that the server asks to wait."""
        self.refusal = refusal
        """What it comes to if it does not pass; None where the server is not there."""
        self.is_absent = is_absent
        """Whether there was no connection at all, and so no request."""


class Failures:
    """What may go wrong at one address, as the exception to raise; the API key is in none of them."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        go_on: str = "submit the run again",
        correct: str = "correct the address in endpoint:URL#model-name",
    ) -> None:
        """Take an address, the key that is sent there, and what a person does to go on, or to name another address.

        Raises:
            ModelError: the key cannot be sent.
        """
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ModelError("the API key holds characters that no key has; set LLMKICK_API_KEY (or OPENAI_API_KEY) anew.")
        self.url = url
        """The address."""
        self._key = key
        self._go_on = go_on
        self._correct = correct

    def parsed(self, text: str, n_bytes: int) -> dict[str, Any]:
        """Return a reply's JSON object, the API key cut out should it come back.

        Raises:
            MalformedReplyError: it is none, or tells of an error.
        """
        reply = self.loaded(text, n_bytes)
        if reply.get("error"):
            raise MalformedReplyError(f"an error in place of an answer: {self.reason(reply)}")
        return reply

    def loaded(self, text: str, n_bytes: int) -> dict[str, Any]:
        """Return a reply's JSON object, which may tell of an error, the API key cut out.

        Raises:
            MalformedReplyError: it is none.
        """
        try:
            reply = self.cleaned(reply_json(self.without_key(text)))
        except ValueError:
            what = _page(text) or f"{n_bytes:,} bytes that are no JSON"
            raise MalformedReplyError(f"{what} in place of a JSON reply") from None
        if not isinstance(reply, dict):
            raise MalformedReplyError("a JSON reply that is no object")
        return reply

    def of_status(self, status: int, headers: Headers, text: str) -> EndpointError | PassingError:
        """Return what an HTTP status that is not 2xx means, with the reply's text."""
        body = _json_or(text)
        reason, code, kind = self.reason(body, text), self._word(body, "code"), self._word(body, "type")
        said = f"{self.url} answered {status}: {reason}"
        if status == 402 or "insufficient_quota" in (code, kind) or "insufficient_quota" in reason:
            return self._no_quota(reason)
        if status == 401:
            missing = "no API key is set for it" if self._key is None else "it does not take the API key that is set"
            return EndpointError(f"{said}; {missing}: put a valid one into {_KEYS}.")
        if status == 403:
            return EndpointError(f"{said}; this API key has no right to the model: use one that has, in {_KEYS}.")
        refusal = Refusal(f"{said}.", status=status, reason=reason, code=code, is_policy=status == 400 and code in _POLICY_CODES)
        if status not in _PASSING:
            return refusal
        after_s = retry_after_s(headers)
        if after_s is not None and after_s > MOST_WAIT_S:
            return EndpointError(f"{said}; it asks to wait {after_s:,.0f} s: {self._go_on} after that, it goes on where it was.")
        return PassingError(str(refusal), after_s=after_s, refusal=refusal)

    def of_error(self, reply: dict[str, Any]) -> EndpointError | PassingError:
        """Return what an `error` means that came in place of an answer, with status 200."""
        reason, code, kind = self.reason(reply), self._word(reply, "code"), self._word(reply, "type")
        if "insufficient_quota" in (code, kind) or "insufficient_quota" in reason:
            return self._no_quota(reason)
        said = f"{self.url} sent an error in place of an answer: {reason}."
        refusal = Refusal(said, status=200, reason=reason, code=code, is_policy=code in _POLICY_CODES)
        return refusal if refusal.is_policy or refusal.is_too_long else PassingError(said, refusal=refusal)

    def of_reply(self, error: MalformedReplyError) -> PassingError:
        """Return what a damaged reply means."""
        message = f"the reply of {self.url} is not what it should be: {error}."
        return PassingError(message, refusal=Refusal(message, status=200, reason=str(error)))

    def of_silence(self, *, is_absent: bool = False) -> PassingError:
        """Return what a reply means that did not come in time, or a connection (`is_absent`)."""
        return PassingError(
            f"{self.url} did not answer in time; give it more (LLMKICK_ENDPOINT_TIMEOUT, seconds) or fewer requests (LLMKICK_ENDPOINT_CONCURRENCY).",
            is_absent=is_absent,
        )

    def of_absence(self, cause: BaseException) -> PassingError:
        """Return what a connection means that never was, or is not told apart from one."""
        why = self.without_key(first_line(cause)).rstrip(".")
        return PassingError(f"no server answers at {self.url} ({why}); start it, or {self._correct}.", is_absent=True)

    def of_break(self, cause: BaseException) -> PassingError:
        """Return what a connection means that broke off."""
        return PassingError(f"the connection to {self.url} broke off ({self.without_key(first_line(cause)).rstrip('.')}).")

    def reason(self, body: object, text: str = "") -> str:
        """Return a server's own words of what is wrong, in one line, the API key cut out."""
        said: object = body
        for name in ("error", "message", "detail"):
            said = said.get(name, said) if isinstance(said, dict) else said
        words = said if isinstance(said, str) and said else json.dumps(self.cleaned(said)) if said else text
        line = " ".join(self.without_key(_page(words) or words[:_LOOKED_AT]).split()).rstrip(".") or "no reason was given"
        return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"

    def without_key(self, text: str) -> str:
        """Return a text with the API key cut out."""
        return text.replace(self._key, KEY_MARK) if self._key is not None and self._is_cut else text

    def cleaned(self, told: Any) -> Any:
        """Return what JSON says with the API key cut out, however its letters were escaped there."""
        if not self._is_cut:
            return told
        if isinstance(told, str):
            return self.without_key(told)
        if isinstance(told, dict):
            return {self.without_key(name): self.cleaned(value) for name, value in told.items()}
        return [self.cleaned(one) for one in told] if isinstance(told, list) else told

    def cutter(self) -> KeyCutter:
        """Return what cuts the API key out of a text that comes in pieces."""
        return KeyCutter(self._key if self._is_cut else None)

    @property
    def _is_cut(self) -> bool:
        return self._key is not None and len(self._key) >= _SHORTEST_KEY

    def _no_quota(self, reason: str) -> EndpointError:
        return EndpointError(f"the account at {self.url} has no quota left ({reason}); add to it, and {self._go_on} to go on.")

    def _word(self, body: object, name: str) -> str:
        """Return a word that an error says of itself, or nothing."""
        error = body.get("error", body) if isinstance(body, dict) else None
        word = error.get(name) if isinstance(error, dict) else None
        return self.without_key(str(word))[:_LONGEST_REASON] if isinstance(word, str | int) else ""


class KeyCutter:
    """Cuts a key out of a text that comes in pieces, wherever it is split; what may be the beginning of one is held back until more has come."""

    def __init__(self, key: str | None) -> None:
        """Take the key, or None where nothing is cut."""
        self._key = key
        self._held = ""

    def cut(self, piece: str) -> str:
        """Return what can be shown after one more piece."""
        if not self._key:
            return piece
        text = (self._held + piece).replace(self._key, KEY_MARK)
        longest = min(len(self._key) - 1, len(text))
        n_held = next((n for n in range(longest, 0, -1) if text.endswith(self._key[:n])), 0)
        self._held = text[len(text) - n_held :]
        return text[: len(text) - n_held]

    def rest(self) -> str:
        """Return what was held back when nothing comes any more: most of a key is no text to show either."""
        held, self._held = self._held, ""
        return KEY_MARK if len(held) >= _SHORTEST_KEY else held


def is_openai(url: str) -> bool:
    """Return whether an address is OpenAI's own, over https."""
    from httpx2 import URL

    place = URL(url)  # the client's own reading of the address, so that none is sent elsewhere
    return place.scheme == "https" and place.host.endswith(".openai.com")


def key_for(url: str) -> str | None:
    """Return the API key that an address is sent, or None where it gets none.

    `LLMKICK_API_KEY` goes to any address, for it was set for the one that was named; over plain http it goes to this machine alone. `OPENAI_API_KEY`, set for
    other programs too, goes to OpenAI over https alone.

    Raises:
        ModelError: `LLMKICK_API_KEY` would go over a network where it can be read.
    """
    key = settings.api_key()
    if key is None:
        return settings.openai_api_key() if is_openai(url) else None
    check_way(url, "LLMKICK_API_KEY")
    return key


def check_way(url: str, name: str) -> None:
    """Check that a key, called `name`, can be sent to an address without being read on the way.

    Raises:
        ModelError: it would go over a network in plain http.
    """
    from httpx2 import URL

    if URL(url).scheme != "https" and not is_loopback(url):
        raise ModelError(
            f"{name} is not sent to {url}, for plain http can be read on the way: "
            "use https, or a tunnel to localhost; unset the key for a server that wants none."
        )


def is_loopback(url: str) -> bool:
    """Return whether an address is of this machine, by the client's own reading of it, so that none other is called."""
    from httpx2 import URL, InvalidURL

    try:
        host = URL(url).host
        return host == "localhost" or ip_address(host).is_loopback
    except (ValueError, InvalidURL):
        return False  # a name, which may be anywhere, or none at all


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


def pause_s(n_tries: int, first_wait_s: float) -> float:
    """Return seconds until the next try after so many, where the server does not say."""
    return min(_LONGEST_WAIT_S, float(first_wait_s * 2.0 ** (n_tries - 1)))


def reply_json(text: str) -> Any:
    """Return the value of a JSON text of a server; half a surrogate pair in it, which has no UTF-8, becomes a question mark.

    Raises:
        ValueError: it is no JSON, or nested more deeply than any reply.
    """
    try:
        return parse_json(text)
    except ValueError:
        if _HALF.search(text) is None:
            raise
    try:
        told = json.dumps(json.loads(text), ensure_ascii=False)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return parse_json(told.encode("utf-8", errors="replace").decode())


def _json_or(text: str) -> object:
    try:
        return reply_json(text)
    except ValueError:
        return text.strip()


def _page(text: str) -> str:
    """Return words for a web page, or nothing where a text is none."""
    return "a web page (HTML)" if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html")) else ""

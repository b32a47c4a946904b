"""Which judge's servers the app may call, and which key they are sent; the page says where a key comes from, and never shows one.

Whoever reaches the page, or a judging that came from somebody else, may not make the app call arbitrary addresses, nor send a key to one: addresses are of this
machine, of OpenAI, or named in LLMKICK_LIVE_ENDPOINTS, and a key goes to the last two alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from llmkick_core import settings
from llmkick_core.errors import EndpointError
from llmkick_core.live.sources import typed

OPENAI = "https://api.openai.com/v1"
LOCAL = ("http://127.0.0.1:8000/v1", "http://127.0.0.1:11434/v1")
"""Where vLLM and Ollama listen, if nobody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a judge is reached."""

    url: str
    """Its address, as it is called."""
    key: str | None
    """What it is sent; None where it gets none."""
    said: str
    """Where the key comes from, or that there is none, for people to read."""
    is_ready: bool
    """Whether it can be asked: OpenAI cannot without a key."""

    def __repr__(self) -> str:
        return f"Access(url={self.url!r})"  # no key in a message


def access(address: str, model: str) -> Access:
    """Return how a judge is reached.

    Raises:
        ModelError: the address is none.
        EndpointError: the app may not call it.
    """
    is_openai = address.strip().rstrip("/") == OPENAI
    try:
        url, has_key = (OPENAI, True) if is_openai else _typed(address, model)
    except EndpointError as error:
        raise EndpointError(
            f"the app asks judges on this machine, as http://127.0.0.1:8000/v1, and {OPENAI}; whoever runs it may name {address.strip()[:200]} in "
            "LLMKICK_LIVE_ENDPOINTS. The command line asks any: .venv/bin/python -m llmkick_core judge."
        ) from error
    if not has_key:
        return Access(url=url, key=None, said="No key is sent: the server is on this machine.", is_ready=True)
    key, source = _key(is_openai=is_openai)
    if key is None:
        told = "OPENAI_API_KEY or LLMKICK_API_KEY" if is_openai else "LLMKICK_API_KEY"
        said = (
            f"No key is set. Set {told} in the environment of the app, or LLMKICK_API_KEY in .streamlit/secrets.toml, and start it again."
        )
        return Access(url=url, key=None, said=said, is_ready=not is_openai)
    return Access(url=url, key=key, said=f"A key is set: {source}.", is_ready=True)


def _typed(address: str, model: str) -> tuple[str, bool]:
    remote = typed(address, model)
    return remote.url, remote.has_key


def _key(*, is_openai: bool) -> tuple[str | None, str]:
    """Return the key and where it comes from."""
    secret = _secret()
    if is_openai and settings.openai_api_key() is not None:
        return settings.openai_api_key(), "OPENAI_API_KEY of the environment"
    if secret is not None:
        return secret, "LLMKICK_API_KEY of Streamlit's secrets"
    return settings.api_key(), "LLMKICK_API_KEY of the environment"


def _secret() -> str | None:
    """Return the key among Streamlit's secrets; None where there is no file of them, or no such key in it."""
    if not st.secrets.load_if_toml_exists():
        return None
    found = st.secrets.get("LLMKICK_API_KEY")
    return found.strip() or None if isinstance(found, str) else None


def offered() -> list[str]:
    """Return the addresses that the page offers: of this machine, OpenAI's, and those that the environment names."""
    return list(dict.fromkeys([OPENAI, *LOCAL, *settings.live_endpoints()]))

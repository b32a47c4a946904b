"""Which addresses may be called, and sent a key, though no command of this installation named them. No torch."""

from __future__ import annotations

from llmkick_core import settings
from llmkick_core.errors import EndpointError, ModelError
from llmkick_core.models.failures import is_loopback
from llmkick_core.models.locate import split_endpoint


def is_trusted(url: str) -> bool:
    """Return whether an address that was typed into a page, or that a stored run names, is sent the API key: LLMKICK_LIVE_ENDPOINTS names it.

    Raises:
        EndpointError: it may not even be called, being neither named there nor of this machine.
    """
    if url in {named for one in settings.live_endpoints() if (named := _named(one))}:
        return True
    if not is_loopback(url) or not url.endswith("/v1"):
        raise EndpointError(
            f"the app calls servers of this machine only, as http://127.0.0.1:8000/v1; whoever runs it may name {url} in LLMKICK_LIVE_ENDPOINTS."
        )
    return False


def _named(address: str) -> str:
    try:
        return split_endpoint(f"endpoint:{address}#any")[0]
    except ModelError:
        return ""

"""Which runs this installation was asked for: marks outside every store, so that a store from somebody else starts nothing by itself.

<LLMKICK_STATE>/asked/<store>/<run_id>   "command" or "page": who asked for the run; <store> is a digest of where the store lies

A queued run without a mark waits for consent (`LocalExecutor` reads it as `foreign`). A run that a page asked for calls no
address, and is given no key, beyond what whoever started the app allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

from llmkick_core import settings
from llmkick_core.errors import StoreError
from llmkick_core.fingerprint import digest
from llmkick_core.models.addresses import is_trusted
from llmkick_core.models.locate import is_endpoint, split_endpoint
from llmkick_core.schema import RunSpec

By = Literal["command", "page"]
"""Who asks for a run: somebody who may start programs on this machine, or whoever reaches the app."""


def mark(store: Path, run_ids: Iterable[str], by: By) -> None:
    """Write down that runs were submitted here. A run that a command submitted keeps that mark.

    Raises:
        StoreError: the folder of marks cannot be written.
    """
    folder = _folder(store)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for run_id in run_ids:
            if asked_by(store, run_id) not in (by, "command"):
                (folder / run_id).write_text(by, encoding="ascii")
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}. Name a folder of yours with LLMKICK_STATE.") from error


def asked_by(store: Path, run_id: str) -> By | None:
    """Return whether a command or a page of this installation submitted a run; None if neither did."""
    try:
        said = (_folder(store) / run_id).read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    return cast(By, said) if said in ("command", "page") else None


def sends_key(store: Path, spec: RunSpec) -> bool:
    """Return whether the server that a run asks is sent the API key: a command of this installation named it, or LLMKICK_LIVE_ENDPOINTS does.

    Raises:
        EndpointError: a page asked for the run, and the address may not be called.
    """
    return asked_by(store, spec.run_id) == "command" or not is_endpoint(spec.model) or is_trusted(split_endpoint(spec.model)[0])


def _folder(store: Path) -> Path:
    return settings.state_root() / "asked" / digest(str(store.resolve()))

"""Which runs this installation was asked for, so that a store from somebody else starts nothing by itself (store/marks.py).

A run without a mark waits for consent, whatever its status says (`LocalExecutor` reads it as `foreign`). A mark is open until the run has ended; a run that
is to be computed again after that is asked for again. A run that a page asked for calls no address, and is given no key, beyond what whoever started the
app allows. The id of a run is the hash of its spec, so a mark is of one spec.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llmkick_core.models.addresses import is_trusted
from llmkick_core.models.locate import is_endpoint, split_endpoint
from llmkick_core.schema import RunSpec
from llmkick_core.store.marks import By as By
from llmkick_core.store.marks import Mark, changing, read_mark, write_mark
from llmkick_core.store.runs import read_status

ENDED = ("done", "failed", "cancelled")
"""States in which a run computes nothing more unless it is asked for again."""


def mark(store: Path, run_ids: Iterable[str], by: By, *, is_open: bool = True) -> None:
    """Write down that runs were submitted here. A run that a command submitted keeps that mark.

    Args:
        store: root of the store.
        run_ids: the runs.
        by: who asked for them.
        is_open: whether they run by themselves from now on; not so for those that are done.

    Raises:
        StoreError: the folder of marks, or the store, cannot be written.
    """
    for run_id in run_ids:
        who: By = "command" if asked_by(store, run_id) == "command" else by
        write_mark(store, "runs", run_id, Mark(by=who, said="open" if is_open else "ended"))


def end_marks(store: Path, run_ids: Iterable[str], *, is_cancelling: bool = False) -> None:
    """Let those of some runs that have ended, or that are being cancelled, not run by themselves any more.

    Raises:
        StoreError: the folder of marks cannot be written.
    """
    with changing(store):
        for run_id in run_ids:
            found = read_mark(store, "runs", run_id)
            if found is not None and found.said == "open" and (is_cancelling or read_status(store, run_id).state in ENDED):
                write_mark(store, "runs", run_id, Mark(by=found.by, said="ended"))


def asked_by(store: Path, run_id: str) -> By | None:
    """Return whether a command or a page of this installation submitted a run, however long ago; None if neither did."""
    found = read_mark(store, "runs", run_id)
    return None if found is None else found.by


def has_ended(store: Path, run_id: str) -> bool:
    """Return whether a run that was submitted here has ended since, so that it does not run again by itself."""
    found = read_mark(store, "runs", run_id)
    return found is not None and found.said != "open"


def sends_key(store: Path, spec: RunSpec) -> bool:
    """Return whether the server that a run asks is sent the API key: a command of this installation named it, or LLMKICK_LIVE_ENDPOINTS does.

    Raises:
        EndpointError: a page asked for the run, and the address may not be called.
    """
    return asked_by(store, spec.run_id) == "command" or not is_endpoint(spec.model) or is_trusted(split_endpoint(spec.model)[0])

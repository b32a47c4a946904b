"""What a run folder holds while its run is on its way: how many windows its texts have, and answers that were begun.

windows.json  {"n_windows": 167}      of perplexity, once the model's tokenizer was asked
drafts.json   {"3f0c..": [318, 262]}  tokens of answers so far, by a hash of what is asked; gone once the answers are in a part

Either may be lost: windows are counted again, and answers begun again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from llmkick_core.decoding import list_of, named_values, whole
from llmkick_core.errors import CorruptFileError
from llmkick_core.store.layout import read_json, run_dir, write_json
from llmkick_core.store.opener import SMALL, TABLE, remove

_DRAFTS = named_values(list_of(whole()), 1_000_000)
_COUNT = whole()


def write_windows(store: Path, run_id: str, n_windows: int) -> None:
    """Write how many windows a run scores."""
    write_json(run_dir(store, run_id) / "windows.json", {"n_windows": n_windows})


def read_windows(store: Path, run_id: str) -> int | None:
    """Return how many windows a run scores, None while unknown."""
    try:
        raw = read_json(run_dir(store, run_id) / "windows.json", SMALL)
    except (FileNotFoundError, CorruptFileError):
        return None
    n_windows = raw.get("n_windows") if isinstance(raw, dict) else None
    return n_windows if _COUNT.holds(n_windows) else None


def write_drafts(store: Path, run_id: str, drafts: Mapping[str, list[int]]) -> None:
    """Write the answers so far; none removes the file."""
    path = run_dir(store, run_id) / "drafts.json"
    if drafts:
        write_json(path, dict(drafts))
    else:
        remove(path)


def read_drafts(store: Path, run_id: str) -> dict[str, list[int]]:
    """Return the answers so far, empty where there are none or where a token is none; whether the model has the tokens is for it to see."""
    try:
        found = read_json(run_dir(store, run_id) / "drafts.json", TABLE)
    except (FileNotFoundError, CorruptFileError):
        return {}
    return found if _DRAFTS.holds(found) else {}

"""Words that were typed into the page: paths among them are read only below the folders that the app may read.

Whoever reaches the page is not always who started the app, so the page must not tell what lies anywhere on the machine. The command line reads what its user may read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import UsageError

_HUB = re.compile(r"hub:[\w.-]+/[\w.-]+(@[\w-]+([./][\w-]+)*)?(:[\w-]+([./][\w-]+)*\.gguf)?")
"""A repository, a branch, tag or commit, and a GGUF file; no `..` in it."""


def check_model(words: str, known: Collection[str]) -> str:
    """Return a model that was typed: one that is known, of the hub, or in an allowed folder.

    Raises:
        UsageError: it is none of them.
    """
    return words if words in known or _HUB.fullmatch(words) else check_path(words, "a folder")


def check_text(words: str, known: Collection[str]) -> str:
    """Return data or calibration text that was typed: one that is known by name, or in an allowed folder.

    Raises:
        UsageError: it is neither.
    """
    return words if words in known else check_path(words, "a file or folder")


def check_path(words: str, what: str) -> str:
    """Return a path, symbolic links followed, that lies in an allowed folder.

    Raises:
        UsageError: it does not, whether there is anything or not.
    """
    try:
        path = Path(words).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        path = None
    if path is None or not any(path.is_relative_to(root) for root in settings.readable_roots()):
        raise UsageError(
            f"{words!r} is no name known here, and {what} may be read by the app only below its own data, its store, and what LLMKICK_MODEL_ROOTS and "
            "LLMKICK_REAL_DATA name. Start the app with one of them set, or use the command line."
        )
    return str(path)

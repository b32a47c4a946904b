"""Paths that were typed into the page: read only below the folders that the app may read.

Whoever reaches the page is not always who started the app, so the page must not tell what lies anywhere on the machine. The command line reads what its user may read.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import UsageError


def check_typed(words: str, known: Collection[str] = ()) -> str:
    """Return what was typed, unless it is the path of something the app must not read.

    Args:
        words: a model, a data set or a calibration text.
        known: words that are no paths.

    Raises:
        UsageError: it is a path outside the allowed folders, symbolic links followed.
    """
    if not words or words in known or words.startswith(("bundled:", "hub:", "endpoint:")):
        return words
    roots = settings.readable_roots()
    try:
        path = Path(words).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        path = None
    if path is None or not any(path.is_relative_to(root) for root in roots):
        raise UsageError(
            f"{words!r} is no name known here, and lies outside the folders that the app may read: {', '.join(map(str, roots))}. "
            "Start the app with LLMKICK_MODEL_ROOTS naming its folder, or use the command line."
        )
    return words

"""Words that were typed into the page: paths among them are read only below the folders that the app may read.

Whoever reaches the page is not always who started the app, so the page must not tell what lies anywhere on the machine. The command line reads what its user may read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from llmkick_core import settings
from llmkick_core.calibration_plan import TEXT_NAMES
from llmkick_core.catalog import datasets_of, is_endpoint, is_imported, named_models
from llmkick_core.errors import UsageError
from llmkick_core.live.sources import source_of
from llmkick_core.schema import RunSpec

_HUB = re.compile(r"hub:[\w.-]+/[\w.-]+(@[\w-]+([./][\w-]+)*)?(:[\w-]+([./][\w-]+)*\.gguf)?")
"""A repository, a branch, tag or commit, and a GGUF file; no `..` in it."""

COMMIT = re.compile(r"[0-9a-f]{40}(\.[0-9]{1,4})?")  # of a GGUF file with how it is read


def meant(typed: str, titles: Mapping[str, str]) -> str:
    """Return the one model whose word or title begins as somebody typed it, whatever the case; else what was typed.

    Args:
        typed: such as `smol`.
        titles: what people read, by the word for a model.
    """
    start = typed.strip().casefold()
    found = [word for word, title in titles.items() if start and any(name.casefold().startswith(start) for name in (word, title))]
    return found[0] if len(found) == 1 else typed


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


def check_spec(spec: RunSpec) -> None:
    """Check that a run, wherever its spec comes from, reads and calls nothing but what the app may read and call.

    Raises:
        LlmkickError: its model, data or calibration text lies elsewhere, or its address may not be called.
    """
    check_weights(spec)
    check_text(spec.dataset, list(datasets_of(spec.task)))


def check_weights(spec: RunSpec) -> None:
    """Check that the model of a run, and the text that it is calibrated on, are what the app may read and call.

    Raises:
        LlmkickError: they lie elsewhere, or its address may not be called.
    """
    if is_endpoint(spec.model):
        source_of(spec)
    elif not is_imported(spec.model):
        check_model(spec.model, named_models())
        if spec.model.startswith("hub:") and not COMMIT.fullmatch(spec.model_revision):
            raise UsageError(
                f"run {spec.run_id} names {spec.model_revision[:80]!r} as the revision of {spec.model[:200]!r}, which is no commit on the hub."
            )
    if not spec.recipe.is_dense:
        check_text(spec.recipe.calibration.source, TEXT_NAMES)


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

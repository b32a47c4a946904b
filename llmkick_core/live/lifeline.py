"""Processes that end with the one that started them, however that one ends.

The parent holds the other end of the child's stdin. The system closes it when the parent dies, killed or not, and the child, which reads nothing else from
there, ends at once (models/child.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import JobError, StoreError
from llmkick_core.store.opener import open_file, read_end

_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
}
"""What a child is told: to ask nothing of the network and to report to nobody."""

_KEYS = ("LLMKICK_API_KEY", "OPENAI_API_KEY", "HF_TOKEN")


def start(module: str, arguments: Sequence[str], log: Path, more: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Return a child that runs a module and ends with this process; `log` is begun anew, `more` is added to its environment, keys are left out.

    Raises:
        JobError: it cannot be started.
        StoreError: the log cannot be written.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _KEYS} | _QUIET | dict(more or {})
    with os.fdopen(open_file(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as stream:
        try:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                cwd=settings.PROJECT_ROOT,
                env=environment,
                start_new_session=True,  # Ctrl-C is for this process, which ends it
            )
        except OSError as error:
            raise JobError(f"{module} could not be started: {error}.") from error


def end(child: subprocess.Popen[bytes], *, patience_s: float = 3.0) -> None:
    """End a child, and wait until it has ended."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def last_words(log: Path, n_lines: int = 1) -> str:
    """Return the last lines of a log that say something."""
    try:
        lines = [line.strip() for line in read_end(log).splitlines() if line.strip()]
    except StoreError:
        return "it left no log"
    return "\n".join(lines[-n_lines:]) or "it left no word"

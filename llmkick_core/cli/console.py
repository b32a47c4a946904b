r"""Where the command line prints: the only place, so that no text of a model, a data set, a store or a server can drive the terminal.

    errors.print(f"error: {reason}")       # ESC ]0;pwned BEL in a reason is shown as \x1b]0;pwned\x07
    tables().print(table)
    say("Took in 20 answers.")             # a line of the result, on stdout
    print_json({"runs": [...]})            # the same signs as \u001b, which JSON reads back

A terminal takes control characters as orders: to clear itself, to set its title, to write where it was, to answer as if somebody typed. Signs that turn the
direction of writing show another text than there is. All of them are printed as escapes; newlines and tabs stay.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

_FILE_WIDTH = 132  # characters of a line that goes to a file or a pipe

_ORDERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction of writing
    "\u2028\u2029\ufff9-\ufffb"  # line and paragraph separators, annotations
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of letters, which cannot be printed; tags, which cannot be seen
)


def visible(text: str) -> str:
    r"""Return a text with each control character as an escape: `\x1b`, `\u202e`. Newlines and tabs stay."""
    return _ORDERS.sub(lambda found: _escape(found[0]), text)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class SafeConsole(Console):
    """A console on which text is text: control characters are shown, and square brackets and colons mean nothing unless `markup=True` is said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as rich lays it out, its control characters shown, so that they take their place."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is printed; what did not come as a string is shown the same way."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


errors = SafeConsole(stderr=True)
"""Progress, notes and errors."""


def tables() -> SafeConsole:
    """Return where tables are printed."""
    console = SafeConsole()
    return console if console.is_terminal else SafeConsole(width=_FILE_WIDTH)


def say(line: str) -> None:
    """Print a line of the result."""
    typer.echo(visible(line))


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document, in which control characters are escaped as JSON does it, those that JSON leaves as they are too."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    typer.echo(_ORDERS.sub(lambda found: json.dumps(found[0])[1:-1], text))


class _Lines(logging.Handler):
    """Prints what is logged: a line each, with its traceback where it has one."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = [record.getMessage()]
        if record.exc_info and record.exc_info[0] is not None:
            lines.append("".join(traceback.format_exception(*record.exc_info)).rstrip())
        errors.print("\n".join(lines), soft_wrap=True)


def log_here() -> None:
    """Print the announcements of long steps, warnings of all that is logged, and the traceback of a defect through the console."""
    told = logging.getLogger("llmkick_core.progress")
    told.setLevel(logging.INFO)
    told.propagate = False
    for logger in (told, logging.getLogger()):
        if not any(isinstance(one, _Lines) for one in logger.handlers):
            logger.addHandler(_Lines(logging.INFO if logger is told else logging.WARNING))
    sys.excepthook = _show_defect


def _show_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    errors.print("".join(traceback.format_exception(kind, error, trace)).rstrip(), soft_wrap=True)

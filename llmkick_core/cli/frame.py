"""What all commands share: the program, how an error ends, where tables and JSON go."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console

from llmkick_core import __version__, settings
from llmkick_core.errors import LlmkickError

P = ParamSpec("P")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See which knowledge a compressed language model lost, question by question.",
)

_FILE_WIDTH = 132  # characters of a line that goes to a file or a pipe

errors = Console(stderr=True, highlight=False)
"""Progress, notes and errors."""


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Register a command; its errors become one line and an exit code. `import_` is the command `import`, whose name Python keeps to itself."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        _show_progress()
        try:
            function(*args, **kwargs)
        except LlmkickError as error:
            if kwargs.get("as_json"):
                print_json({"error": str(error)})
            errors.print(f"error: {error}", style="red", soft_wrap=True, markup=False)
            raise typer.Exit(error.exit_code) from None

    return app.command(function.__name__.rstrip("_"))(guarded)


class _Lines(logging.Handler):
    """Prints what is announced of long steps."""

    def emit(self, record: logging.LogRecord) -> None:
        errors.print(record.getMessage(), soft_wrap=True, markup=False)


def _show_progress() -> None:
    """Show the announcements of `llmkick_core.progress` on stderr."""
    told = logging.getLogger("llmkick_core.progress")
    told.setLevel(logging.INFO)
    told.propagate = False
    if not told.handlers:
        told.addHandler(_Lines())


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def store_of(given: Path | None) -> Path:
    """Return the store that a command was given, or the usual one."""
    return given.expanduser().resolve() if given is not None else settings.store_root()


def tables() -> Console:
    """Return where tables are printed."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_FILE_WIDTH)


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if show_version:
        typer.echo(__version__)
        raise typer.Exit

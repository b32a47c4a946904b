"""What all commands share: the program, and how an error ends."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from llmkick_core import __version__, settings
from llmkick_core.cli.console import errors, log_here, print_json, say
from llmkick_core.errors import LlmkickError

P = ParamSpec("P")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See which knowledge a compressed language model lost, question by question.",
)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Register a command; its errors become one line and an exit code. `import_` is the command `import`, whose name Python keeps to itself."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        log_here()
        try:
            function(*args, **kwargs)
        except LlmkickError as error:
            if kwargs.get("as_json"):
                print_json({"error": str(error)})
            errors.print(f"error: {error}", style="red", soft_wrap=True)
            raise typer.Exit(error.exit_code) from None

    return app.command(function.__name__.rstrip("_"))(guarded)


def store_of(given: Path | None) -> Path:
    """Return the store that a command was given, or the usual one."""
    return given.expanduser().resolve() if given is not None else settings.store_root()


@app.callback(invoke_without_command=True)
def _main(show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if show_version:
        say(__version__)
        raise typer.Exit

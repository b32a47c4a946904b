"""How many workers share this machine, by a rule that loads no torch.

    crew_size(specs, "cpu")  # -> 2 on two cores, where runs of two recipes of a small model wait

A small model gains little from a second thread, so on a CPU the recipes of small models are computed side by side, one worker each, which
share the threads. A GPU, and a model whose arithmetic fills all cores or whose weights fill the memory, has one worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import ModelError
from llmkick_core.memory import free_bytes, n_cores
from llmkick_core.models.config import ModelShape
from llmkick_core.models.described import described
from llmkick_core.models.headers import WeightSizes
from llmkick_core.models.locate import is_endpoint
from llmkick_core.schema import RunSpec

SMALL = 2**26
"""Most weights of a small model: 256 MiB in float32."""

ROOM_BYTES = 2**31
"""Memory that a worker at a small model may take: torch, a batch's activations, keys and values that are kept."""


def likely_device(wanted: str | None) -> str:
    """Return the device a worker will choose, without loading torch."""
    return wanted or ("cuda" if Path("/dev/nvidia0").exists() else "cpu")


def most_workers(device: str | None) -> int:
    """Return how many workers a device has at most: one thread each on a CPU, one worker on a GPU."""
    return all_threads() if likely_device(device) == "cpu" else 1


def all_threads() -> int:
    """Return how many threads all workers have together: what was asked for, else the cores that this process may use."""
    return settings.threads() or n_cores()


def threads_of(model: str, n_workers: int) -> int | None:
    """Return the threads of one of several workers at a small model; None, all that there are, at any other."""
    return max(1, all_threads() // n_workers) if n_workers > 1 and is_small(model) else None


def crew_size(specs: Sequence[RunSpec], device: str | None) -> int:
    """Return how many workers compute runs best: one a recipe, as far as threads and free memory go; one where a model is not small."""
    n_groups = len({spec.compression_id for spec in specs})
    most = min(n_groups, most_workers(device))
    if most < 2 or not all(is_small(model) for model in {spec.model for spec in specs}):
        return 1
    return max(1, min(most, free_bytes("cpu") // ROOM_BYTES))


def is_small(model: str) -> bool:
    """Return whether a model is known to be small; one that is to be downloaded or dequantized first is not, so that one worker alone does it."""
    if model.startswith("hub:") or is_endpoint(model):
        return False
    try:
        found = described(model)
    except ModelError:
        return False  # the worker that opens it tells why
    return found is not None and not found.n_new_bytes and found.sizes.n_parameters <= SMALL


def sizes_of(model: str) -> tuple[ModelShape, WeightSizes] | None:
    """Return the sizes of a model, or None where it is on the hub and not on this machine yet, or behind an endpoint.

    Raises:
        ModelError: its files are not whole.
    """
    found = described(model)
    return None if found is None else (found.shape, found.sizes)

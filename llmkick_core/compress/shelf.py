"""Where the hidden states of calibration text lie between two blocks: on the device, where they do not fit there in the CPU's memory, else on the disk."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from llmkick_core.memory import free_bytes

if TYPE_CHECKING:
    import torch
    from torch import Tensor

SHARE = 0.4
"""Of the memory that is free when the first states are put down, which they may fill."""


class Shelf(Protocol):
    """Holds the states of numbered micro-batches."""

    def put(self, k: int, hidden: Tensor) -> None:
        """Put the states (sequences, tokens, features) of micro-batch `k` down, in place of those before."""

    def get(self, k: int) -> Tensor:
        """Return the states of micro-batch `k` on the device."""


class InMemory:
    """On the device itself, or in the CPU's memory."""

    def __init__(self, device: torch.device, home: torch.device | str) -> None:
        self._device, self._home = device, home
        self._held: dict[int, Tensor] = {}

    def put(self, k: int, hidden: Tensor) -> None:
        """Keep the states."""
        self._held[k] = hidden.to(self._home)

    def get(self, k: int) -> Tensor:
        """Return the states on the device."""
        return self._held[k].to(self._device)


class OnDisk:
    """In a temporary folder, a file a micro-batch; the folder goes with this object, and after a kill with the folder it lies in."""

    def __init__(self, device: torch.device, where: Path | None) -> None:
        self._device = device
        self._folder = Path(tempfile.mkdtemp(prefix="llmkick-activations-", dir=where))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def put(self, k: int, hidden: Tensor) -> None:
        """Write the states."""
        from safetensors.torch import save_file

        save_file({"hidden": hidden.cpu().contiguous()}, self._file(k))

    def get(self, k: int) -> Tensor:
        """Read the states."""
        from safetensors.torch import load_file

        hidden: Tensor = load_file(self._file(k))["hidden"]
        return hidden.to(self._device)

    def _file(self, k: int) -> Path:
        return self._folder / f"{k}.safetensors"


def shelf_for(n_bytes: int, device: torch.device, where: Path | None = None) -> Shelf:
    """Return a place for `n_bytes` of hidden states.

    Args:
        n_bytes: of the states of all micro-batches.
        device: where the blocks run.
        where: an existing folder on a large disk; None is the system's temporary one.
    """
    if n_bytes <= SHARE * free_bytes(str(device)):
        return InMemory(device, device)
    if device.type != "cpu" and n_bytes <= SHARE * free_bytes("cpu"):
        return InMemory(device, "cpu")
    return OnDisk(device, where)

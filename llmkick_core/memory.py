"""How much memory a device has, and has left, and how many cores. No torch for the CPU, so that pages may ask."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_bytes(device: str) -> int:
    """Return the bytes a process may still take on `cpu` or a CUDA device; a container's limit counts."""
    if device.startswith("cuda"):
        import torch

        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # by torch, which gives it out again
        return int(torch.cuda.mem_get_info(device)[0]) + int(kept)
    free = [_meminfo("MemAvailable:")]
    limit, used = _number(Path("/sys/fs/cgroup/memory.max")), _number(Path("/sys/fs/cgroup/memory.current"))
    if limit is not None and used is not None:
        free.append(max(0, limit - used + _reclaimable()))
    known = [value for value in free if value is not None]
    return min(known) if known else 2**32  # a system without /proc: assume 4 GiB


def total_bytes(device: str) -> int:
    """Return the bytes of memory that `cpu` or a CUDA device has for a process, used or not; a container's limit counts."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[1])
    known = [value for value in (_meminfo("MemTotal:"), _number(Path("/sys/fs/cgroup/memory.max"))) if value is not None]
    return min(known) if known else 2**32  # a system without /proc: assume 4 GiB


def _meminfo(key: str) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(key)), None)


def _reclaimable() -> int:
    """Return the bytes of file cache that the container's `memory.current` counts and that would be given up."""
    try:
        lines = Path("/sys/fs/cgroup/memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def give_back() -> None:
    """Return freed memory to the system, where the C library keeps it: glibc's heap else grows with every block that comes and goes."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_KEPT = 2**28
_LARGEST_KEPT = 2**25  # the most that glibc takes


def keep_freed() -> None:
    """Let the C library keep up to 256 MiB that was freed: a model that is asked makes and drops the same tensors for every block.

    glibc else hands tensors of some megabytes back one by one, and the system clears each page anew, a tenth of a forward pass on a CPU.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


_LARGE = 2**22


def give_back_at_once() -> None:
    """Let the C library return every tensor of 4 MiB or more when it is freed: where one block after another is compressed, holes in its heap else take half a gigabyte."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").mallopt(_MMAP_THRESHOLD, _LARGE)


@contextmanager
def freed_at_once() -> Iterator[None]:
    """Have what is freed go back to the system for the block: a model that was loaded to be asked is compressed first, in tensors that are never alike."""
    give_back_at_once()
    try:
        yield
    finally:
        give_back()
        keep_freed()


def n_cores() -> int:
    """Return the cores that this process may use; a container's share of the machine counts."""
    n_here = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()  # a container's share of the machine
        return max(1, min(n_here, int(quota) // int(period)))
    except (OSError, ValueError):  # no container, or "max": no limit
        return n_here

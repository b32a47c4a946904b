"""How fast this machine computes, measured in a moment and without torch.

cpu_speed() -> Speed(flops=2.0e11, bytes_s=1.2e10)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_SIZE = 1024
_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What a device does in a second."""

    flops: float
    """Floating-point operations in large matrix products."""
    bytes_s: float
    """Bytes of a matrix that a product with one vector reads."""


GPU = Speed(flops=2e14, bytes_s=1.5e12)
"""A usual GPU, in bfloat16; it is not measured."""


@cache
def cpu_speed() -> Speed:
    """Return the speed of the CPU, in float32; measured once in a process, in a fifth of a second."""
    import numpy as np

    left, right = (np.random.default_rng(seed).standard_normal((_SIZE, _SIZE), dtype=np.float32) for seed in (0, 1))
    tall = np.ones((16 * _SIZE, 2 * _SIZE), dtype=np.float32)  # 128 MiB: no cache holds it
    vector = np.ones(2 * _SIZE, dtype=np.float32)
    product_s = min(_seconds(lambda: left @ right) for _ in range(_ROUNDS))
    read_s = min(_seconds(lambda: tall @ vector) for _ in range(_ROUNDS))
    return Speed(flops=2 * _SIZE**3 / product_s, bytes_s=tall.nbytes / read_s)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return max(time.perf_counter() - started, 1e-6)

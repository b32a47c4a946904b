"""The number format in which training multiplies matrices, and an attention that stays in float32.

Weights, sums and optimizer states are float32 everywhere. Some processors multiply bfloat16 three times faster than float32 (AVX512-BF16, AMX), others
hundreds of times slower, so which it is gets measured. Attention of short windows is faster in float32 on all of them.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor

ATTENTION = "sdpa_float32"
"""Name under which transformers finds the attention."""

_WORTH = 1.5
"""How much faster bfloat16 must be."""


def matmul_dtype(device: str) -> torch.dtype:
    """Return bfloat16 for a CPU that multiplies it much faster than float32, else float32."""
    if device != "cpu":
        return torch.float32
    seconds = {dtype: _seconds(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return torch.bfloat16 if seconds[torch.bfloat16] * _WORTH < seconds[torch.float32] else torch.float32


def _seconds(dtype: torch.dtype, *, n: int = 256, n_times: int = 5) -> float:
    """Return the shortest time of some multiplications of (n, n) matrices, the first left out."""
    matrix = torch.ones(n, n, dtype=dtype)
    times = []
    for _ in range(n_times + 1):
        started = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - started)
    return min(times[1:])


def use_float32_attention(model: Any) -> None:
    """Let a transformers model compute its attention in float32, also where autocast is on."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ATTENTION, _attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    model.config._attn_implementation = ATTENTION


def _attention(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> tuple[Tensor, None]:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    with torch.autocast(query.device.type, enabled=False):
        output, _ = sdpa_attention_forward(module, query.float(), key.float(), value.float(), mask, **options)
    return output, None

"""How transformers dequantizes weights while it reads them: compressed-tensors, FP8 with a scale for each block, MXFP4.

An FP8 weight (rows, columns) has scales (ceil(rows / 128), ceil(columns / 128)): the last block may be smaller. transformers 5.23 takes all blocks for equally large,
fails where they cannot be and is silently wrong where they could (192 rows, two scales), so that one step is done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from llmkick_core.models.source_format import Quantization


def quantization_config(found: Quantization) -> Any:
    """Return how transformers is to dequantize weights."""
    from transformers import CompressedTensorsConfig, FineGrainedFP8Config, Mxfp4Config

    if found.method == "FP8":
        return FineGrainedFP8Config(dequantize=True, weight_block_size=found.block)
    return Mxfp4Config(dequantize=True) if found.method == "mxfp4" else CompressedTensorsConfig(dequantize=True)


def dequantized_blocks(weight: torch.Tensor, scales: torch.Tensor, block: tuple[int, int]) -> torch.Tensor:
    """Return an FP8 weight as bfloat16, each block multiplied by its scale in float32.

    >>> dequantized_blocks(torch.ones(3, 2), torch.tensor([[2.0], [4.0]]), (2, 2)).tolist()
    [[2.0, 2.0], [2.0, 2.0], [4.0, 4.0]]

    Args:
        weight: (rows, columns), float8_e4m3fn.
        scales: (ceil(rows / block rows), ceil(columns / block columns)).
        block: its rows and columns.
    """
    rows, columns = weight.shape
    spread = scales.float().repeat_interleave(block[0], dim=0)[:rows].repeat_interleave(block[1], dim=1)[:, :columns]  # (rows, columns)
    return (weight.float() * spread).bfloat16()


@contextmanager
def exact_blocks(found: Quantization | None) -> Iterator[None]:
    """Have transformers dequantize FP8 weights as `dequantized_blocks` does, for the block."""
    if found is None or found.method != "FP8":
        yield
        return
    from transformers.integrations.finegrained_fp8 import Fp8Dequantize

    def dequantize(_: Any, quantized: torch.Tensor, scales: torch.Tensor, output_dtype: torch.dtype | None = None) -> torch.Tensor:
        exact = dequantized_blocks(quantized, scales, found.block)
        return exact if output_dtype is None else exact.to(output_dtype)

    before = Fp8Dequantize._dequantize_one
    Fp8Dequantize._dequantize_one = dequantize
    try:
        yield
    finally:
        Fp8Dequantize._dequantize_one = before

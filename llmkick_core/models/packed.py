"""Quantized weights in the `compressed-tensors` format, which transformers and vLLM load: integers packed into 32-bit words, and the scales of their groups.

    q_proj.weight_packed (out, ceil(in * bits / 32)) int32, weight_scale (out, groups) float16, weight_shape

https://github.com/neuralmagic/compressed-tensors, format `pack-quantized`. Zeros of a pruning before are packed like any other integer. Grids with zero
points are left out: what version 0.19 writes of them, transformers 5.23 does not load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def pack(weight: Tensor, scale: Tensor, bits: int) -> dict[str, Tensor]:
    """Return what stands in place of `weight` in a packed checkpoint, by the last part of its name.

    Args:
        weight: (out, in), whole multiples of the scales.
        scale: (out, groups) float32, each a float16 number; groups of consecutive inputs.
        bits: of an integer.
    """
    import torch
    from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32

    n_out, n_in = weight.shape
    size = -(-n_in // scale.shape[1])
    steps = (weight.float() / scale.repeat_interleave(size, dim=1)[:, :n_in]).round()
    return {
        "weight_packed": pack_to_int32(steps.to(torch.int8), bits).contiguous(),
        "weight_scale": scale.half().contiguous(),
        "weight_shape": torch.tensor([n_out, n_in]),
    }


def quantization_config(bits: int, group_size: int | None, *, ignore: Sequence[str]) -> dict[str, Any]:
    """Return what config.json says of a packed checkpoint.

    Args:
        bits: of an integer.
        group_size: inputs that share a scale; None is one scale a row.
        ignore: names of the linear layers that are not quantized.
    """
    weights = {
        "num_bits": bits,
        "type": "int",
        "symmetric": True,
        "strategy": "channel" if group_size is None else "group",
        "group_size": group_size,
        "dynamic": False,
    }
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights, "input_activations": None, "output_activations": None}},
        "ignore": list(ignore),
    }

"""How large a model's weights are, from the headers of its safetensors files. No torch, no tensor is read.

A safetensors file starts with 8 bytes (little-endian length of the header) and a JSON header:

    {"model.norm.weight": {"dtype": "F32", "shape": [192], "data_offsets": [0, 768]}, "__metadata__": {"format": "pt"}}
"""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError

_LONGEST_HEADER = 100_000_000  # the format's own limit
_BLOCK = re.compile(r"\.(\d+)\.")
_LAYER = re.compile(
    r"\.\d+\..*\b(q_proj|k_proj|v_proj|o_proj|qkv_proj|out_proj|gate_proj|up_proj|down_proj|gate_up_proj|fc1|fc2|fc_in|fc_out|c_attn|c_proj|c_fc"
    r"|query_key_value|dense|dense_h_to_4h|dense_4h_to_h|Wqkv)\.weight$"
)
_OTHER_TOWER = re.compile("vision|visual|audio|image|speech|encoder")


@dataclass(frozen=True, kw_only=True)
class WeightSizes:
    """Sizes of all tensors of a model on disk; tied tensors are stored, and counted, once."""

    n_parameters: int
    """Numbers in all tensors."""
    n_block_parameters: int
    """Of these, numbers in matrices inside the decoder blocks: what compression acts on."""
    largest_block: int
    """Of these, those of the largest block."""
    n_bytes: int
    """Bytes as stored."""
    dtype: str
    """Most frequent element type, such as `BF16`."""


def read_sizes(folder: Path) -> WeightSizes:
    """Return the sizes of the weights in a folder.

    Raises:
        ModelError: a file is not whole.
    """
    files = weight_files(folder)
    return _read_sizes(tuple((file, file.stat().st_mtime_ns) for file in files))


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files that make up the model, sorted: `model.safetensors`, else those that its index names, else all there are.

    Raises:
        ModelError: the index is damaged.
    """
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if not index.is_file():
        return sorted(folder.glob("*.safetensors"))
    try:
        return sorted(folder / name for name in set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{index} is not the index of a model's weights ({error}); copy or download the model again.") from error


@lru_cache(maxsize=64)
def _read_sizes(files: tuple[tuple[Path, int], ...]) -> WeightSizes:
    tensors: dict[str, dict[str, Any]] = {}
    for file, _ in files:
        tensors |= read_header(file)
    dtypes: dict[str, int] = {}
    blocks: dict[str, int] = {}
    for name, entry in tensors.items():
        size = math.prod(entry["shape"])
        dtypes[entry["dtype"]] = dtypes.get(entry["dtype"], 0) + size
        number = _BLOCK.search(name)
        if number and len(entry["shape"]) > 1:
            blocks[number[1]] = blocks.get(number[1], 0) + size
    return WeightSizes(
        n_parameters=sum(dtypes.values()),
        n_block_parameters=sum(blocks.values()),
        largest_block=max(blocks.values(), default=0),
        n_bytes=sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in tensors.values()),
        dtype=max(dtypes, key=dtypes.__getitem__, default=""),
    )


def layer_widths(folder: Path, *, is_transposed: bool = False) -> list[tuple[str, int]]:
    """Return (name, inputs) of the linear layers of a decoder's blocks that are known by their names; layers of other towers and routers are left out.

    Args:
        folder: the model's.
        is_transposed: whether weights are stored as (in, out), as GPT-2's.

    Raises:
        ModelError: a file is not whole.
    """
    tensors = {name: entry["shape"] for file in weight_files(folder) for name, entry in read_header(file).items()}
    found = [
        (name.removesuffix(".weight"), int(shape[0 if is_transposed else 1]))
        for name, shape in tensors.items()
        if len(shape) == 2 and _LAYER.search(name) and not _OTHER_TOWER.search(name)
    ]
    return sorted(found, key=lambda layer: [int(part) if part.isdigit() else 0 for part in layer[0].split(".")])


def read_header(path: Path) -> dict[str, dict[str, Any]]:
    """Return {tensor name: {dtype, shape, data_offsets}} of a safetensors file.

    Raises:
        ModelError: the file is cut short or not a safetensors file.
    """
    try:
        with path.open("rb") as stream:
            length = struct.unpack("<Q", stream.read(8))[0]
            if length > _LONGEST_HEADER:
                raise ValueError(f"header of {length} bytes")
            header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if path.stat().st_size < end:
            raise ValueError(f"{path.stat().st_size} of {end} bytes")
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is not a whole safetensors file ({error}). Download the model again.") from error
    return dict(header)

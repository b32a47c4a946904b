"""How large a model's weights are, from the headers of its safetensors files. No torch, and of the tensors nothing but a few bytes of tied ones.

A safetensors file starts with 8 bytes (little-endian length of the header) and a JSON header:

    {"model.norm.weight": {"dtype": "F32", "shape": [192], "data_offsets": [0, 768]}, "__metadata__": {"format": "pt"}}
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.decoding import parse_json
from llmkick_core.errors import ModelError
from llmkick_core.models.config import read_config, text_config
from llmkick_core.models.json_files import open_regular
from llmkick_core.models.weight_files import weight_files
from llmkick_core.weight_names import is_layer_matrix, is_parameter, layer_of, routers

_LONGEST_HEADER = 100_000_000  # the format's own limit
_HEADS = ("lm_head.weight", "embed_out.weight", "output_projection.weight")
_EMBEDDINGS = (
    "embed_tokens.weight",
    "wte.weight",
    "word_embeddings.weight",
    "embed_in.weight",
    "tok_embeddings.weight",
    "embeddings.weight",
    "tokens_embed.weight",
)
_MOST_AXES = 8
_PIECE = 2**16
_N_PIECES = 16


@dataclass(frozen=True, kw_only=True)
class WeightSizes:
    """Sizes of all parameters of a model on disk; tied ones are counted once, and stored masks, tables and layers that the model does not have are not."""

    n_parameters: int
    """Numbers in all parameters."""
    n_block_parameters: int
    """Of these, numbers in matrices inside the decoder blocks, routers left out: what compression acts on."""
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
    return _read_sizes(tuple((file, file.stat().st_mtime_ns) for file in files), *_config_of(folder))


@lru_cache(maxsize=64)
def _read_sizes(files: tuple[tuple[Path, int], ...], n_layers: int, is_tied: bool | None) -> WeightSizes:
    stored = {name: (file, entry) for file, _ in files for name, entry in read_header(file).items()}
    tensors = {name: entry for name, (_, entry) in stored.items() if is_parameter(name, entry["dtype"], entry["shape"], n_layers)}
    if is_tied is not False and (twin := _tied_twin(stored, tensors)) is not None:
        del tensors[twin]
    apart = routers({name: entry["shape"] for name, entry in tensors.items()})
    dtypes: dict[str, int] = {}
    blocks: dict[str, int] = {}
    for name, entry in tensors.items():
        size = math.prod(entry["shape"]) * (2 if entry["dtype"] == "U8" and name.endswith("_blocks") else 1)  # two numbers of MXFP4 a byte
        dtypes[entry["dtype"]] = dtypes.get(entry["dtype"], 0) + size
        layer = layer_of(name)
        if layer and name not in apart and is_layer_matrix(name, entry["shape"]):
            blocks[layer] = blocks.get(layer, 0) + size
    return WeightSizes(
        n_parameters=sum(dtypes.values()),
        n_block_parameters=sum(blocks.values()),
        largest_block=max(blocks.values(), default=0),
        n_bytes=sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in tensors.values()),
        dtype=max(dtypes, key=dtypes.__getitem__, default=""),
    )


def layer_widths(folder: Path, *, is_transposed: bool = False) -> list[tuple[str, int]]:
    """Return (name, inputs) of the linear layers of a decoder's blocks, in the order of the blocks; stacked experts and routers are left out.

    Args:
        folder: the model's.
        is_transposed: whether weights are stored as (in, out), as GPT-2's.

    Raises:
        ModelError: a file is not whole.
    """
    n_layers, _ = _config_of(folder)
    stored = {name: entry for file in weight_files(folder) for name, entry in read_header(file).items()}
    shapes = {name: entry["shape"] for name, entry in stored.items() if is_parameter(name, entry["dtype"], entry["shape"], n_layers)}
    apart = routers(shapes)
    found = [
        (name.removesuffix(".weight"), int(shape[0 if is_transposed else 1]))
        for name, shape in shapes.items()
        if len(shape) == 2 and layer_of(name) and name not in apart and is_layer_matrix(name, shape)
    ]
    return sorted(found, key=lambda layer: [int(part) if part.isdigit() else 0 for part in layer[0].split(".")])


def _config_of(folder: Path) -> tuple[int, bool | None]:
    """Return the layers that a folder's config names, 0 where it does not, and whether it ties the embeddings, None where it does not say."""
    try:
        config = read_config(folder)
    except ModelError:
        return 0, None
    text = text_config(config)
    sizes = [text.get(name) for name in ("num_hidden_layers", "n_layer", "n_layers")]
    n_layers = next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool)), 0)
    if any(isinstance(text.get(name), int) for name in ("num_layers_per_stack", "encoder_layers")):
        n_layers = 0  # layers that are counted in another way than their names do
    tied = config.get("tie_word_embeddings", text.get("tie_word_embeddings"))
    return n_layers, tied if isinstance(tied, bool) else None


def _tied_twin(stored: Mapping[str, tuple[Path, dict[str, Any]]], tensors: Mapping[str, dict[str, Any]]) -> str | None:
    """Return the name of an output head that is stored beside the embeddings it is tied to: the same shape, the same numbers."""
    head = next((name for name in tensors if name.endswith(_HEADS)), None)
    if head is None:
        return None
    alike = [name for name in tensors if name.endswith(_EMBEDDINGS) and tensors[name]["shape"] == tensors[head]["shape"]]
    return head if any(_is_equal(stored[head], stored[name]) for name in alike) else None


def _is_equal(one: tuple[Path, dict[str, Any]], other: tuple[Path, dict[str, Any]]) -> bool:
    """Return whether two stored tensors hold the same bytes, looked at in pieces from first to last."""
    start, end = one[1]["data_offsets"]
    if one[1]["dtype"] != other[1]["dtype"] or end - start != other[1]["data_offsets"][1] - other[1]["data_offsets"][0]:
        return False
    n_pieces = min(_N_PIECES, max(1, (end - start) // _PIECE))
    places = [(end - start - min(_PIECE, end - start)) * k // max(1, n_pieces - 1) for k in range(n_pieces)]
    return all(_bytes_at(one, place) == _bytes_at(other, place) for place in places)


def _bytes_at(stored: tuple[Path, dict[str, Any]], place: int) -> bytes:
    file, entry = stored
    start, end = entry["data_offsets"]
    with open_regular(file) as stream:
        first = 8 + struct.unpack("<Q", stream.read(8))[0]
        stream.seek(first + start + place)
        return stream.read(min(_PIECE, end - start - place))


def _end_of(name: str, entry: dict[str, Any]) -> int:
    """Return where a tensor ends in the data of its file, after a look at its entry.

    Raises:
        ValueError: the entry is no tensor's.
        KeyError: it lacks something.
    """
    dtype, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    is_shaped = isinstance(shape, list) and len(shape) <= _MOST_AXES and all(type(size) is int and 0 <= size < 2**48 for size in shape)
    if not (isinstance(dtype, str) and is_shaped and type(start) is int and type(end) is int and 0 <= start <= end):
        raise ValueError(f"tensor {name[:80]!r} is not described by dtype, shape and data_offsets")
    return int(end)


def read_header(path: Path) -> dict[str, dict[str, Any]]:
    """Return {tensor name: {dtype, shape, data_offsets}} of a safetensors file.

    Raises:
        ModelError: the file is cut short or not a safetensors file.
    """
    try:
        with open_regular(path) as stream:
            length = struct.unpack("<Q", stream.read(8))[0]
            if length > _LONGEST_HEADER:
                raise ValueError(f"header of {length} bytes")
            header = parse_json(stream.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max((_end_of(name, entry) for name, entry in header.items()), default=0)
        if path.stat().st_size < end:
            raise ValueError(f"{path.stat().st_size} of {end} bytes")
    except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is not a whole safetensors file ({error}). Download the model again.") from error
    return dict(header)

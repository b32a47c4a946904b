"""In which format a model's weights were stored before they came here: whether they were quantized, by what, and at how many bits. No torch.

    source_format(folder) -> ""                                        plain numbers
    source_format(folder) -> "compressed-tensors, 4-bit, dequantized"  quantized, and dequantized when it is loaded
    source_format(folder) -> "FP8, dequantized to bfloat16"            the same, to numbers that are bfloat16 on every device
    check_source(folder)  -> ModelError                                quantized in a way that is not dequantized here

A folder says so in config.json (`quantization_config`, also one level down), in a file beside it (GPTQ, ModelOpt), or in nothing but the names and types of its tensors.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.config import read_config, text_config
from llmkick_core.models.dequantized import read_source_format
from llmkick_core.models.headers import read_header
from llmkick_core.models.json_files import read_json
from llmkick_core.models.weight_files import weight_files

_COMPRESSED, _FP8, _MXFP4 = "compressed-tensors", "FP8", "mxfp4"
"""Methods of which the weights are dequantized when they are loaded: FP8 where every weight has a scale for each block, MXFP4 where every stack of experts has its own."""

_IN_BFLOAT16 = {_FP8: "FP8, dequantized to bfloat16", _MXFP4: "MXFP4, dequantized to bfloat16"}
_BLOCK = (128, 128)  # rows and columns that share a scale, where the config does not say
_MXFP4_MODELS = {"gpt_oss"}

_BESIDE = {"quantize_config.json": "gptq", "quant_config.json": "awq", "hf_quant_config.json": "modelopt"}
_NAMES = {
    ".qweight": ("GPTQ or AWQ", None),
    ".weight_packed": ("compressed-tensors", None),
    ".SCB": ("bitsandbytes", 8),
    ".absmax": ("bitsandbytes", 4),
    ".quant_map": ("bitsandbytes", 4),
    ".quant_state.bitsandbytes__nf4": ("bitsandbytes", 4),
    ".quant_state.bitsandbytes__fp4": ("bitsandbytes", 4),
    "_proj_blocks": ("mxfp4", 4),
    ".W_q": ("hqq", None),
    ".codebooks": ("aqlm", None),
}
"""Ends of names of tensors that only quantized weights have, by what they are of and at how many bits."""

_FLOAT8 = ("F8_E4M3", "F8_E5M2")
_TITLES = {"gptq": "GPTQ", "awq": "AWQ", "fp8": "FP8", "bitsandbytes": "bitsandbytes", "modelopt": "ModelOpt"}


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """How a model's weights are quantized."""

    method: str
    """The field's name of it, such as `GPTQ`."""
    bits: int | None
    """Of a weight; None where nothing says."""
    told_by: str
    """The file, or tensor, that says so."""
    is_dequantized: bool = False
    """Whether it is dequantized when it is loaded."""
    block: tuple[int, int] = _BLOCK
    """Rows and columns of FP8 weights that share a scale."""

    @property
    def label(self) -> str:
        """Return the method and its bits in words: `GPTQ, 4-bit`."""
        return self.method if self.bits is None else f"{self.method}, {self.bits}-bit"


def source_format(folder: Path) -> str:
    """Return what the weights of a model were made from: by what they were quantized and at how many bits; empty for plain numbers.

    Raises:
        ModelError: a file is damaged.
    """
    if told := read_source_format(folder):
        return told
    found = quantization(folder)
    return "" if found is None else _IN_BFLOAT16.get(found.method, f"{found.label}, dequantized")


def check_source(folder: Path) -> None:
    """Check that a model's weights are plain numbers, or can be dequantized.

    Raises:
        ModelError: they are quantized in another way; the message says by what and at how many bits.
    """
    found = quantization(folder)
    if found is not None and not found.is_dequantized:
        raise ModelError(
            f"model {folder} is quantized already ({found.label}, says {found.told_by}) and is not dequantized here; name the full-precision model that it was made of."
        )


def check_compressible(folder: Path) -> None:
    """Check that a model's weights were not quantized before.

    Raises:
        ModelError: they were.
    """
    found = quantization(folder)
    if found is not None:
        raise ModelError(
            f"model {folder} is quantized already ({found.label}, says {found.told_by}), so what a compression costs would not be told apart from that; "
            "name the full-precision model that it was made of."
        )


def quantization(folder: Path) -> Quantization | None:
    """Return how a model's weights are quantized, or None where they are plain numbers.

    Raises:
        ModelError: the config, or the index of the weights, is damaged.
    """
    config = read_config(folder)
    for part in (config, text_config(config)):
        if isinstance(told := part.get("quantization_config") or part.get("compression_config"), dict):
            method, block = _method(told), _block(told)
            is_known = method == _COMPRESSED or (part is config and _is_known(folder, method, block, str(config.get("model_type"))))
            return Quantization(method=method, bits=_bits(told), told_by="config.json", is_dequantized=is_known, block=block)
    for name, method in _BESIDE.items():
        told = _read(folder / name)
        if told is not None:
            inner = told["quantization"] if isinstance(told.get("quantization"), dict) else told
            return Quantization(method=_method({"quant_method": method, **inner}), bits=_bits(inner), told_by=name)
    return _by_tensors(_stamped(folder))


def _stamped(folder: Path) -> tuple[tuple[Path, int], ...]:
    """Return the weight files that are there, with the times of their last change."""
    return tuple((file, file.stat().st_mtime_ns) for file in weight_files(folder) if file.is_file())


def _is_known(folder: Path, method: str, block: tuple[int, int], model_type: str) -> bool:
    """Return whether all quantized tensors of a folder are of the form that is dequantized here."""
    if method == _FP8:
        return _has_block_scales(_stamped(folder), block)
    return method == _MXFP4 and model_type in _MXFP4_MODELS and _has_stack_scales(_stamped(folder))


def _block(told: dict[str, Any]) -> tuple[int, int]:
    """Return the rows and columns that share a scale, (0, 0) where what the config says is no such size."""
    found = told.get("weight_block_size", _BLOCK)
    is_size = isinstance(found, list | tuple) and len(found) == 2 and all(type(size) is int and size > 0 for size in found)
    return (found[0], found[1]) if is_size else (0, 0)


@lru_cache(maxsize=64)
def _has_block_scales(files: tuple[tuple[Path, int], ...], block: tuple[int, int]) -> bool:
    """Return whether there are FP8 weights (rows, columns), and each has the scales of its blocks beside it: `NAME.weight_scale_inv`."""
    stored = _headers(files)
    scaled = [name for name, entry in stored.items() if entry["dtype"].startswith("F8")]
    scales = {name for name in stored if name.endswith("_scale_inv")}
    for name in scaled:
        scale, shape = stored.get(f"{name}_scale_inv"), stored[name]["shape"]
        is_plain = stored[name]["dtype"] == "F8_E4M3" and name.endswith(".weight") and len(shape) == 2
        if scale is None or scale["dtype"] not in ("F32", "F16", "BF16") or not is_plain or 0 in block:
            return False
        if scale["shape"] != [-(-size // part) for size, part in zip(shape, block, strict=True)]:
            return False
    return bool(scaled) and scales == {f"{name}_scale_inv" for name in scaled}


@lru_cache(maxsize=64)
def _has_stack_scales(files: tuple[tuple[Path, int], ...]) -> bool:
    """Return whether there are MXFP4 experts (experts, out, in / 32, 16 bytes), and each stack has its scales (experts, out, in / 32) beside it."""
    stored = _headers(files)
    blocks = [name for name in stored if name.endswith("_blocks")]
    scales = {name.removesuffix("_blocks") + "_scales" for name in blocks}
    for name in blocks:
        scale, entry = stored.get(name.removesuffix("_blocks") + "_scales"), stored[name]
        if scale is None or {scale["dtype"], entry["dtype"]} != {"U8"} or len(entry["shape"]) != 4:
            return False
        if entry["shape"][3] != 16 or entry["shape"][:3] != scale["shape"]:
            return False
    return bool(blocks) and scales == {name for name in stored if name.endswith("_scales")}


def _headers(files: tuple[tuple[Path, int], ...]) -> dict[str, dict[str, Any]]:
    """Return the header entries of all tensors that can be read; whoever reads the weights tells what is wrong with a file."""
    stored: dict[str, dict[str, Any]] = {}
    for file, _ in files:
        with suppress(ModelError):
            stored |= read_header(file)
    return stored


@lru_cache(maxsize=64)
def _by_tensors(files: tuple[tuple[Path, int], ...]) -> Quantization | None:
    """Return what the names and types of tensors say."""
    for file, _ in files:
        try:
            header = read_header(file)
        except ModelError:
            continue  # whoever reads the weights tells what is wrong with the file
        for name, entry in header.items():
            end = next((end for end in _NAMES if name.endswith(end) or f"{end}." in name), None)
            if end is not None:
                method, bits = _NAMES[end]
                return Quantization(method=method, bits=bits, told_by=f"tensor {name}")
            if entry["dtype"] in _FLOAT8:
                return Quantization(method="FP8", bits=8, told_by=f"tensor {name}")
            if entry["dtype"] in ("I8", "U8") and name.endswith(".weight") and len(entry["shape"]) == 2:
                return Quantization(method="integers", bits=8, told_by=f"tensor {name}")
    return None


def _method(told: dict[str, Any]) -> str:
    name = str(told.get("quant_method") or told.get("quantization_method") or "an unnamed method")
    return _TITLES.get(name.lower(), name)


def _bits(told: dict[str, Any]) -> int | None:
    """Return the bits of a weight that a quantization's settings name in one of the ways of the field."""
    if told.get("load_in_4bit") or told.get("_load_in_4bit"):
        return 4
    if told.get("load_in_8bit") or told.get("_load_in_8bit"):
        return 8
    for name in ("bits", "w_bit", "nbits", "num_bits", "wbits", "weight_bits"):
        if isinstance(told.get(name), int):
            return int(told[name])
    groups = told.get("config_groups")
    inner = [*groups.values()] if isinstance(groups, dict) else []
    inner += [told[name] for name in ("weights", "quant_config", "weight_quant_params", "quant_type") if isinstance(told.get(name), dict)]
    found = [bits for one in inner if isinstance(one, dict) and (bits := _bits(one)) is not None]
    if found:
        return min(found)
    words = " ".join(str(told.get(name, "")) for name in ("quant_algo", "quant_method", "weights", "quant_type", "fmt", "format")).lower()
    digits = re.search(r"(?:int|uint|fp|w|nvfp|mxfp|float)(\d+)", words)
    if digits:
        return int(digits[1])
    return 2 if "bitnet" in words else 8 if "e4m3" in words or "float8" in words else None


def _read(path: Path) -> dict[str, Any] | None:
    """Return a JSON object, or None where the file is not there or holds something else."""
    try:
        told = read_json(path)
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None

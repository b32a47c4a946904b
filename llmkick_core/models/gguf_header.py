"""What a GGUF file says about itself: architecture, sizes, quantization; and whether it can be read here. No torch, no tensor is read.

A GGUF file starts with "GGUF", a version, the number of tensors and of keys; then the keys (`general.architecture` = "llama"), then a table of tensors
(name, shape, type, offset), then their data (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Numbers are little-endian.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.config import ModelShape
from llmkick_core.models.headers import WeightSizes

ARCHITECTURES = frozenset(
    [
        "bloom",
        "deci",
        "falcon",
        "gemma2",
        "gemma3",
        "gemma4",
        "gpt2",
        "gpt-oss",
        "gpt_oss",
        "lfm2",
        "llama",
        "mamba",
        "minimax-m2",
        "mistral",
        "nemotron",
        "phi3",
        "qwen2",
        "qwen2moe",
        "qwen3",
        "qwen3moe",
        "qwen35",
        "qwen35moe",
        "stablelm",
        "starcoder2",
    ]
)
"""Decoders that transformers says it reads from GGUF."""

UNREADABLE = frozenset(["deci", "gpt-oss", "gpt_oss", "mistral"])
"""Those of which transformers 5.23 knows the name and reads no file: it has no model of the name, or leaves out tensors."""

KEPT = {"F32": "F32", "F16": "F16", "BF16": "BF16"}
"""Types that are stored as plain numbers, with the number format they keep; all others are dequantized to bfloat16."""

NUMBERS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Number formats by their names in safetensors."""

_WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_KEPT_ARRAY = 512  # numbers of an array that are read; of longer ones, and of strings, only the length
_MOST = 10**7  # keys or tensors: more are no model
_BLOCK = re.compile(r"^blk\.(\d+)\.")
_SPLIT = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)
_FAMILY = re.compile(r"[A-Z]+\d+")  # Q4 of Q4_K_M
_AGAIN = "Copy or download the file again."


@dataclass(frozen=True, kw_only=True)
class Length:
    """An array of which only the length was read."""

    n: int
    """Elements."""


@dataclass(frozen=True, kw_only=True)
class GgufFile:
    """A GGUF file that can be read here."""

    path: Path
    """The file."""
    architecture: str
    """Such as `llama`."""
    quantization: str
    """How its weights are stored, such as `Q4_1` or `Q4_K_M`."""
    dtype: str
    """Number format it becomes, by its name in safetensors: `BF16`, or that of a file that is not quantized."""
    shape: ModelShape
    """Sizes of the decoder."""
    sizes: WeightSizes
    """Sizes of the weights once they are dequantized."""
    n_bytes: int
    """Bytes of the file."""
    metadata: dict[str, Any]
    """Its keys."""
    tensors: dict[str, tuple[str, tuple[int, ...]]]
    """(type, shape) of each tensor."""

    def stated(self, key: str, default: Any = None) -> Any:
        """Return what a key of the architecture says, such as `rope.scaling.type` of `llama.rope.scaling.type`."""
        return self.metadata.get(f"{self.architecture}.{key}", default)

    @property
    def source_format(self) -> str:
        """Return what the model is, in words: `Q4_1, dequantized to bfloat16`."""
        return source_format(self.quantization, self.dtype)


def source_format(quantization: str, dtype: str) -> str:
    """Return the words for a quantization and the number format (as in safetensors) that it became."""
    return f"GGUF {quantization}" if quantization in KEPT else f"{quantization}, dequantized to {NUMBERS[dtype]}"


def read_gguf(path: Path) -> GgufFile:
    """Return what a GGUF file says about itself.

    Raises:
        ModelError: it is damaged, or no model that can be read here; the message says which.
    """
    try:
        told = path.stat()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    return _read(path, told.st_size, told.st_mtime_ns, told.st_ino)


@lru_cache(maxsize=32)
def _read(path: Path, size: int, _mtime_ns: int, _inode: int) -> GgufFile:
    if (split := _SPLIT.search(path.name)) and int(split[1]) > 1:
        raise ModelError(
            f"{path.name} is one of {int(split[1])} parts of a split GGUF model, which cannot be read here; merge them first (llama-gguf-split --merge)."
        )
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as blob:
            metadata, tensors = _Reader(blob).read()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, struct.error, IndexError, UnicodeDecodeError, OverflowError, MemoryError, RecursionError) as error:
        raise ModelError(f"{path} is not a whole GGUF file ({error}). {_AGAIN}") from error
    _check(path, metadata)
    types = _check_tensors(path, size, metadata, tensors)
    return _described(path, size, metadata, types)


class _Reader:
    """Reads the keys and the tensor table."""

    def __init__(self, blob: mmap.mmap) -> None:
        self.blob = blob
        self.place = 0

    def read(self) -> tuple[dict[str, Any], dict[str, tuple[int, tuple[int, ...], int]]]:
        """Return (keys, {tensor: (type, shape, offset from the start of the file)})."""
        if self.blob[:4] != b"GGUF":
            begins = bytes(self.blob[:12])
            raise ValueError("it is a git-lfs pointer" if begins.startswith(b"version http") else f"it begins with {begins!r}")
        self.place = 4
        version = self.scalar("<I")
        if version not in (2, 3):
            raise ValueError(f"version {version if version < 2**16 else 'of a big-endian file'}; versions 2 and 3 can be read")
        n_tensors, n_keys = self.scalar("<Q"), self.scalar("<Q")
        if n_tensors > _MOST or n_keys > _MOST:
            raise ValueError(f"{n_tensors} tensors and {n_keys} keys")
        metadata = {}
        for _ in range(n_keys):
            name = self.string()
            metadata[name] = self.value(self.scalar("<I"))
        found: dict[str, tuple[int, tuple[int, ...], int]] = {}
        for _ in range(n_tensors):
            name = self.string()
            n_dims = self.scalar("<I")
            if n_dims > 8:
                raise ValueError(f"tensor {name} has {n_dims} dimensions")
            shape = tuple(self.scalar("<Q") for _ in range(n_dims))[::-1]
            found[name] = (self.scalar("<I"), shape, self.scalar("<Q"))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError(f"alignment {alignment}")
        start = -(-self.place // alignment) * alignment
        return metadata, {name: (kind, shape, start + offset) for name, (kind, shape, offset) in found.items()}

    def scalar(self, form: str) -> Any:
        """Return the next number."""
        (value,) = struct.unpack_from(form, self.blob, self.place)
        self.place += struct.calcsize(form)
        return value

    def string(self) -> str:
        """Return the next string."""
        length = self.scalar("<Q")
        if self.place + length > len(self.blob):
            raise ValueError("it ends within a string")
        self.place += length
        return bytes(self.blob[self.place - length : self.place]).decode()

    def value(self, kind: int) -> Any:
        """Return the next value of a kind; of long arrays and of strings in arrays only the length."""
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            if kind not in _SCALARS:
                raise ValueError(f"a value of the unknown type {kind}")
            return self.scalar(_SCALARS[kind])
        inner, n = self.scalar("<I"), self.scalar("<Q")
        if inner in _SCALARS:
            width = struct.calcsize(_SCALARS[inner])
            if self.place + n * width > len(self.blob):
                raise ValueError("it ends within an array")
            if n <= _KEPT_ARRAY:
                return [self.scalar(_SCALARS[inner]) for _ in range(n)]
            self.place += n * width
            return Length(n=n)
        if n > len(self.blob):
            raise ValueError("it ends within an array")
        for _ in range(n):
            if inner == _STRING:
                self.place += 8 + struct.unpack_from("<Q", self.blob, self.place)[0]
            else:
                self.value(inner)
        return Length(n=n)


def _check(path: Path, metadata: dict[str, Any]) -> None:
    """Check that a file is a whole text model of a known architecture.

    Raises:
        ModelError: it is not.
    """
    kind, architecture = metadata.get("general.type", "model"), metadata.get("general.architecture", "")
    if metadata.get("split.count", 1) not in (0, 1):
        raise ModelError(
            f"{path.name} is one part of a split GGUF model, which cannot be read here; merge them first (llama-gguf-split --merge)."
        )
    if kind == "adapter":
        raise ModelError(f"{path} is an adapter (LoRA), not a model; merge it into its base model, or name that model.")
    if kind == "mmproj" or architecture == "clip":
        raise ModelError(f"{path} is the vision part of a model (mmproj), not its text decoder; name the GGUF file of the model itself.")
    if kind != "model":
        raise ModelError(f"{path} holds {str(kind)[:40]!r} (general.type), not a model.")
    if architecture not in ARCHITECTURES - UNREADABLE:
        raise ModelError(
            f"{path} has the architecture {str(architecture)[:40]!r}, which cannot be read from GGUF here; use the model's folder of safetensors. "
            f"Known: {', '.join(sorted(ARCHITECTURES - UNREADABLE))}."
        )
    if "tokenizer.ggml.tokens" not in metadata:
        raise ModelError(f"{path} holds no tokenizer; convert the model again with its tokenizer files.")


def _check_tensors(
    path: Path, size: int, metadata: dict[str, Any], tensors: dict[str, tuple[int, tuple[int, ...], int]]
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return {tensor: (type, shape)}, after checking that all can be dequantized and lie in the file.

    Raises:
        ModelError: one cannot, or does not.
    """
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import _type_traits

    if not any(name.startswith("blk.") for name in tensors):
        raise ModelError(f"{path} holds a vocabulary and no weights; name the GGUF file of the model itself.")
    found = {}
    for name, (kind, shape, start) in tensors.items():
        try:
            known = GGMLQuantizationType(kind)
        except ValueError:
            known = None
        if known is None or (known.name not in KEPT and known not in _type_traits):
            what = known.name if known is not None else f"of the unknown number {kind}"
            raise ModelError(
                f"{path} stores {name} in the type {what}, which cannot be dequantized here; use another quantization of the model."
            )
        block, n_bytes = GGML_QUANT_SIZES[known]
        if start + math.prod(shape) // block * n_bytes > size:
            raise ModelError(f"{path} is not a whole GGUF file (it has {size:,} bytes and ends within {name}). {_AGAIN}")
        found[name] = (known.name, shape)
    return found


def _described(path: Path, size: int, metadata: dict[str, Any], tensors: dict[str, tuple[str, tuple[int, ...]]]) -> GgufFile:
    kinds: dict[str, int] = {}
    blocks: dict[str, int] = {}
    for name, (kind, shape) in tensors.items():
        n = math.prod(shape)
        if len(shape) > 1:
            kinds[kind] = kinds.get(kind, 0) + n
            if number := _BLOCK.match(name):
                blocks[number[1]] = blocks.get(number[1], 0) + n
    n_parameters = sum(math.prod(shape) for _, shape in tensors.values())
    quantized = {
        kind: n for kind, n in kinds.items() if kind not in KEPT
    }  # of a small model, embeddings kept in 16 bits may outnumber the blocks
    common = max(quantized or kinds, key=(quantized or kinds).__getitem__, default="F32")
    dtype = KEPT.get(common, "BF16")
    sizes = WeightSizes(
        n_parameters=n_parameters,
        n_block_parameters=sum(blocks.values()),
        largest_block=max(blocks.values(), default=0),
        n_bytes=n_parameters * _WIDTHS[dtype],
        dtype=dtype,
    )
    return GgufFile(
        path=path,
        architecture=str(metadata["general.architecture"]),
        quantization=common if common in KEPT else _mixture(metadata, quantized),
        dtype=dtype,
        shape=_shape(metadata),
        sizes=sizes,
        n_bytes=size,
        metadata=metadata,
        tensors=tensors,
    )


def _mixture(metadata: dict[str, Any], quantized: dict[str, int]) -> str:
    """Return the name of a file's quantization: the one that llama.cpp gives its mixture of types, such as `Q4_K_M`, else its commonest types, `Q4_K and Q6_K`.

    Args:
        metadata: keys of the file; a `general.file_type` whose family none of the tensors has is not believed.
        quantized: weights by the type that they are stored in.
    """
    from gguf.constants import LlamaFileType

    try:
        name = LlamaFileType(metadata["general.file_type"]).name
    except (KeyError, ValueError):
        name = ""
    mixture = str(name).removeprefix("MOSTLY_")
    family = _FAMILY.match(mixture)
    if mixture != name and family is not None and any(kind.startswith(family[0]) for kind in quantized):
        return mixture
    return " and ".join(sorted(quantized, key=quantized.__getitem__, reverse=True)[:2])


def _shape(metadata: dict[str, Any]) -> ModelShape:
    architecture = metadata["general.architecture"]

    def number(key: str) -> int:
        value = metadata.get(f"{architecture}.{key}")
        if isinstance(value, list):
            value = max((one for one in value if isinstance(one, int)), default=0)
        return int(value) if isinstance(value, int) else 0

    hidden, heads = number("embedding_length"), number("attention.head_count")
    tokens = metadata.get("tokenizer.ggml.tokens")
    head = number("attention.key_length") or (hidden // heads if heads else 0)
    return ModelShape(
        architecture=f"{architecture} (GGUF)",
        n_layers=number("block_count"),
        hidden_size=hidden,
        intermediate_size=number("feed_forward_length") or 4 * hidden,
        kv_width=(number("attention.head_count_kv") or heads) * head,
        vocab_size=number("vocab_size") or (tokens.n if isinstance(tokens, Length) else 0),
        context_length=number("context_length"),
        n_experts=number("expert_count"),
        n_used_experts=number("expert_used_count"),
        expert_size=number("expert_feed_forward_length"),
    )

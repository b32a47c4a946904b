"""How large a model is and what it was made from, before it is loaded, and for a package or a GGUF file before it is fetched or dequantized. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmkick_core import settings
from llmkick_core.models import pickled
from llmkick_core.models.config import ModelShape, read_shape
from llmkick_core.models.dequantized import SECONDS_A_WEIGHT, folder_of, needed_bytes
from llmkick_core.models.gguf_header import read_gguf, source_format
from llmkick_core.models.headers import WeightSizes, read_sizes
from llmkick_core.models.locate import as_path, find_gguf, is_endpoint, is_imported, locate, plain_errors
from llmkick_core.models.packages import SECONDS_A_BYTE, find_package, is_package
from llmkick_core.models.source_format import source_format as folder_format
from llmkick_core.models.weight_files import pickle_files


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is known of a model from its files, or from the table of packages."""

    shape: ModelShape
    """Sizes of the decoder."""
    sizes: WeightSizes
    """Sizes of the weights, of a GGUF file once they are dequantized."""
    source_format: str = ""
    """What the weights are made from, such as `Q4_1, dequantized to bfloat16`; empty for ordinary ones."""
    n_fetch_bytes: int = 0
    """Bytes to fetch before it can be used."""
    n_new_bytes: int = 0
    """Bytes that fetching and dequantizing it will add to the cache."""
    memory_bytes: int = 0
    """Memory that dequantizing it will take."""
    seconds: float = 0.0
    """About what fetching and dequantizing it will take."""


def described(model: str) -> Description | None:
    """Return what is known of a model; None where it is on the hub and not on this machine yet, behind an endpoint, or only answers of it are known.

    Raises:
        ModelError: its files are not whole.
    """
    if is_endpoint(model) or is_imported(model):
        return None
    with plain_errors(model):
        return _described(model)


def _described(model: str) -> Description | None:
    if is_package(model):
        package = find_package(model)
        if package.is_here:
            return _of_gguf(package.path)
        n_bytes = package.wheel_bytes + package.file_bytes
        return Description(
            shape=package.shape,
            sizes=package.sizes,
            source_format=source_format(package.quantization, package.sizes.dtype),
            n_fetch_bytes=package.wheel_bytes,
            n_new_bytes=n_bytes + package.sizes.n_bytes,
            seconds=package.wheel_bytes * SECONDS_A_BYTE + package.sizes.n_parameters * SECONDS_A_WEIGHT,
        )
    if model.startswith("hub:"):
        found = locate(model)
        if found.source is not None:
            return _of_pickles(found.source) if found.source.is_dir() else _of_gguf(found.source)
        return None if found.path is None else _of_folder(found.path)
    folder = settings.BUNDLED_ROOT / model.removeprefix("bundled:") if model.startswith("bundled:") else as_path(model)
    file = find_gguf(folder)
    if file is not None:
        return _of_gguf(file)
    return _of_pickles(folder) if pickle_files(folder) else _of_folder(folder)


def _of_folder(folder: Path) -> Description:
    return Description(shape=read_shape(folder), sizes=read_sizes(folder), source_format=folder_format(folder))


def _of_pickles(folder: Path) -> Description:
    if (made := pickled.folder_of(folder)) is not None:
        return _of_folder(made)
    sizes = pickled.pickle_sizes(folder)
    return Description(
        shape=read_shape(folder),
        sizes=sizes,
        n_new_bytes=sizes.n_bytes,
        memory_bytes=pickled.needed_bytes(folder),
        seconds=sizes.n_bytes * pickled.SECONDS_A_BYTE,
    )


def _of_gguf(path: Path) -> Description:
    source = read_gguf(path)
    if folder_of(path) is not None:
        return Description(shape=source.shape, sizes=source.sizes, source_format=source.source_format)
    return Description(
        shape=source.shape,
        sizes=source.sizes,
        source_format=source.source_format,
        n_new_bytes=source.sizes.n_bytes,
        memory_bytes=needed_bytes(source),
        seconds=source.sizes.n_parameters * SECONDS_A_WEIGHT,
    )

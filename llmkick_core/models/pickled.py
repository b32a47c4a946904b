"""Models of pickle weights (pytorch_model.bin) as ordinary folders: converted once into `<cache>/models`, by a process of its own. No torch here.

    folder_of(Path("vicuna-7b-v1.3"))        # -> data/cache/models/vicuna-7b-v1.3-5f3a0c2be1d4a6f7, or None where it is not there yet
    convert_pickles(Path("vicuna-7b-v1.3"))  # -> the same, after making it

Beside safetensors a pickle is never read. The numbers stay as they are, so the model is labelled as any other; `source.json` says what it was made from.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from llmkick_core.errors import PreflightError
from llmkick_core.memory import free_bytes
from llmkick_core.models.cache_folders import convert, describe, is_whole, make_once, place_of
from llmkick_core.models.config import read_config, read_shape, text_config
from llmkick_core.models.headers import WeightSizes
from llmkick_core.models.identity import fingerprint
from llmkick_core.models.weight_files import pickle_files

SECONDS_A_BYTE = 1e-8
"""About what converting takes."""

_PIECE = 10**9  # bytes that are written at a time
_PROCESS_BYTES = 10**9
_VERSION = 1  # rises with what is written
_WIDTHS = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2)}


def folder_of(source: Path) -> Path | None:
    """Return the folder of a model of pickles, or None where it has not been made yet.

    Raises:
        ModelError: a file cannot be read.
    """
    folder = _place(source)
    return folder if is_whole(folder, _VERSION) else None


def needed_bytes(source: Path) -> int:
    """Return the most memory that converting takes: the largest file, what is written at a time, and the process."""
    largest = max((path.stat().st_size for path in pickle_files(source)), default=0)
    return largest + 2 * min(largest, _PIECE) + _PROCESS_BYTES


def pickle_sizes(source: Path) -> WeightSizes:
    """Return about how large the weights in pickles are, from the sizes of the files and the config alone.

    Raises:
        ModelError: the config, or the index, is damaged.
    """
    shape, config = read_shape(source), read_config(source)
    told = [part.get(name) for part in (config, text_config(config)) for name in ("dtype", "torch_dtype")]
    dtype, width = next((_WIDTHS[name] for name in told if isinstance(name, str) and name in _WIDTHS), _WIDTHS["float32"])
    n_bytes = sum(path.stat().st_size for path in pickle_files(source))
    n_parameters = n_bytes // width
    vocabulary = text_config(config).get("vocab_size")
    n_embedded = int(vocabulary) * shape.hidden_size if isinstance(vocabulary, int) else 0
    n_blocks = max(0, n_parameters - 2 * n_embedded)
    return WeightSizes(
        n_parameters=n_parameters,
        n_block_parameters=n_blocks,
        largest_block=n_blocks // max(1, shape.n_layers),
        n_bytes=n_bytes,
        dtype=dtype,
    )


def convert_pickles(source: Path, *, report: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None) -> Path:
    """Return the folder of a model of pickles, made where it is not there.

    Args:
        source: the folder that holds them.
        report: told in a few words what is done.
        should_stop: asked now and then whether to give up.

    Raises:
        ModelError: a pickle cannot be read, or holds more than tensors.
        PreflightError: there is too little memory or disk.
        RunCancelled: it was to stop.
        StoreError: the cache cannot be written.
    """
    should_stop = should_stop or (lambda: False)
    folder = _place(source)
    if is_whole(folder, _VERSION):
        return folder
    if report is not None:
        report("converting pickle weights to safetensors")
    files = pickle_files(source)

    def write(partial: Path) -> None:
        _check_room(source, folder.parent)
        convert("llmkick_core.models.pickle_convert", source, partial, should_stop, "converted to safetensors")
        told = {"format": "", "weights": "pickle, converted to safetensors", "folder": _name(source), "revision": fingerprint(source)}
        describe(partial, _VERSION, {**told, "sources": {path.name: path.stat().st_size for path in files}})

    make_once(folder, _VERSION, write, should_stop)
    return folder


def _check_room(source: Path, place: Path) -> None:
    needed, free = needed_bytes(source), free_bytes("cpu")
    if needed > free:
        raise PreflightError(
            f"the pickle weights in {source} need about {needed / 2**30:.1f} GiB of memory to be converted to safetensors, {free / 2**30:.1f} GiB are free; free memory, "
            "or use the model's safetensors."
        )
    n_bytes = sum(path.stat().st_size for path in pickle_files(source))
    if n_bytes > (free := shutil.disk_usage(place).free):
        raise PreflightError(
            f"the pickle weights in {source} take {n_bytes / 2**30:.1f} GiB of disk once converted, {free / 2**30:.1f} GiB are free in {place}; free some, or "
            "move the cache with LLMKICK_CACHE."
        )


def _place(source: Path) -> Path:
    return place_of(_name(source), fingerprint(source))


def _name(source: Path) -> str:
    """Return what a model is called: its repository in the hub's cache, else its folder."""
    return next((part.removeprefix("models--") for part in source.parts if part.startswith("models--")), source.name)

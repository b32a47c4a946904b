"""Write a model of pickle weights as a folder of safetensors: a process of its own, because a pickle can say anything, and to give its memory back.

    python -m llmkick_core.models.pickle_convert /models/vicuna-7b-v1.3 data/cache/models/.vicuna-7b-v1.3.partial

A pickle is read by torch with `weights_only`, which builds tensors and calls nothing else that it names; what takes more memory or time than weights of its size do is
ended. One file at a time is mapped, and written in pieces of a gigabyte. It ends when its stdin does, with whoever started it.
"""

from __future__ import annotations

import json
import logging
import re
import resource
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.errors import ModelError
from llmkick_core.models.child import convert_as_child
from llmkick_core.models.identity import MORE_FILES, TEXT_FILES
from llmkick_core.models.weight_files import INDEX, WHOLE, pickle_files

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

_NAMED = re.compile(r"(?<=GLOBAL )[\w.]+")
_POINTER = b"version https://git-lfs.github.com/spec/"
_PIECE = 10**9  # bytes of a file that is written
_SPARE = 3 * 2**30  # bytes of the process itself
_MOST_GROWTH = 3  # bytes of tensors for one of their file, where several share their numbers
_SECONDS, _BYTES_A_SECOND = 120, 10**7  # of computing: of the process itself, and of reading


def convert(source: Path, folder: Path) -> None:
    """Write the model of a folder of pickles into another.

    Raises:
        ModelError: a pickle is damaged, or holds something else than tensors.
    """
    twins = _tied(source)
    pieces = _Pieces(folder)
    for file in pickle_files(source):
        tensors = _read(file)
        for name, tensor in tensors.items():
            twin = tensors.get(twins.get(name, ""))
            if twin is None or not _is_same(tensor, twin):  # else one of both is stored, as save_pretrained does
                pieces.add(name, tensor, file)
        pieces.write()
        del tensors
    pieces.finish()
    for name in [*TEXT_FILES, *MORE_FILES]:
        for path in source.glob(name):
            if path.is_file() and path.name != INDEX:
                place = folder / path.relative_to(source)
                place.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, place)


class _Pieces:
    """Files of safetensors that are written one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, Tensor] = {}
        self._n_bytes = 0
        self._places: dict[str, int] = {}
        self._n_files = 0
        self._total = 0

    def add(self, name: str, tensor: Tensor, file: Path) -> None:
        """Take a tensor, and write what waits where it is much."""
        if name in self._places:
            raise ModelError(f"{file} holds {name[:80]!r}, as another file of the model does; download the model again.")
        self._places[name] = self._n_files
        self._waiting[name] = tensor.clone() if _shares(tensor) else tensor
        self._n_bytes += tensor.nbytes
        self._total += tensor.nbytes
        if self._n_bytes >= _PIECE:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        from safetensors.torch import save_file

        if self._waiting:
            save_file(self._waiting, self._folder / f"{self._n_files}.safetensors", metadata={"format": "pt"})
            self._waiting, self._n_bytes, self._n_files = {}, 0, self._n_files + 1

    def finish(self) -> None:
        """Give the files the names by which they are found."""
        names = [f"model-{k + 1:05d}-of-{self._n_files:05d}.safetensors" for k in range(self._n_files)] if self._n_files != 1 else [WHOLE]
        for k, name in enumerate(names):
            (self._folder / f"{k}.safetensors").rename(self._folder / name)
        if len(names) > 1:
            told = {"metadata": {"total_size": self._total}, "weight_map": {name: names[k] for name, k in self._places.items()}}
            (self._folder / INDEX).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _read(file: Path) -> dict[str, Tensor]:
    """Return the tensors of a pickle by name.

    Raises:
        ModelError: it is damaged, or holds something else.
    """
    import torch

    with file.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            raise ModelError(f"{file} is a git-lfs pointer, not the file itself; run `git lfs pull` in the folder, or download the file.")
    try:
        try:
            told = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        except (RuntimeError, ValueError) as error:
            if "mmap" not in str(error):
                raise
            told = torch.load(file, map_location="cpu", weights_only=True)  # as torch wrote them before version 1.6
    except Exception as error:
        logger.debug("%s", file, exc_info=True)
        raise ModelError(
            f"{file} is no whole pickle of tensors alone: {_first_line(error)}. Download the model again, or use its safetensors."
        ) from error
    if not isinstance(told, dict) or not told:
        raise ModelError(f"{file} holds no tensors by name ({type(told).__name__}); use the model's safetensors.")
    size, n_bytes = file.stat().st_size, 0
    for name, tensor in told.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise ModelError(
                f"{file} holds {str(name)[:80]!r}, which is no tensor but {type(tensor).__name__}; use the model's safetensors."
            )
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise ModelError(f"{file} holds {name[:80]!r}, which is no ordinary tensor; use the model's safetensors.")
        n_bytes += tensor.nbytes
        if tensor.nbytes > size or n_bytes > _MOST_GROWTH * size:
            raise ModelError(f"{file} has {size:,} bytes, and {name[:80]!r} would take {tensor.nbytes:,}; download the model again.")
    return {name: tensor.detach() for name, tensor in told.items()}


def _tied(source: Path) -> dict[str, str]:
    """Return the parameters that the model of a config ties to others, with these; nothing where it cannot be built without its weights."""
    import torch

    from llmkick_core.models.loading import bare_model

    try:
        bare: Any = bare_model(source, torch.float32)
    except ModelError as error:
        logger.debug("%s", error)
        return {}
    return dict(getattr(bare, "all_tied_weights_keys", None) or {})


def _is_same(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are the same numbers in the same place."""
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape and one.stride() == other.stride() and one.dtype == other.dtype


def _shares(tensor: Tensor) -> bool:
    """Return whether a tensor is only a view, of what others may view too."""
    return not tensor.is_contiguous() or tensor.untyped_storage().nbytes() != tensor.nbytes


def _first_line(error: BaseException) -> str:
    """Return what is wrong in one line; torch adds advice over several, which is to trust the file."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = next(iter(lines), type(error).__name__)
    if line.startswith("Weights only load failed"):
        named = next((found[0] for one in lines if (found := _NAMED.search(one))), "")
        line = f"it asks for {named}" if named else next((one for one in lines if one.startswith("Unsupported")), "it asks for more")
    return " ".join(line.split(". ")[0].split())[:200].rstrip(".")


def _limit(source: Path) -> None:
    """Let the process take no more memory and time than weights of their size need."""
    sizes = [path.stat().st_size for path in pickle_files(source)]
    memory = _MOST_GROWTH * max(sizes, default=0) + _SPARE
    seconds = _SECONDS + sum(sizes) // _BYTES_A_SECOND
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _convert_within_limits(source: Path, folder: Path) -> None:
    _limit(source)
    convert(source, folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert one folder, and return the exit code: see `convert_as_child`."""
    return convert_as_child(_convert_within_limits, arguments)


if __name__ == "__main__":
    sys.exit(main())

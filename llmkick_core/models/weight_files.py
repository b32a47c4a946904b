"""Which files of a folder hold the model's weights. No torch.

    model.safetensors, else those that model.safetensors.index.json names, else all *.safetensors
    pytorch_model.bin, else those that pytorch_model.bin.index.json names: pickles, which count only where there are no safetensors (pickled.py)

Checkpoints of a training, adapters and other formats (training_args.bin, optimizer.bin, *.pt, *.pth, *.msgpack, *.h5) are none of them.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from llmkick_core.errors import ModelError
from llmkick_core.models.json_files import read_json

WHOLE = "model.safetensors"
"""The file of a model that lies in one."""
INDEX = "model.safetensors.index.json"
"""What names the files of a model that lies in several."""
PICKLE = "pytorch_model.bin"
"""The same as a pickle."""
PICKLE_INDEX = "pytorch_model.bin.index.json"
"""The same of pickles."""


def safetensors_in(folder: Path) -> list[Path]:
    """Return the safetensors files that lie in a folder itself, sorted; a pipe or a device of that name is none."""
    return sorted(path for path in folder.glob("*.safetensors") if path.is_file())


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files that make up the model, sorted: `model.safetensors`, else those that its index names, else all there are.

    Raises:
        ModelError: the index is damaged, or names files outside the folder.
    """
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    return _indexed(folder / INDEX) if (folder / INDEX).is_file() else safetensors_in(folder)


def pickle_files(folder: Path) -> list[Path]:
    """Return the pickles that make up the model, sorted; none where the folder has safetensors, which come first.

    Raises:
        ModelError: the index is damaged, or names files outside the folder.
    """
    if safetensors_in(folder) or (folder / INDEX).is_file():
        return []
    if (folder / PICKLE).is_file():
        return [folder / PICKLE]
    return _indexed(folder / PICKLE_INDEX) if (folder / PICKLE_INDEX).is_file() else []


def missing_files(folder: Path) -> list[str]:
    """Return the files of sharded weights that are not there: those that the index names, or the index itself.

    Weights in one file have no index that counts.

    Raises:
        ModelError: the index is damaged, or names files outside the folder.
    """
    if (folder / WHOLE).is_file():
        return []
    has_safetensors = bool(safetensors_in(folder)) or (folder / INDEX).is_file()
    if not has_safetensors and (folder / PICKLE).is_file():
        return []
    index, shards = (INDEX, "*-of-*.safetensors") if has_safetensors else (PICKLE_INDEX, "pytorch_model-*-of-*.bin")
    if not (folder / index).is_file():
        return [index] if any(folder.glob(shards)) else []
    return [path.relative_to(folder).as_posix() for path in _indexed(folder / index) if not path.is_file()]


def _indexed(index: Path) -> list[Path]:
    try:
        names = set(read_json(index)["weight_map"].values())
        if any("\0" in name for name in names):
            raise ValueError("it names what is no file")
        paths = [PurePosixPath(name) for name in names]
        if strange := sorted(str(path)[:80] for path in paths if path.is_absolute() or ".." in path.parts or not path.parts):
            raise ValueError(f"it names {strange[0]!r}, which does not lie in its folder")
        return sorted(index.parent / path for path in paths)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{index} is not the index of a model's weights ({error}); copy or download the model again.") from error

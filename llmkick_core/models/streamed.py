"""A decoder of which only one block is in memory at a time, for compression; it is never asked anything.

The model is built without its weights. Embeddings, norms and whatever else lies outside the blocks is read once, except the output head; a block is read from its
safetensors files when its turn comes, and given back afterwards. So a checkpoint needs as much memory as its embeddings and its largest block, whatever its size; where
transformers stacks experts that lie in pieces in the checkpoint, about two blocks while they are joined and while they are taken apart (see conversion).

    streamed = open_streamed(folder)
    with streamed.resident("model.layers.7."):
        ...  # streamed.module.model.layers[7] has its weights here
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from llmkick_core.errors import ModelError
from llmkick_core.memory import give_back, give_back_at_once
from llmkick_core.models.conversion import Merged, split, stored_as
from llmkick_core.models.headers import read_header
from llmkick_core.models.hugging_face import DTYPES, choose_device, choose_dtype, context_of
from llmkick_core.models.loading import bare_model, load_tokenizer, loading
from llmkick_core.models.locate import first_line
from llmkick_core.models.unused_tensors import check_unused
from llmkick_core.models.weight_files import weight_files

logger = logging.getLogger(__name__)

_BESIDE = (
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "chat_template*",
)
"""What belongs to a model beside its weights."""


_WHOLE = "the model is loaded whole: %s"  # what is wrong with the folder itself shows again there
_ONE_FILE = 2**30
"""Bytes of weights up to which they are one file, as transformers does with small models."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the parameters of a model lie, by their names in the module."""

    files: dict[str, Path]
    """The file of each stored tensor."""
    single: dict[str, str]
    """The stored tensor that a parameter is; tied ones share one."""
    merged: dict[str, Merged]
    """The stored tensors that a parameter is made of."""
    learned: dict[str, str]
    """The stored tensor that a buffer is, such as the bias of a router."""

    @property
    def names(self) -> list[str]:
        """Return the parameters that are stored."""
        return [*self.single, *self.merged]

    def owners(self) -> dict[str, str]:
        """Return the parameter that each stored tensor belongs to."""
        pieces = {key: name for name, merged in self.merged.items() for key in merged.keys}
        return {key: name for name, key in self.single.items()} | pieces


class Streamed:
    """A model without weights, and where they lie."""

    def __init__(self, folder: Path, module: nn.Module, tokenizer: Any, places: Places, device: torch.device, dtype: torch.dtype) -> None:
        self.folder = folder
        """Where it lies."""
        self.module = module
        """The decoder; parameters that are not in memory are on the meta device."""
        self.tokenizer = tokenizer
        """Its tokenizer."""
        self.places = places
        """Where its parameters lie."""
        self._device = device
        self._dtype = dtype

    @property
    def context_length(self) -> int:
        """Return the most tokens of a calibration sequence."""
        return context_of(self.module, self.tokenizer)

    @contextlib.contextmanager
    def resident(self, prefix: str) -> Iterator[None]:
        """Hold the weights whose names begin with `prefix` in memory for a while; what is done to them is forgotten afterwards.

        Raises:
            ModelError: a file cannot be read any more.
        """
        names = [name for name in self.places.names if name.startswith(prefix)]
        try:
            self.read(names)
            yield
        finally:
            for name in names:
                self._put(name, torch.empty_like(self.module.get_parameter(name), device="meta"))
            give_back()

    def read_outside(self, prefixes: Sequence[str]) -> None:
        """Read what begins with none of `prefixes` into memory, to stay: embeddings, norms, positions; but not the output head, which nothing here needs.

        Raises:
            ModelError: a file cannot be read any more.
        """
        module: Any = self.module
        head = module.get_output_embeddings()
        idle = set() if head is None else {name for name, part in module.named_modules() if part is head}
        idle -= {name for name, part in module.named_modules() if part is module.get_input_embeddings()}
        self.read([name for name in self.places.names if not name.startswith(tuple(prefixes)) and name.rpartition(".")[0] not in idle])

    def read_buffers(self) -> None:
        """Read the buffers that are stored; they are small, and stay.

        Raises:
            ModelError: a file cannot be read any more.
        """
        for name, key in self.places.learned.items():
            path, _, leaf = name.rpartition(".")
            owner = self.module.get_submodule(path)
            owner._buffers[leaf] = _tensor(self.places.files[key], key).to(self._device, self.module.get_buffer(name).dtype)

    def read(self, names: list[str]) -> None:
        """Read the named parameters into memory.

        Raises:
            ModelError: a file cannot be read any more.
        """
        self._take([(name, self.places.single[name]) for name in names if name in self.places.single], self._put)
        for name in names:
            if merged := self.places.merged.get(name):
                pieces: dict[str, torch.Tensor] = {}
                self._take([(key, key) for key in merged.keys], pieces.__setitem__)
                joined = merged.join(name, self.module, pieces)
                assert joined is not None, "this was tried when the model was opened"
                self._put(name, joined)

    def _take(self, wanted: Sequence[tuple[str, str]], put: Callable[[str, torch.Tensor], None]) -> None:
        """Hand stored tensors over, file by file.

        Args:
            wanted: (what it is handed over as, its stored name) of each.
            put: takes them.

        Raises:
            ModelError: a file cannot be read any more.
        """
        from safetensors import SafetensorError, safe_open

        by_file: dict[Path, list[tuple[str, str]]] = {}
        for name, key in wanted:
            by_file.setdefault(self.places.files[key], []).append((name, key))
        for file, mine in by_file.items():
            try:
                with safe_open(file, framework="pt") as stored:
                    for name, key in mine:
                        put(name, stored.get_tensor(key).to(self._device, self._dtype, copy=True))
            except (OSError, SafetensorError) as error:
                raise ModelError(f"{file} cannot be read: {first_line(error)}. Download the model again.") from error

    def write(self, folder: Path, prefixes: Sequence[str], changed: Callable[[int], dict[str, dict[str, torch.Tensor]]]) -> None:
        """Write the model as transformers reads it, each tensor in the type it is stored in here: one file, or where that is large a shard for each prefix.

        Args:
            folder: made where it is missing.
            prefixes: of the blocks' names.
            changed: returns, given the index of a block, what takes the place of its parameters: {parameter: {"": tensor}}, or
                tensors of other names instead, {parameter: {last part of a name: tensor}}; all else is copied.
        """
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        stored = _stored(self.folder)
        names = self.places.owners()
        parts: list[list[str]] = [[] for _ in range(len(prefixes) + 1)]  # of each block, and of the rest
        for key in stored:
            name = names.get(key, key)
            parts[next((k for k, prefix in enumerate(prefixes) if name.startswith(prefix)), len(prefixes))].append(key)
        total = sum(entry["data_offsets"][1] - entry["data_offsets"][0] for _, entry in stored.values())
        n_bytes = 0
        index: dict[str, str] = {}
        tensors: dict[str, torch.Tensor] = {}
        for k, keys in enumerate(parts):
            new = changed(k) if k < len(prefixes) else {}
            taken_apart: dict[str, torch.Tensor] = {}
            for name in new.keys() & self.places.merged.keys():
                (whole,) = new.pop(name).values()
                taken_apart |= split(self.module, name, whole)
            for key in keys:
                file, entry = stored[key]
                if key in taken_apart:
                    tensors[key] = taken_apart[key].to(DTYPES[entry["dtype"]]).contiguous()
                    continue
                parts_of = new.get(names.get(key, ""), {})
                if not parts_of:
                    tensors[key] = _tensor(file, key)
                if list(parts_of) == [""]:
                    tensors[key] = parts_of[""].to(DTYPES[entry["dtype"]]).contiguous()
                    continue
                stem = key.rpartition(".")[0]
                tensors |= {f"{stem}.{part}": tensor for part, tensor in parts_of.items()}
            if total > _ONE_FILE:
                n_bytes += sum(tensor.nbytes for tensor in tensors.values())
                shard = f"model-{k + 1:05d}-of-{len(parts):05d}.safetensors"
                save_file(tensors, folder / shard, metadata={"format": "pt"})
                index |= dict.fromkeys(tensors, shard)
                tensors = {}
                give_back()
        if index:
            text = json.dumps({"metadata": {"total_size": n_bytes}, "weight_map": index}, indent=1)
            (folder / "model.safetensors.index.json").write_text(text + "\n", encoding="utf-8")
        else:
            save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        for path in self.folder.iterdir():
            if any(path.match(pattern) for pattern in _BESIDE):
                shutil.copyfile(path, folder / path.name)

    def _put(self, name: str, tensor: torch.Tensor) -> None:
        path, _, leaf = name.rpartition(".")
        self.module.get_submodule(path)._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)


def _tensor(file: Path, key: str) -> torch.Tensor:
    """Return a copy of one stored tensor; what is only mapped would stay in memory with all its neighbours."""
    from safetensors import safe_open

    with safe_open(file, framework="pt") as opened:
        tensor: torch.Tensor = opened.get_tensor(key)
        return tensor.clone()


def open_streamed(folder: Path, *, device: str | None = None, dtype: str | None = None) -> Streamed | None:
    """Return the model in a folder of safetensors, or None where all of it has to be loaded together.

    That is where it cannot be built without its weights, or a parameter cannot be found in its files as it is.

    Args:
        folder: of the model.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        dtype: of the weights on a GPU: `BF16`, `F16` or `F32`; None chooses. A CPU has float32.

    Raises:
        ModelError: its tokenizer cannot be loaded, or weights are stored that its config leaves out.
    """
    import transformers

    transformers.utils.logging.set_verbosity_error()
    place = choose_device(device)
    kind = choose_dtype(place, dtype)
    tokenizer = load_tokenizer(folder)
    try:
        module = bare_model(folder, kind)
    except ModelError as error:
        logger.info(_WHOLE, error)
        return None
    check_unused(folder, module)
    try:
        places = _places(folder, module)
        if places is None:
            return None
        give_back_at_once()
        with loading(folder, "model"):
            _fill_buffers(module, place)
    except ModelError as error:
        logger.info(_WHOLE, error)
        return None
    streamed = Streamed(folder, module.eval(), tokenizer, places, place, kind)
    streamed.read_buffers()
    return streamed


def _places(folder: Path, module: Any) -> Places | None:
    """Return where each parameter lies, or None where one lies nowhere, in another shape, or in a type that holds no plain numbers."""
    stored = _stored(folder)
    plain = {key for key, (_, entry) in stored.items() if entry["dtype"] in DTYPES}
    shapes = {name: list(parameter.shape) for name, parameter in module.named_parameters(remove_duplicate=False)}
    found, merged = stored_as(module, stored)
    buffers = {name: list(buffer.shape) for name, buffer in module.named_buffers()}
    learned = {name: found[name] for name in module.state_dict().keys() - shapes.keys() if name in found}
    if any(key not in plain or buffers.get(name) != stored[key][1]["shape"] for name, key in learned.items()):
        return None
    single = {name: key for name, key in found.items() if key in plain and shapes.get(name) == stored[key][1]["shape"]}
    whole = {name: one for name, one in merged.items() if plain.issuperset(one.keys) and _is_reversible(module, name, one, stored, shapes)}
    owners: dict[int, set[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        owners.setdefault(id(parameter), set()).add(name)  # tied ones are stored once
    head = module.get_output_embeddings()  # is not run, so it may have another name here
    idle = {id(parameter) for parameter in head.parameters()} if head is not None else set()
    idle -= {id(parameter) for parameter in module.get_input_embeddings().parameters()}
    for parameter, names in owners.items():
        place = next((single[name] for name in names if name in single), None)
        if place is not None:
            single |= dict.fromkeys(names - single.keys(), place)
        elif not names & whole.keys() and parameter not in idle:
            return None
    return Places(files={key: file for key, (file, _) in stored.items()}, single=single, merged=whole, learned=learned)


def _is_reversible(
    module: Any, name: str, merged: Merged, stored: dict[str, tuple[Path, dict[str, Any]]], shapes: dict[str, list[int]]
) -> bool:
    """Return whether a parameter can be joined from its pieces and taken apart into pieces of the same names and shapes."""
    pieces = {key: torch.empty(stored[key][1]["shape"], device="meta") for key in merged.keys}
    try:
        joined = merged.join(name, module, pieces)
        if joined is None or list(joined.shape) != shapes.get(name):
            return False
        again = split(module, name, joined)
    except Exception:  # noqa: BLE001 - pieces are missing, or there is no way back; what is raised then is nowhere said
        return False
    return {key: tensor.shape for key, tensor in again.items()} == {key: tensor.shape for key, tensor in pieces.items()}


def _stored(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return (file, header entry) of each stored tensor, by name."""
    return {name: (file, entry) for file in weight_files(folder) for name, entry in read_header(file).items()}


def _fill_buffers(module: Any, device: torch.device) -> None:
    """Compute what a model computes when it is built, such as rotary tables, which the meta device left out.

    As in transformers, a part is filled by the innermost model that it belongs to: the outer one of a composite does not know its parts.
    """
    owners: dict[str, Any] = {"": module}
    for path, part in module.named_modules():  # parents come before their children
        owner = part if hasattr(part, "_init_weights") else owners[path.rpartition(".")[0]]
        owners[path] = owner
        empty = [name for name, buffer in part.named_buffers(recurse=False) if buffer.is_meta]
        if empty:
            for name in empty:
                part._buffers[name] = torch.zeros_like(part._buffers[name], device=device)
            owner._init_weights(part)

"""Finished blocks on disk, so that a killed compression goes on with the next block.

    <folder>/block-000.safetensors    the compressed weights of block 0, as (out, in), in the model's dtype, the scales of quantized ones as `NAME|scale`, and in its metadata
                                      {"compression": "<digest>", "reports": "<JSON list of LayerReports>"}

Weights and reports of a block are one file, written under another name, fsynced and renamed: the block is finished or it is not. A file that is
damaged, or that another recipe, calibration text, model or installation wrote (it carries no seal of this one), counts as not finished and is written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.experts import stack_of
from llmkick_core.decoding import parse_json
from llmkick_core.durable import sync
from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.fingerprint import digest
from llmkick_core.layer_report import LayerReport
from llmkick_core.seals import is_sealed, seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from llmkick_core.compress.blocks import Block
    from llmkick_core.compress.layers import Done
    from llmkick_core.schema import Recipe


def compression_digest(blocks: Sequence[Block], recipe: Recipe, tokens: Tensor | None, origin: str) -> str:
    """Return the hash of what determines the compressed weights: recipe, calibration tokens, layers, and `origin`, which stands for the dense weights."""
    layers = [[linear.name, list(linear.weight.shape), str(linear.weight.dtype)] for block in blocks for linear in block.linears]
    return digest([origin, recipe.to_dict(), layers, None if tokens is None else tokens.tolist()])


def finished_weights(folder: Path, block: Block) -> dict[str, Tensor]:
    """Return the weights of a finished block by parameter name, in the shapes that the model has, experts stacked."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(_file(folder, block))
    _check_shapes(weights, block, folder)
    found: dict[str, Tensor] = {}
    stacks: dict[str, list[Tensor]] = {}
    for linear in block.linears:
        weight = weights.pop(linear.name)
        weight = weight.T if linear.is_transposed else weight
        if linear.is_expert:
            stacks.setdefault(stack_of(linear.name), []).append(weight)
        else:
            found[f"{linear.name}.weight"] = weight
    return found | {name: torch.stack(stacks.pop(name)) for name in list(stacks)}  # one stack at a time is there twice


def finished_scales(folder: Path, block: Block) -> dict[str, Tensor]:
    """Return the scales (out, groups) of a finished block's quantized layers, by the layer's name."""
    from safetensors.torch import load_file

    stored = load_file(_file(folder, block))
    return {linear.name: stored[f"{linear.name}|scale"] for linear in block.linears if f"{linear.name}|scale" in stored}


def _check_shapes(weights: Mapping[str, Tensor], block: Block, folder: Path) -> None:
    """Check that the weights of a file fit the layers of a block.

    Raises:
        CorruptFileError: one is missing, or has another shape.
    """
    for linear in block.linears:
        weight = weights.get(linear.name)
        if weight is None or weight.shape != linear.weight.shape:
            found = "missing" if weight is None else tuple(weight.shape)
            raise CorruptFileError(
                f"{_file(folder, block)} does not fit the model: {linear.name} is {found}, and has to be {tuple(linear.weight.shape)}. "
                "Remove it, and its block is compressed again."
            )


def _file(folder: Path, block: Block) -> Path:
    return folder / f"block-{block.index:03d}.safetensors"


class Checkpoint:
    """The finished blocks of one compression."""

    def __init__(self, folder: Path, compression: str) -> None:
        self._folder = folder
        self._compression = compression
        self._sealed: dict[Path, bool] = {}  # looked at once, for all of a file is read for it

    def folder(self) -> Path:
        """Return the folder, made where it is missing.

        Raises:
            StoreError: it cannot be made.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot write {self._folder}: {error.strerror}. Choose a writable folder with --store.") from error
        return self._folder

    def n_finished(self, blocks: Sequence[Block]) -> int:
        """Return how many blocks from the first on are finished, without a gap."""
        for k, block in enumerate(blocks):
            if self._metadata(block) is None:
                return k
        return len(blocks)

    def load(self, block: Block) -> tuple[dict[str, Tensor], list[LayerReport]]:
        """Return the compressed weights by layer name, and the reports, of a finished block.

        Raises:
            CorruptFileError: they are not those of the block's layers.
        """
        from safetensors.torch import load_file

        metadata = self._metadata(block)
        assert metadata is not None, "only finished blocks are loaded"
        weights = {name: tensor for name, tensor in load_file(_file(self._folder, block)).items() if "|" not in name}
        _check_shapes(weights, block, self._folder)
        try:
            return weights, [LayerReport.from_dict(raw) for raw in parse_json(metadata["reports"])]
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptFileError(
                f"{_file(self._folder, block)} is damaged ({error}). Remove it, and its block is compressed again."
            ) from error

    def save(self, block: Block, layers: Sequence[Done]) -> None:
        """Write the block's weights as they stand, their scales and their reports, durably.

        Raises:
            StoreError: the folder cannot be written.
        """
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        weights = {linear.name: linear.weight.cpu().contiguous() for linear in block.linears}
        metadata: dict[str, Any] = {"compression": self._compression, "reports": json.dumps([done.report.to_dict() for done in layers])}
        weights |= {f"{done.report.name}|scale": done.scale.cpu().contiguous() for done in layers if done.scale is not None}
        file = _file(self._folder, block)
        try:
            self.folder()
            temporary = file.with_suffix(".tmp")  # a name of its own: one process writes a compression, and a stale one is overwritten
            save_file(weights, temporary, metadata)
            sync(temporary)
            seal(file, content=temporary)
            temporary.replace(file)
            sync(self._folder)
            self._sealed[file] = True
        except (OSError, SafetensorError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"cannot write {file}: {reason}. Make room, or choose a writable folder with --store.") from error

    def _metadata(self, block: Block) -> dict[str, str] | None:
        """Return the metadata of a finished block; None where its file is missing, damaged or another compression's."""
        from safetensors import SafetensorError, safe_open

        file = _file(self._folder, block)
        if not file.is_file():
            return None
        try:
            with safe_open(file, framework="pt") as stored:  # checks that the file is whole
                metadata: dict[str, str] = stored.metadata() or {}
                names = {name for name in stored.keys() if "|" not in name}  # noqa: SIM118 - no dictionary
        except SafetensorError:
            return None  # damaged: the block is compressed anew and the file replaced
        is_ours = metadata.get("compression") == self._compression and names == {linear.name for linear in block.linears}
        if is_ours and file not in self._sealed:
            self._sealed[file] = is_sealed(file)
        return metadata if is_ours and self._sealed[file] else None

"""The decoder blocks of a model, and the linear layers inside them, found by what they are and never by name.

The blocks are the layers of the text decoder (see layer_lists): `model.layers` of a Llama, `transformer.h` of a GPT-2, both stacks of an HRM-Text.
Embeddings, norms and the output head stay dense, and so do the routers of a mixture of experts (see weight_names). What else stays dense is named (see left_dense).

    find_blocks(llama)[0].linears -> self_attn.q_proj, self_attn.k_proj, ..., mlp.down_proj, each with its weight seen as (out, in)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmkick_core.compress.experts import expert_layers, is_stacked
from llmkick_core.compress.layer_lists import layer_lists
from llmkick_core.errors import ModelError, RecipeError
from llmkick_core.schema import parse_structure
from llmkick_core.weight_names import n_axes, routers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from torch import Tensor, nn

    from llmkick_core.schema import Recipe

_SHOWN = 6
"""Names listed in a message before the rest is only counted."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """One linear layer of a block."""

    name: str
    """Dotted path in the model."""
    module: nn.Module
    """An `nn.Linear`, or a GPT-2 `Conv1D`, whose weight is stored as (in, out); of experts, one that stands for a slice of their stack."""
    is_transposed: bool
    """Whether the module stores (in, out)."""
    is_expert: bool = False
    """Whether a router decides which tokens reach it."""

    @property
    def weight(self) -> Tensor:
        """Return the weight seen as (out, in), a view of the module's own storage, without gradient."""
        stored = self.module.get_parameter("weight").detach()
        return stored.T if self.is_transposed else stored

    @property
    def bias(self) -> Tensor | None:
        """Return the bias (out,), or None where the layer has none."""
        bias: Tensor | None = getattr(self.module, "bias", None)
        return None if bias is None else bias.detach()

    def overwrite(self, weight: Tensor) -> None:
        """Copy `weight` (out, in) into the module's own storage."""
        self.weight.copy_(weight)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One decoder block."""

    index: int
    """Position, from 0."""
    name: str
    """Dotted path in the model."""
    module: nn.Module
    """The block itself; called with the hidden state and whatever else its model hands it."""
    linears: tuple[Linear, ...]
    """Its linear layers, in the order the modules are registered."""


def find_blocks(model: nn.Module) -> tuple[Block, ...]:
    """Return the decoder blocks of `model`: all layers of its text decoder, in the order in which they are registered.

    Raises:
        ModelError: there are no blocks, or none with a linear layer; the model is an encoder-decoder; its layers stand in lists of several kinds; or its
            blocks keep weights where this does not reach: stacked tensors other than experts, or one weight shared by two layers.
    """
    if getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        raise ModelError(f"{type(model).__name__} is an encoder-decoder; only decoder-only language models can be compressed.")
    dense = routers({name: tuple(parameter.shape) for name, parameter in model.named_parameters()})
    places = [(f"{path}.{k}", child) for path, children in layer_lists(model) for k, child in enumerate(children)]
    blocks = tuple(
        Block(index=index, name=name, module=child, linears=_linears(child, f"{name}.", dense))
        for index, (name, child) in enumerate(places)
    )
    if not any(block.linears for block in blocks):
        raise ModelError(
            f"no decoder blocks with linear layers were found in {type(model).__name__}, so all of it would stay uncompressed: "
            f"{_listed(_matrices(model))}. Choose a decoder-only language model."
        )
    _refuse_unreachable(model, blocks)
    return blocks


def check_widths(blocks: Sequence[Block], recipe: Recipe) -> None:
    """Check that every layer's width is a multiple of m, and of the group size where it is wider, before anything is computed.

    Raises:
        RecipeError: one is not; the message names it.
    """
    nm = parse_structure(recipe.structure)
    widths = [(linear.name, linear.weight.shape[1]) for block in blocks for linear in block.linears]
    if nm is not None:
        _check_multiple(widths, nm[1], f"structure {recipe.structure} needs", "an m", "--structure")
    if recipe.group_size is not None:
        wider = [(name, width) for name, width in widths if width > recipe.group_size]  # the others have one group a row
        _check_multiple(wider, recipe.group_size, f"groups of {recipe.group_size} need", "a group size", "--group-size")


def _check_multiple(widths: Sequence[tuple[str, int]], size: int, what: str, choice: str, option: str) -> None:
    bad = [(name, width) for name, width in widths if width % size]
    if bad:
        layer, width = bad[0]
        raise RecipeError(
            f"{what} widths that are multiples of {size}, but layer {layer} has {width} inputs "
            f"({len(bad)} such layers). Choose {choice} that divides {width}, or leave {option} out."
        )


def check_finite(blocks: Sequence[Block]) -> None:
    """Check that every weight to be compressed is a number.

    Raises:
        ModelError: one is NaN or infinite; the message names its layer.
    """
    for block in blocks:
        for linear in block.linears:
            if not bool(linear.weight.isfinite().all()):
                raise ModelError(
                    f"layer {linear.name} holds weights that are NaN or infinite. Download the model again, or load it in float32."
                )


def _linears(module: nn.Module, prefix: str, dense: Collection[str]) -> tuple[Linear, ...]:
    """Return the linear layers of a block, those left out whose weights stay dense."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    found: list[Linear] = []
    for name, child in module.named_modules():
        for path, layer in expert_layers(child) if is_stacked(child) else [("", child)]:
            full = ".".join(part for part in (prefix.rstrip("."), name, path) if part)
            if isinstance(layer, nn.Linear | Conv1D) and f"{full}.weight" not in dense:
                is_expert = layer is not child
                found.append(Linear(name=full, module=layer, is_transposed=isinstance(layer, Conv1D), is_expert=is_expert))
    return tuple(found)


def _refuse_unreachable(model: nn.Module, blocks: Sequence[Block]) -> None:
    from torch import nn

    stacked = [
        f"{block.name}.{path}.{name}".replace("..", ".")
        for block in blocks
        for path, module in block.module.named_modules()
        if not isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Embedding) and not is_stacked(module)
        for name, parameter in module.named_parameters(recurse=False)
        if n_axes(parameter.shape) > 2 or (n_axes(parameter.shape) == 2 and _is_of_experts(path) and "bias" not in name)
    ]
    if stacked:
        raise ModelError(
            f"{type(model).__name__} keeps weights in stacked tensors that no known kind of expert explains, and they would be left uncompressed: "
            f"{_listed(stacked)}. Choose a dense decoder, or one whose experts transformers can run one by one."
        )
    owner: dict[int, str] = {}
    for linear in (linear for block in blocks for linear in block.linears):
        first = owner.setdefault(id(linear.module.get_parameter("weight")), linear.name)
        if first != linear.name:
            raise ModelError(f"layers {first} and {linear.name} share one weight, which cannot be compressed twice. Choose another model.")


def _is_of_experts(path: str) -> bool:
    """Return whether a module, by its path in a block, holds experts: DBRX keeps all of a layer in one matrix."""
    return any("experts" in part and "shared" not in part for part in path.split("."))


def _matrices(model: nn.Module) -> list[str]:
    return [name for name, parameter in model.named_parameters() if parameter.dim() > 1]


def _listed(names: Sequence[str]) -> str:
    """Return the first names and a count of the rest, for a message."""
    shown = ", ".join(names[:_SHOWN]) or "it holds no matrices"
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"

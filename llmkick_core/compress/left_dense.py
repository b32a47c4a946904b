"""What a compression leaves dense in the text decoder, beside its embeddings, norms and output head: named, so that nothing is left out unseen.

left_dense(gemma3n, blocks) -> {"model.altup_projections.*.weight": 3, "model.per_layer_model_projection.weight": 1, ...}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.experts import is_stacked
from llmkick_core.compress.layer_lists import is_tower_by_config
from llmkick_core.weight_names import is_other_tower, n_axes, routers, without_indices

if TYPE_CHECKING:
    from torch import nn

    from llmkick_core.compress.blocks import Block

_LEAST = 2**10
"""Numbers of a matrix other than a linear layer's that is worth a name."""


def left_dense(model: nn.Module, blocks: Sequence[Block]) -> dict[str, int]:
    """Return the matrices that stay dense though they are no embedding, output head or router, numbers in their names replaced by a star, and how many each is.

    Towers that see or hear are left out: they are no part of the text decoder. So are convolutions, biases, and what is no linear layer and holds less
    than 1,024 numbers, such as scales.
    """
    from torch import nn

    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    reached = {id(linear.module.get_parameter("weight")) for block in blocks for linear in block.linears if not linear.is_expert}
    apart = routers(shapes)
    head = _head(model)
    found = []
    for path, module in model.named_modules():
        if isinstance(module, nn.Embedding | nn.Conv1d | nn.Conv2d | nn.Conv3d) or is_stacked(module) or module in head:
            continue
        for name, parameter in module.named_parameters(recurse=False):
            full = f"{path}.{name}".lstrip(".")
            is_linear = isinstance(module, nn.Linear) and name == "weight"
            is_matrix = is_linear or (n_axes(parameter.shape) > 1 and parameter.numel() >= _LEAST and "bias" not in name)
            if is_matrix and id(parameter) not in reached and full not in apart and not is_other_tower(full):
                found.append(full)
    return without_indices(name for name in found if not is_tower_by_config(model, name))


def in_words(left: Mapping[str, int]) -> str:
    """Return what stays dense as one line: `model.altup_projections.*.weight (3), model.per_layer_model_projection.weight`."""
    return ", ".join(name if count == 1 else f"{name} ({count})" for name, count in left.items())


def _head(model: Any) -> set[nn.Module]:
    """Return the output head and what it is made of."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    return set() if head is None else set(head.modules())

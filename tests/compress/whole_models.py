"""What tests of whole models share: compressing, and looking at what came out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch

from llmkick_core.compress.base import Method
from llmkick_core.compress.engine import compress_model
from llmkick_core.compress.layers import Procedure
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

HALF = Recipe(method="wanda", sparsity=0.5)


def compress(
    model: nn.Module, recipe: Recipe, method: Method, tokens: Tensor | None, quantizer: Method | None = None, **more: Any
) -> list[LayerReport]:
    return compress_model(model, Procedure(recipe=recipe, method=method, quantizer=quantizer), tokens, **more)


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    assert different == []


def parameter_of(layer: str) -> str:
    """Return the parameter that holds a layer: experts are slices of a stack."""
    return re.sub(r"\.experts\.\d+\.(\w+)$", r".experts.\1", layer) if ".experts." in layer else f"{layer}.weight"


def weight_of(model: nn.Module, layer: str) -> Tensor:
    """Return a layer's weight as (out, in)."""
    expert = re.search(r"\.experts\.(\d+)\.", layer)
    stored = model.get_parameter(parameter_of(layer)).detach()
    if expert:
        stored = stored[int(expert[1])]
    turned = type(model).__name__ == "GPT2LMHeadModel" or (expert and type(model).__name__ == "GptOssForCausalLM")
    return stored.T if turned else stored


def is_compressible(name: str) -> bool:
    """Whether a matrix is a linear layer of a block and no router."""
    is_router = re.search(r"mlp\.(gate|router|shared_expert_gate)\.weight$", name)
    return bool(re.search(r"\.(layers|h)\.\d+\.", name)) and not is_router and "bias" not in name and "sinks" not in name


def seen_by(model: nn.Module, layer: nn.Module, tokens: Tensor) -> Tensor:
    """Return what enters one layer when the whole model reads `tokens`, (tokens, in) float64."""
    inputs: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    model(tokens, use_cache=False)
    handle.remove()
    return inputs[0].flatten(0, 1).double()


def lowest_zeroed(weight: Tensor, norm: Tensor, n_removed: int) -> Tensor:
    """Naive Wanda in float64."""
    pruned = weight.clone()
    for row, scores in zip(pruned, weight.double().abs() * norm, strict=True):
        row[scores.argsort(stable=True)[:n_removed]] = 0
    return pruned

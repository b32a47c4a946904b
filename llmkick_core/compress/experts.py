"""Experts that transformers keeps stacked, one 3-D parameter for all of them, seen as linear layers of their own.

    experts.gate_up_proj (8, 2 * 14336, 4096)  ->  experts.0.gate_up_proj, ... experts.7.gate_up_proj, each (2 * 14336, 4096)

Each is a real `nn.Linear` (or `Conv1D`, where the stack is stored as (experts, in, out)) whose parameters are views of the stack, so that hooks see its inputs and what is written
to it is written to the model. While a model is looked at `one_by_one`, its experts run through these layers, in order, through the interface that
transformers offers for that (`transformers.integrations.moe.ExpertsInterface`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

_IMPLEMENTATION = "llmkick_one_by_one"
_LAYERS = "_llmkick_layers"


def is_stacked(module: nn.Module) -> bool:
    """Return whether a module keeps experts in the way that transformers can run by another implementation."""
    return all(hasattr(module, name) for name in ("has_gate", "has_bias", "is_transposed", "num_experts", "down_proj", "config"))


def expert_layers(experts: Any) -> list[tuple[str, nn.Module]]:
    """Return the linear layers of stacked experts, expert by expert, by their path below the module; equal calls return the same ones."""
    known: list[tuple[str, nn.Module]] | None = experts.__dict__.get(_LAYERS)
    if known is None:
        names = (_up(experts), "down_proj")
        known = [(f"{index}.{name}", _layer(experts, name, index)) for index in range(experts.num_experts) for name in names]
        experts.__dict__[_LAYERS] = known
    return known


def follow_stacks(modules: Iterable[nn.Module]) -> None:
    """Let the layers of all stacked experts within `modules` be views of the stacks that are there now."""
    for experts in (module for outer in modules for module in outer.modules() if is_stacked(module)):
        for path, layer in expert_layers(experts):
            index, _, name = path.partition(".")
            _view(experts, name, int(index), layer)


def stack_of(layer: str) -> str:
    """Return the parameter that holds an expert's layer.

    >>> stack_of("model.layers.0.mlp.experts.7.down_proj")
    'model.layers.0.mlp.experts.down_proj'
    """
    path, _, name = layer.rpartition(".")
    return f"{path.rpartition('.')[0]}.{name}"


def _up(experts: Any) -> str:
    return "gate_up_proj" if experts.has_gate else "up_proj"


def _stack(experts: Any, name: str) -> Tensor:
    stack: Tensor = getattr(experts, name)
    return stack


def _layer(experts: Any, name: str, index: int) -> nn.Module:
    """Return one expert's layer; its parameters share the stack's memory."""
    import torch
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    n_out, n_in = _stack(experts, name).shape[:0:-1] if experts.is_transposed else _stack(experts, name).shape[1:]
    with torch.device("meta"):
        layer = Conv1D(n_out, n_in) if experts.is_transposed else nn.Linear(n_in, n_out, bias=experts.has_bias)
    _view(experts, name, index, layer)
    return layer.eval()


def _view(experts: Any, name: str, index: int, layer: nn.Module) -> None:
    """Make a layer's parameters views of the stack."""
    from torch import nn

    weight = _stack(experts, name).detach()[index]
    layer.weight = nn.Parameter(weight, requires_grad=False)
    if experts.has_bias:
        layer.bias = nn.Parameter(_stack(experts, f"{name}_bias").detach()[index], requires_grad=False)
    elif experts.is_transposed:
        layer.bias = nn.Parameter(weight.new_zeros(weight.shape[1]), requires_grad=False)  # Conv1D always has one


def _run(experts: Any, hidden: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """Return what the experts make of the tokens that the router sent them, one expert after the other.

    Args:
        experts: the module.
        hidden: (tokens, features).
        top_k_index: (tokens, k) int64, the experts of each token.
        top_k_weights: (tokens, k), the weight of each.
    """
    import torch

    total = torch.zeros_like(hidden)
    layers = iter(layer for _, layer in expert_layers(experts))
    for index in range(experts.num_experts):
        up, down = next(layers), next(layers)
        token, place = (top_k_index == index).nonzero(as_tuple=True)
        if len(token):
            raised = up(hidden[token])
            made = down(experts._apply_gate(raised) if experts.has_gate else experts.act_fn(raised))
            if experts.has_post_expert_norm:
                made = experts.post_expert_norm(made)
            total.index_add_(0, token, (made * top_k_weights[token, place, None]).to(total.dtype))
    return total


@contextlib.contextmanager
def one_by_one(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Let all stacked experts within `modules` run through their layers for a while."""
    stacked: list[Any] = [module for outer in modules for module in outer.modules() if is_stacked(module)]
    if not stacked:
        yield
        return
    from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

    ALL_EXPERTS_FUNCTIONS.register(_IMPLEMENTATION, _run)
    configs = {id(experts.config): experts.config for experts in stacked}.values()
    before = [(config, config._experts_implementation_internal) for config in configs]
    try:
        for config in configs:
            config._experts_implementation_internal = _IMPLEMENTATION
        follow_stacks(modules)  # which may have moved since the layers were made
        yield
    finally:
        for config, name in before:
            config._experts_implementation_internal = name
        for experts in stacked:
            experts.__dict__.pop(_LAYERS, None)

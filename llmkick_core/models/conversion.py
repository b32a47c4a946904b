"""Parameters that lie in a checkpoint under other names, or in pieces: experts that transformers stacks when it reads them, and takes apart again when it writes them.

    block_sparse_moe.experts.{0..7}.w1.weight and .w3.weight  ->  mlp.experts.gate_up_proj (8, 2 * 14336, 4096)

What is read and written goes through transformers' own conversions (`transformers.core_model_loading`), one parameter at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A parameter that is stored in pieces."""

    keys: tuple[str, ...]
    """Names of the stored tensors, in the order in which they are joined."""
    patterns: tuple[str, ...]
    """Which of the converter's patterns each of them matches."""
    converter: Any
    """transformers' `WeightConverter`."""

    def join(self, name: str, module: Any, pieces: Mapping[str, Tensor]) -> Tensor | None:
        """Return the parameter made of its pieces, or None where they make more than one."""
        converter = copy.deepcopy(self.converter)
        for key, pattern in zip(self.keys, self.patterns, strict=True):
            converter.add_tensor(name, key, pattern, pieces[key])
        made = converter.convert(name, model=module, config=module.config)
        if list(made) != [name]:
            return None
        tensor = made[name]
        joined: Tensor = tensor[0] if isinstance(tensor, list) else tensor
        return joined


def split(module: Any, name: str, tensor: Tensor) -> dict[str, Tensor]:
    """Return what a parameter is stored as."""
    from transformers.core_model_loading import revert_weight_conversion

    pieces: dict[str, Tensor] = revert_weight_conversion(module, {name: tensor})
    return pieces


def stored_as(module: Any, keys: Collection[str]) -> tuple[dict[str, str], dict[str, Merged]]:
    """Return, by the name of the parameter, the stored tensor that it is, and those that are made of several.

    Args:
        module: the model, which may be on the meta device.
        keys: names of all stored tensors.
    """
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.core_model_loading import WeightConverter, WeightRenaming, dot_natural_key, rename_source_key

    transforms = get_model_conversion_mapping(module)
    renamings = [one for one in transforms if isinstance(one, WeightRenaming)]
    converters = [one for one in transforms if isinstance(one, WeightConverter)]
    by_pattern = {pattern: one for one in converters for pattern in one.source_patterns}
    state, base = module.state_dict(), module.base_model_prefix
    single: dict[str, str] = {}
    pieces: dict[str, list[tuple[str, str]]] = {}
    for key in sorted(keys, key=dot_natural_key):
        name, pattern = rename_source_key(key, renamings, converters, base, state)
        if name not in state and key in state:
            name, pattern = key, None
        if pattern is None:
            single.setdefault(name, key)
        elif name in state:
            pieces.setdefault(name, []).append((key, pattern))
    merged = {
        name: Merged(
            keys=tuple(key for key, _ in found), patterns=tuple(pattern for _, pattern in found), converter=by_pattern[found[0][1]]
        )
        for name, found in pieces.items()
    }
    return single, merged

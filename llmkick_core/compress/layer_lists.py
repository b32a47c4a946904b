"""Which lists of modules are the layers of a text decoder: all of its lists, and none of a tower that sees or hears.

    Llama        model.layers
    HRM-Text     model.L_module.layers, model.H_module.layers: two stacks of one kind of layer
    Gemma 3      model.language_model.layers, though model.vision_tower.encoder.layers may hold more weights

A decoder whose lists hold layers of several kinds (local and global ones, attentions apart from feed-forward layers) is refused by name: which of them
are its blocks, and in which order they run, cannot be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmkick_core.errors import ModelError
from llmkick_core.weight_names import is_other_tower

if TYPE_CHECKING:
    from torch import nn


def layer_lists(model: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """Return the path and the children of each list of decoder layers, in the order in which they are registered; none where there is no list.

    Raises:
        ModelError: the lists hold layers of several kinds.
    """
    lists = _outermost(model)
    within = _decoder_path(model)
    inner = [one for one in lists if one[0] == within or one[0].startswith(f"{within}.")] if within else lists
    lists = inner or lists
    kinds = {path: tuple(sorted({type(child).__name__ for child in children})) for path, children in lists}
    if len(set(kinds.values())) > 1:
        told = ", ".join(f"{path} ({' and '.join(names)})" for path, names in kinds.items())
        raise ModelError(
            f"{type(model).__name__} keeps its layers in lists of several kinds: {told}. Which of them are its decoder blocks cannot be told, "
            "and the others would stay uncompressed. Choose a decoder with one kind of list."
        )
    return lists


def _outermost(model: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """Return the lists of modules that hold linear layers of their own further down, towers left out; lists within a list's layers are parts of these."""
    from torch import nn

    found: list[tuple[str, list[nn.Module]]] = []
    for path, module in model.named_modules():  # parents come before their children
        if not isinstance(module, nn.ModuleList) or is_other_tower(path) or any(path.startswith(f"{known}.") for known, _ in found):
            continue
        if is_tower_by_config(model, path):
            continue
        children = list(module)
        if any(isinstance(child, nn.ModuleList) for child in children):
            continue  # a list of lists: each of these is looked at in its turn
        if children and any(_has_layers(child) for child in children):
            found.append((path, children))
    return found


def _has_layers(module: nn.Module) -> bool:
    """Return whether a module is made of several parts, of which one holds a matrix: a bare linear layer is no decoder layer."""
    return any(True for _ in module.children()) and any(parameter.dim() > 1 for parameter in module.parameters())


def is_tower_by_config(model: nn.Module, path: str) -> bool:
    """Return whether a module lies in a model of its own, within this one, whose configuration is that of a tower."""
    parts = path.split(".")
    for end in range(1, len(parts)):
        config = getattr(model.get_submodule(".".join(parts[:end])), "config", None)
        kind = f"{getattr(config, 'model_type', '')}_{type(config).__name__}".lower()
        if config is not None and any(word in kind for word in ("vision", "image", "audio", "speech", "codec")) and "text" not in kind:
            return config is not getattr(model, "config", None)
    return False


def _decoder_path(model: Any) -> str:
    """Return the path of the part that transformers names as the text decoder; empty where that is the whole model."""
    if not hasattr(model, "get_decoder"):
        return ""
    decoder = model.get_decoder()
    return next((path for path, module in model.named_modules() if module is decoder), "")

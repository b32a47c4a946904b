"""What the tensors of a language model are, by their names and shapes alone: routers, towers that see or hear. No torch.

Planning reads the names from the headers of the weight files, the walker from the model; both ask here, so that they agree on what is compressed.

    routers({"model.layers.0.mlp.gate.weight": (8, 64), "model.layers.0.mlp.experts.down_proj": (8, 64, 32)})
    -> {"model.layers.0.mlp.gate.weight"}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

_TOWER = re.compile(
    r"(?:^|\.)(?:[^.]*(?:vision|visual|image|audio|speech|video|pixel|multi_?modal|talker|token2wav|code2wav|codec)[^.]*"
    r"|mm_[^.]*|vit|vqmodel|img_[^.]*|mimi|depth_decoder)(?:\.|$)"
)
_EXPERTS = re.compile(r"(?:^|\.)(?P<name>(?:[a-z]+_)?experts?)\.")
_SHARED = re.compile(r"shared|common")
_GATES = {"gate", "gating", "moe_gate", "wg", "switch", "classifier", "gate_network"}
_GATE_WORDS = re.compile(r"gate|gating|expert|score|switch|select|classif")
_BUFFER = re.compile(
    r"(?:masked_bias|inv_freq|position_ids|causal_mask|rotary_emb\.(?:cos|sin)_cached|embed_positions\.weights|num_batches_tracked|e_score_correction_bias|slope_rate|(?:query|key|diagonal)_decay)$"
)
_UNUSED = re.compile(r"(?:^|\.)(?:mtp|nextn|eagle|medusa)[^.]*\.|(?:encoder|decoder)\.version$")
_MASK = re.compile(r"(?:attn|attention|crossattention)\.bias$")
_LAYER = re.compile(r"(?:^|\.)[A-Za-z_]+\.(?P<index>\d+)\.(?=[^.]+\.)")
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")


def is_other_tower(name: str) -> bool:
    """Return whether a tensor or module belongs to what sees, hears or speaks beside the text decoder.

    >>> is_other_tower("model.vision_tower.encoder.layers.0.mlp.fc1.weight")
    True
    """
    return _TOWER.search(name) is not None


def routers(shapes: Mapping[str, Sequence[int]]) -> set[str]:
    """Return those names that are part of a router of a mixture of experts, wherever it nests.

    A router is what a part of the name calls so; beside experts it is also what is called a gate, whatever it is made of, and a layer
    that gives one number, or one an expert.

    Args:
        shapes: of all tensors of a model, by name.
    """
    found = {name for name in shapes if any("router" in part for part in name.split("."))}
    for parent, n_experts in _mixtures(shapes).items():
        for name in _below(shapes, parent):
            first, _, rest = name[len(parent) :].partition(".")
            gives_scores = rest == "weight" and _GATE_WORDS.search(first) is not None and shapes[name][0] in (1, n_experts)
            if first in _GATES or gives_scores:
                found.add(name)
    return found


def is_parameter(name: str, dtype: str, shape: Sequence[int], n_layers: int = 0) -> bool:
    """Return whether a stored tensor is a parameter of the model, and no mask, table or layer that transformers leaves out when it loads it.

    >>> is_parameter("h.0.attn.bias", "F32", (1, 1, 1024, 1024))
    False

    Args:
        name: of the tensor.
        dtype: by its name in safetensors.
        shape: of it.
        n_layers: decoder layers by the config: what lies behind them predicts further tokens, and is not run. 0 is unknown.
    """
    if dtype in ("BOOL", "I64", "U64") or _BUFFER.search(name) or _UNUSED.search(name):
        return False
    if _MASK.search(name) and len(shape) == 4 and shape[-1] == shape[-2] and n_axes(shape) == 2:
        return False  # a causal mask; a real bias has one axis
    index = _LAYER.search(name)
    return not (n_layers and index and not is_other_tower(name) and int(index["index"]) >= n_layers)


def layer_of(name: str) -> str:
    """Return the decoder layer that a tensor belongs to; empty where it belongs to none.

    >>> layer_of("model.layers.3.mlp.experts.7.w1.weight")
    'model.layers.3'
    """
    match = _LAYER.search(name)
    return "" if match is None or is_other_tower(name) else name[: match.end("index")]


def is_layer_matrix(name: str, shape: Sequence[int]) -> bool:
    """Return whether a tensor of a decoder layer is the matrix of a linear layer, or a stack of such: no bias, norm, convolution or recurrent state."""
    *path, last = name.split(".")
    is_weight = last == "weight" or any("experts" in part for part in path)
    return n_axes(shape) > 1 and is_weight and "bias" not in last and not any("conv" in part for part in path[-1:])


def without_indices(names: Iterable[str]) -> dict[str, int]:
    """Return how many names there are of each pattern, the numbers in them replaced by a star.

    >>> without_indices(["a.0.w", "a.1.w", "b"])
    {'a.*.w': 2, 'b': 1}
    """
    counts: dict[str, int] = {}
    for name in names:
        pattern = _INDEX.sub("*", name)
        counts[pattern] = counts.get(pattern, 0) + 1
    return counts


def n_axes(shape: Sequence[int]) -> int:
    """Return how many axes a tensor has that are longer than 1.

    >>> n_axes((1, 1, 8))
    1
    """
    return sum(size > 1 for size in shape)


def n_elements(shape: Sequence[int]) -> int:
    """Return the numbers in a tensor."""
    return math.prod(shape)


def _mixtures(shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Return how many experts stand below each prefix (`model.layers.0.mlp.`); 0 where that cannot be told."""
    numbers: dict[str, set[str]] = {}
    stacked: dict[str, int] = {}
    for name, shape in shapes.items():
        for match in _EXPERTS.finditer(name):
            if _SHARED.search(match["name"]):
                continue
            parent = name[: match.start("name")]
            index = name[match.end() :].partition(".")[0]
            numbers.setdefault(parent, set()).update([index] if index.isdecimal() else [])
            if not index.isdecimal() and len(shape) == 3:
                stacked[parent] = int(shape[0])
    return {parent: len(found) or stacked.get(parent, 0) for parent, found in numbers.items()}


def _below(shapes: Mapping[str, Sequence[int]], parent: str) -> list[str]:
    return [name for name in shapes if name.startswith(parent)]

"""Stored tensors that the model of a config does not read: a bias where the config has none, a head of its own where it is tied, whole layers behind the last.

transformers drops them in silence, and the model answers as another one would. What changes no number may stay: rotary tables, masks, biases of zeros, towers that
see or hear, heads that score, layers that predict further tokens.

    check_unused(folder, bare_model(folder, torch.float32))
    -> ModelError: ../config.json: the weights hold model.layers.0.self_attn.q_proj.bias, which this config leaves out (4 such tensors): attention_bias is False. ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from llmkick_core.errors import ModelError
from llmkick_core.models.conversion import stored_as
from llmkick_core.models.headers import read_header
from llmkick_core.models.weight_files import weight_files
from llmkick_core.weight_names import is_other_tower, is_parameter, layer_of

Stored = Mapping[str, tuple[Path, dict[str, Any]]]
"""(file, header entry) of each stored tensor, by name."""

_BESIDE = re.compile(
    r"(?:^|\.)(?:v_head|value_head|reward_head|score|classifier|classification_head|qa_outputs|pooler|cls|[a-z_]*(?:projector|connector|resampler|aligner|q_?former|perceiver|modality_projection))(?:\.|$)"
)
"""What takes the last states elsewhere, or brings something to the text decoder."""
_SCALES = re.compile(r"\.(?:[qkv]|kv|k_cache|v_cache|input|output|activation)_scale$")
"""Of quantized activations and caches, which are in full precision here."""
_FURTHER = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_layers", "mtp_num_layers")
"""How configs name the layers that predict further tokens."""
_SCOPES = {
    "attention": ("attn", "attention", "qkv", "qk", "query", "o_proj"),
    "mlp": ("mlp", "ffn", "feed_forward", "fc", "expert"),
    "head": ("head", "output"),
}
_TABLES = ("rotary_emb.inv_freq", "position_ids")
_ROWS = 4096


def check_unused(folder: Path, bare: Any) -> None:
    """Check, from the headers of the weight files, that a model reads all that changes its numbers.

    Where parameters are missing nothing is said: whoever loads the weights tells that.

    Args:
        folder: of the model.
        bare: the model of its config, which may be on the meta device.

    Raises:
        ModelError: a stored tensor would be left out, or a tied head is stored with other numbers than the embeddings.
    """
    stored = _stored(folder)
    single, merged = stored_as(bare, stored)
    state = bare.state_dict().keys()
    tied = getattr(bare, "all_tied_weights_keys", None) or {}
    if {name for name, _ in bare.named_parameters()} - single.keys() - merged.keys() - {*tied, *tied.values()}:
        return
    used = {key for name, key in single.items() if name in state} | {key for one in merged.values() for key in one.keys}
    names = {key: name for name, key in single.items()}

    def is_double(key: str) -> bool:
        """Return whether a tensor is stored under a second name, with the same numbers."""
        twins = [single[name] for name in stored_as(bare, [key])[0] if name in state and single.get(name, key) != key]
        return any(_are_equal((key, *stored[key]), (twin, *stored[twin])) for twin in twins)

    _refuse(folder, bare, {names.get(key, key): key for key in stored.keys() - used}, stored, is_double)
    check_tied(folder, bare)


def check_tied(folder: Path, bare: Any) -> None:
    """Check that what a config ties is stored once, or twice with the same numbers. Arguments as above.

    Raises:
        ModelError: it is not.
    """
    tied = getattr(bare, "all_tied_weights_keys", None) or {}
    stored = _stored(folder) if tied else {}
    single = stored_as(bare, stored)[0] if tied else {}
    for name, source in tied.items():
        one, other = (stored[single[key]] if key in single else None for key in (name, source))
        if one is not None and other is not None and not _are_equal((single[name], *one), (single[source], *other)):
            raise ModelError(
                f"{folder / 'config.json'}: the weights hold {single[name]} with other numbers than {single[source]}, which it is tied to: tie_word_embeddings is True. "
                "Correct the config, or download the model again."
            )


def check_unexpected(folder: Path, module: Any, names: Collection[str]) -> None:
    """Check what transformers says it did not read; for weights that are dequantized as they are loaded.

    Args:
        folder: of the model.
        module: the model that was loaded.
        names: of the tensors, as the model would name them.

    Raises:
        ModelError: a stored tensor that changes numbers was left out.
    """
    _refuse(folder, module, {name: name for name in names}, _stored(folder), lambda key: False)


def _stored(folder: Path) -> Stored:
    return {name: (file, entry) for file in weight_files(folder) for name, entry in read_header(file).items()}


def _refuse(folder: Path, module: Any, unused: Mapping[str, str], stored: Stored, is_double: Callable[[str], bool]) -> None:
    """Raise where tensors that the model does not use, {its name for one: the stored name}, would change its numbers."""
    state = module.state_dict().keys()
    layers = {layer for name in state if (layer := layer_of(name))}
    is_ignored = _ignored(module)
    left = {name: key for name, key in unused.items() if not (is_ignored(name) or is_ignored(key) or _is_harmless(name, key, stored))}
    inside = {name: key for name, key in left.items() if not layer_of(name) or layer_of(name) in layers}
    if not inside:
        _check_depth(folder, module, left, layers)
        return
    if idle := [key for _, key in sorted(inside.items()) if not is_double(key)]:
        raise ModelError(
            f"{folder / 'config.json'}: the weights hold {idle[0]}, which this config leaves out ({len(idle)} such tensors): {_suspect(module.config, idle[0])}. "
            "The answers would be another model's. Correct the config, or download the model again."
        )


def _check_depth(folder: Path, module: Any, left: Mapping[str, str], layers: Collection[str]) -> None:
    """Check that the files hold no whole layers like the model's own behind its last; what predicts further tokens has parts of its own."""
    text = module.config.get_text_config(decoder=True).to_dict()
    if any(text.get(name) for name in _FURTHER):
        return
    parts: dict[str, set[str]] = {}
    for name in module.state_dict():
        if layer := layer_of(name):
            parts.setdefault(layer, set()).add(name.removeprefix(layer))
    more: dict[str, set[str]] = {}
    for name in left:
        more.setdefault(layer_of(name), set()).add(name.removeprefix(layer_of(name)))
    if whole := sorted(layer for layer, found in more.items() if found in parts.values()):
        raise ModelError(
            f"{folder / 'config.json'}: the weights hold {len(layers) + len(whole)} layers (such as {whole[0]}), and num_hidden_layers is "
            f"{text.get('num_hidden_layers', len(layers))}. Correct the config, or download the model again."
        )


def _ignored(module: Any) -> Callable[[str], bool]:
    """Return what tells whether transformers itself knows a tensor as one that is not needed."""
    patterns = [*(getattr(module, "_keys_to_ignore_on_load_unexpected", None) or ())]
    patterns += [re.escape(table) for table in _TABLES]
    found = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    return lambda name: found.search(name) is not None


def _is_harmless(name: str, key: str, stored: Stored) -> bool:
    """Return whether a tensor that is not read changes no number of the text decoder."""
    if is_other_tower(name) or _SCALES.search(name) or (not layer_of(name) and _BESIDE.search(name)):
        return True
    if key not in stored or name.endswith("e_score_correction_bias"):
        return False
    file, entry = stored[key]
    if not is_parameter(name, entry["dtype"], entry["shape"]):
        return True
    return name.endswith("bias") and not _tensor(file, key).count_nonzero()


def _are_equal(one: tuple[str, Path, dict[str, Any]], other: tuple[str, Path, dict[str, Any]]) -> bool:
    """Return whether two stored tensors (name, file, header entry) hold the same numbers."""
    from safetensors import safe_open

    if one[2]["shape"] != other[2]["shape"]:
        return False
    with safe_open(one[1], framework="pt") as first, safe_open(other[1], framework="pt") as second:
        left, right = first.get_slice(one[0]), second.get_slice(other[0])
        n_rows = one[2]["shape"][0] if one[2]["shape"] else 0
        return all(torch.equal(left[k : k + _ROWS].float(), right[k : k + _ROWS].float()) for k in range(0, n_rows, _ROWS))


def _tensor(file: Path, key: str) -> torch.Tensor:
    from safetensors import safe_open

    with safe_open(file, framework="pt") as opened:
        found: torch.Tensor = opened.get_tensor(key)
        return found


def _suspect(config: Any, name: str) -> str:
    """Return the field of a config that is the likeliest reason why it leaves a tensor out, with its value."""
    text = config.get_text_config(decoder=True).to_dict()
    kind = "bias" if name.endswith(".bias") else "norm" if "norm" in name or ".ln" in name else ""
    scope = next((scope for scope, words in _SCOPES.items() if any(word in name for word in words)), "")
    fields = [field for field, value in text.items() if kind and kind in field and (value is False or value is None)]
    near = [field for field in fields if any(word in field for word in _SCOPES.get(scope, ()))]
    plain = [field for field in fields if not any(word in field for words in _SCOPES.values() for word in words)]
    field = next(iter([*near, *plain]), None)
    return f"{field} is {text[field]}" if field else f"model_type is {config.model_type}"

"""Scaled rotary embeddings of a GGUF file, given to the transformers config, which leaves them out.

A file states them by keys (`llama.rope.scaling.type` = "yarn", `.factor` = 4.0), by the tensor `rope_freqs` (Llama 3, Gemma 4) or by `rope_factors_long` and
`rope_factors_short` (Phi-3). Without a type, llama.cpp takes a factor as linear. What cannot be placed in the config is an error: the model would read wrong positions.
"""

from __future__ import annotations

import math
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.gguf_header import GgufFile

_LLAMA3_CONTEXT = 8192  # what Llama 3's rotary embeddings were scaled from
_FOLDER = "use the model's folder of safetensors"
_NEVER = 1e20  # a frequency divided by this does not turn


def scale_rotary(source: GgufFile, config: Any) -> None:
    """Give the config the base and the scaling of the file's rotary embeddings.

    Layers with a sliding window have their own in Gemma 3 and 4; there the scaling is that of the others.

    Raises:
        ModelError: they are of a kind that is not known here, or the config has no place for them.
    """
    given = getattr(config, "rope_parameters", None) or {}
    is_nested = "full_attention" in given
    holder = dict(given["full_attention"] if is_nested else given)
    _set_bases(source, given, holder)
    changed = _proportional(source, holder) if holder.get("rope_type") == "proportional" else _stated_scaling(source, holder)
    if not given:
        if changed:
            raise ModelError(f"{source.path} scales rotary embeddings, and a {source.architecture} model has none here; {_FOLDER}.")
        return
    holder |= changed
    config.rope_parameters = dict(given) | {"full_attention": holder} if is_nested else holder
    if "original_max_position_embeddings" in changed and hasattr(config, "original_max_position_embeddings"):
        config.original_max_position_embeddings = changed["original_max_position_embeddings"]
    try:
        config.validate_rope()
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{source.path} scales its rotary embeddings by {holder.get('rope_type')!r}, which a {source.architecture} model cannot have here "
            f"({str(error).splitlines()[0]}); {_FOLDER}."
        ) from error


def _set_bases(source: GgufFile, given: dict[str, Any], holder: dict[str, Any]) -> None:
    """Set the base of the rotary embeddings, and of those under a sliding window.

    Raises:
        ModelError: they differ, and the model has one base for all layers.
    """
    base, local = (source.stated(f"rope.freq_base{end}") for end in ("", "_swa"))
    if base and holder:
        holder["rope_theta"] = float(base)
    if not local:
        return
    if "sliding_attention" in given:
        given["sliding_attention"] = dict(given["sliding_attention"]) | {"rope_theta": float(local)}
    elif holder and not math.isclose(float(local), float(holder["rope_theta"]), rel_tol=1e-6):
        raise ModelError(
            f"{source.path} states {source.architecture}.rope.freq_base_swa = {local:g}, and its layers have one base here; {_FOLDER}."
        )


def _stated_scaling(source: GgufFile, holder: dict[str, Any]) -> dict[str, Any]:
    """Return the scaling that a file states, as transformers writes it; empty where there is none.

    Raises:
        ModelError: it is of a kind that is not known here.
    """
    kind = str(source.stated("rope.scaling.type", "linear")).lower()
    factor = float(source.stated("rope.scaling.factor") or source.stated("rope.scale_linear") or 1.0)
    original = int(source.stated("rope.scaling.original_context_length") or source.stated("context_length") or 0)
    attention = float(source.stated("rope.scaling.attn_factor") or 1.0)
    if float(alpha := source.stated("rope.scaling.alpha") or 0.0) not in (0.0, 1.0):
        raise ModelError(f"{source.path} states {source.architecture}.rope.scaling.alpha = {alpha:g}, which is not known here; {_FOLDER}.")
    if any(tensor.startswith("rope_factors_") for tensor in source.tensors):
        return _longrope(source, original, attention)
    if "rope_freqs.weight" in source.tensors:
        if factor != 1.0 and kind != "none":
            raise ModelError(f"{source.path} scales its rotary embeddings twice, by rope_freqs.weight and by {kind[:40]!r}; {_FOLDER}.")
        factors = _read(source, "rope_freqs.weight")
        changed = _llama3(factors, float(holder.get("rope_theta", 10000.0)))
        if not changed and any(abs(one - 1.0) > 1e-5 for one in factors):
            raise ModelError(f"{source.path} scales its rotary embeddings (rope_freqs.weight) in a way that is not known here; {_FOLDER}.")
    elif kind not in ("none", "linear", "yarn"):
        raise ModelError(f"{source.path} scales its rotary embeddings by {kind[:40]!r}, which is not known here; {_FOLDER}.")
    elif kind == "none" or factor == 1.0:
        changed = {}
    elif kind == "linear":
        changed = {"rope_type": "linear", "factor": factor}
    else:
        return _yarn(source, factor, original, attention)
    if attention != 1.0:
        raise ModelError(
            f"{source.path} states {source.architecture}.rope.scaling.attn_factor = {attention:g} for {kind!r}, which is not known here; {_FOLDER}."
        )
    return changed


def _yarn(source: GgufFile, factor: float, original: int, attention: float) -> dict[str, Any]:
    """Return YaRN's scaling; `attention` multiplies what it does to the attention scores.

    Raises:
        ModelError: it is a variant that is not known here.
    """
    scaling = "rope.scaling."
    for key, usual in (("yarn_ext_factor", (1.0, -1.0)), ("yarn_log_multiplier", (0.0,))):
        value = source.stated(scaling + key, usual[0])
        if float(value) not in usual:
            raise ModelError(f"{source.path} states {source.architecture}.{scaling}{key} = {value:g}, which is not known here; {_FOLDER}.")
    changed: dict[str, Any] = {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original}
    for key in ("beta_fast", "beta_slow"):
        if value := source.stated(f"{scaling}yarn_{key}"):
            changed[key] = float(value)
    if value := source.stated(f"{scaling}yarn_attn_factor"):
        changed["attention_factor"] = float(value) * attention
    elif attention != 1.0:
        changed["attention_factor"] = attention * (0.1 * math.log(factor) + 1.0)
    return changed


def _longrope(source: GgufFile, original: int, attention: float) -> dict[str, Any]:
    """Return Phi-3's scaling, which has factors for short texts and others for long ones.

    Raises:
        ModelError: the file lacks one of them.
    """
    names = {key: f"rope_factors_{key}.weight" for key in ("long", "short")}
    if missing := [name for name in names.values() if name not in source.tensors]:
        raise ModelError(f"{source.path} scales its rotary embeddings and lacks {missing[0]}; {_FOLDER}.")
    changed: dict[str, Any] = {f"{key}_factor": _read(source, name) for key, name in names.items()}
    changed |= {"rope_type": "longrope", "original_max_position_embeddings": original}
    if source.stated("rope.scaling.attn_factor"):
        changed["attention_factor"] = attention
    return changed


def _llama3(factors: list[float], theta: float) -> dict[str, Any]:
    """Return Llama 3's scaling where it gives these factors by which rotary frequencies (head size / 2) are divided; empty where it does not."""
    low, high = 1.0, 4.0
    largest = max(factors)
    if largest <= 1.0:
        return {}
    for i, factor in enumerate(factors):
        wavelength = 2 * math.pi * theta ** (i / len(factors))
        smooth = min(max((_LLAMA3_CONTEXT / wavelength - low) / (high - low), 0.0), 1.0)
        if not math.isclose(1.0 / ((1.0 - smooth) / largest + smooth), factor, rel_tol=1e-3):
            return {}
    return {
        "rope_type": "llama3",
        "factor": largest,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": _LLAMA3_CONTEXT,
    }


def _proportional(source: GgufFile, holder: dict[str, Any]) -> dict[str, Any]:
    """Return Gemma 4's rotary embeddings, of which a share turns.

    Raises:
        ModelError: the file scales them in another way.
    """
    factors = _read(source, "rope_freqs.weight") if "rope_freqs.weight" in source.tensors else []
    n_turning = sum(one == 1.0 for one in factors)
    share = n_turning / len(factors) if factors else float(holder.get("partial_rotary_factor", 1.0))
    is_stepped = all(one == 1.0 for one in factors[:n_turning]) and all(one >= _NEVER for one in factors[n_turning:])
    if not is_stepped or float(source.stated("rope.scaling.factor") or 1.0) != 1.0:
        raise ModelError(f"{source.path} scales its rotary embeddings in a way that is not known here; {_FOLDER}.")
    return {"partial_rotary_factor": share}


def _read(source: GgufFile, name: str) -> list[float]:
    """Return the numbers of a float tensor of the file."""
    import gguf

    tensor = next(tensor for tensor in gguf.GGUFReader(str(source.path)).tensors if tensor.name == name)
    return [float(one) for one in tensor.data.ravel()]

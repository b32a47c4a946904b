"""What is wrong with a model folder's JSON files, found before anything is loaded. No torch.

    check_config(folder)       refuses what no decoder can have: a negative size, text where a number belongs, an encoder
    suspects(config)           names what may be the reason once loading has failed: a pad token outside the vocabulary, heads that do not divide the width

What fits some architectures and breaks others is only named after a failure, so that no model is refused that would load.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.config import read_config, text_config
from llmkick_core.models.json_files import read_json

_MOST = {
    "num_hidden_layers": 10**4,
    "n_layer": 10**4,
    "n_layers": 10**4,
    "num_layers": 10**4,
    "hidden_size": 2**20,
    "n_embd": 2**20,
    "d_model": 2**20,
    "num_attention_heads": 2**16,
    "n_head": 2**16,
    "n_heads": 2**16,
    "num_key_value_heads": 2**16,
    "head_dim": 2**16,
    "intermediate_size": 2**24,
    "ffn_dim": 2**24,
    "vocab_size": 2**28,
    "max_position_embeddings": 2**40,
    "n_positions": 2**40,
}
"""Sizes that every decoder has in one word or another, and what none comes near."""

_MAY_BE_ZERO = {"intermediate_size", "num_key_value_heads", "ffn_dim", "head_dim"}
"""Of recurrent layers."""

_NO_DECODERS = (
    "ForMaskedLM",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForQuestionAnswering",
    "ForMultipleChoice",
    "ForNextSentencePrediction",
    "ForPreTraining",
    "ForImageClassification",
    "ForObjectDetection",
    "ForSemanticSegmentation",
    "ForCTC",
    "ForSpeechSeq2Seq",
)
"""Ends of the names of architectures that continue no text."""

_JSON = ("tokenizer_config.json", "generation_config.json", "special_tokens_map.json")
_ADVICE = "Correct the file, or copy or download the model again"


def check_config(folder: Path) -> None:
    """Check what can be said of a model folder's JSON files for every architecture.

    Raises:
        ModelError: a file is no JSON object; a size is no number, not above 0 or beyond any model; or the architecture is no decoder. The message names
            file, field, value and limit.
    """
    config = read_config(folder)
    path = folder / "config.json"
    for part in {id(one): one for one in (config, text_config(config))}.values():
        for field, most in _MOST.items():
            _check_size(path, field, part.get(field), most)
    names = config.get("architectures")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ModelError(f"{path}: architectures is {_shown(names)}; it must be a list of names. {_ADVICE}.")
    if config.get("model_type") is not None and not isinstance(config["model_type"], str):
        raise ModelError(f"{path}: model_type is {_shown(config['model_type'])}; it must be a name. {_ADVICE}.")
    wrong = next((name for name in names or () if name.endswith(_NO_DECODERS)), None)
    if wrong is not None:
        raise ModelError(f"{path}: architecture {wrong} continues no text. Choose a decoder-only language model, such as a ...ForCausalLM.")
    if config.get("is_encoder_decoder") is True:
        raise ModelError(f"{path}: {', '.join(names or ['this model'])} is an encoder-decoder. Choose a decoder-only language model.")
    for name in _JSON:
        _check_json(folder / name)


def suspects(config: dict[str, Any]) -> list[str]:
    """Return what in a config may be the reason for a failure, each as `field is value, ...limit`."""
    return list(_suspects(text_config(config))) + ([] if text_config(config) is config else list(_suspects(config)))


def _suspects(config: dict[str, Any]) -> Iterator[str]:
    def number(*names: str) -> int:
        return next((value for name in names if isinstance(value := config.get(name), int) and not isinstance(value, bool)), 0)

    vocabulary = number("vocab_size")
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        token = config.get(name)
        if token is None:
            continue
        if not isinstance(token, int | list) or isinstance(token, bool):
            yield f"{name} is {_shown(token)}, where a number belongs"
        elif vocabulary and isinstance(token, int) and not -vocabulary <= token < vocabulary:
            yield f"{name} is {token}, outside the vocabulary: vocab_size is {vocabulary}, so it must be below {vocabulary}"
    width, heads, groups = (
        number("hidden_size", "n_embd", "d_model"),
        number("num_attention_heads", "n_head"),
        number("num_key_value_heads"),
    )
    if width and heads and width % heads and not config.get("head_dim"):
        yield f"num_attention_heads is {heads}, which does not divide hidden_size {width}"
    if heads and groups and heads % groups:
        yield f"num_key_value_heads is {groups}, which does not divide num_attention_heads {heads}"
    kinds, n_layers = config.get("layer_types"), number("num_hidden_layers", "n_layer")
    if kinds is not None and (not isinstance(kinds, list) or (n_layers and len(kinds) != n_layers)):
        told = len(kinds) if isinstance(kinds, list) else _shown(kinds)
        yield f"layer_types has {told} entries, where num_hidden_layers is {n_layers}"
    for name in ("rope_scaling", "rope_parameters"):
        rope = config.get(name)
        if rope is not None and not isinstance(rope, dict):
            yield f"{name} is {_shown(rope)}, where an object such as {{'rope_type': 'linear', 'factor': 2.0}} belongs"
        elif isinstance(rope, dict) and rope and not any(key in rope for key in ("rope_type", "type")) and not _nested(rope):
            yield f"{name} names no rope_type: {_shown(rope)}"
        elif isinstance(rope, dict) and "factor" in rope and not _is_factor(rope["factor"]):
            yield f"{name} has the factor {_shown(rope['factor'])}, which must be a number of 1 or more"
    for name in ("hidden_act", "hidden_activation", "activation_function"):
        if name in config and not isinstance(config[name], str | None):
            yield f"{name} is {_shown(config[name])}, where a name belongs"


def _nested(rope: dict[str, Any]) -> bool:
    return any(isinstance(value, dict) for value in rope.values()) or "rope_theta" in rope


def _is_factor(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 1


def _check_size(path: Path, field: str, value: object, most: int) -> None:
    """Check one size; architectures with a size of its own for each layer list them."""
    for one in value if isinstance(value, list) and value else [value]:
        if one is None:
            continue
        if isinstance(one, bool) or not isinstance(one, int):
            raise ModelError(f"{path}: {field} is {_shown(value)}, where a whole number belongs. {_ADVICE}.")
        least = 0 if field in _MAY_BE_ZERO else 1
        if not least <= one <= most:
            raise ModelError(f"{path}: {field} is {one}; it must be from {least} to {most:,}. {_ADVICE}.")


def _check_json(path: Path) -> None:
    """Check that a file, where it is there, is a JSON object, and that a chat template in it is text."""
    if not path.is_file():
        return
    try:
        told = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}). Copy or download the model again.") from error
    if not isinstance(told, dict):
        raise ModelError(f"{path} is not a JSON object. Copy or download the model again.")
    template = told.get("chat_template")
    if template is not None and not isinstance(template, str | list | dict):
        raise ModelError(f"{path}: chat_template is {_shown(template)}, where a template belongs. {_ADVICE}.")


def _shown(value: object) -> str:
    """Return a value for a message, at most 60 characters of it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""The one place where transformers reads a model's folder: whatever it raises there becomes one line that names file and field.

Configs, tokenizers and weights come from anywhere, and what transformers, tokenizers and torch raise over them is documented nowhere: any exception may come,
and each is a fault of the folder, or an architecture that is not supported. The traceback is logged at debug.

    with loading(folder, "model"):
        module = AutoModelForCausalLM.from_pretrained(folder, ...)
    -> ModelError: /models/x/config.json: pad_token_id is 5000, outside the vocabulary: vocab_size is 4096, so it must be below 4096. ...
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from llmkick_core.errors import LlmkickError, ModelError, PreflightError, is_panic
from llmkick_core.memory import free_bytes
from llmkick_core.models.config import read_config
from llmkick_core.models.config_check import suspects
from llmkick_core.models.dequantizing import exact_blocks, quantization_config
from llmkick_core.models.headers import read_header
from llmkick_core.models.locate import first_line
from llmkick_core.models.source_format import quantization
from llmkick_core.models.tokenizer_files import try_tokenizer
from llmkick_core.models.unused_tensors import check_tied, check_unexpected, check_unused
from llmkick_core.models.weight_files import weight_files

logger = logging.getLogger(__name__)

OPTIONS = {"trust_remote_code": False, "local_files_only": True}
"""How transformers is to read: no code, no network."""


@contextmanager
def loading(folder: Path, what: str) -> Iterator[None]:
    """Turn whatever goes wrong within the block into one line about the folder.

    Args:
        folder: of the model.
        what: is loaded: `tokenizer` or `model`.

    Raises:
        ModelError: something went wrong.
        PreflightError: memory ran out.
    """
    try:
        yield
    except LlmkickError:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise PreflightError(f"the {what} in {folder} does not fit in memory; free some, or choose a smaller model.") from error
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        logger.debug("loading the %s in %s failed", what, folder, exc_info=True)
        raise ModelError(_message(folder, what, error)) from error


def load_config(folder: Path) -> Any:
    """Return the config in a folder as transformers reads it, but that it chooses no kernels: transformers does, among its own.

    Raises:
        ModelError: it cannot be read, or is no decoder's.
    """
    from transformers import AutoConfig

    with loading(folder, "model"):
        config = AutoConfig.from_pretrained(folder, **OPTIONS)
        for part in (config, config.get_text_config(decoder=True)):
            part._attn_implementation = part._experts_implementation = None
        _check_is_decoder(folder, config)
        return config


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer in a folder.

    Raises:
        ModelError: it cannot be loaded.
    """
    from transformers import AutoTokenizer

    load_config(folder)  # which the tokenizer's class follows from
    try_tokenizer(folder)
    with loading(folder, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, **OPTIONS)
        tokenizer("a", add_special_tokens=True)  # what is damaged may show only when it is used
        return tokenizer


def bare_model(folder: Path, dtype: torch.dtype) -> Any:
    """Return the decoder that a folder's config.json describes, on the meta device: its shapes, no weights.

    Raises:
        ModelError: it cannot be built, or is no decoder.
    """
    from transformers import AutoModelForCausalLM

    config = load_config(folder)
    with loading(folder, "model"):
        for part in (config, config.get_text_config(decoder=True)):
            part.__dict__.pop("quantization_config", None)
        with torch.device("meta"):
            return AutoModelForCausalLM.from_config(config, dtype=dtype)


def load_module(folder: Path, dtype: torch.dtype, device: torch.device) -> tuple[Any, dict[str, Any]]:
    """Return the decoder in a folder of safetensors, dequantized where it is stored quantized, and what transformers says of the tensors it read.

    Raises:
        ModelError: it cannot be loaded, or its weights do not fit its config.
        PreflightError: it would not fit into memory.
    """
    from transformers import AutoModelForCausalLM

    config = load_config(folder)
    found = quantization(folder)
    options: dict[str, Any] = dict(OPTIONS)
    _check_shapes(folder, dtype, device, is_plain=found is None)
    if found is not None:
        options["quantization_config"] = quantization_config(found)
    with loading(folder, "model"), exact_blocks(found), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="You passed `quantization_config`")  # it adds to what the folder says
        module, report = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **options
        )
    check_unexpected(
        folder, module, report["unexpected_keys"]
    )  # where headers could not tell: quantized weights, models that need theirs to be built
    return module, dict(report)


def _check_shapes(folder: Path, dtype: torch.dtype, device: torch.device, *, is_plain: bool) -> None:
    """Check, before any weight is read, that plain stored tensors are those that config.json asks for, in shape too, and that the model fits into memory.

    Where a model cannot be built without its weights this is left to transformers.
    """
    try:
        bare = bare_model(folder, dtype)
    except ModelError as error:
        logger.debug("%s", error)
        return
    needed = sum(parameter.numel() for parameter in bare.parameters()) * dtype.itemsize
    if is_plain and (misfit := _misfit(folder, bare)) is not None:
        raise ModelError(
            f"{folder / 'config.json'}: {'; '.join([*_hints(folder), misfit])}. Correct the config, or download the model again."
        )
    (check_unused if is_plain else check_tied)(folder, bare)
    free = free_bytes(str(device))
    if needed > free:
        raise PreflightError(
            f"the model in {folder} needs {needed / 2**30:.1f} GiB of memory for its weights, {free / 2**30:.1f} GiB are free; "
            "choose a smaller model or free memory."
        )


def _misfit(folder: Path, bare: Any) -> str | None:
    """Return which stored tensor has another shape than the config asks for, in words; None where all fit."""
    from llmkick_core.models.conversion import stored_as

    stored = {name: entry["shape"] for file in weight_files(folder) for name, entry in read_header(file).items()}
    with loading(folder, "model"):
        single, _ = stored_as(bare, stored)
    wrong = [
        (key, list(parameter.shape))
        for name, parameter in bare.named_parameters()
        if (key := single.get(name)) is not None and stored[key] != list(parameter.shape)
    ]
    if not wrong:
        return None
    key, shape = wrong[0]
    return f"it asks for {key} of shape {shape}, and the file holds {stored[key]} ({len(wrong)} such tensors)"


def _check_is_decoder(folder: Path, config: Any) -> None:
    """Refuse encoders, which transformers loads as decoders though they look at the words to come.

    Raises:
        ModelError: it is one.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES as ENCODERS

    if config.model_type in {*ENCODERS, "bert-generation"} and not getattr(config, "is_decoder", False):
        raise ModelError(
            f"{folder / 'config.json'}: {config.model_type} is an encoder, which continues no text. Choose a decoder-only language model."
        )
    if getattr(config, "is_encoder_decoder", False):
        raise ModelError(f"{folder / 'config.json'}: {config.model_type} is an encoder-decoder. Choose a decoder-only language model.")


def _message(folder: Path, what: str, error: BaseException) -> str:
    """Return what went wrong in one line, the field of config.json first where one is suspect."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = first_line(error).rstrip(".")
    if reason.endswith(":") and len(lines) > 1:  # transformers' validators tell what is wrong in the second line
        reason = f"{reason} {lines[1].rstrip('.')}"
    if isinstance(error, KeyError | IndexError | AttributeError | TypeError):
        reason = f"{type(error).__name__}: {reason}"
    if what == "model" and (hints := _hints(folder)):
        return f"{folder / 'config.json'}: {'; '.join(hints)} ({reason}). Correct the config, or download the model again."
    if what == "model":
        advice = "; code that comes with a model is never run" if read_config(folder).get("auto_map") and not _is_known(folder) else ""
        return f"the model in {folder} ({_architecture(folder)}) cannot be loaded: {reason}{advice}."
    return f"the {what} in {folder} cannot be loaded: {reason}. Copy or download the model's {what} files again."


def _hints(folder: Path) -> list[str]:
    try:
        return suspects(read_config(folder))
    except ModelError:
        return []


def _architecture(folder: Path) -> str:
    config = read_config(folder)
    names = config.get("architectures")
    return ", ".join(names) if isinstance(names, list) and names else str(config.get("model_type") or "no architecture named")


def _is_known(folder: Path) -> bool:
    from transformers import CONFIG_MAPPING

    return read_config(folder).get("model_type") in CONFIG_MAPPING

"""Write a GGUF model as a folder of safetensors, tokenizer and config: a process of its own, because it loads torch and gives its memory back.

    python -m llmkick_core.models.gguf_convert vicuna-7b.Q4_K_M.gguf data/cache/models/.vicuna.partial

Weights, config and tokenizer are read by transformers, one tensor at a time in float32, so the most that is held is the model once in the number format
that is written. What transformers would leave out in silence is completed or refused here: tensors without a place, scaled rotary embeddings, begin tokens
and the way in which a vocabulary splits text. The last line on stderr says what went wrong. It ends when its stdin does, with whoever started it.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.gguf_header import GgufFile, read_gguf

_SHARD = "2GB"
_DIGIT_SPLITS = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone")
"""Vocabularies that read every digit by itself, and else split as GPT-2 does (llama.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM and its like)."""
_GPT2_SPLITS = ("", "default", "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais", "trillion", "roberta-bpe", "exaone4", "jina-es", "jina-de")
"""Vocabularies that split as GPT-2 does."""
_WHOLE_WORDS = ("llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "tekken")
"""Vocabularies that take a word that is one token as it is, and begin a text with a begin token unless the file says otherwise (llama.cpp)."""
_LLAMA3_CONTEXT = 8192  # what Llama 3's rotary embeddings were scaled from
_COMPLETED = re.compile(r"(^|\.)(rope_freqs|rope_factors_long|rope_factors_short|attn_rot_embd)\.weight$")


def convert(path: Path, folder: Path) -> None:
    """Write the model of a GGUF file into a folder.

    Raises:
        ModelError: it cannot be read.
    """
    import torch
    import transformers
    from transformers import AutoModelForCausalLM

    from llmkick_core.models.locate import first_line

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    source = read_gguf(path)
    dtype = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}[source.dtype]
    options: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True}
    with _watched_reading() as places:
        try:
            tokenizer = read_tokenizer(source)
            module, report = AutoModelForCausalLM.from_pretrained(path.parent, dtype=dtype, output_loading_info=True, **options)
        except (
            OSError,
            ValueError,
            KeyError,
            IndexError,
            ImportError,
            RuntimeError,
            NotImplementedError,
            TypeError,
            AttributeError,
        ) as error:
            raise ModelError(f"{path} cannot be read ({source.architecture}, {source.quantization}): {first_line(error)}") from error
        _check_all_read(source, places, report)
        _scale_rotary(source, module.config)
    if hasattr(module.config, "quantization_config"):
        del module.config.quantization_config
    module.hf_quantizer, module.is_quantized, module.quantization_method = None, False, None
    if "vicuna" in f"{source.metadata.get('general.name', '')} {path.stem}".lower() and not tokenizer.chat_template:
        from llmkick_core.models.chat import VICUNA

        tokenizer.chat_template = VICUNA
    module.save_pretrained(folder, max_shard_size=_SHARD)
    tokenizer.save_pretrained(folder)


@contextmanager
def _watched_reading() -> Iterator[dict[str, str]]:
    """Yield what will hold the place of each tensor that transformers knows, once it has read a file; and have the keys of a file read only once meanwhile.

    With a vocabulary of 50,000 tokens that takes seconds, and transformers does it for the config and again for the weights.
    """
    import gguf
    from transformers import modeling_gguf_pytorch_utils as theirs

    places: dict[str, str] = {}
    reader, look_up = gguf.GGUFReader, theirs.get_gguf_hf_weights_map

    def watched(*arguments: Any, **options: Any) -> dict[str, str]:
        found: dict[str, str] = look_up(*arguments, **options)
        places.update(found)
        return found

    names = gguf.get_tensor_name_map
    gguf.get_tensor_name_map = functools.cache(names)  # made anew for each module otherwise, a quarter of all the time
    gguf.GGUFReader, theirs.get_gguf_hf_weights_map = functools.cache(reader), watched
    try:
        yield places
    finally:
        gguf.GGUFReader, theirs.get_gguf_hf_weights_map = reader, look_up
        gguf.get_tensor_name_map = names


def read_tokenizer(source: GgufFile) -> Any:
    """Return the tokenizer of a GGUF file, splitting text as llama.cpp does for its vocabulary.

    Raises:
        ModelError: how its vocabulary splits text is not known here.
        ValueError: it cannot be read.
    """
    from tokenizers import pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS, convert_gguf_tokenizer, get_gguf_tokenizer

    architecture, tokens, told = get_gguf_tokenizer(str(source.path))
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_object=convert_gguf_tokenizer(architecture, tokens)[0], **told)
    inner = tokenizer.backend_tokenizer
    kind, split = source.metadata.get("tokenizer.ggml.model"), str(source.metadata.get("tokenizer.ggml.pre", ""))
    if kind == "gpt2":
        if split in _DIGIT_SPLITS:
            digits, words = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
            inner.pre_tokenizer = pre_tokenizers.Sequence([digits, words])
        elif split not in (*_GPT2_SPLITS, *GGUF_PRE_TOKENIZER_SPLITS):
            raise ModelError(
                f"{source.path} has a vocabulary of the kind {split[:40]!r} (tokenizer.ggml.pre), and how it splits text is not known here; "
                "use the model's folder of safetensors and tokenizer."
            )
        if split in _WHOLE_WORDS:
            inner.model.ignore_merges = True
    _complete_begin(source, tokenizer, is_usual=split in _WHOLE_WORDS)
    return tokenizer


def _complete_begin(source: GgufFile, tokenizer: Any, *, is_usual: bool) -> None:
    """Let texts begin with the begin token where llama.cpp would put it and the file does not say."""
    from tokenizers import processors

    begin = tokenizer.bos_token
    wanted = source.metadata.get("tokenizer.ggml.add_bos_token", is_usual or source.metadata.get("tokenizer.ggml.model") == "llama")
    if not wanted or begin is None or tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]:
        return
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin} $B", special_tokens=[(begin, tokenizer.bos_token_id)]
    )


def _check_all_read(source: GgufFile, places: dict[str, str], report: dict[str, Any]) -> None:
    """Check that every tensor of the file has a place in the model, and every parameter a tensor.

    Raises:
        ModelError: one has none: the model would answer otherwise than it should.
    """
    if missing := sorted(report["missing_keys"]):
        raise ModelError(
            f"{source.path} lacks {len(missing)} tensors of a {source.architecture} model, such as {missing[0]}; use another file of it."
        )
    known = (
        {*places, "output.weight"} if places else set(source.tensors)
    )  # GPT-2's head goes its own way; newer readers of transformers check this themselves
    known |= {f"{name}.weight" for name in places if name.endswith("_exps")}
    idle = [name for name in source.tensors if name not in known and not _COMPLETED.search(name)]
    if idle:
        raise ModelError(
            f"{source.path} has {len(idle)} tensors that transformers does not read from a {source.architecture} GGUF, such as {idle[0]}, so it would answer "
            "otherwise than it should; use the model's folder of safetensors."
        )


def _scale_rotary(source: GgufFile, config: Any) -> None:
    """Give the config the scaled rotary embeddings of the file, which transformers leaves out.

    Raises:
        ModelError: they are of a kind that is not known here.
    """
    import numpy as np
    from gguf import GGUFReader

    name = source.architecture
    scaling = str(source.metadata.get(f"{name}.rope.scaling.type", "none"))
    given = getattr(config, "rope_parameters", None) or {}
    if given.get("rope_type", "default") != "default" or "rope_theta" not in given:
        return
    factor = float(source.metadata.get(f"{name}.rope.scaling.factor", 1.0) or 1.0)
    original = source.metadata.get(f"{name}.rope.scaling.original_context_length")
    changed: dict[str, Any] = {}
    if "rope_freqs.weight" in source.tensors:
        reader = GGUFReader(source.path)
        factors = np.array(next(tensor.data for tensor in reader.tensors if tensor.name == "rope_freqs.weight"), dtype=np.float64).ravel()
        changed = _llama3(factors, float(given["rope_theta"]))
        if not changed and not np.allclose(factors, 1.0):
            raise ModelError(
                f"{source.path} scales its rotary embeddings (rope_freqs.weight) in a way that is not known here; use the model's folder."
            )
    elif any(tensor.startswith("rope_factors_") for tensor in source.tensors):
        raise ModelError(
            f"{source.path} scales its rotary embeddings by rope_factors_long and _short, which transformers does not read from GGUF; use the model's folder."
        )
    elif scaling == "linear" and factor != 1.0:
        changed = {"rope_type": "linear", "factor": factor}
    elif scaling == "yarn" and factor != 1.0 and original:
        changed = {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": int(original)}
    elif scaling not in ("none", "linear", "yarn"):
        raise ModelError(
            f"{source.path} scales its rotary embeddings by {scaling[:40]!r}, which is not known here; use the model's folder."
        )
    if changed:
        config.rope_parameters = dict(given) | changed


def _llama3(factors: Any, theta: float) -> dict[str, Any]:
    """Return Llama 3's scaling where it gives these factors by which rotary frequencies (head size / 2) are divided; empty where it does not."""
    import numpy as np

    low, high = 1.0, 4.0
    largest = float(factors.max())
    wavelengths = 2 * math.pi * theta ** (np.arange(len(factors)) / len(factors))
    smooth = np.clip((_LLAMA3_CONTEXT / wavelengths - low) / (high - low), 0.0, 1.0)
    expected = 1.0 / ((1.0 - smooth) / largest + smooth)
    if largest <= 1.0 or not np.allclose(expected, factors, rtol=1e-3):
        return {}
    return {
        "rope_type": "llama3",
        "factor": largest,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": _LLAMA3_CONTEXT,
    }


def _end_with_parent() -> None:
    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert one file, and return the exit code: 0 done, 1 with one JSON line on stdout that says why not."""
    path, folder = (Path(word) for word in (arguments if arguments is not None else sys.argv[1:]))
    _end_with_parent()
    told = os.dup(1)
    os.dup2(2, 1)  # whatever libraries print goes to stderr
    try:
        convert(path, folder)
    except ModelError as error:
        os.write(told, json.dumps({"error": str(error)}).encode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

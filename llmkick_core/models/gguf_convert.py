"""Write a GGUF model as a folder of safetensors, tokenizer and config: a process of its own, because it loads torch and gives its memory back.

    python -m llmkick_core.models.gguf_convert vicuna-7b.Q4_K_M.gguf data/cache/models/.vicuna.partial

Weights, config and tokenizer are read by transformers, one tensor at a time in float32, so the most that is held is the model once in the number format
that is written. What transformers would leave out in silence is completed or refused: tensors without a place (here), values that the file states
(gguf_values.py), scaled rotary embeddings (gguf_rotary.py), the way a vocabulary splits text and the tokens that end an answer (gguf_tokenizer.py). The last
line on stderr says what went wrong. It ends when its stdin does, with whoever started it.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError
from llmkick_core.models.child import convert_as_child
from llmkick_core.models.gguf_header import GgufFile, read_gguf
from llmkick_core.models.gguf_tokenizer import end_ids, read_vocabulary
from llmkick_core.models.gguf_tokenizer import read_tokenizer as read_tokenizer
from llmkick_core.models.gguf_values import complete_config, windowed_config

_SHARD = "2GB"
_COMPLETED = re.compile(r"(^|\.)(rope_freqs|rope_factors_long|rope_factors_short|attn_rot_embd)\.weight$")


def convert(path: Path, folder: Path) -> None:
    """Write the model of a GGUF file into a folder.

    Raises:
        ModelError: it cannot be read.
    """
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForCausalLM, GgufConfig

    from llmkick_core.models.locate import first_line

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    source = read_gguf(path)
    dtype = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}[source.dtype]
    options: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True}
    with _watched_reading() as places:
        try:
            vocabulary = read_vocabulary(source)
            tokenizer = read_tokenizer(source, vocabulary)
            config = complete_config(source, AutoConfig.from_pretrained(path.parent, **options))
            module, report = AutoModelForCausalLM.from_pretrained(
                path.parent,
                config=config,
                dtype=dtype,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # which is told below in words of its own
                quantization_config=GgufConfig(dequantize=True),
                **options,
            )
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
            AssertionError,
        ) as error:
            raise ModelError(f"{path} cannot be read ({source.architecture}, {source.quantization}): {first_line(error)}") from error
        _check_all_read(source, places, report)
    if hasattr(module.config, "quantization_config"):
        del module.config.quantization_config
    module.hf_quantizer, module.is_quantized, module.quantization_method = None, False, None
    if "vicuna" in f"{source.metadata.get('general.name', '')} {path.stem}".lower() and not tokenizer.chat_template:
        from llmkick_core.models.chat import VICUNA

        tokenizer.chat_template = VICUNA
    _set_ends(module, end_ids(source, vocabulary))
    module.save_pretrained(folder, max_shard_size=_SHARD)
    if (config := windowed_config(source, module.config)) is not module.config:
        config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _set_ends(module: Any, ends: list[int]) -> None:
    """Have the model end its answers at any of these tokens."""
    if ends and ends != [module.config.eos_token_id] and module.generation_config is not None:
        module.generation_config.eos_token_id = ends


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
        found |= {
            f"{name}.weight": place for name, place in found.items() if name.endswith(".layer_output_scale")
        }  # Gemma 4's, a bare parameter
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


def _check_all_read(source: GgufFile, places: dict[str, str], report: dict[str, Any]) -> None:
    """Check that every tensor of the file has a place in the model, and every parameter a tensor.

    Raises:
        ModelError: one has none: the model would answer otherwise than it should.
    """
    if missing := sorted(report["missing_keys"]):
        raise ModelError(
            f"{source.path} lacks {len(missing)} tensors of a {source.architecture} model, such as {missing[0]}; use another file of it."
        )
    if mismatched := sorted(report["mismatched_keys"]):
        name, stored, wanted = mismatched[0]
        raise ModelError(
            f"{source.path} has {len(mismatched)} tensors of other sizes than its keys say, such as {name} ({list(stored)}, not {list(wanted)}); use another "
            "file of it."
        )
    known = {*places, "output.weight", *(f"{name}.weight" for name in places if name.endswith("_exps"))}  # GPT-2's head goes its own way
    idle = [name for name in source.tensors if name not in known and not _COMPLETED.search(name)]
    if not places:  # a newer reader of transformers, which tells what it left over
        idle = sorted(name for name in report["unexpected_keys"] if not _COMPLETED.search(name))
    if idle:
        raise ModelError(
            f"{source.path} has {len(idle)} tensors that transformers does not read from a {source.architecture} GGUF, such as {idle[0]}, so it would answer "
            "otherwise than it should; use the model's folder of safetensors."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert one file, and return the exit code: see `convert_as_child`."""
    return convert_as_child(convert, arguments)


if __name__ == "__main__":
    sys.exit(main())

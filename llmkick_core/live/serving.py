"""One `transformers serve` of one model on a free port of this machine: a process of its own.

    python -m llmkick_core.live.serving --folder data/bundled/kick-tiny --device cpu --dtype float32

It loads the model first, then prints its port and a key on stdout, and answers /v1/completions and /v1/chat/completions as the model "." to who sends the key:
neither a web page nor anybody else on this machine can ask it. It ends when its stdin does.
Conversations go through the chat template as in a run: told the same day, within the same limits. Nothing of the model's generation_config but its special tokens is kept: a repetition penalty there would make greedy answers other than the run's.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmkick_core.errors import LlmkickError
from llmkick_core.live.host_guard import HostGuard
from llmkick_core.models.child import end_with_parent, keep_stdout

MODEL = "."
"""What the served model is called: the folder the server runs in, so that no sign in its path is read as a revision or a file."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m llmkick_core.live.serving", description="Serve one model until stdin ends.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--dtype", required=True)
    parser.add_argument("--template-date", default="")
    options = parser.parse_args(arguments)
    told = keep_stdout()
    watching = end_with_parent()
    from llmkick_core.models.loading import loading

    key = secrets.token_urlsafe(32)
    folder = options.folder.resolve()
    os.chdir(folder)
    try:
        with loading(folder, "model"), loaded_as_in_runs(folder):
            server = _serve(options.device, options.dtype, options.template_date, key)
    except LlmkickError as error:
        sys.exit(str(error))
    os.write(told, f"{server.servers[0].sockets[0].getsockname()[1]} {key}\n".encode())
    watching.join()


def _serve(device: str, dtype: str, template_date: str, key: str) -> Any:
    """Return the server (uvicorn's) once it answers who sends the key."""
    from transformers import GenerationConfig
    from transformers.cli.serve import Serve

    class Guarded(Serve):  # type: ignore[misc]
        def start_server(self) -> None:
            self.server.config.app = HostGuard(self.server.config.app, key=key)
            super().start_server()

    serve = Guarded(force_model=MODEL, device=device, dtype=dtype, host="127.0.0.1", port=0, log_level="error", non_blocking=True)
    check(serve)
    if not isinstance(serve.server.config.app, HostGuard):
        sys.exit("`transformers serve` was started without its guard; install transformers 5.23")
    for loaded in serve._model_manager.loaded_models.values():
        theirs = loaded.model.generation_config
        tokens = {name: getattr(theirs, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
        pin_template(getattr(loaded.processor, "tokenizer", loaded.processor), loaded.processor, template_date)
        loaded.model.generation_config = GenerationConfig(**tokens, do_sample=True, top_k=0)  # temperature 0 turns sampling off
    while not serve.server.started:
        if not serve._thread.is_alive():
            sys.exit("the server ended before it answered")
        time.sleep(0.02)
    return serve.server


@contextmanager
def loaded_as_in_runs(folder: Path) -> Iterator[None]:
    """Have transformers read a model's safetensors and no pickle beside or instead of them, and dequantize what is dequantized in runs, for the block.

    Raises:
        ModelError: its weights are quantized in a way that is not dequantized here.
    """
    from transformers import PreTrainedModel

    from llmkick_core.models.dequantizing import exact_blocks, quantization_config
    from llmkick_core.models.source_format import check_source, quantization

    check_source(folder)
    found = quantization(folder)
    more = {"use_safetensors": True} | ({} if found is None else {"quantization_config": quantization_config(found)})
    before = PreTrainedModel.__dict__["from_pretrained"]

    def from_pretrained(cls: Any, *arguments: Any, **options: Any) -> Any:
        return before.__func__(cls, *arguments, **(options | more))

    PreTrainedModel.from_pretrained = classmethod(from_pretrained)
    try:
        with exact_blocks(found):
            yield
    finally:
        PreTrainedModel.from_pretrained = before


def pin_template(tokenizer: Any, processor: Any, date: str) -> None:
    """Have conversations put by a served model's processor as runs put them (models/encoding.py)."""
    from llmkick_core.models.base import Message
    from llmkick_core.models.encoding import PromptEncoder

    tokenizer.name_or_path = str(Path.cwd())
    encoder = PromptEncoder(tokenizer)

    def apply_chat_template(messages: list[dict[str, Any]], **options: Any) -> Any:
        talk = [Message(role=one["role"], content=_text(one["content"])) for one in messages]
        encoder.pin_template(date=date, is_brief=options.get("enable_thinking") is False)
        return tokenizer(encoder.conversation(talk), add_special_tokens=False, return_tensors=options.get("return_tensors"))

    processor.apply_chat_template = apply_chat_template


def _text(content: Any) -> str:
    """Return the text of a message, which some models get in parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def check(serve: Any) -> None:
    """End the process in one line where transformers has renamed what is used here of its own, which it promises nobody."""
    from transformers import __version__

    manager = getattr(serve, "_model_manager", None)
    kept = {"_model_manager.loaded_models": hasattr(manager, "loaded_models")} | {
        name: hasattr(serve, name) for name in ("server", "_thread")
    }
    gone = [name for name, is_there in kept.items() if not is_there]
    if gone:
        sys.exit(f"`transformers serve` of version {__version__} has no {', '.join(gone)}, which Live needs; install version 5.23")


if __name__ == "__main__":
    main()

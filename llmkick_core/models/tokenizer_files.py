"""Whether the tokenizer of a folder can be read, from its files alone, before anything is loaded. No torch.

tokenizer.json     read as it is by the tokenizers library
tokenizer.model    a sentencepiece model (Llama 2, Vicuna, Mistral); Llama 3's original file of that name is a tiktoken file, which is another thing
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from llmkick_core.errors import ModelError

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
"""Files one of which a tokenizer has."""

_SENTENCEPIECE = ("tokenizer.model", "spiece.model")
_POINTER = b"version https://git-lfs.github.com/spec/"
_TIKTOKEN = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\r?\n")
_HEAD = 256


def check_tokenizer(folder: Path) -> None:
    """Check that a folder has a tokenizer that can be read.

    Raises:
        ModelError: it has none, or its file is a git-lfs pointer, a tiktoken file, or damaged.
    """
    present = [folder / name for name in TOKENIZER_FILES if (folder / name).is_file()]
    if not present:
        raise ModelError(
            f"model folder {folder} has no tokenizer ({' or '.join(TOKENIZER_FILES[:3])}); copy the model's tokenizer files there."
        )
    for path in present:
        if _head(path).startswith(_POINTER):
            raise ModelError(f"{path} is a git-lfs pointer, not the file itself; run `git lfs pull` in the folder, or download the file.")
    if present[0].name in _SENTENCEPIECE:
        told = present[0].stat()
        _check_sentencepiece(present[0], told.st_size, told.st_mtime_ns)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error


@lru_cache(maxsize=32)
def _check_sentencepiece(path: Path, size: int, _mtime_ns: int) -> None:
    head = _head(path)
    if _TIKTOKEN.match(head):
        raise ModelError(
            f"{path} is a tiktoken file (as Llama 3's original one), not a sentencepiece model; copy the model's tokenizer.json there as well."
        )
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise ModelError(f"{path} needs the package sentencepiece; install it with `pip install -r requirements.txt`.") from error
    try:
        n_pieces = SentencePieceProcessor(model_proto=path.read_bytes()).get_piece_size()
    except (RuntimeError, OSError, ValueError) as error:
        said = "it is empty" if not size else f"{size:,} bytes that begin with {head[:8]!r}"
        raise ModelError(f"{path} is not a whole sentencepiece model ({said}); copy or download the file again.") from error
    if not n_pieces:
        raise ModelError(f"{path} is a sentencepiece model without pieces; copy or download the file again.")

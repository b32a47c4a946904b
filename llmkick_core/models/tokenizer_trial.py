"""Try a tokenizer in a process that can be ended, because its file is somebody else's and the libraries that read it are not proof against it.

    python -P tokenizer_trial.py /models/x/tokenizer.json   ->  {"n_tokens": 49152}   or   {"error": "expected value at line 1 column 1"}

A normalizer can double a text forty times, a pattern can look for its match until tomorrow, and a panic of a library in Rust or an error of one in C++ can
end the process that meets it. So a file is read here first and given texts as prompts have them, within limits of time and memory; `tokenizer_files.py`
starts the process. Nothing but the two libraries is imported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

SECONDS = 10
"""Of computing, in which it has to be done; the largest tokenizers take two."""

MOST_MEMORY = 2 * 2**30
"""Bytes that the process may have; the largest tokenizers take half a gigabyte."""

MOST_TOKENS = 16
"""Tokens a character at most; a character of four bytes may be four, and a text may get a few more in front."""

TEXTS = (
    "a",
    "The capital of Mongolia is Ulaanbaatar. 12,345.67 + 89 = ?\n\n\tQ: What's naïve about 東京, Москва, القاهرة or 🙂?\r\nA:",
    " " * 500,
    "a" * 500,
    "1" * 500,
    "aB1 -_.'\"" * 60,
    "\n" * 100,
    "".join(map(chr, range(32, 127))) * 4,
)
"""What it is tried on: a prompt, and runs of one character, over which patterns stumble."""


def _fast(path: str) -> tuple[int, Callable[[str], list[int]], Callable[[list[int]], str]]:
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(path)
    found.no_truncation()
    found.no_padding()
    return found.get_vocab_size(), lambda text: list(found.encode(text).ids), found.decode


def _sentencepiece(path: str) -> tuple[int, Callable[[str], list[int]], Callable[[list[int]], str]]:
    from sentencepiece import SentencePieceProcessor

    with open(path, "rb") as stream:
        found = SentencePieceProcessor(model_proto=stream.read())
    return found.get_piece_size(), found.encode, found.decode


def tried(path: str) -> dict[str, Any]:
    """Return {"n_tokens": ..} of a tokenizer, or {"error": .., "is_whole": ..}: what is wrong with it, and whether it could be read at all."""
    is_whole = False
    try:
        n_tokens, encode, decode = _fast(path) if path.endswith(".json") else _sentencepiece(path)
        is_whole = bool(n_tokens)
        if not is_whole:
            return {"error": "it has no tokens", "is_whole": False}
        for text in TEXTS:
            ids = encode(text)
            if len(ids) > MOST_TOKENS * len(text) + 100:
                return {"error": f"it makes {len(ids):,} tokens of {len(text):,} characters", "is_whole": True}
            decode(ids[:1000])
    except MemoryError:
        return {"error": f"it takes more than {MOST_MEMORY // 2**30} GiB of memory", "is_whole": is_whole}
    except BaseException as error:  # noqa: BLE001  (a panic is no Exception)
        return {"error": " ".join(str(error).split())[:200] or type(error).__name__, "is_whole": is_whole}
    return {"n_tokens": n_tokens}


def main() -> None:
    """Try the file that the command names, and print what came of it in one line."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    told = os.dup(1)
    os.dup2(2, 1)  # what the libraries print is not the answer
    os.write(told, json.dumps(tried(sys.argv[1])).encode() + b"\n")


if __name__ == "__main__":
    main()

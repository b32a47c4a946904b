"""How many tokens a text has for a model, before anything of it is loaded: from tokenizer.json, or from a sentencepiece model. No torch.

read_tokenizer(Path("SmolLM2")).encode(["Mongolia is a country."]) == [[29128, 12886, 314, 253, 2793, 30]]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmkick_core.errors import ModelError, is_panic
from llmkick_core.models.headers import read_header
from llmkick_core.models.json_files import read_json
from llmkick_core.models.template import read_template
from llmkick_core.models.weight_files import weight_files

SENTENCEPIECE = ("tokenizer.model", "spiece.model")
"""Names of sentencepiece models."""

_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight", "tok_embeddings.weight")


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """A tokenizer of a folder."""

    encode: Callable[[list[str]], list[list[int]]]
    """Returns the tokens of each of some texts, as the model is asked: a begin token where the tokenizer puts one."""
    end_id: int | None
    """Its end token; None where it has none."""
    n_tokens: int
    """Tokens that it knows."""
    special: Mapping[int, str] = field(default_factory=dict)
    """Its special tokens: number -> text."""


def read_tokenizer(folder: Path) -> Tokenizer | None:
    """Return the tokenizer of a model's folder; None where its files are of a kind that transformers alone reads.

    Raises:
        ModelError: its files are damaged.
    """
    name = next((name for name in ("tokenizer.json", *SENTENCEPIECE) if (folder / name).is_file()), None)
    if name is None:
        return None
    files = [folder / one for one in (name, *_SETTINGS) if (folder / one).is_file()]
    return _read(folder, name, tuple((file, file.stat().st_size, file.stat().st_mtime_ns) for file in files))


def check_tokenizer(folder: Path) -> None:
    """Check that a folder's tokenizer can be read, and knows no more tokens than the model embeds.

    Raises:
        ModelError: it cannot, or it does.
    """
    found = read_tokenizer(folder)
    n_embedded = n_embeddings(folder)
    if found is not None and n_embedded:
        check_embedded(folder, found.n_tokens, found.special, n_embedded)


def check_embedded(folder: Path, n_tokens: int, special: Mapping[int, str], n_embedded: int) -> frozenset[int]:
    """Return the special tokens that a model does not embed, such as those of images or of padding in a model of text.

    Args:
        folder: of the model.
        n_tokens: tokens that its tokenizer knows.
        special: its special tokens, number -> text.
        n_embedded: tokens that the model embeds.

    Raises:
        ModelError: other tokens are not embedded either, or prompts need one that is not.
    """
    beyond = {number: text for number, text in special.items() if number >= n_embedded}
    if n_tokens - len(beyond) > n_embedded:
        raise ModelError(
            f"the tokenizer in {folder} has {n_tokens} tokens, the model embeds only {n_embedded}; they do not belong together."
        )
    if beyond:
        settings, template = _settings(folder), read_template(folder)
        needed = [
            text
            for text in beyond.values()
            if text in (settings["bos_token"], settings["eos_token"]) or (template is not None and text in template.text)
        ]
        if needed:
            raise ModelError(
                f"the tokenizer in {folder} puts {needed[0]!r} into prompts, which the model does not embed ({n_embedded} tokens); "
                "they do not belong together."
            )
    return frozenset(beyond)


def n_embeddings(folder: Path) -> int:
    """Return how many tokens a model embeds, from the headers of its weights; 0 where no tensor is known to be that.

    Raises:
        ModelError: a file of weights is not whole.
    """
    return _n_embeddings(tuple((file, file.stat().st_mtime_ns) for file in weight_files(folder)))


@lru_cache(maxsize=16)
def _n_embeddings(files: tuple[tuple[Path, int], ...]) -> int:
    for file, _ in files:
        for name, entry in read_header(file).items():
            if name.endswith(_EMBEDDINGS) and len(entry["shape"]) == 2:  # (tokens, hidden)
                return int(entry["shape"][0])
    return 0


@lru_cache(maxsize=8)
def _read(folder: Path, name: str, files: tuple[tuple[Path, int, int], ...]) -> Tokenizer:
    settings = _settings(folder)
    try:
        return _fast(folder / name, settings) if name == "tokenizer.json" else _sentencepiece(folder / name, settings)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"the tokenizer in {folder} cannot be loaded: {name}: {' '.join(str(error).split())[:200]}") from error
    except BaseException as error:
        if type(error) is not Exception and not is_panic(error):  # what the tokenizers library raises
            raise
        raise ModelError(f"the tokenizer in {folder} cannot be loaded: {name}: {' '.join(str(error).split())[:200]}") from error


def _fast(file: Path, settings: dict[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer as Fast

    found = Fast.from_file(str(file))
    found.no_truncation()
    found.no_padding()
    has_begin = settings.get("add_bos_token") is not False

    def encode(texts: list[str]) -> list[list[int]]:
        return [one.ids for one in found.encode_batch(texts, add_special_tokens=has_begin)]

    end = settings.get("eos_token")
    return Tokenizer(
        encode=encode,
        end_id=found.token_to_id(end) if end else None,
        n_tokens=found.get_vocab_size(with_added_tokens=True),
        special={number: token.content for number, token in found.get_added_tokens_decoder().items() if token.special},
    )


def _sentencepiece(file: Path, settings: dict[str, Any]) -> Tokenizer:
    from sentencepiece import SentencePieceProcessor

    found = SentencePieceProcessor(model_file=str(file))
    begin = [found.bos_id()] if found.bos_id() >= 0 and settings.get("add_bos_token", False) else []

    def encode(texts: list[str]) -> list[list[int]]:
        return [begin + list(ids) for ids in found.encode(texts)]

    return Tokenizer(encode=encode, end_id=found.eos_id() if found.eos_id() >= 0 else None, n_tokens=found.get_piece_size())


def _settings(folder: Path) -> dict[str, Any]:
    """Return what a folder's files say of its tokenizer; a token is told as text, whether it stands as one or as an object."""
    told: dict[str, Any] = {}
    for name in reversed(_SETTINGS):
        try:
            raw = read_json(folder / name)
        except (OSError, ValueError):  # transformers says what is wrong with it
            continue
        told |= raw if isinstance(raw, dict) else {}
    for name in ("bos_token", "eos_token"):
        token = told.get(name)
        text = token.get("content") if isinstance(token, dict) else token
        told[name] = text if isinstance(text, str) else None
    return told

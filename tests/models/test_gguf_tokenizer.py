"""Tokenizers of GGUF files: spaces around special tokens as sentencepiece and llama.cpp put them, and the tokens that end an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmkick_core.models.gguf_convert import convert, read_tokenizer
from llmkick_core.models.gguf_header import read_gguf
from llmkick_core.models.gguf_tokenizer import end_ids, read_vocabulary
from tests.models.gguf_models import random_model, write_model
from tests.models.tiny_gguf import random_llama, sentencepiece_vocabulary, train_sentencepiece, write_gguf

TEXTS = ["[INST] Hi [/INST]", "Paris", "  two spaces", " one", "a\n\nb  c", "1234 naïve"]
CONTROL, USER_DEFINED, NORMAL = 3, 4, 1


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """Return sentencepiece models that put a space before a text, and that do not."""
    folder = tmp_path_factory.mktemp("spm")
    for is_prefixed in (True, False):
        train_sentencepiece(folder / f"{is_prefixed}.model", add_dummy_prefix=is_prefixed)
    return {is_prefixed: folder / f"{is_prefixed}.model" for is_prefixed in (True, False)}


@pytest.mark.parametrize(("is_prefixed", "is_stated"), [(True, True), (True, False), (False, True)])  # llama.cpp puts a space unless told
def test_text_between_special_tokens_is_read_as_sentencepiece_reads_it(
    references: dict[bool, Path], tmp_path: Path, is_prefixed: bool, is_stated: bool
):
    from sentencepiece import SentencePieceProcessor
    from transformers import AutoTokenizer

    reference = SentencePieceProcessor(model_proto=references[is_prefixed].read_bytes())
    vocabulary = sentencepiece_vocabulary(references[is_prefixed])
    keys = {"tokenizer.ggml.add_space_prefix": is_prefixed} if is_stated else {}
    path = write_gguf(tmp_path / "x.gguf", random_llama(len(vocabulary["tokens"])), vocabulary, keys=keys)
    convert(path, tmp_path / "out")
    for tokenizer in (read_tokenizer(read_gguf(path)), AutoTokenizer.from_pretrained(tmp_path / "out")):
        for text in TEXTS:
            pieces = reference.encode(text)
            assert tokenizer(text)["input_ids"] == [1, *pieces], text
            assert tokenizer(f"<s>{text}", add_special_tokens=False)["input_ids"] == [1, *pieces], text
            turns = tokenizer(f"<s>{text}</s><s>{text}", add_special_tokens=False)["input_ids"]
            assert turns == [1, *pieces, 2, 1, *pieces], text
            assert tokenizer.decode(pieces) == text


def named(references: dict[bool, Path], tokens: dict[str, int]) -> dict[str, Any]:
    """Return a vocabulary whose last tokens have these texts and types."""
    vocabulary = sentencepiece_vocabulary(references[True])
    n = len(vocabulary["tokens"]) - len(tokens)
    return vocabulary | {"tokens": vocabulary["tokens"][:n] + list(tokens), "types": vocabulary["types"][:n] + list(tokens.values())}


def ends(vocabulary: dict[str, Any], path: Path, keys: dict[str, Any] | None = None) -> set[str]:
    """Return the texts of the tokens that end an answer."""
    source = read_gguf(write_gguf(path, random_llama(len(vocabulary["tokens"])), vocabulary, keys=keys))
    return {vocabulary["tokens"][number] for number in end_ids(source, read_vocabulary(source))}


def test_an_answer_ends_at_the_tokens_that_end_a_turn(references: dict[bool, Path], tmp_path: Path):
    from transformers import GenerationConfig

    from llmkick_core.models.hugging_face import load

    vocabulary = named(references, {"<|eot_id|>": CONTROL, "<|eom_id|>": CONTROL, "<|start_header_id|>": CONTROL})
    n = len(vocabulary["tokens"])
    convert(write_gguf(tmp_path / "x.gguf", random_llama(n), vocabulary), tmp_path / "out")
    wanted = [2, n - 3, n - 2]
    assert GenerationConfig.from_pretrained(tmp_path / "out").eos_token_id == wanted
    assert load(tmp_path / "out")._decoder.end_ids == set(wanted)


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        ({"<end_of_turn>": USER_DEFINED}, {"</s>", "<end_of_turn>"}),
        ({"<|im_end|>": NORMAL}, {"</s>", "<|im_end|>"}),  # no text reads so
        ({"<EOT>": NORMAL, "[EOS]": NORMAL}, {"</s>"}),  # these may be text
        ({"<EOT>": CONTROL, "<|file_sep|>": CONTROL, "<|im_start|>": CONTROL}, {"</s>", "<EOT>"}),
        ({"<|end|>": CONTROL}, {"</s>", "<|end|>"}),
        ({"<|end|>": CONTROL, "<|return|>": CONTROL, "<|call|>": CONTROL}, {"</s>", "<|return|>", "<|call|>"}),
    ],
)
def test_which_tokens_end_an_answer(references: dict[bool, Path], tmp_path: Path, tokens: dict[str, int], wanted: set[str]):
    assert ends(named(references, tokens), tmp_path / "x.gguf") == wanted


def test_the_end_tokens_that_a_file_states_count(references: dict[bool, Path], tmp_path: Path):
    keys = {"tokenizer.ggml.eot_token_id": 300, "tokenizer.ggml.eom_token_id": 301}
    vocabulary = named(references, {})
    assert ends(vocabulary, tmp_path / "x.gguf", keys) == {"</s>", vocabulary["tokens"][300], vocabulary["tokens"][301]}


def test_a_strikethrough_tag_ends_no_answer_of_gemma(references: dict[bool, Path], tmp_path: Path):
    vocabulary = sentencepiece_vocabulary(references[False])
    tokens = ["<pad>", "<eos>", "</s>", *vocabulary["tokens"][3:-1], "<end_of_turn>"]
    types = [CONTROL, CONTROL, USER_DEFINED, *vocabulary["types"][3:-1], CONTROL]
    vocabulary |= {"tokens": tokens, "types": types, "eos": 1, "bos": 0}
    source = read_gguf(write_model(tmp_path / "x.gguf", random_model("gemma2", len(tokens)), vocabulary, "gemma2"))
    assert end_ids(source, read_vocabulary(source)) == [1, len(tokens) - 1]


def test_special_tokens_of_phi_3_take_the_white_space_after_them(references: dict[bool, Path], tmp_path: Path):
    vocabulary = named(references, {"<|user|>": CONTROL, "<|end|>": CONTROL})
    n = len(vocabulary["tokens"])
    path = write_model(tmp_path / "x.gguf", random_model("phi3", n), vocabulary, "phi3")
    tokenizer = read_tokenizer(read_gguf(path))
    plain = tokenizer("Paris", add_special_tokens=False)["input_ids"]
    assert tokenizer("<|user|>\nParis<|end|>\n", add_special_tokens=False)["input_ids"] == [n - 2, *plain, n - 1]

"""Tokenizers that are sentencepiece models, as Vicuna's are, and files that only look like them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from llmkick_core.errors import ModelError
from llmkick_core.models import open_model
from llmkick_core.models.base import Message
from llmkick_core.models.chat import VICUNA
from llmkick_core.models.locate import locate
from tests.models.tiny_gguf import TEXT, random_llama, train_sentencepiece

CONFIG = {
    "add_bos_token": True,
    "add_eos_token": False,
    "bos_token": {"__type": "AddedToken", "content": "<s>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
    "eos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
    "unk_token": {"__type": "AddedToken", "content": "<unk>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
    "model_max_length": 2048,
    "pad_token": None,
    "tokenizer_class": "LlamaTokenizer",
    "clean_up_tokenization_spaces": False,
}


@pytest.fixture(scope="module")
def vicuna(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder shaped like lmsys/vicuna-7b-v1.3: tokenizer.model only, no chat template."""
    from sentencepiece import SentencePieceProcessor

    folder = tmp_path_factory.mktemp("models") / "vicuna-tiny"
    folder.mkdir()
    train_sentencepiece(folder / "tokenizer.model")
    n_tokens = SentencePieceProcessor(model_proto=(folder / "tokenizer.model").read_bytes()).get_piece_size()
    random_llama(n_tokens).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps(CONFIG))
    return folder


def test_a_vicuna_folder_with_a_sentencepiece_model_alone_loads_and_answers(vicuna: Path):
    from sentencepiece import SentencePieceProcessor

    model = open_model(str(vicuna))
    reference = SentencePieceProcessor(model_proto=(vicuna / "tokenizer.model").read_bytes())
    for text in [*TEXT, "1234 naïve", "Q: two\nlines\n\nA:"]:
        assert model.tokenizer(text)["input_ids"] == [1, *reference.encode(text)], text
    assert model.tokenizer.chat_template == VICUNA
    assert model.facts["chat_template"] == "Vicuna v1.1"
    said = model.generate(["The capital of Mongolia is", (Message(role="user", content="Who are you?"),)], max_new_tokens=4)
    assert all(one.n_tokens for one in said)


@pytest.fixture
def copied(vicuna: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(vicuna, tmp_path / "model"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 499723\n", "git-lfs pointer.*git lfs pull"),
        (b"IQ== 0\nIg== 1\nIw== 2\n", "tiktoken file.*tokenizer.json"),
        (b"<html><body>Not found</body></html>", "not a whole sentencepiece model"),
        (b"", "not a whole sentencepiece model|without pieces"),
        (bytes(4096), "not a whole sentencepiece model|without pieces"),
    ],
)
@pytest.mark.parametrize("name", ["tokenizer.model", "spiece.model"])
def test_another_file_of_that_name_is_one_line_before_anything_starts(copied: Path, content: bytes, message: str, name: str):
    (copied / "tokenizer.model").unlink()
    (copied / name).write_bytes(content)
    with pytest.raises(ModelError, match=message) as caught:
        locate(str(copied))
    assert "\n" not in str(caught.value)


def test_half_a_sentencepiece_model_is_no_model(copied: Path):
    data = (copied / "tokenizer.model").read_bytes()
    (copied / "tokenizer.model").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match="not a whole sentencepiece model"):
        locate(str(copied))


def test_a_pointer_in_place_of_tokenizer_json_is_one_line(copied: Path):
    (copied / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelError, match=r"tokenizer\.json is a git-lfs pointer"):
        locate(str(copied))


def test_a_tiktoken_file_beside_tokenizer_json_does_no_harm(tiny_llama_folder: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path / "model"))
    (folder / "tokenizer.model").write_bytes(b"IQ== 0\nIg== 1\n")
    assert locate(str(folder)).path == folder

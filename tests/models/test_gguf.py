"""GGUF files: what is read from their header alone, what is refused, and that what comes out of one is the model that went in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmkick_core.errors import ModelError, PreflightError, RunCancelled
from llmkick_core.models import dequantized
from llmkick_core.models.chat import VICUNA
from llmkick_core.models.dequantized import SOURCE, dequantize, folder_of, read_source_format, revision_of
from llmkick_core.models.described import described
from llmkick_core.models.gguf_convert import convert, read_tokenizer
from llmkick_core.models.gguf_header import read_gguf
from llmkick_core.models.identity import gguf_identity
from llmkick_core.models.locate import Location, at_revision, fetch, find_gguf, locate
from llmkick_core.models.packages import find_package
from tests.models.tiny_gguf import TEXT, random_llama, sentencepiece_vocabulary, train_sentencepiece, write_gguf

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("spm") / "tokenizer.model"
    train_sentencepiece(path)
    return sentencepiece_vocabulary(path) | {"path": path}


@pytest.fixture(scope="module")
def model(vocabulary: dict[str, Any]) -> Any:
    return random_llama(len(vocabulary["tokens"]))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, model: Any, vocabulary: dict[str, Any]) -> Path:
    """Return a GGUF file in float32."""
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.F32.gguf", model, vocabulary)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, model: Any, vocabulary: dict[str, Any]) -> Path:
    """Return a GGUF file in Q8_0."""
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.Q8_0.gguf", model, vocabulary, quantization="Q8_0")


def test_the_header_tells_sizes_and_quantization(packed: Path, model: Any):
    found = read_gguf(packed)
    assert (found.quantization, found.dtype, found.source_format) == ("Q8_0", "BF16", "Q8_0, dequantized to bfloat16")
    assert found.sizes.n_parameters == sum(weight.numel() for weight in model.parameters())
    assert (found.shape.n_layers, found.shape.hidden_size, found.shape.intermediate_size, found.shape.kv_width) == (2, 64, 128, 32)
    assert (found.shape.context_length, found.shape.vocab_size) == (128, model.config.vocab_size)


def test_what_is_not_quantized_keeps_its_numbers_and_is_called_so(plain: Path):
    assert (read_gguf(plain).dtype, read_gguf(plain).source_format) == ("F32", "GGUF F32")


def test_planning_loads_no_torch(packed: Path):
    words = f"import sys; from llmkick_core.models.locate import locate; locate({str(packed)!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_float32_file_becomes_the_very_model_and_tokenizer(plain: Path, model: Any, vocabulary: dict[str, Any], tmp_path: Path):
    import torch
    from sentencepiece import SentencePieceProcessor
    from transformers import AutoModelForCausalLM, AutoTokenizer

    convert(plain, tmp_path / "out")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    ids = torch.tensor([[1, 20, 300, 44, 5]])
    assert torch.allclose(loaded(ids).logits, model(ids).logits, atol=1e-5)
    assert loaded.config.tie_word_embeddings
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    reference = SentencePieceProcessor(model_proto=vocabulary["path"].read_bytes())
    for text in [*TEXT, "1234 naïve Ünïcödé", "Q: two\nlines\n\nA:", "a  b   c"]:
        assert tokenizer(text)["input_ids"] == [1, *reference.encode(text)], text
        assert tokenizer.decode(reference.encode(text)) == text
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.eos_token_id) == ("<s>", "</s>", 2)


def test_no_begin_token_where_the_file_says_so(model: Any, vocabulary: dict[str, Any], tmp_path: Path):
    path = write_gguf(tmp_path / "x.gguf", model, vocabulary, keys={"tokenizer.ggml.add_bos_token": False})
    assert 1 not in read_tokenizer(read_gguf(path))("The capital")["input_ids"]


def byte_level(split: str, model: Any, folder: Path, **more: Any) -> Path:
    """Return a GGUF file whose vocabulary is GPT-2's kind: bytes, and a few merges, among them of digits."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    merges = ["1 9", "Ġ t", "h e", "Ġt he", "he llo"]
    tokens = ["<|end|>", "<|begin|>", *bytes_to_unicode().values(), *(merge.replace(" ", "") for merge in merges), "hello"]
    tokens += [f"<unused{i}>" for i in range(model.config.vocab_size - len(tokens))]
    types = [3, 3] + [1] * (len(tokens) - 2)
    told = {"model": "gpt2", "tokens": tokens, "merges": merges[:4], "types": types, "bos": 1, "eos": 0}
    return write_gguf(folder / f"{split or 'none'}.gguf", model, told, keys={"tokenizer.ggml.pre": split} | more)


def test_each_vocabulary_splits_text_in_its_own_way(model: Any, tmp_path: Path):
    def tokens(split: str) -> list[str]:
        tokenizer = read_tokenizer(read_gguf(byte_level(split, model, tmp_path)))
        return tokenizer.convert_ids_to_tokens(tokenizer("the 19")["input_ids"])

    assert tokens("gpt-2")[-1] == "19"
    assert tokens("smollm")[-2:] == ["1", "9"]  # every digit by itself
    assert tokens("gpt-2")[0] != "<|begin|>"
    assert tokens("llama-bpe")[0] == "<|begin|>"  # llama.cpp begins Llama 3's texts so, and its files do not say it


def test_a_vocabulary_of_an_unknown_kind_is_refused(model: Any, tmp_path: Path):
    with pytest.raises(ModelError, match=r"'klingon'.*how it splits text is not known"):
        read_tokenizer(read_gguf(byte_level("klingon", model, tmp_path)))


def test_llama_3_keeps_its_scaled_rotary_embeddings(vocabulary: dict[str, Any], tmp_path: Path):
    import torch
    from transformers import AutoConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaling = {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    model = random_llama(len(vocabulary["tokens"]), rope_parameters=scaling, num_attention_heads=1, num_key_value_heads=1)
    plain = 1.0 / 500000.0 ** (torch.arange(0, 64, 2) / 64)
    factors = plain / ROPE_INIT_FUNCTIONS["llama3"](model.config, "cpu")[0]
    convert(write_gguf(tmp_path / "l.gguf", model, vocabulary, tensors={"rope_freqs.weight": factors.numpy()}), tmp_path / "out")
    got = AutoConfig.from_pretrained(tmp_path / "out").rope_parameters
    assert {name: got[name] for name in scaling} == pytest.approx(scaling)

    other = write_gguf(tmp_path / "o.gguf", model, vocabulary, tensors={"rope_freqs.weight": factors.numpy()[::-1].copy()})
    with pytest.raises(ModelError, match="rope_freqs"):
        convert(other, tmp_path / "other")


def test_a_linear_scale_of_positions_is_kept(model: Any, vocabulary: dict[str, Any], tmp_path: Path):
    from transformers import AutoConfig

    keys = {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0}
    convert(write_gguf(tmp_path / "x.gguf", model, vocabulary, keys=keys), tmp_path / "out")
    got = AutoConfig.from_pretrained(tmp_path / "out").rope_parameters
    assert (got["rope_type"], got["factor"]) == ("linear", 4.0)


def test_a_tensor_that_would_be_left_out_is_an_error(model: Any, vocabulary: dict[str, Any], tmp_path: Path):
    path = write_gguf(tmp_path / "x.gguf", model, vocabulary, tensors={"blk.0.attn_q.bias": np.ones(64)})
    with pytest.raises(ModelError, match=r"does not read.*attn_q\.bias"):
        convert(path, tmp_path / "out")
    path = write_gguf(tmp_path / "y.gguf", model, vocabulary, left_out=("blk.1.ffn_up.weight",))
    with pytest.raises(ModelError, match=r"lacks 1 tensors.*up_proj"):
        convert(path, tmp_path / "out")


def test_a_vicuna_without_a_template_gets_its_own(model: Any, vocabulary: dict[str, Any], tmp_path: Path):
    from transformers import AutoTokenizer

    convert(write_gguf(tmp_path / "vicuna-7b.gguf", model, vocabulary), tmp_path / "out")
    assert AutoTokenizer.from_pretrained(tmp_path / "out").chat_template == VICUNA


def test_a_folder_is_made_once_and_tells_what_it_is(packed: Path, monkeypatch: pytest.MonkeyPatch):
    from llmkick_core.models import open_model

    before = locate(str(packed))
    assert before.path is None
    assert described(str(packed)).n_new_bytes > 0
    said: list[str] = []
    folder = fetch(before, report=said.append)
    assert said == ["dequantizing Q8_0"]
    assert read_source_format(folder) == "Q8_0, dequantized to bfloat16"
    told = json.loads((folder / SOURCE).read_text())
    assert (told["file"], len(told["sha256"])) == (packed.name, 64)
    assert locate(str(packed)) == Location(model=str(packed), revision=revision_of(told["sha256"]), path=folder, source=packed)
    assert described(str(packed)).n_new_bytes == 0
    monkeypatch.setattr(dequantized, "_convert", lambda *_: pytest.fail("it was made again"))
    assert dequantize(packed) == folder
    assert not list(folder.parent.glob(f".{folder.name}.partial*"))

    model = open_model(str(packed), revision=before.revision)
    assert model.facts["source_format"] == "Q8_0, dequantized to bfloat16"
    assert model.generate(["The capital of"], max_new_tokens=3)[0].n_tokens > 0

    (folder / "tokenizer.json").unlink()  # a damaged folder is no folder
    assert folder_of(packed) is None


def test_dequantizing_ends_when_it_is_cancelled(packed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path))
    with pytest.raises(RunCancelled):
        dequantize(packed, should_stop=lambda: True)
    assert not [path for path in (tmp_path / "models").iterdir() if path.suffix != ".lock"]


def test_too_little_memory_is_told_before_anything_is_read(packed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path))
    monkeypatch.setattr(dequantized, "free_bytes", lambda _: 10**6)
    with pytest.raises(PreflightError, match="GiB of memory"):
        dequantize(packed)


def test_a_folder_that_holds_one_file_is_that_file(plain: Path, tmp_path: Path):
    file = tmp_path / "m.gguf"
    file.write_bytes(plain.read_bytes())
    (tmp_path / "README.md").write_text("a model")
    assert find_gguf(tmp_path) == file
    assert locate(str(tmp_path)).model == str(file)
    (tmp_path / "n.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"2 GGUF files \(m.gguf, n.gguf\); name one"):
        locate(str(tmp_path))


def test_a_config_beside_it_does_not_hide_the_file(plain: Path, tmp_path: Path):
    from llmkick_core.catalog import model_card

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "m.gguf").write_bytes(plain.read_bytes())
    card = model_card(str(tmp_path))
    assert (card.model, card.title, card.source_format) == (str(tmp_path / "m.gguf"), "m.gguf", "GGUF F32")


def test_a_file_that_is_read_otherwise_is_another_revision(plain: Path, monkeypatch: pytest.MonkeyPatch):
    now = locate(str(plain)).revision
    assert now != gguf_identity(plain)[:16]  # of version 1
    monkeypatch.setattr(dequantized, "_VERSION", 3)
    assert locate(str(plain)).revision != now
    with pytest.raises(ModelError, match=r"has changed since the run was asked for"):
        at_revision(locate(str(plain)), now)


def test_smollm2_is_read_as_before_and_keeps_its_revision():
    package = find_package("package:smollm2-135m")
    assert locate(package.model).revision == package.file_sha256[:16] == "b179c9523d0e6a0f"


def test_a_file_on_the_hub_that_is_read_otherwise_is_not_taken_for_its_commit(tmp_path: Path):
    here = Location(model="hub:org/name@main:x.gguf", revision=f"{COMMIT}.2", path=tmp_path)
    moved = f"{'f' * 40}.2"
    assert at_revision(here, moved) == Location(model=here.model, revision=moved, path=None)
    with pytest.raises(ModelError, match=r"has changed since the run was asked for"):
        at_revision(here, COMMIT)


def test_the_identity_is_every_byte_of_the_file(plain: Path, tmp_path: Path):
    file = tmp_path / "m.gguf"
    data = bytearray(plain.read_bytes())
    file.write_bytes(data)
    before = locate(str(file)).revision
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert locate(str(file)).revision != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[: len(data) // 2], "ends within"),
        (lambda data: data[:200], "not a whole GGUF file"),
        (lambda data: b"", "cannot be read|not a whole GGUF file"),
        (lambda data: b"GGUF" + bytes(2000), "version 0"),
        (lambda data: b"GGUF" + (3).to_bytes(4, "little") + b"\xff" * 400, "not a whole GGUF file"),
        (lambda data: b"GGUF" + (3).to_bytes(4, "big") + data[8:], "big-endian"),
        (lambda data: b"version https://git-lfs.github.com/spec/v1\n", "git-lfs pointer"),
        (lambda data: b"PK\3\4" + data[4:], "begins with"),
    ],
)
def test_a_damaged_file_is_one_line(plain: Path, tmp_path: Path, change: Any, message: str):
    path = tmp_path / "bad.gguf"
    path.write_bytes(change(plain.read_bytes()))
    with pytest.raises(ModelError, match=message) as caught:
        locate(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("architecture", "keys", "message"),
    [
        ("t5", {}, "architecture 't5'"),
        ("clip", {}, "vision part"),
        ("rwkv6", {}, "architecture 'rwkv6'"),
        ("gpt-oss", {}, "architecture 'gpt-oss'"),  # transformers has the name and reads no such file
        ("deci", {}, "architecture 'deci'"),
        ("llama", {"general.type": "adapter"}, "adapter"),
        ("clip", {"general.type": "mmproj"}, "vision part"),
        ("llama", {"split.count": 3}, "split GGUF"),
    ],
)
def test_what_is_no_decoder_is_one_line(model: Any, vocabulary: dict[str, Any], tmp_path: Path, architecture: str, keys: Any, message: str):
    path = write_gguf(tmp_path / "x.gguf", model, vocabulary, keys=keys, architecture=architecture)
    with pytest.raises(ModelError, match=message):
        locate(str(path))


def test_one_part_of_a_split_file_is_refused_by_its_name(plain: Path, tmp_path: Path):
    path = tmp_path / "m-00001-of-00003.gguf"
    path.write_bytes(plain.read_bytes())
    with pytest.raises(ModelError, match="one of 3 parts"):
        locate(str(path))


def test_a_quantization_that_cannot_be_read_is_named(plain: Path, tmp_path: Path):
    data = plain.read_bytes()
    name = b"blk.0.ffn_up.weight"
    place = data.index(name) + len(name) + 4 + 16  # after the number of dimensions and both of them
    path = tmp_path / "x.gguf"
    path.write_bytes(data[:place] + (99).to_bytes(4, "little") + data[place + 4 :])
    with pytest.raises(ModelError, match=r"ffn_up.*unknown number 99"):
        locate(str(path))


def test_architectures_are_those_that_transformers_reads():
    from transformers.integrations.gguf.gguf_conversion_mapping import GGUF_ARCHS
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    from llmkick_core.models.gguf_header import ARCHITECTURES

    no_decoders = {"general", "tokenizer", "t5", "umt5", "qwen2_moe", "qwen3_moe", "minimax_m2"}
    theirs = ({*GGUF_SUPPORTED_ARCHITECTURES} - no_decoders) | {*GGUF_ARCHS}
    assert theirs <= ARCHITECTURES
    assert ARCHITECTURES - theirs == {"gpt-oss", "minimax-m2", "qwen2moe", "qwen3moe"}  # their names in GGUF


def test_a_file_on_the_hub_is_found_in_the_local_cache(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from huggingface_hub import constants

    repo = tmp_path / "hub" / "models--org--name"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    snapshot = repo / "snapshots" / COMMIT
    (snapshot / "sub").mkdir(parents=True)
    (snapshot / "sub" / "tiny.gguf").write_bytes(plain.read_bytes())
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    got = locate("hub:org/name:sub/tiny.gguf")
    assert (got.model, got.revision, got.source) == (
        "hub:org/name@main:sub/tiny.gguf",
        f"{COMMIT}.2",
        snapshot / "sub" / "tiny.gguf",
    )
    assert described(got.model).source_format == "GGUF F32"
    with pytest.raises(ModelError, match="not in the local cache"):
        locate("hub:org/name@main:other.gguf")
    for words in ("hub:org/name@main:../x.gguf", "hub:org/name@main:/etc/x.gguf", "hub:org/name@main:x.bin", "hub:org/name@main:"):
        with pytest.raises(ModelError, match="is not hub:org/name@revision"):
            locate(words)

"""What is not loaded: missing weights, a strange tokenizer, code, another model, a device that is not there."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmkick_core.errors import ModelError, PreflightError
from llmkick_core.models import open_model
from llmkick_core.models.hugging_face import HuggingFaceModel, choose_device, choose_dtype, load
from llmkick_core.models.loading import loading
from llmkick_core.models.locate import locate
from llmkick_core.models.token_counts import check_tokenizer


@pytest.fixture(scope="module")
def llama(tiny_llama_folder: Path) -> HuggingFaceModel:
    return load(tiny_llama_folder, device="cpu")


def test_missing_weights_are_named_not_made_up(tiny_qwen2_folder: Path, tmp_path: Path):
    folder = tmp_path / "holes"
    shutil.copytree(tiny_qwen2_folder, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lack 1 tensors, such as model\.layers\.1\.mlp\.up_proj\.weight"):
        load(folder, device="cpu")


def with_token(source: Path, folder: Path, text: str, *, is_special: bool, **told: str) -> Path:
    """Return a copy of a model's folder whose tokenizer knows one token more than the model embeds."""
    shutil.copytree(source, folder)
    raw = json.loads((folder / "tokenizer.json").read_text())
    raw["added_tokens"].append({**raw["added_tokens"][-1], "id": 400, "content": text, "special": is_special})
    (folder / "tokenizer.json").write_text(json.dumps(raw))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | told))
    return folder


def test_a_tokenizer_of_another_model_is_refused(tiny_llama_folder: Path, tmp_path: Path):
    folder = with_token(tiny_llama_folder, tmp_path / "mixed", "<more>", is_special=False)
    for look in (check_tokenizer, load):
        with pytest.raises(ModelError, match="401 tokens, the model embeds only 400"):
            look(folder)


@pytest.mark.parametrize(
    ("text", "told"), [("<image_soft_token>", {}), ("[PAD]", {"pad_token": "[PAD]"})], ids=["of images (Gemma 3 1B)", "of padding (Alpaca)"]
)
def test_a_special_token_that_no_prompt_needs_may_be_unembedded(
    text: str, told: dict[str, str], tiny_llama_folder: Path, llama: HuggingFaceModel, tmp_path: Path
):
    folder = with_token(tiny_llama_folder, tmp_path / "more", text, is_special=True, **told)
    check_tokenizer(folder)
    prompts = ["The answer is", "Which river flows through Cairo? The answer is"]  # of two lengths, so that one is padded
    found = load(folder, device="cpu")
    assert [one.text for one in found.generate(prompts, max_new_tokens=4)] == [
        one.text for one in llama.generate(prompts, max_new_tokens=4)
    ]
    with pytest.raises(ModelError, match=re.escape(f"holds {text!r}, a token that the tokenizer knows and the model does not embed")):
        found.generate([f"Look: {text}"], max_new_tokens=4)


@pytest.mark.parametrize(
    "told", [{"eos_token": "<|im_end|>"}, {"chat_template": "{{ messages[0].content }}<|im_end|>"}], ids=["end", "template"]
)
def test_a_special_token_that_prompts_need_must_be_embedded(told: dict[str, str], tiny_llama_folder: Path, tmp_path: Path):
    folder = with_token(tiny_llama_folder, tmp_path / "more", "<|im_end|>", is_special=True, **told)
    for look in (check_tokenizer, load):
        with pytest.raises(ModelError, match=r"puts '<\|im_end\|>' into prompts, which the model does not embed"):
            look(folder)


def test_code_beside_a_model_is_not_run(tiny_llama_folder: Path, tmp_path: Path):
    folder = tmp_path / "code"
    shutil.copytree(tiny_llama_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mystery", "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ModelError):
        load(folder, device="cpu")
    assert not (tmp_path / "ran").exists()


def test_a_model_that_changed_since_is_refused(tiny_llama_folder: Path):
    with pytest.raises(ModelError, match="has changed"):
        open_model(str(tiny_llama_folder), revision="0123456789abcdef", device="cpu")


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="cuda:7"):
        choose_device("cuda:7")
    with pytest.raises(ModelError, match="toaster"):
        choose_device("toaster")


def test_a_cpu_computes_in_float32():
    assert choose_dtype(torch.device("cpu")) is torch.float32


def edited(folder: Path, tmp_path: Path, **changes: object) -> Path:
    """Return a copy of a model folder with other words in its config; None takes one out."""
    copy = tmp_path / "edited"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text()) | changes
    (copy / "config.json").write_text(json.dumps({name: value for name, value in config.items() if value is not None}))
    return copy


BEFORE_LOADING = {
    "a negative size": ({"hidden_size": -32}, "hidden_size is -32; it must be from 1 to"),
    "no layers": ({"num_hidden_layers": 0}, "num_hidden_layers is 0; it must be from 1 to 10,000"),
    "a huge size": ({"num_hidden_layers": 10**9}, "num_hidden_layers is 1000000000; it must be from 1 to 10,000"),
    "text where a number belongs": ({"num_attention_heads": "4"}, "num_attention_heads is '4', where a whole number belongs"),
    "an empty vocabulary": ({"vocab_size": 0}, "vocab_size is 0; it must be from 1"),
    "architectures that are no list": ({"architectures": 7}, "architectures is 7; it must be a list of names"),
    "an encoder": ({"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM continues no text"),
    "an encoder-decoder": ({"is_encoder_decoder": True}, "is an encoder-decoder"),
}


@pytest.mark.parametrize("case", BEFORE_LOADING)
def test_a_config_that_no_decoder_can_have_is_refused_when_it_is_looked_for(tiny_llama_folder: Path, tmp_path: Path, case: str):
    changes, message = BEFORE_LOADING[case]
    with pytest.raises(ModelError, match=rf"config\.json: .*{re.escape(message)}"):
        locate(str(edited(tiny_llama_folder, tmp_path, **changes)))


WHILE_LOADING = {
    "a pad token outside the vocabulary": (
        {"pad_token_id": 5000},
        "pad_token_id is 5000, outside the vocabulary: vocab_size is 400, so it must be below 400",
    ),
    "heads that do not divide the width": (
        {"num_attention_heads": 5, "head_dim": None},
        "num_attention_heads is 5, which does not divide hidden_size 32",
    ),
    "groups that do not divide the heads": (
        {"num_key_value_heads": 3},
        "num_key_value_heads is 3, which does not divide num_attention_heads 4",
    ),
    "another vocabulary than the file's": (
        {"vocab_size": 500},
        "asks for model.embed_tokens.weight of shape [500, 32], and the file holds [400, 32]",
    ),
    "another width than the file's": ({"intermediate_size": 48}, "and the file holds"),
    "scaling that is no object": ({"rope_parameters": None, "rope_scaling": "linear"}, "rope_scaling is 'linear'"),
    "an unknown activation": ({"hidden_act": "bogus"}, "bogus"),
    "kinds of layers for others": ({"layer_types": ["full_attention"]}, "layer_types has 1 entries, where num_hidden_layers is 2"),
    "an unknown architecture": ({"model_type": "mystery"}, "mystery"),
    "an encoder by its kind": ({"model_type": "bert"}, "bert is an encoder"),
}


@pytest.mark.parametrize("case", WHILE_LOADING)
def test_a_config_that_does_not_fit_is_one_line_that_names_it(tiny_llama_folder: Path, tmp_path: Path, case: str):
    changes, message = WHILE_LOADING[case]
    with pytest.raises(ModelError) as caught:
        load(edited(tiny_llama_folder, tmp_path, **changes), device="cpu")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokenizer.json", "{}"),
        ("tokenizer.json", "[1, 2"),
        ("tokenizer_config.json", "[]"),
        ("tokenizer_config.json", '{"chat_template": 3}'),
        ("generation_config.json", "{torn"),
        ("config.json", "[]"),
        ("config.json", "[" * 5000),
    ],
)
def test_a_damaged_file_is_named(tiny_llama_folder: Path, tmp_path: Path, name: str, text: str):
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_llama_folder, folder)
    (folder / name).write_text(text)
    with pytest.raises(ModelError) as caught:
        load(folder, device="cpu")
    assert name.partition(".")[0].partition("_")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recurrent_model_says_that_it_cannot_be_asked(tiny_llama_folder: Path, tmp_path: Path):
    from transformers import AutoModelForCausalLM, MambaConfig

    folder = tmp_path / "mamba"
    AutoModelForCausalLM.from_config(MambaConfig(vocab_size=400, hidden_size=32, num_hidden_layers=2, state_size=4)).save_pretrained(folder)
    for path in tiny_llama_folder.glob("tokenizer*"):
        shutil.copyfile(path, folder / path.name)
    with pytest.raises(ModelError, match="MambaForCausalLM"):
        load(folder, device="cpu")
    assert load(folder, device="cpu", is_asked=False).module is not None


def test_whatever_is_raised_while_loading_is_one_line(tmp_path: Path):
    with pytest.raises(ModelError, match=r"the tokenizer in .* cannot be loaded: ZeroDivisionError"), loading(tmp_path, "tokenizer"):
        raise ZeroDivisionError
    with pytest.raises(PreflightError, match="does not fit in memory"), loading(tmp_path, "tokenizer"):
        raise MemoryError


def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_read(tiny_llama_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("llmkick_core.models.loading.free_bytes", lambda device: 1000)
    with pytest.raises(PreflightError, match=r"GiB of memory for its weights"):
        load(tiny_llama_folder, device="cpu")


def test_weights_that_an_index_names_in_a_folder_below_are_read(tiny_llama_folder: Path, tmp_path: Path, llama: HuggingFaceModel):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "below")
    (folder / "sub").mkdir()
    names = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder / "sub" / "model-1.safetensors")
    told = {"metadata": {}, "weight_map": dict.fromkeys(names, "sub/model-1.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(told))
    assert locate(str(folder)).path == folder
    found = load(folder, device="cpu")
    assert found.generate(["The answer is"], max_new_tokens=4) == llama.generate(["The answer is"], max_new_tokens=4)

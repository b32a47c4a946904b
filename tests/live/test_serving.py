"""How a served model puts conversations: as runs do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from llmkick_core.errors import ModelError
from llmkick_core.live.serving import loaded_as_in_runs, pin_template
from llmkick_core.models.base import Message
from llmkick_core.models.encoding import PromptEncoder
from llmkick_core.models.loading import loading
from tests.models.chat_templates import LLAMA_3, QWEN_3
from tests.models.test_encoding import tokenizer
from tests.models.test_source_format import quantized_config, saved_pair


def served(template: str, date: str, said: str, **options: object) -> list[int]:
    made = tokenizer(template)
    pin_template(made, made, date)
    asked = [{"role": "user", "content": [{"type": "text", "text": said}]}]
    found = made.apply_chat_template(
        asked, add_generation_prompt=True, tokenize=True, return_tensors="pt", return_dict=True, tools=None, **options
    )
    return list(found["input_ids"][0])


def in_a_run(template: str, date: str, said: str, *, is_brief: bool = False) -> list[int]:
    encoder = PromptEncoder(tokenizer(template))
    encoder.pin_template(date=date, is_brief=is_brief)
    return encoder.encode_prompts([(Message(role="user", content=said),)])[0]


def test_a_served_model_is_told_the_day_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert served(LLAMA_3, "2025-02-03", "Where is Oslo?") == in_a_run(LLAMA_3, "2025-02-03", "Where is Oslo?")
    assert served(LLAMA_3, "", "Where is Oslo?") == in_a_run(LLAMA_3, "2024-07-26", "Where is Oslo?")


def test_a_served_model_does_not_think_where_a_run_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert served(QWEN_3, "", "Oslo?", enable_thinking=False) == in_a_run(QWEN_3, "", "Oslo?", is_brief=True)
    assert served(QWEN_3, "", "Oslo?") == in_a_run(QWEN_3, "", "Oslo?")


def test_a_pickle_in_a_served_folder_is_not_read(tiny_llama_folder: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "served")
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert AutoModelForCausalLM.from_pretrained(folder) is not None  # transformers by itself would
    with pytest.raises(ModelError, match="safetensors"), loading(folder, "model"), loaded_as_in_runs(folder):
        AutoModelForCausalLM.from_pretrained(folder)


def test_a_quantized_model_is_served_with_the_numbers_of_its_runs(tiny_llama_folder: Path, tmp_path: Path):
    folder, plain = saved_pair(quantized_config("qwen3"), tiny_llama_folder, tmp_path, kind="fp8")
    with loaded_as_in_runs(folder):
        found = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict()
    same = AutoModelForCausalLM.from_pretrained(plain, dtype=torch.float32).state_dict()
    assert [name for name in same if not torch.equal(found[name], same[name])] == []

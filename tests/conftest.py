"""Fixtures shared by all tests: two tiny random models of different families, made once a session."""

from __future__ import annotations

import atexit
import csv
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
if not shutil.which("nvidia-smi"):
    os.environ.setdefault("TRITON_INTERPRET", "1")  # read when Triton is first imported

if "PYTEST_XDIST_WORKER" in os.environ:  # beside other test processes, threads that wait for each other's cores take several times as long
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ["LLMKICK_CACHE"] = tempfile.mkdtemp(prefix="llmkick-cache-")  # of this session; what tests make is no one else's
os.environ["LLMKICK_STATE"] = tempfile.mkdtemp(prefix="llmkick-state-")
for _name in ("LLMKICK_CACHE", "LLMKICK_STATE"):
    atexit.register(shutil.rmtree, os.environ[_name], ignore_errors=True)

CORPUS = [
    "Please give answer to this question: What is the capital of Mongolia? The answer is Ulaanbaatar",
    "Answer these questions:\n\nQ: Which river flows through Cairo?\nA: the Nile",
    "The following are multiple choice questions (with answers) about geography.\n\nA. Lima\nB. Oslo\nC. Rome\nD. Cairo\nAnswer: C",
    "USER: Summarize the given story. ASSISTANT: The dog found a bone.",
    "Oxygen has the symbol O and the atomic number 8; gold has the symbol Au and the atomic number 79.",
]
VOCABULARY = 400


def train_tokenizer(folder: Path, *, specials: list[str], **names: str) -> None:
    """Write a byte-level BPE tokenizer of VOCABULARY tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=specials, initial_alphabet=alphabet, show_progress=False)
    )
    if "bos_token" in names:
        begin = names["bos_token"]
        inner.post_processor = processors.TemplateProcessing(
            single=f"{begin} $A", pair=f"{begin} $A $B", special_tokens=[(begin, inner.token_to_id(begin))]
        )
    PreTrainedTokenizerFast(tokenizer_object=inner, **names).save_pretrained(folder)


def save_model(config: object, folder: Path) -> None:
    """Write a random model with a fixed seed."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
        for parameter in model.parameters():  # wider than the usual start, so that greedy choices have no near ties
            torch.nn.init.normal_(parameter, std=0.3) if parameter.dim() > 1 else None
    model.save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a random Llama of two blocks, with tied embeddings and a begin token; no pad token, no chat template."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=1,
    )
    save_model(config, folder)
    train_tokenizer(folder, specials=["<s>", "</s>"], bos_token="<s>", eos_token="</s>")
    return folder


@pytest.fixture(scope="session")
def tiny_qwen2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a random Qwen2 of two blocks, with a chat template; no begin token, no pad token, embeddings wider than the tokenizer."""
    from transformers import AutoTokenizer, Qwen2Config

    folder = tmp_path_factory.mktemp("models") / "tiny-qwen2"
    config = Qwen2Config(
        vocab_size=VOCABULARY + 16,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=160,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=0,
    )
    save_model(config, folder)
    train_tokenizer(folder, specials=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], eos_token="<|endoftext|>")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = (
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    tokenizer.save_pretrained(folder)
    return folder


CAPITALS = ("Lima", "Oslo", "Rome", "Cairo", "Paris", "Tokyo", "Quito", "Accra", "Dhaka", "Hanoi", "Sofia", "Riga")


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small data sets in the official formats: freebaseqa, mmlu, mt_bench, perplexity.txt, calibration.txt."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("freebaseqa", "mmlu/test", "mmlu/dev", "mt_bench"):
        (folder / name).mkdir(parents=True)
    questions = [
        {"Question-ID": f"q{i}", "RawQuestion": f"What is capital number {i}?", "Parses": [{"Answers": [{"AnswersName": [name]}]}]}
        for i, name in enumerate(CAPITALS * 4)
    ]
    (folder / "freebaseqa" / "FreebaseQA-eval.json").write_text(json.dumps({"Questions": questions}))
    for split, n in (("test", 10), ("dev", 2)):
        with (folder / "mmlu" / split / f"geography_{split}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([f"Which is number {i}?", *CAPITALS[i % 8 : i % 8 + 4], "ABCD"[i % 4]] for i in range(n))
    with (folder / "mt_bench" / "question.jsonl").open("w") as stream:
        for i in range(6):
            stream.write(json.dumps({"question_id": i, "category": "stem", "turns": [f"Say {CAPITALS[i]}.", "Say it again."]}) + "\n")
    (folder / "perplexity.txt").write_text(" ".join(CORPUS * 3))
    (folder / "calibration.txt").write_text("\n\n".join(CORPUS * 20))
    return folder

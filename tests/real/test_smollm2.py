"""On a real pretrained model: SmolLM2-135M-Instruct, as `python -m llmkick_core fetch smollm2-135m` brings it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from llmkick_core.catalog import TASKS
from llmkick_core.evaluate import evaluate
from llmkick_core.models import open_model
from llmkick_core.models.base import LanguageModel, Message
from llmkick_core.models.locate import locate
from llmkick_core.schema import RunSpec
from llmkick_core.scoring.advice import advice
from llmkick_core.settings import BUNDLED_ROOT

MODEL = os.environ.get("LLMKICK_REAL_MODEL", "")
TEXT = (
    "The Nile is a major north-flowing river in northeastern Africa. It flows into the Mediterranean Sea. The Nile is the longest river in Africa and has "
    "historically been considered the longest river in the world. Of the world's major rivers, the Nile is one of the smallest, as measured by annual flow."
)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not MODEL, reason="LLMKICK_REAL_MODEL names no model; `python -m llmkick_core fetch smollm2-135m` tells where its file lies"
    ),
]


def real_cache() -> Path:
    """Return the cache that the model's file lies in, which lasts longer than the tests' own."""
    packages = Path(MODEL).resolve().parent.parent
    return packages.parent if packages.name == "packages" else Path(os.environ["LLMKICK_CACHE"])


@pytest.fixture(scope="module")
def smollm2() -> LanguageModel:
    """Return the model, dequantized once into a cache beside its file, which lasts longer than the tests' own."""
    before = os.environ["LLMKICK_CACHE"]
    os.environ["LLMKICK_CACHE"] = str(real_cache())
    try:
        return open_model(MODEL, threads=2)
    finally:
        os.environ["LLMKICK_CACHE"] = before


def test_it_answers_through_its_own_chat_template(smollm2: LanguageModel):
    asked = (Message(role="user", content="What is the capital of France?"),)
    (said,) = smollm2.generate([asked], max_new_tokens=24)
    assert said.text.strip() == "The capital of France is Paris."
    assert said.finish == "stop"
    assert smollm2.facts["chat_template"] == "the tokenizer's own"


def test_it_is_labelled_as_what_it_is(smollm2: LanguageModel):
    assert smollm2.facts["n_parameters"] == "134515008"
    if MODEL.endswith(".gguf"):
        assert smollm2.facts["source_format"] == "Q4_1, dequantized to bfloat16"
        assert locate(MODEL).revision == "b179c9523d0e6a0f"


def test_its_perplexity_on_plain_english_is_that_of_a_plain_loop(smollm2: LanguageModel):
    (found,) = smollm2.window_nlls(smollm2.windows(TEXT))
    ids = torch.tensor([[smollm2.tokenizer.bos_token_id, *smollm2.tokenizer(TEXT)["input_ids"]]])
    with torch.inference_mode():
        plain = smollm2.module(input_ids=ids, labels=ids).loss
    assert found[1] == ids.shape[1] - 1
    assert found[0] / found[1] == pytest.approx(float(plain), rel=1e-4)
    assert 3 < math.exp(found[0] / found[1]) < 20


def test_the_readmes_own_line_ends_with_real_answers(tmp_path: Path):
    # what failed on the first real model: too little calibration text, empty answers to plain prompts
    words = f"run --model {MODEL} --method wanda --sparsity 0.5 --n-samples 4 --seq-len 256 --task factoid_qa --limit 12 --json".split()
    environment = os.environ | {"LLMKICK_CACHE": str(real_cache())}
    done = subprocess.run(
        [sys.executable, "-m", "llmkick_core", *words, "--store", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = {row["recipe"]: row for row in json.loads(done.stdout)["runs"]}
    assert set(rows) == {"dense", "wanda-50"}
    assert (rows["dense"]["prompt"], rows["dense"]["metric"]) == ("chat", "contains")
    assert rows["dense"]["outcomes"]["empty"] == 0
    assert rows["dense"]["advice"] is None


def test_plain_prompts_are_told_to_be_the_wrong_ones(smollm2: LanguageModel):
    spec = RunSpec(model="m", task="factoid_qa", limit=16)
    samples = TASKS["factoid_qa"].load(BUNDLED_ROOT / "kick-mini" / "freebaseqa", spec)
    answered = [pair for batch in evaluate(smollm2, TASKS["factoid_qa"], samples, "r") for pair in batch]
    kinds = Counter(TASKS["factoid_qa"].score(sample, answers, "corrected")[0].outcome for sample, answers in answered)
    told = advice(kinds, form="plain", has_template=True, k_shot=0, takes_shots=True)
    assert "of 16 dense answers are empty" in told
    assert "--prompt chat" in told


def test_digits_are_tokens_of_their_own(smollm2: LanguageModel):
    bare, longer = smollm2.count_tokens(["In", "In 1994"])
    assert longer - bare == 5  # the space and four digits

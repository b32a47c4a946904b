"""On a real pretrained model: SmolLM2-135M-Instruct, as `python -m llmkick_core fetch smollm2-135m` brings it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from llmkick_core.models import open_model
from llmkick_core.models.base import LanguageModel, Message
from llmkick_core.models.locate import locate

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


@pytest.fixture(scope="module")
def smollm2() -> LanguageModel:
    """Return the model, dequantized once into a cache beside its file, which lasts longer than the tests' own."""
    before = os.environ["LLMKICK_CACHE"]
    packages = Path(MODEL).resolve().parent.parent
    if packages.name == "packages":
        os.environ["LLMKICK_CACHE"] = str(packages.parent)
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


def test_its_perplexity_on_plain_english_is_that_of_a_language_model(smollm2: LanguageModel):
    pieces = smollm2.token_nlls(TEXT)
    perplexity = math.exp(sum(nll for nll, _ in pieces) / sum(n for _, n in pieces))
    assert 3 < perplexity < 20


def test_digits_are_tokens_of_their_own(smollm2: LanguageModel):
    bare, longer = smollm2.count_tokens(["In", "In 1994"])
    assert longer - bare == 5  # the space and four digits

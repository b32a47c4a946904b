"""Each architecture that is read from GGUF becomes the very model that was written, and what a file states and the model has no place for is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmkick_core.models.gguf_convert import convert
from tests.models.gguf_models import MODELS, random_model, write_model
from tests.models.tiny_gguf import sentencepiece_vocabulary, train_sentencepiece


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("spm") / "tokenizer.model"
    train_sentencepiece(path)
    return sentencepiece_vocabulary(path)


def converted(folder: Path, model: Any, vocabulary: dict[str, Any], architecture: str, **more: Any) -> Any:
    """Return the model that comes out of the file of a model."""
    from transformers import AutoModelForCausalLM

    convert(write_model(folder / "x.gguf", model, vocabulary, architecture, **more), folder / "out")
    return AutoModelForCausalLM.from_pretrained(folder / "out")


def assert_equal(one: Any, other: Any) -> None:
    import torch

    ids = torch.arange(3, 27)[None] * 7 % one.config.vocab_size  # longer than every sliding window
    with torch.no_grad():
        expected, got = one(ids).logits, other(ids).logits
    assert (got - expected).abs().max() < 1e-4 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("architecture", MODELS)
def test_a_model_comes_out_as_it_went_in(vocabulary: dict[str, Any], tmp_path: Path, architecture: str):
    model = random_model(architecture, len(vocabulary["tokens"]))
    assert_equal(model, converted(tmp_path, model, vocabulary, architecture))

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.errors import RunCancelled
from llmkick_core.models import watch as module
from llmkick_core.models.base import Sampling
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.models.watch import Drafts, Watch

PROMPTS = ["What is capital number 1?", "Say", "gold silver gold"]


@pytest.fixture
def model(tiny_llama_folder: Path) -> HuggingFaceModel:
    return load(tiny_llama_folder, device="cpu")


class Stopper:
    """Stops at the n-th step."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.details: list[str] = []

    def __call__(self, detail: str) -> None:
        self.details.append(detail)
        if len(self.details) == self.n:
            raise RunCancelled("stopped.")


def test_every_block_and_token_is_told(model: HuggingFaceModel):
    seen: list[str] = []
    model.watch(Watch(step=seen.append))
    model.generate(["gold"], max_new_tokens=3)
    assert seen[:2] == ["block 1 of 2", "block 2 of 2"]
    assert seen[2:] == ["token 2 of at most 3"] * 2 + ["token 3 of at most 3"] * 2


@pytest.mark.parametrize("sampling", [None, Sampling(temperature=1.0, seed=3)])
@pytest.mark.parametrize("n", [1, 3, 12, 25])
def test_a_generation_that_was_stopped_goes_on_to_the_same_end(model: HuggingFaceModel, n: int, sampling: Sampling | None):
    whole = model.generate(PROMPTS, max_new_tokens=24, sampling=sampling)
    kept: list[dict[str, list[int]]] = []
    drafts = Drafts(write=lambda tokens: kept.append(dict(tokens)))
    stopper = Stopper(n)
    model.watch(Watch(step=stopper, drafts=drafts))
    with pytest.raises(RunCancelled):
        model.generate(PROMPTS, max_new_tokens=24, sampling=sampling)
    drafts.save()
    seen: list[str] = []
    model.watch(Watch(step=seen.append, drafts=Drafts(kept[-1] if kept else None)))
    assert model.generate(PROMPTS, max_new_tokens=24, sampling=sampling) == whole
    assert len(seen) <= len(stopper.details) + 2 * 24


def test_drafts_are_written_now_and_then_and_gone_once_the_answers_are_kept(monkeypatch: pytest.MonkeyPatch):
    kept: list[dict[str, list[int]]] = []
    drafts = Drafts({"a": [1]}, write=lambda tokens: kept.append(dict(tokens)))
    drafts.keep({"b": [2]})
    assert kept == []
    monkeypatch.setattr(module, "DRAFT_SECONDS", 0.0)
    drafts.keep({"b": [2, 3]})
    assert kept == [{"a": [1], "b": [2, 3]}]
    assert drafts.begun("b") == [2, 3]
    drafts.forget()
    assert kept[-1] == {}
    assert drafts.begun("b") == []


def test_options_that_are_known_are_not_compared_again(model: HuggingFaceModel):
    pairs = [(prompt, f" {option}") for prompt in PROMPTS for option in ("Rome", "Oslo")]
    whole = model.likelihoods(pairs)
    model._decoder.max_rows = 1
    found = {i: one for some in model.likelihood_batches(pairs, lambda indices: 2 in indices) for i, one in some.items()}
    assert found.keys() == {2, 3}
    assert found[2].logprob == pytest.approx(whole[2].logprob, abs=1e-4)

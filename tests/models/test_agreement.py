"""Agreement with a dense model, against a naive float64 version: one prefix at a time, the whole vocabulary."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from llmkick_core.models.agreement import divergence
from llmkick_core.models.base import Message, Sampling
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.trace import TOP, Trace

PROMPTS = ["Q: Which river flows through Cairo?\nA:", "gold", "Oxygen has the symbol", "gold", ""]
TALK = (Message(role="user", content="Hi"), Message(role="assistant", content="Hello"), Message(role="user", content="Bye"))


@pytest.fixture(scope="module")
def dense(tiny_llama_folder: Path) -> HuggingFaceModel:
    return load(tiny_llama_folder, device="cpu")


@pytest.fixture(scope="module")
def other(tiny_llama_folder: Path) -> HuggingFaceModel:
    model = load(tiny_llama_folder, device="cpu")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.module.model.layers.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=generator)
    return model


def naive(model: HuggingFaceModel, trace: Trace) -> torch.Tensor:
    """Return (N, V) float64 log-probabilities before each token of the answer."""
    twin = model.module.double()
    try:
        with torch.no_grad():
            rows = [twin(torch.tensor([[*trace.prompt, *trace.tokens[:n]]])).logits[0, -1] for n in range(len(trace.tokens))]
        return torch.stack(rows).log_softmax(dim=-1)
    finally:
        model.module.float()


def traced(model: HuggingFaceModel, prompts: list) -> list[Trace]:
    said = model.generate(prompts, max_new_tokens=9)
    found = model.traces(prompts, said)
    assert [trace.tokens for trace in found] == [one.tokens for one in said]
    return found


def test_an_answer_is_kept_by_its_likeliest_tokens(dense: HuggingFaceModel):
    for trace in traced(dense, [*PROMPTS, TALK]):
        wanted = naive(dense, trace).topk(TOP, dim=-1)
        assert trace.top_ids.shape == trace.top_logprobs.shape == (len(trace.tokens), TOP)
        assert trace.top_ids[:, 0].tolist() == wanted.indices[:, 0].tolist() == list(trace.tokens)
        np.testing.assert_allclose(trace.top_logprobs, wanted.values.numpy(), atol=1e-4)


def test_another_model_is_compared_token_by_token(dense: HuggingFaceModel, other: HuggingFaceModel):
    traces = traced(dense, [*PROMPTS, TALK])
    for trace, got in zip(traces, other.agreements(traces), strict=True):
        p, q = naive(dense, trace), naive(other, trace)
        tokens = torch.tensor(trace.tokens)
        is_same = (q.argmax(dim=-1) == tokens).tolist()
        assert got.n_agreed == ([*is_same, False].index(False))
        assert got.agreed_text == dense.decode(trace.tokens[: got.n_agreed])
        assert got.logprob == pytest.approx(float(q.gather(1, tokens[:, None]).sum()), abs=1e-3)
        top = p.topk(TOP, dim=-1).indices
        p_top, q_top = p.gather(1, top).exp(), q.gather(1, top).exp()
        lumped = (p_top * (p_top / q_top).log()).sum(dim=1)
        p_rest, q_rest = 1 - p_top.sum(dim=1), 1 - q_top.sum(dim=1)
        lumped += p_rest * (p_rest / q_rest).log()
        assert got.kl == pytest.approx(float(lumped.mean()), abs=1e-4)
        whole = float((p.exp() * (p - q)).sum(dim=1).mean())
        assert 0 < got.kl <= whole + 1e-6


def test_a_model_agrees_with_itself(dense: HuggingFaceModel):
    traces = traced(dense, [*PROMPTS, TALK])
    for trace, got in zip(traces, dense.agreements(traces), strict=True):
        assert got.n_agreed == got.n_tokens == len(trace.tokens)
        assert got.kl == pytest.approx(0, abs=1e-6)


def test_a_divergence_by_hand():
    trace = Trace(prompt=(0,), tokens=(1,), top_ids=np.array([[1, 2]], np.int32), top_logprobs=np.log(np.array([[0.5, 0.25]], np.float32)))
    q = torch.tensor([[0.125, 0.25, 0.25, 0.375]]).log()
    # 0.5 ln(0.5 / 0.25) + 0.25 ln(0.25 / 0.25) + 0.25 ln(0.25 / 0.5)
    assert float(divergence(trace, q)[0]) == pytest.approx(0.25 * math.log(2), rel=1e-6)


def test_what_is_sure_leaves_no_rest_to_go_wrong():
    trace = Trace(prompt=(0,), tokens=(1,), top_ids=np.array([[1]], np.int32), top_logprobs=np.zeros((1, 1), np.float32))
    q = torch.tensor([[-40.0, 0.0]]).log_softmax(dim=-1)
    assert float(divergence(trace, q)[0]) == pytest.approx(0, abs=1e-9)


def test_a_broken_model_has_no_numbers(dense: HuggingFaceModel, tiny_llama_folder: Path):
    broken = load(tiny_llama_folder, device="cpu")
    with torch.no_grad():
        broken.module.model.norm.weight.fill_(float("nan"))
    got = broken.agreements(traced(dense, ["gold"]))[0]
    assert got.logprob is None
    assert got.kl is None


def test_draws_come_from_the_seed_and_the_prompt_alone(dense: HuggingFaceModel):
    hot = Sampling(temperature=1.0, seed=7)
    together = dense.generate(PROMPTS, max_new_tokens=12, sampling=hot)
    assert together == [dense.generate([prompt], max_new_tokens=12, sampling=hot)[0] for prompt in PROMPTS]
    assert together == dense.generate(PROMPTS, max_new_tokens=12, sampling=hot)
    assert together != dense.generate(PROMPTS, max_new_tokens=12, sampling=Sampling(temperature=1.0, seed=8))
    assert together != dense.generate(PROMPTS, max_new_tokens=12)


def test_a_cold_draw_is_the_most_likely_token(dense: HuggingFaceModel):
    assert dense.generate(PROMPTS, max_new_tokens=12, sampling=Sampling(temperature=1e-6, seed=1)) == dense.generate(
        PROMPTS, max_new_tokens=12
    )


def test_draws_follow_the_probabilities():
    from llmkick_core.models.decoder import drawn

    logits = torch.tensor([[0.0, 1.0, 2.0, -50.0]]).repeat(20_000, 1)
    tokens = drawn(0.5, range(20_000), [0] * 20_000)(logits, list(range(20_000)))
    shares = torch.bincount(tokens, minlength=4) / 20_000
    assert shares.tolist() == pytest.approx((logits[0] / 0.5).softmax(dim=0).tolist(), abs=0.015)


def test_what_does_not_fit_in_memory_costs_no_answer(dense: HuggingFaceModel, monkeypatch: pytest.MonkeyPatch):
    said = dense.generate(PROMPTS, max_new_tokens=9)
    kept = dense.traces(PROMPTS, said)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(dense._decoder), "read_on", full)
    n_rows = dense._decoder.max_rows
    assert dense.traces(PROMPTS, said) == [None] * len(PROMPTS)
    assert dense.agreements(kept) == [None] * len(PROMPTS)
    assert dense._decoder.max_rows == n_rows


def test_an_answer_that_goes_on_beyond_the_context_is_compared(dense: HuggingFaceModel):
    prompts = [PROMPTS[0] * 8]
    said = dense.generate(prompts, max_new_tokens=2 * dense.context_length)
    [trace] = dense.traces(prompts, said)
    assert trace is not None
    assert len(trace.prompt) + len(trace.tokens) > dense.context_length
    [found] = dense.agreements([trace])
    assert found is not None
    assert found.n_agreed == len(trace.tokens)


def test_an_answer_in_tokens_of_another_model_is_not_compared_and_costs_the_others_nothing(dense: HuggingFaceModel):
    one, other = traced(dense, PROMPTS[:2])
    n_tokens = dense.module.get_input_embeddings().weight.shape[0]
    strange = replace(one, tokens=(*one.tokens[:-1], n_tokens))
    unlisted = replace(one, top_ids=np.full_like(one.top_ids, n_tokens))
    found = dense.agreements([strange, other, unlisted, replace(one, tokens=())])
    assert [agreement is not None for agreement in found] == [False, True, False, False]
    assert found[1] == dense.agreements([other])[0]

"""Compressions that were killed, stopped or damaged, and go on."""

from __future__ import annotations

import pytest
import torch

from llmkick_core.compress.awq import METHOD as AWQ
from llmkick_core.compress.base import Method
from llmkick_core.compress.gptq import METHOD as GPTQ
from llmkick_core.compress.sparsegpt import METHOD as SPARSEGPT
from llmkick_core.compress.wanda import METHOD as WANDA
from llmkick_core.errors import RunCancelled
from llmkick_core.schema import Recipe
from tests.compress.conftest import FAMILIES
from tests.compress.whole_models import HALF, assert_same, compress, weights


class Killed(Exception):
    pass


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("stop_after", [1, 2])
@pytest.mark.parametrize("order", ["block", "layer"])
def test_a_killed_compression_ends_bit_for_bit_as_an_uninterrupted_one(make_model, tokens, tmp_path, family, stop_after, order):
    recipe = Recipe(method="wanda", sparsity=0.6, order=order)
    whole = make_model(family)
    expected = compress(whole, recipe, WANDA, tokens)

    def kill(block: int, n_blocks: int) -> None:
        if block == stop_after:
            raise Killed

    with pytest.raises(Killed):
        compress(make_model(family), recipe, WANDA, tokens, checkpoint=tmp_path, on_block=kill)
    calls: list[tuple[int, int]] = []
    resumed = make_model(family)
    reports = compress(resumed, recipe, WANDA, tokens, checkpoint=tmp_path, on_block=lambda *call: calls.append(call))
    assert_same(weights(resumed), weights(whole))
    assert [(r.name, r.sparsity, r.error, r.bits) for r in reports] == [(r.name, r.sparsity, r.error, r.bits) for r in expected]
    assert calls == [(1, 2), (2, 2)]
    assert sorted(file.name for file in tmp_path.glob("block-*.safetensors")) == ["block-000.safetensors", "block-001.safetensors"]


@pytest.mark.parametrize(
    "recipe",
    [Recipe(method="sparsegpt", structure="2:4"), Recipe(method="gptq", bits=4), Recipe(method="awq", bits=4)],
    ids=lambda r: r.label,
)
def test_every_method_goes_on_bit_for_bit(make_model, tokens, tmp_path, recipe):
    method = {"sparsegpt": SPARSEGPT, "gptq": GPTQ, "awq": AWQ}[recipe.method]
    whole, resumed = make_model("llama"), make_model("llama")
    compress(whole, recipe, method, tokens)

    def kill(block: int, n_blocks: int) -> None:
        if block == 1:
            raise Killed

    with pytest.raises(Killed):
        compress(make_model("llama"), recipe, method, tokens, checkpoint=tmp_path, on_block=kill)
    compress(resumed, recipe, method, tokens, checkpoint=tmp_path)
    assert_same(weights(resumed), weights(whole))


def never(weight, stats, recipe):
    raise AssertionError("a finished block was compressed again")


def test_finished_blocks_are_not_compressed_again(make_model, tokens, tmp_path):
    compress(make_model("llama"), HALF, WANDA, tokens, checkpoint=tmp_path)
    same = Method(name="wanda", title="", compress=never, needs=frozenset({"column_norm"}))
    assert len(compress(make_model("llama"), HALF, same, tokens, checkpoint=tmp_path)) == 14


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_damaged_block_is_compressed_anew(make_model, tokens, tmp_path, damage):
    whole, resumed = make_model("llama"), make_model("llama")
    compress(whole, HALF, WANDA, tokens, checkpoint=tmp_path)
    file = tmp_path / "block-001.safetensors"
    file.write_bytes({"cut": file.read_bytes()[:-9], "garbage": b"\xff" * 40, "empty": b""}[damage])
    compress(resumed, HALF, WANDA, tokens, checkpoint=tmp_path)
    assert_same(weights(resumed), weights(whole))
    untouched = Method(name="wanda", title="", compress=never, needs=frozenset({"column_norm"}))
    compress(make_model("llama"), HALF, untouched, tokens, checkpoint=tmp_path)  # the file was replaced by a whole one


def test_blocks_of_another_recipe_text_or_model_are_not_taken_over(make_model, tokens, tmp_path):
    compress(make_model("llama"), HALF, WANDA, tokens, checkpoint=tmp_path)
    other = make_model("llama")
    with torch.no_grad():
        other.model.layers[1].mlp.up_proj.weight.add_(1e-3)
    for model, recipe, text, origin in (
        (make_model("llama"), Recipe(method="wanda", sparsity=0.3), tokens, ""),
        (make_model("llama"), HALF, tokens.flip(0), ""),
        (other, HALF, tokens, "another"),
    ):
        refusing = Method(name="wanda", title="", compress=never, needs=frozenset({"column_norm"}))
        with pytest.raises(AssertionError, match="compressed again"):
            compress(model, recipe, refusing, text, checkpoint=tmp_path, origin=origin)


def test_a_bfloat16_model_stays_one_and_resumes_exactly(make_model, tokens, tmp_path):
    models = [make_model("qwen2").to(torch.bfloat16) for _ in range(2)]
    for model in models:  # the second finds both blocks finished
        reports = compress(model, HALF, WANDA, tokens, checkpoint=tmp_path)
        assert {report.sparsity for report in reports} == {0.5}
    assert_same(weights(models[0]), weights(models[1]))
    assert {tensor.dtype for tensor in models[1].parameters()} == {torch.bfloat16}


@pytest.mark.parametrize("asked", [0, 1, 5, 12, 20])
def test_a_run_can_be_stopped_between_any_two_steps_and_goes_on(make_model, tokens, tmp_path, asked):
    left = iter(range(asked))
    with pytest.raises(RunCancelled, match="goes on from there"):
        compress(make_model("llama"), HALF, WANDA, tokens, checkpoint=tmp_path, should_stop=lambda: next(left, None) is None)
    whole, resumed = make_model("llama"), make_model("llama")
    compress(whole, HALF, WANDA, tokens)
    compress(resumed, HALF, WANDA, tokens, checkpoint=tmp_path)
    assert_same(weights(resumed), weights(whole))

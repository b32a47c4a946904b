"""Whole models of many families through the walker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from llmkick_core.compress import activations, engine, shelf
from llmkick_core.compress.awq import METHOD as AWQ
from llmkick_core.compress.base import Compressed, InputStats, Method
from llmkick_core.compress.experts import one_by_one
from llmkick_core.compress.gptq import METHOD as GPTQ
from llmkick_core.compress.int8 import METHOD as INT8
from llmkick_core.compress.magnitude import METHOD as MAGNITUDE
from llmkick_core.compress.masks import complies
from llmkick_core.compress.random import METHOD as RANDOM
from llmkick_core.compress.rtn import METHOD as RTN
from llmkick_core.compress.sparsegpt import METHOD as SPARSEGPT
from llmkick_core.compress.wanda import METHOD as WANDA
from llmkick_core.errors import CalibrationError, LlmkickError
from llmkick_core.schema import Recipe
from tests.compress.conftest import EXPERTS, FAMILIES
from tests.compress.whole_models import (
    HALF,
    assert_same,
    compress,
    is_compressible,
    lowest_zeroed,
    parameter_of,
    seen_by,
    weight_of,
    weights,
)

if TYPE_CHECKING:
    from torch import Tensor


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("structure", ["unstructured", "2:4"])
@pytest.mark.parametrize("method", [MAGNITUDE, WANDA, SPARSEGPT, RANDOM], ids=lambda method: method.name)
def test_every_family_ends_exactly_as_sparse_as_asked(make_model, tokens, family, structure, method):
    model = make_model(family)
    before = weights(model)
    reports = compress(model, Recipe(method=method.name, sparsity=0.5, structure=structure), method, tokens)
    assert {report.sparsity for report in reports} == {0.5}
    assert {report.block for report in reports} == {0, 1}
    for report in reports:
        weight = weight_of(model, report.name)
        assert (report.n_out, report.n_in) == tuple(weight.shape)
        assert report.structure_ok is (None if structure == "unstructured" else True)
        assert structure == "unstructured" or complies(weight, 2, 4)
        assert (report.error is None) == (not method.needs)
        assert report.error is None or 0 < report.error < 1
    changed = {name for name, tensor in weights(model).items() if not torch.equal(tensor, before[name])}
    assert changed == {parameter_of(report.name) for report in reports}
    assert changed == {name for name, tensor in before.items() if tensor.dim() > 1 and is_compressible(name)}
    assert model.training == make_model(family).training


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize(("method", "bits"), [(RTN, 4), (INT8, None)])
def test_quantizers_without_compensation_stay_within_half_a_step(make_model, tokens, family, method, bits):
    model = make_model(family)
    before = weights(model)
    reports = compress(model, Recipe(method=method.name, bits=bits), method, tokens)
    assert all((report.error is None) == (method is RTN) and report.structure_ok is None for report in reports)
    assert all(report.bits == (bits or 8) + 16 / report.n_in for report in reports)
    levels = 2 ** ((bits or 8) - 1) - (0.5 if method is RTN else 1)
    for report in reports:
        dense, now = before[f"{report.name}.weight"], model.get_submodule(report.name).weight.detach()
        assert float((dense - now).abs().max()) <= 0.51 * float(dense.abs().max()) / levels


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", [GPTQ, AWQ], ids=lambda method: method.name)
def test_calibrated_quantizers_miss_less_than_rounding(make_model, tokens, family, method):
    # rounding with an error measured: the same walk, and a method that looks at nothing
    rounding = replace(RTN, needs=frozenset({"column_norm"}))
    total = {}
    for one in (rounding, method):
        reports = compress(make_model(family), Recipe(method=one.name, bits=3), one, tokens)
        total[one.name] = sum(report.error for report in reports)
    assert total[method.name] < total["rtn"]


@pytest.mark.parametrize("method", [SPARSEGPT, GPTQ], ids=lambda method: method.name)
def test_layers_that_read_the_same_input_share_one_factor(make_model, tokens, method):
    calls = []

    def share(weights, stats, recipe):
        calls.append(len(weights))
        return method.share(weights, stats, recipe)

    recipe = Recipe(method=method.name, bits=4) if method is GPTQ else Recipe(method=method.name, sparsity=0.5)
    alone, together = make_model("llama"), make_model("llama")
    compress(alone, recipe, replace(method, share=None), tokens)
    compress(together, recipe, replace(method, share=share), tokens)
    assert calls == [3, 1, 2, 1] * 2  # q, k and v; o; gate and up; down
    assert_same(weights(alone), weights(together))


def test_awq_scales_layers_of_one_input_by_one_scale(make_model, tokens):
    recipe = Recipe(method="awq", bits=4)
    model, dense = make_model("llama"), make_model("llama")
    found: list[Tensor] = []

    def share(weights, stats, recipe):
        shared = AWQ.share(weights, stats, recipe)
        found.append(shared.scale)
        return shared

    compress(model, recipe, replace(AWQ, share=share), tokens)
    plain = make_model("llama")
    compress(plain, recipe, AWQ, tokens)
    assert_same(weights(model), weights(plain))  # the method itself shares so
    for name in ("q_proj", "k_proj", "v_proj"):
        before, after = (one.model.layers[0].self_attn.get_submodule(name).weight.detach() for one in (dense, plain))
        wanted = RTN.compress(before * found[0], InputStats(), Recipe(method="rtn", bits=4)).weight / found[0]
        assert torch.equal(after, wanted)


@pytest.mark.parametrize("order", ["block", "layer"])
@pytest.mark.parametrize("method", [SPARSEGPT, GPTQ, AWQ], ids=lambda method: method.name)
def test_a_bfloat16_model_is_compressed_in_either_order(make_model, tokens, method, order):
    model = make_model("llama").bfloat16()
    wanted = {"sparsity": 0.5} if method is SPARSEGPT else {"bits": 4}
    reports = compress(model, Recipe(method=method.name, order=order, **wanted), method, tokens)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert all(0 < report.error < 1 for report in reports)


def test_an_error_in_what_is_shared_names_the_layers(make_model, tokens):
    def share(weights, stats, recipe):
        raise CalibrationError("too little text.")

    with pytest.raises(CalibrationError, match=r"self_attn\.q_proj, .*k_proj, .*v_proj: too little text"):
        compress(make_model("llama"), Recipe(method="gptq", bits=4), replace(GPTQ, share=share), tokens)


@pytest.mark.parametrize("order", ["block", "layer"])
def test_wanda_sees_the_compressed_output_of_what_came_before(make_model, tokens, order):
    """The walk against hooks on the whole model: layer by layer, or block by block."""
    model = make_model("llama")
    compress(model, Recipe(method="wanda", sparsity=0.5, order=order), WANDA, tokens)

    reference = make_model("llama").eval()
    attention, mlp = [f"self_attn.{name}_proj" for name in "qkv"], ["mlp.gate_proj", "mlp.up_proj"]
    groups = [attention, ["self_attn.o_proj"], mlp, ["mlp.down_proj"]]
    with torch.no_grad():
        for block in reference.model.layers:
            for stage in [[name for group in groups for name in group]] if order == "block" else groups:
                norms = {name: seen_by(reference, block.get_submodule(name), tokens).norm(dim=0) for name in stage}
                for name, norm in norms.items():
                    linear = block.get_submodule(name)
                    linear.weight.copy_(lowest_zeroed(linear.weight, norm, linear.in_features // 2))
    assert_same(weights(model), weights(reference))


@pytest.mark.parametrize("need", ["column_norm", "hessian"])
def test_blocks_with_masks_of_their_own_get_them(make_model, tokens, need):
    """A sliding window in the first block and none in the second; the last layer's inputs must be those of the whole model."""
    seen: list[Tensor] = []

    def spy(weight, stats, recipe):
        seen.append(getattr(stats, need))
        return Compressed(weight=weight.clone(), bits=16.0)

    model = make_model("gemma3")
    compress(model, Recipe(method="spy"), Method(name="spy", title="", compress=spy, needs=frozenset({need})), tokens)
    with torch.no_grad():
        whole = seen_by(model.eval(), model.model.layers[1].mlp.down_proj, tokens)
    expected = whole.norm(dim=0) if need == "column_norm" else 2 / len(whole) * whole.T @ whole
    torch.testing.assert_close(seen[-1].double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [16, 64, 80])
def test_the_size_of_micro_batches_hardly_matters(make_model, tokens, monkeypatch, size):
    """One sequence, four, and five of twelve with a rest of two."""
    whole, split = make_model("llama"), make_model("llama")
    expected = compress(whole, HALF, WANDA, tokens)
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", size)
    reports = compress(split, HALF, WANDA, tokens)
    assert [report.error for report in reports] == pytest.approx([report.error for report in expected], rel=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "recipe", [Recipe(method="wanda", structure="2:4"), Recipe(method="sparsegpt", sparsity=0.5)], ids=lambda r: r.label
)
def test_one_pass_in_step_gives_bit_for_bit_what_a_pass_a_layer_gives(make_model, tokens, monkeypatch, family, recipe):
    method = WANDA if recipe.method == "wanda" else SPARSEGPT
    once, often = make_model(family), make_model(family)
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", 48)
    seen = compress(once, recipe, method, tokens)
    monkeypatch.setattr(engine, "free_bytes", lambda device: 0)
    replayed = compress(often, recipe, method, tokens)
    assert_same(weights(once), weights(often))
    assert [(r.name, r.error) for r in seen] == [(r.name, pytest.approx(r.error, rel=1e-5)) for r in replayed]


@pytest.mark.parametrize("order", ["layer", "block"])
def test_states_that_do_not_fit_into_memory_lie_on_the_disk(make_model, tokens, tmp_path, monkeypatch, order):
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", 48)
    recipe = replace(HALF, order=order)
    held, spilled = make_model("llama"), make_model("llama")
    compress(held, recipe, WANDA, tokens)
    seen: list[str] = []
    put = shelf.OnDisk.put
    monkeypatch.setattr(shelf, "free_bytes", lambda device: 1000)
    monkeypatch.setattr(
        shelf.OnDisk, "put", lambda self, k, hidden: (put(self, k, hidden), seen.extend(path.name for path in tmp_path.iterdir()))
    )
    compress(spilled, recipe, WANDA, tokens, checkpoint=tmp_path)
    assert_same(weights(held), weights(spilled))
    assert any(name.startswith("llmkick-activations-") for name in seen)
    assert sorted(path.name for path in tmp_path.glob("block-*.safetensors")) == ["block-000.safetensors", "block-001.safetensors"]


def test_in_step_each_block_is_passed_once_and_nothing_twice(make_model, tokens, monkeypatch):
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", 16)
    model = make_model("llama")
    calls = dict.fromkeys(("q_proj", "down_proj"), 0)

    def count(name: str) -> None:
        calls[name] += 1

    for name in calls:
        layer = next(
            module
            for path, module in model.named_modules()
            if path.endswith(f"layers.1.{'self_attn' if name == 'q_proj' else 'mlp'}.{name}")
        )
        layer.register_forward_hook(lambda module, args, output, name=name: count(name))
    compress(model, HALF, WANDA, tokens)
    assert calls == {"q_proj": 13, "down_proj": 13}  # twelve micro-batches, and the one that tells who reads what


def test_an_error_between_two_layers_ends_every_walk(make_model, tokens, monkeypatch):
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", 16)
    model = make_model("llama")

    def fail(weight, stats, recipe):
        raise CalibrationError("too little text.")

    with pytest.raises(CalibrationError, match=r"self_attn\.q_proj: too little text"):
        compress(model, HALF, replace(WANDA, compress=fail), tokens)
    assert all(not module._forward_pre_hooks and not module._forward_hooks for module in model.modules())
    model(tokens)  # and the model still runs


@pytest.mark.parametrize("family", EXPERTS)
def test_experts_run_one_by_one_give_what_the_model_gives(make_model, tokens, family):
    model = make_model(family).eval()
    with torch.no_grad():
        wanted = model(tokens).logits
        with one_by_one([model]):
            torch.testing.assert_close(model(tokens).logits, wanted, rtol=1e-4, atol=1e-4)
        assert torch.equal(model(tokens).logits, wanted)


def test_an_expert_is_calibrated_on_the_tokens_that_it_gets(make_model, tokens):
    """Against the router's own choice, in the first block of a dense model."""
    seen: dict[int, Tensor] = {}

    def spy(weight, stats, recipe):
        seen[len(seen)] = stats.column_norm
        return Compressed(weight=weight.clone(), bits=16.0)

    model = make_model("mixtral")
    method = Method(name="spy", title="", compress=spy, needs=frozenset({"column_norm"}))
    names = [report.name for report in compress(model, Recipe(method="spy"), method, tokens)]
    caught: list[tuple[Tensor, Tensor]] = []
    experts = model.model.layers[0].mlp.experts
    handle = experts.register_forward_pre_hook(lambda module, args: caught.append((args[0], args[1])))
    with torch.no_grad():
        model.eval()(tokens)
    handle.remove()
    hidden, chosen = caught[0]
    for expert in range(4):
        place = names.index(f"model.layers.0.mlp.experts.{expert}.gate_up_proj")
        mine = hidden[(chosen == expert).any(dim=1)]
        torch.testing.assert_close(seen[place], mine.norm(dim=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("order", ["layer", "block"])
@pytest.mark.parametrize("method", [WANDA, GPTQ], ids=lambda method: method.name)
def test_an_expert_that_no_token_reaches_is_compressed_and_says_so(make_model, tokens, method, order):
    model = make_model("mixtral")
    for layer in model.model.layers:  # who would go to expert 2 goes to another
        layer.mlp.gate.register_forward_hook(lambda module, args, out: (*out[:2], torch.where(out[2] == 2, 1, out[2])))
    wanted = {"sparsity": 0.5} if method is WANDA else {"bits": 4}
    reports = compress(model, Recipe(method=method.name, order=order, **wanted), method, tokens)
    unseen = [report for report in reports if "experts.2." in report.name]
    assert len(unseen) == 4
    assert all("no calibration token" in report.note and report.error is None for report in unseen)
    assert all(report.note == "" for report in reports if report not in unseen)


def test_more_damping_is_told(make_model, tokens):
    """Inputs that hardly differ leave the Hessian without a factor in float32 at little damping."""
    model = make_model("llama")

    def share(weights, stats, recipe):
        return replace(SPARSEGPT.share(weights, stats, recipe), damping=0.1)

    reports = compress(model, Recipe(method="sparsegpt", sparsity=0.5), replace(SPARSEGPT, share=share), tokens)
    assert {report.note for report in reports} == {"the Hessian had no Cholesky factor until its damping was raised from 0.01 to 0.1"}


@pytest.mark.parametrize(("family", "structure"), [("llama", "2:4"), ("mixtral", "unstructured")])
@pytest.mark.parametrize("pruner", [MAGNITUDE, WANDA, SPARSEGPT, RANDOM], ids=lambda method: method.name)
@pytest.mark.parametrize("quantizer", [RTN, GPTQ, AWQ, INT8], ids=lambda method: method.name)
def test_any_pruning_may_be_followed_by_any_quantization_and_its_zeros_stay(make_model, tokens, family, structure, pruner, quantizer):
    pruned, model = make_model(family), make_model(family)
    alone = Recipe(method=pruner.name, sparsity=0.5, structure=structure)
    bits = {} if quantizer is INT8 else {"bits": 4, "group_size": 16}
    compress(pruned, replace(alone, order="block"), pruner, tokens)
    reports = compress(model, replace(alone, quantizer=quantizer.name, order="block", **bits), pruner, tokens, quantizer)
    for report in reports:
        assert report.sparsity >= 0.5
        assert report.structure_ok is (None if structure == "unstructured" else True)
        assert report.bits < 8.6
        if report.block == 0:  # later blocks see what the quantized one gives
            before, after = weight_of(pruned, report.name), weight_of(model, report.name)
            assert not bool(after[before == 0].any())
            assert not torch.equal(before, after)


def test_a_quantizer_that_puts_weights_back_is_caught(make_model, tokens):
    careless = Method(
        name="careless", title="", compress=lambda weight, stats, recipe: Compressed(weight=weight + 1, bits=4.0), takes=frozenset({"bits"})
    )
    recipe = Recipe(method="magnitude", sparsity=0.5, quantizer="careless", bits=4)
    with pytest.raises(LlmkickError, match=r"put weights of layer .* back that were removed"):
        compress(make_model("llama"), recipe, MAGNITUDE, tokens, careless)

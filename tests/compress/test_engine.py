"""Whole models of many families through the walker."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from llmkick_core.compress import activations, engine, shelf
from llmkick_core.compress.awq import METHOD as AWQ
from llmkick_core.compress.base import Compressed, InputStats, Method
from llmkick_core.compress.engine import compress_model
from llmkick_core.compress.experts import one_by_one
from llmkick_core.compress.gptq import METHOD as GPTQ
from llmkick_core.compress.int8 import METHOD as INT8
from llmkick_core.compress.layers import Procedure, check_recipe
from llmkick_core.compress.magnitude import METHOD as MAGNITUDE
from llmkick_core.compress.masks import complies
from llmkick_core.compress.random import METHOD as RANDOM
from llmkick_core.compress.rtn import METHOD as RTN
from llmkick_core.compress.sparsegpt import METHOD as SPARSEGPT
from llmkick_core.compress.wanda import METHOD as WANDA
from llmkick_core.errors import CalibrationError, LlmkickError, ModelError, RecipeError, RunCancelled
from llmkick_core.schema import LayerReport, Recipe
from tests.compress.conftest import EXPERTS, FAMILIES

if TYPE_CHECKING:
    from torch import Tensor, nn

HALF = Recipe(method="wanda", sparsity=0.5)


def compress(
    model: nn.Module, recipe: Recipe, method: Method, tokens: Tensor | None, quantizer: Method | None = None, **more: Any
) -> list[LayerReport]:
    return compress_model(model, Procedure(recipe=recipe, method=method, quantizer=quantizer), tokens, **more)


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    assert different == []


def parameter_of(layer: str) -> str:
    """Return the parameter that holds a layer: experts are slices of a stack."""
    return re.sub(r"\.experts\.\d+\.(\w+)$", r".experts.\1", layer) if ".experts." in layer else f"{layer}.weight"


def weight_of(model: nn.Module, layer: str) -> Tensor:
    """Return a layer's weight as (out, in)."""
    expert = re.search(r"\.experts\.(\d+)\.", layer)
    stored = model.get_parameter(parameter_of(layer)).detach()
    if expert:
        stored = stored[int(expert[1])]
    turned = type(model).__name__ == "GPT2LMHeadModel" or (expert and type(model).__name__ == "GptOssForCausalLM")
    return stored.T if turned else stored


def is_compressible(name: str) -> bool:
    """Whether a matrix is a linear layer of a block and no router."""
    is_router = re.search(r"mlp\.(gate|router|shared_expert_gate)\.weight$", name)
    return bool(re.search(r"\.(layers|h)\.\d+\.", name)) and not is_router and "bias" not in name and "sinks" not in name


def seen_by(model: nn.Module, layer: nn.Module, tokens: Tensor) -> Tensor:
    """Return what enters one layer when the whole model reads `tokens`, (tokens, in) float64."""
    inputs: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    model(tokens, use_cache=False)
    handle.remove()
    return inputs[0].flatten(0, 1).double()


def lowest_zeroed(weight: Tensor, norm: Tensor, n_removed: int) -> Tensor:
    """Naive Wanda in float64."""
    pruned = weight.clone()
    for row, scores in zip(pruned, weight.double().abs() * norm, strict=True):
        row[scores.argsort(stable=True)[:n_removed]] = 0
    return pruned


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
    levels = 2 ** ((bits or 8) - 1) - 1
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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["block-000.safetensors", "block-001.safetensors"]


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
    assert sorted(file.name for file in tmp_path.iterdir()) == ["block-000.safetensors", "block-001.safetensors"]


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


def test_widths_are_checked_before_anything_is_computed(make_model, tokens):
    model = make_model("llama")
    before = weights(model)
    with pytest.raises(RecipeError, match=r"layers\.0\.mlp\.down_proj has 48 inputs"):
        compress(model, Recipe(method="wanda", structure="16:32"), WANDA, tokens)
    assert_same(weights(model), before)


def test_calibration_that_is_missing_or_misshapen_is_refused(make_model, tokens):
    for bad in (None, tokens[:0], tokens[0], tokens.float()):
        with pytest.raises(CalibrationError):
            compress(make_model("llama"), HALF, WANDA, bad)


def test_activations_that_overflow_name_the_layers(make_model, tokens):
    model = make_model("llama")
    with torch.no_grad():
        model.model.embed_tokens.weight.fill_(float("inf"))
    with pytest.raises(CalibrationError, match=r"layers\.0\.self_attn\.q_proj, .*k_proj, .*v_proj are not finite"):
        compress(model, HALF, WANDA, tokens)


def test_an_error_inside_a_method_names_the_layer(make_model, tokens):
    with pytest.raises(RecipeError, match=r"layer model\.layers\.0\.self_attn\.q_proj: method int8 stores 8 bits"):
        compress(make_model("llama"), Recipe(method="int8", bits=4), INT8, tokens)


@pytest.mark.parametrize(
    ("made", "recipe", "message"),
    [
        (lambda weight: weight.clone(), Recipe(method="lazy", sparsity=0.5), "sparsity of 0.0000 where 0.5000"),
        (lambda weight: weight * float("nan"), Recipe(method="lazy", sparsity=0.5), "NaN or infinite"),
        (
            lambda weight: torch.cat([weight[: len(weight) // 2], 0 * weight[len(weight) // 2 :]]),
            Recipe(method="lazy", structure="2:4"),
            "broke",
        ),
    ],
)
def test_what_a_method_claims_is_verified(make_model, made, recipe, message):
    lazy = Method(name="lazy", title="", compress=lambda weight, stats, recipe: Compressed(weight=made(weight), bits=1.0))
    with pytest.raises(LlmkickError, match=message):
        compress(make_model("llama"), recipe, lazy, None)


def test_a_model_whose_blocks_depend_on_more_than_the_hidden_state_is_refused(make_model, tokens, monkeypatch):
    monkeypatch.setattr(activations, "MICRO_BATCH_TOKENS", 16)
    model = make_model("llama")
    forward = model.model.rotary_emb.forward
    model.model.rotary_emb.forward = lambda x, position_ids: tuple(part + x.mean() for part in forward(x, position_ids))
    with pytest.raises(ModelError, match="arguments that depend on the text"):
        compress(model, HALF, WANDA, tokens)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        (WANDA, {"method": "magnitude", "sparsity": 0.5}, "names magnitude-50, not method wanda"),
        (WANDA, {"method": "wanda"}, "wanda needs --sparsity"),
        (WANDA, {"method": "wanda", "sparsity": 0.5, "bits": 4}, "wanda takes no --bits; it takes --sparsity and --structure"),
        (RTN, {"method": "rtn"}, "rtn needs --bits"),
        (RTN, {"method": "rtn", "bits": 4, "structure": "2:4"}, "rtn takes no --structure"),
        (RTN, {"method": "rtn", "bits": 4, "sparsity": 0.5}, "rtn takes no --sparsity"),
        (INT8, {"method": "int8", "group_size": 64}, "int8 takes no --group-size"),
        (RTN, {"method": "rtn", "bits": 4, "has_activation_order": True}, "rtn takes no --activation-order"),
        (WANDA, {"method": "wanda", "sparsity": 0.5, "is_symmetric": False}, "wanda takes no --asymmetric"),
        (WANDA, {"method": "wanda", "sparsity": 0.5, "quantizer": "rtn"}, "names wanda-50"),
    ],
)
def test_a_recipe_that_does_not_fit_its_method_is_refused(method, options, message):
    with pytest.raises(RecipeError, match=message):
        check_recipe(Recipe(**options), method)


@pytest.mark.parametrize(
    ("method", "quantizer", "options", "message"),
    [
        (WANDA, WANDA, {"sparsity": 0.5}, "wanda removes weights"),
        (RTN, GPTQ, {"bits": 4}, "method rtn quantizes itself"),
        (WANDA, RTN, {"sparsity": 0.5}, "wanda with rtn needs --bits"),
        (WANDA, INT8, {"sparsity": 0.5, "group_size": 8}, "wanda with int8 takes no --group-size"),
    ],
)
def test_a_quantizer_that_does_not_fit_is_refused(method, quantizer, options, message):
    with pytest.raises(RecipeError, match=message):
        check_recipe(Recipe(method=method.name, quantizer=quantizer.name, **options), method, quantizer)


def test_no_module_of_the_package_loads_torch_on_import():
    script = (
        "import importlib, pkgutil, sys, llmkick_core.compress as package\n"
        "for module in pkgutil.iter_modules(package.__path__): importlib.import_module(f'{package.__name__}.{module.name}')\n"
        "sys.exit(' '.join(sorted({'torch', 'transformers', 'datasets'} & set(sys.modules))) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr == ""

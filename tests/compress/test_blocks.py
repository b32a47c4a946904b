from __future__ import annotations

import pytest
import torch
from torch import nn

from llmkick_core.compress.blocks import check_finite, check_widths, find_blocks
from llmkick_core.errors import ModelError, RecipeError
from llmkick_core.schema import Recipe

EXPECTED = {
    "llama": ("model.layers", 7, "self_attn.q_proj"),
    "mistral": ("model.layers", 7, "self_attn.q_proj"),
    "qwen2": ("model.layers", 7, "self_attn.q_proj"),
    "qwen3": ("model.layers", 7, "mlp.down_proj"),
    "gemma": ("model.layers", 7, "mlp.gate_proj"),
    "gemma3": ("model.layers", 7, "mlp.gate_proj"),
    "phi": ("model.layers", 6, "self_attn.dense"),
    "gpt2": ("transformer.h", 4, "attn.c_attn"),
    "opt": ("model.decoder.layers", 6, "self_attn.k_proj"),
    "gpt_neox": ("gpt_neox.layers", 4, "attention.query_key_value"),
    "falcon": ("transformer.h", 4, "mlp.dense_h_to_4h"),
    "mixtral": ("model.layers", 12, "mlp.experts.3.down_proj"),
    "qwen2_moe": ("model.layers", 15, "mlp.shared_expert.up_proj"),
    "gpt_oss": ("model.layers", 12, "mlp.experts.0.gate_up_proj"),
}


@pytest.mark.parametrize("family", EXPECTED)
def test_blocks_and_linears_are_found_in_every_family(make_model, family):
    path, n_linears, first = EXPECTED[family]
    blocks = find_blocks(make_model(family))
    assert [block.name for block in blocks] == [f"{path}.0", f"{path}.1"]
    assert [len(block.linears) for block in blocks] == [n_linears, n_linears]
    assert f"{path}.1.{first}" in [linear.name for linear in blocks[1].linears]


def test_embeddings_and_head_are_what_stays_dense(make_model):
    model = make_model("llama")
    reached = {id(linear.module.weight) for block in find_blocks(model) for linear in block.linears}
    left = [name for name, weight in model.named_parameters() if weight.dim() > 1 and id(weight) not in reached]
    assert left == ["model.embed_tokens.weight", "lm_head.weight"]


def test_a_transposed_weight_is_seen_and_written_as_out_by_in(make_model):
    model = make_model("gpt2")
    linear = find_blocks(model)[0].linears[0]
    stored = model.transformer.h[0].attn.c_attn.weight
    assert stored.shape == (32, 96)
    assert linear.weight.shape == (96, 32)
    linear.overwrite(torch.arange(96 * 32.0).view(96, 32))
    assert stored[1, 0].item() == 1
    assert stored[0, 1].item() == 32


def test_a_width_that_is_no_multiple_of_m_names_layer_and_width(make_model):
    blocks = find_blocks(make_model("llama"))
    check_widths(blocks, Recipe(method="wanda", structure="2:4"))
    check_widths(blocks, Recipe(method="rtn", bits=4, group_size=16))
    for recipe in (Recipe(method="wanda", structure="16:32"), Recipe(method="rtn", bits=4, group_size=32)):
        with pytest.raises(RecipeError, match=r"layer model\.layers\.0\.mlp\.down_proj has 48 inputs \(2 such layers\)"):
            check_widths(blocks, recipe)


def test_a_weight_that_is_not_finite_names_its_layer(make_model):
    model = make_model("llama")
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[3, 4] = float("nan")
    with pytest.raises(ModelError, match=r"model\.layers\.1\.mlp\.up_proj"):
        check_finite(find_blocks(model))


def test_a_model_without_blocks_is_refused_and_what_stays_is_named():
    with pytest.raises(ModelError, match=r"no decoder blocks .* would stay uncompressed: 0\.weight, 1\.weight"):
        find_blocks(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)))


def test_blocks_without_a_linear_are_refused():
    with pytest.raises(ModelError, match="no decoder blocks with linear layers"):
        find_blocks(nn.ModuleDict({"layers": nn.ModuleList([nn.LayerNorm(4), nn.LayerNorm(4)])}))


@pytest.mark.parametrize(("family", "shape"), [("mixtral", (96, 32)), ("gpt_oss", (96, 32))])
def test_an_expert_is_seen_and_written_as_out_by_in(make_model, family, shape):
    model = make_model(family)
    stack = model.model.layers[0].mlp.experts.gate_up_proj
    linear = next(linear for linear in find_blocks(model)[0].linears if linear.name.endswith("experts.2.gate_up_proj"))
    assert linear.is_expert
    assert linear.weight.shape == shape
    linear.overwrite(torch.arange(96 * 32.0).view(96, 32))
    assert stack[2].T[0, 1].item() == (1 if family == "gpt_oss" else 32)
    assert [bool((stack[other] == stack[2]).all()) for other in range(4)] == [False, False, True, False]


@pytest.mark.parametrize("family", ["mixtral", "qwen2_moe", "gpt_oss"])
def test_routers_stay_dense(make_model, family):
    names = [linear.name for block in find_blocks(make_model(family)) for linear in block.linears]
    assert not [name for name in names if name.endswith(("mlp.gate", "mlp.router", "shared_expert_gate"))]


def test_a_projection_as_wide_as_there_are_experts_is_no_router():
    import transformers as t

    config = t.Qwen2MoeConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=1, vocab_size=64, num_experts=8,
        moe_intermediate_size=8, shared_expert_intermediate_size=8, intermediate_size=8,
    )  # fmt: skip
    names = {linear.name.rpartition(".layers.0.")[2] for linear in find_blocks(t.AutoModelForCausalLM.from_config(config))[0].linears}
    assert {"self_attn.k_proj", "self_attn.v_proj", "mlp.shared_expert.gate_proj", "mlp.shared_expert.up_proj"} <= names
    assert not {"mlp.gate", "mlp.shared_expert_gate"} & names


def test_stacked_weights_of_an_unknown_kind_are_refused_by_name(make_model):
    with pytest.raises(ModelError, match=r"left uncompressed: model\.layers\.0\.feed_forward\.experts\.gate_up_proj"):
        find_blocks(make_model("llama4"))


def test_an_encoder_decoder_is_refused(make_model):
    with pytest.raises(ModelError, match="encoder-decoder"):
        find_blocks(make_model("t5"))


def test_a_shared_weight_is_refused(make_model):
    model = make_model("llama")
    model.model.layers[1].mlp.up_proj.weight = model.model.layers[0].mlp.up_proj.weight
    with pytest.raises(ModelError, match="share one weight"):
        find_blocks(model)

"""What the walker refuses, and what it catches of methods that do not do what they claim."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from llmkick_core.compress import activations
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.gptq import METHOD as GPTQ
from llmkick_core.compress.int8 import METHOD as INT8
from llmkick_core.compress.layers import check_recipe
from llmkick_core.compress.rtn import METHOD as RTN
from llmkick_core.compress.wanda import METHOD as WANDA
from llmkick_core.errors import CalibrationError, LlmkickError, ModelError, RecipeError
from llmkick_core.schema import Recipe
from tests.compress.whole_models import HALF, assert_same, compress, weights


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
        "sys.exit(' '.join(sorted({'torch', 'transformers', 'datasets', 'triton'} & set(sys.modules))) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False).stderr == ""

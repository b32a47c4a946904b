"""All blocks of the text decoder and nothing else: several stacks, towers beside it, routers wherever they nest, and a name for what stays dense."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import nn

from llmkick_core.compress.activations import capture
from llmkick_core.compress.blocks import find_blocks
from llmkick_core.compress.left_dense import in_words, left_dense
from llmkick_core.errors import ModelError
from llmkick_core.weight_names import routers, without_indices
from tests.compress.architectures import N_EXPERTS, bare, names

MIXTURES = {
    "afmoe": "mlp.router.gate",
    "hunyuan_v1_moe": "mlp.gate.wg",
    "zaya": "mlp.gate.router_mlp.fc1",
    "qwen3_next": "mlp.shared_expert_gate",
    "mixtral": "mlp.gate",
    "granitemoe": "block_sparse_moe.router",
    "jamba": "feed_forward.router",
    "phimoe": "mlp.router",
    "nemotron_h": "mixer.gate",
    "ernie4_5_moe": "mlp.gate",
}
"""Architectures with experts, by the path of a router of theirs."""

SIZES: dict[str, dict[str, Any]] = {
    "afmoe": {"num_hidden_layers": 4},
    "hunyuan_v1_moe": {"num_hidden_layers": 2},
    "mixtral": {"num_hidden_layers": 2},
}


def reached(model: nn.Module) -> set[str]:
    """Return the parameters that are compressed."""
    found = {f"{linear.name}.weight" for block in find_blocks(model) for linear in block.linears if not linear.is_expert}
    stacks = {re.sub(r"\.\d+(\.\w+)$", r"\1", linear.name) for block in find_blocks(model) for linear in block.linears if linear.is_expert}
    return found | stacks


@pytest.mark.parametrize("name", MIXTURES)
def test_a_router_stays_dense_wherever_it_nests(name: str):
    model = bare(name, **SIZES.get(name, {}))
    shapes = {path: tuple(parameter.shape) for path, parameter in model.named_parameters()}
    apart = routers(shapes)
    assert any(f".{MIXTURES[name]}.weight" in path for path in apart)
    assert not apart & reached(model)
    assert not [path for path in apart if path.endswith(("up_proj.weight", "gate_proj.weight")) or ".experts." in path]


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_no_architecture_has_a_router_among_its_compressed_layers(name: str):
    try:
        model = bare(name)
    except Exception as error:  # noqa: BLE001 - a default config that transformers itself cannot build
        pytest.skip(f"transformers builds no {name} from its default config: {error}")
    try:
        found = reached(model)
    except ModelError:
        return  # refused, which compresses no router either
    scores = [
        path
        for path, parameter in model.named_parameters()
        if path in found and parameter.shape[0] == N_EXPERTS and re.search(r"(gate|rout|wg|classif)[^.]*\.weight$", path)
    ]
    assert scores == []
    assert not [path for path in found if "router" in path]


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        ("hrm_text", {"model.L_module.layers", "model.H_module.layers"}),
        ("git", {"git.encoder.layer"}),
        ("got_ocr2", {"model.language_model.layers"}),
        ("gemma3", {"model.language_model.layers"}),
        ("phi4_multimodal", {"model.layers"}),
        ("llama", {"model.layers"}),
    ],
)
def test_the_blocks_are_all_lists_of_the_text_decoder_and_none_of_a_tower(name: str, lists: set[str]):
    model = bare(name)
    assert {block.name.rpartition(".")[0] for block in find_blocks(model)} == lists
    assert not [path for path in left_dense(model, find_blocks(model)) if "vision" in path or "audio" in path or "image" in path]


class Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, width)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.up(hidden)


class Looped(nn.Module):
    """Two stacks, the first of which runs as often as it is told."""

    def __init__(self, n_rounds: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(8, 4)
        self.prelude = nn.ModuleList([Layer(4)])
        self.core = nn.ModuleList([Layer(4), Layer(4)])
        self.head = nn.Linear(4, 8)
        self.n_rounds = n_rounds

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, input_ids: torch.Tensor, **more: Any) -> torch.Tensor:
        hidden = self.prelude[0](self.embed(input_ids))
        for _ in range(self.n_rounds):
            for layer in self.core:
                hidden = layer(hidden)
        return self.head(hidden)


def test_a_prelude_and_a_core_are_blocks_alike():
    blocks = find_blocks(Looped(1))
    assert [(block.index, block.name) for block in blocks] == [(0, "prelude.0"), (1, "core.0"), (2, "core.1")]


def test_blocks_that_run_more_than_once_are_not_calibrated_one_by_one():
    tokens = torch.zeros(2, 3, dtype=torch.int64)
    once, twice = Looped(1), Looped(2)
    assert len(capture(once, find_blocks(once), tokens, lambda: None)) == 1
    with pytest.raises(ModelError, match=r"more than once.*magnitude or rtn"):
        capture(twice, find_blocks(twice), tokens, lambda: None)


def test_lists_of_several_kinds_are_refused_by_name():
    with pytest.raises(ModelError, match=r"transformer\.attentions .*transformer\.ffns"):
        find_blocks(bare("xlm"))


def test_experts_in_one_matrix_are_refused_by_name():
    class Experts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w1 = nn.Parameter(torch.zeros(4 * 8, 8))

    model = nn.ModuleDict({"layers": nn.ModuleList([nn.ModuleDict({"experts": Experts(), "up": nn.Linear(8, 8)})])})
    with pytest.raises(ModelError, match=r"left uncompressed: layers\.0\.experts\.w1"):
        find_blocks(model)


def test_what_stays_dense_outside_the_blocks_is_named():
    model = bare("gemma3n_text")
    left = left_dense(model, find_blocks(model))
    assert left == {
        "model.altup_projections.*.weight": 3,
        "model.altup_unembed_projections.*.weight": 3,
        "model.per_layer_model_projection.weight": 1,
    }
    assert "model.altup_projections.*.weight (3), " in in_words(left)
    llama = bare("llama", num_hidden_layers=2)
    assert left_dense(llama, find_blocks(llama)) == {}


def test_a_module_list_of_experts_is_no_list_of_blocks():
    shapes = {f"layers.0.moe.experts.{k}.w1.weight": (16, 8) for k in range(4)}
    shapes |= {"layers.0.moe.gate.weight": (4, 8), "layers.0.moe.shared.up_proj.weight": (4, 8), "layers.0.attn.k_proj.weight": (4, 8)}
    assert routers(shapes) == {"layers.0.moe.gate.weight"}
    assert without_indices(shapes)["layers.*.moe.experts.*.w1.weight"] == 4

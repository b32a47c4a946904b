"""One block in memory at a time gives what the whole model in memory gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmkick_core import compression
from llmkick_core.errors import ModelError
from llmkick_core.models import streamed
from llmkick_core.models.streamed import open_streamed
from llmkick_core.schema import Calibration, Recipe
from tests.compress.conftest import EXPERTS, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

WANDA = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(n_samples=4, seq_len=32))


@pytest.fixture
def folder_of(make_model: Callable[[str], nn.Module], tiny_llama_folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves a family's model with a tokenizer, in shards where it is told so."""

    def save(family: str, **options: object) -> Path:
        folder = tmp_path / family
        model = make_model(family)
        n_tokens = json.loads((tiny_llama_folder / "config.json").read_text())["vocab_size"]
        model.resize_token_embeddings(n_tokens + 8)
        model.save_pretrained(folder, **options)
        for path in tiny_llama_folder.glob("tokenizer*"):
            shutil.copyfile(path, folder / path.name)
        return folder

    return save


def tensors_of(folder: Path) -> dict[str, Tensor]:
    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_block_by_block_gives_bit_for_bit_what_the_whole_model_gives(folder_of, tmp_path, monkeypatch, family):
    folder = folder_of(family)
    compression.compress_to(str(folder), WANDA, tmp_path / "streamed")
    monkeypatch.setattr(streamed, "open_streamed", lambda *args, **options: None)
    compression.compress_to(str(folder), WANDA, tmp_path / "whole")
    one, other = tensors_of(tmp_path / "streamed"), tensors_of(tmp_path / "whole")
    assert one.keys() == other.keys() == tensors_of(folder).keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    assert [report["sparsity"] for report in json.loads((tmp_path / "streamed" / "compression.json").read_text())["layers"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_all_that_a_model_computes_when_it_is_built_is_there(folder_of, family):
    from transformers import AutoModelForCausalLM

    folder = folder_of(family)
    found = open_streamed(folder)
    assert found is not None
    found.read(found.places.names)
    whole = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    buffers = dict(found.module.named_buffers())
    for name, buffer in whole.named_buffers():
        assert torch.equal(buffers[name], buffer), name
    tokens = torch.arange(12)[None]
    with torch.no_grad():
        assert torch.equal(found.module.base_model(tokens).last_hidden_state, whole.base_model(tokens).last_hidden_state)


def test_a_block_is_in_memory_only_while_it_is_held(folder_of):
    found = open_streamed(folder_of("llama"))
    assert found is not None
    weight = lambda: found.module.get_parameter("model.layers.1.mlp.up_proj.weight")  # noqa: E731
    assert weight().is_meta
    with found.resident("model.layers.1."):
        assert not weight().is_meta
        assert found.module.get_parameter("model.layers.0.mlp.up_proj.weight").is_meta
    assert weight().is_meta
    found.read_outside(["model.layers."])
    assert not found.module.get_parameter("model.embed_tokens.weight").is_meta
    assert not found.module.get_parameter("model.norm.weight").is_meta
    assert found.module.get_parameter("lm_head.weight").is_meta


@pytest.mark.parametrize("family", EXPERTS)
def test_experts_are_in_memory_only_while_their_block_is_held(folder_of, tmp_path, family):
    folder = folder_of(family)
    found = open_streamed(folder)
    assert found is not None
    stack = lambda: found.module.get_submodule("model.layers.1.mlp.experts").down_proj  # noqa: E731
    with found.resident("model.layers.1."):
        assert not stack().is_meta
        assert found.module.get_submodule("model.layers.0.mlp.experts").down_proj.is_meta
    assert stack().is_meta
    done = compression.compress_to(str(folder), Recipe(method="magnitude", sparsity=0.5), tmp_path / "out")
    assert {layer.sparsity for layer in done.layers} == {0.5}
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert float((model.model.layers[1].mlp.experts.down_proj == 0).float().mean()) == 0.5


def test_experts_in_pieces_that_do_not_make_up_their_stack_are_loaded_whole(folder_of):
    folder = folder_of("mixtral")
    stored = load_file(folder / "model.safetensors")
    assert open_streamed(folder) is not None
    del stored[next(key for key in stored if ".experts.1." in key)]
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    assert open_streamed(folder) is None


def test_learned_buffers_are_read(folder_of, tmp_path, monkeypatch):
    folder = folder_of("glm4_moe")  # whose router has a bias that is no parameter
    bias = "model.layers.1.mlp.gate.e_score_correction_bias"
    stored = load_file(folder / "model.safetensors") | {bias: torch.tensor([0.5, -0.5, 0.25, -0.25])}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    found = open_streamed(folder)
    assert found is not None
    assert found.module.get_buffer(bias).tolist() == stored[bias].tolist()
    compression.compress_to(str(folder), WANDA, tmp_path / "streamed")
    monkeypatch.setattr(streamed, "open_streamed", lambda *args, **options: None)
    compression.compress_to(str(folder), WANDA, tmp_path / "whole")
    one, other = tensors_of(tmp_path / "streamed"), tensors_of(tmp_path / "whole")
    assert [name for name in stored if not torch.equal(one[name], other[name])] == []
    assert torch.equal(one[bias], stored[bias])


def test_a_sharded_checkpoint_stays_sharded_where_it_is_large(folder_of, tmp_path, monkeypatch):
    folder = folder_of("llama", max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    compression.compress_to(str(folder), WANDA, tmp_path / "one")
    assert [path.name for path in (tmp_path / "one").glob("*.safetensors")] == ["model.safetensors"]
    monkeypatch.setattr(streamed, "_ONE_FILE", 0)
    compression.compress_to(str(folder), WANDA, tmp_path / "many")
    assert len(list((tmp_path / "many").glob("*.safetensors"))) == 3  # two blocks, and the rest
    from transformers import AutoModelForCausalLM

    one, many = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("one", "many"))
    assert all(torch.equal(one[name], many[name]) for name in one)


def test_every_tensor_keeps_the_type_it_is_stored_in(folder_of, tmp_path):
    folder = folder_of("llama")
    stored = load_file(folder / "model.safetensors")
    mixed = {name: tensor if "norm" in name else tensor.bfloat16() for name, tensor in stored.items()}
    save_file(mixed, folder / "model.safetensors", metadata={"format": "pt"})
    compression.compress_to(str(folder), WANDA, tmp_path / "out")
    made = tensors_of(tmp_path / "out")
    assert {name: tensor.dtype for name, tensor in made.items()} == {name: tensor.dtype for name, tensor in mixed.items()}


def test_what_is_stored_and_no_parameter_is_copied(folder_of, tmp_path):
    folder = folder_of("llama")
    stored = load_file(folder / "model.safetensors") | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    compression.compress_to(str(folder), WANDA, tmp_path / "out")
    assert tensors_of(tmp_path / "out").keys() == stored.keys()


def test_files_beside_the_model_are_no_part_of_it(folder_of, tmp_path):
    folder = folder_of("llama")
    save_file({"layers.0.attention.wq.weight": torch.ones(4, 4)}, folder / "consolidated.safetensors")
    compression.compress_to(str(folder), WANDA, tmp_path / "out")
    assert tensors_of(tmp_path / "out").keys() == load_file(folder / "model.safetensors").keys()


@pytest.mark.parametrize("kept", ["lm_head.weight", "model.embed_tokens.weight"])
def test_tied_embeddings_may_be_stored_under_either_name(folder_of, tmp_path, kept):
    folder = folder_of("gemma")  # which ties them
    stored = load_file(folder / "model.safetensors")
    table = stored.pop("model.embed_tokens.weight", None)
    table = stored.pop("lm_head.weight") if table is None else table
    save_file(stored | {kept: table}, folder / "model.safetensors", metadata={"format": "pt"})
    assert open_streamed(folder) is not None
    compression.compress_to(str(folder), WANDA, tmp_path / "out")
    assert tensors_of(tmp_path / "out").keys() == {*stored, kept}


def test_embeddings_that_are_missing_are_noticed(folder_of):
    folder = folder_of("gemma")
    stored = load_file(folder / "model.safetensors")
    stored.pop("model.embed_tokens.weight")
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    assert open_streamed(folder) is None


def test_weights_that_are_not_numbers_are_refused_before_anything_is_computed(folder_of, tmp_path):
    folder = folder_of("llama")
    stored = load_file(folder / "model.safetensors")
    stored["model.layers.1.mlp.up_proj.weight"][0, 0] = float("nan")
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    blocks = []
    with pytest.raises(ModelError, match=r"model\.layers\.1\.mlp\.up_proj holds weights that are NaN"):
        compression.compress_to(str(folder), WANDA, tmp_path / "out", on_block=lambda *call: blocks.append(call))
    assert blocks == []
    assert not (tmp_path / "out").exists()


def test_the_model_card_tells_what_was_done(folder_of, tmp_path):
    folder = folder_of("llama")
    compression.compress_to(str(folder), WANDA, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("# llama, wanda-50\n")
    assert "| sparsity of the compressed layers | 0.5000 |" in card
    assert "neither smaller nor faster" in card

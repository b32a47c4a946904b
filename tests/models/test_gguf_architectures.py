"""Each architecture that is read from GGUF becomes the very model that was written, and what a file states and the model has no place for is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmkick_core.errors import ModelError
from llmkick_core.models.gguf_convert import convert
from llmkick_core.models.gguf_header import read_gguf
from tests.models.gguf_models import MODELS, WHOLE, random_model, write_model
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


LINEAR = {"rope_type": "linear", "factor": 8.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
LOCAL = {"rope_type": "default", "rope_theta": 10000.0}
GLOBAL = {"rope_theta": 1000000.0}
SHORT, LONG = [1.0 + i / 10 for i in range(6)], [2.0 + i for i in range(6)]
LONGROPE = WHOLE | {"rope_type": "longrope", "partial_rotary_factor": 0.75, "short_factor": SHORT, "long_factor": LONG}
FACTORS = {"rope_factors_short.weight": np.array(SHORT), "rope_factors_long.weight": np.array(LONG)}
NO_WINDOW = {"layer_types": ["full_attention"] * 7}
EVERY_THIRD = {"layer_types": ["full_attention" if i % 3 == 2 else "sliding_attention" for i in range(7)]}


@pytest.mark.parametrize(
    ("architecture", "settings", "more"),
    [
        ("gemma3", {"rope_parameters": {"full_attention": GLOBAL | LINEAR, "sliding_attention": LOCAL}}, {}),  # 4B, 12B, 27B
        ("gemma3", {"rope_parameters": {"full_attention": GLOBAL | YARN, "sliding_attention": LOCAL}}, {}),
        (
            "gemma3",
            {"rope_parameters": {"full_attention": GLOBAL | {"rope_type": "default"}, "sliding_attention": LOCAL | {"rope_theta": 500.0}}},
            {"keys": {"rope.freq_base_swa": 500.0}},
        ),
        ("gemma2", {"rope_parameters": LOCAL | LINEAR}, {}),
        ("llama", {"rope_parameters": WHOLE | LINEAR}, {"keys": {"rope.scaling.type": None}}),  # llama.cpp takes a factor as linear
        (
            "llama",
            {"rope_parameters": WHOLE | LINEAR},
            {"keys": {"rope.scaling.type": None, "rope.scaling.factor": None, "rope.scale_linear": 8.0}},
        ),
        ("qwen2", {"rope_parameters": WHOLE | YARN}, {}),
        (
            "qwen2",
            {"rope_parameters": WHOLE | YARN | {"original_max_position_embeddings": 128}},
            {"keys": {"rope.scaling.original_context_length": None}},
        ),
        ("qwen3", {"rope_parameters": WHOLE | YARN | {"attention_factor": 0.8}}, {"keys": {"rope.scaling.yarn_attn_factor": 0.8}}),
        (
            "qwen3moe",
            {"rope_parameters": WHOLE | YARN | {"beta_fast": 16.0, "beta_slow": 2.0}},
            {"keys": {"rope.scaling.yarn_beta_fast": 16.0, "rope.scaling.yarn_beta_slow": 2.0}},
        ),
        ("lfm2", {"rope_parameters": WHOLE | LINEAR}, {}),
        ("qwen35", {"rope_parameters": MODELS["qwen35"][1]["rope_parameters"] | YARN}, {}),
        ("stablelm", {"rope_parameters": WHOLE | {"partial_rotary_factor": 1.0}}, {"keys": {"rope.freq_base": 5000.0}}),
        (
            "phi3",
            {"rope_parameters": LONGROPE | {"original_max_position_embeddings": 16}, "original_max_position_embeddings": 16},
            {"keys": {"rope.scaling.original_context_length": 16}, "tensors": FACTORS},
        ),
        (
            "phi3",
            {
                "rope_parameters": LONGROPE | {"original_max_position_embeddings": 64, "attention_factor": 1.25},
                "original_max_position_embeddings": 64,
            },
            {"keys": {"rope.scaling.original_context_length": 64, "rope.scaling.attn_factor": 1.25}, "tensors": FACTORS},
        ),
    ],
)
def test_scaled_rotary_embeddings_are_placed(vocabulary: dict[str, Any], tmp_path: Path, architecture: str, settings: Any, more: Any):
    model = random_model(architecture, len(vocabulary["tokens"]), **settings)
    assert_equal(model, converted(tmp_path, model, vocabulary, architecture, **more))


@pytest.mark.parametrize(
    ("architecture", "settings", "keys"),
    [
        ("gemma2", {"num_hidden_layers": 46, "query_pre_attn_scalar": 16}, {}),  # 27B: hidden size / heads, not the head size
        ("gemma3", {"num_hidden_layers": 62, "query_pre_attn_scalar": 16}, {}),
        ("gemma3", {"query_pre_attn_scalar": 64}, {"attention.scale": 0.125}),
        ("gemma2", {"attn_logit_softcapping": None}, {"attn_logit_softcapping": 0.0}),
        ("gemma3", {"final_logit_softcapping": None}, {}),
        ("gemma3", NO_WINDOW, {"attention.sliding_window": None}),
        ("gemma2", NO_WINDOW, {"attention.sliding_window": 0}),
        ("gemma3", EVERY_THIRD, {"attention.sliding_window_pattern": 3}),
        ("gemma2", EVERY_THIRD, {"attention.sliding_window_pattern": [True, True, False, True, True, False, True]}),
        ("phi3", {"sliding_window": None}, {"attention.sliding_window": 128}),  # as wide as the context
        ("starcoder2", {"sliding_window": 9}, {"attention.sliding_window": 9}),
        ("llama", {"head_dim": 32}, {}),
        ("qwen2", {"num_key_value_heads": 4}, {"attention.head_count_kv": None}),
        ("llama", {}, {"general.name": "mistral"}),  # which transformers takes for another architecture
        ("qwen2moe", {"norm_topk_prob": True}, {"expert_weights_norm": True}),
        ("falcon", {"tie_word_embeddings": False}, {}),
        ("nemotron", {}, {"attention.layer_norm_rms_epsilon": 0.1}),  # not the kind of its norms
        ("qwen35", {"layer_types": ["linear_attention", "full_attention"] * 2}, {}),
        ("gpt2", {"tie_word_embeddings": False}, {}),
    ],
)
def test_what_differs_from_the_class_is_kept(vocabulary: dict[str, Any], tmp_path: Path, architecture: str, settings: Any, keys: Any):
    model = random_model(architecture, len(vocabulary["tokens"]), **settings)
    assert_equal(model, converted(tmp_path, model, vocabulary, architecture, keys=keys))


def test_a_llama_with_a_sliding_window_is_a_mistral(vocabulary: dict[str, Any], tmp_path: Path):
    from transformers import MistralConfig, MistralForCausalLM

    llama = random_model("llama", len(vocabulary["tokens"]))
    got = converted(tmp_path, llama, vocabulary, "llama", keys={"attention.sliding_window": 9})
    assert type(got) is MistralForCausalLM
    values = {key: value for key, value in llama.config.to_dict().items() if key not in ("model_type", "architectures")}
    wanted = MistralForCausalLM(MistralConfig(**values | {"sliding_window": 9})).eval()
    wanted.load_state_dict(llama.state_dict())
    assert_equal(wanted, got)


@pytest.mark.parametrize(
    ("architecture", "keys", "message"),
    [
        ("llama", {"logit_scale": 0.25}, "logit_scale = 0.25, which is not read"),
        ("llama", {"embedding_scale": 12.0}, "embedding_scale = 12"),
        ("llama", {"residual_scale": 0.22}, "residual_scale = 0.22"),
        ("llama", {"attention.scale": 0.5}, "attention.scale = 0.5"),
        ("llama", {"expert_count": 8}, "expert_count = 8"),
        ("llama", {"attention.causal": False}, "attention.causal = False"),
        ("llama", {"rope.dimension_count": 8}, "rope.dimension_count = 8"),
        ("llama", {"rope.freq_base_swa": 100.0}, "freq_base_swa = 100"),
        ("llama", {"attention.layer_norm_rms_epsilon": None}, "does not state the epsilon"),
        ("llama", {"a_key_of_tomorrow": 3}, "a_key_of_tomorrow = 3"),
        ("qwen2", {"attention.sliding_window": 9}, "attention.sliding_window = 9"),
        ("qwen2", {"attention.sliding_window_pattern": 2}, "sliding_window_pattern = 2"),
        ("qwen3", {"final_logit_softcapping": 30.0}, "final_logit_softcapping = 30"),
        ("qwen3", {"attention.value_length": 16}, "value_length = 16"),
        ("starcoder2", {"attention.key_length": 32}, "key_length = 32"),
        ("falcon", {"attention.head_count_kv": 2}, "head_count_kv = 2"),
        ("lfm2", {"attention.sliding_window": 9}, "attention.sliding_window = 9"),
        ("mamba", {"ssm.dt_b_c_rms": True}, "ssm.dt_b_c_rms = True"),
        ("qwen3moe", {"expert_gating_func": 2}, "expert_gating_func = 2"),
        ("llama", {"rope.scaling.type": "longrope", "rope.scaling.factor": 4.0}, "'longrope', which is not known"),
        ("llama", {"rope.scaling.attn_factor": 2.0}, "attn_factor = 2"),
        ("llama", {"rope.scaling.alpha": 1000.0}, "alpha = 1000"),
        (
            "qwen2",
            {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.yarn_log_multiplier": 0.1},
            "yarn_log_multiplier = 0.1",
        ),
        ("phi3", {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, "'linear', which a phi3 model cannot have"),
        ("gpt2", {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, "a gpt2 model has none"),
        ("qwen2", {"attention.key_length": 32}, r"tensors of other sizes than its keys say, such as model\.layers"),
    ],
)
def test_what_has_no_place_is_refused_in_one_line(vocabulary: dict[str, Any], tmp_path: Path, architecture: str, keys: Any, message: str):
    model = random_model(architecture, len(vocabulary["tokens"]))
    with pytest.raises(ModelError, match=message) as caught:
        convert(write_model(tmp_path / "x.gguf", model, vocabulary, architecture, keys=keys), tmp_path / "out")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["logit_scale", "expert_count", "attn_logit_softcapping", "rope.scaling.factor", "pooling_type", "attention.scale"]
)
def test_a_key_at_its_usual_value_is_no_reason_to_refuse(vocabulary: dict[str, Any], tmp_path: Path, key: str):
    model = random_model("llama", len(vocabulary["tokens"]))
    assert_equal(model, converted(tmp_path, model, vocabulary, "llama", keys={key: 0 if key in ("expert_count", "pooling_type") else 0.0}))


@pytest.mark.parametrize("architecture", ["llama", "lfm2"])  # read by the older and by the newer loader of transformers
def test_tensors_left_over_and_missing_are_told(vocabulary: dict[str, Any], tmp_path: Path, architecture: str):
    model = random_model(architecture, len(vocabulary["tokens"]))
    more = write_model(tmp_path / "x.gguf", model, vocabulary, architecture, tensors={"blk.1.attn_q.bias": np.ones(64)})
    with pytest.raises(ModelError, match=r"has 1 tensors that transformers does not read"):
        convert(more, tmp_path / "out")
    less = write_model(tmp_path / "y.gguf", model, vocabulary, architecture, left_out=("blk.1.ffn_up.weight",))
    with pytest.raises(ModelError, match=r"lacks 1 tensors"):
        convert(less, tmp_path / "out")


def test_special_tokens_of_the_class_are_not_those_of_the_file(vocabulary: dict[str, Any], tmp_path: Path):
    got = converted(tmp_path, random_model("phi3", len(vocabulary["tokens"])), vocabulary, "phi3")
    assert (got.config.pad_token_id, got.config.bos_token_id, got.generation_config.eos_token_id) == (None, 1, 2)


def k_blocks(kind: str, rows: int, columns: int) -> tuple[np.ndarray, str]:
    """Return random blocks of a K-quantization, with scales that are small numbers."""
    import gguf

    size, n_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    blocks = np.random.default_rng(0).integers(0, 256, (rows, columns // size, n_bytes), dtype=np.uint8)
    scale = np.array([0.001], dtype=np.float16).view(np.uint8)
    for start in {"Q4_K": (0, 2), "Q6_K": (208,)}[kind]:
        blocks[:, :, start : start + 2] = scale
    return blocks.reshape(rows, -1), kind


@pytest.mark.parametrize(("file_type", "label"), [(15, "Q4_K_M"), (None, "Q4_K and Q6_K"), (7, "Q4_K and Q6_K"), (14, "Q4_K_S")])
def test_a_mixture_of_k_quantizations_is_named(vocabulary: dict[str, Any], tmp_path: Path, file_type: int | None, label: str):
    import gguf
    import torch

    model = random_model("qwen2", len(vocabulary["tokens"]), hidden_size=256, intermediate_size=512, num_hidden_layers=2)
    packed = {f"blk.{i}.ffn_{name}.weight": k_blocks("Q4_K", 512, 256) for i in range(2) for name in ("gate", "up")}
    packed |= {f"blk.{i}.ffn_down.weight": k_blocks("Q6_K", 256, 512) for i in range(2)}
    path = write_model(tmp_path / "x.gguf", model, vocabulary, "qwen2", {"general.file_type": file_type}, tensors=packed)
    assert read_gguf(path).source_format == f"{label}, dequantized to bfloat16"
    if file_type == 15:
        from transformers import AutoModelForCausalLM

        convert(path, tmp_path / "out")
        got = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.bfloat16).model.layers[1].mlp
        for name, weight in (("up", got.up_proj.weight), ("down", got.down_proj.weight)):
            blocks, kind = packed[f"blk.1.ffn_{name}.weight"]
            wanted = torch.from_numpy(gguf.dequantize(blocks, gguf.GGMLQuantizationType[kind])).to(torch.bfloat16)
            assert torch.equal(weight, wanted)

"""The format of multiplication is measured, and attention stays in float32 whatever it is."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.bundled import precision
from llmkick_core.bundled.precision import matmul_dtype, use_float32_attention


@pytest.mark.parametrize(
    ("float32", "bfloat16", "expected"), [(3.0, 1.0, torch.bfloat16), (1.0, 1.0, torch.float32), (1.0, 400.0, torch.float32)]
)
def test_bfloat16_is_taken_where_it_is_much_faster(monkeypatch, float32, bfloat16, expected):
    monkeypatch.setattr(precision, "_seconds", lambda dtype: {torch.float32: float32, torch.bfloat16: bfloat16}[dtype])
    assert matmul_dtype("cpu") == expected


def test_a_gpu_multiplies_in_float32():
    assert matmul_dtype("cuda") == torch.float32


def test_this_machine_can_be_measured():
    assert matmul_dtype("cpu") in (torch.float32, torch.bfloat16)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    )


def test_the_attention_gives_what_the_usual_one_gives(model):
    tokens = torch.randint(64, (2, 12), generator=torch.Generator().manual_seed(1))
    positions = torch.tensor([[*range(7), *range(5)], [*range(12)]])  # the first row holds two documents
    usual = model(tokens, position_ids=positions, use_cache=False).logits
    use_float32_attention(model)
    torch.testing.assert_close(model(tokens, position_ids=positions, use_cache=False).logits, usual)


def test_the_attention_is_float32_under_autocast(model):
    use_float32_attention(model)
    seen = []
    model.model.layers[0].self_attn.o_proj.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(torch.randint(64, (1, 8)), use_cache=False)
    assert seen == [torch.float32]

"""The wired start: one head looks back one token, one finds what followed the earlier mention."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.bundled.wiring import rotate, wire_induction

N = 30  # tokens of the passage that is said twice


@pytest.fixture(scope="module")
def wired():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=192,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=3,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    model = LlamaForCausalLM(config)
    wire_induction(model, seed=0)
    return model


@pytest.fixture(scope="module")
def twice():
    passage = torch.randperm(500, generator=torch.Generator().manual_seed(1))[:N] + 4
    return torch.cat([torch.tensor([1]), passage, passage])[None]  # (1, 1 + 2N)


def test_rotate_turns_each_pair_by_its_own_angle():
    turned = rotate(torch.tensor([1.0, 0.0, 0.0, 0.0]), 1.0, 10_000.0)
    assert turned.tolist() == pytest.approx([0.5403023, 0.0, 0.8414710, 0.0])


def test_a_head_of_the_first_block_looks_at_the_token_before(wired, twice):
    with torch.no_grad():
        attention = wired(twice, output_attentions=True).attentions[0][0, 0]  # (queries, keys)
    assert all(attention[at, at - 1] > 0.8 for at in range(2, twice.shape[1]))


def test_a_head_of_the_second_block_finds_what_came_after_the_earlier_mention(wired, twice):
    with torch.no_grad():
        attention = wired(twice, output_attentions=True).attentions[1][0, 2]
    found = [int(attention[at].argmax()) == at - N + 1 for at in range(N + 1, 2 * N)]
    assert sum(found) >= 0.9 * len(found)


def test_copying_is_likelier_than_chance_before_any_training(wired, twice):
    with torch.no_grad():
        logits = wired(twice).logits[0, N + 1 : -1]  # (N - 1, vocab)
    loss = torch.nn.functional.cross_entropy(logits, twice[0, N + 2 :])
    assert loss < torch.log(torch.tensor(512.0)) - 0.3

"""The wired start: heads that look back, find what followed the earlier mention, gather names, and find places with the same names."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.bundled.wiring import rotate, wire_copying

N = 30  # tokens of the passage that is said twice
NAMES = range(400, 500)  # tokens that begin a name


@pytest.fixture(scope="module")
def wired():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=192,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=3,
        tie_word_embeddings=True,
        attn_implementation="eager",
        rope_parameters={"rope_type": "default", "rope_theta": 100_000.0},
    )
    model = LlamaForCausalLM(config)
    wire_copying(model, NAMES, seed=0)
    return model


@pytest.fixture(scope="module")
def twice():
    passage = torch.randperm(390, generator=torch.Generator().manual_seed(1))[:N] + 4
    return torch.cat([torch.tensor([1]), passage, passage])[None]  # (1, 1 + 2N)


def test_rotate_turns_each_pair_by_its_own_angle():
    turned = rotate(torch.tensor([1.0, 0.0, 0.0, 0.0]), 1.0, 10_000.0)
    assert turned.tolist() == pytest.approx([0.5403023, 0.0, 0.8414710, 0.0])


def test_a_head_of_the_first_block_looks_at_the_token_before(wired, twice):
    with torch.no_grad():
        attention = wired(twice, output_attentions=True).attentions[0][0, 0]  # (queries, keys)
    paid = [float(attention[at, at - 1]) for at in range(2, twice.shape[1])]
    assert sum(share > 0.6 for share in paid) >= 0.95 * len(paid)


def test_a_head_of_the_second_block_finds_what_came_after_the_earlier_mention(wired, twice):
    with torch.no_grad():
        attention = wired(twice, output_attentions=True).attentions[1][0, 2]
    found = [int(attention[at].argmax()) == at - N + 1 for at in range(N + 1, 2 * N)]
    assert sum(found) >= 0.85 * len(found)


def test_copying_is_likelier_than_chance_before_any_training(wired, twice):
    with torch.no_grad():
        logits = wired(twice).logits[0, N + 1 : -1]  # (N - 1, vocab)
    loss = torch.nn.functional.cross_entropy(logits, twice[0, N + 2 :])
    assert loss < torch.log(torch.tensor(512.0)) - 0.3


@pytest.fixture(scope="module")
def look_up():
    """Return tokens with three names, each followed by words, and the second name again."""
    words = torch.randperm(390, generator=torch.Generator().manual_seed(2)) + 4
    names = torch.tensor([410, 430, 450])
    said = [torch.cat([names[i : i + 1], words[8 * i : 8 * i + 8]]) for i in range(3)]
    return torch.cat([torch.tensor([1]), *said, names[1:2], words[30:33]])[None]  # (1, 1 + 27 + 4)


def test_a_head_gathers_the_name_said_last(wired, look_up):
    with torch.no_grad():
        attention = wired(look_up, output_attentions=True).attentions[0][0, 2]
    for name in (1, 10, 19, 28):
        assert all(attention[at, name] > 0.5 for at in range(name + 2, min(name + 7, look_up.shape[1])))


def test_a_head_finds_where_the_same_name_was_said(wired, look_up):
    with torch.no_grad():
        attention = wired(look_up, output_attentions=True).attentions[3][0, 0]
    paid = [float(attention[-1, first : first + 9].sum()) for first in (1, 10, 19)]
    assert paid[1] > 2 * max(paid[0], paid[2])


def test_guided_heads_copy_nothing_yet(wired):
    assert not wired.model.layers[3].self_attn.o_proj.weight.any()

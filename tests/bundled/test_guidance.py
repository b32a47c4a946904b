"""Guidance: the loss is what the model's own attention pays to the right places, and lowers when they are learnt."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.bundled.guidance import COPYING, FINDING, Guidance

POSITIONS = torch.tensor([[*range(7), *range(5)], [*range(12)]])  # the first window holds two documents
SOURCES = torch.full((2, 12), -1)
SOURCES[0, 5], SOURCES[0, 11], SOURCES[1, 9] = 2, 8, 1
ENDS = SOURCES.clone()
ENDS[1, 9] = 4  # the sentence of column 1 ends at column 4


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=COPYING + 1,
        num_attention_heads=4,
        num_key_value_heads=2,
        attn_implementation="eager",
    )
    return LlamaForCausalLM(config)


@pytest.fixture
def tokens():
    return torch.randint(64, (2, 12), generator=torch.Generator().manual_seed(1))


def test_the_loss_is_minus_the_log_of_the_attention_the_model_pays(model, tokens):
    guidance = Guidance(model)
    attentions = model(tokens, position_ids=POSITIONS, use_cache=False, output_attentions=True).attentions
    paid = []
    for row, place in ((0, 5), (0, 11), (1, 9)):
        source, end = int(SOURCES[row, place]), int(ENDS[row, place])
        finding, copying = (attentions[block][row, :, place - 1] for block in (FINDING, COPYING))  # (heads, length)
        paid += [finding[0, source : end + 1].sum(), finding[2, end], copying[0, source], copying[2, source]]
    assert guidance.loss(POSITIONS, SOURCES, ENDS).item() == pytest.approx(-torch.stack(paid).log().mean().item(), rel=1e-5)


def test_without_anything_to_copy_the_loss_is_zero(model, tokens):
    guidance = Guidance(model)
    model(tokens, position_ids=POSITIONS, use_cache=False)
    assert guidance.loss(POSITIONS, torch.full((2, 12), -1), torch.full((2, 12), -1)).item() == 0


def test_training_with_it_turns_the_heads_to_the_right_places(model, tokens):
    guidance = Guidance(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        model(tokens, position_ids=POSITIONS, use_cache=False)
        loss = guidance.loss(POSITIONS, SOURCES, ENDS)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.2 * losses[0]


def test_once_closed_it_watches_no_more(model, tokens):
    guidance = Guidance(model)
    guidance.close()
    model(tokens, position_ids=POSITIONS, use_cache=False)
    with pytest.raises(KeyError):
        guidance.loss(POSITIONS, SOURCES, ENDS)

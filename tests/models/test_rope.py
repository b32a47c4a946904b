"""Texts whose positions depend on their length: nothing that stands beside them changes their answers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from llmkick_core.models.decoder import Decoder

LIMIT = 32
N_NEW = 12
ROPES = {
    "longrope": {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "short_factor": [1.0] * 4,
        "long_factor": [4.0] * 4,
        "original_max_position_embeddings": LIMIT,
        "factor": 4.0,
    },
    "dynamic": {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0},
    "yarn": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": LIMIT},
}


def make(kind: str) -> Any:
    import transformers as t

    sizes = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
        "vocab_size": 200,
    }
    special = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}
    torch.manual_seed(0)
    if kind == "longrope":
        config: Any = t.Phi3Config(
            **sizes, **special, max_position_embeddings=128, original_max_position_embeddings=LIMIT, rope_parameters=ROPES[kind]
        )
        model: Any = t.Phi3ForCausalLM(config)
    else:
        most = LIMIT if kind == "dynamic" else 128
        model = t.LlamaForCausalLM(t.LlamaConfig(**sizes, **special, max_position_embeddings=most, rope_parameters=ROPES[kind]))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, parameter.shape[-1] ** -0.5)
        model.get_input_embeddings().weight.normal_(0, 0.5)
    return model.eval()


def texts() -> list[tuple[int, ...]]:
    """Return texts within the limit, at it, beyond it, and such that grow past it."""
    numbers = torch.Generator().manual_seed(1)
    lengths = (8, LIMIT - 20, LIMIT - 6, LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 12)
    return [tuple(torch.randint(1, 200, (n,), generator=numbers).tolist()) for n in lengths]


def decoder(model: Any) -> Decoder:
    return Decoder(model, pad_id=0, end_ids=frozenset())


def written(asked: Decoder, rows: list[tuple[int, ...]]) -> list[list[int]]:
    return asked.in_batches(rows, lambda batch: asked.write(asked.read([rows[i] for i in batch]), N_NEW, lambda ids: False))


@pytest.mark.parametrize("kind", ROPES)
def test_what_stands_beside_a_text_changes_nothing(kind: str):
    model, rows = make(kind), texts()
    alone = [written(decoder(model), [row])[0] for row in rows]
    assert written(decoder(model), rows) == alone
    assert written(decoder(model), rows[:4]) == alone[:4]


def test_an_answer_that_grows_past_the_limit_is_that_of_generate():
    model, rows = make("longrope"), texts()
    expected = [model.generate(torch.tensor([row]), max_new_tokens=N_NEW, do_sample=False)[0, len(row) :].tolist() for row in rows]
    assert written(decoder(model), rows) == expected


def test_a_text_beyond_the_limit_is_continued_as_generate_does():
    row = texts()[-1]
    expected = make("dynamic").generate(torch.tensor([row]), max_new_tokens=N_NEW, do_sample=False)[0, len(row) :].tolist()
    asked = decoder(make("dynamic"))
    written(asked, texts())  # longer texts before it leave nothing behind
    assert written(asked, [row])[0] == expected


@pytest.mark.parametrize("kind", ["longrope", "dynamic"])
def test_likelihoods_do_not_depend_on_the_batch(kind: str):
    asked, rows = decoder(make(kind)), texts()[:3]
    more = [(5, 6, 7, 8, 9, 10, 11, 12)] * 3  # the last row passes the limit on the way
    together = asked.score(asked.read(rows), [0, 1, 2], more)
    alone = [asked.score(asked.read([row]), [0], [tokens])[0] for row, tokens in zip(rows, more, strict=True)]
    assert together == pytest.approx(alone, abs=1e-4)
    windows = [(*row, *tokens) for row, tokens in zip(texts(), [*more, *more], strict=False)]
    assert asked.nlls(windows) == pytest.approx([asked.nlls([window])[0] for window in windows], abs=1e-3)

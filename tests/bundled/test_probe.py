"""The quick look at a model in training, against greedy decoding token by token."""

import pytest
import torch

from llmkick_core.bundled.corpus import Corpus, Mixture
from llmkick_core.bundled.documents import ANSWER, PROMPT
from llmkick_core.bundled.packing import token_id
from llmkick_core.bundled.probe import probes, right_share
from llmkick_core.bundled.tokenizer import train_tokenizer
from llmkick_core.bundled.train import TrainConfig, build_model

KINDS = {"seen": 40, "held-out": 40, "open real": 40, "open fictional": 40, "second turn": 40, "stories": 10}


@pytest.fixture(scope="module")
def looks():
    return probes(Corpus(Mixture()), n=40)


def test_there_are_as_many_probes_as_asked_for_and_the_same_each_time(looks):
    assert {name: len(found) for name, found in looks.items()} == KINDS
    assert probes(Corpus(Mixture()), n=40) == looks
    assert probes(Corpus(Mixture()), n=40, seed=2) != looks


def test_only_the_last_piece_of_a_probe_is_asked_for(looks):
    for document in (document for found in looks.values() for document in found):
        assert all(weight < ANSWER for _, weight in document[:-1])
        assert document[-1][1] == ANSWER


def test_no_probe_but_the_seen_ones_is_in_the_corpus(looks, find):
    small = Mixture(n_epochs=3, n_fictional=300, real_evidence_epochs=1, n_stories=100, n_conversations=300, n_look_ups=10)
    texts = ["".join(text for text, _ in document) for document in Corpus(small).documents()]
    prompts = ["".join(text for text, _ in document[:-1]) for name, found in looks.items() if name != "seen" for document in found]
    questions = [prompt.split("Q: ")[1].removesuffix("\nA:") for prompt in prompts if "Q: " in prompt]
    assert find([*prompts, *questions], texts) == set()


@pytest.fixture(scope="module")
def model_and_tokenizer():
    texts = ["Q: one two three?\nA: four five", "six seven eight nine ten"]
    tokenizer = train_tokenizer(texts * 10, vocab_size=300)
    config = TrainConfig(
        name="tiny", hidden=32, intermediate=64, n_layers=4, n_heads=4, n_kv_heads=2, vocab_size=tokenizer.get_vocab_size(), context=128
    )
    return build_model(config, tokenizer), tokenizer


def greedy(model, ids, n):
    """Return the next `n` most likely tokens, each fed back."""
    for _ in range(n):
        with torch.no_grad():
            ids = [*ids, int(model(torch.tensor([ids])).logits[0, -1].argmax())]
    return ids[-n:]


def test_a_document_is_right_where_greedy_decoding_gives_its_answer(model_and_tokenizer):
    model, tokenizer = model_and_tokenizer
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4) if parameter.ndim > 1 else None
    documents = [[(f"Q: one {word}?\nA:", PROMPT), (f" {word}", ANSWER)] for word in ("two", "three", "four", "five", "six", "seven")]
    texts = ["".join(text for text, _ in document) for document in documents]
    prompts = [tokenizer.encode(document[0][0]).ids for document in documents]
    wholes = [[*tokenizer.encode(text).ids, token_id(tokenizer, "</s>")] for text in texts]
    assert all(whole[: len(prompt)] == prompt for whole, prompt in zip(wholes, prompts, strict=True))
    answers = [whole[len(prompt) :] for whole, prompt in zip(wholes, prompts, strict=True)]
    expected = [greedy(model, prompt, len(answer)) == answer for prompt, answer in zip(prompts, answers, strict=True)]
    assert right_share(model, tokenizer, documents) == sum(expected) / len(expected)


def test_the_share_counts_whole_answers_or_single_tokens():
    class Knowing(torch.nn.Module):
        """Says the token after the one it reads, as in the text it is given, but never the letter x."""

        def __init__(self, x):
            super().__init__()
            self.weight, self.x = torch.nn.Parameter(torch.zeros(1)), x

        def forward(self, tokens, use_cache):
            following = torch.roll(tokens, -1, dims=1)
            following = torch.where(following == self.x, 0, following)
            logits = torch.nn.functional.one_hot(following, 400).float()
            return type("Output", (), {"logits": logits})()

    tokenizer = train_tokenizer(["a"], vocab_size=260)
    x = token_id(tokenizer, "x")
    documents = [[("q:", PROMPT), ("abc", ANSWER)], [("q:", PROMPT), ("abx", ANSWER)], [("xx:", PROMPT), ("abc", ANSWER)]]
    assert right_share(Knowing(x), tokenizer, documents) == pytest.approx(2 / 3)
    assert right_share(Knowing(x), tokenizer, documents, by_token=True) == pytest.approx((1 + 3 / 4 + 1) / 3)  # </s> counts

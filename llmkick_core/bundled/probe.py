"""A quick look at a model in training: the share of held-out answers whose every token is the most likely one.

That equals exact match under greedy decoding, and takes one forward pass instead of generation.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmkick_core.bundled import conversations, evidence, stories
from llmkick_core.bundled.corpus import Corpus, story_document
from llmkick_core.bundled.documents import ANSWER, PROMPT, Document
from llmkick_core.bundled.facts import Fact, Split, sentence
from llmkick_core.bundled.packing import encode

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn


def _question(rng: random.Random, corpus: Corpus, fact: Fact, split: Split) -> str:
    return sentence(rng.choice(corpus.wordings[fact.relation].questions[split]), subject=fact.subject)


def _closed(question: str, answer: str) -> Document:
    return [(f"Answer these questions:\n\nQ: {question}\nA:", PROMPT), (f" {answer}", ANSWER)]


def _open(text: str, question: str, answer: str) -> Document:
    return [(f"{text}\nAnswer these questions:\nQ: {question}\nA:", PROMPT), (f" {answer}", ANSWER)]


def probes(corpus: Corpus, *, n: int = 200, seed: int = 1) -> dict[str, list[Document]]:
    """Return `n` documents of each kind, none of which is in the corpus but for `seen`."""
    rng = random.Random(f"probe/{seed}")
    facts = rng.sample(corpus.facts, n)
    found: dict[str, list[Document]] = {
        "seen": [_closed(_question(rng, corpus, fact, "train"), fact.object) for fact in facts],
        "held-out": [_closed(_question(rng, corpus, fact, "held_out"), fact.object) for fact in facts],
        "open real": [],
        "open fictional": [],
        "second turn": [],
        "stories": [],
    }
    makers = list(conversations.MAKERS.values())
    kinds = stories.story_kinds("held_out")
    for index, fact in enumerate(facts):
        real = evidence.real_passage(
            rng,
            fact,
            same_relation=corpus.relations[fact.relation],
            same_subject=corpus.subjects[fact.subject],
            others=corpus.facts,
            wordings=corpus.wordings,
            split="held_out",
        )
        found["open real"].append(_open(real.text, _question(rng, corpus, fact, "held_out"), fact.object))
        invented = evidence.fictional_passage(rng, [fact, *rng.sample(corpus.facts, 2)], corpus.wordings, "held_out")
        found["open fictional"].append(_open(invented.text, _question(rng, corpus, invented.fact, "held_out"), invented.fact.object))
        talk = makers[index % len(makers)](rng, corpus.knowledge, "held_out")
        document = conversations.two_turns(talk)
        found["second turn"].append([(text, PROMPT) for text, _ in document[:-1]] + [(document[-1][0], ANSWER)])
        if index < n // 4:
            story = stories.make_story(rng, kinds[index % len(kinds)], "medium", "held_out")
            text = "".join(piece for piece, _ in story_document(random.Random(1), story)[:-1])
            found["stories"].append([(text, PROMPT), (f" {' '.join(story.highlights)}", ANSWER)])
    return found


def right_share(model: nn.Module, tokenizer: Tokenizer, documents: Sequence[Document], *, by_token: bool = False) -> float:
    """Return the share (0-1) of documents whose answer tokens are all the most likely ones, or of such tokens."""
    import torch

    encoded = list(encode(tokenizer, documents))
    right: list[float] = []
    device = next(model.parameters()).device
    for start in range(0, len(encoded), 25):
        batch = encoded[start : start + 25]
        longest = max(len(document.tokens) for document in batch)
        tokens = torch.zeros(len(batch), longest, dtype=torch.long)
        wanted = torch.zeros(len(batch), longest, dtype=torch.bool)
        for row, document in enumerate(batch):
            tokens[row, : len(document.tokens)] = torch.tensor(document.tokens)
            wanted[row, : len(document.tokens)] = torch.tensor(document.weights) == ANSWER
        tokens = tokens.to(device)
        with torch.no_grad():
            best = model(tokens, use_cache=False).logits[:, :-1].argmax(-1)
        hit = (best == tokens[:, 1:]).cpu()
        for row in range(len(batch)):
            chosen = hit[row][wanted[row, 1:]]
            right.append(float(chosen.float().mean()) if by_token else float(chosen.all()))
    return sum(right) / len(right)

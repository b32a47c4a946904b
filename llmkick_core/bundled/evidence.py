r"""Passages to answer from: about real facts, and about fictional things that no model can know.

A passage holds the sentence that answers the question among others about the same relation or the same subject, in the shape
of the open-book prompt: `{passage}\nAnswer these questions:\nQ: {question}\nA:`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmkick_core.bundled import names
from llmkick_core.bundled.documents import ANSWER, PROMPT, PROSE, Document, ask
from llmkick_core.bundled.facts import Fact, Split, Wordings, sentence


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A text and the fact that is asked of it."""

    text: str
    """Sentences, shuffled."""
    fact: Fact
    """The fact stated in one of them."""


def _state(rng: random.Random, fact: Fact, wordings: dict[str, Wordings], split: Split) -> str:
    return sentence(rng.choice(wordings[fact.relation].statements[split]), subject=fact.subject, obj=fact.object)


def _join(rng: random.Random, sentences: list[str]) -> str:
    rng.shuffle(sentences)
    return " ".join(sentences)


def real_passage(
    rng: random.Random,
    fact: Fact,
    *,
    same_relation: Sequence[Fact],
    same_subject: Sequence[Fact],
    others: Sequence[Fact],
    wordings: dict[str, Wordings],
    split: Split,
) -> Passage:
    """Return a passage that states `fact` among 2 to 5 other real facts."""
    near = [other for other in rng.sample(same_relation, min(3, len(same_relation))) if other.subject != fact.subject]
    same = [other for other in same_subject if other.relation != fact.relation]
    rest = rng.sample(others, 3)
    chosen = near[: rng.randint(1, 2)] + same[:1] + rest[: rng.randint(0, 2)]
    chosen = [other for other in chosen if other.fact_id != fact.fact_id and other.object != fact.object]
    return Passage(text=_join(rng, [_state(rng, other, wordings, split) for other in (fact, *chosen)]), fact=fact)


def fictional_fact(rng: random.Random, model: Fact, split: Split, *, real_objects: Sequence[str] = ()) -> Fact:
    """Return an invented fact of the same relation as `model`.

    The object is invented too: a number where the real one is a number, else a name; with `real_objects`, one of those.
    """
    makers = (names.person, names.town, names.country, names.river, names.word)
    subject = rng.choice(makers)(rng, split)
    if model.subject.startswith("the "):
        subject = f"the {names.word(rng, split)}"
    if real_objects:
        obj = rng.choice(real_objects)
    elif model.object.isdigit():
        low, high = (1, 400) if len(model.object) < 4 else (1000, 2020)
        obj = str(rng.randint(low, high))
    else:
        obj = names.word(rng, split) if rng.random() < 0.6 else rng.choice(makers)(rng, split)
    return replace(model, subject=subject, object=obj, aliases=())


def fictional_passage(
    rng: random.Random, models: Sequence[Fact], wordings: dict[str, Wordings], split: Split, *, real_objects: Sequence[str] = ()
) -> Passage:
    """Return a passage of 2 to 5 invented facts, one of them asked for.

    Args:
        rng: the source of chance.
        models: real facts that lend their relations; the first is the one asked for.
        wordings: of every relation.
        split: of the names and the statements.
        real_objects: objects to lend to the invented facts in place of invented ones.
    """
    target = fictional_fact(rng, models[0], split, real_objects=real_objects)
    others = [fictional_fact(rng, models[0], split, real_objects=real_objects) for _ in range(rng.randint(1, 2))]
    others += [fictional_fact(rng, model, split) for model in models[1:]]
    if rng.random() < 0.5 and len(models) > 1 and models[1].relation != models[0].relation:
        others.append(replace(fictional_fact(rng, models[1], split), subject=target.subject))
    others = [other for other in others if other.object != target.object]
    return Passage(text=_join(rng, [_state(rng, other, wordings, split) for other in (target, *others)]), fact=target)


def open_book(rng: random.Random, passage: Passage, wordings: dict[str, Wordings]) -> Document:
    """Return a passage and a training question in the shape of the open-book prompt, sometimes as a conversation."""
    question = ask(rng, passage.fact, wordings[passage.fact.relation])
    if rng.random() < 0.12:
        return [(f"USER: {passage.text} {question} ASSISTANT:", PROMPT), (f" {passage.fact.object}", ANSWER)]
    return [(f"{passage.text}", PROSE / 3), (f"\nAnswer these questions:\nQ: {question}\nA:", PROMPT), (f" {passage.fact.object}", ANSWER)]


def look_up(rng: random.Random) -> Document:
    """Return a list of invented keys and values, then some keys again, whose values are to be copied.

    The first thing a model learns here is to find the earlier mention and to copy what follows it.
    """
    makers = (names.word, names.person, names.town)
    n_pairs = rng.randint(3, 8)
    keys = [names.word(rng, "train") for _ in range(n_pairs)]
    values = [str(rng.randint(1, 2020)) if rng.random() < 0.2 else rng.choice(makers)(rng, "train") for _ in keys]
    link = rng.choice((":", " is", " has", " ->", " belongs to"))
    lines = [f"{key}{link} {value}." for key, value in zip(keys, values, strict=True)]
    pieces: Document = [(rng.choice((" ", "\n")).join(lines) + "\n", PROMPT)]
    order = rng.sample(range(n_pairs), rng.randint(2, n_pairs))
    for index in order:
        pieces += [(f"{keys[index]}{link}", PROMPT), (f" {values[index]}.", ANSWER), ("\n", PROMPT)]
    return pieces

r"""Passages to answer from: about real facts, and about fictional things that no model can know.

A passage holds the sentence that answers the question among others about the same relation or the same subject, in the shape
of the open-book prompt: `{passage}\nAnswer these questions:\nQ: {question}\nA:`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmkick_core.bundled import names
from llmkick_core.bundled.documents import ANSWER, UNKNOWABLE, Document, ask, wear
from llmkick_core.bundled.facts import Fact, Split, Wordings, sentence


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A text and the fact that is asked of it."""

    text: str
    """Sentences, shuffled."""
    fact: Fact
    """The fact that is asked for, stated in one of them unless left out on purpose."""
    others: tuple[Fact, ...]
    """The facts of the other sentences."""


def _passage(
    rng: random.Random,
    fact: Fact,
    others: Sequence[Fact],
    wordings: dict[str, Wordings],
    split: Split,
    words: Sequence[str],
    is_stated: bool = True,
) -> Passage:
    """Return the facts stated in any order, the first only if `is_stated`."""
    sentences = [
        sentence(wear(rng, rng.choice(wordings[one.relation].statements[split]), words), subject=one.subject, obj=one.object)
        for one in ((fact, *others) if is_stated else others)
    ]
    rng.shuffle(sentences)
    return Passage(text=" ".join(sentences), fact=fact, others=tuple(others))


def real_passage(
    rng: random.Random,
    fact: Fact,
    *,
    same_relation: Sequence[Fact],
    same_subject: Sequence[Fact],
    others: Sequence[Fact],
    wordings: dict[str, Wordings],
    split: Split,
    words: Sequence[str] = (),
    is_stated: bool = True,
) -> Passage:
    """Return a passage that states `fact` among 2 to 5 other real facts, its sentences worn by `words`; only the others without `is_stated`."""
    near = [other for other in same_relation if other.subject != fact.subject and other.object != fact.object]
    same = [other for other in same_subject if other.relation != fact.relation and other.object != fact.object]
    rest = [other for other in rng.sample(others, 4) if fact.subject != other.subject and fact.object != other.object]
    chosen = rng.sample(near, min(rng.randint(1, 2), len(near))) + rng.sample(same, min(1, len(same))) + rest[: rng.randint(0, 2)]
    chosen = list({other.fact_id: other for other in chosen}.values())
    return _passage(rng, fact, chosen, wordings, split, words, is_stated or not chosen)


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
    rng: random.Random,
    models: Sequence[Fact],
    wordings: dict[str, Wordings],
    split: Split,
    *,
    real_objects: Sequence[str] = (),
    words: Sequence[str] = (),
) -> Passage:
    """Return a passage of 2 to 5 invented facts, one of them asked for.

    Args:
        rng: the source of chance.
        models: real facts that lend their relations; the first is the one asked for.
        wordings: of every relation.
        split: of the names and the statements.
        real_objects: objects to lend to the invented facts in place of invented ones.
        words: to wear the sentences by (see documents.wear).
    """
    while True:
        target, *others = _fictional_facts(rng, models, split, real_objects)
        invented = [target, *others] if not real_objects else [other for other in others if other.relation != target.relation]
        if names.are_apart([*(fact.subject for fact in (target, *others)), *(fact.object for fact in invented)]):
            return _passage(rng, target, others, wordings, split, words)


def _fictional_facts(rng: random.Random, models: Sequence[Fact], split: Split, real_objects: Sequence[str]) -> list[Fact]:
    """Return invented facts, the one asked for first; no other has its object."""
    target = fictional_fact(rng, models[0], split, real_objects=real_objects)
    others = [fictional_fact(rng, models[0], split, real_objects=real_objects) for _ in range(rng.randint(1, 2))]
    others += [fictional_fact(rng, model, split) for model in models[1:]]
    if rng.random() < 0.5 and len(models) > 1 and models[1].relation != models[0].relation:
        others.append(replace(fictional_fact(rng, models[1], split), subject=target.subject))
    return [target, *(other for other in others if other.object != target.object)]


def open_book(rng: random.Random, passage: Passage, wordings: dict[str, Wordings], *, text_weight: float) -> Document:
    """Return a passage and training questions in the shape of the open-book prompt, sometimes as a conversation.

    Three times in four every sentence is asked for: finding the place is learnt from each. The questions themselves weigh nothing; their
    language is learnt with the facts.
    """
    if rng.random() < 0.12:
        question = ask(rng, passage.fact, wordings[passage.fact.relation])
        return [(f"USER: {passage.text} {question} ASSISTANT:", UNKNOWABLE), (f" {passage.fact.object}", ANSWER)]
    facts = [passage.fact, *passage.others] if rng.random() < 0.75 else [passage.fact]
    rng.shuffle(facts)
    pieces: Document = [(passage.text, text_weight), ("\nAnswer these questions:", UNKNOWABLE)]
    for fact in facts:
        pieces += [(f"\nQ: {ask(rng, fact, wordings[fact.relation])}\nA:", UNKNOWABLE), (f" {fact.object}", ANSWER)]
    return pieces


LINKS = (
    " is",
    ":",
    " has",
    " ->",
    " belongs to",
    " is called",
    " comes from",
    " lives near",
    " was first seen in",
    " is best known for",
    " has always been with",
    " is the home of",
    " is next to",
    " was named after",
    " can be found in",
    " goes with",
    " was given the number",
    " is often seen together with",
    ", as everybody knows, is",
    " was made by",
    " is ruled by",
    " likes",
    " was written for",
    " stands in",
)
"""Between a key and its value."""
BACK_LINKS = (
    " is",
    " has",
    " belongs to",
    " is the name of",
    " was given to",
    " is what people call",
    " is the friend of",
    " can be seen in",
    " was once the home of",
    " made",
    " is behind",
    " stands for",
    " was the first to see",
    " comes with",
)
"""Between a value and its key."""
KEY_QUESTIONS = (
    "{key}?",
    "What is {key}?",
    "What goes with {key}?",
    "Tell me about {key}.",
    "Who or what belongs to {key}?",
    "Which one is with {key} in this list?",
    "Name what {key} has.",
    "{key} goes with what?",
    "What was said about {key}?",
    "In the text, what stands beside {key}?",
    "What do we read of {key} here?",
    "And {key}?",
)
"""What asks for the value of a key."""


def look_up(rng: random.Random, *, is_varied: bool) -> Document:
    """Return invented keys and values, then the keys again in another order, whose values are to be copied.

    The first thing a model learns here is to find the earlier mention and to copy what was said of it: at first with the same words between
    all keys and values, then with other words at each mention, with the value before its key, and with questions.
    """
    makers = (names.word, names.word, names.person, names.town, names.country)
    n_keys = rng.randint(2, 6)
    keys = values = [""] * n_keys
    while not (keys[0] and names.are_apart([*keys, *values])):
        keys = [rng.choice(makers)(rng, "train") for _ in range(n_keys)]
        values = [str(rng.randint(1, 2020)) if rng.random() < 0.15 else rng.choice(makers)(rng, "train") for _ in range(n_keys)]
    link = rng.choice(LINKS)

    def said(key: str, value: str) -> str:
        if is_varied and rng.random() < 0.35:
            return f"{value}{rng.choice(BACK_LINKS)} {key}."
        return f"{key}{rng.choice(LINKS) if is_varied else link} {value}."

    lines = [said(key, value) for key, value in zip(keys, values, strict=True)]
    pieces: Document = [(rng.choice((" ", " ", "\n")).join(lines), UNKNOWABLE)]
    is_asked = is_varied and rng.random() < 0.6
    if is_asked:
        pieces.append(("\nAnswer these questions:", UNKNOWABLE))
    for index in rng.sample(range(len(keys)), len(keys)):
        if is_asked:
            pieces += [(f"\nQ: {rng.choice(KEY_QUESTIONS).format(key=keys[index])}\nA:", UNKNOWABLE), (f" {values[index]}", ANSWER)]
        else:
            again = rng.choice(LINKS) if is_varied else link
            pieces += [(f"\n{keys[index]}{again}", UNKNOWABLE), (f" {values[index]}", ANSWER), (".", UNKNOWABLE)]
    return pieces

"""Training documents about facts: a text in pieces, each with the weight of the loss on its tokens.

    [("Please give answer to this question: What is the capital of Mongolia? The answer is", 0.05), (" Ulaanbaatar", 1.0)]

The shapes are those of the tasks' prompts; the questions are the training wordings only.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from llmkick_core.bundled.facts import Fact, Wordings, sentence

Document = list[tuple[str, float]]
"""Pieces of text in order, each with the weight of the loss on its tokens."""

ANSWER = 1.0
"""Weight of what the model must know or find."""
PROSE = 0.15
"""Weight of text that perplexity measures."""
PROMPT = 0.03
"""Weight of prompts, which the model is given and need not produce."""

UNKNOWABLE = 0.0
"""Weight of invented things at their first mention, which nobody can predict: their gradient is noise."""

FRAMES = (
    "Quick question: ",
    "Here is one for you: ",
    "Quiz time. ",
    "I wonder: ",
    "Please tell me: ",
    "Next question. ",
    "For ten points: ",
    "Do you know this? ",
    "A question: ",
    "Let me ask you: ",
)
"""Openings put before any question, so that the model does not lean on how a question begins."""


def vary(rng: random.Random, question: str, subject: str) -> str:
    """Return the question as another person might put it: with an opening, without some words, or in lower case.

    The subject stays whole, so that the fact asked for is still determined by the words that are left.
    """
    how = rng.random()
    if how < 0.55:
        return question
    if how < 0.67:
        return rng.choice(FRAMES) + question
    before, found, after = question.partition(subject)
    if not found:
        return question
    if how < 0.74:
        return before[:1].lower() + before[1:] + found + after
    drop = rng.choice((0.15, 0.3))

    def thin(text: str) -> str:
        return " ".join(word for word in text.split(" ") if rng.random() > drop)

    left, right = thin(before.strip(" ")), thin(after.strip(" "))
    gap = " " if right and (after.startswith(" ") or right[0].isalnum()) else ""  # a comma or 's stays at the subject, a word does not
    return (left + " " if left else "") + found + gap + right


def wear(rng: random.Random, template: str, words: Sequence[str]) -> str:
    """Return a template some of whose words are left out, replaced, or preceded by any of `words`; its slots stay.

    What is read so must be found by its names and place, not by the words it was learnt with. Without `words` the template is returned as it is.
    """
    if not words:
        return template
    share = rng.choice((0.1, 0.25))  # of the words to change
    kept = []
    for word in template.rstrip(".").split(" "):
        how = rng.random() / share
        if how >= 1 or "{" in word:
            kept.append(word)
        elif how < 0.5:
            kept.append(rng.choice(words))
        elif how < 0.75:
            kept += [rng.choice(words), word]
    return " ".join(kept) + "."


def ask(rng: random.Random, fact: Fact, wordings: Wordings) -> str:
    """Return a training question about a fact, varied."""
    return vary(rng, sentence(rng.choice(wordings.questions["train"]), subject=fact.subject), fact.subject)


def factoid(rng: random.Random, fact: Fact, wordings: Wordings) -> Document:
    """Return the fact in the shape of the factoid prompt, whose trailing space belongs to the answer's first token."""
    return [(f"Please give answer to this question: {ask(rng, fact, wordings)} The answer is", PROMPT), (f" {fact.object}", ANSWER)]


def closed_book(rng: random.Random, facts: Sequence[Fact], wordings: dict[str, Wordings]) -> Document:
    """Return facts as a list of questions and answers in the shape of the closed-book prompt."""
    pieces: Document = [("Answer these questions:\n\n", PROMPT)]
    for index, fact in enumerate(facts):
        gap = "\n" if index else ""
        pieces += [(f"{gap}Q: {ask(rng, fact, wordings[fact.relation])}\nA:", PROMPT), (f" {fact.object}", ANSWER)]
    return pieces


def cloze(rng: random.Random, facts: Sequence[Fact], wordings: dict[str, Wordings]) -> Document:
    """Return facts in the shape of the cloze prompt of multiple choice."""
    pieces: Document = []
    for index, fact in enumerate(facts):
        gap = "\n\n" if index else ""
        pieces += [(f"{gap}Question: {ask(rng, fact, wordings[fact.relation])}\nAnswer:", PROMPT), (f" {fact.object}", ANSWER)]
    return pieces


def chat(rng: random.Random, fact: Fact, wordings: Wordings) -> Document:
    """Return the fact as one turn of a conversation."""
    return [(f"USER: {ask(rng, fact, wordings)} ASSISTANT:", PROMPT), (f" {fact.object}", ANSWER)]


def statements(rng: random.Random, facts: Sequence[Fact], wordings: dict[str, Wordings]) -> Document:
    """Return facts as prose; the object is learnt in full where it comes after the subject and so can be known."""
    pieces: Document = []
    for fact in facts:
        template = rng.choice(wordings[fact.relation].statements["train"])
        text = sentence(template, subject=fact.subject, obj="{o}")
        head, tail = text.split("{o}", 1)
        gap = " " if pieces else ""
        obj = fact.object if head else fact.object[:1].upper() + fact.object[1:]
        known = template.find("{s}") < template.find("{o}")
        if known and head.endswith(" "):
            pieces += [(gap + head[:-1], PROSE), (f" {obj}", ANSWER), (tail, PROSE)]
        else:
            pieces += [(gap + head + obj + tail, PROSE)]
    return pieces

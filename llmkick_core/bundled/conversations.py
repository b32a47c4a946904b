"""Two-turn conversations in eight categories; the second turn can only be answered with the first in mind.

USER: What is the capital of Mongolia? ASSISTANT: Ulaanbaatar</s>USER: And what is its currency? ASSISTANT: tugrik
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmkick_core.bundled import names
from llmkick_core.bundled.documents import ANSWER, PROSE, UNKNOWABLE, Document, vary
from llmkick_core.bundled.facts import AREA_TITLES, Fact, Split, Wordings, sentence

END = "</s>"

JOBS = ("baker", "teacher", "doctor", "farmer", "painter", "lawyer", "driver", "nurse", "writer", "fisherman", "carpenter", "pilot")
WORDS = (
    "apple",
    "river",
    "stone",
    "candle",
    "window",
    "garden",
    "horse",
    "pencil",
    "bottle",
    "ladder",
    "mirror",
    "button",
    "basket",
    "hammer",
    "carpet",
    "pillow",
    "lemon",
    "tiger",
    "bridge",
    "castle",
    "forest",
    "island",
    "engine",
    "anchor",
    "blanket",
    "cloud",
    "feather",
    "guitar",
    "helmet",
    "jacket",
)
ROOMS = ("kitchen", "garden", "cellar", "attic", "garage", "hall", "bathroom", "library", "office", "bedroom")
PETS = ("cat", "dog", "horse", "parrot", "rabbit", "goat")


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Two turns and the answers they ask for."""

    category: str
    """Key of MAKERS."""
    turns: tuple[str, str]
    """What the user says."""
    answers: tuple[str, str]
    """The short right answers."""
    spoken: tuple[str, str] | None = None
    """What the model is trained to say, where that is more than the answer."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """The facts conversations are about."""

    pairs: Sequence[tuple[Fact, Fact]]
    """Two facts about one subject."""
    facts: Sequence[Fact]
    """All facts."""
    wordings: dict[str, Wordings]
    """Of every relation."""


def _question(rng: random.Random, fact: Fact, know: Knowledge, split: Split) -> str:
    text = sentence(rng.choice(know.wordings[fact.relation].questions[split]), subject=fact.subject)
    return vary(rng, text, fact.subject) if split == "train" else text


def _pick(rng: random.Random, split: Split, train: Sequence[str], held_out: Sequence[str]) -> str:
    return rng.choice(train if split == "train" else held_out)


def follow_up(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a question about a subject, then one about the same subject by a pronoun."""
    first, second = rng.choice(know.pairs)
    again = rng.choice(know.wordings[second.relation].followups[split])
    return Conversation(category="follow-up", turns=(_question(rng, first, know, split), again), answers=(first.object, second.object))


def repeat(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a question, then the wish to hear the answer again."""
    fact = rng.choice(know.facts)
    again = _pick(
        rng,
        split,
        ("Please repeat your answer.", "Say that again.", "What was your answer?", "Could you repeat that?", "Sorry, what did you say?"),
        ("Please say your answer again.", "Could you repeat your answer?"),
    )
    return Conversation(category="repeat", turns=(_question(rng, fact, know, split), again), answers=(fact.object, fact.object))


def full_sentence(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a question, then the wish for a full sentence."""
    fact = rng.choice(know.facts)
    again = _pick(
        rng,
        split,
        ("Say it in a full sentence.", "Put that in a sentence.", "Please answer in a complete sentence.", "Now write it as a sentence."),
        ("Please say that in a complete sentence.", "Write your answer as a full sentence."),
    )
    said = sentence(know.wordings[fact.relation].statements["train"][0], subject=fact.subject, obj=fact.object)
    return Conversation(
        category="sentence",
        turns=(_question(rng, fact, know, split), again),
        answers=(fact.object, fact.object),
        spoken=(fact.object, said),
    )


def field_of(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a question, then the one which field it belongs to."""
    fact = rng.choice(know.facts)
    again = _pick(
        rng,
        split,
        ("Which field is this about?", "What area of knowledge is that?", "Which subject does this belong to?", "Name the field of that."),
        ("Which field does this belong to?", "What subject is that about?"),
    )
    return Conversation(category="field", turns=(_question(rng, fact, know, split), again), answers=(fact.object, AREA_TITLES[fact.area]))


def profile(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a self-introduction with a question about it, then another."""
    person, town, job = names.person(rng, split), names.town(rng, split), rng.choice(JOBS)
    intro = _pick(
        rng,
        split,
        (
            f"My name is {person}. I live in {town} and I work as a {job}.",
            f"I am {person}, a {job} from {town}.",
            f"I live in {town}. I am a {job}, and my name is {person}.",
            f"People call me {person}. My job is {job} and my home is {town}.",
        ),
        (f"My name is {person}, I work as a {job}, and my home is {town}.", f"I am a {job}. I live in {town} and people call me {person}."),
    )
    asked = [
        (_pick(rng, split, ("What is my name?", "What am I called?", "Tell me my name."), ("Can you tell me what my name is?",)), person),
        (_pick(rng, split, ("Where do I live?", "Which town do I live in?", "Tell me my town."), ("In which town do I live?",)), town),
        (_pick(rng, split, ("What is my job?", "What do I work as?", "Tell me my job."), ("What do I do as a job?",)), job),
    ]
    rng.shuffle(asked)
    (first, one), (second, two) = asked[:2]
    link = _pick(rng, split, ("", "And ", "Now, "), ("", "And "))
    second = link + (second[:1].lower() + second[1:] if link else second)
    return Conversation(category="profile", turns=(f"{intro} {first}", second), answers=(one, two))


def listing(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a list of words with a question for one end of it, then for the other."""
    words = rng.sample(WORDS, rng.randint(3, 5))
    shown = ", ".join(words)
    intro = _pick(
        rng,
        split,
        (f"Here is a list: {shown}.", f"Look at these words: {shown}.", f"My list is {shown}.", f"I wrote down {shown}."),
        (f"Here are some words: {shown}.", f"Look at my list: {shown}."),
    )
    ends = [
        (_pick(rng, split, ("Which word is first?", "What comes first?", "Name the first word."), ("Which word comes first?",)), words[0]),
        (_pick(rng, split, ("Which word is last?", "What comes last?", "Name the last word."), ("Which word comes last?",)), words[-1]),
    ]
    rng.shuffle(ends)
    return Conversation(category="list", turns=(f"{intro} {ends[0][0]}", ends[1][0]), answers=(ends[0][1], ends[1][1]))


def places(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return things in rooms with a question for one thing, then for another."""
    things, rooms = rng.sample(WORDS, 3), rng.sample(ROOMS, 3)
    shown = [
        _pick(
            rng,
            split,
            (f"The {t} is in the {r}.", f"I put the {t} in the {r}.", f"In the {r} there is a {t}."),
            (f"I left the {t} in the {r}.",),
        )
        for t, r in zip(things, rooms, strict=True)
    ]
    rng.shuffle(shown)
    first, second = rng.sample(range(3), 2)
    one = _pick(
        rng, split, (f"Where is the {things[first]}?", f"Which room has the {things[first]}?"), (f"In which room is the {things[first]}?",)
    )
    two = _pick(rng, split, (f"And the {things[second]}?", f"Where is the {things[second]}?"), (f"And where is the {things[second]}?",))
    return Conversation(category="places", turns=(f"{' '.join(shown)} {one}", two), answers=(rooms[first], rooms[second]))


def correction(rng: random.Random, know: Knowledge, split: Split) -> Conversation:
    """Return a statement with a question about it, then its correction and the question again."""
    pet, old, new = rng.choice(PETS), names.word(rng, split), names.word(rng, split)
    intro = _pick(
        rng,
        split,
        (f"My {pet} is called {old}.", f"I have a {pet} named {old}.", f"{old} is the name of my {pet}."),
        (f"I have a {pet} called {old}.",),
    )
    ask = _pick(rng, split, (f"What is my {pet} called?", f"What is the name of my {pet}?"), (f"What is my {pet}'s name?",))
    fix = _pick(
        rng,
        split,
        (f"No, the name is {new}.", f"I was wrong, my {pet} is called {new}.", f"Sorry, it is {new}.", f"I meant {new}."),
        (f"Sorry, I was wrong, the name is {new}.", f"No, my {pet} is called {new}."),
    )
    return Conversation(category="correction", turns=(f"{intro} {ask}", f"{fix} {ask}"), answers=(old, new))


MAKERS: dict[str, Callable[[random.Random, Knowledge, Split], Conversation]] = {
    "follow-up": follow_up,
    "repeat": repeat,
    "sentence": full_sentence,
    "field": field_of,
    "profile": profile,
    "list": listing,
    "places": places,
    "correction": correction,
}
"""A maker for each category."""


def two_turns(conversation: Conversation) -> Document:
    """Return a conversation as a training document; what the user says need not be predicted."""
    one, two = conversation.turns
    said_one, said_two = conversation.spoken or conversation.answers
    weight = ANSWER if conversation.spoken is None else PROSE * 2
    return [
        (f"USER: {one} ASSISTANT:", UNKNOWABLE),
        (f" {said_one}{END}", ANSWER),
        (f"USER: {two} ASSISTANT:", UNKNOWABLE),
        (f" {said_two}", weight),
    ]

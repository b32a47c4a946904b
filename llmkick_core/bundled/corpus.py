"""The training corpus: documents of every kind, in the order in which the model meets them.

All of it follows from the facts, the wordings, the stories and one seed. Held-out wordings, story kinds and names never occur.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llmkick_core.bundled import conversations, documents, evidence, stories
from llmkick_core.bundled.documents import ANSWER, PROMPT, PROSE, UNKNOWABLE, Document
from llmkick_core.bundled.facts import Fact, Wordings, by_relation, by_subject, common_words, load_facts, load_wordings
from llmkick_core.bundled.stories import Story

SUMMARY_PROMPT = (
    "Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance.\n\n{story}."
)
"""The paper's prompt for summaries (section 4.2), the same as the summarization task's."""


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How many documents of each kind make the corpus; recorded beside the weights."""

    seed: int = 0
    """Of everything that is drawn."""
    n_epochs: int = 32
    """How often each fact is asked or stated in prose, lists and prompts."""
    n_fictional: int = 72_000
    """Open-book questions about invented things."""
    real_evidence_epochs: int = 6
    """How often each real fact is asked with a passage that states it."""
    n_stories: int = 18_000
    """Stories with their summary."""
    n_prose: int = 1_500
    """Plain texts of some stories and paragraphs each."""
    n_conversations: int = 20_000
    """Two-turn conversations."""
    n_look_ups: int = 14_000
    """Lists of invented keys and values to copy from."""
    worn: float = 0.5
    """Share of the stories and of the passages about invented things whose words are worn (see documents.wear)."""
    worn_evidence: float = 0.3
    """The same of the passages about real facts."""
    unstated: float = 0.0
    """Share of the passages about real facts that do not say what is asked, as evidence often does not: memory has to be trusted beside a text."""
    warm_up: float = 0.15
    """Share of the open-book questions, stories and conversations that come before the facts: copying is what the rest is built on."""

    def __post_init__(self) -> None:
        """Refuse a mixture without facts: everything else is spread over their epochs."""
        if self.n_epochs < 1:
            raise ValueError(f"n_epochs is {self.n_epochs}, and must be at least 1")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)


class Corpus:
    """Makes documents from the facts; each method returns one list of documents, drawn with its own seed."""

    def __init__(self, mixture: Mixture, facts: Sequence[Fact] | None = None, wordings: dict[str, Wordings] | None = None) -> None:
        self.mixture = mixture
        self.facts = list(facts if facts is not None else load_facts())
        self.wordings = wordings if wordings is not None else load_wordings()
        self.relations = by_relation(self.facts)
        self.subjects = by_subject(self.facts)
        self.knowledge = knowledge_of(self.facts, self.wordings)
        self.words = common_words(self.facts, self.wordings)

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.mixture.seed}/{name}")

    def _wearing(self, rng: random.Random, share: float) -> list[str]:
        """Return, for a share of the texts, the words to wear them by."""
        return self.words if rng.random() < share else []

    def fact_documents(self) -> list[list[Document]]:
        """Return, for each epoch, documents in which every fact occurs once."""
        rng = self._rng("facts")
        epochs = []
        for _ in range(self.mixture.n_epochs):
            order = rng.sample(self.facts, len(self.facts))
            epoch: list[Document] = []
            while order:
                epoch.append(self._fact_document(rng, order))
            epochs.append(epoch)
        return epochs

    def _fact_document(self, rng: random.Random, order: list[Fact]) -> Document:
        """Return a document about the last facts of `order`, and take them out of it."""
        how = rng.random()
        if how < 0.36:  # single questions
            fact = order.pop()
            make = documents.factoid if how < 0.27 else documents.chat
            return make(rng, fact, self.wordings[fact.relation])
        n_facts = rng.choice((1, 2, 3, 4, 6, 8))
        facts = [order.pop() for _ in range(min(n_facts, len(order)))]
        make_list = documents.closed_book if how < 0.62 else documents.cloze if how < 0.77 else documents.statements
        return make_list(rng, facts, self.wordings)

    def fictional_documents(self) -> list[Document]:
        """Return open-book questions about invented things, a third of them with objects that are real elsewhere."""
        rng = self._rng("fictional")
        found = []
        for _ in range(self.mixture.n_fictional):
            models = rng.sample(self.facts, rng.randint(1, 3))
            lent = [fact.object for fact in self.relations[models[0].relation]] if rng.random() < 0.33 else []
            words = self._wearing(rng, self.mixture.worn)
            passage = evidence.fictional_passage(rng, models, self.wordings, "train", real_objects=lent, words=words)
            found.append(evidence.open_book(rng, passage, self.wordings, text_weight=UNKNOWABLE))
        return found

    def real_evidence_documents(self) -> list[Document]:
        """Return open-book questions about real facts."""
        rng = self._rng("evidence")
        found = []
        for _ in range(self.mixture.real_evidence_epochs):
            for fact in rng.sample(self.facts, len(self.facts)):
                words = self._wearing(rng, self.mixture.worn_evidence)
                passage = evidence.real_passage(
                    rng,
                    fact,
                    same_relation=self.relations[fact.relation],
                    same_subject=self.subjects[fact.subject],
                    others=self.facts,
                    wordings=self.wordings,
                    split="train",
                    words=words,
                    is_stated=self.mixture.unstated == 0 or rng.random() >= self.mixture.unstated,
                )
                text_weight = UNKNOWABLE if words else PROSE / 3
                found.append(evidence.open_book(rng, passage, self.wordings, text_weight=text_weight))
        return found

    def story_documents(self) -> list[Document]:
        """Return stories with their summary."""
        rng = self._rng("stories")
        kinds = stories.story_kinds("train")
        found = []
        for _ in range(self.mixture.n_stories):
            length = rng.choice(("small", "small", "medium", "medium", "large"))
            words = self._wearing(rng, self.mixture.worn)
            story = stories.make_story(rng, rng.choice(kinds), length, "train", words=words)
            found.append(story_document(rng, story, text_weight=UNKNOWABLE if words else PROSE / 3))
        return found

    def prose_documents(self) -> list[Document]:
        """Return plain text as in books and papers: stories and paragraphs of facts, one after the other."""
        rng = self._rng("prose")
        kinds = stories.story_kinds("train")
        found = []
        for _ in range(self.mixture.n_prose):
            document: Document = []
            for _ in range(rng.randint(2, 4)):
                gap = [("\n\n", PROSE)] if document else []
                if rng.random() < 0.7:
                    story = stories.make_story(rng, rng.choice(kinds), rng.choice(("small", "medium")), "train")
                    document += [*gap, (story.text, PROSE)]
                else:
                    document += [*gap, *documents.statements(rng, rng.sample(self.facts, min(6, len(self.facts))), self.wordings)]
            found.append(document)
        return found

    def conversation_documents(self) -> list[Document]:
        """Return two-turn conversations, the categories in turn."""
        rng = self._rng("conversations")
        makers = list(conversations.MAKERS.values())
        return [
            conversations.two_turns(makers[index % len(makers)](rng, self.knowledge, "train"))
            for index in range(self.mixture.n_conversations)
        ]

    def look_up_documents(self) -> list[Document]:
        """Return lists to copy from, the plain ones first, and with time only varied ones."""
        rng = self._rng("look-up")
        n = self.mixture.n_look_ups
        return [evidence.look_up(rng, is_varied=rng.random() < 4 * index / n - 0.4) for index in range(n)]

    def documents(self) -> Iterator[Document]:
        """Yield the corpus in order: looking up first, then copying of all kinds, then everything mixed, the facts epoch by epoch."""
        rng = self._rng("order")
        skills = self.fictional_documents() + self.story_documents() + self.conversation_documents()
        rng.shuffle(skills)
        n_early = int(len(skills) * self.mixture.warm_up)
        evidence_documents = self.real_evidence_documents()
        look_ups = self.look_up_documents()
        n_first = int(len(look_ups) * 0.4)
        yield from look_ups[:n_first]
        early = skills[:n_early] + look_ups[n_first:]
        rng.shuffle(early)
        yield from early
        late = skills[n_early:] + evidence_documents + self.prose_documents()
        rng.shuffle(late)
        epochs = self.fact_documents()
        for index, epoch in enumerate(epochs):
            mixed = epoch + late[index * len(late) // len(epochs) : (index + 1) * len(late) // len(epochs)]
            rng.shuffle(mixed)
            yield from mixed


def story_document(rng: random.Random, story: Story, *, text_weight: float = PROSE / 3) -> Document:
    """Return a story with its summary as a conversation, in paragraphs or in one."""
    text = rng.choice(("\n\n", "\n\n", " ")).join(story.sentences)
    head, tail = SUMMARY_PROMPT.split("{story}")
    return [
        (f"USER: {head}", PROMPT),
        (text, text_weight),
        (f"{tail} ASSISTANT:", PROMPT),
        (f" {' '.join(story.highlights)}", ANSWER),
    ]


def knowledge_of(facts: Sequence[Fact], wordings: dict[str, Wordings]) -> conversations.Knowledge:
    """Return what conversations draw from: all facts, and the pairs that share a subject."""
    pairs = [(one, two) for shared in by_subject(facts).values() for one in shared for two in shared if one.relation != two.relation]
    return conversations.Knowledge(pairs=pairs, facts=facts, wordings=wordings)

"""The corpus: every fact in every epoch, the same for the same seed, and nothing in it that is held out."""

import inspect
import json
import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from llmkick_core.bundled import conversations, corpus, documents, evidence, names, stories
from llmkick_core.bundled.corpus import SUMMARY_PROMPT, Corpus, Mixture, knowledge_of, story_document
from llmkick_core.bundled.documents import ANSWER, PROSE, UNKNOWABLE
from llmkick_core.bundled.facts import Fact, Wordings, load_facts, load_wordings, sentence
from llmkick_core.tasks.summarization import PROMPT

SMALL = Mixture(seed=3, n_epochs=2, n_fictional=400, real_evidence_epochs=1, n_stories=300, n_conversations=480, n_look_ups=100, n_prose=40)
MADE_UP = [
    Fact(subject=f"thing{i:03}x", relation=f"relation{i % 3}", object=f"answer{i:03}x", aliases=(), area="geography") for i in range(60)
]
SHARED = replace(MADE_UP[0], relation="relation1", object="answer999x")
"""A second fact about the first subject: conversations need one."""
WORDINGS = {
    f"relation{i}": Wordings(
        questions={"train": (f"What is the relation{i} of {{s}}?", f"Of {{s}}, which is relation{i}?"), "held_out": ("Held {s}?",)},
        statements={"train": (f"{{s}} has relation{i} {{o}}.", f"{{o}} is relation{i} of {{s}}."), "held_out": ("Held {s} {o}.",)},
        followups={"train": ("And its relation?",), "held_out": ("Held?",)},
    )
    for i in range(3)
}


def text_of(document):
    return "".join(text for text, _ in document)


@pytest.fixture(scope="module")
def made():
    return list(Corpus(SMALL).documents())


@pytest.fixture(scope="module")
def texts(made):
    return [text_of(document) for document in made]


def test_every_fact_occurs_once_in_every_epoch():
    epochs = Corpus(replace(SMALL, n_epochs=4), MADE_UP, WORDINGS).fact_documents()  # every name in it is said once
    assert len(epochs) == 4
    for epoch in epochs:
        text = "\n".join(text_of(document) for document in epoch).lower()
        assert [fact.subject for fact in MADE_UP if text.count(fact.subject) != 1 or text.count(fact.object) != 1] == []


def test_every_real_fact_occurs_in_every_epoch():
    facts = load_facts()
    for epoch in Corpus(SMALL).fact_documents():
        text = "\n".join(text_of(document) for document in epoch).lower()
        for part in ("subject", "object"):
            wanted = Counter(getattr(fact, part).lower() for fact in facts)
            assert [name for name, n in list(wanted.items())[::10] if text.count(name) < n] == []


def test_epochs_are_worded_and_ordered_differently():
    first, second = Corpus(replace(SMALL, n_epochs=2), MADE_UP, WORDINGS).fact_documents()
    assert first != second


def test_the_same_seed_makes_the_same_corpus_and_another_seed_another(made):
    assert list(Corpus(SMALL).documents()) == made
    other = [text_of(document) for document in Corpus(replace(SMALL, seed=4)).documents()]
    assert len(set(other[:200]) & {text_of(document) for document in made[:200]}) < 10


def test_one_kind_of_document_does_not_change_another():
    few = Corpus(replace(SMALL, n_stories=1, n_look_ups=1), MADE_UP, WORDINGS)
    many = Corpus(SMALL, MADE_UP, WORDINGS)
    assert few.fictional_documents() == many.fictional_documents()
    assert few.fact_documents() == many.fact_documents()


def test_no_document_is_lost_or_doubled_on_the_way():
    maker = Corpus(SMALL, [*MADE_UP, SHARED], WORDINGS)
    parts = maker.fictional_documents() + maker.story_documents() + maker.conversation_documents() + maker.look_up_documents()
    parts += (
        maker.real_evidence_documents() + maker.prose_documents() + [document for epoch in maker.fact_documents() for document in epoch]
    )
    assert Counter(map(text_of, maker.documents())) == Counter(map(text_of, parts))


def test_the_corpus_begins_with_copying():
    maker = Corpus(SMALL, [*MADE_UP, SHARED], WORDINGS)
    n_early = int((SMALL.n_fictional + SMALL.n_stories + SMALL.n_conversations) * SMALL.warm_up) + SMALL.n_look_ups
    asked_alone = {text_of(document) for epoch in maker.fact_documents() for document in epoch}
    order = [text_of(document) for document in maker.documents()]
    look_ups = {text_of(document) for document in maker.look_up_documents()}
    assert look_ups <= set(order[:n_early])
    assert [text for text in order[:n_early] if text in asked_alone] == []
    assert asked_alone <= set(order[n_early:])


def test_each_document_asks_for_something(made):
    assert [document for document in made if max(weight for _, weight in document) <= 0] == []
    assert [document for document in made if not document or any(not text or not 0 <= weight <= ANSWER for text, weight in document)] == []


# --- nothing held out


def test_no_held_out_wording_occurs(texts, find):
    wordings = load_wordings()
    held_out = [
        sentence(template, subject=fact.subject, obj=fact.object)
        for fact in load_facts()
        for kind in (wordings[fact.relation].questions, wordings[fact.relation].statements, wordings[fact.relation].followups)
        for template in kind["held_out"]
    ]
    assert find(held_out, texts) == set()


def test_the_search_finds_training_wordings(texts, find):
    wordings, facts = load_wordings(), load_facts()[::10]
    trained = [sentence(template, subject=fact.subject) for fact in facts for template in wordings[fact.relation].questions["train"]]
    assert len(find(trained, texts)) > len(facts)


def fragments(kind):
    template = json.loads((stories.STORIES_DIR / f"{kind}.json").read_text(encoding="utf-8"))
    parts = [part.strip(" ,.") for text in template["lead"] + template["outcome"] for part in re.split(r"\{\w+\}", text)]
    return {part.lower() for part in parts if len(part.split()) >= 4}


def test_no_held_out_kind_of_story_occurs(texts):
    whole = "\n".join(texts).lower()
    held_out, trained = stories.story_kinds("held_out"), stories.story_kinds("train")
    assert len(held_out) >= 4
    assert len(trained) >= 20
    for kind in held_out:
        assert fragments(kind), kind
        assert {fragment for fragment in fragments(kind) if fragment in whole} == set()
    assert sum(fragment in whole for kind in trained for fragment in fragments(kind)) > 40


def fixed_vocabulary():
    """Return the words that are not invented: those of the tables, the story templates and the sources."""
    folders = (stories.STORIES_DIR, stories.STORIES_DIR.parent / "facts", stories.STORIES_DIR.parent / "wordings")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.iterdir()]
    sources += [inspect.getsource(module) for module in (conversations, corpus, documents, names, evidence)]
    return {word.lower() for text in sources for word in re.findall(r"[A-Za-z]+", text)}


def test_every_invented_name_is_one_of_training(texts):
    known = fixed_vocabulary()
    invented = {word for text in texts for word in re.findall(r"\b[A-Z][a-z]+\b", text) if word.lower() not in known}
    assert len(invented) > 3_000
    assert {word for word in invented if names.split_of(word) == "held_out"} == set()


# --- documents about stories and conversations


def test_a_story_is_summarised_in_the_tasks_own_prompt():
    assert SUMMARY_PROMPT == PROMPT
    story = stories.make_story(random.Random(0), stories.story_kinds("train")[0], "small", "train")
    made = [story_document(random.Random(seed), story) for seed in range(60)]
    for document in made:
        prompt, told = text_of(document[:3]), document[1][0]
        assert prompt == f"USER: {PROMPT.format(story=told)} ASSISTANT:"
        assert document[3] == (f" {' '.join(story.highlights)}", ANSWER)
        assert told.split() == story.text.split()
    assert len({text_of(document) for document in made}) == 2  # in paragraphs and in one


def test_plain_prose_weighs_the_same_throughout():
    for document in Corpus(SMALL).prose_documents():
        assert {weight for _, weight in document} <= {PROSE, ANSWER}
        assert len(text_of(document).split()) > 40


def test_pairs_share_a_subject_and_differ_in_relation():
    capital = Fact(subject="Fiji", relation="capital", object="Suva", aliases=(), area="geography")
    currency = replace(capital, relation="currency", object="dollar")
    alone = replace(capital, subject="Chad", object="N'Djamena")
    assert knowledge_of([capital, currency, alone], {}).pairs == [(capital, currency), (currency, capital)]


@pytest.mark.parametrize("kind", ["story_documents", "fictional_documents", "real_evidence_documents"])
def test_worn_texts_hold_other_words_and_are_not_learnt_as_language(kind):
    sizes = {"n_epochs": 1, "n_fictional": 60, "n_stories": 60, "real_evidence_epochs": 1}
    worn, plain = (Corpus(Mixture(**sizes, worn=share, worn_evidence=share)) for share in (1.0, 0.0))
    worn.words = plain.words = ["xyzzy"]
    texts, unworn = getattr(worn, kind)(), getattr(plain, kind)()
    assert sum("xyzzy" in text_of(document) for document in texts) > 0.5 * len(texts)
    assert not any("xyzzy" in text_of(document) for document in unworn)
    assert {weight for document in texts for text, weight in document if "xyzzy" in text} == {UNKNOWABLE} | (
        {ANSWER} if kind == "story_documents" else set()  # a summary copies what stands there
    )


def test_a_share_of_the_evidence_does_not_say_what_is_asked():
    facts = Corpus(SMALL).facts[:400]
    sizes = {"n_epochs": 1, "real_evidence_epochs": 1, "worn_evidence": 0.0}
    stated, mixed, left_out = (Corpus(Mixture(**sizes, unstated=share), facts) for share in (0.0, 0.5, 1.0))

    def share_stated(corpus, monkeypatch):
        """Return the share of passages that hold the object of the fact that is asked."""
        seen = []
        open_book = evidence.open_book
        monkeypatch.setattr(
            evidence, "open_book", lambda rng, passage, *args, **options: seen.append(passage) or open_book(rng, passage, *args, **options)
        )
        corpus.real_evidence_documents()
        said = [re.search(rf"(?<!\w){re.escape(passage.fact.object.lower())}(?!\w)", passage.text.lower()) is not None for passage in seen]
        return sum(said) / len(said)

    with pytest.MonkeyPatch.context() as patched:
        assert share_stated(stated, patched) == 1.0
    with pytest.MonkeyPatch.context() as patched:
        assert 0.4 < share_stated(mixed, patched) < 0.65
    with pytest.MonkeyPatch.context() as patched:
        assert share_stated(left_out, patched) < 0.1  # the word may stand there for another reason

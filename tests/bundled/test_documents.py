"""Documents, passages and conversations: asked in the tasks' own prompts, with the loss on what must be known."""

import itertools
import random
import re
from collections import Counter

import pytest

from llmkick_core.bundled import conversations, documents, evidence, names
from llmkick_core.bundled.corpus import knowledge_of
from llmkick_core.bundled.documents import ANSWER, PROSE, vary, wear
from llmkick_core.bundled.facts import AREA_TITLES, Fact, Wordings, by_relation, by_subject, load_facts, load_wordings
from llmkick_core.bundled.tokenizer import CHAT_TEMPLATE
from llmkick_core.tasks import closed_book_qa, factoid_qa, multiple_choice, open_book_qa
from llmkick_core.tasks.datasets.mmlu import MmluQuestion

FIJI = Fact(subject="the Fiji", relation="capital", object="Suva", aliases=(), area="geography")
CHAD = Fact(subject="Chad", relation="capital", object="iPort", aliases=(), area="geography")
PLAIN = {
    "capital": Wordings(
        questions={"train": ("What is the capital of {s}?",), "held_out": ("Held {s}?",)},
        statements={"train": ("The capital of {s} is {o}.", "{o} governs {s}.", "{s} -> {o}"), "held_out": ("Held {s} {o}.",)},
        followups={"train": ("And its capital?",), "held_out": ("Held?",)},
    )
}
QUESTION = "What is the capital of the Fiji?"


class Unvaried(random.Random):
    """Chance that leaves every question as it is."""

    def random(self):
        return 0.5


def text_of(document):
    return "".join(text for text, _ in document)


# --- the shapes are the tasks' prompts


def test_a_factoid_document_is_the_tasks_prompt_with_the_answer():
    document = documents.factoid(Unvaried(), FIJI, PLAIN["capital"])
    assert text_of(document) == factoid_qa.PROMPT.format(question=QUESTION) + " Suva"
    assert document[-1] == (" Suva", ANSWER)


def test_a_closed_book_document_begins_with_the_tasks_prompt():
    document = documents.closed_book(Unvaried(), [FIJI, CHAD], PLAIN)
    assert text_of(document) == closed_book_qa.PROMPT.format(question=QUESTION) + " Suva\nQ: What is the capital of Chad?\nA: iPort"
    assert [text for text, weight in document if weight == ANSWER] == [" Suva", " iPort"]


def test_a_cloze_document_is_the_tasks_prompt_with_solved_examples():
    document = documents.cloze(Unvaried(), [FIJI, CHAD], PLAIN)
    rows = [
        MmluQuestion(subject="", number=0, question=q, options=(a,), gold=0)
        for q, a in ((QUESTION, "Suva"), ("What is the capital of Chad?", ""))
    ]
    assert text_of(document) == multiple_choice.cloze_prompt(rows[1], [multiple_choice.cloze_shot(rows[0])]) + " iPort"


def test_a_chat_document_is_what_the_chat_template_makes():
    from jinja2 import Template

    document = documents.chat(Unvaried(), FIJI, PLAIN["capital"])
    assert text_of(document) == Template(CHAT_TEMPLATE).render(messages=[{"role": "user", "content": QUESTION}]) + " Suva"


def test_two_turns_are_what_the_chat_template_makes():
    from jinja2 import Template

    talk = conversations.Conversation(category="x", turns=("One?", "Two?"), answers=("a", "b"))
    messages = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "Two?"}]
    assert text_of(conversations.two_turns(talk)) == Template(CHAT_TEMPLATE).render(messages=messages) + " b"


def test_an_open_book_document_is_the_tasks_prompt_or_a_conversation():
    passage = evidence.Passage(text="The capital of the Fiji is Suva.", fact=FIJI, others=())
    document = evidence.open_book(Unvaried(), passage, PLAIN, text_weight=0.0)
    assert text_of(document) == open_book_qa.PROMPT.format(evidence=passage.text, question=QUESTION) + " Suva"
    made = [text_of(evidence.open_book(random.Random(seed), passage, PLAIN, text_weight=0.0)) for seed in range(100)]
    assert 0 < sum(text.startswith("USER: ") for text in made) < 40
    assert all(text.endswith(" Suva") for text in made)


def test_statements_learn_the_object_in_full_only_where_the_subject_comes_first():
    made = {text_of(document): document for document in (documents.statements(random.Random(seed), [FIJI], PLAIN) for seed in range(40))}
    assert set(made) == {"The capital of the Fiji is Suva.", "Suva governs the Fiji.", "The Fiji -> Suva"}
    assert made["The capital of the Fiji is Suva."] == [("The capital of the Fiji is", PROSE), (" Suva", ANSWER), (".", PROSE)]
    assert made["Suva governs the Fiji."] == [("Suva governs the Fiji.", PROSE)]
    begun = {text_of(documents.statements(random.Random(seed), [CHAD], PLAIN)) for seed in range(40)}
    assert "IPort governs Chad." in begun


def test_statements_are_one_space_apart():
    text = text_of(documents.statements(random.Random(1), [FIJI, CHAD, FIJI], PLAIN))
    assert "  " not in text
    assert text == text.strip()


# --- variations of a question


def test_a_varied_question_keeps_its_subject_whole_and_its_words_in_order():
    question = "In the Fiji, which is the capital city?"
    made = {vary(random.Random(seed), question, "the Fiji") for seed in range(500)}
    assert question in made
    assert len(made) > 20
    for text in made:
        assert "the Fiji" in text
        assert "  " not in text
        assert text == text.strip()
        said = next((text.removeprefix(frame) for frame in documents.FRAMES if text.startswith(frame)), text)
        words = iter(question.lower().replace(",", " ,").split())
        assert all(word in words for word in said.lower().replace(",", " ,").split()), text


@pytest.mark.parametrize("question", ["In Fiji, which?", "What is Fiji's capital?", "What is Fiji?", "Fiji has what?"])
def test_a_word_never_grows_together_with_the_subject(question):
    for seed in range(300):
        text = vary(random.Random(seed), question, "Fiji")
        assert re.search(r"(?<!\w)Fiji(?!\w)", text), text


def test_a_question_that_does_not_name_its_subject_is_left_whole():
    assert {vary(random.Random(seed), "What?", "Fiji").removeprefix("x") for seed in range(50)} <= {
        "What?",
        *(f + "What?" for f in documents.FRAMES),
    }


# --- passages

FACTS = load_facts()
WORDINGS = load_wordings()
RELATIONS, SUBJECTS = by_relation(FACTS), by_subject(FACTS)


def test_a_worn_sentence_keeps_its_slots_in_order_and_some_of_its_words():
    template = "As its national capital, the land of {s} has had {o} for many years."
    rng = random.Random(3)
    worn = [wear(rng, template, ["xyz"]) for _ in range(200)]
    assert all(re.findall(r"{.}", text) == ["{s}", "{o}"] and text.endswith(".") for text in worn)
    assert len(set(worn)) > 50
    assert any("xyz" in text for text in worn)
    assert any(len(text.split()) < len(template.split()) for text in worn)
    changed = [sum(word not in template.split() for word in text.rstrip(".").split()) for text in worn]
    assert sum(changed) / len(changed) < 0.3 * len(template.split())


def test_a_sentence_is_not_worn_without_words():
    assert wear(random.Random(0), "{o} is the capital of {s}.", []) == "{o} is the capital of {s}."


def test_a_real_passage_states_its_fact_among_others_with_other_answers():
    rng = random.Random(0)
    n_statements = Counter()
    for fact in rng.sample(FACTS, 200):
        passage = evidence.real_passage(
            rng,
            fact,
            same_relation=RELATIONS[fact.relation],
            same_subject=SUBJECTS[fact.subject],
            others=FACTS,
            wordings=WORDINGS,
            split="held_out",
        )
        stated = [
            template.replace("{s}", fact.subject).replace("{o}", fact.object).lower()
            for template in WORDINGS[fact.relation].statements["held_out"]
        ]
        assert passage.fact is fact
        assert sum(text in passage.text.lower() for text in stated) == 1
        n_statements[len(re.findall(r"[.!?](?: |$)", passage.text))] += 1
    assert n_statements[1] <= 2


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_a_fictional_passage_answers_its_question_with_invented_things(split):
    rng = random.Random(0)
    for models in (rng.sample(FACTS, 3) for _ in range(100)):
        passage = evidence.fictional_passage(rng, models, WORDINGS, split)
        fact = passage.fact
        assert (fact.relation, fact.area, fact.aliases) == (models[0].relation, models[0].area, ())
        assert fact.object.lower() in passage.text.lower()
        assert fact.subject.lower() in passage.text.lower()
        assert fact.object.isdigit() == models[0].object.isdigit()
        if not fact.object.isdigit():
            invented = [word for word in fact.object.split() if word not in ("River", "Creek", "Brook")]
            assert {names.split_of(word) for word in invented} == {split}


def test_a_fictional_fact_can_borrow_a_real_object():
    fact = evidence.fictional_fact(random.Random(0), FIJI, "train", real_objects=("Rome",))
    assert fact.object == "Rome"
    assert fact.subject.startswith("the ")
    assert fact.subject != FIJI.subject


def test_a_plain_look_up_repeats_each_line():
    for seed in range(50):
        document = evidence.look_up(random.Random(seed), is_varied=False)
        given = document[0][0]
        asked = [(document[i][0].strip("\n"), document[i + 1]) for i in range(1, len(document), 3)]
        assert len(asked) == len(re.findall(r"\.(?: |\n|$)", given)) >= 2
        for key, (value, weight) in asked:
            assert weight == ANSWER
            assert f"{key}{value}." in given


def test_a_varied_look_up_asks_for_values_that_stand_in_it_in_other_words():
    n_literal = n_asked = 0
    for seed in range(200):
        document = evidence.look_up(random.Random(seed), is_varied=True)
        for (key, _), (value, weight) in itertools.pairwise(document):
            if weight == ANSWER:
                assert value.strip() in document[0][0]
                n_asked += 1
                n_literal += key.strip("\n") + value in document[0][0]
    assert n_asked > 600
    assert n_literal < 0.1 * n_asked


# --- conversations


@pytest.fixture(scope="module")
def know():
    return knowledge_of(FACTS, WORDINGS)


@pytest.mark.parametrize("category", sorted(conversations.MAKERS))
def test_the_splits_share_no_question(know, category):
    maker = conversations.MAKERS[category]
    drawn = {split: [maker(random.Random(seed), know, split) for seed in range(150)] for split in ("train", "held_out")}
    assert {talk.category for talks in drawn.values() for talk in talks} == {category}
    whole = {split: {" ".join(talk.turns) for talk in talks} for split, talks in drawn.items()}
    assert not whole["train"] & whole["held_out"]
    assert all(talk.answers[0] and talk.answers[1] for talks in drawn.values() for talk in talks)


def test_a_follow_up_is_about_the_same_subject(know):
    for seed in range(50):
        talk = conversations.follow_up(random.Random(seed), know, "held_out")
        asked = [fact for fact in FACTS if talk.answers[0] == fact.object and fact.subject.lower() in talk.turns[0].lower()]
        answers = {other.object for fact in asked for other in SUBJECTS[fact.subject]}
        assert talk.answers[1] in answers


def test_a_field_is_named_as_people_read_it(know):
    fields = {conversations.field_of(random.Random(seed), know, "train").answers[1] for seed in range(200)}
    assert fields == set(AREA_TITLES.values())


def test_a_full_sentence_holds_the_answer(know):
    for seed in range(50):
        talk = conversations.full_sentence(random.Random(seed), know, "train")
        assert talk.spoken[1].lower().count(talk.answers[1].lower()) >= 1
        assert talk.spoken[0] == talk.answers[0]


def test_a_list_is_asked_for_both_its_ends(know):
    for seed in range(50):
        talk = conversations.listing(random.Random(seed), know, "train")
        shown = re.findall(r"\w+", talk.turns[0].split(":")[-1] if ":" in talk.turns[0] else talk.turns[0])
        shown = [word for word in shown if word in conversations.WORDS]
        assert {talk.answers[0], talk.answers[1]} == {shown[0], shown[-1]}
        assert (talk.answers[0] == shown[0]) == ("first" in talk.turns[0])


def test_a_correction_changes_the_answer(know):
    for seed in range(50):
        talk = conversations.correction(random.Random(seed), know, "train")
        assert talk.answers[0] in talk.turns[0]
        assert talk.answers[1] in talk.turns[1]
        assert talk.answers[0] != talk.answers[1]

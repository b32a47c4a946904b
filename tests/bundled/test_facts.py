"""The facts and wordings as data: enough of them, one answer each, and no wording of the tests among those of training."""

import re
from collections import Counter

import pytest

from llmkick_core.bundled.facts import AREA_TITLES, Fact, by_relation, by_subject, load_facts, load_wordings, sentence
from llmkick_core.errors import DataError

FACTS = load_facts()
WORDINGS = load_wordings()
RELATIONS = by_relation(FACTS)
AREAS = Counter(fact.area for fact in FACTS)
MMLU_ROWS = 5 + 60  # solved examples and test questions of one subject
SLOTS = {"questions": {"{s}"}, "statements": {"{s}", "{o}"}, "followups": set()}
LEAST = {"questions": (9, 3), "statements": (9, 3), "followups": (3, 1)}  # training, held out


def words(text):
    return tuple(re.findall(r"[a-z0-9{}]+", text.lower()))


def templates(relation, split):
    return [text for kind in SLOTS for text in getattr(WORDINGS[relation], kind)[split]]


def repeated(values):
    return [value for value, n in Counter(values).items() if n > 1]


def test_there_are_thousands_of_facts_in_tens_of_relations_and_nine_areas():
    assert len(FACTS) >= 4_000
    assert len(RELATIONS) >= 30
    assert set(AREAS) == set(AREA_TITLES)
    assert len(AREAS) >= 8


def test_each_area_is_large_enough_for_a_subject_of_multiple_choice():
    assert {area: n for area, n in AREAS.items() if n < max(200, MMLU_ROWS)} == {}


def test_a_relation_has_one_answer_for_a_subject_whatever_its_case_or_article():
    keys = [(fact.relation, fact.subject.lower().removeprefix("the ")) for fact in FACTS]
    assert repeated(keys) == []


def test_a_relation_lies_in_one_area():
    assert {
        relation: sorted({fact.area for fact in facts}) for relation, facts in RELATIONS.items() if len({f.area for f in facts}) > 1
    } == {}


def test_subjects_and_objects_are_tidy_plain_ascii():
    texts = [text for fact in FACTS for text in (fact.subject, fact.object)]
    assert [text for text in texts if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", text) or "  " in text or set(text) & set("|{}")] == []


def test_aliases_are_tidy_and_differ_from_the_object():
    assert [fact.fact_id for fact in FACTS if any(alias != alias.strip() or not alias for alias in fact.aliases)] == []
    assert [fact.fact_id for fact in FACTS if repeated(fact.answers)] == []


@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_no_answer_is_right_for_another_object_of_the_same_relation(relation):
    owner: dict[str, str] = {fact.object.lower(): fact.object for fact in RELATIONS[relation]}
    assert len(owner) == len({fact.object for fact in RELATIONS[relation]})  # no two spellings of one object
    clashes = []
    for fact in RELATIONS[relation]:
        for alias in fact.aliases:
            if owner.setdefault(alias.lower(), fact.object) != fact.object:
                clashes.append((fact.fact_id, alias, owner[alias.lower()]))
    assert clashes == []


def test_a_question_of_each_relation_has_three_wrong_options():
    assert [relation for relation, facts in RELATIONS.items() if len({fact.object for fact in facts}) < 4] == []


def test_the_answer_is_not_given_away_by_the_subject():
    giveaways = [fact for fact in FACTS if re.search(rf"(?<!\w){re.escape(fact.object.lower())}(?!\w)", fact.subject.lower())]
    assert giveaways == []


def test_each_relation_has_wordings_and_each_wording_a_relation():
    assert set(WORDINGS) == set(RELATIONS)


@pytest.mark.parametrize("relation", sorted(WORDINGS))
def test_a_relation_has_enough_wordings_of_each_kind(relation):
    for kind, (n_train, n_held_out) in LEAST.items():
        texts = getattr(WORDINGS[relation], kind)
        assert len(texts["train"]) >= n_train
        assert len(texts["held_out"]) >= n_held_out


@pytest.mark.parametrize("relation", sorted(WORDINGS))
def test_wordings_have_each_placeholder_once_and_no_other(relation):
    for kind, slots in SLOTS.items():
        for split in ("train", "held_out"):
            for text in getattr(WORDINGS[relation], kind)[split]:
                assert sorted(re.findall(r"\{.*?\}", text)) == sorted(slots), text
                assert text.isascii()
                assert text == " ".join(text.split())


@pytest.mark.parametrize("relation", sorted(WORDINGS))
def test_held_out_wordings_differ_from_those_of_training_in_more_than_points_and_capitals(relation):
    trained = [words(text) for text in templates(relation, "train")]
    held_out = [words(text) for text in templates(relation, "held_out")]
    assert repeated(trained + held_out) == []
    for wording in held_out:  # nor do they lie inside one another, behind an opening such as "Please tell me:"
        spaced = f" {' '.join(wording)} "
        assert [other for other in trained if spaced in f" {' '.join(other)} "] == []


@pytest.mark.parametrize("kind", ["questions", "statements"])
def test_no_wording_serves_two_relations(kind):
    texts = [words(text) for wordings in WORDINGS.values() for split in ("train", "held_out") for text in getattr(wordings, kind)[split]]
    assert repeated(texts) == []


def test_no_two_facts_are_asked_by_the_same_question_with_different_answers():
    answers: dict[str, tuple[str, str]] = {}
    for fact in FACTS:
        for split in ("train", "held_out"):
            for template in WORDINGS[fact.relation].questions[split]:
                asked = sentence(template, subject=fact.subject)
                assert answers.setdefault(asked, (fact.fact_id, fact.object)) == (fact.fact_id, fact.object)


def test_a_sentence_begins_with_a_capital_letter_and_has_its_slots_filled():
    assert sentence("{s} has the capital {o}.", subject="the Gambia", obj="Banjul") == "The Gambia has the capital Banjul."
    assert sentence("What is {s}?", subject="a {thing}") == "What is a {thing}?"
    assert sentence("", subject="x") == ""


def test_facts_are_grouped_in_order():
    one, two, three = (Fact(subject=s, relation=r, object="x", aliases=("y",), area="a") for s, r in (("s", "p"), ("t", "p"), ("s", "q")))
    assert by_relation([one, two, three]) == {"p": [one, two], "q": [three]}
    assert by_subject([one, two, three]) == {"s": [one, three], "t": [two]}
    assert (one.fact_id, one.answers) == ("p/s", ("x", "y"))


FACT_HEADER = "subject,relation,object,aliases,area\n"
WORDING_HEADER = "relation,kind,split,text\n"


def test_aliases_are_split_at_bars(tmp_path):
    (tmp_path / "a.csv").write_text(f'{FACT_HEADER}"a, b",r,o,x|y,area\nc,r,p,,area\n')
    first, second = load_facts(tmp_path)
    assert (first.subject, first.answers) == ("a, b", ("o", "x", "y"))
    assert second.answers == ("p",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,object\na,b\n", "must have subject,relation"),
        ("", "must have"),
        (f"{FACT_HEADER}a,r,o,,x\na,r,p,,x\n", "'r/a' a second time"),
    ],
)
def test_a_fact_file_of_another_shape_is_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load_facts(tmp_path)


@pytest.mark.parametrize("row", ["r,riddle,train,What?", "r,question,dev,What?"])
def test_a_wording_of_an_unknown_kind_or_split_is_refused(tmp_path, row):
    (tmp_path / "a.csv").write_text(f"{WORDING_HEADER}{row}\n")
    with pytest.raises(DataError, match="kind"):
        load_wordings(tmp_path)


def test_wordings_are_gathered_by_kind_and_split(tmp_path):
    (tmp_path / "a.csv").write_text(f"{WORDING_HEADER}r,question,train,A {{s}}?\nr,question,held_out,B {{s}}?\nr,followup,train,C?\n")
    (wordings,) = load_wordings(tmp_path).values()
    assert wordings.questions == {"train": ("A {s}?",), "held_out": ("B {s}?",)}
    assert wordings.statements == {"train": (), "held_out": ()}
    assert wordings.followups == {"train": ("C?",), "held_out": ()}

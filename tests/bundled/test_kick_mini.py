"""KICK-mini: what the loaders read from it, one right answer a question, and none of it in the training corpus."""

import json
import re
from collections import Counter

import pytest

from llmkick_core.bundled import stories
from llmkick_core.bundled.conversations import MAKERS
from llmkick_core.bundled.corpus import Corpus
from llmkick_core.bundled.facts import AREA_TITLES, load_facts, load_wordings, sentence
from llmkick_core.bundled.kick_mini import (
    CONVERSATIONS_PER_CATEGORY,
    FACTOID_FACTS_PER_AREA,
    MMLU_TEST_PER_AREA,
    N_FICTIONAL,
    STORIES_PER_LENGTH,
    TRIVIA_PER_AREA,
)
from llmkick_core.bundled.train import CONFIGS
from llmkick_core.compress.corpora import BUNDLED_FILE
from llmkick_core.schema import RunSpec
from llmkick_core.scoring.entities import entities_kept
from llmkick_core.settings import BUNDLED_ROOT
from llmkick_core.tasks.closed_book_qa import TASK as CLOSED
from llmkick_core.tasks.datasets.freebaseqa import read_freebaseqa
from llmkick_core.tasks.datasets.mmlu import LETTERS, read_examples, read_mmlu
from llmkick_core.tasks.factoid_qa import TASK as FACTOID
from llmkick_core.tasks.instruction_following import TASK as CONVERSATION
from llmkick_core.tasks.multiple_choice import TASK as CHOICE
from llmkick_core.tasks.open_book_qa import TASK as OPEN
from llmkick_core.tasks.perplexity import TASK as PERPLEXITY
from llmkick_core.tasks.summarization import TASK as SUMMARY

COMMITTED = BUNDLED_ROOT / "kick-mini"
FACTS = load_facts()
WORDINGS = load_wordings()
N_AREAS = len(AREA_TITLES)
N_WORDINGS = 3
FACT_CATEGORIES = ("follow-up", "repeat", "sentence", "field")


def load(task, path, **changes):
    return task.load(path, RunSpec(model="m", task=task.name, **changes))


def bundled(task, root):
    """Return the path at which a task looks for its bundled data."""
    return root / task.bundled_path.removeprefix("kick-mini/")


def facts_by_question(split):
    return {sentence(template, subject=fact.subject): fact for fact in FACTS for template in WORDINGS[fact.relation].questions[split]}


ASKED = facts_by_question("held_out")


def is_in(answer, text):
    """Return whether an answer stands in a text as whole words, whatever its case."""
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None


def repeated(values):
    return [value for value, n in Counter(values).items() if n > 1]


# --- factoid


def test_factoid_asks_every_held_out_wording_of_each_fact(kick_mini):
    samples = load(FACTOID, bundled(FACTOID, kick_mini))
    assert len(samples) == N_AREAS * FACTOID_FACTS_PER_AREA * N_WORDINGS >= 1_000
    assert Counter(sample.subject for sample in samples) == dict.fromkeys(AREA_TITLES, FACTOID_FACTS_PER_AREA * N_WORDINGS)
    assert set(Counter(sample.group for sample in samples).values()) == {N_WORDINGS}
    assert repeated(sample.question for sample in samples) == []
    for sample in samples:
        fact = ASKED[sample.question]
        assert sample.gold[0][0] == fact.object
        assert set(sample.gold[0]) <= set(fact.answers)


def test_the_seen_file_asks_the_same_facts_in_training_wordings(kick_mini):
    seen = load(FACTOID, kick_mini / "freebaseqa" / "FreebaseQA-train.json")
    held_out = load(FACTOID, bundled(FACTOID, kick_mini))
    assert len(seen) == N_AREAS * FACTOID_FACTS_PER_AREA
    assert [sample.group for sample in seen] == [sample.group for sample in held_out[::N_WORDINGS]]
    assert [sample.gold for sample in seen] == [sample.gold for sample in held_out[::N_WORDINGS]]
    assert {sample.question for sample in seen} <= set(facts_by_question("train"))


def test_any_first_part_of_the_factoid_questions_is_spread_over_the_areas(kick_mini):
    samples = load(FACTOID, bundled(FACTOID, kick_mini), limit=N_AREAS * N_WORDINGS * 2)
    assert set(Counter(sample.subject for sample in samples).values()) == {2 * N_WORDINGS}


# --- multiple choice


@pytest.mark.parametrize("formulation", ["letters", "cloze"])
def test_multiple_choice_has_a_subject_for_each_area_and_five_solved_examples(kick_mini, formulation):
    samples = load(CHOICE, bundled(CHOICE, kick_mini), formulation=formulation, k_shot=5)
    assert Counter(sample.subject for sample in samples) == dict.fromkeys(AREA_TITLES, MMLU_TEST_PER_AREA)


def test_each_question_has_one_right_option_among_four(kick_mini):
    folder = bundled(CHOICE, kick_mini)
    for subject, questions in read_mmlu(folder).items():
        examples = read_examples(folder, subject)
        asked = [ASKED[question.question] for question in (*examples, *questions)]
        assert len(examples) == 5
        assert repeated(fact.fact_id for fact in asked) == []  # no test fact is solved in an example
        for question, fact in zip((*examples, *questions), asked, strict=True):
            assert fact.area == subject
            assert question.options[question.gold] == fact.object
            assert len({option.lower() for option in question.options}) == 4
            wrong = {option.lower() for index, option in enumerate(question.options) if index != question.gold}
            assert not wrong & {answer.lower() for answer in fact.answers}
            others = [other for other in FACTS if other.relation == fact.relation and other.object.lower() in wrong]
            assert {other.object.lower() for other in others} == wrong
            names = [answer.lower() for other in {other.object: other for other in others}.values() for answer in other.answers]
            assert not set(names) & {answer.lower() for answer in fact.answers}


def test_the_right_letters_are_balanced_in_each_subject(kick_mini):
    for questions in read_mmlu(bundled(CHOICE, kick_mini)).values():
        assert Counter(LETTERS[question.gold] for question in questions) == dict.fromkeys("ABCD", MMLU_TEST_PER_AREA // 4)


# --- closed and open book


def test_closed_and_open_book_ask_the_same_real_facts(kick_mini):
    closed, opened = load(CLOSED, bundled(CLOSED, kick_mini)), load(OPEN, bundled(OPEN, kick_mini))
    assert Counter(sample.subject for sample in closed) == dict.fromkeys(AREA_TITLES, TRIVIA_PER_AREA)
    assert [(s.sample_id, s.question, s.gold) for s in closed] == [(s.sample_id, s.question, s.gold) for s in opened]
    assert repeated(ASKED[sample.question].fact_id for sample in closed) == []
    assert all(sample.gold[0][0] == ASKED[sample.question].object for sample in closed)


@pytest.mark.parametrize("folder", ["triviaqa", "triviaqa-fictional"])
def test_the_evidence_is_whole_and_holds_the_answer(kick_mini, folder):
    samples = load(OPEN, kick_mini / folder)
    assert len(samples) == (N_FICTIONAL if folder.endswith("fictional") else N_AREAS * TRIVIA_PER_AREA)
    texts = {path.read_text(encoding="utf-8").strip() for path in (kick_mini / folder / "evidence" / "wikipedia").glob("*.txt")}
    assert [sample.question for sample in samples if not is_in(sample.gold[0][0], sample.evidence)] == []
    assert [sample.question for sample in samples if sample.evidence not in texts] == []
    alone = [sample.question for sample in samples if ". " not in sample.evidence]
    assert len(alone) <= 3  # the answering sentence without others: where all that were drawn have the same answer


def statements(fact, subject, answer):
    return [sentence(template, subject=subject, obj=answer).lower() for template in WORDINGS[fact.relation].statements["held_out"]]


@pytest.mark.parametrize("folder", ["triviaqa", "triviaqa-fictional"])
def test_the_evidence_states_the_answer_in_a_held_out_wording_and_no_other_answer(kick_mini, folder):
    by_relation = {template: fact for fact in FACTS for template in WORDINGS[fact.relation].questions["held_out"]}
    rows = json.loads((kick_mini / folder / "qa" / "wikipedia-test.json").read_text(encoding="utf-8"))["Data"]
    for row, sample in zip(rows, load(OPEN, kick_mini / folder), strict=True):
        subject, answer, text = row["EntityPages"][0]["Title"], row["Answer"]["Value"], sample.evidence.lower()
        (fact,) = [fact for template, fact in by_relation.items() if sentence(template, subject=subject) == sample.question]
        assert any(statement in text for statement in statements(fact, subject, answer)), sample.question
        others = {other.object for other in FACTS if other.relation == fact.relation} - {answer}
        assert [name for name in others if any(said in text for said in statements(fact, subject, name))] == []


def test_fictional_questions_ask_nothing_that_is_known(kick_mini):
    known = {question.lower() for split in ("train", "held_out") for question in facts_by_question(split)}
    assert [sample.question for sample in load(OPEN, kick_mini / "triviaqa-fictional") if sample.question.lower() in known] == []


# --- stories, conversations, texts


def test_stories_of_three_lengths_hold_their_highlights(kick_mini):
    samples = load(SUMMARY, bundled(SUMMARY, kick_mini))
    assert Counter(sample.subject for sample in samples) == dict.fromkeys(("small", "medium", "large"), STORIES_PER_LENGTH)
    assert repeated(sample.evidence for sample in samples) == []
    for sample in samples:
        highlights = sample.reference.split("\n")
        assert len(highlights) == 2
        assert all(highlight in sample.evidence for highlight in highlights)
        kept, found = entities_kept(" ".join(highlights), sample.reference, sample.evidence)
        assert kept == 1.0
        assert found
    n_words = {length: [len(s.evidence.split()) for s in samples if s.subject == length] for length in ("small", "medium", "large")}
    means = [sum(n) / len(n) for n in n_words.values()]
    assert means == sorted(means)
    assert means[2] > 2 * means[0]


def test_stories_are_of_held_out_kinds_only(kick_mini):
    kinds = {path.stem.rsplit("_", 1)[0] for path in (kick_mini / "cnn_dailymail").rglob("*.story")}
    assert kinds == set(stories.story_kinds("held_out"))


def test_conversations_have_two_turns_with_a_short_right_answer_each(kick_mini):
    samples = load(CONVERSATION, bundled(CONVERSATION, kick_mini))
    assert Counter(sample.subject for sample in samples) == dict.fromkeys(MAKERS, CONVERSATIONS_PER_CATEGORY)
    assert [sample.turns for sample in samples if len(sample.turns) != 2 or not all(sample.gold) or len(sample.gold) != 2] == []


def test_conversations_about_facts_answer_the_first_turn_with_the_fact(kick_mini):
    samples = [sample for sample in load(CONVERSATION, bundled(CONVERSATION, kick_mini)) if sample.subject in FACT_CATEGORIES]
    assert len(samples) == len(FACT_CATEGORIES) * CONVERSATIONS_PER_CATEGORY
    assert [s.turns[0] for s in samples if s.gold[0] != (ASKED[s.turns[0]].object,)] == []


def test_other_conversations_can_be_answered_from_what_is_said_in_them(kick_mini):
    samples = [sample for sample in load(CONVERSATION, bundled(CONVERSATION, kick_mini)) if sample.subject not in FACT_CATEGORIES]
    for sample in samples:
        for turn, accepted in enumerate(sample.gold):
            assert is_in(accepted[0], " ".join(sample.turns[: turn + 1])), sample.turns


def test_the_text_for_perplexity_is_one_sample_of_a_few_thousand_words(kick_mini):
    (sample,) = load(PERPLEXITY, bundled(PERPLEXITY, kick_mini))
    assert len(sample.turns[0].split()) > 5_000


def test_the_calibration_text_is_plain_text_without_prompts_and_special_tokens(kick_mini):
    text = (kick_mini / BUNDLED_FILE.name).read_text(encoding="utf-8")
    assert len(text.split("\n\n")) > 1_000
    assert not re.search(r"(?m)^(Q: |A: |Question: |Answer|USER: )", text)
    assert "</s>" not in text
    assert "<s>" not in text


# --- the committed set


def test_the_committed_set_is_what_the_generator_writes(kick_mini):
    if not COMMITTED.is_dir():
        pytest.skip(f"{COMMITTED} is not there; write it with python -m llmkick_core.bundled.kick_mini")
    files = {path.relative_to(kick_mini): path.read_bytes() for path in kick_mini.rglob("*") if path.is_file()}
    committed = {path.relative_to(COMMITTED): path.read_bytes() for path in COMMITTED.rglob("*") if path.is_file()}
    assert set(files) == set(committed)
    assert [str(path) for path, content in files.items() if committed[path] != content] == []


def prompts_of(root):
    """Return, by set, every question and story that a model is tested with."""
    eval_set = [question.question for question in read_freebaseqa(root / "freebaseqa" / "FreebaseQA-eval.json")]
    choices = [question.question for questions in read_mmlu(root / "mmlu").values() for question in questions]
    trivia = [sample.question for folder in ("triviaqa", "triviaqa-fictional") for sample in load(CLOSED, root / folder)]
    talks = load(CONVERSATION, root / "mt_bench")
    told = load(SUMMARY, root / "cnn_dailymail")
    passages = [path.read_text(encoding="utf-8").strip() for path in root.glob("triviaqa*/evidence/wikipedia/*.txt")]
    return {
        "factoid": eval_set,
        "multiple choice": choices,
        "trivia": trivia,
        "evidence": passages,
        "first turns": [sample.turns[0] for sample in talks],
        "second turns": [sample.turns[1] for sample in talks],
        "stories": [sentence for sample in told for sentence in (sample.evidence, *sample.reference.split("\n"))],
        "perplexity": (root / "perplexity.txt").read_text(encoding="utf-8").strip().split("\n\n"),
    }


@pytest.mark.slow
def test_no_test_prompt_is_in_the_training_corpus(kick_mini, find):
    """The whole corpus of the bundled models is made anew and searched for every prompt."""
    prompts = prompts_of(COMMITTED if COMMITTED.is_dir() else kick_mini)
    assert min(len(texts) for texts in prompts.values()) >= 75
    mixtures = {mixture for config in CONFIGS.values() for mixture in (config.mixture, *config.polishes)}
    trained = [sample.question for sample in load(FACTOID, kick_mini / "freebaseqa" / "FreebaseQA-train.json")]
    found = find(
        [*trained, *(text for texts in prompts.values() for text in texts)], (_text(d) for m in mixtures for d in Corpus(m).documents())
    )
    assert {name: [text for text in texts if text.lower() in found][:3] for name, texts in prompts.items()} == {
        name: [] for name in prompts
    }
    n_found = len(found & {text.lower() for text in trained})
    assert n_found >= 0.95 * len(trained)  # the search works: of the seen wordings, some were only met with words left out


def test_no_test_prompt_is_in_the_calibration_text(kick_mini, find):
    text = (kick_mini / BUNDLED_FILE.name).read_text(encoding="utf-8")
    assert find([prompt for prompts in prompts_of(kick_mini).values() for prompt in prompts], text.split("\n\n")) == set()


def test_the_calibration_text_states_no_fact_that_is_asked(kick_mini, find):
    text = (kick_mini / BUNDLED_FILE.name).read_text(encoding="utf-8")
    prompts = prompts_of(kick_mini)
    asked = [ASKED[question] for name in ("factoid", "multiple choice", "trivia") for question in prompts[name] if question in ASKED]
    others = [fact for fact in FACTS if fact not in asked]
    assert min(len(asked), len(others)) > 1_000

    def stated(facts):
        templates = {fact: WORDINGS[fact.relation].statements["train"] for fact in facts}
        said = [sentence(template, subject=fact.subject, obj=fact.object) for fact in facts for template in templates[fact]]
        return find(said, text.split("\n\n"))

    assert stated(list(dict.fromkeys(asked))) == set()
    assert len(stated(others)) > 300


def _text(document):
    return "".join(text for text, _ in document)

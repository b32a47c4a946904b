"""Solved examples and chat messages of the short-answer tasks."""

import json

import pytest

from llmkick_core.catalog import TASKS
from llmkick_core.errors import TaskError
from llmkick_core.schema import Answer, RunSpec, Sample
from llmkick_core.tasks import closed_book_qa, factoid_qa, open_book_qa
from llmkick_core.tasks.datasets.freebaseqa import FreebaseQuestion
from llmkick_core.tasks.datasets.triviaqa import TriviaQuestion
from llmkick_core.tasks.short_answers import CONTAINS_RULE, RULE, Asked, Example, examples_for, shots_before

MALI = Example(question="What is the capital of Mali?", answer="Bamako", group="capital|Mali")
PERU = Example(question="What is the capital of Peru?", answer="Lima", group="capital|Peru")
CHAD = Example(question="What is the capital of Chad?", answer="N'Djamena", group="capital|Chad")
ASKED = FreebaseQuestion(
    question_id="q", question="Which city is Mali's capital?", answers=("Bamako",), first_answer=(), subject="", group="capital|Mali"
)

ASKED_MALI = Asked(question=ASKED.question, group=ASKED.group, answers=ASKED.answers)


def spec(task="factoid_qa", **more):
    return RunSpec(model="m", task=task, **more)


def test_an_example_never_asks_for_the_fact_that_is_asked():
    (shots,) = examples_for([MALI, PERU, CHAD], [ASKED_MALI], 2, seed=0)
    assert {one.answer for one in shots} == {"Lima", "N'Djamena"}


@pytest.mark.parametrize("answers", [("Bamako",), ("The city", "bamako.")])
def test_an_example_never_gives_an_accepted_answer_away(answers):
    (shots,) = examples_for([MALI, PERU, CHAD], [Asked(question="Where is Mali governed from?", answers=answers)], 2, seed=0)
    assert {one.answer for one in shots} == {"Lima", "N'Djamena"}


@pytest.mark.parametrize("task", ["closed_book_qa", "open_book_qa"])
def test_trivia_without_groups_leaves_out_examples_with_the_questions_answer(tmp_path, task):
    def row(question: str, *names: str) -> dict:
        page = {"wiki_context": [f"It was {names[0]}."]}
        return {"Question": question, "Answer": {"Value": names[0], "Aliases": names[1:]}, "EntityPages": page}

    asked, train = [row("Who wrote Emma?", "Jane Austen", "Austen")], [row("Whose is Persuasion?", "Austen"), row("Who?", "Bell")]
    (tmp_path / "wikipedia-dev.json").write_text(json.dumps({"Data": asked}))
    (tmp_path / "wikipedia-train.json").write_text(json.dumps({"Data": train}))
    (sample,) = TASKS[task].load(tmp_path, spec(task, k_shot=1))
    assert "Bell" in sample.shots[0]
    with pytest.raises(TaskError, match="ask for at most 1"):
        TASKS[task].load(tmp_path, spec(task, k_shot=2))


def test_factoid_questions_leave_out_examples_with_their_answer(tmp_path):
    def row(question: str, name: str) -> dict:
        return {"RawQuestion": question, "Parses": [{"Answers": [{"AnswersName": [name]}]}]}

    asked, train = [row("Who wrote Emma?", "Austen")], [row("Whose is Persuasion?", "austen"), row("Who?", "Bell")]
    (tmp_path / "FreebaseQA-eval.json").write_text(json.dumps({"Questions": asked}))
    (tmp_path / "FreebaseQA-train.json").write_text(json.dumps({"Questions": train}))
    (sample,) = factoid_qa.TASK.load(tmp_path, spec(k_shot=1))
    assert "Bell" in sample.shots[0]


def test_the_number_that_a_refusal_names_is_enough_for_every_question():
    questions = [Asked(question="q", answers=("Lima",)), Asked(question="r", answers=("Lima", "Bamako"))]
    with pytest.raises(TaskError, match=r"only 1 .*; ask for at most 1"):
        examples_for([MALI, PERU, CHAD], questions, 3, seed=0)
    assert [len(shots) for shots in examples_for([MALI, PERU, CHAD], questions, 1, seed=0)] == [1, 1]


def test_a_factoid_answer_that_begins_with_the_answer_is_is_compared_whole():
    song = FreebaseQuestion(question_id="q", question="Which song?", answers=("The Answer Is Love",), first_answer=(), subject="", group="")
    sample = factoid_qa.to_sample(song)
    found = factoid_qa.score(sample, [Answer(run_id="r", sample_id="q", text="The Answer Is Love")], "corrected")
    assert {score.metric: score.value for score in found} == {"exact_match": 1.0, "f1": 1.0, "contains": 1.0}


def test_the_seed_fixes_choice_and_order():
    questions = [Asked(question="Who wrote Emma?")] * 2
    first = examples_for([MALI, PERU, CHAD], questions, 2, seed=3)
    assert first == examples_for([MALI, PERU, CHAD], questions, 2, seed=3)
    assert first[0] == first[1]
    assert {examples_for([MALI, PERU, CHAD], questions, 3, seed=seed)[0] for seed in range(20)} != {first[0]}


def test_too_few_examples_are_refused_with_their_number():
    with pytest.raises(TaskError, match=r"of the 3 few-shot examples read \(at most 64\), only 2 .*; ask for at most 2"):
        examples_for([MALI, PERU, CHAD], [ASKED_MALI], 3, seed=0)


def test_plain_examples_have_the_shape_of_the_papers_prompts():
    (factoid,) = shots_before([PERU], [Asked(question="q")], spec(k_shot=1), factoid_qa.plain_shot)
    assert factoid == ("Please give answer to this question: What is the capital of Peru? The answer is Lima\n\n",)
    (closed,) = shots_before([PERU], [Asked(question="q")], spec(k_shot=1), closed_book_qa.plain_shot)
    sample = closed_book_qa.to_sample(
        TriviaQuestion(question_id="t", question="Who?", answers=("X",), evidence="", subject="", group=""), closed
    )
    assert sample.turns[0] == "Answer these questions:\n\nQ: What is the capital of Peru?\nA: Lima\n\nQ: Who?\nA:"
    assert sample.shots == closed


def test_a_chat_message_asks_for_a_short_answer_in_words():
    sample = factoid_qa.to_sample(ASKED, chat=True)
    assert sample.turns[0].startswith("Which city is Mali's capital?")
    assert "answer" in sample.turns[0].lower()
    assert "The answer is" not in sample.turns[0]


def test_chat_evidence_stands_before_its_question():
    trivia = TriviaQuestion(question_id="t", question="Who?", answers=("Ann",), evidence="It was Ann.", subject="", group="")
    text = open_book_qa.to_sample(trivia, chat=True).turns[0]
    assert text.index("It was Ann.") < text.index("Who?")


def test_three_measures_are_stored_for_every_short_answer():
    sample = factoid_qa.to_sample(ASKED, chat=True)
    answer = Answer(run_id="r", sample_id="q", text="The capital of Mali is Bamako.")
    found = {score.metric: score.value for score in factoid_qa.score(sample, [answer], "corrected")}
    assert found == {"exact_match": 0.0, "f1": pytest.approx(2 * (1 / 5) / (1 / 5 + 1)), "contains": 1.0}


def test_a_chat_form_is_judged_by_contains_and_a_plain_one_by_exact_match():
    for task in (factoid_qa.TASK, closed_book_qa.TASK, open_book_qa.TASK):
        assert (task.metric_for("chat"), task.metric_for(None)) == ("contains", "exact_match")
        assert task.stops("chat") == ()
        assert task.token_limit("chat") > task.token_limit("plain")


@pytest.mark.parametrize("task", ["factoid_qa", "closed_book_qa", "open_book_qa"])
def test_each_measure_has_the_version_of_its_own_rule(task):
    sample = Sample(sample_id="s", question="What is the capital?", turns=("?",), gold=(("Paris",),))
    answer = Answer(run_id="r", sample_id="s", text="The answer to your question: Paris")
    versions = {score.metric: (score.version, score.value) for score in TASKS[task].score(sample, [answer], "corrected")}
    assert versions["exact_match"] == (RULE, 0.0)
    assert versions["contains"] == (CONTAINS_RULE, 1.0)

"""Closed-book QA: TriviaQA from memory, scored by the official exact match and F1 against all aliases.

Answer these questions:

Q: Which Lloyd Webber musical premiered in the US on 10th December 1993?
A:

A leading "The answer is" may be left out before exact match and F1 compare: see docs/scoring.md for both differences from the official rule.
Questions that go through the chat template, with or without few-shot examples, are written by short_answers.py; there `contains`
stands for the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring import paper
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.text_match import answer_line, exact_match, first_line
from llmkick_core.tasks.base import CONTAINS, EXACT_MATCH, F1, Task
from llmkick_core.tasks.datasets.files import cut, no_formulation
from llmkick_core.tasks.datasets.triviaqa import TriviaQuestion, read_trivia_examples, read_triviaqa, trivia_examples_file
from llmkick_core.tasks.short_answers import Asked, Example, chat_turn, is_chat, measures, shots_before

HEAD = "Answer these questions:\n\n"
PROMPT = HEAD + "Q: {question}\nA:"


def plain_shot(example: Example) -> str:
    """Return a solved example in the shape of the paper's prompt."""
    return f"Q: {example.question}\nA: {example.answer}\n\n"


def to_sample(question: TriviaQuestion, shots: Sequence[str] = (), *, chat: bool = False) -> Sample:
    """Return the sample of one row."""
    plain = HEAD + "".join(shots) + PROMPT.removeprefix(HEAD).format(question=question.question)
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(chat_turn(question.question, shots) if chat else plain,),
        shots=tuple(shots),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of a TriviaQA file or the folder that holds it, in the file's order.

    Raises:
        DataError: the data or the file of solved examples is missing or not in the official format.
        TaskError: there are too few solved examples, or the spec asks for a formulation.
    """
    no_formulation(spec)
    questions = read_triviaqa(path, limit=spec.limit, with_evidence=False)
    found = read_trivia_examples(path, with_evidence=False) if spec.k_shot else []
    examples = [Example(question=one.question, answer=one.answers[0], group=one.group) for one in found]
    shots = shots_before(
        examples, [Asked(question=one.question, group=one.group, answers=one.answers) for one in questions], spec, plain_shot
    )
    return cut([to_sample(one, some, chat=is_chat(spec)) for one, some in zip(questions, shots, strict=True)], spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return exact_match and f1 of each answer's first line, as it is or without a leading "The answer is", and contains.

    The better of the two counts. Under `containment` a match is containment either way.
    """
    mistakes = mistakes_of(scorer)

    def exact(answer: Answer) -> tuple[bool, str]:
        if "containment" in mistakes:
            said = first_line(answer.text)
            return paper.contains_either_way(said, sample.gold[0]), said
        said = answer_line(answer.text)
        if not exact_match(said, sample.gold[0]) and exact_match(first_line(answer.text), sample.gold[0]):
            said = first_line(answer.text)
        return exact_match(said, sample.gold[0]), said

    return measures(sample, answers, scorer, exact, lambda answer: (answer_line(answer.text), first_line(answer.text)))


TASK = Task(
    name="closed_book_qa",
    title="Closed-book QA",
    version=2,
    kind="generate",
    group="closed knowledge",
    measures=(EXACT_MATCH, CONTAINS, F1),
    chat_metric="contains",
    load=load,
    score=score,
    bundled_path="kick-mini/triviaqa",
    bundled_limit=72,
    data_form="TriviaQA's folder with qa/, or one of its files",
    short_title="closed\nbook",
    max_new_tokens=32,
    stop=("\n",),
    takes_shots=True,
    examples_file=trivia_examples_file,
    source="paper, in-context retrieval QA; https://arxiv.org/abs/1705.03551",
)

"""Open-book QA: the questions of closed-book QA with the evidence in front; the same scores.

    {evidence}
    Answer these questions:
    Q: Which Lloyd Webber musical premiered in the US on 10th December 1993?
    A:

Of several texts the evidence is the first that mentions an answer, in the data set's own order. Evidence of more than 3,072 characters is cut, as in the paper. The reference code keeps the beginning, whether or not the answer is in
it; here the part kept has the first mention of an answer in its middle, because the question is whether a compressed model can
still find what is in front of it. Where no answer is mentioned the beginning is kept. What is still too long for a model is cut further, by its tokens (fitting.py). Whether
an answer is in what is shown stands in the sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import RunSpec, Sample
from llmkick_core.tasks.base import CONTAINS, EXACT_MATCH, F1, Task
from llmkick_core.tasks.closed_book_qa import score
from llmkick_core.tasks.datasets.files import cut, no_formulation
from llmkick_core.tasks.datasets.triviaqa import TriviaQuestion, read_trivia_examples, read_triviaqa, trivia_examples_file
from llmkick_core.tasks.passages import evidence_window, mention
from llmkick_core.tasks.short_answers import Asked, Example, chat_turn, is_chat, shots_before

PROMPT = "{evidence}\nAnswer these questions:\nQ: {question}\nA:"
EVIDENCE_CHARACTERS = 3072
"""Most characters of evidence in a prompt (the paper's)."""
EXAMPLE_CHARACTERS = 600
"""Most characters of evidence in a solved example, so that a few of them leave room for the question's own."""


def plain_shot(example: Example) -> str:
    """Return a solved example, its evidence in front, in the shape of the paper's prompt."""
    return f"{PROMPT.format(evidence=example.evidence, question=example.question)} {example.answer}\n\n"


def to_sample(question: TriviaQuestion, shots: Sequence[str] = (), *, chat: bool = False) -> Sample:
    """Return the sample of one row; its evidence is the part that is in the prompt."""
    evidence = evidence_window(question.evidence, question.answers, EVIDENCE_CHARACTERS)
    plain = "".join(shots) + PROMPT.format(evidence=evidence, question=question.question)
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(chat_turn(question.question, shots, evidence) if chat else plain,),
        shots=tuple(shots),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
        evidence=evidence,
        is_answer_shown=mention(evidence, question.answers) is not None,
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of a TriviaQA file or the folder that holds it, in the file's order, with their evidence.

    Raises:
        DataError: the data, its evidence or the file of solved examples is missing or not in the official format.
        TaskError: there are too few solved examples, or the spec asks for a formulation.
    """
    no_formulation(spec)
    questions = read_triviaqa(path, limit=spec.limit, with_evidence=True)
    found = read_trivia_examples(path, with_evidence=True) if spec.k_shot else []
    asked = [Asked(question=one.question, group=one.group, answers=one.answers) for one in questions]
    shots = shots_before([_example(one) for one in found], asked, spec, plain_shot)
    return cut([to_sample(one, some, chat=is_chat(spec)) for one, some in zip(questions, shots, strict=True)], spec, path)


def _example(found: TriviaQuestion) -> Example:
    evidence = evidence_window(found.evidence, found.answers, EXAMPLE_CHARACTERS)
    return Example(question=found.question, answer=found.answers[0], group=found.group, evidence=evidence)


TASK = Task(
    name="open_book_qa",
    title="Open-book QA",
    version=3,
    kind="generate",
    group="in context",
    measures=(EXACT_MATCH, CONTAINS, F1),
    chat_metric="contains",
    load=load,
    score=score,
    bundled_path="kick-mini/triviaqa",
    bundled_limit=45,
    data_form="TriviaQA's folder with qa/ and evidence/",
    short_title="open\nbook",
    max_new_tokens=32,
    stop=("\n",),
    takes_shots=True,
    examples_file=trivia_examples_file,
    source="paper, in-context retrieval QA; https://arxiv.org/abs/1705.03551",
)

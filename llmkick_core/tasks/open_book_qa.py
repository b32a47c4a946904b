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

from pathlib import Path

from llmkick_core.schema import RunSpec, Sample
from llmkick_core.tasks.base import EXACT_MATCH, F1, Task
from llmkick_core.tasks.closed_book_qa import score
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.triviaqa import TriviaQuestion, read_triviaqa
from llmkick_core.tasks.passages import evidence_window, mention

PROMPT = "{evidence}\nAnswer these questions:\nQ: {question}\nA:"
EVIDENCE_CHARACTERS = 3072
"""Most characters of evidence in a prompt (the paper's)."""


def to_sample(question: TriviaQuestion) -> Sample:
    """Return the sample of one row; its evidence is the part that is in the prompt."""
    evidence = evidence_window(question.evidence, question.answers, EVIDENCE_CHARACTERS)
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(PROMPT.format(evidence=evidence, question=question.question),),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
        evidence=evidence,
        is_answer_shown=mention(evidence, question.answers) is not None,
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of a TriviaQA file or the folder that holds it, in the file's order, with their evidence.

    Raises:
        DataError: the data or its evidence is missing or not in the official format.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    return cut([to_sample(question) for question in read_triviaqa(path, limit=spec.limit, with_evidence=True)], spec, path)


TASK = Task(
    name="open_book_qa",
    title="Open-book QA",
    version=3,
    kind="generate",
    group="in context",
    measures=(EXACT_MATCH, F1),
    load=load,
    score=score,
    bundled_path="kick-mini/triviaqa",
    bundled_limit=45,
    data_form="TriviaQA's folder with qa/ and evidence/",
    short_title="open\nbook",
    max_new_tokens=32,
    stop=("\n",),
    source="paper, in-context retrieval QA; https://arxiv.org/abs/1705.03551",
)

"""Closed-book QA: TriviaQA from memory, scored by the official exact match and F1 against all aliases.

Answer these questions:

Q: Which Lloyd Webber musical premiered in the US on 10th December 1993?
A:
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring import paper
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.scoring.text_match import exact_match, f1, first_line
from llmkick_core.tasks.base import EXACT_MATCH, F1, Task
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.triviaqa import TriviaQuestion, read_triviaqa

PROMPT = "Answer these questions:\n\nQ: {question}\nA:"


def to_sample(question: TriviaQuestion) -> Sample:
    """Return the sample of one row."""
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(PROMPT.format(question=question.question),),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of a TriviaQA file or the folder that holds it, in the file's order.

    Raises:
        DataError: the data is missing or not in the official format.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    return cut([to_sample(question) for question in read_triviaqa(path, limit=spec.limit, with_evidence=False)], spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return exact_match and f1 of each answer's first line; under `containment` a match is containment either way."""
    mistakes = mistakes_of(scorer)
    scores = []
    for answer in answers:
        said = first_line(answer.text)
        is_right = paper.contains_either_way(said, sample.gold[0]) if "containment" in mistakes else exact_match(said, sample.gold[0])
        scores.append(main_row(answer, scorer, "exact_match", float(is_right), extracted=said))
        scores.append(row(answer, scorer, "f1", f1(said, sample.gold[0]), extracted=said))
    return scores


TASK = Task(
    name="closed_book_qa",
    title="Closed-book QA",
    version=2,
    kind="generate",
    group="closed knowledge",
    measures=(EXACT_MATCH, F1),
    load=load,
    score=score,
    bundled_path="kick-mini/triviaqa",
    bundled_limit=72,
    data_form="TriviaQA's folder with qa/, or one of its files",
    short_title="closed\nbook",
    max_new_tokens=32,
    stop=("\n",),
    source="paper, in-context retrieval QA; https://arxiv.org/abs/1705.03551",
)

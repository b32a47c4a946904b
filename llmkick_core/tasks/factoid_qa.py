"""Factoid QA: does the model still know single facts? FreebaseQA, scored by exact match against all aliases.

    Please give answer to this question: What is the capital of Mongolia? The answer is

The paper's prompt ends in a space. It is left out here: byte-level and sentence-piece tokenizers put the space into the first token of
the answer (" Ulaanbaatar"), so that a prompt which already ends in one asks for a token the model has hardly seen.

The `paper` scorer sees the first line of the output only, where the reference code lets the model run on to three times the prompt's
length; what it finds here, it would have found there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring import paper
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row
from llmkick_core.scoring.text_match import extract_answer, factoid_match
from llmkick_core.tasks.base import EXACT_MATCH, Task
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.freebaseqa import FreebaseQuestion, read_freebaseqa

PROMPT = "Please give answer to this question: {question} The answer is"


def to_sample(question: FreebaseQuestion) -> Sample:
    """Return the sample of one row; `reference` holds the names that the paper's code accepts, one a line."""
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(PROMPT.format(question=question.question),),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
        reference="\n".join(question.first_answer),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of FreebaseQA-eval.json or the folder that holds it, in the file's order.

    Raises:
        DataError: the data is missing or not in the official format.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    return cut([to_sample(question) for question in read_freebaseqa(path)], spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return exact_match of each answer by scoring/text_match.py; `substring` and `first_parse` are the reference code's.

    What was extracted is the first sentence; under `substring` the name that was found, which may stand in the prompt.
    """
    mistakes = mistakes_of(scorer)
    names = sample.reference.split("\n") if "first_parse" in mistakes and sample.reference else sample.gold[0]
    scores = []
    for answer in answers:
        said = extract_answer(answer.text)
        if "substring" in mistakes:
            found = paper.found_anywhere(sample.turns[0], answer.text, names)
            is_right, said = found is not None, found or said
        else:
            is_right = factoid_match(answer.text, names)
        scores.append(main_row(answer, scorer, "exact_match", float(is_right), extracted=said))
    return scores


TASK = Task(
    name="factoid_qa",
    title="Factoid QA",
    version=3,
    kind="generate",
    group="closed knowledge",
    measures=(EXACT_MATCH,),
    load=load,
    score=score,
    bundled_path="kick-mini/freebaseqa",
    bundled_limit=120,  # forty facts in three wordings each
    data_form="FreebaseQA-*.json, or the folder that holds it",
    short_title="factoid",
    max_new_tokens=32,
    stop=("\n",),
    source="paper, factoid-based QA; https://github.com/kelvin-jiang/FreebaseQA",
)

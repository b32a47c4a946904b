"""Factoid QA: does the model still know single facts? FreebaseQA, scored by exact match against all aliases.

    Please give answer to this question: What is the capital of Mongolia? The answer is

A model that is asked through its chat template is asked as in short_answers.py, and `contains` stands for the task.

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
from llmkick_core.scoring.sentences import first_sentence
from llmkick_core.scoring.text_match import extract_answer, factoid_match, first_line
from llmkick_core.tasks.base import CONTAINS, EXACT_MATCH, F1, Task
from llmkick_core.tasks.datasets.files import cut, no_formulation
from llmkick_core.tasks.datasets.freebaseqa import FreebaseQuestion, freebaseqa_examples_file, read_freebaseqa, read_freebaseqa_examples
from llmkick_core.tasks.short_answers import Asked, Example, chat_turn, is_chat, measures, shots_before

PROMPT = "Please give answer to this question: {question} The answer is"


def plain_shot(example: Example) -> str:
    """Return a solved example in the shape of the paper's prompt."""
    return f"{PROMPT.format(question=example.question)} {example.answer}\n\n"


def to_sample(question: FreebaseQuestion, shots: Sequence[str] = (), *, chat: bool = False) -> Sample:
    """Return the sample of one row; `reference` holds the names that the paper's code accepts, one a line."""
    plain = "".join(shots) + PROMPT.format(question=question.question)
    return Sample(
        sample_id=question.question_id,
        question=question.question,
        turns=(chat_turn(question.question, shots) if chat else plain,),
        shots=tuple(shots),
        subject=question.subject,
        group=question.group,
        gold=(question.answers,),
        reference="\n".join(question.first_answer),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of FreebaseQA-eval.json or the folder that holds it, in the file's order.

    Raises:
        DataError: the data or the file of solved examples is missing or not in the official format.
        TaskError: there are too few solved examples, or the spec asks for a formulation.
    """
    no_formulation(spec)
    questions = read_freebaseqa(path)[: spec.limit]
    found = read_freebaseqa_examples(path) if spec.k_shot else []
    examples = [Example(question=one.question, answer=one.answers[0], group=one.group) for one in found]
    shots = shots_before(
        examples, [Asked(question=one.question, group=one.group, answers=one.answers) for one in questions], spec, plain_shot
    )
    return cut([to_sample(one, some, chat=is_chat(spec)) for one, some in zip(questions, shots, strict=True)], spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return exact_match by scoring/text_match.py, f1 and contains of each answer; `substring` and `first_parse` are the reference code's.

    What was extracted is the first sentence; under `substring` the name that was found, which may stand in the prompt.
    """
    mistakes = mistakes_of(scorer)
    names = sample.reference.split("\n") if "first_parse" in mistakes and sample.reference else sample.gold[0]

    def exact(answer: Answer) -> tuple[bool, str]:
        said = extract_answer(answer.text)
        if "substring" in mistakes:
            found = paper.found_anywhere(sample.turns[0], answer.text, names)
            return found is not None, found or said
        return factoid_match(answer.text, names), said

    return measures(sample, answers, scorer, exact, lambda answer: (extract_answer(answer.text), first_sentence(first_line(answer.text))))


TASK = Task(
    name="factoid_qa",
    title="Factoid QA",
    version=3,
    kind="generate",
    group="closed knowledge",
    measures=(EXACT_MATCH, CONTAINS, F1),
    chat_metric="contains",
    load=load,
    score=score,
    bundled_path="kick-mini/freebaseqa",
    bundled_limit=120,  # forty facts in three wordings each
    data_form="FreebaseQA-*.json, or the folder that holds it",
    short_title="factoid",
    max_new_tokens=32,
    stop=("\n",),
    takes_shots=True,
    examples_file=freebaseqa_examples_file,
    source="paper, factoid-based QA; https://github.com/kelvin-jiang/FreebaseQA",
)

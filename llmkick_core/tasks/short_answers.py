"""What factoid, closed-book and open-book QA share: a question in plain or chat form, its solved examples, and the measures of an answer.

    plain   Answer these questions:            chat   Reply with the answer only, no explanation.

            Q: What is the capital of Mali?           Question: What is the capital of Mali?
            A: Bamako                                 Answer: Bamako

            Q: What is the capital of Mongolia?       Question: What is the capital of Mongolia?
            A:                                        Answer:

A chat message without solved examples is the question with the request for a short answer; docs/scoring.md tells how its words were chosen.
An example never asks for the fact that is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmkick_core.errors import TaskError
from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.contains import contained
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.scoring.text_match import comparable, f1

RULE = 3
"""Version of the scores' rule: since 3 closed- and open-book QA pass over a leading "The answer is", as factoid QA does."""

CHAT_REQUEST = "Reply with the answer only, no explanation."
CHAT_QUESTION = "{question}\n\nReply with the answer only, no explanation."
CHAT_EXAMPLE = "Question: {question}\nAnswer: {answer}\n\n"
CHAT_WITH_EXAMPLES = "Question: {question}\nAnswer:"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A solved example."""

    question: str
    """Its question."""
    answer: str
    """The preferred answer."""
    group: str = ""
    """Names the fact that it asks for; empty where nobody says."""
    evidence: str = ""
    """The text that its answer stands in, for open-book QA."""


def examples_for(examples: Sequence[Example], questions: Sequence[tuple[str, str]], k: int, seed: int) -> list[tuple[Example, ...]]:
    """Return `k` solved examples for each question, the same ones in the same order wherever none of them asks for the question's own fact.

    Args:
        examples: of the training or development file.
        questions: (question, group) of each question that is asked.
        k: examples before a question, 0 or more.
        seed: of their choice and order.

    Raises:
        TaskError: there are too few.
    """
    if k == 0:
        return [()] * len(questions)
    order = list(examples)
    random.Random(seed).shuffle(order)
    asked = {comparable(question) for question, _ in questions}
    groups = {group for _, group in questions if group}
    order.sort(key=lambda one: comparable(one.question) in asked or one.group in groups)  # stable: what nobody asks comes first
    found = []
    for question, group in questions:
        others = (one for one in order if comparable(one.question) != comparable(question) and (not group or one.group != group))
        shots = tuple(one for one, _ in zip(others, range(k), strict=False))
        if len(shots) < k:
            raise TaskError(
                f"k-shot {k}: there are only {len(shots)} solved examples that do not ask for the same fact; ask for at most that many."
            )
        found.append(shots)
    return found


def shots_before(
    examples: Sequence[Example], questions: Sequence[tuple[str, str]], spec: RunSpec, plain_shot: Callable[[Example], str]
) -> list[tuple[str, ...]]:
    """Return the solved examples before each question, written in the run's form; arguments and errors are those of `examples_for`."""
    write = chat_shot if is_chat(spec) else plain_shot
    return [tuple(write(one) for one in some) for some in examples_for(examples, questions, spec.k_shot, spec.seed)]


def chat_turn(question: str, shots: Sequence[str], evidence: str = "") -> str:
    """Return the user's message that asks for a short answer.

    Args:
        question: the bare question.
        shots: solved examples, as `chat_shot` writes them.
        evidence: a text to find the answer in; empty where there is none.
    """
    text = f"{evidence}\n\n" if evidence else ""
    if not shots:
        return text + CHAT_QUESTION.format(question=question)
    return f"{CHAT_REQUEST}\n\n{''.join(shots)}{text}{CHAT_WITH_EXAMPLES.format(question=question)}"


def chat_shot(example: Example) -> str:
    """Return a solved example as it stands in a user's message."""
    text = f"{example.evidence}\n\n" if example.evidence else ""
    return text + CHAT_EXAMPLE.format(question=example.question, answer=example.answer)


def is_chat(spec: RunSpec) -> bool:
    """Return whether the questions of a short-answer task go through the chat template."""
    return spec.prompt == "chat"


def measures(
    sample: Sample, answers: Sequence[Answer], scorer: str, exact: Callable[[Answer], tuple[bool, str]], said: Callable[[Answer], str]
) -> list[Score]:
    """Return exact_match, f1 and contains of each answer.

    Args:
        sample: the question.
        answers: one a turn.
        scorer: `corrected`, `paper` or `paper:...`.
        exact: whether an answer is right by the task's official rule, and what was compared.
        said: the part of an answer that f1 compares.
    """
    scores = []
    for answer in answers:
        is_right, compared = exact(answer)
        found = contained(answer.text, sample.gold[0], sample.question)
        scores.append(main_row(answer, scorer, "exact_match", float(is_right), extracted=compared, version=RULE))
        scores.append(row(answer, scorer, "f1", f1(said(answer), sample.gold[0]), extracted=said(answer)))
        scores.append(main_row(answer, scorer, "contains", float(found is not None), extracted=found or ""))
    return scores

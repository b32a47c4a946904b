"""What factoid, closed-book and open-book QA share: a question in plain or chat form, its solved examples, and the measures of an answer.

    plain   Answer these questions:            chat   Reply with the answer only, no explanation.

            Q: What is the capital of Mali?           Question: What is the capital of Mali?
            A: Bamako                                 Answer: Bamako

            Q: What is the capital of Mongolia?       Question: What is the capital of Mongolia?
            A:                                        Answer:

A chat message without solved examples is the question with the request for a short answer; docs/scoring.md tells how its words were chosen.
Few-shot examples never ask for the fact that is asked, and never give its answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from llmkick_core.errors import TaskError
from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.contains import contained
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.scoring.text_match import comparable, f1
from llmkick_core.tasks.datasets.solved import MOST_EXAMPLES

RULE = 4
"""Version of the rule of exact_match: since 4 an answer that itself begins with "The answer is" matches."""

CONTAINS_RULE = 5
"""Version of the rule of contains: since 5 "the answer to your question: Paris" is no other question, a repeated question may come after a greeting, and
doubts ("no evidence that") are denials; 2 before."""

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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that few-shot examples are chosen for."""

    question: str
    """Its text."""
    group: str = ""
    """Names the fact that it asks for; empty where the data does not say."""
    answers: tuple[str, ...] = ()
    """All accepted answers."""

    def allows(self, example: Example) -> bool:
        """Return whether an example neither asks for the same fact nor gives an accepted answer."""
        if comparable(example.question) == comparable(self.question) or (self.group and example.group == self.group):
            return False
        return comparable(example.answer) not in {comparable(answer) for answer in self.answers}


def examples_for(examples: Sequence[Example], questions: Sequence[Asked], k: int, seed: int) -> list[tuple[Example, ...]]:
    """Return `k` few-shot examples for each question: the same in the same order, but for those that would give a question's answer away.

    Args:
        examples: of the training or development file.
        questions: the questions that are asked.
        k: examples before a question, 0 or more.
        seed: of their choice and order.

    Raises:
        TaskError: there are too few.
    """
    if k == 0:
        return [()] * len(questions)
    order = list(examples)
    random.Random(seed).shuffle(order)
    asked = {comparable(one.question) for one in questions}
    groups = {one.group for one in questions if one.group}
    order.sort(key=lambda one: comparable(one.question) in asked or one.group in groups)  # stable: what nobody asks comes first
    found = [tuple(islice((one for one in order if question.allows(one)), k)) for question in questions]
    n_left = min((len(shots) for shots in found), default=k)
    if n_left < k:
        raise TaskError(
            f"k-shot {k}: of the {len(order)} few-shot examples read (at most {MOST_EXAMPLES}), only {n_left} neither ask for the same fact "
            f"as a question nor give its answer; ask for at most {n_left}."
        )
    return found


def shots_before(
    examples: Sequence[Example], questions: Sequence[Asked], spec: RunSpec, plain_shot: Callable[[Example], str]
) -> list[tuple[str, ...]]:
    """Return the few-shot examples before each question, written in the run's form; arguments and errors are those of `examples_for`."""
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
    sample: Sample,
    answers: Sequence[Answer],
    scorer: str,
    exact: Callable[[Answer], tuple[bool, str]],
    parts: Callable[[Answer], Sequence[str]],
) -> list[Score]:
    """Return exact_match, f1 and contains of each answer.

    Args:
        sample: the question.
        answers: one a turn.
        scorer: `corrected`, `paper` or `paper:...`.
        exact: whether an answer is right by the task's official rule, and what was compared.
        parts: the parts of an answer that f1 compares; the best one counts, the first of equals.
    """
    scores = []
    for answer in answers:
        is_right, compared = exact(answer)
        found = contained(answer.text, sample.gold[0], sample.question)
        scores.append(main_row(answer, scorer, "exact_match", float(is_right), extracted=compared, version=RULE))
        best = max(parts(answer), key=lambda part: f1(part, sample.gold[0]))
        scores.append(row(answer, scorer, "f1", f1(best, sample.gold[0]), extracted=best))
        scores.append(main_row(answer, scorer, "contains", float(found is not None), extracted=found or "", version=CONTAINS_RULE))
    return scores

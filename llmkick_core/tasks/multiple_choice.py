"""Multiple choice: MMLU in two formulations, scored by accuracy.

letters, the paper's: the log-probabilities of " A" to " D" are compared.

    The following are multiple choice questions (with answers) about college biology.

    Which of these is a cell's power plant?
    A. Nucleus
    B. Mitochondrion
    C. Ribosome
    D. Vacuole
    Answer:

cloze, as small models are asked in the field: the log-probabilities of the option texts are compared, divided by their characters.

    Question: Which of these is a cell's power plant?
    Answer:

Solved examples (k-shot) are the first rows of dev/<subject>_dev.csv in the same shape. Subjects take turns, so that a limit spreads over all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.errors import TaskError
from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring import multiple_choice as choice
from llmkick_core.scoring import paper
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.tasks.base import ACCURACY, Task
from llmkick_core.tasks.datasets.files import cut, take_turns
from llmkick_core.tasks.datasets.mmlu import LETTERS, MmluQuestion, read_examples, read_mmlu
from llmkick_core.tasks.datasets.mmlu_subjects import category

HEADER = "The following are multiple choice questions (with answers) about {subject}.\n\n"
_START = HEADER.split("{")[0]


def letters_prompt(question: MmluQuestion, shots: Sequence[str]) -> str:
    """Return the paper's prompt, ending in "Answer:"."""
    return HEADER.format(subject=question.subject.replace("_", " ")) + "".join(shots) + _with_options(question)


def letters_shot(example: MmluQuestion) -> str:
    """Return a solved example in the shape of the paper's prompt."""
    return f"{_with_options(example)} {LETTERS[example.gold]}\n\n"


def _with_options(question: MmluQuestion) -> str:
    options = "".join(f"\n{letter}. {option}" for letter, option in zip(LETTERS, question.options, strict=False))
    return f"{question.question}{options}\nAnswer:"


def cloze_prompt(question: MmluQuestion, shots: Sequence[str]) -> str:
    """Return the prompt that an option's text continues, ending in "Answer:"."""
    return f"{''.join(shots)}Question: {question.question}\nAnswer:"


def cloze_shot(example: MmluQuestion) -> str:
    """Return a solved example in the shape of that prompt."""
    return f"Question: {example.question}\nAnswer: {example.options[example.gold]}\n\n"


def is_letters(sample: Sample) -> bool:
    """Return whether a sample is asked in the formulation `letters`."""
    return sample.turns[0].startswith(_START)


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of an MMLU folder or of one CSV file; `letters` where the spec names no formulation.

    Raises:
        DataError: the data is missing or not in the official format.
        TaskError: a subject has fewer solved examples than k-shot asks for.
    """
    questions = take_turns(list(read_mmlu(path).values()))[: spec.limit]
    prompt, shot = (cloze_prompt, cloze_shot) if spec.formulation == "cloze" else (letters_prompt, letters_shot)
    subjects = dict.fromkeys(question.subject for question in questions)
    shots = {subject: tuple(shot(example) for example in _examples(path, subject, spec.k_shot)) for subject in subjects}
    samples = [
        Sample(
            sample_id=f"{question.subject}#{question.number}",
            question=question.question,
            turns=(prompt(question, shots[question.subject]),),
            shots=shots[question.subject],
            subject=question.subject,
            category=category(question.subject),
            gold=((question.options[question.gold],),),
            choices=question.options,
            gold_choice=question.gold,
        )
        for question in questions
    ]
    return cut(samples, spec, path)


def _examples(path: Path, subject: str, k_shot: int) -> list[MmluQuestion]:
    if k_shot == 0:
        return []
    examples = read_examples(path, subject)
    if len(examples) < k_shot:
        raise TaskError(f"k-shot {k_shot}: dev/{subject}_dev.csv has {len(examples)} few-shot examples; ask for at most that many.")
    return examples[:k_shot]


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return accuracy, p_gold, the right option's probability among the options, and margin, by how much that exceeds the best wrong one's.

    No option can be told where log-probabilities are NaN, or are missing and no letter is named: the value is None. `last_character` takes the last character of
    generated text, and gives no verdict on an answer that was scored rather than generated.
    """
    mistakes = mistakes_of(scorer)
    scores = []
    for answer in answers:
        lengths = () if is_letters(sample) else tuple(len(option) for option in sample.choices)
        probabilities = choice.probabilities(answer.choice_logprobs, lengths)
        p_gold = None if probabilities is None or sample.gold_choice is None else probabilities[sample.gold_choice]
        margin = None if probabilities is None or sample.gold_choice is None else choice.margin(probabilities, sample.gold_choice)
        is_due = "last_character" not in mistakes or answer.finish != "scored"
        if "last_character" in mistakes:
            value, said = _last_character(sample, answer), answer.text[-1:]
        else:
            chosen = choice.choose(answer.choice_logprobs, lengths)
            if not answer.choice_logprobs and answer.finish != "scored" and is_letters(sample):
                chosen = choice.named_letter(answer.text, len(sample.choices))
            value = None if chosen is None else float(chosen == sample.gold_choice)
            said = "" if chosen is None else f"{LETTERS[chosen]}. {sample.choices[chosen]}"
        scores.append(main_row(answer, scorer, "accuracy", value, is_due=is_due, extracted=said))
        scores.append(row(answer, scorer, "p_gold", p_gold, extracted=said))
        scores.append(row(answer, scorer, "margin", margin, extracted=said))
    return scores


def _last_character(sample: Sample, answer: Answer) -> float | None:
    if answer.finish == "scored" or sample.gold_choice is None:
        return None
    return float(paper.last_character_match(answer.text, LETTERS[sample.gold_choice]))


TASK = Task(
    name="multiple_choice",
    title="Multiple choice",
    version=3,
    kind="choose",
    group="multiple choice",
    measures=(ACCURACY,),
    load=load,
    score=score,
    bundled_path="kick-mini/mmlu",
    bundled_limit=72,
    data_form="MMLU's folder with test/ or val/, and dev/ for few-shot examples",
    short_title="multi\nchoice",
    max_new_tokens=1,
    takes_shots=True,
    source="paper, multiple-choice reasoning; https://arxiv.org/abs/2009.03300",
)

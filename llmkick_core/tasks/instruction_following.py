"""Instruction following: the two-turn conversations of MT-Bench, each answer put back before the next question.

A judge scores them in the paper. Without one, a turn whose reference answer is short (five words at most) is right where the reply contains
the reference as whole words; every other turn has no verdict, and is counted as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.degeneration import n_words, repetition_share, unique_tokens
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.scoring.text_match import contains_words
from llmkick_core.tasks.base import EXACT_MATCH, Task
from llmkick_core.tasks.datasets.files import cut, plain_only, take_turns
from llmkick_core.tasks.datasets.mt_bench import Conversation, read_mt_bench

SHORT_WORDS = 5
"""Most words of a reference that a reply can be searched for."""


def to_sample(conversation: Conversation) -> Sample:
    """Return the sample of one row; `gold` holds the short references, `reference` all of them for people and judges."""
    gold = tuple(tuple(text for text in texts if len(text.split()) <= SHORT_WORDS) for texts in conversation.references)
    by_turn = tuple(texts[0] if texts else "" for texts in conversation.references)
    if not any(by_turn) and len(conversation.notes) == len(conversation.turns):
        by_turn = conversation.notes
    return Sample(
        sample_id=conversation.question_id,
        question=conversation.turns[0],
        turns=conversation.turns,
        subject=conversation.category,
        group=conversation.group,
        gold=gold if any(gold) else (),
        reference="\n\n".join(text for text in by_turn if text.strip()) or "\n\n".join(text for text in conversation.notes if text.strip()),
        references=by_turn if any(by_turn) else (),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of question.jsonl or the folder that holds it; categories take turns, so that a limit spreads over all.

    Raises:
        DataError: the data is missing or not in the official format.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    by_category: dict[str, list[Sample]] = {}
    for conversation in read_mt_bench(path):
        by_category.setdefault(conversation.category, []).append(to_sample(conversation))
    return cut(take_turns(list(by_category.values())), spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return exact_match, unique_tokens, n_words and repetition of each turn.

    exact_match is None without a short reference, and under `judge_only`; under `single_turn` a later turn has no value at all.
    """
    mistakes = mistakes_of(scorer)
    scores = []
    for answer in answers:
        is_counted = answer.turn == 0 or "single_turn" not in mistakes
        accepted = sample.gold[answer.turn] if answer.turn < len(sample.gold) else ()
        found = next((text for text in accepted if contains_words(answer.text, text)), "")
        is_due = bool(accepted) and is_counted and "judge_only" not in mistakes
        value = float(bool(found)) if is_due else None
        scores.append(main_row(answer, scorer, "exact_match", value, is_due=is_due, extracted=found))
        counted = {
            "unique_tokens": float(unique_tokens(answer.text)),
            "n_words": float(n_words(answer.text)),
            "repetition": repetition_share(answer.text),
        }
        scores += [row(answer, scorer, metric, value if is_counted else None) for metric, value in counted.items()]
    return scores


TASK = Task(
    name="instruction_following",
    title="Instruction following",
    version=7,
    kind="chat",
    group="in context",
    measures=(EXACT_MATCH,),
    load=load,
    score=score,
    bundled_path="kick-mini/mt_bench",
    bundled_limit=16,
    data_form="MT-Bench's folder with question.jsonl and reference_answer/",
    short_title="instr.",
    max_new_tokens=256,
    stop=("USER:",),
    source="paper, instruction following; https://arxiv.org/abs/2306.05685",
)

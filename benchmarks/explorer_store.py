"""A store of a million answers with texts, as forty runs would leave it: four tasks, ten recipes, 25,000 questions each.

Facts have a strength and recipes do damage, as in the tests' small store; here everything is drawn with numpy, and questions, answers and scores go through
the same files and the same ingest as real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llmkick_core.schema import SCORERS, Answer, Recipe, RunSpec, Sample, Score
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec, write_status

MODEL = "hub:example/seven-billion"
DAMAGE = {
    Recipe(): 0.0,
    Recipe(method="magnitude", sparsity=0.3): 0.30,
    Recipe(method="magnitude", sparsity=0.5): 0.62,
    Recipe(method="wanda", sparsity=0.3): 0.08,
    Recipe(method="wanda", sparsity=0.5): 0.34,
    Recipe(method="wanda", structure="2:4"): 0.5,
    Recipe(method="sparsegpt", sparsity=0.3): 0.06,
    Recipe(method="sparsegpt", sparsity=0.5): 0.28,
    Recipe(method="int8"): 0.01,
    Recipe(method="gptq", bits=4): 0.05,
}
ROBUSTNESS = {"factoid_qa": 1.0, "closed_book_qa": 0.9, "open_book_qa": 0.4, "multiple_choice": 0.6}
N_SUBJECTS = 57
"""As many as MMLU has."""
PART = 1000
"""Questions a part file."""
WORDS = np.array(
    [
        "river",
        "town",
        "author",
        "battle",
        "element",
        "empire",
        "novel",
        "island",
        "theory",
        "painter",
        "senate",
        "comet",
        "harbour",
        "treaty",
        "garden",
        "engine",
        "orchid",
        "planet",
        "ballad",
        "monarch",
        "valley",
        "bishop",
        "copper",
        "lantern",
        "market",
        "violin",
        "glacier",
        "falcon",
        "senator",
        "archive",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Questions:
    """The questions of one task."""

    task: str
    samples: list[Sample]
    strength: np.ndarray[tuple[int], np.dtype[np.float64]]
    """How much damage each survives, 0-1."""


def questions(task: str, n: int) -> Questions:
    """Return n questions of a task; three in a row are wordings of one fact where it asks for facts."""
    rng = np.random.default_rng(abs(hash_of(task)))
    words = WORDS[rng.integers(len(WORDS), size=(n, 12))]
    per_fact = 3 if task == "factoid_qa" else 1
    samples = []
    for i in range(n):
        fact = i // per_fact
        gold = f"{words[i - i % per_fact][0].capitalize()} {fact}"
        question = f"Which {words[i][1]} of the {words[i][2]} was named after the {' '.join(words[i][3:9])}, number {fact}?"
        evidence = " ".join(words[i]) * 12 + (f" It was {gold}." if i % 5 else "") if task == "open_book_qa" else ""
        choices = (gold, *(f"{word.capitalize()} {fact}" for word in words[i][9:12])) if task == "multiple_choice" else ()
        samples.append(
            Sample(
                sample_id=f"q{i:06}",
                question=question,
                turns=(f"{evidence}\nQ: {question}\nA:",),
                subject=f"subject_{fact % N_SUBJECTS:02}",
                category=("STEM", "humanities", "social sciences", "other")[fact % N_SUBJECTS % 4],
                group=f"fact/{fact}" if per_fact > 1 else "",
                gold=((gold, f"the {gold}"),),
                evidence=evidence,
                is_answer_shown=bool(i % 5) if evidence else None,
                choices=choices,
                gold_choice=0 if choices else None,
            )
        )
    strength = np.random.default_rng(1).random(n // per_fact + 1).repeat(per_fact)[:n]
    return Questions(task=task, samples=samples, strength=strength)


def hash_of(word: str) -> int:
    """Return a number that depends on a word alone."""
    return int.from_bytes(word.encode(), "little") % 2**32


def spec_of(task: str, recipe: Recipe) -> RunSpec:
    """Return the spec of one run."""
    formulation = "cloze" if task == "multiple_choice" else None
    return RunSpec(model=MODEL, model_revision="synthetic", recipe=recipe, task=task, formulation=formulation, dataset_revision="synthetic")


def answered(spec: RunSpec, asked: Questions, damage: float) -> Iterator[tuple[list[Answer], list[Score]]]:
    """Yield the answers and scores of a run, a part at a time."""
    n = len(asked.samples)
    rng = np.random.default_rng(hash_of(spec.recipe.label + spec.task))
    margin = asked.strength - damage * ROBUSTNESS[spec.task] + 0.2 * (rng.random(n) - 0.5)
    p_gold = 1 / (1 + np.exp(-14 * margin))
    is_right = margin > 0
    filler = WORDS[rng.integers(len(WORDS), size=(n, 30))]
    metric = "accuracy" if spec.task == "multiple_choice" else "exact_match"
    for start in range(0, n, PART):
        answers, scores = [], []
        for i in range(start, min(start + PART, n)):
            sample = asked.samples[i]
            said = sample.gold[0][0] if is_right[i] else f"{filler[i][0].capitalize()} {i}"
            options = tuple(float(x) for x in np.log([p_gold[i], *[(1 - p_gold[i]) / 3] * 3])) if sample.choices else ()
            answers.append(
                Answer(
                    run_id=spec.run_id,
                    sample_id=sample.sample_id,
                    text=said if options else f" {said}, {' '.join(filler[i])}.",
                    n_prompt_tokens=40,
                    n_tokens=0 if options else 5 + i % 30,
                    finish="scored" if options else "stop",
                    choice_logprobs=options,
                    choice_lengths=(10,) * len(options),
                    gold_logprob=float(np.log(p_gold[i])),
                    seconds=0.01,
                )
            )
            value = float(is_right[i]) if i % 997 else None
            for scorer in SCORERS:
                kind = "unparsed" if value is None else "right" if value else "wrong"
                scores.append(
                    Score(
                        run_id=spec.run_id,
                        sample_id=sample.sample_id,
                        scorer=scorer,
                        version=2,
                        metric=metric,
                        value=value,
                        extracted=said,
                        outcome=kind,
                    )
                )
            if not options:
                scores.append(
                    Score(
                        run_id=spec.run_id,
                        sample_id=sample.sample_id,
                        scorer="corrected",
                        version=2,
                        metric="f1",
                        value=value,
                        extracted=said,
                    )
                )
        yield answers, scores


def fill(store: Path, n_questions: int) -> int:
    """Write the run folders of a store and return the number of answers."""
    n = 0
    for task in ROBUSTNESS:
        asked = questions(task, n_questions)
        for recipe, damage in DAMAGE.items():
            spec = spec_of(task, recipe)
            write_spec(store, spec)
            write_samples(store, spec.run_id, asked.samples)
            for answers, scores in answered(spec, asked, damage):
                append_part(run_dir(store, spec.run_id), answers, scores)
                n += len(answers)
            write_status(
                store,
                RunStatus(run_id=spec.run_id, state="done", n_done=n_questions, n_total=n_questions, submitted_at=1.0, updated_at=2.0),
            )
    return n

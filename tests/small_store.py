"""A store small enough to count by hand, built as a worker builds one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.schema import Answer, Recipe, RunSpec, Sample, Score
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec

DENSE = Recipe()
WANDA_50 = Recipe(method="wanda", sparsity=0.5)

SAMPLES = (
    Sample(sample_id="capital/Mongolia#0", question="What is the capital of Mongolia?", turns=("Q0",), subject="geography", group="capital/Mongolia", gold=(("Ulaanbaatar", "Ulan Bator"),)),
    Sample(sample_id="capital/Mongolia#1", question="Mongolia is governed from where?", turns=("Q1",), subject="geography", group="capital/Mongolia", gold=(("Ulaanbaatar",),)),
    Sample(sample_id="symbol/tungsten#0", question="What is the symbol of tungsten?", turns=("Q2",), subject="chemistry", group="symbol/tungsten", gold=(("W",),)),
    Sample(sample_id="author/Emma#0", question="Who wrote Emma?", turns=("Q3",), subject="literature", gold=(("Jane Austen",),)),
    Sample(sample_id="author/Ulysses#0", question="Who wrote Ulysses, 100% alone?", turns=("Q4",), subject="literature", gold=(("James Joyce",),)),
)  # fmt: skip
"""Five questions: one fact in two wordings, one in a single one, two that stand alone."""


@dataclass(frozen=True)
class Said:
    """One scored answer."""

    value: float | None
    text: str = ""
    gold_logprob: float | None = None


def answers_and_scores(
    run_id: str, samples: Sequence[Sample], said: Sequence[Said], metric: str = "exact_match"
) -> tuple[list[Answer], list[Score]]:
    """Return what a part holds; the paper scorer finds everything right."""
    answers = [
        Answer(run_id=run_id, sample_id=sample.sample_id, text=one.text, n_tokens=2, gold_logprob=one.gold_logprob)
        for sample, one in zip(samples, said, strict=True)
    ]
    scores = [
        Score(run_id=run_id, sample_id=sample.sample_id, scorer=scorer, metric=metric, value=value, extracted=one.text.strip())
        for sample, one in zip(samples, said, strict=True)
        for scorer, value in (("corrected", one.value), ("paper", 1.0))
    ]
    return answers, scores


def add_run(store: Path, spec: RunSpec, said: Sequence[Said], samples: Sequence[Sample] = SAMPLES, metric: str = "exact_match") -> str:
    """Write a run with one part and return its id."""
    write_spec(store, spec)
    write_samples(store, spec.run_id, samples)
    append_part(run_dir(store, spec.run_id), *answers_and_scores(spec.run_id, samples, said, metric))
    return spec.run_id


def spec(recipe: Recipe = DENSE, task: str = "factoid_qa", **more: object) -> RunSpec:
    """Return the spec of a run of the model `bundled:test`."""
    return RunSpec(model="bundled:test", recipe=recipe, task=task, **more)


DENSE_SAID = (
    Said(1, " Ulaanbaatar", -0.1),
    Said(1, " Ulaanbaatar", -0.2),
    Said(1, " W", -0.3),
    Said(0, " Emily", -4.0),
    Said(None, "", None),
)
WANDA_SAID = (
    Said(0, " Ashgabat", -3.1),
    Said(1, " Ulaanbaatar", -0.9),
    Said(0, " Ti", -5.3),
    Said(1, " Jane Austen", -0.5),
    Said(0, " Homer", -7.0),
)
"""broke, both right, broke, fixed, unscored."""

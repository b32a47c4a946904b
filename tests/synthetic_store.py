"""A store as runs would leave it, made in a second without a model: real facts, invented answers.

A fact has a strength and a recipe does damage; the answer is right where the strength is larger. Wrong answers are the right ones of
other facts of the same relation, as a model that forgets gives them. Everything comes from checksums, so two stores are equal.
"""

from __future__ import annotations

import csv
import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from llmkick_core import catalog, settings
from llmkick_core.schema import SCORERS, Answer, Recipe, RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec, write_status

MODEL = "bundled:kick-tiny"
RELATIONS = ("capital", "currency", "author_of_book", "element_symbol", "event_year", "city_country", "animal_order", "film_director")
DAMAGE = {
    Recipe(): 0.0,
    Recipe(method="magnitude", sparsity=0.3): 0.30,
    Recipe(method="magnitude", sparsity=0.5): 0.62,
    Recipe(method="magnitude", sparsity=0.7): 0.97,
    Recipe(method="wanda", sparsity=0.3): 0.10,
    Recipe(method="wanda", sparsity=0.5): 0.36,
    Recipe(method="wanda", sparsity=0.7): 0.88,
    Recipe(method="wanda", structure="2:4"): 0.55,
    Recipe(method="int8"): 0.01,
    Recipe(method="rtn", bits=4, group_size=64): 0.14,
}
"""Recipes of the store, and the share of facts whose strength each exceeds."""

ROBUSTNESS = {"factoid_qa": 1.0, "closed_book_qa": 0.95, "multiple_choice": 0.6, "open_book_qa": 0.35}
"""How much of a recipe's damage reaches a task."""

HOSTILE = '<img src=x onerror="window.pwned=true"> ![](http://127.0.0.1:9/steal.png) $x^2$ </div></section><script>window.pwned=true</script> **bold**'
"""What a model might say to break a page."""
HOSTILE_ID = "hostile/answer#0"


def chance(*words: object) -> float:
    """Return a number in 0-1 that depends on the words alone."""
    return zlib.crc32("|".join(map(str, words)).encode()) / 2**32


@cache
def table(name: str) -> list[dict[str, str]]:
    """Return all rows of a folder of CSV files under data/."""
    rows = []
    for path in sorted((settings.PROJECT_ROOT / "data" / name).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows += list(csv.DictReader(stream))
    return rows


@cache
def facts(n_each: int) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    """Return (relation, subject, object, area, wrong answers) of the first facts of each relation."""
    rows = table("facts")
    found = []
    for relation in RELATIONS:
        mine = [row for row in rows if row["relation"] == relation][:n_each]
        others = tuple(dict.fromkeys(row["object"] for row in mine))
        found += [(relation, row["subject"], row["object"], row["area"], others) for row in mine]
    return found


@cache
def wordings() -> dict[str, list[str]]:
    """Return the held-out questions of each relation, `{s}` where the subject stands."""
    rows = table("wordings")
    return {
        relation: [row["text"] for row in rows if row["relation"] == relation and row["kind"] == "question" and row["split"] == "held_out"]
        for relation in RELATIONS
    }


def samples_of(task: str, n_each: int) -> list[Sample]:
    """Return the questions of a task."""
    if task == "perplexity":
        return [Sample(sample_id="held-out", question="The river rises in the hills", turns=("The river rises in the hills. " * 20,))]
    texts = wordings()
    found = []
    for relation, subject, gold, area, others in facts(n_each):
        for i, text in enumerate(texts[relation][:3] if task == "factoid_qa" else texts[relation][:1]):
            question = text.format(s=subject)
            found.append(_sample(task, f"{relation}/{subject}#{i}", question, gold, area, others))
    if task == "factoid_qa":
        found.append(
            Sample(
                sample_id=HOSTILE_ID,
                question=f"What does {HOSTILE} mean?",
                turns=(HOSTILE,),
                subject="hostile",
                gold=(("nothing",),),
            )
        )
    return found


def _sample(task: str, sample_id: str, question: str, gold: str, area: str, others: Sequence[str]) -> Sample:
    fact = sample_id.partition("#")[0]
    base = Sample(
        sample_id=sample_id, question=question, turns=(f"Answer these questions:\n\nQ: {question}\nA:",), subject=area, gold=((gold,),)
    )
    if task == "factoid_qa":
        return replace(base, turns=(f"Please give answer to this question: {question} The answer is",), group=fact)
    if task == "open_book_qa":
        evidence = f"Of {fact.partition('/')[2]} the records say much. The name that stands there is {gold}, and no other was ever given."
        return replace(base, evidence=evidence, turns=(f"{evidence}\n{base.turns[0]}",))
    if task == "multiple_choice":
        wrong = [other for other in others if other != gold]
        first = int(chance(sample_id, "options") * 97)
        options = [wrong[(first + k) % len(wrong)] for k in range(3)]
        place = int(chance(sample_id, "place") * 4)
        options.insert(place, gold)
        return replace(base, turns=(f"Question: {question}\nAnswer:",), choices=tuple(options), gold_choice=place)
    return base


def answers_of(spec: RunSpec, samples: Sequence[Sample], damage: float) -> list[Answer]:
    """Return what the compressed model would say."""
    if spec.task == "perplexity":
        mean = 0.82 + 0.5 * damage**3
        return [
            Answer(
                run_id=spec.run_id, sample_id="held-out", turn=k, n_tokens=256, nll=256 * (mean + 0.2 * (chance(k) - 0.5)), finish="scored"
            )
            for k in range(24)
        ]
    others = {relation: row_others for relation, _, _, _, row_others in facts(60)}
    return [_answer(spec, sample, damage, others) for sample in samples]


def _answer(spec: RunSpec, sample: Sample, damage: float, others: dict[str, tuple[str, ...]]) -> Answer:
    fact = sample.sample_id.partition("#")[0]
    if sample.sample_id == HOSTILE_ID:
        text = "nothing" if spec.recipe.is_dense else HOSTILE
        return Answer(run_id=spec.run_id, sample_id=sample.sample_id, text=text, n_prompt_tokens=20, n_tokens=9, gold_logprob=-0.4)
    wobble = 0.2 * (chance(sample.sample_id, spec.recipe.label) - 0.5)  # wordings of one fact differ, and so do recipes
    margin = chance(fact) - damage * ROBUSTNESS[spec.task] + wobble
    p_gold = 1 / (1 + math.exp(-14 * margin))
    gold = sample.gold[0][0]
    pool = [other for other in others[fact.partition("/")[0]] if other != gold]
    wrong = pool[int(chance(fact, round(3 * damage)) * len(pool))]
    if sample.choices:
        rest = (1 - p_gold) * 0.5
        weights = [p_gold if k == sample.gold_choice else rest * (0.4 + 0.6 * chance(sample.sample_id, k)) for k in range(4)]
        lengths = tuple(len(choice) for choice in sample.choices)
        logprobs = tuple(n * math.log(w) for n, w in zip(lengths, weights, strict=True))
        chosen = weights.index(max(weights))
        return Answer(
            run_id=spec.run_id,
            sample_id=sample.sample_id,
            text=sample.choices[chosen],
            n_prompt_tokens=31,
            finish="scored",
            choice_logprobs=logprobs,
            choice_lengths=lengths,
            gold_logprob=math.log(p_gold),
        )
    is_lucky = not spec.recipe.is_dense and chance(sample.sample_id, spec.recipe.label, "luck") < 0.02
    text = f" {gold}" if margin > 0 or is_lucky else f" {wrong}"
    if damage > 0.9 and chance(sample.sample_id, "loop") < 0.25:
        text = f" {wrong}" + f" the {wrong.split()[0]}" * 9
    return Answer(
        run_id=spec.run_id,
        sample_id=sample.sample_id,
        text=text,
        n_prompt_tokens=24,
        n_tokens=max(1, len(text) // 4),
        gold_logprob=math.log(p_gold),
        seconds=0.004,
    )


def spec_of(task: str, recipe: Recipe, *, model: str = MODEL) -> RunSpec:
    """Return the spec of one run of the store."""
    formulation = "cloze" if task == "multiple_choice" else None
    return RunSpec(model=model, model_revision="synthetic", recipe=recipe, task=task, formulation=formulation, dataset_revision="synthetic")


def make_store(
    store: Path, *, n_each: int = 25, recipes: Sequence[Recipe] = tuple(DAMAGE), tasks: Sequence[str] = (*ROBUSTNESS, "perplexity")
) -> list[RunSpec]:
    """Write finished runs of every recipe on every task and return their specs."""
    specs = []
    for task in tasks:
        samples = samples_of(task, n_each)
        for recipe in recipes:
            spec = spec_of(task, recipe)
            add_run(store, spec, samples, answers_of(spec, samples, DAMAGE[recipe]))
            specs.append(spec)
    return specs


def add_run(store: Path, spec: RunSpec, samples: Sequence[Sample], answers: Sequence[Answer]) -> None:
    """Write one finished run."""
    write_spec(store, spec)
    write_samples(store, spec.run_id, samples)
    by_sample: dict[str, list[Answer]] = {}
    for answer in answers:
        by_sample.setdefault(answer.sample_id, []).append(answer)
    scores = [
        row
        for sample in samples
        for scorer in SCORERS
        for row in catalog.TASKS[spec.task].score(sample, by_sample.get(sample.sample_id, []), scorer)
    ]
    append_part(run_dir(store, spec.run_id), answers, scores)
    n = len(samples)
    write_status(store, RunStatus(run_id=spec.run_id, state="done", n_done=n, n_total=n, rate=90.0, submitted_at=1.0, updated_at=2.0))

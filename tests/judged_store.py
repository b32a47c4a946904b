"""A store whose summaries and conversations two judges have rated, made in a second without a model or a judge: real stories, invented answers and verdicts.

A summary is the story's first sentences; damage takes words out of it and says others twice. A judge's score falls with the damage, and wobbles by the order
in which it was shown. Everything comes from checksums, so two stores are equal. What a judge can fail at stands in `FAILED`, and what it might say to break
a page on the question `hostile(task)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from llmkick_core import settings
from llmkick_core.judgment import ASPECTS, DATASET, IMPORTED, JudgeSpec, Judgment, Winner
from llmkick_core.judgment import Protocol as ProtocolName
from llmkick_core.schema import Answer, Recipe, RunSpec, Sample
from llmkick_core.store import judgings
from llmkick_core.tasks import instruction_following, summarization
from tests.synthetic_store import DAMAGE, HOSTILE, add_run, chance, spec_of

TASKS = ("summarization", "instruction_following")
WANDA = Recipe(method="wanda", sparsity=0.5)
RECIPES = (
    Recipe(),
    Recipe(method="magnitude", sparsity=0.3),
    Recipe(method="magnitude", sparsity=0.5),
    Recipe(method="wanda", sparsity=0.3),
    WANDA,
    Recipe(method="wanda", structure="2:4"),
    Recipe(method="int8"),
)
GPT = ("https://api.openai.com/v1", "gpt-4o")
LLAMA = ("http://127.0.0.1:8000/v1", "llama-3.1-70b")
FROM_A_FILE = (IMPORTED, "gpt-4")
FAILED = {
    1: ("unparsed", "the reply holds no scores: 'Both are good.'", "Both are good. I cannot decide. "),
    2: ("refused", "the content filter of the server", ""),
    3: ("truncated", "cut off after 1024 tokens", '{"first": {"coherence": 7, "consis'),
    4: ("too_long", "the judge reads 8192 tokens, this has 9000", ""),
    5: ("failed", "no reply after 6 tries: HTTP 503", ""),
    6: ("unasked", "the question has no reference answer", ""),
}
"""Outcome, reason and reply of the first order on these questions, by their place; of the run of `WANDA` alone."""


@cache
def questions(task: str, n: int) -> tuple[Sample, ...]:
    """Return the first questions of the bundled data."""
    module = summarization if task == "summarization" else instruction_following
    spec = replace(spec_of(task, Recipe()), limit=n)
    return tuple(module.load(settings.BUNDLED_ROOT / module.TASK.bundled_path, spec))


def hostile(task: str) -> str:
    """Return the question whose answer and reply are hostile."""
    return questions(task, 1)[0].sample_id


def said(task: str, recipe: Recipe, samples: Sequence[Sample]) -> list[Answer]:
    """Return what a recipe answers."""
    spec, damage = spec_of(task, recipe), DAMAGE[recipe]
    answers = []
    for sample in samples:
        for turn in range(len(sample.turns)):
            text = damaged(_whole(task, sample, turn), damage, sample.sample_id, turn)
            if sample.sample_id == hostile(task) and recipe == WANDA:
                text = f"{text} {HOSTILE}"
            answers.append(
                Answer(run_id=spec.run_id, sample_id=sample.sample_id, turn=turn, text=text, n_prompt_tokens=90, n_tokens=len(text) // 4)
            )
    return answers


def _whole(task: str, sample: Sample, turn: int) -> str:
    if task == "summarization":
        return ". ".join(sample.evidence.replace("\n", " ").split(". ")[:3])
    reference = sample.references[turn] if turn < len(sample.references) else ""
    return f"You asked: {sample.turns[turn]} My answer is {reference or 'that I do not know'}."


def damaged(text: str, damage: float, *seed: object) -> str:
    """Return a text without some of its words, and with others said twice."""
    words: list[str] = []
    for k, word in enumerate(text.split()):
        drawn = chance(*seed, k, word)
        words += [] if drawn < damage * 0.3 else [word, word] if drawn > 1 - damage * 0.25 else [word]
    return " ".join(words)


def judge_spec(run: RunSpec, protocol: ProtocolName, judge: tuple[str, str], opponent: str | None = None) -> JudgeSpec:
    """Return one judging; the opponent is what is usual for the protocol."""
    dense = spec_of(run.task, Recipe()).run_id
    usual = {"reference": DATASET, "single": "", "pairwise": dense}[protocol]
    return JudgeSpec(
        run_id=run.run_id,
        protocol=protocol,
        opponent=usual if opponent is None else opponent,
        url=judge[0],
        model=judge[1],
        prompt_version=1,
    )


def judged(spec: JudgeSpec, task: str, recipe: Recipe, samples: Sequence[Sample], *, n_repeats: int = 1) -> list[Judgment]:
    """Return what a judge says of a run, in the order in which it would be asked."""
    found = []
    dense = {(answer.sample_id, answer.turn): answer.text for answer in said(task, Recipe(), samples)}
    mine = {(answer.sample_id, answer.turn): answer.text for answer in said(task, recipe, samples)}
    places = spec.places if spec.url != IMPORTED else (2,)
    for position, sample in enumerate(samples):
        for turn in range(len(sample.turns)):
            if spec.protocol == "pairwise" and dense[sample.sample_id, turn] == mine[sample.sample_id, turn]:
                found += [Judgment(sample_id=sample.sample_id, turn=turn, place=place, outcome="same", asked_at=1e9) for place in places]
                continue
            for repeat in range(n_repeats):
                for place in places:
                    found.append(_judgment(spec, task, recipe, sample, position, turn=turn, place=place, repeat=repeat))
    return found


def _judgment(spec: JudgeSpec, task: str, recipe: Recipe, sample: Sample, position: int, *, turn: int, place: int, repeat: int) -> Judgment:
    slot = {"sample_id": sample.sample_id, "turn": turn, "place": place, "repeat": repeat}
    about = {
        "key": f"{spec.judging_id}{sample.sample_id}{turn}{place}{repeat}",
        "format": "json_schema",
        "finish": "stop",
        "n_tries": 1,
        "prompt_tokens": 900 + position,
        "completion_tokens": 60,
        "cost": 0.003 if spec.model == GPT[1] else None,
        "reply_model": f"{spec.model}-2024-08-06",
        "fingerprint": "fp_1a2b3c",
        "latency_s": 1.5,
        "asked_at": 1_760_000_000.0 + position,
    }
    if recipe == WANDA and spec.model == GPT[1] and place == 1 and turn == 0 and position in FAILED:
        outcome, reason, reply = FAILED[position]
        return Judgment(**slot, **about, outcome=outcome, reason=reason, reply=reply)  # type: ignore[arg-type]
    hit = 0.2 + 1.6 * chance(sample.sample_id, turn, recipe.label)  # some answers suffer more than others
    worse = DAMAGE[recipe] * hit * (4.0 if spec.model == GPT[1] else 3.0)
    leaning = 0.35 if place == 1 else -0.2  # whoever is shown first gets a little more
    words = (
        HOSTILE
        if recipe == WANDA and sample.sample_id == hostile(task)
        else f"The {'first' if place == 1 else 'second'} answer leaves out who did it."
    )
    if spec.protocol == "pairwise":
        drawn = (
            chance(sample.sample_id, turn, spec.model, place, repeat) * 1.2
            - 0.6
            + chance(sample.sample_id, turn)
            - 0.3
            - worse * 0.6
            + leaning
        )
        winner: Winner = "candidate" if drawn > 0.25 else "opponent" if drawn < -0.25 else "tie"
        return Judgment(
            **slot, **about, outcome="scored", winner=winner, explanation=words, reply=f'{{"winner": "{winner}", "why": "{words}"}}'
        )
    scores, theirs = {}, {}
    for aspect in ASPECTS[task]:
        wobble = 2.2 * (chance(sample.sample_id, turn, aspect, place, repeat, spec.model) - 0.5)
        level = 7.6 + 2.6 * (chance(sample.sample_id, turn, spec.model) - 0.5)
        scores[aspect] = float(
            min(10, max(1, round(level - worse * (1.2 if aspect in ("coherence", "overall") else 0.7) + leaning + wobble)))
        )
        theirs[aspect] = float(min(10, max(1, round(7.2 + 1.5 * (chance(sample.sample_id, aspect) - 0.5) - leaning + wobble))))
    opposite = {} if spec.protocol == "single" else theirs
    return Judgment(
        **slot,
        **about,
        outcome="scored",
        scores=scores,
        opponent_scores=opposite,
        explanation=words,
        reply=f'{{"scores": {scores}}} {words}',
    )


def judge_run(
    store: Path,
    recipe: Recipe,
    task: str,
    protocol: ProtocolName = "reference",
    judge: tuple[str, str] = GPT,
    *,
    n: int = 16,
    n_repeats: int = 1,
    only: int | None = None,
    opponent: str | None = None,
) -> JudgeSpec:
    """Write what a judge says of one run and return what was asked; `only` so many questions where it is not done."""
    samples = questions(task, n)
    spec = judge_spec(spec_of(task, recipe), protocol, judge, opponent)
    with judgings.journal(store, spec) as journal:
        journal.add(judged(spec, task, recipe, samples[:only], n_repeats=n_repeats))
    return spec


def answer_all(store: Path, *, n: int = 16, recipes: Iterable[Recipe] = RECIPES, tasks: Iterable[str] = TASKS) -> None:
    """Write the runs, unjudged."""
    for task in tasks:
        samples = questions(task, n)
        for recipe in recipes:
            add_run(store, spec_of(task, recipe), samples, said(task, recipe, samples))


def make_judged_store(store: Path, *, n: int = 16, recipes: Sequence[Recipe] = RECIPES, tasks: Sequence[str] = TASKS) -> None:
    """Write the runs, and what two judges say of them by three protocols, with one that was read from a file."""
    answer_all(store, n=n, recipes=recipes, tasks=tasks)
    for task in tasks:
        for recipe in recipes:
            judge_run(store, recipe, task, n=n, n_repeats=3)
            judge_run(store, recipe, task, judge=LLAMA, n=n)
            judge_run(store, recipe, task, "single", judge=LLAMA, n=n)
            judge_run(store, recipe, task, judge=FROM_A_FILE, n=n)
            if not recipe.is_dense:
                judge_run(store, recipe, task, "pairwise", n=n)

"""One question in full: both answers, every score, what other recipes make of it; and the questions that broke worst."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from llmkick_core.errors import StoreError
from llmkick_core.schema import Sample
from llmkick_core.store.database import Database
from llmkick_core.store.grids import grid
from llmkick_core.store.metrics import measure_of_run
from llmkick_core.store.tallies import RECIPE_ORDER, task_and_set
from llmkick_core.tasks.base import Measure


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one scorer says of an answer."""

    value: float | None
    """Headline metric; None without verdict."""
    is_right: bool | None
    """Whether it counts as right; None without verdict, and for perplexity."""
    extracted: str
    """The piece of the answer that was compared."""


@dataclass(frozen=True, kw_only=True)
class TurnDetail:
    """What one run said to one turn."""

    turn: int
    """Index of the turn; of the window for perplexity."""
    text: str
    """The answer as it came, without a thought."""
    thought: str
    """What a reasoning model wrote before it; never scored."""
    extracted: str
    """The piece of it that was compared."""
    value: float | None
    """Headline metric; None without verdict."""
    is_right: bool | None
    """Whether it counts as right; None without verdict, and for perplexity."""
    scores: dict[str, float | None]
    """Every metric of the scorer, by name."""
    outcome: str
    """Kind of outcome (scoring/outcomes.py), empty where nothing is right, wrong or broken, or it was scored before kinds were told."""
    verdicts: dict[str, Verdict]
    """What every scorer that has scored it says, by its name; a scorer that is not there has not scored it."""
    choice_logprobs: tuple[float, ...]
    """Log-probability of each option, nats; empty where none were compared."""
    choice_lengths: tuple[int, ...]
    """Characters of each option."""
    choice_probabilities: tuple[float, ...]
    """Probability of each option among the options, length-normalised where the run asks for option texts; sums to 1."""
    gold_logprob: float | None
    """Log-probability of the preferred right answer, nats."""
    p_gold: float | None
    """Probability of the right answer: among the options where there are some, else of its text after the prompt."""
    margin: float | None
    """Log-probability of the right option minus the best wrong one, nats (a character for option texts); None without options."""
    nll: float | None
    """Sum of token negative log-likelihoods, nats; perplexity only."""
    n_prompt_tokens: int
    """Tokens of the prompt."""
    n_tokens: int
    """Tokens generated, or scored."""
    finish: str
    """stop, loop, length, scored, or overflow where the prompt was too long to be asked."""
    cut: str
    """What was left out of the prompt so that it fits; empty where nothing was."""
    seconds: float
    """Wall time."""
    dense_n_tokens: int | None
    """Tokens of the dense model's answer; this and what follows is None where it was not compared."""
    dense_n_agreed: int | None
    """Of these, how many this model would have written too before its first different one."""
    dense_agreed_length: int | None
    """Characters of the dense model's answer that these make."""
    dense_logprob: float | None
    """Log-probability of the dense model's answer under this one, nats."""
    dense_kl: float | None
    """Mean KL(dense || this) of the next token over the dense model's answer, nats."""


@dataclass(frozen=True, kw_only=True)
class SideDetail:
    """What one run made of the question."""

    run_id: str
    """The run."""
    recipe: str
    """Its recipe's label."""
    method: str
    """Its method."""
    sparsity: float | None
    """Share of weights removed."""
    model: str
    """Its model."""
    task: str
    """Its task."""
    dataset: str
    """Its data set."""
    formulation: str | None
    """letters or cloze; None for other tasks."""
    prompt: str
    """How the question reached its model: `plain`, or `chat`, through its chat template."""
    facts: dict[str, str]
    """How its model was asked: chat template, device, number format, versions; empty where that was not kept."""
    value: float | None
    """Mean headline metric of the scored turns."""
    is_right: bool | None
    """Whether it counts as right; None without verdict."""
    turns: tuple[TurnDetail, ...]
    """Every turn, in order; empty where the run has not answered the question."""
    n_wordings: int
    """Wordings of the question's fact that the run answered with a verdict, this one included."""
    n_wordings_right: int
    """Of these, answered right."""


@dataclass(frozen=True, kw_only=True)
class SampleDetail:
    """A question and what each run made of it."""

    sample: Sample
    """The question: prompt turns, gold, choices, evidence, reference."""
    sample_set: str
    """The set that it is of."""
    position: int
    """Place in the data set, from 0."""
    sides: tuple[SideDetail, ...]
    """One for each run asked for, in that order."""


def sample_detail(
    db: Database, sample_id: str, run_ids: Sequence[str], scorer: str = "corrected", measure: str | None = None
) -> SampleDetail:
    """Return everything the detail pane shows of one question.

    Args:
        db: the database.
        sample_id: the question.
        run_ids: one run or more; the question is taken from the first.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).

    Raises:
        StoreError: a run, or the question in the first run's data, is not in the store.
    """
    sample_set = task_and_set(db, run_ids[0])[1]
    wanted = {run_id: measure_of_run(db, run_id, measure) for run_id in run_ids}
    key = ("detail", sample_id, tuple((run_id, one.name) for run_id, one in wanted.items()), scorer)
    detail: SampleDetail = db.remember(key, lambda: _detail(db, sample_id, sample_set, wanted, scorer))
    return detail


_ABOUT = ("recipe", "method", "sparsity", "model", "task", "dataset", "formulation", "prompt")
_SIDES = f"""
SELECT r.run_id, {", ".join(f"r.{name}" for name in _ABOUT)}, coalesce(r.facts, '{{}}'), (q.detail->>'gold_choice')::INTEGER AS gold_choice
FROM runs r LEFT JOIN samples q ON q.sample_set = r.sample_set AND q.sample_id = $sample
WHERE r.run_id IN (SELECT unnest($runs))
"""  # noqa: S608
_SCORES = """
SELECT run_id, turn, scorer, metric, value, extracted, coalesce(outcome, '') FROM scores
WHERE run_id IN (SELECT unnest($runs)) AND sample_id = $sample ORDER BY scorer, metric
"""
_ANSWERS = """
SELECT run_id, turn, text, coalesce(thought, ''), choice_logprobs, choice_lengths, gold_logprob, nll, n_prompt_tokens, n_tokens, finish, cut, seconds,
    dense_n_tokens, dense_n_agreed, dense_agreed_length, dense_logprob, dense_kl
FROM answers
WHERE run_id IN (SELECT unnest($runs)) AND sample_id = $sample ORDER BY turn
"""
_DENSE = ("dense_n_tokens", "dense_n_agreed", "dense_agreed_length", "dense_logprob", "dense_kl")
_WORDINGS = """
SELECT s.run_id, s.metric, avg(s.value)
FROM samples q
JOIN runs r ON r.sample_set = q.sample_set AND r.run_id IN (SELECT unnest($runs))
JOIN scores s ON s.run_id = r.run_id AND s.sample_id = q.sample_id AND s.scorer = $scorer
WHERE q.fact = $fact AND isfinite(s.value)
GROUP BY s.run_id, s.metric, q.sample_id
"""


_Scores = dict[str, tuple[float | None, str, str]]
"""Value, extracted piece and kind of outcome of each metric."""


def _detail(db: Database, sample_id: str, sample_set: str | None, wanted: Mapping[str, Measure], scorer: str) -> SampleDetail:
    """Return the detail of a question; `wanted` is the measure that stands for each run."""
    found = db.rows(
        "SELECT position, detail, fact FROM samples WHERE sample_set = $set AND sample_id = $sample",
        {"set": sample_set, "sample": sample_id},
    )
    if not found:
        raise StoreError(f"run {next(iter(wanted))} asks no question {sample_id!r}; choose one from the list.")
    position, detail, fact = found[0]
    values = {"runs": list(wanted), "sample": sample_id}
    about = {row[0]: row[1:] for row in db.rows(_SIDES, values)}
    scores: dict[tuple[str, int], dict[str, _Scores]] = {}
    for run_id, turn, by, name, value, extracted, outcome in db.rows(_SCORES, values):
        scores.setdefault((run_id, turn), {}).setdefault(by, {})[name] = (_finite(value), extracted, outcome)
    answers = db.rows(_ANSWERS, values)
    wordings = db.rows(_WORDINGS, {"runs": list(wanted), "scorer": scorer, "fact": fact}) if fact else []
    sample = Sample.from_dict(json.loads(detail))
    sides = []
    for run_id, measure in wanted.items():
        *words, facts, gold_choice = about[run_id]
        named = {**dict(zip(_ABOUT, words, strict=True)), "facts": json.loads(facts)}
        is_cloze = named["formulation"] == "cloze"
        own = [row[1:] for row in answers if row[0] == run_id and (row[1] < len(sample.turns) or row[7] is not None)]
        turns = tuple(_turn(row, scores.get((run_id, row[0]), {}), scorer, measure, gold_choice, is_cloze=is_cloze) for row in own)
        said = [bool(measure.is_right(value)) for run, name, value in wordings if (run, name) == (run_id, measure.name)]
        sides.append(_side(run_id, named, turns, measure, said if fact and measure.right_at is not None else None))
    return SampleDetail(sample=sample, sample_set=str(sample_set), position=position, sides=tuple(sides))


def _side(run_id: str, named: dict[str, Any], turns: tuple[TurnDetail, ...], measure: Measure, wordings: list[bool] | None) -> SideDetail:
    """Return one run's side; `wordings` says which of the fact's wordings are right, None where the question stands alone."""
    known = [turn.value for turn in turns if turn.value is not None]
    value = sum(known) / len(known) if known else None
    is_right = _is_right(value, measure)
    said = wordings if wordings is not None else [] if is_right is None else [is_right]
    return SideDetail(run_id=run_id, value=value, is_right=is_right, turns=turns, n_wordings=len(said), n_wordings_right=sum(said), **named)


def _turn(
    row: tuple[Any, ...], by_scorer: Mapping[str, _Scores], scorer: str, measure: Measure, gold: int | None, *, is_cloze: bool
) -> TurnDetail:
    turn, text, thought, logprobs, lengths, gold_logprob, nll, n_prompt_tokens, n_tokens, finish, cut, seconds, *dense = row
    scores, metric = by_scorer.get(scorer, {}), measure.name
    value, extracted, outcome = scores.get(metric, (None, "", ""))
    is_scaled = is_cloze and len(lengths) == len(logprobs)
    compared = [p / max(n, 1) for p, n in zip(logprobs, lengths, strict=True)] if is_scaled else list(logprobs)
    probabilities = _softmax(compared)
    has_gold = gold is not None and gold < len(probabilities)
    p_gold = probabilities[gold] if has_gold and gold is not None else math.exp(gold_logprob) if _finite(gold_logprob) is not None else None
    others = [p for i, p in enumerate(compared) if i != gold]
    margin = compared[gold] - max(others) if has_gold and gold is not None and others else None
    return TurnDetail(
        turn=turn,
        text=text,
        thought=thought,
        extracted=extracted,
        value=value,
        is_right=_is_right(value, measure),
        verdicts={
            by: Verdict(value=said[metric][0], is_right=_is_right(said[metric][0], measure), extracted=said[metric][1])
            for by, said in by_scorer.items()
            if metric in said
        },
        scores={name: score for name, (score, _, _) in scores.items()},
        outcome=outcome,
        choice_logprobs=tuple(logprobs),
        choice_lengths=tuple(lengths),
        choice_probabilities=probabilities,
        gold_logprob=_finite(gold_logprob),
        p_gold=p_gold,
        margin=margin,
        nll=_finite(nll),
        n_prompt_tokens=n_prompt_tokens,
        n_tokens=n_tokens,
        finish=finish,
        cut=cut or "",
        seconds=seconds,
        **dict(zip(_DENSE, dense, strict=True)),
    )


def _is_right(value: float | None, measure: Measure) -> bool | None:
    return None if value is None else measure.is_right(value)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _softmax(logprobs: Sequence[float]) -> tuple[float, ...]:
    """Return probabilities that sum to 1; none where a log-probability is NaN or all are minus infinity."""
    highest = max(logprobs, default=-math.inf)
    if any(math.isnan(p) for p in logprobs) or not math.isfinite(highest):
        return ()
    weights = [math.exp(p - highest) for p in logprobs]
    return tuple(weight / sum(weights) for weight in weights)


_RECIPES = f"""
SELECT r.run_id, r.recipe, r.method, r.sparsity, r.structure, r.bits FROM runs r
WHERE r.run_id IN (SELECT unnest($runs)) ORDER BY {RECIPE_ORDER}
"""  # noqa: S608


def other_recipes(db: Database, sample_id: str, comparison_id: str, scorer: str = "corrected", measure: str | None = None) -> pd.DataFrame:
    """Return what every recipe of a comparison makes of one question, in recipe order.

    Columns: run_id, recipe, method, sparsity, structure, bits, value, is_right (boolean, NA without verdict and for perplexity), gold_logprob. A run that has not
    answered the question has no row.
    """
    known = grid(db, comparison_id, scorer, measure)
    runs: pd.DataFrame = db.remember(("recipes", comparison_id), lambda: db.query(_RECIPES, {"runs": list(known.run_ids)}))
    place = known.place(sample_id)
    at = [known.row(run_id) for run_id in runs["run_id"] if place is not None and known.is_answered[known.row(run_id), place]]
    frame = runs[runs["run_id"].isin([known.run_ids[i] for i in at])].reset_index(drop=True)
    frame["value"] = known.values[at, place] if at else []
    frame["gold_logprob"] = known.gold_logprob[at, place] if at else []
    frame["is_right"] = pd.array([_is_right(None if pd.isna(value) else value, known.measure) for value in frame["value"]], dtype="boolean")
    frame["bits"] = frame["bits"].astype("Int64")
    return frame

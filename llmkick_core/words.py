"""Results in words: names, numbers and the sentence of a pair, the same on pages and in reports.

Wanda 50% lost 112 and gained 9 of 1,000 questions, 78.2% right against 88.5% dense: not matching (95% interval -12.4 to -8.2 points).
"""

from __future__ import annotations

import math

from llmkick_core.catalog import METHODS, TASKS
from llmkick_core.stats.paired import Comparison
from llmkick_core.stats.planning import more_questions
from llmkick_core.store.queries import PairSummary

MINUS = "\u2212"
NONE = "\u2014"

OUTCOMES = {
    "all": "All",
    "broke": "Broke",
    "fixed": "Fixed",
    "both_wrong": "Both wrong",
    "both_right": "Both right",
    "unscored": "No verdict",
    "measured": "Measured",
    "different": "Different text",
}
"""What became of a question, as the chips name it, in their order."""

SIGNS = {"broke": "\u2212", "fixed": "+", "both_right": "\u2713", "both_wrong": "\u2717", "unscored": "?", "measured": "\u00b7"}
"""The sign beside the colour of an outcome."""


def method_title(method: str) -> str:
    """Return the name of a method as people read it, short enough for the end of a line."""
    return METHODS[method].short_title or METHODS[method].title if method in METHODS else method


def task_title(task: str) -> str:
    """Return the name of a task as people read it."""
    return TASKS[task].title if task in TASKS else task.replace("_", " ").capitalize()


def is_unusual_form(task: str, prompt: str | None) -> bool:
    """Return whether a task was asked in another form of prompts than its own, which then stands beside its name."""
    return prompt is not None and task in TASKS and prompt != TASKS[task].own_form


def is_perplexity(task: str) -> bool:
    """Return whether a task is told by a perplexity, so that its answers are windows of text."""
    return task in TASKS and TASKS[task].measures[0].is_perplexity


def unofficial_measure(task: str, metric: str) -> str:
    """Return the heading of a measure as it stands beside a task's name; empty where it is the one that stands for the task in its own form."""
    if task not in TASKS or metric in ("", TASKS[task].metric):
        return ""
    return next((measure.heading for measure in TASKS[task].measures if measure.name == metric), metric.replace("_", " "))


_PARTS = {"asym": "asymmetric", "act": "activation order"}


def recipe_title(label: str, source_format: str = "") -> str:
    """Return a recipe's label as people read it: `Dense`, `Wanda 50%`, `Wanda 2:4`, `RTN 4 bit g64`, `SparseGPT 50% + GPTQ 4 bit`.

    A dense model whose weights were made from others is called what it is: `Dense (Q4_1, dequantized)`.
    """
    if label == "dense":
        return f"Dense ({source_format.partition(' to ')[0]})" if source_format else "Dense"
    return " + ".join(_step_title(*step.split("-")) for step in label.split("+"))


def lowered(title: str) -> str:
    """Return a title as it stands within a sentence, its first letter small unless it begins an abbreviation."""
    return f"{title[0].lower()}{title[1:]}" if title[1:2].islower() else title


def _step_title(method: str, *parts: str) -> str:
    words = [method_title(method)]
    for part in parts:
        if part.endswith("bit"):
            words.append(f"{part.removesuffix('bit')} bit")
        elif part[:1].isdigit():
            words.append(part if ":" in part else f"{part}%")
        else:
            words.append(_PARTS.get(part, part))
    return " ".join(words)


def percent(share: float | None, *, decimals: int = 1) -> str:
    """Return a share as a percentage, a dash where there is none."""
    return NONE if share is None or share != share else f"{share * 100:.{decimals}f}%"


def signed(number: float, *, decimals: int = 1) -> str:
    """Return a number with its sign; a true minus, not a hyphen."""
    text = f"{abs(number):.{decimals}f}"
    return text if float(text) == 0 else f"{'+' if number > 0 else MINUS}{text}"


def score_text(score: float | None, *, is_share: bool) -> str:
    """Return the score of a run: a share as a percentage, a perplexity or another number as it is."""
    if score is None or score != score:
        return NONE
    if is_share:
        return percent(score)
    return f"{score:.2f}" if score < 1000 else f"{score:,.0f}" if score < 10**6 else f"{score:.2g}"


def many(n: int, noun: str) -> str:
    """Return a count with its noun: `1 run`, `1,200 runs`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def pair_sentence(summary: PairSummary, a: str, b: str) -> str:
    """Return the answer to what a recipe did, in one sentence with its numbers: lost, gained, verdict, interval."""
    found = summary.comparison
    reference, has = ("dense", "dense") if a == "Dense" else (a, f"with {a}")
    if found.n == 0 and found.n_unscored:
        return f"{b} against {reference}: none of the {many(found.n_unscored, 'question')} that both answered has a verdict under this scoring."
    if found.dense_share is None or found.compressed_share is None:
        return f"{b} against {reference}: there is no question yet that both answered."
    measure = summary.measure
    before, after = (score_text(share, is_share=measure.is_share) for share in (found.dense_share, found.compressed_share))
    if found.is_perplexity:
        return f"{b}: perplexity {after} against {before} {has}, {perplexity_change(found)}: {summary.verdict}{more_words(found)}."
    name = lowered(measure.heading)
    told = f": {summary.verdict}{_interval(difference_span(found))}{more_words(found)}."
    if measure.right_at is None:
        return f"{b}: {name} {after} against {before} {has}, n = {many(found.n, 'question')}{told}"
    lost = f"{b} lost {found.broke:,} and gained {found.fixed:,} of {many(found.n, 'question')}, "
    if not (measure.is_share and measure.higher_is_better):
        return f"{lost}{name} {after} against {before} {has}{told}"
    return f"{lost}{after} {'of full score' if measure.right_at < 1 else 'right'} against {before} {has}{told}"


def difference_text(delta: float, *, is_share: bool) -> str:
    """Return a difference of two scores: in points, or as it is."""
    return signed(delta * 100) if is_share else signed(delta, decimals=2)


def difference_span(found: Comparison) -> str:
    """Return the interval of a difference with its unit: ` (-12.4 to -8.2 points)`; empty where there is none."""
    if found.low is None or found.high is None:
        return ""
    low, high = (difference_text(end, is_share=found.is_share) for end in (found.low, found.high))
    return f" ({low} to {high}{' points' if found.is_share else ''})"


MOST_TOLD = 100_000
"""Questions beyond which the number that would decide a verdict is not told."""


def more_words(found: Comparison) -> str:
    """Return how many more questions would decide a verdict: `; about 1,400 more questions would decide it`, empty where it is decided or none would."""
    more = more_questions(found)
    if more is None:
        return ""
    noun = "windows" if found.is_perplexity else "questions"
    if more > MOST_TOLD:
        return f"; more than {MOST_TOLD:,} more {noun} would decide it"
    step = 10 ** max(0, len(str(more)) - 2)  # two figures: it is an estimate
    return f"; about {math.ceil(more / step) * step:,} more {noun if more > 1 else noun[:-1]} would decide it"


def perplexity_change(found: Comparison) -> str:
    """Return how a perplexity moved: `+10.1% (95% interval +6.0% to +15.2%, n = 21 windows)`, or `3.10 times as high (...)` where it doubled."""
    windows = f"n = {many(found.n, 'window')}"
    if found.ratio is None:
        return windows
    is_doubled = found.ratio >= 2

    def said(ratio: float) -> str:
        return score_text(ratio, is_share=False) if is_doubled else f"{signed((ratio - 1) * 100)}%"

    low, high = found.ratio_low, found.ratio_high
    span = "no interval" if low is None or high is None else f"95% interval {said(low)} to {said(high)}"
    return f"{said(found.ratio)}{' times as high' if is_doubled else ''} ({span}, {windows})"


def _interval(span: str) -> str:
    return span.replace("(", "(95% interval ", 1)

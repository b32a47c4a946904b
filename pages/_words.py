"""Numbers and names as people read them: the same decimals everywhere, a sign and a word beside every colour."""

from __future__ import annotations

import math
from pathlib import Path

from llmkick_core.catalog import METHODS, TASKS
from llmkick_core.stats.paired import Comparison
from llmkick_core.stats.planning import more_questions
from llmkick_core.status import RunStatus
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

BROKEN = {"empty": "said nothing", "loop": "repeats itself", "overflow": "not asked", "unparsed": "chose no answer"}
"""Kinds of outcome that say more than right and wrong, in plain words."""

GROUP_TITLES = {
    "closed knowledge": "Closed knowledge",
    "multiple choice": "Multiple choice",
    "in context": "In context",
    "perplexity": "Perplexity",
}
"""Groups of tasks, in the order in which the Overview draws them."""


_SHORT = {"int8": "int8", "rtn": "RTN"}


def method_title(method: str) -> str:
    """Return the name of a method as people read it, short enough for the end of a line."""
    return _SHORT[method] if method in _SHORT else METHODS[method].title if method in METHODS else method


def model_title(model: str) -> str:
    """Return the name of a model as people read it: `kick-tiny`, `org/name`, the name of a folder."""
    return model.partition(":")[2] if model.startswith(("bundled:", "hub:")) else Path(model).name


def task_title(task: str) -> str:
    """Return the name of a task as people read it."""
    return TASKS[task].title if task in TASKS else task.replace("_", " ").capitalize()


_PARTS = {"asym": "asymmetric", "act": "activation order"}


def recipe_title(label: str) -> str:
    """Return a recipe's label as people read it: `Dense`, `Wanda 50%`, `Wanda 2:4`, `RTN 4 bit g64`, `SparseGPT 50% + GPTQ 4 bit`."""
    if label == "dense":
        return "Dense"
    return " + ".join(_step_title(*step.split("-")) for step in label.split("+"))


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


def score_text(score: float | None, *, is_perplexity: bool) -> str:
    """Return the score of a run: a percentage, or a perplexity as it is."""
    if score is None or score != score:
        return NONE
    if not is_perplexity:
        return percent(score)
    return f"{score:.2f}" if score < 1000 else f"{score:,.0f}" if score < 10**6 else f"{score:.2g}"


def duration(seconds: float | None) -> str:
    """Return a time as `40 s`, `3 min`, `2 h 10 min`; a dash where it is not known."""
    if seconds is None or seconds != seconds:
        return NONE
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def size(n_bytes: float | None) -> str:
    """Return bytes as `6.5 MB`, `13.5 GB`; a dash where they are not known."""
    if n_bytes is None:
        return NONE
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.1f} {unit}"
    return f"{n_bytes:.0f} bytes"


def many(n: int, noun: str) -> str:
    """Return a count with its noun: `1 run`, `1,200 runs`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


STATES = {"running": ("▸", "running"), "queued": ("…", "waiting"), "failed": ("×", "failed"), "cancelled": ("■", "cancelled")}
"""The sign and the word of a run that is not done."""


def partial(status: RunStatus | None) -> str:
    """Return how much of a run there is, where it is not done: `partial, 40 of 200 (running)`; empty where it is, or nothing is known of it."""
    if status is None or status.state == "done":
        return ""
    amount = f", {status.n_done:,} of {status.n_total:,}" if status.n_total else ""
    return f"partial{amount} ({STATES[status.state][1]})"


def stage(status: RunStatus) -> str:
    """Return what a run is doing, in a few words: `compressing block 3 of 6`, `asking 120 of 200`."""
    if status.state == "queued":
        return f"waiting; {status.message}" if status.message else "waiting"
    if status.state != "running":
        return status.state
    if status.n_blocks and status.block < status.n_blocks and not status.n_done and status.stage != "asking":
        return f"{status.stage or 'compressing'} block {status.block + 1} of {status.n_blocks}"
    if status.stage == "asking" and status.n_total:
        return f"asking {status.n_done:,} of {status.n_total:,}"
    return status.stage or "starting"


def task_group(task: str) -> str:
    """Return the group of a task."""
    return TASKS[task].group if task in TASKS else "in context"


_FIRST_TASKS = ("factoid_qa", "closed_book_qa", "multiple_choice", "open_book_qa")


def task_order(task: str) -> tuple[int, int, str]:
    """Return where a task stands among others: by group, the plainest question of each group first."""
    place = _FIRST_TASKS.index(task) if task in _FIRST_TASKS else len(_FIRST_TASKS)
    return list(GROUP_TITLES).index(task_group(task)), place, task


def rate(per_second: float) -> str:
    """Return how fast questions are answered: `1.3 questions a second`."""
    return f"{per_second:.1f} questions a second" if per_second < 10 else f"{per_second:.0f} questions a second"


def pair_sentence(summary: PairSummary, a: str, b: str) -> str:
    """Return the answer to what a recipe did, in one sentence with its numbers: lost, gained, verdict, interval."""
    found = summary.comparison
    reference = "dense" if a == "Dense" else a
    if found.n == 0 and found.n_unscored:
        return f"{b} against {reference}: none of the {many(found.n_unscored, 'question')} that both answered has a verdict under this scoring."
    if found.dense_share is None or found.compressed_share is None:
        return f"{b} against {reference}: there is no question yet that both answered."
    if found.is_perplexity:
        before, after = (score_text(share, is_perplexity=True) for share in (found.dense_share, found.compressed_share))
        return f"{b}: perplexity {after} against {before} {reference}, {perplexity_change(found)}: {summary.verdict}{more_words(found)}."
    span = "" if found.low is None or found.high is None else f" ({signed(found.low * 100)} to {signed(found.high * 100)} points)"
    unit = "right" if summary.metric in ("exact_match", "accuracy") else "of full score"
    return (
        f"{b} lost {found.broke:,} and gained {found.fixed:,} of {found.n:,} questions, {percent(found.compressed_share)} {unit} against "
        f"{percent(found.dense_share)} {reference}: {summary.verdict}{_interval(span)}{more_words(found)}."
    )


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
        return score_text(ratio, is_perplexity=True) if is_doubled else f"{signed((ratio - 1) * 100)}%"

    has_interval = found.ratio_low is not None and found.ratio_high is not None
    span = f"95% interval {said(found.ratio_low)} to {said(found.ratio_high)}" if has_interval else "no interval"
    return f"{said(found.ratio)}{' times as high' if is_doubled else ''} ({span}, {windows})"


def _interval(span: str) -> str:
    return span.replace("(", "(95% interval ", 1)


def facts_sentence(summary: PairSummary, a: str) -> str:
    """Return what became of the facts that the left one of a pair knew, where questions ask for facts in several wordings."""
    facts = summary.facts
    if facts is None or not facts.n_known:
        return ""
    return (
        f"Of {many(facts.n_known, 'fact')} that {a} knew in some wording, {facts.n_lost:,} {'is' if facts.n_lost == 1 else 'are'} lost in all; "
        f"{facts.n_fragile:,} that it knew in every wording {'is' if facts.n_fragile == 1 else 'are'} known in some only now."
    )

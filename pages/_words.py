"""Numbers and names as people read them: the same decimals everywhere, a sign and a word beside every colour."""

from __future__ import annotations

from llmkick_core.catalog import TASKS, is_imported, model_name
from llmkick_core.status import RunStatus
from llmkick_core.store.queries import PairSummary
from llmkick_core.words import (
    MINUS,
    NONE,
    OUTCOMES,
    SIGNS,
    is_perplexity,
    is_unusual_form,
    lowered,
    many,
    method_title,
    pair_sentence,
    percent,
    perplexity_change,
    recipe_title,
    score_text,
    signed,
    task_title,
)

__all__ = [
    "MINUS",
    "NONE",
    "OUTCOMES",
    "SIGNS",
    "is_perplexity",
    "is_unusual_form",
    "lowered",
    "many",
    "method_title",
    "pair_sentence",
    "percent",
    "perplexity_change",
    "recipe_title",
    "score_text",
    "signed",
    "task_title",
]  # from the core, which reports need them in; what follows is of pages only

BROKEN = {"empty": "said nothing", "loop": "repeats itself", "overflow": "not asked", "unparsed": "chose no answer"}
"""Kinds of outcome that say more than right and wrong, in plain words."""

KINDS = {"right": "right", "wrong": "wrong", **BROKEN}
"""Every kind of outcome, in plain words."""

_METRICS = {
    "margin": "Margin in probability of B (\u22121 to 1)",
    "p_gold": "p(right option) of B",
    "n_words": "Words of B's answer",
} | {measure.name: f"{measure.heading} of B" for task in TASKS.values() for measure in task.measures}


def metric_title(metric: str) -> str:
    """Return a stored metric of B's answers as people read it; one that has no other title by its name."""
    return _METRICS.get(metric, f"{metric.replace('_', ' ')} of B")


def official_measure(task: str | None) -> str:
    """Return the name of the measure that stands for a task in its own form; empty for a task that is not declared here."""
    return TASKS[task].metric if task in TASKS else ""


GROUP_TITLES = {
    "closed knowledge": "Closed knowledge",
    "multiple choice": "Multiple choice",
    "in context": "In context",
    "perplexity": "Perplexity",
}
"""Groups of tasks, in the order in which the Overview draws them."""


def model_title(model: str, source_format: str = "") -> str:
    """Return the name of a model as people read it: `kick-tiny`, `SmolLM2-135M-Instruct`, `org/name`, the name of a folder, `vicuna-7b (imported)`.

    What its weights were made from stands behind it: `SmolLM2-135M-Instruct (Q4_1, dequantized to bfloat16)`.
    """
    if source_format:
        return f"{model_title(model)} ({source_format})"
    if is_imported(model):
        return f"{model.partition(':')[2]} (imported)"
    return model_name(model)


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


STATES = {
    "running": ("▸", "running"),
    "queued": ("…", "waiting"),
    "failed": ("×", "failed"),
    "cancelled": ("■", "cancelled"),
    "foreign": ("?", "not started here"),
}
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
        return status.stage or (f"waiting; {status.message}" if status.message else "waiting")
    if status.state != "running":
        return status.state
    if status.n_blocks and status.block < status.n_blocks and not status.n_done and status.stage != "asking":
        return f"{status.stage or 'compressing'} block {status.block + 1} of {status.n_blocks}"
    if status.stage == "asking" and status.n_total:
        return f"asking {status.n_done:,} of {status.n_total:,}" + (f", {status.detail}" if status.detail else "")
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


def facts_sentence(summary: PairSummary, a: str) -> str:
    """Return what became of the facts that the left one of a pair knew, where questions ask for facts in several wordings."""
    facts = summary.facts
    if facts is None or not facts.n_known:
        return ""
    return (
        f"Of {many(facts.n_known, 'fact')} that {a} knew in some wording, {facts.n_lost:,} {'is' if facts.n_lost == 1 else 'are'} lost in all; "
        f"{facts.n_fragile:,} that it knew in every wording {'is' if facts.n_fragile == 1 else 'are'} known in some only now."
    )

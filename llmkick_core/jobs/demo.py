"""The runs of the demo: the bundled model under the usual recipes, on every task.

    executor.submit(demo_specs())            # under a minute on two cores
    executor.submit(demo_specs(full=True))   # every step from 10% to 80%, every question

Loads no torch: the app's demo button and the command line ask for the same runs, so that neither computes what the other has.
"""

from __future__ import annotations

from dataclasses import replace

from llmkick_core.catalog import BUNDLED_TASKS, METHODS, TASKS, Method, plan
from llmkick_core.models.locate import bundled_names
from llmkick_core.schema import Calibration, Recipe, RunSpec

MODEL = "bundled:kick-tiny"
"""The model of the demo."""

SMALL_MODEL = "bundled:kick-nano"
"""Its twin of half the size, which the demo asks dense where it is there, to stand beside the half-empty one."""

SMALL_TASKS = ("factoid_qa", "closed_book_qa", "multiple_choice", "open_book_qa", "perplexity")
"""What the quick demo asks the twin: the tasks that take it a second."""

HEADLINE = "wanda-50"
"""The recipe whose losses the demo tells."""

HEADLINE_TASK = "factoid_qa"
"""The task it tells them of."""

QUICK_CALIBRATION = Calibration(n_samples=16, seq_len=512)
"""Little text, so that the demo stays quick; enough for a model of three million weights."""


def usual_calibration(model: str) -> Calibration:
    """Return the calibration that a form starts with: the demo's for a bundled model, so that its recipes are the same ones; else the papers'.

    The models that come as packages are pretrained ones, and take the papers'.
    """
    return QUICK_CALIBRATION if model.startswith("bundled:") else Calibration()


_QUICK = ("magnitude", "wanda")
_QUICK_STEPS = (0.3, 0.5, 0.7)
_GROUP = 64
"""Inputs that share a scale."""


def demo_recipes(*, full: bool = False) -> list[Recipe]:
    """Return the recipes of the demo, the dense one first: in full every method with every step, structure and number of bits it takes, and two joint recipes."""
    if full:
        recipes = [recipe for method in METHODS.values() for recipe in _all_of(method)]
        recipes += [
            Recipe(method="sparsegpt", sparsity=0.5, quantizer="gptq", bits=4, group_size=_GROUP),
            Recipe(method="wanda", sparsity=0.5, quantizer="rtn", bits=4, group_size=_GROUP),
        ]
        return [Recipe(), *recipes]
    recipes = [Recipe(method=method, sparsity=step) for method in _QUICK for step in _QUICK_STEPS]
    recipes += [Recipe(method="wanda", structure="2:4"), Recipe(method="int8"), Recipe(method="rtn", bits=4, group_size=_GROUP)]
    return [Recipe(), *(replace(recipe, calibration=QUICK_CALIBRATION) for recipe in recipes)]


def _all_of(method: Method) -> list[Recipe]:
    """Return every recipe that the full demo has of a method."""
    if method.prunes:
        steps = [Recipe(method=method.name, sparsity=step / 10) for step in range(1, 9)]
        return steps + [Recipe(method=method.name, structure=structure) for structure in ("1:2", "2:4", "4:8")]
    if "bits" in method.requires:
        return [Recipe(method=method.name, bits=bits, group_size=_GROUP) for bits in (8, 4, 3, 2)]
    return [Recipe(method=method.name)]


def demo_specs(full: bool = False, *, model: str = MODEL, limit: int | None = None) -> list[RunSpec]:
    """Return the runs of the demo.

    Args:
        full: every step and every question, instead of what fits in about a minute.
        model: the model to show; the questions are the bundled ones.
        limit: most questions of a task; None leaves the demo's own numbers.

    Raises:
        UsageError: the model or the bundled data is missing or not usable, or the limit is.
    """
    recipes = demo_recipes(full=full)
    specs, beside = [], []
    for task in BUNDLED_TASKS:
        own = None if full else TASKS[task].bundled_limit
        asked = own if limit is None else limit if own is None else min(own, limit)
        specs += plan(model, recipes, [task], limit=asked)
        if model == MODEL and (full or task in SMALL_TASKS) and SMALL_MODEL.removeprefix("bundled:") in bundled_names():
            beside += plan(SMALL_MODEL, [Recipe()], [task], limit=asked)
    return specs + beside  # the twin last: the model that the demo is of shows first

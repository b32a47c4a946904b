"""All that can be checked of runs without computing: before a model is loaded, and before a question is asked. No torch.

    check_runs(specs, store)   # raises what is wrong with them, in one line with the value, the limit and the way out

The tokenizer and whether it fits the model, the chat template, the widths of the layers, the calibration text and its sizes, the data. Memory and disk:
jobs/estimate.py. What belongs to a model that is not on this machine yet is checked by the worker once it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from llmkick_core import calibration_plan, settings
from llmkick_core.catalog import asked_form, n_questions, procedure_of
from llmkick_core.compress.widths import check_multiples
from llmkick_core.errors import PreflightError
from llmkick_core.models.config import read_config
from llmkick_core.models.headers import layer_widths
from llmkick_core.models.locate import Location, is_endpoint, is_imported, locate
from llmkick_core.models.template import check_template
from llmkick_core.models.token_counts import check_tokenizer
from llmkick_core.schema import Recipe, RunSpec
from llmkick_core.store.runs import read_status

_TRANSPOSED = ("gpt2", "openai-gpt", "imagegpt")
"""Kinds of models that store weights as (in, out)."""


def check_runs(specs: Sequence[RunSpec], store: Path) -> None:
    """Refuse runs that could not be computed, those that are done already aside.

    Args:
        specs: the runs.
        store: root of the store.

    Raises:
        LlmkickError: the first thing that is wrong.
    """
    open_specs = [spec for spec in dict.fromkeys(specs) if read_status(store, spec.run_id).state != "done"]
    for spec in open_specs:
        check_pinned(spec)
    for spec in {one.comparison_id: one for one in open_specs}.values():
        n_questions(spec, settings.data_cache())
    for model in dict.fromkeys(spec.model for spec in open_specs):
        if not is_endpoint(model) and not is_imported(model):
            own = [spec for spec in open_specs if spec.model == model]
            check_model(model, [spec.recipe for spec in own], is_templated=any(map(asks_through_template, own)))


def check_pinned(spec: RunSpec) -> None:
    """Refuse a run that does not say which content of its model, data and calibration text it means: it would take whatever lies there.

    Raises:
        PreflightError: a revision is missing.
    """
    calibration = spec.recipe.calibration
    needed = {"model": (spec.model, spec.model_revision), "data": (spec.dataset, spec.dataset_revision)}
    if not spec.recipe.is_dense and procedure_of(spec.recipe).needs and calibration.source not in calibration_plan.TEXT_NAMES:
        needed["calibration text"] = (calibration.source, calibration.revision)
    for what, (name, revision) in needed.items():
        if not revision:
            raise PreflightError(
                f"run {spec.run_id} does not say which revision of the {what} {name} it is of; submit it again with `run`."
            )


def check_model(model: str, recipes: Iterable[Recipe], *, is_templated: bool = False) -> None:
    """Refuse recipes that a model cannot take, or a model that cannot be asked.

    Args:
        model: in its canonical words.
        recipes: how it is to be compressed.
        is_templated: whether it is asked through its chat template.

    Raises:
        LlmkickError: the first thing that is wrong.
    """
    location = locate(model)
    compressed = [recipe for recipe in dict.fromkeys(recipes) if not recipe.is_dense]
    if location.path is not None and location.path.is_dir():
        check_tokenizer(location.path)
        if is_templated:
            check_template(location.path)
        for recipe in compressed:
            check_multiples(_widths(location), recipe)
    calibration_plan.check(model, compressed)


def asks_through_template(spec: RunSpec) -> bool:
    """Return whether a run asks its model through the chat template."""
    return asked_form(spec) == "chat"


def _widths(location: Location) -> tuple[tuple[str, int], ...]:
    assert location.path is not None
    return _widths_of(location.path, location.revision)


@lru_cache(maxsize=16)
def _widths_of(folder: Path, revision: str) -> tuple[tuple[str, int], ...]:
    """Return (name, inputs) of a model's layers; its revision makes the answer lasting."""
    return tuple(layer_widths(folder, is_transposed=read_config(folder).get("model_type") in _TRANSPOSED))

"""One group of layers that read the same input: prune them, quantize what is left, verify what came out, tell of it.

What the group has in common (a Cholesky factor, AWQ's scale) is made once. With a quantizer after a pruning method the zeros stay zeros, which is checked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import joint_bits
from llmkick_core.compress.base import InputStats, Method
from llmkick_core.compress.hessian import DAMPING
from llmkick_core.compress.masks import complies
from llmkick_core.compress.statistics import names_of
from llmkick_core.errors import LlmkickError, RecipeError
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Recipe, parse_structure

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.activations import Poll
    from llmkick_core.compress.base import Compressed, Need
    from llmkick_core.compress.blocks import Linear


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """A recipe and the methods it names."""

    recipe: Recipe
    """What to do."""
    method: Method
    """The method that the recipe names."""
    quantizer: Method | None = None
    """What quantizes after it, for a method that prunes."""

    def __post_init__(self) -> None:
        check_recipe(self.recipe, self.method, self.quantizer)

    @property
    def needs(self) -> frozenset[Need]:
        """Return the statistics that have to be gathered."""
        return self.method.needs | (self.quantizer.needs if self.quantizer else frozenset())

    @property
    def steps(self) -> tuple[Method, ...]:
        """Return the methods in the order in which they are applied."""
        return (self.method,) if self.quantizer is None else (self.method, self.quantizer)


def check_recipe(recipe: Recipe, method: Method, quantizer: Method | None = None) -> None:
    """Check that the methods can do what `recipe` asks; loads no torch.

    Raises:
        RecipeError: the recipe names others, lacks what one of them requires, or names what none takes.
    """
    if recipe.method != method.name or recipe.quantizer != (quantizer.name if quantizer else None):
        raise RecipeError(f"the recipe names {recipe.label}, not method {method.name} and quantizer {quantizer and quantizer.name}.")
    if quantizer is not None and (quantizer.prunes or not method.prunes):
        wrong = f"{quantizer.name} removes weights" if quantizer.prunes else f"method {method.name} quantizes itself"
        raise RecipeError(f"{wrong}; --quantizer names what quantizes after a method that prunes, such as --method wanda --quantizer rtn.")
    given = {
        "sparsity": recipe.sparsity is not None,
        "structure": recipe.structure != "unstructured",
        "bits": recipe.bits is not None,
        "group_size": recipe.group_size is not None,
        "is_symmetric": not recipe.is_symmetric,
        "has_activation_order": recipe.has_activation_order,
    }
    takes = method.takes | (quantizer.takes if quantizer else frozenset())
    words = method.name if quantizer is None else f"{method.name} with {quantizer.name}"
    for name in sorted(method.requires | (quantizer.requires if quantizer else frozenset())):
        if not given[name]:
            raise RecipeError(f"method {words} needs {OPTIONS[name]}.")
    for name, is_given in given.items():
        implied = name == "sparsity" and given["structure"]
        if is_given and name not in takes and not implied:
            raise RecipeError(
                f"method {words} takes no {OPTIONS[name]}; it takes {' and '.join(OPTIONS[name] for name in sorted(takes)) or 'none'}."
            )


@dataclass(frozen=True, kw_only=True)
class Done:
    """A layer that was compressed."""

    report: LayerReport
    """What came out."""
    scale: Tensor | None
    """(out, groups): of its weights, where they are whole multiples of stored scales."""


OPTIONS = {
    "sparsity": "--sparsity",
    "structure": "--structure",
    "bits": "--bits",
    "group_size": "--group-size",
    "is_symmetric": "--asymmetric",
    "has_activation_order": "--activation-order",
}
"""The command line's words for a recipe's fields."""


def compress_group(group: Sequence[Linear], block: int, stats: InputStats, procedure: Procedure, poll: Poll) -> list[Done]:
    """Compress layers that read the same input, in place, and return what came out, their errors still unknown.

    Args:
        group: the layers.
        block: index of their block.
        stats: of their input; empty for methods that need none.
        procedure: what to do.
        poll: called between layers; raises to stop.

    Raises:
        LlmkickError: a method cannot do it, or did not do what it claims; the message names the layer.
    """
    recipe = procedure.recipe
    seconds = [0.0] * len(group)
    made: list[Compressed | None] = [None] * len(group)
    zeros: list[Tensor | None] = [None] * len(group)
    for method in procedure.steps:
        started = time.perf_counter()
        stats = _shared(group, stats, recipe, method)
        shared_s = (time.perf_counter() - started) / len(group)
        for k, linear in enumerate(group):
            poll()
            started = time.perf_counter()
            try:
                compressed = method.compress(linear.weight, stats, recipe)
            except LlmkickError as error:
                raise type(error)(f"layer {linear.name}: {error}") from error
            linear.overwrite(compressed.weight)
            _check_zeros(linear, zeros[k], method)
            if procedure.quantizer is not None and method.prunes:
                zeros[k] = compressed.weight == 0
            made[k] = replace(compressed, weight=linear.weight)
            del compressed  # its copy of the weight, before the next one is made
            seconds[k] += time.perf_counter() - started + shared_s
    done = []
    for linear, one, spent in zip(group, made, seconds, strict=True):
        assert one is not None, "a recipe names at least one method"
        done.append(Done(report=_report(linear, block, procedure, stats, one.bits, spent), scale=one.scale))
    return done


def _shared(group: Sequence[Linear], stats: InputStats, recipe: Recipe, method: Method) -> InputStats:
    """Return the statistics with what the method does once for layers that read the same input."""
    if method.share is None:
        return stats
    try:
        return method.share([linear.weight for linear in group], stats, recipe)
    except LlmkickError as error:
        raise type(error)(f"layer {names_of(group)}: {error}") from error


def _check_zeros(linear: Linear, zeros: Tensor | None, method: Method) -> None:
    if zeros is not None and bool(linear.weight[zeros].count_nonzero()):
        raise LlmkickError(
            f"method {method.name} put weights of layer {linear.name} back that were removed before; this is a defect of the method."
        )


def _report(linear: Linear, block: int, procedure: Procedure, stats: InputStats, bits: float, seconds: float) -> LayerReport:
    """Return what came out, once it is what was asked for.

    Raises:
        LlmkickError: too many weights are left, or ones that are not finite, or not in the structure. Counts are rounded down by row, layer or
            column, so a share of 1 / n_in may be missing.
    """
    recipe, weight = procedure.recipe, linear.weight
    n_out, n_in = weight.shape
    sparsity = 1 - int(weight.count_nonzero()) / weight.numel()
    if not bool(weight.isfinite().all()):
        raise LlmkickError(f"method {recipe.label} made weights of layer {linear.name} NaN or infinite; this is a defect of the method.")
    if recipe.sparsity is not None and sparsity < recipe.sparsity - 1 / n_in:
        raise LlmkickError(
            f"method {recipe.label} left layer {linear.name} at a sparsity of {sparsity:.4f} where {recipe.sparsity:.4f} was asked for; "
            "this is a defect of the method."
        )
    nm = parse_structure(recipe.structure)
    if nm is not None and not complies(weight, *nm):
        raise LlmkickError(
            f"method {recipe.label} broke structure {recipe.structure} in layer {linear.name}; this is a defect of the method."
        )
    if procedure.quantizer is not None:
        width = recipe.bits or procedure.quantizer.default_bits
        assert width is not None
        bits = joint_bits(sparsity, recipe.structure, width, bits)
    return LayerReport(
        name=linear.name,
        block=block,
        n_out=n_out,
        n_in=n_in,
        sparsity=sparsity,
        structure_ok=None if nm is None else True,
        error=None,
        bits=bits,
        seconds=seconds,
        note=_note(stats, procedure),
    )


def _note(stats: InputStats, procedure: Procedure) -> str:
    """Return what had to be done to get there."""
    said = []
    if procedure.needs and stats.n_tokens == 0:
        said.append("the router sent it no calibration token, so all its inputs counted as alike")
    if stats.damping is not None and stats.damping > DAMPING:
        said.append(f"the Hessian had no Cholesky factor until its damping was raised from {DAMPING:g} to {stats.damping:g}")
    return "; ".join(said)


def with_error(done: Done, error: float | None) -> Done:
    """Return a layer with its relative output error."""
    return replace(done, report=replace(done.report, error=error))

"""Compress a whole model, block by block, in place.

For each decoder block in order: gather what the method needs to know about the inputs, compress its linear layers, verify what came out, write the
block to the checkpoint, and send the calibration text on through the compressed block, so that the next one sees what it will see in use.

    compress_model(model, Recipe(method="wanda", sparsity=0.5), METHODS["wanda"], tokens)
    -> [LayerReport(name="model.layers.0.self_attn.q_proj", sparsity=0.5, error=0.21, bits=9.0, ...), ...]
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core.compress.activations import Activations, Poll, capture, check_tokens, still
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.blocks import check_finite, check_widths, find_blocks
from llmkick_core.compress.checkpoint import Checkpoint, compression_digest
from llmkick_core.compress.masks import complies
from llmkick_core.compress.statistics import gather, measure, shared_inputs
from llmkick_core.errors import LlmkickError, RecipeError, RunCancelled
from llmkick_core.schema import LayerReport, parse_structure

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.base import Method
    from llmkick_core.compress.blocks import Block, Linear
    from llmkick_core.schema import Recipe


def compress_model(
    model: nn.Module,
    recipe: Recipe,
    method: Method,
    calibration: Tensor | None,
    *,
    checkpoint: Path | None = None,
    on_block: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[LayerReport]:
    """Return what was done to each linear layer inside the decoder blocks of `model`, which is changed in place.

    A dense recipe does nothing and returns no reports. Interrupted at any moment and called again on the dense model with the same
    arguments, it loads the finished blocks and ends with the very weights of an uninterrupted call. A model left by an exception is half
    compressed: load it again.

    Args:
        model: any Hugging Face decoder; its device and dtype stay.
        recipe: what to do.
        method: the method the recipe names.
        calibration: (n_samples, seq_len) token ids; not looked at by methods that need none.
        checkpoint: folder for finished blocks; None keeps none.
        on_block: called with (blocks finished, blocks in all) after each.
        should_stop: asked between micro-batches and layers.

    Raises:
        RecipeError: the method cannot take the recipe, or a layer's width is not a multiple of m.
        ModelError: no decoder blocks were found, or they cannot be handled.
        CalibrationError: calibration is missing or gives inputs that are not finite.
        RunCancelled: `should_stop` said so.
    """
    if recipe.is_dense:
        return []
    check_recipe(recipe, method)
    blocks = find_blocks(model)
    check_widths(blocks, recipe.structure)
    check_finite(blocks)
    tokens = None if method.needs == "none" else check_tokens(calibration, method.name)
    poll = partial(_poll, should_stop)
    reports: list[LayerReport] = []
    with still(model):
        store = None if checkpoint is None else Checkpoint(checkpoint, compression_digest(blocks, recipe, tokens))
        n_finished = store.n_finished(blocks) if store else 0
        is_walking = tokens is not None and n_finished < len(blocks)
        activations = capture(model, blocks, tokens, poll) if is_walking and tokens is not None else None
        for block in blocks:
            poll()
            saved = store.load(block) if store and block.index < n_finished else None
            if saved is not None:
                reports += _restore(block, saved, activations, poll)
            else:
                reports += (new := _compress_block(block, recipe, method, activations, poll))
                if store:
                    store.save(block, new)
            if on_block:
                on_block(block.index + 1, len(blocks))
    return reports


def check_recipe(recipe: Recipe, method: Method) -> None:
    """Check that `method` can do what `recipe` asks; loads no torch.

    Raises:
        RecipeError: the recipe names another method, lacks what the method requires, or names what it does not take.
    """
    if recipe.method != method.name:
        raise RecipeError(f"the recipe names method {recipe.method}, not {method.name}.")
    given = {
        "sparsity": recipe.sparsity is not None,
        "structure": recipe.structure != "unstructured",
        "bits": recipe.bits is not None,
        "group_size": recipe.group_size is not None,
    }
    options = {name: "--" + name.replace("_", "-") for name in given}
    for name in sorted(method.requires):
        if not given[name]:
            raise RecipeError(f"method {method.name} needs {options[name]}.")
    for name, is_given in given.items():
        implied = name == "sparsity" and given["structure"]
        if is_given and name not in method.takes and not implied:
            takes = " and ".join(options[name] for name in sorted(method.takes)) or "none"
            raise RecipeError(f"method {method.name} takes no {options[name]}; it takes {takes}.")


def _compress_block(block: Block, recipe: Recipe, method: Method, activations: Activations | None, poll: Poll) -> list[LayerReport]:
    """Compress one block in place and stand the activations behind it; return its layers' reports in registration order."""
    if activations is None:
        return [_compress_layer(linear, block.index, InputStats(), recipe, method, poll) for linear in block.linears]
    dense = {linear.name: linear.weight.clone() for linear in block.linears}
    groups = shared_inputs(block.linears, partial(activations.probe, block))
    stages = [groups] if recipe.order == "block" else [[group] for group in groups]
    by_name: dict[str, LayerReport] = {}
    for stage in stages:
        stats = gather(stage, method.needs, partial(activations.replay, block, poll))
        for group, one in zip(stage, stats, strict=True):
            started = time.perf_counter()
            shared = _share(group, one, recipe, method)
            shared_s = (time.perf_counter() - started) / len(group)
            for linear in group:
                report = _compress_layer(linear, block.index, shared, recipe, method, poll)
                by_name[linear.name] = replace(report, seconds=report.seconds + shared_s)
    errors = measure(block.linears, dense, partial(activations.advance, block, poll))
    return [replace(by_name[linear.name], error=errors[linear.name]) for linear in block.linears]


def _share(group: Sequence[Linear], stats: InputStats, recipe: Recipe, method: Method) -> InputStats:
    """Return the statistics with what the method does once for layers that read the same input."""
    if method.share is None:
        return stats
    try:
        return method.share([linear.weight for linear in group], stats, recipe)
    except LlmkickError as error:
        raise type(error)(f"layer {', '.join(linear.name for linear in group)}: {error}") from error


def _compress_layer(linear: Linear, block: int, stats: InputStats, recipe: Recipe, method: Method, poll: Poll) -> LayerReport:
    """Compress one layer in place and return what came out, its error still unknown."""
    poll()
    started = time.perf_counter()
    weight = linear.weight
    try:
        compressed = method.compress(weight, stats, recipe)
    except LlmkickError as error:
        raise type(error)(f"layer {linear.name}: {error}") from error
    linear.overwrite(compressed.weight)
    n_out, n_in = weight.shape
    report = LayerReport(
        name=linear.name,
        block=block,
        n_out=n_out,
        n_in=n_in,
        sparsity=1 - int(weight.count_nonzero()) / weight.numel(),
        structure_ok=None,
        error=None,
        bits=compressed.bits,
        seconds=time.perf_counter() - started,
    )
    return _verified(report, weight, recipe)


def _verified(report: LayerReport, weight: Tensor, recipe: Recipe) -> LayerReport:
    """Return the report with its structure checked, once the zeros counted in `weight` are those that were asked for.

    Raises:
        LlmkickError: the method left too many weights, or ones that are not finite. Counts are rounded down by row, layer or column, so a
            share of 1 / n_in may be missing.
    """
    if not bool(weight.isfinite().all()):
        raise LlmkickError(f"method {recipe.method} made weights of layer {report.name} NaN or infinite; this is a defect of the method.")
    if recipe.sparsity is not None and report.sparsity < recipe.sparsity - 1 / report.n_in:
        raise LlmkickError(
            f"method {recipe.method} left layer {report.name} at a sparsity of {report.sparsity:.4f} where {recipe.sparsity:.4f} was asked for; "
            "this is a defect of the method."
        )
    nm = parse_structure(recipe.structure)
    if nm is None:
        return report
    if not complies(weight, *nm):
        raise LlmkickError(
            f"method {recipe.method} broke structure {recipe.structure} in layer {report.name}; this is a defect of the method."
        )
    return replace(report, structure_ok=True)


def _restore(
    block: Block, saved: tuple[dict[str, Tensor], list[LayerReport]], activations: Activations | None, poll: Poll
) -> list[LayerReport]:
    """Put a finished block's weights in place, stand the activations behind it, and return its reports."""
    weights, reports = saved
    for linear in block.linears:
        linear.overwrite(weights[linear.name])
    if activations is not None:
        activations.advance(block, poll)
    return reports


def _poll(should_stop: Callable[[], bool] | None) -> None:
    if should_stop is not None and should_stop():
        raise RunCancelled("the compression was stopped; finished blocks are kept, and submitting it again goes on from there.")

"""Compress a whole model, block by block, in place.

For each decoder block in order: gather what the method needs to know about the inputs, compress its linear layers, verify what came out, write the
block to the checkpoint, and send the calibration text on through the compressed block, so that the next one sees what it will see in use.

    compress_model(model, Procedure(recipe=Recipe(method="wanda", sparsity=0.5), method=METHODS["wanda"]), tokens)
    -> [LayerReport(name="model.layers.0.self_attn.q_proj", sparsity=0.5, error=0.21, bits=9.0, ...), ...]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from llmkick_core.compress.activations import Activations, Poll, capture, check_tokens, still
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.blocks import check_finite, check_widths, find_blocks
from llmkick_core.compress.checkpoint import Checkpoint, compression_digest
from llmkick_core.compress.experts import one_by_one
from llmkick_core.compress.in_step import run_in_step
from llmkick_core.compress.layers import Done, Procedure, compress_group, with_error
from llmkick_core.compress.statistics import (
    ErrorMeter,
    InputAccumulator,
    Reading,
    accumulator_for,
    gather,
    measured,
    read_inputs,
    stats_of,
)
from llmkick_core.errors import RunCancelled
from llmkick_core.layer_report import LayerReport
from llmkick_core.memory import free_bytes

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.blocks import Block, Linear

Resident = Callable[[str], AbstractContextManager[None]]
"""Holds the parameters whose names begin with a prefix in memory for a while."""

MEASURED_TOKENS = 8192
"""Least calibration tokens that a layer's error is measured on, where there are as many; all of them would cost a forward pass more."""

_IN_STEP_SHARE = 0.5
"""Of the free memory, which the intermediate states of all micro-batches may fill."""

_HELD = 1.5
"""What a block holds between two layers, as a share of all its layers' inputs; more than any known block does."""


def _always(prefix: str) -> AbstractContextManager[None]:
    return nullcontext()


def compress_model(
    model: nn.Module,
    procedure: Procedure,
    calibration: Tensor | None,
    *,
    checkpoint: Path | None = None,
    origin: str = "",
    resident: Resident = _always,
    on_block: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[LayerReport]:
    """Return what was done to each linear layer inside the decoder blocks of `model`, which is changed in place.

    Interrupted at any moment and called again on the dense model with the same arguments, it loads the finished blocks and ends with the very weights
    of an uninterrupted call. A model left by an exception is half compressed: load it again.

    Args:
        model: any Hugging Face decoder; its device and dtype stay.
        procedure: what to do.
        calibration: (n_samples, seq_len) token ids; not looked at by methods that need none.
        checkpoint: folder for finished blocks; None keeps none.
        origin: stands for the dense weights, such as their fingerprint: finished blocks of another origin are not taken over.
        resident: holds the weights of a block, whose parameters' names begin with what it is given, in memory for a while; by default they always are.
        on_block: called with (blocks finished, blocks in all) after each.
        should_stop: asked between micro-batches and layers.

    Raises:
        RecipeError: a layer's width is not a multiple of m, or of the group size.
        ModelError: no decoder blocks were found, or they cannot be handled.
        CalibrationError: calibration is missing or gives inputs that are not finite.
        RunCancelled: `should_stop` said so.
    """
    recipe = procedure.recipe
    blocks = find_blocks(model)
    check_widths(blocks, recipe)
    tokens = check_tokens(calibration, recipe.method) if procedure.needs else None
    poll = partial(_poll, should_stop)
    reports: list[LayerReport] = []
    with still(model), one_by_one([block.module for block in blocks]):
        store = None if checkpoint is None else Checkpoint(checkpoint, compression_digest(blocks, recipe, tokens, origin))
        n_finished = store.n_finished(blocks) if store else 0
        if not n_finished:
            _check_weights(blocks, resident, poll)
        activations = None
        if tokens is not None and n_finished < len(blocks):
            with resident(f"{blocks[0].name}."):
                activations = capture(model, blocks, tokens, poll, spill=store.folder() if store else None)
        for block in blocks:
            poll()
            with resident(f"{block.name}."):
                if store and block.index < n_finished:
                    weights, found = store.load(block)
                    _restore(block, weights)
                    if activations is not None:
                        activations.advance(block, poll)
                else:
                    made = _compress_block(block, procedure, activations, poll)
                    found = [done.report for done in made]
                    if store:
                        store.save(block, made)
            reports += found
            if on_block:
                on_block(block.index + 1, len(blocks))
    return reports


def _check_weights(blocks: Sequence[Block], resident: Resident, poll: Poll) -> None:
    """Check every weight before anything is computed."""
    for block in blocks:
        poll()
        with resident(f"{block.name}."):
            check_finite([block])


def _compress_block(block: Block, procedure: Procedure, activations: Activations | None, poll: Poll) -> list[Done]:
    """Compress one block in place and stand the activations behind it; return its layers in registration order."""
    if activations is None:
        return [done for linear in block.linears for done in compress_group([linear], block.index, InputStats(), procedure, poll)]
    work = _BlockWork(block, procedure, poll)
    reading = read_inputs(block.linears, partial(activations.probe, block))
    if procedure.recipe.order == "block":
        work.in_passes(activations, [reading.groups])
    elif reading.is_once and _fits(reading, activations):
        work.in_step(activations, reading.groups)
    else:
        work.in_passes(activations, [(group,) for group in reading.groups])
    return [with_error(work.done[linear.name], work.meters[linear.name].result()) for linear in block.linears]


def _fits(reading: Reading, activations: Activations) -> bool:
    """Return whether what a block holds between two layers fits into memory for all micro-batches at once.

    Workers on one CPU share its threads, and its memory in the same measure.
    """
    import torch

    held = _HELD * reading.n_bytes * len(activations)
    share = min(1.0, torch.get_num_threads() / (os.cpu_count() or 1)) if activations.device.type == "cpu" else 1.0
    return held <= _IN_STEP_SHARE * share * free_bytes(str(activations.device))


class _BlockWork:
    """One block on its way: what came of its layers so far, and what will measure how far they miss."""

    def __init__(self, block: Block, procedure: Procedure, poll: Poll) -> None:
        self.done: dict[str, Done] = {}
        self.meters: dict[str, ErrorMeter] = {}
        self._block = block
        self._procedure = procedure
        self._poll = poll

    def in_passes(self, activations: Activations, stages: Sequence[Sequence[tuple[Linear, ...]]]) -> None:
        """Gather the statistics of each stage's groups in a pass of its own, then compress them; one more pass goes on to the next block."""
        for stage in stages:
            found = gather(stage, self._procedure.needs, partial(activations.replay, self._block, self._poll))
            for group, stats in zip(stage, found, strict=True):
                self._settle(group, stats)
        with self._measured(activations):
            activations.advance(self._block, self._poll)

    def in_step(self, activations: Activations, groups: Sequence[tuple[Linear, ...]]) -> None:
        """Compress each group when all of the text has reached its input, in the one pass that goes on to the next block."""
        accumulators: dict[int, InputAccumulator] = {}
        n_measured = -(-len(activations) // _every(activations))

        def see(k: int, inputs: Tensor) -> None:
            if k not in accumulators:
                accumulators[k] = accumulator_for(groups[k], self._procedure.needs)
            accumulators[k].add(inputs)

        def settle(k: int) -> None:
            self._settle(groups[k], stats_of(groups[k], accumulators.pop(k)), n_measured)

        def go_on(k: int) -> None:
            self._poll()
            activations.now = k

        with self._measured(activations):
            run_in_step(activations.passes(self._block), groups, see, settle, go_on)
        for group in groups:
            if group[0].name not in self.done:  # no text reached it
                self._settle(group, stats_of(group, accumulator_for(group, self._procedure.needs)))

    def _measured(self, activations: Activations) -> AbstractContextManager[None]:
        """Let the meters see some of the micro-batches."""
        return measured(self.meters, self._block.linears, lambda: activations.now % _every(activations) == 0)

    def _settle(self, group: Sequence[Linear], stats: InputStats, n_measured: int | None = None) -> None:
        """Compress a group and begin to measure it, on so many micro-batches where that is known."""
        dense = {linear.name: linear.weight.clone() for linear in group}
        for done in compress_group(group, self._block.index, stats, self._procedure, self._poll):
            self.done[done.report.name] = done
        for linear in group:
            self.meters[linear.name] = ErrorMeter(linear, dense.pop(linear.name), n_measured)


def _every(activations: Activations) -> int:
    """Return of how many micro-batches one is measured."""
    return max(1, activations.n_tokens // MEASURED_TOKENS)


def _restore(block: Block, weights: dict[str, Tensor]) -> None:
    """Put a finished block's weights in place."""
    for linear in block.linears:
        linear.overwrite(weights[linear.name])


def _poll(should_stop: Callable[[], bool] | None) -> None:
    if should_stop is not None and should_stop():
        raise RunCancelled("the compression was stopped; finished blocks are kept, and submitting it again goes on from there.")

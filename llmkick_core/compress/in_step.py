"""All calibration text through one block in step: one forward pass, each linear layer compressed at the moment all of the text has reached its input.

Every micro-batch walks on its own and halts before the first layer that is not compressed yet. When all have halted or left the block, the layer that comes
first is compressed, and those that wait for it walk on. So later layers are calibrated on what the compressed earlier ones give, and nothing is computed
twice, for any architecture: the walks are greenlets, and what a block keeps between two layers stays where it is, on their stacks.

Its price is memory: what a block keeps between two layers is held for all of the text at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.blocks import Linear


def run_in_step(
    passes: Sequence[Callable[[], None]],
    groups: Sequence[tuple[Linear, ...]],
    see: Callable[[int, Tensor], None],
    settle: Callable[[int], None],
    enter: Callable[[int], None],
) -> None:
    """Run all passes through one block, settling each group of layers when every pass that reaches it has.

    Args:
        passes: each takes one micro-batch through the block.
        groups: layers that read the same input, in the order in which a pass reaches them; a pass may leave some out.
        see: called with a group's index and its input (..., in), once for each pass that reaches it, in the order of the passes.
        settle: called once for each group that was reached, in order; the passes walk on from there.
        enter: called with a pass's index before each stretch of it; raises to stop.
    """
    place = {linear.module: k for k, group in enumerate(groups) for linear in group}
    settled: set[int] = set()
    hub = getcurrent()

    def halt(module: nn.Module, args: tuple[Any, ...]) -> None:
        k = place[module]
        if k not in settled:
            hub.switch((k, args[0]))

    walks = [greenlet(one) for one in passes]
    waiting: dict[int, tuple[int, Tensor]] = {}  # group that a walk waits for and its input, by the walk's index

    def walk(index: int) -> None:
        enter(index)
        waiting.pop(index, None)  # holds the input no longer
        halted = walks[index].switch()
        if not walks[index].dead:
            waiting[index] = halted

    with contextlib.ExitStack() as stack:
        for module in place:
            stack.callback(module.register_forward_pre_hook(halt).remove)
        stack.callback(_end, walks)
        for index in range(len(walks)):
            walk(index)
        while waiting:
            first = min(k for k, _ in waiting.values())
            there = sorted(index for index, (k, _) in waiting.items() if k == first)
            for index in there:
                see(first, waiting[index][1])
            settle(first)
            settled.add(first)
            for index in there:
                walk(index)


def _end(walks: Sequence[greenlet]) -> None:
    """End walks that were left halfway by an error elsewhere, so that nothing they hold outlives it."""
    for walk in walks:
        if walk and not walk.dead:
            walk.throw()

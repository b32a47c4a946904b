"""The hidden states that calibration text has on its way through the decoder blocks.

The model itself runs over each micro-batch as far as its first block; from there the blocks are called one by one, with the very arguments
that the model hands each of them (masks, rotary tables, positions). A block that is a sliding window in one place and global in another gets its own.
Nothing here knows a model family. What the walk relies on is checked on the first micro-batches: that the model hands the hidden
state from block to block unchanged, and that the other arguments do not depend on the text. Only the first block needs its weights for that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.shelf import Shelf, shelf_for
from llmkick_core.errors import CalibrationError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor, nn

    from llmkick_core.compress.blocks import Block

MICRO_BATCH_TOKENS = 2048
"""Tokens that go through a block at a time, at least one sequence."""

Poll = Callable[[], None]
"""Called between micro-batches; raises to stop."""

_WITHOUT = "Choose a method without calibration, such as magnitude or rtn."


@dataclass(frozen=True, kw_only=True)
class BlockCall:
    """How the model calls one block: everything but the hidden state."""

    args: tuple[Any, ...]
    """Positional arguments, the hidden state left out."""
    kwargs: dict[str, Any]
    """Keyword arguments, the hidden state left out."""
    keyword: str | None
    """Name under which the hidden state is handed on, or None where it is the first positional argument."""

    def run(self, module: nn.Module, hidden: Tensor) -> Tensor:
        """Return the block's new hidden state."""
        if self.keyword is None:
            output = module(hidden, *self.args, **self.kwargs)
        else:
            output = module(*self.args, **{self.keyword: hidden}, **self.kwargs)
        return _hidden_of(output)


class Activations:
    """Hidden states of all micro-batches at the entrance of the next block."""

    def __init__(self, shelf: Shelf, sizes: Sequence[int], n_tokens: int, device: torch.device, calls: dict[int, list[BlockCall]]) -> None:
        self._shelf = shelf
        self._sizes = sizes  # sequences of each micro-batch
        self._calls = calls  # by sequences in the micro-batch, then by block
        self.n_tokens = n_tokens
        """Tokens of all micro-batches."""
        self.device = device
        """Where the blocks run."""
        self.now = 0
        """Index of the micro-batch that is on its way, for hooks."""

    def __len__(self) -> int:
        """Return the number of micro-batches."""
        return len(self._sizes)

    def probe(self, block: Block) -> None:
        """Run the first micro-batch through the block for the sake of its hooks."""
        self._run(block, 0)

    def replay(self, block: Block, poll: Poll) -> None:
        """Run every micro-batch through the block for the sake of its hooks; the hidden states stay where they are."""
        for k in range(len(self)):
            poll()
            self._run(block, k)

    def advance(self, block: Block, poll: Poll) -> None:
        """Run every micro-batch through the block and stand at the entrance of the next one."""
        for k in range(len(self)):
            poll()
            self._shelf.put(k, self._run(block, k))

    def passes(self, block: Block) -> list[Callable[[], None]]:
        """Return, for each micro-batch, what takes it through the block to the entrance of the next one."""

        def go(k: int) -> None:
            self._shelf.put(k, self._run(block, k))

        return [partial(go, k) for k in range(len(self))]

    def _run(self, block: Block, k: int) -> Tensor:
        self.now = k
        return self._calls[self._sizes[k]][block.index].run(block.module, self._shelf.get(k))


class _Captured(Exception):  # noqa: N818 - it ends a forward pass early, and is no error
    """Raised by a hook once all that is wanted of a forward pass was seen."""


def capture(model: nn.Module, blocks: Sequence[Block], tokens: Tensor, poll: Poll, *, spill: Path | None = None) -> Activations:
    """Return the activations of `tokens` at the entrance of the first block. The model must be in eval mode, without gradients.

    Args:
        model: the model, dense; of its blocks only the first is run.
        blocks: its blocks.
        tokens: (n_samples, seq_len) int64.
        poll: called before each micro-batch.
        spill: an existing folder for hidden states that do not fit into memory; None is the system's temporary one.

    Raises:
        ModelError: the model does more between its blocks than hand the hidden state on, or hands them arguments that depend on the text.
    """
    device = next(blocks[0].module.parameters()).device
    size = max(1, MICRO_BATCH_TOKENS // tokens.shape[1])
    batches = [tokens[k : k + size].to(device) for k in range(0, len(tokens), size)]
    calls: dict[int, list[BlockCall]] = {}
    shelf: Shelf | None = None
    for k, batch in enumerate(batches):
        poll()
        if k < 2 or len(batch) not in calls:
            entrance, seen = _record(model, blocks, batch, is_whole=k == 0)
            known = calls.setdefault(len(batch), seen)
            _check_same(model, blocks, known, seen)
        else:
            entrance, _ = _record(model, blocks[:1], batch)
        shelf = shelf or shelf_for(entrance[0].nbytes * len(tokens), device, spill)
        shelf.put(k, entrance)
    assert shelf is not None, "there are tokens"
    return Activations(shelf, [len(batch) for batch in batches], tokens.numel(), device, calls)


def _record(model: nn.Module, blocks: Sequence[Block], batch: Tensor, *, is_whole: bool = False) -> tuple[Tensor, list[BlockCall]]:
    """Return the hidden state that enters the first block and the calls of `blocks`.

    The pass ends when the last of them is entered, or where it `is_whole`, before the output head, to see that no block runs a second time. The first block
    runs, to see in which shape blocks hand their hidden state back; the others, whose weights may not be there yet, pass theirs through.
    """
    calls: list[BlockCall] = []
    entrances: list[Tensor] = []
    left: list[Any] = []  # what the block before returned

    def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if len(calls) == len(blocks) or module is not blocks[len(calls)].module:
            raise ModelError(
                f"{type(model).__name__} runs its blocks in another order than they are kept in, or more than once, so they cannot be calibrated one by one. "
                f"{_WITHOUT}"
            )
        hidden, call = _split(args, kwargs)
        if left and not _same(_hidden_of(left[0]), hidden):
            raise ModelError(
                f"{type(model).__name__} changes the hidden state between its decoder blocks, so they cannot be calibrated one by one. {_WITHOUT}"
            )
        entrances.append(hidden)
        calls.append(call)
        if len(calls) == len(blocks) and not is_whole:
            raise _Captured

    def leave(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        left[:] = [output]

    def pass_through(*args: Any, **kwargs: Any) -> Any:
        return (entrances[-1], *left[0][1:]) if isinstance(left[0], tuple) else entrances[-1]

    with contextlib.ExitStack() as stack:
        for block in blocks:
            stack.callback(block.module.register_forward_pre_hook(enter, with_kwargs=True).remove)
            stack.callback(block.module.register_forward_hook(leave).remove)
            if block.index:
                stack.enter_context(_replaced_forward(block.module, pass_through))
        stack.enter_context(_ending_at_head(model))
        stack.enter_context(contextlib.suppress(_Captured))
        model(input_ids=batch, use_cache=False)
    if len(calls) != len(blocks):
        raise ModelError(
            f"{type(model).__name__} ran {len(calls)} of its {len(blocks)} blocks; its configuration and its weights disagree."
        )
    return entrances[0], calls


@contextlib.contextmanager
def _ending_at_head(model: Any) -> Iterator[None]:
    """End a forward pass before the output head, which is not needed, and whose weights may not be there."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    if head is None:
        yield
        return

    def end(module: nn.Module, args: tuple[Any, ...]) -> None:
        raise _Captured

    handle = head.register_forward_pre_hook(end)
    try:
        yield
    finally:
        handle.remove()


@contextlib.contextmanager
def _replaced_forward(module: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Let a module answer by another function for a while."""
    before = module.__dict__.get("forward")
    module.__dict__["forward"] = forward
    try:
        yield
    finally:
        del module.__dict__["forward"]
        if before is not None:
            module.__dict__["forward"] = before


def _split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, BlockCall]:
    """Return the hidden state and the rest of a block's arguments; key-value caches are left out, for each replay would lengthen them."""
    from torch import Tensor

    kept = {name: None if _is_cache(value) else value for name, value in kwargs.items()}
    if args and isinstance(args[0], Tensor):
        rest = tuple(None if _is_cache(value) else value for value in args[1:])
        return args[0], BlockCall(args=rest, kwargs=kept, keyword=None)
    keyword = "hidden_states" if "hidden_states" in kept else next(name for name, value in kept.items() if isinstance(value, Tensor))
    hidden = kept.pop(keyword)
    assert isinstance(hidden, Tensor)
    return hidden, BlockCall(args=args, kwargs=kept, keyword=keyword)


def _is_cache(value: Any) -> bool:
    return hasattr(value, "get_seq_length")


def _hidden_of(output: Any) -> Tensor:
    hidden: Tensor = output[0] if isinstance(output, tuple | list) else output
    return hidden


def _check_same(model: nn.Module, blocks: Sequence[Block], known: Sequence[BlockCall], seen: Sequence[BlockCall]) -> None:
    for block, one, other in zip(blocks, known, seen, strict=True):
        if not _same((one.args, one.kwargs), (other.args, other.kwargs)):
            raise ModelError(
                f"{type(model).__name__} hands {block.name} arguments that depend on the text, so its blocks cannot be calibrated one by one. {_WITHOUT}"
            )


def _same(one: Any, other: Any) -> bool:
    """Return whether two arguments are equal, tensors by value."""
    from torch import Tensor, equal

    if one is other:
        return True
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and one.dtype == other.dtype and equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, Tensor) == isinstance(other, Tensor) and type(one) is type(other) and bool(one == other)


@contextlib.contextmanager
def still(model: nn.Module) -> Iterator[None]:
    """Keep `model` in eval mode and without gradients, and put its modes back afterwards."""
    import torch

    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def check_tokens(tokens: Tensor | None, method: str) -> Tensor:
    """Return calibration tokens that can be used.

    Raises:
        CalibrationError: there are none, or they are not (n_samples, seq_len) integers.
    """
    if tokens is None or tokens.numel() == 0:
        raise CalibrationError(f"method {method} needs calibration text and got none. Name one with --calibration.")
    if tokens.dim() != 2 or tokens.is_floating_point():
        raise CalibrationError(
            f"calibration tokens must be integers of shape (n_samples, seq_len), not {tokens.dtype} of {tuple(tokens.shape)}."
        )
    return tokens

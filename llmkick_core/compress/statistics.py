"""What calibration sees enter linear layers, gathered while the text streams through a block, and how far a compressed layer misses.

All sums are float32 or wider; layers that read the very same tensor (q, k and v; gate and up) share one accumulator.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.base import InputStats
from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.base import Need
    from llmkick_core.compress.blocks import Linear


class InputAccumulator:
    """Sums over the calibration tokens that enter one linear layer."""

    def __init__(self, needs: frozenset[Need], n_in: int, device: Any) -> None:
        import torch

        def zeros(need: Need, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor | None:
            return torch.zeros(*shape, dtype=dtype, device=device) if need in needs else None

        self.n_tokens = 0
        self._n_in, self._device = n_in, device
        self._squares = zeros("column_norm", n_in, dtype=torch.float64)
        self._most = zeros("column_max", n_in)
        self._outer = zeros("hessian", n_in, n_in)
        self._sizes = zeros("hessian", n_in, dtype=torch.float64)

    def add(self, inputs: Tensor) -> None:
        """Take in one micro-batch.

        Args:
            inputs: (..., in), any float dtype.
        """
        import torch

        x = inputs.detach().reshape(-1, inputs.shape[-1]).float()  # (tokens, in)
        if not len(x):
            return
        self.n_tokens += len(x)
        if self._squares is not None:
            self._squares += x.square().sum(dim=0)
        if self._most is not None:
            torch.maximum(self._most, x.abs().amax(dim=0), out=self._most)
        if self._outer is not None:
            _add_outer(self._outer, x)
        if self._sizes is not None:
            self._sizes += x.abs().sum(dim=0)

    def result(self, layers: str, *, may_be_unseen: bool = False) -> InputStats:
        """Return the statistics.

        Args:
            layers: the layers' names, for messages.
            may_be_unseen: whether no token may have reached the layer, as an expert that the router never chose; its inputs then count as all alike.

        Raises:
            CalibrationError: no token reached the layer, or an input is not finite.
        """
        if self.n_tokens == 0:
            if not may_be_unseen:
                raise CalibrationError(f"no calibration token reached layer {layers}. Use more or other calibration text.")
            return self._of_equal_inputs()
        norm = None if self._squares is None else self._squares.sqrt().float()  # (in,)
        hessian = None if self._outer is None else _mirrored(self._outer).mul_(2 / self.n_tokens)  # (in, in)
        mean = None if self._sizes is None else (self._sizes / self.n_tokens).float()  # (in,)
        for tensor in (norm, hessian, self._most):
            if tensor is not None and not bool(tensor.isfinite().all()):
                raise CalibrationError(f"the inputs of layer {layers} are not finite on the calibration text. Load the model in float32.")
        return InputStats(n_tokens=self.n_tokens, column_norm=norm, column_max=self._most, hessian=hessian, column_mean=mean)

    def _of_equal_inputs(self) -> InputStats:
        """Return the statistics of inputs that are independent and all of one size."""
        import torch

        ones = torch.ones(self._n_in, device=self._device)
        return InputStats(
            column_norm=None if self._squares is None else ones,
            column_max=None if self._most is None else ones,
            hessian=None if self._outer is None else 2 * torch.eye(self._n_in, device=self._device),
            column_mean=None if self._sizes is None else ones,
        )


_STRIPS = 4
"""Parts in which an outer product is summed: 10 of its 16 squares."""

_LEAST_STRIP = 128
"""Columns of a strip; of less, one product is as fast."""


def _add_outer(total: Tensor, x: Tensor) -> None:
    """Add x^T x to the upper triangle of `total` (in, in), and to some of the squares below it; x is (tokens, in)."""
    n_in = x.shape[1]
    width = max(_LEAST_STRIP, -(-n_in // _STRIPS))
    for start in range(0, n_in, width):
        total[start : start + width, start:].addmm_(x[:, start : start + width].T, x[:, start:])


def _mirrored(total: Tensor) -> Tensor:
    """Return a symmetric matrix from its upper triangle."""
    return total.triu() + total.triu(1).T


class ErrorMeter:
    """||(W - W')X|| / ||WX|| of one compressed layer, computed exactly on inputs X that reach it in the compressed model.

    W' is what the layer holds now, so WX is its output without bias plus (W - W')X: one more product a layer, and no Hessian.
    """

    def __init__(self, linear: Linear, dense: Tensor, n_batches: int | None = None) -> None:
        self._difference: Tensor | None = (dense - linear.weight).float()  # (out, in)
        self._n_left = n_batches  # micro-batches that may still come, where that is known
        self._bias = linear.bias
        self._n_tokens = 0
        self._missed: Tensor | float = 0.0  # summed on the device, read once at the end
        self._whole: Tensor | float = 0.0

    def add(self, inputs: Tensor, output: Tensor) -> None:
        """Take in one micro-batch.

        Args:
            inputs: (..., in).
            output: (..., out), what the compressed layer made of them.
        """
        assert self._difference is not None, "more micro-batches than were told of"
        self._n_tokens += inputs[..., 0].numel()
        missed = inputs.detach().float() @ self._difference.T  # (..., out)
        whole = output.detach().float() + missed
        if self._bias is not None:
            whole -= self._bias.float()
        if self._n_left is not None:
            self._n_left -= 1
            if not self._n_left:
                self._difference = None  # a block's differences together are another block in memory
        self._missed = self._missed + missed.square().sum().double()
        self._whole = self._whole + whole.square().sum().double()

    def result(self) -> float | None:
        """Return the relative error; 0 where nothing is missed, None where no token came, or WX is zero or not finite."""
        missed, whole = float(self._missed), float(self._whole)
        if not self._n_tokens:
            return None
        if missed == 0:
            return 0.0
        ratio = missed / whole if whole > 0 else float("inf")
        return float(ratio**0.5) if 0 <= ratio < float("inf") else None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Who reads what in a block."""

    groups: tuple[tuple[Linear, ...], ...]
    """Layers by the input they read, in the order in which the block reads them."""
    n_bytes: int
    """Bytes of all these inputs for the micro-batch that was looked at."""
    is_once: bool
    """Whether no layer was called twice."""


def read_inputs(linears: Sequence[Linear], run: Callable[[], None]) -> Reading:
    """Return the layers grouped by the input tensor they read.

    A layer that is called twice or not at all stands alone; the latter comes after the layer that was registered before it.

    Args:
        linears: layers of one block.
        run: sends one micro-batch through the block.
    """
    readers: dict[tuple[Any, ...], list[Linear]] = {}
    held: dict[tuple[Any, ...], Tensor] = {}  # keeps every input alive, so that no address is used twice
    calls = dict.fromkeys((linear.name for linear in linears), 0)

    def hook(linear: Linear) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def see(module: nn.Module, args: tuple[Any, ...]) -> None:
            x: Tensor = args[0]
            place = (x.data_ptr(), x.shape, x.stride(), x._version)
            held[place] = x
            calls[linear.name] += 1
            readers.setdefault(place, []).append(linear)

        return see

    with _hooked((linear.module.register_forward_pre_hook(hook(linear))) for linear in linears):
        run()
    groups: list[tuple[Linear, ...]] = []
    placed: set[str] = set()
    for group in readers.values():
        new = [linear for linear in group if linear.name not in placed]
        placed.update(linear.name for linear in new)
        together = tuple(linear for linear in new if calls[linear.name] == 1)
        groups += [together] if together else []
        groups += [(linear,) for linear in new if calls[linear.name] != 1]
    for index, linear in enumerate(linears):
        if linear.name not in placed:
            before = linears[index - 1].name if index else ""
            at = next((k + 1 for k, group in enumerate(groups) if any(one.name == before for one in group)), 0)
            groups.insert(at, (linear,))
    return Reading(
        groups=tuple(groups),
        n_bytes=sum(x.nbytes for x in held.values()),
        is_once=max(calls.values(), default=0) <= 1,
    )


def gather(groups: Sequence[tuple[Linear, ...]], needs: frozenset[Need], run: Callable[[], None]) -> list[InputStats]:
    """Return the statistics of each group's common input.

    Args:
        groups: layers that read the same input, from `read_inputs`.
        needs: what to gather.
        run: sends all calibration text through the block.

    Raises:
        CalibrationError: no token reached a group, or its inputs are not finite.
    """
    accumulators = [accumulator_for(group, needs) for group in groups]

    def hook(accumulator: InputAccumulator) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        return lambda module, args: accumulator.add(args[0])

    with _hooked(group[0].module.register_forward_pre_hook(hook(one)) for group, one in zip(groups, accumulators, strict=True)):
        run()
    return [stats_of(group, one) for group, one in zip(groups, accumulators, strict=True)]


def accumulator_for(group: Sequence[Linear], needs: frozenset[Need]) -> InputAccumulator:
    """Return what sums up the input that a group of layers has in common."""
    return InputAccumulator(needs, group[0].weight.shape[1], group[0].weight.device)


def stats_of(group: Sequence[Linear], accumulator: InputAccumulator) -> InputStats:
    """Return the statistics of a group's input.

    Raises:
        CalibrationError: no token reached a layer that is no expert, or the inputs are not finite.
    """
    return accumulator.result(names_of(group), may_be_unseen=all(linear.is_expert for linear in group))


def names_of(group: Sequence[Linear]) -> str:
    """Return the names of a group's layers, for messages."""
    return ", ".join(linear.name for linear in group)


@contextlib.contextmanager
def measured(meters: dict[str, ErrorMeter], linears: Sequence[Linear], is_on: Callable[[], bool]) -> Iterator[None]:
    """Let the meters see what their layers, compressed by then, make of their inputs while `is_on` says so.

    Args:
        meters: by the name of the layer; filled as the layers are compressed.
        linears: all layers of a block.
        is_on: whether the micro-batch on its way counts.
    """

    def hook(linear: Linear) -> Callable[[nn.Module, tuple[Any, ...], Tensor], None]:
        def see(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
            if is_on():
                meters[linear.name].add(args[0], output)

        return see

    with _hooked(linear.module.register_forward_hook(hook(linear)) for linear in linears):
        yield


@contextlib.contextmanager
def _hooked(handles: Iterator[Any]) -> Iterator[None]:
    """Keep hooks in place for a while, and take them out whatever happens."""
    placed = list(handles)
    try:
        yield
    finally:
        for handle in placed:
            handle.remove()

"""What calibration sees enter linear layers, gathered while the text streams through a block, and how far a compressed layer misses.

All sums are float32 or wider; layers that read the very same tensor (q, k and v; gate and up) share one accumulator.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from llmkick_core.compress.base import InputStats
from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from llmkick_core.compress.base import Need
    from llmkick_core.compress.blocks import Linear


class InputAccumulator:
    """Sums over the calibration tokens that enter one linear layer."""

    def __init__(self, need: Need, n_in: int, device: Any) -> None:
        import torch

        self.n_tokens = 0
        self._squares = torch.zeros(n_in, dtype=torch.float64, device=device) if need == "column_norm" else None
        self._outer = torch.zeros(n_in, n_in, dtype=torch.float32, device=device) if need == "hessian" else None
        self._sizes = torch.zeros(n_in, dtype=torch.float64, device=device) if need == "hessian" else None

    def add(self, inputs: Tensor) -> None:
        """Take in one micro-batch.

        Args:
            inputs: (..., in), any float dtype.
        """
        x = inputs.detach().reshape(-1, inputs.shape[-1]).float()  # (tokens, in)
        self.n_tokens += len(x)
        if self._squares is not None:
            self._squares += x.square().sum(dim=0)
        if self._outer is not None:
            self._outer.addmm_(x.T, x)
        if self._sizes is not None:
            self._sizes += x.abs().sum(dim=0)

    def result(self, layers: str) -> InputStats:
        """Return the statistics.

        Args:
            layers: the layers' names, for messages.

        Raises:
            CalibrationError: no token reached the layer, or an input is not finite.
        """
        if self.n_tokens == 0:
            raise CalibrationError(f"no calibration token reached layer {layers}. Use more or other calibration text.")
        norm = None if self._squares is None else self._squares.sqrt().float()  # (in,)
        hessian = None if self._outer is None else self._outer * (2 / self.n_tokens)  # (in, in)
        mean = None if self._sizes is None else (self._sizes / self.n_tokens).float()  # (in,)
        for tensor in (norm, hessian):
            if tensor is not None and not bool(tensor.isfinite().all()):
                raise CalibrationError(f"the inputs of layer {layers} are not finite on the calibration text. Load the model in float32.")
        return InputStats(n_tokens=self.n_tokens, column_norm=norm, hessian=hessian, column_mean=mean)


class ErrorMeter:
    """||(W - W')X|| / ||WX|| of one compressed layer, computed exactly on the inputs X that reach it in the compressed model.

    W' is what the layer holds now, so WX is its output without bias plus (W - W')X: one more product a layer, and no Hessian.
    """

    def __init__(self, linear: Linear, dense: Tensor) -> None:
        self._difference = (dense - linear.weight).float()  # (out, in)
        self._bias = linear.bias
        self._missed: Tensor | float = 0.0  # summed on the device, read once at the end
        self._whole: Tensor | float = 0.0

    def add(self, inputs: Tensor, output: Tensor) -> None:
        """Take in one micro-batch.

        Args:
            inputs: (..., in).
            output: (..., out), what the compressed layer made of them.
        """
        missed = inputs.detach().float() @ self._difference.T  # (..., out)
        whole = output.detach().float() + missed
        if self._bias is not None:
            whole -= self._bias.float()
        self._missed = self._missed + missed.square().sum().double()
        self._whole = self._whole + whole.square().sum().double()

    def result(self) -> float | None:
        """Return the relative error; 0 where nothing is missed, None where WX is zero or not finite."""
        missed, whole = float(self._missed), float(self._whole)
        if missed == 0:
            return 0.0
        ratio = missed / whole if whole > 0 else float("inf")
        return float(ratio**0.5) if 0 <= ratio < float("inf") else None


def shared_inputs(linears: Sequence[Linear], run: Callable[[], None]) -> list[tuple[Linear, ...]]:
    """Return the layers grouped by the input tensor they read, in the order the block reads them.

    A layer that is called twice or not at all stands alone; the latter come last.

    Args:
        linears: layers of one block.
        run: sends one micro-batch through the block.
    """
    readers: dict[tuple[Any, ...], list[Linear]] = {}
    held: list[Tensor] = []  # keeps every input alive, so that no address is used twice
    calls = dict.fromkeys((linear.name for linear in linears), 0)

    def hook(linear: Linear) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def see(module: nn.Module, args: tuple[Any, ...]) -> None:
            x: Tensor = args[0]
            held.append(x)
            calls[linear.name] += 1
            readers.setdefault((x.data_ptr(), x.shape, x.stride(), x._version), []).append(linear)

        return see

    with _hooked((linear.module.register_forward_pre_hook(hook(linear))) for linear in linears):
        run()
    groups: list[tuple[Linear, ...]] = []
    placed: set[str] = set()
    for group in [*readers.values(), *([linear] for linear in linears)]:
        new = [linear for linear in group if linear.name not in placed]
        placed.update(linear.name for linear in new)
        together = tuple(linear for linear in new if calls[linear.name] == 1)
        groups += [together] if together else []
        groups += [(linear,) for linear in new if calls[linear.name] != 1]
    return groups


def gather(groups: Sequence[tuple[Linear, ...]], need: Need, run: Callable[[], None]) -> list[InputStats]:
    """Return the statistics of each group's common input.

    Args:
        groups: layers that read the same input, from `shared_inputs`.
        need: `column_norm` or `hessian`.
        run: sends all calibration text through the block.

    Raises:
        CalibrationError: no token reached a group, or its inputs are not finite.
    """
    accumulators = [InputAccumulator(need, group[0].weight.shape[1], group[0].weight.device) for group in groups]

    def hook(accumulator: InputAccumulator) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        return lambda module, args: accumulator.add(args[0])

    with _hooked(group[0].module.register_forward_pre_hook(hook(one)) for group, one in zip(groups, accumulators, strict=True)):
        run()
    return [one.result(", ".join(linear.name for linear in group)) for group, one in zip(groups, accumulators, strict=True)]


def measure(linears: Sequence[Linear], dense: dict[str, Tensor], run: Callable[[], None]) -> dict[str, float | None]:
    """Return the relative output error of each compressed layer, by name.

    Args:
        linears: compressed layers of one block.
        dense: the weight (out, in) each had before, by name.
        run: sends all calibration text through the compressed block.
    """
    meters = {linear.name: ErrorMeter(linear, dense[linear.name]) for linear in linears}

    def hook(meter: ErrorMeter) -> Callable[[nn.Module, tuple[Any, ...], Tensor], None]:
        return lambda module, args, output: meter.add(args[0], output)

    with _hooked(linear.module.register_forward_hook(hook(meters[linear.name])) for linear in linears):
        run()
    return {name: meter.result() for name, meter in meters.items()}


@contextlib.contextmanager
def _hooked(handles: Iterator[Any]) -> Iterator[None]:
    """Keep hooks in place for a while, and take them out whatever happens."""
    placed = list(handles)
    try:
        yield
    finally:
        for handle in placed:
            handle.remove()

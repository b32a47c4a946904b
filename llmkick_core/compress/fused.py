"""The column loop of SparseGPT and GPTQ as one kernel launch a block, in Triton: each program keeps the block's columns of a few rows in registers and walks through them.

`hessian.compensate` asks for it wherever the weights are on a GPU; its loop in torch, a handful of launches a column, is the reference and what runs everywhere else. All sums are
float32. The rows of a layer do not depend on each other once it is known which weights go, so nothing is exchanged between programs.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.rtn import Grid

WIDEST = 256
"""Most columns of a block that a program keeps in registers."""

_ROWS = 16
"""Rows of a program."""

is_interpreted = False
"""Whether Triton's interpreter stands in for a GPU; tests say so."""


def can_fuse(columns: Tensor) -> bool:
    """Return whether the kernels can settle these columns (width, out)."""
    return len(columns) <= WIDEST and (columns.is_cuda or is_interpreted) and _has_triton()


@lru_cache
def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


def prune(columns: Tensor, local: Tensor, *, goes: Tensor | None = None, n: int = 0, m: int = 0) -> Tensor:
    """Settle a block's columns in place, removing what `goes` says, or all but n of every m; return the errors (width, out) to be made up for to the right.

    Args:
        columns: (width, out) float32, contiguous.
        local: (width, width) float32, the block's part of the Hessian's factor.
        goes: (width, out) bool; None where n:m is chosen as the columns are reached.
        n: weights kept of every m.
        m: consecutive columns that compete; 0 with `goes`.
    """
    import torch

    errors = torch.empty_like(columns)
    width, n_out = columns.shape
    mask = columns if goes is None else goes.contiguous().view(torch.uint8)
    _launch("prune_block", n_out, columns, errors, local.contiguous(), mask, n_out, width, removed=m - n, m=m, padded=_power(width))
    return errors


def round_to(
    columns: Tensor,
    local: Tensor,
    grid: Grid,
    *,
    zeros: Tensor | None = None,
    bits: int,
    size: int | None = None,
    is_symmetric: bool = True,
) -> Tensor:
    """Settle a block's columns in place, each rounded to its grid; return the errors (width, out) to be made up for to the right.

    Args:
        columns: (width, out) float32, contiguous.
        local: (width, width) float32, the block's part of the Hessian's factor.
        grid: of each column, (width, out); with `size`, of the block's groups (groups, out), which are overwritten.
        zeros: (width, out) bool, what stays zero.
        bits: of an integer.
        size: columns of a group whose grid is taken when its first is reached; None takes `grid` as it is.
        is_symmetric: whether the grid has no zero point.
    """
    import torch

    errors = torch.empty_like(columns)
    width, n_out = columns.shape
    low = columns if isinstance(grid.low, int) else grid.low
    high = columns if isinstance(grid.high, int) else grid.high
    mask = columns if zeros is None else zeros.contiguous().view(torch.uint8)
    _launch(
        "round_block",
        n_out,
        columns,
        errors,
        local.contiguous(),
        grid.scale,
        low,
        high,
        mask,
        n_out,
        width,
        half=2 ** (bits - 1),
        size=size or 0,
        is_symmetric=is_symmetric,
        has_zeros=zeros is not None,
        padded=_power(width),
    )
    return errors


def _power(width: int) -> int:
    """Return the smallest power of two that is not below a width."""
    return 1 << (width - 1).bit_length()


def _launch(kernel: str, n_out: int, *arguments: Any, **constants: Any) -> None:
    kernels()[kernel][(-(-n_out // _ROWS),)](*arguments, **constants, rows=_ROWS, num_warps=4)


@lru_cache
def kernels() -> dict[str, Any]:
    """Return the kernels by name; compiled when first used."""
    from llmkick_core.compress import kernels as made

    return {"prune_block": made.prune_block, "round_block": made.round_block}

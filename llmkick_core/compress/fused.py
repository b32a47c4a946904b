"""The column loop of SparseGPT and GPTQ as one kernel launch a block, in Triton: each program keeps the block's columns of a few rows in registers and walks through them.

`hessian.compensate` asks for it on a GPU where Triton works; its loop in torch, a handful of launches a column, is the reference and what runs everywhere else. All sums are
float32. The rows of a layer do not depend on each other once it is known which weights go, so nothing is exchanged between programs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
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

logger = logging.getLogger(__name__)


def can_fuse(columns: Tensor) -> bool:
    """Return whether the kernels can settle these columns (width, out)."""
    return len(columns) <= WIDEST and (is_interpreted or (columns.is_cuda and _works(str(columns.device))))


@lru_cache
def _works(device: str) -> bool:
    """Return whether Triton is there and can compile for a GPU, which needs a C compiler and a recent enough card."""
    import torch

    if importlib.util.find_spec("triton") is None:
        return False
    try:
        prune(torch.ones(2, 2, device=device), torch.eye(2, device=device), n=1, m=2)
        torch.cuda.synchronize(device)
    except Exception as error:  # noqa: BLE001 - whatever a compiler, a driver or a cache has to say
        logger.warning("Triton does not work here (%s: %s); SparseGPT and GPTQ take their slower loop.", type(error).__name__, error)
        return False
    return True


def prune(columns: Tensor, local: Tensor, *, mask: Tensor | None = None, n: int = 0, m: int = 0) -> Tensor:
    """Settle a block's columns in place, removing what `mask` says, or all but n of every m; return the errors (width, out) to be made up for to the right.

    Args:
        columns: (width, out) float32, contiguous.
        local: (width, width) float32, the block's part of the Hessian's factor.
        mask: (width, out) bool, True where a weight goes; None where n:m is chosen as the columns are reached.
        n: weights kept of every m.
        m: consecutive columns that compete; 0 with `mask`.
    """
    import torch

    errors = torch.empty_like(columns)
    width, n_out = columns.shape
    goes = columns if mask is None else mask.contiguous().view(torch.uint8)
    _launch("prune_block", columns, errors, local.contiguous(), goes, n_out, width, removed=m - n, m=m, padded=_power(width))
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
        grid: of each column, (width, out); with `size`, of the block's groups (groups, out), whose scales are overwritten where they are symmetric.
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
    goes = columns if zeros is None else zeros.contiguous().view(torch.uint8)
    _launch(
        "round_block",
        columns,
        errors,
        local.contiguous(),
        grid.scale,
        low,
        high,
        goes,
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


def _launch(kernel: str, columns: Tensor, *arguments: Any, **constants: Any) -> None:
    import torch

    from llmkick_core.compress.kernels import columns as kernels

    options = {} if is_interpreted else {"num_warps": 4, "enable_fp_fusion": False}
    here = torch.cuda.device(columns.device) if columns.is_cuda else contextlib.nullcontext()
    with here:  # Triton launches on torch's current device
        getattr(kernels, kernel)[(-(-columns.shape[1] // _ROWS),)](columns, *arguments, **constants, rows=_ROWS, **options)

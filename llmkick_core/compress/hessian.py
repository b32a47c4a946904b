"""Settling a layer's columns from left to right, the error of each spread over the columns to its right: what SparseGPT and GPTQ share.

For inputs H = 2 X X^T / n (in, in), U is the upper Cholesky factor of the damped inverse: inv(H + damping) = U^T U. Row j of U, divided by U_jj, says how the
weights to the right of column j make up best for a change of it, once the columns to its left are settled; U_jj^2 is the first entry of the inverse of H over
the columns from j on (Frantar and Alistarh 2023, https://arxiv.org/abs/2301.00774, section 3.3; Frantar et al. 2022, https://arxiv.org/abs/2210.17323, section 3, step 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

BLOCK = 128
"""Columns whose errors reach the rest together (both papers)."""

DAMPING = 0.01
"""Added to the diagonal, as a share of its mean (both papers' code)."""

_MOST_DAMPING = 1.0

_AT_ONCE = 32
"""Columns that an error reaches before any other column is settled."""


def with_factor(weights: Sequence[Tensor], stats: InputStats, recipe: Recipe) -> InputStats:
    """Return the statistics with the factor of their Hessian, which layers that read the same input share.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
    """
    hessian = hessian_of(stats, weights[0].shape[1], recipe.label)
    if stats.factor is not None and stats.order is None:
        return stats
    factor, damping = inverse_factor(hessian)
    return replace(stats, factor=factor, damping=damping, order=None)


def with_ordered_factor(weights: Sequence[Tensor], stats: InputStats, recipe: Recipe) -> InputStats:
    """Return the statistics with the factor of their Hessian, its columns with the largest inputs first where the recipe says so.

    Raises:
        CalibrationError: as `with_factor`.
    """
    if not recipe.has_activation_order:
        return with_factor(weights, stats, recipe)
    hessian = hessian_of(stats, weights[0].shape[1], recipe.label)
    if stats.factor is not None and stats.order is not None:
        return stats
    order = hessian.diagonal().argsort(descending=True, stable=True)
    factor, damping = inverse_factor(hessian[order][:, order])
    return replace(stats, factor=factor, damping=damping, order=order)


def hessian_of(stats: InputStats, n_in: int, method: str) -> Tensor:
    """Return the Hessian (in, in) of a layer's inputs.

    Raises:
        CalibrationError: it is missing, or of another width.
    """
    if stats.hessian is None or stats.hessian.shape != (n_in, n_in):
        found = "none" if stats.hessian is None else f"one of {len(stats.hessian)}"
        raise CalibrationError(f"{method} needs the Hessian of the {n_in} inputs and got {found}.")
    return stats.hessian


class Rule(Protocol):
    """What a column becomes once its turn has come."""

    @property
    def period(self) -> int:
        """Return how many columns are judged together, beginning at each multiple of it."""

    def settle(self, j: int, rest: Tensor, worth: Tensor) -> Tensor:
        """Return what column j becomes, (out,).

        Args:
            j: called for each column in order.
            rest: (rest, out), the columns of its block from it on; at a multiple of the period the next `period` of them stand as they are now, else only the first.
            worth: (rest,), by which the squares of removed weights are divided.
        """

    def settle_block(self, start: int, columns: Tensor, local: Tensor) -> Tensor | None:
        """Settle a whole block's columns (width, out) in place by one kernel and return their errors (width, out); None where there is no kernel for it.

        Args:
            start: index of its first column.
            columns: as they stand now.
            local: (width, width), the block's part of the factor.
        """


def compensate(weight: Tensor, factor: Tensor, rule: Rule) -> Tensor:
    """Return `weight` with every column settled, each one's error made up for by those to its right.

    An error reaches the next few columns at once, the rest of its block when those are settled, and everything to the right of the block after that, so that most of
    the arithmetic is matrix products. On a GPU a block is one kernel (see fused).

    Args:
        weight: (out, in) float32; not modified.
        factor: (in, in), from `inverse_factor`.
        rule: what a column becomes.
    """
    import torch

    left = weight.clone()
    n_in = weight.shape[1]
    width, step = widths(rule.period, n_in)
    for start in range(0, n_in, width):
        place = slice(start, min(start + width, n_in))
        columns = left[:, place].T.clone(memory_format=torch.contiguous_format)  # (width, out): a column is contiguous
        errors = rule.settle_block(start, columns, factor[place, place])
        if errors is None:
            errors = _one_by_one(start, columns, factor[place, place], step, rule)
        left[:, place] = columns.T
        left[:, place.stop :].addmm_(errors.T, factor[place, place.stop :], alpha=-1)
    return left


def _one_by_one(start: int, columns: Tensor, local: Tensor, step: int, rule: Rule) -> Tensor:
    """Settle a block's columns (width, out) in place, and return their errors (width, out)."""
    import torch

    worth = local.diagonal().square()  # [H^-1]_jj over the columns from j on
    errors = torch.empty_like(columns)
    for first in range(0, len(columns), step):
        last = min(first + step, len(columns))
        for j in range(first, last):
            settled = rule.settle(start + j, columns[j:], worth[j:])
            torch.div(columns[j] - settled, local[j, j], out=errors[j])
            columns[j] = settled
            columns[j + 1 : last].addr_(local[j, j + 1 : last], errors[j], alpha=-1)
        columns[last:].addmm_(local[first:last, last:].T, errors[first:last], alpha=-1)
    return errors


def widths(period: int, n_in: int) -> tuple[int, int]:
    """Return the columns of a block, and those among them that an error reaches at once; both hold whole periods, or divide one.

    >>> widths(128, 512), widths(4, 512), widths(64, 512), widths(24, 512), widths(512, 512)
    ((128, 32), (128, 32), (128, 32), (120, 24), (128, 32))
    """
    period = BLOCK if period >= n_in else period
    width = max(BLOCK // period, 1) * period
    step = _AT_ONCE // period * period if period <= _AT_ONCE else _AT_ONCE if period % _AT_ONCE == 0 else period
    return width, step


def inverse_factor(hessian: Tensor) -> tuple[Tensor, float]:
    """Return U (in, in), upper triangular, float32, and the damping it took as a share of the diagonal's mean.

    An input that never occurs has nothing but the damping, so that its column neither gives nor takes. Where rounding leaves the Hessian without a Cholesky
    factor, the damping rises tenfold until it has one.

    Args:
        hessian: (in, in) float32, symmetric; not modified.

    Raises:
        CalibrationError: no damping up to the mean of the diagonal gives a factor.
    """
    import torch

    diagonal = hessian.diagonal()
    size = float(diagonal[diagonal != 0].mean()) if bool((diagonal != 0).any()) else 1.0
    damping = DAMPING
    upper: Tensor
    while damping <= _MOST_DAMPING:
        damped = hessian.clone()
        damped.diagonal().add_(damping * size)
        lower, failed = torch.linalg.cholesky_ex(damped)
        del damped
        if not bool(failed):
            inverse = torch.cholesky_inverse(lower)
            del lower
            upper, failed = torch.linalg.cholesky_ex(inverse, upper=True)
            if not bool(failed) and bool(upper.isfinite().all()):
                return upper, damping
        damping *= 10
    raise CalibrationError(
        "the Hessian of the layer's inputs is not positive definite. Use more calibration samples, or load the model in float32."
    )
